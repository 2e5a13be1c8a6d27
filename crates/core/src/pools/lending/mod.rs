//! Lending pools: many supply an asset, others borrow it against collateral and pay interest.
//!
//! Both sides are counted in shares: what a share is worth is the index, of supply and of debt. The
//! pool's balance is always `cash + debt = supply + fees`, in whole atoms. Fees are a part of the
//! interest, and reach the fund only in cash: what borrowers never pay, the house never earns.
//!
//! A borrower fails when what his collateral would fetch covers his debt no more. Then his debt and
//! his collateral go to the close-out book of a loss at once, whatever is left of it, an atom or
//! nothing; the book owes the pool what he owed, and from there the loss runs as any other.
//! Lenders who stood then are liable by their supply, hold a lien on it, and pay by shares of it;
//! who supplies later bears nothing of it.

mod command;
mod decide;
mod evolve;
mod fail;
mod health;
mod interest;
mod liquidate;
mod rejection;
mod spec;
mod standing;

use alloc::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

pub use command::{Command, Duty, Event};
pub(crate) use decide::decide;
pub(crate) use fail::{decide_duty, duty};
pub use health::Health;
pub(crate) use interest::accrue_once;
pub use rejection::Rejection;
pub use spec::{Flaw, MAX_POOL, MIN_DEBT, PoolSpec};

pub use super::{Rates, SHARES_PER_ATOM, Shares, Side, YEAR};

use crate::ids::{AccountId, AssetId, DomainId, LossId, PoolId, Time};
use crate::units::Amount;

/// What an account has in a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// Its shares of the supply.
    pub supply: Shares,
    /// Its shares of the debt.
    pub debt: Shares,
    /// What it pledged, by asset.
    pub pledged: BTreeMap<AssetId, Amount>,
}

impl Position {
    fn is_empty(&self) -> bool {
        self.supply.is_zero() && self.debt.is_zero() && self.pledged.is_empty()
    }
}

/// The two sides of a pool's balance, and what is due to the house.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Books {
    /// What lenders may claim.
    pub supply: Side,
    /// What borrowers owe.
    pub debt: Side,
    /// What the house is due of the interest, and has not got in cash.
    pub fees: Amount,
    /// What interest is due beyond whole atoms, in parts of [`YEAR`] times a million.
    pub rest: u64,
}

impl Books {
    /// Cash and debts: what there is for lenders and for the fees.
    #[must_use]
    pub fn assets(&self) -> Amount {
        self.supply.total.checked_add(self.fees).unwrap_or(Amount::MAX)
    }
}

/// A lending pool.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// As it was opened.
    pub spec: PoolSpec,
    /// Its balance, at the last accrual.
    pub books: Books,
    /// When interest was last accrued.
    pub accrued: Time,
    /// Debts of failed borrowers whose losses are not settled: cash that is still to come.
    pub failing: BTreeMap<LossId, Amount>,
    pub(crate) positions: BTreeMap<AccountId, Position>,
}

impl Pool {
    /// Every account that has something in the pool, in id order.
    pub fn positions(&self) -> impl Iterator<Item = (AccountId, &Position)> {
        self.positions.iter().map(|(account, position)| (*account, position))
    }

    /// What `account` has in the pool.
    #[must_use]
    pub fn position(&self, account: AccountId) -> Option<&Position> {
        self.positions.get(&account)
    }

    /// The shares of the supply that `account` has.
    #[must_use]
    pub fn supply_shares(&self, account: AccountId) -> Shares {
        self.positions.get(&account).map_or(Shares::ZERO, |position| position.supply)
    }

    /// What `account` may claim, in atoms, rounded down (for the other lenders), at the last
    /// accrual.
    #[must_use]
    pub fn supply_floor(&self, account: AccountId) -> Amount {
        self.books.supply.worth_floor(self.supply_shares(account))
    }

    /// What `account` owes, in atoms, rounded up (for the lenders), at the last accrual.
    #[must_use]
    pub fn debt_ceil(&self, account: AccountId) -> Amount {
        let shares = self.positions.get(&account).map_or(Shares::ZERO, |position| position.debt);
        self.books.debt.worth_ceil(shares)
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lending {
    pub(crate) pools: alloc::vec::Vec<Pool>,
}

impl Lending {
    /// The pool `id`.
    #[must_use]
    pub fn pool(&self, id: PoolId) -> Option<&Pool> {
        self.pools.get(id.index())
    }

    /// Every pool, in id order.
    pub fn pools(&self) -> impl Iterator<Item = (PoolId, &Pool)> {
        self.pools.iter().enumerate().filter_map(|(place, pool)| Some((PoolId::at(place)?, pool)))
    }

    /// The pool whose losses `domain` bears: a domain has one at most.
    #[must_use]
    pub fn in_domain(&self, domain: DomainId) -> Option<(PoolId, &Pool)> {
        self.pools().find(|(_, pool)| pool.spec.domain == domain)
    }
}
