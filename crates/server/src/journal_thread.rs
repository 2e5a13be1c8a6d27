//! The thread that owns the journal: one sync for each group, then the follower, then the answers.
//! A failed sync ends the service: nobody is told that something is durable which may not be. So
//! does a failed snapshot: after a write that failed the store takes no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rhodian_core::engine::Record;
use rhodian_core::ids::Time;
use rhodian_journal::{Batch, Entry, Head, Journal, Key, Outcome};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::answer::{self, Answer};
use crate::follower::Follower;
use crate::gather::Emptying;
use crate::metrics::Metrics;
use crate::service::Vital;
use crate::traces::{Stage, Stages};

/// Commands that become durable together.
#[derive(Debug)]
pub struct Group {
    /// Its number since the start.
    pub number: u64,
    /// The engine's clock after the last of them.
    pub at: Time,
    /// What they did.
    pub entries: Vec<Entry>,
    /// Who waits for an answer.
    pub waiters: Vec<Waiter>,
    /// The bytes that came for it.
    pub bytes: usize,
}

impl Group {
    /// An empty group.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self { number, at: Time(0), entries: Vec::new(), waiters: Vec::new(), bytes: 0 }
    }

    /// Adds someone who waits.
    pub fn wait(&mut self, waiter: Waiter) {
        self.bytes += waiter.room.num_permits();
        self.waiters.push(waiter);
    }

    /// Whether nothing was done for it and nobody waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.waiters.is_empty()
    }

    /// Adds what came after it: it is the later group now.
    pub fn join(&mut self, mut later: Self) {
        let before = self.entries.len();
        for waiter in &mut later.waiters {
            if let What::Entry(place) = &mut waiter.what {
                *place += before;
            }
        }
        if !later.entries.is_empty() {
            self.at = later.at;
        }
        self.number = later.number;
        self.bytes += later.bytes;
        self.entries.append(&mut later.entries);
        self.waiters.append(&mut later.waiters);
    }

    /// Adds what the engine did by itself because time passed, if it did anything.
    pub fn due(&mut self, records: Vec<Record>, now: Time) {
        if !records.is_empty() {
            let outcome = Outcome::Accepted;
            self.entries.push(Entry { key: None, input: [0; 32], records, outcome });
            self.at = now;
        }
    }
}

/// Someone who waits for an answer.
#[derive(Debug)]
pub struct Waiter {
    /// For what.
    pub what: What,
    /// The bytes it holds of those that may wait.
    pub room: OwnedSemaphorePermit,
    /// Where it goes.
    pub reply: oneshot::Sender<Answer>,
    /// When it passes each stage, where that is traced.
    pub stages: Option<Arc<Stages>>,
}

/// What an answer is read from.
#[derive(Debug)]
pub enum What {
    /// The entry of this group at this place.
    Entry(usize),
    /// The entry that used the key first.
    Retry(Key),
    /// It was refused and leaves nothing behind; what it was decided on must be durable first.
    Refused(Answer),
}

/// An answer on its way to who waits for it.
#[derive(Debug)]
pub struct Reply {
    answer: Answer,
    to: oneshot::Sender<Answer>,
    /// Free again when it was given.
    room: OwnedSemaphorePermit,
}

/// Gives the answers of each group from within the door, until the journal's thread has ended: for a
/// group one of its threads is woken from outside, and not one for each who waits.
pub async fn give(mut groups: UnboundedReceiver<Vec<Reply>>) {
    while let Some(replies) = groups.recv().await {
        for Reply { answer, to, room } in replies {
            // Whoever stopped waiting asks again with the same key.
            let _ = to.send(answer);
            drop(room);
        }
    }
}

/// What the thread works with.
#[allow(missing_debug_implementations, reason = "a journal has no debug form")]
pub struct Work {
    /// The journal.
    pub journal: Box<dyn Journal>,
    /// Where it stands.
    pub head: Head,
    /// Groups come from here; the thread ends when the engine's has.
    pub groups: Emptying,
    /// Answers go there, group by group, when they are durable.
    pub replies: UnboundedSender<Vec<Reply>>,
    /// Who applies what is committed.
    pub follower: Arc<Follower>,
    /// The number of the last group that is durable.
    pub durable: Arc<AtomicU64>,
    /// After how many events a snapshot is put down.
    pub snapshot_every: u64,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Says that the service cannot go on.
    pub vital: Arc<Vital>,
}

/// Runs until the engine's thread has ended, then puts a last snapshot down.
pub fn run(mut work: Work) {
    let mut snapped = work.head.events;
    while let Some(group) = work.groups.take() {
        if let Err(error) = work.commit(group) {
            work.vital.fail(format!("the journal failed: {error}"));
            return;
        }
        let events = work.head.events;
        if events - snapped >= work.snapshot_every {
            snapped = events;
            if !work.snapshot() {
                return;
            }
        }
    }
    if work.head.events > snapped {
        work.snapshot();
    }
}

impl Work {
    fn commit(&mut self, group: Group) -> Result<(), rhodian_journal::Error> {
        let batch = if group.entries.is_empty() {
            None
        } else {
            let began = Instant::now();
            let batch = self.journal.append_if(self.head, group.at, group.entries)?;
            self.head = batch.head();
            self.metrics.committed(batch.entries.len(), began.elapsed());
            self.follower.apply(&batch);
            Some(Arc::new(batch))
        };
        self.durable.store(group.number, Ordering::Release);
        let firsts = batch.as_deref().map(firsts).unwrap_or_default();
        let reply = |Waiter { what, room, reply: to, stages }| {
            if let Some(stages) = stages {
                stages.pass(Stage::Commit);
            }
            let answer = match what {
                What::Entry(place) => match (&batch, firsts.get(place)) {
                    (Some(batch), Some(first)) => answer::of(batch, place, *first),
                    _ => Answer::Unknown,
                },
                What::Retry(key) => Answer::Kept(key),
                What::Refused(answer) => answer,
            };
            Reply { answer, to, room }
        };
        // Where the door is gone nobody waits any more.
        let _ = self.replies.send(group.waiters.into_iter().map(reply).collect());
        Ok(())
    }

    /// Puts a snapshot down; says whether to go on. The storage that failed under it is not
    /// written to again: the service says so at once, before another command is taken for it.
    fn snapshot(&mut self) -> bool {
        let began = Instant::now();
        let view = self.follower.read();
        match self.journal.put_snapshot(self.head, &view.state) {
            Ok(()) => {
                let millis = began.elapsed().as_millis() as u64;
                tracing::info!(sequence = view.sequence, millis, "snapshot");
                true
            }
            Err(error) => {
                self.vital.fail(format!("the journal failed under a snapshot: {error}"));
                false
            }
        }
    }
}

/// The number of the first event of each entry.
fn firsts(batch: &Batch) -> Vec<u64> {
    let mut next = batch.first;
    let one = |entry: &Entry| {
        let first = next;
        next += answer::events_of(entry);
        first
    };
    batch.entries.iter().map(one).collect()
}
