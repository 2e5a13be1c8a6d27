//! Commands and events as JSON and as canonical bytes: decoding never panics, what decodes is
//! encoded the same way again, and the engine takes or refuses whatever decodes.
#![no_main]

use std::fmt::Debug;
use std::sync::LazyLock;

use borsh::{BorshDeserialize, BorshSerialize};
use libfuzzer_sys::fuzz_target;
use rhodian_core::engine::{Engine, Envelope, Event, Outcome, Record, duty};
use rhodian_core::invariants;
use serde::{Serialize, de::DeserializeOwned};

mod edits;

/// The commands of the published story.
const COMMANDS: &str = include_str!("../../crates/core/tests/golden/commands.ndjson");

/// The story, told once.
struct Story {
    /// The engine before the story and after each of its commands.
    engines: Vec<Engine>,
    /// Its commands and its events as JSON, then its records as canonical bytes.
    texts: Vec<Vec<u8>>,
}

static STORY: LazyLock<Story> = LazyLock::new(|| {
    let mut engines = vec![Engine::new()];
    let mut texts: Vec<Vec<u8>> = COMMANDS.lines().map(Into::into).collect();
    let mut records = Vec::new();
    for line in COMMANDS.lines() {
        let mut engine = engines.last().unwrap().clone();
        records.extend(run(&mut engine, serde_json::from_str(line).unwrap()));
        engines.push(engine);
    }
    let events = records.iter().flat_map(|record| &record.events);
    texts.extend(events.map(|event| serde_json::to_vec(event).unwrap()));
    texts.extend(records.iter().map(|record| borsh::to_vec(record).unwrap()));
    // One byte chooses among the texts.
    let step = texts.len().div_ceil(250);
    let texts = texts.into_iter().step_by(step).collect();
    Story { engines, texts }
});

fn run(engine: &mut Engine, envelope: Envelope) -> Vec<Record> {
    match engine.execute(envelope) {
        Outcome::Accepted(records) | Outcome::Rejected(records, _) => records,
    }
}

/// A value is the same after each way there and back.
fn comes_back<T>(value: &T)
where
    T: Serialize + DeserializeOwned + BorshSerialize + BorshDeserialize + PartialEq + Debug,
{
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    assert_eq!(&borsh::from_slice::<T>(&borsh::to_vec(value).unwrap()).unwrap(), value);
}

fn canonical<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> Option<T> {
    let value: T = borsh::from_slice(bytes).ok()?;
    assert_eq!(borsh::to_vec(&value).unwrap(), bytes);
    Some(value)
}

fuzz_target!(|data: &[u8]| {
    let Some((told, rest)) = data.split_first() else { return };
    let texts: Vec<&[u8]> = STORY.texts.iter().map(Vec::as_slice).collect();
    let text = edits::edited(&texts, rest);
    let mut given: Vec<Envelope> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        given.extend(serde_json::from_slice::<Envelope>(line));
        if let Ok(event) = serde_json::from_slice::<Event>(line) {
            comes_back(&event);
        }
    }
    given.extend(canonical::<Envelope>(&text));
    if let Some(record) = canonical::<Record>(&text) {
        comes_back(&record);
        given.push(record.envelope);
    }
    let mut engine = STORY.engines[usize::from(*told) % STORY.engines.len()].clone();
    for envelope in given {
        comes_back(&envelope);
        run(&mut engine, envelope).iter().for_each(comes_back);
        invariants::check(engine.state()).unwrap_or_else(|broken| panic!("{broken}"));
        assert!(duty(engine.state()).is_none());
    }
});
