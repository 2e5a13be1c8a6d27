//! Why a command about losses may be refused.

use core::fmt;

use serde::Serialize;

use super::BountyFlaw;
use crate::account;
use crate::allocation::AllocationError;
use crate::domain::{self, CauseClass};
use crate::ids::{AccountId, DomainId, LayerId, LossId, Time};
use crate::units::Amount;

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LossRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// There is no such layer.
    UnknownLayer { layer: LayerId },
    /// There is no such loss.
    UnknownLoss { loss: LossId },
    /// The table of ids is full.
    TooMany { what: &'static str },
    /// The loss's number is known in this domain: a loss is recognised once.
    LossAlreadyReported { number: u64, loss: LossId },
    /// Numbers from there on are the engine's own, for losses it finds itself.
    NumberReserved { number: u64, below: u64 },
    /// The domain has no waterfall for this class of causes.
    NoWaterfall { domain: DomainId, class: CauseClass },
    /// Stakers of the domain's cover pool vote on what is lost so: it is reported there.
    ForAVote { domain: DomainId, class: CauseClass },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// The layer divides over no members, so it has no basis.
    NoBasis { layer: LayerId },
    /// An account was reported twice in one report.
    AccountTwice { account: AccountId },
    /// A risk factor above its bound.
    RiskAboveBound { account: AccountId, risk: u64, max: u64 },
    /// Weights times risks of the layer would sum above 10^38.
    EffectiveWeights { layer: LayerId },
    /// The account has an open loss already.
    AlreadyFailed { account: AccountId, loss: LossId },
    /// Margin above what the failed account holds, or above the loss.
    MarginAboveHeld { margin: Amount, held: Amount },
    /// A set-off from an account of another owner, or from the failed account itself.
    SetOffNotOwners { account: AccountId },
    /// The loss is not at the stage the command needs.
    Stage { loss: LossId, needs: &'static str },
    /// Stakers vote on what is claimed: nobody else approves it.
    VotedOn { loss: LossId },
    /// The reporter cannot approve his own report.
    SameApprover { loss: LossId },
    /// The time to challenge is over.
    ChallengeOver { loss: LossId, until: Time },
    /// No such draw is pending.
    NotPending { loss: LossId, layer: LayerId },
    /// More than the draw still asks for.
    AboveDraw { asked: Amount, open: Amount },
    /// A call is paid by its members, proceeds come from outside.
    WrongPayer { layer: LayerId },
    /// The account is not called, or did not accept the domain's terms.
    NotMember { account: AccountId },
    /// More than the member is called for.
    AboveCall { asked: Amount, open: Amount },
    /// More came back than was borne.
    RecoveryAboveClaims { asked: Amount, open: Amount },
    /// No waterfall of the domain names the layer.
    NotBehind { layer: LayerId, domain: DomainId },
    /// A table says where the fees of the domain go.
    FeesDivided { domain: DomainId },
    /// More than was booked as fees of the domain's trades.
    AboveFees { asked: Amount, booked: Amount },
    /// The terms of a bounty can never be right.
    BountyFlaw { flaw: BountyFlaw },
    /// What is to pay bounties is no pot of the house in the domain's asset.
    NotAPot { layer: LayerId },
    /// The domain pays nothing to those who watch.
    NoBounty { domain: DomainId },
    /// The hash names no evidence.
    NoEvidence,
    /// Somebody gave notice of the event before.
    AlreadyNoticed { by: AccountId },
    /// The event was reported already.
    EventReported { loss: LossId },
    /// Somebody challenges the report already.
    AlreadyChallenged { loss: LossId, by: AccountId },
    /// Nobody challenges what he gave notice of, or reported, himself.
    OwnReport { account: AccountId, loss: LossId },
    /// The domain is not in settlement.
    NotSettling { domain: DomainId },
    /// The domain's ranks were settled already: one list serves it.
    RanksSettled { domain: DomainId },
    /// An account's ranked parts are more than is free in it.
    RanksAboveFree { account: AccountId, asked: Amount, free: Amount },
    /// The duty is not due.
    NotDue,
    /// An account was the obstacle.
    Account(account::Rejection),
    /// A layer was the obstacle.
    Domain(domain::Rejection),
    /// A division was refused.
    Allocation(
        #[serde(skip)]
        #[cfg_attr(feature = "schema", schemars(with = "()"))]
        AllocationError,
    ),
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
}

impl From<domain::Rejection> for Rejection {
    fn from(rejection: domain::Rejection) -> Self {
        Self::Domain(rejection)
    }
}

impl From<AllocationError> for Rejection {
    fn from(error: AllocationError) -> Self {
        Self::Allocation(error)
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::UnknownLoss { .. } => "unknown-loss",
            Self::TooMany { .. } => "too-many",
            Self::LossAlreadyReported { .. } => "loss-already-reported",
            Self::NumberReserved { .. } => "number-reserved",
            Self::NoWaterfall { .. } => "no-waterfall",
            Self::ForAVote { .. } => "for-a-vote",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::NoBasis { .. } => "no-basis",
            Self::AccountTwice { .. } => "account-twice",
            Self::RiskAboveBound { .. } => "risk-above-bound",
            Self::EffectiveWeights { .. } => "weights-above-bound",
            Self::AlreadyFailed { .. } => "already-failed",
            Self::MarginAboveHeld { .. } => "margin-above-held",
            Self::SetOffNotOwners { .. } => "set-off-not-owners",
            Self::Stage { .. } => "loss-stage",
            Self::VotedOn { .. } => "voted-on",
            Self::SameApprover { .. } => "same-approver",
            Self::ChallengeOver { .. } => "challenge-over",
            Self::NotPending { .. } => "draw-not-pending",
            Self::AboveDraw { .. } => "above-draw",
            Self::WrongPayer { .. } => "wrong-payer",
            Self::NotMember { .. } => "not-member",
            Self::AboveCall { .. } => "above-call",
            Self::RecoveryAboveClaims { .. } => "recovery-above-claims",
            Self::NotBehind { .. } => "layer-not-behind",
            Self::FeesDivided { .. } => "fees-divided",
            Self::AboveFees { .. } => "above-fees",
            Self::BountyFlaw { .. } => "bounty-flaw",
            Self::NotAPot { .. } => "not-a-pot",
            Self::NoBounty { .. } => "no-bounty",
            Self::NoEvidence => "no-evidence",
            Self::AlreadyNoticed { .. } => "already-noticed",
            Self::EventReported { .. } => "event-reported",
            Self::AlreadyChallenged { .. } => "already-challenged",
            Self::OwnReport { .. } => "own-report",
            Self::NotSettling { .. } => "not-settling",
            Self::RanksSettled { .. } => "ranks-settled",
            Self::RanksAboveFree { .. } => "ranks-above-free",
            Self::NotDue => "not-due",
            Self::Account(rejection) => rejection.code(),
            Self::Domain(rejection) => rejection.code(),
            Self::Allocation(_) => "allocation",
        }
    }
}

impl fmt::Display for Rejection {
    // style-ok: length, one sentence for each rejection and nothing else
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::UnknownLoss { loss } => write!(f, "there is no loss {loss}"),
            Self::TooMany { what } => write!(f, "there are too many {what}"),
            Self::LossAlreadyReported { number, loss } => {
                write!(f, "loss number {number} is known already, as loss {loss}")
            }
            Self::NumberReserved { number, below } => {
                write!(f, "number {number} is the engine's own, allowed: below {below}")
            }
            Self::NoWaterfall { domain, class } => {
                write!(f, "domain {domain} has no waterfall for causes of class {class:?}")
            }
            Self::ForAVote { domain, class } => write!(
                f,
                "stakers vote on losses of domain {domain} of class {class:?}: report what is \
                 lost to its cover pool"
            ),
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::NoBasis { layer } => write!(f, "layer {layer} divides over no members"),
            Self::AccountTwice { account } => {
                write!(f, "account {account} stands twice in the report")
            }
            Self::RiskAboveBound { account, risk, max } => {
                write!(f, "risk {risk} of account {account} is above {max} millionths")
            }
            Self::EffectiveWeights { layer } => {
                write!(f, "weights times risks of layer {layer} would sum above 10^38")
            }
            Self::AlreadyFailed { account, loss } => {
                write!(f, "account {account} failed already: loss {loss}")
            }
            Self::MarginAboveHeld { margin, held } => {
                write!(f, "margin {margin} is above what there is, {held}")
            }
            Self::SetOffNotOwners { account } => {
                write!(f, "account {account} is not another account of the failed owner")
            }
            Self::Stage { loss, needs } => write!(f, "loss {loss} is not {needs}"),
            Self::VotedOn { loss } => {
                write!(f, "stakers vote on loss {loss}: nobody else approves it")
            }
            Self::SameApprover { loss } => {
                write!(f, "whoever reported loss {loss} cannot approve it")
            }
            Self::ChallengeOver { loss, until } => {
                write!(f, "the time to challenge loss {loss} ended at {until}")
            }
            Self::NotPending { loss, layer } => {
                write!(f, "no draw of loss {loss} on layer {layer} is pending")
            }
            Self::AboveDraw { asked, open } => {
                write!(f, "{asked} paid, the draw still asks for {open}")
            }
            Self::WrongPayer { layer } => {
                write!(f, "layer {layer}: a call is paid by members, proceeds from outside")
            }
            Self::NotMember { account } => {
                write!(f, "account {account} is not called, or did not accept the terms")
            }
            Self::AboveCall { asked, open } => {
                write!(f, "{asked} paid, the member may still pay {open}")
            }
            Self::RecoveryAboveClaims { asked, open } => {
                write!(f, "{asked} came back, {open} is still open")
            }
            Self::NotBehind { layer, domain } => {
                write!(f, "layer {layer} stands in no waterfall of domain {domain}")
            }
            Self::FeesDivided { domain } => {
                write!(f, "a table says where the fees of domain {domain} go")
            }
            Self::AboveFees { asked, booked } => {
                write!(f, "{asked} asked, {booked} is booked as fees of the domain")
            }
            Self::BountyFlaw { flaw } => flaw.fmt(f),
            Self::NotAPot { layer } => {
                write!(f, "layer {layer} is no pot of the house in the domain's asset")
            }
            Self::NoBounty { domain } => {
                write!(f, "domain {domain} pays nothing to those who watch")
            }
            Self::NoEvidence => f.write_str("thirty-two zeros are the hash of no evidence"),
            Self::AlreadyNoticed { by } => {
                write!(f, "account {by} gave notice of this event before")
            }
            Self::EventReported { loss } => {
                write!(f, "this event was reported already, as loss {loss}")
            }
            Self::AlreadyChallenged { loss, by } => {
                write!(f, "account {by} challenges loss {loss} already")
            }
            Self::OwnReport { account, loss } => write!(
                f,
                "the owner of account {account} reported loss {loss} or gave notice of it himself"
            ),
            Self::NotSettling { domain } => write!(f, "domain {domain} is not in settlement"),
            Self::RanksSettled { domain } => {
                write!(f, "the ranks of domain {domain} were settled already")
            }
            Self::RanksAboveFree { account, asked, free } => {
                write!(f, "account {account} is ranked with {asked}, {free} is free in it")
            }
            Self::NotDue => f.write_str("this internal command is not due"),
            Self::Account(rejection) => rejection.fmt(f),
            Self::Domain(rejection) => rejection.fmt(f),
            Self::Allocation(error) => error.fmt(f),
        }
    }
}
