//! The thresholds of one market and guard, in buckets of price: those nearest to the mark first.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::ids::AccountId;

/// Buckets from a mark to zero, about: 2^14.
const BUCKETS_LOG: u32 = 14;

/// A threshold of an account. It counts while the account still has this stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    key: i64,
    pub(super) account: AccountId,
    pub(super) stamp: u32,
}

/// Thresholds over a coordinate that rises as the mark moves in the guarded direction. A threshold
/// is crossed when the coordinate stands above its key.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    at: i64,
    /// At most the least key.
    edge: i64,
    shift: u32,
    len: usize,
    buckets: BTreeMap<i64, Vec<Threshold>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { at: 0, edge: i64::MAX, shift: 0, len: 0, buckets: BTreeMap::new() }
    }
}

impl Queue {
    pub(super) const fn at(&self) -> i64 {
        self.at
    }

    pub(super) const fn move_to(&mut self, at: i64) {
        self.at = at;
    }

    /// How many thresholds it holds, those that no longer count among them.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether a threshold may be crossed.
    pub(super) const fn may_be_crossed(&self) -> bool {
        self.at > self.edge
    }

    /// Forgets everything, the coordinate too.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a threshold that is crossed when the mark, `gross` now, has moved by more than
    /// `distance`.
    pub(super) fn push(&mut self, gross: i64, distance: i64, account: AccountId, stamp: u32) {
        if self.buckets.is_empty() {
            let bits = u64::BITS - gross.unsigned_abs().leading_zeros();
            self.shift = bits.checked_sub(BUCKETS_LOG).unwrap_or(0);
        }
        // Beyond the end of the coordinate nothing can be crossed.
        let key = self.at.checked_add(distance).unwrap_or(i64::MAX);
        self.put_back(Threshold { key, account, stamp });
    }

    /// Adds a threshold that was taken and not looked at.
    pub(super) fn put_back(&mut self, threshold: Threshold) {
        self.edge = self.edge.min(threshold.key);
        self.len += 1;
        self.buckets.entry(threshold.key >> self.shift).or_default().push(threshold);
    }

    /// Moves the crossed thresholds of the nearest bucket to `crossed`.
    pub(super) fn take_crossed(&mut self, crossed: &mut Vec<Threshold>) {
        let (at, shift) = (self.at, self.shift);
        let before = crossed.len();
        self.edge = i64::MAX;
        if let Some(mut first) = self.buckets.first_entry() {
            if first.key() < &(at >> shift) {
                crossed.append(&mut first.remove());
                let next = self.buckets.first_key_value();
                self.edge = next.map_or(i64::MAX, |(bucket, _)| *bucket << shift);
            } else {
                let bucket = first.get_mut();
                crossed.extend(bucket.extract_if(.., |threshold| threshold.key < at));
                let least = bucket.iter().map(|threshold| threshold.key).min();
                match least {
                    Some(least) => self.edge = least,
                    None => {
                        first.remove();
                        let next = self.buckets.first_key_value();
                        self.edge = next.map_or(i64::MAX, |(bucket, _)| *bucket << shift);
                    }
                }
            }
        }
        self.len -= crossed.len() - before;
    }

    /// Drops what no longer counts from buckets after `from` until `budget` thresholds were looked
    /// at. Where to go on; nothing at the end.
    pub(super) fn sweep(
        &mut self,
        from: i64,
        budget: &mut usize,
        counts: impl Fn(&Threshold) -> bool,
    ) -> Option<i64> {
        let mut empty = Vec::new();
        let mut next = None;
        for (bucket, thresholds) in self.buckets.range_mut(from..) {
            if *budget == 0 {
                next = Some(*bucket);
                break;
            }
            let before = thresholds.len();
            *budget -= before.min(*budget);
            thresholds.retain(&counts);
            self.len -= before - thresholds.len();
            if thresholds.is_empty() {
                empty.push(*bucket);
            }
        }
        for bucket in empty {
            self.buckets.remove(&bucket);
        }
        next
    }
}
