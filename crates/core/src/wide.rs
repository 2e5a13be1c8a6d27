//! 256-bit intermediates: the one place where a product may pass 128 bits.
//!
//! The engine multiplies an amount by a sum (at most 10^68) or, where weights carry risk factors,
//! a sum by a sum (at most 10^76 < 2^253), then divides by a sum. [`U256`] holds the product;
//! the quotient is asked for by name: [`mul_div_floor`] favours who pays it, [`mul_div_ceil`] who
//! receives it. All are exact, and a quotient above 128 bits is refused, never cut.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

/// The low half of a `u128`.
const LOW: u128 = (1 << 64) - 1;

/// The largest power of ten below 2^128; decimal digits are read in groups of 38.
const TEN_38: u128 = 10u128.pow(38);

/// A whole number below 2^256. The order of the fields is the order of the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct U256 {
    /// The number divided by 2^128.
    pub hi: u128,
    /// The rest.
    pub lo: u128,
}

impl U256 {
    /// The product, exactly.
    ///
    /// ```
    /// use rhodian_core::wide::U256;
    /// assert_eq!(U256::product(1 << 127, 6), U256 { hi: 3, lo: 0 });
    /// ```
    #[must_use]
    #[inline(always)]
    pub const fn product(a: u128, b: u128) -> Self {
        let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
        // Each partial product is at most (2^64 - 1)^2, so two halves may be added to it.
        let low = a0 * b0;
        let cross = a1 * b0 + (low >> 64);
        let middle = a0 * b1 + (cross & LOW);
        Self { hi: a1 * b1 + (cross >> 64) + (middle >> 64), lo: (middle << 64) | (low & LOW) }
    }

    /// The sum; nothing from 2^256.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        let (lo, carry) = self.lo.overflowing_add(other.lo);
        let (hi, over) = self.hi.overflowing_add(other.hi);
        match (over, carry, hi) {
            (true, _, _) | (_, true, u128::MAX) => None,
            (false, true, _) => Some(Self { hi: hi + 1, lo }),
            (false, false, _) => Some(Self { hi, lo }),
        }
    }

    /// The difference; nothing below zero.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        let (lo, borrow) = self.lo.overflowing_sub(other.lo);
        let (hi, under) = self.hi.overflowing_sub(other.hi);
        match (under, borrow, hi) {
            (true, _, _) | (_, true, 0) => None,
            (false, true, _) => Some(Self { hi: hi - 1, lo }),
            (false, false, _) => Some(Self { hi, lo }),
        }
    }

    /// Quotient, rounded down, and remainder; nothing when `den` is zero.
    ///
    /// ```
    /// use rhodian_core::wide::U256;
    /// let seven_halves = U256 { hi: 3, lo: 1 << 127 };
    /// assert_eq!(seven_halves.div_rem(7), Some((U256 { hi: 0, lo: 1 << 127 }, 0)));
    /// assert_eq!(seven_halves.div_rem(0), None);
    /// ```
    #[must_use]
    pub const fn div_rem(self, den: u128) -> Option<(Self, u128)> {
        if den == 0 {
            return None;
        }
        let (lo, rem) = divide_two_by_one(self.hi % den, self.lo, den);
        Some((Self { hi: self.hi / den, lo }, rem))
    }

    /// The number `times` times; nothing from 2^256.
    #[must_use]
    pub const fn checked_mul(self, times: u128) -> Option<Self> {
        let (low, high) = (Self::product(self.lo, times), Self::product(self.hi, times));
        match high.hi {
            0 => low.checked_add(Self { hi: high.lo, lo: 0 }),
            _ => None,
        }
    }
}

/// `times x sqrt(of)`, rounded up; nothing where a number on the way passes 2^256. It does not for
/// `times` up to 2^101 and `of` up to 10^30, although the square of the result does.
///
/// With `r` the root of `of` rounded down and `d = of - r^2`, it is `times x r + t` for the least
/// `t` with `2 x times x r x t + t^2 >= times^2 x d`. That is asked of numbers below 2^256, for one
/// bit of `t` after the other.
///
/// ```
/// use rhodian_core::wide::{U256, times_root_ceil};
/// assert_eq!(times_root_ceil(1_000, 2), Some(U256 { hi: 0, lo: 1_415 }));
/// assert_eq!(times_root_ceil(1_000, 4), Some(U256 { hi: 0, lo: 2_000 }));
/// assert_eq!(times_root_ceil(u128::MAX, u128::MAX), None);
/// ```
#[must_use]
pub const fn times_root_ceil(times: u128, of: u128) -> Option<U256> {
    let root = of.isqrt();
    let whole = U256::product(times, root);
    let rest = of - root * root;
    if times == 0 || rest == 0 {
        return Some(whole);
    }
    let Some(least) = U256::product(times, times).checked_mul(rest) else { return None };
    let Some(twice) = whole.checked_add(whole) else { return None };
    // At `below` it is not enough, at `enough` it is: the root is below `root + 1`.
    let (mut below, mut enough) = (0, times);
    while enough - below > 1 {
        let middle = below + (enough - below) / 2;
        let Some(line) = twice.checked_mul(middle) else { return None };
        let Some(sum) = line.checked_add(U256::product(middle, middle)) else { return None };
        if sum.hi > least.hi || sum.hi == least.hi && sum.lo >= least.lo {
            enough = middle;
        } else {
            below = middle;
        }
    }
    whole.checked_add(U256 { hi: 0, lo: enough })
}

impl fmt::Display for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups: Vec<u128> = Vec::new();
        let mut rest = *self;
        while rest.hi > 0 || rest.lo >= TEN_38 {
            let Some((quotient, group)) = rest.div_rem(TEN_38) else { return Err(fmt::Error) };
            groups.push(group);
            rest = quotient;
        }
        let mut digits = String::new();
        fmt::write(&mut digits, format_args!("{}", rest.lo))?;
        for group in groups.iter().rev() {
            fmt::write(&mut digits, format_args!("{group:038}"))?;
        }
        f.pad_integral(true, "", &digits)
    }
}

/// `a x b / den`, rounded down; nothing when `den` is zero or the quotient passes 128 bits.
///
/// ```
/// use rhodian_core::wide::mul_div_floor;
/// assert_eq!(mul_div_floor(10u128.pow(30), 10u128.pow(38), 3 * 10u128.pow(38)),
///     Some(333_333_333_333_333_333_333_333_333_333));
/// assert_eq!(mul_div_floor(1, 1, 0), None);
/// assert_eq!(mul_div_floor(u128::MAX, 2, 1), None);
/// ```
#[must_use]
pub const fn mul_div_floor(a: u128, b: u128, den: u128) -> Option<u128> {
    match mul_div_rem(a, b, den) {
        Some((quotient, _)) => Some(quotient),
        None => None,
    }
}

/// `a x b / den`, rounded up; nothing when `den` is zero or the quotient passes 128 bits.
///
/// ```
/// use rhodian_core::wide::mul_div_ceil;
/// assert_eq!(mul_div_ceil(10, 10, 3), Some(34));
/// assert_eq!(mul_div_ceil(10, 9, 3), Some(30));
/// assert_eq!(mul_div_ceil(10, 9, 0), None);
/// ```
#[must_use]
pub const fn mul_div_ceil(a: u128, b: u128, den: u128) -> Option<u128> {
    match mul_div_rem(a, b, den) {
        Some((quotient, 0)) => Some(quotient),
        Some((quotient, _)) => quotient.checked_add(1),
        None => None,
    }
}

/// The remainder of `a x b` by `den`; nothing when `den` is zero.
///
/// ```
/// use rhodian_core::wide::mul_rem;
/// assert_eq!(mul_rem(u128::MAX, u128::MAX, 10), Some(5));
/// assert_eq!(mul_rem(1, 1, 0), None);
/// ```
#[must_use]
pub const fn mul_rem(a: u128, b: u128, den: u128) -> Option<u128> {
    match U256::product(a, b).div_rem(den) {
        Some((_, rem)) => Some(rem),
        None => None,
    }
}

/// `a x b / den`, rounded down, with the remainder; nothing when `den` is zero or the quotient
/// passes 128 bits.
///
/// ```
/// use rhodian_core::wide::mul_div_rem;
/// assert_eq!(mul_div_rem(10, 10, 3), Some((33, 1)));
/// assert_eq!(mul_div_rem(10, 10, 0), None);
/// ```
#[must_use]
pub const fn mul_div_rem(a: u128, b: u128, den: u128) -> Option<(u128, u128)> {
    let product = U256::product(a, b);
    // The quotient fits in 128 bits exactly when the high half is below the divisor.
    if product.hi < den { Some(divide_two_by_one(product.hi, product.lo, den)) } else { None }
}

/// Which of `a / b` and `c / d` is larger, by cross-multiplying. No denominator may be zero.
#[must_use]
#[inline(always)]
pub fn compare_ratios(a: u128, b: u128, c: u128, d: u128) -> Ordering {
    U256::product(a, d).cmp(&U256::product(c, b))
}

/// `(hi x 2^128 + lo) / den` for `hi < den`: quotient and remainder.
///
/// Long division with digits of 64 bits: the divisor is shifted until its top bit is set, and
/// two digits of the quotient are estimated and corrected, one after the other.
const fn divide_two_by_one(hi: u128, lo: u128, den: u128) -> (u128, u128) {
    if hi == 0 {
        // One division: the remainder is what the product leaves.
        let quotient = lo / den;
        return (quotient, lo - quotient * den);
    }
    if den <= LOW {
        let upper = (hi << 64) | (lo >> 64);
        let lower = ((upper % den) << 64) | (lo & LOW);
        return (((upper / den) << 64) | (lower / den), lower % den);
    }
    let shift = den.leading_zeros();
    let den = den << shift;
    let (hi, lo) =
        if shift == 0 { (hi, lo) } else { ((hi << shift) | (lo >> (128 - shift)), lo << shift) };
    let (first, rem) = quotient_digit(hi, lo >> 64, den);
    let (second, rem) = quotient_digit(rem, lo & LOW, den);
    ((first << 64) | second, rem >> shift)
}

/// One 64-bit digit of a quotient: `(upper x 2^64 + next) / den` for `upper < den`, where `den`
/// has its top bit set and `next < 2^64`.
const fn quotient_digit(upper: u128, next: u128, den: u128) -> (u128, u128) {
    let (den_hi, den_lo) = (den >> 64, den & LOW);
    let mut digit = upper / den_hi;
    let mut rest = upper % den_hi;
    // The estimate is at most two too large.
    while digit > LOW || digit * den_lo > ((rest << 64) | next) {
        digit -= 1;
        rest += den_hi;
        if rest > LOW {
            break;
        }
    }
    let product = digit * den_lo;
    let rem = ((rest << 64) | next).wrapping_sub(product); // style-ok: exact, it is below den
    (digit, rem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use num_bigint::BigUint;

    /// A fixed sequence of operands of every width.
    fn operands() -> Vec<u128> {
        let mut state = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128;
        let mut values = Vec::from([0, 1, 2, 3, LOW, LOW + 1, LOW << 1, u128::MAX, u128::MAX - 1]);
        for width in 1..128 {
            state = state.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(0x1234_5678_9abc_def1);
            values.push((state >> (128 - width)) | (1 << (width - 1)));
        }
        values
    }

    #[test]
    fn products_and_quotients_agree_with_long_arithmetic() {
        let values = operands();
        for (i, &a) in values.iter().enumerate() {
            let b = values[(i * 7 + 3) % values.len()];
            for &den in &values {
                let product = BigUint::from(a) * BigUint::from(b);
                assert_eq!(U256::product(a, b).to_string(), product.to_string());
                if den == 0 {
                    assert_eq!(mul_div_rem(a, b, den), None);
                    continue;
                }
                let (quotient, rem) = U256::product(a, b).div_rem(den).unwrap();
                assert_eq!(quotient.to_string(), (&product / den).to_string(), "{a} {b} {den}");
                assert_eq!(rem.to_string(), (&product % den).to_string(), "{a} {b} {den}");
                let floor = u128::try_from(&product / den).ok();
                assert_eq!(mul_div_floor(a, b, den), floor);
                let up = u128::from(rem > 0);
                assert_eq!(mul_div_ceil(a, b, den), floor.and_then(|q| q.checked_add(up)));
                assert_eq!(mul_rem(a, b, den), Some(rem));
            }
        }
    }

    #[test]
    fn sums_and_differences_stop_at_the_ends() {
        let top = U256 { hi: u128::MAX, lo: u128::MAX };
        let one = U256 { hi: 0, lo: 1 };
        assert_eq!(top.checked_add(one), None);
        assert_eq!(U256::default().checked_sub(one), None);
        let carried = U256 { hi: 0, lo: u128::MAX }.checked_add(one);
        assert_eq!(carried, Some(U256 { hi: 1, lo: 0 }));
        assert_eq!(carried.and_then(|c| c.checked_sub(one)), Some(U256 { hi: 0, lo: u128::MAX }));
        assert_eq!(top.checked_sub(top), Some(U256::default()));
    }

    /// At every width, at the bounds, and at squares and beside them.
    #[test]
    fn multiples_and_roots_agree_with_long_arithmetic() {
        let values = operands();
        let top = BigUint::from(1u8) << 256;
        for (i, &a) in values.iter().enumerate() {
            let b = values[(i * 11 + 5) % values.len()];
            for &times in &values {
                let exact = BigUint::from(a) * b * times;
                let found = U256::product(a, b).checked_mul(times);
                let fits = (exact < top).then(|| exact.to_string());
                assert_eq!(found.map(|found| found.to_string()), fits, "{a} {b} {times}");
            }
        }
        let most = 10u128.pow(30);
        let near = |of: u128| [of - 1, of, of + 1];
        let squares = [1, 2, 3, 999, LOW >> 20, 10u128.pow(15) - 1].map(|root| near(root * root));
        let narrow = values.iter().copied().filter(|value| *value <= most);
        let of: Vec<u128> =
            narrow.clone().chain(squares.into_iter().flatten()).chain([most, most - 1]).collect();
        let times = narrow.map(|value| 2 * value).chain([1, 2 * most, 2 * most - 1]);
        for times in times {
            for &of in &of {
                let square = BigUint::from(times) * times * of;
                let root = square.sqrt();
                let up = if &root * &root < square { root + 1u8 } else { root };
                let found = times_root_ceil(times, of).map(|found| found.to_string());
                assert_eq!(found, Some(up.to_string()), "{times} {of}");
            }
        }
    }

    #[test]
    fn ratios_compare_where_quotients_tie() {
        let third = 10u128.pow(38) / 3;
        assert_eq!(compare_ratios(1, 3, third, 10u128.pow(38)), Ordering::Greater);
        assert_eq!(compare_ratios(2, 6, 1, 3), Ordering::Equal);
    }

    #[test]
    fn decimal_digits_keep_their_zeros() {
        let value = U256::product(10u128.pow(30), 10u128.pow(38));
        assert_eq!(value.to_string(), ["1", &"0".repeat(68)].concat());
        assert_eq!(U256::default().to_string(), "0");
    }
}
