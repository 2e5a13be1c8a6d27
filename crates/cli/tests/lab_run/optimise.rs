//! The least of a figure over a parameter or two: what is tried, what is out of bounds, and what
//! other crises say of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::binary::{done, folder, json, rows};
use super::{WORLD, experiment, figure, files, refused, run, told, value};

fn text(keys: &str, over: &[(&str, &str, &str, u32)]) -> String {
    let mut text =
        format!("kind = \"optimise\"\ncrises = 60\n{WORLD}[optimise]\npassed = \"10 %\"\n{keys}");
    for (parameter, from, to, steps) in over {
        let quoted = |of: &str| match of.parse::<u32>() {
            Ok(count) => count.to_string(),
            Err(_) => format!("\"{of}\""),
        };
        text += &format!(
            "[[optimise.over]]\nparameter = \"{parameter}\"\nfrom = {}\nto = {}\nsteps = {steps}\n",
            quoted(from),
            quoted(to)
        );
    }
    text
}

/// Every name that has a figure, those of other crises apart.
fn tried(of: &Value, name: &str) -> Vec<(String, f64)> {
    let all = of["figures"].as_array().unwrap().iter().filter(|one| one["figure"] == name);
    let all =
        all.map(|one| (one["of"].as_str().unwrap().to_owned(), one["value"].as_f64().unwrap()));
    all.filter(|(of, _)| !of.contains("other crises")).collect()
}

/// What closing costs only makes it worse: the least is at the edge where it costs nothing.
#[test]
fn the_least_is_found_where_it_must_be_and_other_crises_are_asked() {
    let cost = [("cost", "0 %", "8 %", 3)];
    let of = told(&text("least = \"deficit\"\nhalvings = 1\n", &cost), &[]);
    let all = tried(&of, "deficit-mean");
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["0 %", "4 %", "8 %", "2 %"], "a grid, then half of it around the least");
    assert!(all.iter().all(|(_, value)| *value >= all[0].1), "{of}");
    assert!(of["answer"].as_str().unwrap().starts_with("Least at cost 0 %"), "{of}");
    // Four candidates, and the least once more over other crises.
    assert_eq!(of["runs"], 5 * 60);
    let again = value(&of, "0 %, other crises", "deficit-mean");
    assert!(again > 0.0 && again != all[0].1, "others than those that chose it: {of}");
    // A difference is of pairs.
    let more = figure(&of, "8 %", "more-than-least");
    assert!((more["value"].as_f64().unwrap() - (all[2].1 - all[0].1)).abs() < 1e-6 * all[2].1);
    assert!(more["between"][0].as_f64().unwrap() > 0.0, "eight per cent is told from none: {more}");
}

#[test]
fn a_fund_is_the_upper_end_of_what_may_pass_it() {
    let of = told(
        &text("least = \"fund\"\nhalvings = 0\n", &[("maintenance", "60 %", "200 %", 3)]),
        &[],
    );
    for (name, fund) in tried(&of, "fund") {
        assert_eq!(figure(&of, &name, "fund")["between"][1].as_f64(), Some(fund), "{of}");
    }
    assert_eq!(tried(&of, "fund").len(), 3);
    let answer = of["answer"].as_str().unwrap();
    assert!(
        answer.contains("do not tell it from") || answer.contains("tell it from every"),
        "{of}"
    );
}

/// A cost over funds and steps of closing: a fund that is given changes nothing in a crisis.
#[test]
fn a_years_cost_pays_for_the_fund_that_it_is_given() {
    let over = [("fund", "40000", "400000", 2), ("close", "1", "3", 2)];
    let keys = "least = \"cost\"\nhalvings = 0\ncapital = \"10 %\"\nclosing = \"2 %\"\n";
    let text = text(keys, &over).replace("from = 40000", "from = \"40000\"");
    let of = told(&text.replace("to = 400000", "to = \"400000\""), &[]);
    let all = tried(&of, "cost");
    assert_eq!(all.len(), 4, "two funds, one step or three: {of}");
    for close in ["1", "3"] {
        let [small, large] = ["40,000", "400,000"].map(|fund| format!("{fund} / {close}"));
        let closed = |name: &str| value(&of, name, "closed-mean");
        assert_eq!(closed(&small), closed(&large), "the same crises, the same accounts: {of}");
        let cost = value(&of, &large, "cost");
        // What is left of it is what the fund lacks.
        assert!(cost >= 40_000.0 + 0.02 * closed(&large) - 1.0, "{cost}: {of}");
    }
}

#[test]
fn what_is_out_of_bounds_is_never_the_least() {
    let over = [("maintenance", "100 %", "200 %", 3)];
    let free = told(&text("least = \"fund\"\nhalvings = 0\n", &over), &[]);
    let closed = tried(&free, "closed-mean");
    assert_eq!(closed.len(), 3, "all have intervals: {free}");
    let ends = |name: &str| figure(&free, name, "closed-mean")["between"][1].as_f64().unwrap();
    let upper: Vec<f64> = closed.iter().map(|(name, _)| ends(name)).collect();
    let least = upper.iter().copied().fold(f64::INFINITY, f64::min);
    // A bound between the least upper end and the next leaves one.
    let bound = format!("least = \"fund\"\nhalvings = 0\nclosed_most = \"{:.0}\"\n", least + 1.0);
    let bound = told(&text(&bound, &over), &[]);
    let only = closed[upper.iter().position(|of| *of == least).unwrap()].0.as_str();
    let answer = bound["answer"].as_str().unwrap();
    assert!(answer.contains(&format!("Least at maintenance {only}:")), "{only}: {answer}");
    assert!(answer.contains("2 of 3 are out of bounds"), "{answer}");
    let none = told(&text("least = \"fund\"\nclosed_most = \"1\"\n", &over), &[]);
    assert!(none["answer"].as_str().unwrap().contains("none is within all bounds"), "{none}");
    assert_eq!(none["runs"], 3 * 60, "nothing is looked for around nothing");
}

#[test]
fn an_optimisation_is_the_same_bytes_at_any_number_of_threads_stopped_in_any_part() {
    let here = folder();
    let over = [("maintenance", "60 %", "200 %", 3), ("close", "1", "5", 2)];
    experiment(here.path(), &text("least = \"fund\"\nhalvings = 2\n", &over));
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    // In the first grid, at its very end, and in what follows it.
    for most in ["100", "260", "300"] {
        let part = run(here.path(), &["--out", "three", "--at-most", most]);
        assert_eq!(part.status, 0, "{}", part.stderr);
        assert!(!here.path().join("three").exists(), "{most}: {}", part.stderr);
    }
    let shown = done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    let one = files(&here.path().join("one"));
    assert!(one == files(&here.path().join("three")), "the same bytes, stopped or not");
    assert!(one.iter().any(|(name, _)| name == "frontier.svg"), "two parameters have no curve");
    assert!(shown.stdout.contains("Every candidate, over the same crises"), "{}", shown.stdout);
    // Nothing is tried twice, and every candidate meets the same crises.
    let runs = rows(&here.path().join("one/runs.csv"));
    let summary = json(&here.path().join("one/summary.json"));
    assert_eq!(summary["runs"], runs.len());
    let last = runs.last().unwrap()["candidate"].clone();
    let (mut seen, mut crises) = (BTreeSet::new(), BTreeSet::new());
    for part in runs.chunks(60) {
        let [maintenance, close] = ["maintenance", "close"].map(|key| part[0][key].clone());
        let numbers: Vec<&str> = part.iter().map(|row| row["crisis"].as_str()).collect();
        if part[0]["candidate"] == last {
            assert_eq!(
                (numbers[0], numbers[59]),
                ("60", "119"),
                "others for the one that is least"
            );
            continue;
        }
        assert!(seen.insert((maintenance, close)), "tried twice: {:?}", part[0]);
        crises.insert(numbers.join(" "));
    }
    assert!(seen.len() > 6 && crises.len() == 1, "{seen:?}");
}

#[test]
fn what_cannot_be_optimised_is_told_by_its_key_its_line_and_what_is_allowed() {
    let over = |parameter: &str, from: &str, to: &str| {
        format!("[[optimise.over]]\nparameter = \"{parameter}\"\nfrom = {from}\nto = {to}\n")
    };
    let some = over("cost", "\"1 %\"", "\"2 %\"");
    let whole = |keys: &str, over: &str| format!("[optimise]\n{keys}{over}");
    for (case, text, code, line, allowed) in [
        ("no table", String::new(), "experiment-no-table", 1, "a table [optimise]"),
        ("of what", whole("least = \"funds\"\n", &some), "unknown-least", 4, "fund, deficit"),
        (
            "few crises",
            whole("least = \"fund\"\npassed = \"1 %\"\n", &some),
            "optimise-few-crises",
            2,
            "crises = 368",
        ),
        (
            "none may",
            whole("least = \"fund\"\npassed = \"0 %\"\n", &some),
            "passed-zero",
            5,
            "0.0001 %",
        ),
        (
            "a fund",
            format!(
                "[world]\nfund = \"1\"\n{}",
                whole("least = \"fund\"\npassed = \"9 %\"\n", &some)
            ),
            "optimise-given-fund",
            6,
            "deficit, closed",
        ),
        (
            "accounts",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &over("accounts", "30", "40")),
            "over-parameter",
            7,
            "fall, beyond, cost",
        ),
        (
            "no fund",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &some),
            "optimise-no-fund",
            4,
            "a fund",
        ),
        (
            "cents",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &over("fund", "\"0.5\"", "\"2\"")),
            "over-fund",
            8,
            "4294967295",
        ),
        (
            "twice",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &format!("{some}{some}")),
            "over-twice",
            11,
            "another parameter",
        ),
        (
            "three",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &some.repeat(3)),
            "over-count",
            6,
            "1 to 2 parameters",
        ),
        (
            "backwards",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &over("close", "3", "3")),
            "over-empty",
            9,
            "more than from",
        ),
        (
            "narrow",
            whole(
                "least = \"cost\"\npassed = \"9 %\"\n",
                &format!("{}steps = 9\n", over("cost", "\"1 %\"", "\"1.3 %\"")),
            ),
            "over-narrow",
            10,
            "2 to 4",
        ),
        (
            "a value",
            whole("least = \"cost\"\npassed = \"9 %\"\n", &over("close", "3", "41")),
            "close-out-of-bounds",
            9,
            "1 to 40",
        ),
    ] {
        let text = format!("kind = \"optimise\"\ncrises = 60\n{text}");
        refused(case, &text, code, line, allowed);
    }
}
