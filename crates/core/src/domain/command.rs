//! What may be asked of domains and layers, and what then happens.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{CauseClass, LayerSpec, RewardFrom, RewardIndex};
use crate::account;
use crate::bounds::MAX_PENDING;
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Name, Time, WaterfallId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;
use crate::waterfall::{Flaw, Step};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Add an asset.
    AddAsset {
        /// Its name.
        name: Name,
        /// Decimals at the doors, at most 30.
        decimals: u8,
    } = 1,
    /// Open a loss domain.
    OpenDomain {
        /// Its name.
        name: Name,
        /// The asset its losses are measured in.
        asset: AssetId,
    } = 2,
    /// Add a layer.
    AddLayer {
        /// The layer.
        spec: LayerSpec,
    } = 3,
    /// Put a waterfall in force for episodes that open from now on.
    SetWaterfall {
        /// The domain.
        domain: DomainId,
        /// The causes it answers.
        class: CauseClass,
        /// The steps, in paying order.
        steps: Vec<Step>,
    } = 4,
    /// An account accepts the terms now in force.
    AcceptTerms {
        /// The domain.
        domain: DomainId,
        /// The account.
        account: AccountId,
    } = 5,
    /// The operator pays into a pot.
    PayIntoLayer {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 6,
    /// An account stakes in a tranche, or contributes to a default fund.
    Stake {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much more, above zero.
        amount: Amount,
    } = 7,
    /// An account asks for stake. Where the layer has a cooldown the stake stays, is drawn on like
    /// any other, and leaves by itself when the cooldown is over and no known loss may draw on the
    /// layer; such a request stands. Without a cooldown it leaves at once, or is refused while a
    /// known loss may draw on the layer.
    Unstake {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much less, above zero.
        amount: Amount,
    } = 8,
    /// The venue gives a reward to those who are staked in a layer, in proportion to their stakes.
    Reward {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// Where it comes from.
        from: RewardFrom,
        /// How much, above zero; nothing for all fees that were booked.
        amount: Option<Amount>,
    } = 9,
    /// An account takes all that it earned in a layer.
    TakeReward {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
    } = 10,
}

/// An internal command: what `duty` names and the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Duty {
    /// A cooldown is over: the stake that was asked for goes to its account.
    PayExit {
        /// The layer.
        layer: LayerId,
        /// When the cooldown ended.
        until: Time,
        /// The account.
        account: AccountId,
    } = 1,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// An asset was added.
    AssetAdded { asset: AssetId, name: Name, decimals: u8 } = 1,
    /// A domain was opened.
    DomainOpened { domain: DomainId, name: Name, asset: AssetId } = 2,
    /// A layer was added.
    LayerAdded { layer: LayerId, spec: LayerSpec } = 3,
    /// A waterfall came into force.
    WaterfallSet { domain: DomainId, class: CauseClass, waterfall: WaterfallId, steps: Vec<Step> } =
        4,
    /// An account accepted a version of the terms.
    TermsAccepted { domain: DomainId, account: AccountId, terms: u32 } = 5,
    /// A pot was paid into.
    LayerPaid { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 6,
    /// Stake came in; `stake` is the account's stake after it.
    Staked {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 7,
    /// Stake went out; `stake` is the account's stake after it.
    Unstaked {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 8,
    /// Stake was asked for; it stays, and is drawn on, until then at least.
    ExitAsked { layer: LayerId, account: AccountId, number: u64, amount: Amount, until: Time } = 9,
    /// An exit is over: as much of it went out as the account had room for; `stake` is the
    /// account's stake after it.
    ExitPaid {
        layer: LayerId,
        account: AccountId,
        until: Time,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 10,
    /// Those who are staked earned; `index` is what an atom of stake has earned since the layer
    /// began.
    Rewarded {
        layer: LayerId,
        number: u64,
        from: RewardFrom,
        asset: AssetId,
        amount: Amount,
        index: RewardIndex,
    } = 11,
    /// An account took what it earned.
    RewardTaken {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        /// In whole atoms.
        amount: Amount,
    } = 12,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let (asset, from, to, amount) = match *self {
            Self::LayerPaid { layer, asset, amount, .. } => {
                (asset, Holder::World, Holder::Layer(layer), amount)
            }
            Self::Staked { layer, account, asset, amount, .. } => {
                (asset, Holder::Account(account), Holder::Layer(layer), amount)
            }
            Self::Unstaked { layer, account, asset, amount, .. }
            | Self::ExitPaid { layer, account, asset, amount, .. } => {
                (asset, Holder::Layer(layer), Holder::Account(account), amount)
            }
            Self::Rewarded { layer, from, asset, amount, .. } => {
                let from = match from {
                    RewardFrom::Outside => Holder::World,
                    RewardFrom::Fees(domain) | RewardFrom::Premia(domain) => Holder::Fees(domain),
                };
                (asset, from, Holder::Rewards(layer), amount)
            }
            Self::RewardTaken { layer, account, asset, amount, .. } => {
                (asset, Holder::Rewards(layer), Holder::Account(account), amount)
            }
            Self::AssetAdded { .. }
            | Self::DomainOpened { .. }
            | Self::LayerAdded { .. }
            | Self::WaterfallSet { .. }
            | Self::TermsAccepted { .. }
            | Self::ExitAsked { .. } => return,
        };
        visit(Transfer { asset, from, to, amount });
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// The table of ids is full.
    TooMany { what: &'static str },
    /// The asset is not known.
    UnknownAsset { asset: AssetId },
    /// The domain is not known.
    UnknownDomain { domain: DomainId },
    /// The layer is not known.
    UnknownLayer { layer: LayerId },
    /// More decimals than a door can show.
    Decimals { found: u8, max: u8 },
    /// The kind cannot take its money from that source.
    KindSource { kind: super::Kind },
    /// A cap of zero: the layer could never pay.
    ZeroCap { layer: Name },
    /// The attachment is empty: the layer could never pay.
    EmptyAttachment { attach: Amount, detach: Amount },
    /// A deadline of zero, or money from outside without a cap.
    Unbounded { layer: Name },
    /// The rule is for comparison: it divides only a few claims exactly.
    ComparisonRule { layer: Name },
    /// Shares on touch need a rule whose level by weight tells each alone, and members' accounts.
    OnTouch { layer: Name },
    /// Only lenders pay from their supply, at once.
    SupplyBasis { layer: Name },
    /// Only holders of a vault pay by shares, at once: from a layer of this kind.
    SharesBasis { layer: Name, kind: super::Kind },
    /// The rule weighs by risk, and nobody reports any on that basis.
    RiskBasis { layer: Name },
    /// The waterfall can never be right.
    Waterfall { flaw: Flaw },
    /// Only a clearing fund's members are called by what they contribute.
    ContributionBasis { layer: Name },
    /// Covers of the domain's pool stand on a layer that they would be left without.
    CoverStands { layer: LayerId },
    /// A clearing fund's layer would not be drawn on by its domain, or would be by another.
    ClearingStands { layer: LayerId },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// The layer has no pot, or participants' stakes are its only way in.
    NotPaidInto { layer: LayerId },
    /// The layer takes no stakes.
    NotStaked { layer: LayerId },
    /// The layer is a clearing fund's, and the account no member of it.
    NotMember { layer: LayerId, account: AccountId },
    /// An episode is open that may draw on the layer.
    EpisodeOpen { layer: LayerId },
    /// A loss that may draw on the layer was approved and may still be challenged, an account
    /// stands below zero in a domain that it stands behind, or its owner's own loss is to be paid.
    LossKnown { layer: LayerId },
    /// The stake stands behind covers, and what may leave is less.
    BacksCover { asked: Amount, room: Amount },
    /// The stake is a clearing member's contribution, and what he has beyond it is less.
    BacksClearing { asked: Amount, room: Amount },
    /// More than the account staked and has not asked for.
    AboveStake { asked: Amount, stays: Amount },
    /// The pot would pass 10^30.
    PotAboveBound { layer: LayerId },
    /// A domain that the layer stands behind owes what no step absorbed: that is paid first.
    DomainOwes { domain: DomainId, owed: Amount },
    /// The layer does not stand behind the domain whose fees it would get.
    NotBehind { layer: LayerId, domain: DomainId },
    /// More than the fees that were booked.
    AboveFees { asked: Amount, booked: Amount },
    /// Nobody is staked who could earn.
    NobodyStaked { layer: LayerId },
    /// The account earned nothing that it has not taken.
    NothingEarned { layer: LayerId, account: AccountId },
    /// What stakers earned and did not take, or what an atom of stake ever earned, would pass its
    /// bound.
    RewardsAboveBound { layer: LayerId },
    /// The asset is a token that is issued: a loss in it could be paid by making more.
    AssetIssued { asset: AssetId },
    /// A waterfall would draw on tokens before the fund that buys them back.
    IssuanceStands { layer: LayerId },
    /// The internal command is not due.
    NotDue,
    /// An account was the obstacle.
    Account(account::Rejection),
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "too-many",
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::Decimals { .. } => "decimals-above-bound",
            Self::KindSource { .. } => "kind-source",
            Self::ZeroCap { .. } => "zero-cap",
            Self::EmptyAttachment { .. } => "empty-attachment",
            Self::Unbounded { .. } => "layer-unbounded",
            Self::ComparisonRule { .. } => "comparison-rule",
            Self::OnTouch { .. } => "on-touch-rule",
            Self::SupplyBasis { .. } => "supply-basis",
            Self::SharesBasis { .. } => "shares-basis",
            Self::RiskBasis { .. } => "risk-basis",
            Self::Waterfall { flaw } => flaw.code(),
            Self::ContributionBasis { .. } => "contribution-basis",
            Self::CoverStands { .. } => "cover-stands",
            Self::ClearingStands { .. } => "clearing-stands",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::NotPaidInto { .. } => "layer-not-paid-into",
            Self::NotStaked { .. } => "layer-not-staked",
            Self::NotMember { .. } => "not-a-member",
            Self::EpisodeOpen { .. } => "episode-open",
            Self::LossKnown { .. } => "loss-known",
            Self::BacksCover { .. } => "backs-cover",
            Self::BacksClearing { .. } => "backs-clearing",
            Self::AboveStake { .. } => "above-stake",
            Self::PotAboveBound { .. } => "pot-above-bound",
            Self::DomainOwes { .. } => "domain-owes",
            Self::NotBehind { .. } => "layer-not-behind",
            Self::AboveFees { .. } => "above-fees",
            Self::NobodyStaked { .. } => "nobody-staked",
            Self::NothingEarned { .. } => "nothing-earned",
            Self::RewardsAboveBound { .. } => "rewards-above-bound",
            Self::AssetIssued { .. } => "asset-issued",
            Self::IssuanceStands { .. } => "issuance-stands",
            Self::NotDue => "not-due",
            Self::Account(rejection) => rejection.code(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { what } => write!(f, "there are too many {what}"),
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::Decimals { found, max } => write!(f, "{found} decimals, allowed: 0 to {max}"),
            Self::KindSource { kind } => {
                write!(f, "a layer of kind {kind:?} cannot take its money from that source")
            }
            Self::ZeroCap { layer } => write!(f, "layer {layer} has a cap of zero: never pays"),
            Self::EmptyAttachment { attach, detach } => {
                write!(f, "attaches at {attach} and detaches at {detach}: nothing between")
            }
            Self::Unbounded { layer } => {
                write!(
                    f,
                    "layer {layer}: what is paid later needs a deadline, money from outside a cap \
                     per event, and a deadline or period is 1 to {MAX_PENDING} milliseconds"
                )
            }
            Self::ComparisonRule { layer } => {
                write!(f, "layer {layer}: its rule is for comparison, it divides only few claims")
            }
            Self::SupplyBasis { layer } => write!(
                f,
                "layer {layer} takes supply: it must be of the kind lender-supply, and take shares \
                 at once from its members"
            ),
            Self::SharesBasis { layer, kind } => write!(
                f,
                "layer {layer} is paid by shares of a vault: it must be of the kind {kind:?}, and \
                 take shares at once from its members"
            ),
            Self::ContributionBasis { layer } => write!(
                f,
                "layer {layer} weighs by contributions: it calls members, and takes nothing at once"
            ),
            Self::RiskBasis { layer } => write!(
                f,
                "layer {layer} weighs by risk: its basis must be reported, with a factor for each"
            ),
            Self::OnTouch { layer } => write!(
                f,
                "layer {layer}: only proportional shares of accounts, without classes, can be \
                 taken on touch"
            ),
            Self::Waterfall { flaw } => flaw.fmt(f),
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::NotPaidInto { layer } => write!(f, "layer {layer} is not paid into"),
            Self::NotStaked { layer } => write!(f, "layer {layer} takes no stakes"),
            Self::EpisodeOpen { layer } => {
                write!(f, "an episode is open that may draw on layer {layer}")
            }
            Self::LossKnown { layer } => write!(
                f,
                "a loss may come to draw on layer {layer}: voted on, approved and open to \
                 challenge, or an account below zero"
            ),
            Self::PotAboveBound { layer } => {
                write!(f, "the pot of layer {layer} would pass 10^30 atoms")
            }
            Self::NotDue => f.write_str("the internal command is not due"),
            Self::Account(rejection) => rejection.fmt(f),
            _ => self.fmt_stake(f),
        }
    }
}

impl Rejection {
    /// Refusals of stakes, and of what they earn, in words.
    fn fmt_stake(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CoverStands { layer } => write!(
                f,
                "a cover pool stands on layer {layer}: each waterfall of its risks names all that \
                 is staked behind it, and one names its fund"
            ),
            Self::ClearingStands { layer } => write!(
                f,
                "a clearing fund stands on layer {layer}: its domain's waterfall for defaults \
                 names it, and no other domain's does"
            ),
            Self::NotMember { layer, account } => {
                write!(f, "layer {layer} is a clearing fund's, account {account} is no member")
            }
            Self::BacksClearing { asked, room } => {
                write!(f, "{asked} asked, the clearing fund's terms leave {room} of the stake")
            }
            Self::BacksCover { asked, room } => {
                write!(f, "{asked} asked, covers leave {room} of what is staked behind them")
            }
            Self::AboveStake { asked, stays } => {
                write!(f, "{asked} asked, {stays} is staked and not asked for yet")
            }
            Self::DomainOwes { domain, owed } => {
                write!(f, "domain {domain} owes {owed}: its debts are paid before stakers earn")
            }
            Self::NotBehind { layer, domain } => {
                write!(f, "layer {layer} does not stand behind domain {domain}")
            }
            Self::AboveFees { asked, booked } => {
                write!(f, "{asked} asked of fees of {booked} that were booked")
            }
            Self::NobodyStaked { layer } => write!(f, "nobody is staked in layer {layer}"),
            Self::NothingEarned { layer, account } => {
                write!(f, "account {account} earned nothing in layer {layer} that it has not taken")
            }
            Self::RewardsAboveBound { layer } => {
                write!(
                    f,
                    "rewards of layer {layer} would pass their bound: too much for so small a stake"
                )
            }
            Self::AssetIssued { asset } => {
                write!(f, "asset {asset} is issued to fill holes: no domain settles in it")
            }
            Self::IssuanceStands { layer } => write!(
                f,
                "layer {layer} would issue tokens while the fund that buys them back could pay: \
                 name the fund in an earlier step"
            ),
            _ => f.write_str(self.code()),
        }
    }
}
