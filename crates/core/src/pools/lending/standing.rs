//! How pools and what accounts have in them stand: reads for other areas and doors.

use super::{Pool, Side};
use crate::engine::{Purse, State};
use crate::ids::{AccountId, AssetId, PoolId};
use crate::ledger::Holder;
use crate::units::Amount;

impl State {
    /// What `pool` has in cash that is neither still to come for losses nor owed to it by its
    /// domain: what may be redeemed or borrowed.
    #[must_use]
    pub fn liquid(&self, pool: &Pool, id: PoolId) -> Amount {
        let domain = pool.spec.domain;
        let Some(asset) = self.domains.asset_of(domain) else { return Amount::ZERO };
        let cash = self.ledger.held(asset, Holder::Pool(id));
        let to_come = Amount::sum(pool.failing.values().copied());
        cash.less_or_zero(to_come).less_or_zero(self.ledger.owed(asset, Holder::Uncovered(domain)))
    }

    /// The supply of a pool at what it would fetch now: what its domain owes it, and what open
    /// losses lack beyond what lenders are liable for, is not there. Who leaves meanwhile leaves at
    /// this worth, and not at par; what he leaves behind is then theirs who stay.
    #[must_use]
    pub fn realisable(&self, pool: &Pool) -> Side {
        let domain = pool.spec.domain;
        let asset = self.domains.asset_of(domain).unwrap_or_default();
        let owed = self.ledger.owed(asset, Holder::Uncovered(domain));
        let Side { total, shares } = pool.books_at(self.now()).supply;
        let lacking = self.losses.lacking(self, domain);
        Side { total: total.less_or_zero(owed).less_or_zero(lacking), shares }
    }

    /// What `account` has supplied to pools that lend `asset`, at what it would fetch now, rounded
    /// down.
    #[must_use]
    pub fn supplied(&self, account: AccountId, asset: AssetId) -> Amount {
        let pools = self.lending.pools().map(|(_, pool)| pool);
        let lending = pools.filter(|pool| self.domains.asset_of(pool.spec.domain) == Some(asset));
        let worth = |pool: &Pool| {
            let shares = pool.supply_shares(account);
            self.realisable(pool).worth_floor(shares)
        };
        let sum = lending.map(worth).map(|worth| worth.atoms()).sum();
        Amount::new(sum).unwrap_or(Amount::MAX)
    }

    /// What of `account`'s supply of `pool` is held for losses: its liens; all of it while a loan
    /// of its owner is closed out.
    #[must_use]
    pub fn supply_lien(&self, pool: PoolId, account: AccountId) -> Amount {
        let Some(found) = self.lending.pool(pool) else { return Amount::ZERO };
        let domain = found.spec.domain;
        let owner = |id| self.accounts.account(id).map(|found| found.owner);
        let mut lost = found.failing.keys().filter_map(|loss| self.losses.loss(*loss)?.failed);
        if lost.any(|failed| owner(failed) == owner(account)) {
            return self.realisable(found).worth_floor(found.supply_shares(account));
        }
        let asset = self.domains.asset_of(domain).unwrap_or_default();
        self.losses.lien_on(self, account, asset, Purse::Supply(pool))
    }
}
