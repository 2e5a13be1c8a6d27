//! What can happen to a journal on disk: each is named with its place, and either put right
//! without loss of anything acknowledged, or refused.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{append, tell};
use redb::{Database, TableDefinition};
use rhodian_journal::{
    Batch, Divergence, Entry, Error, FORMAT, Head, History, Journal, Outcome, Reader, Sound, Store,
    audit, redecide, replay,
};

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const BATCHES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("batches");
const SNAPSHOTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("snapshots");
const PARTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("parts");

fn file(folder: &Path) -> PathBuf {
    folder.join("journal.redb")
}

/// The story in a folder, with two snapshots; where it stands and its digest.
fn told(folder: &Path) -> (Head, [u8; 32]) {
    let mut store = Store::open(folder).unwrap();
    let venue = tell(&mut store);
    let head = store.head().unwrap();
    let early = replay_up_to(&store, 5);
    store.put_snapshot(store.batch(5).unwrap().unwrap().head(), &early).unwrap();
    store.put_snapshot(head, venue.engine.state()).unwrap();
    (head, venue.engine.state().digest())
}

fn replay_up_to(history: &impl History, number: u64) -> rhodian_core::engine::State {
    let mut state = rhodian_core::engine::State::new(true);
    for batch in history.read_after(0).unwrap().take(number as usize) {
        for (_, event) in batch.unwrap().events() {
            rhodian_core::engine::evolve(&mut state, event);
        }
    }
    state
}

/// Changes a record of a table through the database itself, so that its checksums hold.
fn tamper(folder: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let db = Database::create(file(folder)).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.set_two_phase_commit(true);
    change(&txn);
    txn.commit().unwrap();
}

/// The canonical bytes of a batch.
fn bytes_of(folder: &Path, number: u64) -> Vec<u8> {
    Reader::open(folder).unwrap().0.batch(number).unwrap().unwrap().bytes()
}

/// A record of `bytes` that is kept plain, with `chain`.
fn record(bytes: &[u8], chain: blake3::Hash) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [&[0][..], &length, bytes, chain.as_bytes()].concat()
}

fn put(folder: &Path, number: u64, record: &[u8]) {
    tamper(folder, |txn| {
        txn.open_table(BATCHES).unwrap().insert(number, record).unwrap();
    });
}

/// The first error of opening and reading everything.
fn fault(folder: &Path) -> Error {
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(error) => return error,
    };
    let read = store.read_after(0).unwrap().find_map(Result::err);
    read.unwrap_or_else(|| panic!("nothing is found"))
}

#[track_caller]
fn check(error: &Error, code: &str, place: &str, words: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.place().is_some_and(|found| found.contains(place)), "{:?}", error.place());
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.help().ends_with('.'), "{}", error.help());
}

#[test]
fn a_missing_middle_batch() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    tamper(folder.path(), |txn| {
        txn.open_table(BATCHES).unwrap().remove(7).unwrap();
    });
    check(&fault(folder.path()), "journal-damaged", "batches", "13 batches where 14");
    // And with the count right again.
    tamper(folder.path(), |txn| {
        txn.open_table(BATCHES).unwrap().insert(99, &b"x"[..]).unwrap();
    });
    check(&fault(folder.path()), "journal-damaged", "batch 7", "it is gone: 8 is next");
}

#[test]
fn an_altered_batch() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let bytes = bytes_of(folder.path(), 7);
    let mut altered = bytes.clone();
    altered[20] ^= 1;
    put(folder.path(), 7, &record(&altered, blake3::hash(&bytes)));
    let error = fault(folder.path());
    check(&error, "journal-damaged", "batch 7", "its bytes do not give its chain");
}

#[test]
fn an_altered_batch_with_a_chain_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let mut altered = bytes_of(folder.path(), 7);
    altered[20] ^= 1;
    put(folder.path(), 7, &record(&altered, blake3::hash(&altered)));
    let error = fault(folder.path());
    check(&error, "journal-damaged", "batch 8", "it does not follow the chain of batch 7");
}

#[test]
fn batches_in_another_order() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let (third, fourth) = (bytes_of(folder.path(), 3), bytes_of(folder.path(), 4));
    put(folder.path(), 3, &record(&fourth, blake3::hash(&fourth)));
    put(folder.path(), 4, &record(&third, blake3::hash(&third)));
    check(&fault(folder.path()), "journal-damaged", "batch 3", "it says it is batch 4");
}

#[test]
fn a_newer_format() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    tamper(folder.path(), |txn| {
        let newer = [&(FORMAT + 1).to_le_bytes()[..], b"what it will be"].concat();
        txn.open_table(META).unwrap().insert("stands", newer.as_slice()).unwrap();
    });
    check(&Store::open(folder.path()).unwrap_err(), "journal-newer", "journal.redb", "format 3");
    check(&Reader::open(folder.path()).unwrap_err(), "journal-newer", "journal.redb", "format 3");
}

#[test]
fn a_batch_of_newer_rules() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let mut bytes = bytes_of(folder.path(), 9);
    bytes[2] = u8::MAX;
    put(folder.path(), 9, &record(&bytes, blake3::hash(&bytes)));
    check(&fault(folder.path()), "journal-newer", "batch 9", "rules 255");
}

#[test]
fn a_lost_or_damaged_snapshot_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (head, digest) = told(folder.path());
    let from = |store: &Store| {
        let replayed = replay(store).unwrap();
        assert_eq!((replayed.head, replayed.state.digest()), (head, digest));
        replayed.from.map(|from| from.batches)
    };
    assert_eq!(from(&Store::open(folder.path()).unwrap()), Some(head.batches));
    tamper(folder.path(), |txn| {
        let mut parts = txn.open_table(PARTS).unwrap();
        let mut bytes = {
            use redb::ReadableTable;
            parts.get((head.batches, 0)).unwrap().unwrap().value().to_vec()
        };
        bytes[100] ^= 1;
        parts.insert((head.batches, 0), bytes.as_slice()).unwrap();
    });
    assert_eq!(from(&Store::open(folder.path()).unwrap()), Some(5), "the one before");
    let (reader, _) = Reader::open(folder.path()).unwrap();
    let sound = audit(&reader, None).unwrap().snapshots;
    let unsound = Sound::No("its bytes do not give its digest".into());
    assert_eq!(sound, [(5, Sound::Yes), (head.batches, unsound)]);
    drop(reader);
    tamper(folder.path(), |txn| {
        txn.delete_table(SNAPSHOTS).unwrap();
        txn.open_table(SNAPSHOTS).unwrap();
    });
    assert_eq!(from(&Store::open(folder.path()).unwrap()), None, "from zero");
}

#[test]
fn a_second_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    for second in
        [Store::open(folder.path()).unwrap_err(), Reader::open(folder.path()).unwrap_err()]
    {
        let place = folder.path().display().to_string();
        check(&second, "journal-locked", &place, "another process has the journal open");
    }
    drop(store);
    let first = Reader::open(folder.path()).unwrap();
    let _beside = Reader::open(folder.path()).unwrap();
    assert_eq!(Store::open(folder.path()).unwrap_err().code(), "journal-locked");
    drop((first, _beside));
    Store::open(folder.path()).unwrap();
}

#[test]
fn an_older_copy_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let old = {
        let mut store = Store::open(folder.path()).unwrap();
        append(&mut store, common::Venue::new().at, vec![]);
        drop(store);
        fs::read(file(folder.path())).unwrap()
    };
    let mut store = Store::open(folder.path()).unwrap();
    append(&mut store, common::Venue::new().at, vec![]);
    drop(store);
    fs::write(file(folder.path()), old).unwrap();
    let place = folder.path().display().to_string();
    let error = Store::open(folder.path()).unwrap_err();
    check(&error, "journal-behind", &place, "batch 2, event 0");
    assert_eq!(Reader::open(folder.path()).unwrap_err().code(), "journal-behind");
    // On purpose, as the help says.
    fs::remove_file(folder.path().join("acknowledged")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.head().unwrap().batches, 1);
    assert_eq!(store.remarks()[0].code, "journal-mark-renewed");
}

#[test]
fn a_lost_journal_and_a_damaged_mark() {
    let folder = tempfile::tempdir().unwrap();
    let (head, _) = told(folder.path());
    let mark = folder.path().join("acknowledged");
    let mut bytes = fs::read(&mark).unwrap();
    bytes[12] ^= 1;
    fs::write(&mark, bytes).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(store.remarks()[0].message, "it was damaged");
    drop(store);
    assert!(Store::open(folder.path()).unwrap().remarks().is_empty(), "it is renewed");
    fs::remove_file(file(folder.path())).unwrap();
    check(&Store::open(folder.path()).unwrap_err(), "journal-behind", "", "was acknowledged");
    assert_eq!(Reader::open(folder.path()).unwrap_err().code(), "journal-absent");
}

#[test]
fn a_file_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file(folder.path()), "a text of more than a few bytes ".repeat(400)).unwrap();
    check(
        &Store::open(folder.path()).unwrap_err(),
        "journal-damaged",
        "journal.redb",
        "no journal",
    );
}

#[test]
fn reading_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (head, _) = told(folder.path());
    // As a killed process leaves it: copied while it is open.
    let unclean = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fs::copy(file(folder.path()), file(unclean.path())).unwrap();
    drop(store);
    let before = fs::read(file(unclean.path())).unwrap();
    let (reader, remarks) = Reader::open(unclean.path()).unwrap();
    assert_eq!(audit(&reader, None).unwrap().head, head);
    assert_eq!(remarks.len(), 1, "the mark was not copied");
    drop(reader);
    assert!(fs::read(file(unclean.path())).unwrap() == before, "not a byte");
    assert_eq!(fs::read_dir(unclean.path()).unwrap().count(), 1, "not a file");
}

/// Flips one bit of the file at each of `places`: it is refused by name, or it harms nothing.
fn flip(places: impl Fn(usize) -> Vec<usize>) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (head, digest) = told(folder.path());
    let whole = fs::read(file(folder.path())).unwrap();
    let mark = fs::read(folder.path().join("acknowledged")).unwrap();
    let (mut refused, mut harmless) = (0, 0);
    for (count, place) in places(whole.len()).into_iter().enumerate() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (count % 8);
        fs::write(file(folder.path()), &bytes).unwrap();
        fs::write(folder.path().join("acknowledged"), &mark).unwrap();
        let told = format!("byte {place}, bit {}", count % 8);
        match Store::open(folder.path()) {
            Err(error) => {
                let named = ["journal-damaged", "journal-behind"].contains(&error.code());
                let storage = matches!(error, Error::Storage { .. });
                assert!(named || storage, "{told}: {error}");
                assert!(error.place().is_some_and(|place| !place.is_empty()), "{told}");
                refused += 1;
            }
            Ok(store) => {
                assert_eq!(store.head().unwrap(), head, "{told}");
                let sound = store.read_after(0).unwrap().all(|batch| batch.is_ok());
                assert!(sound, "{told}: opened, and damaged");
                assert_eq!(replay(&store).unwrap().state.digest(), digest, "{told}");
                harmless += 1;
            }
        }
    }
    (refused, harmless)
}

#[test]
fn a_flipped_bit() {
    // The whole header, and some bytes of every page.
    let (refused, harmless) = flip(|length| {
        let header = 0..400;
        let pages = (4096..length).step_by(4096).flat_map(|page| [page + 3, page + 700]);
        header.chain(pages.filter(|place| *place < length)).collect()
    });
    println!("{refused} flipped bits were refused by name, {harmless} harmed nothing");
    assert!(refused > 50, "{refused}");
}

#[test]
#[ignore = "minutes: run by .ci/full"]
fn flipped_bits_all_over_the_file() {
    let (refused, harmless) = flip(|length| (0..length).step_by(29).collect());
    println!("{refused} flipped bits were refused by name, {harmless} harmed nothing");
}

/// One bit of the header says which of the last two commits counts. The one before is whole, its
/// checksums hold: only what was acknowledged tells.
#[test]
fn a_flipped_bit_that_sets_the_journal_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    tell(&mut store);
    // As a killed process leaves it: closing writes the same state twice.
    let whole = fs::read(file(folder.path())).unwrap();
    drop(store);
    let codes = (0..8).map(|bit| {
        let mut bytes = whole.clone();
        bytes[9] ^= 1 << bit;
        fs::write(file(folder.path()), bytes).unwrap();
        Store::open(folder.path()).map_or_else(|error| error.code(), |_| "harmless")
    });
    let codes: Vec<&str> = codes.collect();
    assert!(codes.contains(&"journal-behind"), "{codes:?}");
}

#[test]
fn a_torn_tail() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let whole = fs::read(file(folder.path())).unwrap();
    for length in [1, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(file(folder.path()), &whole[..length]).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. } | Error::Storage { .. }),
            "{length}: {error}"
        );
        assert!(error.place().is_some_and(|place| place.contains("journal.redb")));
    }
    // What was written past the end by nobody.
    fs::write(file(folder.path()), [&whole[..], &[7; 100]].concat()).unwrap();
    check(&Store::open(folder.path()).unwrap_err(), "journal-damaged", "journal.redb", "");
}

#[test]
fn todays_rules_against_what_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    told(folder.path());
    let (reader, _) = Reader::open(folder.path()).unwrap();
    let mut differences = Vec::new();
    let mut report = |difference| differences.push(difference);
    let audited = audit(&reader, Some(&mut report)).unwrap();
    let commands = audited.redecided.unwrap();
    assert!(commands > audited.commands, "duties are among the {commands}");
    assert!(audited.refused > 0 || audited.commands == 67);
    assert_eq!(differences, [], "the same rules decide alike");

    // A history that other rules made: an event changed, a refusal undone, a duty left out.
    let mut memory = rhodian_journal::Memory::new();
    let mut entries: Vec<Entry> = Vec::new();
    for batch in reader.read_after(0).unwrap() {
        let Batch { entries: found, .. } = batch.unwrap();
        entries.extend(found);
    }
    let doubled = entries.iter().position(|entry| entry.records.len() == 1).unwrap();
    let before: usize = entries[doubled].records[0].events.len();
    let event = entries[doubled].records[0].events[0].clone();
    entries[doubled].records[0].events.push(event);
    let last = entries.last_mut().unwrap();
    let command = Box::new(last.records[0].envelope.clone());
    let (code, problem) = ("of old".to_owned(), "{}".to_owned());
    last.outcome = Outcome::Rejected { command, code, problem };
    last.records.clear();
    append(&mut memory, common::Venue::new().at, entries);
    let mut differences = Vec::new();
    redecide(&memory, |difference| differences.push(difference)).unwrap();
    let first = &differences[0];
    let Divergence::Event { sequence, recorded: Some(_), today: None } = &first.divergence else {
        panic!("{first:?}")
    };
    assert_eq!(*sequence, first.sequence + before as u64, "the event that was added");
    let undone = &differences.last().unwrap().divergence;
    assert!(
        matches!(undone, Divergence::Accepted(code) | Divergence::Reason(code, _)
        if code == "of old"),
        "{undone}"
    );
}
