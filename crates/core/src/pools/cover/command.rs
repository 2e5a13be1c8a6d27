//! What may be asked of cover pools, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Claim, PoolSpec, RiskSpec};
use crate::ids::{
    AccountId, AssetId, CoverId, CoverPoolId, DomainId, LayerId, LossId, Name, RiskId, Time,
};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What the insured of a cover lost by its risk.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverLost"))]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// The cover.
    pub cover: CoverId,
    /// How much, above zero.
    pub amount: Amount,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a pool.
    Open {
        /// What it is.
        spec: Box<PoolSpec>,
    } = 1,
    /// Cover a risk.
    AddRisk {
        /// What it is.
        spec: Box<RiskSpec>,
    } = 2,
    /// Change what a risk costs and what may be covered of it, for covers that are bought from now
    /// on. Pool, class, trigger, retention and experience
    /// stay.
    SetRisk {
        /// The risk.
        risk: RiskId,
        /// What it is from now on.
        spec: Box<RiskSpec>,
    } = 3,
    /// An account buys cover.
    Buy {
        /// The risk.
        risk: RiskId,
        /// The account, which accepted the terms of the pool's domain.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much.
        amount: Amount,
        /// For how long, in milliseconds; the pool's time to wait is part of it.
        period: u64,
        /// The most it may cost.
        max_premium: Amount,
    } = 4,
    /// Report what was lost by a risk, for approval or a vote.
    Report {
        /// The risk.
        risk: RiskId,
        /// The next number of a loss of the pool's domain.
        number: u64,
        /// The cause in words.
        cause: Name,
        /// The hash of the evidence.
        evidence: Box<[u8; 32]>,
        /// When it happened.
        happened: Time,
        /// Who lost what, each cover once.
        losses: Vec<Lost>,
    } = 5,
    /// A staker votes on an incident; a later vote of his stands for the earlier.
    Vote {
        /// The incident.
        loss: LossId,
        /// The account, staked in a layer that the loss may draw on.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// Whether the claims are right.
        accept: bool,
    } = 6,
    /// An account shows that a risk's trigger has come about: all that is covered is claimed, of
    /// each cover once.
    Trigger {
        /// The risk.
        risk: RiskId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
    } = 7,
}

/// An internal command of cover pools.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A cover ended.
    End { pool: CoverPoolId, cover: CoverId } = 1,
    /// Nothing more can be reported of a cover that ended.
    Lapse { pool: CoverPoolId, cover: CoverId } = 2,
    /// A vote is over.
    Tally { pool: CoverPoolId, loss: LossId } = 3,
    /// There is money for claims that was not paid.
    Pay { pool: CoverPoolId, loss: LossId } = 4,
    /// Premia were earned for an hour or more.
    Earn { pool: CoverPoolId } = 5,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A pool was opened.
    Opened { pool: CoverPoolId, spec: Box<PoolSpec> } = 1,
    /// A risk was added.
    RiskAdded { risk: RiskId, spec: Box<RiskSpec> } = 2,
    /// A risk was changed.
    RiskSet { risk: RiskId, spec: Box<RiskSpec> } = 3,
    /// An account bought cover.
    Bought {
        cover: CoverId,
        pool: CoverPoolId,
        risk: RiskId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        premium: Amount,
        /// What it earns the pool in a year, in millionths of atoms.
        #[serde(with = "crate::units::text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        rate: u128,
        slack: u64,
        from: Time,
        until: Time,
    } = 4,
    /// Premia were earned up to then, in whole atoms: `fee` goes to the fund, `fees` to the fees of
    /// the domain, of which the events that follow reward stakers; what the fund has no room for
    /// stays there.
    Earned {
        pool: CoverPoolId,
        until: Time,
        asset: AssetId,
        earned: Amount,
        rest: u64,
        domain: DomainId,
        fund: LayerId,
        fee: Amount,
        fees: Amount,
    } = 5,
    /// A cover ended. What happened before may be reported until `claims`.
    Ended { pool: CoverPoolId, cover: CoverId, claims: Time } = 6,
    /// Nothing more can be reported of a cover.
    Lapsed { pool: CoverPoolId, cover: CoverId } = 7,
    /// An incident was reported or triggered: the loss that follows is of the same number.
    Reported {
        pool: CoverPoolId,
        loss: LossId,
        risk: RiskId,
        happened: Time,
        due: Amount,
        claims: Vec<Claim>,
        /// Until when stakers may vote on it, where they do.
        vote: Option<Time>,
    } = 8,
    /// An account showed that the trigger of a risk has come about, at this mean price.
    Triggered {
        pool: CoverPoolId,
        risk: RiskId,
        account: AccountId,
        number: u64,
        from: Time,
        to: Time,
        mean: crate::units::Price,
    } = 9,
    /// A staker voted.
    Voted { pool: CoverPoolId, loss: LossId, account: AccountId, number: u64, accept: bool } = 10,
    /// A vote is over: what was staked for the claims, against them, and in all.
    Tallied {
        pool: CoverPoolId,
        loss: LossId,
        accept: Amount,
        reject: Amount,
        staked: Amount,
        accepted: bool,
    } = 11,
    /// An incident was detected: the book of its loss owes the pool what is claimed.
    Owed { pool: CoverPoolId, loss: LossId, asset: AssetId, amount: Amount } = 12,
    /// Claims were paid, as far as there is money for them: in the order of the covers.
    Paid {
        pool: CoverPoolId,
        loss: LossId,
        asset: AssetId,
        rows: Vec<(CoverId, AccountId, Amount)>,
    } = 13,
}

impl Event {
    /// The pool; nothing where it is about a risk.
    #[must_use]
    pub const fn pool(&self) -> Option<CoverPoolId> {
        match self {
            Self::RiskAdded { spec, .. } | Self::RiskSet { spec, .. } => Some(spec.pool),
            Self::Opened { pool, .. }
            | Self::Bought { pool, .. }
            | Self::Earned { pool, .. }
            | Self::Ended { pool, .. }
            | Self::Lapsed { pool, .. }
            | Self::Reported { pool, .. }
            | Self::Triggered { pool, .. }
            | Self::Voted { pool, .. }
            | Self::Tallied { pool, .. }
            | Self::Owed { pool, .. }
            | Self::Paid { pool, .. } => Some(*pool),
        }
    }

    /// The loss it is about, if it is about one.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::Reported { loss, .. }
            | Self::Voted { loss, .. }
            | Self::Tallied { loss, .. }
            | Self::Owed { loss, .. }
            | Self::Paid { loss, .. } => Some(*loss),
            _ => None,
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Bought { account, number, .. }
            | Self::Triggered { account, number, .. }
            | Self::Voted { account, number, .. } => Some((*account, *number)),
            _ => None,
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let mut pay = |asset: AssetId, from: Holder, to: Holder, amount: Amount| {
            if !amount.is_zero() {
                visit(Transfer { asset, from, to, amount });
            }
        };
        match *self {
            Self::Bought { pool, account, asset, premium, .. } => {
                pay(asset, Holder::Account(account), Holder::Cover(pool), premium);
            }
            Self::Earned { pool, asset, domain, fund, fee, fees, .. } => {
                pay(asset, Holder::Cover(pool), Holder::Layer(fund), fee);
                pay(asset, Holder::Cover(pool), Holder::Fees(domain), fees);
            }
            Self::Owed { pool, loss, asset, amount } => {
                pay(asset, Holder::Book(loss), Holder::Cover(pool), amount);
            }
            Self::Paid { pool, asset, ref rows, .. } => {
                for (_, account, amount) in rows {
                    pay(asset, Holder::Cover(pool), Holder::Account(*account), *amount);
                }
            }
            _ => {}
        }
    }
}
