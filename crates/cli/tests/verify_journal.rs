//! `rhodian verify journal` as it is called: on the journal's golden folder, and on what can
//! happen to one.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::World;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../journal/tests/golden/folder-2")
}

/// A folder with a copy of the golden journal, `data`.
fn world() -> World {
    let world = World::with_claims("");
    fs::create_dir(world.path("data")).unwrap();
    for file in ["journal.redb", "acknowledged"] {
        fs::copy(golden().join(file), world.path("data").join(file)).unwrap();
    }
    world
}

#[test]
fn a_sound_journal() {
    let world = world();
    let ran = world.run("verify journal data --redecide");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let rows = ["data: a journal, sound", "stands     batch 14, event", "commands   67, of them"];
    for row in rows.iter().chain(&["snapshot   of batch 14: sound", "commands, 0 differ"]) {
        assert!(ran.stdout.contains(row), "{row}\n{}", ran.stdout);
    }
    let json = world.run("verify journal data --format json");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&json["sound"], &json["batches"]), (&true.into(), &14.into()));
    assert!(json["redecided"].is_null() && json["digest"].as_str().unwrap().len() == 64);
    let csv = world.run("verify journal data --format csv").stdout;
    assert!(csv.starts_with("what,batch,event,sound,message\njournal,14,"), "{csv}");
    let lines = world.run("verify journal data --redecide --format ndjson").stdout;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["differ"], lines.lines().count()), (&0.into(), 1));
}

#[test]
fn a_damaged_journal() {
    let world = world();
    let path = world.path("data").join("journal.redb");
    let mut bytes = fs::read(&path).unwrap();
    // Inside a batch: the story's owner.
    let at = bytes.windows(5).position(|found| found == b"carol").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let ran = world.run("verify journal data");
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("error[journal-damaged]: the journal is damaged"));
    assert!(ran.stderr.contains("--> data/journal.redb"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: keep a copy of the folder"), "{}", ran.stderr);
    let ran = world.run("verify journal data --format json");
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &json["sound"]), (1, &false.into()));
    assert_eq!(json["error"]["code"], "journal-damaged");
}

#[test]
fn a_folder_without_one_and_a_lost_mark() {
    let world = world();
    let ran = world.run("verify journal nowhere");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("error[journal-absent]: there is no journal"));
    fs::remove_file(world.path("data").join("acknowledged")).unwrap();
    let ran = world.run("verify journal data");
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.starts_with("remark: data/acknowledged: it was gone"), "{}", ran.stderr);
    assert_eq!(world.run("verify journal data --quiet").stderr, "");
    assert!(!world.path("data").join("acknowledged").exists(), "nothing is written");
    let ran = world.run("verify");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("usage-missing-command"), "{}", ran.stderr);
}
