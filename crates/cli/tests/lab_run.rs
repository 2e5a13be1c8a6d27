//! `rhodian lab run`: experiments that are written down, stopped, gone on with and refused.

mod binary;
#[path = "lab_run/book.rs"]
mod book;
#[path = "lab_run/compared.rs"]
mod compared;
#[path = "lab_run/contagion.rs"]
mod contagion;
#[path = "lab_run/cover.rs"]
mod cover;
#[path = "lab_run/mechanisms.rs"]
mod mechanisms;
#[path = "lab_run/optimise.rs"]
mod optimise;
#[path = "lab_run/pictures.rs"]
mod pictures;
#[path = "lab_run/replay.rs"]
mod replay;
#[path = "lab_run/ruin.rs"]
mod ruin;
#[path = "lab_run/tranches.rs"]
mod tranches;
#[path = "lab_run/tune.rs"]
mod tune;
#[path = "lab_run/worlds.rs"]
mod worlds;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use binary::{Ran, done, folder, json, rhodian_in, rows};
use rhodian_cli::json_shape::mismatch;
use rhodian_cli::schemas::{SchemaName, schema};
use serde_json::Value;

/// A small venue that few crises are enough for.
const WORLD: &str = "[world]\naccounts = 60\nmarkets = 2\n";

fn experiment(here: &Path, text: &str) {
    fs::write(here.join("e.toml"), text).unwrap();
}

fn run(here: &Path, more: &[&str]) -> Ran {
    let mut args = vec!["lab", "run", "e.toml", "--quiet"];
    args.extend(more);
    rhodian_in(here, &args)
}

/// The summary of an experiment that must end well.
fn told(text: &str, more: &[&str]) -> Value {
    let here = folder();
    experiment(here.path(), text);
    let mut args = vec!["--format", "json"];
    args.extend(more);
    let ran = run(here.path(), &args);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What cannot be run is refused with its code, its line and what is allowed; nothing is written.
fn refused(case: &str, text: &str, code: &str, line: u32, allowed: &str) {
    let here = folder();
    experiment(here.path(), text);
    let ran = run(here.path(), &["--out", "out"]);
    assert_eq!(ran.status, 2, "{case}: {}", ran.stderr);
    for told in [format!("error[{code}]"), format!("e.toml:{line}"), allowed.to_owned()] {
        assert!(ran.stderr.contains(&told), "{case}: no {told}: {}", ran.stderr);
    }
    assert!(ran.stdout.is_empty() && files(here.path()).len() == 1, "{case}: nothing is written");
}

fn figure<'a>(told: &'a Value, of: &str, figure: &str) -> &'a Value {
    let mut all = told["figures"].as_array().unwrap().iter();
    let found = all.find(|one| one["of"] == of && one["figure"] == figure);
    found.unwrap_or_else(|| panic!("{figure} of {of}: {told}"))
}

fn value(told: &Value, of: &str, name: &str) -> f64 {
    figure(told, of, name)["value"].as_f64().unwrap()
}

/// Every file of a result with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

const MONTE_CARLO: &str = "title = \"A small venue\"\nkind = \"monte-carlo\"\ncrises = 40\n\
                           [world]\naccounts = 60\nmarkets = 2\nfund = \"5000\"\n";

#[test]
fn an_experiment_leaves_runs_figures_a_page_and_pictures() {
    let here = folder();
    experiment(here.path(), MONTE_CARLO);
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    let one = files(&here.path().join("one"));
    let three = files(&here.path().join("three"));
    assert!(one == three, "the same bytes at any number of threads");
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["fan.svg", "report.html", "runs.csv", "runs.parquet", "summary.json", "survival.svg"]
    );
    assert!(!here.path().join("one.unfinished").exists());
    let summary = json(&here.path().join("one/summary.json"));
    assert_eq!(summary["experiment"]["seed"], 1);
    assert_eq!(summary["configuration"].as_str().unwrap().len(), 64);
    for of in summary["figures"].as_array().unwrap() {
        let [low, high] = [0, 1].map(|end| of["between"][end].as_f64().unwrap());
        let value = of["value"].as_f64().unwrap();
        assert!(low <= value && value <= high, "every figure has its interval: {of}");
    }
    // A larger fund is passed no more often, and each part is that of the rows.
    let curve = summary["curve"].as_array().unwrap();
    let passed: Vec<f64> = curve.iter().map(|of| of["passed"].as_f64().unwrap()).collect();
    assert!(passed.len() > 5 && passed.windows(2).all(|pair| pair[0] >= pair[1]), "{passed:?}");
    assert!(passed.iter().all(|part| (part * 40.0).round() >= 5.0), "what few met is not said");
    // Forty crises say nothing of one in a hundred, and say so.
    let refused = summary["refused"].to_string();
    assert!(refused.contains("one crisis in 100") && refused.contains("368"), "{refused}");
    // The mean of the rows is the mean that is told.
    let runs = rows(&here.path().join("one/runs.csv"));
    let sum: u128 = runs.iter().map(|row| row["deficit"].parse::<u128>().unwrap()).sum();
    let mean = value(&summary, "", "deficit-mean");
    assert!((sum as f64 / 40e6 - mean).abs() < 1e-6 * mean, "{sum} and {mean}");
    let passed = runs.iter().filter(|row| row["deficit"].parse::<u128>().unwrap() > 5_000_000_000);
    assert_eq!(value(&summary, "", "fund-passed"), passed.count() as f64 / 40.0);
    // The same rows for other programs: whole between its two signs, with the hash beside them.
    let parquet = &one[3].1;
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let configuration = summary["configuration"].as_str().unwrap().as_bytes();
    assert!(parquet.windows(64).any(|part| part == configuration));
    let page = String::from_utf8(one[1].1.clone()).unwrap();
    assert!(page.contains("A small venue") && page.contains("<svg") && !page.contains("<script"));
}

/// Stopped after some runs, by a limit; then killed; then to its end: the bytes of a run in one go.
#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_goes_on_where_it_was() {
    let here = folder();
    experiment(here.path(), &MONTE_CARLO.replace("40", "160"));
    done(here.path(), &["lab", "run", "e.toml", "--out", "whole", "--quiet"]);
    let limited = run(here.path(), &["--out", "parts/", "--at-most", "13"]);
    assert_eq!((limited.status, limited.stdout.as_str()), (0, ""), "{}", limited.stderr);
    let unfinished = here.path().join("parts.unfinished");
    let kept = || fs::read_to_string(&unfinished).unwrap_or_default().lines().count();
    assert_eq!((kept(), here.path().join("parts").exists()), (14, false), "a head and 13 rows");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_rhodian"))
        .current_dir(here.path())
        .args(["lab", "run", "e.toml", "--out", "parts", "--threads", "2", "--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while kept() < 25 && since.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let rows = kept();
    assert!(rows >= 25, "{rows}");
    // A row that was cut by the kill is played again.
    let text = fs::read(&unfinished).unwrap();
    fs::write(&unfinished, &text[..text.len() - 3]).unwrap();
    // Another experiment does not go on with it.
    experiment(here.path(), &MONTE_CARLO.replace("40", "161"));
    let other = run(here.path(), &["--out", "parts"]);
    assert_eq!(other.status, 2);
    assert!(other.stderr.contains("lab-run-other"), "{}", other.stderr);
    experiment(here.path(), &MONTE_CARLO.replace("40", "160"));
    let ended = rhodian_in(here.path(), &["lab", "run", "e.toml", "--out", "parts"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("runs are taken from"), "{}", ended.stderr);
    assert!(files(&here.path().join("whole")) == files(&here.path().join("parts")));
    assert!(!unfinished.exists());
}

#[test]
fn a_sweep_and_two_worlds_are_compared_over_the_same_crises() {
    let sweep = |parameter: &str, values: &str| {
        let table = format!("[sweep]\nparameter = \"{parameter}\"\nvalues = [{values}]\n");
        told(&format!("kind = \"sweep\"\ncrises = 40\n{WORLD}{table}"), &[])
    };
    let mean = |of: &Value, side: &str| value(of, side, "deficit-mean");
    let cost = sweep("cost", "\"1 %\", \"4 %\", \"8 %\"");
    assert!(mean(&cost, "1 %") < mean(&cost, "4 %") && mean(&cost, "4 %") < mean(&cost, "8 %"));
    let more = value(&cost, "8 %", "deficit-more-than-first");
    assert!((mean(&cost, "8 %") - mean(&cost, "1 %") - more).abs() < 1e-6 * more);
    // A fund changes nothing that is played: its runs are those of one world.
    let fund = sweep("fund", "\"0\", \"5000\"");
    assert_eq!(fund["runs"], 40);
    assert_eq!(mean(&fund, "0"), mean(&fund, "5000"));
    assert!(value(&fund, "0", "fund-passed") >= value(&fund, "5000", "fund-passed"));
    let two = format!("kind = \"ab\"\ncrises = 40\n{WORLD}[b]\ncost = \"8 %\"\n");
    let two = told(&two, &[]);
    assert_eq!(mean(&two, "a"), mean(&cost, "1 %"), "the same world, the same seed");
    assert_eq!(mean(&two, "b"), mean(&cost, "8 %"));
    assert!(two["answer"].as_str().unwrap().contains("b takes more than a"), "{two}");
    let map = format!(
        "kind = \"map\"\ncrises = 30\n{WORLD}[map]\n\
         across = {{ parameter = \"cost\", values = [\"1 %\", \"8 %\"] }}\n\
         down = {{ parameter = \"fall\", values = [\"16 %\", \"30 %\"] }}\n"
    );
    let map = told(&map, &[]);
    assert_eq!((map["runs"].as_u64(), map["figures"].as_array().unwrap().len()), (Some(120), 4));
    assert!(mean(&map, "8 % / 30 %") > mean(&map, "1 % / 30 %"));
    assert!(map["answer"].as_str().unwrap().contains("least at 1 % / 16 %"), "{map}");
}

fn rare(fund: &str, crises: u32, defensive: &str) -> Value {
    let text = format!(
        "kind = \"rare\"\nseed = 1\ncrises = {crises}\n{WORLD}fund = \"{fund}\"\n\
         [rare]\ndeviation = \"10 %\"\ndefensive = \"{defensive}\"\n"
    );
    told(&text, &[])
}

/// On an event that is met by chance often enough: both ways give the same figure, and one is
/// narrower. With 99 % defensive the law itself is all but all that is drawn.
#[test]
fn a_rare_event_is_as_likely_as_crude_runs_say() {
    let crude = rare("100000", 3_000, "99 %");
    let tilted = rare("100000", 400, "10 %");
    let passed = |of: &Value| {
        let found = figure(of, "", "fund-passed");
        let [low, high] = [0, 1].map(|end| found["between"][end].as_f64().unwrap());
        (found["value"].as_f64().unwrap(), (high - low) / 3.92)
    };
    let ((a, a_deviation), (b, b_deviation)) = (passed(&crude), passed(&tilted));
    let deviation = (a_deviation * a_deviation + b_deviation * b_deviation).sqrt();
    assert!((a - b).abs() < 3.0 * deviation, "{a} and {b}, {deviation}");
    assert!((0.001..0.2).contains(&a), "rare, and yet met: {a}");
    assert!(value(&tilted, "", "runs-saved") > 2.0 * value(&crude, "", "runs-saved"), "{tilted}");
    for of in [&crude, &tilted] {
        let weights = figure(of, "", "weights-mean");
        let [low, high] = [0, 1].map(|end| weights["between"][end].as_f64().unwrap());
        // Twice the interval: once in ten thousand honest seeds it would not hold.
        let off = (weights["value"].as_f64().unwrap() - 1.0).abs();
        assert!(off <= high - low + 1e-9, "{weights}");
    }
}

#[test]
fn a_probability_that_cannot_be_backed_is_not_said() {
    let few = rare("100000", 30, "10 %");
    assert!(few["answer"].as_str().unwrap().contains("cannot be backed"), "{few}");
    assert!(few["refused"].to_string().contains("about"), "what would be enough: {few}");
    assert!(!few["figures"].to_string().contains("fund-passed"), "{few}");
    let never = rare("1000000000000", 30, "10 %");
    assert!(never["refused"].to_string().contains("no run met it"), "{never}");
}

#[test]
fn the_mildest_move_is_found_for_each_layer() {
    let text = format!(
        "kind = \"reverse-stress\"\ncrises = 30\n{WORLD}[stress]\ndeviation = \"10 %\"\n\
         [[stress.layer]]\nname = \"fund\"\nsize = \"20000\"\n\
         [[stress.layer]]\nname = \"treasury\"\nsize = \"60000\"\n"
    );
    let told = told(&text, &["--threads", "2"]);
    let fund = value(&told, "fund, fall", "breaks-one-in-2");
    let treasury = value(&told, "treasury, fall", "breaks-one-in-2");
    assert!(treasury <= fund && fund < 0.0, "more takes a larger fall: {fund} and {treasury}");
    let tenth = value(&told, "fund, fall", "breaks-one-in-10");
    assert!(tenth >= fund, "one path in ten breaks at a milder one: {tenth}");
    let deviations = value(&told, "fund, fall", "breaks-one-in-2-deviations");
    assert!((deviations * 0.1 - (1.0 + fund).ln()).abs() < 1e-6, "{deviations} and {fund}");
    assert!(told["answer"].as_str().unwrap().contains("fund at -"), "{told}");
    // A world that breaks is a world that is told: played forward, half of the paths pass the fund.
    let forward = told["assumes"].to_string();
    assert!(forward.contains("finds every layer full"), "{forward}");
}

#[test]
fn a_law_of_the_largest_says_what_crises_cannot() {
    let tail = |crises: u32, target: &str| {
        let text =
            format!("kind = \"tail\"\ncrises = {crises}\n{WORLD}[tail]\ntarget = \"{target}\"\n");
        told(&text, &[])
    };
    let told = tail(800, "0.05 %");
    let of = "above the largest 10 %";
    let (size, shape) = (value(&told, of, "size"), figure(&told, of, "shape"));
    assert!(size > value(&told, of, "threshold"), "{told}");
    assert!(shape["between"][1].as_f64().unwrap() < 1.0, "{shape}");
    // One in ten is met often enough to be counted: the law does not say otherwise.
    assert!(tail(800, "15 %")["refused"].to_string().contains("below the threshold"));
    assert!(tail(100, "0.05 %")["refused"].to_string().contains("about 500 crises"));
}

#[test]
fn templates_and_schema_agree_with_what_is_read() {
    let here = folder();
    let template = done(here.path(), &["init", "experiment"]).stdout;
    let shape = schema(SchemaName::Experiment);
    let read = |text: &str| -> Value { toml::from_str(text).unwrap() };
    assert_eq!(mismatch(&shape, &read(&template)), None);
    assert!(mismatch(&shape, &read("kind = \"guess\"\n")).is_some());
    fs::write(here.path().join("prices.csv"), replay::candles(60)).unwrap();
    // With its lines uncommented, for each kind, it is an experiment.
    let bare: String = template.replace("\n# ", "\n");
    let from = bare.find("[sweep]").unwrap();
    let tables = &bare[from..];
    for (kind, begin, end) in [
        ("sweep", "[sweep]", "[a]"),
        ("ab", "[a]", "[rare]"),
        ("rare", "[rare]", "[stress]"),
        ("reverse-stress", "[stress]", "[tail]"),
        ("tail", "[tail]", "[tranches]"),
        ("tranches", "[tranches]", "[ruin]"),
        ("ruin", "[ruin]", "[replay]"),
        ("replay", "[replay]", "[mechanisms]"),
        ("mechanisms", "[mechanisms]", "[map]"),
        ("map", "[map]", "[book]"),
        ("book", "[book]", "[contagion]"),
        ("contagion", "[contagion]", "[cover]"),
        ("cover-n", "[cover]", "[optimise]"),
        ("optimise", "[optimise]", "[tune]"),
        ("tune", "[tune]", ""),
    ] {
        let first = tables.find(begin).unwrap();
        let last = if end.is_empty() { tables.len() } else { tables.find(end).unwrap() };
        let world = match kind {
            "contagion" | "cover-n" => "",
            "optimise" => "[world]\naccounts = 40\nmarkets = 1\n",
            _ => "[world]\naccounts = 40\nmarkets = 1\nfund = \"9\"\n",
        };
        let crises = if kind == "cover-n" { "" } else { "crises = 300\n" };
        let text = format!("kind = \"{kind}\"\n{crises}{world}{}", &tables[first..last]);
        assert_eq!(mismatch(&shape, &read(&text)), None, "{kind}");
        experiment(here.path(), &text);
        let ran = run(here.path(), &["--out", kind, "--at-most", "0"]);
        assert_eq!(ran.status, 0, "{kind}: {}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_is_told_by_its_key_its_line_and_what_is_allowed() {
    let kind = |kind: &str, rest: &str| format!("kind = \"{kind}\"\n{rest}");
    let sweep = |rest: &str| kind("sweep", &format!("[sweep]\n{rest}\n"));
    for (case, text, code, line, allowed) in [
        ("no kind", "seed = 1\n".to_owned(), "toml-missing-key", 1, "a table with kind"),
        ("another", kind("monte-carol", ""), "unknown-kind", 1, "monte-carlo, sweep, ab"),
        ("a slip", kind("ab", "crisis = 40\n"), "toml-unknown-key", 2, "crises"),
        ("too few", kind("ab", "crises = 29\n"), "crises-out-of-bounds", 2, "30 to 10000000"),
        ("seed", kind("ab", "seed = -1\n"), "seed-out-of-bounds", 2, "0 to 4294967295"),
        ("a float", kind("ab", "[world]\ncost = 0.01\n"), "cost-float", 3, "a string"),
        (
            "a part",
            kind("ab", "[world]\ncost = \"30 %\"\n"),
            "cost-out-of-bounds",
            3,
            "\"0 %\" to \"20 %\"",
        ),
        (
            "nobody",
            kind("ab", "[world]\naccounts = 3\n"),
            "accounts-out-of-bounds",
            3,
            "20 to 100000",
        ),
        ("a text", kind("ab", "[world]\nmarkets = \"2\"\n"), "markets-out-of-bounds", 3, "1 to 50"),
        ("a fund", kind("ab", "[world]\nfund = \"-1\"\n"), "fund-negative", 3, "0 to"),
        ("the same", kind("ab", ""), "experiment-no-change", 1, "two worlds"),
        ("no table", kind("sweep", ""), "experiment-no-table", 1, "a table [sweep]"),
        (
            "its table",
            kind("rare", "[sweep]\nparameter = \"cost\"\nvalues = []\n"),
            "experiment-other-table",
            2,
            "the keys of rare",
        ),
        (
            "parameter",
            sweep("parameter = \"costs\"\nvalues = [\"1 %\"]"),
            "unknown-parameter",
            3,
            "accounts, markets, fall",
        ),
        (
            "one value",
            sweep("parameter = \"cost\"\nvalues = [\"1 %\"]"),
            "values-count",
            4,
            "2 to 20",
        ),
        (
            "twice",
            sweep("parameter = \"cost\"\nvalues = [\"1 %\", \"1.0 %\"]"),
            "values-twice",
            4,
            "another value",
        ),
        (
            "a value",
            sweep("parameter = \"cost\"\nvalues = [\"1 %\", \"a\"]"),
            "cost-out-of-bounds",
            4,
            "at most 4 decimals",
        ),
        (
            "no fund",
            kind("rare", "[rare]\ndeviation = \"5 %\"\n"),
            "experiment-no-fund",
            1,
            "a fund",
        ),
        (
            "a gap alone",
            kind("rare", "[world]\nfund = \"1\"\n[rare]\ngap = \"5 %\"\n"),
            "experiment-no-deviation",
            5,
            "deviation",
        ),
        (
            "no nets",
            kind("rare", "crises = 500\n[world]\nfund = \"1\"\n[rare]\npoints = \"sobol\"\n"),
            "crises-no-nets",
            2,
            "256, 512",
        ),
        (
            "no layer",
            kind("reverse-stress", "[stress]\nlayer = []\n"),
            "layer-none",
            3,
            "1 to 20 layers",
        ),
        (
            "no size",
            kind("reverse-stress", "[[stress.layer]]\nname = \"a\"\nsize = \"0\"\n"),
            "size-zero",
            4,
            "10^",
        ),
        ("steps", kind("mechanisms", "[world]\nclose = 41\n"), "close-out-of-bounds", 3, "1 to 40"),
        (
            "all leave",
            kind("mechanisms", "[mechanisms]\nleave = \"100 %\"\n"),
            "leave-out-of-bounds",
            3,
            "\"0 %\" to \"99 %\"",
        ),
        (
            "drawn",
            kind("replay", "[world]\nfall = \"20 %\"\n[replay]\nfile = \"a.csv\"\n"),
            "replay-drawn-key",
            3,
            "accounts, markets",
        ),
        (
            "correlation",
            kind("replay", "[world]\ncorrelation = \"20 %\"\n[replay]\nfile = \"a.csv\"\n"),
            "replay-drawn-key",
            3,
            "leverage",
        ),
        (
            "the fund twice",
            kind(
                "tranches",
                "[world]\nfund = \"9\"\n[[tranches.layer]]\nname = \"fund\"\nsize = \"1\"\n",
            ),
            "layer-twice",
            5,
            "a new name",
        ),
        (
            "order",
            kind("replay", "[replay]\nfile = \"e.toml\"\norder = \"low\"\n"),
            "unknown-order",
            4,
            "shorter, low-first, high-first",
        ),
        (
            "no candles",
            kind("replay", "[replay]\nfile = \"e.toml\"\n"),
            "prices-not-read",
            3,
            "the header has no column",
        ),
        ("no target", kind("tail", "[tail]\ntarget = \"0 %\"\n"), "target-zero", 3, "0.0001 %"),
        (
            "one parameter",
            kind(
                "map",
                "[map]\nacross = { parameter = \"cost\", values = [\"1 %\", \"2 %\"] }\n\
                 down = { parameter = \"cost\", values = [\"1 %\", \"2 %\"] }\n",
            ),
            "map-one-parameter",
            4,
            "another parameter",
        ),
    ] {
        refused(case, &text, code, line, allowed);
    }
}
