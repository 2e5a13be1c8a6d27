//! The machine: a command, its events, and the duties that follow, until none is due.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Action, Actor, Envelope, Event, Events, Rejection, State, decide, evolve, next_duty};

/// The most duties run after one command; what is still due runs before the next.
pub const STEP_LIMIT: usize = 100_000;

/// A command and what it did: what a journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Record {
    /// The command.
    pub envelope: Envelope,
    /// Its events.
    pub events: Vec<Event>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted: what was recorded, the tick before and the duties after included.
    Accepted(Vec<Record>),
    /// Refused; what a tick before it made due is recorded all the same.
    Rejected(Vec<Record>, Rejection),
}

/// A state and the machine that moves it.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    state: State,
    buffer: Events,
}

impl Engine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::new(true), buffer: Events::new() }
    }

    /// An empty engine without the watch: slower, with the same events.
    #[must_use]
    pub fn without_watch() -> Self {
        Self { state: State::new(false), buffer: Events::new() }
    }

    /// An engine that goes on from `state`, replayed or read from its canonical bytes. Its watch
    /// is built where it has none.
    #[must_use]
    pub fn resume(state: State) -> Self {
        let state = if state.watch.is_on() { state } else { state.watched() };
        Self { state, buffer: Events::new() }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Runs `envelope`: moves the clock to its time, runs what is due by then, the command, and
    /// the duties that follow. A rejection changes nothing but the clock.
    pub fn execute(&mut self, envelope: Envelope) -> Outcome {
        // Most commands make one record.
        let mut records = Vec::with_capacity(1);
        self.run_duties(&mut records);
        if envelope.at > self.state.now() && envelope.action != Action::Tick {
            let tick = Envelope { at: envelope.at, actor: Actor::ENGINE, action: Action::Tick };
            if let Err(rejection) = self.run(tick, &mut records) {
                return Outcome::Rejected(records, rejection);
            }
        }
        let result = self.run(envelope, &mut records);
        self.state.measure();
        match result {
            Ok(()) => Outcome::Accepted(records),
            Err(rejection) => Outcome::Rejected(records, rejection),
        }
    }

    /// One command and the duties that follow it.
    #[inline(always)]
    fn run(&mut self, envelope: Envelope, records: &mut Vec<Record>) -> Result<(), Rejection> {
        self.one(envelope, records)?;
        self.run_duties(records);
        Ok(())
    }

    /// What is due, up to the step limit; the rest runs before the next command. By INV-10 a
    /// duty that is due is never refused.
    fn run_duties(&mut self, records: &mut Vec<Record>) {
        if self.state.is_quiet() {
            return;
        }
        for _ in 0..STEP_LIMIT {
            self.state.find_ready();
            self.buffer.clear();
            let Some((next, decided)) = next_duty(&self.state, &mut self.buffer) else {
                self.state.nothing_is_due();
                break;
            };
            if decided {
                debug_assert!(is_so_decided(&self.state, &next, &self.buffer));
                self.apply();
                records.push(Record { envelope: next, events: self.buffer.take() });
                continue;
            }
            self.state.find_ranks(&next);
            if self.one(next, records).is_err() {
                break;
            }
        }
    }

    #[inline(always)]
    fn one(&mut self, envelope: Envelope, records: &mut Vec<Record>) -> Result<(), Rejection> {
        self.buffer.clear();
        decide(&self.state, &envelope, &mut self.buffer)?;
        self.apply();
        records.push(Record { envelope, events: self.buffer.take() });
        Ok(())
    }

    /// What was decided happens.
    fn apply(&mut self) {
        for event in self.buffer.as_slice() {
            evolve(&mut self.state, event);
        }
    }

    /// Applies recorded events: replay needs no decisions.
    pub fn replay(&mut self, record: &Record) {
        for event in &record.events {
            evolve(&mut self.state, event);
        }
    }
}

/// Whether deciding `next` says what finding it said.
fn is_so_decided(state: &State, next: &Envelope, found: &Events) -> bool {
    let mut events = Events::new();
    decide(state, next, &mut events).is_ok() && events == *found
}
