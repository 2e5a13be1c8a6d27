//! Commands out of bytes, by the generator of the engine's tests: nothing panics, a rejection
//! changes nothing but the clock, every law holds after every event, the watch changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rhodian_core::engine::{Engine, Envelope, Outcome, State, duty, evolve};
use rhodian_core::ids::Time;
use rhodian_core::invariants::{self, Running};

#[path = "../../crates/core/tests/commands/mod.rs"]
mod commands;

fuzz_target!(|data: &[u8]| {
    let mut engine = Engine::new();
    let mut blind = Engine::without_watch();
    let mut audited = State::new(true);
    let mut running = Running::default();
    let mut bytes = commands::Bytes(data);
    let mut at = Time(0);
    while !bytes.is_empty() {
        let (actor, wait, action) = commands::command(&mut bytes);
        at = at.after(wait);
        let before = engine.state().digest();
        let outcome = engine.execute(Envelope { at, actor, action: action.clone() });
        assert_eq!(outcome, blind.execute(Envelope { at, actor, action }));
        let records = match outcome {
            Outcome::Accepted(records) => records,
            Outcome::Rejected(records, _) => {
                assert!(!records.is_empty() || before == engine.state().digest());
                records
            }
        };
        for event in records.iter().flat_map(|record| &record.events) {
            evolve(&mut audited, event);
            running.after(event, &audited).unwrap_or_else(|broken| panic!("{broken}"));
            invariants::check(&audited).unwrap_or_else(|broken| panic!("{broken}"));
        }
        assert_eq!(audited.digest(), engine.state().digest());
        assert!(duty(engine.state()).is_none());
    }
});
