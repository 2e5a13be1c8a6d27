//! Venue files: refused with a code, or run under every law, with the watch and without it alike,
//! and reported in every form.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rhodian_cli::diagnostic::Diagnostic;
use rhodian_cli::loss_file::toml_text::TomlText;
use rhodian_cli::venue_file;
use rhodian_cli::venue_run::{Driver, Options, summary};
use rhodian_report::csv;

#[path = "../../crates/cli/tests/door/mod.rs"]
mod door;
mod edits;

const TEXTS: [&[u8]; 5] = [
    include_bytes!("../../crates/cli/templates/venue.toml"),
    include_bytes!("../../scenarios/depeg.toml"),
    include_bytes!("../../scenarios/loan.toml"),
    include_bytes!("../../scenarios/options.toml"),
    include_bytes!("../../scenarios/wrong-print.toml"),
];

/// Longer runs find nothing that shorter ones do not.
const LONGEST: u64 = 90 * 86_400_000;

fn run(bytes: Vec<u8>) -> Result<(), Diagnostic> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
    let file = venue_file::from_text(TomlText::new("fuzz.toml", folder, bytes)?)?;
    if file.end() > LONGEST || file.period.is_some_and(|period| period < 1_000) {
        return Ok(());
    }
    let ran = |without_watch| {
        Driver::open(&file, Options { without_watch, ..Options::default() })?.run()
    };
    let (run, blind) = (ran(false)?, ran(true)?);
    assert_eq!(run.state.digest(), blind.state.digest());
    let report = summary::report(&file, &run)?;
    let shares = csv::shares(&report);
    assert!(::csv::Reader::from_reader(shares.as_bytes()).records().all(|row| row.is_ok()));
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    if let Err(error) = run(edits::edited(&TEXTS, data)) {
        door::check_words(&error);
        assert!(!["law-broken", "shares-refused"].contains(&&*error.code), "{error}");
    }
});
