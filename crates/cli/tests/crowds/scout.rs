//! What bidders see: the first run of a crisis is read as it happens, until there are a close-out
//! book and some accounts in auction to bid for. The same file with the bids beside it goes the
//! same way up to the first of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How long after a book or an auction was opened its bidder comes, in milliseconds: before the
/// next mark of any crisis.
const LATER: u64 = 60_000;
/// A book of less is taken by the outside market at once; one of more is too dear to close.
const BOOKS: std::ops::Range<u128> = 100_000_000_000..500_000_000_000;
/// Whoever has less in auction is hardly worth a bid; a tenth of whoever has more is too much for
/// one bidder, who would fail next.
const EQUITY: std::ops::Range<i128> = 500_000_000..50_000_000_000;
/// The bids for accounts.
const MOST: usize = 2;

/// The events that bidders look at.
const SEEN: [&str; 4] = ["account-opened", "taken-over", "deleveraging-begun", "route-taken"];

/// What is found while the first run goes on.
#[derive(Default)]
struct Scout {
    /// The names of accounts by their dense ids.
    names: Vec<String>,
    /// Books taken over at this moment, by loss: whose, and whether one may bid.
    books: BTreeMap<u64, (String, bool)>,
    failed: BTreeSet<String>,
    now: u64,
    book: Option<(u64, String)>,
    accounts: Vec<(u64, String)>,
}

impl Scout {
    /// Takes the next event; whether enough is known.
    fn follow(&mut self, event: &Value) -> bool {
        let at = event["at"].as_u64().expect("an event has its time");
        if at > self.now {
            self.moment_over();
            self.now = at;
        }
        let fact = &event["fact"];
        match fact["event"].as_str().unwrap_or_default() {
            "account-opened" => self.names.push(text(&fact["name"]).to_owned()),
            "taken-over" => {
                let (name, value) = (self.name(fact), text(&fact["value"]).parse().unwrap_or(0));
                // A second loss of an account has a name of its own.
                let first = self.failed.insert(name.clone());
                let may = first && is_of_crowd(&name) && BOOKS.contains(&value);
                self.books.insert(number(&fact["loss"]), (name, may));
            }
            "deleveraging-begun" => {
                self.books.entry(number(&fact["loss"])).and_modify(|book| book.1 = false);
            }
            "route-taken" if fact["route"] == 1 && self.book.is_some() => {
                let (name, equity) = (self.name(fact), text(&fact["equity"]).parse().unwrap_or(0));
                if is_of_crowd(&name) && EQUITY.contains(&equity) {
                    self.accounts.push((at + LATER, name));
                }
            }
            _ => {}
        }
        self.accounts.len() >= MOST
    }

    /// What is open when everything of a moment is done may be bid for.
    fn moment_over(&mut self) {
        let found = std::mem::take(&mut self.books).into_values().find(|(_, may)| *may);
        if let (None, Some((name, _))) = (&self.book, found) {
            self.book = Some((self.now + LATER, name));
        }
    }

    fn name(&self, fact: &Value) -> String {
        let account = usize::try_from(number(&fact["account"])).expect("an id is small");
        self.names[account].clone()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("an id is a number")
}

/// The name of the event of a line, which is cheaper than to read all of it.
pub fn event_of(line: &str) -> &str {
    let rest = line.split_once("\"event\":\"").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split_once('"')).map_or("", |(name, _)| name)
}

/// Whether an account is one of the seeded population: `a` and five digits.
pub fn is_of_crowd(name: &str) -> bool {
    let digits = name.strip_prefix('a').filter(|rest| rest.len() == 5);
    digits.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The bids that a run of `file` invites, as a file of events.
pub fn bids(folder: &Path, file: &str) -> String {
    let mut run = Command::new(env!("CARGO_BIN_EXE_rhodian"))
        .current_dir(folder)
        .args(["run", file, "--format", "ndjson", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut scout = Scout::default();
    let lines = BufReader::new(run.stdout.take().expect("its output is read")).lines();
    let mut lines = lines.map(|line| line.expect("events are UTF-8"));
    let enough = lines.any(|line| {
        SEEN.contains(&event_of(&line))
            && scout.follow(&serde_json::from_str(&line).expect("an event is JSON"))
    });
    if enough {
        // It may have ended meanwhile.
        let _ = run.kill();
    }
    let status = run.wait().expect("the run ends");
    assert!(enough || status.success(), "{file}: {status}");
    let book = scout.book.map(|(at, name)| (at, format!("book/{name}"), "50 %"));
    let accounts = scout.accounts.into_iter().map(|(at, name)| (at, name, "10 %"));
    let mut bids: Vec<_> = book.into_iter().chain(accounts).collect();
    assert!(!bids.is_empty(), "{file}: nobody stands in auction, the crowd is too small");
    bids.sort();
    bids.iter().fold(String::new(), |mut lines, (at, from, part)| {
        let bid = format!("\"from\":\"{from}\",\"account\":\"bidder\",\"part\":\"{part}\"");
        let _ = writeln!(lines, "{{\"at\":\"{at}\",\"do\":\"bid\",{bid}}}");
        lines
    })
}
