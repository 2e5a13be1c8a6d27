//! The two sides of a trade.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, LossId};
use crate::ledger::Holder;

/// Who trades: a participant's account, or the close-out book of a loss.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Party {
    /// A participant's account.
    Account(AccountId) = 1,
    /// A close-out book.
    Book(LossId) = 2,
}

impl Party {
    /// The party's ledger account.
    #[must_use]
    pub const fn holder(self) -> Holder {
        match self {
            Self::Account(account) => Holder::Account(account),
            Self::Book(loss) => Holder::Book(loss),
        }
    }

    /// The loss whose book it is, if it is one.
    #[must_use]
    pub const fn loss(self) -> Option<LossId> {
        match self {
            Self::Account(_) => None,
            Self::Book(loss) => Some(loss),
        }
    }
}
