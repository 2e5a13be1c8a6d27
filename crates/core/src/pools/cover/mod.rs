//! Cover pools: buyers pay premia for cover of a risk, stakers stand behind it, and whoever lost by
//! the risk is made whole, up to his cover.
//!
//! A premium is earned millisecond by millisecond over the cover's time, and goes to those who are
//! staked in the pool's layers and to its fund. What the pool holds is always what it has not
//! earned yet and what it holds for claims, to the part of an atom.
//!
//! An incident is a reported loss, or one that a low price triggers: it is approved or voted on,
//! may be challenged, and is then detected as any other. The book of the loss owes the pool what
//! is claimed; from there the waterfall of the pool's domain runs, which knows nothing of cover.
//! What it brings is paid to the insured in proportion; what stays uncovered is paid as the
//! domain's debt is.

mod command;
mod decide;
mod duty;
mod earn;
mod evolve;
mod incident;
mod price;
mod rejection;
mod spec;
mod standing;
mod vote;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use command::{Command, Duty, Event, Lost};
pub(crate) use decide::decide;
pub(crate) use duty::{decide_duty, duty};
pub(crate) use earn::earn_once;
pub use price::Price;
pub use rejection::Rejection;
pub use spec::{Experience, Flaw, MAX_COVERED, MIN_COVER, PoolSpec, RiskSpec, Trigger, VoteTerms};
pub use standing::Capacity;
pub use vote::Count;

use crate::domain::CauseClass;
use crate::ids::{AccountId, CoverId, CoverPoolId, DomainId, LossId, RiskId, Time};
use crate::units::Amount;

/// Where a cover stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverStage"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Stage {
    /// It earns its premium.
    Standing = 1,
    /// It ended; what happened before may still be reported.
    Ended = 2,
    /// Nothing more can be reported.
    Lapsed = 3,
}

/// A cover that was bought.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cover {
    /// The risk.
    pub risk: RiskId,
    /// Who bought it, and is paid.
    pub account: AccountId,
    /// How much it covers, as it was bought.
    pub amount: Amount,
    /// What of it was not owed to the insured yet.
    pub left: Amount,
    /// What of that is claimed by incidents that are not detected.
    pub claimed: Amount,
    /// What was paid for it.
    pub premium: Amount,
    /// What it earns the pool in a year, in millionths of atoms.
    #[serde(with = "crate::units::text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub rate: u128,
    /// From when what happens is covered.
    pub from: Time,
    /// Until when.
    pub until: Time,
    /// Where it stands.
    pub stage: Stage,
}

impl Cover {
    /// What may still be claimed of it.
    #[must_use]
    pub const fn unclaimed(&self) -> Amount {
        self.left.less_or_zero(self.claimed)
    }

    /// Whether what happened at `time` is covered.
    #[must_use]
    pub fn covers(&self, time: Time) -> bool {
        self.from <= time && time < self.until
    }
}

/// A risk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Risk {
    /// As it was added, or changed last.
    pub spec: RiskSpec,
    /// What is covered of it: what is left of covers that did not lapse, and what is claimed of
    /// those that did.
    pub covered: Amount,
}

/// What one insured claims for an incident.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverClaim"))]
pub struct Claim {
    /// The cover.
    pub cover: CoverId,
    /// What was lost by the risk, as it was reported.
    pub lost: Amount,
    /// What of it the pool owes: less the retention, up to the cover and the cap of the incident.
    pub due: Amount,
}

/// How a vote stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverBallot"))]
pub struct Ballot {
    /// Until when stakers may vote.
    pub until: Time,
    /// Who accepts the claims and who does not; each counts by what he has staked at the end.
    pub votes: BTreeMap<AccountId, bool>,
}

/// An incident: what was claimed by a risk at once.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverIncident"))]
pub struct Incident {
    /// The risk.
    pub risk: RiskId,
    /// When it happened.
    pub happened: Time,
    /// Who claims what, in the order of the covers.
    pub claims: Vec<Claim>,
    /// What each was paid.
    pub paid: Vec<Amount>,
    /// What is due in all.
    pub due: Amount,
    /// The vote on it, while it runs.
    pub ballot: Option<Ballot>,
    /// Whether the loss was detected: the book of the loss owes what is due.
    pub owed: bool,
}

impl Incident {
    /// What was paid in all.
    #[must_use]
    pub fn paid(&self) -> Amount {
        Amount::sum(self.paid.iter().copied())
    }
}

/// A cover pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// As it was opened.
    pub spec: PoolSpec,
    /// What is covered, over all risks.
    pub covered: Amount,
    /// What of that is claimed by incidents that are not detected.
    pub claimed: Amount,
    /// What all standing covers earn in a year, in millionths of atoms.
    pub rate: u128,
    /// What was earned beyond whole atoms, in parts of a year times a million, with what rounding
    /// added to premia.
    pub rest: u128,
    /// Until when it has earned.
    pub earned: Time,
    /// Every incident, by its loss.
    pub incidents: BTreeMap<LossId, Incident>,
    /// Those that were not dismissed, by their risk and when they happened.
    pub(crate) standing: BTreeSet<(RiskId, Time, LossId)>,
    /// Those that are neither dismissed nor paid in full.
    pub(crate) open: BTreeSet<LossId>,
    /// When covers end, and when nothing more can be reported of them.
    pub(crate) ends: BTreeSet<(Time, CoverId)>,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Covers {
    pub(crate) pools: Vec<Pool>,
    pub(crate) risks: Vec<Risk>,
    pub(crate) covers: Vec<Cover>,
}

impl Covers {
    /// The pool `id`.
    #[must_use]
    pub fn pool(&self, id: CoverPoolId) -> Option<&Pool> {
        self.pools.get(id.index())
    }

    /// Every pool, in id order.
    pub fn pools(&self) -> impl Iterator<Item = (CoverPoolId, &Pool)> {
        let pools = self.pools.iter().enumerate();
        pools.filter_map(|(place, pool)| Some((CoverPoolId::at(place)?, pool)))
    }

    /// The risk `id`.
    #[must_use]
    pub fn risk(&self, id: RiskId) -> Option<&Risk> {
        self.risks.get(id.index())
    }

    /// Every risk, in id order.
    pub fn risks(&self) -> impl Iterator<Item = (RiskId, &Risk)> {
        let risks = self.risks.iter().enumerate();
        risks.filter_map(|(place, risk)| Some((RiskId::at(place)?, risk)))
    }

    /// The cover `id`.
    #[must_use]
    pub fn cover(&self, id: CoverId) -> Option<&Cover> {
        self.covers.get(id.index())
    }

    /// Every cover, in id order.
    pub fn covers(&self) -> impl Iterator<Item = (CoverId, &Cover)> {
        let covers = self.covers.iter().enumerate();
        covers.filter_map(|(place, cover)| Some((CoverId::at(place)?, cover)))
    }

    /// The pool of a risk.
    #[must_use]
    pub fn pool_of(&self, risk: RiskId) -> Option<(CoverPoolId, &Pool)> {
        let id = self.risk(risk)?.spec.pool;
        Some((id, self.pool(id)?))
    }

    /// The pool whose losses `domain` bears: a domain has one at most.
    #[must_use]
    pub fn in_domain(&self, domain: DomainId) -> Option<(CoverPoolId, &Pool)> {
        self.pools().find(|(_, pool)| pool.spec.domain == domain)
    }

    /// When the votes that run end.
    pub fn votes_end(&self) -> impl Iterator<Item = Time> + '_ {
        let incidents = |pool: &'_ Pool| {
            let open = pool.open.iter().filter_map(|loss| pool.incidents.get(loss));
            open.filter_map(|of| of.ballot.as_ref()).map(|ballot| ballot.until).collect::<Vec<_>>()
        };
        self.pools.iter().flat_map(incidents)
    }

    /// When covers end, and when nothing more can be claimed of them.
    pub fn ends(&self) -> impl Iterator<Item = Time> + '_ {
        self.pools.iter().flat_map(|pool| &pool.ends).map(|(at, _)| *at)
    }

    /// The incident that `loss` is, with its pool.
    #[must_use]
    pub fn incident(&self, loss: LossId) -> Option<(CoverPoolId, &Incident)> {
        self.pools().find_map(|(id, pool)| Some((id, pool.incidents.get(&loss)?)))
    }
}
