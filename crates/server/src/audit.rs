//! Every call that was refused: in the log, and the last of them at the door for auditors.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::wall;

/// The refused calls kept in memory; the log has all.
const KEPT: usize = 1_000;

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Counted from 1 since the start.
    pub number: u64,
    /// The clock on the wall, in milliseconds since 1970.
    pub at: u64,
    /// The id of the key; nothing where there was none, or an unknown one.
    pub key: Option<u32>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The status it was answered with.
    pub status: u16,
    /// The stable code.
    pub code: String,
}

/// The last refused calls.
#[derive(Debug, Default)]
pub struct Audit {
    kept: Mutex<(u64, VecDeque<Refused>)>,
}

impl Audit {
    /// Notes a refused call. Secrets never reach it: it sees ids, not keys.
    pub fn note(&self, key: Option<u32>, method: &str, path: &str, (status, code): (u16, &str)) {
        // A path comes from outside: what is kept of it has a length.
        let path: String = path.chars().take(200).collect();
        tracing::warn!(target: "audit", key, method, path, status, code, "refused");
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let number = kept.0;
        let (method, code) = (method.to_owned(), code.to_owned());
        if kept.1.len() == KEPT {
            kept.1.pop_front();
        }
        kept.1.push_back(Refused { number, at: wall().0, key, method, path, status, code });
    }

    /// The refused calls after `number`, at most `limit`.
    #[must_use]
    pub fn after(&self, number: u64, limit: usize) -> Vec<Refused> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().filter(|one| one.number > number).take(limit).cloned().collect()
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}
