//! A journal in memory: for tests, and the model the store is checked against.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::Time;

use crate::batch::{Batch, Entry, Head, Kept, Key};
use crate::error::Error;
use crate::journal::{Batches, History, Journal};
use crate::keys::{new_keys, place_of};
use crate::snapshot::KEPT_SNAPSHOTS;

/// A journal that ends with its process.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    batches: Vec<Batch>,
    keys: BTreeMap<Key, Kept>,
    snapshots: Vec<(Head, State)>,
    bytes: Vec<u8>,
}

impl Memory {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl History for Memory {
    fn head(&self) -> Result<Head, Error> {
        Ok(self.batches.last().map(Batch::head).unwrap_or_default())
    }

    fn batch(&self, number: u64) -> Result<Option<Batch>, Error> {
        Ok(number.checked_sub(1).and_then(|at| self.batches.get(place_of(at))).cloned())
    }

    fn read_after(&self, number: u64) -> Result<Batches<'_>, Error> {
        Ok(Box::new(self.batches.iter().skip(place_of(number)).cloned().map(Ok)))
    }

    fn read_from(&self, sequence: u64) -> Result<Batches<'_>, Error> {
        let before = self.batches.partition_point(|batch| batch.head().events < sequence);
        self.read_after(before as u64)
    }

    fn kept(&self, key: &Key) -> Result<Option<Kept>, Error> {
        Ok(self.keys.get(key).copied())
    }

    fn latest_snapshot(&self) -> Result<Option<(Head, State)>, Error> {
        Ok(self.snapshots.last().cloned())
    }
}

impl Journal for Memory {
    fn append_if(&mut self, expected: Head, at: Time, entries: Vec<Entry>) -> Result<Batch, Error> {
        let stands = self.head()?;
        if stands != expected {
            return Err(Error::Moved { expected, stands });
        }
        let batch = Batch::after(&stands, at, entries, &mut self.bytes);
        let new = new_keys(&batch)?;
        if let Some(key) = new.keys().find(|key| self.keys.contains_key(*key)) {
            return Err(Error::KeyTaken { key: key.clone() });
        }
        self.keys.extend(new);
        self.batches.push(batch.clone());
        Ok(batch)
    }

    fn put_snapshot(&mut self, at: Head, state: &State) -> Result<(), Error> {
        let stood = self.batch(at.batches)?.map(|batch| batch.head()).unwrap_or_default();
        if stood != at {
            return Err(Error::NotOurs { at });
        }
        self.snapshots.retain(|(head, _)| head.batches < at.batches);
        self.snapshots.push((at, state.clone()));
        let surplus = self.snapshots.len().saturating_sub(KEPT_SNAPSHOTS);
        self.snapshots.drain(..surplus);
        Ok(())
    }
}
