//! A distribution given by some of its quantiles.

use crate::error::{LabError, require};
use crate::seed::Stream;

/// Knots of probability and value, with values between two knots on a straight line in their
/// logarithm. Two knots make a log-uniform distribution.
///
/// **When it is false**: between knots the true shape is not known, and beyond the first and last
/// nothing is ever drawn: a tail ends where the knots end.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    knots: Vec<(f64, f64)>,
}

impl Quantiles {
    /// The distribution through these knots: probabilities from 0 to 1, growing strictly; values
    /// above zero, never falling.
    ///
    /// ```
    /// use rhodian_lab::quantiles::Quantiles;
    /// let sizes = Quantiles::new(&[(0.0, 1.0), (0.5, 10.0), (1.0, 1_000.0)]).unwrap();
    /// assert_eq!(sizes.at(0.5), 10.0);
    /// assert!((sizes.at(0.75) - 100.0).abs() < 1e-9);
    /// assert!(Quantiles::new(&[(0.0, 1.0), (0.9, 2.0)]).is_err());
    /// ```
    pub fn new(knots: &[(f64, f64)]) -> Result<Self, LabError> {
        let ends = knots.first().is_some_and(|knot| knot.0 == 0.0)
            && knots.last().is_some_and(|knot| knot.0 == 1.0);
        let grow = knots.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let positive = knots.iter().all(|knot| knot.1 > 0.0 && knot.1.is_finite());
        require(ends && grow && positive, "quantiles", "from 0 to 1, growing, values above zero")?;
        Ok(Self { knots: knots.to_vec() })
    }

    /// A log-uniform distribution: every doubling between `low` and `high` is equally likely.
    pub fn log_uniform(low: f64, high: f64) -> Result<Self, LabError> {
        Self::new(&[(0.0, low), (1.0, high)])
    }

    /// The value that a share `probability` of the draws does not pass.
    #[must_use]
    pub fn at(&self, probability: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.0 < probability);
        let above = above.clamp(1, self.knots.len() - 1);
        let ((p0, low), (p1, high)) = (self.knots[above - 1], self.knots[above]);
        let share = ((probability - p0) / (p1 - p0)).clamp(0.0, 1.0);
        if share >= 1.0 { high } else { low * libm::pow(high / low, share) }
    }

    /// A value drawn from the whole distribution.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        self.at(stream.unit())
    }

    /// A value drawn from the part between two probabilities.
    pub fn draw_between(&self, from: f64, to: f64, stream: &mut Stream) -> f64 {
        self.at(from + (to - from) * stream.unit())
    }

    /// The same with every value so many times as large, between two bounds.
    #[must_use]
    pub fn scaled(&self, times: f64, (least, most): (f64, f64)) -> Self {
        let knot = |(part, value): &(f64, f64)| (*part, (value * times).clamp(least, most));
        Self { knots: self.knots.iter().map(knot).collect() }
    }

    /// The part of the distribution that lies below a value.
    ///
    /// ```
    /// use rhodian_lab::quantiles::Quantiles;
    /// let sizes = Quantiles::new(&[(0.0, 1.0), (0.5, 10.0), (1.0, 1_000.0)]).unwrap();
    /// assert!((sizes.below(100.0) - 0.75).abs() < 1e-12);
    /// assert_eq!((sizes.below(0.5), sizes.below(1e6)), (0.0, 1.0));
    /// assert!((sizes.above(10.0).at(0.5) - 100.0).abs() < 1e-9, "half of what is above 10");
    /// ```
    #[must_use]
    pub fn below(&self, value: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.1 < value);
        match (above.checked_sub(1).map(|before| self.knots[before]), self.knots.get(above)) {
            (None, _) => 0.0,
            (Some(_), None) => 1.0,
            (Some((p0, low)), Some((p1, high))) => {
                p0 + (p1 - p0) * libm::log(value / low) / libm::log(high / low)
            }
        }
    }

    /// The distribution of what lies above a value, which is below the largest.
    #[must_use]
    pub fn above(&self, value: f64) -> Self {
        let cut = self.below(value);
        let (least, _) = self.range();
        let rest = self.knots.iter().filter(|knot| knot.0 > cut);
        let rest = rest.map(|(part, at)| ((part - cut) / (1.0 - cut), *at));
        Self { knots: [(0.0, value.max(least))].into_iter().chain(rest).collect() }
    }

    /// The smallest and the largest value.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        (self.knots[0].1, self.knots[self.knots.len() - 1].1)
    }
}
