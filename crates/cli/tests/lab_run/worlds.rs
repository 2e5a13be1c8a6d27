//! The models of worlds: asked for by keys of `[world]`, swept and compared like any other, told in
//! figures and in what is assumed, and refused where nobody would read them.

use std::fs;

use super::*;

/// A kind with a world, and what else stands in the file.
fn asked(kind: &str, world: &str, more: &str) -> String {
    format!("kind = \"{kind}\"\ncrises = 30\n{WORLD}{world}\n{more}")
}

/// What is assumed, as one text.
fn assumes(told: &Value) -> String {
    told["assumes"].to_string()
}

#[test]
fn a_book_with_a_depth_is_pushed_and_says_so() {
    let plain = told(&asked("monte-carlo", "", ""), &[]);
    let deep = told(&asked("monte-carlo", "depth = \"10 %\"", ""), &["--threads", "1"]);
    let more = value(&deep, "", "deficit-mean") - value(&plain, "", "deficit-mean");
    assert!(more > 0.0, "{more}");
    let pushed = value(&deep, "", "pushed-mean");
    assert!((-0.9..-0.005).contains(&pushed), "{pushed}");
    let part = value(&deep, "", "sold-part-mean");
    assert!(part > 0.0 && part < 1.0, "{part}");
    let (before, now) = (assumes(&plain), assumes(&deep));
    assert!(before.contains("prices do not react") && !now.contains("prices do not react"));
    assert!(now.contains("the next marks carry it") && !before.contains("carry it"));
    assert!(plain["figures"].to_string().find("pushed").is_none());
    // Nothing of it is told where nothing of it is asked.
    assert!(!plain["experiment"].to_string().contains("depth"), "{plain}");
    assert_eq!(deep["experiment"]["question"]["world"]["depth"], 100_000);
}

/// What no fill pays is a column, and a figure, or why there is none, where there is any.
#[test]
fn what_no_fill_pays_is_told() {
    let here = folder();
    for (depth, any) in [("0.1 %", true), ("400 %", false)] {
        experiment(here.path(), &asked("monte-carlo", &format!("depth = \"{depth}\""), ""));
        done(here.path(), &["lab", "run", "e.toml", "--out", depth]);
        let rows = rows(&here.path().join(depth).join("runs.csv"));
        assert_eq!(rows.iter().any(|row| row["capped"] != "0"), any, "{depth}: {rows:?}");
        let told = fs::read_to_string(here.path().join(depth).join("summary.json")).unwrap();
        assert_eq!(told.contains("capped-mean"), any, "{depth}: {told}");
    }
}

#[test]
fn each_model_is_a_key_that_a_sweep_asks_about() {
    let depth = "depth = \"10 %\"";
    for (parameter, world, values, assumed) in [
        ("depth", "", "\"50 %\", \"5 %\"", "a depth is a part"),
        ("impact", depth, "\"linear\", \"square-root\"", "square-root law"),
        ("recovery", depth, "\"0 %\", \"50 %\"", "linear law"),
        ("thinning", depth, "\"0 %\", \"80 %\"", "Depth withdraws"),
        ("refill", "depth = \"10 %\"\nthinning = \"80 %\"", "1, 40", "Depth withdraws"),
        ("stops", depth, "\"0 %\", \"60 %\"", "Stop orders"),
        ("gamma", depth, "\"0 %\", \"5 %\"", "short gamma"),
        ("process", "", "\"jumps\", \"garch\", \"regimes\"", "clusters (regimes)"),
        ("withdrawals", "", "\"0 %\", \"100 %\"", "Once a loss is known"),
        ("aversion", "withdrawals = \"20 %\"", "\"100 %\", \"500 %\"", "by their aversion"),
        ("selection", "", "\"0 %\", \"50 %\"", "Who left before"),
        ("hazard", "", "\"0 %\", \"50 %\"", "who stay borrow"),
        ("oracle", "", "\"sound\", \"stuck\", \"drift\"", "The oracle fails (drift)"),
        ("oracle_error", "oracle = \"drift\"", "\"0 %\", \"20 %\"", "The oracle fails"),
        ("oracle_side", "oracle = \"drift\"", "\"below\", \"above\"", "The oracle fails"),
        ("oracle_steps", "oracle = \"stuck\"", "1, 40", "The oracle fails (stuck)"),
    ] {
        let sweep = format!("[sweep]\nparameter = \"{parameter}\"\nvalues = [{values}]\n");
        let told = told(&asked("sweep", world, &sweep), &[]);
        let notes = assumes(&told);
        assert!(notes.contains(assumed), "{parameter}: {notes}");
        let runs = told["runs"].as_u64().unwrap();
        assert_eq!(runs, 30 * values.split(", ").count() as u64, "{parameter}");
        // Each value is another world, and its crises come to something else.
        let of = |name: &str| value(&told, name, "deficit-mean");
        let names: Vec<&str> = values.split(", ").map(|value| value.trim_matches('"')).collect();
        assert!(names.windows(2).all(|pair| of(pair[0]) != of(pair[1])), "{parameter}: {told}");
    }
}

/// The lines of the template, with what each needs beside it, are a world.
#[test]
fn the_template_shows_each_model_as_it_is_written() {
    let here = folder();
    let template = done(here.path(), &["init", "experiment"]).stdout;
    let (from, to) = (template.find("# Models").unwrap(), template.find("# [sweep]").unwrap());
    let lines = template[from..to].lines().skip(1).map(|line| line.trim_start_matches("# "));
    let keys: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(keys.len(), 16, "{keys:?}");
    let text = format!("{}{}", asked("monte-carlo", "", ""), keys.join("\n"));
    experiment(here.path(), &text);
    let ran = run(here.path(), &["--out", "all", "--at-most", "1"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

/// Rows with models are the same bytes at any number of threads, and have their columns.
#[test]
fn models_leave_rows_that_any_threads_leave() {
    let here = folder();
    let world = "depth = \"10 %\"\nthinning = \"60 %\"\nstops = \"10 %\"\nprocess = \"garch\"\n\
                 withdrawals = \"30 %\"\noracle = \"stale\"\noracle_steps = 4";
    fs::write(here.path().join("e.toml"), asked("monte-carlo", world, "")).unwrap();
    done(here.path(), &["lab", "run", "e.toml", "--out", "one", "--threads", "1"]);
    done(here.path(), &["lab", "run", "e.toml", "--out", "three", "--threads", "3"]);
    assert!(files(&here.path().join("one")) == files(&here.path().join("three")));
    let runs = rows(&here.path().join("one/runs.csv"));
    let of =
        |key: &str| -> Vec<i128> { runs.iter().map(|row| row[key].parse().unwrap()).collect() };
    assert!(of("pushed").iter().all(|pushed| *pushed != 0), "{runs:?}");
    assert!(of("withdrawn").iter().any(|taken| *taken > 0), "{runs:?}");
}

#[test]
fn other_kinds_ask_about_models_too() {
    for (kind, world, more) in [
        ("ab", "", "[b]\ndepth = \"10 %\"\n"),
        ("tail", "depth = \"20 %\"", ""),
        ("mechanisms", "depth = \"20 %\"\nwithdrawals = \"20 %\"", ""),
        ("rare", "depth = \"20 %\"\nfund = \"400000\"", ""),
        ("reverse-stress", "depth = \"20 %\"", "[[stress.layer]]\nname = \"a\"\nsize = \"9\"\n"),
    ] {
        let notes = assumes(&told(&asked(kind, world, more), &[]));
        assert!(notes.contains("the next marks carry it"), "{kind}: {notes}");
        // One of two worlds is as ever: what it assumes stays.
        assert_eq!(notes.contains("prices do not react"), kind == "ab", "{kind}: {notes}");
    }
}

#[test]
fn what_nobody_would_read_is_refused() {
    for (case, text, code, allowed) in [
        ("no depth", asked("monte-carlo", "stops = \"5 %\"", ""), "world-no-depth", "beside depth"),
        (
            "a side without one",
            asked("ab", "", "[b]\ngamma = \"1 %\"\n"),
            "world-no-depth",
            "gamma beside depth",
        ),
        (
            "on a side",
            asked("ab", "", "[b]\nrecovery = \"5 %\"\n"),
            "e.toml:8\n",
            "recovery beside depth",
        ),
        (
            "nothing withdraws",
            asked("monte-carlo", "depth = \"9 %\"\nrefill = 6", ""),
            "world-no-thinning",
            "e.toml:7\n",
        ),
        (
            "nobody leaves",
            asked("monte-carlo", "aversion = \"200 %\"", ""),
            "world-no-withdrawals",
            "e.toml:6\n",
        ),
        (
            "a sound oracle",
            asked("monte-carlo", "oracle_error = \"10 %\"", ""),
            "world-no-oracle",
            "e.toml:6\n",
        ),
        (
            "late and not off",
            asked("monte-carlo", "oracle = \"stale\"\noracle_side = \"above\"", ""),
            "world-no-oracle",
            "beside oracle = \"spike\"",
        ),
        (
            "off for a step",
            asked("monte-carlo", "oracle = \"spike\"\noracle_steps = 4", ""),
            "world-no-oracle",
            "oracle = \"stale\"",
        ),
        (
            "swept",
            asked(
                "sweep",
                "oracle = \"stuck\"",
                "[sweep]\nparameter = \"oracle_error\"\nvalues = [\"1 %\", \"2 %\"]\n",
            ),
            "world-no-oracle",
            "e.toml:8\n",
        ),
        ("zero", asked("monte-carlo", "depth = \"0 %\"", ""), "depth-out-of-bounds", "0.1 %"),
        ("all", asked("monte-carlo", "thinning = \"100 %\"", ""), "thinning-out-of-bounds", "99 %"),
        ("a word", asked("monte-carlo", "process = \"garhc\"", ""), "unknown-process", "regimes"),
        ("a mode", asked("monte-carlo", "oracle = \"late\"", ""), "unknown-oracle", "stale"),
        (
            "far off",
            asked("monte-carlo", "oracle_error = \"26 %\"", ""),
            "oracle-error-out-of-bounds",
            "25 %",
        ),
        (
            "recorded",
            asked("replay", "depth = \"5 %\"", "[replay]\nfile = \"a.csv\"\n"),
            "replay-drawn-key",
            "withdrawals, aversion",
        ),
    ] {
        let here = folder();
        experiment(here.path(), &text);
        let ran = run(here.path(), &[]);
        assert_eq!(ran.status, 2, "{case}: {}", ran.stdout);
        assert!(
            ran.stderr.contains(code) && ran.stderr.contains(allowed),
            "{case}: {}",
            ran.stderr
        );
    }
}

/// A key that one of the compared worlds reads stands for all of them.
#[test]
fn what_one_of_several_reads_is_read() {
    let sweep = "[sweep]\nparameter = \"oracle\"\nvalues = [\"sound\", \"stale\", \"drift\"]\n";
    told(&asked("sweep", "oracle_error = \"5 %\"\noracle_steps = 4", sweep), &[]);
    let other = "[b]\nwithdrawals = \"20 %\"\n";
    told(&asked("ab", "aversion = \"200 %\"", other), &[]);
}

/// A replay without a model says what it said before there were any.
#[test]
fn a_replay_assumes_what_it_assumed() {
    let said = |world: &str| {
        let here = folder();
        fs::write(here.path().join("a.csv"), replay::candles(9)).unwrap();
        experiment(here.path(), &asked("replay", world, "[replay]\nfile = \"a.csv\"\n"));
        let ran = run(here.path(), &["--format", "json"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assumes(&serde_json::from_str(&ran.stdout).unwrap())
    };
    let (one, nobody) =
        ("however much is closed.\"", "however much is closed, and nobody deposits");
    let (plain, leaving) = (said(""), said("withdrawals = \"30 %\""));
    assert!(plain.contains(nobody) && !plain.contains(one), "{plain}");
    assert!(leaving.contains(one) && !leaving.contains("nobody deposits"), "{leaving}");
}

/// The file of the page gives the output of the page.
#[test]
fn the_page_shows_what_is_printed() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lab/impact.md");
    let page = fs::read_to_string(page).unwrap();
    let block = |begin: &str| {
        let from = page.find(begin).unwrap() + begin.len();
        page[from..from + page[from..].find("```").unwrap()].to_owned()
    };
    let here = folder();
    experiment(here.path(), &block("```toml\n"));
    let ran = run(here.path(), &[]);
    let from = ran.stdout.find("What if selling").unwrap();
    let printed = &ran.stdout[from..ran.stdout.find("\nBehind a figure").unwrap()];
    assert_eq!(block("```text\nWhat if selling"), printed.strip_prefix("What if selling").unwrap());
}
