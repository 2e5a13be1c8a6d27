//! The store against its model, the journal in memory: the same answers to the same calls.

mod common;

use std::path::Path;

use common::{Venue, append, key, tell, try_append};
use rhodian_core::engine::Action;
use rhodian_core::ids::Time;
use rhodian_journal::{Error, Head, History, Journal, Memory, Store, replay, replay_from_zero};

fn batches(history: &impl History, sequence: u64) -> Vec<rhodian_journal::Batch> {
    history.read_from(sequence).unwrap().map(Result::unwrap).collect()
}

fn store(folder: &Path) -> Store {
    Store::open(folder).unwrap()
}

#[test]
fn the_store_answers_as_the_model_does() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut memory) = (store(folder.path()), Memory::new());
    let told = tell(&mut store);
    tell(&mut memory);
    let head = memory.head().unwrap();
    assert!(head.batches > 10 && head.events > 100, "{head}");
    let reader = store.reader();
    for asked in [&store as &dyn History, &reader] {
        assert_eq!(asked.head().unwrap(), head);
        for number in 0..head.batches + 2 {
            assert_eq!(asked.batch(number).unwrap(), memory.batch(number).unwrap(), "{number}");
        }
        for sequence in 0..head.events + 3 {
            let numbers = |history: &dyn History| -> Vec<u64> {
                history.read_from(sequence).unwrap().map(|batch| batch.unwrap().number).collect()
            };
            assert_eq!(numbers(asked), numbers(&memory), "from event {sequence}");
        }
        for text in ["story-0-0", "story-3-3", "story-3-1", "nobody"] {
            let (found, model) = (asked.kept(&key(text)), memory.kept(&key(text)));
            assert_eq!(found.unwrap(), model.unwrap(), "key {text}");
        }
    }
    assert_eq!(batches(&store, 1), batches(&memory, 1));
    let digest = told.engine.state().digest();
    assert_eq!(replay(&store).unwrap().state.digest(), digest);
    assert_eq!(replay(&memory).unwrap().state.digest(), digest);
}

#[test]
fn a_journal_stands_after_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let head = {
        let mut store = store(folder.path());
        assert_eq!(store.head().unwrap(), Head::default());
        tell(&mut store);
        store.head().unwrap()
    };
    let mut store = store(folder.path());
    assert_eq!(store.head().unwrap(), head);
    assert!(store.remarks().is_empty(), "{:?}", store.remarks());
    let mut venue = Venue::resume(replay(&store).unwrap().state);
    let entry = venue.act(Some(key("late")), Action::Tick);
    let batch = append(&mut store, venue.at, vec![entry]);
    assert_eq!((batch.number, batch.previous), (head.batches + 1, head.chain));
    assert_eq!(store.kept(&key("late")).unwrap().unwrap().batch, batch.number);
}

#[test]
fn who_lost_count_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut memory) = (store(folder.path()), Memory::new());
    fn check(journal: &mut impl Journal) {
        let mut venue = Venue::new();
        let before = journal.head().unwrap();
        append(journal, Time(1), venue.open());
        let head = journal.head().unwrap();
        let refused = journal.append_if(before, Time(2), vec![]).unwrap_err();
        assert!(matches!(refused, Error::Moved { expected, stands }
            if expected == before && stands == head));
        assert_eq!(journal.head().unwrap(), head);
    }
    check(&mut store);
    check(&mut memory);
}

#[test]
fn a_key_is_good_for_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut memory) = (store(folder.path()), Memory::new());
    fn check(journal: &mut impl Journal) {
        let mut venue = Venue::new();
        append(journal, Time(1), venue.open());
        let once = venue.deposit_as(Some(key("once")), 0, 5);
        let kept = once.input;
        append(journal, Time(2), vec![venue.deposit(1, 1), once.clone()]);
        let head = journal.head().unwrap();
        let other = venue.deposit_as(Some(key("other")), 0, 5);
        for entries in [vec![other.clone(), once], vec![other.clone(), other]] {
            let refused = try_append(journal, Time(3), entries).unwrap_err();
            assert!(matches!(refused, Error::KeyTaken { .. }), "{refused}");
            assert_eq!(journal.head().unwrap(), head);
            assert_eq!(journal.kept(&key("other")).unwrap(), None, "nothing half-applied");
        }
        let found = journal.kept(&key("once")).unwrap().unwrap();
        assert_eq!((found.batch, found.entry, found.input), (2, 1, kept));
        append(journal, Time(4), vec![venue.deposit(1, 1)]);
    }
    check(&mut store);
    check(&mut memory);
}

#[test]
fn replay_goes_on_from_the_latest_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut memory) = (store(folder.path()), Memory::new());
    fn check(journal: &mut impl Journal) {
        let mut venue = Venue::new();
        append(journal, Time(1), venue.open());
        let mut heads = Vec::new();
        for atoms in 1..=5 {
            let entry = venue.deposit(2, atoms);
            append(journal, Time(2), vec![entry]);
            heads.push((journal.head().unwrap(), venue.engine.state().clone()));
        }
        let (last, late) = heads[4].clone();
        for (head, state) in [heads[0].clone(), heads[3].clone(), heads[1].clone()] {
            journal.put_snapshot(head, &state).unwrap();
        }
        let replayed = replay(journal).unwrap();
        assert_eq!((replayed.head, replayed.state.digest()), (last, late.digest()));
        assert!(replayed.state.is_watch_right());
        let zero = replay_from_zero(journal).unwrap();
        assert_eq!((zero.from, zero.state.digest()), (None, late.digest()));
        let never = Head { events: last.events + 1, ..last };
        let refused = journal.put_snapshot(never, &late).unwrap_err();
        assert!(matches!(refused, Error::NotOurs { .. }), "{refused}");
        journal.put_snapshot(last, &late).unwrap();
        assert_eq!(replay(journal).unwrap().from, Some(last));
    }
    check(&mut store);
    check(&mut memory);
    assert_eq!(store.reader().snapshot_numbers().unwrap().len(), 3);
}
