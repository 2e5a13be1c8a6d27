//! `rhodian lab`: published records, read and scored.

mod binary;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use binary::{data, done, folder, json, rhodian_in, rows};

const POLICIES: [&str; 5] = ["prod", "contract_pr", "vector", "fixed_point_ilp_integer", "pr"];

/// Two waves: production takes 150 of 100 and 20 of 50; the others what was needed.
fn waves() -> String {
    let mut text = "wave,budget_needed,deficit_usd,max_loss_usd".to_owned();
    for prefix in ["budget", "max_pct"] {
        for policy in POLICIES {
            let _ = write!(text, ",{prefix}_{policy}");
        }
    }
    text + "\n1,100.00,500.0,400.0,150,100,100,100,100,1.0,0.2,0.2,0.5,1e-1\
            \n2,50.00,450.0,400.0,20,50,50,50,50,0.5,0.2,0.2,0.5,1e-1\n"
}

fn record(here: &Path, text: &str) {
    fs::create_dir_all(here.join("oct10")).unwrap();
    fs::write(here.join("oct10/policy_per_wave_metrics.csv"), text).unwrap();
}

#[test]
fn waves_are_scored() {
    let here = folder();
    record(here.path(), &waves());
    let ran = done(here.path(), &["lab", "october", "--data", ".", "--out", "october"]);
    assert!(ran.stderr.contains("no adl_by_user.csv"), "{}", ran.stderr);
    assert!(ran.stdout.contains("production                           80.00"), "{}", ran.stdout);
    let told = json(&here.path().join("october/october.json"));
    let production = &told["policies"][0];
    let of = |key: &str| production[key].as_str().unwrap();
    assert_eq!((of("over"), of("under"), of("tracking")), ("50.00", "30.00", "80.00"));
    // 100 x 0.5 above the program, and 100 x 0.9 + 50 x 0.4 above the least.
    assert_eq!((of("fairness"), of("total"), of("above_least")), ("50.00", "130.00", "110.00"));
    // 400 stands in both waves.
    let repeated = &told["repeated_loss"];
    assert_eq!(
        (&repeated["waves"], repeated["deficits_once"].as_str()),
        (&2.into(), Some("550.00"))
    );
    assert_eq!(told["production"]["waves_short"], 1);
    assert!(told.get("ours").is_none());
    let table = rows(&here.path().join("october/october.csv"));
    assert_eq!((table.len(), table[4]["policy"].as_str()), (5, "continuous pro-rata"));
    let text = fs::read_to_string(here.path().join("october/october.txt")).unwrap();
    assert_eq!(text, ran.stdout);
    let again = rhodian_in(here.path(), &["lab", "october", "--data", ".", "--out", "october"]);
    assert_eq!(again.status, 2, "a folder is not replaced without --force: {}", again.stderr);
}

#[test]
fn our_own_rule_divides_what_was_needed() {
    let here = folder();
    record(here.path(), &waves());
    let accounts = "user,closed_pnl,account_value_realtime\nann,600,1000\nbob,200,20\ncarl,-5,9\n";
    fs::write(here.path().join("oct10/adl_by_user.csv"), accounts).unwrap();
    let ran = done(here.path(), &["lab", "october", "--data", ".", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let ours = &told["ours"];
    assert_eq!(ours["accounts"], 2, "who lost is not liable");
    let taken = |place: usize| ours["waves"][place]["taken"].as_str().unwrap().to_owned();
    assert_eq!((taken(0), taken(1)), ("100.00".to_owned(), "50.00".to_owned()));
    // Bob is at his 20: Ann pays 130 of 600.
    assert_eq!(ours["waves"][1]["level"], "0.216667");
    assert_eq!((ours["excess"].as_str(), &ours["inversions"]), (Some("0.00"), &0.into()));
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (case, text, status, words) in [
        ("no column", waves().replace(",budget_vector", ",other"), 2, "record-column"),
        ("twice", waves().replace(",budget_vector", ",budget_prod"), 2, "record-column"),
        ("no number", waves().replace("450.0", "many"), 2, "record-no-number"),
        ("not finite", waves().replace("450.0", "1e999"), 2, "record-no-number"),
        ("no rows", waves().lines().next().unwrap().to_owned() + "\n", 2, "record-empty"),
        ("a short row", waves() + "3,1\n", 2, "csv-short-row"),
        ("empty", String::new(), 2, "error["),
    ] {
        let here = folder();
        record(here.path(), &text);
        let ran = rhodian_in(here.path(), &["lab", "october", "--data", ".", "--out", "october"]);
        assert_eq!(ran.status, status, "{case}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{case}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && !here.path().join("october").exists(), "{case}");
    }
    let here = folder();
    let ran = rhodian_in(here.path(), &["lab", "october", "--data", "nowhere"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("io-not-found"), "{}", ran.stderr);
}

/// The published record, where it is: production's first figure is the paper's.
#[test]
fn the_published_record() {
    let Some(data) = data("the_published_record") else { return };
    let here = folder();
    let data = data.canonicalize().unwrap();
    let args = ["lab", "october", "--data", data.to_str().unwrap(), "--format", "csv"];
    let ran = done(here.path(), &args);
    assert!(ran.stdout.contains("production,no,53782490.53,49405578.12,4376912.41,"));
}

/// A small venue and a target that few crises back.
fn size_fund(here: &Path, more: &[&str]) -> binary::Ran {
    let mut args = vec!["lab", "size-fund", "--accounts", "60", "--markets", "2", "--quiet"];
    args.extend(more);
    rhodian_in(here, &args)
}

#[test]
fn a_fund_is_sized_and_any_number_of_threads_says_the_same() {
    let here = folder();
    let told = |threads: &str| {
        let more = ["--target", "1/5", "--threads", threads, "--format", "json"];
        let ran = size_fund(here.path(), &more);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stdout
    };
    let one = told("1");
    assert_eq!(one, told("3"));
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    let atoms = |value: &serde_json::Value| binary::atoms(value.as_str().unwrap(), 6);
    let (size, between) = (atoms(&one["fund"]), &one["fund_between"]);
    assert!(size > 0 && (atoms(&between[0])..=atoms(&between[1])).contains(&size), "{one}");
    // No more than a fifth of the crises pass it, and a smaller fund is passed no less often.
    let curve = one["curve"].as_array().unwrap();
    let passed: Vec<f64> = curve.iter().map(|row| row["passed"].as_f64().unwrap()).collect();
    assert!(passed.windows(2).all(|pair| pair[0] >= pair[1]), "{passed:?}");
    let at = curve.iter().rposition(|row| atoms(&row["fund"]) <= size).unwrap();
    assert!(passed[at] <= 0.3 && passed[0] > 0.2, "{passed:?}");
    // A worse world takes more.
    let worse = size_fund(here.path(), &["--target", "1/5", "--cost", "10%", "--format", "json"]);
    let worse: serde_json::Value = serde_json::from_str(&worse.stdout).unwrap();
    assert!(atoms(&worse["mean_deficit"]) > atoms(&one["mean_deficit"]));
}

#[test]
fn a_fund_that_cannot_be_sized_is_refused() {
    for (case, more, words) in [
        ("too few", &["--crises", "100", "--target", "1/1000"][..], "lab-too-few-crises"),
        ("none", &["--crises", "0"][..], "1 to 10000000"),
        ("no end", &["--crises", "99999999999999999"][..], "1 to 10000000"),
        ("threads", &["--threads", "100000"][..], "1 to 256"),
        ("no part", &["--target", "often"][..], "a part of one is written"),
        ("all", &["--target", "1"][..], "a target is from"),
        ("nobody", &["--accounts", "3", "--target", "1/5"][..], "accounts"),
        ("cost", &["--cost", "90%", "--target", "1/5"][..], "cost"),
        ("fall", &["--fall", "99%", "--target", "1/5"][..], "fall"),
    ] {
        let here = folder();
        let ran = size_fund(here.path(), more);
        assert_eq!(ran.status, 2, "{case}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && ran.stdout.is_empty(), "{case}: {}", ran.stderr);
    }
}

#[test]
fn a_change_is_compared_over_the_same_crises() {
    let here = folder();
    let told = |change: &str| {
        let mut args = vec!["lab", "what-if", change, "--accounts", "60", "--markets", "2"];
        args.extend(["--target", "1/5", "--crises", "40", "--quiet", "--format", "json"]);
        let ran = rhodian_in(here.path(), &args);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()
    };
    let figure = |told: &serde_json::Value, what: &str| {
        let figures = told["figures"].as_array().unwrap().clone();
        let found = figures.into_iter().find(|of| of["what"].as_str().unwrap().contains(what));
        found.unwrap_or_else(|| panic!("{what} of {told}"))
    };
    // No change changes nothing, in any crisis.
    let same = told("maintenance=+0%");
    assert_eq!((&same["more"], &same["less"]), (&0.into(), &0.into()));
    let lack = figure(&same, "losses lack");
    assert_eq!(lack["now"], lack["with_it"]);
    // Dearer closing takes more, and more margin liquidates more.
    let dearer = told("cost=8%");
    assert_eq!(figure(&dearer, "losses lack")["now"], lack["now"]);
    let of = |told: &serde_json::Value, what: &str, key: &str| figure(told, what)[key].as_f64();
    assert!(of(&dearer, "losses lack", "with_it") > of(&dearer, "losses lack", "now"));
    let margin = told("maintenance=+50%");
    assert!(of(&margin, "liquidated", "with_it") > of(&margin, "liquidated", "now"));
    let few = rhodian_in(here.path(), &["lab", "what-if", "cost=2%", "--crises", "29"]);
    assert_eq!(few.status, 2);
    assert!(few.stderr.contains("at least 30 crises"), "{}", few.stderr);
    let wrong = rhodian_in(here.path(), &["lab", "what-if", "margin=5%"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("a change is maintenance=+5%"), "{}", wrong.stderr);
}

/// A small venue, its crises divided by every rule.
fn compare_rules(here: &Path, more: &[&str]) -> binary::Ran {
    let mut args = vec!["lab", "compare-rules", "--accounts", "60", "--markets", "2", "--quiet"];
    args.extend(more);
    rhodian_in(here, &args)
}

#[test]
fn rules_are_compared_over_the_same_losses() {
    let here = folder();
    let told = |threads: &str| {
        let more = ["--crises", "60", "--cost", "5%", "--threads", threads, "--format", "json"];
        let ran = compare_rules(here.path(), &more);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stdout
    };
    let one = told("1");
    assert_eq!(one, told("3"));
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    let mean = |row: &serde_json::Value, figure: &str| row[figure]["mean"].as_f64().unwrap();
    let rule = |name: &str| {
        let all = one["rules"].as_array().unwrap();
        all.iter().find(|row| row["rule"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let ours = rule("proportional");
    // Everyone bears the same part, but for an atom; so nobody can bear less than the hardest hit.
    assert!(mean(&ours, "inequality") < 1e-4 && mean(&ours, "inversions") == 0.0, "{ours}");
    for row in one["rules"].as_array().unwrap() {
        let largest = mean(row, "largest_burden");
        assert!(largest >= mean(&ours, "largest_burden") - 1e-6, "{row}");
        let [low, high] = [0, 1].map(|end| row["largest_burden"]["between"][end].as_f64().unwrap());
        assert!(0.0 <= low && low <= largest && largest <= high && high <= 1.0, "{row}");
    }
    for queue in ["queue-binance", "queue-hyperliquid", "queue-bitmex"] {
        assert!(mean(&rule(queue), "touched") < 0.5, "{queue}");
        assert!(mean(&rule(queue), "inequality") > 0.5, "{queue}");
    }
    // Who takes what he sees misses; who measures does not.
    let missed = |place: usize| {
        let of = &one["forecasts"][place];
        mean(of, "over") + mean(of, "under")
    };
    assert!(missed(0) > 0.0 && missed(3) == 0.0, "{one}");
    // A fund in front leaves less to divide.
    let more = ["--crises", "60", "--cost", "5%", "--fund", "1000", "--format", "json"];
    let behind: serde_json::Value =
        serde_json::from_str(&compare_rules(here.path(), &more).stdout).unwrap();
    assert!(mean(&behind, "loss") < mean(&one, "loss"), "{behind}");
}

#[test]
fn rules_are_told_for_the_eye_and_in_files() {
    let here = folder();
    let more = ["--crises", "40", "--cost", "5%", "--out", "rules"];
    let ran = compare_rules(here.path(), &more);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    for words in ["largest burden", "queue-bitmex", "nobody knows it then", "measured"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let table = rows(&here.path().join("rules/rules.csv"));
    assert_eq!(table.len(), 11 * 8 + 4 * 2, "each rule with each figure, each forecast with two");
    for (case, more, words) in [
        ("no loss is left", &["--crises", "40", "--fund", "1000000000"][..], "lab-too-few-crises"),
        ("too few", &["--crises", "10"][..], "lab-too-few-crises"),
        ("no fund", &["--fund=-1"][..], "--fund"),
        ("too much", &["--fund", "99999999999999999999"][..], "--fund"),
    ] {
        let ran = compare_rules(here.path(), more);
        assert_eq!(ran.status, 2, "{case}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{case}: {}", ran.stderr);
    }
}
