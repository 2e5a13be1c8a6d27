//! What tests of the real binary share: running it, reading what it wrote.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a run of the binary gave.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `rhodian` with `args` in `folder`.
pub fn rhodian_in(folder: &Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_rhodian"))
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    let status = output.status.code().expect("it was not killed");
    Ran { status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs `rhodian`, which must end well.
pub fn done(folder: &Path, args: &[&str]) -> Ran {
    let ran = rhodian_in(folder, args);
    assert_eq!(ran.status, 0, "{args:?}: {}", ran.stderr);
    ran
}

/// An empty folder, removed at the end of the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is a temporary folder")
}

/// The scenarios of the repository.
pub fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// The published data, where it is there; says so where it is not.
pub fn data(test: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = std::env::var_os("RHODIAN_DATA").map_or(beside, PathBuf::from);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: {test}: no data at {}, set RHODIAN_DATA", found.display());
    None
}

pub fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("it is JSON")
}

/// The rows of a CSV file under their column names.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("the file is there");
    reader.deserialize().map(|row| row.expect("a row of text")).collect()
}

/// A decimal number of `decimals` places as a count of its smallest unit.
pub fn atoms(text: &str, decimals: usize) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= decimals, "{text} has more than {decimals} decimals");
    format!("{whole}{fraction:0<decimals$}").parse().expect("digits")
}
