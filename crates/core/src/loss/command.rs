//! What may be asked about losses, what then happens, and why it may be refused.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{LayerSet, Terms};
use crate::account;
use crate::allocation::AllocationError;
use crate::domain::CauseClass;
use crate::engine::Actor;
use crate::ids::{
    AccountId, AssetId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name, OwnerId, Time,
};
use crate::units::{Amount, Fraction};

/// One account's reported claim on one layer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct ReportedClaim {
    /// The account.
    pub account: AccountId,
    /// Its weight.
    pub weight: Amount,
    /// The most it may pay.
    pub cap: Amount,
    /// Its place in a queue: highest pays first.
    pub score: i64,
    /// Its risk factor, in millionths.
    pub risk: u64,
    /// Its priority class: lowest pays first.
    pub class: u32,
}

/// What an account of a failed owner is held for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct SetOff {
    /// The account.
    pub account: AccountId,
    /// The most that is taken from it: its session gain.
    pub up_to: Amount,
}

/// What may be asked from outside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Report the basis of a layer: claims replace those reported before for the same accounts.
    ReportBasis {
        /// The layer.
        layer: LayerId,
        /// The layer's next report number.
        number: u64,
        /// The claims.
        claims: Vec<ReportedClaim>,
    } = 1,
    /// Report a loss that was measured outside.
    ReportLoss {
        /// The domain that bears it.
        domain: DomainId,
        /// The domain's number for it; a number is recognised once.
        number: u64,
        /// The class of its cause.
        class: CauseClass,
        /// The cause in words.
        cause: Name,
        /// A hash of the evidence.
        evidence: [u8; 32],
        /// The close-out loss, gross, above zero.
        amount: Amount,
        /// The account that failed, if one did.
        failed: Option<AccountId>,
        /// What of the failed account's balance is margin for it.
        margin: Amount,
        /// What the failed owner's other accounts are held for.
        set_off: Vec<SetOff>,
    } = 2,
    /// A second approver agrees with a report.
    ApproveLoss {
        /// The loss.
        loss: LossId,
    } = 3,
    /// A challenge succeeds: the report is dismissed.
    DismissLoss {
        /// The loss.
        loss: LossId,
    } = 4,
    /// An account is declared in default, whatever its balance.
    DeclareDefault {
        /// The domain that bears what is left.
        domain: DomainId,
        /// The domain's number for the loss.
        number: u64,
        /// The account.
        account: AccountId,
        /// The cause in words.
        cause: Name,
        /// What the owner's other accounts are held for.
        set_off: Vec<SetOff>,
    } = 5,
    /// Money comes in for a pending draw.
    PayDraw {
        /// The loss.
        loss: LossId,
        /// The layer.
        layer: LayerId,
        /// Who pays: a member from his account; nothing for money from outside.
        account: Option<AccountId>,
        /// How much, above zero.
        amount: Amount,
    } = 6,
    /// Money comes back for a loss.
    Recover {
        /// The loss.
        loss: LossId,
        /// The loss's next recovery number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 7,
    /// A fund earns: the uncovered debts it stands behind are paid first.
    FundIncome {
        /// The pot.
        layer: LayerId,
        /// The layer's next payment number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 8,
    /// Every share of a loss that waits for a touch is taken now.
    TakeShares {
        /// The loss.
        loss: LossId,
    } = 9,
}

/// An internal command: what `duty` names and the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A negative account is a loss nobody reported.
    DetectNegative { account: AccountId, domain: DomainId } = 1,
    /// An accepted report becomes a detected loss.
    Detect { loss: LossId } = 2,
    /// The failed account's whole balance moves to the book.
    TakeOver { loss: LossId } = 3,
    /// The owner's own means are taken; the rest is the deficit.
    TakeOwnMeans { loss: LossId } = 4,
    /// The deficit is recognised, once.
    Recognise { loss: LossId } = 5,
    /// A round of draws on the current step is planned, or the next step is reached.
    PlanRound { loss: LossId } = 6,
    /// A planned draw on a pot is paid.
    DrawPot { loss: LossId, layer: LayerId } = 7,
    /// A planned draw on members is divided.
    Divide { loss: LossId, layer: LayerId } = 8,
    /// A pending draw is closed: it is full, or its deadline passed.
    CloseDraw { loss: LossId, layer: LayerId } = 9,
    /// What is left is uncovered, and the loss is settled.
    Settle { loss: LossId } = 10,
    /// Every loss of the episode is settled.
    CloseEpisode { episode: EpisodeId } = 11,
    /// The domain's uncovered debt passed its threshold.
    EnterSettlement { domain: DomainId } = 12,
    /// Every share taken on touch is taken: what rounding left has a name.
    BookResidue { set: LiableSetId, layer: LayerId } = 13,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are named in the glossary; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A basis was reported.
    BasisReported { layer: LayerId, number: u64, claims: Vec<ReportedClaim> } = 1,
    /// A loss was reported; it waits for a second approver, or for the end of its challenge.
    LossReported {
        loss: LossId,
        domain: DomainId,
        number: u64,
        class: CauseClass,
        cause: Name,
        evidence: [u8; 32],
        by: Actor,
        amount: Amount,
        failed: Option<AccountId>,
        margin: Amount,
        set_off: Vec<SetOff>,
        challenge: Option<Time>,
    } = 2,
    /// A second approver agreed; open to challenge until then.
    LossApproved { loss: LossId, by: Actor, until: Time } = 3,
    /// A challenge succeeded.
    LossDismissed { loss: LossId, by: Actor } = 4,
    /// An account failed: its loss is known to the ledger, not yet measured.
    DefaultFound {
        loss: LossId,
        domain: DomainId,
        number: u64,
        cause: Name,
        account: AccountId,
        set_off: Vec<SetOff>,
    } = 5,
    /// An episode opened, its rules frozen.
    EpisodeOpened { episode: EpisodeId, domain: DomainId, terms: Terms } = 6,
    /// A liable set was fixed; `layers` are its members with weights and caps.
    LiableSetFixed {
        set: LiableSetId,
        episode: EpisodeId,
        until: Time,
        layers: Vec<(LayerId, Vec<ReportedClaim>)>,
    } = 7,
    /// A loss was detected.
    LossDetected { loss: LossId, episode: EpisodeId, set: LiableSetId, owner: Option<OwnerId> } = 8,
    /// The failed account's balance moved to the book: `owed` below zero, `held` above.
    TakenOver { loss: LossId, account: AccountId, asset: AssetId, held: Amount, owed: Amount } = 9,
    /// The close-out loss was measured: it leaves the world, or the book, for suspense.
    LossMeasured {
        loss: LossId,
        asset: AssetId,
        close_out: Amount,
        shortfall: Amount,
        from_book: bool,
    } = 10,
    /// What is left in the book went back to the owner.
    RemainderReturned { loss: LossId, account: AccountId, asset: AssetId, amount: Amount } = 11,
    /// Margin was taken: the first of own means.
    MarginTaken { loss: LossId, asset: AssetId, from: OwnMeans, amount: Amount } = 12,
    /// Own means beyond margin were taken.
    OwnMeansTaken { loss: LossId, asset: AssetId, from: OwnMeans, amount: Amount } = 13,
    /// Own means are done.
    OwnMeansClosed { loss: LossId, own_means: Amount, deficit: Amount } = 14,
    /// The deficit was recognised.
    DeficitRecognised { loss: LossId, deficit: Amount } = 15,
    /// A step was reached.
    StepReached { loss: LossId, step: u16 } = 16,
    /// A draw was planned.
    DrawPlanned { loss: LossId, step: u16, layer: LayerId, planned: Amount, deadline: Option<Time> } =
        17,
    /// A pot paid.
    PotDrawn { loss: LossId, layer: LayerId, asset: AssetId, amount: Amount, staked: bool } = 18,
    /// A pot's draw was borne by its stakers: what each bore, and what is left of his stake.
    StakesReduced { loss: LossId, layer: LayerId, stakes: Vec<(AccountId, Amount, Amount)> } = 19,
    /// An amount was divided over a layer's members.
    LossDivided {
        loss: LossId,
        layer: LayerId,
        set: LiableSetId,
        wave: u32,
        asset: AssetId,
        amount: Amount,
        cumulative: Amount,
        levels: Vec<Option<Fraction>>,
        members: u32,
        root: [u8; 32],
        on_touch: bool,
    } = 20,
    /// Shares of a division were taken: `first` is the place of the first in the set.
    SharesTaken {
        loss: LossId,
        layer: LayerId,
        set: LiableSetId,
        asset: AssetId,
        first: u32,
        shares: Vec<(AccountId, Amount)>,
    } = 21,
    /// A share was taken when its account was touched.
    ShareTouched {
        loss: LossId,
        layer: LayerId,
        set: LiableSetId,
        asset: AssetId,
        place: u32,
        wave: u32,
        account: AccountId,
        amount: Amount,
    } = 22,
    /// A pending draw was paid into.
    DrawPaid {
        loss: LossId,
        layer: LayerId,
        asset: AssetId,
        account: Option<AccountId>,
        amount: Amount,
    } = 23,
    /// A draw has answered.
    DrawClosed { loss: LossId, layer: LayerId, received: Amount } = 24,
    /// What no step absorbed became a debt of the domain.
    UncoveredBooked { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 25,
    /// The loss is settled.
    LossSettled { loss: LossId } = 26,
    /// The episode is closed.
    EpisodeClosed { episode: EpisodeId } = 27,
    /// Money came back.
    RecoveryReceived { loss: LossId, number: u64, asset: AssetId, amount: Amount } = 28,
    /// A pool of claims was repaid; `rows` by place in the pool, `accounts` who they are.
    PoolRepaid {
        loss: LossId,
        pool: u32,
        asset: AssetId,
        to: PoolHolder,
        amount: Amount,
        rows: Vec<(u32, AccountId, Amount)>,
    } = 29,
    /// A fund earned.
    IncomeReceived { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 30,
    /// A fund paid uncovered debt of a loss: the claim is now the fund's.
    DebtPaid { loss: LossId, layer: LayerId, domain: DomainId, asset: AssetId, amount: Amount } =
        31,
    /// A part of a fund's income goes to open claims of a loss.
    IncomeToClaims { loss: LossId, layer: LayerId, asset: AssetId, amount: Amount } = 32,
    /// A domain entered settlement because of its uncovered debt.
    SettlementEntered { domain: DomainId, uncovered: Amount } = 33,
    /// Members were called, each for his share, in the order of the set.
    CallsMade { loss: LossId, layer: LayerId, set: LiableSetId, calls: Vec<Amount> } = 34,
    /// What rounding left of a division whose shares are all taken: too much was collected.
    ResidueBooked { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 35,
    /// Every share of a layer's divisions is taken.
    TouchesDone { set: LiableSetId, layer: LayerId } = 36,
}

impl Event {
    /// The loss the event is about, where it is about one that stands.
    #[must_use]
    pub const fn loss(&self) -> Option<LossId> {
        match self {
            Self::LossApproved { loss, .. }
            | Self::LossDismissed { loss, .. }
            | Self::LossDetected { loss, .. }
            | Self::TakenOver { loss, .. }
            | Self::LossMeasured { loss, .. }
            | Self::RemainderReturned { loss, .. }
            | Self::MarginTaken { loss, .. }
            | Self::OwnMeansTaken { loss, .. }
            | Self::OwnMeansClosed { loss, .. }
            | Self::DeficitRecognised { loss, .. }
            | Self::StepReached { loss, .. }
            | Self::DrawPlanned { loss, .. }
            | Self::PotDrawn { loss, .. }
            | Self::StakesReduced { loss, .. }
            | Self::LossDivided { loss, .. }
            | Self::SharesTaken { loss, .. }
            | Self::ShareTouched { loss, .. }
            | Self::DrawPaid { loss, .. }
            | Self::DrawClosed { loss, .. }
            | Self::UncoveredBooked { loss, .. }
            | Self::LossSettled { loss }
            | Self::RecoveryReceived { loss, .. }
            | Self::PoolRepaid { loss, .. }
            | Self::DebtPaid { loss, .. }
            | Self::IncomeToClaims { loss, .. }
            | Self::CallsMade { loss, .. }
            | Self::ResidueBooked { loss, .. } => Some(*loss),
            _ => None,
        }
    }
}

/// The members of a set, as its event carries them.
pub(crate) fn as_claims(set: &LayerSet) -> Vec<ReportedClaim> {
    let claims = set.members.iter().map(|member| ReportedClaim {
        account: member.account,
        weight: member.weight,
        cap: member.cap,
        score: member.score,
        risk: member.risk,
        class: member.class,
    });
    claims.collect()
}

/// Where own means come from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum OwnMeans {
    /// The failed account, or another of the owner's.
    Account(AccountId) = 1,
    /// The close-out book, where the account's balance went.
    Book = 2,
    /// The owner's stake in a pot; `stake` is what is left of it.
    Stake {
        /// The pot.
        layer: LayerId,
        /// The staker.
        account: AccountId,
        /// What is left of the stake.
        stake: Amount,
    } = 3,
}

/// Where a repayment that is not to members goes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum PoolHolder {
    /// To the members, row by row.
    Members = 1,
    /// To a pot.
    Layer(LayerId) = 2,
    /// Against the uncovered debt of a domain.
    Uncovered(DomainId) = 3,
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
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
    /// The domain has no waterfall for this class of causes.
    NoWaterfall { domain: DomainId, class: CauseClass },
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
    /// The account is not a member of the called layer.
    NotMember { account: AccountId },
    /// More than the member is called for.
    AboveCall { asked: Amount, open: Amount },
    /// More came back than was borne.
    RecoveryAboveClaims { asked: Amount, open: Amount },
    /// The duty is not due.
    NotDue,
    /// An account was the obstacle.
    Account(account::Rejection),
    /// A division was refused.
    Allocation(#[serde(skip)] AllocationError),
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
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
            Self::NoWaterfall { .. } => "no-waterfall",
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
            Self::SameApprover { .. } => "same-approver",
            Self::ChallengeOver { .. } => "challenge-over",
            Self::NotPending { .. } => "draw-not-pending",
            Self::AboveDraw { .. } => "above-draw",
            Self::WrongPayer { .. } => "wrong-payer",
            Self::NotMember { .. } => "not-member",
            Self::AboveCall { .. } => "above-call",
            Self::RecoveryAboveClaims { .. } => "recovery-above-claims",
            Self::NotDue => "not-due",
            Self::Account(rejection) => rejection.code(),
            Self::Allocation(_) => "allocation",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::UnknownLoss { loss } => write!(f, "there is no loss {loss}"),
            Self::TooMany { what } => write!(f, "there are too many {what}"),
            Self::LossAlreadyReported { number, loss } => {
                write!(f, "loss number {number} is known already, as loss {loss}")
            }
            Self::NoWaterfall { domain, class } => {
                write!(f, "domain {domain} has no waterfall for causes of class {class:?}")
            }
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
            Self::NotMember { account } => write!(f, "account {account} is not called"),
            Self::AboveCall { asked, open } => {
                write!(f, "{asked} paid, the member may still pay {open}")
            }
            Self::RecoveryAboveClaims { asked, open } => {
                write!(f, "{asked} came back, {open} is still open")
            }
            Self::NotDue => f.write_str("this internal command is not due"),
            Self::Account(rejection) => rejection.fmt(f),
            Self::Allocation(error) => error.fmt(f),
        }
    }
}
