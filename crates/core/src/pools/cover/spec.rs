//! A cover pool and its risks as they are opened, and what can never be right about them.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::CauseClass;
use crate::bounds::MAX_PENDING;
use crate::ids::{CoverPoolId, DomainId, FeedId, LayerId, Name, Time};
use crate::market::RATE_UNIT;
use crate::pools::Rates;
use crate::units::{Amount, Price};

/// The most that a pool may cover: 10^24 atoms, so that what it earns stays in its bounds.
pub const MAX_COVERED: u128 = 1_000_000_000_000_000_000_000_000;

/// The least that the least cover may be, in atoms: rounding must be small beside it.
pub const MIN_COVER: u128 = 1_000;

/// The highest rate of a year, in millionths: the whole cover.
const MAX_RATE: u32 = RATE_UNIT;

/// The most that a pool may cover of what stands behind it: a hundred times.
const MAX_LEVERAGE: u32 = 100 * RATE_UNIT;

/// The longest that a cover may run: two years of 365 days.
const MAX_PERIOD: u64 = 2 * crate::pools::YEAR;

/// How stakers decide whether a claim is right.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VoteTerms {
    /// How long they may vote, in milliseconds.
    pub length: u64,
    /// The part of all stakes that must have voted, in millionths: fewer accept nothing.
    pub quorum: u32,
}

/// A cover pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverPoolSpec"))]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// Its name.
    pub name: Name,
    /// The domain that bears its losses, for this pool alone. Its asset is what is covered and
    /// paid in.
    pub domain: DomainId,
    /// The fund that gets what premia the stakers do not: a pot of the house, in the pool's asset.
    pub fund: LayerId,
    /// The parts of the premia that go to those who are staked in layers, in millionths; what
    /// they leave is the fund's.
    pub premia: Vec<(LayerId, u32)>,
    /// How much may be covered by what stands behind the pool, in millionths: one million covers
    /// each atom once.
    pub leverage: u32,
    /// The most that may be covered at once.
    pub max_covered: Amount,
    /// The least cover that can be bought.
    pub min_cover: Amount,
    /// The longest that a cover may run, in milliseconds.
    pub max_period: u64,
    /// How long after it was bought a cover begins, in milliseconds: nobody buys what he saw
    /// happen.
    pub waiting: u64,
    /// How long after a cover's end what happened before may be reported, in milliseconds.
    pub claim_time: u64,
    /// The most that one incident pays in all; nothing for no limit, which needs losses whose mean
    /// exists.
    pub incident_cap: Option<Amount>,
    /// The tail index of the losses that may be claimed, in millionths, as it was estimated
    /// outside: at one million and below, losses have no finite mean.
    pub tail_index: u32,
    /// Who estimated it.
    pub source: Name,
    /// When.
    pub estimated: Time,
    /// How stakers decide on a claim; nothing where a second approver does.
    pub vote: Option<VoteTerms>,
}

/// What pays without a report: a price that is low for long.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverTrigger"))]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The feed of the price.
    pub feed: FeedId,
    /// Its mean over the window must lie below.
    pub below: Price,
    /// The window, in milliseconds, in whole cells of the feed.
    pub window: u64,
}

/// What more of each loss they bear who were paid before: who brings losses again and again pays
/// a larger part of them himself.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverExperience"))]
#[serde(deny_unknown_fields)]
pub struct Experience {
    /// What the retention rises by for each incident that an owner's covers of the risk were
    /// claimed for, in millionths of the loss.
    pub step: u32,
    /// The most it rises to, in millionths of the loss.
    pub most: u32,
    /// How near to another an incident happened that counts, in milliseconds.
    pub window: u64,
}

/// A risk that a pool covers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverRiskSpec"))]
#[serde(deny_unknown_fields)]
pub struct RiskSpec {
    /// Its name.
    pub name: Name,
    /// The pool.
    pub pool: CoverPoolId,
    /// The class of what is claimed: which waterfall of the pool's domain pays.
    pub class: CauseClass,
    /// The price of cover for a year, by how much of what may be covered is.
    pub rates: Rates,
    /// What is expected to be lost in a year, in millionths of the cover, as it was estimated
    /// outside.
    pub expected_loss: u32,
    /// What the price must be above that at least, in millionths of it.
    pub load: u32,
    /// Who estimated it.
    pub source: Name,
    /// When.
    pub estimated: Time,
    /// The most that may be covered of it, in millionths of what the pool may cover.
    pub concentration: u32,
    /// What of each loss the insured bears himself, in millionths, rounded up (for the pool): who
    /// brings the loss shares it.
    pub retention: u32,
    /// How the retention rises for who was paid before; nothing where it is the same for all.
    pub experience: Option<Experience>,
    /// What pays without a report; nothing where each loss is reported.
    pub trigger: Option<Trigger>,
}

/// What can never be right about a cover pool or a risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// More is given of the premia than there is, or to the same layer twice.
    Premia { parts: u64 },
    /// The leverage is nothing or above its bound.
    Leverage { leverage: u32 },
    /// The most that may be covered is nothing or above the bound.
    MostCovered { amount: Amount },
    /// The least cover is below its bound, or above the most.
    LeastCover { amount: Amount },
    /// The longest period is not longer than the time to wait, or above its bound.
    Period { max_period: u64, waiting: u64 },
    /// The time to claim is nothing or above its bound.
    ClaimTime { millis: u64 },
    /// An incident could pay nothing.
    IncidentCap,
    /// The losses have no finite mean, and nothing limits what an incident pays.
    Uncapped { tail_index: u32 },
    /// The vote takes no time or too long, or needs more than all stakes.
    Vote { length: u64, quorum: u32 },
    /// A rate is above the bound, or rates fall with utilisation.
    Rates { at_zero: u32, at_kink: u32, at_full: u32, max: u32 },
    /// The kink is at nothing or at all.
    Kink { kink: u32 },
    /// The price at its lowest is below the expected loss with its load.
    BelowExpectedLoss { at_zero: u32, least: u64 },
    /// The risk may take nothing of what is covered, or more than all.
    Concentration { concentration: u32 },
    /// The insured would bear all of each loss.
    Retention { retention: u32 },
    /// The retention does not rise, or rises to all of each loss, or no time counts.
    Experience { step: u32, most: u32, window: u64 },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let million = RATE_UNIT;
        match self {
            Self::Premia { parts } => write!(
                f,
                "parts of the premia sum to {parts}, allowed: {million} millionths at most, each \
                 layer once"
            ),
            Self::Leverage { leverage } => {
                write!(f, "the leverage is {leverage}, allowed: 1 to {MAX_LEVERAGE} millionths")
            }
            Self::MostCovered { amount } => {
                write!(f, "the most covered is {amount}, allowed: 1 to {MAX_COVERED} atoms")
            }
            Self::LeastCover { amount } => write!(
                f,
                "the least cover is {amount}, allowed: {MIN_COVER} atoms to the most that may be \
                 covered"
            ),
            Self::Period { max_period, waiting } => write!(
                f,
                "a cover runs for {max_period} milliseconds at most and waits for {waiting}, \
                 allowed: longer than it waits, up to {MAX_PERIOD}"
            ),
            Self::ClaimTime { millis } => {
                write!(f, "the time to claim is {millis}, allowed: 1 to {MAX_PERIOD} milliseconds")
            }
            Self::IncidentCap => f.write_str("an incident pays nothing, allowed: 1 atom and more"),
            Self::Uncapped { tail_index } => write!(
                f,
                "the tail index is {tail_index} millionths: at {million} and below losses have no \
                 finite mean, so that an incident needs a cap"
            ),
            Self::Vote { length, quorum } => write!(
                f,
                "a vote of {length} milliseconds with a quorum of {quorum}, allowed: 1 to \
                 {MAX_PENDING} milliseconds, and up to {million} millionths"
            ),
            Self::Rates { at_zero, at_kink, at_full, max } => write!(
                f,
                "rates are {at_zero}, {at_kink} and {at_full}, allowed: at_zero <= at_kink <= \
                 at_full <= {max} millionths a year"
            ),
            Self::Kink { kink } => {
                write!(f, "the kink is {kink}, allowed: 1 to {} millionths", million - 1)
            }
            Self::BelowExpectedLoss { at_zero, least } => write!(
                f,
                "the price begins at {at_zero} millionths a year, the expected loss with its load \
                 is {least}: allowed from there"
            ),
            Self::Concentration { concentration } => {
                write!(
                    f,
                    "the concentration is {concentration}, allowed: 1 to {million} millionths"
                )
            }
            Self::Retention { retention } => {
                write!(f, "the retention is {retention}, allowed: 0 to {} millionths", million - 1)
            }
            Self::Experience { step, most, window } => write!(
                f,
                "the retention rises by {step} to {most} for incidents of {window} milliseconds, \
                 allowed: by 1 and more, to more than the retention and less than {million}, for \
                 1 to {MAX_PERIOD}"
            ),
        }
    }
}

impl PoolSpec {
    /// What is wrong with the pool, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), Flaw> {
        let parts = self.premia.iter().map(|(_, part)| u64::from(*part)).sum();
        let mut layers: Vec<LayerId> = self.premia.iter().map(|(layer, _)| *layer).collect();
        layers.sort_unstable();
        layers.dedup();
        if parts > u64::from(RATE_UNIT) || layers.len() != self.premia.len() {
            return Err(Flaw::Premia { parts });
        }
        if self.leverage == 0 || self.leverage > MAX_LEVERAGE {
            return Err(Flaw::Leverage { leverage: self.leverage });
        }
        if self.max_covered.is_zero() || self.max_covered.atoms() > MAX_COVERED {
            return Err(Flaw::MostCovered { amount: self.max_covered });
        }
        if self.min_cover.atoms() < MIN_COVER || self.min_cover > self.max_covered {
            return Err(Flaw::LeastCover { amount: self.min_cover });
        }
        let (max_period, waiting) = (self.max_period, self.waiting);
        if max_period > MAX_PERIOD || waiting >= max_period {
            return Err(Flaw::Period { max_period, waiting });
        }
        if self.claim_time == 0 || self.claim_time > MAX_PERIOD {
            return Err(Flaw::ClaimTime { millis: self.claim_time });
        }
        match self.incident_cap {
            Some(cap) if cap.is_zero() => return Err(Flaw::IncidentCap),
            None if self.tail_index <= RATE_UNIT => {
                return Err(Flaw::Uncapped { tail_index: self.tail_index });
            }
            _ => {}
        }
        match self.vote {
            Some(VoteTerms { length, quorum })
                if length == 0 || length > MAX_PENDING || quorum > RATE_UNIT =>
            {
                Err(Flaw::Vote { length, quorum })
            }
            _ => Ok(()),
        }
    }
}

impl RiskSpec {
    /// What of a loss the insured bears himself who was paid for `before` incidents that count, in
    /// millionths.
    #[must_use]
    pub fn retention_after(&self, before: u32) -> u32 {
        let Some(Experience { step, most, .. }) = self.experience else { return self.retention };
        let risen = u64::from(self.retention) + u64::from(step) * u64::from(before);
        u32::try_from(risen).map_or(most, |risen| risen.min(most))
    }

    /// What is wrong with the risk, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), Flaw> {
        let Rates { at_zero, kink, at_kink, at_full } = self.rates;
        if at_zero > at_kink || at_kink > at_full || at_full > MAX_RATE {
            return Err(Flaw::Rates { at_zero, at_kink, at_full, max: MAX_RATE });
        }
        if kink == 0 || kink >= RATE_UNIT {
            return Err(Flaw::Kink { kink });
        }
        let unit = u64::from(RATE_UNIT);
        let loaded = u64::from(self.expected_loss) * (unit + u64::from(self.load));
        let least = loaded.div_ceil(unit);
        if u64::from(at_zero) < least {
            return Err(Flaw::BelowExpectedLoss { at_zero, least });
        }
        let concentration = self.concentration;
        if concentration == 0 || concentration > RATE_UNIT {
            return Err(Flaw::Concentration { concentration });
        }
        if self.retention >= RATE_UNIT {
            return Err(Flaw::Retention { retention: self.retention });
        }
        match self.experience {
            Some(Experience { step, most, window })
                if step == 0
                    || most <= self.retention
                    || most >= RATE_UNIT
                    || window == 0
                    || window > MAX_PERIOD =>
            {
                Err(Flaw::Experience { step, most, window })
            }
            _ => Ok(()),
        }
    }
}
