//! A clearing fund for the largest members, and whether it is enough.

use super::{experiment, figure, refused, rows, run, told, value};
use crate::binary::folder;

/// The seven members of a published example in the first stress, and fewer losses in the second.
const LOSSES: [[&str; 2]; 7] =
    [["30", "4"], ["22", "0"], ["18", "21"], ["9", "20"], ["5", "16"], ["3", "2"], ["1", "0"]];

fn text(keys: &str) -> String {
    let mut text = format!("kind = \"cover-n\"\n[cover]\nstresses = [\"one\", \"two\"]\n{keys}");
    for (name, losses) in ["a", "b", "c", "d", "e", "f", "g"].iter().zip(LOSSES) {
        text += &format!("[[cover.member]]\nname = \"{name}\"\nlosses = {losses:?}\n");
    }
    text
}

/// The figures of the example, to the digits it was published with.
#[test]
fn the_published_example_is_an_experiment() {
    let found = told(&text(""), &[]);
    assert_eq!((value(&found, "cover-1", "fund"), value(&found, "cover-2", "fund")), (30.0, 52.0));
    let passed = value(&found, "cover-2", "passed");
    assert!((passed - 5.4115e-5).abs() < 5e-10, "{found}");
    let lacking = value(&found, "cover-2", "lacking") * passed;
    assert!((lacking - 3.3724e-4).abs() < 5e-9, "{found}");
    // Nothing is drawn, so nothing has an interval.
    assert!(figure(&found, "cover-2", "passed")["between"].is_null(), "{found}");
    // Failures that come together pass it oftener; a fund for one in a million is larger.
    let more = told(&text("correlation = \"20 %\"\n"), &[]);
    assert!(value(&more, "cover-2", "passed") > 5.0 * passed, "{more}");
    let rare = told(&text("target = \"0.0001 %\"\nlargest = 3\n"), &[]);
    assert!(value(&rare, "target", "passed") <= 1e-6, "{rare}");
    assert!(value(&rare, "target", "fund") > value(&rare, "cover-2", "fund"), "{rare}");
    assert_eq!(value(&rare, "cover-3", "fund"), 70.0);
}

/// Rows say of each stress what the figures say of the worst, and nothing is left to draw.
#[test]
fn rows_are_stresses() {
    let here = folder();
    experiment(here.path(), &text(""));
    let ran = run(here.path(), &["--out", "out"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let kept = rows(&here.path().join("out/runs.csv"));
    let of = |name: &str| kept.iter().map(|row| row[name].as_str()).collect::<Vec<&str>>();
    assert_eq!(of("members"), ["7", "5"]);
    assert_eq!(of("sum"), ["88000000", "63000000"]);
    assert_eq!(of("largest_2"), ["52000000", "41000000"]);
    // Of the second stress only 21, 20 and 16 together come to more than 52.
    let passed: Vec<f64> = of("passed").iter().map(|of| of.parse().unwrap()).collect();
    assert!((passed[1] - 0.02_f64.powi(3)).abs() < 1e-12 && passed[0] > passed[1], "{passed:?}");
    let page = std::fs::read_to_string(here.path().join("out/report.html")).unwrap();
    assert!(page.contains("How likely a fund is passed") && page.contains("cover-2"));
}

#[test]
fn what_is_no_clearing_fund_is_refused_where_it_stands() {
    let of = |from: &str, to: &str| text("").replace(from, to);
    let alone = |count: usize| {
        let text = text("");
        text.split("[[cover.member]]")
            .take(count + 1)
            .collect::<Vec<&str>>()
            .join("[[cover.member]]")
    };
    for (case, text, code, line, allowed) in [
        ("no table", "kind = \"cover-n\"\n".into(), "experiment-no-table", 1, "a table [cover]"),
        (
            "a world",
            of("[cover]", "[world]\nmarkets = 2\n[cover]"),
            "cover-not-drawn",
            2,
            "keys of cover-n",
        ),
        ("crises", of("[cover]", "crises = 60\n[cover]"), "cover-not-drawn", 2, "keys of cover-n"),
        ("one alone", alone(1), "member-count", 4, "2 to 200"),
        ("no stress", of("[\"one\", \"two\"]", "[]"), "stresses-count", 3, "1 to 20"),
        ("a stress twice", of("\"two\"", "\"one\""), "stress-twice", 3, "a new name"),
        ("a member twice", of("\"b\"", "\"a\""), "member-twice", 8, "a new name"),
        ("too few", of("[\"22\", \"0\"]", "[\"22\"]"), "losses-count", 9, "2 amounts"),
        ("below zero", of("\"22\"", "\"-22\""), "losses-negative", 9, "0 to"),
        ("more than all", text("largest = 8\n"), "largest-out-of-bounds", 4, "1 to 7"),
        ("never", text("target = \"0 %\"\n"), "target-zero", 4, "0.0001 %"),
        ("all of them", text("correlation = \"91 %\"\n"), "correlation-out-of-bounds", 4, "90 %"),
    ] {
        refused(case, &text, code, line, allowed);
    }
    let mut nothing = text("");
    for loss in ["30", "22", "18", "9", "5", "3", "1", "4", "21", "20", "16", "2"] {
        nothing = nothing.replace(&format!("\"{loss}\""), "\"0\"");
    }
    refused("nothing", &nothing, "losses-nothing", 4, "a loss above zero");
}
