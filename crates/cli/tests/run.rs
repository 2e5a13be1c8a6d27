//! `rhodian run` and `rhodian margin` as they are called: what they tell, write and refuse.

mod binary;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use binary::{done, folder, json, rhodian_in, rows, scenarios};
use serde_json::Value;

/// A venue of one market: Ann long three against Bob and Carol at 60,000.
const VENUE: &str = r#"
asset = { name = "USD", decimals = 2 }
[[domain]]
name = "majors"
[domain.terms]
reference_age = "0 ms"
close_out_budget = "0.00"
[[domain.step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "3000.00"
[[domain.step]]
layer = "Winners"
kind = "gains-haircut"
[[market]]
name = "BTC"
tick = "0.01"
lot = "1"
mark = "60000.00"
max_position = "100"
max_open = "100"
tiers = [{ above = "0", initial = "10 %", maintenance = "5 %" }]
[[account]]
id = "ann"
deposit = "21000.00"
[[account]]
id = "bob"
deposit = "40000.00"
[[account]]
id = "carol"
deposit = "20000.00"
"#;

const EVENTS: &str = r#"
[[event]]
at = "1 min"
do = "fill"
market = "BTC"
buyer = "ann"
seller = "bob"
size = "2"
price = "60000.00"
[[event]]
do = "fill"
market = "BTC"
buyer = "ann"
seller = "carol"
size = "1"
price = "60000.00"
[[event]]
at = "2 min"
do = "mark"
market = "BTC"
price = "51500.00"
"#;

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn digest(folder: &Path) -> Value {
    json(&folder.join("summary.json"))["digest"].clone()
}

#[test]
fn the_template_runs_as_it_is() {
    let out = folder();
    let template = done(out.path(), &["init", "venue"]).stdout;
    write(out.path(), "V.toml", &template);
    done(out.path(), &["check", "V.toml"]);
    let ran = done(out.path(), &["run", "V.toml", "--strict", "--quiet", "--out", "result"]);
    assert!(ran.stdout.contains("ann is liquidated"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    };
    let expected = [
        "accounts.csv",
        "commands.ndjson",
        "covers.csv",
        "events.ndjson",
        "losses.csv",
        "report.html",
        "shares.csv",
        "stakes.csv",
        "summary.json",
        "vaults.csv",
    ];
    assert_eq!(names(&out.path().join("result")), expected);
    done(out.path(), &["check", "result"]);
    done(out.path(), &["explain", "result", "--account", "sam"]);
}

#[test]
fn a_hole_is_shared_to_the_cent() {
    let out = folder();
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}"));
    done(out.path(), &["run", "V.toml", "--out", "result", "--strict", "--quiet"]);
    let result = out.path().join("result");
    let summary = json(&result.join("summary.json"));
    let loss = &summary["losses"][0];
    // 21,000 - 3 x 8,500 = -4,500: the fund's 3,000, then 1,500 over gains of 17,000 and 8,500.
    assert_eq!((&loss["id"], &loss["amount"]), (&Value::from("ann"), &Value::from("450000")));
    assert_eq!(loss["layers"][0]["received"], "300000");
    assert_eq!(loss["layers"][1]["received"], "150000");
    let shares = rows(&result.join("shares.csv"));
    let share = |account: &str| {
        let row = shares.iter().find(|row| row["account"] == account).unwrap();
        row["share"].clone()
    };
    assert_eq!((share("bob"), share("carol")), ("1000.00".into(), "500.00".into()));
    let accounts = rows(&result.join("accounts.csv"));
    let equity: Vec<&str> = accounts.iter().map(|row| row["equity"].as_str()).collect();
    assert_eq!(equity, ["0.00", "56000.00", "28000.00"]);
    let books = &summary["run"]["close_outs"][0];
    assert_eq!((&books["need"], &books["assigned"]), (&Value::from("3"), &Value::from("3")));
    assert_eq!(summary["run"]["laws_checked"]["after_each_event"], summary["events"]);
    let page = fs::read_to_string(result.join("report.html")).unwrap();
    for heading in ["Prices and equities", "Where accounts failed", "How the books were closed"] {
        assert!(page.contains(heading), "{heading}");
    }
}

#[test]
fn streams_say_the_same_as_the_file() {
    let out = folder();
    write(out.path(), "inline.toml", &format!("{VENUE}{EVENTS}"));
    let csv = "at,do,market,buyer,seller,size,price\n\
               1 min,fill,BTC,ann,bob,2,60000.00\n\
               1 min,fill,BTC,ann,carol,1,60000.00\n\
               2 min,mark,BTC,,,,51500.00\n";
    write(out.path(), "events.csv", csv);
    let ndjson = r#"{"at":"1 min","do":"fill","market":"BTC","buyer":"ann","seller":"bob","size":"2","price":"60000.00"}
{"do":"fill","market":"BTC","buyer":"ann","seller":"carol","size":"1","price":"60000.00"}
{"at":"120000","do":"mark","market":"BTC","price":"51500.00"}
"#;
    write(out.path(), "events.ndjson", ndjson);
    for name in ["events.csv", "events.ndjson"] {
        write(out.path(), &format!("{name}.toml"), &format!("events = \"{name}\"\n{VENUE}"));
    }
    let fills: String = EVENTS.split("[[event]]").take(3).collect::<Vec<_>>().join("[[event]]");
    write(out.path(), "prices.csv", "time,market,price\n2 min,BTC,51500.00\n2 min,DOGE,1.00\n");
    let prices = format!("prices = {{ file = \"prices.csv\" }}\n{VENUE}{fills}");
    write(out.path(), "prices.toml", &prices);
    let digests = ["inline", "events.csv", "events.ndjson", "prices"].map(|name| {
        let file = format!("{name}.toml");
        let result = format!("out-{name}");
        done(out.path(), &["run", &file, "--out", &result, "--strict", "--quiet"]);
        digest(&out.path().join(result))
    });
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[test]
fn events_stream_as_they_happen_and_until_stops() {
    let out = folder();
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}"));
    done(out.path(), &["run", "V.toml", "--out", "all", "--quiet"]);
    let streamed = done(out.path(), &["run", "V.toml", "--format", "ndjson"]).stdout;
    assert_eq!(streamed, fs::read_to_string(out.path().join("all/events.ndjson")).unwrap());
    done(out.path(), &["run", "V.toml", "--until", "1 min", "--out", "time", "--quiet"]);
    let text = fs::read_to_string(out.path().join("V.toml")).unwrap();
    // Its header stands two lines above; lines count from one.
    let line = text.lines().position(|line| line.contains("do = \"mark\"")).unwrap() - 1;
    let line = line.to_string();
    done(out.path(), &["run", "V.toml", "--until", &line, "--out", "line", "--quiet"]);
    for stopped in ["time", "line"] {
        let summary = json(&out.path().join(stopped).join("summary.json"));
        assert_eq!(summary["run"]["counts"]["fills"], 2, "{stopped}");
        assert_eq!(summary["losses"].as_array().unwrap().len(), 0, "{stopped}");
    }
    let refused = rhodian_in(out.path(), &["run", "V.toml", "--until", "soon"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.starts_with("error[until-not-read]"), "{}", refused.stderr);
}

/// A minute of the file at a hundred times its speed takes no less than six tenths of a second, and
/// changes nothing.
#[test]
fn speed_paces_the_run_and_changes_nothing() {
    let out = folder();
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}"));
    done(out.path(), &["run", "V.toml", "--out", "all", "--quiet"]);
    let began = Instant::now();
    let paced =
        ["run", "V.toml", "--speed", "100", "--until", "1 min", "--out", "paced", "--quiet"];
    done(out.path(), &paced);
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    done(out.path(), &["run", "V.toml", "--until", "1 min", "--out", "at-once", "--quiet"]);
    let digest = |of: &str| digest(&out.path().join(of));
    assert_eq!(digest("paced"), digest("at-once"));
    let refused = rhodian_in(out.path(), &["run", "V.toml", "--speed", "fast"]);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
}

#[test]
fn margin_says_what_is_free_and_why() {
    let out = folder();
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}"));
    done(out.path(), &["run", "V.toml", "--until", "1 min", "--out", "before", "--quiet"]);
    let args = ["margin", "before", "--account", "ann", "--format", "json"];
    let margin: Value = serde_json::from_str(&done(out.path(), &args).stdout).unwrap();
    for (key, value) in [
        ("equity", "2100000"),
        ("initial", "1800000"),
        ("maintenance", "900000"),
        ("above_maintenance", "1200000"),
        ("free", "300000"),
    ] {
        assert_eq!(margin[key], value, "{key}");
    }
    let leg = &margin["legs"][0];
    assert_eq!((&leg["side"], &leg["entry"]), (&Value::from("long"), &Value::from("60,000.00")));
    // 21,000 + 3 x (p - 60,000) = 5 % of 3 p, and = 0; rounded to the safe side.
    assert_eq!(leg["liquidation_price"], "55,789.48");
    assert_eq!(leg["bankruptcy_price"], "53,000.00");
    let text = done(out.path(), &["margin", "before", "--account", "bob"]).stdout;
    assert!(text.contains("short BTC"), "{text}");
    let refused = rhodian_in(out.path(), &["margin", "before", "--account", "anne"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("did you mean \"ann\"?"), "{}", refused.stderr);
}

#[test]
fn refusals_are_remarks_unless_expected_or_strict() {
    let out = folder();
    let more = "[[event]]\ndo = \"withdraw\"\naccount = \"bob\"\namount = \"50000.00\"\n";
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}{more}"));
    let ran = done(out.path(), &["run", "V.toml"]);
    assert!(ran.stderr.contains("withdraw refused, withdrawal-above-free"), "{}", ran.stderr);
    let strict = rhodian_in(out.path(), &["run", "V.toml", "--strict"]);
    assert_eq!(strict.status, 2);
    assert!(strict.stderr.contains("error[withdrawal-above-free]"), "{}", strict.stderr);
    for (expect, status) in [("withdrawal-above-free", 0), ("vault-short", 2)] {
        let more = format!("{more}expect = \"{expect}\"\n");
        write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}{more}"));
        assert_eq!(rhodian_in(out.path(), &["run", "V.toml"]).status, status, "{expect}");
    }
    let fine = more.replace("50000.00", "1.00") + "expect = \"withdrawal-above-free\"\n";
    write(out.path(), "V.toml", &format!("{VENUE}{EVENTS}{fine}"));
    let ran = rhodian_in(out.path(), &["run", "V.toml"]);
    assert!(ran.stderr.contains("error[not-refused]"), "{}", ran.stderr);
}

/// Fees of 10.00 each are booked by a fill: a part, too much, then all that is left of it.
#[test]
fn fees_go_to_the_fund_of_their_domain() {
    let out = folder();
    let fill = EVENTS.split("[[event]]").nth(1).expect("a fill");
    let fees = |amount: &str| {
        format!("[[event]]\ndo = \"fund-fees\"\ndomain = \"majors\"\nlayer = \"Fund\"\n{amount}")
    };
    let (part, much) = (fees("amount = \"5.00\"\n"), fees("amount = \"15.01\"\n"));
    let events = format!("[[event]]{fill}fee = \"10.00\"\n{part}{much}{}", fees(""));
    write(out.path(), "V.toml", &format!("{VENUE}{events}"));
    let ran = done(out.path(), &["run", "V.toml"]);
    for said in ["Fund earns 5.00, fees of majors", "Fund earns 15.00, fees of majors"] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.stdout);
    }
    assert!(ran.stdout.contains("15.01 asked, 15.00 is booked as fees"), "{}", ran.stdout);
    let (of, other) = ("domain = \"majors\"", "domain = \"majros\"");
    write(out.path(), "V.toml", &format!("{VENUE}{}", fees("").replace(of, other)));
    let refused = rhodian_in(out.path(), &["run", "V.toml"]);
    assert!(refused.stderr.contains("error[unknown-domain]"), "{}", refused.stderr);
    assert!(refused.stderr.contains("did you mean \"majors\"?"), "{}", refused.stderr);
}

/// Each row: what is changed in the file, into what, and the code it is refused with.
#[test]
fn what_cannot_be_right_is_refused_with_its_place() {
    let cases = [
        ("price = \"51500.00\"", "price = 51500.0", "price-float"),
        ("price = \"51500.00\"", "price = \"51500.005\"", "price-off-tick"),
        ("price = \"51500.00\"", "price = \"51,500\"", "price-thousands"),
        ("price = \"51500.00\"", "amount = \"1\"", "amount-not-for-event"),
        ("price = \"51500.00\"", "prise = \"51500.00\"", "toml-unknown-key"),
        ("size = \"2\"", "size = \"1.5\"", "size-off-lot"),
        ("size = \"2\"", "size = \"0\"", "size-zero"),
        ("buyer = \"ann\"", "buyer = \"anne\"", "unknown-account"),
        ("buyer = \"ann\"", "buyer = \"book/ann\"", "unknown-loss"),
        ("at = \"2 min\"", "at = \"30 s\"", "at-before"),
        ("at = \"2 min\"", "at = \"soon\"", "at-not-a-duration"),
        ("do = \"mark\"", "do = \"marc\"", "unknown-do"),
        ("market = \"BTC\"", "market = \"BTK\"", "unknown-market"),
        ("tick = \"0.01\"", "tick = \"0.001\"", "lot-no-whole-atoms"),
        ("tick = \"0.01\"", "tick = \"0\"", "tick-zero"),
        ("tiers = [{ above = \"0\"", "tiers = [{ above = \"5\"", "flaw"),
        ("kind = \"insurance-fund\"", "kind = \"insurance\"", "unknown-kind"),
        ("id = \"carol\"", "id = \"bob\"", "account-twice"),
        ("mark = \"60000.00\"", "expiry = \"1 d\"", "expiry-not-for-instrument"),
    ];
    let out = folder();
    for (from, to, code) in cases {
        let text = format!("{VENUE}{EVENTS}");
        assert!(text.contains(from), "{from}");
        write(out.path(), "V.toml", &text.replacen(from, to, 1));
        let ran = rhodian_in(out.path(), &["run", "V.toml", "--out", "result"]);
        assert_eq!(ran.status, 2, "{to}: {}", ran.stderr);
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert!(first.starts_with(&format!("error[{code}]")), "{to}: {}", ran.stderr);
        assert!(ran.stderr.contains("V.toml:"), "{to}: {}", ran.stderr);
        assert!(!out.path().join("result").exists(), "{to}: nothing is written");
    }
}

#[test]
fn streams_are_refused_with_their_line() {
    let cases = [
        ("e.csv", "at,do\n1 min,wait,3\n", "e.csv:2"),
        ("e.csv", "at,doo\n1 min,wait\n", "e.csv:1"),
        ("e.csv", "at,do,market,price\n1 min,mark,BTC,1.005\n", "e.csv:2"),
        (
            "e.ndjson",
            "{\"do\":\"wait\"}\n{\"do\":\"mark\",\"market\":\"BTC\",\"price\":5}\n",
            "e.ndjson:2",
        ),
        ("e.ndjson", "{\"do\":\"wait\"}\nnot json\n", "e.ndjson:2"),
        ("e.txt", "wait\n", "events-unknown-file"),
    ];
    let out = folder();
    for (name, text, place) in cases {
        write(out.path(), name, text);
        write(out.path(), "V.toml", &format!("events = \"{name}\"\n{VENUE}"));
        let ran = rhodian_in(out.path(), &["run", "V.toml"]);
        assert_eq!(ran.status, 2, "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(place), "{text}: {}", ran.stderr);
    }
}

#[test]
fn an_altered_folder_is_refused() {
    let out = folder();
    let crash = scenarios().join("crash.toml");
    done(out.path(), &["run", crash.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = out.path().join("result/events.ndjson");
    let text = fs::read_to_string(&events).unwrap();
    fs::write(&events, text.replacen("\"100000000\"", "\"100000001\"", 1)).unwrap();
    let changed = text != fs::read_to_string(&events).unwrap();
    if !changed {
        fs::write(&events, text.lines().skip(1).collect::<Vec<_>>().join("\n")).unwrap();
    }
    for command in [&["margin", "result", "--account", "bob"][..], &["check", "result"]] {
        assert_eq!(rhodian_in(out.path(), command).status, 2, "{command:?}");
    }
}
