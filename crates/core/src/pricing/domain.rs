//! What the pricer admits, each value once, with what it keeps precomputed of it.

use core::fmt;

use super::fast;
use crate::wide::mul_div_floor;

/// Smallest forward, in units: 10^9, so that half a unit is at most 10^-9 of it.
pub const MIN_FORWARD: u64 = 1_000_000_000;
/// Largest forward, in units: 10^15.
pub const MAX_FORWARD: u64 = 1_000_000_000_000_000;
/// Forward and strike are at most this factor apart.
pub const MAX_MONEYNESS: u64 = 64;
/// Smallest level, of a strike under the smallest forward: 15,625,000 units.
const MIN_LEVEL: u64 = MIN_FORWARD / MAX_MONEYNESS;
/// Largest level, of a strike over the largest forward: 6.4 x 10^16 units.
const MAX_LEVEL: u64 = MAX_FORWARD * MAX_MONEYNESS;
/// Smallest volatility other than zero, in millionths a year: 0.01 %.
pub const MIN_VOLATILITY: u32 = 100;
/// Largest volatility, in millionths a year: 1000 %.
pub const MAX_VOLATILITY: u32 = 10_000_000;
/// A year, in milliseconds: 365 days.
pub const YEAR: u64 = 365 * 24 * 3_600_000;
/// Longest time to expiry, in milliseconds: ten years.
pub const MAX_TIME: u64 = 10 * YEAR;
/// Largest total standard deviation.
pub const MAX_TOTAL_STDEV: u64 = 8;

const _: () = {
    // The logarithm's range.
    assert!(MIN_LEVEL >= 1 << 23 && MAX_LEVEL < 1 << 57);
};

/// Why an option has no price here. The first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideDomain {
    /// A forward or strike outside every admitted one.
    Level {
        /// The level, in units.
        units: u64,
    },
    /// A volatility neither zero nor from 0.01 % to 1000 %.
    Volatility {
        /// The volatility, in millionths a year.
        millionths: u32,
    },
    /// A time to expiry beyond ten years.
    Time {
        /// The time, in milliseconds.
        millis: u64,
    },
    /// A forward outside 10^9 to 10^15 units.
    Forward {
        /// The forward, in units.
        units: u64,
    },
    /// Forward and strike more than a factor of 64 apart.
    Moneyness {
        /// The forward, in units.
        forward: u64,
        /// The strike, in units.
        strike: u64,
    },
    /// Volatility times the root of time above 8.
    TotalStdev {
        /// The volatility, in millionths a year.
        volatility: u32,
        /// The time, in milliseconds.
        millis: u64,
    },
}

impl fmt::Display for OutsideDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level { units } => {
                write!(f, "a level of {units} units is outside {MIN_LEVEL} to {MAX_LEVEL}")
            }
            Self::Volatility { millionths } => write!(
                f,
                "a volatility of {millionths} millionths is neither zero nor from \
                 {MIN_VOLATILITY} to {MAX_VOLATILITY}"
            ),
            Self::Time { millis } => {
                write!(f, "a time to expiry of {millis} ms is beyond {MAX_TIME} ms")
            }
            Self::Forward { units } => {
                write!(f, "a forward of {units} units is outside {MIN_FORWARD} to {MAX_FORWARD}")
            }
            Self::Moneyness { forward, strike } => write!(
                f,
                "a strike of {strike} units and a forward of {forward} are more than a factor of \
                 {MAX_MONEYNESS} apart"
            ),
            Self::TotalStdev { volatility, millis } => write!(
                f,
                "a volatility of {volatility} millionths over {millis} ms is a total standard \
                 deviation above {MAX_TOTAL_STDEV}"
            ),
        }
    }
}

/// A forward or a strike, in units of the price, with its logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    units: u64,
    pub(super) ln: i64,
}

impl Level {
    /// A level of `units`, from 15,625,000 to 6.4 x 10^16.
    ///
    /// ```
    /// use rhodian_core::pricing::Level;
    /// assert_eq!(Level::new(10_000_000_000).unwrap().units(), 10_000_000_000);
    /// assert!(Level::new(1_000_000).is_err());
    /// ```
    pub fn new(units: u64) -> Result<Self, OutsideDomain> {
        if !(MIN_LEVEL..=MAX_LEVEL).contains(&units) {
            return Err(OutsideDomain::Level { units });
        }
        Ok(Self { units, ln: fast::ln(units) })
    }

    /// The level, in units.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.units
    }
}

/// A volatility: the standard deviation of the forward's logarithm over a year of 365 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatility {
    millionths: u32,
    /// With 58 fraction bits, rounded down.
    pub(super) fixed: u64,
    /// Its inverse, rounded down: 50 to 67 fraction bits. Zero for none.
    pub(super) inverse: Scaled,
}

impl Volatility {
    /// A volatility of `millionths` a year: zero, or from 100 (0.01 %) to 10,000,000 (1000 %).
    ///
    /// ```
    /// use rhodian_core::pricing::Volatility;
    /// assert_eq!(Volatility::new(650_000).unwrap().millionths(), 650_000);
    /// assert!(Volatility::new(99).is_err());
    /// ```
    pub fn new(millionths: u32) -> Result<Self, OutsideDomain> {
        if millionths != 0 && !(MIN_VOLATILITY..=MAX_VOLATILITY).contains(&millionths) {
            return Err(OutsideDomain::Volatility { millionths });
        }
        // At most 10 x 2^58, below 2^62.
        let fixed = fast::narrow_unsigned((u128::from(millionths) << 58) / 1_000_000);
        let inverse = Scaled::quotient(1_000_000 << 100, u128::from(millionths), 100);
        Ok(Self { millionths, fixed, inverse })
    }

    /// The volatility, in millionths a year.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.millionths
    }
}

/// The time to an expiry, with its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToExpiry {
    millis: u64,
    /// The root of the time in years with 60 fraction bits, rounded down; below 2^62.
    pub(super) root: u64,
    /// Its inverse, rounded down: 46 to 65 fraction bits. Zero for no time.
    pub(super) inverse_root: Scaled,
}

impl TimeToExpiry {
    /// A time of `millis` milliseconds, from zero to ten years.
    ///
    /// ```
    /// use rhodian_core::pricing::{TimeToExpiry, YEAR};
    /// assert_eq!(TimeToExpiry::from_millis(YEAR).unwrap().millis(), YEAR);
    /// assert!(TimeToExpiry::from_millis(10 * YEAR + 1).is_err());
    /// ```
    pub fn from_millis(millis: u64) -> Result<Self, OutsideDomain> {
        if millis > MAX_TIME {
            return Err(OutsideDomain::Time { millis });
        }
        // At most 10 x 2^120, so always there; its root is below 2^62.
        let square = mul_div_floor(u128::from(millis), 1 << 120, u128::from(YEAR)).unwrap_or(0);
        let root = square.isqrt();
        let inverse_root = Scaled::quotient(1 << 127, root, 67);
        Ok(Self { millis, root: fast::narrow_unsigned(root), inverse_root })
    }

    /// The time, in milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.millis
    }
}

/// Volatility times root of time with 56 fraction bits, rounded down; refused above 8.
#[inline]
pub(super) fn total_stdev(vol: Volatility, time: TimeToExpiry) -> Result<u64, OutsideDomain> {
    // Two numbers below 2^62; 58 + 60 fraction bits.
    let stdev = (u128::from(vol.fixed) * u128::from(time.root)) >> 62;
    if stdev > u128::from(MAX_TOTAL_STDEV << fast::STDEV_BITS) {
        let (volatility, millis) = (vol.millionths, time.millis);
        return Err(OutsideDomain::TotalStdev { volatility, millis });
    }
    Ok(fast::narrow_unsigned(stdev))
}

/// A number as a word and how many of its bits are fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scaled {
    pub(super) word: u64,
    pub(super) bits: u32,
}

impl Scaled {
    /// `num / den` for a `num` of so many fraction bits: the leading 64 bits, rounded down. Nothing
    /// over zero is left at zero, and no one asks for it.
    pub(super) fn quotient(num: u128, den: u128, bits: u32) -> Self {
        match num.checked_div(den) {
            None | Some(0) => Self { word: 0, bits: 64 },
            Some(quotient) => {
                let zeros = quotient.leading_zeros();
                let word = fast::narrow_unsigned((quotient << zeros) >> 64);
                // The quotients asked for are above 2^63.
                Self { word, bits: bits + zeros - 64 }
            }
        }
    }

    /// The product, within 2^-61 of itself where both words are full.
    #[inline]
    pub(super) fn times(self, other: Self) -> Self {
        let product = u128::from(self.word) * u128::from(other.word);
        Self { word: fast::narrow_unsigned(product >> 64), bits: self.bits + other.bits - 64 }
    }
}
