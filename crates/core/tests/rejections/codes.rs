//! The reasons for refusals as the sources declare them, so that a new one without a case fails.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};

/// Variants of an enum of reasons, each with its code; none where what it wraps says it.
pub type Arms = BTreeMap<&'static str, Option<&'static str>>;

/// The arms of `fn code` of a source file.
pub fn arms(source: &'static str) -> Arms {
    let (_, body) = source.split_once("pub const fn code").expect("a function of codes");
    let (body, _) = body.split_once("\n    }\n").expect("its end");
    // An arm may be broken over lines: it ends where the next begins.
    let arms = body.split("Self::").skip(1);
    arms.map(|arm| (word(arm), arm.split('"').nth(1))).collect()
}

/// The codes that `fn code` of a source file gives itself.
pub fn codes(source: &'static str) -> BTreeSet<&'static str> {
    arms(source).into_values().flatten().collect()
}

/// The variants of the enum `name` of a source file, where they have no codes.
pub fn variants(source: &'static str, name: &str) -> Arms {
    let (_, body) = source.split_once(&format!("pub enum {name} {{\n")).expect("an enum");
    let (body, _) = body.split_once("\n}\n").expect("its end");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    lines
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| (word(line), None))
        .collect()
}

/// The word that `text` begins with.
pub fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

#[test]
fn arms_and_variants_are_read() {
    let source = "pub const fn code(&self) -> &str {\n        match self {\n            \
                  Self::A { .. } => \"a\",\n            Self::B(x) => x.code(),\n            \
                  Self::C => {\n                \"c-d\"\n            }\n        }\n    }\n}\n\
                  pub enum Flaw {\n    /// Why.\n    A { x: u8 },\n    Bc,\n    D {\n        \
                  y: u8,\n    },\n}\n";
    assert_eq!(arms(source), [("A", Some("a")), ("B", None), ("C", Some("c-d"))].into());
    assert_eq!(codes(source), ["a", "c-d"].into());
    assert_eq!(variants(source, "Flaw"), [("A", None), ("Bc", None), ("D", None)].into());
}
