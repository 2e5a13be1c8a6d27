//! What the core may not contain, and what to write instead.

use crate::scanner::{Source, is_word, word_positions};

/// Most columns of a line.
pub const COLUMNS: usize = 100;
/// Most lines of a file.
pub const FILE_LINES: usize = 500;
/// Most lines of a function, signature and braces included.
pub const FUNCTION_LINES: usize = 70;

/// What marks an escape; the reason follows on the same line.
const ESCAPE: &str = "style-ok:";

/// How a rule finds its lines.
enum Find {
    /// Any of these, standing alone.
    Words(&'static [&'static str]),
    /// An identifier that begins so.
    Prefix(&'static [&'static str]),
    /// Any of these character sequences.
    Text(&'static [&'static str]),
    /// A macro of one of these names.
    Macro(&'static [&'static str]),
    /// A cast with `as`; not a renamed import and not a qualified path.
    Cast,
    /// A floating-point literal.
    FloatLiteral,
}

/// One banned thing.
struct Rule {
    name: &'static str,
    find: Find,
    instead: &'static str,
    /// Whether code under `#[cfg(test)]` may use it.
    tests_may: bool,
}

const RULES: &[Rule] = &[
    Rule {
        name: "float",
        find: Find::Words(&["f32", "f64"]),
        instead: "use integers: atoms, ticks, lots, millionths",
        tests_may: false,
    },
    Rule {
        name: "float-literal",
        find: Find::FloatLiteral,
        instead: "use integers: atoms, ticks, lots, millionths",
        tests_may: false,
    },
    Rule {
        name: "cast",
        find: Find::Cast,
        instead: "use From, TryFrom or unsigned_abs: a cast loses bits in silence",
        tests_may: true,
    },
    Rule {
        name: "hash-order",
        find: Find::Words(&["HashMap", "HashSet", "hash_map", "hash_set"]),
        instead: "use BTreeMap, BTreeSet or a Vec by dense id: hash order differs between runs",
        tests_may: false,
    },
    Rule {
        name: "clock",
        find: Find::Words(&["Instant", "SystemTime"]),
        instead: "use the `at` of the command's envelope, the only time core knows",
        tests_may: false,
    },
    Rule {
        name: "std-time",
        find: Find::Text(&["std::time", "core::time"]),
        instead: "use milliseconds from the command's envelope",
        tests_may: false,
    },
    Rule {
        name: "randomness",
        find: Find::Words(&["rand", "fastrand", "getrandom", "thread_rng"]),
        instead: "take it as input in a command: core has no randomness",
        tests_may: false,
    },
    Rule {
        name: "saturation",
        find: Find::Prefix(&["saturating_", "Saturating"]),
        instead: "use checked_ with a Rejection, or plain operators under a bound shown beside it",
        tests_may: false,
    },
    Rule {
        name: "wrapping",
        find: Find::Prefix(&["wrapping_", "Wrapping"]),
        instead: "use checked_ with a Rejection, or plain operators under a bound shown beside it",
        // Generators of operands wrap by design.
        tests_may: true,
    },
    Rule {
        name: "unwrap",
        find: Find::Text(&[".unwrap()", ".unwrap_err()"]),
        instead: "return the error, or match with the reason why it cannot be",
        tests_may: true,
    },
    Rule {
        name: "expect",
        find: Find::Text(&[".expect(", ".expect_err("]),
        instead: "return the error, or match with the reason why it cannot be",
        tests_may: true,
    },
    Rule {
        name: "unsafe",
        find: Find::Words(&["unsafe"]),
        instead: "write it in safe code, or in crates/wasm if it is the shim's",
        tests_may: false,
    },
    Rule {
        name: "unfinished-macro",
        find: Find::Macro(&["todo", "unimplemented"]),
        instead: "finish it, or refuse the input with a Rejection",
        tests_may: false,
    },
    Rule {
        name: "printing",
        find: Find::Macro(&["println", "eprintln", "print", "eprint", "dbg"]),
        instead: "return it: core does no I/O",
        tests_may: false,
    },
];

/// Words that no comment or line of code may hold: work left undone.
const UNFINISHED: &[&str] = &["TODO", "FIXME", "XXX"];

/// How much of the style a file is held to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Product,
    /// All of it but what test code may use.
    TestModule,
    /// Lengths and unfinished work only: integration tests and benchmarks.
    LengthsOnly,
}

/// One breach: the line (from 1), the rule's name, and what to do instead.
pub struct Finding {
    pub line: usize,
    pub rule: &'static str,
    pub instead: String,
}

/// The breaches of `text`, in line order.
pub fn check(text: &str, scope: Scope) -> Vec<Finding> {
    let source = Source::new(text);
    let mut found = Vec::new();
    if scope != Scope::LengthsOnly {
        check_words(&source, scope, &mut found);
    }
    check_lengths(&source, &mut found);
    for line in 0..source.code.len() {
        let words = [&source.code[line], &source.comments[line]];
        let left = |word: &&str| words.iter().any(|text| !word_positions(text, word).is_empty());
        if let Some(word) = UNFINISHED.iter().find(|word| left(word)) {
            push(&mut found, line, "unfinished", &format!("finish it, then drop the word {word}"));
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

fn push(found: &mut Vec<Finding>, line: usize, rule: &'static str, instead: &str) {
    found.push(Finding { line: line + 1, rule, instead: instead.to_owned() });
}

fn check_words(source: &Source, scope: Scope, found: &mut Vec<Finding>) {
    let tests = source.test_lines();
    let imports = import_lines(source);
    for line in 0..source.code.len() {
        let in_test = scope == Scope::TestModule || tests[line];
        let hits: Vec<&Rule> = RULES
            .iter()
            .filter(|rule| !(in_test && rule.tests_may))
            .filter(|rule| hit(&rule.find, &source.code[line], imports[line]))
            .collect();
        match escape(&source.comments[line]) {
            Some(reason) if reason.starts_with("length,") => {}
            Some("") => push(found, line, "escape-without-reason", "say why after `style-ok:`"),
            Some(_) if hits.is_empty() => {
                push(found, line, "escape-unused", "drop it: nothing on this line is refused");
            }
            Some(_) => continue,
            None => {}
        }
        for rule in hits {
            push(found, line, rule.name, rule.instead);
        }
    }
}

/// The reason of the escape in a comment, if it holds one.
fn escape(comment: &str) -> Option<&str> {
    comment.split_once(ESCAPE).map(|(_, reason)| reason.trim())
}

/// Whether a comment excuses a length, with a reason.
fn excuses_length(comment: &str) -> bool {
    let reason = escape(comment).and_then(|reason| reason.strip_prefix("length,"));
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

fn check_lengths(source: &Source, found: &mut Vec<Finding>) {
    for (line, raw) in source.raw.iter().enumerate() {
        if raw.chars().count() > COLUMNS {
            push(found, line, "line-length", &format!("break it: at most {COLUMNS} columns"));
        }
    }
    // A file's excuse stands in its header: the comments before its first code.
    let header = source.code.iter().take_while(|code| code.trim().is_empty()).count();
    let excused = source.comments[..header].iter().any(|comment| excuses_length(comment));
    if source.raw.len() > FILE_LINES && !excused {
        let lines = source.raw.len();
        push(found, 0, "file-length", &format!("split it: {lines} lines, at most {FILE_LINES}"));
    }
    for (start, end, name) in source.functions() {
        let lines = end - start + 1;
        if lines > FUNCTION_LINES && !function_excused(source, start) {
            let instead = format!("split fn {name}: {lines} lines, at most {FUNCTION_LINES}");
            push(found, start, "function-length", &instead);
        }
    }
}

/// Whether the line of `fn`, or the comments and attributes right above it, excuse its length.
fn function_excused(source: &Source, start: usize) -> bool {
    let above = (0..start).rev().take_while(|&line| {
        let code = source.code[line].trim();
        let comment = !source.comments[line].trim().is_empty();
        (code.is_empty() && comment) || code.starts_with("#[")
    });
    above.chain([start]).any(|line| excuses_length(&source.comments[line]))
}

fn hit(find: &Find, code: &str, import: bool) -> bool {
    match find {
        Find::Words(words) => words.iter().any(|word| !word_positions(code, word).is_empty()),
        Find::Prefix(prefixes) => prefixes
            .iter()
            .any(|prefix| code.match_indices(prefix).any(|(at, _)| !code[..at].ends_with(is_word))),
        Find::Text(texts) => texts.iter().any(|text| code.contains(text)),
        Find::Macro(names) => names.iter().any(|name| {
            let calls = word_positions(code, name);
            calls.iter().any(|at| code[at + name.len()..].trim_start().starts_with('!'))
        }),
        Find::Cast => !import && word_positions(code, "as").iter().any(|&at| is_cast(code, at)),
        Find::FloatLiteral => has_float_literal(code),
    }
}

/// Which lines belong to a `use` or `extern crate` item, where `as` renames.
fn import_lines(source: &Source) -> Vec<bool> {
    let mut inside = false;
    let mark = |code: &String| {
        let item = code.trim_start();
        let item = match item.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(')').map_or("", |part| part.1),
            Some(rest) => rest,
            None => item,
        };
        let item = item.trim_start();
        inside |= item.starts_with("use ") || item.starts_with("extern crate ");
        let import = inside;
        inside &= !code.contains(';');
        import
    };
    source.code.iter().map(mark).collect()
}

const PRIMITIVES: &[&str] = &[
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "char",
    "f32", "f64", "_",
];

/// Whether the `as` at byte `at` is a cast: its target is primitive or a pointer, or it does not
/// stand inside the `<Type as Trait>` of a qualified path.
fn is_cast(code: &str, at: usize) -> bool {
    let target = code[at + 2..].trim_start();
    let word: String = target.chars().take_while(|&c| is_word(c)).collect();
    if PRIMITIVES.contains(&word.as_str()) || target.starts_with(['*', '&']) {
        return true;
    }
    let mut depth = 0i32;
    let mut after = ' ';
    for c in code[..at].chars().rev() {
        match c {
            '<' if depth == 0 => return false,
            '<' => depth -= 1,
            '>' => depth += 1,
            // The `>` of an arrow closed nothing.
            '-' | '=' if after == '>' => depth -= 1,
            _ => {}
        }
        after = c;
    }
    true
}

/// Whether `code` holds a literal such as `0.5`, `2.` or `1e9`; `tuple.0.1` and `0..5` are not.
fn has_float_literal(code: &str) -> bool {
    let chars: Vec<char> = code.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let fresh = at == 0 || !(is_word(chars[at - 1]) || chars[at - 1] == '.');
        let range = at > 1 && chars[at - 1] == '.' && chars[at - 2] == '.';
        if !(chars[at].is_ascii_digit() && (fresh || range)) {
            at += 1;
            continue;
        }
        let digits: String = chars[at..].iter().take_while(|&&c| is_word(c)).collect();
        at += digits.chars().count();
        let (dot, next) = (chars.get(at) == Some(&'.'), chars.get(at + 1).copied());
        let names_field = next.is_some_and(|c| c == '.' || c.is_alphabetic() || c == '_');
        let exponent = !digits.starts_with("0x")
            && digits.contains(['e', 'E'])
            && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, 'e' | 'E' | '_'));
        if exponent || (dot && !names_field) {
            return true;
        }
    }
    false
}
