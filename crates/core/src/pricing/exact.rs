//! The slow way: logarithm and normal tail in fixed point with 120 fraction bits.
//!
//! It decides the prices that the fast way leaves undecided, and it makes, at compile time, the
//! tables of the fast way. The tail of the normal distribution is walked outwards from zero in
//! steps of 1/64 by its own Taylor series; no exponential is needed, because
//!
//! ```text
//! density(e + h) = density(e) x sum of p_k          p_0 = 1, p_-1 = 0
//! tail(e) - tail(e + h) = density(e) x sum of h p_k / (k + 1)
//! p_(k+1) = -(h e p_k + h^2 p_(k-1)) / (k + 1)
//! ```
//!
//! where `p_k = (-h)^k He_k(e) / k!` with the Hermite polynomials He.
//!
//! Errors, in units of 2^-120. A product is cut, at most 1. A step sums 18 terms of at most three
//! cuts each and multiplies by a density of at most 0.4: below 32 in tail and density. The density
//! at `e` then shrinks with the true one, and 640 steps sum to less than 2^15. The series stops
//! where its next term is below 2^-105 in the longest step and 2^-124 at run time. So a tail is
//! within 2^-104 and, with the logarithm within 2^-112, so is the price of one unit.

use crate::wide::{U256, mul_div_floor};

/// One, with 120 fraction bits.
pub(super) const ONE: i128 = 1 << 120;

/// ln 2.
pub(super) const LN_2: i128 = 921_350_637_599_661_305_226_344_307_672_478_455;

/// The normal density at zero, 1 / sqrt(2 pi).
pub(super) const DENSITY_AT_ZERO: i128 = 530_285_247_811_860_281_885_121_121_780_411_961;

/// Terms of one Taylor step.
const TERMS: i128 = 18;

/// Nodes of the tail at 0, 1/64, .. 10.
pub(super) const NODES: usize = 641;

/// The tail P(Z > e) and the density of the normal distribution at one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) tail: i128,
    pub(super) density: i128,
}

/// The product, cut towards zero; the caller's operands keep it below 2^127.
pub(super) const fn product(a: i128, b: i128) -> i128 {
    let wide = U256::product(a.unsigned_abs(), b.unsigned_abs());
    let size = ((wide.hi << 8) | (wide.lo >> 120)).cast_signed();
    if (a < 0) == (b < 0) { size } else { -size }
}

/// The natural logarithm of `num / den`, both from 1 to 2^57 and at most a factor of 2^6 apart:
/// halvings until the ratio stands between 2/3 and 4/3, then twice the series of the inverse
/// hyperbolic tangent of (num - den) / (num + den), which is at most 1/5.
pub(super) const fn ln_ratio(num: u64, den: u64) -> i128 {
    let (mut num, mut den) = (widen(num), widen(den));
    let mut doublings = 0;
    while 3 * num > 4 * den {
        den <<= 1;
        doublings += 1;
    }
    while 3 * num < 2 * den {
        num <<= 1;
        doublings -= 1;
    }
    let size = num.abs_diff(den);
    // The difference is below the sum, so the quotient is below one and always there.
    let Some(z) = mul_div_floor(size, 1 << 120, num + den) else { return 0 };
    let z = if num > den { z.cast_signed() } else { -z.cast_signed() };
    let square = product(z, z);
    let (mut power, mut sum, mut odd) = (z, 0, 1);
    while power != 0 {
        sum += power / odd;
        power = product(power, square);
        odd += 2;
    }
    2 * sum + doublings * LN_2
}

/// `value` as 128 bits, where `From` cannot be called.
const fn widen(value: u64) -> u128 {
    value as u128 // style-ok: a widening in a const fn
}

/// From the density at `e` to a point `h` further, |h| <= 1/64: the mass passed and the density
/// there.
pub(super) const fn step(density: i128, e: i128, h: i128) -> (i128, i128) {
    let (slope, square) = (product(h, e), product(h, h));
    let (mut before, mut term, mut mass, mut ratio) = (0, ONE, 0, 0);
    let mut k = 0;
    while k < TERMS {
        ratio += term;
        mass += product(h, term) / (k + 1);
        let next = -(product(slope, term) + product(square, before)) / (k + 1);
        before = term;
        term = next;
        k += 1;
    }
    (product(density, mass), product(density, ratio))
}

/// The nodes, walked outwards from the middle, where half the mass lies beyond.
pub(super) static TAIL_NODES: [Node; NODES] = tail_nodes();

const fn tail_nodes() -> [Node; NODES] {
    let mut nodes = [Node { tail: ONE / 2, density: DENSITY_AT_ZERO }; NODES];
    let mut e = 0;
    let mut i = 1;
    while i < NODES {
        let from = nodes[i - 1];
        let (mass, density) = step(from.density, e, ONE / 64);
        nodes[i] = Node { tail: from.tail - mass, density };
        e += ONE / 64;
        i += 1;
    }
    nodes
}

/// P(Z > e) for a normal Z and any `e` above -10; nothing is left from 10 on, where the true tail
/// is below 2^-76. A caller for whom that matters has decided before.
pub(super) fn tail(e: i128) -> i128 {
    if e < 0 {
        return ONE - tail(-e);
    }
    let place = (e + ONE / 128) >> 114;
    let Some(node) = usize::try_from(place).ok().and_then(|i| TAIL_NODES.get(i)) else {
        return 0;
    };
    let (mass, _) = step(node.density, place << 114, e - (place << 114));
    node.tail - mass
}
