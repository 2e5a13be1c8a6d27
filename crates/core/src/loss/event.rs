//! What happens to losses: facts that carry every amount.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{BountyTerms, FrozenRules, LayerSet, Outcome, ReportedClaim, SetOff};
use crate::domain::CauseClass;
use crate::engine::Actor;
use crate::ids::{
    AccountId, AssetId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name, OwnerId, Time,
};
use crate::units::{Amount, Fraction};

/// A loss as it was reported: what was asked, by whom, and until when it may be challenged.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[allow(missing_docs, reason = "fields are those of the command")]
pub struct ReportedLoss {
    pub loss: LossId,
    pub domain: DomainId,
    pub number: u64,
    pub class: CauseClass,
    pub cause: Name,
    pub evidence: [u8; 32],
    pub by: Actor,
    pub amount: Amount,
    pub failed: Option<AccountId>,
    pub margin: Amount,
    pub set_off: Vec<SetOff>,
    pub challenge: Option<Time>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LossEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are named in the glossary; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A basis was reported.
    BasisReported { layer: LayerId, number: u64, claims: Vec<ReportedClaim> } = 1,
    /// A loss was reported; it waits for a second approver, or for the end of its challenge.
    LossReported(Box<ReportedLoss>) = 2,
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
    EpisodeOpened { episode: EpisodeId, domain: DomainId, rules: FrozenRules } = 6,
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
    TakenOver {
        loss: LossId,
        account: AccountId,
        asset: AssetId,
        held: Amount,
        owed: Amount,
        /// The equity the book opened with, where it is positive.
        margin: Amount,
        /// The gross value at the marks of the legs that go with it.
        value: Amount,
    } = 9,
    /// The close-out loss was measured: it leaves the world, or the book, for suspense.
    LossMeasured {
        loss: LossId,
        asset: AssetId,
        close_out: Amount,
        shortfall: Amount,
        from_book: bool,
    } = 10,
    /// What is left of the margin the book opened with went back to the owner.
    RemainderReturned {
        loss: LossId,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        /// Other losses of the same failure, for whose takeover the penalty is asked now, too.
        charged: Vec<LossId>,
    } = 11,
    /// What is left of the margin in one domain pays for `other`, a loss of the same account.
    RemainderMoved {
        loss: LossId,
        other: LossId,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        to: RemainderTo,
    } = 43,
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
    DrawPlanned {
        loss: LossId,
        step: u16,
        layer: LayerId,
        planned: Amount,
        /// Until when it may answer; nothing for a layer that pays at once.
        deadline: Option<Time>,
    } = 17,
    /// A pot paid. Its stakers, if it has any, bore it: what each bore, and what is left of his
    /// stake.
    PotDrawn {
        loss: LossId,
        layer: LayerId,
        asset: AssetId,
        amount: Amount,
        stakes: Vec<(AccountId, Amount, Amount)>,
    } = 18,
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
        root: Box<[u8; 32]>,
        on_touch: bool,
    } = 20,
    /// Shares of a division were taken.
    SharesTaken {
        loss: LossId,
        layer: LayerId,
        set: LiableSetId,
        asset: AssetId,
        /// The place of the first in the set.
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
        number: u64,
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
    /// What rounding up collected too much for one loss paid what it left short for a later one.
    ResidueUsed { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 38,
    /// Every share of a layer's divisions is taken.
    TouchesDone { set: LiableSetId, layer: LayerId } = 36,
    /// A loss's uncovered debt was taken from claims by rank: what each account paid.
    RanksSettled {
        loss: LossId,
        domain: DomainId,
        asset: AssetId,
        amount: Amount,
        rows: Vec<(AccountId, Amount)>,
    } = 37,
    /// A book came out above the margin it opened with: that is the domain's, for what its other
    /// books lost.
    ResultKept { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 39,
    /// What other books of the domain gained pays for this loss before any layer.
    ResultNetted { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 40,
    /// What books of the domain gained later goes to open claims of a loss, like a recovery.
    ResultToClaims { loss: LossId, domain: DomainId, asset: AssetId, amount: Amount } = 41,
    /// What is left of the books' gains when the domain's last open episode closes is income of
    /// its fund.
    ResultToFund { domain: DomainId, layer: LayerId, asset: AssetId, amount: Amount } = 42,
    /// Fees of a domain's trades became income of a fund.
    FeesReceived { domain: DomainId, layer: LayerId, number: u64, asset: AssetId, amount: Amount } =
        47,
    /// What an account was repaid for the loss `repaid`, through the pool of claims `pool`, is for
    /// those who bear `loss`, which its owner failed with.
    ClaimCeded {
        loss: LossId,
        repaid: LossId,
        pool: u32,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    } = 44,
    /// What was ceded to a loss that lacks nothing more is for another of its owner's.
    CededMoved { loss: LossId, other: LossId, asset: AssetId, amount: Amount } = 48,
    /// What was ceded to a loss paid for it.
    CededPaid { loss: LossId, asset: AssetId, amount: Amount, to: RemainderTo } = 45,
    /// What was ceded to a loss that lacks nothing more went back to the failed account.
    CededReturned { loss: LossId, account: AccountId, asset: AssetId, amount: Amount } = 46,
    /// What a book owes beyond the bound of an amount, which no loss can be, is its account's
    /// again: it fails once more, with what it owes.
    DebtReturned { loss: LossId, account: AccountId, asset: AssetId, amount: Amount } = 49,
    /// An account paid into a pending draw for what it was sold, and bears nothing by it: what
    /// comes back of the loss repays the pot `to`, or nobody.
    ProceedsPaid {
        loss: LossId,
        layer: LayerId,
        asset: AssetId,
        account: AccountId,
        amount: Amount,
        to: Option<LayerId>,
    } = 50,
    /// Nobody decided on a report in time, or too few voted: it is no loss.
    LossExpired { loss: LossId } = 51,
    /// What a domain pays to those who watch was set.
    BountySet { domain: DomainId, terms: Option<BountyTerms> } = 52,
    /// An account gave notice of an event; it waits for a report until then.
    NoticeGiven {
        domain: DomainId,
        evidence: [u8; 32],
        account: AccountId,
        number: u64,
        asset: AssetId,
        bond: Amount,
        until: Time,
    } = 53,
    /// An account challenged a report.
    Challenged {
        loss: LossId,
        domain: DomainId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        evidence: [u8; 32],
        bond: Amount,
    } = 54,
    /// A notice is over: what of its bond went back and to the pot, and what the pot paid.
    NoticeSettled {
        domain: DomainId,
        evidence: [u8; 32],
        loss: Option<LossId>,
        account: AccountId,
        asset: AssetId,
        pot: LayerId,
        outcome: Outcome,
        returned: Amount,
        forfeited: Amount,
        bounty: Amount,
    } = 55,
    /// A challenge is over; the bounty came of the bond of a notice where one was given.
    ChallengeSettled {
        loss: LossId,
        domain: DomainId,
        account: AccountId,
        asset: AssetId,
        pot: LayerId,
        outcome: Outcome,
        returned: Amount,
        forfeited: Amount,
        bounty: Amount,
        of_bond: bool,
    } = 56,
    /// What came to an owner who failed is for those who bear `loss`, which he failed with.
    MeansCeded { loss: LossId, account: AccountId, asset: AssetId, amount: Amount } = 57,
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
            | Self::RemainderMoved { loss, .. }
            | Self::MarginTaken { loss, .. }
            | Self::OwnMeansTaken { loss, .. }
            | Self::OwnMeansClosed { loss, .. }
            | Self::DeficitRecognised { loss, .. }
            | Self::StepReached { loss, .. }
            | Self::DrawPlanned { loss, .. }
            | Self::PotDrawn { loss, .. }
            | Self::LossDivided { loss, .. }
            | Self::SharesTaken { loss, .. }
            | Self::ShareTouched { loss, .. }
            | Self::DrawPaid { loss, .. }
            | Self::ProceedsPaid { loss, .. }
            | Self::DrawClosed { loss, .. }
            | Self::UncoveredBooked { loss, .. }
            | Self::LossSettled { loss }
            | Self::LossExpired { loss }
            | Self::Challenged { loss, .. }
            | Self::ChallengeSettled { loss, .. }
            | Self::MeansCeded { loss, .. }
            | Self::NoticeSettled { loss: Some(loss), .. }
            | Self::RecoveryReceived { loss, .. }
            | Self::PoolRepaid { loss, .. }
            | Self::DebtPaid { loss, .. }
            | Self::RanksSettled { loss, .. }
            | Self::IncomeToClaims { loss, .. }
            | Self::CallsMade { loss, .. }
            | Self::ResidueBooked { loss, .. }
            | Self::ResidueUsed { loss, .. }
            | Self::ResultKept { loss, .. }
            | Self::ResultNetted { loss, .. }
            | Self::ResultToClaims { loss, .. }
            | Self::ClaimCeded { loss, .. }
            | Self::CededMoved { loss, .. }
            | Self::CededPaid { loss, .. }
            | Self::CededReturned { loss, .. }
            | Self::DebtReturned { loss, .. } => Some(*loss),
            _ => None,
        }
    }
}

impl Event {
    /// The account whose number it uses up, and the number, where it is one of watching.
    pub(crate) const fn watching(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::NoticeGiven { account, number, .. }
            | Self::Challenged { account, number, .. } => Some((*account, *number)),
            _ => None,
        }
    }

    /// The set and the layer whose members pay by it.
    pub(crate) const fn shares_of(&self) -> Option<(LiableSetId, LayerId)> {
        match self {
            Self::SharesTaken { set, layer, .. } | Self::ShareTouched { set, layer, .. } => {
                Some((*set, *layer))
            }
            _ => None,
        }
    }

    /// The loss the event is about, the one it begins included.
    pub(crate) const fn stands(&self) -> Option<LossId> {
        match self {
            Self::LossReported(report) => Some(report.loss),
            Self::DefaultFound { loss, .. } => Some(*loss),
            _ => self.loss(),
        }
    }
}

/// A stake that own means or a draw reduced: what is left of it.
pub(crate) fn stakes_left(event: &Event, visit: &mut dyn FnMut(LayerId, AccountId, Amount)) {
    match event {
        Event::PotDrawn { layer, stakes, .. } => {
            for (account, _, left) in stakes {
                visit(*layer, *account, *left);
            }
        }
        Event::OwnMeansTaken { from: OwnMeans::Stake { layer, account, stake }, .. } => {
            visit(*layer, *account, *stake);
        }
        _ => {}
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What came back to the owner for losses of others.
    Ceded = 4,
    /// What the owner earned in a pot and did not take.
    Reward {
        /// The pot.
        layer: LayerId,
        /// The staker.
        account: AccountId,
    } = 5,
}

/// Where a repayment that is not to members goes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// To what books of a domain gained.
    Results(DomainId) = 4,
}

/// Where the remainder of a margin goes that pays for another loss of its account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum RemainderTo {
    /// Into the book of the other loss: it is margin there.
    Book = 1,
    /// Into its suspense: it pays for what is still to absorb.
    Suspense = 2,
    /// To those who bore it.
    Claims = 3,
}
