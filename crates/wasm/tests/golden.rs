//! The golden commands, natively: the same digests as core wrote, and as the wasm build gives.

use std::fs;
use std::path::PathBuf;

fn golden(file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden");
    fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn the_same_digests() {
    let digests = rhodian_wasm::run(&golden("commands.ndjson")).unwrap();
    let expected = format!("{} {}", golden("digest.txt").trim(), golden("events.txt").trim());
    assert_eq!(digests.to_string(), expected);
}

#[test]
fn a_line_that_is_no_command_is_named() {
    let mut commands = golden("commands.ndjson");
    let lines = commands.lines().count();
    commands.push_str("{}\n");
    let error = rhodian_wasm::run(&commands).unwrap_err();
    assert!(error.starts_with(&format!("line {}: ", lines + 1)), "{error}");
}
