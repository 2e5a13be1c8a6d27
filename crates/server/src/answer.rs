//! What a command is answered: the same for the first call and for every retry of it, because both
//! are read from the journal's entry.

use std::sync::Arc;

use rhodian_core::engine::{Event, Rejection};
use rhodian_core::ids::Time;
use rhodian_journal::{Batch, Entry, Error, History, Key, Outcome, Reader};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// The most events an answer carries; the stream has them all.
pub const MOST_EVENTS: usize = 256;

/// An event with its number and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Numbered")]
pub struct Numbered<E = Event> {
    /// The sequence number: the first event of a journal has 1.
    pub sequence: u64,
    /// The clock of the command that made it, in milliseconds.
    pub at: Time,
    /// What happened.
    #[serde(flatten)]
    pub event: E,
}

/// A command was accepted and is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Accepted")]
pub struct Accepted<E = Event> {
    /// The sequence number of its first event.
    pub first: u64,
    /// The sequence number of the last event of it and of all that followed from it.
    pub last: u64,
    /// The first of them; the stream has them all.
    pub events: Vec<Numbered<E>>,
    /// Whether some were left out here.
    pub more: bool,
}

/// A command that was done: where it stands. What is shown of it is read from there by whoever
/// shows it, and copied nowhere.
#[derive(Clone, Debug)]
pub struct Done {
    batch: Arc<Batch>,
    place: usize,
    first: u64,
}

impl Done {
    /// What the door shows.
    #[must_use]
    pub fn accepted(&self) -> Accepted<&Event> {
        let entry = &self.batch.entries[self.place];
        let (first, count) = (self.first, events_of(entry));
        let shown = usize::try_from(count).unwrap_or(MOST_EVENTS).min(MOST_EVENTS);
        let mut events = Vec::with_capacity(shown);
        events.extend(lent(entry, first).take(shown));
        let more = count > MOST_EVENTS as u64;
        Accepted { first, last: (first + count).saturating_sub(1), events, more }
    }
}

/// What came of a command.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was done.
    Accepted(Done),
    /// Core refused it: the stable code, and the refusal as the door shows it.
    Rejected {
        /// The stable code.
        code: String,
        /// The JSON of the refusal.
        problem: String,
    },
    /// The key was used for another command.
    KeyReused,
    /// The first one to the same key, which is durable: whoever waits reads it from the journal,
    /// so that old batches hold up nobody else's commits.
    Kept(Key),
    /// The service cannot go on: nothing was done.
    Stopping,
    /// The journal failed: whether it was done is known after the restart.
    Unknown,
}

/// A refusal as the journal keeps it.
#[must_use]
pub fn refusal(rejection: &Rejection) -> String {
    let numbers = serde_json::to_value(rejection).unwrap_or(Value::Null);
    json!({ "code": rejection.code(), "detail": rejection.to_string(), "rejection": numbers })
        .to_string()
}

/// How many events an entry holds.
#[must_use]
pub fn events_of(entry: &Entry) -> u64 {
    entry.records.iter().map(|record| record.events.len() as u64).sum()
}

/// The answer to the command at `place` of `batch`, whose first event has the number `first`.
#[must_use]
pub fn of(batch: &Arc<Batch>, place: usize, first: u64) -> Answer {
    match batch.entries.get(place).map(|entry| &entry.outcome) {
        None => Answer::Unknown,
        Some(Outcome::Accepted) => {
            Answer::Accepted(Done { batch: Arc::clone(batch), place, first })
        }
        Some(Outcome::Rejected { code, problem, .. }) => {
            Answer::Rejected { code: code.clone(), problem: problem.clone() }
        }
    }
}

/// The first answer to the command that used `key`.
///
/// # Errors
///
/// The journal cannot be read.
pub fn kept(reader: &Reader, key: &Key) -> Result<Answer, Error> {
    let Some(kept) = reader.kept(key)? else { return Ok(Answer::Unknown) };
    let Some(batch) = reader.batch(kept.batch)? else { return Ok(Answer::Unknown) };
    let place = usize::try_from(kept.entry).unwrap_or(usize::MAX);
    let before: u64 = batch.entries.iter().take(place).map(events_of).sum();
    let first = batch.first + before;
    Ok(of(&Arc::new(batch), place, first))
}

/// The events of `entry` with their numbers, from `first` on.
pub fn numbered(entry: &Entry, first: u64) -> impl Iterator<Item = Numbered> + '_ {
    lent(entry, first).map(|Numbered { sequence, at, event }| {
        let event = event.clone();
        Numbered { sequence, at, event }
    })
}

/// The same, where they are only looked at.
fn lent(entry: &Entry, first: u64) -> impl Iterator<Item = Numbered<&Event>> + '_ {
    let events = entry
        .records
        .iter()
        .flat_map(|record| record.events.iter().map(|event| (record.envelope.at, event)));
    (first..).zip(events).map(|(sequence, (at, event))| Numbered { sequence, at, event })
}
