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
use super::shares::{Atoms, LOW, Numerator, Shares, amount};
use crate::units::Amount;

/// How often all full claims are dropped before halving begins.
const ROUNDS: usize = 6;

/// What a proportional division rests on: the claims of positive weight, together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Basis {
    /// The sum of their caps, at most 10^38.
    pub(super) capacity: u128,
    /// The sum of their weights, at most 10^38.
    pub(super) weight: u128,
    /// The largest of their weights.
    pub(super) largest: u128,
}

impl Basis {
    /// The basis of all claims.
    pub(super) fn of<W: Atoms>(caps: &[Amount], weights: &[W]) -> Self {
        let mut basis = Self::default();
        for (cap, weight) in caps.iter().zip(weights) {
            let weight = weight.atoms();
            basis.capacity += if weight > 0 { cap.atoms() } else { 0 };
            basis.weight += weight;
            basis.largest = basis.largest.max(weight);
        }
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
    let all = || {
        let columns = caps.iter().zip(weights).zip(0u32..);
        columns.map(|((cap, weight), place)| (place, cap.atoms(), weight.atoms()))
    };
    let uncapped = Level::uncapped(amount, basis);
    // The first round writes nothing, since it often is the last; the second starts again from
    // the level that it found.
    let (first, kept) = drop_full(all(), uncapped, uncapped, |_, _| ());
    if first == uncapped {
        return first;
    }
    let mut active = vec![0u32; kept + 1];
    let (mut level, kept) = drop_full(all(), first, uncapped, |n, place| active[n] = place);
    active.truncate(kept);
    let mut before = first;
    for _ in 2..ROUNDS {
        if level == before {
            return level;
        }
        before = level;
        let cells = Cell::from_mut(active.as_mut_slice()).as_slice_of_cells();
        let claims = cells.iter().map(|cell| {
            let place = cell.get();
            (place, caps[at(place)].atoms(), weights[at(place)].atoms())
        });
        // Claims are kept at or before the place they are read from.
        let (next, kept) = drop_full(claims, before, before, |n, place| cells[n].set(place));
        active.truncate(kept);
        level = next;
    }
    if level == before {
        return level;
    }
    let pairs = active.iter().map(|&i| (caps[at(i)].atoms(), weights[at(i)].atoms())).collect();
    halving::finish(pairs, level)
}

/// The exact shares at a level.
pub(super) fn shares<W: Atoms>(caps: &[Amount], weights: &[W], level: &Level) -> Shares {
    let multiple = level.multiple();
    match (multiple.width(), level.den <= LOW) {
        (Width::Narrow, _) => fill::<NARROW, W, u64>(caps, weights, level, &multiple),
        (Width::Middle, true) => fill::<MIDDLE, W, u64>(caps, weights, level, &multiple),
        (Width::Middle, false) => fill::<MIDDLE, W, u128>(caps, weights, level, &multiple),
        (Width::Wide, true) => fill::<WIDE, W, u64>(caps, weights, level, &multiple),
        (Width::Wide, false) => fill::<WIDE, W, u128>(caps, weights, level, &multiple),
    }
}

fn fill<const WIDTH: u8, W: Atoms, N: Numerator>(
    caps: &[Amount],
    weights: &[W],
    level: &Level,
    multiple: &Multiple,
) -> Shares {
    let divided = caps.iter().zip(weights).map(|(cap, weight)| {
        let (cap, weight) = (cap.atoms(), weight.atoms());
        let (floor, rem) = multiple.floor_rem::<WIDTH>(weight.min(level.largest));
        let full = (weight > level.largest) | (cap <= floor);
        let share = select_unpredictable(full, cap, floor);
        (amount(share), N::stored(select_unpredictable(full, 0, rem)))
    });
    let (whole, numerators) = divided.unzip();
    Shares { whole, fractions: N::column(numerators), den: level.den }
}

/// Drops the claims (place, cap, weight) that are full at the level `at` from those of which
/// `from` is the level, and those without weight. Gives the level over the rest and their number,
/// and hands each place that stays to `keep` with its new position.
fn drop_full(
    claims: impl Iterator<Item = (u32, u128, u128)>,
    at: Level,
    from: Level,
    keep: impl FnMut(usize, u32),
) -> (Level, usize) {
    let multiple = at.multiple();
    match multiple.width() {
        Width::Narrow => drop_full_in::<NARROW>(claims, &multiple, at.largest, from, keep),
        Width::Middle => drop_full_in::<MIDDLE>(claims, &multiple, at.largest, from, keep),
        Width::Wide => drop_full_in::<WIDE>(claims, &multiple, at.largest, from, keep),
    }
}

/// The same for a chosen width. Without branches on the data, which no predictor would guess.
#[inline(always)]
fn drop_full_in<const WIDTH: u8>(
    claims: impl Iterator<Item = (u32, u128, u128)>,
    multiple: &Multiple,
    largest: u128,
    from: Level,
    mut keep: impl FnMut(usize, u32),
) -> (Level, usize) {
    let mut rest = Level { largest: 0, ..from };
    let mut kept = 0;
    for (place, cap, weight) in claims {
        let full = (weight > largest) | is_full::<WIDTH>(multiple, cap, weight.min(largest));
        rest.num -= select_unpredictable(full, cap, 0);
        rest.den -= select_unpredictable(full, weight, 0);
        rest.largest = rest.largest.max(select_unpredictable(full, 0, weight));
        keep(kept, place);
        kept += usize::from(!full & (weight > 0));
    }
    (rest, kept)
}

/// Whether `cap <= weight x level`, that is `cap <= floor(weight x level)`.
#[inline(always)]
pub(super) fn is_full<const WIDTH: u8>(multiple: &Multiple, cap: u128, weight: u128) -> bool {
    let almost = multiple.almost::<WIDTH>(weight);
    let undecided = cap == almost + 1;
    (cap <= almost) | (undecided && multiple.floor_rem::<WIDTH>(weight).0 == cap)
}

/// A place as an index.
fn at(place: u32) -> usize {
    // Every place comes from an index, so the conversion succeeds.
    usize::try_from(place).unwrap_or(usize::MAX)
}
