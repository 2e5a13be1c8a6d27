//! The law of lending pools, in both forms.

use alloc::collections::BTreeMap;
use alloc::format;

use super::{Broken, LENDING};
use crate::engine::State;
use crate::ids::{AccountId, AssetId, PoolId};
use crate::ledger::Holder;
use crate::loss::Stage;
use crate::pools::lending::{Event, Pool, Position, Shares};
use crate::units::Amount;
use crate::wide::compare_ratios;

fn broken(pool: PoolId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: LENDING, detail: format!("pool {pool}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for (id, pool) in state.lending.pools() {
        let asset = state.domains.asset_of(pool.spec.domain).unwrap_or_default();
        let cash = state.ledger.balance(asset, Holder::Pool(id)).atoms();
        let (supply, debt, fees) = (pool.books.supply, pool.books.debt, pool.books.fees);
        let has = cash + debt.total.atoms().cast_signed();
        let owes = (supply.total.atoms() + fees.atoms()).cast_signed();
        if has != owes {
            return broken(id, &format!("cash and debts are {has}, supply and fees {owes}"));
        }
        shares(id, pool)?;
        pledged(state, id, pool)?;
        let over = pool
            .failing
            .keys()
            .find(|loss| state.losses.loss(**loss).is_none_or(|loss| loss.stage == Stage::Settled));
        if let Some(loss) = over {
            return broken(id, &format!("waits for loss {loss}, which is settled"));
        }
    }
    Ok(())
}

/// The shares of each side are those of its positions, and nobody shares in nothing.
fn shares(id: PoolId, pool: &Pool) -> Result<(), Broken> {
    let (mut supply, mut debt) = (0, 0);
    for (account, position) in pool.positions() {
        supply += pool.supply_shares(account).count();
        debt += position.debt.count();
    }
    let books = &pool.books;
    for (what, sum, side) in [("supply", supply, books.supply), ("debt", debt, books.debt)] {
        let (count, total) = (side.shares.count(), side.total);
        if sum != count || (count == 0) != total.is_zero() {
            return broken(id, &format!("{sum} shares of {what}, {count} counted, worth {total}"));
        }
    }
    Ok(())
}

/// The collateral that a pool holds is what was pledged.
fn pledged(state: &State, id: PoolId, pool: &Pool) -> Result<(), Broken> {
    let lent = state.domains.asset_of(pool.spec.domain);
    for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
        if lent == Some(asset) {
            continue;
        }
        let of =
            |position: &Position| position.pledged.get(&asset).map_or(0, |amount| amount.atoms());
        let sum: u128 = pool.positions().map(|(_, position)| of(position)).sum();
        let held = state.ledger.balance(asset, Holder::Pool(id)).atoms();
        if held != sum.cast_signed() {
            return broken(id, &format!("{sum} pledged of asset {asset}, {held} held"));
        }
    }
    Ok(())
}

/// What the events of a pool add up to.
#[derive(Clone, Debug, Default)]
struct Totals {
    cash: i128,
    debt: i128,
    supply: i128,
    fees: i128,
    supplied: BTreeMap<AccountId, i128>,
    borrowed: BTreeMap<AccountId, i128>,
}

impl Totals {
    /// What a side's shares are worth, in all, and how many they are.
    fn side(&self, lent: bool) -> (u128, u128) {
        let (total, shares) = match lent {
            true => (self.supply, &self.supplied),
            false => (self.debt, &self.borrowed),
        };
        (total.unsigned_abs(), shares.values().sum::<i128>().unsigned_abs())
    }
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    pools: BTreeMap<PoolId, Totals>,
}

const fn signed(amount: Amount) -> i128 {
    amount.atoms().cast_signed()
}

const fn count(shares: Shares) -> i128 {
    shares.count().cast_signed()
}

/// Whether a share of `one` side is worth less than one of the `other`, where both have some.
fn below(one: (u128, u128), other: (u128, u128)) -> bool {
    one.1 > 0 && other.1 > 0 && compare_ratios(one.0, one.1, other.0, other.1).is_lt()
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let id = event.pool();
        let totals = self.pools.entry(id).or_default();
        let before = [totals.side(true), totals.side(false)];
        totals.follow(event);
        let after = [totals.side(true), totals.side(false)];
        // What a share of supply is worth never falls; of debt, it rises by interest alone.
        let fell = below(after[0], before[0]);
        let rose = below(before[1], after[1]) && !matches!(event, Event::Accrued { .. });
        if fell || rose {
            return broken(id, &format!("a share moved from {before:?} to {after:?}"));
        }
        let Some(pool) = state.lending.pool(id) else { return broken(id, "there is none") };
        totals.swept();
        let books = &pool.books;
        let pairs = [
            ("debt", totals.debt, signed(books.debt.total)),
            ("supply", totals.supply, signed(books.supply.total)),
            ("fees", totals.fees, signed(books.fees)),
            ("cash and debt", totals.cash + totals.debt, totals.supply + totals.fees),
            ("shares of supply", totals.supplied.values().sum(), count(books.supply.shares)),
            ("shares of debt", totals.borrowed.values().sum(), count(books.debt.shares)),
        ];
        for (what, followed, stands) in pairs {
            if followed != stands {
                return broken(id, &format!("{what}: {stands}, the events say {followed}"));
            }
        }
        Ok(())
    }
}

impl Totals {
    fn follow(&mut self, event: &Event) {
        match event {
            Event::Opened { .. } | Event::Pledged { .. } | Event::Released { .. } => {}
            Event::Accrued { interest, fee, .. } => {
                self.debt += signed(*interest);
                self.supply += signed(*interest) - signed(*fee);
                self.fees += signed(*fee);
            }
            Event::Supplied { account, amount, shares, .. } => {
                self.lend(*account, signed(*amount), count(*shares));
            }
            Event::Redeemed { account, amount, shares, .. } => {
                self.lend(*account, -signed(*amount), -count(*shares));
            }
            Event::SupplyTaken { rows, .. } => {
                for (account, amount, shares) in rows {
                    self.lend(*account, -signed(*amount), -count(*shares));
                }
            }
            Event::Borrowed { account, amount, shares, .. } => {
                self.owe(*account, signed(*amount), count(*shares), Amount::ZERO);
            }
            Event::Repaid { account: borrower, amount, shares, fee, .. }
            | Event::Liquidated { borrower, amount, shares, fee, .. } => {
                self.owe(*borrower, -signed(*amount), -count(*shares), *fee);
            }
            Event::Failed { account, debt, shares, waived, .. } => {
                self.owe(*account, -signed(*debt), -count(*shares), Amount::ZERO);
                self.supply += signed(*waived);
                self.fees -= signed(*waived);
            }
        }
    }

    fn lend(&mut self, account: AccountId, amount: i128, shares: i128) {
        self.cash += amount;
        self.supply += amount;
        *self.supplied.entry(account).or_default() += shares;
    }

    fn owe(&mut self, account: AccountId, amount: i128, shares: i128, fee: Amount) {
        self.cash -= amount + signed(fee);
        self.fees -= signed(fee);
        self.debt += amount;
        *self.borrowed.entry(account).or_default() += shares;
    }

    /// What nobody shares in is the house's.
    fn swept(&mut self) {
        if self.supplied.values().sum::<i128>() == 0 {
            self.fees += self.supply;
            self.supply = 0;
        }
    }
}
