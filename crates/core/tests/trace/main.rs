//! The acceptance trace, line by line, to the atom: the commands of a file of numbers are given to
//! the engine, and after each line every balance, leg, equity, lien and free amount is the file's.
//!
//! The file is the one that `RHODIAN_TRACE` names, else `../shared/trace.json`; without that one
//! the test says so and passes. Nothing of its numbers is known here: another file of the same
//! shape works as well.

mod compare;
mod one;
mod read;
mod replay;

use std::path::PathBuf;

fn file() -> PathBuf {
    match std::env::var_os("RHODIAN_TRACE") {
        Some(path) => path.into(),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/trace.json")),
    }
}

#[test]
fn the_acceptance_trace_is_reproduced_to_the_atom() {
    let path = file();
    let Ok(text) = std::fs::read_to_string(&path) else {
        let named = std::env::var_os("RHODIAN_TRACE").is_some();
        assert!(!named, "RHODIAN_TRACE names {}, which cannot be read", path.display());
        println!("skipped: {} is not there; RHODIAN_TRACE names another file", path.display());
        return;
    };
    let trace: serde_json::Value = serde_json::from_str(&text).expect("the trace is JSON");
    let mut replay = replay::Replay::new(&trace["parameters"]);
    let lines = trace["lines"].as_array().expect("lines");
    for line in lines {
        let number = &line["n"];
        replay.line(line);
        compare::state(&replay, &line["after"], &format!("line {number}"));
        compare::facts(&replay, line);
    }
    compare::summary(&replay, &trace["summary"]);
    println!("{} lines reproduced, {} records", lines.len(), replay.records.len());
}
