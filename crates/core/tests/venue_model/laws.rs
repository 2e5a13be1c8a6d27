//! The laws on the way: what an auditor sees, who has the events alone.

use rhodian_core::engine::{Record, State, evolve};
use rhodian_core::invariants::{self, Running};

/// A state built from the events, and the laws in both forms: running after every event, full
/// after every command.
pub struct Laws {
    seed: u64,
    audited: State,
    running: Running,
}

impl Laws {
    pub fn new(seed: u64) -> Self {
        Self { seed, audited: State::new(true), running: Running::default() }
    }

    /// Checks what a command did; `state` is where the engine stands.
    pub fn after(&mut self, records: &[Record], state: &State) {
        let seed = self.seed;
        for event in records.iter().flat_map(|record| &record.events) {
            evolve(&mut self.audited, event);
            let held = self.running.after(event, &self.audited);
            held.unwrap_or_else(|broken| panic!("venue {seed}: {broken} after {event:?}"));
        }
        let commands = records.first().map(|record| &record.envelope.action);
        let held = invariants::check(&self.audited);
        held.unwrap_or_else(|broken| panic!("venue {seed}: {broken} after {commands:?}"));
        let same = self.audited.digest() == state.digest();
        assert!(same, "venue {seed}: events are not everything after {commands:?}");
    }
}
