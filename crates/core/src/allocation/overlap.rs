//! Minimal overlap (O'Neill 1982): claims are laid on the estate so that the most contested parts
//! are contested least, and each part is divided equally among those who claim it.
//!
//! Cut the claims at the estate `E` and order them, `d(1) <= .. <= d(n)`. There is a `t`
//! such that each claim covers a common part of length `min(d, t)`, nested in order, and what it
//! has beyond `t` lies alone: the parts fill the estate when `t + sum of max(0, d - t) = E`. If a
//! claim reaches `E`, then `t = E`. Otherwise, with k claims above t, `t = (their sum - E) /
//! (k - 1)`. A claim's award is
//!
//! ```text
//! sum over j up to its rank of (min(d(j), t) - min(d(j-1), t)) / (n - j + 1)  +  max(0, d - t)
//! ```
//!
//! All denominators divide `(k - 1) lcm(1..n)`, below 7.5 x 10^28 for 64 claimants.

use alloc::vec;
use alloc::vec::Vec;

use super::arrival::least_common_multiple;
use super::shares::{Fractions, Shares, amount as amount_of, count};
use crate::units::Amount;

/// The exact shares of the loss `amount` over at most 64 caps of sum `sum`, for
/// `0 < amount < sum`.
pub(super) fn shares(caps: &[Amount], sum: u128, amount: u128) -> Shares {
    let mut order: Vec<usize> = (0..caps.len()).collect();
    order.sort_by_key(|i| caps[*i]);
    let estate = sum - amount;
    let sorted: Vec<u128> = order.iter().map(|i| caps[*i].atoms().min(estate)).collect();
    let (edge, parts) = contested_part(&sorted, estate);
    let multiple = (1..=count(caps.len())).fold(1, least_common_multiple);
    let den = parts * multiple;
    let mut awards = Shares::integers(vec![Amount::ZERO; caps.len()]);
    let mut numerators = vec![0; caps.len()];
    // The nested part of the award so far: whole + numerator / den. Lengths are in atoms x parts.
    let (mut whole, mut numerator, mut laid) = (0, 0, 0);
    for (rank, (place, claim)) in order.iter().zip(&sorted).enumerate() {
        let contenders = count(caps.len() - rank);
        let length = (claim * parts).min(edge);
        let divisor = parts * contenders;
        whole += (length - laid) / divisor;
        numerator += (length - laid) % divisor * (multiple / contenders);
        (whole, numerator) = (whole + numerator / den, numerator % den);
        laid = length;
        let alone = claim * parts - length;
        let own = numerator + alone % parts * multiple;
        awards.whole[*place] = amount_of(whole + alone / parts + own / den);
        numerators[*place] = own % den;
    }
    awards.den = den;
    awards.fractions = Fractions::Wide(numerators);
    Shares::left_by(caps, &awards)
}

/// The length `t` of the contested part as `edge / parts`, for sorted claims that are each at
/// most the estate and above it in sum.
fn contested_part(sorted: &[u128], estate: u128) -> (u128, u128) {
    let mut above = 0;
    for (others, claim) in sorted.iter().rev().enumerate() {
        if others == 0 {
            if *claim >= estate {
                return (estate, 1);
            }
        } else {
            // With this claim and the larger ones above it, t = excess / others. It holds when t
            // is at most this claim and at least the next smaller one.
            let others_count = count(others);
            let sum = above + claim;
            let smaller = sorted.len().checked_sub(others + 2).map_or(0, |next| sorted[next]);
            if sum >= estate {
                let excess = sum - estate;
                if smaller * others_count <= excess && excess <= claim * others_count {
                    return (excess, others_count);
                }
            }
        }
        above += claim;
    }
    panic!("claims that sum to more than the estate have a contested part");
}
