//! What scenario margin is asked about.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::market::Right;
use crate::pricing::OutsideDomain;

/// One expiry of an underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Its forward, in units of the price.
    pub forward: u64,
    /// The time to it, in milliseconds.
    pub millis: u64,
}

/// A perpetual or a dated future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// The place of its expiry; none for a perpetual, which follows the spot.
    pub expiry: Option<usize>,
    /// Lots: bought above zero, sold below.
    pub lots: i64,
    /// Atoms of one lot for one tick of the price.
    pub atoms_per_tick: u64,
}

/// A European option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionLeg {
    /// The place of its expiry.
    pub expiry: usize,
    /// The strike, in units of the price.
    pub strike: u64,
    /// Call or put.
    pub right: Right,
    /// The volatility of its strike and expiry, in millionths a year.
    pub volatility: u32,
    /// Lots: bought above zero, sold below.
    pub lots: i64,
    /// Atoms of one lot for one tick of the price.
    pub atoms_per_tick: u64,
}

/// The legs of one account on one underlying, and what the market says. Portfolios on several
/// underlyings are asked about one by one; nothing nets between them.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    /// The spot, in units of the price.
    pub spot: u64,
    /// Units of the price in one tick: as many as bring forwards into the pricer's domain.
    pub units_per_tick: u64,
    /// The expiries.
    pub expiries: &'a [Expiry],
    /// Perpetuals and futures.
    pub linear: &'a [Linear],
    /// Options.
    pub options: &'a [OptionLeg],
    /// What the market takes in without moving much, or its open interest: atoms of notional. None
    /// where concentration is not charged.
    pub depth: Option<u128>,
}

/// The moves.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// Moves of the spot, in millionths of it: above -1,000,000, at most ten times it.
    pub spots: &'a [i32],
    /// The part by which volatility rises and falls at 30 days, in millionths of it.
    pub vol: u32,
    /// Four times the power p of (30 days / time) in it: from 0 (the same at all times) to 4.
    pub vol_power_quarters: u8,
    /// The largest part by which volatility moves, in millionths of it.
    pub vol_cap: u32,
}

/// How volatility moves.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum VolMove {
    /// It falls.
    Down = 1,
    /// It stays.
    #[default]
    None = 2,
    /// It rises.
    Up = 3,
}

impl VolMove {
    /// All of them, in the order of a table.
    pub const ALL: [Self; 3] = [Self::Down, Self::None, Self::Up];
}

/// Parts in millionths.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// What is charged of a hedge across expiries.
    pub basis: u32,
    /// What is charged of a delta as large as the depth; it grows with the square of the delta.
    pub concentration: u32,
    /// What a short option needs at least, of the forward's value.
    pub short_minimum: u32,
    /// Maintenance as a part of initial: at most all of it.
    pub maintenance: u32,
}

/// Why there is no requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No move of the spot.
    EmptyGrid,
    /// A move of the spot by all of it or more downwards, or by more than ten times it.
    SpotMove {
        /// The move, in millionths.
        millionths: i32,
    },
    /// A power above 4 quarters.
    VolPower {
        /// The quarters.
        quarters: u8,
    },
    /// A tick without units.
    NoUnits,
    /// Maintenance above initial.
    Maintenance {
        /// The part, in millionths.
        millionths: u32,
    },
    /// A market without depth where concentration is charged.
    NoDepth,
    /// A leg names an expiry that is not there.
    Expiry {
        /// The leg among its kind.
        leg: usize,
    },
    /// An option has no price before any move.
    Option {
        /// The leg among the options.
        leg: usize,
        /// Why not.
        why: OutsideDomain,
    },
    /// A sum would pass 127 bits.
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyGrid => f.write_str("the grid has no move of the spot"),
            Self::SpotMove { millionths } => write!(
                f,
                "a move of the spot by {millionths} millionths is outside -999999 to 10000000"
            ),
            Self::VolPower { quarters } => write!(f, "a power of {quarters} quarters is above 4"),
            Self::NoUnits => f.write_str("a tick has no units"),
            Self::Maintenance { millionths } => {
                write!(f, "maintenance of {millionths} millionths is above initial")
            }
            Self::NoDepth => f.write_str("a depth of zero atoms takes nothing in"),
            Self::Expiry { leg } => write!(f, "leg {leg} names an expiry that is not there"),
            Self::Option { leg, why } => write!(f, "option {leg} has no price: {why}"),
            Self::TooLarge => f.write_str("the portfolio is too large for its sums"),
        }
    }
}

/// Everything that can be refused before a price is needed.
pub(super) fn check(
    portfolio: &Portfolio<'_>,
    grid: &Grid<'_>,
    parameters: &Parameters,
) -> Result<(), Fault> {
    if grid.spots.is_empty() {
        return Err(Fault::EmptyGrid);
    }
    let admitted = -999_999..=10_000_000;
    if let Some(&millionths) = grid.spots.iter().find(|spot| !admitted.contains(*spot)) {
        return Err(Fault::SpotMove { millionths });
    }
    if grid.vol_power_quarters > 4 {
        return Err(Fault::VolPower { quarters: grid.vol_power_quarters });
    }
    if portfolio.units_per_tick == 0 {
        return Err(Fault::NoUnits);
    }
    if parameters.maintenance > 1_000_000 {
        return Err(Fault::Maintenance { millionths: parameters.maintenance });
    }
    if portfolio.depth == Some(0) {
        return Err(Fault::NoDepth);
    }
    let expiries = portfolio.expiries.len();
    let is_there = |leg: &Linear| leg.expiry.is_none_or(|place| place < expiries);
    if let Some(leg) = portfolio.linear.iter().position(|leg| !is_there(leg)) {
        return Err(Fault::Expiry { leg });
    }
    Ok(())
}
