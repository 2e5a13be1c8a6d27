//! Arguments that cannot be right: told in the form of every other error, with nothing on standard
//! output.

mod support;

use support::World;

/// Each call with the first line of its error, its place and its help.
const CALLS: [(&str, &str, &str, &str); 14] = [
    ("", "usage-missing-command]: no command is given", "rhodian", "`rhodian --help` shows"),
    (
        "shar",
        "usage-unknown-command]: there is no command \"shar\"",
        "rhodian",
        "did you mean share?",
    ),
    (
        "share",
        "usage-missing-argument]: LOSS.toml is missing",
        "rhodian share",
        "`rhodian share --help`",
    ),
    (
        "share a.toml --formt json",
        "usage-unknown-argument]: there is no option \"--formt\"",
        "rhodian share",
        "did you mean --format?",
    ),
    (
        "share a.toml b.toml",
        "usage-unknown-argument]: there is no place for \"b.toml\"",
        "rhodian share",
        "`rhodian share --help`",
    ),
    (
        "share a.toml --format xml",
        "usage-invalid-value]: --format cannot be \"xml\"",
        "--format",
        "it is one of text, csv, json, ndjson.",
    ),
    (
        "share a.toml --format",
        "usage-missing-value]: --format has no value",
        "--format",
        "it is one of",
    ),
    (
        "share a.toml --quiet --quiet",
        "usage-given-twice]: --quiet is given twice",
        "rhodian share",
        "give it once.",
    ),
    (
        "allocate --rule proportinal --loss 5 --claims claims.csv",
        "usage-invalid-value]: --rule cannot be \"proportinal\"",
        "--rule",
        "did you mean proportional? It is one of proportional, equal-losses,",
    ),
    (
        "allocate",
        "usage-missing-argument]: --rule, --loss, --claims are missing",
        "rhodian allocate",
        "`rhodian allocate --help`",
    ),
    (
        "check claims.csv --decimals 99",
        "usage-invalid-value]: --decimals cannot be \"99\"",
        "--decimals",
        "99 is not in 0 to 30.",
    ),
    (
        "check claims.csv --decimals two",
        "usage-invalid-value]: --decimals cannot be \"two\"",
        "--decimals",
        "invalid digit found in string.",
    ),
    (
        "explain result",
        "usage-missing-argument]: --account is missing",
        "rhodian explain",
        "`rhodian explain --help`",
    ),
    (
        "schema nothing",
        "usage-invalid-value]: NAME cannot be \"nothing\"",
        "NAME",
        "it is one of loss, venue, experiment,",
    ),
];

#[test]
fn every_usage_error_has_a_code_a_place_and_help() {
    let world = World::with_claims("id,cap\na,5\n");
    for (words, first, place, help) in CALLS {
        let ran = world.run(words);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{words}: {}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 3, "{words}: {}", ran.stderr);
        assert_eq!(lines[0], format!("error[{first}"), "{words}");
        assert_eq!(lines[1], format!(" --> {place}"), "{words}");
        assert!(lines[2].starts_with(&format!("help: {help}")), "{words}: {}", lines[2]);
        assert!(lines[2].ends_with("Nothing was written."), "{words}: {}", lines[2]);
    }
    assert_eq!(world.names(), ["claims.csv"]);
}

#[test]
fn what_was_typed_cannot_act_on_the_terminal() {
    let world = World::with_claims("id,cap\na,5\n");
    let ran = world.run("share a.toml --format \u{1b}[2J");
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
    assert!(ran.stderr.starts_with("error[usage-invalid-value]"), "{}", ran.stderr);
}

#[test]
fn help_and_version_are_results() {
    let world = World::with_claims("id,cap\na,5\n");
    for words in ["--help", "--version", "help share", "share --help", "allocate -h"] {
        let ran = world.run(words);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{words}");
        assert!(!ran.stdout.is_empty(), "{words}");
    }
}
