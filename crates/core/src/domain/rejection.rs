//! Why a command about domains and layers is refused.

use core::fmt;

use serde::Serialize;

use crate::account;
use crate::bounds::MAX_PENDING;
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Name};
use crate::units::Amount;
use crate::waterfall::Flaw;

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
    /// A table says where the fees of the domain go.
    FeesDivided { domain: DomainId },
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
            Self::FeesDivided { .. } => "fees-divided",
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
            Self::FeesDivided { domain } => {
                write!(f, "a table says where the fees of domain {domain} go")
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
