//! The walk of the effective and the stable value towards the target: pure arithmetic on anchors.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Quality, Value};
use crate::bounds::RISK_UNIT;
use crate::ids::Time;
use crate::units::text;
use crate::wide::mul_div_floor;

/// One unit in the millionths that anchors are kept in.
const UNIT: u128 = 1_000_000;

/// Where a walk stood, and from when on it may move.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Anchor {
    /// The value, in millionths of its unit: at most 10^21.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub micro: u128,
    /// The first moment of the first step in which it may move by the cap.
    pub since: Time,
}

/// One walk: where it stands, and the anchor that bounds it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Track {
    /// Where it stands, in millionths of a unit.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub micro: u128,
    /// From where it walks.
    pub anchor: Anchor,
}

/// Where a feed stood at a report.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Walk {
    /// When.
    pub at: Time,
    /// When there last was a target.
    pub held: Time,
    /// The effective value.
    pub effective: Track,
    /// The stable value.
    pub stable: Track,
    /// The quality then.
    pub quality: Quality,
}

impl Walk {
    /// A walk that begins at `target`.
    pub(super) fn begin(target: Value, step: Time, now: Time) -> Self {
        let micro = micro(target);
        let track = Track { micro, anchor: Anchor { micro, since: step } };
        let quality = Quality::Settlement;
        Self { at: now, held: now, effective: track, stable: track, quality }
    }

    /// The effective value, rounded down.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::at_most(self.effective.micro / UNIT)
    }

    /// The stable value, rounded down.
    #[must_use]
    pub fn stable_value(&self) -> Value {
        Value::at_most(self.stable.micro / UNIT)
    }
}

/// A cap on how far a walk moves: so many millionths of the anchor in each step of so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) step: u64,
    pub(super) cap: u64,
}

impl Pace {
    /// The first moment of the step that `time` is in.
    pub(super) const fn start(self, time: Time) -> Time {
        // A step is at least one millisecond: listing refuses zero.
        Time(time.0 - time.0 % self.step)
    }

    /// How many steps `anchor` may have moved by `now`, the current one included.
    fn steps(self, anchor: Anchor, now: Time) -> u128 {
        match (now.0 / self.step).checked_sub(anchor.since.0 / self.step) {
            Some(steps) => u128::from(steps) + 1,
            None => 0,
        }
    }

    /// The first moment of the step after that of `time`.
    pub(super) const fn next(self, time: Time) -> Time {
        self.start(time).after(self.step)
    }

    /// Where the walk from `anchor` to `goal` stands at `now`, in millionths.
    ///
    /// A walk from nothing moves as one from a single unit, else it would never begin. What the
    /// steps allow is rounded down.
    pub(super) fn walk(self, anchor: Anchor, goal: u128, now: Time) -> u128 {
        // The cap is at most 10^12 and steps are at most 2^64: the product is below 2^104.
        let share = u128::from(self.cap) * self.steps(anchor, now);
        let base = anchor.micro.max(UNIT);
        // Nothing where it would pass 128 bits: then there is no limit.
        let allowed = mul_div_floor(base, share, u128::from(RISK_UNIT)).unwrap_or(u128::MAX);
        if goal.abs_diff(anchor.micro) <= allowed {
            goal
        } else if goal > anchor.micro {
            anchor.micro + allowed
        } else {
            anchor.micro - allowed
        }
    }

    /// The anchor for what comes from `now` on: where the walk to `goal` stood when the step of
    /// `now` began. Within one step an anchor stays.
    pub(super) fn roll(self, anchor: Anchor, goal: u128, now: Time) -> Anchor {
        let since = self.start(now);
        match since.0.checked_sub(1) {
            Some(before) if since > anchor.since => {
                Anchor { micro: self.walk(anchor, goal, Time(before)), since }
            }
            _ => anchor,
        }
    }
}

/// `value` in millionths.
pub(super) fn micro(value: Value) -> u128 {
    u128::from(value.units()) * UNIT
}
