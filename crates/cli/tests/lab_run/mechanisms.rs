//! Mechanisms over the same crises: each by its figures, and what waiting costs.

use serde_json::Value;

use super::binary::{done, folder, rows};
use super::{WORLD, experiment, figure, files, run, told, value};

fn text(close: u32, fund: &str) -> String {
    format!("kind = \"mechanisms\"\ncrises = 40\n{WORLD}cost = \"3 %\"\nclose = {close}\n{fund}")
}

/// Sold at once, books are known at once; sold over a minute, somebody waits.
#[test]
fn who_is_told_misses_nothing_and_who_waits_neither() {
    let at_once = told(&text(1, ""), &[]);
    let slowly = told(&text(12, ""), &[]);
    for told in [&at_once, &slowly] {
        let notes = told["assumes"].to_string();
        assert!(notes.contains("in which a mechanism took anything"), "{notes}");
        for of in ["proportional", "queue-bitmex", "mirror-descent", "measured"] {
            assert_eq!(value(told, of, "over"), 0.0, "{of}: {told}");
        }
        // Whole lots raise a little too much, and never too little where enough was won.
        let lots = figure(told, "whole-contracts", "over");
        assert!(lots["value"].as_f64().unwrap() < 0.05, "{lots}");
        // What is seen is not what it comes to.
        assert!(value(told, "seen", "under") > 0.02, "{told}");
        assert_eq!(value(told, "seen", "tracking"), value(told, "seen-queue", "tracking"));
        // The same part from everyone is the least that the hardest hit can bear, but for what he
        // wins and loses from wave to wave.
        let burden = |of: &str| value(told, of, "largest-burden");
        assert!(burden("queue-hyperliquid") > 2.0 * burden("proportional"), "{told}");
        assert_eq!(burden("measured"), burden("proportional"), "{told}");
        assert!(
            value(told, "proportional", "inequality") < value(told, "queue-binance", "inequality")
        );
        // Who takes all leaves nothing unpaid; who takes a little is small beside what is left.
        assert_eq!(value(told, "measured", "rd-nse"), 1.0, "{told}");
        assert!(value(told, "seen", "rd-nse") < 1.0, "{told}");
        let left = |of: &str| figure(told, of, "ptsr")["value"].as_f64().unwrap();
        assert!(left("measured") > 0.0 && left("measured") < left("backoff"), "{told}");
        // Who levels what is left leaves least at the top.
        assert!(left("equal-awards") < left("proportional"), "{told}");
        // One loss is no larger than all of them.
        let of_largest = figure(told, "measured", "pmr")["value"].as_f64().unwrap();
        assert!(of_largest >= left("measured"), "{told}");
        let regret = |of: &str| figure(told, of, "regret")["value"].as_f64().unwrap();
        assert!(regret("measured") <= 0.0 && regret("backoff") >= regret("measured"), "{told}");
    }
    let delay = |told: &Value| value(told, "", "delay");
    assert_eq!((delay(&at_once), value(&at_once, "", "carried")), (0.0, 0.0), "{at_once}");
    assert!((30.0..=60.0).contains(&delay(&slowly)), "{slowly}");
    assert!(value(&slowly, "", "held-most") > value(&slowly, "", "loss") / 10.0, "{slowly}");
    assert!(slowly["answer"].as_str().unwrap().contains("waits"), "{slowly}");
    // A difference is paired: no wider than its parts are apart.
    let more = figure(&slowly, "seen", "tracking-more");
    let missed = value(&slowly, "seen", "tracking") - value(&slowly, "measured", "tracking");
    assert!((more["value"].as_f64().unwrap() - missed).abs() < 1e-9, "{more}");
}

#[test]
fn mechanisms_are_the_same_bytes_at_any_number_of_threads_and_say_what_they_cannot() {
    let here = folder();
    experiment(here.path(), &text(6, "fund = \"2000\"\n"));
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    let first = run(here.path(), &["--out", "three", "--at-most", "7"]);
    assert_eq!(first.status, 0, "{}", first.stderr);
    let shown = done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    let one = files(&here.path().join("one"));
    assert!(one == files(&here.path().join("three")), "the same bytes, stopped or not");
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["mechanisms.svg", "report.html", "runs.csv", "runs.parquet", "summary.json"]
    );
    for words in ["queue-binance*", "measured", "Of whom it is taken", "95 times of 100"] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    // The rows are what figures are made of.
    let runs = rows(&here.path().join("one/runs.csv"));
    let divided: Vec<_> = runs.iter().filter(|row| row["loss"] != "0").collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    for row in &divided {
        assert_eq!(row["measured_over"], "0");
        let paid = number(&row["loss"]) - number(&row["measured_under"]);
        assert!(paid > 0.0 && number(&row["queue_bitmex_largest"]) <= 1.0, "{row:?}");
    }
    let few = told(&text(1, "fund = \"100000000\"\n"), &[]);
    assert!(few["answer"].as_str().unwrap().contains("too few for a mean"), "{few}");
    assert!(few["refused"].to_string().contains("30 are needed"), "{few}");
}
