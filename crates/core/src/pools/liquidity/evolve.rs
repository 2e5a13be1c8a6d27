//! What events do to vaults. Nothing here can fail.

use alloc::collections::{BTreeMap, BTreeSet};

use super::{Event, Exit, Holding, Shares, Vault, Vaults};
use crate::ids::{AccountId, Time};
use crate::units::Amount;

impl Vaults {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        if let Event::Opened { vault, account, spec } = event {
            self.of_account.insert(*account, *vault);
            self.vaults.push(Vault {
                spec: (**spec).clone(),
                account: *account,
                epoch: 0,
                shares: Shares::ZERO,
                cost: Amount::ZERO,
                holders: BTreeMap::new(),
                queue: BTreeSet::new(),
                next_fees: now.after(spec.fee_period),
            });
            return;
        }
        if let Some(vault) = self.vaults.get_mut(event.vault().index()) {
            vault.evolve(event);
        }
    }
}

impl Vault {
    fn evolve(&mut self, event: &Event) {
        match *event {
            Event::Opened { .. } => {}
            Event::Restarted { epoch, .. } => {
                self.epoch = epoch;
                self.shares = Shares::ZERO;
                self.cost = Amount::ZERO;
                self.holders.clear();
                self.queue.clear();
            }
            Event::Entered { account, amount, shares, .. } => {
                let add = |sum: Amount| sum.checked_add(amount).unwrap_or(Amount::MAX);
                self.shares = self.shares.plus(shares);
                self.cost = add(self.cost);
                let holding = self.holders.entry(account).or_default();
                holding.shares = holding.shares.plus(shares);
                holding.cost = add(holding.cost);
                holding.high_water = add(holding.high_water);
            }
            Event::LeaveAsked { account, shares, until, .. } => {
                self.change(account, |holding| holding.exit = Some(Exit { shares, until }));
            }
            Event::Left { account, shares, cost, high_water, .. } => {
                self.cost = self.cost.less_or_zero(cost);
                self.given(account, shares, |holding| {
                    holding.cost = holding.cost.less_or_zero(cost);
                    holding.high_water = holding.high_water.less_or_zero(high_water);
                    if let Some(exit) = &mut holding.exit {
                        exit.shares = exit.shares.less(shares);
                    }
                });
            }
            Event::ValueTaken { ref rows, .. } => {
                for (account, _, shares) in rows {
                    self.given(*account, *shares, |_| {});
                }
            }
            Event::FeesTaken { next, ref rows, .. } => {
                self.next_fees = next;
                for row in rows {
                    self.given(row.account, row.shares, |holding| {
                        holding.high_water = row.high_water;
                    });
                }
            }
            Event::FeesPutOff { next, .. } => self.next_fees = next,
        }
    }

    /// Shares are given up. Nobody asks to leave with more than he has; what was paid for shares
    /// that are all gone is nobody's entry cost any more.
    fn given(&mut self, account: AccountId, shares: Shares, change: impl FnOnce(&mut Holding)) {
        self.shares = self.shares.less(shares);
        self.change(account, |holding| {
            change(holding);
            holding.shares = holding.shares.less(shares);
        });
        let holding = self.holding(account);
        if holding.shares.is_zero() {
            self.cost = self.cost.less_or_zero(holding.cost);
            self.holders.remove(&account);
        }
    }

    /// Changes a holding, and its place in the queue with it.
    fn change(&mut self, account: AccountId, change: impl FnOnce(&mut Holding)) {
        let Some(holding) = self.holders.get_mut(&account) else { return };
        if let Some(exit) = holding.exit {
            self.queue.remove(&(exit.until, account));
        }
        change(holding);
        let asked = |exit: Exit| Exit { shares: exit.shares.min(holding.shares), ..exit };
        holding.exit = holding.exit.map(asked).filter(|exit| !exit.shares.is_zero());
        if let Some(exit) = holding.exit {
            self.queue.insert((exit.until, account));
        }
    }
}
