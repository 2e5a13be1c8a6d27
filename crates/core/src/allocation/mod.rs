//! Dividing a loss over claims: exactly, by a rule, to the last atom.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::units::{Amount, Fraction};

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
    /// The average over all orders of arrival (O'Neill 1982); exact up to 16 claimants.
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
    /// The level of each class, in class order: a multiplier of weight, or atoms. Nothing where
    /// all of the class's capacity is taken, or the rule has no level.
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
    /// Effective weights (weight x risk) sum above 10^38.
    WeightsAboveBound,
    /// Every weight is zero, so no one can be chosen by weight.
    NoWeight,
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
            Self::WeightsAboveBound => f.write_str("weights times risks sum above 10^38"),
            Self::NoWeight => f.write_str("every weight is zero"),
        }
    }
}

impl core::error::Error for AllocationError {}
