//! What events do to pools. Nothing here can fail.

use alloc::collections::BTreeMap;

use super::interest::Accrual;
use super::{Books, Event, Lending, Pool, Position, Shares};
use crate::ids::{AccountId, AssetId, LossId, Time};
use crate::units::Amount;

impl Lending {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        if let Event::Opened { spec, .. } = event {
            self.pools.push(Pool {
                spec: (**spec).clone(),
                books: Books::default(),
                accrued: now,
                failing: BTreeMap::new(),
                positions: BTreeMap::new(),
            });
            return;
        }
        let Some(pool) = self.pools.get_mut(event.pool().index()) else { return };
        pool.evolve(event, now);
        pool.sweep();
    }

    /// The loss is settled: what was to come for it came, or is an uncovered debt of the domain.
    pub(crate) fn loss_settled(&mut self, loss: LossId) {
        for pool in &mut self.pools {
            pool.failing.remove(&loss);
        }
    }
}

impl Pool {
    fn evolve(&mut self, event: &Event, now: Time) {
        match event {
            Event::Opened { .. } => {}
            Event::Accrued { interest, fee, rest, .. } => {
                self.books.accrue(Accrual { interest: *interest, fee: *fee, rest: *rest });
                self.accrued = now;
            }
            Event::Supplied { account, amount, shares, .. } => {
                self.books.supply.add(*amount, *shares);
                let position = self.position_mut(*account);
                position.supply = position.supply.plus(*shares);
            }
            Event::Redeemed { account, amount, shares, .. } => {
                self.supply_taken(*account, *amount, *shares);
            }
            Event::SupplyTaken { rows, .. } => {
                for (account, amount, shares) in rows {
                    self.supply_taken(*account, *amount, *shares);
                }
            }
            Event::Pledged { account, asset, amount, .. } => {
                let held = self.position_mut(*account).pledged.entry(*asset).or_default();
                *held = held.checked_add(*amount).unwrap_or(Amount::MAX);
            }
            Event::Released { account, asset, amount, .. } => {
                self.unpledged(*account, *asset, *amount);
            }
            Event::Borrowed { account, amount, shares, .. } => {
                if self.books.debt.total.is_zero() {
                    self.accrued = now;
                }
                self.books.debt.add(*amount, *shares);
                let position = self.position_mut(*account);
                position.debt = position.debt.plus(*shares);
            }
            Event::Repaid { account, amount, shares, fee, .. } => {
                self.repaid(*account, *amount, *shares, *fee);
            }
            Event::Liquidated { borrower, amount, shares, collateral, seized, fee, .. } => {
                self.repaid(*borrower, *amount, *shares, *fee);
                self.unpledged(*borrower, *collateral, *seized);
            }
            Event::Failed { loss, account, debt, shares, waived, pledged, .. } => {
                self.repaid(*account, *debt, *shares, Amount::ZERO);
                self.books.fees = self.books.fees.less_or_zero(*waived);
                self.books.supply.add(*waived, Shares::ZERO);
                self.failing.insert(*loss, *debt);
                for (asset, amount) in pledged {
                    self.unpledged(*account, *asset, *amount);
                }
            }
        }
    }

    fn position_mut(&mut self, account: AccountId) -> &mut Position {
        self.positions.entry(account).or_default()
    }

    fn supply_taken(&mut self, account: AccountId, amount: Amount, shares: Shares) {
        self.books.supply.take(amount, shares);
        self.change(account, |position| position.supply = position.supply.less(shares));
    }

    fn repaid(&mut self, account: AccountId, amount: Amount, shares: Shares, fee: Amount) {
        self.books.debt.take(amount, shares);
        self.books.fees = self.books.fees.less_or_zero(fee);
        self.change(account, |position| position.debt = position.debt.less(shares));
    }

    fn unpledged(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        self.change(account, |position| {
            if let Some(held) = position.pledged.get_mut(&asset) {
                *held = held.less_or_zero(amount);
            }
            position.pledged.retain(|_, held| !held.is_zero());
        });
    }

    fn change(&mut self, account: AccountId, change: impl FnOnce(&mut Position)) {
        let Some(position) = self.positions.get_mut(&account) else { return };
        change(position);
        if position.is_empty() {
            self.positions.remove(&account);
        }
    }

    /// What nobody has a share of is the house's. There is no more of it than a fraction of an atom
    /// that claims were rounded down by, and shares are never worth nothing: whoever gives his last
    /// atom gives all of them.
    fn sweep(&mut self) {
        let Books { supply, fees, .. } = &mut self.books;
        if supply.shares.is_zero() {
            *fees = fees.checked_add(supply.total).unwrap_or(Amount::MAX);
            supply.total = Amount::ZERO;
        }
    }
}
