//! What a collateral asset counts for, as data; and what can never be right about it.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AssetId, MarketId};
use crate::margin::Level;
use crate::market::RATE_UNIT;
use crate::units::{Amount, Price};
use crate::wide::{mul_div_ceil, mul_div_floor};

/// The largest number on either side of a price scale: 10^15.
pub const MAX_SCALE: u64 = 1_000_000_000_000_000;

/// The least discount of a token whose worth hangs on the venue itself, in millionths: half. Such
/// tokens fall with the loss they should cover; FTT lost some nine tenths within a week.
pub const OWN_TOKEN_DISCOUNT: u32 = 500_000;

/// What counts of the part of a holding's value above a threshold: weights fall with size, each on
/// its own part only, so that what counts is continuous and concave.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WeightTier {
    /// The part of the value above this many atoms of the settled asset; the first tier's is zero.
    pub above: Amount,
    /// What counts of that part to open, in millionths.
    pub initial: u32,
    /// What counts of that part to keep, in millionths.
    pub maintenance: u32,
}

/// A market whose long legs lose when the collateral does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WrongWay {
    /// The market.
    pub market: MarketId,
    /// How much less the part of the collateral up to the value of those legs counts, in
    /// millionths of what would count.
    pub discount: u32,
}

/// A collateral asset for accounts that trade in a settled asset.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CollateralSpec {
    /// The collateral asset.
    pub asset: AssetId,
    /// The asset that markets are settled in.
    pub settled: AssetId,
    /// An atom of collateral at one tick is worth `num / den` atoms of the settled asset.
    pub num: u64,
    /// See `num`.
    pub den: u64,
    /// Weights, by rising threshold.
    pub tiers: Vec<WeightTier>,
    /// The most that counts of it for one account, in atoms of the settled asset.
    pub max_counted: Amount,
    /// The most of it that deposits may bring to the venue, in its own atoms.
    pub max_held: Amount,
    /// Where it falls with the account's own long legs.
    pub wrong_way: Option<WrongWay>,
    /// Whether its worth hangs on the venue itself.
    pub own_token: bool,
    /// The price it is meant to hold, where it is meant to hold one.
    pub peg: Option<Price>,
    /// How far below the mark what was taken of a failed account may be sold, in millionths.
    pub sale_discount: u32,
}

/// What can never be right about a collateral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum CollateralFlaw {
    /// A side of the scale is zero or above the bound.
    Scale { num: u64, den: u64, max: u64 },
    /// There is no tier, or the first does not begin at zero.
    NoFirstTier,
    /// A weight counts all of the value or more, or more to open than to keep.
    Weight { tier: usize, initial: u32, maintenance: u32 },
    /// Thresholds do not rise, or weights do not fall.
    TiersDoNotFall { tier: usize },
    /// The discount for wrong-way legs is above all that counts, or is nothing.
    WrongWay { discount: u32 },
    /// A token of the venue's own must be discounted at least so much.
    OwnToken { discount: u32, least: u32 },
    /// A peg at zero.
    Peg,
    /// What was taken may be sold below zero.
    SaleDiscount { discount: u32 },
}

impl fmt::Display for CollateralFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scale { num, den, max } => {
                write!(f, "the scale is {num} / {den}, allowed: 1 to {max} on both sides")
            }
            Self::NoFirstTier => f.write_str("the first tier must begin above 0"),
            Self::Weight { tier, initial, maintenance } => write!(
                f,
                "tier {tier}: initial {initial} and maintenance {maintenance}, allowed: \
                 initial <= maintenance < {RATE_UNIT} millionths"
            ),
            Self::TiersDoNotFall { tier } => {
                write!(f, "tier {tier}: thresholds must rise and weights fall from tier to tier")
            }
            Self::WrongWay { discount } => {
                write!(f, "the wrong-way discount is {discount}, allowed: 1 to {RATE_UNIT}")
            }
            Self::OwnToken { discount, least } => {
                write!(f, "the venue's own token is discounted by {discount}, at least {least}")
            }
            Self::Peg => f.write_str("a peg at zero"),
            Self::SaleDiscount { discount } => {
                write!(f, "the sale discount is {discount}, allowed: 0 to {RATE_UNIT}")
            }
        }
    }
}

impl CollateralSpec {
    /// What is wrong with the collateral, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), CollateralFlaw> {
        let (num, den, max) = (self.num, self.den, MAX_SCALE);
        if num == 0 || den == 0 || num > max || den > max {
            return Err(CollateralFlaw::Scale { num, den, max });
        }
        let Some(first) = self.tiers.first().filter(|tier| tier.above.is_zero()) else {
            return Err(CollateralFlaw::NoFirstTier);
        };
        for (tier, of) in self.tiers.iter().enumerate() {
            let WeightTier { initial, maintenance, .. } = *of;
            if initial > maintenance || maintenance >= RATE_UNIT {
                return Err(CollateralFlaw::Weight { tier, initial, maintenance });
            }
        }
        let rises = |pair: &[WeightTier]| {
            pair[1].above <= pair[0].above
                || pair[1].initial > pair[0].initial
                || pair[1].maintenance > pair[0].maintenance
        };
        if let Some(before) = self.tiers.windows(2).position(rises) {
            return Err(CollateralFlaw::TiersDoNotFall { tier: before + 1 });
        }
        if let Some(WrongWay { discount, .. }) = self.wrong_way
            && (discount == 0 || discount > RATE_UNIT)
        {
            return Err(CollateralFlaw::WrongWay { discount });
        }
        // The first tier has the largest weights.
        let (discount, least) = (RATE_UNIT - first.maintenance, OWN_TOKEN_DISCOUNT);
        if self.own_token && discount < least {
            return Err(CollateralFlaw::OwnToken { discount, least });
        }
        if self.peg == Some(Price::ZERO) {
            return Err(CollateralFlaw::Peg);
        }
        if self.sale_discount > RATE_UNIT {
            return Err(CollateralFlaw::SaleDiscount { discount: self.sale_discount });
        }
        Ok(())
    }

    /// What `amount` is worth at `price`, in atoms of the settled asset, rounded down (against
    /// the holder); at most 10^30.
    #[must_use]
    pub fn gross(&self, price: Price, amount: Amount) -> u128 {
        let ticks = u128::from(price.ticks()) * u128::from(self.num);
        let value = mul_div_floor(amount.atoms(), ticks, u128::from(self.den));
        // What passes 128 bits passes the bound of amounts all the more.
        value.map_or(Amount::MAX.atoms(), |value| value.min(Amount::MAX.atoms()))
    }

    /// How much collateral `worth` atoms of the settled asset buy at `price`, rounded down (for who
    /// gives the collateral); nothing where it has no price.
    #[must_use]
    pub fn bought_floor(&self, price: Price, worth: u128) -> Amount {
        let ticks = u128::from(price.ticks()) * u128::from(self.num);
        let bought = mul_div_floor(worth, u128::from(self.den), ticks);
        bought.map_or(Amount::ZERO, |bought| Amount::new(bought).unwrap_or(Amount::MAX))
    }

    /// What counts of a holding worth `gross`, for an account whose long legs in the wrong-way
    /// market are worth `long`; in atoms of the settled asset, rounded down (against the holder).
    ///
    /// The part of the holding up to `long` counts less by the wrong-way discount; it is taken to
    /// be the part that counts most. What counts never falls when the holding grows, nor rises
    /// when the legs do.
    #[must_use]
    pub fn counted(&self, gross: u128, long: u128, level: Level) -> u128 {
        let weighted = self.weighted(gross, level);
        let off = self.wrong_way.map_or(0, |of| {
            let wrong = self.weighted(gross.min(long), level);
            // A discount is at most one, so this is at most `wrong`.
            mul_div_ceil(wrong, u128::from(of.discount), u128::from(RATE_UNIT)).unwrap_or(wrong)
        });
        ((weighted - off) / u128::from(RATE_UNIT)).min(self.max_counted.atoms())
    }

    /// `gross` at the weights of its tiers, exactly, in millionths of an atom: at most 10^36.
    fn weighted(&self, gross: u128, level: Level) -> u128 {
        let mut sum = 0;
        for (place, tier) in self.tiers.iter().enumerate() {
            let above = tier.above.atoms();
            if gross <= above {
                break;
            }
            let to = self.tiers.get(place + 1).map_or(gross, |next| gross.min(next.above.atoms()));
            let weight = match level {
                Level::Initial => tier.initial,
                Level::Maintenance => tier.maintenance,
            };
            sum += (to - above) * u128::from(weight);
        }
        sum
    }

    /// The least that `amount` may be sold for at `price`, in atoms of the settled asset, rounded
    /// up (for the failed owner).
    #[must_use]
    pub fn floor(&self, price: Price, amount: Amount) -> u128 {
        let least = u128::from(RATE_UNIT - self.sale_discount.min(RATE_UNIT));
        let value = self.gross(price, amount);
        mul_div_ceil(value, least, u128::from(RATE_UNIT)).unwrap_or(value)
    }
}
