//! A brake on cascades: how much may be liquidated in the market now.
//!
//! Forced selling moves the price, and the price forces more selling. Two limits, both in stages:
//! windows of several lengths each bound the value liquidated within them, and the further the
//! mark is from a slow reference price the smaller the part of those bounds that may be used.
//!
//! The meter counts in slots and never less than what fell into a window: a slot that only
//! partly lies in it counts in full. So no window of the stated length ever passes its limit.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::bounds::MAX_AMOUNT;
use crate::wide::mul_div_floor;

const MILLION: u128 = 1_000_000;

/// At most `limit` atoms of value are liquidated within any span of `length` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its length, above zero.
    pub length: u64,
    /// In atoms, at most 10^30.
    pub limit: u128,
}

/// From `beyond` millionths between mark and reference on, only `allowed` millionths of every
/// window's limit may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The distance at which it begins, in millionths of the reference.
    pub beyond: u32,
    /// What may be used, at most 10^6; zero stops.
    pub allowed: u32,
}

/// The brake of one market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Every one of them holds.
    pub windows: Vec<Window>,
    /// By distance, ascending; before the first, limits are used in full.
    pub stages: Vec<Stage>,
    /// The length of the meter's slots, in milliseconds; above zero.
    pub slot: u64,
}

/// What was liquidated lately: value by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Meter {
    slots: VecDeque<(u64, u128)>,
}

/// How much may be liquidated now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whole lots.
    pub lots: u64,
    /// The stage in force, from 1; zero where the mark is near the reference.
    pub stage: usize,
    /// The window that binds, by its place; nothing without windows.
    pub window: Option<usize>,
}

impl Breaker {
    /// Whether slots and windows have lengths and limits within bounds, and stages ascend, the
    /// later ones allowing less.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let windows = self.windows.iter().all(|w| w.length > 0 && w.limit <= MAX_AMOUNT);
        let parts = self.stages.iter().all(|stage| u128::from(stage.allowed) <= MILLION);
        let steps = self.stages.windows(2);
        let falls =
            |pair: &[Stage]| pair[0].beyond < pair[1].beyond && pair[0].allowed >= pair[1].allowed;
        self.slot > 0 && windows && parts && steps.into_iter().all(falls)
    }

    /// How many lots of value `lot_value` may be liquidated at `at`, with the market's mark and
    /// slow reference in ticks. Without windows only the stages speak: all lots, or none.
    ///
    /// ```
    /// use rhodian_core::liquidation::breaker::{Breaker, Meter, Stage, Window};
    /// let breaker = Breaker {
    ///     windows: vec![Window { length: 60_000, limit: 1_000 }],
    ///     stages: vec![
    ///         Stage { beyond: 50_000, allowed: 500_000 }, Stage { beyond: 150_000, allowed: 0 },
    ///     ],
    ///     slot: 10_000,
    /// };
    /// let mut meter = Meter::default();
    /// meter.record(&breaker, 5_000, 300);
    /// let lots = |at, mark| breaker.allowance(&meter, at, 9, mark, 100).lots;
    /// assert_eq!(lots(20_000, 98), 77); // 700 left
    /// assert_eq!(lots(20_000, 94), 22); // half of 1,000, less 300
    /// assert_eq!(lots(20_000, 85), 0);
    /// assert_eq!(lots(70_000, 98), 111); // the minute is over
    /// ```
    #[must_use]
    pub fn allowance(
        &self,
        meter: &Meter,
        at: u64,
        lot_value: u64,
        mark: u64,
        reference: u64,
    ) -> Allowance {
        let stage = self.stage(mark, reference);
        let allowed = match stage.checked_sub(1) {
            Some(place) => u128::from(self.stages[place].allowed),
            None => MILLION,
        };
        if allowed == 0 {
            return Allowance { lots: 0, stage, window: None };
        }
        let mut allowance = Allowance { lots: u64::MAX, stage, window: None };
        for (place, window) in self.windows.iter().enumerate() {
            let limit = mul_div_floor(window.limit, allowed, MILLION).unwrap_or(0);
            let used = meter.used(self, at, window.length);
            // Used up, or more than that since the stage was reached: no lots.
            let left = limit.checked_sub(used).map(|left| left / u128::from(lot_value.max(1)));
            let lots = left.map_or(0, |lots| u64::try_from(lots).unwrap_or(u64::MAX));
            if lots < allowance.lots {
                allowance = Allowance { lots, stage, window: Some(place) };
            }
        }
        allowance
    }

    /// The stage in force, from 1. A reference of zero is no reference: the last stage.
    fn stage(&self, mark: u64, reference: u64) -> usize {
        let (away, reference) = (u128::from(mark.abs_diff(reference)), u128::from(reference));
        let reached = |stage: &&Stage| away * MILLION >= reference * u128::from(stage.beyond);
        self.stages.iter().take_while(reached).count()
    }

    fn longest(&self) -> u64 {
        self.windows.iter().map(|window| window.length).max().unwrap_or(0)
    }
}

impl Meter {
    /// Adds `value` atoms (at most 10^30) liquidated at `at`, which never decreases, and drops
    /// slots that no window reaches any more.
    pub fn record(&mut self, breaker: &Breaker, at: u64, value: u128) {
        let slot = at / breaker.slot.max(1);
        match self.slots.back_mut() {
            Some((last, sum)) if *last == slot => *sum += value,
            _ => self.slots.push_back((slot, value)),
        }
        let oldest = oldest_slot(breaker, at, breaker.longest());
        while self.slots.front().is_some_and(|(slot, _)| *slot < oldest) {
            self.slots.pop_front();
        }
    }

    /// What was liquidated within `length` before `at`, and the rest of the slot it began in.
    #[must_use]
    pub fn used(&self, breaker: &Breaker, at: u64, length: u64) -> u128 {
        let oldest = oldest_slot(breaker, at, length);
        let recent = self.slots.iter().rev().take_while(|(slot, _)| *slot >= oldest);
        recent.map(|(_, value)| *value).sum()
    }
}

/// The first slot that reaches into the span of `length` that ends at `at`: values less than
/// `length` ago count.
fn oldest_slot(breaker: &Breaker, at: u64, length: u64) -> u64 {
    // Times are milliseconds far below 2^64.
    let begin = if at >= length { at + 1 - length } else { 0 };
    begin / breaker.slot.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn no_span_of_any_window_passes_its_limit() {
        let windows = [Window { length: 25, limit: 40 }, Window { length: 100, limit: 90 }];
        let breaker = Breaker { windows: windows.to_vec(), stages: vec![], slot: 7 };
        assert!(breaker.is_valid());
        let mut meter = Meter::default();
        let mut fills: Vec<(u64, u128)> = Vec::new();
        for step in 0..400u64 {
            let at = step + step * step % 11;
            let at = fills.last().map_or(at, |(last, _)| at.max(*last));
            let lots = breaker.allowance(&meter, at, 3, 1, 1).lots.min(1 + step % 5);
            meter.record(&breaker, at, 3 * u128::from(lots));
            fills.push((at, 3 * u128::from(lots)));
        }
        for window in windows {
            let within = |end: u64| {
                let inside = fills.iter().filter(|(at, _)| *at <= end && at + window.length > end);
                inside.map(|(_, value)| *value).sum::<u128>()
            };
            let most = fills.iter().map(|(at, _)| within(*at)).max().unwrap();
            assert!(most <= window.limit && most + 12 > window.limit, "{most} {window:?}");
        }
        assert!(meter.slots.len() <= 16, "old slots are dropped");
    }

    #[test]
    fn stages_tighten_with_distance_and_say_so() {
        let stage = |beyond, allowed| Stage { beyond, allowed };
        let stages = vec![stage(50_000, 500_000), stage(100_000, 100_000), stage(200_000, 0)];
        let windows = vec![Window { length: 10, limit: 1_000 }, Window { length: 50, limit: 900 }];
        let breaker = Breaker { windows, stages, slot: 1 };
        assert!(breaker.is_valid());
        let at = |mark| {
            let allowance = breaker.allowance(&Meter::default(), 0, 1, mark, 1_000);
            (allowance.lots, allowance.stage, allowance.window)
        };
        assert_eq!(at(1_049), (900, 0, Some(1)));
        assert_eq!(at(950), (450, 1, Some(1)));
        assert_eq!(at(1_150), (90, 2, Some(1)));
        assert_eq!(at(800), (0, 3, None));
        let none = breaker.allowance(&Meter::default(), 0, 1, 5, 0);
        assert_eq!((none.lots, none.stage), (0, 3));
        let wrong = Breaker { stages: vec![stage(5, 1), stage(9, 2)], ..breaker };
        assert!(!wrong.is_valid());
    }
}
