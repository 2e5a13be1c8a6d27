//! Points that fill a square evenly, scrambled: Sobol's first two dimensions.
//!
//! The first dimension is the index with its bits reversed. The second has the direction numbers of
//! the polynomial x + 1 with m = 1, which is what Sobol (1967) gives, and Joe and Kuo (2008, file
//! `new-joe-kuo-6.21201`, licensed as BSD) too: with one primitive polynomial of degree one there
//! is no choice. Of 2^m points from the first on, every rectangle of area 2^-m that halvings make
//! holds exactly one: a (0, m, 2)-net.
//!
//! Scrambling is Owen's (1995): bit by bit, a bit is turned or not by a coin that depends on all
//! bits before it. Each point is then uniform, the net stays a net, and as many scramblings as one
//! likes are independent of each other: the spread of their means says how far a mean is off, which
//! points of one scrambling do not.
//!
//! **When it is no better**: what is asked depends on much beside these two numbers. The error of a
//! step along the square falls by about the three quarter power of the number of points instead of
//! the half, and that of everything else as before.

use super::rare::Rare;
use crate::mean::{DEVIATIONS, mean};

/// Direction numbers of the second dimension: each the one before it, and that moved by a bit.
const SECOND: [u32; 32] = {
    let mut numbers = [1 << 31; 32];
    let mut at = 1;
    while at < 32 {
        numbers[at] = numbers[at - 1] ^ (numbers[at - 1] >> 1);
        at += 1;
    }
    numbers
};

/// One scrambling of the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrambled {
    /// From which coins are drawn, for each dimension.
    pub seeds: [u64; 2],
}

/// A mix of 64 bits (splitmix64, Steele and others 2014; public domain).
const fn mixed(of: u64) -> u64 {
    let of = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let of = (of ^ (of >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let of = (of ^ (of >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    of ^ (of >> 31)
}

/// A point before scrambling, in parts of 2^32.
const fn plain(index: u32) -> [u32; 2] {
    let (mut second, mut left) = (0, index);
    while left > 0 {
        second ^= SECOND[left.trailing_zeros() as usize];
        left &= left - 1;
    }
    [index.reverse_bits(), second]
}

/// Turns each bit by a coin of the bits before it; what lies below the last is drawn.
fn scrambled(of: u32, seed: u64) -> f64 {
    let mut turned = of;
    for bit in 0..32u32 {
        // The bits before, and how many they are.
        let before = if bit == 0 { 0 } else { of >> (32 - bit) };
        let coin = mixed(seed ^ mixed(u64::from(before) << 6 | u64::from(bit))) & 1;
        turned ^= (coin as u32) << (31 - bit);
    }
    let below = (mixed(seed ^ mixed(u64::from(of) << 6 | 63)) >> 12) as f64 + 0.5;
    (f64::from(turned) + below / (1u64 << 52) as f64) / (1u64 << 32) as f64
}

impl Scrambled {
    /// The point of a number: two numbers strictly between 0 and 1.
    ///
    /// ```
    /// use rhodian_lab::experiment::sobol::Scrambled;
    /// let of = Scrambled { seeds: [1, 2] };
    /// let halves: Vec<bool> = (0..4).map(|number| of.point(number)[0] < 0.5).collect();
    /// assert_eq!(halves.iter().filter(|half| **half).count(), 2, "half of four, always");
    /// ```
    #[must_use]
    pub fn point(&self, number: u32) -> [f64; 2] {
        let [first, second] = plain(number);
        [scrambled(first, self.seeds[0]), scrambled(second, self.seeds[1])]
    }
}

/// How many scramblings of the same points an interval is made of.
pub const REPLICATES: usize = 16;
/// How many deviations of a mean of so many 95 of 100 lie within: Student's law of fifteen degrees.
const STUDENT: f64 = 2.131_449_545_559_323;

/// The mean of so many means of scramblings, the run of a number being of the scrambling of its
/// rest by [`REPLICATES`]; and the deviation of it.
fn of_scramblings(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut sums, mut counts) = ([0.0; REPLICATES], [0.0; REPLICATES]);
    for (number, value) in values.enumerate() {
        sums[number % REPLICATES] += value;
        counts[number % REPLICATES] += 1.0;
    }
    let means = sums.iter().zip(&counts).map(|(sum, count): (&f64, &f64)| sum / count.max(1.0));
    let (mean, [_, high]) = mean(means);
    (mean, (high - mean) / DEVIATIONS)
}

impl Rare {
    /// The probability of what runs met whose points are of so many scramblings: its
    /// interval is that of their means, since points of one are not drawn of each other's
    /// ignorance.
    #[must_use]
    pub fn of_points(runs: &[(f64, bool)]) -> Self {
        let (probability, deviation) =
            of_scramblings(runs.iter().map(|(weight, hit)| if *hit { *weight } else { 0.0 }));
        let (weights, of_weights) = of_scramblings(runs.iter().map(|(weight, _)| *weight));
        let variance = deviation * deviation * runs.len() as f64;
        let half = STUDENT * deviation;
        Self {
            probability,
            between: [(probability - half).max(0.0), (probability + half).min(1.0)],
            weights,
            weights_between: [-1.0, 1.0].map(|way| weights + way * DEVIATIONS * of_weights),
            gain: if variance > 0.0 {
                (probability * (1.0 - probability)).max(0.0) / variance
            } else {
                1.0
            },
            ..Self::of(runs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{REPLICATES, Scrambled, plain};
    use crate::crisis::model::Severity;
    use crate::experiment::rare::{Law, Proposal, Rare};
    use crate::normal::normal_cdf;
    use crate::seed::Seed;

    const FALLS: Law = Law::Falls(Severity { least: 0.16, beyond: 0.16 });
    const BOTH: Law = Law::Both { deviation: 0.05, gap: 0.5 };

    #[test]
    fn the_first_points_are_those_of_sobol() {
        let part = |of: u32| f64::from(of) / (1u64 << 32) as f64;
        let first: Vec<[f64; 2]> = (0..8).map(|of| plain(of).map(part)).collect();
        let expected = [
            [0.0, 0.0],
            [0.5, 0.5],
            [0.25, 0.75],
            [0.75, 0.25],
            [0.125, 0.625],
            [0.625, 0.125],
            [0.375, 0.375],
            [0.875, 0.875],
        ];
        assert_eq!(first, expected);
    }

    /// Of 2^m points every rectangle of 2^a by 2^b cells, a + b = m, holds one: scrambled or not.
    #[test]
    fn points_are_a_net_and_stay_one() {
        for seed in 0..4u64 {
            let of = Scrambled { seeds: [seed * 2 + 1, seed * 2 + 2] };
            for m in 0..9u32 {
                for a in 0..=m {
                    let b = m - a;
                    let mut held = vec![0; 1 << m];
                    for number in 0..1 << m {
                        let [x, y] = of.point(number);
                        assert!(x > 0.0 && x < 1.0 && y > 0.0 && y < 1.0);
                        let cell = |part: f64, of: u32| (part * f64::from(1u32 << of)) as usize;
                        held[cell(x, a) << b | cell(y, b)] += 1;
                    }
                    assert!(held.iter().all(|of| *of == 1), "{seed}: 2^{a} by 2^{b}");
                }
            }
        }
    }

    /// Means of 64 points over many scramblings: about the integral, and nearer to it than as many
    /// drawn points, whose deviation is known.
    #[test]
    fn scramblings_are_unbiased_and_nearer() {
        let smooth = |[x, y]: [f64; 2]| x * x * y;
        let step = |[x, y]: [f64; 2]| f64::from(u8::from(x + y < 0.5));
        for (case, of, integral, variance, times) in [
            (
                "smooth",
                &smooth as &dyn Fn([f64; 2]) -> f64,
                1.0 / 6.0,
                1.0 / 15.0 - 1.0 / 36.0,
                100.0,
            ),
            ("a step across", &step, 0.125, 0.125 * 0.875, 4.0),
        ] {
            let mean = |number: u64| {
                let mut stream = Seed(7).stream_at(case, number);
                let of_seeds = Scrambled { seeds: [stream.bits(), stream.bits()] };
                (0..64).map(|number| of(of_seeds.point(number))).sum::<f64>() / 64.0
            };
            let means: Vec<f64> = (0..400).map(mean).collect();
            let middle = means.iter().sum::<f64>() / 400.0;
            let spread = means.iter().map(|of| (of - middle) * (of - middle)).sum::<f64>() / 399.0;
            assert!((middle - integral).abs() < 4.0 * (spread / 400.0).sqrt(), "{case}: {middle}");
            let gain = variance / 64.0 / spread;
            assert!(gain > times, "{case}: {gain} times");
        }
    }

    /// The same tails by points: as near by their own intervals, which hold, and nearer than draws.
    #[test]
    fn points_meet_known_tails_and_are_nearer() {
        let normal = |x: f64| normal_cdf(-x);
        for (case, law, modes, from, expected) in [
            ("a fall or a rise", BOTH, vec![-3.9, 3.5], (-3.9, 3.5), normal(3.9) + normal(3.5)),
            ("exponential", FALLS, vec![9.0], (-1.0, 9.0), (-9.0f64).exp()),
        ] {
            let proposal = Proposal { law, defensive: 0.1, modes };
            let (mut held, mut saved) = (0, [0.0; 2]);
            for seed in 0..60 {
                let of = |replicate: u64| {
                    let mut stream = Seed(seed).stream_at("points", replicate);
                    Scrambled { seeds: [stream.bits(), stream.bits()] }
                };
                let all: Vec<Scrambled> = (0..REPLICATES as u64).map(of).collect();
                let one = |run: usize| {
                    let point = all[run % REPLICATES].point((run / REPLICATES) as u32);
                    let drawn = proposal.at(point);
                    (drawn.weight, drawn.factor < from.0 || drawn.factor > from.1)
                };
                let runs: Vec<(f64, bool)> = (0..1_024).map(one).collect();
                let found = Rare::of_points(&runs);
                assert_eq!(found.backed(), Ok(()), "{case}: {found:?}");
                held += usize::from((found.between[0]..=found.between[1]).contains(&expected));
                saved[0] += found.gain;
                let draw = |run: u64| {
                    let drawn = proposal.draw(&mut Seed(seed).stream_at("factor", run));
                    (drawn.weight, drawn.factor < from.0 || drawn.factor > from.1)
                };
                saved[1] += Rare::of(&(0..1_024).map(draw).collect::<Vec<_>>()).gain;
            }
            assert!(held >= 52, "{case}: {held} of 60");
            assert!(saved[0] > 3.0 * saved[1], "{case}: {saved:?}");
        }
    }
}
