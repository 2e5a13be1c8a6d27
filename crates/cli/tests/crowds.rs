//! The six crash files drive a seeded crowd through `rhodian run`: each crisis makes real deficits,
//! the laws hold throughout (a broken one ends the run with an error), and together they reach each
//! route of a liquidation, every kind of layer and every refusal that needs no pool. Each ends in a
//! report that names it and shows what happened. Counts are printed.
//!
//! Leverage is drawn from the lab's `mixed` model. Half of the accounts have what was published of
//! those who were auto-deleveraged on 10 October 2025 (a median of 0.43, a 95th percentile of 6.5):
//! the only leverage by account that is known of a real crisis, and that of winners alone. 45 % are
//! at any doubling from 1 to 20 equally likely, and 5 % from 20 to 50: of those who lose nothing is
//! known but what venues offer, and so nothing more is assumed. The mixture has one check: 39 %
//! stand above 3, half of them long, whom a fall of a third empties; on 10 October 2025 up to one
//! account in seven was liquidated. It is false for a venue of institutions, who borrow less.
//!
//! A crisis is run twice. Bidders look at the first run until there is something to bid for; in the
//! second they bid. Beside the crowd each file has a corner in which commands are refused.
//!
//! `RHODIAN_CROWD` says how many accounts; by default few enough for a test.

mod binary;
#[path = "crowds/found.rs"]
mod found;
#[path = "crowds/page.rs"]
mod page;
#[path = "crowds/refusals.rs"]
mod refusals;
#[path = "crowds/scout.rs"]
mod scout;
#[path = "crowds/venue.rs"]
mod venue;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use binary::{data, done, folder, rows};
use found::{Found, heading};
use rhodian_lab::population::model::{LeverageModel, PopulationModel};
use venue::{CRISES, Crisis, ROUTES};

/// Runs a crisis with its bids; what came of it, and its report, must be right.
fn run(data: &Path, out: &Path, crisis: &Crisis, accounts: &str) -> Found {
    let (candles, title) = (crisis.candles, crisis.title);
    let file = format!("{candles}.csv");
    fs::copy(data.join("prices").join(&file), out.join(&file)).unwrap();
    fs::write(out.join("first.toml"), venue::text(crisis, accounts, None)).unwrap();
    fs::write(out.join("bids.ndjson"), scout::bids(out, "first.toml")).unwrap();
    fs::write(out.join("V.toml"), venue::text(crisis, accounts, Some("bids.ndjson"))).unwrap();
    done(out, &["run", "V.toml", "--out", candles, "--quiet", "--format", "csv"]);
    let folder = out.join(candles);
    let rows = rows(&folder.join("accounts.csv"));
    let found = Found::of(crisis, &folder, &rows);
    let run = &found.summary["run"];
    assert_eq!(run["laws_checked"]["after_each_event"], found.summary["events"], "{title}");
    assert!(found.deficits > 0, "{title}: no deficit");
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let missing = page::missing(&page, title, &found.summary, &rows);
    assert!(missing.is_empty(), "{title}: the report lacks {}", missing.join("; "));
    found
}

/// The names of the kinds of layers, from the source: a new one is to be reached, too. None of them
/// needs a pool: what lenders lose is reported here, and `scenarios/loan.toml` has it of a pool.
fn kinds() -> BTreeSet<String> {
    let source = include_str!("../../core/src/domain/layer.rs");
    let (_, body) = source.split_once("pub enum Kind {").expect("there are kinds");
    let (body, _) = body.split_once("\n}\n").expect("their end");
    let name = |line: &str| line.trim().split_once(" = ").map(|(name, _)| refusals::kebab(name));
    body.lines().filter_map(name).collect()
}

fn print(found: &[Found], accounts: &str) {
    println!("{}", heading());
    found.iter().for_each(|one| println!("{}", one.line(accounts)));
    println!("(what a route closed is of accounts in liquidation + of close-out books)");
    for one in found {
        let kinds = one.kinds.iter().map(|(kind, paid)| format!("{kind} {}", paid / 1_000_000));
        println!("{}: paid by kind, USD: {}", one.title, kinds.collect::<Vec<_>>().join(", "));
    }
    let mut areas: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((area, code), times) in &together(found) {
        areas.entry(area).or_default().push(format!("{code} {times}"));
    }
    for (area, codes) in areas {
        println!("refused by {area}: {}", codes.join(", "));
    }
}

/// The refusals of all runs.
fn together(found: &[Found]) -> BTreeMap<&refusals::Refusal, u64> {
    let mut sums = BTreeMap::new();
    for (refusal, times) in found.iter().flat_map(|one| &one.refusals) {
        *sums.entry(refusal).or_default() += times;
    }
    sums
}

#[test]
fn six_crashes_reach_everything_and_break_no_law() {
    let Some(data) = data("six_crashes_reach_everything_and_break_no_law") else { return };
    let accounts = std::env::var("RHODIAN_CROWD").unwrap_or_else(|_| "400".to_owned());
    let out = folder();
    let found = CRISES.map(|crisis| run(&data, out.path(), &crisis, &accounts));
    print(&found, &accounts);
    let kinds = kinds();
    for one in &found {
        let reached: BTreeSet<String> = one.kinds.keys().cloned().collect();
        assert_eq!(reached, kinds, "{}: the kinds of layers that paid", one.title);
        let by_auction: u64 = one.closed("auction").iter().sum();
        assert!(by_auction > 0, "{}: no bid was taken", one.title);
    }
    for route in ROUTES {
        for (which, closed) in ["accounts in liquidation", "close-out books"].iter().enumerate() {
            let times: u64 = found.iter().map(|one| one.closed(route)[which]).sum();
            assert!(times > 0, "{route}: nothing of {closed}");
        }
    }
    let wrong = refusals::wrong(&together(&found).into_keys().cloned().collect());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What is said of leverage above is what the crowd is drawn with.
#[test]
fn the_crowd_has_the_leverage_that_is_stated() {
    let leverage = PopulationModel::of(500).leverage;
    assert_eq!((leverage.name, leverage.most()), ("mixed", 50.0));
    assert_eq!(leverage, LeverageModel::mixed());
}

#[test]
fn kinds_are_read_from_the_source() {
    let kinds = kinds();
    assert!(kinds.len() >= 12, "{kinds:?}");
    assert!(kinds.contains("insurance-fund") && kinds.contains("deposits"), "{kinds:?}");
}
