//! Bad input: each case an error of one shape, exit 2, nothing on standard output, nothing
//! written. The expected text is the whole of standard error.

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod ids;
mod numbers;
mod text;

use support::{Ran, World};

/// Arguments that are right, for cases where the file is not.
const LOSS: &str = "--rule proportional --loss 10";

/// Checks that a file of claims under some arguments is refused in these words, from the file
/// and from standard input, and that the folder asked for is not made.
fn check(name: &str, arguments: &str, claims: &[u8], expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap();
    let refused = |stderr: String| Ran { status: 2, stdout: String::new(), stderr };
    for format in ["text", "csv", "json", "ndjson"] {
        let world = World::with_claims(claims);
        let words = format!("allocate {arguments} --claims claims.csv --format {format} --out out");
        assert_eq!(world.run(&words), refused(expected.to_owned()), "{name}, {format}");
        assert_eq!(world.names(), ["claims.csv"], "{name}, {format}");
    }
    let world = World::with_claims("");
    let from_stdin = world.run_with(&format!("allocate {arguments} --claims -"), claims);
    assert_eq!(from_stdin, refused(expected.replace("claims.csv", "stdin")), "{name}, stdin");
}

#[test]
fn files_that_cannot_be_read_are_input_output() {
    let world = World::with_claims("id,cap\na,1\n");
    let ran = world.run(&format!("allocate {LOSS} --claims absent.csv --out out"));
    let stderr = "error[io-not-found]: cannot read absent.csv\n --> absent.csv\n\
                  help: the system says: No such file or directory (os error 2).\n";
    assert_eq!(ran, Ran { status: 3, stdout: String::new(), stderr: stderr.to_owned() });
    assert_eq!(world.names(), ["claims.csv"]);
    let ran = world.run(&format!("allocate {LOSS} --claims ."));
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.starts_with("error[io-failed]: cannot read .\n"), "{}", ran.stderr);
}

#[test]
fn arguments_that_are_none_are_bad_input() {
    let world = World::with_claims("id,cap\na,1\n");
    let cases = [
        ("no command", ""),
        ("no rule", "allocate --loss 1 --claims claims.csv"),
        ("unknown rule", "allocate --rule fair --loss 1 --claims claims.csv"),
        ("unknown format", "allocate --rule queue --loss 1 --claims claims.csv --format xml"),
        ("31 decimals", "allocate --rule queue --loss 1 --claims claims.csv --decimals 31"),
        ("no claims", "allocate --rule queue --loss 1"),
    ];
    for (name, words) in cases {
        let ran = world.run(words);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{name}");
        assert!(!ran.stderr.is_empty(), "{name}");
    }
}
