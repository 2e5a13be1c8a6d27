//! Random arrival (O'Neill 1982): claimants arrive in every order, each is paid in full while the
//! estate lasts, and the award is the average over the orders.
//!
//! Of the n! orders only the coalition that came before matters. One of size s precedes claimant
//! i in `s! (n-1-s)!` of them, that is a share of `1 / (n C(n-1, s))`; so the award is the sum
//! over s of `A(i, s) / (n C(n-1, s))`, where A sums what i is paid after every coalition of size
//! s. With `f(S)` for what a coalition leaves of the estate, at least zero, i is paid
//! `f(S) - f(S and i)`; so with `G(s)` the sum of f over coalitions of size s, and `H(i, s)` over
//! those of them with i, `A(i, s) = G(s) - H(i, s) - H(i, s+1)`.
//!
//! Only coalitions that leave something count. The rule is its own dual (the losses are the
//! awards of an estate that is the loss), so the smaller of the two sides serves as the estate;
//! a coalition and those outside it cannot both be below half of all claims, so at most
//! `2^(n-1)` are visited, and far fewer where the loss is small or nearly everything is lost.
//! Claims of zero are paid nothing and change nothing, and are left out.
//!
//! Bounds: up to 2^22 coalitions leave at most 10^30 atoms each, in sum below 2^122. All
//! denominators `n C(n-1, s)` divide lcm(1..n), below 2^91 for 64 claimants; each quotient adds
//! at most 10^30 to the whole part and less than the denominator to the numerator.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::shares::{Fractions, Shares, amount as amount_of, count};
use super::{AllocationError, MAX_COALITIONS};
use crate::units::Amount;

/// Up to so many claims no amount reaches more than [`MAX_COALITIONS`].
const ALWAYS_FEW: usize = 23;

const _: () = assert!(1 << (ALWAYS_FEW - 1) == MAX_COALITIONS);

/// Refuses claims of one class over which `amount` would visit too many coalitions.
pub(super) fn check(caps: &[Amount], amount: u128) -> Result<(), AllocationError> {
    let sum: u128 = caps.iter().map(|cap| cap.atoms()).sum();
    let (claims, _) = rising(caps);
    if claims.len() <= ALWAYS_FEW || amount >= sum {
        return Ok(());
    }
    let mut left = MAX_COALITIONS;
    let more =
        coalitions(&claims, amount.min(sum - amount), &mut Vec::new(), &mut |_, _| match left
            .checked_sub(1)
        {
            Some(rest) => {
                left = rest;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        });
    match more {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => {
            Err(AllocationError::TooManyCoalitions { claims: claims.len(), max: MAX_COALITIONS })
        }
    }
}

/// The exact shares of the loss `amount` over caps of sum `sum` that passed [`check`], for
/// `0 < amount < sum`.
pub(super) fn shares(caps: &[Amount], sum: u128, amount: u128) -> Shares {
    let estate = amount.min(sum - amount);
    let (claims, places) = rising(caps);
    let claimants = claims.len();
    let mut of_size = vec![0u128; claimants + 1];
    let mut with = vec![vec![0u128; claimants + 1]; claimants];
    let _ = coalitions(&claims, estate, &mut Vec::new(), &mut |members, left| {
        of_size[members.len()] += left;
        for member in members {
            with[*member][members.len()] += left;
        }
        ControlFlow::Continue(())
    });
    let den = (1..=count(claimants)).fold(1, least_common_multiple);
    let mut awards = Shares::integers(vec![Amount::ZERO; caps.len()]);
    let mut numerators = vec![0; caps.len()];
    for (place, with) in places.into_iter().zip(&with) {
        let (mut whole, mut numerator) = (0, 0);
        let mut orders = count(claimants);
        for size in 0..claimants {
            let paid = of_size[size] - with[size] - with[size + 1];
            whole += paid / orders;
            numerator += paid % orders * (den / orders);
            // n C(n-1, s+1) from n C(n-1, s); exact in this order of operations.
            orders = orders * count(claimants - 1 - size) / count(size + 1);
        }
        awards.whole[place] = amount_of(whole + numerator / den);
        numerators[place] = numerator % den;
    }
    awards.den = den;
    awards.fractions = Fractions::Wide(numerators);
    if estate == amount { awards } else { Shares::left_by(caps, &awards) }
}

/// The claims above zero in rising order, and the place of each among the caps.
fn rising(caps: &[Amount]) -> (Vec<u128>, Vec<usize>) {
    let mut claims: Vec<(u128, usize)> =
        caps.iter().map(|cap| cap.atoms()).zip(0..).filter(|(claim, _)| *claim > 0).collect();
    claims.sort_unstable();
    claims.into_iter().unzip()
}

/// Calls `visit` with every coalition of `claims`, which rise, that leaves something, and with
/// what it leaves: first with `members`, who leave `left`, then with all that add later claims.
fn coalitions(
    claims: &[u128],
    left: u128,
    members: &mut Vec<usize>,
    visit: &mut impl FnMut(&[usize], u128) -> ControlFlow<()>,
) -> ControlFlow<()> {
    visit(members, left)?;
    let next = members.last().map_or(0, |last| last + 1);
    for (place, claim) in claims.iter().enumerate().skip(next) {
        // Whoever claims as much as is left or more leaves nothing, and so do all after him.
        if *claim >= left {
            break;
        }
        members.push(place);
        coalitions(claims, left - claim, members, visit)?;
        members.pop();
    }
    ControlFlow::Continue(())
}

/// The least common multiple of two positive numbers whose product fits.
pub(super) fn least_common_multiple(a: u128, b: u128) -> u128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}
