//! A rate of a year by utilisation: what is lent of what was supplied, or what is covered of what
//! stands behind it. It rises in two lines that meet at the kink, so that what is nearly used up is
//! dear.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::market::RATE_UNIT;

/// The milliseconds of the year that rates are of: 365 days.
pub const YEAR: u64 = 31_536_000_000;

/// What atoms times a rate times milliseconds are divided by.
pub(crate) const RATE_TIME: u64 = YEAR * 1_000_000;

/// Rates by utilisation: two lines that meet at the kink.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The rate of a year where nothing is used, in millionths.
    pub at_zero: u32,
    /// The utilisation at which the rate begins to rise faster, in millionths.
    pub kink: u32,
    /// The rate of a year at the kink, in millionths.
    pub at_kink: u32,
    /// The rate of a year where all is used, in millionths.
    pub at_full: u32,
}

impl Rates {
    /// The rate of a year in millionths at `utilisation` in millionths, rounded down (for
    /// who pays it): it rises to `at_kink` at the kink, and from there to `at_full`.
    #[must_use]
    pub fn at(&self, utilisation: u32) -> u32 {
        let used = utilisation.min(RATE_UNIT);
        let line = |from: u32, to: u32, part: u32, whole: u32| match whole {
            0 => to,
            _ => {
                let rise = u64::from(to - from) * u64::from(part) / u64::from(whole);
                from + u32::try_from(rise).unwrap_or(u32::MAX)
            }
        };
        if used <= self.kink {
            line(self.at_zero, self.at_kink, used, self.kink)
        } else {
            line(self.at_kink, self.at_full, used - self.kink, RATE_UNIT - self.kink)
        }
    }
}
