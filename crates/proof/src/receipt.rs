//! A receipt: one file that holds what a small verifier needs to compute one participant's share of
//! one loss again, and nothing of others but hashes and sums.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::hash::Digest;
use crate::head::SignedHead;
use crate::header::{AccountsHeader, DivisionHeader};
use crate::leaf::{AccountLeaf, ShareLeaf};
use crate::log::LogPath;
use crate::sum::SumPath;

/// The form of a receipt, in its first field.
pub const FORM: &str = "rhodian-receipt-1";

/// What a proof does not show, in words: it stands in every receipt and in every report.
pub const TRUSTED: [&str; 7] = [
    "fills: that the trades the venue booked for you and for others took place",
    "prices: that the marks in the header are what their sources said",
    "losers: that no loser in the list of accounts was invented",
    "caps: where a cap at the division is below the frozen one, that the account held no more then",
    "divisions: that this is the only division of its wave; another that differs is evidence",
    "earlier: that what was paid before is what earlier waves took; an auditor checks it with the \
     episode file",
    "others: that the others' shares follow the rule; each can check his own, and an auditor all \
     of them with the episode file",
];

/// One participant's share of one division, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`FORM`].
    pub form: String,
    /// The account's external id.
    pub external_id: String,
    /// What makes its leaf's identity of it.
    pub salt: Digest,
    /// The account when the liable set was fixed.
    pub account: AccountLeaf,
    /// Where it stands in the tree of accounts.
    pub account_path: SumPath<2>,
    /// The header of that tree.
    pub accounts: AccountsHeader,
    /// Where that stands in the log.
    pub accounts_log: LogPath,
    /// The share.
    pub share: ShareLeaf,
    /// Where it stands in the tree of shares.
    pub share_path: SumPath<3>,
    /// The header of that tree.
    pub division: DivisionHeader,
    /// Where that stands in the log.
    pub division_log: LogPath,
    /// The head of the log.
    pub head: SignedHead,
    /// What is still trusted: [`TRUSTED`].
    pub trusted: Vec<String>,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not JSON of this form.
    Json {
        /// What is wrong, in words, with line and column.
        why: String,
    },
    /// It is another form or version.
    Form {
        /// What it says it is.
        found: String,
        /// What is read.
        wanted: &'static str,
    },
    /// It says the same in another way than the one that is allowed: spaces, another order of
    /// fields, a number written otherwise.
    NotCanonical,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { why } => f.write_str(why),
            Self::Form { found, wanted } => write!(f, "its form is {found:?}, not {wanted:?}"),
            Self::NotCanonical => f.write_str("it is not in the one canonical form"),
        }
    }
}

impl core::error::Error for Unreadable {}

/// A value in canonical JSON: fields in order, no spaces.
pub(crate) fn write(value: &impl Serialize) -> String {
    // Plain data with text keys always has a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads canonical JSON of one form, a line feed at the end allowed.
pub(crate) fn read<T: Serialize + DeserializeOwned>(
    text: &str,
    wanted: &'static str,
    form: fn(&T) -> &str,
) -> Result<T, Unreadable> {
    let value = serde_json::from_str(text);
    let value: T = value.map_err(|error| Unreadable::Json { why: error.to_string() })?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    if write(&value) != line {
        return Err(Unreadable::NotCanonical);
    }
    match form(&value) {
        found if found == wanted => Ok(value),
        found => Err(Unreadable::Form { found: found.into(), wanted }),
    }
}

impl Receipt {
    /// The file: canonical JSON and a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        write(self) + "\n"
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is not a receipt in canonical form.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        read(text, FORM, |receipt: &Self| &receipt.form)
    }
}
