//! A clearing fund as it is opened, and what can never be right about it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::MAX_PENDING;
use crate::ids::{DomainId, LayerId, MarketId, Name};
use crate::margin::Shock;
use crate::margin::scenario::VolMove;
use crate::market::RATE_UNIT;
use crate::units::Amount;

/// The most members of a fund: a sizing names each, and is one event.
pub const MAX_MEMBERS: usize = 1_024;

/// The most scenarios of a fund.
const MAX_SCENARIOS: usize = 64;

/// The most that a member may be assessed for, in millionths of his contribution: a hundred times.
const MAX_ASSESSMENT: u32 = 100 * RATE_UNIT;

/// The largest least contribution, in atoms: that of all members fits into a pot.
const MAX_LEAST: u128 = 100_000_000_000_000_000_000_000_000;

/// The largest move up of a price, in millionths of the mark: by a hundred times.
const MAX_MOVE: i32 = 100_000_000;

/// The longest period, notice or window: 366 days.
const MAX_SPAN: u64 = 366 * 24 * 3_600_000;

/// A stress: one move of everything, by a name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "StressScenario"))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: Name,
    /// By underlying: by how much its price moves, in millionths of the mark, above -1,000,000.
    pub moves: Vec<(MarketId, i32)>,
    /// How the other markets move.
    pub others: i32,
    /// How volatility moves.
    pub vol: VolMove,
}

impl Scenario {
    /// The move of prices and volatility.
    #[must_use]
    pub fn shock(&self) -> Shock {
        let moves: BTreeMap<MarketId, i32> = self.moves.iter().copied().collect();
        Shock { moves, others: self.others, vol: self.vol }
    }

    /// A move that leaves a price at zero or below, or moves it up by more than a hundred times, is
    /// none: beyond that the profit of the largest leg does not fit. Each market moves once.
    fn is_possible(&self) -> bool {
        let possible = |by: i32| by > -1_000_000 && by <= MAX_MOVE;
        let markets: BTreeSet<MarketId> = self.moves.iter().map(|(market, _)| *market).collect();
        markets.len() == self.moves.len()
            && possible(self.others)
            && self.moves.iter().all(|(_, by)| possible(*by))
    }
}

/// What members may be called for beyond their contributions.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The layer that calls them: its basis is contributions.
    pub layer: LayerId,
    /// The most for one loss, in millionths of what a member is to contribute, rounded down (for
    /// the member).
    pub per_event: u32,
    /// The most within any window, in the same.
    pub per_window: u32,
    /// The window, in milliseconds.
    pub window: u64,
}

/// A clearing fund.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingFundSpec"))]
#[serde(deny_unknown_fields)]
pub struct FundSpec {
    /// Its name.
    pub name: Name,
    /// The domain whose members contribute.
    pub domain: DomainId,
    /// The layer of the contributions: a default fund that the domain's waterfall for defaults
    /// draws on.
    pub layer: LayerId,
    /// How many members, those with the largest losses beyond margin, may fail at once.
    pub cover: u16,
    /// What may happen.
    pub scenarios: Vec<Scenario>,
    /// The least size.
    pub least: Amount,
    /// The least that a member contributes.
    pub least_contribution: Amount,
    /// The time from one sizing to the next, in milliseconds.
    pub period: u64,
    /// How long a member who is called has to pay, in milliseconds.
    pub deadline: u64,
    /// How long who gave notice answers for losses that are detected, in milliseconds.
    pub notice: u64,
    /// How long clients of a member in default may be ported to another, in milliseconds.
    pub porting: u64,
    /// How long members may bid for a book, in milliseconds.
    pub bidding: u64,
    /// What of a contribution pays before the others' where its member did not bid for the book,
    /// in millionths.
    pub juniority: u32,
    /// What members may be called for beyond their contributions; nothing where they may not.
    pub assessment: Option<Assessment>,
}

/// What can never be right about a clearing fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// Nobody may fail, or more than there can be.
    Cover { cover: u16 },
    /// No scenario, or more than a fund has.
    Scenarios { count: usize },
    /// A scenario moves a market twice, or a price to nothing.
    Scenario { name: Name },
    /// The fund, or a contribution, of nothing: members would answer for nothing. Or a contribution
    /// so large that not all of them fit into a pot.
    Least { least: Amount, least_contribution: Amount },
    /// A span of nothing, or longer than its bound.
    Span { what: &'static str, millis: u64, max: u64 },
    /// More of a contribution than all of it is to pay first.
    Juniority { juniority: u32 },
    /// A cap of nothing, above its bound, or one for a loss above that of the window.
    AssessmentCaps { per_event: u32, per_window: u32 },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cover { cover } => {
                write!(f, "{cover} members may fail at once, allowed: 1 to {MAX_MEMBERS}")
            }
            Self::Scenarios { count } => {
                write!(f, "there are {count} scenarios, allowed: 1 to {MAX_SCENARIOS}")
            }
            Self::Scenario { name } => write!(
                f,
                "scenario {name} moves a market twice, or by what no price can: allowed are moves \
                 above -1000000 millionths, up to {MAX_MOVE}"
            ),
            Self::Least { least, least_contribution } => write!(
                f,
                "the least size is {least} and the least contribution {least_contribution}, \
                 allowed: 1 atom and more, and contributions up to 10^26"
            ),
            Self::Span { what, millis, max } => {
                write!(f, "the {what} is {millis}, allowed: 1 to {max} milliseconds")
            }
            Self::Juniority { juniority } => {
                write!(f, "the juniority is {juniority}, allowed: 0 to {RATE_UNIT} millionths")
            }
            Self::AssessmentCaps { per_event, per_window } => write!(
                f,
                "assessments of {per_event} for a loss and {per_window} in a window, allowed: \
                 1 <= per_event <= per_window <= {MAX_ASSESSMENT} millionths"
            ),
        }
    }
}

impl FundSpec {
    /// What is wrong with the fund, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), Flaw> {
        if self.cover == 0 || usize::from(self.cover) > MAX_MEMBERS {
            return Err(Flaw::Cover { cover: self.cover });
        }
        let count = self.scenarios.len();
        if count == 0 || count > MAX_SCENARIOS {
            return Err(Flaw::Scenarios { count });
        }
        if let Some(scenario) = self.scenarios.iter().find(|scenario| !scenario.is_possible()) {
            return Err(Flaw::Scenario { name: scenario.name.clone() });
        }
        let bounded = self.least_contribution.atoms() <= MAX_LEAST;
        if self.least.is_zero() || self.least_contribution.is_zero() || !bounded {
            let (least, least_contribution) = (self.least, self.least_contribution);
            return Err(Flaw::Least { least, least_contribution });
        }
        let window = self.assessment.map_or(1, |of| of.window);
        let spans = [
            ("period", self.period, MAX_SPAN),
            ("deadline", self.deadline, MAX_PENDING),
            ("notice", self.notice, MAX_SPAN),
            ("time to port", self.porting, MAX_PENDING),
            ("time to bid", self.bidding, MAX_PENDING),
            ("window", window, MAX_SPAN),
        ];
        for (what, millis, max) in spans {
            if millis == 0 || millis > max {
                return Err(Flaw::Span { what, millis, max });
            }
        }
        if self.juniority > RATE_UNIT {
            return Err(Flaw::Juniority { juniority: self.juniority });
        }
        match self.assessment {
            Some(Assessment { per_event, per_window, .. })
                if per_event == 0 || per_event > per_window || per_window > MAX_ASSESSMENT =>
            {
                Err(Flaw::AssessmentCaps { per_event, per_window })
            }
            _ => Ok(()),
        }
    }
}
