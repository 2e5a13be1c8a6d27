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
use alloc::vec::Vec;

use super::multiple::{MIDDLE, Multiple, NARROW, WIDE, Width};
use super::shares::{Atoms, LOW, Numerator, Shares};
use crate::units::Amount;
use crate::wide::{U256, compare_ratios};

/// How often all full claims are dropped before halving begins.
const ROUNDS: usize = 8;

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
    largest: u128,
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
    let (mut level, mut active) = first_round(caps, weights, Level::uncapped(amount, basis));
    let mut before = caps.len();
    for _ in 1..ROUNDS {
        if active.len() == before {
            return level;
        }
        before = active.len();
        level = next_round(caps, weights, level, &mut active);
    }
    if active.len() == before {
        return level;
    }
    let pairs = active.iter().map(|&i| (caps[at(i)].atoms(), weights[at(i)].atoms())).collect();
    by_halves(pairs, level)
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
    let mut whole = vec![0u128; caps.len()];
    let mut numerators = vec![N::default(); caps.len()];
    let columns = caps.iter().zip(weights);
    for ((cap, weight), (share, numerator)) in columns.zip(whole.iter_mut().zip(&mut numerators)) {
        let (cap, weight) = (cap.atoms(), weight.atoms());
        let (floor, rem) = multiple.floor_rem::<WIDTH>(weight.min(level.largest));
        let full = weight > level.largest || cap <= floor;
        *share = if full { cap } else { floor };
        *numerator = N::stored(if full { 0 } else { rem });
    }
    Shares { whole, fractions: N::column(numerators), den: level.den }
}

/// Drops the claims that are full at `level`, and those without weight, from all claims. Gives
/// the level over the rest and their places.
fn first_round<W: Atoms>(caps: &[Amount], weights: &[W], level: Level) -> (Level, Vec<u32>) {
    let mut active = vec![0u32; caps.len()];
    let multiple = level.multiple();
    let claims = caps.iter().zip(weights).zip(0u32..).map(|((c, w), i)| (i, c.atoms(), w.atoms()));
    let (level, kept) = match multiple.width() {
        Width::Narrow => drop_full::<NARROW>(claims, &multiple, level, |n, i| active[n] = i),
        Width::Middle => drop_full::<MIDDLE>(claims, &multiple, level, |n, i| active[n] = i),
        Width::Wide => drop_full::<WIDE>(claims, &multiple, level, |n, i| active[n] = i),
    };
    active.truncate(kept);
    (level, active)
}

/// The same from the claims still active.
fn next_round<W: Atoms>(
    caps: &[Amount],
    weights: &[W],
    level: Level,
    active: &mut Vec<u32>,
) -> Level {
    let multiple = level.multiple();
    let cells = core::cell::Cell::from_mut(active.as_mut_slice()).as_slice_of_cells();
    let claims = cells.iter().map(|cell| {
        let i = cell.get();
        (i, caps[at(i)].atoms(), weights[at(i)].atoms())
    });
    // Claims are kept at or before the place they are read from.
    let keep = |n: usize, i: u32| cells[n].set(i);
    let (level, kept) = match multiple.width() {
        Width::Narrow => drop_full::<NARROW>(claims, &multiple, level, keep),
        Width::Middle => drop_full::<MIDDLE>(claims, &multiple, level, keep),
        Width::Wide => drop_full::<WIDE>(claims, &multiple, level, keep),
    };
    active.truncate(kept);
    level
}

/// One round over `claims` (place, cap, weight): hands each place that stays to `keep` with its
/// new position. Written without branches on the data, which no predictor would guess.
fn drop_full<const WIDTH: u8>(
    claims: impl Iterator<Item = (u32, u128, u128)>,
    multiple: &Multiple,
    level: Level,
    mut keep: impl FnMut(usize, u32),
) -> (Level, usize) {
    let mut rest = Level { largest: 0, ..level };
    let mut kept = 0;
    for (place, cap, weight) in claims {
        let full = is_full::<WIDTH>(multiple, cap, weight);
        rest.num -= if full { cap } else { 0 };
        rest.den -= if full { weight } else { 0 };
        rest.largest = rest.largest.max(if full { 0 } else { weight });
        keep(kept, place);
        kept += usize::from(!full & (weight > 0));
    }
    (rest, kept)
}

/// Whether `cap <= weight x level`, that is `cap <= floor(weight x level)`.
#[inline(always)]
fn is_full<const WIDTH: u8>(multiple: &Multiple, cap: u128, weight: u128) -> bool {
    let almost = multiple.almost::<WIDTH>(weight);
    cap <= almost || (cap == almost + 1 && multiple.floor_rem::<WIDTH>(weight).0 == cap)
}

/// Finds the level among claims (cap, weight) of positive weight by halving them around the
/// median of cap / weight: either the lower half is full or the upper half is not.
fn by_halves(mut pairs: Vec<(u128, u128)>, mut level: Level) -> Level {
    level.largest = 0;
    let mut open = pairs.as_mut_slice();
    while !open.is_empty() {
        let middle = open.len() / 2;
        open.select_nth_unstable_by(middle, |a, b| compare_ratios(a.0, a.1, b.0, b.1));
        let (cap, weight) = open[middle];
        let (lower, upper) = open.split_at_mut(middle + 1);
        let caps: u128 = lower.iter().map(|pair| pair.0).sum();
        let weights: u128 = lower.iter().map(|pair| pair.1).sum();
        // At the level cap / weight the lower half bears its caps and everyone else that level:
        // the final level is at least as high when that is not too much.
        let bears_more = caps <= level.num
            && U256::product(cap, level.den - weights) <= U256::product(level.num - caps, weight);
        if bears_more {
            level.num -= caps;
            level.den -= weights;
            open = upper;
        } else {
            let unfilled = upper.iter().map(|pair| pair.1).max().unwrap_or(0).max(weight);
            level.largest = level.largest.max(unfilled);
            open = &mut lower[..middle];
        }
    }
    level
}

/// A place as an index.
fn at(place: u32) -> usize {
    // Every place comes from an index, so the conversion succeeds.
    usize::try_from(place).unwrap_or(usize::MAX)
}
