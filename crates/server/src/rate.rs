//! How often one key may call: a bucket of calls that fills at a steady rate. And how much it may
//! hold at once of what there is for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A rate and how much of it may be used at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Calls a second.
    pub per_second: u32,
    /// Calls at once.
    pub burst: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In millionths of a call.
    level: u64,
    at: Instant,
}

/// The buckets of all keys.
#[derive(Debug)]
pub struct Buckets {
    limit: Limit,
    buckets: Mutex<HashMap<u32, Bucket>>,
}

const CALL: u64 = 1_000_000;

impl Buckets {
    /// Full buckets.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes one call of `key` out; how long to wait where none is left.
    ///
    /// # Errors
    ///
    /// The time until there is one.
    pub fn take(&self, key: u32, now: Instant) -> Result<(), Duration> {
        let full = u64::from(self.limit.burst.max(1)) * CALL;
        // Calls a second are millionths of a call in a microsecond.
        let rate = u64::from(self.limit.per_second.max(1));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert(Bucket { level: full, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_micros();
        let filled = u64::try_from(passed).unwrap_or(u64::MAX).saturating_mul(rate);
        bucket.level = bucket.level.saturating_add(filled).min(full);
        bucket.at = now;
        match bucket.level.checked_sub(CALL) {
            Some(left) => {
                bucket.level = left;
                Ok(())
            }
            None => Err(Duration::from_micros((CALL - bucket.level).div_ceil(rate))),
        }
    }
}

/// Who holds how many of something that there is for all. Callers without a key count as one.
#[derive(Debug)]
pub struct Slots {
    most: usize,
    held: Mutex<HashMap<Option<u32>, usize>>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    of: Arc<Slots>,
    key: Option<u32>,
}

impl Slots {
    /// One key may hold an eighth of `all`, and four in any case.
    #[must_use]
    pub fn of(all: usize) -> Self {
        Self { most: (all / 8).max(4), held: Mutex::default() }
    }

    /// One for `key`; nothing where it holds as many as it may.
    #[must_use]
    pub fn take(self: &Arc<Self>, key: Option<u32>) -> Option<Slot> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(key).or_default();
        let free = *count < self.most;
        *count += usize::from(free);
        drop(held);
        free.then(|| Slot { of: Arc::clone(self), key })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.key) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_comes_back() {
        let slots = Arc::new(Slots::of(40));
        let mut held: Vec<Slot> = (0..5).map(|_| slots.take(Some(1)).expect("a slot")).collect();
        assert!(slots.take(Some(1)).is_none(), "five of forty are its eighth");
        assert!(slots.take(Some(2)).is_some() && slots.take(None).is_some());
        held.pop();
        assert!(slots.take(Some(1)).is_some());
        let few = Arc::new(Slots::of(8));
        assert_eq!((0..9).map_while(|_| few.take(None).map(std::mem::forget)).count(), 4);
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let buckets = Buckets::new(Limit { per_second: 10, burst: 2 });
        let start = Instant::now();
        assert_eq!(buckets.take(1, start), Ok(()));
        assert_eq!(buckets.take(1, start), Ok(()));
        assert_eq!(buckets.take(1, start), Err(Duration::from_millis(100)));
        assert_eq!(buckets.take(2, start), Ok(()), "another key has its own");
        assert_eq!(buckets.take(1, start + Duration::from_millis(100)), Ok(()));
        assert!(buckets.take(1, start + Duration::from_millis(150)).is_err());
        let later = start + Duration::from_secs(60);
        assert_eq!((buckets.take(1, later), buckets.take(1, later)), (Ok(()), Ok(())));
        assert!(buckets.take(1, later).is_err(), "it holds no more than its burst");
    }
}
