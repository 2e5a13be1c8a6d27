//! A standing book over nights.

use super::{WORLD, experiment, figure, refused, rows, run, told, value};
use crate::binary::folder;

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
