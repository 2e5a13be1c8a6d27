//! Losses: reported or derived, detected once, measured, recognised, absorbed step by step,
//! divided, settled and repaid.
//!
//! The stages of a loss are those of `Stage`, in order. Everything after detection is a duty: an
//! internal command that `duty` names and `decide` checks like any other.

mod absorb;
mod bounty;
mod ceded;
mod claimed;
mod claims;
mod command;
mod decide;
mod detect;
mod divide;
mod duty;
mod event;
mod evidence;
mod evolve;
mod failure;
mod income;
pub(crate) mod liable;
mod lien;
mod measure;
mod period;
mod pot;
mod ranks;
mod rejection;
mod remainder;
mod results;
mod set_off;
mod touch;
mod transfers;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use bounty::{Bounties, BountyFlaw, BountyTerms, Challenge, Notice, Noticed, Outcome};
pub(crate) use ceded::cede_means;
pub(crate) use claimed::{NewLoss, reported};
pub use command::{Command, Duty, LossReport, Rank, RankedClaim, ReportedClaim, SetOff};
pub(crate) use decide::{decide, decide_duty};
pub(crate) use detect::{found, is_derived, next};
pub use divide::{DivisionTerms, SHARES_PER_EVENT, call_terms, division_terms};
pub(crate) use duty::duty;
pub(crate) use event::stakes_left;
pub use event::{Event, OwnMeans, PoolHolder, RemainderTo, ReportedLoss};
pub use evidence::Evidence;
pub(crate) use failure::close_out;
pub(crate) use income::{
    answers_until, is_recoverable, pay_debts_in, pay_debts_of, pay_proceeds, recover, recoverable,
    wanted,
};
pub use liable::{LayerSet, LiableSet, Member, Wave};
pub use lien::Level;
pub(crate) use lien::{Liens, MemberCap, levels_hold, measure, member_caps};
pub(crate) use period::is_within;
pub use pot::{StakePart, pot_terms};
pub use ranks::{RankedDraw, rank_terms};
pub use rejection::Rejection;
pub(crate) use results::results_of;
pub(crate) use touch::touch_where;

use crate::domain::CauseClass;
use crate::engine::{Actor, State};
use crate::ids::{
    AccountId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name, OwnerId, Time, WaterfallId,
};
use crate::recovery::{Bearer, ClaimPool};
use crate::units::Amount;

/// Where a loss stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Stage {
    /// Reported; a second approver must agree.
    Reported = 1,
    /// Approved; open to challenge until then.
    Challengeable {
        /// When the time to challenge ends.
        until: Time,
    } = 2,
    /// Challenged with success: not a loss.
    Dismissed = 3,
    /// Detected: the liable set stands, liens are held.
    Detected = 4,
    /// Own means are taken; what they leave is in suspense.
    Measured = 5,
    /// The deficit is recognised; steps absorb it.
    Absorbing = 6,
    /// Absorbed, or named as uncovered.
    Settled = 7,
}

/// What comes next for an open loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// To be detected, unless it is dismissed.
    Detection,
    /// To be closed out and measured.
    Measurement,
    /// To be absorbed.
    Absorption,
}

impl Phase {
    /// Every phase, in order.
    pub(crate) const ALL: [Self; 3] = [Self::Detection, Self::Measurement, Self::Absorption];
}

/// How a loss came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Origin {
    /// Reported with evidence by an actor.
    Reported {
        /// Who reported it.
        by: Actor,
        /// blake3 or SHA-256 of the evidence, as the venue chooses.
        evidence: [u8; 32],
    } = 1,
    /// Derived from the ledger, or a declared default: a takeover measures it.
    Derived = 2,
}

/// One draw on one layer: what was planned and what was received are two numbers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Draw {
    /// The step, counted from 1.
    pub step: u16,
    /// The layer.
    pub layer: LayerId,
    /// What the plan of the round asked of it.
    pub planned: Amount,
    /// What stands in suspense from it.
    pub received: Amount,
    /// What each member of the set is called for and has not paid, in its order; empty where the
    /// layer calls no members.
    pub called: Vec<Amount>,
    /// Until when it may still pay; nothing for a layer that pays at once.
    pub deadline: Option<Time>,
    /// Whether it has answered.
    pub closed: bool,
}

/// A loss.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Loss {
    /// The domain.
    pub domain: DomainId,
    /// The domain's number for it: a number is recognised once.
    pub number: u64,
    /// The class of its cause.
    pub class: CauseClass,
    /// The cause in words.
    pub cause: Name,
    /// How it came to be known.
    pub origin: Origin,
    /// The account that failed, if one did.
    pub failed: Option<AccountId>,
    /// Where it stands.
    pub stage: Stage,
    /// Its episode, from detection.
    pub episode: Option<EpisodeId>,
    /// Its liable set, from detection.
    pub set: Option<LiableSetId>,
    /// When it was detected.
    pub detected: Time,
    /// Whether the failed account's balance has moved to the book, or need not.
    pub taken_over: bool,
    /// Close-out loss: gross, before own means. Known when measured.
    pub close_out: Amount,
    /// The failed party's margin: the first of his own means.
    pub margin: Amount,
    /// The gross value at the marks of the legs that were taken over, until the penalty for it was
    /// asked.
    pub taken: Amount,
    /// What his other accounts are held for.
    pub set_off: Vec<SetOff>,
    /// What the failed owner's own means paid, margin included.
    pub own_means: Amount,
    /// Realised close-out loss beyond own means; own means that come later, as what is left of the
    /// account's margin in another domain, lower it.
    pub deficit: Amount,
    /// What other books of the domain gained and paid for it, before any layer.
    pub netted: Amount,
    /// The step being drawn on, counted from 1; zero before the first.
    pub step: u16,
    /// Every draw so far, in order.
    pub draws: Vec<Draw>,
    /// What no step absorbed, at settlement.
    pub uncovered: Amount,
    /// When it was settled.
    pub settled: Option<Time>,
    /// Who may be repaid, in the order the steps paid.
    pub pools: Vec<ClaimPool>,
    /// The number of the last recovery.
    pub last_recovery: u64,
    /// The number of the last payment from outside into a pending draw.
    pub last_payment: u64,
}

impl Loss {
    /// What the layer paid for this loss so far.
    #[must_use]
    pub fn received_from(&self, layer: LayerId) -> Amount {
        let paid = self.draws.iter().filter(|draw| draw.layer == layer);
        Amount::sum(paid.map(|draw| draw.received))
    }

    /// What all layers paid so far.
    #[must_use]
    pub fn received(&self) -> Amount {
        Amount::sum(self.draws.iter().map(|draw| draw.received))
    }

    /// What is still to absorb of the deficit.
    #[must_use]
    pub fn remaining(&self) -> Amount {
        let absorbed = [self.netted, self.received(), self.uncovered];
        absorbed.into_iter().fold(self.deficit, Amount::less_or_zero)
    }

    /// What is still owed of its uncovered part: nobody paid it since.
    #[must_use]
    pub fn debt(&self) -> Amount {
        let debt = Bearer::Uncovered(self.domain);
        Amount::sum(self.pools.iter().filter(|pool| pool.bearer == debt).map(ClaimPool::open))
    }

    /// Whether it was detected and is not settled.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Detected | Stage::Measured | Stage::Absorbing)
    }

    /// What comes next for it; nothing where it is over.
    pub(crate) const fn phase(&self) -> Option<Phase> {
        match self.stage {
            Stage::Reported | Stage::Challengeable { .. } => Some(Phase::Detection),
            Stage::Detected => Some(Phase::Measurement),
            Stage::Measured | Stage::Absorbing => Some(Phase::Absorption),
            Stage::Dismissed | Stage::Settled => None,
        }
    }

    /// Whether it is a failure that the engine found or was told of, not yet taken over: it says
    /// why its account stands below zero.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        let over = matches!(self.stage, Stage::Settled | Stage::Dismissed);
        !over && matches!(self.origin, Origin::Derived) && !self.taken_over
    }

    /// What liens are held for: the hole before measurement, what is left of it after.
    #[must_use]
    pub fn hole(&self) -> Amount {
        match self.stage {
            Stage::Detected => self.close_out.less_or_zero(self.margin),
            Stage::Measured => self.deficit,
            Stage::Absorbing => self.remaining(),
            Stage::Reported | Stage::Challengeable { .. } | Stage::Dismissed | Stage::Settled => {
                Amount::ZERO
            }
        }
    }
}

/// The rules an episode was opened under. They are frozen for it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FrozenRules {
    /// The waterfall for each class of causes.
    pub waterfalls: BTreeMap<CauseClass, WaterfallId>,
    /// Milliseconds it takes new losses for.
    pub length: u64,
    /// Milliseconds a liable set serves.
    pub window: u64,
}

/// From the first detection until its losses are settled.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Episode {
    /// The domain.
    pub domain: DomainId,
    /// When it opened.
    pub opened: Time,
    /// Whether every loss is settled.
    pub closed: bool,
    /// The rules frozen for it.
    pub rules: FrozenRules,
    /// Its losses, in order of detection.
    pub losses: Vec<LossId>,
    /// Its liable sets, in order.
    pub sets: Vec<LiableSetId>,
    /// Owners that failed in it: liable no longer, but by what they lent. Who lost a loan is none.
    pub failed: BTreeSet<OwnerId>,
    /// What each layer paid in it.
    pub used: BTreeMap<LayerId, Amount>,
    /// The sum of deficits recognised in it, less own means that came later.
    pub deficits: Amount,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Losses {
    pub(crate) losses: Vec<Loss>,
    pub(crate) episodes: Vec<Episode>,
    pub(crate) sets: Vec<LiableSet>,
    /// The reported basis of each layer, in account order.
    pub(crate) reported: BTreeMap<LayerId, BTreeMap<AccountId, ReportedClaim>>,
    /// The number of the last report of each layer's basis.
    pub(crate) last_report: BTreeMap<LayerId, u64>,
    /// The losses known by the numbers their domains gave them.
    pub(crate) numbers: BTreeMap<(DomainId, u64), LossId>,
    /// When each layer with a cap per period paid, and how much: the last period's, each moment
    /// once.
    pub(crate) paid_at: BTreeMap<LayerId, Vec<(Time, Amount)>>,
    /// The divisions whose shares are taken on touch and are not all taken.
    pub(crate) on_touch: BTreeSet<(LiableSetId, LayerId)>,
    /// The domains whose debts were settled by rank.
    pub(crate) ranked: BTreeSet<DomainId>,
    /// What came back to owners who failed and is for those who bear their own losses, by these.
    pub(crate) ceded: BTreeMap<LossId, Amount>,
    /// The losses that were reported on the same evidence.
    pub(crate) evidence: Evidence,
    /// What watching pays: notices, challenges and their bonds.
    pub(crate) bounties: Bounties,
}

impl Losses {
    /// The loss `id`.
    #[must_use]
    pub fn loss(&self, id: LossId) -> Option<&Loss> {
        self.losses.get(id.index())
    }

    /// Every loss, in id order.
    pub fn losses(&self) -> impl Iterator<Item = (LossId, &Loss)> {
        self.losses.iter().enumerate().filter_map(|(i, l)| Some((LossId::at(i)?, l)))
    }

    /// The episode `id`.
    #[must_use]
    pub fn episode(&self, id: EpisodeId) -> Option<&Episode> {
        self.episodes.get(id.index())
    }

    /// Every episode, in id order.
    pub fn episodes(&self) -> impl Iterator<Item = (EpisodeId, &Episode)> {
        self.episodes.iter().enumerate().filter_map(|(i, e)| Some((EpisodeId::at(i)?, e)))
    }

    /// The domain of a liable set.
    pub(crate) fn domain_of(&self, set: LiableSetId) -> DomainId {
        self.episodes[self.sets[set.index()].episode.index()].domain
    }

    /// The liable set `id`.
    #[must_use]
    pub fn set(&self, id: LiableSetId) -> Option<&LiableSet> {
        self.sets.get(id.index())
    }

    /// The domains in which `account` failed and is not taken over, in id order.
    pub(crate) fn to_take_over(&self, account: AccountId) -> Vec<DomainId> {
        let waits = |loss: &&Loss| {
            let derived = loss.origin == Origin::Derived && !loss.taken_over;
            loss.failed == Some(account) && derived && loss.stage != Stage::Dismissed
        };
        let mut domains: Vec<DomainId> =
            self.losses.iter().filter(waits).map(|loss| loss.domain).collect();
        domains.sort_unstable();
        domains
    }

    /// What watching pays.
    #[must_use]
    pub const fn bounties(&self) -> &Bounties {
        &self.bounties
    }

    /// The loss a domain gave `number`.
    #[must_use]
    pub fn numbered(&self, domain: DomainId, number: u64) -> Option<LossId> {
        self.numbers.get(&(domain, number)).copied()
    }

    /// Whether an open episode's waterfalls name `layer`.
    pub(crate) fn may_draw_on(state: &State, layer: LayerId) -> bool {
        let mut open = state.open_episodes();
        open.any(|(_, episode)| state.domains.names(&episode.rules.waterfalls, layer))
    }

    /// When reports that wait for a second approver are no losses any more.
    pub fn approvals_end(state: &State) -> impl Iterator<Item = Time> + '_ {
        state.losses_in(Phase::Detection).filter_map(|loss| detect::expires(state, loss))
    }

    /// The losses that were approved and may still be challenged.
    pub(crate) fn approved(state: &State) -> impl Iterator<Item = &Loss> {
        let waiting = state.losses_in(Phase::Detection).filter_map(|id| state.losses.loss(id));
        waiting.filter(|loss| matches!(loss.stage, Stage::Challengeable { .. }))
    }
}
