//! Volatility that clusters: GARCH(1,1) (Bollerslev 1986), fitted to a record of returns.
//!
//! ```text
//! v' = w + a r^2 + b v        r = sqrt(v) z,  w = (1 - a - b) m,  m the mean square of the record
//! ```
//!
//! The mean square is kept (variance targeting), and a and b are those of the largest likelihood with
//! normal z on a grid that is refined twice.
//!
//! **When it is false**: a fall raises volatility by more than a rise of the same size, and here
//! alike; what a record of days says of a and b is not what holds within a crash; and a record of few
//! hundred returns says little of both.

use crate::error::{LabError, require};

/// A law of volatility.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Garch {
    /// The variance that it comes back to, of one step.
    pub mean: f64,
    /// How much of a squared return is in the next variance.
    pub shock: f64,
    /// How much of a variance is in the next.
    pub memory: f64,
}

/// Fewer returns fit nothing.
pub const LEAST_RETURNS: usize = 50;
/// Shock and memory together stay below: at one the variance has no mean.
const MOST: f64 = 0.995;

impl Garch {
    /// The law of a record.
    ///
    /// # Errors
    ///
    /// Fewer than [`LEAST_RETURNS`] returns, or returns that are all nothing.
    pub fn fit(returns: &[f64]) -> Result<Self, LabError> {
        require(returns.len() >= LEAST_RETURNS, "returns of the record", "50 or more")?;
        let mean = returns.iter().map(|of| of * of).sum::<f64>() / returns.len() as f64;
        require(mean > 0.0 && mean.is_finite(), "returns of the record", "any that are not zero")?;
        let mut best = Self { mean, shock: 0.0, memory: 0.0 };
        let mut most = best.likelihood(returns);
        let (mut middle, mut width) = ((0.25, 0.5), (0.25, 0.5));
        for _ in 0..3 {
            let around = middle;
            for one in -10..=10 {
                for other in -10..=10 {
                    let at = |middle: f64, width: f64, step: i32| {
                        middle + width * f64::from(step) / 10.0
                    };
                    let (shock, memory) =
                        (at(around.0, width.0, one), at(around.1, width.1, other));
                    if shock < 0.0 || memory < 0.0 || shock + memory > MOST {
                        continue;
                    }
                    let of = Self { mean, shock, memory };
                    let likelihood = of.likelihood(returns);
                    if likelihood > most {
                        (best, most, middle) = (of, likelihood, (shock, memory));
                    }
                }
            }
            width = (width.0 / 5.0, width.1 / 5.0);
        }
        Ok(best)
    }

    /// The variance after a return of a step with such a variance.
    #[must_use]
    pub fn next(&self, variance: f64, of: f64) -> f64 {
        (1.0 - self.shock - self.memory) * self.mean + self.shock * of * of + self.memory * variance
    }

    /// The variance of each step of a record, from the mean on.
    #[must_use]
    pub fn along(&self, returns: &[f64]) -> Vec<f64> {
        let mut variance = self.mean;
        let step = |of: &f64| {
            let now = variance;
            variance = self.next(variance, *of);
            now
        };
        returns.iter().map(step).collect()
    }

    /// Twice the logarithm of the likelihood with normal z, but for a constant.
    fn likelihood(&self, returns: &[f64]) -> f64 {
        let mut variance = self.mean;
        let step = |of: &f64| {
            let of_step = -libm::log(variance) - of * of / variance;
            variance = self.next(variance, *of);
            of_step
        };
        returns.iter().map(step).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Garch;
    use crate::seed::Seed;

    /// Returns of a law with normal steps.
    fn drawn(law: Garch, count: usize, seed: u64) -> Vec<f64> {
        let mut stream = Seed(seed).stream("garch");
        let mut variance = law.mean;
        let one = |_| {
            let of = variance.sqrt() * stream.normal();
            variance = law.next(variance, of);
            of
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn a_law_that_was_drawn_is_found() {
        let law = Garch { mean: 4e-4, shock: 0.12, memory: 0.80 };
        for seed in 0..3 {
            let found = Garch::fit(&drawn(law, 6_000, seed)).unwrap();
            assert!((found.mean / law.mean - 1.0).abs() < 0.2, "{found:?}");
            assert!((found.shock - law.shock).abs() < 0.05, "{found:?}");
            assert!((found.memory - law.memory).abs() < 0.10, "{found:?}");
        }
        // Returns without memory have next to none.
        let flat = Garch { mean: 1.0, shock: 0.0, memory: 0.0 };
        assert!(Garch::fit(&drawn(flat, 6_000, 9)).unwrap().shock < 0.05);
    }

    /// The moments of the law: its mean, and squares that follow each other.
    #[test]
    fn squares_cluster_and_come_back() {
        let law = Garch { mean: 1.0, shock: 0.15, memory: 0.75 };
        let squares: Vec<f64> = drawn(law, 100_000, 4).iter().map(|of| of * of).collect();
        let mean = squares.iter().sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        let pairs = squares.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean));
        let spread: f64 = squares.iter().map(|of| (of - mean) * (of - mean)).sum();
        let found = pairs.sum::<f64>() / spread;
        // a (1 - a b - b^2) / (1 - 2 a b - b^2), by theory.
        let (a, b) = (law.shock, law.memory);
        let expected = a * (1.0 - a * b - b * b) / (1.0 - 2.0 * a * b - b * b);
        assert!((found - expected).abs() < 0.06, "{found}, {expected} by theory");
    }

    #[test]
    fn a_record_that_says_nothing_is_refused() {
        assert!(Garch::fit(&[0.01; 49]).is_err());
        assert!(Garch::fit(&[0.0; 100]).is_err());
    }
}
