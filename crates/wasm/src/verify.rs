//! The check of a receipt: the same code as everywhere else, in the browser.

use rhodian_proof::hash::Digest;
use rhodian_proof::log::HeadFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::{self, Policy};
use serde::Deserialize;

/// What whoever checks knows from elsewhere: the first line of the question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The venue's public key.
    key: Digest,
    /// The witnesses he knows.
    #[serde(default)]
    witnesses: Vec<Digest>,
    /// How many of them must have signed.
    #[serde(default)]
    needed: usize,
    /// A second head.
    #[serde(default)]
    head: Option<HeadFile>,
}

/// Checks a receipt: `question` is a line of JSON with what is known (`key`, and if wanted
/// `witnesses`, `needed`, `head`), then the receipt as the venue wrote it. Says whether it is
/// proven, and the checks as JSON.
///
/// # Errors
///
/// What cannot be read, in words.
pub fn verify(question: &str) -> Result<(bool, String), String> {
    let (known, receipt) = question.split_once('\n').ok_or("a line of what is known is missing")?;
    let known: Known = serde_json::from_str(known).map_err(|error| format!("known: {error}"))?;
    let receipt = Receipt::from_json(receipt).map_err(|error| format!("receipt: {error}"))?;
    let Known { key, witnesses, needed, head } = known;
    let report = verify::receipt(&receipt, &Policy { key, witnesses, needed, head, since: None });
    let text = serde_json::to_string(&report).map_err(|error| error.to_string())?;
    Ok((report.is_good(), text))
}
