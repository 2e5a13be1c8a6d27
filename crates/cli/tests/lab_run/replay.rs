//! Recorded prices through drawn books: who failed, which layers were used, and the worst told.

use std::fs;

use super::binary::{done, folder, rows};
use super::{experiment, figure, files, run, value};

/// Two markets that fall by four per cent a minute, for so many minutes, and stand then.
pub fn candles(falls: u32) -> String {
    let mut text = "symbol,open_time_ms,open,high,low,close\n".to_owned();
    for (symbol, start) in [("AAA", 60_000.0), ("BBB", 3_000.0)] {
        let mut open: f64 = start;
        for minute in 0..u64::from(falls) + 2 {
            let close = if minute < u64::from(falls) { 0.96 * open } else { open };
            let at = 1_700_000_000_000 + 60_000 * minute;
            text += &format!("{symbol},{at},{open:.2},{open:.2},{close:.2},{close:.2}\n");
            open = (close * 100.0).round() / 100.0;
        }
    }
    text
}

const EXPERIMENT: &str = "kind = \"replay\"\ncrises = 30\n[world]\naccounts = 60\nfund = \"2000\"\n\
                          [replay]\nfile = \"prices\"\n\
                          [[replay.layer]]\nname = \"treasury\"\nsize = \"5000\"\n";

#[test]
fn a_record_is_played_through_many_books_and_its_worst_is_told() {
    let here = folder();
    experiment(here.path(), EXPERIMENT);
    fs::create_dir(here.path().join("prices")).unwrap();
    for (name, falls) in [("deep", 9), ("mild", 3)] {
        fs::write(here.path().join(format!("prices/{name}.csv")), candles(falls)).unwrap();
    }
    fs::write(here.path().join("prices/notes.txt"), "mine").unwrap();
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    run(here.path(), &["--out", "three", "--at-most", "11"]);
    let shown = done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    let one = files(&here.path().join("one"));
    assert!(one == files(&here.path().join("three")), "the same bytes, stopped or not");
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["report.html", "runs.csv", "runs.parquet", "summary.json", "survival.svg", "worst.svg"];
    assert_eq!(names, expected);
    let runs = rows(&here.path().join("one/runs.csv"));
    assert_eq!(runs.len(), 60, "thirty books for each of two files");
    let told: serde_json::Value = serde_json::from_slice(&one[3].1).unwrap();
    assert!(value(&told, "deep", "failed-mean") > value(&told, "mild", "failed-mean"), "{told}");
    // Layers pay in their order, and what they pay is what was lacking.
    let lacks: Vec<f64> = runs[..30].iter().map(|row| row["deficit"].parse().unwrap()).collect();
    let used = lacks.iter().filter(|lack| **lack > 0.0).count() as f64 / 30.0;
    assert_eq!(value(&told, "deep", "fund-used"), used);
    let beyond = lacks.iter().filter(|lack| **lack > 2e9).count();
    if beyond >= 5 {
        assert_eq!(value(&told, "deep", "treasury-used"), beyond as f64 / 30.0);
    }
    assert!(figure(&told, "deep", "fund-used")["between"][0].as_f64().unwrap() < used);
    // The worst is the one that lacks most, and its last row is what its run came to.
    let worst = runs.iter().max_by_key(|row| row["deficit"].parse::<u128>().unwrap()).unwrap();
    let book = format!("with book {}", worst["book"]);
    assert!(shown.stdout.contains(&book), "{book}: {}", shown.stdout);
    let page = String::from_utf8(one[0].1.clone()).unwrap();
    assert!(page.contains("moment by moment") && page.contains("AAA, of its start"));
    // Other prices are another experiment, though the file has the same name.
    run(here.path(), &["--out", "again", "--at-most", "3"]);
    fs::write(here.path().join("prices/mild.csv"), candles(2)).unwrap();
    let other = run(here.path(), &["--out", "again"]);
    assert!(other.stderr.contains("lab-run-other"), "{}", other.stderr);
}

/// Other paths made of a record: each its own, the same at any number of threads.
#[test]
fn a_record_is_resampled() {
    let here = folder();
    fs::write(here.path().join("a.csv"), candles(60)).unwrap();
    let lacks = |resample: &str, threads: &str| -> Vec<String> {
        let key = format!("\"a.csv\"\nresample = \"{resample}\"");
        experiment(here.path(), &EXPERIMENT.replace("\"prices\"", &key));
        let out = format!("{resample}-{threads}");
        done(here.path(), &["lab", "run", "e.toml", "--out", &out, "--threads", threads]);
        rows(&here.path().join(out).join("runs.csv"))
            .iter()
            .map(|row| row["deficit"].clone())
            .collect()
    };
    let blocks = lacks("blocks", "1");
    assert_eq!(blocks, lacks("blocks", "3"));
    assert_ne!(blocks, lacks("filtered", "2"));
    assert_ne!(blocks, lacks("garch", "2"));
}

#[test]
fn candles_that_are_missing_are_told_and_allowed() {
    let here = folder();
    let whole = candles(4);
    let hole = whole
        .lines()
        .filter(|line| !line.starts_with("BBB,1700000120000"))
        .map(|line| format!("{line}\n"));
    fs::write(here.path().join("a.csv"), hole.collect::<String>()).unwrap();
    let text = EXPERIMENT.replace("\"prices\"", "\"a.csv\"");
    experiment(here.path(), &text);
    let ran = run(here.path(), &["--at-most", "0", "--out", "x"]);
    assert_eq!(ran.status, 2);
    for words in ["prices-not-played", "e.toml:7", "BBB"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    experiment(here.path(), &text.replace("a.csv\"", "a.csv\"\ngaps = 1"));
    let ran = run(here.path(), &["--at-most", "2", "--out", "x"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    // Nothing is made of a record with a hole, or of one that is too short.
    experiment(here.path(), &text.replace("a.csv\"", "a.csv\"\ngaps = 1\nresample = \"blocks\""));
    let ran = run(here.path(), &["--out", "z"]);
    assert!(ran.stderr.contains("prices-not-resampled"), "{}", ran.stderr);
    experiment(here.path(), &text.replace("a.csv\"", "a.csv\"\ngaps = 1\nblock = 3"));
    assert!(run(here.path(), &["--out", "z"]).stderr.contains("replay-no-blocks"));
    fs::create_dir(here.path().join("none")).unwrap();
    experiment(here.path(), &text.replace("a.csv", "none"));
    let ran = run(here.path(), &["--out", "y"]);
    assert!(ran.stderr.contains("prices-count"), "{}", ran.stderr);
}

/// A market without prices of its own is refused where it is written, and told where it is not.
#[test]
fn as_many_markets_are_played_as_there_are_symbols() {
    let here = folder();
    fs::write(here.path().join("a.csv"), candles(4)).unwrap();
    let text = EXPERIMENT.replace("\"prices\"", "\"a.csv\"");
    experiment(here.path(), &text.replace("accounts = 60\n", "accounts = 60\nmarkets = 3\n"));
    let ran = run(here.path(), &[]);
    assert_eq!(ran.status, 2);
    for words in ["replay-few-symbols", "a has 2 symbols, and markets is 3", "1 to 2"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    experiment(here.path(), &text);
    let ran = run(here.path(), &["--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("a has 2 symbols: all are played."), "{}", ran.stdout);
}

#[test]
fn a_record_of_a_folder_counts_once() {
    let here = folder();
    let path = |name: &str| here.path().join("prices").join(name);
    fs::create_dir(here.path().join("prices")).unwrap();
    fs::write(path("a.csv"), candles(4)).unwrap();
    fs::write(path("a.b.csv"), candles(4)).unwrap();
    experiment(here.path(), EXPERIMENT);
    assert_eq!(run(here.path(), &["--at-most", "2", "--out", "x"]).status, 0);
    fs::write(path("a.parquet"), candles(4)).unwrap();
    let ran = run(here.path(), &["--at-most", "2", "--out", "y"]);
    assert_eq!(ran.status, 2);
    for words in ["prices-twice", "e.toml:7", "the folder has a as .csv and as .parquet"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}
