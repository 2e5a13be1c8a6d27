//! Multiplying many weights by one fraction, exactly, without a division for each.
//!
//! For a fraction `num / den`, weights `w < 2^shift`, and `factor = floor(num 2^shift / den)`.
//! Then `floor(w factor / 2^shift)` is `floor(w num / den)` or one less: the factor falls short
//! by less than one, so the product by less than `w`, so the quotient by less than one. The
//! remainder `w num - q den` tells which, and since it is below `2 den < 2^128` it may be computed
//! modulo 2^128.
//!
//! Three widths of the same arithmetic, chosen once per fraction: one, five or ten 64-bit
//! multiplications per weight.

use core::hint::select_unpredictable;

use super::shares::LOW;
use crate::wide::{U256, mul_div_floor};

/// A fraction prepared for weights up to a largest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Multiple {
    num: u128,
    den: u128,
    factor: u128,
    shift: u32,
}

/// How wide the arithmetic of a [`Multiple`] must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Everything fits in 64 bits, and so every product in 128.
    Narrow,
    /// Weights and products by the fraction fit in 64 bits, its two terms do not.
    Middle,
    /// No term fits in 64 bits.
    Wide,
}

impl Multiple {
    /// `num / den` for weights of at most `largest`, where `0 < den < 2^127`,
    /// `0 < largest < 2^127` and `largest x num / den < 2^127`.
    pub(super) fn new(num: u128, den: u128, largest: u128) -> Self {
        let bits = |value: u128| u128::BITS - value.leading_zeros();
        assert!(0 < largest && largest >> 127 == 0, "a weight is positive and below 2^127");
        assert!(den >> 127 == 0, "the remainder must fit twice");
        // The longest factor of one word, or of two, that leaves room for the largest weight: the
        // further 2^shift is above the weights, the rarer the quotient is one short.
        let room = 1 + num.checked_div(den).map_or(0, bits);
        let at_least = bits(largest);
        let one_word = 64u32.checked_sub(room).filter(|shift| *shift >= at_least);
        let two_words = 127u32.checked_sub(room).filter(|shift| *shift >= at_least);
        let shift = one_word.or(two_words).unwrap_or(at_least);
        let Some(factor) = mul_div_floor(num, 1 << shift, den) else {
            panic!("the largest product must be below 2^127, and den above zero")
        };
        Self { num, den, factor, shift }
    }

    /// The narrowest arithmetic that is exact for it.
    pub(super) fn width(&self) -> Width {
        if self.shift > 63 || self.factor > LOW {
            Width::Wide
        } else if self.num > LOW || self.den > LOW {
            Width::Middle
        } else {
            Width::Narrow
        }
    }

    /// `floor(w num / den)` or one less, for `w` up to the largest.
    #[inline(always)]
    pub(super) fn almost<const W: u8>(&self, weight: u128) -> u128 {
        if W == WIDE {
            // Books mix few large weights with many that fit in one word.
            let product = if weight <= LOW {
                U256::product(weight & LOW, self.factor)
            } else {
                U256::product(weight, self.factor)
            };
            (product.hi << (u128::BITS - self.shift)) | (product.lo >> self.shift)
        } else {
            ((weight & LOW) * (self.factor & LOW)) >> (self.shift & 63)
        }
    }

    /// `floor(w num / den)` and the remainder, for `w` up to the largest.
    #[inline(always)]
    pub(super) fn floor_rem<const W: u8>(&self, weight: u128) -> (u128, u128) {
        let almost = self.almost::<W>(weight);
        let operands = if W == WIDE { u128::MAX } else { LOW };
        let terms = if W == NARROW { LOW } else { u128::MAX };
        let (num, den) = (self.num & terms, self.den & terms);
        let whole = (weight & operands).wrapping_mul(num); // style-ok: modulo 2^128, see the top
        let taken = (almost & operands).wrapping_mul(den); // style-ok: modulo 2^128, see the top
        let rem = whole.wrapping_sub(taken); // style-ok: exact, it is below twice den
        let short = rem >= self.den;
        (almost + u128::from(short), rem - select_unpredictable(short, self.den, 0))
    }
}

/// [`Width::Narrow`] as a constant parameter, so that each width is its own loop.
pub(super) const NARROW: u8 = 0;
/// [`Width::Middle`] likewise.
pub(super) const MIDDLE: u8 = 1;
/// [`Width::Wide`] likewise.
pub(super) const WIDE: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wide::mul_div_rem;

    fn check(num: u128, den: u128, weights: &[u128]) -> Width {
        let largest = weights.iter().copied().max().unwrap();
        let multiple = Multiple::new(num, den, largest);
        for &weight in weights {
            let expected = mul_div_rem(weight, num, den).unwrap();
            assert_eq!(multiple.floor_rem::<WIDE>(weight), expected, "{weight} x {num} / {den}");
            if multiple.width() != Width::Wide {
                assert_eq!(multiple.floor_rem::<MIDDLE>(weight), expected);
            }
            if multiple.width() == Width::Narrow {
                assert_eq!(multiple.floor_rem::<NARROW>(weight), expected);
            }
        }
        multiple.width()
    }

    #[test]
    fn every_width_gives_the_plain_quotient() {
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = |bits: u32| {
            let mut value = 0u128;
            for _ in 0..2 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                value = (value << 64) | u128::from(state);
            }
            value >> (128 - bits)
        };
        let mut widths = [0; 3];
        for bits in [3, 20, 40, 60, 64, 65, 96, 100, 126] {
            for _ in 0..200 {
                let weights: [u128; 8] = core::array::from_fn(|_| next(bits) | 1);
                let den = (next((bits + 20).min(126)) | 1) + weights.iter().copied().max().unwrap();
                let num = next(100).min(den);
                widths[match check(num, den, &weights) {
                    Width::Narrow => 0,
                    Width::Middle => 1,
                    Width::Wide => 2,
                }] += 1;
            }
        }
        assert!(widths.iter().all(|count| *count > 100), "{widths:?}");
    }

    #[test]
    fn the_ends_of_the_bounds_are_exact() {
        let (amount, total) = (10u128.pow(30), 10u128.pow(38));
        assert_eq!(check(amount, total, &[1, amount - 1, amount, total - 1, total]), Width::Wide);
        assert_eq!(check(total, total, &[amount, 1]), Width::Wide);
        assert_eq!(check(amount, 1, &[1]), Width::Wide);
        assert_eq!(check(0, 7, &[3, 1]), Width::Narrow);
        assert_eq!(check(u128::from(u64::MAX), u128::from(u64::MAX), &[5]), Width::Narrow);
    }

    #[test]
    #[should_panic(expected = "den above zero")]
    fn a_zero_denominator_is_a_bug() {
        let _ = Multiple::new(1, 0, 1);
    }

    #[test]
    #[should_panic(expected = "below 2^127")]
    fn a_product_too_large_is_a_bug() {
        let _ = Multiple::new(1 << 100, 1, 1 << 100);
    }
}
