//! Adjusted proportional (Curiel, Maschler and Tijs 1987).
//!
//! Everyone first receives what the others concede, `m = max(0, E - (D - c))`; what is left, `F`,
//! is divided in proportion to the claims less `m`, each truncated to `F`.

use alloc::vec;
use alloc::vec::Vec;

use super::proportional::{Basis, Level, shares as proportional_shares};
use super::shares::{Shares, amount as amount_of};
use crate::units::Amount;

/// The exact shares of the loss `amount` over caps of sum `sum`, for `0 < amount < sum`.
pub(super) fn shares(caps: &[Amount], sum: u128, amount: u128) -> Shares {
    let conceded = |cap: u128| cap - cap.min(amount);
    // E - (D - c) is c - L, and the minimal rights sum to at most the estate.
    let rights: u128 = caps.iter().map(|cap| conceded(cap.atoms())).sum();
    let rest = sum - amount - rights;
    let truncated = |cap: u128| (cap - conceded(cap)).min(rest);
    let claims: Vec<u128> = caps.iter().map(|cap| truncated(cap.atoms())).collect();
    let basis = Basis::of(caps, &claims);
    let mut awards = if rest == 0 {
        Shares::integers(vec![Amount::ZERO; claims.len()])
    } else {
        proportional_shares(caps, &claims, &basis, &Level::uncapped(rest, &basis))
    };
    for (award, cap) in awards.whole.iter_mut().zip(caps) {
        *award = amount_of(award.atoms() + conceded(cap.atoms()));
    }
    Shares::left_by(caps, &awards)
}
