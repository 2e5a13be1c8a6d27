//! Those who owe each other: who falls by himself and by others, alone and in crises.

use serde_json::Value;

use super::binary::{done, folder, rows};
use super::{experiment, figure, files, refused, run, told, value};

/// Alice's pool owes Bob's venue, which owes Carol's fund.
fn chain(crises: u32, keys: &str, more: &str) -> String {
    let institution = |name: &str, assets: u32, debts: u32, more: &str| {
        format!(
            "[[contagion.institution]]\nname = \"{name}\"\nassets = \"{assets}\"\n\
             debts = \"{debts}\"\n{more}\n"
        )
    };
    let owes = |from: &str, to: &str| {
        format!("[[contagion.owes]]\nfrom = \"{from}\"\nto = \"{to}\"\namount = \"100\"\n")
    };
    format!(
        "kind = \"contagion\"\ncrises = {crises}\n[contagion]\n{keys}{}{}{}{}{}{more}",
        institution("Alice", 250, 100, "own = \"10 %\""),
        institution("Bob", 20, 10, "exposure = \"0 %\""),
        institution("Carol", 0, 90, ""),
        owes("Alice", "Bob"),
        owes("Bob", "Carol"),
    )
}

const COSTS: &str = "assets_recovered = \"80 %\"\nclaims_recovered = \"90 %\"\n";

#[test]
fn who_falls_by_itself_and_by_others_adds_up() {
    let of = told(&chain(2_000, COSTS, ""), &[]);
    let found = |name: &str, figure: &str| value(&of, name, figure);
    for name in ["Alice", "Bob", "Carol"] {
        let [low, high] = [0, 1].map(|end| figure(&of, name, "falls")["between"][end].clone());
        assert!(low.as_f64() < Some(found(name, "falls")) && high.as_f64() > low.as_f64());
    }
    // Nobody but Alice meets a shock: the others fall of her and of nothing else.
    assert_eq!(found("Alice", "falls"), found("Alice", "falls-first"));
    assert_eq!(found("Bob", "falls"), found("Bob", "falls-by-others"));
    assert_eq!(found("", "any-falls"), found("Alice", "falls"));
    assert_eq!(found("", "any-falls-by-others"), found("Bob", "falls"));
    let mean = ["Alice", "Bob", "Carol"].map(|name| found(name, "falls")).iter().sum::<f64>();
    assert!((found("", "falls-mean") - mean).abs() < 1e-9, "{of}");
    let contagion = found("", "unpaid-mean") - found("", "unpaid-first-mean");
    assert!((contagion - found("", "unpaid-by-contagion-mean")).abs() < 1e-9, "{of}");
    assert!(found("", "error") < 1e-13, "{of}");
    // By hand: Alice takes both down; Bob, whose means are gone, has 90 of 110, and Carol 82 of 90.
    assert_eq!(found("Alice", "alone-takes-down"), 2.0);
    assert_eq!(found("Bob", "alone-takes-down"), 1.0);
    // What is not told is not there.
    assert!(of["refused"].to_string().contains("back a figure"), "{of}");
    assert!(of["answer"].as_str().unwrap().contains("Alice costs the others most"), "{of}");
    let free = told(&chain(2_000, "", ""), &[]);
    assert!(value(&free, "", "unpaid-mean") < found("", "unpaid-mean"), "failing costs");
    assert_eq!(value(&free, "Bob", "alone-takes-down"), 0.0, "100 of 110 are enough for Carol");
}

#[test]
fn a_shock_that_is_given_is_told_and_so_is_who_falls_without_any() {
    let scenario = "[[contagion.scenario]]\nname = \"drained\"\n[[contagion.scenario.shock]]\n\
                    institution = \"Alice\"\nloses = \"100 %\"\n";
    let of = told(&chain(30, "", scenario), &[]);
    let found = |figure: &str| value(&of, "drained", figure);
    assert_eq!((found("falls"), found("falls-by-others")), (3.0, 2.0));
    // Alice leaves 200 unpaid, Bob 110 - 20, and Carol what she lacks of 90: 100 x 20 / 110 come.
    let carol = 90.0 - 100.0 * 20.0 / 110.0;
    assert!((found("unpaid") - (200.0 + 90.0 + carol)).abs() < 1e-9, "{of}");
    assert_eq!(found("destroyed"), 0.0);
    assert!(!of["figures"].to_string().contains("as it stands"), "all stand: {of}");
    let poor = told(&chain(30, "", scenario).replace("\"250\"", "\"150\""), &[]);
    assert_eq!(value(&poor, "as it stands", "falls-by-others"), 2.0, "{poor}");
}

#[test]
fn contagion_is_the_same_bytes_at_any_number_of_threads_stopped_or_not() {
    let here = folder();
    experiment(here.path(), &chain(300, COSTS, ""));
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    let first = run(here.path(), &["--out", "three", "--at-most", "70"]);
    assert_eq!(first.status, 0, "{}", first.stderr);
    let shown = done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    let one = files(&here.path().join("one"));
    assert!(one == files(&here.path().join("three")), "the same bytes, stopped or not");
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["contagion.svg", "falls.svg", "report.html", "runs.csv", "runs.parquet", "summary.json"]
    );
    for words in ["Who falls, in how many crises", "Each failing alone", "Bob, Carol"] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    // The rows are what figures are made of.
    let runs = rows(&here.path().join("one/runs.csv"));
    assert_eq!(runs.len(), 300);
    for row in &runs {
        let states = ["state_1", "state_2", "state_3"].map(|key| row[key].parse::<u32>().unwrap());
        let failed = states.iter().filter(|state| **state > 0).count();
        assert_eq!(row["failed"], failed.to_string(), "{row:?}");
    }
    // Written twice into the same folder, it is replaced and not refused as somebody's.
    let args = ["lab", "run", "e.toml", "--out", "one", "--force", "--quiet"];
    done(here.path(), &args);
}

#[test]
fn what_no_contagion_has_is_told_by_its_key_its_line_and_what_is_allowed() {
    let list = "[[contagion.institution]]\nname = \"a\"\nassets = \"1\"\n\
                [[contagion.institution]]\nname = \"b\"\nassets = \"1\"\n";
    let owes = |from: &str, to: &str| {
        format!("[[contagion.owes]]\nfrom = \"{from}\"\nto = \"{to}\"\namount = \"1\"\n")
    };
    let whole = |rest: &str| format!("[contagion]\n{list}{}{rest}", owes("a", "b"));
    let scenario = |shocks: &str| {
        whole(&format!("[[contagion.scenario]]\nname = \"s\"\nshock = [{shocks}]\n"))
    };
    for (case, text, code, line, allowed) in [
        ("no table", String::new(), "experiment-no-table", 1, "a table [contagion]"),
        ("a world", format!("[world]\n{}", whole("")), "contagion-world", 2, "keys of contagion"),
        (
            "one alone",
            format!("[contagion]\n{}{}", &list[..list.len() / 2], owes("a", "b")),
            "institution-count",
            3,
            "2 to 20",
        ),
        ("twice", whole("").replace("\"b\"", "\"a\""), "institution-twice", 7, "a new name"),
        ("itself", format!("[contagion]\n{list}{}", owes("a", "a")), "owes-itself", 11, "another"),
        (
            "a slip",
            whole("").replace("to = \"b\"", "to = \"c\""),
            "unknown-institution",
            11,
            "a, b",
        ),
        ("two sums", whole(&owes("a", "b")), "owes-twice", 15, "another institution"),
        (
            "nothing",
            whole("").replace("amount = \"1\"", "amount = \"0\""),
            "amount-zero",
            12,
            "10^",
        ),
        (
            "a part",
            format!("[contagion]\nassets_recovered = \"101 %\"\n{}", &whole("")[12..]),
            "assets-recovered-out-of-bounds",
            3,
            "\"0 %\" to \"100 %\"",
        ),
        (
            "an institution's",
            scenario("{ institution = \"a\", loses = \"1%\" }").replace("\"s\"", "\"a\""),
            "scenario-institution",
            14,
            "a new name",
        ),
        (
            "of no shock",
            scenario("{ institution = \"a\", loses = \"1%\" }")
                .replace("\"s\"", "\"as it stands\""),
            "scenario-stands",
            14,
            "a new name",
        ),
        (
            "who stands",
            whole("").replace("name = \"a\"", "name = \"as it stands\""),
            "institution-stands",
            4,
            "a new name",
        ),
        ("no shock", scenario(""), "shock-count", 15, "1 to 20"),
        (
            "more than all",
            scenario("{ institution = \"a\", loses = \"101 %\" }"),
            "loses-out-of-bounds",
            15,
            "\"0 %\" to \"100 %\"",
        ),
        (
            "twice in one",
            scenario(
                "{ institution = \"a\", loses = \"1%\" }, { institution = \"a\", loses = \"1%\" }",
            ),
            "shock-twice",
            15,
            "another institution",
        ),
    ] {
        let text = format!("kind = \"contagion\"\n{text}");
        refused(case, &text, code, line, allowed);
    }
}

/// The example of the literature, as a file: what stands in the book is what it says.
#[test]
fn the_published_example_is_an_experiment() {
    let mut text = "kind = \"contagion\"\ncrises = 30\n[contagion]\n".to_owned();
    for (name, assets, debts) in [("1", "0.5", "1.5"), ("2", "0.625", "0.5"), ("3", "0.75", "0.5")]
    {
        text += &format!(
            "[[contagion.institution]]\nname = \"{name}\"\nassets = \"{assets}\"\n\
             debts = \"{debts}\"\n"
        );
    }
    for (from, to) in [("1", "2"), ("1", "3"), ("2", "1"), ("2", "3"), ("3", "1"), ("3", "2")] {
        text +=
            &format!("[[contagion.owes]]\nfrom = \"{from}\"\nto = \"{to}\"\namount = \"0.5\"\n");
    }
    let as_it_stands = |of: &Value, figure: &str| value(of, "as it stands", figure);
    let of = told(&text, &[]);
    assert_eq!((as_it_stands(&of, "falls"), as_it_stands(&of, "falls-by-others")), (2.0, 1.0));
    let paid = 1.473_214 + 1.419_643 + 1.5;
    assert!((as_it_stands(&of, "unpaid") - (5.5 - paid)).abs() < 2e-6, "{of}");
    let costs = "[contagion]\nassets_recovered = \"50 %\"\nclaims_recovered = \"70 %\"\n";
    let of = told(&text.replace("[contagion]\n", costs), &[]);
    let paid = 0.502_020_0 + 0.514_704_9 + 0.565_380_6;
    assert_eq!(as_it_stands(&of, "falls"), 3.0);
    assert!((as_it_stands(&of, "unpaid") - (5.5 - paid)).abs() < 2e-7, "{of}");
}
