//! The journal against what it stands on: the hash, `fdatasync`, the copy of memory.
//! `cargo bench -p rhodian-journal --bench journal [-- ACCOUNTS EVENTS]`
//!
//! Without arguments: 437,723 accounts and 3.24 M events, the size of a day in October 2025.

mod exchange;

use std::env;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use borsh::BorshSerialize;
use exchange::{Draws, MARKETS, fill, marks, set_up};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome as Done};
use rhodian_core::ids::Time;
use rhodian_journal::{
    Entry, History, Journal, Key, Outcome, Store, input, replay, replay_from_zero,
};

/// Commands in a batch of a second of the day.
const SECONDS: usize = 720;
const ROUNDS: usize = 7;

struct Venue {
    engine: Engine,
    at: Time,
}

impl Venue {
    fn entry(&mut self, key: Option<Key>, action: Action) -> Entry {
        let actor = Actor::VENUE;
        let input = input(&actor, &action);
        match self.engine.execute(Envelope { at: self.at, actor, action }) {
            Done::Accepted(records) => Entry { key, input, records, outcome: Outcome::Accepted },
            Done::Rejected(_, rejection) => panic!("{rejection}"),
        }
    }
}

fn events(entries: &[Entry]) -> u64 {
    let records = entries.iter().flat_map(|entry| &entry.records);
    records.map(|record| record.events.len() as u64).sum()
}

/// CPU time of this thread: other work on the machine does not count.
fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The time within which `part` of a hundred came.
fn of_hundred(times: &mut [f64], part: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * part).div_ceil(100).saturating_sub(1)]
}

/// Encoding and hashing, by the size of the batch.
fn chain(venue: &mut Venue, draws: &mut Draws, accounts: u32, numbers: &mut [u64]) {
    println!("events a batch   bytes an event   borsh, ns   hash, ns   hash, GB/s");
    for size in [1, 64, 1_024, 8_192] {
        let make = |_| venue.entry(None, fill(draws, accounts, numbers));
        let entries: Vec<Entry> = (0..size).map(make).collect();
        let count = events(&entries) as f64;
        let times = (20_000 / size).clamp(9, 1_000);
        let (mut encode, mut hash) = (Vec::new(), Vec::new());
        let mut bytes = Vec::new();
        for _ in 0..times {
            bytes.clear();
            let began = thread_seconds();
            entries.serialize(&mut bytes).unwrap();
            encode.push((thread_seconds() - began) * 1e9 / count);
            let began = thread_seconds();
            black_box(blake3::hash(&bytes));
            hash.push((thread_seconds() - began) * 1e9 / count);
        }
        let each = bytes.len() as f64 / count;
        let (encode, hash) = (median(&mut encode), median(&mut hash));
        let speed = each / hash;
        println!("{size:14} {each:16.0} {encode:11.1} {hash:10.1} {speed:12.2}");
    }
}

/// What a batch costs to be durable, beside a bare file that is written and synced in turn.
fn commits(folder: &Path, venue: &mut Venue, draws: &mut Draws, accounts: u32, n: &mut [u64]) {
    println!(
        "events a batch   keys      commit p50, p99, ms    fdatasync p50, p99   p99 ratio   M events/s"
    );
    let cases = [1, 100, 1_000, 10_000].map(|size| (size, "none"));
    for (size, keys) in cases.into_iter().chain([(10_000, "rising"), (10_000, "drawn")]) {
        let mut store = Store::open(folder.join(format!("{size}-{keys}"))).unwrap();
        let mut bare = File::create(folder.join("bare")).unwrap();
        // Enough that the slowest of all is not the p99.
        let count = if size < 10_000 { 300 } else { 120 };
        let (mut durable, mut synced, mut done) = (Vec::new(), Vec::new(), 0);
        for round in 0..count {
            let make = |at: u64| {
                // As clients make them: by the clock, or in no order at all.
                let key = match keys {
                    "rising" => Key::new(&format!("{round:012x}-{at:016x}")),
                    "drawn" => {
                        let drawn = u64::from(draws.below(u32::MAX)) << 32 | at;
                        Key::new(&format!("{drawn:016x}-{round:012x}"))
                    }
                    _ => None,
                };
                venue.entry(key, fill(draws, accounts, n))
            };
            let entries: Vec<Entry> = (0..size).map(make).collect();
            let bytes = borsh::to_vec(&entries).unwrap();
            let began = Instant::now();
            bare.write_all(&bytes).unwrap();
            bare.sync_data().unwrap();
            synced.push(began.elapsed().as_secs_f64() * 1e3);
            done += events(&entries);
            let head = store.head().unwrap();
            let began = Instant::now();
            black_box(store.append_if(head, Time(1), entries).unwrap());
            durable.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let total: f64 = durable.iter().sum();
        let (half, most) = (of_hundred(&mut durable, 50), of_hundred(&mut durable, 99));
        let (bare_half, bare_most) = (of_hundred(&mut synced, 50), of_hundred(&mut synced, 99));
        let (ratio, speed) = (most / bare_most, done as f64 / total / 1e3);
        println!(
            "{size:14} {keys:>6} {half:12.2} {most:8.2} {bare_half:14.2} {bare_most:8.2} \
             {ratio:11.2} {speed:12.3}"
        );
    }
}

/// A day of `count` events: the accounts are opened, then a second is a mark and its fills.
fn day(store: &mut Store, venue: &mut Venue, accounts: u32, count: u64) {
    let mut entries = Vec::new();
    let mut opened = Vec::new();
    set_up(accounts, &mut |action| opened.push(action));
    let mut done = 0;
    let mut append = |entries: &mut Vec<Entry>, at| {
        let head = store.head().unwrap();
        store.append_if(head, at, std::mem::take(entries)).unwrap();
        store.head().unwrap().events
    };
    for action in opened {
        entries.push(venue.entry(None, action));
        if entries.len() == 8_192 {
            done = append(&mut entries, venue.at);
        }
    }
    done = append(&mut entries, venue.at).max(done);
    let (mut draws, mut numbers) = (Draws(1), vec![0; MARKETS as usize]);
    for second in 0..SECONDS {
        venue.at = venue.at.after(1_000);
        entries.push(venue.entry(None, marks(&mut draws)));
        let wanted = (count - done.min(count)) / (SECONDS - second) as u64;
        while events(&entries) < wanted {
            for _ in 0..(wanted - events(&entries)).div_ceil(2) {
                entries.push(venue.entry(None, fill(&mut draws, accounts, &mut numbers)));
            }
        }
        done = append(&mut entries, venue.at);
    }
}

fn snapshots(store: &mut Store, venue: &Venue) {
    let state = venue.engine.state();
    let length = borsh::to_vec(state).unwrap().len() as f64;
    let head = store.head().unwrap();
    let (mut kept, mut digests) = (Vec::new(), Vec::new());
    let (mut read, mut encoded) = (Vec::new(), Vec::new());
    let mut bytes = Vec::with_capacity(length as usize);
    for _ in 0..3 {
        let began = Instant::now();
        bytes.clear();
        state.serialize(&mut bytes).unwrap();
        encoded.push(length / began.elapsed().as_secs_f64() / 1e9);
        let began = Instant::now();
        black_box(blake3::hash(&bytes));
        digests.push(length / began.elapsed().as_secs_f64() / 1e9);
        let began = Instant::now();
        store.put_snapshot(head, state).unwrap();
        kept.push(length / began.elapsed().as_secs_f64() / 1e9);
        let began = Instant::now();
        black_box(store.latest_snapshot().unwrap());
        read.push(length / began.elapsed().as_secs_f64() / 1e9);
    }
    println!(
        "snapshot of {:.0} MB, GB/s: encoding alone {:.2}, blake3 alone {:.2}, durable {:.2}, \
         read back {:.2}",
        length / 1e6,
        median(&mut encoded),
        median(&mut digests),
        median(&mut kept),
        median(&mut read)
    );
}

fn main() {
    let mut asked = env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let accounts = asked.next().map_or(437_723, |accounts| accounts as u32);
    let count = asked.next().unwrap_or(3_240_000);
    let folder = tempfile::tempdir().unwrap();
    let mut small = Venue { engine: Engine::new(), at: Time(1) };
    set_up(10_000, &mut |action| drop(small.entry(None, action)));
    let (mut draws, mut numbers) = (Draws(1), vec![0; MARKETS as usize]);
    chain(&mut small, &mut draws, 10_000, &mut numbers);
    commits(folder.path(), &mut small, &mut draws, 10_000, &mut numbers);

    let mut venue = Venue { engine: Engine::new(), at: Time(1) };
    let path = folder.path().join("day");
    let mut store = Store::open(&path).unwrap();
    let began = Instant::now();
    day(&mut store, &mut venue, accounts, count);
    let head = store.head().unwrap();
    let made = began.elapsed().as_secs_f64();
    println!(
        "a day of {} events in {} batches, decided and kept in {made:.1} s",
        head.events, head.batches
    );
    let digest = venue.engine.state().digest();
    let mut times = Vec::new();
    for _ in 0..ROUNDS.min(3) {
        let began = Instant::now();
        let replayed = replay_from_zero(&store).unwrap();
        times.push(began.elapsed().as_secs_f64());
        assert_eq!(replayed.state.digest(), digest, "to the last bit");
    }
    let whole = median(&mut times);
    let began = Instant::now();
    let batches = store.read_after(0).unwrap().map(|batch| batch.unwrap().count());
    assert_eq!(batches.sum::<u64>(), head.events);
    let read = began.elapsed().as_secs_f64();
    println!("replay from zero {whole:.2} s, of it reading and checking the chain {read:.2} s");
    snapshots(&mut store, &venue);
    let began = Instant::now();
    assert_eq!(replay(&store).unwrap().state.digest(), digest, "to the last bit");
    println!("replay from a snapshot at the end {:.2} s", began.elapsed().as_secs_f64());
    drop(store);
    let bytes = std::fs::metadata(path.join("journal.redb")).unwrap().len() as f64;
    let began = Instant::now();
    drop(Store::open(&path).unwrap());
    let opened = began.elapsed().as_secs_f64();
    println!("opening {:.0} MB, every page checked {opened:.2} s", bytes / 1e6);
}
