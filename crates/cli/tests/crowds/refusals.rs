//! Which refusals the runs must meet: every code that the sources of the engine's areas give, but
//! for those that no command of a venue file without a pool can meet, each listed with its reason.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// An area with a code.
pub type Refusal = (String, String);

macro_rules! source {
    ($path:literal) => {
        include_str!(concat!("../../../core/src/", $path))
    };
}

/// The areas with the sources of their codes. That of lending is left out: it needs a pool.
const AREAS: [(&str, &str); 9] = [
    ("engine", source!("engine/message.rs")),
    ("account", source!("account/command.rs")),
    ("domain", source!("domain/rejection.rs")),
    ("loss", source!("loss/rejection.rs")),
    ("control", source!("control/command.rs")),
    ("market", source!("market/command.rs")),
    ("close-out", source!("closeout/command.rs")),
    ("oracle", source!("oracle/command.rs")),
    ("collateral", source!("collateral/command.rs")),
];

/// The areas of pools and of what stands beside them, which are left out.
const POOLS: [&str; 7] =
    ["lending", "cover", "liquidity", "clearing", "protection", "issuance", "incentive"];

/// Codes that an area passes on of another one.
const PASSED_ON: [(&str, &str); 5] = [
    ("domain", "withdrawal-above-free"),
    ("loss", "withdrawal-above-free"),
    ("loss", "layer-not-paid-into"),
    ("close-out", "below-initial-margin"),
    ("collateral", "withdrawal-above-free"),
];

type Unmet = (&'static str, &'static [(&'static str, &'static [&'static str])]);

/// Why which codes cannot be met.
const UNMET: [Unmet; 11] = [
    (
        "a name that stands for nothing is an error of the file",
        &[
            ("account", &["unknown-owner", "unknown-account", "unknown-asset", "unknown-domain"]),
            ("domain", &["unknown-asset", "unknown-domain", "unknown-layer"]),
            ("loss", &["unknown-domain", "unknown-layer", "unknown-loss"]),
            ("control", &["unknown-domain"]),
            ("market", &["unknown-market", "unknown-domain", "unknown-account"]),
            ("close-out", &["unknown-asset", "unknown-account"]),
            ("oracle", &["unknown-feed", "unknown-domain", "unknown-source"]),
            ("collateral", &["unknown-asset", "unknown-market", "unknown-loss", "not-accepted"]),
        ],
    ),
    (
        "asked where a venue is opened: the file is wrong, and there is no run",
        &[
            ("domain", &["decimals-above-bound", "kind-source", "zero-cap", "empty-attachment"]),
            ("domain", &["layer-unbounded", "comparison-rule", "on-touch-rule", "supply-basis"]),
            ("domain", &["risk-basis", "shares-basis"]),
            ("market", &["no-waterfall", "name-in-use", "flaw", "wrong-feed", "no-feed"]),
            ("market", &["penalty-above-limit", "no-underlying"]),
            ("close-out", &["no-pot", "flaw", "penalty-above-limit"]),
            ("oracle", &["name-in-use", "unordered", "zero-weight", "min-sources"]),
            ("oracle", &["parameter-out-of-bounds", "bad-reference", "need-too-low"]),
            ("control", &["parameter-out-of-bounds"]),
            ("collateral", &["same-asset", "other-asset", "flaw", "wrong-feed", "no-feed"]),
        ],
    ),
    (
        "a file cannot say it: amounts and sizes are above zero, an event is of one market, and \
         all markets are settled in one asset",
        &[
            ("account", &["zero-amount"]),
            ("domain", &["zero-amount"]),
            ("loss", &["zero-amount"]),
            ("market", &["zero-lots", "market-twice", "other-asset"]),
            ("collateral", &["zero-amount"]),
        ],
    ),
    (
        "the run counts: each number is the next one, and time and duties are ahead of events",
        &[
            ("engine", &["time-before", "clock-behind", "duties-due"]),
            ("account", &["number-not-new"]),
            ("domain", &["number-not-new"]),
            ("loss", &["number-not-new", "loss-already-reported", "number-reserved"]),
            ("loss", &["challenge-over"]),
            ("collateral", &["number-not-new"]),
        ],
    ),
    (
        "the run gives every command as who may: the venue, another of it, a source",
        &[
            ("engine", &["not-for-actor"]),
            ("account", &["not-owner"]),
            ("loss", &["same-approver"]),
            ("control", &["guardian-loosens"]),
            ("close-out", &["not-owner"]),
            ("oracle", &["not-source"]),
        ],
    ),
    (
        "no word of a file asks for it",
        &[
            ("account", &["no-waterfall"]),
            ("loss", &["no-basis", "account-twice", "risk-above-bound", "weights-above-bound"]),
            ("loss", &["margin-above-held", "set-off-not-owners"]),
            ("loss", &["not-settling", "ranks-settled", "ranks-above-free"]),
            ("control", &["parameter-frozen"]),
            ("oracle", &["kind-fixed"]),
        ],
    ),
    (
        "of the engine's own commands",
        &[
            ("domain", &["not-due"]),
            ("loss", &["not-due", "allocation"]),
            ("market", &["not-due"]),
            ("close-out", &["not-due"]),
            ("oracle", &["not-due"]),
            ("collateral", &["not-due"]),
        ],
    ),
    (
        "millions of parts, or of the largest amounts, do not fit into a test",
        &[
            ("account", &["too-many", "total-above-bound"]),
            ("domain", &["too-many"]),
            ("loss", &["too-many"]),
            ("market", &["too-many"]),
            ("oracle", &["too-many"]),
            ("collateral", &["total-above-bound"]),
        ],
    ),
    (
        "a market beside a pool, a cover pool, a clearing fund, a vault or new tokens; and nobody owes \
         collateral, so that the venue holds what is sold",
        &[
            ("account", &["of-vault"]),
            ("market", &["domain-of-pool"]),
            ("domain", &["backs-cover", "cover-stands", "backs-clearing", "clearing-stands"]),
            ("domain", &["contribution-basis", "not-a-member", "asset-issued", "issuance-stands"]),
            ("loss", &["voted-on", "for-a-vote"]),
            ("collateral", &["vault-short", "asset-issued"]),
        ],
    ),
    (
        "of a table of fees, which no crowd has",
        &[
            ("domain", &["fees-divided"]),
            ("loss", &["fees-divided"]),
            ("market", &["first-loss-short"]),
        ],
    ),
    (
        "nobody in a crowd watches; the scenario `watch` does",
        &[
            ("loss", &["bounty-flaw", "not-a-pot", "no-bounty", "no-evidence"]),
            ("loss", &["already-noticed", "event-reported", "already-challenged", "own-report"]),
        ],
    ),
];

/// The codes that `fn code` of a source file gives.
fn codes(source: &str) -> BTreeSet<&str> {
    let (_, body) = source.split_once("pub const fn code").expect("a function of codes");
    let (body, _) = body.split_once("\n    }\n").expect("its end");
    body.lines().filter_map(|line| line.split('"').nth(1)).collect()
}

/// The refusal of a line of `commands.ndjson`, where it has one.
pub fn of_line(line: &str) -> Option<Refusal> {
    if !line.contains("\"rejected\"") {
        return None;
    }
    let command: Value = serde_json::from_str(line).expect("a command is JSON");
    let rejected = &command["rejected"];
    let code = rejected["code"].as_str()?.to_owned();
    // What the engine refuses itself has no code inside.
    let area = match &rejected["numbers"]["rejected"]["code"] {
        Value::String(_) => rejected["numbers"]["area"].as_str()?.to_owned(),
        _ => "engine".to_owned(),
    };
    Some((area, code))
}

/// What is wrong with the refusals that were met: those that are missing, and those that are said
/// to be out of reach and were met, or are no codes any more.
pub fn wrong(met: &BTreeSet<Refusal>) -> Vec<String> {
    let pair = |(area, code): (&str, &str)| (area.to_owned(), code.to_owned());
    let all = AREAS.iter().flat_map(|(area, text)| codes(text).into_iter().map(|of| (*area, of)));
    let all: BTreeSet<Refusal> = all.map(pair).collect();
    let excused = UNMET.iter().flat_map(|(_, of)| of.iter());
    let excused = excused.flat_map(|(area, codes)| codes.iter().map(move |code| (*area, *code)));
    let excused: BTreeSet<Refusal> = excused.map(pair).collect();
    let needed: BTreeSet<Refusal> =
        all.difference(&excused).cloned().chain(PASSED_ON.map(pair)).collect();
    let told = |what: &str, (area, code): &Refusal| format!("{area} {code}: {what}");
    let missing = needed.iter().filter(|of| !met.contains(*of));
    let missing = missing.map(|of| told("no run meets it", of));
    let stale = excused.iter().filter(|of| met.contains(*of));
    let stale = stale.map(|of| told("met, and said to be out of reach", of));
    let unknown = excused.difference(&all).map(|of| told("excused, and no such code", of));
    let unlisted = met.iter().filter(|of| !all.contains(*of) && !needed.contains(*of));
    let unlisted = unlisted.map(|of| told("met, and not listed as passed on", of));
    missing.chain(stale).chain(unknown).chain(unlisted).collect()
}

/// A refusal that no run meets is found, and so is one that is met against what is said here.
#[test]
fn what_is_missing_and_what_is_stale_is_found() {
    let missing = wrong(&BTreeSet::new());
    assert!(missing.len() > 60, "{missing:?}");
    assert!(missing.contains(&"market outside-band: no run meets it".to_owned()));
    let refused = |code: &str, numbers: Value| {
        json!({ "rejected": { "code": code, "numbers": numbers } }).to_string()
    };
    let of_market = json!({ "area": "market", "rejected": { "code": "zero-lots" } });
    let of_engine = json!({ "area": "status", "rejected": { "status": "closed" } });
    let lines = [refused("zero-lots", of_market), refused("status", of_engine)];
    let met = lines.iter().filter_map(|line| of_line(line)).collect();
    let found = wrong(&met);
    assert!(found.contains(&"market zero-lots: met, and said to be out of reach".to_owned()));
    assert!(!found.contains(&"engine status: no run meets it".to_owned()));
    assert!(!found.iter().any(|told| told.contains("no such code")), "{found:?}");
}

/// Every area of the engine is listed, but for those that are left out.
#[test]
fn no_area_is_left_out() {
    let (_, body) = AREAS[0].1.split_once("pub const fn code").expect("a function of codes");
    let (body, _) = body.split_once("\n    }\n").expect("its end");
    let passed = body.lines().filter(|line| line.contains("rejection.code()"));
    let pool = |name: &str| POOLS.contains(&name);
    let listed = |name: &&str| pool(name) || AREAS.iter().any(|(area, _)| area == name);
    let names = passed.filter_map(|line| line.trim().strip_prefix("Self::")?.split('(').next());
    let names: Vec<String> = names.map(kebab).collect();
    // Those of pools and their like are not listed, and the engine's own are.
    assert_eq!(names.len() + 1, AREAS.len() + POOLS.len(), "{names:?}");
    assert!(names.iter().all(|name| listed(&name.as_str())), "{names:?}");
}

/// A name of a variant as it stands in JSON.
pub fn kebab(name: &str) -> String {
    name.char_indices().fold(String::new(), |mut found, (at, letter)| {
        if letter.is_uppercase() && at > 0 {
            found.push('-');
        }
        found.push(letter.to_ascii_lowercase());
        found
    })
}
