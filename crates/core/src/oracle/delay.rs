//! Delayed means: what a value was over each of the last 24 intervals, so that the stable value is
//! held near the mean of a day ago and not near what someone makes of it now.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::Value;
use super::walk::micro;
use super::window::overlap;
use crate::bounds::RISK_UNIT;
use crate::ids::Time;
use crate::wide::mul_div_floor;

/// How many means are kept; the oldest is the delayed one.
const KEPT: usize = 24;

/// The means of closed intervals and what the open one has so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Delays {
    /// In millionths of a unit, oldest first.
    means: Vec<u128>,
    /// The open interval: its number, the sum of value times milliseconds, and how many.
    open: u64,
    sum: u128,
    covered: u64,
}

impl Delays {
    /// Begins at the first value there is.
    pub(super) fn begin(&mut self, value: Value, now: Time, interval: u64) {
        *self =
            Self { means: Vec::from([micro(value)]), open: now.0 / interval, sum: 0, covered: 0 };
    }

    /// How low and how high the stable value may be, in millionths of a unit.
    pub(super) fn band(&self, share: u64) -> Option<(u128, u128)> {
        let mean = *self.means.first()?;
        let width = part(mean, share);
        // A mean is at most 10^21 and a share a factor of 10^6.
        Some((mean - width.min(mean), mean + width))
    }

    /// The value stood from `from` to `until`, which is not before the last call's.
    pub(super) fn stood(&mut self, value: Value, from: Time, until: Time, (interval, cap): Limits) {
        let last = until.0 / interval;
        // Intervals that all kept means would forget are not walked through one by one.
        let kept = u64::try_from(KEPT).unwrap_or(u64::MAX);
        if let Some(skipped) = last.checked_sub(kept)
            && self.open < skipped
        {
            self.close(cap);
            self.open = skipped;
        }
        while self.open < last {
            self.add(value, from, until, interval);
            self.close(cap);
        }
        self.add(value, from, until, interval);
    }

    /// Adds the part of the span that lies in the open interval.
    fn add(&mut self, value: Value, from: Time, until: Time, interval: u64) {
        let millis = overlap((from.0, until.0), (self.open * interval, interval));
        self.covered += millis;
        self.sum += u128::from(value.units()) * u128::from(millis);
    }

    /// Closes the open interval: its mean, brought within the cap of the one before. An interval
    /// of which nothing is known repeats it.
    fn close(&mut self, cap: u64) {
        let before = self.means.last().copied().unwrap_or(0);
        // A sum is at most 10^15 times the milliseconds of a day: times 10^6 it is below 2^127.
        let exact = (self.sum * 1_000_000).checked_div(u128::from(self.covered));
        let width = part(before, cap);
        let mean = exact.unwrap_or(before).clamp(before - width.min(before), before + width);
        if self.means.len() == KEPT {
            self.means.remove(0);
        }
        self.means.push(mean);
        (self.open, self.sum, self.covered) = (self.open + 1, 0, 0);
    }
}

/// The length of an interval, and how far a mean may be from the one before.
pub(super) type Limits = (u64, u64);

/// So many millionths of `base`, rounded down.
fn part(base: u128, share: u64) -> u128 {
    mul_div_floor(base, u128::from(share), u128::from(RISK_UNIT)).unwrap_or(u128::MAX / 2)
}
