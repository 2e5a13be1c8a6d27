//! A standing: the proof that one account stands where all accounts of its domain are committed,
//! with the gain it made. It is for whoever wants to know before a loss that he is not left out,
//! and for whoever was not liable after one.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::hash::Digest;
use crate::head::SignedHead;
use crate::header::AccountsHeader;
use crate::leaf::AccountLeaf;
use crate::log::LogPath;
use crate::receipt::{TRUSTED, Unreadable, read, write};
use crate::sum::SumPath;

/// The form of a standing, in its first field.
pub const FORM: &str = "rhodian-standing-1";

/// What of [`TRUSTED`] a standing trusts: all but what is said of shares.
pub const TRUSTED_OF_STANDING: [&str; 3] = [TRUSTED[0], TRUSTED[1], TRUSTED[2]];

/// One account in one commitment, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// [`FORM`].
    pub form: String,
    /// The account's external id.
    pub external_id: String,
    /// What makes its leaf's identity of it.
    pub salt: Digest,
    /// The account as it stood.
    pub account: AccountLeaf,
    /// Where it stands in the tree of accounts.
    pub account_path: SumPath<2>,
    /// The header of that tree.
    pub accounts: AccountsHeader,
    /// Where that stands in the log.
    pub accounts_log: LogPath,
    /// The head of the log.
    pub head: SignedHead,
    /// What is still trusted: [`TRUSTED_OF_STANDING`].
    pub trusted: Vec<String>,
}

impl Standing {
    /// The file: canonical JSON and a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        write(self) + "\n"
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is not a standing in canonical form.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        read(text, FORM, |standing: &Self| &standing.form)
    }
}
