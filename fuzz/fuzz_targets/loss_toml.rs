//! Loss files: refused with a code, or shared under every law, reported in every form.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rhodian_cli::diagnostic::Diagnostic;
use rhodian_cli::loss_file::{self, toml_text::TomlText};
use rhodian_cli::run::{Driver, plan::Plans, summary};
use rhodian_report::money::Money;
use rhodian_report::text::{self, Style};
use rhodian_report::{csv, html};

#[path = "../../crates/cli/tests/door/mod.rs"]
mod door;
mod edits;

const TEXTS: [&[u8]; 6] = [
    include_bytes!("../../scenarios/alice.toml"),
    include_bytes!("../../scenarios/deposit-haircut.toml"),
    include_bytes!("../../scenarios/exploit.toml"),
    include_bytes!("../../scenarios/krx-2013.toml"),
    include_bytes!("../../scenarios/nasdaq-2018.toml"),
    include_bytes!("../../scenarios/trace.toml"),
];

fn share(bytes: Vec<u8>) -> Result<(), Diagnostic> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
    let file = loss_file::from_text(TomlText::new("fuzz.toml", folder, bytes)?)?;
    let run = Driver::open(&file, None, true)?.run()?;
    let report = summary::report(&file, &run)?;
    let losses: Vec<String> = file.distinct_losses().map(|loss| loss.id.clone()).collect();
    let plans = Plans {
        plans: &run.plans,
        losses: &losses,
        state: &run.state,
        money: Money::new(u32::from(file.asset.decimals)),
        asset: file.asset.name.as_str(),
    };
    assert!(plans.json().is_array() || plans.json().is_object());
    assert!(!plans.text().is_empty() && !html::page(&report).is_empty());
    for width in [40, 80] {
        let style = Style { width, color: false, ascii: width == 40 };
        let shown = text::report(&report, style);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    }
    let shares = csv::shares(&report);
    assert!(::csv::Reader::from_reader(shares.as_bytes()).records().all(|row| row.is_ok()));
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    if let Err(error) = share(edits::edited(&TEXTS, data)) {
        door::check_words(&error);
        assert!(!["law-broken", "shares-refused"].contains(&&*error.code), "{error}");
    }
});
