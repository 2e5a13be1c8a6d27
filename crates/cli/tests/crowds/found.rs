//! What a run of a crisis came to, read from its folder: how accounts and books of the crowd were
//! closed, what the layers of the crowd's domains paid, what was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::binary::{json, rows};
use crate::refusals::{Refusal, of_line};
use crate::scout::{event_of, is_of_crowd};
use crate::venue::{Crisis, DOMAINS, ROUTES};

/// How often each route closed something of an account in liquidation, and of a close-out book.
type Closed = BTreeMap<&'static str, [u64; 2]>;

/// What one crisis came to.
pub struct Found {
    pub title: &'static str,
    /// The accounts of the crowd that were liquidated, and that failed.
    pub liquidated: usize,
    pub failed: usize,
    closed: Closed,
    /// Losses of the crowd that own means did not cover, and their sum in atoms.
    pub deficits: u64,
    pub lacked: u128,
    /// What the layers of each kind paid for losses of the crowd, in atoms.
    pub kinds: BTreeMap<String, u128>,
    pub refusals: BTreeMap<Refusal, u64>,
    pub summary: Value,
}

impl Found {
    pub fn of(crisis: &Crisis, folder: &Path, accounts: &[BTreeMap<String, String>]) -> Self {
        let summary = json(&folder.join("summary.json"));
        let (mut deficits, mut lacked, mut kinds) = (0, 0, BTreeMap::new());
        let losses = summary["losses"].as_array().expect("losses are a list");
        let table = rows(&folder.join("losses.csv"));
        assert_eq!(losses.len(), table.len(), "{}: a row for each loss", crisis.title);
        for (loss, row) in losses.iter().zip(&table) {
            assert_eq!(loss["id"], row["loss_id"]);
            if !DOMAINS.contains(&row["domain"].as_str()) || !is_of_crowd(&row["failed"]) {
                continue;
            }
            let lacks = atoms(&loss["deficit"]);
            (deficits, lacked) = (deficits + u64::from(lacks > 0), lacked + lacks);
            for layer in loss["layers"].as_array().expect("layers are a list") {
                let kind = layer["kind"].as_str().expect("a kind has a name").to_owned();
                *kinds.entry(kind).or_default() += atoms(&layer["received"]);
            }
        }
        kinds.retain(|_, paid| *paid > 0);
        // Accounts stand in the order of their ids.
        let crowd = accounts.iter().map(|row| is_of_crowd(&row["account"])).collect();
        let mut watch = Watch { crowd, ..Watch::default() };
        for line in read(folder, "events.ndjson").lines() {
            if watch.looks_at(line) {
                watch.follow(&serde_json::from_str(line).expect("an event is JSON"));
            }
        }
        let mut refusals = BTreeMap::new();
        for refusal in read(folder, "commands.ndjson").lines().filter_map(of_line) {
            *refusals.entry(refusal).or_default() += 1;
        }
        let (liquidated, failed) = (watch.liquidated.len(), watch.failed.len());
        let (title, closed) = (crisis.title, watch.closed);
        Self { title, liquidated, failed, closed, deficits, lacked, kinds, refusals, summary }
    }

    /// A line of the table.
    pub fn line(&self, accounts: &str) -> String {
        let closed = ROUTES.map(|route| {
            let [of_accounts, of_books] = self.closed(route);
            format!("{of_accounts} + {of_books}")
        });
        let [market, auction, backstop, deleverage] = closed;
        let codes: BTreeSet<&str> = self.refusals.keys().map(|(_, code)| code.as_str()).collect();
        row([
            self.title.to_owned(),
            accounts.to_owned(),
            self.liquidated.to_string(),
            self.failed.to_string(),
            self.deficits.to_string(),
            (self.lacked / 1_000_000).to_string(),
            market,
            auction,
            backstop,
            deleverage,
            self.kinds.len().to_string(),
            codes.len().to_string(),
            self.refusals.values().sum::<u64>().to_string(),
        ])
    }

    /// How often a route closed something of an account in liquidation, and of a book.
    pub fn closed(&self, route: &str) -> [u64; 2] {
        self.closed.get(route).copied().unwrap_or_default()
    }
}

/// The heading of the table.
pub fn heading() -> String {
    let [market, auction, backstop, deleverage] = ROUTES;
    row([
        "crisis",
        "accounts",
        "liquidated",
        "failed",
        "deficits",
        "USD",
        market,
        auction,
        backstop,
        deleverage,
        "kinds",
        "codes",
        "refused",
    ]
    .map(str::to_owned))
}

/// The first column is set left, figures right.
fn row([first, rest @ ..]: [String; 13]) -> String {
    let widths = [9, 11, 7, 9, 10, 12, 8, 10, 11, 6, 6, 8];
    let cells = rest.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
    format!("{first:30}{}", cells.collect::<String>())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn atoms(value: &Value) -> u128 {
    value.as_str().expect("amounts are text").parse().expect("of digits")
}

/// Follows the events of a run, of the crowd alone.
#[derive(Default)]
struct Watch {
    /// By dense id: whether it is of the crowd.
    crowd: Vec<bool>,
    open: BTreeSet<u64>,
    liquidated: BTreeSet<u64>,
    failed: BTreeSet<u64>,
    /// Losses of the crowd: an account has one in each domain that it held legs of.
    losses: BTreeSet<u64>,
    closed: Closed,
}

impl Watch {
    fn follow(&mut self, event: &Value) {
        let fact = &event["fact"];
        let account = fact["account"].as_u64().unwrap_or(u64::MAX);
        match fact["event"].as_str().unwrap_or_default() {
            "liquidation-begun" if self.is_of_crowd(account) => {
                self.open.insert(account);
                self.liquidated.insert(account);
            }
            "liquidation-ended" => {
                self.open.remove(&account);
            }
            "default-found" if self.is_of_crowd(account) => {
                self.failed.insert(account);
                self.losses.insert(fact["loss"].as_u64().expect("an id"));
            }
            "filled" => {
                for party in [&fact["buyer"], &fact["seller"]] {
                    self.count("market", party);
                }
            }
            "legs-sold" => {
                let backstop = fact["backstop"] == true;
                self.count(if backstop { "backstop" } else { "auction" }, &fact["from"]);
            }
            "deleveraged" => self.count("deleverage", &fact["from"]),
            _ => {}
        }
    }

    /// Whether a line is of an event that is followed: fills are only when somebody was closed out.
    fn looks_at(&self, line: &str) -> bool {
        match event_of(line) {
            "filled" => !(self.liquidated.is_empty() && self.losses.is_empty()),
            "liquidation-begun" | "liquidation-ended" | "default-found" => true,
            event => matches!(event, "legs-sold" | "deleveraged"),
        }
    }

    fn is_of_crowd(&self, account: u64) -> bool {
        usize::try_from(account).is_ok_and(|id| self.crowd.get(id) == Some(&true))
    }

    /// Something of a party was closed, if it is closed out.
    fn count(&mut self, route: &'static str, party: &Value) {
        let account = party["account"].as_u64().is_some_and(|id| self.open.contains(&id));
        let book = party["book"].as_u64().is_some_and(|id| self.losses.contains(&id));
        let [of_accounts, of_books] = self.closed.entry(route).or_default();
        *of_accounts += u64::from(account);
        *of_books += u64::from(book);
    }
}
