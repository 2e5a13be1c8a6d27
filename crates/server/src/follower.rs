//! The follower: a state that applies committed batches only. Queries, lists and streams read it,
//! and nothing else, so nobody sees what could still be lost.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use rhodian_core::engine::{Record, State, evolve};
use rhodian_journal::{Batch, Head};
use tokio::sync::watch;

use crate::answer::{Numbered, events_of, numbered};
use crate::notable::Notable;
use crate::proofs::Proofs;

/// The events kept in memory; older ones are read from the journal.
pub const TAIL: usize = 8_192;

/// An event as streams send it: written once, however many listen.
#[derive(Debug)]
pub struct Told {
    /// The event.
    pub event: Numbered,
    json: OnceLock<String>,
}

impl Told {
    /// An event that was not written yet.
    #[must_use]
    pub const fn new(event: Numbered) -> Self {
        Self { event, json: OnceLock::new() }
    }

    /// Its JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        self.json.get_or_init(|| serde_json::to_string(&self.event).unwrap_or_default())
    }
}

/// What stands at one sequence number.
#[allow(missing_debug_implementations, reason = "its proofs hold a secret")]
pub struct View {
    /// The state.
    pub state: State,
    /// The number of the last event applied.
    pub sequence: u64,
    /// The number of batches applied.
    pub batches: u64,
    /// The last events, oldest first.
    pub tail: VecDeque<Arc<Told>>,
    /// Which batches hold something of a loss or a close-out.
    pub notable: Notable,
    /// What was committed for receipts, where they are made.
    pub proofs: Option<Proofs>,
}

impl View {
    /// The events after `sequence` that are still in memory, at most `limit`; nothing where some
    /// of them have left it.
    #[must_use]
    pub fn after(&self, sequence: u64, limit: usize) -> Option<Vec<Arc<Told>>> {
        if sequence >= self.sequence {
            return Some(Vec::new());
        }
        let first = self.tail.front()?.event.sequence;
        let skip = usize::try_from((sequence + 1).checked_sub(first)?).ok()?;
        Some(self.tail.iter().skip(skip).take(limit).cloned().collect())
    }
}

/// Applies a record, after the prover has seen it.
fn follow(view: &mut View, record: &Record) {
    let View { state, proofs, .. } = view;
    if let Some(proofs) = proofs {
        proofs.observe(state, record);
    }
    for event in &record.events {
        evolve(state, event);
    }
}

/// The view, and a signal when it moves.
#[allow(missing_debug_implementations, reason = "its view holds a secret")]
pub struct Follower {
    view: RwLock<View>,
    moved: watch::Sender<u64>,
}

impl Follower {
    /// A follower of `state`, which stands at `head`.
    #[must_use]
    pub fn new(state: State, head: Head, proofs: Option<Proofs>, notable: Notable) -> Self {
        let (sequence, batches) = (head.events, head.batches);
        let view = View { state, sequence, batches, tail: VecDeque::new(), notable, proofs };
        Self { view: RwLock::new(view), moved: watch::Sender::new(sequence) }
    }

    /// The view. A panic of a writer is fatal elsewhere; what it left is not read on.
    pub fn read(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last event, as it moves.
    #[must_use]
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Applies a committed batch.
    pub fn apply(&self, batch: &Batch) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let mut first = batch.first;
        for entry in &batch.entries {
            for record in &entry.records {
                follow(&mut view, record);
            }
            let told = numbered(entry, first).map(|event| Arc::new(Told::new(event)));
            view.tail.extend(told);
            first += events_of(entry);
        }
        view.notable.note(batch);
        let surplus = view.tail.len().saturating_sub(TAIL);
        view.tail.drain(..surplus);
        view.sequence = first.saturating_sub(1).max(view.sequence);
        view.batches = batch.number;
        let sequence = view.sequence;
        drop(view);
        self.moved.send_replace(sequence);
    }
}
