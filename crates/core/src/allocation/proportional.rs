//! Proportional to weight, up to the caps: filling vessels of width `w` and volume `c` to one
//! water level.
//!
//! The level is the one number `x` with `sum of min(c, x w) = amount`. Given the set of capped
//! claims it is `num / den`: the amount less their caps, over the weight of the others. A claim
//! that is full at some level below the final one is full at the end, so claims are dropped as
//! they are found: *every* claim with `c <= x w` at the present level, a bounded number of times,
//! which ends the search on most books; then by halves, around the median of `c / w`, which ends
//! it on all others in linear time. The level is unique, so no pivot reaches the result.

use alloc::vec;
use core::cell::Cell;
use core::hint::select_unpredictable;

use super::halving;
use super::multiple::{MIDDLE, Multiple, NARROW, WIDE, Width};
use super::shares::{Atoms, LOW, Shares, Word, amount};
use crate::units::Amount;

/// How often all full claims are dropped before halving begins.
const ROUNDS: usize = 3;

/// One claim in so many is looked at before it is tried whether no cap binds.
const STRIDE: usize = 256;

/// What a proportional division rests on: the claims of positive weight, together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Basis {
    /// The sum of their caps, at most 10^38.
    pub(super) capacity: u128,
    /// The sum of their weights, at most 10^38.
    pub(super) weight: u128,
    /// The largest of their weights.
    pub(super) largest: u128,
    /// Whether every cap and weight fits in 64 bits.
    one_word: bool,
}

impl Basis {
    /// The basis of all claims.
    pub(super) fn of<W: Atoms>(caps: &[Amount], weights: &[W]) -> Self {
        let mut basis = Self::default();
        let mut bits = 0;
        for (cap, weight) in caps.iter().zip(weights) {
            let (cap, weight) = (cap.atoms(), weight.atoms());
            basis.capacity += select_unpredictable(weight > 0, cap, 0);
            basis.weight += weight;
            basis.largest = basis.largest.max(weight);
            bits |= cap | weight;
        }
        basis.one_word = bits <= LOW;
        basis
    }
}

/// A water level: `num / den`, with the largest weight that is not full at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// The amount that falls on the claims below their caps, at most 10^38.
    pub(super) num: u128,
    /// Their weight, at most 10^38, not zero.
    pub(super) den: u128,
    /// The largest of their weights. A heavier claim is full.
    pub(super) largest: u128,
}

impl Level {
    /// The level of an amount if no cap binds.
    pub(super) fn uncapped(amount: u128, basis: &Basis) -> Self {
        Self { num: amount, den: basis.weight, largest: basis.largest }
    }

    /// The level as a multiplier, prepared for the weights that are not full.
    ///
    /// In range: `largest <= den`, so a product is at most `num`, and that at most 10^38.
    fn multiple(&self) -> Multiple {
        Multiple::new(self.num, self.den, self.largest)
    }
}

/// The level at which the claims bear `amount`, for `0 < amount < basis.capacity`.
pub(super) fn level<W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    basis: &Basis,
    amount: u128,
) -> Level {
    if basis.one_word {
        level_in::<u64, W>(caps, weights, Level::uncapped(amount, basis))
    } else {
        level_in::<u128, W>(caps, weights, Level::uncapped(amount, basis))
    }
}

fn level_in<N: Word, W: Atoms>(caps: &[Amount], weights: &[W], uncapped: Level) -> Level {
    let all = || {
        let columns = caps.iter().zip(weights);
        columns.map(|(cap, weight)| (N::stored(cap.atoms()), N::stored(weight.atoms())))
    };
    // The first round writes nothing, since it often is the last; the second starts again from
    // the level that it found.
    let (first, kept) = drop_full(all(), uncapped, uncapped, |_, _| ());
    if first == uncapped {
        return first;
    }
    let mut open = vec![(N::default(), N::default()); kept + 1];
    let (mut level, kept) = drop_full(all(), first, uncapped, |n, claim| open[n] = claim);
    open.truncate(kept);
    let mut before = first;
    for _ in 2..ROUNDS {
        if level == before {
            return level;
        }
        before = level;
        let cells = Cell::from_mut(open.as_mut_slice()).as_slice_of_cells();
        // Claims are kept at or before the place they are read from.
        let claims = cells.iter().map(Cell::get);
        let (next, kept) = drop_full(claims, before, before, |n, claim| cells[n].set(claim));
        open.truncate(kept);
        level = next;
    }
    if level == before { level } else { halving::finish(open, level) }
}

/// The exact shares at a level.
pub(super) fn shares<W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    basis: &Basis,
    level: &Level,
) -> Shares {
    fill_in_width(caps, weights, basis, level).0
}

/// The exact shares if no cap binds; nothing if one does.
pub(super) fn uncapped_shares<W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    basis: &Basis,
    level: &Level,
) -> Option<Shares> {
    // A few claims tell at once on most books where caps bind.
    let (caps_seen, weights_seen) = (caps.iter().step_by(STRIDE), weights.iter().step_by(STRIDE));
    let seen = caps_seen.zip(weights_seen);
    let multiple = level.multiple();
    let full = |cap: u128, weight: u128| weight > 0 && is_full::<WIDE>(&multiple, cap, weight);
    if seen.into_iter().any(|(cap, weight)| full(cap.atoms(), weight.atoms())) {
        return None;
    }
    let (shares, any_full) = fill_in_width(caps, weights, basis, level);
    if any_full { None } else { Some(shares) }
}

/// The exact shares, and whether a claim of any weight is full.
fn fill_in_width<W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    basis: &Basis,
    level: &Level,
) -> (Shares, bool) {
    let multiple = level.multiple();
    match (basis.one_word, multiple.width(), level.den <= LOW) {
        (true, Width::Narrow, _) => fill::<NARROW, u64, u64, W>(caps, weights, level, &multiple),
        (true, Width::Middle, false) => {
            fill::<MIDDLE, u64, u128, W>(caps, weights, level, &multiple)
        }
        (_, _, true) => fill::<WIDE, u128, u64, W>(caps, weights, level, &multiple),
        (_, _, false) => fill::<WIDE, u128, u128, W>(caps, weights, level, &multiple),
    }
}

/// The same for claims stored as `N` and numerators as `D`.
fn fill<const WIDTH: u8, N: Word, D: Word, W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    level: &Level,
    multiple: &Multiple,
) -> (Shares, bool) {
    let largest = N::stored(level.largest);
    let mut any_full = false;
    let divided = caps.iter().zip(weights).map(|(cap, weight)| {
        let (cap, weight) = (N::stored(cap.atoms()), N::stored(weight.atoms()));
        let (floor, rem) = multiple.floor_rem::<WIDTH>(weight.min(largest).atoms());
        let full = (weight > largest) | (cap.atoms() <= floor);
        any_full |= full & (weight > N::default());
        let share = select_unpredictable(full, cap, N::stored(floor));
        let rem = select_unpredictable(full, D::default(), D::stored(rem));
        (amount(share.atoms()), rem)
    });
    let (whole, numerators) = divided.unzip();
    (Shares { whole, fractions: D::numerators(numerators), den: level.den }, any_full)
}

/// Drops the claims (cap, weight) that are full at the level `at` from those of which `from` is
/// the level, and those without weight. Gives the level over the rest and their number, and hands
/// each claim that stays to `keep` with its new position.
fn drop_full<N: Word>(
    claims: impl Iterator<Item = (N, N)>,
    at: Level,
    from: Level,
    keep: impl FnMut(usize, (N, N)),
) -> (Level, usize) {
    let multiple = at.multiple();
    match multiple.width() {
        Width::Wide => drop_full_in::<WIDE, N>(claims, &multiple, at.largest, from, keep),
        _ => drop_full_in::<MIDDLE, N>(claims, &multiple, at.largest, from, keep),
    }
}

/// The same for a chosen width. Without branches on the data, which no predictor would guess.
#[inline(always)]
fn drop_full_in<const WIDTH: u8, N: Word>(
    claims: impl Iterator<Item = (N, N)>,
    multiple: &Multiple,
    largest: u128,
    from: Level,
    mut keep: impl FnMut(usize, (N, N)),
) -> (Level, usize) {
    let largest = N::stored(largest);
    let (mut caps, mut weights, mut heaviest, mut kept) = (0, 0, N::default(), 0);
    for (cap, weight) in claims {
        let reached = is_full::<WIDTH>(multiple, cap.atoms(), weight.min(largest).atoms());
        let full = (weight > largest) | reached;
        caps += select_unpredictable(full, cap, N::default()).atoms();
        weights += select_unpredictable(full, weight, N::default()).atoms();
        heaviest = heaviest.max(select_unpredictable(full, N::default(), weight));
        keep(kept, (cap, weight));
        kept += usize::from(!full & (weight > N::default()));
    }
    let (num, den) = (from.num - caps, from.den - weights);
    (Level { num, den, largest: heaviest.atoms() }, kept)
}

/// Whether `cap <= weight x level`, that is `cap <= floor(weight x level)`.
#[inline(always)]
pub(super) fn is_full<const WIDTH: u8>(multiple: &Multiple, cap: u128, weight: u128) -> bool {
    let almost = multiple.almost::<WIDTH>(weight);
    let undecided = cap == almost + 1;
    (cap <= almost) | (undecided && multiple.floor_rem::<WIDTH>(weight).0 == cap)
}
