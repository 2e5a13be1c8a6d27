//! Restitution: what comes back for a loss repays those who bore it, last step first, pro rata
//! inside a layer, in whole atoms by largest remainder over all recoveries together.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use crate::allocation::{AllocationError, Claims, Rule, next_wave};
use crate::ids::{AccountId, DomainId, LayerId};
use crate::units::Amount;

/// Who is repaid.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Bearer {
    /// A pot: a fund, the operator, the treasury.
    Layer(LayerId) = 1,
    /// Participants, each for what he paid.
    Members {
        /// The layer they paid through.
        layer: LayerId,
        /// What each bore and got back, in account order.
        rows: Vec<Claim>,
    } = 2,
    /// The domain's uncovered debt.
    Uncovered(DomainId) = 3,
    /// The outside: proceeds of an auction or sale are not owed back.
    Outside(LayerId) = 4,
    /// Participants of a domain in settlement, by the rank of their claims.
    Ranked {
        /// What each bore and got back, in account order.
        rows: Vec<Claim>,
    } = 5,
    /// What other books of the domain gained: it paid for this loss, or repaid those who had.
    Results(DomainId) = 6,
}

impl Bearer {
    /// The participants' claims, where participants bore it.
    #[must_use]
    pub fn rows(&self) -> Option<&[Claim]> {
        match self {
            Self::Members { rows, .. } | Self::Ranked { rows } => Some(rows),
            Self::Layer(_) | Self::Uncovered(_) | Self::Outside(_) | Self::Results(_) => None,
        }
    }

    pub(crate) fn rows_mut(&mut self) -> Option<&mut Vec<Claim>> {
        match self {
            Self::Members { rows, .. } | Self::Ranked { rows } => Some(rows),
            Self::Layer(_) | Self::Uncovered(_) | Self::Outside(_) | Self::Results(_) => None,
        }
    }
}

/// A participant's claim to later recoveries of one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Claim {
    /// Whose it is.
    pub account: AccountId,
    /// What he paid for the loss.
    pub borne: Amount,
    /// What came back to him.
    pub repaid: Amount,
}

/// The claims one layer's draw on one loss gave.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimPool {
    /// The step that paid, counted from 1; uncovered stands behind the last, results at zero: they
    /// are repaid when everybody else is.
    pub step: u16,
    /// Who bore it.
    pub bearer: Bearer,
    /// What was borne.
    pub borne: Amount,
    /// What came back.
    pub repaid: Amount,
}

impl ClaimPool {
    /// The same with nothing left to come back.
    pub(crate) fn closed(&self) -> Self {
        Self { repaid: self.borne, ..self.clone() }
    }

    /// What may still come back.
    #[must_use]
    pub fn open(&self) -> Amount {
        match self.bearer {
            Bearer::Outside(_) => Amount::ZERO,
            Bearer::Layer(_)
            | Bearer::Members { .. }
            | Bearer::Uncovered(_)
            | Bearer::Ranked { .. }
            | Bearer::Results(_) => self.borne.less_or_zero(self.repaid),
        }
    }
}

/// What one recovery repays to one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repayment {
    /// The pool's place in the loss's list.
    pub(crate) pool: usize,
    /// What it gets in all.
    pub(crate) amount: Amount,
    /// What each of its members gets, in the order of its rows; empty for a pot.
    pub(crate) rows: Vec<Amount>,
}

/// Divides `amount` over `pools`: last step first; pools of one step share pro rata to what is
/// still open, so that layers side by side stay side by side. The sum is exactly the smaller of
/// `amount` and what is open.
pub(crate) fn repay(
    pools: &[ClaimPool],
    amount: Amount,
) -> Result<Vec<Repayment>, AllocationError> {
    let mut left = amount;
    let mut repayments = Vec::new();
    let mut steps: Vec<u16> = pools.iter().map(|pool| pool.step).collect();
    steps.sort_unstable();
    steps.dedup();
    for step in steps.into_iter().rev() {
        let places: Vec<usize> = (0..pools.len()).filter(|i| pools[*i].step == step).collect();
        let open: Vec<Amount> = places.iter().map(|i| pools[*i].open()).collect();
        if open.iter().all(|amount| amount.is_zero()) || left.is_zero() {
            continue;
        }
        let claims = Claims { caps: &open, weights: &open, ..Claims::default() };
        let division = next_wave(Rule::Proportional, left, &claims, &[])?;
        left = division.residual;
        for (place, share) in places.into_iter().zip(division.shares) {
            if !share.is_zero() {
                let rows = rows(&pools[place], share)?;
                repayments.push(Repayment { pool: place, amount: share, rows });
            }
        }
    }
    Ok(repayments)
}

/// A pool's share over its members: pro rata to what each bore, cumulative over recoveries.
fn rows(pool: &ClaimPool, share: Amount) -> Result<Vec<Amount>, AllocationError> {
    let Some(rows) = pool.bearer.rows() else { return Ok(Vec::new()) };
    let borne: Vec<Amount> = rows.iter().map(|row| row.borne).collect();
    let repaid: Vec<Amount> = rows.iter().map(|row| row.repaid).collect();
    let claims = Claims { caps: &borne, weights: &borne, ..Claims::default() };
    let cumulative = pool.repaid.checked_add(share).map_err(|_| AllocationError::NoWeight)?;
    Ok(next_wave(Rule::Proportional, cumulative, &claims, &repaid)?.shares)
}
