//! A night: every market moves at once, by one factor that all share and by noise of its own.
//!
//! ```text
//! log return of m = s (sqrt(c) z_0 + sqrt(1 - c) z_m)    s the deviation, c the correlation of two
//! ```
//!
//! The drivers z are normal, each on its own. **When it is false**: real nights have heavier tails,
//! and correlations that rise as prices fall, so that what is rare here is less rare outside; and
//! markets are not all as volatile as each other.

use super::Mark;
use crate::error::{LabError, require};
use crate::experiment::rare::MOST_SHIFT;

/// How prices move over a night.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Night {
    /// The deviation of the log return of each market, above zero.
    pub deviation: f64,
    /// The correlation of two markets' log returns, 0 to 1.
    pub correlation: f64,
}

impl Night {
    /// Refuses what is out of bounds.
    ///
    /// # Errors
    ///
    /// The parameter, and what it may be.
    pub fn check(&self) -> Result<(), LabError> {
        require(self.deviation > 0.0 && self.deviation <= 0.5, "deviation", "above 0 to 50 %")?;
        require((0.0..=1.0).contains(&self.correlation), "correlation", "0 to 100 %")
    }

    /// What a unit of a market's drivers does to its log return: of the shared one, and of its own.
    #[must_use]
    pub fn loads(&self) -> [f64; 2] {
        [self.correlation, 1.0 - self.correlation].map(|part| self.deviation * part.sqrt())
    }

    /// The most that a price of so many ticks may move: to ten times.
    #[must_use]
    pub const fn most(ticks: u64) -> Option<u64> {
        ticks.checked_mul(9)
    }

    /// The log return of a market by its drivers: no further than to a tenth or to ten times.
    #[must_use]
    pub fn shift(&self, shared: f64, own: f64) -> f64 {
        let [common, alone] = self.loads();
        (common * shared + alone * own).clamp(-MOST_SHIFT, MOST_SHIFT)
    }

    /// How each market moves by drivers, the shared one first, in ticks.
    #[must_use]
    pub fn path(&self, marks: &[Mark], drivers: &[f64]) -> Vec<i64> {
        let shared = drivers.first().copied().unwrap_or(0.0);
        let of = |(mark, own): (&Mark, &f64)| {
            let most = i64::try_from(mark.most).unwrap_or(i64::MAX);
            // To the nearest tick; the bound is of a move to ten times, and holds but for that.
            let moved = mark.ticks as f64 * libm::expm1(self.shift(shared, *own));
            (libm::round(moved) as i64).clamp(-most, most)
        };
        marks.iter().zip(drivers.iter().skip(1)).map(of).collect()
    }
}
