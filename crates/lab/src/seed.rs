//! Seeds and streams of random numbers, the same on every platform.
//!
//! Each purpose draws from a stream of its own, keyed by the seed and the purpose's name: a model
//! that takes one draw more does not shift the numbers of any other. Only the raw 64-bit output of
//! the generator is taken from its library, whose authors keep it stable; everything above it
//! (uniforms, integers below a bound, normals) is written here, because library conversions may
//! change between versions.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::normal::normal_quantile;

/// What a world is drawn from. The same seed and the same model give the same world, to the bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of one purpose.
    ///
    /// ```
    /// use rhodian_lab::seed::Seed;
    /// let (mut a, mut b) = (Seed(7).stream("sizes"), Seed(7).stream("sides"));
    /// assert_ne!(a.bits(), b.bits());
    /// assert_eq!(Seed(7).stream("sizes").bits(), Seed(7).stream("sizes").bits());
    /// ```
    #[must_use]
    pub fn stream(self, purpose: &str) -> Stream {
        self.stream_at(purpose, 0)
    }

    /// The stream of one purpose and place, as of the path number `index` of an experiment: it
    /// depends on nothing drawn before, so paths may run in any order and on any thread.
    #[must_use]
    pub fn stream_at(self, purpose: &str, index: u64) -> Stream {
        let mut hasher = blake3::Hasher::new_derive_key("rhodian-lab 2026 stream");
        hasher.update(&self.0.to_le_bytes());
        hasher.update(&index.to_le_bytes());
        hasher.update(purpose.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        Stream { generator: Pcg64Mcg::from_seed(key) }
    }
}

/// An endless stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: Pcg64Mcg,
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A uniform number strictly between 0 and 1: the middle of one of 2^52 equal cells, so that
    /// neither end, where a logarithm or a quantile is infinite, is ever drawn.
    pub fn unit(&mut self) -> f64 {
        let cell = self.bits() >> 12;
        // Below 2^52, so the conversion and the half are exact.
        (cell as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// A uniform whole number below `bound`, without bias. The bound is at least 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing is below zero");
        // Lemire's method: the high half of a product, redrawn in the short uneven stretch.
        let uneven = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            let (high, low) = ((product >> 64) as u64, product as u64);
            if low >= uneven {
                return high;
            }
        }
    }

    /// Whether an event of probability `ppm` millionths happens.
    pub fn chance(&mut self, ppm: u32) -> bool {
        self.below(1_000_000) < u64::from(ppm)
    }

    /// A standard normal number, by the inverse of its distribution function: one uniform gives
    /// one normal, monotonically, which stratified and low-discrepancy sampling need.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.unit())
    }

    /// Puts `items` in uniformly random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn a_stream_is_the_same_for_ever() {
        let mut stream = Seed(1).stream("golden");
        let drawn: Vec<u64> = (0..3).map(|_| stream.bits()).collect();
        assert_eq!(drawn, GOLDEN, "a changed stream changes every world");
    }

    const GOLDEN: [u64; 3] =
        [11_324_623_008_783_621_343, 17_078_865_051_003_340_310, 4_187_212_608_621_018_589];

    #[test]
    fn streams_of_other_seeds_places_and_purposes_differ() {
        let first = |seed: u64, purpose: &str, index| Seed(seed).stream_at(purpose, index).bits();
        let base = first(1, "a", 0);
        for other in [first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn integers_below_a_bound_are_even() {
        let mut stream = Seed(3).stream("below");
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Ten thousand each; the standard deviation is 91.
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert_eq!(stream.below(1), 0);
    }

    #[test]
    fn uniforms_and_normals_have_their_moments() {
        let mut stream = Seed(4).stream("moments");
        let draws = 100_000;
        let (mut sum, mut squares, mut uniform) = (0.0, 0.0, 0.0);
        for _ in 0..draws {
            let x = stream.normal();
            sum += x;
            squares += x * x;
            let u = stream.unit();
            assert!(u > 0.0 && u < 1.0);
            uniform += u;
        }
        let n = f64::from(draws);
        assert!((sum / n).abs() < 0.015, "mean {}", sum / n);
        assert!((squares / n - 1.0).abs() < 0.02, "variance {}", squares / n);
        assert!((uniform / n - 0.5).abs() < 0.005, "mean of uniforms {}", uniform / n);
    }

    #[test]
    fn a_shuffle_keeps_what_it_moves() {
        let mut items: Vec<u32> = (0..100).collect();
        Seed(5).stream("shuffle").shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<u32>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<u32>>());
    }
}
