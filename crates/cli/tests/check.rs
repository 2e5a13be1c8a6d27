//! `rhodian check`, `init` and `schema` as they are called; and the schemas that are kept by hand,
//! held against what is really written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rhodian_cli::json_shape::mismatch;
use rhodian_cli::schemas::{SchemaName, schema};
use rhodian_core::engine::Event;
use rhodian_core::ids::Time;
use rhodian_core::units::Amount;
use rhodian_report::{Asset, LayerDraw, LayerState, LossSummary, Report, ShareRow, Summary};
use serde_json::{Value, json};

fn rhodian(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhodian"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_template_is_written_once_and_checks() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| rhodian(folder.path(), arguments);
    assert_eq!(run(&["init", "loss", "--out", "L.toml"]).status.code(), Some(0));
    let written = fs::read_to_string(folder.path().join("L.toml")).unwrap();
    assert_eq!(written, stdout(&run(&["init", "loss"])));
    let again = run(&["init", "loss", "--out", "L.toml"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).starts_with("error[out-exists]: L.toml exists"), "{}", stderr(&again));
    fs::write(folder.path().join("L.toml"), "mine").unwrap();
    assert_eq!(run(&["init", "loss", "--out", "L.toml", "--force"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("L.toml")).unwrap(), written);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(run(&["init", "loss", "--out", "."]).status.code(), Some(2));
    assert_eq!(run(&["init", "loss", "--out", "no/L.toml"]).status.code(), Some(3));

    let checked = run(&["check", "L.toml"]);
    assert_eq!((checked.status.code(), stderr(&checked).as_str()), (Some(0), ""));
    let expected = "L.toml: a loss file that can be right\n\
        \x20 asset       USD, 2 decimals\n\
        \x20 losses      1 (alice-1 13,000.00)\n\
        \x20 steps       3 steps\n\
        \x20 claims      Winners: 3 of 3 rows of the loss file\n\
        \x20 recoveries  1\n";
    assert_eq!(stdout(&checked), expected);
}

/// An experiment is told by its kind, read as it would be run, and not played.
#[test]
fn an_experiment_is_read_and_not_played() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| rhodian(folder.path(), arguments);
    assert_eq!(run(&["init", "experiment", "--out", "e.toml"]).status.code(), Some(0));
    let checked = run(&["check", "e.toml"]);
    assert_eq!((checked.status.code(), stderr(&checked).as_str()), (Some(0), ""));
    let told = stdout(&checked);
    for words in ["e.toml: an experiment file that can be right", "kind    monte-carlo", "60 runs"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    fs::write(folder.path().join("bad.toml"), "kind = \"ruin\"\n[ruin]\nincome = \"0\"\n").unwrap();
    let bad = run(&["check", "bad.toml"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(stderr(&bad).starts_with("error[experiment-no-fund]"), "{}", stderr(&bad));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn check_answers_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| rhodian(folder.path(), arguments);
    fs::write(folder.path().join("bad.toml"), "title = 3\n").unwrap();
    let bad = run(&["check", "bad.toml"]);
    assert_eq!((bad.status.code(), stdout(&bad).as_str()), (Some(2), ""));
    assert!(stderr(&bad).starts_with("error[toml-wrong-type]: integer `3`"), "{}", stderr(&bad));
    let bad = run(&["check", "bad.toml", "--format", "json"]);
    assert_eq!(bad.status.code(), Some(2));
    let answer = parsed(&bad);
    assert_eq!(
        (&answer["ok"], &answer["error"]["code"]),
        (&json!(false), &json!("toml-wrong-type"))
    );
    assert_eq!(answer["error"]["place"], "bad.toml:1");
    let bad = run(&["check", "bad.toml", "--format", "csv"]);
    let expected = "file,is,ok,code,message\n\
        bad.toml,,false,toml-wrong-type,integer `3` does not belong here\n";
    assert_eq!(stdout(&bad), expected);
    let missing = run(&["check", "none.toml", "--format", "json"]);
    assert_eq!((missing.status.code(), stdout(&missing).as_str()), (Some(3), ""));

    fs::write(folder.path().join("c.csv"), "id,cap,x\nbob,5,1\n").unwrap();
    let claims = run(&["check", "c.csv", "--format", "ndjson"]);
    let answer = parsed(&claims);
    assert_eq!((&answer["is"], &answer["ok"]), (&json!("claims"), &json!(true)));
    assert_eq!(answer["remarks"], json!(["column x is not read"]));
    fs::write(folder.path().join("c.csv"), "id,cap\nbob,5\nbob,6\n").unwrap();
    let doubled = run(&["check", "c.csv"]);
    assert_eq!(doubled.status.code(), Some(2));
    assert!(stderr(&doubled).starts_with("error[claims-doubled-id]"), "{}", stderr(&doubled));
    assert_eq!(run(&["check", "c.csv", "--cap", "y"]).status.code(), Some(2));
}

#[test]
fn summaries_of_allocate_have_their_shape_and_their_sum() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| rhodian(folder.path(), arguments);
    fs::write(folder.path().join("c.csv"), "id,cap,class\na,5,1\nb,6,0\nc,9,1\n").unwrap();
    let base = ["allocate", "--claims", "c.csv", "--decimals", "2"];
    let schema = schema(SchemaName::Allocation);
    for (rule, loss) in [("proportional", "7.5"), ("equal-losses", "3"), ("talmud", "50")] {
        let rest = ["--rule", rule, "--loss", loss, "--format", "json", "--out", "r", "--force"];
        let output = run(&[&base[..], &rest[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(mismatch(&schema, &parsed(&output)), None, "{rule}");
        let checked = run(&["check", "r"]);
        assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    }
    let path = folder.path().join("r/summary.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"residual\": \"30.00\"", "\"residual\": \"30.01\"")).unwrap();
    let broken = run(&["check", "r"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("error[summary-sum]"), "{}", stderr(&broken));
    fs::write(&path, text.replace("\"rule\": \"talmud\"", "\"rule\": \"fair\"")).unwrap();
    assert!(stderr(&run(&["check", "r"])).contains("error[summary-shape]"));
    fs::write(&path, "{").unwrap();
    assert!(stderr(&run(&["check", "r"])).contains("error[json-syntax]"));
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

/// A report with every part there can be.
fn report() -> Report {
    let layer = |step, name: &str, kind: &str, received, state| LayerDraw {
        step,
        name: name.to_owned(),
        kind: kind.to_owned(),
        planned: amount(received),
        received: amount(received),
        state,
        note: String::new(),
        repaid: Amount::ZERO,
    };
    let loss = LossSummary {
        id: "a".to_owned(),
        episode: 1,
        class: "default".to_owned(),
        cause: "x".to_owned(),
        amount: amount(100),
        own_means: amount(10),
        deficit: amount(90),
        netted: Amount::ZERO,
        layers: vec![
            layer(1, "F", "insurance-fund", 50, LayerState::Exhausted),
            layer(2, "W", "gains-haircut", 30, LayerState::Capped),
        ],
        uncovered: amount(10),
        recovered: Amount::ZERO,
        repaid_uncovered: Amount::ZERO,
        repaid_results: Amount::ZERO,
        settled_by_rank: Amount::ZERO,
        repaid_by_rank: Amount::ZERO,
    };
    let row = |account: &str, share: u128| ShareRow {
        loss_id: "a".into(),
        episode: 1,
        step: 2,
        layer: "W".into(),
        account: account.to_owned(),
        rule: "proportional".into(),
        weight: amount(share * 3),
        cap: amount(share),
        share: amount(share),
        exact_num: share.to_string(),
        exact_den: "1".to_owned(),
        class: None,
        repaid: Amount::ZERO,
    };
    let asset = Asset { name: "USD".to_owned(), decimals: 2 };
    let mut summary = Summary::new("T".to_owned(), asset, vec![loss]);
    summary.warnings.push("odd".to_owned());
    summary.laws.push("INV-01".to_owned());
    summary.digest = "0f".repeat(32);
    Report::new(summary, vec![row("bob", 20), row("carol", 10)])
}

#[test]
fn summaries_of_share_have_their_shape_and_their_sums() {
    let value = serde_json::to_value(report().summary).unwrap();
    assert!(!value["size_tables"].as_array().unwrap().is_empty());
    assert!(!value["sums"].as_array().unwrap().is_empty());
    assert_eq!(mismatch(&schema(SchemaName::Summary), &value), None);
    let mut less = value.clone();
    less["losses"][0].as_object_mut().unwrap().remove("uncovered");
    let why = mismatch(&schema(SchemaName::Summary), &less).unwrap();
    assert_eq!(why, "/losses/0 has no uncovered");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.json");
    fs::write(&path, value.to_string()).unwrap();
    let checked = rhodian(folder.path(), &["check", "s.json"]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    let mut wrong = value;
    wrong["losses"][0]["own_means"] = json!("11");
    fs::write(&path, wrong.to_string()).unwrap();
    let checked = rhodian(folder.path(), &["check", "s.json"]);
    assert!(stderr(&checked).contains("error[summary-sum]: loss \"a\""), "{}", stderr(&checked));
}

#[test]
fn rows_and_events_have_their_shape() {
    let text = rhodian_report::csv::shares(&report());
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().unwrap().clone();
    let schema_of_rows = schema(SchemaName::Shares);
    let mut count = 0;
    for row in rows.records() {
        let row = row.unwrap();
        let cells = header.iter().zip(row.iter()).map(|(key, cell)| (key.to_owned(), json!(cell)));
        let row = Value::Object(cells.collect());
        assert_eq!(mismatch(&schema_of_rows, &row), None, "{row}");
        count += 1;
    }
    assert_eq!(count, 2);

    let mut line = serde_json::to_value(Event::TimePassed { at: Time(5) }).unwrap();
    line["at"] = json!(5);
    assert_eq!(mismatch(&schema(SchemaName::Events), &line), None, "{line}");
}

#[test]
fn every_schema_is_printed_and_refuses_something() {
    let folder = tempfile::tempdir().unwrap();
    for name in SchemaName::ALL {
        let output = rhodian(folder.path(), &["schema", name.name()]);
        let printed = parsed(&output);
        assert_eq!(printed, schema(name));
        assert!(printed["$schema"].as_str().unwrap().contains("2020-12"), "{}", name.name());
        assert!(printed["description"].is_string(), "{}", name.name());
        assert!(mismatch(&printed, &json!({})).is_some(), "{}", name.name());
    }
}
