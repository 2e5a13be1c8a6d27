//! The leaves: one account as it stood, and one share of one division.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::ids::{AccountId, LayerId, OwnerId};
use rhodian_core::units::{Amount, Fraction};
use serde::{Deserialize, Serialize};

use crate::fixed;
use crate::hash::{Digest, sha256, tag};
use crate::sum::{Accounts, Leaf, Shares, Sum};

/// An account's frozen claim on one layer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct LayerClaim {
    /// The layer.
    pub layer: LayerId,
    /// The frozen weight.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub weight: Amount,
    /// The frozen cap.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub cap: Amount,
    /// The frozen place in a queue.
    pub score: i64,
    /// The frozen risk factor, in millionths.
    pub risk: u64,
    /// The frozen priority class.
    pub class: u32,
}

/// One account as it stood.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountLeaf {
    /// The account.
    pub account: AccountId,
    /// Its owner: gains are netted over his accounts.
    pub owner: OwnerId,
    /// Who it is, salted: the leaf of another tells nobody's name.
    pub identity: Digest,
    /// What it gained in the domain since the reference checkpoint, or nothing; of a pot, its stake;
    /// of a settlement by rank, what it holds.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub gain: Amount,
    /// What it lost in the domain since then, or nothing; of a settlement, what it owes.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub loss: Amount,
    /// What its owner gained in the domain since then, netted over all his accounts, or nothing:
    /// his claims weigh that, on whichever of his accounts they stand. Of a pot, its stake;
    /// of a settlement, its claims of all ranks.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub netted: Amount,
    /// Whether its owner is an affiliate of the operator.
    pub affiliate: bool,
    /// What it is liable for, by layer; empty at a checkpoint.
    pub claims: Vec<LayerClaim>,
}

impl AccountLeaf {
    /// Its claim on `layer`.
    #[must_use]
    pub fn claim(&self, layer: LayerId) -> Option<&LayerClaim> {
        self.claims.iter().find(|claim| claim.layer == layer)
    }
}

impl Leaf<2> for AccountLeaf {
    type Tree = Accounts;

    fn sums(&self) -> [Sum; 2] {
        [self.gain.into(), self.loss.into()]
    }
}

/// One share of one division.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ShareLeaf {
    /// The account.
    pub account: AccountId,
    /// Who it is, salted: the same as in its account's leaf.
    pub identity: Digest,
    /// Its place among the members, in claim order from 0: ties are broken by it.
    pub place: u32,
    /// Its cap at the division: the frozen one, or what it could pay in all, if that was less.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub cap: Amount,
    /// What it had paid before.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub paid: Amount,
    /// Its exact cumulative share, the whole part.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub whole: Amount,
    /// The rest of it, in lowest terms.
    pub rest: Fraction,
    /// What rounding down makes it pay now.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub floor: Amount,
    /// What it pays now.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub share: Amount,
}

impl Leaf<3> for ShareLeaf {
    type Tree = Shares;

    fn sums(&self) -> [Sum; 3] {
        [self.share.into(), self.floor.into(), self.paid.into()]
    }
}

/// What an external id becomes in a leaf.
#[must_use]
pub fn identity(salt: &Digest, external_id: &str) -> Digest {
    sha256(&[tag::IDENTITY, &salt.0, external_id.as_bytes()])
}
