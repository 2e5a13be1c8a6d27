//! The breaker of cascades: how much may be liquidated now.
//!
//! Forced selling moves the price, and the price forces more selling. Two things hold it back:
//! limits over windows of several lengths each bound the value closed within them, and the further
//! a mark is from its slow price the smaller the part of those limits that may be used.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_AMOUNT, MAX_PENDING};
use crate::units::Amount;
use crate::wide::mul_div_floor;

const MILLION: u32 = 1_000_000;

/// The most limits, and the most stages: each is looked at for every liquidation.
pub const MOST: usize = 16;

/// At most `value` is closed within any span of `window` milliseconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The most gross value, in atoms, above zero.
    pub value: Amount,
    /// The length of the window, in milliseconds, above zero.
    pub window: u64,
}

/// From `beyond` millionths between a mark and its slow price on, only `allowed` millionths of
/// every limit may be used.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The distance at which it begins, in millionths of the slow price, above zero.
    pub beyond: u32,
    /// What may be used, below 10^6; zero stops.
    pub allowed: u32,
}

/// How much may be liquidated now. Without limits and stages: everything.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Every one of them holds.
    pub limits: Vec<Limit>,
    /// By distance, ascending; before the first, limits are used in full.
    pub stages: Vec<Stage>,
}

/// What can never be right about a breaker: the place counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There are more than [`MOST`].
    Many,
    /// A limit of nothing, or over no time, or over too much.
    Limit(usize),
    /// A stage that begins at once, or allows everything or a part of no limit, or is no further
    /// away than the one before, or allows more than it.
    Stage(usize),
}

impl Breaker {
    /// What is wrong, if anything.
    #[must_use]
    pub fn wrong(&self) -> Option<Wrong> {
        let Self { limits, stages } = self;
        if limits.len().max(stages.len()) > MOST {
            return Some(Wrong::Many);
        }
        let endless = |of: &Limit| of.window == 0 || of.window > MAX_PENDING || of.value.is_zero();
        if let Some(place) = limits.iter().position(endless) {
            return Some(Wrong::Limit(place + 1));
        }
        let before = |place: usize| place.checked_sub(1).map(|before| stages[before]);
        let is_idle = |(place, of): (usize, &Stage)| {
            let Stage { beyond, allowed } = *of;
            let rises = |from: Stage| beyond <= from.beyond || allowed > from.allowed;
            let of_nothing = limits.is_empty() && allowed > 0;
            let idle = beyond == 0 || allowed >= MILLION || of_nothing;
            idle || before(place).is_some_and(rises)
        };
        (0..stages.len())
            .find(|place| is_idle((*place, &stages[*place])))
            .map(|at| Wrong::Stage(at + 1))
    }

    /// The part of every limit that may be used, in millionths, where the mark and its slow price
    /// stand so, in ticks. Everything is far from a slow price of zero.
    #[must_use]
    pub fn allowed(&self, mark: u64, slow: u64) -> u32 {
        let (away, slow) = (u128::from(mark.abs_diff(slow)), u128::from(slow));
        let reached = |of: &&Stage| away * u128::from(MILLION) >= slow * u128::from(of.beyond);
        self.stages.iter().take_while(reached).last().map_or(MILLION, |of| of.allowed)
    }

    /// The gross value that may be closed now, in atoms, where `allowed` millionths of every limit
    /// may be used and `closed` says what was closed within a window that ends now.
    ///
    /// ```
    /// use rhodian_core::liquidation::breaker::{Breaker, Limit, Stage};
    /// use rhodian_core::units::Amount;
    /// let breaker = Breaker {
    ///     limits: vec![Limit { value: Amount::new(1_000).unwrap(), window: 60_000 }],
    ///     stages: vec![
    ///         Stage { beyond: 50_000, allowed: 500_000 }, Stage { beyond: 150_000, allowed: 0 },
    ///     ],
    /// };
    /// let room = |mark| breaker.room(breaker.allowed(mark, 100), |_| 300);
    /// assert_eq!(room(98), 700);
    /// assert_eq!(room(94), 200); // half of 1,000, less 300
    /// assert_eq!(room(85), 0);
    /// ```
    #[must_use]
    pub fn room(&self, allowed: u32, closed: impl Fn(u64) -> u128) -> u128 {
        let most = if allowed == 0 { 0 } else { u128::MAX };
        let left = self.limits.iter().map(|of| {
            let part = part_floor(of.value.atoms(), allowed);
            part - closed(of.window).min(part)
        });
        left.fold(most, u128::min)
    }

    /// What may be closed at most where nothing was closed lately, in atoms.
    #[must_use]
    pub fn most(&self, allowed: u32) -> u128 {
        self.room(allowed, |_| 0)
    }

    /// The longest of the windows, in milliseconds; none where there is no limit.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.limits.iter().map(|limit| limit.window).max().unwrap_or(0)
    }
}

/// `allowed` millionths of a limit, rounded down (against cascades).
fn part_floor(limit: u128, allowed: u32) -> u128 {
    mul_div_floor(limit, u128::from(allowed), u128::from(MILLION)).unwrap_or(MAX_AMOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn limit(window: u64, value: u128) -> Limit {
        Limit { value: Amount::new(value).unwrap(), window }
    }

    const fn stage(beyond: u32, allowed: u32) -> Stage {
        Stage { beyond, allowed }
    }

    /// The meter is the caller's; here one that knows every moment.
    #[test]
    fn no_span_of_any_window_passes_its_limit() {
        let limits = vec![limit(25, 40), limit(100, 90)];
        let breaker = Breaker { limits, stages: vec![] };
        assert_eq!(breaker.wrong(), None);
        let mut closed: Vec<(u64, u128)> = Vec::new();
        let within = |closed: &[(u64, u128)], end: u64, window: u64| {
            let inside = closed.iter().filter(|(at, _)| *at <= end && at + window > end);
            inside.map(|(_, value)| *value).sum::<u128>()
        };
        for step in 0..400u64 {
            let at = step + step * step % 11;
            let at = closed.last().map_or(at, |(last, _)| at.max(*last));
            let room = breaker.room(MILLION, |window| within(&closed, at, window));
            let value = (3 * u128::from(1 + step % 5)).min(room);
            closed.push((at, value));
        }
        for Limit { value, window } in breaker.limits {
            let most = closed.iter().map(|(at, _)| within(&closed, *at, window)).max().unwrap();
            assert_eq!(most, value.atoms(), "{window}: never more, and once as much");
        }
    }

    #[test]
    fn stages_tighten_with_distance() {
        let stages = vec![stage(50_000, 500_000), stage(100_000, 100_000), stage(200_000, 0)];
        let breaker = Breaker { limits: vec![limit(10, 1_000), limit(50, 900)], stages };
        assert_eq!(breaker.wrong(), None);
        let at = |mark| breaker.most(breaker.allowed(mark, 1_000));
        assert_eq!([1_049, 950, 1_150, 800].map(at), [900, 450, 90, 0]);
        assert_eq!(breaker.allowed(5, 0), 0, "no slow price is far away");
        let open = Breaker { limits: vec![], ..breaker };
        assert_eq!(open.most(MILLION), u128::MAX);
        assert_eq!(open.most(0), 0, "a stage that stops needs no limit");
    }

    #[test]
    fn what_can_never_be_right_is_refused() {
        let many = vec![limit(1, 1); MOST + 1];
        for (limits, stages, wrong) in [
            (many, vec![], Wrong::Many),
            (vec![limit(1, 1), limit(0, 1)], vec![], Wrong::Limit(2)),
            (vec![limit(1, 0)], vec![], Wrong::Limit(1)),
            (vec![limit(u64::MAX, 1)], vec![], Wrong::Limit(1)),
            (vec![], vec![stage(0, 5)], Wrong::Stage(1)),
            (vec![], vec![stage(1, 1_000_000)], Wrong::Stage(1)),
            (vec![], vec![stage(1, 1)], Wrong::Stage(1)),
            (vec![limit(1, 1)], vec![stage(5, 5), stage(5, 4)], Wrong::Stage(2)),
            (vec![limit(1, 1)], vec![stage(5, 5), stage(9, 6)], Wrong::Stage(2)),
        ] {
            assert_eq!(Breaker { limits, stages }.wrong(), Some(wrong));
        }
    }
}
