//! A lending pool as it is opened, and what can never be right about it.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AssetId, DomainId, LayerId, Name};
use crate::market::RATE_UNIT;
use crate::pools::Rates;
use crate::units::Amount;

/// The most that a pool may take in and lend: 10^24 atoms, so that shares stay in their bounds.
pub const MAX_POOL: u128 = 1_000_000_000_000_000_000_000_000;

/// The least that the least debt may be, in atoms: rounding must be small beside it.
pub const MIN_DEBT: u128 = 1_000;

/// The highest rate of a year, in millionths: a thousand per cent.
const MAX_RATE: u32 = 10_000_000;

/// A lending pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// Its name.
    pub name: Name,
    /// The domain that bears its losses, for this pool alone. Its asset is what is lent.
    pub domain: DomainId,
    /// What may be pledged: collateral of accounts in the asset, whose weights to open are the
    /// loan-to-value ratios, and whose weights to keep are the liquidation thresholds.
    pub collateral: Vec<AssetId>,
    /// The rate of interest.
    pub rates: Rates,
    /// The house's part of the interest, in millionths.
    pub fee: u32,
    /// The fund that gets the fees: a pot of the house, in the pool's asset.
    pub fund: LayerId,
    /// The most that may be supplied, in atoms.
    pub max_supply: Amount,
    /// The most that may be borrowed, in atoms.
    pub max_debt: Amount,
    /// The least that a borrower owes, unless he owes nothing.
    pub min_debt: Amount,
    /// The most a liquidator gets beyond what he repays, in millionths of it.
    pub bonus: u32,
    /// Up to what health a liquidation may go, in millionths: one million is the threshold itself.
    pub target: u32,
}

/// What can never be right about a lending pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LendingFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// A rate is above the bound, or rates fall with utilisation.
    Rates { at_zero: u32, at_kink: u32, at_full: u32, max: u32 },
    /// The kink is at nothing or at all.
    Kink { kink: u32 },
    /// The house takes all of the interest or more.
    Fee { fee: u32 },
    /// The most that may be supplied or borrowed is nothing, or above the bound.
    Most { what: &'static str, amount: Amount },
    /// The least debt is below its bound, or above the most.
    LeastDebt { amount: Amount },
    /// The bonus is all of what is repaid or more.
    Bonus { bonus: u32 },
    /// A liquidation would end below the threshold, or above twice of it.
    Target { target: u32 },
    /// No collateral, or the same twice.
    Collateral,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let million = RATE_UNIT;
        match self {
            Self::Rates { at_zero, at_kink, at_full, max } => write!(
                f,
                "rates are {at_zero}, {at_kink} and {at_full}, allowed: at_zero <= at_kink <= \
                 at_full <= {max} millionths a year"
            ),
            Self::Kink { kink } => {
                write!(f, "the kink is {kink}, allowed: 1 to {} millionths", million - 1)
            }
            Self::Fee { fee } => {
                write!(f, "the fee is {fee}, allowed: 0 to {} millionths", million - 1)
            }
            Self::Most { what, amount } => {
                write!(f, "the most {what} is {amount}, allowed: 1 to {MAX_POOL} atoms")
            }
            Self::LeastDebt { amount } => write!(
                f,
                "the least debt is {amount}, allowed: {MIN_DEBT} atoms to the most that may be \
                 borrowed"
            ),
            Self::Bonus { bonus } => {
                write!(f, "the bonus is {bonus}, allowed: 0 to {} millionths", million - 1)
            }
            Self::Target { target } => {
                write!(f, "the target is {target}, allowed: {million} to {}", 2 * million)
            }
            Self::Collateral => f.write_str("name at least one collateral, and none twice"),
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
        let Rates { at_zero, kink, at_kink, at_full } = self.rates;
        if at_zero > at_kink || at_kink > at_full || at_full > MAX_RATE {
            return Err(Flaw::Rates { at_zero, at_kink, at_full, max: MAX_RATE });
        }
        if kink == 0 || kink >= RATE_UNIT {
            return Err(Flaw::Kink { kink });
        }
        if self.fee >= RATE_UNIT {
            return Err(Flaw::Fee { fee: self.fee });
        }
        for (what, amount) in [("supplied", self.max_supply), ("borrowed", self.max_debt)] {
            if amount.is_zero() || amount.atoms() > MAX_POOL {
                return Err(Flaw::Most { what, amount });
            }
        }
        if self.min_debt.atoms() < MIN_DEBT || self.min_debt > self.max_debt {
            return Err(Flaw::LeastDebt { amount: self.min_debt });
        }
        if self.bonus >= RATE_UNIT {
            return Err(Flaw::Bonus { bonus: self.bonus });
        }
        if self.target < RATE_UNIT || self.target > 2 * RATE_UNIT {
            return Err(Flaw::Target { target: self.target });
        }
        let mut assets = self.collateral.clone();
        assets.sort_unstable();
        assets.dedup();
        if assets.is_empty() || assets.len() != self.collateral.len() {
            return Err(Flaw::Collateral);
        }
        Ok(())
    }
}
