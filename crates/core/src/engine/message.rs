//! What goes in and what comes out: envelopes, events, rejections.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::control::Status;
use crate::ids::{LossId, Time};
use crate::ledger::Transfer;
use crate::market::Party;
use crate::pools::{clearing, cover, lending, liquidity, protection};
use crate::{
    account, closeout, collateral, control, domain, incentive, issuance, loss, market, oracle,
};

/// In which capacity someone acts. Doors say who is who; core says who may do what.
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
pub enum Role {
    /// The engine itself: duties, and nothing else.
    Engine = 0,
    /// The venue's operation.
    Venue = 1,
    /// An owner, over his own accounts.
    Owner = 2,
    /// Governance.
    Governance = 3,
    /// May only tighten.
    Guardian = 4,
    /// A source of the oracle, over its own reports.
    Source = 5,
}

/// Who acts: the id is the owner's for owners, the source's for sources, the door's for the rest.
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
pub struct Actor {
    /// In which capacity.
    pub role: Role,
    /// Who, among those of the role.
    pub id: u32,
}

impl Actor {
    /// The engine.
    pub const ENGINE: Self = Self { role: Role::Engine, id: 0 };
    /// The venue's first key.
    pub const VENUE: Self = Self { role: Role::Venue, id: 0 };
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(tag = "area", content = "command", rename_all = "kebab-case")]
#[repr(u8)]
pub enum Action {
    /// Of accounts.
    Account(account::Command) = 1,
    /// Of domains and layers.
    Domain(domain::Command) = 2,
    /// Of losses.
    Loss(loss::Command) = 3,
    /// Of control.
    Control(control::Command) = 4,
    /// By the engine, of itself.
    Duty(loss::Duty) = 5,
    /// The clock moves to the envelope's time.
    Tick = 6,
    /// Of the oracle.
    Oracle(oracle::Command) = 7,
    /// Of markets.
    Market(market::Command) = 8,
    /// By the engine, of close-outs.
    CloseOutDuty(closeout::Duty) = 9,
    /// By the engine, of markets.
    MarketDuty(market::Duty) = 10,
    /// Of close-outs.
    CloseOut(closeout::Command) = 11,
    /// By the engine, of the oracle.
    OracleDuty(oracle::Duty) = 12,
    /// Of collateral.
    Collateral(collateral::Command) = 13,
    /// By the engine, of collateral.
    CollateralDuty(collateral::Duty) = 14,
    /// Of lending pools.
    Lending(lending::Command) = 15,
    /// By the engine, of lending pools.
    LendingDuty(lending::Duty) = 16,
    /// By the engine, of domains.
    DomainDuty(domain::Duty) = 17,
    /// Of cover pools.
    Cover(cover::Command) = 18,
    /// By the engine, of cover pools.
    CoverDuty(cover::Duty) = 19,
    /// Of vaults.
    Liquidity(liquidity::Command) = 20,
    /// By the engine, of vaults.
    LiquidityDuty(liquidity::Duty) = 22,
    /// Of clearing funds.
    Clearing(clearing::Command) = 21,
    /// By the engine, of clearing funds.
    ClearingDuty(clearing::Duty) = 23,
    /// Of protections.
    Protection(protection::Command) = 24,
    /// By the engine, of protections.
    ProtectionDuty(protection::Duty) = 26,
    /// Of issuances.
    Issuance(issuance::Command) = 25,
    /// By the engine, of issuances.
    IssuanceDuty(issuance::Duty) = 27,
    /// Of incentives.
    Incentive(incentive::Command) = 30,
    /// By the engine, of incentives.
    IncentiveDuty(incentive::Duty) = 31,
}

/// A command: when, by whom, what.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope {
    /// When: never decreasing.
    pub at: Time,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub action: Action,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Event"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "area", content = "fact", rename_all = "kebab-case")]
#[repr(u8)]
pub enum Event {
    /// To accounts.
    Account(account::Event) = 1,
    /// To domains and layers.
    Domain(domain::Event) = 2,
    /// To losses.
    Loss(loss::Event) = 3,
    /// To control.
    Control(control::Event) = 4,
    /// To the clock.
    TimePassed {
        /// The time it is now.
        at: Time,
    } = 5,
    /// To the oracle.
    Oracle(oracle::Event) = 6,
    /// To markets and what is held in them.
    Market(market::Event) = 7,
    /// To close-out books.
    CloseOut(closeout::Event) = 8,
    /// To collateral.
    Collateral(collateral::Event) = 12,
    /// To lending pools.
    Lending(lending::Event) = 13,
    /// To cover pools.
    Cover(cover::Event) = 14,
    /// To vaults.
    Liquidity(liquidity::Event) = 15,
    /// To clearing funds.
    Clearing(clearing::Event) = 16,
    /// To protections.
    Protection(protection::Event) = 17,
    /// To issuances.
    Issuance(issuance::Event) = 18,
    /// To incentives.
    Incentive(incentive::Event) = 20,
}

/// An area's event is one of the engine's.
macro_rules! events_of {
    ($($area:ident $variant:ident),* $(,)?) => {$(
        impl From<$area::Event> for Event {
            fn from(event: $area::Event) -> Self {
                Self::$variant(event)
            }
        }
    )*};
}

events_of! {
    account Account,
    domain Domain,
    loss Loss,
    market Market,
    closeout CloseOut,
    collateral Collateral,
    lending Lending,
    cover Cover,
    liquidity Liquidity,
    clearing Clearing,
    protection Protection,
    issuance Issuance,
    incentive Incentive,
    control Control,
    oracle Oracle,
}

impl Event {
    /// Calls `visit` with each transfer of money the event makes, in order. An event that makes
    /// none moves no ledger balance.
    #[inline]
    pub fn transfers(&self, visit: &mut impl FnMut(Transfer)) {
        match self {
            Self::Account(event) => event.transfers(visit),
            Self::Domain(event) => event.transfers(visit),
            Self::Loss(event) => event.transfers(visit),
            Self::Market(event) => event.transfers(visit),
            Self::CloseOut(event) => event.transfers(visit),
            Self::Collateral(event) => event.transfers(visit),
            Self::Lending(event) => event.transfers(visit),
            Self::Cover(event) => event.transfers(visit),
            Self::Liquidity(event) => event.transfers(visit),
            Self::Protection(event) => event.transfers(visit),
            Self::Issuance(event) => event.transfers(visit),
            Self::Incentive(event) => event.transfers(visit),
            Self::Control(_) | Self::Oracle(_) | Self::Clearing(_) | Self::TimePassed { .. } => {}
        }
    }

    /// The loss the event is about, from its report or detection on: what happens to the loss
    /// itself, to its close-out book and to the collateral taken for it. Where two books meet in a
    /// fill it is the buyer's; in deleveraging it is that of the book whose lots go. Nothing for
    /// what concerns an episode or a domain whole, and for accounts among themselves.
    #[must_use]
    pub fn loss(&self) -> Option<LossId> {
        match self {
            Self::Loss(event) => event.stands(),
            Self::Market(event) => event.loss(),
            Self::CloseOut(event) => event.loss(),
            Self::Collateral(event) => event.loss(),
            Self::Lending(event) => event.loss(),
            Self::Cover(event) => event.loss(),
            Self::Liquidity(event) => event.loss(),
            Self::Clearing(event) => event.loss(),
            Self::Issuance(event) => event.loss(),
            Self::Account(_)
            | Self::Domain(_)
            | Self::Control(_)
            | Self::Oracle(_)
            | Self::Protection(_)
            | Self::Incentive(_)
            | Self::TimePassed { .. } => None,
        }
    }

    /// Whether the event is about the loss `id`: it is [`Event::loss`], or its close-out book takes
    /// part.
    #[must_use]
    pub fn is_about(&self, id: LossId) -> bool {
        let book = |party: &Party| party.loss() == Some(id);
        let takes_part = match self {
            Self::Market(market::Event::Filled { seller, .. }) => book(seller),
            Self::Loss(
                loss::Event::RemainderMoved { other, .. }
                | loss::Event::CededMoved { other, .. }
                | loss::Event::ClaimCeded { repaid: other, .. },
            ) => *other == id,
            Self::Loss(loss::Event::RemainderReturned { charged, .. }) => charged.contains(&id),
            Self::Market(market::Event::PaidOut { paid: rows, .. })
            | Self::CloseOut(closeout::Event::Deleveraged { taken: rows, .. }) => {
                rows.iter().any(|(party, _)| book(party))
            }
            _ => false,
        };
        takes_part || self.loss() == Some(id)
    }
}

/// The events of one command, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events(Vec<Event>);

impl Events {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    #[inline]
    pub(crate) fn push(&mut self, event: impl Into<Event>) {
        if self.0.is_empty() {
            // Most commands make one event.
            self.0.reserve_exact(1);
        }
        self.0.push(event.into());
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the events out, and their memory with them.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.0)
    }

    /// The events.
    #[must_use]
    pub fn as_slice(&self) -> &[Event] {
        &self.0
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Rejection"))]
#[serde(tag = "area", content = "rejected", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// Time never goes back.
    TimeBefore { at: Time, now: Time },
    /// The role may not give this command: duties are the engine's, the rest is not.
    NotForActor { role: Role },
    /// The clock must move first: the engine gives a tick.
    ClockBehind { at: Time, now: Time },
    /// The status of the venue, or of the domain it is about, does not accept the command.
    Status { status: Status, furthest: Status },
    /// Duties are due, and the command could widen risk.
    DutiesDue,
    /// Refused by the area of accounts.
    Account(account::Rejection),
    /// Refused by the area of domains.
    Domain(domain::Rejection),
    /// Refused by the area of losses.
    Loss(loss::Rejection),
    /// Refused by the area of control.
    Control(control::Rejection),
    /// Refused by the area of markets.
    Market(market::Rejection),
    /// Refused by the area of close-outs.
    CloseOut(closeout::Rejection),
    /// Refused by the area of the oracle.
    Oracle(oracle::Rejection),
    /// Refused by the area of collateral.
    Collateral(collateral::Rejection),
    /// Refused by the area of lending pools.
    Lending(lending::Rejection),
    /// Refused by the area of cover pools.
    Cover(cover::Rejection),
    /// Refused by the area of vaults.
    Liquidity(liquidity::Rejection),
    /// Refused by the area of clearing funds.
    Clearing(clearing::Rejection),
    /// Refused by the area of protections.
    Protection(protection::Rejection),
    /// Refused by the area of issuances.
    Issuance(issuance::Rejection),
    /// Refused by the area of incentives.
    Incentive(incentive::Rejection),
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimeBefore { .. } => "time-before",
            Self::NotForActor { .. } => "not-for-actor",
            Self::ClockBehind { .. } => "clock-behind",
            Self::Status { .. } => "status",
            Self::DutiesDue => "duties-due",
            Self::Account(rejection) => rejection.code(),
            Self::Domain(rejection) => rejection.code(),
            Self::Loss(rejection) => rejection.code(),
            Self::Control(rejection) => rejection.code(),
            Self::Market(rejection) => rejection.code(),
            Self::CloseOut(rejection) => rejection.code(),
            Self::Oracle(rejection) => rejection.code(),
            Self::Collateral(rejection) => rejection.code(),
            Self::Lending(rejection) => rejection.code(),
            Self::Cover(rejection) => rejection.code(),
            Self::Liquidity(rejection) => rejection.code(),
            Self::Clearing(rejection) => rejection.code(),
            Self::Protection(rejection) => rejection.code(),
            Self::Issuance(rejection) => rejection.code(),
            Self::Incentive(rejection) => rejection.code(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeBefore { at, now } => write!(f, "time {at} is before {now}"),
            Self::NotForActor { role } => write!(f, "the role {role:?} may not give this command"),
            Self::ClockBehind { at, now } => {
                write!(f, "the command is of {at}, the clock stands at {now}")
            }
            Self::Status { status, furthest } => {
                write!(f, "the status is {status:?}, the command needs {furthest:?} or better")
            }
            Self::DutiesDue => f.write_str("internal commands are due first"),
            Self::Account(rejection) => rejection.fmt(f),
            Self::Domain(rejection) => rejection.fmt(f),
            Self::Loss(rejection) => rejection.fmt(f),
            Self::Control(rejection) => rejection.fmt(f),
            Self::Market(rejection) => rejection.fmt(f),
            Self::CloseOut(rejection) => rejection.fmt(f),
            Self::Oracle(rejection) => rejection.fmt(f),
            Self::Collateral(rejection) => rejection.fmt(f),
            Self::Lending(rejection) => rejection.fmt(f),
            Self::Cover(rejection) => rejection.fmt(f),
            Self::Liquidity(rejection) => rejection.fmt(f),
            Self::Clearing(rejection) => rejection.fmt(f),
            Self::Protection(rejection) => rejection.fmt(f),
            Self::Issuance(rejection) => rejection.fmt(f),
            Self::Incentive(rejection) => rejection.fmt(f),
        }
    }
}

impl core::error::Error for Rejection {}
