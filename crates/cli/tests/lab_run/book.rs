//! A standing book over nights.

use super::{WORLD, experiment, figure, refused, rows, run, told, value};
use crate::binary::{done, folder};

fn text(nights: u32, fund: &str, more: &str) -> String {
    format!("kind = \"book\"\ncrises = {nights}\n{WORLD}fund = \"{fund}\"\n[book]\n{more}")
}

/// Nights near those that break the fund and nights by the law say the same, and the first more
/// narrowly.
#[test]
fn nights_near_the_break_say_what_all_nights_say() {
    let near = told(&text(4_000, "300000", ""), &["--threads", "2"]);
    let law = told(&text(200_000, "300000", "defensive = \"100 %\"\n"), &[]);
    for of in ["fund-passed", "lacked-mean", "beyond-fund-mean"] {
        let [near, law] = [&near, &law].map(|told| {
            let found = figure(told, "", of);
            let [low, high] = [0, 1].map(|end| found["between"][end].as_f64().unwrap());
            (found["value"].as_f64().unwrap(), (high - low) / 2.0)
        });
        let both = near.1.hypot(law.1);
        assert!((near.0 - law.0).abs() < 1.6 * both, "{of}: {near:?} {law:?}");
    }
    assert!(value(&near, "", "runs-saved") > 10.0, "{near}");
    assert!(value(&near, "a mildest night that breaks it, 1", "mode-below") > 0.0, "{near}");
    assert!(law["assumes"].to_string().contains("drawn by the law itself"), "{law}");
}

/// The figures are those of the rows: one by one, at any number of threads, stopped or not.
#[test]
fn rows_are_the_same_however_they_are_reckoned() {
    let here = folder();
    experiment(here.path(), &text(5_000, "300000", ""));
    let read = |folder: &str| std::fs::read_to_string(here.path().join(folder).join("runs.csv"));
    for (out, more) in [("one", ["--threads", "1"]), ("three", ["--threads", "3"])] {
        assert_eq!(run(here.path(), &["--out", out, more[0], more[1]]).status, 0);
    }
    for _ in 0..2 {
        let ran = run(here.path(), &["--out", "parts", "--at-most", "2500"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
    }
    let whole = read("one").unwrap();
    assert_eq!((read("three").unwrap(), read("parts").unwrap()), (whole.clone(), whole.clone()));
    let kept: Vec<(f64, u128)> = rows(&here.path().join("one/runs.csv"))
        .iter()
        .map(|row| (row["weight"].parse().unwrap(), row["deficit"].parse().unwrap()))
        .collect();
    let hits = kept.iter().filter(|(_, lacks)| *lacks > 300_000_000_000);
    let chance = hits.map(|(weight, _)| weight).sum::<f64>() / 5_000.0;
    let told = told(&text(5_000, "300000", ""), &[]);
    assert!((value(&told, "", "fund-passed") / chance - 1.0).abs() < 1e-9, "{chance} {told}");
}

#[test]
fn what_nights_cannot_back_is_not_said() {
    let common = told(&text(1_000, "1", ""), &[]);
    assert!(common["refused"].to_string().contains("defensive = "), "{common}");
    assert_eq!(
        told(&text(1_000, "1", "defensive = \"100 %\"\n"), &[])["refused"].to_string(),
        "[]"
    );
    let never = told(&text(1_000, "100000000000", ""), &[]);
    assert!(never["refused"].to_string().contains("beyond the fund, mean: 0 nights"), "{never}");
}

#[test]
fn keys_that_a_night_does_not_have_are_refused_where_they_stand() {
    let of = |from: &str, to: &str| text(30, "9", "").replace(from, to);
    let drawn = "accounts, markets";
    for (case, text, code, line, allowed) in [
        ("no fund", format!("kind = \"book\"\n{WORLD}"), "experiment-no-fund", 2, "a fund"),
        ("a fall", of("[book]", "fall = \"20 %\"\n[book]"), "world-no-crisis", 7, drawn),
        ("a depth", of("[book]", "depth = \"20 %\"\n[book]"), "world-no-crisis", 7, drawn),
        ("no move", text(30, "9", "deviation = \"0 %\"\n"), "deviation-out-of-bounds", 8, "1 %"),
        ("another's", of("\"book\"", "\"rare\""), "experiment-other-table", 7, "the keys of rare"),
    ] {
        refused(case, &text, code, line, allowed);
    }
}

/// The book of a run is that of its accounts: where the fund breaks, the account that `margin` tells
/// of lacks as much as the fund holds.
#[test]
fn the_book_of_a_run_breaks_where_its_accounts_do() {
    let here = folder();
    let venue = done(here.path(), &["init", "venue"]).stdout;
    std::fs::write(here.path().join("venue.toml"), venue).unwrap();
    done(here.path(), &["run", "venue.toml", "--until", "60 min", "--out", "before", "--quiet"]);
    let asked = "kind = \"book\"\n[world]\nfund = \"1000\"\n[book]\nrun = \"before\"\n\
                 deviation = \"10 %\"\n";
    experiment(here.path(), asked);
    let ran = run(here.path(), &["--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let falls = value(&told, "a mildest night that breaks it, 1", "mode-lowest");
    let margin = ["margin", "before", "--account", "ann", "--format", "json"];
    let margin: serde_json::Value =
        serde_json::from_str(&done(here.path(), &margin).stdout).unwrap();
    // In cents; ann is long one market alone.
    let cents = |of: &serde_json::Value| of.as_str().unwrap().parse::<f64>().unwrap();
    let legs = margin["legs"].as_array().unwrap();
    assert_eq!((legs.len(), legs[0]["side"].as_str()), (1, Some("long")), "{margin}");
    let left = cents(&margin["equity"]) + falls * cents(&legs[0]["value"]);
    assert!((left / 100.0 + 1_000.0).abs() < 5.0, "{left} after {falls}");
    assert!(told["assumes"].to_string().contains("Amounts are in USD"), "{told}");
    // Another run under the same name is another experiment.
    let first = told["configuration"].clone();
    let later = ["run", "venue.toml", "--until", "70 min", "--out", "before", "--quiet", "--force"];
    done(here.path(), &later);
    let ran = run(here.path(), &["--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_ne!(told["configuration"], first);
    for (case, text, code, allowed) in [
        (
            "drawn",
            asked.replace("fund =", "accounts = 60\nfund ="),
            "book-given",
            "correlation, fund",
        ),
        ("nowhere", asked.replace("before", "after"), "not-found", "e.toml:5"),
    ] {
        experiment(here.path(), &text);
        let ran = run(here.path(), &[]);
        assert_ne!(ran.status, 0, "{case}");
        assert!(
            ran.stderr.contains(code) && ran.stderr.contains(allowed),
            "{case}: {}",
            ran.stderr
        );
    }
    done(here.path(), &["run", "venue.toml", "--until", "1 min", "--out", "empty", "--quiet"]);
    experiment(here.path(), &asked.replace("before", "empty"));
    let ran = run(here.path(), &[]);
    assert!(ran.stderr.contains("error[book-empty]"), "{}", ran.stderr);
    assert!(ran.stderr.contains("e.toml:5"), "{}", ran.stderr);
}
