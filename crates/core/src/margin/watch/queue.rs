//! The thresholds of one market and guard, in buckets of price: those nearest to the mark first.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::ids::AccountId;

/// Fine buckets from a mark to zero, about: 2^14.
const FINE_LOG: u32 = 14;

/// Fine buckets in a coarse one: 2^8.
const COARSE_LOG: u32 = 8;

/// A threshold of an account. It counts while the account still has this stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    key: i64,
    pub(super) account: AccountId,
    pub(super) stamp: u32,
}

/// Thresholds over a coordinate that rises as the mark moves in the guarded direction. A threshold
/// is crossed when the coordinate stands above its key.
///
/// Keys below `opened` stand in fine buckets, so that a tick looks at few that it does not cross;
/// the others in coarse ones, a few dozen, whose ends stay in cache while accounts are certified.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    at: i64,
    /// At most the least key.
    edge: i64,
    shift: u32,
    len: usize,
    opened: i64,
    fine: BTreeMap<i64, Vec<Threshold>>,
    coarse: BTreeMap<i64, Vec<Threshold>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            at: 0,
            edge: i64::MAX,
            shift: 0,
            len: 0,
            opened: i64::MIN,
            fine: BTreeMap::new(),
            coarse: BTreeMap::new(),
        }
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
        if self.fine.is_empty() && self.coarse.is_empty() {
            let bits = u64::BITS - gross.unsigned_abs().leading_zeros();
            self.shift = bits.max(FINE_LOG) - FINE_LOG;
            self.opened = i64::MIN;
        }
        // Beyond the end of the coordinate nothing can be crossed.
        let key = self.at.checked_add(distance).unwrap_or(i64::MAX);
        self.put_back(Threshold { key, account, stamp });
    }

    /// Adds a threshold that was taken and not looked at.
    pub(super) fn put_back(&mut self, threshold: Threshold) {
        self.edge = self.edge.min(threshold.key);
        self.len += 1;
        let key = threshold.key;
        let bucket = if key < self.opened {
            self.fine.entry(key >> self.shift).or_default()
        } else {
            self.coarse.entry(key >> (self.shift + COARSE_LOG)).or_default()
        };
        bucket.push(threshold);
    }

    /// Moves the crossed thresholds of the nearest fine bucket to `crossed`, or opens the nearest
    /// coarse one; drops those met there that do not count.
    pub(super) fn take_crossed(
        &mut self,
        crossed: &mut Vec<Threshold>,
        counts: impl Fn(&Threshold) -> bool,
    ) {
        if self.fine.is_empty() {
            self.open(counts);
        } else {
            self.take_fine(crossed);
        }
        // A lower bound where the nearest bucket was not looked into.
        let fine = self.fine.first_key_value().map(|(bucket, _)| *bucket << self.shift);
        let coarse = || self.coarse.first_key_value().map(|(bucket, _)| self.begin(*bucket));
        let begin = fine.or_else(coarse).unwrap_or(i64::MAX);
        self.edge = self.edge.max(begin);
    }

    fn begin(&self, coarse: i64) -> i64 {
        coarse << (self.shift + COARSE_LOG)
    }

    fn take_fine(&mut self, crossed: &mut Vec<Threshold>) {
        let (at, shift) = (self.at, self.shift);
        let before = crossed.len();
        self.edge = i64::MIN;
        if let Some(mut first) = self.fine.first_entry() {
            if *first.key() < at >> shift {
                crossed.append(&mut first.remove());
            } else {
                let bucket = first.get_mut();
                crossed.extend(bucket.extract_if(.., |threshold| threshold.key < at));
                match bucket.iter().map(|threshold| threshold.key).min() {
                    Some(least) => self.edge = least,
                    None => drop(first.remove()),
                }
            }
        }
        self.len -= crossed.len() - before;
    }

    /// Spreads the nearest coarse bucket over fine ones.
    fn open(&mut self, counts: impl Fn(&Threshold) -> bool) {
        self.edge = i64::MIN;
        if let Some((bucket, thresholds)) = self.coarse.pop_first() {
            // The last coarse bucket ends where coordinates end.
            self.opened = match bucket.checked_add(1) {
                Some(next) if next <= i64::MAX >> (self.shift + COARSE_LOG) => self.begin(next),
                _ => i64::MAX,
            };
            self.len -= thresholds.len();
            for threshold in thresholds.into_iter().filter(counts) {
                self.len += 1;
                self.fine.entry(threshold.key >> self.shift).or_default().push(threshold);
            }
        }
    }

    /// Drops what no longer counts from coarse buckets after `from` until `budget` thresholds were
    /// looked at. Where to go on; nothing at the end.
    pub(super) fn sweep(
        &mut self,
        from: i64,
        budget: &mut usize,
        counts: impl Fn(&Threshold) -> bool,
    ) -> Option<i64> {
        let first = (from == i64::MIN).then_some(&mut self.fine);
        let fine = first.into_iter().flatten().map(|(_, thresholds)| (i64::MIN, thresholds));
        let coarse = self.coarse.range_mut(from..).map(|(bucket, of)| (*bucket, of));
        let mut next = None;
        for (bucket, thresholds) in fine.chain(coarse) {
            if *budget == 0 && bucket != i64::MIN {
                next = Some(bucket);
                break;
            }
            let before = thresholds.len();
            *budget -= before.min(*budget);
            thresholds.retain(&counts);
            self.len -= before - thresholds.len();
        }
        if next.is_none() {
            self.fine.retain(|_, thresholds| !thresholds.is_empty());
            self.coarse.retain(|_, thresholds| !thresholds.is_empty());
        }
        next
    }
}
