//! Control laws through seasons of crises.

use super::{WORLD, experiment, figure, files, refused, rows, run, told, value};
use crate::binary::folder;

const LAW: &str = "[tune]\nlooks_at = \"volatility\"\nfrom = \"60 %\"\nto = \"180 %\"\nlevels = 3\n\
                   gains = [\"50 %\", \"200 %\"]\na_year = 4\nweeks = 26\n";

fn text(crises: u32, more: &str) -> String {
    format!("kind = \"tune\"\ncrises = {crises}\n{WORLD}fund = \"100000\"\n{LAW}{more}")
}

/// Crises that all come in storms are met by a law that raises the margin before them; crises that
/// come out of the blue are not. A law that never moves costs what its margin costs.
#[test]
fn a_law_is_worth_what_its_signal_tells() {
    let more = "capital = \"0 %\"\nclosing = \"0 %\"\nspread = \"80 %\"\n";
    let storms = told(&text(400, &format!("{more}unforeseen = \"0 %\"\n")), &[]);
    // Nothing but what the fund pays and what it lacks costs anything.
    let cost = |of: &str| value(&storms, of, "cost");
    let law = "gain 200 %, band 10 %";
    // It stands at the base, the middle, on average, and higher when it counts.
    assert!(cost(law) < cost("120 %"), "{storms}");
    assert!(value(&storms, law, "moves") > 1.0, "{storms}");
    let still = told(&text(400, "bands = [\"100 %\"]\n"), &[]);
    for of in ["gain 50 %, band 100 %", "gain 200 %, band 100 %"] {
        // Nothing is further away than that.
        assert_eq!(value(&still, of, "cost"), value(&still, "120 %", "cost"), "{still}");
    }
}

/// What the figures say follows from the rows, by hand: a margin that stays, one fund, and the years
/// of the seasons that did not choose.
#[test]
fn rows_are_the_same_however_they_are_played() {
    let here = folder();
    experiment(here.path(), &text(160, ""));
    let read = |folder: &str| {
        ["runs.csv", "summary.json", "report.html", "tune.svg", "season.svg"]
            .map(|file| std::fs::read_to_string(here.path().join(folder).join(file)).unwrap())
    };
    for (out, threads) in [("one", "1"), ("three", "3")] {
        assert_eq!(run(here.path(), &["--out", out, "--threads", threads]).status, 0);
    }
    assert_eq!(run(here.path(), &["--out", "parts", "--at-most", "200"]).status, 0);
    let ran = run(here.path(), &["--out", "parts"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!((read("three"), read("parts")), (read("one"), read("one")));
    let kept = rows(&here.path().join("one/runs.csv"));
    assert_eq!(kept.len(), 3 * 160, "each crisis at each level");
    // A higher margin lacks less of the same crises.
    let lacks = |world: &str| -> u128 {
        let of = kept.iter().filter(|row| row["world"] == world);
        of.map(|row| row["deficit"].parse::<u128>().unwrap()).sum()
    };
    assert!(lacks("0") > lacks("1") && lacks("1") > lacks("2"));
    let summary: serde_json::Value = serde_json::from_str(&read("one")[1]).unwrap();
    let of = figure(&summary, "60 %", "cost");
    assert!(of["between"][0].as_f64() < of["value"].as_f64(), "{of}");
    assert!(summary["answer"].as_str().unwrap().contains("over seasons that did not choose it"));
}

#[test]
fn what_cannot_be_tuned_is_refused_where_it_stands() {
    let of = |from: &str, to: &str| text(200, "").replace(from, to);
    for (case, text, code, line, allowed) in [
        ("no fund", of("fund = \"100000\"\n", ""), "experiment-no-fund", 3, "a fund"),
        (
            "the margin",
            of("[tune]", "maintenance = \"90 %\"\n[tune]"),
            "tune-maintenance",
            7,
            "base",
        ),
        (
            "a signal",
            of("volatility", "fear"),
            "unknown-looks-at",
            8,
            "volatility, fund, liquidations",
        ),
        ("no room", of("180 %", "60 %"), "tune-empty", 10, "more than from"),
        ("a base", text(200, "base = \"190 %\"\n"), "tune-base", 15, "from to to"),
        ("a small step", text(200, "step = \"30 %\"\n"), "tune-step", 15, "\"60 %\" or more"),
        ("a gain twice", of("\"200 %\"]", "\"50 %\"]"), "gains-twice", 12, "another value"),
        ("no gain", of("[\"50 %\", \"200 %\"]", "[]"), "gains-count", 12, "1 to 10"),
        ("too few", text(100, ""), "tune-few-crises", 2, "crises = 150 or more"),
    ] {
        refused(case, &text, code, line, allowed);
    }
}

/// How many crises come in the seasons is drawn: where there are not as many, nothing is played.
#[test]
fn crises_that_seasons_would_lack_are_told_before_any_is_played() {
    let here = folder();
    let stormy = "half_life = 520\nspread = \"100 %\"\nunforeseen = \"0 %\"\n";
    let few = text(750, stormy).replace("a_year = 4\nweeks = 26", "a_year = 1\nweeks = 520");
    experiment(here.path(), &few);
    let ran = run(here.path(), &["--out", "out"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("crises is out of range"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1,105 or more, which came in"), "{}", ran.stderr);
    assert_eq!(files(here.path()).len(), 1);
}
