//! `rhodian margin` as it is called: what an account would gain or lose, what others could cost it,
//! and its place; in every format, from the bundled scenarios.

mod binary;

use binary::{done, folder, rhodian_in, rows, scenarios};
use serde_json::Value;

/// The folder of a scenario's run, in `here`.
fn ran(here: &std::path::Path, name: &str) {
    let file = scenarios().join(format!("{name}.toml"));
    done(here, &["run", file.to_str().unwrap(), "--out", name, "--quiet"]);
}

fn margin(here: &std::path::Path, run: &str, account: &str) -> Value {
    let args = ["margin", run, "--account", account, "--format", "json"];
    serde_json::from_str(&done(here, &args).stdout).unwrap()
}

fn atoms(value: &Value) -> i128 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn a_short_straddle_shows_its_table_greeks_and_acceleration() {
    let here = folder();
    ran(here.path(), "options");
    let found = margin(here.path(), "options", "dora");
    let scenario = &found["scenarios"][0];
    assert_eq!(scenario["underlying"], "BTC");
    let cells = scenario["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 39, "13 moves of the price, three of volatility");
    let profits: Vec<i128> = cells.iter().map(|cell| atoms(&cell["profit"])).collect();
    let worst = usize::try_from(scenario["worst"].as_u64().unwrap()).unwrap();
    assert_eq!(profits[worst], *profits.iter().min().unwrap());
    for cell in cells {
        assert_eq!(atoms(&cell["equity"]), atoms(&found["equity"]) + atoms(&cell["profit"]));
    }
    let greeks = &scenario["greeks"];
    assert!(atoms(&greeks["gamma"]) < 0 && atoms(&greeks["vega"]) < 0, "{greeks}");
    assert!(atoms(&greeks["theta"]) > 0, "{greeks}");
    assert_eq!(scenario["accelerates"], true);
    assert_eq!(atoms(&scenario["loss"]), -profits[worst]);
    // What options require comes from the table: four fifths of the worst loss, to keep.
    assert_eq!(found["legs"][1]["maintenance"], Value::Null);
    let initial = atoms(&found["initial"]);
    assert!(initial >= atoms(&scenario["loss"]), "{initial}");
    assert_eq!(
        atoms(&found["maintenance"]),
        (initial * 4).div_euclid(5) + i128::from(initial % 5 > 0)
    );
    // The buyer is the other side of every cell but for rounding against each.
    let buyer = margin(here.path(), "options", "bob");
    assert!(atoms(&buyer["scenarios"][0]["greeks"]["gamma"]) > 0);
    let text = done(here.path(), &["margin", "options", "--account", "dora"]).stdout;
    assert!(text.contains("volatility up") && text.contains(" *"), "{text}");
    assert!(text.contains("Loss acceleration on BTC"), "{text}");
}

#[test]
fn a_linear_leg_has_its_prices_distance_layers_and_place() {
    let here = folder();
    ran(here.path(), "wrong-print");
    let bob = margin(here.path(), "wrong-print", "bob");
    assert_eq!(bob["zero_way"], "up");
    let layer = &bob["could_lose"][0];
    assert_eq!((&layer["layer"], &layer["by"]), (&"Winners".into(), &"share".into()));
    // His session gain, all of which is above his principal.
    assert_eq!(layer["most"], bob["unrealised"]);
    assert_eq!(bob["in_settlement"], bob["equity"]);
    let place = &bob["deleveraging"][0];
    assert_eq!((&place["order"], &place["lights"]), (&"draining".into(), &5.into()));
    let ann = margin(here.path(), "wrong-print", "ann");
    assert_eq!(ann["zero_way"], "down");
    assert!(ann["legs"][0]["bankruptcy_price"].is_string(), "{ann}");
    assert_eq!(ann["could_lose"][0]["most"], "0");
}

#[test]
fn collateral_counts_and_what_it_is_stands_beside() {
    let here = folder();
    let file = scenarios().join("depeg.toml");
    let file = file.to_str().unwrap();
    done(here.path(), &["run", file, "--until", "80 min", "--out", "before", "--quiet"]);
    let ann = margin(here.path(), "before", "ann");
    // 500 - 2,000 and 95 % of 10,000 at 0.40.
    for (key, value) in
        [("collateral", "380000"), ("equity", "230000"), ("loan", "0"), ("maintenance", "290000")]
    {
        assert_eq!(ann[key], value, "{key}");
    }
    let holding = &ann["holdings"][0];
    assert_eq!((&holding["amount"], &holding["mark"]), (&"10000.000000".into(), &"0.400".into()));
    let text = done(here.path(), &["margin", "before", "--account", "ann"]).stdout;
    assert!(text.contains("It holds 10000.000000 USDX at 0.400: collateral."), "{text}");
}

#[test]
fn every_format_says_the_same() {
    let here = folder();
    ran(here.path(), "options");
    let args = ["margin", "options", "--account", "dora", "--out", "m", "--quiet"];
    let text = done(here.path(), &args).stdout;
    let file = |name: &str| std::fs::read_to_string(here.path().join("m").join(name)).unwrap();
    assert_eq!(text, file("margin.txt"));
    for (format, name) in [("csv", "margin.csv"), ("json", "margin.json")] {
        let args = ["margin", "options", "--account", "dora", "--format", format];
        assert_eq!(done(here.path(), &args).stdout, file(name), "{format}");
    }
    let found: Value = serde_json::from_str(&file("margin.json")).unwrap();
    let table = rows(&here.path().join("m/margin.csv"));
    let row = |part: &str, what: &str| {
        let row = table.iter().find(|row| row["part"] == part && row["what"] == what);
        row.unwrap_or_else(|| panic!("{part} {what}"))["value"].clone()
    };
    let money = |value: &Value| {
        let atoms = atoms(value);
        let sign = if atoms < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", atoms.abs() / 100, atoms.abs() % 100)
    };
    assert_eq!(row("account", "equity"), money(&found["equity"]));
    assert_eq!(row("greek", "gamma"), money(&found["scenarios"][0]["greeks"]["gamma"]));
    assert_eq!(row("acceleration", "loss"), money(&found["scenarios"][0]["loss"]));
    assert_eq!(table.iter().filter(|row| row["part"] == "scenario").count(), 39);
    let args = ["margin", "options", "--account", "dora", "--format", "ndjson"];
    let lines = done(here.path(), &args).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is = |what: &str| lines.iter().filter(|line| line["is"] == what).count();
    assert_eq!((is("account"), is("scenario"), is("leg"), is("place")), (1, 1, 3, 3));
    let again = rhodian_in(here.path(), &["margin", "options", "--account", "dora", "--out", "m"]);
    assert_eq!(again.status, 2, "{}", again.stderr);
    assert!(again.stderr.starts_with("error[out-exists]"), "{}", again.stderr);
}

#[test]
fn what_is_not_there_is_refused_with_its_place() {
    let here = folder();
    ran(here.path(), "options");
    for (args, status, code) in [
        (["margin", "options", "--account", "doraa"], 2, "unknown-account"),
        (["margin", "nowhere", "--account", "dora"], 3, "io-not-found"),
    ] {
        let ran = rhodian_in(here.path(), &args);
        assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error[{code}")), "{}", ran.stderr);
    }
}

#[test]
fn each_option_is_shown_with_the_volatility_it_is_valued_at() {
    let here = folder();
    ran(here.path(), "smile");
    let dora = margin(here.path(), "smile", "dora");
    let legs = dora["legs"].as_array().unwrap();
    let of = |market: &str| {
        let leg = legs.iter().find(|leg| leg["market"] == market).unwrap();
        leg["volatility"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("CALL-60000"), "74 %");
    assert_eq!(of("CALL-60000-LATER"), "60 %");
    let text = done(here.path(), &["margin", "smile", "--account", "dora"]).stdout;
    assert!(text.contains("Volatility: CALL-60000 at 74 %, CALL-60000-LATER at 60 %."), "{text}");
}
