//! Finding a water level in linear time whatever the claims: by halves around the median of
//! `cap / weight`, of which either the lower half is full or the upper half is not.
//!
//! A claim of a small sample serves in place of the median as long as it settles some of the
//! claims, and costs one multiplication for each; where it does not, the true median is selected.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hint::select_unpredictable;

use super::multiple::{MIDDLE, Multiple, WIDE, Width};
use super::proportional::{Level, is_full};
use super::shares::Word;
use crate::wide::{U256, compare_ratios, mul_div_floor};

/// A claim that may or may not be full: cap, weight.
type Pair<N> = (N, N);

/// So many claims are looked at for a sampled median.
const SAMPLE: usize = 127;

/// Below this many claims the true median is selected at once.
const FEW: usize = 4096;

/// The final level, from the level over claims that are not yet known to be full or not, `open`
/// among them, and all of positive weight.
pub(super) fn finish<N: Word>(mut open: Vec<Pair<N>>, mut level: Level) -> Level {
    let mut largest = level.largest;
    level.largest = 0;
    // Rounds come from below, so few of the claims still open are full: the first pivot is low.
    let mut rank = SAMPLE / 16;
    while open.len() > FEW {
        let before = open.len();
        if let Some(pivot) = sampled(&open, rank, largest) {
            divide_at(&pivot, &mut open, &mut level);
        }
        rank = SAMPLE / 2;
        if open.len() > before / 64 * 63 {
            open = halve(&mut open, &mut level).to_vec();
        }
        largest = open.iter().map(|pair| pair.1.atoms()).max().unwrap_or(0);
    }
    let mut rest = open.as_mut_slice();
    while !rest.is_empty() {
        rest = halve(rest, &mut level);
    }
    level
}

/// Whether the final level is at least that of `pivot`, at which claims of `caps` and `weights`
/// in all are full: at that level they bear their caps and everyone else the level times his
/// weight, and the final level is at least as high when that is not too much.
fn reaches<N: Word>(level: &Level, pivot: Pair<N>, caps: u128, weights: u128) -> bool {
    caps <= level.num
        && U256::product(pivot.0.atoms(), level.den - weights)
            <= U256::product(level.num - caps, pivot.1.atoms())
}

/// Settles at least half of the claims around their true median; gives those still open.
fn halve<'a, N: Word>(open: &'a mut [Pair<N>], level: &mut Level) -> &'a mut [Pair<N>] {
    let middle = open.len() / 2;
    open.select_nth_unstable_by(middle, by_ratio);
    let pivot = open[middle];
    let (lower, upper) = open.split_at_mut(middle + 1);
    let caps: u128 = lower.iter().map(|pair| pair.0.atoms()).sum();
    let weights: u128 = lower.iter().map(|pair| pair.1.atoms()).sum();
    if reaches(level, pivot, caps, weights) {
        level.num -= caps;
        level.den -= weights;
        upper
    } else {
        let heaviest = upper.iter().map(|pair| pair.1).max().unwrap_or_default().max(pivot.1);
        level.largest = level.largest.max(heaviest.atoms());
        &mut lower[..middle]
    }
}

/// The order of cap / weight.
fn by_ratio<N: Word>(a: &Pair<N>, b: &Pair<N>) -> Ordering {
    compare_ratios(a.0.atoms(), a.1.atoms(), b.0.atoms(), b.1.atoms())
}

/// A claim near a rank out of `SAMPLE` by ratio, and its ratio prepared for weights up to
/// `largest`; nothing where a product could pass 2^127.
fn sampled<N: Word>(open: &[Pair<N>], rank: usize, largest: u128) -> Option<(Pair<N>, Multiple)> {
    let mut sample: Vec<Pair<N>> = open.iter().step_by(open.len() / SAMPLE).copied().collect();
    sample.select_nth_unstable_by(rank, by_ratio);
    let pivot = sample[rank];
    let (cap, weight) = (pivot.0.atoms(), pivot.1.atoms());
    mul_div_floor(cap, largest, weight).filter(|product| product >> 126 == 0)?;
    Some((pivot, Multiple::new(cap, weight, largest)))
}

/// Settles the claims on one side of a pivot.
fn divide_at<N: Word>(pivot: &(Pair<N>, Multiple), open: &mut Vec<Pair<N>>, level: &mut Level) {
    match pivot.1.width() {
        Width::Wide => divide_at_in::<WIDE, N>(pivot, open, level),
        _ => divide_at_in::<MIDDLE, N>(pivot, open, level),
    }
}

fn divide_at_in<const WIDTH: u8, N: Word>(
    (pivot, multiple): &(Pair<N>, Multiple),
    open: &mut Vec<Pair<N>>,
    level: &mut Level,
) {
    let (mut caps, mut weights, mut heaviest) = (0, 0, N::default());
    let full_ones = open.iter().map(|&(cap, weight)| {
        let full = is_full::<WIDTH>(multiple, cap.atoms(), weight.atoms());
        caps += select_unpredictable(full, cap, N::default()).atoms();
        weights += select_unpredictable(full, weight, N::default()).atoms();
        heaviest = heaviest.max(select_unpredictable(full, N::default(), weight));
        full
    });
    let full_ones: Vec<bool> = full_ones.collect();
    let full_ones_settle = reaches(level, *pivot, caps, weights);
    if full_ones_settle {
        level.num -= caps;
        level.den -= weights;
    } else {
        level.largest = level.largest.max(heaviest.atoms());
    }
    let mut kept = 0;
    for (place, full) in full_ones.into_iter().enumerate() {
        open[kept] = open[place];
        kept += usize::from(full != full_ones_settle);
    }
    open.truncate(kept);
}
