//! Random arrival (O'Neill 1982): claimants arrive in every order, each is paid in full while the
//! estate lasts, and the award is the average over the orders.
//!
//! Of the n! orders only the set that came before matters. A set of size s precedes claimant i in
//! `s! (n-1-s)!` of them, that is a share of `1 / (n C(n-1, s))`; so the award is the sum over s
//! of `A(i, s) / (n C(n-1, s))`, where A sums the payments after every set of size s. All these
//! denominators divide lcm(1..n), at most 720,720 for 16 claimants: an award of 10^30 atoms times
//! that stays below 2^120.

use alloc::vec;

use super::MAX_ARRIVALS;
use super::shares::{Fractions, Shares, amount as amount_of, count};
use crate::units::Amount;

/// The exact shares of the loss `amount` over at most 16 caps of sum `sum`.
pub(super) fn shares(caps: &[Amount], sum: u128, amount: u128) -> Shares {
    let claimants = caps.len();
    let estate = sum - amount;
    // after[i][s]: what i is paid after the sets of size s, in all.
    let mut after = vec![[0u128; MAX_ARRIVALS]; claimants];
    for set in 0u32..1 << claimants {
        let in_set = |i: usize| set >> i & 1 == 1;
        let claimed: u128 = (0..claimants).filter(|i| in_set(*i)).map(|i| caps[i].atoms()).sum();
        if claimed >= estate {
            continue;
        }
        let size = (0..claimants).filter(|i| in_set(*i)).count();
        for i in (0..claimants).filter(|i| !in_set(*i)) {
            after[i][size] += caps[i].atoms().min(estate - claimed);
        }
    }
    let den = (1..=count(claimants)).fold(1, least_common_multiple);
    let mut awards = Shares::integers(vec![Amount::ZERO; claimants]);
    let mut numerators = vec![0; claimants];
    for (i, sums) in after.iter().enumerate() {
        let mut parts = 0;
        let mut orders = count(claimants);
        for (size, paid) in sums.iter().take(claimants).enumerate() {
            parts += paid * (den / orders);
            // n C(n-1, s+1) from n C(n-1, s); exact in this order of operations.
            orders = orders * count(claimants - 1 - size) / count(size + 1);
        }
        awards.whole[i] = amount_of(parts / den);
        numerators[i] = parts % den;
    }
    awards.den = den;
    awards.fractions = Fractions::Wide(numerators);
    Shares::left_by(caps, &awards)
}

/// The least common multiple of two positive numbers whose product fits.
pub(super) fn least_common_multiple(a: u128, b: u128) -> u128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}
