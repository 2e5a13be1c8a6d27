//! What became of covers stands in every table of a run; a price pays by itself; a list of who lost
//! what is read from a stream.

mod binary;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use binary::{done, folder, json, rhodian_in, scenarios};

fn written(at: &Path, file: &str, text: &str) {
    fs::write(at.join(file), text).unwrap();
}

/// Carol lost more than she covered, Dan less, of which he bears a tenth; what Eve claimed was voted
/// down. Every table says so, and who changes one is found.
#[test]
fn what_became_of_covers_stands_in_every_table() {
    let at = folder();
    let bridge = scenarios().join("bridge.toml");
    let ran = done(at.path(), &["run", bridge.to_str().unwrap(), "--out", "out"]);
    let covers = fs::read_to_string(at.path().join("out/covers.csv")).unwrap();
    let expected = "\
cover,account,risk,stage,from_ms,until_ms,amount,premium,lost,due,paid
0,carol,Bridge,lapsed,259200000,31536000000,90000.00,4050.00,120000.00,90000.00,90000.00
1,dan,Bridge,lapsed,259200000,15552000000,60000.00,5326.03,20000.00,18000.00,18000.00
2,eve,Stablecoin,lapsed,259200000,31536000000,50000.00,638.89,0.00,0.00,0.00
";
    assert_eq!(covers, expected);
    let told = "\
Covers and what was paid for them (USD)
cover of     against      up to   premium        lost        due       paid
carol         Bridge  90,000.00  4,050.00  120,000.00  90,000.00  90,000.00
dan           Bridge  60,000.00  5,326.03   20,000.00  18,000.00  18,000.00
eve       Stablecoin  50,000.00    638.89           -          -          -
";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let page = fs::read_to_string(at.path().join("out/report.html")).unwrap();
    assert!(page.contains("Covers and what was paid for them"));
    done(at.path(), &["check", "out"]);
    let explain = |account: &str, format: &str| {
        done(at.path(), &["explain", "out", "--account", account, "--format", format]).stdout
    };
    for (account, words) in [
        (
            "dan",
            "Covered against Bridge: up to 60,000.00, for a premium of 5,326.03. 20,000.00 lost, \
             18,000.00 of it due, 18,000.00 paid.",
        ),
        (
            "eve",
            "Covered against Stablecoin: up to 50,000.00, for a premium of 638.89. Nothing was \
             claimed of it.",
        ),
    ] {
        let text = explain(account, "text");
        assert!(text.contains(words), "{account}: {text}");
    }
    assert!(!explain("ann", "text").contains("Covered against"), "she only staked");
    let value: serde_json::Value = serde_json::from_str(&explain("carol", "json")).unwrap();
    let of = |key: &str| value["covers"][0][key].as_str().unwrap().to_owned();
    assert_eq!(["lost", "due", "paid"].map(of), ["12000000", "9000000", "9000000"]);
    assert!(explain("carol", "ndjson").contains("\"is\":\"cover\""));
    written(at.path(), "out/covers.csv", &covers.replace(",18000.00\n", ",18000.01\n"));
    let told = rhodian_in(at.path(), &["check", "out"]);
    assert!(told.status == 2 && told.stderr.contains("covers.csv:3"), "{}", told.stderr);
}

/// A token whose price pays Carol, who covered 500.00 of it; `events` is beside it.
const PEG: &str = r#"
asset = { name = "USD", decimals = 2 }
events = "events.ndjson"
[[domain]]
name = "cover"
classes = ["custody"]
[domain.terms]
challenge_time = "24 h"
[[domain.step]]
layer = "Operator"
kind = "operator-capital"
capacity = "10.00"
[[domain.step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "100.00"
[[domain.step]]
layer = "Stakers"
kind = "tranche"
stakes = [{ account = "ann", amount = "1000.00" }]
[[cover]]
name = "Pegs"
fund = "Fund"
leverage = "100 %"
min_cover = "100.00"
waiting = "1 h"
tail_index = "1.5"
source = "a test"
[[cover.risk]]
name = "Peg"
rates = { at_zero = "3 %", kink = "60 %", at_kink = "6 %", at_full = "30 %" }
expected_loss = "2 %"
source = "a test"
trigger = { feed = "USDX index", below = "0.9", window = "10 min" }
[[collateral]]
asset = { name = "USDX", decimals = 6 }
tick = "0.001"
mark = "1"
weights = [{ above = "0", initial = "90 %", maintenance = "95 %" }]
max_held = "1000000"
sale_discount = "10 %"
[[feed]]
name = "USDX index"
collateral = "USDX"
max_age = "90 s"
stuck_after = "never"
source = [{ name = "north" }, { name = "south" }, { name = "west" }]
[[account]]
id = "carol"
deposit = "1000.00"
"#;

/// What three sources say each minute from `first` to `last`.
fn reports(first: u32, last: u32, value: &str) -> String {
    let mut lines = String::new();
    for minute in first..=last {
        for source in ["north", "south", "west"] {
            let _ = writeln!(
                lines,
                r#"{{"at":"{minute} min","do":"report","feed":"USDX index","source":"{source}","value":"{value}"}}"#
            );
        }
    }
    lines
}

const BUY: &str =
    r#"{"do":"buy-cover","account":"carol","risk":"Peg","amount":"500.00","period":"30 d"}"#;
const TRIGGER: &str = r#"{"do":"trigger","account":"carol","risk":"Peg"}"#;

/// What is not low is refused in prices, not ticks; what is low pays all of the cover, and the loss
/// has the name of its risk where the event gives none.
#[test]
fn a_price_that_stays_low_pays_by_itself() {
    let at = folder();
    written(at.path(), "v.toml", PEG);
    let (before, after, low) =
        (reports(0, 20, "1"), reports(21, 119, "1"), reports(120, 140, "0.8"));
    let back = r#"{"at":"3 d","do":"recover","loss":"Peg","amount":"100.00"}"#;
    let events = format!("{before}{BUY}\n{after}{TRIGGER}\n{low}{BUY}\n{TRIGGER}\n{back}\n");
    written(at.path(), "events.ndjson", &events);
    let ran = done(at.path(), &["run", "v.toml", "--out", "out"]);
    for words in [
        "trigger refused, not-below: the mean over the window is 1.000, and the trigger is below \
         0.900",
        "buy-cover refused, price-low: it stands at 0.800, and the trigger is below 0.900: too late",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    let covers = fs::read_to_string(at.path().join("out/covers.csv")).unwrap();
    assert!(covers.contains(",500.00,500.00,500.00\n"), "lost, due and paid: {covers}");
    let loss = &json(&at.path().join("out/summary.json"))["losses"][0];
    assert_eq!((&loss["id"], &loss["recovered"]), (&"Peg".into(), &"10000".into()));
    done(at.path(), &["check", "out"]);
}

/// A loss whose report was refused is not there; who names it is told why.
#[test]
fn a_loss_whose_report_was_refused_is_told_so() {
    let at = folder();
    written(at.path(), "v.toml", PEG);
    let vote = r#"{"do":"vote","account":"ann","loss":"Peg","vote":"for"}"#;
    written(at.path(), "events.ndjson", &format!("{}{TRIGGER}\n{vote}\n", reports(0, 1, "1")));
    let ran = rhodian_in(at.path(), &["run", "v.toml"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    for words in ["events.ndjson:8", "no loss \"Peg\"", "its report was refused"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("allowed:"), "no loss was there to name: {}", ran.stderr);
}

/// Who lost what may stand in a stream: a row that is not an account and an amount is refused with
/// its line.
#[test]
fn who_lost_what_is_read_from_a_stream() {
    let at = folder();
    let bridge = fs::read_to_string(scenarios().join("bridge.toml")).unwrap();
    let (head, _) = bridge.split_once("[[event]]").unwrap();
    written(at.path(), "v.toml", &format!("events = \"events.ndjson\"\n{head}"));
    let buy = |account: &str| {
        format!(
            "{{\"do\":\"buy-cover\",\"account\":\"{account}\",\"risk\":\"Bridge\",\
             \"amount\":\"50000.00\",\"period\":\"365 d\"}}\n"
        )
    };
    let report = |lost: &str| {
        let head =
            "{\"at\":\"60 d\",\"do\":\"report-incident\",\"risk\":\"Bridge\",\"loss\":\"drained\"";
        format!("{}{}{head},\"cause\":\"drained\",\"lost\":{lost}}}\n", buy("carol"), buy("dan"))
    };
    let row = |account: &str, amount: &str| {
        format!("{{\"account\":\"{account}\",\"amount\":\"{amount}\"}}")
    };
    let both = format!("[{},{}]", row("carol", "30000.00"), row("dan", "20000.00"));
    written(at.path(), "events.ndjson", &report(&both));
    let ran = done(at.path(), &["run", "v.toml"]);
    // Less the tenth that each bears himself.
    assert!(ran.stdout.contains("45,000.00 USD claimed of 2 covers"), "{}", ran.stdout);
    for (lost, code) in [
        ("[]".to_owned(), "lost-empty"),
        ("[3]".to_owned(), "lost-not-rows"),
        ("\"carol\"".to_owned(), "lost"),
        ("[{\"account\":\"carol\"}]".to_owned(), "lost-not-rows"),
        ("[{\"account\":\"carol\",\"amount\":5}]".to_owned(), "lost-not-rows"),
        ("[{\"account\":\"carol\",\"amount\":\"5\",\"risk\":\"x\"}]".to_owned(), "lost-not-rows"),
        (format!("[{}]", row("carol", "-5.00")), "amount"),
        (format!("[{}]", row("carol", "0.00")), "amount"),
        (format!("[{}]", row("zoe", "5.00")), "unknown-account"),
    ] {
        written(at.path(), "events.ndjson", &report(&lost));
        let ran = rhodian_in(at.path(), &["run", "v.toml"]);
        assert_eq!(ran.status, 2, "{lost}: {}", ran.stderr);
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert!(first.contains(code), "{lost}: {}", ran.stderr);
        assert!(ran.stderr.contains("events.ndjson:3"), "{lost}: {}", ran.stderr);
    }
}
