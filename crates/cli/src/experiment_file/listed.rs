//! Lists of an experiment file: how many entries they may have, and names that stand once.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

/// Refuses a list that is too short or too long.
pub(super) fn counted<T>(
    words: &Words<'_>,
    list: &At<Vec<T>>,
    what: &str,
    (least, most): (usize, usize),
) -> Result<(), Diagnostic> {
    let count = list.value.len();
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let message = format!("{what} has {count} entries");
    let help = "`rhodian init experiment` prints one of each kind.";
    let allowed = format!("{least} to {most}");
    Err(words.refuse(format!("{what}-count"), message, help, &list.place, allowed))
}

/// A name that none before it has.
pub(super) fn new_name(
    words: &Words<'_>,
    at: &At<String>,
    what: &str,
    taken: &mut BTreeSet<String>,
) -> Result<String, Diagnostic> {
    let name = words.name(at, "name")?.as_str().to_owned();
    if taken.insert(name.clone()) {
        return Ok(name);
    }
    let message = format!("{what} \"{name}\" stands twice");
    let help = format!("give every {what} a name of its own.");
    Err(words.refuse(format!("{what}-twice"), message, help, &at.place, "a new name"))
}
