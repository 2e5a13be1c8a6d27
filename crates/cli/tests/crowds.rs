//! The six crash files drive a seeded crowd through `rhodian run`: each crisis makes real deficits,
//! together they reach every route and kind of layer that the file has, and the laws hold
//! throughout (a broken one ends the run with an error). Counts are printed.
//!
//! `RHODIAN_CROWD` says how many accounts; by default few enough for a test.

mod binary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use binary::{data, done, folder};
use serde_json::Value;

const CRASHES: [&str; 6] = [
    "covid_2020_03_2h",
    "may_2021_2h",
    "luna_2022_05_1h",
    "ftx_2022_11_1h",
    "aug_2024_30m",
    "oct_2025_15m",
];

fn venue(candles: &str, accounts: &str) -> String {
    let domain = |name: &str, fund: &str| {
        format!(
            r#"
[[domain]]
name = "{name}"
[domain.terms]
close_out_budget = "20000"
close_out_time = "10 min"
[[domain.step]]
layer = "Fund of {name}"
kind = "insurance-fund"
capacity = "{fund}"
[[domain.step]]
layer = "Operator of {name}"
kind = "operator-capital"
capacity = "5000"
[[domain.step]]
layer = "Stakers of {name}"
kind = "tranche"
stakes = [{{ account = "staker of {name}", amount = "10000" }}]
[[domain.step]]
layer = "Winners of {name}"
kind = "gains-haircut"
cap = "30 % of weight"
"#
        )
    };
    format!(
        r#"asset = {{ name = "USD", decimals = 6 }}
population = {{ accounts = {accounts}, seed = 7, candles = "{candles}.csv", depth = "20000" }}
period = "1 h"
{}{}
[liquidation]
fund = "Fund of majors"
route = [
    {{ route = "market", time = "10 min" }},
    {{ route = "backstop", account = "backstop", most = "200000" }},
    {{ route = "deleverage" }},
]
[[account]]
id = "backstop"
deposit = "500000"
"#,
        domain("majors", "50000"),
        domain("others", "20000")
    )
}

#[test]
fn six_crashes_make_deficits_and_break_no_law() {
    let Some(data) = data("six_crashes_make_deficits_and_break_no_law") else { return };
    let accounts = std::env::var("RHODIAN_CROWD").unwrap_or_else(|_| "500".to_owned());
    let out = folder();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for crash in CRASHES {
        let candles = data.join(format!("prices/{crash}.csv"));
        fs::copy(&candles, out.path().join(format!("{crash}.csv"))).unwrap();
        fs::write(out.path().join("V.toml"), venue(crash, &accounts)).unwrap();
        let ran = done(out.path(), &["run", "V.toml", "--format", "json", "--quiet"]);
        let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
        let run = &summary["run"];
        println!("{crash}: {} refused {}", run["counts"], run["refusals"]);
        assert!(run["counts"]["deficits"].as_u64().unwrap_or(0) > 0, "{crash}: no deficit");
        assert_eq!(run["laws_checked"]["after_each_event"], summary["events"], "{crash}");
        for (what, times) in run["counts"].as_object().unwrap() {
            *sums.entry(what.clone()).or_default() += times.as_u64().unwrap();
        }
        kinds.extend(run["layer_kinds"].as_object().unwrap().keys().cloned());
    }
    println!("together: {sums:?}");
    for what in [
        "liquidations",
        "takeovers",
        "penalties",
        "fills of close-out books",
        "sales to a backstop",
        "auto-deleveragings",
        "auto-deleveragings of accounts",
        "divisions",
    ] {
        assert!(sums.get(what).is_some_and(|times| *times > 0), "{what}: {sums:?}");
    }
    let expected = ["gains-haircut", "insurance-fund", "operator-capital", "tranche"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
