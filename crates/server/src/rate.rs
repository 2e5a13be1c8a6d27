//! How often one key may call: a bucket of calls that fills at a steady rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
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

#[cfg(test)]
mod tests {
    use super::*;

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
