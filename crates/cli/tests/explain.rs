//! `rhodian explain`, run: sentences and numbers that add up, for those who pay and those who
//! do not.

mod binary;

use std::fs;
use std::path::Path;

use binary::{done, folder, rhodian_in, scenarios};
use serde_json::Value;

fn shared(folder: &Path, scenario: &str) {
    let file = scenarios().join(format!("{scenario}.toml"));
    done(folder, &["share", file.to_str().unwrap(), "--out", "result", "--quiet"]);
}

fn explained(folder: &Path, account: &str) -> Value {
    let args = ["explain", "result", "--account", account, "--format", "json"];
    serde_json::from_str(&done(folder, &args).stdout).unwrap()
}

#[test]
fn bob_reads_why_he_pays() {
    let here = folder();
    shared(here.path(), "alice");
    let text = done(here.path(), &["explain", "result", "--account", "bob"]).stdout;
    let expected = "\
bob bears 2,142.85 USD: paid 2,857.14, repaid 714.29.

Winners: step 3, gains-haircut, proportional over 3 accounts
  Its weight is its gain, 30,000.00; its cap for the episode is 9,000.00.
  alice-1: 12,000.00 lost - 8,000.00 by earlier steps = 4,000.00 left; 4,000.00 asked of Winners.
    The level is 2/21, 9.52 % of each gain: its exact share is 2,857.14285714... (2000000/7 atoms), below its cap.
    It paid 2,857.14: its share rounded down: the atoms left over went to larger fractions of an atom, or to equal ones earlier in the order of ids.
    Recoveries have repaid 714.29 of it.
  Paid 2,857.14 - repaid 714.29 = 2,142.85 net.
  Under each rule, over the same claims and the same total:
    proportional           2,857.14  this rule
    equal-losses           1,550.00
    equal-awards           4,000.00
    talmud                 2,200.00
    queue                  4,000.00  no scores given: by the order of ids
    risk-weighted          2,857.14  no risk factors given: as proportional
    random-arrival         2,200.00
    reverse-talmud         3,575.00
    piniles                3,575.00
    adjusted-proportional  2,200.00
    minimal-overlap        1,900.00
";
    assert_eq!(text, expected);
}

/// For every account of the trace: shares by loss sum to what was paid, net is paid less repaid,
/// and over all accounts each rule divides the same total.
#[test]
fn the_numbers_add_up() {
    let here = folder();
    shared(here.path(), "trace");
    let digits = |value: &Value| value.as_str().unwrap().parse::<u128>().unwrap();
    let mut totals = std::collections::BTreeMap::<String, u128>::new();
    for account in ["bob", "carol", "dan", "gina"] {
        let told = explained(here.path(), account);
        let layer = &told["layers"][0];
        let shares = layer["losses"].as_array().unwrap().iter();
        assert_eq!(shares.map(|loss| digits(&loss["share"])).sum::<u128>(), digits(&layer["paid"]));
        assert_eq!(digits(&layer["paid"]) - digits(&layer["repaid"]), digits(&layer["net"]));
        assert_eq!(told["paid"], layer["paid"]);
        for under in layer["rules"].as_array().unwrap() {
            *totals.entry(under["rule"].as_str().unwrap().to_owned()).or_default() +=
                digits(&under["share"]);
        }
    }
    assert_eq!(totals.len(), 11);
    assert!(totals.values().all(|total| *total == 875_000), "{totals:?}");
}

#[test]
fn those_who_are_not_liable_are_told_why() {
    let here = folder();
    shared(here.path(), "trace");
    let own = done(here.path(), &["explain", "result", "--account", "alice-iso"]).stdout;
    assert!(own.contains("its owner is the failed party"), "{own}");
    assert!(own.contains("2,850.00 USD of it was taken as own means"), "{own}");
    let staker = explained(here.path(), "sam");
    assert_eq!((&staker["paid"], &staker["net"]), (&"220000".into(), &"95000".into()));
}

#[test]
fn a_claim_that_no_loss_reached_is_told_so() {
    let here = folder();
    let text = r#"asset = { name = "EUR", decimals = 0 }
[[loss]]
id = "small"
cause = "x"
amount = "5"
[[step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "10"
[[step]]
layer = "Winners"
kind = "gains-haircut"
claims = [{ id = "a", weight = "7" }, { id = "b", weight = "0", cap = "0" }]
"#;
    fs::write(here.path().join("small.toml"), text).unwrap();
    done(here.path(), &["share", "small.toml", "--out", "result", "--quiet"]);
    let told = explained(here.path(), "a");
    assert!(told["not_liable"].as_str().unwrap().contains("no loss reached that step"), "{told}");
    let told = explained(here.path(), "b");
    assert!(told["not_liable"].as_str().unwrap().contains("no claim with a cap"), "{told}");
}

#[test]
fn an_unknown_account_is_bad_input_with_the_nearest_ids() {
    let here = folder();
    shared(here.path(), "alice");
    let ran = rhodian_in(here.path(), &["explain", "result", "--account", "bop"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("error[account-unknown]"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the nearest ids are bob, "), "{}", ran.stderr);
}

#[test]
fn a_folder_that_was_changed_or_is_none_is_refused() {
    let here = folder();
    shared(here.path(), "alice");
    let events = here.path().join("result/events.ndjson");
    let text = fs::read_to_string(&events).unwrap();
    let args = ["explain", "result", "--account", "bob"];
    fs::write(&events, text.replacen("\"amount\":\"500000\"", "\"amount\":\"500001\"", 1)).unwrap();
    let changed = rhodian_in(here.path(), &args);
    assert_eq!(changed.status, 2, "{}", changed.stderr);
    assert!(changed.stderr.starts_with("error[folder-changed]"), "{}", changed.stderr);
    fs::write(&events, text.replacen('{', "", 1)).unwrap();
    let broken = rhodian_in(here.path(), &args);
    assert!(broken.stderr.starts_with("error[events-not-an-event]"), "{}", broken.stderr);
    assert!(broken.stderr.contains("events.ndjson:1"), "{}", broken.stderr);
    for (whole, changed) in [
        ("\"account\":0", "\"account\":4294967295"),
        ("\"event\":\"loss-settled\",\"loss\":0", "\"event\":\"loss-settled\",\"loss\":7"),
        ("\"layer\":0", "\"layer\":4000000000"),
    ] {
        assert!(text.contains(whole), "{whole} is in {text}");
        fs::write(&events, text.replace(whole, changed)).unwrap();
        let impossible = rhodian_in(here.path(), &args);
        assert_eq!(impossible.status, 2, "{}", impossible.stderr);
        assert!(impossible.stderr.starts_with("error[events-impossible]"), "{}", impossible.stderr);
    }
    let none = rhodian_in(here.path(), &["explain", "nowhere", "--account", "bob"]);
    assert_eq!(none.status, 3, "{}", none.stderr);
}

#[test]
fn an_explanation_speaks_the_grammar_of_every_command() {
    let here = folder();
    shared(here.path(), "trace");
    let base = ["explain", "result", "--account", "bob"];
    let run = |rest: &[&str]| done(here.path(), &[&base[..], rest].concat());
    let table = run(&["--format", "csv"]).stdout;
    let rows = csv::Reader::from_reader(table.as_bytes()).into_records();
    let rows: Vec<csv::StringRecord> = rows.map(Result::unwrap).collect();
    let cells: Vec<[&str; 5]> =
        rows.iter().map(|row| [&row[0], &row[1], &row[4], &row[9], &row[10]]).collect();
    let expected =
        [["bob", "L1", "gains", "0.00", "2953.43"], ["bob", "L2", "gains", "2953.43", "200.91"]];
    assert_eq!(cells, expected);
    let lines = run(&["--format", "ndjson"]).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |is: &str| lines.iter().filter(|line| line["is"] == is).count();
    assert_eq!([of("share"), of("under-rule"), of("total")], [2, 11, 1]);
    assert_eq!(lines.last().unwrap()["paid"], explained(here.path(), "bob")["paid"]);

    let ran = run(&["--out", "bob"]);
    assert!(ran.stderr.starts_with("remark: wrote explanation.txt"), "{}", ran.stderr);
    let read = |file: &str| fs::read_to_string(here.path().join("bob").join(file)).unwrap();
    assert_eq!(read("explanation.txt"), ran.stdout);
    assert_eq!(read("explanation.csv"), table);
    assert_eq!(read("explanation.json"), run(&["--format", "json"]).stdout);
    let again = rhodian_in(here.path(), &[&base[..], &["--out", "bob"]].concat());
    assert_eq!((again.status, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.starts_with("error[out-exists]"), "{}", again.stderr);
    assert_eq!(run(&["--out", "bob", "--force", "--quiet"]).stderr, "");
}

#[test]
fn an_explanation_never_replaces_the_run_nor_a_run_an_explanation() {
    let here = folder();
    shared(here.path(), "alice");
    let explain = ["explain", "result", "--account", "bob", "--force", "--out"];
    let over = rhodian_in(here.path(), &[&explain[..], &["result"]].concat());
    assert_eq!((over.status, over.stdout.as_str()), (2, ""));
    assert!(over.stderr.starts_with("error[out-foreign-file]"), "{}", over.stderr);
    assert!(here.path().join("result/events.ndjson").is_file());
    done(here.path(), &[&explain[..], &["bob"]].concat());
    let file = scenarios().join("alice.toml");
    let share = ["share", file.to_str().unwrap(), "--out", "bob", "--force"];
    let over = rhodian_in(here.path(), &share);
    assert_eq!(over.status, 2);
    assert!(over.stderr.contains("which another command wrote"), "{}", over.stderr);
}

#[test]
fn a_table_without_rows_says_why() {
    let here = folder();
    shared(here.path(), "trace");
    let args = ["explain", "result", "--account", "alice-iso", "--format", "csv"];
    let ran = done(here.path(), &args);
    assert!(ran.stdout.contains(",own-means,"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("remark: alice-iso is not liable"), "{}", ran.stderr);
}

/// Class 1 pays before class 2: who is in the second reads what the first paid, and the table of
/// shares says who is in which.
#[test]
fn a_class_is_told_with_what_lower_ones_paid() {
    let here = folder();
    let text = r#"asset = { name = "EUR", decimals = 0 }
[[loss]]
id = "small"
cause = "x"
amount = "12"
[[step]]
layer = "Winners"
kind = "gains-haircut"
classes = true
claims = [
  { id = "bob", weight = "7", class = 1 },
  { id = "carol", weight = "9", class = 2 },
  { id = "dan", weight = "6", class = 2 },
]
"#;
    fs::write(here.path().join("c.toml"), text).unwrap();
    done(here.path(), &["share", "c.toml", "--out", "result", "--quiet"]);
    let cases =
        [("bob", "1", "0", "12 is left to class 1"), ("carol", "2", "7", "5 is left to class 2")];
    let rows = binary::rows(&here.path().join("result/shares.csv"));
    for (account, class, lower, left) in cases {
        let told = explained(here.path(), account);
        let loss = &told["layers"][0]["losses"][0];
        assert_eq!(loss["lower_classes"], lower, "{told}");
        let text = done(here.path(), &["explain", "result", "--account", account]).stdout;
        let words = format!("They paid {lower} of it: {left} and those above.");
        assert!(text.contains(&words), "{words}: {text}");
        let row = rows.iter().find(|row| row["account"] == account).unwrap();
        assert_eq!(row["class"], class);
    }
    done(here.path(), &["check", "result"]);
}
