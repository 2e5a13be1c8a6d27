//! The shape of the repository, as tests: which crate may use which, what lives where, and that
//! the documents name only what exists.

#[allow(dead_code)]
#[path = "../../core/tests/style/scanner.rs"]
mod scanner;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scanner::{Source, is_word, word_positions};
use serde_json::{Value, json};

/// Which package of the workspace may depend on which others, in every kind of dependency.
const ARROWS: &[(&str, &[&str])] = &[
    ("rhodian-core", &[]),
    ("rhodian-proof", &["rhodian-core"]),
    ("rhodian-report", &["rhodian-core", "rhodian-proof"]),
    ("rhodian-journal", &["rhodian-core", "rhodian-proof"]),
    ("rhodian-lab", &["rhodian-core", "rhodian-report"]),
    ("rhodian-wasm", &["rhodian-core", "rhodian-proof"]),
    ("rhodian-server", &["rhodian-core", "rhodian-proof", "rhodian-report", "rhodian-journal"]),
    (
        "rhodian",
        &[
            "rhodian-core",
            "rhodian-proof",
            "rhodian-report",
            "rhodian-journal",
            "rhodian-lab",
            "rhodian-server",
        ],
    ),
];

/// The crates that are planned, by folder: the documents may name them before they exist.
const PLANNED: &[&str] = &["server", "contract", "python"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files git tracks or would add; in a copy without git, all files outside the build folder.
fn tracked_files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    if let Ok(output) = listed
        && output.status.success()
        && !output.stdout.is_empty()
    {
        let text = String::from_utf8(output.stdout).expect("paths of the repository are UTF-8");
        let present = |path: &&str| !path.is_empty() && root().join(path).is_file();
        return text.split('\0').filter(present).map(str::to_owned).collect();
    }
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    files
}

fn walk(folder: &Path, shown: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository is readable") {
        let entry = entry.expect("an entry of the repository is readable");
        let name = entry.file_name().into_string().expect("paths of the repository are UTF-8");
        let (path, shown) = (entry.path(), format!("{shown}{name}"));
        if path.is_file() {
            files.push(shown);
        } else if name != "target" && name != ".git" {
            walk(&path, &format!("{shown}/"), files);
        }
    }
}

// ---- crates ---------------------------------------------------------------------------------

/// What is wrong with the dependencies in the output of `cargo metadata`.
fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a package has a name");
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!("{name}: the design names no such package"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("a package lists them") {
            let to = dependency["name"].as_str().expect("a dependency has a name");
            let ours = dependency["path"].is_string() || to.starts_with("rhodian");
            if ours && !allowed.contains(&to) {
                wrong.push(format!("{name} -> {to}: the design has no such arrow"));
            }
        }
    }
    wrong
}

#[test]
fn crates_depend_as_the_design_says() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    assert!(metadata["packages"].as_array().is_some_and(|packages| packages.len() >= 4));
    let wrong = wrong_arrows(&metadata);
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_wrong_arrow_is_found() {
    let package = |name: &str, on: &str, kind: Option<&str>| {
        let dependency = json!({ "name": on, "kind": kind, "path": format!("/x/{on}") });
        json!({ "packages": [{ "name": name, "dependencies": [dependency] }] })
    };
    let cases = [
        ("rhodian-core", "rhodian-report", None, 1),
        ("rhodian-core", "rhodian-report", Some("dev"), 1),
        ("rhodian-report", "rhodian-journal", None, 1),
        ("rhodian-wasm", "rhodian-report", None, 1),
        ("rhodian", "rhodian-wasm", Some("build"), 1),
        ("rhodian-extra", "rhodian-core", None, 1),
        ("rhodian", "rhodian-core", None, 0),
        ("rhodian-report", "rhodian-core", None, 0),
    ];
    for (from, to, kind, wrong) in cases {
        assert_eq!(wrong_arrows(&package(from, to, kind)).len(), wrong, "{from} -> {to}");
    }
}

// ---- sources --------------------------------------------------------------------------------

/// The lines of `text` where one of `words` is code.
fn code_lines_with(text: &str, words: &[&str]) -> Vec<usize> {
    let code = Source::new(text).code;
    let holds = |line: &&String| words.iter().any(|word| !word_positions(line, word).is_empty());
    let numbered = code.iter().enumerate().filter(|(_, line)| holds(line));
    numbered.map(|(at, _)| at + 1).collect()
}

fn sources(of: impl Fn(&str) -> bool) -> Vec<String> {
    let source = |path: &String| path.starts_with("crates/") && path.ends_with(".rs") && of(path);
    tracked_files().into_iter().filter(source).collect()
}

/// Whether `path` is part of how a loss is shared, which serves every kind of market and pool.
fn shares_losses(path: &str) -> bool {
    let inside = path.strip_prefix("crates/core/src/").unwrap_or_default();
    ["loss", "waterfall"].contains(&inside.split(['/', '.']).next().unwrap_or_default())
}

/// The lines of `text` where one of `modules` stands in a path: before or after `::`, or in the
/// braces of an import. A field or a variable of that name is not a path.
fn path_lines_with(text: &str, modules: &[&str]) -> Vec<usize> {
    let mut import = false;
    let mut found = Vec::new();
    for (at, line) in Source::new(text).code.iter().enumerate() {
        import |= !word_positions(line, "use").is_empty();
        let named = modules.iter().any(|module| {
            word_positions(line, module).iter().any(|&start| {
                let (before, after) = (&line[..start], &line[start + module.len()..]);
                import || before.ends_with("::") || after.starts_with("::")
            })
        });
        if named {
            found.push(at + 1);
        }
        import &= !line.contains(';');
    }
    found
}

#[test]
fn loss_and_waterfall_know_no_pool_and_no_market() {
    let areas = ["pools", "market", "oracle", "pricing", "liquidation"];
    let planted = "use crate::pools::Pool;\nuse crate::{\n    ids,\n    pools,\n};\n// crate::pools\n\
                   let x = market::open(y);\nlet pools = state.pools.len();";
    assert_eq!(path_lines_with(planted, &areas), [1, 4, 7]);
    assert!(shares_losses("crates/core/src/waterfall/plan.rs"));
    assert!(shares_losses("crates/core/src/loss.rs"));
    assert!(!shares_losses("crates/core/src/pools/lending.rs"));
    let files = sources(shares_losses);
    assert!(files.len() > 2, "only {files:?} were read");
    for path in files {
        let lines = path_lines_with(&read(&path), &areas);
        assert!(lines.is_empty(), "{path}: lines {lines:?} name a pool or a market area");
    }
}

#[test]
fn only_the_shim_has_unsafe_code() {
    assert_eq!(code_lines_with("// unsafe\nunsafe { f() }", &["unsafe"]), [2]);
    let read_files = sources(|path| path.contains("/src/") && !path.starts_with("crates/wasm/"));
    assert!(!read_files.is_empty());
    for path in read_files {
        let lines = code_lines_with(&read(&path), &["unsafe"]);
        assert!(lines.is_empty(), "{path}: lines {lines:?}: unsafe code lives in crates/wasm only");
    }
}

/// Words that would tie the repository to the machine it was written on, in two halves so that
/// this file passes its own test.
const MACHINE_WORDS: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("index.cra", "tes.io/"),
    ("static.cra", "tes.io"),
    ("registry.np", "mjs.org"),
    ("files.python", "hosted.org"),
    ("pypi.o", "rg/simple"),
    ("proxy.gol", "ang.org"),
    ("deb.deb", "ian.org"),
];

fn machine_words(text: &str) -> Vec<String> {
    let joined = MACHINE_WORDS.iter().map(|(head, tail)| format!("{head}{tail}"));
    joined.filter(|word| text.contains(word.as_str())).collect()
}

#[test]
fn no_file_names_a_machine() {
    let planted = format!("see {}{}notes", MACHINE_WORDS[0].0, MACHINE_WORDS[0].1);
    assert_eq!(machine_words(&planted).len(), 1);
    let files = tracked_files();
    assert!(files.len() > 10);
    for path in files {
        let bytes = fs::read(root().join(&path)).expect("a tracked file is readable");
        let words = machine_words(&String::from_utf8_lossy(&bytes));
        assert!(words.is_empty(), "{path} names {}", words.join(", "));
    }
}

// ---- documents ------------------------------------------------------------------------------

fn documents() -> Vec<String> {
    let page =
        |path: &String| path.ends_with(".md") && (!path.contains('/') || path.starts_with("docs/"));
    tracked_files().into_iter().filter(page).collect()
}

/// The targets of the links in a page that lead to files, without their fragments.
fn linked_files(page: &str) -> Vec<&str> {
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let files = links.map(|(target, _)| target.split('#').next().unwrap_or_default());
    files.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    assert_eq!(linked_files("[a](b.md#c) [d](#e) [f](https://g)"), ["b.md"]);
    let pages = documents();
    for required in ["README.md", "ARCHITECTURE.md", "DESIGN.md", "GLOSSARY.md", "docs/README.md"] {
        assert!(pages.iter().any(|page| page == required), "{required} is missing");
    }
    for page in pages {
        let folder = root().join(&page).parent().expect("a page is in a folder").to_path_buf();
        for target in linked_files(&read(&page)) {
            assert!(folder.join(target).exists(), "{page} links to {target}, which is not there");
        }
    }
}

/// The laws named in a text, as `INV-nn`.
fn laws(text: &str) -> BTreeSet<String> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let numbers = text.split("INV-").skip(1).map(digits).filter(|number| !number.is_empty());
    numbers.map(|number| format!("INV-{number}")).collect()
}

#[test]
fn every_law_a_document_names_is_in_core() {
    assert_eq!(laws("INV-01 and INV-12, not INV-nn").len(), 2);
    let files = sources(|path| path.starts_with("crates/core/src/invariants"));
    let known: BTreeSet<String> = files.iter().flat_map(|path| laws(&read(path))).collect();
    for page in documents() {
        for law in laws(&read(&page)) {
            assert!(known.contains(&law), "{page} names {law}, which core does not declare");
        }
    }
}

/// The texts in single backticks of one line.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Whether a quoted text is a path of the repository rather than code or a command.
fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|c| is_word(c) || matches!(c, '/' | '.' | '-'));
    let ending = [".rs", ".md", ".toml", ".sh", ".mjs"].iter().any(|end| text.ends_with(end));
    plain && !text.contains("..") && (ending || text.contains('/'))
}

#[test]
fn architecture_names_only_what_exists() {
    assert_eq!(quoted("a `b/c` and `d`"), ["b/c", "d"]);
    assert!(is_path("crates/core") && is_path("README.md") && !is_path("evolve"));
    for (at, line) in read("ARCHITECTURE.md").lines().enumerate() {
        let to_come = line.contains("to come");
        for path in quoted(line).into_iter().filter(|text| is_path(text)) {
            let there = root().join(path).exists();
            let shown = format!("ARCHITECTURE.md:{}: {path}", at + 1);
            assert!(there || to_come, "{shown} is not there; mark its line as to come");
            assert!(!(there && to_come), "{shown} has come; drop the mark");
        }
    }
}

/// The modules in the table under "## Core" of ARCHITECTURE.md: name, and whether it is to come.
fn architecture_modules() -> Vec<(String, bool)> {
    let page = read("ARCHITECTURE.md");
    let section = page.split("\n## ").find(|part| part.starts_with("Core"));
    let rows = section.expect("ARCHITECTURE.md has a Core section").lines();
    let rows = rows.filter(|row| row.starts_with("| `"));
    rows.flat_map(|row| {
        let names = quoted(row.split('|').nth(1).unwrap_or_default());
        names.into_iter().map(|name| (name.to_owned(), row.contains("to come")))
    })
    .collect()
}

#[test]
fn architecture_lists_the_modules_of_core() {
    let listed = architecture_modules();
    assert!(listed.len() > 10, "the Core table was read as {listed:?}");
    let source = root().join("crates/core/src");
    for (name, to_come) in &listed {
        let there =
            source.join(format!("{name}.rs")).exists() || source.join(name).join("mod.rs").exists();
        assert!(there || *to_come, "ARCHITECTURE.md lists `{name}`, which is not in core");
        assert!(!(there && *to_come), "`{name}` has come: drop its mark in ARCHITECTURE.md");
    }
    for line in Source::new(&read("crates/core/src/lib.rs")).code {
        let item = line.trim().trim_start_matches("pub ");
        if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            let known = listed.iter().any(|(module, _)| module == name);
            assert!(known, "core has a module `{name}` that ARCHITECTURE.md does not list");
        }
    }
}

#[test]
fn architecture_lists_every_crate() {
    let page = read("ARCHITECTURE.md");
    for entry in fs::read_dir(root().join("crates")).expect("crates is a folder") {
        let path = entry.expect("an entry of crates is readable").path();
        if path.join("Cargo.toml").exists() {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
            assert!(page.contains(&format!("`crates/{name}`")), "crates/{name} is not listed");
        }
    }
    for name in PLANNED {
        assert!(page.contains(&format!("`crates/{name}`")), "crates/{name} is not listed");
    }
}

/// The fast set runs the README's two commands by reading them from there.
#[test]
fn the_fast_set_runs_the_readme() {
    let page = read("README.md");
    let block = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    let commands: Vec<&str> = block.expect("README.md has an sh block").lines().collect();
    assert_eq!(commands.len(), 2, "the first block of README.md holds the two commands");
    assert!(commands[0].starts_with("cargo run "), "{}", commands[0]);
    assert!(commands[1].starts_with("cargo test"), "{}", commands[1]);
    let script = read(".ci/run");
    for call in ["first=$(readme_command 1)", "bash -c \"$first\"", "bash -c \"$second\""] {
        assert!(script.contains(call), ".ci/run does not run the README: {call}");
    }
}
