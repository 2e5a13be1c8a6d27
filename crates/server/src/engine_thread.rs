//! The thread that owns the engine: it takes commands in order, runs each, and adds what they did to
//! the group that gathers while the one before it is written.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome as Done};
use rhodian_journal::{Entry, History, Key, Outcome, Reader};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::answer::{self, Answer};
use crate::clock::Clock;
use crate::gather::Filling;
use crate::journal_thread::{Group, Waiter, What};
use crate::service::Vital;
use crate::traces::{Stage, Stages};

/// How long the engine lets commands come while a group is written: a fraction of a sync, so that
/// few of them miss the next group by it.
const PAUSE: Duration = Duration::from_micros(250);

/// A command on its way to the engine.
#[derive(Debug)]
pub struct Request {
    /// Who gives it.
    pub actor: Actor,
    /// What is asked.
    pub action: Action,
    /// Under which key a retry is known, with the hash of actor and action.
    pub key: Option<Key>,
    /// The hash of the canonical bytes of actor and action.
    pub input: [u8; 32],
    /// Its share of the bytes that may wait: free again when it was answered.
    pub room: OwnedSemaphorePermit,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Answer>,
    /// When it passes each stage, where that is traced.
    pub stages: Option<Arc<Stages>>,
}

/// What the thread works with.
#[derive(Debug)]
pub struct Work {
    /// The engine, as it stands at the journal's head.
    pub engine: Engine,
    /// Commands come from here; the thread ends when nobody can send any more.
    pub inbox: Receiver<Request>,
    /// What was done goes there.
    pub journal: Filling,
    /// Answers of retries are looked up here.
    pub reader: Reader,
    /// The number of the last group that is durable.
    pub durable: Arc<AtomicU64>,
    /// How often the clock moves when nothing else happens; never where it is zero.
    pub tick: Duration,
    /// What time it is.
    pub clock: Clock,
    /// Says that the service cannot go on.
    pub vital: Arc<Vital>,
}

/// Keys of commands that are not durable yet.
#[derive(Debug, Default)]
struct InFlight {
    inputs: HashMap<Key, [u8; 32]>,
    groups: VecDeque<(u64, Vec<Key>)>,
}

impl InFlight {
    fn forget(&mut self, durable: u64) {
        while self.groups.front().is_some_and(|(number, _)| *number <= durable) {
            let keys = self.groups.pop_front().map(|(_, keys)| keys).unwrap_or_default();
            for key in keys {
                self.inputs.remove(&key);
            }
        }
    }

    fn add(&mut self, group: u64, key: Key, input: [u8; 32]) {
        match self.groups.back_mut().filter(|(number, _)| *number == group) {
            Some((_, keys)) => keys.push(key.clone()),
            None => self.groups.push_back((group, vec![key.clone()])),
        }
        self.inputs.insert(key, input);
    }
}

/// Runs until nobody can send commands any more, or the journal is gone.
pub fn run(mut work: Work) {
    let mut flight = InFlight::default();
    let mut number = 1;
    let mut next_tick = Instant::now() + work.tick;
    loop {
        let mut group = Group::new(number);
        let wait = if work.tick.is_zero() {
            Duration::from_secs(3_600)
        } else {
            next_tick.saturating_duration_since(Instant::now())
        };
        work.journal.pause(PAUSE);
        match work.inbox.recv_timeout(wait) {
            Ok(request) => work.take(request, &mut group, &mut flight),
            Err(RecvTimeoutError::Timeout) => work.tick(&mut group),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if !work.hand_over(group, &mut flight) {
            return;
        }
        number += 1;
        if Instant::now() >= next_tick {
            next_tick = Instant::now() + work.tick;
        }
        flight.forget(work.durable.load(Ordering::Acquire));
    }
}

/// A traced command passes a stage.
fn pass(stages: &Option<Arc<Stages>>, stage: Stage) {
    if let Some(stages) = stages {
        stages.pass(stage);
    }
}

impl Work {
    /// Time passes, and what is due by then is done.
    fn tick(&mut self, group: &mut Group) {
        let at = match self.clock.now(self.engine.state().now()) {
            Ok(at) => at,
            Err(reason) => return self.vital.fail(reason),
        };
        let envelope = Envelope { at, actor: Actor::ENGINE, action: Action::Tick };
        let (Done::Accepted(records) | Done::Rejected(records, _)) = self.engine.execute(envelope);
        group.due(records, self.engine.state().now());
    }

    fn take(&mut self, request: Request, group: &mut Group, flight: &mut InFlight) {
        let Request { actor, action, key, input, room, reply, stages } = request;
        pass(&stages, Stage::Queue);
        if let Some(key) = &key {
            match self.known(key, flight) {
                Ok(None) => {}
                Ok(Some(before)) if before == input => {
                    let what = What::Retry(key.clone());
                    group.wait(Waiter { what, room, reply, stages });
                    return;
                }
                Ok(Some(_)) => {
                    let _ = reply.send(Answer::KeyReused);
                    return;
                }
                Err(error) => {
                    self.vital.fail(format!("a key could not be looked up: {error}"));
                    return;
                }
            }
        }
        let at = match self.clock.now(self.engine.state().now()) {
            Ok(at) => at,
            Err(reason) => {
                // Who is answered finds the reason.
                self.vital.fail(reason);
                let _ = reply.send(Answer::Stopping);
                return;
            }
        };
        let envelope = Envelope { at, actor, action };
        // Only a refusal that somebody can ask for again keeps its command.
        let command = key.is_some().then(|| Box::new(envelope.clone()));
        let (records, outcome) = match self.engine.execute(envelope) {
            Done::Accepted(records) => (records, Outcome::Accepted),
            Done::Rejected(records, rejection) => {
                let (code, problem) = (rejection.code().to_owned(), answer::refusal(&rejection));
                let Some(command) = command else {
                    // Nobody can ask for this answer again: the command is not written, however
                    // large it is and often it comes. That time passed before it stays true.
                    group.due(records, self.engine.state().now());
                    let what = What::Refused(Answer::Rejected { code, problem });
                    pass(&stages, Stage::Decide);
                    group.wait(Waiter { what, room, reply, stages });
                    return;
                };
                (records, Outcome::Rejected { command, code, problem })
            }
        };
        if let Some(key) = key.clone() {
            flight.add(group.number, key, input);
        }
        pass(&stages, Stage::Decide);
        group.wait(Waiter { what: What::Entry(group.entries.len()), room, reply, stages });
        group.entries.push(Entry { key, input, records, outcome });
        group.at = self.engine.state().now();
    }

    /// The input a key was used with before.
    fn known(
        &self,
        key: &Key,
        flight: &InFlight,
    ) -> Result<Option<[u8; 32]>, rhodian_journal::Error> {
        match flight.inputs.get(key) {
            Some(input) => Ok(Some(*input)),
            None => Ok(self.reader.kept(key)?.map(|kept| kept.input)),
        }
    }

    /// Adds all that waits to `group`, and `group` to what the journal takes next. Says whether to
    /// go on.
    fn hand_over(&mut self, mut group: Group, flight: &mut InFlight) -> bool {
        while !self.journal.is_full(&group) {
            match self.inbox.try_recv() {
                Ok(request) => self.take(request, &mut group, flight),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        self.journal.add(group)
    }
}
