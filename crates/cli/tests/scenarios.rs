//! The scenarios of the repository, run by the real binary: each against its golden summary, and
//! against the published numbers it stands for.

mod binary;
#[path = "scenarios/october.rs"]
mod october;
#[path = "scenarios/venues.rs"]
mod venues;

use std::collections::BTreeMap;
use std::fs;

use binary::{atoms, done, folder, json, rows, scenarios};
use serde_json::Value;

const SCENARIOS: [&str; 10] = [
    "alice",
    "trace",
    "october",
    "nasdaq-2018",
    "krx-2013",
    "deposit-haircut",
    "exploit",
    "settlement",
    "bitfinex-2016",
    "first-loss-offset",
];

/// The venue files among the scenarios.
const VENUES: [&str; 19] = [
    "bridge",
    "crash",
    "crisis",
    "debt-auction",
    "demo",
    "depeg",
    "depeg-feed",
    "fee-switch",
    "impermanent-loss",
    "krx-clearing",
    "loan",
    "market-premium",
    "nasdaq-clearing",
    "options",
    "smile",
    "vault",
    "vault-fees",
    "watch",
    "wrong-print",
];

/// The summary of a scenario, and its shares by loss, layer and account.
fn run(name: &str) -> (Value, BTreeMap<(String, String, String), String>) {
    let out = folder();
    let file = scenarios().join(format!("{name}.toml"));
    done(out.path(), &["share", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let result = out.path().join("result");
    let shares = rows(&result.join("shares.csv")).into_iter().map(|mut row| {
        let mut take = |column: &str| row.remove(column).unwrap();
        ((take("loss_id"), take("layer"), take("account")), take("share"))
    });
    (json(&result.join("summary.json")), shares.collect())
}

/// The digest of the state and the hash of the events are left out: they have goldens of its own in the core. With
/// `RHODIAN_BLESS` set, the goldens are written anew.
#[test]
fn every_scenario_gives_its_golden_summary() {
    let bless = std::env::var_os("RHODIAN_BLESS").is_some();
    if bless {
        fs::write(scenarios().join("october.csv"), october::october_book()).unwrap();
    }
    for name in SCENARIOS {
        let (mut summary, _) = run(name);
        let members = summary.as_object_mut().unwrap();
        for hash in ["digest", "events_hash"] {
            let hash = members.remove(hash).unwrap();
            assert_eq!(hash.as_str().unwrap().len(), 64, "{name}");
        }
        let path = scenarios().join(format!("golden/{name}.json"));
        if bless {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("{summary:#}\n")).unwrap();
        }
        if let Some(found) = difference(&json(&path), &summary, name) {
            panic!("not as in the golden summary: {found}");
        }
    }
}

/// The same of venue files, which `run` runs; their events follow one another when replayed.
#[test]
fn every_venue_gives_its_golden_summary() {
    let bless = std::env::var_os("RHODIAN_BLESS").is_some();
    for name in VENUES {
        let out = folder();
        let file = scenarios().join(format!("{name}.toml"));
        let file = file.to_str().unwrap();
        done(out.path(), &["run", file, "--out", "result", "--strict", "--quiet"]);
        done(out.path(), &["check", "result"]);
        let mut summary = json(&out.path().join("result/summary.json"));
        for hash in ["digest", "events_hash"] {
            let hash = summary.as_object_mut().unwrap().remove(hash).unwrap();
            assert_eq!(hash.as_str().unwrap().len(), 64, "{name}");
        }
        let path = scenarios().join(format!("golden/{name}.json"));
        if bless {
            fs::write(&path, format!("{summary:#}\n")).unwrap();
        }
        if let Some(found) = difference(&json(&path), &summary, name) {
            panic!("not as in the golden summary: {found}");
        }
    }
}

/// Where two values first differ, and how.
fn difference(golden: &Value, found: &Value, at: &str) -> Option<String> {
    match (golden, found) {
        (Value::Object(golden), Value::Object(found)) if golden.len() == found.len() => {
            golden.iter().find_map(|(key, value)| {
                difference(value, found.get(key).unwrap_or(&Value::Null), &format!("{at}.{key}"))
            })
        }
        (Value::Array(golden), Value::Array(found)) if golden.len() == found.len() => {
            let mut pairs = golden.iter().zip(found).enumerate();
            pairs.find_map(|(place, (a, b))| difference(a, b, &format!("{at}[{place}]")))
        }
        _ => (golden != found).then(|| format!("{at} is {found}, was {golden}")),
    }
}

#[test]
fn no_scenario_is_left_out() {
    let files = fs::read_dir(scenarios()).unwrap();
    let names = files.filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".toml").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    let mut known = SCENARIOS.map(str::to_owned).to_vec();
    known.extend(VENUES.map(str::to_owned));
    known.sort_unstable();
    assert_eq!(names, known);
}

/// Every sum of every scenario, checked here again from the summary's own text.
#[test]
fn every_sum_adds_up() {
    for name in SCENARIOS {
        let (summary, _) = run(name);
        let sums = summary["sums"].as_array().unwrap();
        assert!(sums.len() >= 2, "{name}");
        for sum in sums {
            let terms = sum["terms"].as_array().unwrap().iter();
            let digits = |value: &Value| value.as_str().unwrap().parse::<u128>().unwrap();
            let total: u128 = terms.map(|term| digits(&term["amount"])).sum();
            assert_eq!(total, digits(&sum["total"]), "{name}: {}", sum["what"]);
        }
    }
}

#[test]
fn the_picture_of_alice_is_this_to_the_letter() {
    let file = scenarios().join("alice.toml");
    let ran = done(&scenarios(), &["share", file.to_str().unwrap()]);
    let picture = "\
alice-1   12,000.00 USD   market move
Insurance fund  5,000.00 ████████  42 %  exhausted
Junior stakers  3,000.00 █████     25 %  exhausted
Winners         4,000.00 ██████▌   33 %  9.52 % of each gain, 3 accounts
Uncovered           0.00          5,000 + 3,000 + 4,000 + 0 = 12,000
";
    assert!(ran.stdout.starts_with(picture), "{}", ran.stdout);
}

/// The acceptance trace from its line 22 on: every number that needs no price.
#[test]
fn the_trace_comes_out_to_the_cent() {
    let (summary, shares) = run("trace");
    let losses = summary["losses"].as_array().unwrap();
    let of = |loss: usize, key: &str| losses[loss][key].as_str().unwrap().to_owned();
    let layers = |loss: usize, key: &str| -> Vec<String> {
        let layers = losses[loss]["layers"].as_array().unwrap();
        layers.iter().map(|layer| layer[key].as_str().unwrap().to_owned()).collect()
    };
    for (loss, expected) in [
        (0, ["1580000", "285000", "1295000", "0", "950000", "0"]),
        (1, ["216000", "160000", "56000", "6000", "6000", "6000"]),
    ] {
        let keys = ["amount", "own_means", "deficit", "uncovered", "recovered", "repaid_uncovered"];
        assert_eq!(keys.map(|key| of(loss, key)), expected.map(str::to_owned));
        assert_eq!(losses[loss]["episode"], 1);
    }
    assert_eq!(layers(0, "received"), ["250000", "220000", "825000"]);
    assert_eq!(layers(0, "state"), ["capped", "exhausted", "partly-used"]);
    assert_eq!(layers(0, "repaid"), ["0", "125000", "825000"]);
    assert_eq!(layers(1, "received"), ["0", "0", "50000"]);
    assert_eq!(layers(1, "state"), ["capped", "exhausted", "capped"]);
    let gains = |loss: &str, account: &str| {
        shares[&(loss.to_owned(), "gains".to_owned(), account.to_owned())].clone()
    };
    for (account, first, second) in [
        ("bob", "2953.43", "200.91"),
        ("carol", "2953.42", "200.92"),
        ("dan", "900.00", "0.00"),
        ("gina", "1443.15", "98.17"),
    ] {
        assert_eq!((gains("L1", account), gains("L2", account)), (first.into(), second.into()));
    }
}

/// The same against the trace's own summary, where that is beside the repository.
#[test]
fn the_trace_agrees_with_its_own_summary() {
    let path = scenarios().join("../../shared/trace.json");
    if !path.is_file() {
        println!("skipped: no trace at {}", path.display());
        return;
    }
    let expected = json(&path)["summary"].clone();
    let out = folder();
    let file = scenarios().join("trace.toml");
    done(out.path(), &["share", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let losses = expected["losses"].as_object().expect("losses by id");
    let summary = json(&out.path().join("result/summary.json"));
    for (id, loss) in losses {
        let mut ours = summary["losses"].as_array().unwrap().iter();
        let ours = ours.find(|ours| ours["id"] == **id).unwrap();
        assert_eq!(ours["amount"], loss["close_out_loss"], "{id}");
        assert_eq!(ours["deficit"], loss["deficit"], "{id}");
        assert_eq!(ours["uncovered"], loss["uncovered"], "{id}");
    }
    let accounts = expected["accounts"].as_object().expect("accounts by id");
    assert_eq!(accounts.len(), 4);
    for (id, account) in accounts {
        let args = ["explain", "result", "--account", id, "--format", "json"];
        let ours: Value = serde_json::from_str(&done(out.path(), &args).stdout).unwrap();
        let layer = &ours["layers"][0];
        for key in ["weight", "cap", "repaid", "net"] {
            assert_eq!(layer[key], account[key], "{id}: {key}");
        }
        for (place, loss) in ["L1", "L2"].into_iter().enumerate() {
            assert_eq!(layer["losses"][place]["share"], account["paid"][loss], "{id}: {loss}");
        }
        let exact = &layer["losses"][1]["exact"];
        let exact = match (exact[0].as_str().unwrap(), exact[1].as_str().unwrap()) {
            (whole, "1") => whole.to_owned(),
            (num, den) => format!("{num}/{den}"),
        };
        assert_eq!(exact, account["exact"].as_str().unwrap(), "{id}: the exact share");
    }
}

/// Nasdaq 2018: 7 of the house, then 107 of the members' 166, each the same part.
#[test]
fn nasdaq_2018() {
    let (summary, shares) = run("nasdaq-2018");
    let layers = &summary["losses"][0]["layers"];
    assert_eq!(layers[0]["received"], "7000000");
    assert_eq!(layers[1]["received"], "107000000");
    assert_eq!(layers[1]["state"], "partly-used");
    let total: u128 = shares.values().map(|share| atoms(share, 6)).sum();
    assert_eq!(total, 107_000_000);
    let largest = shares.iter().find(|((_, _, account), _)| account == "member-01").unwrap();
    // 40 x 107 / 166 = 25.783132...
    assert_eq!(largest.1, "25.783132");
}

/// KRX 2013: the survivors bear the 57.0 although the house has money of its own.
#[test]
fn krx_2013() {
    let (summary, _) = run("krx-2013");
    let loss = &summary["losses"][0];
    assert_eq!(loss["deficit"], "57000000000");
    assert_eq!(loss["layers"][0]["received"], "57000000000");
    assert_eq!(loss["layers"][1]["state"], "untouched");
    let warnings = summary["warnings"].to_string();
    assert!(warnings.contains("pays before the house"), "{warnings}");
}

/// A generalized haircut of 36.067 % at 18 decimals, within one atom for everyone.
/// 36.067 % of everything, to the atom for each, and all of it back.
#[test]
fn bitfinex_2016() {
    let (summary, shares) = run("bitfinex-2016");
    let loss = &summary["losses"][0];
    for (key, value) in
        [("amount", "11975600000000"), ("uncovered", "0"), ("recovered", "11975600000000")]
    {
        assert_eq!(loss[key], value, "{key}");
    }
    let share = |account: &str| {
        shares[&("theft".to_owned(), "Everybody".to_owned(), account.to_owned())].clone()
    };
    // 0.36067 times what each had, but for the operator's atom and the last of the largest.
    for (account, expected) in [
        ("a-hedge-fund", "54100.49999999"),
        ("a-broker", "28853.60000000"),
        ("an-arbitrageur", "18768.40000000"),
        ("a-miner", "10820.10000000"),
        ("a-trader", "7213.40000000"),
    ] {
        assert_eq!(share(account), expected, "{account}");
    }
    let layers = loss["layers"].as_array().unwrap();
    assert!(layers.iter().all(|layer| layer["repaid"] == layer["received"]), "{layers:?}");
}

/// The house bears the first 30 of 100, 50 are staked, and 20 are a debt with a name.
#[test]
fn first_loss_offset() {
    let (summary, shares) = run("first-loss-offset");
    let loss = &summary["losses"][0];
    let received = |layer: usize| loss["layers"][layer]["received"].clone();
    assert_eq!((received(0), received(1)), ("3000".into(), "5000".into()));
    assert_eq!(loss["uncovered"], "2000");
    let share = |account: &str| {
        shares[&("deficit".to_owned(), "Stakers".to_owned(), account.to_owned())].clone()
    };
    assert_eq!((share("ann"), share("ben")), ("30.00".to_owned(), "20.00".to_owned()));
}

#[test]
fn deposit_haircut() {
    let (_, shares) = run("deposit-haircut");
    let share = |id: &str| {
        let found = shares.iter().find(|((_, _, account), _)| account == id).unwrap();
        atoms(found.1, 18)
    };
    // 36.067 % of 41,250.000000000000000001 is 14,877.637500000000000000 and a bit, less what
    // the total is below 36.067 % of all.
    let alma = share("alma");
    assert!(alma.abs_diff(14_877_637_500_000_000_000_000) < 10, "{alma}");
    let total: u128 = shares.values().map(|share| atoms(share, 18)).sum();
    assert_eq!(total, 36_067 * 10u128.pow(18));
}

/// The exploit waits for approval and challenge, and for an auction until its deadline.
#[test]
fn exploit() {
    let out = folder();
    let file = scenarios().join("exploit.toml");
    let args = ["share", file.to_str().unwrap(), "--format", "ndjson", "--quiet"];
    let events = done(out.path(), &args).stdout;
    let at = |name: &str| -> Vec<u64> {
        let lines = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let named = lines.filter(|line| line["fact"]["event"] == name);
        named.map(|line| line["at"].as_u64().unwrap()).collect()
    };
    let hour = 3_600_000;
    assert_eq!(at("loss-reported"), [0]);
    assert_eq!(at("loss-approved"), [0]);
    assert_eq!(at("loss-detected"), [24 * hour]);
    assert_eq!(at("loss-settled"), [(24 + 72) * hour]);
}
