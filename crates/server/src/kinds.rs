//! Every kind of command and event there is, with its words, read from core's own description of
//! itself: what is added to core is here without anyone writing it down again.

use std::sync::OnceLock;

use rhodian_core::engine::{Action, Event};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// A kind of command or event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The area of core.
    pub area: String,
    /// Its name in the area; empty where the area has one kind only.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
}

/// Every kind of event.
pub fn events() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| kinds::<Event>("fact", "event"))
}

/// Every kind of command, the engine's own included.
pub fn commands() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| kinds::<Action>("command", "do"))
}

/// The area, name and words of an event.
#[must_use]
pub fn of(event: &Value) -> Option<&'static Kind> {
    let (area, name) = (event["area"].as_str()?, event["fact"]["event"].as_str().unwrap_or(""));
    events().iter().find(|kind| kind.area == area && kind.name == name)
}

/// The variants of `T`, an enum of areas, whose `content` is an enum tagged by `tag`.
fn kinds<T: JsonSchema>(content: &str, tag: &str) -> Vec<Kind> {
    let schema = schema_for!(T).to_value();
    let mut found = Vec::new();
    for area in schema["oneOf"].as_array().into_iter().flatten() {
        let name = area["properties"]["area"]["const"].as_str().unwrap_or_default();
        let inner = area["properties"][content]["$ref"].as_str();
        let inner = inner.and_then(|path| path.strip_prefix("#/$defs/"));
        let variants = inner.and_then(|inner| schema["$defs"][inner]["oneOf"].as_array());
        match variants {
            Some(variants) => found.extend(variants.iter().map(|one| Kind {
                area: name.to_owned(),
                name: named(one, tag),
                about: about(one),
            })),
            None => found.push(Kind {
                area: name.to_owned(),
                name: String::new(),
                about: name.replace('-', " "),
            }),
        }
    }
    found
}

fn named(variant: &Value, tag: &str) -> String {
    let name = variant["properties"][tag]["const"].as_str();
    let name = name.or_else(|| variant["properties"]["duty"]["const"].as_str());
    name.unwrap_or_default().to_owned()
}

/// The description on one line.
fn about(variant: &Value) -> String {
    let text = variant["description"].as_str().unwrap_or_default();
    text.replace('`', "").split_whitespace().collect::<Vec<&str>>().join(" ")
}
