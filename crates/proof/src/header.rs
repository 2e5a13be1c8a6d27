//! What stands beside the trees: of which moment and by which rules, at which prices, and the terms
//! that make gains and losses balance. A header is hashed with the root it names, and its hash is
//! the entry of the log.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, CauseClass};
use rhodian_core::ids::{
    AssetId, CheckpointId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, MarketId, Time,
    WaterfallId,
};
use rhodian_core::units::{Amount, Fraction, Price, SignedAmount};
use serde::{Deserialize, Serialize};

use crate::fixed;
use crate::hash::{Digest, tag, tagged};
use crate::ranked::rank_of;
use crate::rounding::Rounding;
use crate::sum::{Node, Sum};

/// The version of headers and files. A reader refuses any other.
pub const VERSION: u16 = 1;

/// Where weights and caps come from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Basis {
    /// What was reported to the venue.
    Reported = 1,
    /// Session gains, netted by owner.
    SessionGains = 2,
    /// What each lender may claim of the pool.
    Supply = 3,
    /// What a vault's shares would fetch above their entry cost.
    HolderProfit = 4,
    /// What members of a clearing fund are to contribute: they are called.
    Contribution = 5,
    /// What shares of a vault would fetch.
    PoolShares = 6,
    /// What each has staked in a pot.
    Stake = 7,
    /// What was reported to the venue, of members who are called.
    Called = 8,
    /// What of a balance is of a rank, when a domain in settlement takes by ranks.
    Rank = 9,
}

impl Basis {
    /// That of a layer's members, who may be `called`.
    #[must_use]
    pub const fn of(basis: domain::Basis, called: bool) -> Self {
        match basis {
            domain::Basis::Reported if called => Self::Called,
            domain::Basis::Reported => Self::Reported,
            domain::Basis::SessionGains => Self::SessionGains,
            domain::Basis::Supply => Self::Supply,
            domain::Basis::HolderProfit => Self::HolderProfit,
            domain::Basis::Contribution => Self::Contribution,
            domain::Basis::PoolShares => Self::PoolShares,
        }
    }

    /// Whether a division is over all that there is of each, a stake or a claim by rank: no cap is
    /// lower.
    #[must_use]
    pub const fn is_of_size(self) -> bool {
        matches!(self, Self::Stake | Self::Rank)
    }

    /// Whether members are called: what they were called for they may still owe, or never pay.
    #[must_use]
    pub const fn is_called(self) -> bool {
        matches!(self, Self::Contribution | Self::Called)
    }
}

/// How a layer divides over its members.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRule {
    /// The layer.
    pub layer: LayerId,
    /// Its name.
    pub name: String,
    /// The rule.
    pub rule: Rule,
    /// Whether priority classes are read.
    pub classes: bool,
    /// A member's cap as a part of his weight, in millionths.
    pub cap_of_weight: Option<u32>,
    /// Whether shares are rounded up and taken when an account is next touched.
    pub on_touch: bool,
    /// Where weights and caps come from.
    pub basis: Basis,
}

impl LayerRule {
    /// As pots and ranks divide: over what each has there, by its size, and by nothing else.
    pub(crate) const fn by_size(layer: LayerId, name: String, basis: Basis) -> Self {
        let rule = Rule::Proportional;
        Self { layer, name, rule, classes: false, cap_of_weight: None, on_touch: false, basis }
    }
}

/// The waterfall in force for one class of causes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct WaterfallInForce {
    /// The class.
    pub class: CauseClass,
    /// The version.
    pub waterfall: WaterfallId,
    /// The hash of its steps.
    pub steps: Digest,
}

/// A parameter of the domain and its value.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterValue {
    /// Its name.
    pub name: String,
    /// Its value, in its unit.
    pub value: Sum,
}

/// What a market stood at.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct MarketPrice {
    /// The market.
    pub market: MarketId,
    /// The mark.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub mark: Option<Price>,
    /// What a lot was worth, funding included, in atoms.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub lot_value: Option<SignedAmount>,
    /// The same at the reference checkpoint.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub reference: Option<SignedAmount>,
}

/// What gained or lost in the domain beside accounts: gains and losses balance with these. Of a pot:
/// what it holds, and what else is staked in it. Of a settlement by rank: what of the asset stands
/// elsewhere than in accounts, where gains do, and what is owed there, where losses do.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// What: `fees`, `close-out-books`; `pot`, `stakes-beside`; `outside`, `uncovered` and others.
    pub name: String,
    /// What it gained, or nothing.
    pub gain: Sum,
    /// What it lost, or nothing.
    pub loss: Sum,
}

/// All accounts of a domain as they stood when a liable set was fixed, or at a checkpoint; or the
/// stakers of a pot when it was drawn on; or all who hold the asset when ranks were settled.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountsHeader {
    /// The version of the format.
    pub version: u16,
    /// The venue.
    pub origin: String,
    /// The domain.
    pub domain: DomainId,
    /// Its asset.
    pub asset: AssetId,
    /// The episode; nothing at a checkpoint.
    pub episode: Option<EpisodeId>,
    /// The liable set; nothing at a checkpoint.
    pub set: Option<LiableSetId>,
    /// When: the cutoff.
    pub at: Time,
    /// The reference checkpoint: what was gained since then is at stake.
    pub reference: CheckpointId,
    /// When that was.
    pub reference_at: Time,
    /// How each layer of members divides.
    pub layers: Vec<LayerRule>,
    /// The waterfalls in force.
    pub waterfalls: Vec<WaterfallInForce>,
    /// The parameters of the domain.
    pub parameters: Vec<ParameterValue>,
    /// The prices of its markets.
    pub prices: Vec<MarketPrice>,
    /// What balances gains and losses beside accounts.
    pub terms: Vec<Term>,
    /// The number of accounts.
    pub count: u32,
    /// The root of their tree.
    pub root: Node<2>,
}

impl AccountsHeader {
    /// Its hash: the entry of the log.
    #[must_use]
    pub fn hash(&self) -> Digest {
        tagged(tag::ACCOUNTS, self)
    }

    /// Gains and losses, each with its named terms; nothing where a sum passes its bound.
    #[must_use]
    pub fn balance(&self) -> Option<(Sum, Sum)> {
        let [gains, losses] = self.root.sums;
        self.terms.iter().try_fold((gains, losses), |(gains, losses), term| {
            Some((gains.plus(term.gain)?, losses.plus(term.loss)?))
        })
    }

    /// Whether it is of the stakers of a pot: their stakes stand where gains do.
    #[must_use]
    pub fn is_of_stakes(&self) -> bool {
        self.layers.iter().any(|layer| layer.basis == Basis::Stake)
    }

    /// Whether it is of a settlement by rank: what accounts hold stands where gains do. A layer by
    /// the id of a rank says that it is, whatever basis it names.
    #[must_use]
    pub fn is_of_ranks(&self) -> bool {
        let of_rank = |of: &LayerRule| of.basis == Basis::Rank || rank_of(of.layer).is_some();
        self.layers.iter().any(of_rank)
    }

    /// Whether it is of what is divided at once, all that there is of each: then it is of the moment
    /// of the division. A liable set was fixed before.
    #[must_use]
    pub fn is_of_the_moment(&self) -> bool {
        self.is_of_stakes() || self.is_of_ranks()
    }

    /// How `layer` divides.
    #[must_use]
    pub fn layer(&self, layer: LayerId) -> Option<&LayerRule> {
        self.layers.iter().find(|found| found.layer == layer)
    }
}

/// The level of one priority class.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ClassLevel {
    /// The class; 0 where classes are not read.
    pub class: u32,
    /// Its level; nothing where all it can pay is taken, or where the rule has none.
    pub level: Option<Fraction>,
}

/// One division of one layer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionHeader {
    /// The version of the format.
    pub version: u16,
    /// The venue.
    pub origin: String,
    /// The domain.
    pub domain: DomainId,
    /// The episode.
    pub episode: EpisodeId,
    /// The liable set.
    pub set: LiableSetId,
    /// The hash of the header of its accounts, committed before.
    pub accounts: Digest,
    /// The loss.
    pub loss: LossId,
    /// The number its domain gave it.
    pub number: Sum,
    /// The layer, or what stands for a rank.
    pub layer: LayerId,
    /// Which division of the layer under the set it is, from 1; of a rank, of the settlement.
    pub wave: u32,
    /// When.
    pub at: Time,
    /// What was divided now.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub amount: Amount,
    /// What the members had paid under the set before, in all.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub before: Amount,
    /// The levels, by class.
    pub levels: Vec<ClassLevel>,
    /// How shares became whole atoms.
    pub rounding: Rounding,
    /// The number of members.
    pub count: u32,
    /// The root of their tree.
    pub root: Node<3>,
}

impl DivisionHeader {
    /// Its hash: the entry of the log.
    #[must_use]
    pub fn hash(&self) -> Digest {
        tagged(tag::DIVISION, self)
    }

    /// The level of `class`; nothing where none is published for it.
    #[must_use]
    pub fn level(&self, class: u32) -> Option<&ClassLevel> {
        self.levels.iter().find(|level| level.class == class)
    }
}
