//! Dividing a loss over claims: exactly, by a rule, to the last atom.
//!
//! A division has four parts, one after the other. The columns are checked (`check`); the
//! amount descends through the classes and one of them, at most, is divided by the rule
//! (`classes`), which gives every claim an exact rational share; the shares become whole atoms
//! (`wave`, `rounding`). What each rule computes:
//!
//! | rule | a claim's share of the loss `L` over caps `c`, sum `D` | where |
//! |---|---|---|
//! | proportional | `min(c, level w)` | `proportional` |
//! | risk-weighted | `min(c, level w r)` | `proportional` |
//! | equal-losses | `min(c, level)` | `equal` |
//! | equal-awards | `c - min(c, level)` | `equal` |
//! | talmud, reverse-talmud, piniles | equal losses or awards on half claims | `equal` |
//! | queue | `c` down to the one who pays in part | `queue` |
//! | random-arrival | `c -` the average award over all orders of arrival | `arrival` |
//! | adjusted-proportional | `c -` (minimal right + a proportional award) | `adjusted` |
//! | minimal-overlap | `c -` the award of O'Neill's least contested layout | `overlap` |
//!
//! The risk-weighted rule takes the fraction `h = min(c/w, level r)` of each weight. It is the
//! exact minimiser of the weighted quadratic disutility, the sum of `w h^2 / (2 r)`, among all
//! ways to raise `L` within the caps. It does *not* maximise a linear reduction of risk, the sum
//! of `w r h`: a greedy fill from the highest `r` down does (weights 10 and 10, risks 3 and 1,
//! `L` = 5: disutility 0.3125 against 0.4167 for equal fractions; linear 12.5 against 15 for the
//! greedy fill).

mod adjusted;
mod arrival;
mod check;
mod classes;
mod compare;
mod equal;
mod equal_level;
mod exact;
mod halving;
mod level;
mod multiple;
mod overlap;
mod proportional;
mod queue;
mod rounding;
mod shares;
#[cfg(test)]
mod tests;
mod wave;

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::units::{Amount, Fraction};

pub use compare::{UnderRule, under_each_rule};
pub use exact::{ExactDivision, exact};
pub use level::{capped_share_ceil, level_for, share_at};
pub use wave::{divide, next_wave};

/// The most claimants of one class that [`Rule::RandomArrival`] divides; from 24 on also bound by
/// [`MAX_COALITIONS`].
pub const MAX_ARRIVALS: usize = 64;

/// The most coalitions of one class that [`Rule::RandomArrival`] visits: those of claims that sum
/// to less than the loss and to less than what it leaves. Up to 23 claimants there are never more.
pub const MAX_COALITIONS: u32 = 1 << 22;

/// The most claimants of one class that [`Rule::MinimalOverlap`] divides exactly.
pub const MAX_OVERLAPS: usize = 64;

/// How an amount is divided over a basis.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
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
pub enum Rule {
    /// `min(cap, level x weight)`.
    Proportional = 1,
    /// `min(cap, level)`: everyone loses the same, up to his cap.
    EqualLosses = 2,
    /// `cap - min(cap, level)`: everyone keeps the same, up to his cap.
    EqualAwards = 3,
    /// The rule of the Talmud (Aumann and Maschler 1985), on awards.
    Talmud = 4,
    /// Highest score pays first, in full.
    Queue = 5,
    /// `min(cap, level x weight x risk)`: least weighted quadratic disutility.
    RiskWeighted = 6,
    /// The average over all orders of arrival (O'Neill 1982); always exact up to 23 claimants,
    /// and up to 64 within [`MAX_COALITIONS`].
    RandomArrival = 7,
    /// Equal losses on half claims, then equal awards on the other halves.
    ReverseTalmud = 8,
    /// Equal awards on half claims, twice (Piniles 1861).
    Piniles = 9,
    /// Minimal rights first, then proportional on truncated claims (Curiel and others 1987).
    AdjustedProportional = 10,
    /// The minimal overlap rule (O'Neill 1982); exact up to 64 claimants.
    MinimalOverlap = 11,
}

impl Rule {
    /// Every rule, in the order of their numbers: the default of the engine first.
    pub const ALL: [Self; 11] = [
        Self::Proportional,
        Self::EqualLosses,
        Self::EqualAwards,
        Self::Talmud,
        Self::Queue,
        Self::RiskWeighted,
        Self::RandomArrival,
        Self::ReverseTalmud,
        Self::Piniles,
        Self::AdjustedProportional,
        Self::MinimalOverlap,
    ];
}

/// The claims of one division, as columns in claim order (the dense id). A column the rule does
/// not read may be empty; every other column has one entry per claim.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claims<'a> {
    /// The most each may pay, cumulative over the waves of one liable set.
    pub caps: &'a [Amount],
    /// The weight of each; read by `Proportional` and `RiskWeighted`.
    pub weights: &'a [Amount],
    /// The place in the queue: highest pays first; read by `Queue`.
    pub scores: &'a [i64],
    /// Risk factors in millionths; read by `RiskWeighted`.
    pub risks: &'a [u64],
    /// Priority classes: lowest pays first, the rule divides inside each. Empty: one class.
    pub classes: &'a [u32],
}

/// What a division gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// What the claims pay now, in all.
    pub allocated: Amount,
    /// What they could not: for the next step.
    pub residual: Amount,
    /// What each pays now, in claim order.
    pub shares: Vec<Amount>,
    /// The level of each class, in class order; one where there is no class column. Reduced.
    ///
    /// A multiplier of weight (`Proportional`), of weight times risk as a decimal factor
    /// (`RiskWeighted`), atoms lost (`EqualLosses`) or atoms kept (`EqualAwards`; the largest cap
    /// where the class loses nothing). Nothing where all of the class's capacity is taken, and
    /// for every other rule.
    pub levels: Vec<Option<Fraction>>,
}

/// Why a division is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocationError {
    /// A column's length differs from the caps'.
    ColumnLength {
        /// The column.
        column: &'static str,
        /// Its length.
        found: usize,
        /// The number of caps.
        expected: usize,
    },
    /// More claims than the rule divides exactly.
    TooManyClaims {
        /// The number of claims.
        found: usize,
        /// The most the rule divides.
        max: usize,
    },
    /// The average over all orders of arrival would visit more coalitions than allowed.
    TooManyCoalitions {
        /// The number of claims above zero, in the class where the amount ends.
        claims: usize,
        /// The most coalitions that are visited.
        max: u32,
    },
    /// A risk factor is above 10^12 millionths.
    RiskAboveBound {
        /// The claim, in claim order from 0.
        index: usize,
    },
    /// Effective weights (weight x risk) sum above 10^38.
    WeightsAboveBound,
    /// Every weight is zero, so no one can be chosen by weight.
    NoWeight,
    /// A claim has paid more than it may in all: its cap, or nothing where its weight is zero
    /// and the rule divides by weight.
    PaidAboveCap {
        /// The claim, in claim order from 0.
        index: usize,
    },
    /// The claims have paid more than the cumulative amount.
    PaidAboveCumulative,
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColumnLength { column, found, expected } => {
                write!(f, "column {column} has {found} entries, the caps have {expected}")
            }
            Self::TooManyClaims { found, max } => {
                write!(f, "{found} claims, the rule divides at most {max} exactly")
            }
            Self::TooManyCoalitions { claims, max } => {
                write!(f, "{claims} claims form more than {max} coalitions that matter")
            }
            Self::RiskAboveBound { index } => {
                write!(f, "the risk factor of claim {index} is above 10^12 millionths")
            }
            Self::WeightsAboveBound => f.write_str("weights times risks sum above 10^38"),
            Self::NoWeight => f.write_str("every weight is zero"),
            Self::PaidAboveCap { index } => {
                write!(f, "claim {index} has paid more than its cap")
            }
            Self::PaidAboveCumulative => {
                f.write_str("the claims have paid more than the cumulative amount")
            }
        }
    }
}

impl core::error::Error for AllocationError {}

/// The most the claims can bear: the sum of the caps, at most 10^38.
///
/// Under `Proportional` and `RiskWeighted` a claim whose weight (times risk) is zero pays nothing,
/// so its cap is no capacity.
///
/// ```
/// use rhodian_core::allocation::{Claims, Rule, capacity};
/// use rhodian_core::units::Amount;
/// let caps = [30, 12].map(|atoms| Amount::new(atoms).unwrap());
/// let weights = [1, 0].map(|atoms| Amount::new(atoms).unwrap());
/// let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
/// assert_eq!(capacity(Rule::Proportional, &claims), 30);
/// assert_eq!(capacity(Rule::EqualLosses, &claims), 42);
/// ```
#[must_use]
pub fn capacity(rule: Rule, claims: &Claims) -> u128 {
    let caps = claims.caps.iter();
    match rule {
        Rule::Proportional => caps
            .zip(claims.weights)
            .filter(|(_, weight)| !weight.is_zero())
            .map(|(cap, _)| cap.atoms())
            .sum(),
        Rule::RiskWeighted => caps
            .zip(claims.weights)
            .zip(claims.risks)
            .filter(|((_, weight), risk)| !weight.is_zero() && **risk > 0)
            .map(|((cap, _), _)| cap.atoms())
            .sum(),
        _ => caps.map(|cap| cap.atoms()).sum(),
    }
}
