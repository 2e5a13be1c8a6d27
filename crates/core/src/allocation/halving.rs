//! Finding a water level in linear time whatever the claims: by halves around the median of
//! `cap / weight`, of which either the lower half is full or the upper half is not.
//!
//! The median of a small sample serves as long as it divides the claims at all evenly, and costs
//! one comparison by multiplication each; where it does not, the true median is selected.

use alloc::vec::Vec;
use core::hint::select_unpredictable;

use super::multiple::{MIDDLE, Multiple, NARROW, WIDE, Width};
use super::proportional::{Level, is_full};
use crate::wide::{U256, compare_ratios, mul_div_floor};

/// A claim that may or may not be full: cap, weight.
type Pair = (u128, u128);

/// So many claims are looked at for a sampled median.
const SAMPLE: usize = 127;

/// Below this many claims the true median is selected at once.
const FEW: usize = 4096;

/// The final level, from the level over claims that are not yet known to be full or not, `open`
/// among them, and all of positive weight.
pub(super) fn finish(mut open: Vec<Pair>, mut level: Level) -> Level {
    let mut largest = level.largest;
    level.largest = 0;
    while open.len() > FEW {
        let before = open.len();
        if let Some(pivot) = sampled_median(&open, largest) {
            divide_at(&pivot, &mut open, &mut level);
        }
        if open.len() > before / 8 * 7 {
            open = halve(&mut open, &mut level).to_vec();
        }
        largest = open.iter().map(|pair| pair.1).max().unwrap_or(0);
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
fn reaches(level: &Level, pivot: Pair, caps: u128, weights: u128) -> bool {
    caps <= level.num
        && U256::product(pivot.0, level.den - weights) <= U256::product(level.num - caps, pivot.1)
}

/// Settles at least half of the claims around their true median; gives those still open.
fn halve<'a>(open: &'a mut [Pair], level: &mut Level) -> &'a mut [Pair] {
    let middle = open.len() / 2;
    open.select_nth_unstable_by(middle, |a, b| compare_ratios(a.0, a.1, b.0, b.1));
    let pivot = open[middle];
    let (lower, upper) = open.split_at_mut(middle + 1);
    let caps: u128 = lower.iter().map(|pair| pair.0).sum();
    let weights: u128 = lower.iter().map(|pair| pair.1).sum();
    if reaches(level, pivot, caps, weights) {
        level.num -= caps;
        level.den -= weights;
        upper
    } else {
        let heaviest = upper.iter().map(|pair| pair.1).max().unwrap_or(0).max(pivot.1);
        level.largest = level.largest.max(heaviest);
        &mut lower[..middle]
    }
}

/// A claim near the median, and its ratio prepared for weights up to `largest`; nothing where a
/// product could pass 2^127.
fn sampled_median(open: &[Pair], largest: u128) -> Option<(Pair, Multiple)> {
    let mut sample: Vec<Pair> = open.iter().step_by(open.len() / SAMPLE).copied().collect();
    let middle = sample.len() / 2;
    sample.select_nth_unstable_by(middle, |a, b| compare_ratios(a.0, a.1, b.0, b.1));
    let (cap, weight) = sample[middle];
    mul_div_floor(cap, largest, weight).filter(|product| product >> 126 == 0)?;
    Some(((cap, weight), Multiple::new(cap, weight, largest)))
}

/// Settles the claims on one side of a pivot.
fn divide_at(pivot: &(Pair, Multiple), open: &mut Vec<Pair>, level: &mut Level) {
    match pivot.1.width() {
        Width::Narrow => divide_at_in::<NARROW>(pivot, open, level),
        Width::Middle => divide_at_in::<MIDDLE>(pivot, open, level),
        Width::Wide => divide_at_in::<WIDE>(pivot, open, level),
    }
}

fn divide_at_in<const WIDTH: u8>(
    (pivot, multiple): &(Pair, Multiple),
    open: &mut Vec<Pair>,
    level: &mut Level,
) {
    let (mut caps, mut weights, mut heaviest) = (0, 0, 0);
    for &(cap, weight) in open.iter() {
        let full = is_full::<WIDTH>(multiple, cap, weight);
        caps += select_unpredictable(full, cap, 0);
        weights += select_unpredictable(full, weight, 0);
        heaviest = heaviest.max(select_unpredictable(full, 0, weight));
    }
    let full_ones_settle = reaches(level, *pivot, caps, weights);
    if full_ones_settle {
        level.num -= caps;
        level.den -= weights;
    } else {
        level.largest = level.largest.max(heaviest);
    }
    let mut kept = 0;
    for place in 0..open.len() {
        let (cap, weight) = open[place];
        open[kept] = (cap, weight);
        kept += usize::from(is_full::<WIDTH>(multiple, cap, weight) != full_ones_settle);
    }
    open.truncate(kept);
}
