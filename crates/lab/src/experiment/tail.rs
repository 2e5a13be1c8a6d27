//! What one crisis in so many takes where fewer were played: the excesses over a high threshold
//! follow a generalised Pareto law, if the threshold is high enough (Pickands 1975; McNeil, Frey
//! and Embrechts 2015, chapter 5), and the law says what lies beyond the largest that was seen.
//!
//! ```text
//! P(X > x) = p_u (1 + shape (x - u) / scale)^(-1 / shape)      p_u the part above the threshold u
//! size     = u + scale / shape ((target / p_u)^(-shape) - 1)
//! beyond   = u + (size - u + scale) / (1 - shape)            the mean of what is larger than size
//! ```
//!
//! Shape and scale are those of the largest likelihood, the shape from -1/2 on. Intervals are those
//! of the profile likelihood: every size that some law has whose likelihood is not too far below the
//! largest, the part above the threshold among what is not known.
//!
//! **When it is false**: the law holds in a limit, and nothing says that a threshold is near it. So
//! figures are made for several thresholds, and where they do not agree within their intervals
//! there is no size to be had. A world whose markets fall by 95 % at most has a largest loss, which
//! a law of a positive shape passes.

use super::Estimate;
use super::likelihood::Region;

/// The law of excesses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// Above 0 tails are those of a power, at 0 exponential, below it they end.
    pub shape: f64,
    /// In the unit of the excesses, above zero.
    pub scale: f64,
}

/// What lies beyond a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// The threshold.
    pub threshold: f64,
    /// How many passed it.
    pub excesses: usize,
    /// The part that passed it.
    pub part: f64,
    /// The law of what they passed it by.
    pub law: Pareto,
    /// Its shape with its interval.
    pub shape: Estimate,
    /// What the asked part passes.
    pub size: Estimate,
    /// What those that pass it take on average.
    pub beyond: Estimate,
}

/// Why a tail says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoTail {
    /// Too few pass the threshold.
    Few {
        /// How many do.
        excesses: usize,
        /// About how many crises would be enough.
        needed: usize,
    },
    /// Enough stand at the threshold or above, and too few above it: the others are alike.
    Alike {
        /// How many pass it.
        excesses: usize,
    },
    /// What is asked for lies below the threshold, where crises say it themselves.
    Inside,
    /// A shape of one or more is not excluded: what is beyond has no mean, and any size is a guess.
    Heavy {
        /// The upper bound of the shape.
        shape: f64,
    },
}

impl core::fmt::Display for NoTail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Few { excesses, needed } => write!(
                f,
                "{excesses} crises pass the threshold, {LEAST_EXCESSES} are needed: about \
                 {needed} crises"
            ),
            Self::Alike { excesses } => write!(
                f,
                "many crises took as much as the threshold, and {excesses} more than it: \
                 {LEAST_EXCESSES} are needed, ask with a larger part or for more crises"
            ),
            Self::Inside => {
                f.write_str("it lies below the threshold: ask with kind = \"monte-carlo\"")
            }
            Self::Heavy { shape } => {
                write!(
                    f,
                    "a shape of {shape:.2} is not excluded, and from 1 on what is beyond has no \
                     mean"
                )
            }
        }
    }
}

/// Fewer excesses have no likelihood worth its name.
pub const LEAST_EXCESSES: usize = 50;
/// The least shape: below it the likelihood has no sound maximum.
pub(super) const LEAST_SHAPE: f64 = -0.5;

impl Pareto {
    /// The law of the largest likelihood of excesses above zero; nothing where there is none.
    ///
    /// One number is searched for, shape over scale: it fixes both (Grimshaw 1993).
    #[must_use]
    pub fn of(excesses: &[f64]) -> Option<Self> {
        let n = excesses.len() as f64;
        let mean = excesses.iter().sum::<f64>() / n;
        let most = excesses.iter().copied().fold(0.0, f64::max);
        if excesses.is_empty() || mean <= 0.0 || !mean.is_finite() {
            return None;
        }
        let of = |ratio: f64| {
            if (ratio * mean).abs() < 1e-9 {
                return Self { shape: 0.0, scale: mean };
            }
            let shape = excesses.iter().map(|of| libm::log1p(ratio * of)).sum::<f64>() / n;
            Self { shape, scale: shape / ratio }
        };
        let likelihood = |ratio: f64| {
            let law = of(ratio);
            let sound = law.shape >= LEAST_SHAPE && law.scale > 0.0;
            if sound { -(libm::log(law.scale) + law.shape + 1.0) } else { f64::NEG_INFINITY }
        };
        // From just above the least that the largest excess admits, to a tail as heavy as can be.
        let low = -1.0 / most;
        let at = |part: f64| low * 0.999_999 + libm::exp(part) / mean;
        let (first, last, steps) = (-14.0, 7.0, 160);
        let step = |number: u32| first + (last - first) * f64::from(number) / f64::from(steps);
        let best = (0..=steps)
            .map(|number| (likelihood(at(step(number))), number))
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        let width = (last - first) / f64::from(steps);
        let (mut from, mut to) = (step(best.1) - width, step(best.1) + width);
        for _ in 0..40 {
            let (one, two) = (from + (to - from) / 3.0, to - (to - from) / 3.0);
            if likelihood(at(one)) < likelihood(at(two)) { from = one } else { to = two }
        }
        let found = of(at(0.5 * (from + to)));
        (found.scale > 0.0 && found.shape.is_finite()).then_some(found)
    }

    /// What a part of all excesses passes, 0 to 1.
    ///
    /// ```
    /// use rhodian_lab::experiment::tail::Pareto;
    /// let exponential = Pareto { shape: 0.0, scale: 2.0 };
    /// assert!((exponential.passed_by(0.01) - 2.0 * 100f64.ln()).abs() < 1e-9);
    /// let heavy = Pareto { shape: 0.5, scale: 1.0 };
    /// assert!((heavy.passed_by(0.01) - 18.0).abs() < 1e-9);
    /// ```
    #[must_use]
    pub fn passed_by(&self, part: f64) -> f64 {
        if self.shape.abs() < 1e-9 {
            return -self.scale * libm::log(part);
        }
        self.scale / self.shape * (libm::pow(part, -self.shape) - 1.0)
    }

    /// The part of all excesses that pass `excess`.
    #[must_use]
    pub fn part_beyond(&self, excess: f64) -> f64 {
        if self.shape.abs() < 1e-9 {
            return libm::exp(-excess / self.scale);
        }
        let base = 1.0 + self.shape * excess / self.scale;
        // Below a shape of zero nothing lies beyond the end.
        if base <= 0.0 { 0.0 } else { libm::pow(base, -1.0 / self.shape) }
    }

    /// The mean of the excesses that pass `excess`, above it; of a shape below one.
    ///
    /// ```
    /// use rhodian_lab::experiment::tail::Pareto;
    /// let law = Pareto { shape: 0.5, scale: 2.0 };
    /// // One in a hundred, of which one in fifty passes a threshold of 5: 6.656854, and 12.313708.
    /// let excess = law.passed_by(0.01 / 0.02);
    /// assert!((5.0 + excess - 6.656854).abs() < 1e-6);
    /// assert!((5.0 + law.mean_beyond(excess) - 12.313708).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn mean_beyond(&self, excess: f64) -> f64 {
        (excess + self.scale) / (1.0 - self.shape)
    }
}

impl Tail {
    /// The tail of `values` beyond the one that a part `above` of them pass, and what a part
    /// `target` of all passes.
    ///
    /// # Errors
    ///
    /// Why there is none to be had.
    pub fn of(values: &[f64], above: f64, target: f64) -> Result<Self, NoTail> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = (values.len() as f64 * above) as usize;
        let few = |excesses: usize| NoTail::Few {
            excesses,
            needed: (LEAST_EXCESSES as f64 / above).ceil() as usize,
        };
        if count < LEAST_EXCESSES || count >= values.len() {
            return Err(few(count));
        }
        let threshold = sorted[values.len() - 1 - count];
        // Of several alike at the threshold none is beyond it.
        let above = values.iter().filter(|of| **of > threshold).map(|of| of - threshold);
        let excesses: Vec<f64> = above.collect();
        if excesses.len() < LEAST_EXCESSES {
            return Err(NoTail::Alike { excesses: excesses.len() });
        }
        let law = Pareto::of(&excesses).ok_or_else(|| few(0))?;
        let part = excesses.len() as f64 / values.len() as f64;
        if target >= part {
            return Err(NoTail::Inside);
        }
        let region = Region::of(&excesses, law, values.len());
        let bounds = region.bounds(target);
        let shape = Estimate { value: law.shape, between: bounds.shape };
        if shape.between[1] >= 1.0 {
            return Err(NoTail::Heavy { shape: shape.between[1] });
        }
        let passed = law.passed_by(target / part);
        let above = |value: f64, between: [f64; 2]| Estimate {
            value: threshold + value,
            between: between.map(|excess| threshold + excess),
        };
        let size = above(passed, bounds.size);
        let beyond = above(law.mean_beyond(passed), bounds.beyond);
        Ok(Self { threshold, excesses: excesses.len(), part, law, shape, size, beyond })
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST_EXCESSES, NoTail, Pareto, Tail};
    use crate::seed::Seed;

    /// Values at risk, means beyond them, stop losses and what layers lose, all to the digits of
    /// the table that they were taken from.
    #[test]
    fn the_law_says_what_a_table_says() {
        let (law, threshold, part) = (Pareto { shape: 0.5, scale: 2.0 }, 5.0, 0.02);
        for (target, size, beyond) in
            [(0.01, 6.656854, 12.313708), (0.005, 9.0, 17.0), (0.001, 18.888544, 36.777088)]
        {
            let excess = law.passed_by(target / part);
            assert!((threshold + excess - size).abs() < 1e-6, "{target}");
            assert!((threshold + law.mean_beyond(excess) - beyond).abs() < 1e-6, "{target}");
        }
        // What lies beyond a sum, on average over all.
        let stop = |sum: f64| {
            let excess = sum - threshold;
            part * law.part_beyond(excess) * (law.mean_beyond(excess) - excess)
        };
        for (sum, lost) in [(5.0, 0.08), (10.0, 0.0355556), (20.0, 0.0168421), (40.0, 0.0082051)] {
            assert!((stop(sum) - lost).abs() < 1e-7, "{sum}");
        }
        for (from, to, lost) in
            [(5.0, 10.0, 0.0444444), (10.0, 20.0, 0.0187135), (20.0, 40.0, 0.0086370)]
        {
            assert!((stop(from) - stop(to) - lost).abs() < 1e-7, "{from} to {to}");
        }
    }

    fn drawn(law: Pareto, n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Seed(seed).stream("pareto");
        (0..n).map(|_| law.passed_by(stream.unit())).collect()
    }

    /// The deviation of the shape is (1 + shape) / sqrt n, of the scale sqrt 2 (1 + shape) / sqrt n
    /// of it or less, by theory.
    #[test]
    fn the_law_that_was_drawn_is_found() {
        for shape in [-0.3, -0.05, 0.0, 0.2, 0.5, 0.9] {
            let law = Pareto { shape, scale: 3.0 };
            let found = Pareto::of(&drawn(law, 10_000, 2)).unwrap();
            assert!(
                (found.shape - shape).abs() < 3.0 * (1.0 + shape) / 100.0,
                "{shape}: {found:?}"
            );
            let off = (found.scale / 3.0 - 1.0).abs();
            assert!(off < 3.0 * 1.5 * (1.0 + shape) / 100.0, "{shape}: {found:?}");
        }
    }

    #[test]
    fn parts_and_sizes_undo_each_other() {
        for shape in [-0.4, 0.0, 0.3, 1.5] {
            let law = Pareto { shape, scale: 2.0 };
            for part in [0.9, 0.1, 1e-4] {
                let back = law.part_beyond(law.passed_by(part));
                assert!((back / part - 1.0).abs() < 1e-9, "{shape} {part}");
            }
        }
        let ends = Pareto { shape: -0.5, scale: 1.0 };
        assert_eq!(ends.part_beyond(2.5), 0.0, "it ends at 2");
    }

    /// Two in a hundred pass 5, by a shape of a half and a scale of 2: sizes to the digits, the last
    /// of which is the fund of a newsvendor who pays 4 % for capital and loses 40 on a dollar.
    #[test]
    fn sizes_of_a_known_tail_are_those_of_the_formula() {
        let law = Pareto { shape: 0.5, scale: 2.0 };
        for (part, size) in [(0.01, 6.656_854), (0.005, 9.0), (0.04 / 40.0, 18.888_544)] {
            let found = 5.0 + law.passed_by(part / 0.02);
            assert!((found - size).abs() < 5e-7, "{part}: {found}");
            assert!((0.02 * law.part_beyond(found - 5.0) / part - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let of = |shape: f64, n: usize, target: f64| {
            Tail::of(&drawn(Pareto { shape, scale: 1.0 }, n, 1), 0.1, target).map(|_| ())
        };
        assert_eq!(of(0.2, 2_000, 0.001), Ok(()));
        assert_eq!(of(0.2, 400, 0.001), Err(NoTail::Few { excesses: 40, needed: 500 }));
        assert_eq!(of(0.2, 2_000, 0.2), Err(NoTail::Inside));
        assert!(matches!(of(1.3, 2_000, 0.001), Err(NoTail::Heavy { shape }) if shape > 1.0));
        // All crises alike: nothing passes the threshold by anything.
        let alike = vec![5.0; 1_000];
        assert_eq!(Tail::of(&alike, 0.1, 0.001), Err(NoTail::Alike { excesses: 0 }));
        // Half of the largest hundred stand at the threshold: they are not above it.
        let mut half = drawn(Pareto { shape: 0.2, scale: 1.0 }, 49, 1);
        half.resize(1_000, 0.0);
        assert_eq!(Tail::of(&half, 0.1, 0.001), Err(NoTail::Alike { excesses: 49 }));
        half[999] = 0.5;
        assert_eq!(Tail::of(&half, 0.1, 0.001).map(|of| of.excesses), Ok(50));
        assert_eq!(LEAST_EXCESSES, 50);
    }
}
