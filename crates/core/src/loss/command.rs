//! What may be asked about losses, from outside and by the engine itself.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::BountyTerms;
use crate::domain::CauseClass;
use crate::ids::{AccountId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name};
use crate::units::Amount;

/// One account's reported claim on one layer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetOff {
    /// The account.
    pub account: AccountId,
    /// The most that is taken from it: its session gain.
    pub up_to: Amount,
}

/// A loss that was measured outside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
pub struct LossReport {
    /// The domain that bears it.
    pub domain: DomainId,
    /// The domain's number for it; a number is recognised once.
    pub number: u64,
    /// The class of its cause.
    pub class: CauseClass,
    /// The cause in words.
    pub cause: Name,
    /// A hash of the evidence.
    pub evidence: [u8; 32],
    /// The close-out loss, gross, above zero.
    pub amount: Amount,
    /// The account that failed, if one did.
    pub failed: Option<AccountId>,
    /// What of the failed account's balance is margin for it.
    pub margin: Amount,
    /// What the failed owner's other accounts are held for.
    pub set_off: Vec<SetOff>,
}

/// What may be asked from outside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LossCommand"))]
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
    ReportLoss(Box<LossReport>) = 2,
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
        /// The payer's next number; from outside, the loss's next payment number.
        number: u64,
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
    /// Fees of a domain's trades become income of a fund: the uncovered debts it stands behind are
    /// paid first.
    FundFees {
        /// The domain.
        domain: DomainId,
        /// The pot.
        layer: LayerId,
        /// The layer's next payment number.
        number: u64,
        /// How much, above zero; nothing for all that was booked.
        amount: Option<Amount>,
    } = 11,
    /// Every share of a loss that waits for a touch is taken now.
    TakeShares {
        /// The loss.
        loss: LossId,
    } = 9,
    /// A domain in settlement: its uncovered debt is taken from claims by rank, the lowest rank
    /// first, pro rata inside a rank.
    SettleRanks {
        /// The domain.
        domain: DomainId,
        /// The claims on it, each part of an account under its rank.
        claims: Vec<RankedClaim>,
    } = 10,
    /// What a domain pays to those who watch from now on.
    SetBounty {
        /// The domain.
        domain: DomainId,
        /// What it pays; nothing for no bounty any more.
        terms: Option<BountyTerms>,
    } = 12,
    /// An account gives notice of an event before it is reported, with a bond.
    GiveNotice {
        /// The domain that would bear the loss.
        domain: DomainId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The hash of the evidence, which the report will name.
        evidence: [u8; 32],
    } = 13,
    /// An account challenges a report, with a bond.
    Challenge {
        /// The loss.
        loss: LossId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The hash of what shows that it is none.
        evidence: [u8; 32],
    } = 14,
}

/// The rank of a claim on a domain in settlement: the higher the number, the sooner it pays.
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
pub enum Rank {
    /// Assets held apart.
    Segregated = 1,
    /// What was paid in.
    Principal = 2,
    /// Gains older than the reference.
    MaturedGains = 3,
    /// Gains since the reference.
    SessionGains = 4,
}

/// A part of an account under its rank.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RankedClaim {
    /// The account.
    pub account: AccountId,
    /// The rank of this part.
    pub rank: Rank,
    /// How much of the account it is.
    pub amount: Amount,
}

/// An internal command: what `duty` names and the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LossDuty"))]
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
    /// Shares that wait for a touch are taken before another division counts on the balances.
    TakeWaiting { set: LiableSetId, layer: LayerId } = 14,
    /// A halt of a domain, or of the venue, has lasted its length.
    EndHalt { domain: Option<DomainId> } = 15,
    /// What flat books of the domain gained repays claims of a settled loss of the episode.
    RepayFromResults { loss: LossId } = 16,
    /// What flat books gained and nobody is owed is the fund's.
    ResultsToFund { domain: DomainId } = 17,
    /// What came back to the failed owner pays for what his own loss lacks; the rest is his.
    PayFromCeded { loss: LossId } = 18,
    /// A report waited for a second approver for too long.
    Expire { loss: LossId } = 19,
    /// Nobody answered a notice, or what it is of is decided.
    SettleNotice { domain: DomainId, evidence: [u8; 32] } = 20,
    /// What a challenge is of is decided.
    SettleChallenge { loss: LossId } = 21,
}
