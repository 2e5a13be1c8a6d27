//! Intervals of the profile likelihood for a tail: a figure lies where some law has it whose
//! log-likelihood is at most [`DROP`] below the largest (Coles 2001, sections 2.6 and 4.3).
//!
//! ```text
//! l(shape, scale, p) = - k ln scale - (1 + 1 / shape) sum ln(1 + shape x_i / scale)     excesses x_i
//!                      + k ln p + (n - k) ln(1 - p)                                     k of n pass
//! ```
//!
//! With r = shape / scale the sum depends on r alone, so it is taken once for each of some values of
//! r; what follows costs the same for a hundred crises and for a million. For one r, the drop of the
//! likelihood by the scale is k (t + exp(-t) - 1) with t how far the logarithm of the scale is from
//! its best, and what is left of the drop bounds p. Sizes grow with p, so a bound of the size is
//! found at a bound of p.
//!
//! On exact Pareto data these hold the true size 93.6 to 95.2 times of 100 (`how_often_bounds_hold`);
//! those of a percentile bootstrap, which stood here, 83 to 90 times, and ended too low.

use super::tail::{LEAST_SHAPE, Pareto};
use crate::mean::DEVIATIONS;

/// How far the log-likelihood may lie below the largest: half of the square of as many deviations.
const DROP: f64 = 0.5 * DEVIATIONS * DEVIATIONS;
/// Values of the ratio that are tried, between its bounds.
const RATIOS: u32 = 60;
/// Values of the scale for each, to each side.
const SCALES: i32 = 24;
/// How often a bound is halved in.
const HALVINGS: u32 = 40;

/// The laws whose likelihood is near the largest.
pub struct Region<'a> {
    excesses: &'a [f64],
    /// How many crises there are.
    crises: f64,
    best: Pareto,
    /// The largest log-likelihood of the excesses, for one of them.
    most: f64,
}

/// Between which bounds the true figures lie.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The shape.
    pub shape: [f64; 2],
    /// What the target passes, beyond the threshold.
    pub size: [f64; 2],
    /// The mean of what passes that, beyond the threshold; where shapes of one are among the laws
    /// it says nothing.
    pub beyond: [f64; 2],
}

/// The best law of a ratio.
struct OfRatio {
    ratio: f64,
    /// The scale of the largest likelihood.
    scale: f64,
    /// How far its log-likelihood lies below the largest of all, for one excess.
    drop: f64,
}

impl<'a> Region<'a> {
    /// Around the best law of `excesses` among so many crises.
    pub fn of(excesses: &'a [f64], best: Pareto, crises: usize) -> Self {
        let mut region = Self { excesses, crises: crises as f64, best, most: 0.0 };
        region.most = -region.at(best.shape / best.scale).drop;
        region
    }

    fn count(&self) -> f64 {
        self.excesses.len() as f64
    }

    /// A ratio of nothing is that of the exponential law, a limit.
    fn at(&self, ratio: f64) -> OfRatio {
        let mean = self.excesses.iter().sum::<f64>() / self.count();
        let ratio = if (ratio * mean).abs() < 1e-8 { 1e-8 / mean } else { ratio };
        let sum = self.excesses.iter().map(|of| libm::log1p(ratio * of)).sum::<f64>();
        let shape = sum / self.count();
        let scale = shape / ratio;
        OfRatio { ratio, scale, drop: self.most + libm::log(scale) + 1.0 + shape }
    }

    /// The last ratio on one side of the best that is near enough.
    fn end(&self, far: f64) -> f64 {
        let best = self.best.shape / self.best.scale;
        let (mut near, mut far) = (best, far);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (near + far);
            if self.count() * self.at(middle).drop <= DROP { near = middle } else { far = middle }
        }
        near
    }

    /// The bounds of the shape and of what a part `target` of all crises passes.
    pub fn bounds(&self, target: f64) -> Bounds {
        let largest = self.excesses.iter().copied().fold(0.0, f64::max);
        let best = self.best.shape / self.best.scale;
        let low = self.end(-0.999_999 / largest);
        // A hundred times as heavy, and then some where the best is about nothing.
        let high = self.end(best.abs() * 100.0 + 100.0 / self.best.scale);
        let part = self.count() / self.crises;
        let size = self.best.passed_by(target / part);
        let beyond = self.best.mean_beyond(size);
        let mut found =
            Bounds { shape: [self.best.shape; 2], size: [size; 2], beyond: [beyond; 2] };
        // Ratios stand close where they are near the least that the largest excess admits.
        let (from, to) = (libm::log(low + 1.0 / largest), libm::log(high + 1.0 / largest));
        for number in 0..=RATIOS {
            let place = from + (to - from) * f64::from(number) / f64::from(RATIOS);
            let of = self.at(libm::exp(place) - 1.0 / largest);
            self.widen(&of, target, &mut found);
        }
        found
    }

    /// Takes in what the laws of one ratio say.
    fn widen(&self, of: &OfRatio, target: f64, found: &mut Bounds) {
        let left = DROP - self.count() * of.drop;
        if left < 0.0 {
            return;
        }
        // A little more than the drop admits: t + exp(-t) - 1 is about t^2 / 2.
        let far = 1.4 * (2.0 * left / self.count()).sqrt();
        for number in -SCALES..=SCALES {
            let t = far * f64::from(number) / f64::from(SCALES);
            let left = left - self.count() * (t + libm::exp(-t) - 1.0);
            let scale = of.scale * libm::exp(t);
            let law = Pareto { shape: of.ratio * scale, scale };
            if left < 0.0 || law.shape < LEAST_SHAPE {
                continue;
            }
            let size = |part: f64| law.passed_by((target / part).min(1.0));
            let sizes = self.parts(left).map(size);
            widen(&mut found.size, sizes);
            widen(&mut found.beyond, sizes.map(|size| law.mean_beyond(size)));
            widen(&mut found.shape, [law.shape; 2]);
        }
    }

    /// The parts above the threshold whose log-likelihood lies so far below the largest.
    fn parts(&self, left: f64) -> [f64; 2] {
        let (k, n) = (self.count(), self.crises);
        let best = k / n;
        let drop = |part: f64| {
            k * libm::log(best / part) + (n - k) * (libm::log1p(-best) - libm::log1p(-part))
        };
        [0.0, 1.0].map(|far| {
            let (mut near, mut far) = (best, far);
            for _ in 0..HALVINGS / 2 {
                let middle = 0.5 * (near + far);
                if drop(middle) <= left { near = middle } else { far = middle }
            }
            near
        })
    }
}

/// Takes in what lies beyond bounds.
fn widen(bounds: &mut [f64; 2], [least, most]: [f64; 2]) {
    *bounds = [bounds[0].min(least), bounds[1].max(most)];
}

#[cfg(test)]
mod tests {
    use super::Region;
    use crate::experiment::tail::{Pareto, Tail};
    use crate::seed::Seed;

    fn drawn(law: Pareto, n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Seed(seed).stream("coverage");
        (0..n).map(|_| law.passed_by(stream.unit())).collect()
    }

    /// How often of so many the true size of one in a thousand lies below and above the bounds,
    /// from a thousand crises; and how many said nothing, since their shape may be one.
    fn missed(shape: f64, above: f64, seeds: u64) -> [u64; 3] {
        let law = Pareto { shape, scale: 1.0 };
        let truth = law.passed_by(0.001);
        let mut missed = [0; 3];
        for seed in 0..seeds {
            let values = drawn(law, 1_000, 100 + seed);
            match Tail::of(&values, above, 0.001) {
                Ok(found) => {
                    missed[0] += u64::from(truth < found.size.between[0]);
                    missed[1] += u64::from(truth > found.size.between[1]);
                }
                Err(_) => missed[2] += 1,
            }
        }
        missed
    }

    const CASES: [(f64, f64); 5] = [(-0.2, 0.1), (0.0, 0.1), (0.2, 0.1), (0.4, 0.2), (0.2, 0.05)];

    /// Of two hundred, by five laws.
    #[test]
    fn the_true_size_lies_between_the_bounds() {
        for (shape, above) in CASES {
            let [low, high, nothing] = missed(shape, above, 200);
            assert!(low + high <= 16, "{shape} {above}: {low} and {high} of 200");
            // And is no wider than it has to be.
            assert!(low + high >= 2 && nothing <= 20, "{shape} {above}: {low}, {high}, {nothing}");
        }
    }

    /// The same for many, to be read.
    #[test]
    #[ignore = "takes a minute: asked for by name when the interval changes"]
    fn how_often_bounds_hold() {
        for (shape, above) in CASES {
            println!("{shape} {above}: {:?} of 4000", missed(shape, above, 4_000));
        }
    }

    /// Every bound is of a law that stands at the edge: by a model that asks the likelihood as it is
    /// written, at every shape, scale and part of a grid.
    #[test]
    fn bounds_are_those_of_the_likelihood_asked_slowly() {
        for shape in [-0.2, 0.0, 0.3] {
            let excesses = drawn(Pareto { shape, scale: 2.0 }, 80, 7);
            let (crises, target) = (800, 0.002);
            let best = Pareto::of(&excesses).unwrap();
            let bounds = Region::of(&excesses, best, crises).bounds(target);
            let (k, n) = (80.0, 800.0);
            let likelihood = |law: Pareto, part: f64| {
                let one = |x: &f64| {
                    let base = 1.0 + law.shape * x / law.scale;
                    if base <= 0.0 {
                        f64::NEG_INFINITY
                    } else {
                        -(1.0 + 1.0 / law.shape) * base.ln()
                    }
                };
                excesses.iter().map(one).sum::<f64>() - k * law.scale.ln()
                    + k * part.ln()
                    + (n - k) * (1.0 - part).ln()
            };
            let most = likelihood(best, 0.1);
            let (mut low, mut high) = (f64::INFINITY, 0.0f64);
            for at in 0..60 {
                for across in 0..60 {
                    for down in 0..24 {
                        let law = Pareto {
                            shape: (best.shape - 0.4 + f64::from(at) / 60.0).max(-0.5) + 1e-7,
                            scale: best.scale * (0.5 + f64::from(across) / 50.0),
                        };
                        let part = 0.07 + f64::from(down) / 300.0;
                        if most - likelihood(law, part) <= super::DROP {
                            let size = law.passed_by(target / part);
                            (low, high) = (low.min(size), high.max(size));
                        }
                    }
                }
            }
            let [least, largest] = bounds.size;
            // The grid stands within the region, and near its edge.
            assert!(least <= low * 1.002 && low < least * 1.06, "{shape}: {least} {low}");
            assert!(largest >= high * 0.998 && high > largest * 0.94, "{shape}: {largest} {high}");
        }
    }
}
