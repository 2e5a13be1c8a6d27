//! The scenarios of the repository, run by the real binary: each against its golden summary, and
//! against the published numbers it stands for.

mod binary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
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
        fs::write(scenarios().join("october.csv"), october_book()).unwrap();
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

/// The crisis does what it is there for.
#[test]
fn the_crisis_reaches_every_route_and_kind() {
    let golden = json(&scenarios().join("golden/crisis.json"));
    let kinds = golden["run"]["layer_kinds"].as_object().unwrap();
    let reached: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let expected = [
        "assessment",
        "default-fund",
        "deposits",
        "gains-haircut",
        "insurance-fund",
        "issuance",
        "lender-supply",
        "operator-capital",
        "provider-principal",
        "provider-profit",
        "tranche",
        "treasury",
    ];
    assert_eq!(reached, expected);
    let counts = &golden["run"]["counts"];
    for what in [
        "liquidations",
        "changes of route",
        "fills of close-out books",
        "sales by auction",
        "sales to a backstop",
        "auto-deleveragings",
        "auto-deleveragings of accounts",
        "penalties",
        "takeovers",
        "uncovered losses",
        "recoveries",
    ] {
        assert!(counts[what].as_u64().unwrap_or(0) > 0, "{what}: {counts}");
    }
    let losses = golden["losses"].as_array().unwrap();
    assert_eq!(losses.len(), 2);
    assert!(losses.iter().all(|loss| loss["episode"] == 1), "one episode");
    assert!(losses[0]["own_means"] != "0", "the hedge of the failed owner pays first");
}

/// A token below its peg is the cause; what of it was sold late repays the last step first.
#[test]
fn a_depeg_is_borne_and_repaid_to_the_cent() {
    let golden = json(&scenarios().join("golden/depeg.json"));
    let loss = &golden["losses"][0];
    // Ann lost 2,000 on her leg and 580 on its closing, less the 500 she had; half of her tokens
    // bring 460, the fund has 1,000, Bob's gain bears 620. The other half bring 1,500.
    for (key, value) in [
        ("cause", "USDX below its peg"),
        ("amount", "208000"),
        ("own_means", "46000"),
        ("deficit", "162000"),
        ("uncovered", "0"),
        ("recovered", "150000"),
    ] {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(loss["layers"][0]["received"], "100000");
    assert_eq!(loss["layers"][1]["received"], "62000");
}

/// Said by three sources it is the same loss to the cent, and the wrong print before it is none.
#[test]
fn a_depeg_that_a_feed_sees_is_the_same_loss() {
    let [by_hand, by_feed] =
        ["depeg", "depeg-feed"].map(|name| json(&scenarios().join(format!("golden/{name}.json"))));
    for key in ["cause", "amount", "own_means", "deficit", "uncovered", "recovered"] {
        assert_eq!(by_hand["losses"][0][key], by_feed["losses"][0][key], "{key}");
    }
    let feed = &by_feed["run"]["feeds"][0];
    assert_eq!((&feed["feed"], &feed["collateral"]), (&"USDX index".into(), &"USDX".into()));
    assert!(feed["sources"][2]["left_out"]["outlier"].as_u64() > Some(0), "west printed: {feed}");
    assert!(feed["qualities"]["mark"].as_u64().unwrap() > 0, "they lay apart: {feed}");
    assert!(feed["marks_withheld"].as_u64().unwrap() > 0, "{feed}");
    assert_eq!(by_feed["run"]["collaterals"][0]["lowest"], "0.100");
}

/// One venue at 6.02, one at 17.00, one at 20.88: no two agree, and nobody is liquidated.
#[test]
fn a_wrong_print_liquidates_nobody() {
    let golden = json(&scenarios().join("golden/wrong-print.json"));
    let run = &golden["run"];
    assert_eq!(golden["losses"].as_array().unwrap().len(), 0);
    let feed = &run["feeds"][0];
    assert!(feed["marks_withheld"].as_u64().unwrap() > 0, "{feed}");
    assert!(feed["qualities"]["indicative"].as_u64().unwrap() > 0, "{feed}");
    assert!(feed["sources"][0]["left_out"]["outlier"].as_u64().unwrap() > 0, "{feed}");
    // The lowest mark is that of the true fall at the end, not that of any print.
    assert_eq!(run["markets"][0]["lowest"], "19.27");
    assert_eq!(run["counts"]["liquidations"], 1, "the true fall does liquidate");
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

/// The layers of the first loss of a golden summary: what each paid.
fn paid(golden: &Value) -> Vec<&str> {
    let layers = golden["losses"][0]["layers"].as_array().unwrap();
    layers.iter().map(|of| of["received"].as_str().unwrap()).collect()
}

/// Nasdaq 2018 with its members: 116 are lost, of which the member's own are 2, junior capital pays
/// 7 and the others 107; what comes back repays the others.
#[test]
fn a_clearing_fund_of_166_pays_107() {
    let golden = json(&scenarios().join("golden/nasdaq-clearing.json"));
    let loss = &golden["losses"][0];
    for (key, value) in [
        ("amount", "116000000"),
        ("own_means", "2000000"),
        ("deficit", "114000000"),
        ("uncovered", "0"),
        ("recovered", "30000000"),
    ] {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(paid(&golden), ["7000000", "107000000", "0"]);
    assert_eq!(loss["layers"][1]["repaid"], "30000000");
    let counts = &golden["run"]["counts"];
    assert_eq!(counts["auctions among members"], 1);
    assert_eq!(golden["run"]["refusals"]["contribution-due"]["expected"], 1);
}

/// The sizes that were published, one for each quarter, and what each member was called for then.
#[test]
fn the_fund_grows_as_it_was_published() {
    let out = folder();
    let file = scenarios().join("nasdaq-clearing.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let sized = events.lines().filter(|line| line.contains("\"event\":\"sized\""));
    let size = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = event.to_string();
        let (_, rest) = text.split_once("\"size\":\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let sizes: Vec<String> = sized.map(size).take(3).collect();
    assert_eq!(sizes, ["74000000", "133000000", "166000000"]);
}

/// 5.2 million less the 400,000 that the surplus may pay: tokens fill it, at 30,000 and at 20,000 a
/// lot, and of what comes back fifty lots buy 2,000 tokens.
#[test]
fn tokens_fill_a_hole_and_are_bought_back() {
    let golden = json(&scenarios().join("golden/debt-auction.json"));
    assert_eq!(paid(&golden), ["40000000", "480000000"]);
    assert_eq!(golden["losses"][0]["uncovered"], "0");
    for code in ["price-above-most", "no-auction"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
    let out = folder();
    let file = scenarios().join("debt-auction.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(|line| line.contains(&kind));
        let part = |line: &str, key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\":\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        lines.map(|line| (part(line, "paid"), part(line, "tokens"))).collect::<Vec<_>>()
    };
    let pairs = |rows: &[(&str, &str)]| {
        rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(of("sold"), pairs(&[("120000000", "4000"), ("360000000", "18000")]));
    assert_eq!(of("bought-back"), pairs(&[("50000000", "2000")]));
}

/// A first loss of 60,000 is full, and pay for 73 days ahead is 22,500: the fund gets what is left of
/// the first 30,000. Three days later the house has its fifth, and Sam two thirds of 72 days, since the
/// pot was empty for one.
#[test]
fn fees_reach_the_house_last() {
    let golden = json(&scenarios().join("golden/fee-switch.json"));
    for code in ["first-loss-short", "above-surplus"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
    let out = folder();
    let file = scenarios().join("fee-switch.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(move |line| line.contains(&kind));
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let divided = of("fees-divided");
    let rows = |place: usize| {
        let fact = divided[place].to_string();
        let (_, rows) = fact.split_once("\"rows\":[").unwrap();
        rows.split(']').next().unwrap().to_owned()
    };
    let row = |amount: &str, to: &str, layer: u32| {
        format!("{{\"amount\":\"{amount}\",\"to\":{{\"{to}\":{layer}}}}}")
    };
    assert_eq!(rows(0), [row("2250000", "pay", 2), row("750000", "fund", 1)].join(","));
    assert!(rows(1).contains("\"house\":3"), "{}", rows(1));
    let last = rows(divided.len() - 1);
    assert_eq!(last, row("400000", "first-loss", 0), "after the loss");
    let taken = of("reward-taken")[0].to_string();
    assert!(taken.contains("\"amount\":\"1479452\""), "two thirds of 22,191.78: {taken}");
}

/// BTC: 25.00 each eight hours over 400 lots, by whole cents, and in four charges all of it. MEME: 60.00,
/// of which 40.00 are charged while lots are few, and again when they are worth less.
#[test]
fn who_holds_lots_pays_for_what_they_may_lose() {
    let out = folder();
    let file = scenarios().join("market-premium.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(move |line| line.contains(&kind));
        lines.map(|line| line.replace(' ', "")).collect::<Vec<_>>()
    };
    let number = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("\"{key}\":")).unwrap();
        let digits = rest.trim_start_matches('"').split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next().unwrap().parse::<u64>().unwrap()
    };
    let charged = of("premium-charged");
    let sums = |market: u64| {
        let of_market = charged.iter().filter(|line| number(line, "market") == market);
        let rows: Vec<[u64; 3]> = of_market
            .map(|line| ["per_lot", "charged", "forgone"].map(|key| number(line, key)))
            .collect();
        let lots: Vec<u64> = rows.iter().map(|[lot, ..]| *lot).collect();
        (lots, rows.iter().map(|row| row[1]).sum::<u64>(), rows.iter().map(|row| row[2]).sum())
    };
    assert_eq!(sums(0), (vec![6, 6, 6, 7, 6, 6, 6, 7, 6, 6, 6, 7], 30_000, 0u64));
    assert_eq!(sums(1), (vec![4, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 2], 54_000, 18_000u64));
    // A tenth of two days; then the expected loss is out of date.
    let house: Vec<bool> = of("fees-divided").iter().map(|line| line.contains("house")).collect();
    assert_eq!(house, [true, true, false, false]);
}

/// KRX 2013: 58.4 less the member's own 1.4 are borne by the survivors, who pay before the house,
/// and by him among them who had given notice.
#[test]
fn who_gave_notice_bears_hanmag_too() {
    let golden = json(&scenarios().join("golden/krx-clearing.json"));
    let loss = &golden["losses"][0];
    for (key, value) in
        [("amount", "58400000000"), ("own_means", "1400000000"), ("deficit", "57000000000")]
    {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(paid(&golden), ["57000000000", "0", "0"]);
    for code in ["backs-clearing", "below-initial-margin"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
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

/// A bridge is drained: who voted, who paid, who was paid, and what came back.
#[test]
fn a_drained_bridge_is_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/bridge.json"));
    let losses = golden["losses"].as_array().unwrap();
    let drained = &losses[0];
    // Carol's whole cover, and nine tenths of what Dan lost.
    for (key, value) in [
        ("amount", "10800000"),
        ("deficit", "10800000"),
        ("own_means", "0"),
        ("uncovered", "0"),
        ("recovered", "7000000"),
    ] {
        assert_eq!(drained[key], value, "{key}");
    }
    let layers = drained["layers"].as_array().unwrap();
    let received: Vec<&str> = layers.iter().map(|of| of["received"].as_str().unwrap()).collect();
    // Two fifths of the premia of 60 days stood in the fund by then.
    assert_eq!(received, ["500000", "1108638", "9191362"]);
    assert_eq!(layers[2]["repaid"], "7000000", "the last step is repaid first");
    let cause = losses[1]["cause"].as_str().unwrap();
    assert!(cause.ends_with("(dismissed: no loss)"), "the other was voted down: {cause}");
    let counts = &golden["run"]["counts"];
    assert_eq!((&counts["claims paid"], &counts["votes"]), (&2.into(), &3.into()));
}

/// Who gave notice first is paid when the theft is settled, who challenged a false one with the bond
/// of who gave notice of it.
#[test]
fn who_watches_is_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/watch.json"));
    let losses = golden["losses"].as_array().unwrap();
    assert_eq!((&losses[0]["deficit"], &losses[0]["uncovered"]), (&"5000000".into(), &"0".into()));
    for (loss, why) in [(1, "dismissed"), (2, "dismissed")] {
        let cause = losses[loss]["cause"].as_str().unwrap();
        assert!(cause.contains(why), "{cause}");
    }
    let counts = &golden["run"]["counts"];
    let of = ["notices", "challenges", "bounties paid"].map(|what| counts[what].clone());
    assert_eq!(of, [2u64, 1, 2].map(Value::from));
    let out = folder();
    let file = scenarios().join("watch.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/accounts.csv"));
    let cash: Vec<(&str, &str)> =
        found.iter().map(|row| (row["account"].as_str(), row["equity"].as_str())).collect();
    // A tenth is 5,000: the most is 4,000. Half of Mallory's bond is Walter's.
    assert_eq!(cash, [("wendy", "5000.00"), ("walter", "1050.00"), ("mallory", "900.00")]);
}

/// A vault's holders bear what the fund leaves of a loss: what each gained, then by their shares.
#[test]
fn holders_of_a_vault_pay_to_the_cent() {
    let golden = json(&scenarios().join("golden/vault.json"));
    let failed = &golden["losses"][0];
    for (key, value) in [("deficit", "1500000"), ("uncovered", "0"), ("recovered", "300000")] {
        assert_eq!(failed[key], value, "{key}");
    }
    let layers = failed["layers"].as_array().unwrap();
    let received: Vec<&str> = layers.iter().map(|of| of["received"].as_str().unwrap()).collect();
    assert_eq!(received, ["200000", "1000000", "300000"]);
    assert_eq!(layers[2]["repaid"], "300000", "the last step is repaid first");
    let out = folder();
    let file = scenarios().join("vault.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/vaults.csv"));
    let of =
        |column: &str| -> Vec<String> { found.iter().map(|row| row[column].clone()).collect() };
    assert_eq!(of("account"), ["ann", "bob", "cid"]);
    // 6,000 of profit and 66 of 121 parts of 3,000; Cid gained nothing, and pays by his shares.
    assert_eq!(of("paid_for_losses"), ["7636.36", "5090.91", "272.73"]);
    assert_eq!(of("came_back"), ["61581.19", "22000.00", "0.00"]);
    assert_eq!(of("fees"), ["175.68", "0.00", "0.00"], "a tenth of 1,756.87 that Ann gained");
    assert_eq!(of("would_fetch"), ["0.00", "17892.17", "11350.95"]);
    // Whoever changes a row is told where.
    let path = out.path().join("result/vaults.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(",272.73,", ",272.74,")).unwrap();
    let told = binary::rhodian_in(out.path(), &["check", "result"]);
    assert!(told.status == 2 && told.stderr.contains("vaults.csv:4"), "{}", told.stderr);
}

/// Who stays in a vault pays of what is new, once, and Ann nothing more where she leaves.
#[test]
fn a_fee_each_week_is_of_what_is_new() {
    let golden = json(&scenarios().join("golden/vault-fees.json"));
    let counts = &golden["run"]["counts"];
    let of = |what: &str| counts[what].as_u64().unwrap();
    assert_eq!((of("fees of holders who stay"), of("fees of vaults put off")), (2, 3));
    let out = folder();
    let file = scenarios().join("vault-fees.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/vaults.csv"));
    let of =
        |column: &str| -> Vec<String> { found.iter().map(|row| row[column].clone()).collect() };
    assert_eq!(of("account"), ["ann", "bob", "cid"]);
    // A fifth of 6,000 and 3,000; of 4,000 and 1,999.99, of which 4 cents stay above his mark.
    assert_eq!(of("fees"), ["1800.00", "1199.99", "0.00"]);
    assert_eq!(of("came_back"), ["67200.00", "0.00", "0.00"]);
    assert_eq!(of("high_water"), ["0.00", "44799.96", "11300.00"]);
    assert_eq!(of("entry_cost"), ["0.00", "40000.00", "11300.00"]);
}

/// A fund pays what a pool lost against holding: to the cent, and what it holds by caps.
#[test]
fn impermanent_losses_are_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/impermanent-loss.json"));
    let counts = &golden["run"]["counts"];
    let of = |what: &str| counts[what].as_u64().unwrap();
    assert_eq!((of("positions protected"), of("impermanent losses paid")), (5, 4));
    let out = folder();
    let file = scenarios().join("impermanent-loss.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/accounts.csv"));
    let left = |account: &str| {
        let row = found.iter().find(|row| row["account"] == account).unwrap();
        row["equity"].clone()
    };
    // 1,000.00 each, less a premium. Ann: 40,000.00 x (3 - 2 sqrt(2)) / 2 = 3,431.457...; Bob
    // within the cliff; Mallory by the slow price; Fay and Cid a third and two of what is left.
    let accounts = ["ann", "bob", "mallory", "fay", "cid"].map(left);
    assert_eq!(accounts, ["4031.45", "900.00", "822.76", "2415.26", "3830.53"]);
    let fund = &golden["losses"][0]["layers"][0];
    assert_eq!(fund["received"], "1300000", "the loss is paid first");
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

/// A number of the generator: xorshift, so that any language can make the same book.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A made-up book in the shape of the published one: about 5 % without a profit; of the profits
/// 8 % are of 1 to 10 USD, and 25, 38.5, 18, 7.4, 2.6, 0.42 and 0.08 % in the decades above; most
/// accounts are worth more than they won, a few far less.
fn october_book() -> String {
    const ACCOUNTS: usize = 2_000;
    // Out of 10,000: profits of 1 to 10 USD, then each decade up.
    const DECADES: [u64; 8] = [800, 3_300, 7_150, 8_950, 9_690, 9_950, 9_992, 10_000];
    let mut sequence = Sequence(0x0ad1_2025_1010_2116);
    let mut text = "user,closed_pnl,account_value\n".to_owned();
    for _ in 0..ACCOUNTS {
        let id = sequence.next();
        let place = sequence.below(10_000);
        let decade = DECADES.iter().position(|end| place < *end).unwrap();
        // Cents, the leading digits closer to the lower end of the decade, as in a heavy tail.
        let low = 100 * 10u64.pow(u32::try_from(decade).unwrap());
        let lead = sequence.below(9_000).min(sequence.below(9_000));
        let profit = low + low * lead / 1_000 + sequence.below(100);
        let worth = match sequence.below(100) {
            0..=2 => profit * sequence.below(40) / 1_000,
            _ => profit * (100 + sequence.below(1_500)) / 100,
        };
        let sign = if sequence.below(1_000) < 55 { "-" } else { "" };
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        writeln!(text, "0x{id:016x},{sign}{},{}", money(profit), money(worth)).unwrap();
    }
    text
}

#[test]
fn the_october_book_is_what_its_generator_makes() {
    let book = fs::read_to_string(scenarios().join("october.csv")).unwrap();
    assert!(book == october_book(), "scenarios/october.csv is another book");
}

/// Sixteen waves of one episode take from each what one loss of their sum would take, within an
/// atom a wave.
#[test]
fn october_in_waves_is_october_at_once() {
    let text = fs::read_to_string(scenarios().join("october.toml")).unwrap();
    let (head, steps) = text.split_at(text.find("[[step]]").unwrap());
    let budgets = head.lines().filter_map(|line| line.strip_prefix("amount = \""));
    let budgets: Vec<u128> =
        budgets.map(|rest| atoms(rest.split('"').next().unwrap(), 2)).collect();
    assert_eq!(budgets.len(), 16);
    let sum: u128 = budgets.iter().sum();
    let out = folder();
    let asset = "asset = { name = \"USD\", decimals = 2 }\n";
    let loss = format!(
        "[[loss]]\nid = \"all\"\ncause = \"x\"\namount = \"{}.{:02}\"\n",
        sum / 100,
        sum % 100
    );
    fs::write(out.path().join("one.toml"), format!("{asset}{loss}\n{steps}")).unwrap();
    fs::copy(scenarios().join("october.csv"), out.path().join("october.csv")).unwrap();
    done(out.path(), &["share", "one.toml", "--out", "one", "--quiet"]);
    let mut once: BTreeMap<String, u128> = BTreeMap::new();
    for row in rows(&out.path().join("one/shares.csv")) {
        *once.entry(row["account"].clone()).or_default() += atoms(&row["share"], 2);
    }
    let mut waves: BTreeMap<String, u128> = BTreeMap::new();
    for ((_, _, account), share) in run("october").1 {
        *waves.entry(account).or_default() += atoms(&share, 2);
    }
    assert!(once.len() > 1_800);
    assert_eq!(once.len(), waves.len());
    for (account, share) in &once {
        let apart = share.abs_diff(waves[account]);
        assert!(apart <= 1, "{account}: {share} at once, {} in waves", waves[account]);
    }
    assert_eq!(once.values().sum::<u128>(), waves.values().sum::<u128>());
}
