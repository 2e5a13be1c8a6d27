//! The slow way and the fast way against each other, at the places where each has its seams.

use super::exact::{LN_2, ONE};
use super::*;
use std::vec::Vec;

/// Words with every exponent, at the ends of the logarithm's rows.
fn levels() -> Vec<u64> {
    let mut levels = Vec::new();
    for exponent in 24..56u32 {
        for row in 0..128u64 {
            let start = (128 + row) << (exponent - 7);
            levels.extend([start, start + 1, start + (1 << (exponent - 7)) - 1]);
        }
    }
    levels
}

#[test]
fn the_fast_logarithm_is_within_its_bound() {
    let mut worst = 0;
    for units in levels() {
        // 2^40 is at most a factor of 2^17 away; the slow way takes 2^6 at a time.
        let (mut num, mut ln) = (units, 0);
        while num > 1 << 45 {
            num >>= 1;
            ln += LN_2;
        }
        if num << ((units / num).trailing_zeros()) != units {
            continue;
        }
        let mut den = 1u64 << 40;
        while num < den >> 5 {
            den >>= 1;
            ln -= LN_2;
        }
        let exact = ln + exact::ln_ratio(num, den);
        let error = (i128::from(fast::ln(units)) << 61) - exact;
        worst = worst.max(error.abs());
    }
    // 2^-58, with 120 fraction bits.
    assert!(worst < 1 << 62, "{worst}");
    assert!(worst > 0);
}

#[test]
fn the_fast_tail_and_density_are_within_their_bounds() {
    let mut state = 7u64;
    for node in -640..=640i64 {
        for part in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let offset = match part {
                0 => -(1 << 49),
                1 => (1 << 49) - 1,
                2 => 0,
                _ => (state >> 14).cast_signed() - (1 << 49),
            };
            let e = (node << 50) + offset;
            if e.abs() >= 10 << 56 {
                continue;
            }
            let exact = exact::tail(i128::from(e) << 64);
            let error = (i128::from(fast::tail(e)) << 57) - exact;
            assert!(error.abs() <= 1 << 60, "{e}: {error}");
            // The density is the fall of the tail over a step of 2^-20, at its middle.
            let half = ONE >> 21;
            let at = i128::from(e) << 64;
            let fall = (exact::tail(at - half) - exact::tail(at + half)) << 20;
            // The tail's third derivative is at most 0.4; it enters with the step squared over 24.
            let error = (i128::from(fast::density(e)) << 57) - fall;
            assert!(error.abs() <= (1 << 68) + (ONE >> 45), "{e}: {error}");
        }
    }
}

#[test]
fn tails_end_where_they_say() {
    assert_eq!(fast::tail(0), fast::CERTAIN / 2);
    assert_eq!(exact::tail(0), ONE / 2);
    let out = 11i64 << STDEV_BITS;
    assert_eq!((fast::tail(out), fast::tail(-out)), (0, fast::CERTAIN));
    assert_eq!((exact::tail(11 * ONE), exact::tail(-11 * ONE)), (0, ONE));
    assert_eq!(fast::density(out), 0);
    // The walk ends at the tail of 10, 7.62 x 10^-24.
    let end = exact::TAIL_NODES[exact::NODES - 1].tail;
    let expected = ONE / 131_234_570_000_000_000_000_000;
    assert!((end - expected).abs() < expected / 1_000, "{end} {expected}");
}

/// Pairs that the fast way decides, decided again by the slow way.
#[test]
fn both_ways_decide_alike() {
    let mut state = 99u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        state >> 20
    };
    for _ in 0..20_000 {
        let low = MIN_FORWARD + next() % (1 << (31 + next() % 13));
        let high = low + next() % (1 << (10 + next() % 24));
        if high > MAX_MONEYNESS * low {
            continue;
        }
        let stdev = 1 + next() % (1 << (20 + next() % 24)) * (1 << 16);
        let ln = (fast::ln(high) - fast::ln(low)).unsigned_abs();
        let zeros = stdev.leading_zeros();
        let word = narrow_unsigned(((1 << 127) - 1) / u128::from(stdev << zeros));
        let pair = Pair { low, high, ln, stdev, inverse: Scaled { word, bits: 71 - zeros } };
        let value = pair.arguments().map_or(0, |(d1, d2)| pair.value(pair.masses(d1, d2)));
        if pair.arguments().is_some() {
            assert_eq!(value, pair.exact_value(), "{pair:?}");
        }
    }
}
