//! What a market is, as data: instrument, units, margin tiers, limits; and what can never be
//! right about one.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_AMOUNT, MAX_LOT_VALUE, MAX_LOTS};
use crate::ids::{DomainId, MarketId, Name, Time};
use crate::liquidation::envelope::{Breach, Envelope};
use crate::liquidation::tiers::{self, Tiers};
use crate::units::{Amount, Price};

/// The unit of every rate in a market: millionths.
pub const RATE_UNIT: u32 = 1_000_000;

/// The right an option gives.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Right {
    /// To buy at the strike.
    Call = 1,
    /// To sell at the strike.
    Put = 2,
}

/// What is traded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(tag = "instrument", rename_all = "kebab-case")]
#[repr(u8)]
pub enum Instrument {
    /// A perpetual future, held near its index by funding.
    Perpetual = 1,
    /// A future with a date.
    Future {
        /// When it settles.
        expiry: Time,
        /// The perpetual of the same domain whose price it converges to: beside options on that
        /// one it is part of their portfolio, and what hedges across dates is charged for it.
        #[serde(default)]
        underlying: Option<MarketId>,
    } = 2,
    /// A European option on a market of the same domain; its prices are in ticks of that market.
    Option {
        /// The market whose price it is written on.
        underlying: MarketId,
        /// The strike, in ticks of the underlying.
        strike: Price,
        /// When it settles.
        expiry: Time,
        /// Call or put.
        right: Right,
    } = 3,
}

impl Right {
    /// What an option with this right and `strike` pays at `price`, in ticks.
    #[must_use]
    pub fn pays(self, price: Price, strike: Price) -> Price {
        let (above, below) = match self {
            Self::Call => (price, strike),
            Self::Put => (strike, price),
        };
        if above <= below {
            return Price::ZERO;
        }
        // A difference of prices is within the bound of prices.
        Price::new(above.ticks() - below.ticks()).unwrap_or_default()
    }
}

impl Instrument {
    /// When it settles, if it does.
    #[must_use]
    pub const fn expiry(&self) -> Option<Time> {
        match self {
            Self::Perpetual => None,
            Self::Future { expiry, .. } | Self::Option { expiry, .. } => Some(*expiry),
        }
    }

    /// The market whose price it is written on or converges to, where one is named.
    #[must_use]
    pub const fn underlying(&self) -> Option<MarketId> {
        match self {
            Self::Perpetual => None,
            Self::Future { underlying, .. } => *underlying,
            Self::Option { underlying, .. } => Some(*underlying),
        }
    }
}

/// Margin rates on the part of a leg's value above a threshold: rates grow with size, each on its
/// own part only, so the requirement is continuous and convex.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The part of the value above this many atoms; the first tier's is zero.
    pub above: Amount,
    /// Initial margin, in millionths of that part.
    pub initial: u32,
    /// Maintenance margin, in millionths of that part.
    pub maintenance: u32,
}

/// The largest steps a market admits, in millionths. They bind the venue: a mark, a funding or a
/// last price beyond them is refused, so a larger move of the world comes in as a staircase of
/// marks, and after each of them what fell below maintenance is liquidated.
///
/// A mark moves by whole ticks: below `RATE_UNIT / price` ticks it could not move at all, so a
/// market with steps wants ticks that are fine against its price.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepLimits {
    /// How far one mark may lie from the last one, in millionths of the last one; above zero.
    pub price: u32,
    /// How much one funding may charge a lot, in millionths of its value at the mark.
    pub funding: u32,
    /// The highest penalty that routes of liquidation may charge, in millionths of value.
    pub penalty: u32,
}

impl StepLimits {
    /// Whether a move of `moved` stays within `rate` millionths of `of`. Both below 2^64.
    pub(crate) fn admits(rate: u32, moved: u64, of: u64) -> bool {
        u128::from(moved) * u128::from(RATE_UNIT) <= u128::from(of) * u128::from(rate)
    }
}

/// A market, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MarketSpec {
    /// Its name.
    pub name: Name,
    /// The loss domain whose asset it is settled in.
    pub domain: DomainId,
    /// What is traded.
    pub instrument: Instrument,
    /// What one tick times one lot is worth, in atoms.
    pub unit: u64,
    /// The largest price it admits.
    pub max_price: Price,
    /// The most lots one account may hold, either way.
    pub max_position: u64,
    /// The most lots that may be open, each side.
    pub max_open: u64,
    /// How far a fill's price may lie from the mark, in millionths of the mark.
    pub band: u32,
    /// Margin tiers, by rising threshold.
    pub tiers: Vec<Tier>,
    /// The largest steps it admits: listing then proves that one step cannot eat more than
    /// maintenance, at any size. Without them the market admits gaps, and says so.
    pub steps: Option<StepLimits>,
}

/// What can never be right about a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// A unit, price or limit of zero: nothing could ever be traded.
    Zero { what: &'static str },
    /// One lot at the largest price would be worth more than the bound.
    LotValueAboveBound { value: u128, max: u64 },
    /// A limit of lots above the bound.
    LotsAboveBound { what: &'static str, lots: u64, max: u64 },
    /// There is no tier, or the first does not begin at zero.
    NoFirstTier,
    /// Thresholds or rates do not rise.
    TiersDoNotRise { tier: usize },
    /// A rate is above all of the value, or initial is below maintenance.
    Rate { tier: usize, initial: u32, maintenance: u32 },
    /// A band above all of the mark would admit a price of zero.
    Band { band: u32 },
    /// A step or penalty above all of the value, or a mark that could never move.
    Steps { what: &'static str, rate: u32 },
    /// An option's price moves by any factor in one step: it admits gaps.
    StepsOfOption,
    /// One admitted step of price and funding, with the penalty, can cost a leg of `size` atoms
    /// more than it holds at maintenance; `size` is the smallest such.
    Envelope { size: u128, loss: u128, requirement: u128 },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { what } => write!(f, "{what} is zero: nothing could ever be traded"),
            Self::LotValueAboveBound { value, max } => {
                write!(f, "a lot at the largest price is worth {value} atoms, allowed: {max}")
            }
            Self::LotsAboveBound { what, lots, max } => {
                write!(f, "{what} is {lots}, allowed: {max}")
            }
            Self::NoFirstTier => f.write_str("the first tier must begin above 0"),
            Self::TiersDoNotRise { tier } => {
                write!(f, "tier {tier}: thresholds and rates must rise from tier to tier")
            }
            Self::Rate { tier, initial, maintenance } => write!(
                f,
                "tier {tier}: initial {initial} and maintenance {maintenance}, allowed: \
                 0 < maintenance <= initial <= {RATE_UNIT} millionths"
            ),
            Self::Band { band } => write!(f, "band is {band}, allowed: 1 to {RATE_UNIT}"),
            Self::Steps { what, rate } => {
                write!(f, "the limit of {what} is {rate} millionths, allowed: up to {RATE_UNIT}")
            }
            Self::StepsOfOption => {
                f.write_str("an option's price moves by any factor: its steps have no limit")
            }
            Self::Envelope { size, loss, requirement } => {
                write!(f, "{}", Breach { size: *size, loss: *loss, requirement: *requirement })
            }
        }
    }
}

impl MarketSpec {
    /// What is wrong with the market, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), Flaw> {
        for (what, value) in [
            ("unit", self.unit),
            ("max_price", self.max_price.ticks()),
            ("max_position", self.max_position),
            ("max_open", self.max_open),
        ] {
            if value == 0 {
                return Err(Flaw::Zero { what });
            }
        }
        let value = u128::from(self.unit) * u128::from(self.max_price.ticks());
        if value > u128::from(MAX_LOT_VALUE) {
            return Err(Flaw::LotValueAboveBound { value, max: MAX_LOT_VALUE });
        }
        for (what, lots) in [("max_position", self.max_position), ("max_open", self.max_open)] {
            if lots > MAX_LOTS {
                return Err(Flaw::LotsAboveBound { what, lots, max: MAX_LOTS });
            }
        }
        self.check_tiers()?;
        if self.band == 0 || self.band > RATE_UNIT {
            return Err(Flaw::Band { band: self.band });
        }
        self.steps.map_or(Ok(()), |steps| self.check_steps(&steps))
    }

    /// Whether the market admits gaps: moves that may cost an account more than it holds before
    /// anything can be liquidated.
    #[must_use]
    pub const fn admits_gaps(&self) -> bool {
        self.steps.is_none()
    }

    /// The maintenance requirement by size; nothing where the tiers are flawed.
    pub(crate) fn maintenance(&self) -> Option<Tiers> {
        let rows = self.tiers.iter();
        let rows: Vec<tiers::Tier> = rows
            .map(|tier| tiers::Tier { from: tier.above.atoms(), rate: tier.maintenance })
            .collect();
        Tiers::new(&rows).ok()
    }

    /// The worst step of the worst leg is one at maintenance that is hit by the largest move, the
    /// largest funding and the highest penalty at once. Sizes run from a lot at one tick to the
    /// largest position at the largest price.
    fn check_steps(&self, steps: &StepLimits) -> Result<(), Flaw> {
        for (what, rate, least) in [
            ("price steps", steps.price, 1),
            ("funding steps", steps.funding, 0),
            ("penalties", steps.penalty, 0),
        ] {
            if !(least..=RATE_UNIT).contains(&rate) {
                return Err(Flaw::Steps { what, rate });
            }
        }
        if matches!(self.instrument, Instrument::Option { .. }) {
            return Err(Flaw::StepsOfOption);
        }
        match self.breach(0) {
            Some(Breach { size, loss, requirement }) => {
                Err(Flaw::Envelope { size, loss, requirement })
            }
            None => Ok(()),
        }
    }

    /// The smallest leg that the largest steps, a charge of `premium` millionths of its value and
    /// the penalty can cost more than it holds at maintenance. None where the market admits gaps.
    pub(crate) fn breach(&self, premium: u32) -> Option<Breach> {
        let (steps, tiers) = (self.steps?, self.maintenance()?);
        let unit = u128::from(self.unit);
        let lot = unit * u128::from(self.max_price.ticks());
        let envelope = Envelope {
            tiers: &tiers,
            least_requirement: 0,
            price_step: steps.price,
            // Both are taken of the value at the mark.
            funding_step: steps.funding + premium,
            penalty: steps.penalty,
            least_penalty: 0,
            most_penalty: MAX_AMOUNT,
            sizes: (unit, lot * u128::from(self.max_position)),
        };
        envelope.breach()
    }

    fn check_tiers(&self) -> Result<(), Flaw> {
        if self.tiers.first().is_none_or(|tier| !tier.above.is_zero()) {
            return Err(Flaw::NoFirstTier);
        }
        for (tier, of) in self.tiers.iter().enumerate() {
            let Tier { initial, maintenance, .. } = *of;
            if maintenance == 0 || initial < maintenance || initial > RATE_UNIT {
                return Err(Flaw::Rate { tier, initial, maintenance });
            }
        }
        let falls = |pair: &[Tier]| {
            pair[1].above <= pair[0].above
                || pair[1].initial < pair[0].initial
                || pair[1].maintenance < pair[0].maintenance
        };
        match self.tiers.windows(2).position(falls) {
            Some(before) => Err(Flaw::TiersDoNotRise { tier: before + 1 }),
            None => Ok(()),
        }
    }
}
