//! `kill -9` at random moments under load. The test starts itself again as the process to be
//! killed: that one appends and acknowledges on standard output, this one opens what is left.
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{Venue, append, key};
use rhodian_journal::{History, Journal, Store, replay, replay_from_zero};

/// The folder, for the process that is to be killed.
const CHILD: &str = "RHODIAN_JOURNAL_CHILD";

/// Appends until it is killed; each line it prints is an acknowledgement: batches and chain.
fn append_under_load(folder: &Path) -> ! {
    let mut store = Store::open(folder).unwrap();
    let mut venue = Venue::resume(replay(&store).unwrap().state);
    let mut out = std::io::stdout();
    if store.head().unwrap().batches == 0 {
        let entries = venue.open();
        append(&mut store, venue.at, entries);
    }
    loop {
        let number = store.head().unwrap().batches;
        let deposit = |at: u64| {
            let key = at.is_multiple_of(3).then(|| key(&format!("k-{number}-{at}")));
            venue.deposit_as(key, (at % 3) as u32, u128::from(number + at) + 1)
        };
        let entries = (0..1 + number % 40).map(deposit).collect();
        let batch = append(&mut store, venue.at, entries);
        let chain: String = batch.chain.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "ack {} {chain}", batch.number).unwrap();
        out.flush().unwrap();
        if number.is_multiple_of(25) {
            let head = store.head().unwrap();
            store.put_snapshot(head, venue.engine.state()).unwrap();
        }
    }
}

/// Kills the process `times` times and holds what is left against what it acknowledged.
fn kill(test: &str, times: u32) {
    if let Some(folder) = env::var_os(CHILD) {
        append_under_load(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut random = now.as_nanos() as u64 | 1;
    let seed = random;
    let mut acknowledged: BTreeMap<u64, String> = BTreeMap::new();
    let (mut unacknowledged, mut opening) = (0, 0);
    for killed in 1..=times {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--include-ignored", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Now and then while it opens; else some moments after its first acknowledgement.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard: Vec<String> = Vec::new();
        if random.is_multiple_of(8) {
            sleep(Duration::from_micros(random % 40_000));
        } else {
            let began = Instant::now();
            for line in lines.by_ref() {
                heard.push(line.unwrap());
                if heard.last().is_some_and(|line| line.starts_with("ack")) {
                    break;
                }
                assert!(began.elapsed() < Duration::from_secs(120), "it says nothing");
            }
            sleep(Duration::from_micros(random % 80_000));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        heard.extend(lines.map_while(Result::ok));
        let before = acknowledged.len();
        for line in heard.iter().filter_map(|line| line.strip_prefix("ack ")) {
            // The last line may be cut short: then nobody was told.
            let Some((number, chain)) = line.split_once(' ').filter(|(_, c)| c.len() == 64) else {
                continue;
            };
            acknowledged.insert(number.parse().unwrap(), chain.to_owned());
        }
        opening += u32::from(acknowledged.len() == before);
        unacknowledged += check(folder.path(), &acknowledged, killed, seed);
    }
    println!(
        "killed {times} times (seed {seed}), {opening} of them before an acknowledgement: {} \
         batches acknowledged, none lost; {unacknowledged} times one more was whole",
        acknowledged.len()
    );
    assert!(acknowledged.len() as u32 >= times / 2, "hardly anything was acknowledged");
}

/// Whether one more batch than was acknowledged is there.
fn check(folder: &Path, acknowledged: &BTreeMap<u64, String>, killed: u32, seed: u64) -> u32 {
    let told = format!("kill {killed}, seed {seed}");
    let store = Store::open(folder).unwrap_or_else(|error| panic!("{told}: {error}"));
    let head = store.head().unwrap();
    let last = acknowledged.keys().next_back().copied().unwrap_or(0);
    assert!(head.batches >= last, "{told}: {last} acknowledged, it stands at {head}");
    for batch in store.read_after(0).unwrap() {
        let batch = batch.unwrap_or_else(|error| panic!("{told}: {error}"));
        if let Some(chain) = acknowledged.get(&batch.number) {
            let found: String = batch.chain.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(&found, chain, "{told}: batch {}", batch.number);
        }
        for (at, entry) in (0..).zip(&batch.entries) {
            let Some(key) = &entry.key else { continue };
            let kept = store.kept(key).unwrap().unwrap_or_else(|| panic!("{told}: {key}"));
            assert_eq!((kept.batch, kept.entry, kept.input), (batch.number, at, entry.input));
        }
    }
    let digest = replay(&store).unwrap().state.digest();
    assert_eq!(digest, replay_from_zero(&store).unwrap().state.digest(), "{told}");
    u32::from(head.batches > last)
}

#[test]
fn killed_at_any_moment() {
    kill("killed_at_any_moment", 40);
}

#[test]
#[ignore = "minutes: run by .ci/full"]
fn killed_a_thousand_times() {
    kill("killed_a_thousand_times", 1_000);
}
