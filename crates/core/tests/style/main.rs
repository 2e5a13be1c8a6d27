//! The style of the core, as a test: it reads the sources and refuses what the core may not hold.
//!
//! A line that needs the refused thing says why: `// style-ok: reason`. A long file or function
//! says so above itself: `// style-ok: length, reason`.

mod rules;
mod scanner;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{COLUMNS, FILE_LINES, FUNCTION_LINES, Scope, check};

/// All Rust files under `folder`, in path order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.expect("a folder of the repository is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A module of tests in a file of its own is test code throughout.
fn product_scope(path: &Path) -> Scope {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let test_module = stem == "tests" || stem.ends_with("_tests");
    if test_module { Scope::TestModule } else { Scope::Product }
}

fn breaches(folder: &str, scope: impl Fn(&Path) -> Scope) -> (usize, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join(folder));
    let mut lines = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).expect("a source file is UTF-8");
        let shown = path.strip_prefix(root).unwrap_or(path).display();
        for finding in check(&text, scope(path)) {
            let (line, rule, instead) = (finding.line, finding.rule, finding.instead);
            lines.push(format!("crates/core/{shown}:{line}: {rule}: {instead}"));
        }
    }
    (files.len(), lines)
}

#[test]
fn core_keeps_the_style() {
    let (read, lines) = breaches("src", product_scope);
    assert!(read >= 4, "only {read} files were read under crates/core/src");
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn tests_and_benchmarks_keep_the_lengths() {
    for folder in ["tests", "benches"] {
        let (_, lines) = breaches(folder, |_| Scope::LengthsOnly);
        assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
    }
}

/// The names of the rules that `text` breaks, in line order.
fn found(text: &str, scope: Scope) -> Vec<&'static str> {
    check(text, scope).iter().map(|finding| finding.rule).collect()
}

#[track_caller]
fn expect(name: &str, text: &str, rules: &[&str]) {
    assert_eq!(found(text, Scope::Product), rules, "case: {name}\n{text}");
}

/// Each banned thing, found once and by its name.
#[test]
fn each_banned_thing_is_found() {
    let cases: &[(&str, &str, &str)] = &[
        ("a float type", "fn f(x: f64) {}", "float"),
        ("a small float type", "type T = f32;", "float"),
        ("a float literal", "const HALF: T = 0.5;", "float-literal"),
        ("a float literal without a fraction", "const TWO: T = 2.;", "float-literal"),
        ("an exponent", "const BIG: T = 1e9;", "float-literal"),
        ("a cast", "let y = x as u64;", "cast"),
        ("a cast to an inferred type", "let y = x as _;", "cast"),
        ("a cast to an alias", "let y = x as Index;", "cast"),
        ("a cast beside a comparison", "if a < b as usize {}", "cast"),
        ("a cast after a generic call", "let y = f::<u8>(x) as Index;", "cast"),
        ("a hash map", "let m: HashMap<u8, u8> = x;", "hash-order"),
        ("a hash set", "use hashbrown::HashSet;", "hash-order"),
        ("a clock", "let now = Instant::now();", "clock"),
        ("a wall clock", "let now = SystemTime::now();", "clock"),
        ("the time module", "use std::time::Duration;", "std-time"),
        ("randomness", "let x = rand::random();", "randomness"),
        ("saturation", "let x = a.saturating_sub(b);", "saturation"),
        ("wrapping", "let x = a.wrapping_add(b);", "wrapping"),
        ("a wrapping type", "let x = Wrapping(3);", "wrapping"),
        ("unwrap", "let x = y.unwrap();", "unwrap"),
        ("unwrap on its own line", "let x = y\n    .unwrap();", "unwrap"),
        ("expect", "let x = y.expect(\"is there\");", "expect"),
        ("unsafe", "unsafe { f() }", "unsafe"),
        ("an unfinished body", "fn f() { todo!() }", "unfinished-macro"),
        ("an unimplemented body", "fn f() { unimplemented!() }", "unfinished-macro"),
        ("a note in a comment", "// TODO: the rest", "unfinished"),
        ("a note in a doc comment", "/// FIXME later", "unfinished"),
        ("printing", "println!(\"x\");", "printing"),
        ("debugging", "let x = dbg!(y);", "printing"),
        ("an escape without a reason", "let x = 1; // style-ok:", "escape-without-reason"),
        ("an escape of nothing", "let x = 1; // style-ok: reason", "escape-unused"),
        ("code after a block comment", "/* a */ let x = y.unwrap(); /* b */", "unwrap"),
        ("code after a string", "let x = f(\"//\").unwrap();", "unwrap"),
        ("code after a quote character", "let x = f('\"').unwrap(); // \"", "unwrap"),
        ("code after an escaped quote", "let x = f('\\'', \"\\\"\").unwrap();", "unwrap"),
        ("code after a lifetime", "fn f<'a>(x: &'a T) { x.unwrap() }", "unwrap"),
        ("code after a raw string", "let x = f(r#\"a \" b\"#).unwrap();", "unwrap"),
        ("code after a test module", "#[cfg(test)]\nmod t { }\nf().unwrap();", "unwrap"),
        ("saturation in a test", "#[cfg(test)]\nfn t() { a.saturating_sub(b); }", "saturation"),
        ("a float in a test", "#[cfg(test)]\nmod t { const X: f64 = y; }", "float"),
    ];
    for (name, text, rule) in cases {
        expect(name, text, &[rule]);
    }
}

/// What only looks like a banned thing is left alone.
#[test]
fn nothing_else_is_found() {
    let cases: &[(&str, &str)] = &[
        ("comments", "// x as u64, f64, .unwrap()\n/* HashMap /* rand */ unsafe */"),
        ("doc comments", "/// assert_eq!(Amount::new(12).unwrap().atoms(), 12);"),
        ("strings", "let s = \"f64 as .unwrap() unsafe\";"),
        ("strings over lines", "let s = \"f64\n  .unwrap()\n  rand\";"),
        ("raw strings", "let s = br##\"f64 \"# rand\"##;"),
        ("a renamed import", "use a::{b as c,\n    d as e};"),
        ("a renamed public import", "pub(crate) use a::b as c;"),
        ("a qualified path", "let x = <Vec<u8> as Trait>::f(y);"),
        ("a qualified path after an arrow", "fn f() -> <T as Trait>::Out {}"),
        ("longer words", "let grand = operand + f640 + unsafe_code + basic;"),
        ("forbidding unsafe code", "#![forbid(unsafe_code)]"),
        ("ranges and tuple fields", "for i in 0..5 { x.0.1 + 1.max(2) + 0x1e9 }"),
        ("other unwraps", "let x = y.unwrap_or(0).unwrap_or_default();"),
        (
            "test code",
            "#[cfg(test)]\nmod t {\n fn f() { x.unwrap(); y as u8; z.wrapping_mul(3); }\n}",
        ),
        ("an escape with a reason", "let x = y as u8; // style-ok: the discriminant, below 12"),
    ];
    for (name, text) in cases {
        expect(name, text, &[]);
    }
}

#[test]
fn a_module_of_tests_may_cast_and_unwrap_only() {
    let text = "let x = y.unwrap() as u8;\nlet m: HashMap<u8, u8> = z;";
    assert_eq!(found(text, Scope::TestModule), ["hash-order"]);
    assert!(product_scope(Path::new("src/ledger/tests.rs")) == Scope::TestModule);
    assert!(product_scope(Path::new("src/contests.rs")) == Scope::Product);
}

/// A function of `lines` lines in all.
fn function(lines: usize) -> String {
    format!("fn f()\nwhere\n    [u8; {{ 1 }}]: Sized,\n{{\n{}}}\n", "    g();\n".repeat(lines - 5))
}

#[test]
fn lengths_are_measured_to_the_line() {
    let long = function(FUNCTION_LINES + 1);
    expect("a function at the limit", &function(FUNCTION_LINES), &[]);
    expect("a function above it", &long, &["function-length"]);
    expect("a brace in a string", &long.replace("g();", "g(\"}\");"), &["function-length"]);
    expect("a brace in a character", &long.replace("g();", "g('}');"), &["function-length"]);
    expect("a brace in a comment", &long.replace("g();", "g(); // }"), &["function-length"]);
    let excused = format!("// style-ok: length, one table\n#[inline]\n{long}");
    expect("an excused function", &excused, &[]);
    expect("an excuse without a reason", &excused.replace(" one table", ""), &["function-length"]);
    expect("someone else's excuse", &format!("{excused}{long}"), &["function-length"]);
    expect("a declaration", "trait T {\n    fn f(&self);\n}\n", &[]);

    let line = |columns: usize| format!("//{}\n", "é".repeat(columns - 2));
    expect("a line at the limit", &line(COLUMNS), &[]);
    expect("a line above it", &line(COLUMNS + 1), &["line-length"]);

    let file = "fn f() {}\n".repeat(FILE_LINES);
    expect("a file at the limit", &file, &[]);
    expect("a file above it", &format!("{file}\n"), &["file-length"]);
    let excused = format!("//! Doc.\n// style-ok: length, a table\n{file}");
    expect("an excused file", &excused, &[]);
    expect("an excuse below the code", &format!("{file}{excused}"), &["file-length"]);
}

#[test]
fn tests_are_held_to_lengths_only() {
    assert!(found("let x = y.unwrap() as f64;", Scope::LengthsOnly).is_empty());
    let long = function(FUNCTION_LINES + 1);
    assert_eq!(found(&long, Scope::LengthsOnly), ["function-length"]);
}
