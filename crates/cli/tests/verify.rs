//! `rhodian verify`: golden receipts and episodes from the command line, and what is refused.

mod support;

use std::fs;
use std::path::PathBuf;

use support::World;

const GOLDEN: [&str; 7] = [
    "crash-bob.json",
    "crash-episode.json",
    "crash-head.json",
    "third-wave.json",
    "ranked.json",
    "ranked-episode.json",
    "key.txt",
];

/// A folder with the golden files, and with `bob.json` changed in several ways.
fn world() -> World {
    let world = World::with_claims("id,cap\na,5\n");
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proof/tests/golden");
    for name in GOLDEN {
        fs::copy(golden.join(name), world.path(name)).unwrap();
    }
    let bob = fs::read_to_string(golden.join("crash-bob.json")).unwrap();
    fs::write(world.path("eve.json"), bob.replace("\"bob\"", "\"eve\"")).unwrap();
    fs::write(world.path("cut.json"), &bob[..200]).unwrap();
    fs::write(world.path("spaces.json"), bob.replace(",\"", ", \"")).unwrap();
    let episode = fs::read_to_string(golden.join("crash-episode.json")).unwrap();
    let more = episode.replacen("\"share\":\"3788\"", "\"share\":\"3789\"", 1);
    assert_ne!(more, episode);
    fs::write(world.path("more.json"), more).unwrap();
    world
}

#[test]
fn proven_failed_and_unreadable_have_a_status_each() {
    let world = world();
    let key = format!("--key {}", fs::read_to_string(world.path("key.txt")).unwrap().trim());
    for (words, status, said) in [
        (format!("verify receipt crash-bob.json {key}"), 0, "Proven."),
        ("verify receipt crash-bob.json --key key.txt".into(), 0, "3788 atoms of loss 0"),
        (format!("verify receipt crash-bob.json {key} --head crash-head.json"), 0, "second-head"),
        (format!("verify receipt third-wave.json {key}"), 0, "Proven."),
        (
            format!("verify receipt ranked.json {key}"),
            0,
            "13 atoms of loss 2 at Rhodian test venue, division 2 of rank principal",
        ),
        (format!("verify episode ranked-episode.json {key}"), 0, "ranks/order"),
        (format!("verify receipt eve.json {key}"), 1, "FAILED   identity"),
        (format!("verify receipt crash-bob.json --key {}", "0".repeat(64)), 1, "signature"),
        (format!("verify receipt crash-bob.json {key} --since 99000000000"), 1, "FAILED   fresh"),
        (
            format!("verify receipt crash-bob.json {key} --witness {}", "1".repeat(64)),
            1,
            "FAILED   witnesses",
        ),
        (format!("verify episode crash-episode.json {key}"), 0, "Proven."),
        ("verify episode crash-episode.json".into(), 0, "trusted  signature"),
        (format!("verify episode more.json {key}"), 1, "/shares"),
    ] {
        let ran = world.run(&words);
        assert_eq!((ran.status, ran.stderr.as_str()), (status, ""), "{words}: {}", ran.stdout);
        assert!(ran.stdout.contains(said), "{words}: {}", ran.stdout);
    }
    for (words, status, code) in [
        (format!("verify receipt cut.json {key}"), 2, "receipt-unreadable"),
        (format!("verify receipt spaces.json {key}"), 2, "receipt-unreadable"),
        (format!("verify episode crash-bob.json {key}"), 2, "episode-unreadable"),
        (format!("verify receipt crash-bob.json {key} --head eve.json"), 2, "head-unreadable"),
        ("verify receipt crash-bob.json --key no-key".into(), 2, "key-invalid"),
        (format!("verify receipt crash-bob.json {key} --needed 1"), 2, "witnesses-too-few"),
        ("verify episode crash-episode.json --head crash-head.json".into(), 2, "key-missing"),
        (format!("verify receipt nowhere.json {key}"), 3, "io-not-found"),
    ] {
        let ran = world.run(&words);
        assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{words}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error[{code}]")), "{words}: {}", ran.stderr);
    }
}

#[test]
fn every_format_tells_every_check() {
    let world = world();
    let run = |format: &str| {
        let ran = world.run(&format!("verify receipt eve.json --key key.txt --format {format}"));
        assert_eq!(ran.status, 1, "{format}");
        ran.stdout
    };
    let json: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    let checks = json["checks"].as_array().unwrap();
    assert_eq!(json["proven"], false);
    let failed: Vec<_> = checks.iter().filter(|check| check["verdict"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["name"], "identity");
    assert!(checks.iter().any(|check| check["verdict"] == "trusted"));
    let lines: Vec<serde_json::Value> =
        run("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&lines, checks);
    let csv = run("csv");
    assert_eq!(csv.lines().next(), Some("check,verdict,why"));
    assert_eq!(csv.lines().count(), checks.len() + 1);
    assert!(csv.contains("\nidentity,failed,"), "{csv}");
}
