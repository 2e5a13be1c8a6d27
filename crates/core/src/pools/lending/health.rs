//! What a borrower's collateral is worth: to borrow, to keep the loan, and if it had to be sold.

use alloc::collections::BTreeMap;

use super::Pool;
use crate::collateral::{self, CollateralSpec};
use crate::engine::State;
use crate::ids::{AccountId, AssetId};
use crate::oracle::Purpose;
use crate::units::{Amount, Price};

/// What was pledged, and what the pool lends.
#[derive(Clone, Copy)]
pub(super) struct Pledge<'a> {
    pub(super) state: &'a State,
    pub(super) asset: AssetId,
    pub(super) held: &'a BTreeMap<AssetId, Amount>,
}

impl Pledge<'_> {
    fn of(&self, asset: AssetId) -> Amount {
        self.held.get(&asset).copied().unwrap_or(Amount::ZERO)
    }

    /// What it counts for, in atoms of what is lent: to borrow and to release by loan-to-value, at
    /// what its feeds then serve for; to keep the loan by liquidation thresholds, at the marks.
    /// Each asset rounded down, then summed.
    pub(super) fn counted(&self, purpose: Purpose) -> u128 {
        collateral::of_holdings(self.state, self.asset, &|asset| self.of(asset), &[], purpose)
    }

    /// What it is worth at the marks, each rounded down; nothing where there is no mark.
    pub(super) fn gross(&self) -> u128 {
        self.sum(&CollateralSpec::gross)
    }

    /// The least it may be sold for: what covers a debt for sure.
    pub(super) fn cover(&self) -> u128 {
        self.sum(&CollateralSpec::floor)
    }

    fn sum(&self, value: &dyn Fn(&CollateralSpec, Price, Amount) -> u128) -> u128 {
        let collaterals = &self.state.collaterals;
        let worth = self.held.iter().filter_map(|(asset, amount)| {
            let found = collaterals.collateral(self.asset, *asset)?;
            Some(value(&found.spec, found.mark?, *amount))
        });
        worth.sum()
    }
}

/// What a borrower owes and what stands for it, in atoms of what is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// What he owes, rounded up.
    pub debt: Amount,
    /// What his collateral counts for to borrow.
    pub to_borrow: u128,
    /// What it counts for to keep the loan: below the debt he may be liquidated.
    pub to_keep: u128,
    /// What it is worth at the marks.
    pub gross: u128,
    /// The least it may be sold for: below the debt he fails.
    pub cover: u128,
}

impl State {
    /// How `account` stands in `pool` now, interest included; nothing where it has nothing there.
    #[must_use]
    pub fn loan_health(&self, pool: &Pool, account: AccountId) -> Option<Health> {
        let position = pool.position(account)?;
        let asset = self.domains.asset_of(pool.spec.domain)?;
        let pledge = Pledge { state: self, asset, held: &position.pledged };
        Some(Health {
            debt: pool.books_at(self.now()).debt.worth_ceil(position.debt),
            to_borrow: pledge.counted(Purpose::Open),
            to_keep: pledge.counted(Purpose::Mark),
            gross: pledge.gross(),
            cover: pledge.cover(),
        })
    }
}
