//! Standard output and error, help, completions, colour.

use std::process::{Command, Stdio};

use super::MISHNAH;
use crate::support::{Ran, World};

#[test]
fn every_command_has_help_with_examples() {
    let world = World::with_claims(MISHNAH);
    let commands = "allocate share explain run margin incident init check schema demo serve lab \
                    lab_october lab_size-fund lab_what-if verify verify_receipt verify_standing \
                    verify_episode verify_journal completions";
    for command in commands.split_whitespace().chain([""]) {
        let command = command.replace('_', " ");
        for flag in ["--help", "-h"] {
            let ran = world.run(&format!("{command} {flag}"));
            assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{command} {flag}");
            let (_, examples) = ran.stdout.split_once("\nExamples:\n  ").expect(&command);
            assert!(examples.contains(&format!("rhodian {command}")), "{command} {flag}");
            assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{command} {flag}");
        }
    }
    let version = world.run("--version");
    assert_eq!(version.stdout, format!("rhodian {}\n", env!("CARGO_PKG_VERSION")));
}

/// The examples that need no other file are run as they stand in the help.
#[test]
fn the_examples_of_the_help_work() {
    let world = World::with_claims("");
    let help = world.run("allocate --help").stdout;
    let claims = "id,user,cap,leverage\na,u,9000,5\nb,v,9000,3\n";
    for file in ["winners.csv", "book.csv"] {
        std::fs::write(world.path(file), claims).unwrap();
    }
    let examples: Vec<&str> =
        help.lines().filter_map(|line| line.strip_prefix("  rhodian ")).collect();
    assert!(examples.len() >= 5, "{help}");
    for example in examples {
        let (words, stdin) = match example.split_once(" < ") {
            Some((words, file)) => (words, world.read(file)),
            None => (example, String::new()),
        };
        let ran = world.run_with(words, stdin.as_bytes());
        assert_eq!(ran.status, 0, "{example}: {}", ran.stderr);
    }
}

#[test]
fn completions_for_every_shell() {
    let world = World::with_claims("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = world.run(&format!("completions {shell}"));
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{shell}");
        // Not every shell completes the values of a flag.
        let values = if ["bash", "zsh", "fish"].contains(&shell) { "equal-awards" } else { "rule" };
        for word in ["allocate", "rule", "fail-on-uncovered", values] {
            assert!(ran.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    assert_eq!(world.run("completions csh").status, 2);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let world = World::with_claims("id,cap\na,1\nb,-1\n");
    let words = ["allocate", "--rule", "queue", "--score", "cap", "--claims", "claims.csv"];
    let run = |loss: &str, forced: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhodian"));
        command.args(words).args(["--loss", loss]).current_dir(world.path(""));
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if forced {
            command.env("CLICOLOR_FORCE", "1");
        }
        command.output().unwrap()
    };
    assert!(run("1", true).stderr.contains(&b'\x1b'));
    assert!(!run("1", false).stderr.contains(&b'\x1b'));
    std::fs::write(world.path("claims.csv"), "id,cap\na,1\n").unwrap();
    assert!(run("1", true).stdout.contains(&b'\x1b'));
    assert!(!run("1", false).stdout.contains(&b'\x1b'));
}

/// A reader that has seen enough is no error: `rhodian ... | head -1`.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let rows: String = (0..100_000).map(|i| format!("account-{i},1\n")).collect();
    let world = World::with_claims(format!("id,cap\n{rows}"));
    for format in ["csv", "json", "ndjson"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rhodian"))
            .args("allocate --rule equal-losses --loss 5 --claims claims.csv --format".split(' '))
            .arg(format)
            .current_dir(world.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{format}");
    }
}

/// A full disk under standard output is an input/output error.
#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_input_output() {
    let world = World::with_claims(MISHNAH);
    for format in ["text", "csv", "json", "ndjson"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_rhodian"))
            .args("allocate -q --rule talmud --loss 5 --claims claims.csv --format".split(' '))
            .arg(format)
            .current_dir(world.path(""))
            .stdout(full)
            .output()
            .unwrap();
        let ran = Ran {
            status: output.status.code().unwrap(),
            stdout: String::new(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        let stderr = "error[io-failed]: cannot write the standard output\n\
                      help: the system says: No space left on device (os error 28).\n";
        assert_eq!(
            ran,
            Ran { status: 3, stdout: String::new(), stderr: stderr.to_owned() },
            "{format}"
        );
    }
}
