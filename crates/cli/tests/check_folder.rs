//! `rhodian check` of what `--out` writes: each file alone, and all of them against each other.

mod binary;

use std::fs;
use std::path::Path;

use binary::{Ran, done, folder, rhodian_in, scenarios};

const SCENARIOS: [&str; 8] = [
    "alice",
    "trace",
    "october",
    "nasdaq-2018",
    "krx-2013",
    "deposit-haircut",
    "exploit",
    "settlement",
];

fn shared(folder: &Path, scenario: &str) {
    let file = scenarios().join(format!("{scenario}.toml"));
    done(folder, &["share", file.to_str().unwrap(), "--out", scenario, "--quiet"]);
}

/// Changes one text of a file of the folder `trace`, checks `what`, and puts the file back.
fn after(here: &Path, file: &str, change: (&str, &str), what: &str) -> Ran {
    let path = here.join("trace").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(change.0), "{} is in {text}", change.0);
    fs::write(&path, text.replacen(change.0, change.1, 1)).unwrap();
    let ran = rhodian_in(here, &["check", what]);
    fs::write(&path, text).unwrap();
    ran
}

fn refused(ran: &Ran, code: &str, place: &str) {
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with(&format!("error[{code}]: ")), "{code}: {}", ran.stderr);
    assert!(ran.stderr.contains(&format!(" --> {place}")), "{place}: {}", ran.stderr);
}

#[test]
fn what_the_scenarios_write_is_right_file_by_file_and_together() {
    let here = folder();
    for scenario in SCENARIOS {
        shared(here.path(), scenario);
        for file in ["", "/shares.csv", "/events.ndjson", "/summary.json"] {
            let ran = done(here.path(), &["check", &format!("{scenario}{file}")]);
            assert_eq!(ran.stderr, "", "{scenario}{file}");
        }
    }
    let expected = "\
trace: a folder of results that can be right
  title   Alice and Ivan fail: two losses, one episode
  losses  2
  shares  9
  events  80
";
    assert_eq!(done(here.path(), &["check", "trace"]).stdout, expected);
    let told = done(here.path(), &["check", "trace", "--format", "json"]).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["is"], &told["ok"]), (&"folder".into(), &true.into()));
}

#[test]
fn called_members_who_did_not_pay_are_below_their_exact_share() {
    let here = folder();
    let text = r#"asset = { name = "USD", decimals = 0 }
[[loss]]
id = "gap"
cause = "x"
amount = "100"
[[step]]
layer = "Calls"
kind = "assessment"
deadline = "48 h"
claims = [{ id = "a", weight = "60" }, { id = "b", weight = "60" }]
paid = [{ account = "a", amount = "50" }]
"#;
    fs::write(here.path().join("calls.toml"), text).unwrap();
    done(here.path(), &["share", "calls.toml", "--out", "calls", "--quiet"]);
    assert_eq!(done(here.path(), &["check", "calls"]).stderr, "");
    let alone = done(here.path(), &["check", "calls/shares.csv"]);
    assert!(alone.stderr.starts_with("remark: 1 of the shares are below"), "{}", alone.stderr);
}

#[test]
fn changed_shares_are_refused_with_their_line() {
    let here = folder();
    shared(here.path(), "trace");
    let (file, both) = ("shares.csv", ["trace/shares.csv", "trace"]);
    let refuse = |change: (&str, &str), what: &str, code: &str, line: usize| {
        let ran = after(here.path(), file, change, what);
        refused(&ran, code, &format!("trace/shares.csv:{line}"));
    };
    let bob = "L1,1,3,gains,bob,proportional,14080.00,14080.00,2953.43,";
    let with = |share: &str| bob.replace("2953.43", share);
    for what in both {
        refuse((bob, &with("14080.01")), what, "shares-above-cap-share", 3);
        refuse((bob, &with("2955.44")), what, "shares-not-exact-share", 3);
        refuse((bob, &with("2953.4")), what, "shares-decimals-share", 3);
        refuse((bob, &with("-2953.43")), what, "shares-negative-share", 3);
        refuse((bob, &bob.replace("proportional", "fair")), what, "shares-unknown-rule", 3);
        refuse((bob, &bob.replace(",1,3,", ",0,3,")), what, "shares-not-a-number-episode", 3);
        refuse(("gains,carol", "gains,bob"), what, "shares-doubled-account", 4);
        refuse(("exact_num,", "num,"), what, "shares-header", 1);
    }
    let lower = with("2953.42");
    assert_eq!(after(here.path(), file, (bob, &lower), both[0]).status, 0, "within an atom");
    refuse((bob, &lower), "trace", "shares-not-the-draw", 3);
    refuse((bob, &with("2000.00")), "trace", "shares-not-the-draw", 3);
    refuse(
        ("14080.00,14080.00,2953.43", "14081.00,14080.00,2953.43"),
        "trace",
        "shares-not-from-events",
        3,
    );
    refuse(("L1,1,3,gains,bob", "L9,1,3,gains,bob"), "trace", "shares-not-the-draw", 3);
}

#[test]
fn changed_events_are_refused_with_their_line() {
    let here = folder();
    shared(here.path(), "trace");
    let path = here.path().join("trace/events.ndjson");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for what in ["trace", "trace/events.ndjson"] {
        let broken = after(here.path(), "events.ndjson", ("{", "["), what);
        refused(&broken, "events-not-an-event", "trace/events.ndjson:1");
        let loss =
            ("\"event\":\"loss-settled\",\"loss\":0", "\"event\":\"loss-settled\",\"loss\":7");
        let line = 1 + whole[..whole.find(loss.0).unwrap()].matches('\n').count();
        let none = after(here.path(), "events.ndjson", loss, what);
        refused(&none, "events-impossible", &format!("trace/events.ndjson:{line}"));
        let late = whole.replacen("{\"at\":0,", "{\"at\":9000000000,", 1);
        fs::write(&path, late).unwrap();
        let back = rhodian_in(here.path(), &["check", what]);
        refused(&back, "events-time-goes-back", "trace/events.ndjson:2");
        fs::write(&path, &whole).unwrap();
    }
    fs::write(&path, lines[..lines.len() - 1].join("\n")).unwrap();
    let short = rhodian_in(here.path(), &["check", "trace"]);
    refused(&short, "events-count", "trace/events.ndjson");
    assert!(short.stderr.contains("there are 79 events, the summary says 80"), "{}", short.stderr);
    assert_eq!(rhodian_in(here.path(), &["check", "trace/events.ndjson"]).status, 0);
    fs::remove_file(&path).unwrap();
    refused(&rhodian_in(here.path(), &["check", "trace"]), "folder-incomplete", "trace");
}

#[test]
fn a_changed_summary_is_refused_with_its_line() {
    let here = folder();
    shared(here.path(), "trace");
    let text = fs::read_to_string(here.path().join("trace/summary.json")).unwrap();
    let line_of = |part: &str| 1 + text[..text.find(part).unwrap()].matches('\n').count();
    for (change, code) in [
        (("\"received\": \"825000\"", "\"received\": \"825001\""), "summary-sum"),
        (("\"payers\": ", "\"payers\": 9"), "summary-not-from-events"),
        (("\"decimals\": 2", "\"decimals\": 3"), "shares-decimals"),
        (("\"name\": \"USD\"", "\"name\": \"EUR\""), "summary-not-from-events"),
        (("\"cause\": \"", "\"cause\": \"not "), "summary-not-from-events"),
        (("\"episode\": 1", "\"episode\": 2"), "summary-not-from-events"),
    ] {
        let place = match code {
            "summary-sum" => format!("trace/summary.json:{}", line_of("\"amount\": ")),
            "shares-decimals" => "trace/shares.csv:2".to_owned(),
            _ => format!("trace/summary.json:{}", line_of(change.0)),
        };
        refused(&after(here.path(), "summary.json", change, "trace"), code, &place);
    }
    let digest = text.split("\"digest\": \"").nth(1).unwrap()[..64].to_owned();
    let other = "0".repeat(64);
    let changed = after(here.path(), "summary.json", (&digest, &other), "trace");
    let line = line_of("\"digest\"");
    refused(&changed, "folder-changed", &format!("trace/summary.json:{line}"));
}

#[test]
fn a_folder_of_allocate_must_agree_too() {
    let here = folder();
    fs::write(here.path().join("c.csv"), "id,cap\na,5\nb,6\n").unwrap();
    let args = ["allocate", "--rule", "proportional", "--loss", "7", "--claims", "c.csv"];
    done(here.path(), &[&args[..], &["--out", "r", "--quiet"]].concat());
    done(here.path(), &["check", "r"]);
    let alone = done(here.path(), &["check", "r/shares.csv"]).stdout;
    assert!(alone.ends_with("  shares     2\n  allocated  7\n"), "{alone}");
    let path = here.path().join("r/shares.csv");
    fs::write(&path, "id,share\na,3\nb,5\n").unwrap();
    refused(&rhodian_in(here.path(), &["check", "r"]), "shares-sum", "r/shares.csv");
    fs::write(&path, "id,share\na,3\na,4\n").unwrap();
    refused(&rhodian_in(here.path(), &["check", "r"]), "shares-doubled-id", "r/shares.csv:3");
    fs::remove_file(&path).unwrap();
    refused(&rhodian_in(here.path(), &["check", "r"]), "folder-incomplete", "r");
}

/// Each row: a file of a run's folder, what is changed in it, the code and where.
#[test]
fn every_file_of_a_run_is_held_against_its_events() {
    let here = folder();
    let file = scenarios().join("depeg.toml");
    done(here.path(), &["run", file.to_str().unwrap(), "--out", "depeg", "--quiet"]);
    done(here.path(), &["check", "depeg"]);
    let summary = ("summary.json", "summary-not-from-events");
    let table = |file| (file, "table-not-from-events");
    for ((file, code), from, to) in [
        (table("accounts.csv"), "22000.00", "22000.01"),
        (table("losses.csv"), "1620.00", "1620.01"),
        (("commands.ndjson", "commands-not-a-command"), "{", "["),
        (summary, "\"commands\": ", "\"commands\": 1"),
        (summary, "\"deficits\": 1", "\"deficits\": 2"),
        (summary, "\"failures\": 1", "\"failures\": 0"),
        (summary, "\"below-floor\": {", "\"above-floor\": {"),
        (summary, "\"lot\": \"1\"", "\"lot\": \"0.1\""),
        (summary, "\"lowest\": \"58,000.00\"", "\"lowest\": \"57,000.00\""),
        (summary, "\"lowest\": \"0.100\"", "\"lowest\": \"0.900\""),
        (summary, "\"taken_over\": \"1\"", "\"taken_over\": \"2\""),
        (summary, "\"after_each_event\": ", "\"after_each_event\": 1"),
        (("summary.json", "folder-changed"), "\"events_hash\": \"", "\"events_hash\": \"0"),
    ] {
        let path = here.path().join("depeg").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is in {file}");
        let mut changed = text.replacen(from, to, 1);
        if to.ends_with('0') && from.contains("hash") {
            // As long as before.
            let at = changed.find(to).unwrap() + to.len();
            changed.remove(at);
        }
        fs::write(&path, changed).unwrap();
        let ran = rhodian_in(here.path(), &["check", "depeg"]);
        fs::write(&path, text).unwrap();
        refused(&ran, code, &format!("depeg/{file}"));
    }
    let by_feed = scenarios().join("depeg-feed.toml");
    done(here.path(), &["run", by_feed.to_str().unwrap(), "--out", "by-feed", "--quiet"]);
    done(here.path(), &["check", "by-feed"]);
    for file in
        ["accounts.csv", "losses.csv", "stakes.csv", "covers.csv", "vaults.csv", "commands.ndjson"]
    {
        let (path, aside) = (here.path().join("depeg").join(file), here.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        refused(&rhodian_in(here.path(), &["check", "depeg"]), "folder-incomplete", "depeg");
        fs::rename(&aside, &path).unwrap();
    }
    // An event that leaves the same end: a time moved inside its bounds.
    let path = here.path().join("depeg/events.ndjson");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen(" ", "  ", 1) + "\n").unwrap();
    let spaced = rhodian_in(here.path(), &["check", "depeg"]);
    assert_eq!(spaced.status, 2, "{}", spaced.stderr);
}
