//! The folder `share` writes, changed: `check` and `explain` refuse it with a code or read it,
//! also where the digest was made to fit.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rhodian_cli::amount_text::AmountFormat;
use rhodian_cli::checks::{self, ClaimsOptions};
use rhodian_cli::claims_file::ColumnNames;
use rhodian_cli::diagnostic::Diagnostic;
use rhodian_cli::loss_file;
use rhodian_cli::run::explain::Explanation;
use rhodian_cli::run::replay::{Replay, replayed};
use rhodian_cli::run::{Driver, events::EventLog, explain_text, summary};
use rhodian_core::allocation::Rule;
use tempfile::TempDir;

#[path = "../../crates/cli/tests/door/mod.rs"]
mod door;
mod edits;

/// What `share` writes for one scenario.
struct Written {
    folder: TempDir,
    summary: Vec<u8>,
    digest: String,
    events: Vec<u8>,
}

fn written(scenario: &str) -> Result<Written, Diagnostic> {
    let scenarios = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
    let file = loss_file::read(&scenarios.join(scenario))?;
    let mut run = Driver::open(&file, Some(EventLog::new()?), false)?.run()?;
    let report = summary::report(&file, &run)?;
    let mut events = Vec::new();
    run.log.as_mut().unwrap().copy_to(&mut events).unwrap();
    let summary = serde_json::to_vec_pretty(&report.summary).unwrap();
    let digest = report.summary.digest.clone();
    Ok(Written { folder: TempDir::new().unwrap(), summary, digest, events })
}

static FOLDERS: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let scenarios = ["alice.toml", "trace.toml", "exploit.toml"];
    scenarios.map(|name| written(name).unwrap_or_else(|error| panic!("{error}"))).into()
});

/// Explains one account of the folder, or one that is not in it.
fn explain(folder: &Path, chosen: u8) -> Result<(), Diagnostic> {
    let replay = Replay::read(folder)?;
    let mut accounts = replay.state.accounts.accounts();
    let account = accounts.nth(usize::from(chosen) % 8);
    let name = account.map_or("nobody", |(_, found)| found.name.as_str());
    let explanation = Explanation::of(&replay, name)?;
    assert!(!explain_text::text(&explanation).is_empty());
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let Some((&[which, forged, chosen], rest)) = data.split_first_chunk() else { return };
    let Written { folder, summary, digest, events } =
        &FOLDERS[usize::from(which >> 1) % FOLDERS.len()];
    let folder = folder.path();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    if which % 2 == 0 {
        write("summary.json", &edits::edited(&[summary], rest));
        write("events.ndjson", events);
        let columns = ColumnNames::default();
        let format = AmountFormat::ATOMS;
        let options = ClaimsOptions { rule: Rule::Proportional, columns, format };
        door::check_refusal(checks::check(folder, None, &options).map(drop));
    } else {
        write("events.ndjson", &edits::edited(&[events], rest));
        let mut summary = String::from_utf8(summary.clone()).unwrap();
        if forged % 2 == 1
            && let Ok(made) = replayed(folder)
        {
            summary = summary.replace(digest, &summary::hexadecimal(&made.state.digest()));
        }
        write("summary.json", summary.as_bytes());
    }
    door::check_refusal(explain(folder, chosen));
});
