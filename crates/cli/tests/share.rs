//! `rhodian share`, run: the grammar of its output, what it refuses, and real books.

mod binary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use binary::{atoms, data, done, folder, json, rhodian_in, rows, scenarios};
use serde_json::Value;

/// The file of the first page, with what a test adds to it.
fn alice(folder: &Path, more: &str) {
    let claims = "user,closed_pnl\nbob,30000.00\ncarol,9000.00\ndave,3000.00\nerin,-500.00\n";
    fs::write(folder.join("winners.csv"), claims).unwrap();
    let text = format!(
        r#"asset = {{ name = "USD", decimals = 2 }}

[[loss]]
id     = "alice-1"
class  = "default"
cause  = "market move"
amount = "12000.00"

[[step]]
layer    = "Insurance fund"
kind     = "insurance-fund"
capacity = "5000.00"

[[step]]
layer  = "Winners"
kind   = "gains-haircut"
claims = {{ file = "winners.csv", id = "user", weight = "closed_pnl", keep = "closed_pnl > 0" }}
cap    = "10 % of weight"
{more}"#
    );
    fs::write(folder.join("alice.toml"), text).unwrap();
}

#[test]
fn without_a_folder_nothing_is_written() {
    let here = folder();
    alice(here.path(), "");
    for format in ["text", "csv", "json", "ndjson"] {
        let ran = done(here.path(), &["share", "alice.toml", "--format", format]);
        assert!(!ran.stdout.is_empty(), "{format}");
    }
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 2);
}

#[test]
fn standard_output_and_the_folder_say_the_same() {
    let here = folder();
    alice(here.path(), "");
    let ran = done(here.path(), &["share", "alice.toml", "--out", "result"]);
    assert!(ran.stderr.contains("the picture: result/report.html"), "{}", ran.stderr);
    for (format, file) in
        [("csv", "shares.csv"), ("json", "summary.json"), ("ndjson", "events.ndjson")]
    {
        let out = done(here.path(), &["share", "alice.toml", "--format", format]).stdout;
        let written = fs::read_to_string(here.path().join("result").join(file)).unwrap();
        assert!(out == written, "{format} differs from {file}");
    }
    let page = fs::read_to_string(here.path().join("result/report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_folder_is_replaced_only_with_force() {
    let here = folder();
    alice(here.path(), "");
    done(here.path(), &["share", "alice.toml", "--out", "result"]);
    let again = rhodian_in(here.path(), &["share", "alice.toml", "--out", "result"]);
    assert_eq!((again.status, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.starts_with("error[out-exists]"), "{}", again.stderr);
    done(here.path(), &["share", "alice.toml", "--out", "result", "--force"]);
}

#[test]
fn what_is_uncovered_fails_the_check_that_was_asked_for() {
    let here = folder();
    alice(here.path(), "");
    let args = ["share", "alice.toml", "--format", "json"];
    let summary: Value = serde_json::from_str(&done(here.path(), &args).stdout).unwrap();
    // 12,000 less 5,000 less 10 % of 42,000.
    assert_eq!(summary["losses"][0]["uncovered"], "280000");
    let failed = rhodian_in(here.path(), &["share", "alice.toml", "--fail-on-uncovered"]);
    assert_eq!(failed.status, 1);
    assert!(failed.stdout.contains("2,800.00"), "{}", failed.stdout);
}

#[test]
fn the_plan_is_printed_and_nothing_else() {
    let here = folder();
    alice(here.path(), "");
    let plan = done(here.path(), &["share", "alice.toml", "--plan", "--out", "result"]).stdout;
    let expected = "\
alice-1   12,000.00 USD to absorb
step  layer            can pay  is asked for
1     Insurance fund  5,000.00      5,000.00
2     Winners         4,200.00      4,200.00
      uncovered                     2,800.00
";
    assert_eq!(plan, expected);
    assert!(!here.path().join("result").exists());
    let json = done(here.path(), &["share", "alice.toml", "--plan", "--format", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["plans"][0]["draws"][1]["planned"], "420000");
    let csv = rhodian_in(here.path(), &["share", "alice.toml", "--plan", "--format", "csv"]);
    assert_eq!((csv.status, csv.stdout.as_str()), (2, ""));
}

/// A loss that is listed again is recognised once, and said to be.
#[test]
fn listed_twice_recognised_once() {
    let here = folder();
    let again = "\n[[loss]]\nid = \"alice-1\"\ncause = \"market move\"\namount = \"12000.00\"\n";
    alice(here.path(), again);
    let ran = done(here.path(), &["share", "alice.toml", "--format", "json"]);
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(summary["losses"].as_array().unwrap().len(), 1);
    assert!(ran.stderr.contains("recognised once"), "{}", ran.stderr);
}

/// Dense ids follow the byte order of the ids: the order of a file's rows changes nothing.
#[test]
fn shuffled_rows_change_nothing() {
    let here = folder();
    alice(here.path(), "");
    let first = done(here.path(), &["share", "alice.toml", "--format", "ndjson"]).stdout;
    let claims = "user,closed_pnl\nerin,-500.00\ndave,3000.00\nbob,30000.00\ncarol,9000.00\n";
    fs::write(here.path().join("winners.csv"), claims).unwrap();
    assert!(done(here.path(), &["share", "alice.toml", "--format", "ndjson"]).stdout == first);
}

/// A step without claimants pays nothing and the loss passes on.
#[test]
fn a_step_without_claimants_passes_on() {
    let here = folder();
    alice(here.path(), "");
    fs::write(here.path().join("winners.csv"), "user,closed_pnl\nerin,-500.00\n").unwrap();
    let text = done(here.path(), &["share", "alice.toml"]).stdout;
    assert!(text.contains("no claimants"), "{text}");
    assert!(text.contains("7,000.00"), "{text}");
}

/// Members are called, one pays a part, the deadline passes, the rest is uncovered; a later loss
/// joins the episode that the call keeps open and finds the fund's cap spent.
#[test]
fn an_assessment_waits_until_its_deadline() {
    let here = folder();
    let text = r#"asset = { name = "EUR", decimals = 0 }

[[loss]]
id = "first"
cause = "default of a member"
amount = "1000"

[[loss]]
id = "second"
cause = "another"
amount = "50"
at = "1 h"

[[step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "800"
per_episode = "100"

[[step]]
layer = "Calls"
kind = "assessment"
deadline = "48 h"
claims = [{ id = "a", weight = "600" }, { id = "b", weight = "300" }]
paid = [{ account = "a", amount = "600" }, { account = "b", amount = "100" }]
"#;
    fs::write(here.path().join("calls.toml"), text).unwrap();
    done(here.path(), &["share", "calls.toml", "--out", "result"]);
    let summary = json(&here.path().join("result/summary.json"));
    let losses = &summary["losses"];
    assert_eq!((&losses[0]["episode"], &losses[1]["episode"]), (&1.into(), &1.into()));
    assert_eq!(losses[0]["layers"][1]["state"], "closed-at-deadline");
    assert_eq!(losses[0]["layers"][1]["planned"], "900");
    assert_eq!(losses[0]["layers"][1]["received"], "700");
    assert_eq!(losses[0]["uncovered"], "200");
    assert_eq!(losses[1]["layers"][0]["received"], "0");
    assert_eq!(losses[1]["layers"][0]["state"], "capped");
    let shares = rows(&here.path().join("result/shares.csv"));
    let first: Vec<(&str, &str, &str)> = shares
        .iter()
        .filter(|row| row["loss_id"] == "first")
        .map(|row| (&*row["account"], &*row["share"], &*row["exact_num"]))
        .collect();
    assert_eq!(first, [("a", "600", "600"), ("b", "100", "300")]);
}

/// Shares taken on touch are at most one atom above exact, never above the cap.
#[test]
fn shares_on_touch() {
    let here = folder();
    let text = r#"asset = { name = "EUR", decimals = 0 }

[[loss]]
id = "one"
cause = "default"
amount = "100"

[[step]]
layer = "Winners"
kind = "gains-haircut"
settle = "on-touch"
claims = [{ id = "a", weight = "7" }, { id = "b", weight = "70" }, { id = "c", weight = "700" }]
"#;
    fs::write(here.path().join("touch.toml"), text).unwrap();
    let csv = done(here.path(), &["share", "touch.toml", "--format", "csv"]).stdout;
    let shares: Vec<u128> =
        csv.lines().skip(1).map(|line| line.split(',').nth(8).unwrap().parse().unwrap()).collect();
    // 700/777, 7000/777 and 70000/777, each rounded up.
    assert_eq!(shares, [1, 10, 91]);
}

/// The sixteen needed budgets of 10 October 2025 over the real book, in one episode.
#[test]
fn sixteen_waves_over_the_real_book() {
    let Some(data) = data("sixteen_waves_over_the_real_book") else { return };
    let here = folder();
    let budgets: Vec<u128> = rows(&data.join("oct10/policy_per_wave_metrics.csv"))
        .iter()
        .map(|row| half_up(&row["budget_needed"]))
        .collect();
    assert_eq!(budgets.len(), 16);
    let book = data.join("oct10/adl_by_user.csv").canonicalize().unwrap();
    let step = format!(
        "[[step]]\nlayer = \"Winners\"\nkind = \"gains-haircut\"\nclaims = {{ file = '{}', \
         id = \"user\", weight = \"closed_pnl\", \
         cap = [\"closed_pnl\", \"account_value_realtime\"], keep = \"closed_pnl > 0\", \
         excess_digits = \"half-even\", exponents = true }}\n",
        book.display()
    );
    let paid = |name: &str, amounts: &[u128]| {
        let mut text = "asset = { name = \"USD\", decimals = 6 }\n".to_owned();
        for (wave, amount) in amounts.iter().enumerate() {
            let (whole, rest) = (amount / 1_000_000, amount % 1_000_000);
            write!(
                text,
                "[[loss]]\nid = \"{wave}\"\ncause = \"wave\"\namount = \"{whole}.{rest:06}\"\n"
            )
            .unwrap();
        }
        text.push_str(&step);
        fs::write(here.path().join(name), text).unwrap();
        let out = format!("{name}.out");
        done(here.path(), &["share", name, "--out", &out, "--quiet"]);
        let mut paid: BTreeMap<String, u128> = BTreeMap::new();
        for row in rows(&here.path().join(out).join("shares.csv")) {
            *paid.entry(row["account"].clone()).or_default() += atoms(&row["share"], 6);
        }
        paid
    };
    let sum: u128 = budgets.iter().sum();
    let (waves, once) = (paid("waves.toml", &budgets), paid("once.toml", &[sum]));
    assert_eq!(waves.values().sum::<u128>(), sum);
    assert_eq!(once.values().sum::<u128>(), sum);
    assert_eq!(waves.len(), once.len());
    assert!(once.len() > 19_000, "{} accounts", once.len());
    for (account, share) in &once {
        assert!(share.abs_diff(waves[account]) <= 1, "{account}");
    }
    println!("{} accounts, {sum} atoms in 16 waves and at once", once.len());
}

/// A decimal number in millionths, rounded at the seventh decimal.
fn half_up(text: &str) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<7}");
    let atoms: u128 = format!("{whole}{}", &digits[..6]).parse().expect("digits");
    atoms + u128::from(digits.as_bytes()[6] >= b'5')
}

/// The deficit that a study counts in nine waves is one loss: the file has no ids, so equal cents
/// are taken for one loss.
#[test]
fn the_loss_of_nine_waves_is_recognised_once() {
    let Some(data) = data("the_loss_of_nine_waves_is_recognised_once") else { return };
    let here = folder();
    let reports: Vec<u128> = rows(&data.join("oct10/bad_debt_loser_waves.csv"))
        .iter()
        .map(|row| half_up(&row["max_loss_usd"]))
        .collect();
    let largest = *reports.iter().max().unwrap();
    assert_eq!(reports.iter().filter(|report| **report == largest).count(), 9);
    let mut text = "asset = { name = \"USD\", decimals = 6 }\n".to_owned();
    for amount in &reports {
        let (whole, rest) = (amount / 1_000_000, amount % 1_000_000);
        write!(
            text,
            "[[loss]]\nid = \"{amount}\"\ncause = \"x\"\namount = \"{whole}.{rest:06}\"\n"
        )
        .unwrap();
    }
    text.push_str("[[step]]\nlayer = \"Fund\"\nkind = \"insurance-fund\"\ncapacity = \"1\"\n");
    fs::write(here.path().join("nine.toml"), text).unwrap();
    let ran = done(here.path(), &["share", "nine.toml", "--format", "json"]);
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let losses = summary["losses"].as_array().unwrap();
    assert_eq!(losses.len(), reports.len() - 8);
    let same = losses.iter().filter(|loss| loss["amount"] == largest.to_string());
    assert_eq!(same.count(), 1);
    assert!(ran.stderr.contains("listed 9 times: recognised once"), "{}", ran.stderr);
}

/// More than is open cannot come back; the amounts are those of the file.
#[test]
fn a_recovery_above_the_loss_is_refused() {
    let here = folder();
    alice(here.path(), "\n[[recovery]]\nloss = \"alice-1\"\namount = \"12000.01\"\n");
    let ran = rhodian_in(here.path(), &["share", "alice.toml", "--out", "result"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(!here.path().join("result").exists());
    let told = "error[recovery-above-claims]: 12,000.01 came back, 12,000.00 is still open";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
}

#[test]
fn names_that_a_spreadsheet_would_run_are_kept_and_told() {
    let here = folder();
    let file = fs::read_to_string(scenarios().join("alice.toml")).unwrap();
    let claims = fs::read_to_string(scenarios().join("winners.csv")).unwrap();
    fs::write(here.path().join("a.toml"), file).unwrap();
    fs::write(here.path().join("winners.csv"), claims.replace("bob", "=bob")).unwrap();
    let ran = done(here.path(), &["share", "a.toml", "--format", "csv"]);
    assert!(ran.stdout.contains(",=bob,"), "{}", ran.stdout);
    let told = "remark: 1 row has a name in shares.csv that a spreadsheet would run as a formula: \
                import it as text\n";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let text = done(here.path(), &["share", "a.toml"]);
    assert!(!text.stderr.contains("spreadsheet"), "{}", text.stderr);
}
