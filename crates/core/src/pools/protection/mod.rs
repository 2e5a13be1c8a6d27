//! Protection against impermanent loss: a provider of liquidity pays a premium, and a fund pays him
//! what his position lost against holding what he put in, as far as the fund reaches.
//!
//! The pool he provides to is outside, as the matching engine is: the venue reports that he put
//! something in, and that he took it out. What he lost is not reported but measured, from two
//! prices of the engine's own oracle. A constant-product pool without fees that was worth `D` at a
//! price of `p0`, half of it on each side, is worth `D sqrt(p1 / p0)` at `p1`; who had held both
//! halves would have `D (p0 + p1) / (2 p0)`. The difference is the loss, in the settled asset, and
//! depends on nothing but `D` and the two prices.
//!
//! It is paid from what a fund holds, and in nothing else: no token is made for it, and none is
//! valued at a price that its own sale would not fetch. Every position has a cap. Where the fund
//! holds less than all caps together, each position has its part of what is there, by its cap: who
//! leaves first takes nothing from who leaves last.

mod command;
mod decide;
mod duty;
mod evolve;
mod measure;
mod rejection;
mod spec;
mod standing;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

pub use command::{Command, Duty, Event};
pub(crate) use decide::decide;
pub(crate) use duty::{decide_duty, duty};
pub use measure::{Measured, PriceRange, loss_floor};
pub use rejection::Rejection;
pub use spec::{Flaw, MAX_LEVERAGE, MAX_TERM, MIN_CAP, MIN_CLIFF, MIN_DEPOSIT, ProtectionSpec};
pub use standing::Coverage;

use crate::ids::{AccountId, LayerId, ProtectedId, ProtectionId, Time};
use crate::units::Amount;

/// Where a position stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProtectedStage"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Stage {
    /// It is protected.
    Standing = 1,
    /// It ended with a claim that is to be paid.
    Claiming = 2,
    /// It is over: nothing is paid any more.
    Over = 3,
}

/// A position that is protected.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ProtectedPosition")
)]
pub struct Position {
    /// The protection.
    pub protection: ProtectionId,
    /// Who provides, and is paid.
    pub account: AccountId,
    /// What was put in, in the settled asset: both sides, each half of it.
    pub deposit: Amount,
    /// What the fund pays for it at most.
    pub cap: Amount,
    /// What was paid for the protection.
    pub premium: Amount,
    /// The prices it began at.
    pub entry: PriceRange,
    /// Since when.
    pub since: Time,
    /// When it ends, if it does not before.
    pub until: Time,
    /// Where it stands.
    pub stage: Stage,
    /// How it ended; nothing while it stands.
    pub exit: Option<Measured>,
    /// What was paid.
    pub paid: Amount,
}

/// A protection.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Protection {
    /// As it was opened.
    pub spec: ProtectionSpec,
    /// When its standing positions end.
    pub(crate) ends: BTreeSet<(Time, ProtectedId)>,
    /// The positions whose claims are to be paid.
    pub(crate) claims: BTreeSet<ProtectedId>,
}

impl Protection {
    /// How many positions stand.
    #[must_use]
    pub fn standing(&self) -> usize {
        self.ends.len()
    }

    /// Whether a position of it stands or claims.
    pub(crate) fn promises(&self) -> bool {
        !self.ends.is_empty() || !self.claims.is_empty()
    }

    /// When its standing positions end.
    pub fn ends(&self) -> impl Iterator<Item = Time> + '_ {
        self.ends.iter().map(|(time, _)| *time)
    }

    /// The positions whose claims are to be paid, in the order in which they began.
    pub fn claims(&self) -> impl Iterator<Item = ProtectedId> + '_ {
        self.claims.iter().copied()
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Protections {
    pub(crate) protections: Vec<Protection>,
    pub(crate) positions: Vec<Position>,
    /// The sum of the caps of all positions that stand or claim, by the fund that pays them.
    pub(crate) exposed: BTreeMap<LayerId, Amount>,
}

impl Protections {
    /// The protection `id`.
    #[must_use]
    pub fn protection(&self, id: ProtectionId) -> Option<&Protection> {
        self.protections.get(id.index())
    }

    /// Every protection, in id order.
    pub fn protections(&self) -> impl Iterator<Item = (ProtectionId, &Protection)> {
        let protections = self.protections.iter().enumerate();
        protections.filter_map(|(place, of)| Some((ProtectionId::at(place)?, of)))
    }

    /// The position `id`.
    #[must_use]
    pub fn position(&self, id: ProtectedId) -> Option<&Position> {
        self.positions.get(id.index())
    }

    /// Every position, in id order.
    pub fn positions(&self) -> impl Iterator<Item = (ProtectedId, &Position)> {
        let positions = self.positions.iter().enumerate();
        positions.filter_map(|(place, of)| Some((ProtectedId::at(place)?, of)))
    }

    /// What `fund` may owe at most: the caps of all positions that stand or claim.
    #[must_use]
    pub fn exposed(&self, fund: LayerId) -> Amount {
        self.exposed.get(&fund).copied().unwrap_or_default()
    }
}
