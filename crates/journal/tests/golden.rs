//! The bytes of the journal, pinned: what was written is read for ever, by whatever rules decide
//! today. A wanted change of the format raises `FORMAT` and gets new files; the old ones stay.
//! Format 1 was never released: its folder stays to be refused.

mod common;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use borsh::BorshDeserialize;
use common::{key, tell};
use rhodian_core::engine::RULES_VERSION;
use rhodian_journal::{
    Batch, Error, FORMAT, Head, History, Journal, Kept, Memory, Outcome, Reader, Store, audit,
    replay,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn rendering() -> bool {
    env::var_os("RHODIAN_RENDER").is_some()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn told() -> Memory {
    let mut memory = Memory::new();
    tell(&mut memory);
    memory
}

/// The text of a golden file, made anew where that is asked for.
fn golden(file: &str, make: impl FnOnce() -> String) -> String {
    let path = folder().join(file);
    if rendering() {
        fs::write(&path, make()).unwrap();
    }
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Number, chain and canonical bytes of every batch of the story, as format 2 wrote them.
#[test]
fn batches_of_format_2() {
    let make = || {
        let line = |batch: Batch| {
            format!("{} {} {}\n", batch.number, hex(&batch.chain), hex(&batch.bytes()))
        };
        told().read_after(0).unwrap().map(|batch| line(batch.unwrap())).collect()
    };
    let text = golden("batches-2.txt", make);
    let mut head = Head::default();
    let (mut accepted, mut refused, mut keys) = (0, 0, 0);
    for line in text.lines() {
        let mut words = line.split(' ');
        let number: u64 = words.next().unwrap().parse().unwrap();
        let chain = bytes(words.next().unwrap());
        let written = bytes(words.next().unwrap());
        let batch = Batch::read(&written, || format!("line {number}")).unwrap();
        assert_eq!(batch.bytes(), written, "batch {number} is written as it was read");
        assert_eq!(blake3::hash(&written).as_bytes().as_slice(), chain);
        assert_eq!((batch.format, batch.number), (2, number));
        assert_eq!((batch.previous, batch.first), (head.chain, head.events + 1));
        for entry in &batch.entries {
            match entry.outcome {
                Outcome::Accepted => accepted += 1,
                Outcome::Rejected { .. } => refused += 1,
            }
            keys += usize::from(entry.key.is_some());
        }
        head = batch.head();
    }
    assert!(accepted > 50 && refused > 0 && keys > 10, "{accepted}, {refused}, {keys}");
}

#[test]
fn records_of_format_2() {
    let make = || {
        let memory = told();
        let head = borsh::to_vec(&memory.head().unwrap()).unwrap();
        let kept = borsh::to_vec(&memory.kept(&key("story-2-0")).unwrap().unwrap()).unwrap();
        format!("head {}\nkept {}\n", hex(&head), hex(&kept))
    };
    let text = golden("records-2.txt", make);
    let record = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        bytes(line.trim())
    };
    let head = Head::try_from_slice(&record("head")).unwrap();
    assert_eq!((head.batches, borsh::to_vec(&head).unwrap()), (14, record("head")));
    let kept = Kept::try_from_slice(&record("kept")).unwrap();
    assert_eq!((kept.batch, kept.entry), (3, 0));
    assert_eq!(borsh::to_vec(&kept).unwrap(), record("kept"));
}

/// A folder as format 2 left it: every later one must open it.
#[test]
fn a_folder_of_format_2_opens() {
    let golden = folder().join("folder-2");
    if rendering() {
        fs::remove_dir_all(&golden).unwrap_or_default();
        let mut store = Store::open(&golden).unwrap();
        let venue = tell(&mut store);
        let head = store.head().unwrap();
        store.put_snapshot(head, venue.engine.state()).unwrap();
    }
    let copy = tempfile::tempdir().unwrap();
    for file in ["journal.redb", "acknowledged"] {
        fs::copy(golden.join(file), copy.path().join(file)).unwrap();
    }
    let (reader, remarks) = Reader::open(copy.path()).unwrap();
    assert_eq!(remarks, []);
    let audited = audit(&reader, None).unwrap();
    assert_eq!((audited.head.batches, audited.commands), (14, 67));
    drop(reader);
    let mut store = Store::open(copy.path()).unwrap();
    assert_eq!(replay(&store).unwrap().state.digest(), audited.digest);
    common::append(&mut store, common::Venue::new().at, vec![]);
}

/// A folder as it was left before the first release, when each amount took sixteen bytes: refused
/// by its format, not called damaged.
#[test]
fn a_folder_of_format_1_is_refused() {
    let copy = tempfile::tempdir().unwrap();
    for file in ["journal.redb", "acknowledged"] {
        fs::copy(folder().join("folder-1").join(file), copy.path().join(file)).unwrap();
    }
    let check = |error: Error| {
        assert_eq!(error.code(), "journal-older", "{error}");
        assert_eq!(error.to_string(), "written before the first release: format 1, this is 2");
        assert!(error.place().unwrap().ends_with("journal.redb"));
    };
    check(Reader::open(copy.path()).unwrap_err());
    check(Store::open(copy.path()).unwrap_err());
    let mut batch = told().read_after(0).unwrap().next().unwrap().unwrap();
    batch.format = 1;
    check(Batch::read(&batch.bytes(), || "journal.redb".into()).unwrap_err());
}

/// What the rules make of the story: they may not change under the same version.
#[test]
fn the_rules_are_those_of_their_version() {
    let make = || {
        let replayed = replay(&told()).unwrap();
        format!("{}\n{}\n", hex(&replayed.head.chain), hex(&replayed.state.digest()))
    };
    let text = golden(&format!("rules-{RULES_VERSION}.txt"), make);
    assert!(
        text == make(),
        "the same commands make other events, or the state has other bytes: if this version was \
         released, raise RULES_VERSION in core; write the file, see RHODIAN_RENDER"
    );
    assert_eq!(FORMAT, 2, "a new format has files of its own here");
}
