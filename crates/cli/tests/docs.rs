//! The pages under docs/ and README.md, run: every `sh` block of a page, in order, in one empty
//! folder; where an `output` block follows, standard output must equal it.
#![cfg(unix)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of a page with the output shown for it.
struct Block {
    line: usize,
    script: String,
    output: Option<String>,
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rhodian"))
}

/// The `sh` blocks of a page, each with the `output` block right after it.
fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut after_script = false;
    while let Some((at, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            after_script &= line.trim().is_empty();
            continue;
        };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let body: String = body.map(|line| format!("{line}\n")).collect();
        match (kind, found.last_mut()) {
            ("sh", _) => found.push(Block { line: at + 1, script: body, output: None }),
            ("output", Some(last)) if after_script => last.output = Some(body),
            ("output", _) => panic!("line {}: an output block follows no sh block", at + 1),
            _ => {}
        }
        after_script = kind == "sh";
    }
    found
}

/// The commands the binary has, from its help.
fn commands() -> Vec<String> {
    let help = Command::new(binary()).arg("--help").output().expect("the binary runs");
    let text = String::from_utf8(help.stdout).expect("help is UTF-8");
    let words = text.lines().filter(|line| line.starts_with("  "));
    words.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The first command of the binary that a script calls and the binary does not have.
fn missing(script: &str, commands: &[String]) -> Option<String> {
    let calls = script.lines().filter_map(|line| line.trim_start().strip_prefix("rhodian "));
    let mut names = calls.filter_map(|rest| rest.split_whitespace().next());
    names.find(|name| !commands.iter().any(|known| known == name)).map(str::to_owned)
}

/// Runs one block in `folder`; standard output, or what went wrong.
fn run(script: &str, folder: &Path) -> Result<String, String> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let ours = binary().parent().map(Path::to_path_buf);
    let path = env::join_paths(ours.into_iter().chain(env::split_paths(&folders)));
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("PATH", path.expect("PATH can be joined"))
        .current_dir(folder)
        .output()
        .expect("bash runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!("{}\n{}", output.status, text(&output.stderr)))
    }
}

/// What is wrong with a page, and how many of its blocks ran.
fn try_page(name: &str, page: &str, folder: &Path, commands: &[String]) -> (Vec<String>, usize) {
    let (mut wrong, mut ran) = (Vec::new(), 0);
    for block in blocks(page) {
        let at = format!("{name}:{}", block.line);
        if let Some(command) = missing(&block.script, commands) {
            println!("{at}: not run: the binary has no command {command} yet");
            continue;
        }
        ran += 1;
        match (run(&block.script, folder), block.output) {
            (Err(error), _) => wrong.push(format!("{at}: {error}")),
            (Ok(found), Some(shown)) if found != shown => {
                wrong.push(format!("{at}: the page shows\n{shown}and the command prints\n{found}"));
            }
            _ => {}
        }
    }
    (wrong, ran)
}

#[test]
fn the_book_runs_as_it_stands() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let commands = commands();
    let mut pages: Vec<PathBuf> = fs::read_dir(&docs)
        .expect("docs is a folder")
        .map(|entry| entry.expect("an entry of docs is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    assert!(pages.len() >= 6, "only {} pages were found", pages.len());
    let mut wrong = Vec::new();
    for path in pages {
        let folder = tempfile::tempdir().expect("a folder for the page");
        let page = fs::read_to_string(&path).expect("a page is UTF-8");
        let (more, ran) = try_page(&path.display().to_string(), &page, folder.path(), &commands);
        println!("{}: {ran} blocks ran", path.display());
        wrong.extend(more);
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_wrong_page_is_found() {
    let folder = tempfile::tempdir().expect("a folder for the page");
    let page = |script: &str, output: &str| {
        format!("# P\n\n```sh\n{script}\n```\n\n```output\n{output}\n```\n")
    };
    let cases = [
        (page("echo 1; echo 2", "1\n2"), 0),
        (page("echo 1", "2"), 1),
        (page("false", ""), 1),
        (page("rhodian no-such-command", "2"), 0),
        ("```text\nfalse\n```\n\n```sh\ntrue\n```\n".to_owned(), 0),
    ];
    for (page, expected) in cases {
        let (wrong, _) = try_page("page", &page, folder.path(), &[]);
        assert_eq!(wrong.len(), expected, "{page}: {wrong:?}");
    }
}

/// Every key that the schema of loss files knows, from all its tables.
fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        found.extend(properties.keys().cloned());
    }
    for table in schema["$defs"].as_object().into_iter().flat_map(|tables| tables.values()) {
        keys(table, found);
    }
}

#[test]
fn the_page_of_loss_files_names_every_key() {
    assert!(unnamed("loss", "loss-file.md").is_empty(), "{:?}", unnamed("loss", "loss-file.md"));
}

#[test]
fn the_page_of_venue_files_names_every_key() {
    assert!(
        unnamed("venue", "venue-file.md").is_empty(),
        "{:?}",
        unnamed("venue", "venue-file.md")
    );
}

#[test]
fn the_page_of_experiments_names_every_key() {
    let unnamed = unnamed("experiment", "lab/experiments.md");
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

/// The keys of a schema that a page does not name.
fn unnamed(schema: &str, page: &str) -> Vec<String> {
    let schema = Command::new(binary()).args(["schema", schema]).output().unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    let mut known = Vec::new();
    keys(&schema, &mut known);
    assert!(known.len() > 30, "{known:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let page = fs::read_to_string(path).unwrap();
    let words: Vec<&str> = page.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    known.retain(|key| !words.contains(&key.as_str()));
    known
}
