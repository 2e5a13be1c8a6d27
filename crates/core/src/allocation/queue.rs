//! The queue: the highest score pays first, in full, and one claim at the end pays in part.
//!
//! Only the head is ever sorted. A guess from a sample picks the claims that may be reached, and
//! halving finds where the amount ends among them; a wrong guess costs time, never the result.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::shares::{amount, count};
use crate::units::Amount;

/// A claim waiting: its score, highest first, then its place, lowest first.
type Waiting = (Reverse<i64>, usize);

/// One claim in so many is looked at for the guess.
const STRIDE: usize = 256;

/// Below this length the rest of a queue is sorted.
const SHORT: usize = 32;

/// What each claim pays of `amount`, and the sum: the amount, or all caps where they are less.
pub(super) fn shares(caps: &[Amount], scores: &[i64], amount: u128) -> (Vec<Amount>, u128) {
    let mut paid = vec![Amount::ZERO; caps.len()];
    let mut left = amount;
    let lowest = guess(caps, scores, amount);
    let mut head = waiting(scores, |score| score >= lowest);
    pay_in_order(&mut head, caps, &mut left, &mut paid);
    if left > 0 {
        let mut tail = waiting(scores, |score| score < lowest);
        pay_in_order(&mut tail, caps, &mut left, &mut paid);
    }
    (paid, amount - left)
}

/// The claims whose score is wanted.
fn waiting(scores: &[i64], wanted: impl Fn(i64) -> bool) -> Vec<Waiting> {
    let places = scores.iter().enumerate().filter(|(_, score)| wanted(**score));
    places.map(|(place, score)| (Reverse(*score), place)).collect()
}

/// A score that the queue's paying head probably does not go below.
fn guess(caps: &[Amount], scores: &[i64], amount: u128) -> i64 {
    let mut sample: Vec<(i64, u128)> =
        scores.iter().zip(caps).step_by(STRIDE).map(|(score, cap)| (*score, cap.atoms())).collect();
    sample.sort_unstable_by_key(|(score, _)| Reverse(*score));
    // Each sampled claim stands for STRIDE claims; twice the amount, and sixteen claims at least,
    // leave room for chance. A cap times the stride and twice an amount are below 2^128 by far.
    let mut stands_for = 0;
    for (place, (score, cap)) in sample.iter().enumerate() {
        stands_for += cap * count(STRIDE);
        if place >= 16 && stands_for >= 2 * amount {
            return *score;
        }
    }
    i64::MIN
}

/// Pays from `waiting` in order until nothing is left.
fn pay_in_order(waiting: &mut [Waiting], caps: &[Amount], left: &mut u128, paid: &mut [Amount]) {
    let mut waiting = waiting;
    while waiting.len() > SHORT && *left > 0 {
        let middle = waiting.len() / 2;
        waiting.select_nth_unstable(middle);
        let (first, rest) = waiting.split_at_mut(middle);
        let reached: u128 = first.iter().map(|claim| caps[claim.1].atoms()).sum();
        if reached <= *left {
            for &mut (_, place) in first {
                paid[place] = caps[place];
            }
            *left -= reached;
            waiting = rest;
        } else {
            waiting = first;
        }
    }
    waiting.sort_unstable();
    for &mut (_, place) in waiting {
        let pays = caps[place].atoms().min(*left);
        *left -= pays;
        paid[place] = amount(pays);
    }
}
