//! A domain that enters settlement: told, and settled by rank where the file says what accounts hold.

mod binary;

use std::fs;
use std::path::Path;

use binary::{Ran, done, folder, json, rhodian_in, scenarios};
use serde_json::Value;

fn scenario() -> String {
    fs::read_to_string(scenarios().join("settlement.toml")).unwrap()
}

/// Shares a text under `result`.
fn share(here: &Path, text: &str) -> Ran {
    fs::write(here.join("s.toml"), text).unwrap();
    rhodian_in(here, &["share", "s.toml", "--out", "result", "--force"])
}

const PASSED: &str = "remark: the uncovered debt, 5,500.00, passed uncovered_threshold, 5,000.00: \
                      the domain entered settlement\n";

/// Worked out by hand: 5,500 = 1,500 of session gains + 300 of matured gains + 37 % of 10,000.
#[test]
fn ranks_pay_in_their_order_and_are_repaid() {
    let here = folder();
    let ran = share(here.path(), &scenario());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with(PASSED), "{}", ran.stderr);
    let lines = "\
Settlement   5,500.00 USD uncovered, 5,500.00 taken by rank from 3 accounts
bob    2,480.00  repaid 450.91
dave   2,220.00  repaid 403.64
carol    800.00  repaid 145.45
";
    assert!(ran.stdout.contains(lines), "{}", ran.stdout);
    let summary = json(&here.path().join("result/summary.json"));
    let loss = &summary["losses"][0];
    let of = |key: &str| loss[key].as_str().unwrap().to_owned();
    assert_eq!(
        ["uncovered", "settled_by_rank", "recovered", "repaid_by_rank"].map(of),
        ["550000", "550000", "100000", "100000"].map(str::to_owned)
    );
    assert_eq!(summary["warnings"][0], PASSED["remark: ".len()..].trim_end());
    let page = fs::read_to_string(here.path().join("result/report.html")).unwrap();
    assert!(page.contains("<h2>Settlement by rank</h2>"), "{page}");
    assert!(page.contains("entered settlement</li>"), "{page}");
    let args = ["explain", "result", "--account", "dave"];
    let expected = "exploit-1: 2,220.00 USD of what stayed uncovered was taken from its claims by \
                    rank, in settlement; 403.64 came back.\n";
    assert_eq!(done(here.path(), &args).stdout, expected);
}

#[test]
fn accounts_may_stand_in_a_file() {
    let here = folder();
    share(here.path(), &scenario());
    let rows = json(&here.path().join("result/summary.json"))["settlement"].clone();
    let text = scenario();
    let (before, rest) = text.split_once("accounts = [").unwrap();
    let (_, after) = rest.split_once("]\n").unwrap();
    let accounts = "user,session_gains,matured_gains,deposit,segregated\n\
        dave,0,0,6000.00,800.00\nbob,1000.00,,4000.00,0\ncarol,500.00,300.00,0,0\n";
    let file = "{ file = \"a.csv\", account = \"user\", principal = \"deposit\" }\n";
    let text = format!("{before}accounts = {file}{after}");
    fs::write(here.path().join("a.csv"), accounts).unwrap();
    let empty = share(here.path(), &text);
    assert!(empty.stderr.starts_with("error[claims-empty-weight]"), "{}", empty.stderr);
    fs::write(here.path().join("a.csv"), accounts.replace(",,", ",0,")).unwrap();
    assert_eq!(share(here.path(), &text).status, 0);
    assert_eq!(json(&here.path().join("result/summary.json"))["settlement"], rows);
    fs::write(here.path().join("a.csv"), accounts.replace(",,", ",0,") + "bob,1,0,0,0\n").unwrap();
    let doubled = share(here.path(), &text);
    assert!(doubled.stderr.starts_with("error[claims-doubled-id]"), "{}", doubled.stderr);
}

#[test]
fn below_the_threshold_nothing_is_taken_and_that_is_said() {
    let here = folder();
    let text = scenario().replace("\"5000.00\"\n", "\"5500.00\"\n");
    let text = text.replace("capacity = \"5500.00\"", "capacity = \"5000.00\"");
    let ran = share(here.path(), &text);
    assert!(ran.stderr.starts_with("remark: the uncovered debt never passed"), "{}", ran.stderr);
    let summary = json(&here.path().join("result/summary.json"));
    assert_eq!(summary.get("settlement"), None::<&Value>);
    assert_eq!(summary["losses"][0].get("settled_by_rank"), None::<&Value>);
}

#[test]
fn a_threshold_passed_without_accounts_is_told() {
    let here = folder();
    let text = scenario();
    let (before, rest) = text.split_once("[settlement]").unwrap();
    let (_, after) = rest.split_once("]\n\n").unwrap();
    let ran = share(here.path(), &format!("{before}{after}"));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with(PASSED), "{}", ran.stderr);
    assert!(ran.stderr.contains("remark: no claim was settled by rank: give [settlement]"));
    let quiet = rhodian_in(here.path(), &["share", "s.toml", "--quiet"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn faulty_settlements_are_refused() {
    let here = folder();
    let text = scenario();
    let refuse = |from: &str, to: &str, code: &str, line: usize| {
        assert!(text.contains(from), "{from}");
        fs::write(here.path().join("s.toml"), text.replace(from, to)).unwrap();
        for command in ["check", "share"] {
            let ran = rhodian_in(here.path(), &[command, "s.toml"]);
            assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
            assert!(ran.stderr.starts_with(&format!("error[{code}]")), "{code}: {}", ran.stderr);
            assert!(ran.stderr.contains(&format!(" --> s.toml:{line}\n")), "{}", ran.stderr);
        }
    };
    let line = |part: &str| 1 + text[..text.find(part).unwrap()].matches('\n').count();
    let (carol, table) = (line("{ account = \"carol\""), line("[settlement]"));
    refuse("uncovered_threshold = \"5000.00\"", "", "settlement-no-threshold", table);
    refuse("account = \"carol\"", "account = \"bob\"", "claims-doubled-id", carol);
    let holds = ", session_gains = \"500.00\", matured_gains = \"300.00\"";
    refuse(holds, "", "settlement-no-rank", carol);
    refuse(
        "matured_gains = \"300.00\"",
        "matured_gains = 300",
        "matured-gains-not-a-string",
        carol,
    );
    refuse("matured_gains = \"300.00\"", "gains = \"300.00\"", "toml-unknown-key", carol);
    let most = format!("\"1{}\"", "0".repeat(28));
    refuse("\"6000.00\"", &most, "settlement-too-large", line("accounts = ["));
}
