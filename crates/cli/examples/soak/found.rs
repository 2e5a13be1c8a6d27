//! What the clients found: faults, refusals, latencies, and which commands were acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::Answer;

/// The faults that are told.
const TOLD: usize = 20;

/// Shared by everyone.
#[derive(Default)]
pub struct Found {
    /// Whether to stop.
    pub stop: AtomicBool,
    /// From one call of a trader to its next, in nanoseconds; zero: as fast as it can.
    pub pace: AtomicU64,
    pub commands: AtomicU64,
    pub queries: AtomicU64,
    pub retries: AtomicU64,
    pub streamed: AtomicU64,
    pub losses: AtomicU64,
    pub busy: AtomicU64,
    faults: AtomicU64,
    told: Mutex<Vec<String>>,
    refused: Mutex<BTreeMap<String, u64>>,
    latencies: Mutex<Vec<u32>>,
}

/// The sequence numbers of a command under its idempotency key.
pub type Acknowledged = BTreeMap<String, (u64, u64)>;

impl Found {
    pub fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Something that must not be.
    pub fn fault(&self, what: String) {
        // A connection that breaks because the program was killed is none.
        if self.goes_on() {
            self.faults.fetch_add(1, Ordering::Relaxed);
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() < TOLD {
                told.push(what);
            }
        }
    }

    /// A refusal by core, which may be.
    pub fn refused(&self, answer: &Answer) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(answer.code()).or_default() += 1;
    }

    pub fn took(&self, since: Instant) {
        let micros = u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
    }

    /// Forgets the latencies so far.
    pub fn forget(&self) {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn faults(&self) -> (u64, Vec<String>) {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.faults.load(Ordering::Relaxed), told)
    }

    pub fn refusals(&self) -> BTreeMap<String, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of the commands: the latencies under which half, 99 of 100, 999 of 1,000 and all of them
    /// were answered, in milliseconds.
    pub fn percentiles(&self) -> [f64; 4] {
        let mut all = self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_unstable();
        [500, 990, 999, 1_000].map(|part| {
            let place = (all.len() * part / 1_000).min(all.len().saturating_sub(1));
            all.get(place).map_or(f64::NAN, |micros| f64::from(*micros) / 1e3)
        })
    }

    /// Waits for the next call of one who last called at `last`.
    pub fn wait(&self, last: &mut Instant) {
        let pace = Duration::from_nanos(self.pace.load(Ordering::Relaxed));
        let now = Instant::now();
        let next = *last + pace;
        if next > now {
            std::thread::sleep(next - now);
        }
        // Whoever is late catches up, for a second at most.
        *last = next.max(now.checked_sub(Duration::from_secs(1)).unwrap_or(now));
    }
}
