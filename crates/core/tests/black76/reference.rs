//! Black's formula in fixed point with 256 fraction bits.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use crate::Plain;

/// Fraction bits.
pub const BITS: usize = 256;

/// A number with `BITS` fraction bits.
pub type Fixed = BigInt;

pub fn one() -> Fixed {
    BigInt::one() << BITS
}

pub fn whole(value: u64) -> Fixed {
    BigInt::from(value) << BITS
}

pub fn times(a: &Fixed, b: &Fixed) -> Fixed {
    (a * b) >> BITS
}

pub fn over(a: &Fixed, b: &Fixed) -> Fixed {
    (a << BITS) / b
}

/// The root of a fixed-point number.
pub fn root(a: &Fixed) -> Fixed {
    (a << BITS).sqrt()
}

/// e to the power of `x`: halved until small, summed, squared back.
pub fn exp(x: &Fixed) -> Fixed {
    let halvings = 12;
    let small = x >> halvings;
    let (mut term, mut sum, mut n) = (one(), one(), 1u32);
    while !term.is_zero() && term != BigInt::from(-1) {
        term = times(&term, &small) / n;
        sum += &term;
        n += 1;
    }
    for _ in 0..halvings {
        sum = times(&sum, &sum);
    }
    sum
}

/// The natural logarithm: Newton on the exponential, y + 2 (a - e^y) / (a + e^y), cubic.
pub fn ln(a: &Fixed) -> Fixed {
    // A first guess from the leading word.
    let bits = a.bits();
    let lead = (a >> bits.saturating_sub(53)).to_string().parse::<f64>().unwrap();
    let guess = lead.ln() + (bits as f64 - 53.0 - BITS as f64) * std::f64::consts::LN_2;
    let mut y = BigInt::from((guess * (1u64 << 52) as f64) as i64) << (BITS - 52);
    for _ in 0..2 {
        let e = exp(&y);
        y += over(&((a - &e) * 2), &(a + &e));
    }
    y
}

/// 1 / sqrt(2 pi), pi by Machin's formula.
fn density_at_zero() -> Fixed {
    let arctan_inverse = |n: u32| {
        let (mut power, mut sum, mut odd, mut sign) = (one() / n, BigInt::zero(), 1u32, 1);
        while !power.is_zero() {
            sum += &power / odd * sign;
            power /= n * n;
            odd += 2;
            sign = -sign;
        }
        sum
    };
    let pi = (arctan_inverse(5) * 4 - arctan_inverse(239)) * 4;
    over(&one(), &root(&(pi * 2)))
}

thread_local! {
    static DENSITY_AT_ZERO: Fixed = density_at_zero();
}

/// The normal density.
pub fn density(d: &Fixed) -> Fixed {
    if d.abs() > whole(20) {
        // Below 2^-289.
        return BigInt::zero();
    }
    let at_zero = DENSITY_AT_ZERO.with(Clone::clone);
    times(&at_zero, &exp(&(-times(d, d) / 2)))
}

/// The normal distribution: 1/2 + n(d) (d + d^3 / 3 + d^5 / (3 x 5) + ..).
pub fn normal(d: &Fixed) -> Fixed {
    if d.abs() > whole(12) {
        // Within 2^-108 of zero or one; further in, the series loses up to 2^104 of its 2^256.
        return if d.is_negative() { BigInt::zero() } else { one() };
    }
    let square = times(d, d);
    let (mut term, mut sum, mut odd) = (d.clone(), d.clone(), 3u32);
    while term.abs() > BigInt::one() {
        term = times(&term, &square) / odd;
        sum += &term;
        odd += 2;
    }
    one() / 2 + times(&density(d), &sum)
}

/// Price of the call and the sensitivities of both, in units.
pub struct Black {
    pub call: Fixed,
    pub call_delta: Fixed,
    pub gamma: Fixed,
    pub vega: Fixed,
    pub vanna: Fixed,
    pub theta: Fixed,
    pub stdev: Fixed,
    pub root_time: Fixed,
}

/// The formula, for a volatility and a time above zero.
pub fn black(option: Plain) -> Black {
    let (forward, strike) = (whole(option.forward), whole(option.strike));
    let volatility = whole(u64::from(option.volatility)) / 1_000_000;
    let root_time = root(&(whole(option.millis) / 31_536_000_000u64));
    let stdev = times(&volatility, &root_time);
    let d1 = over(&ln(&over(&forward, &strike)), &stdev) + &stdev / 2;
    let d2 = &d1 - &stdev;
    let call_delta = times(&forward, &normal(&d1));
    let mass = times(&forward, &density(&d1));
    Black {
        call: &call_delta - times(&strike, &normal(&d2)),
        gamma: over(&mass, &stdev),
        vega: times(&mass, &root_time),
        vanna: -over(&times(&times(&mass, &root_time), &d2), &stdev),
        theta: -over(&times(&mass, &volatility), &root_time) / 2,
        call_delta,
        stdev,
        root_time,
    }
}
