//! Where a member's share of a loss comes from: most pay from their accounts, lenders from their
//! supply, holders of a vault by shares of it. The waterfall knows purses, and no pools.

use alloc::vec::Vec;

use super::{Events, State};
use crate::domain::{Basis, Source};
use crate::ids::{
    AccountId, AssetId, ClearingId, DomainId, LayerId, LossId, OwnerId, PoolId, VaultId,
};
use crate::loss::{self, Loss};
use crate::pools::{cover, lending, liquidity};
use crate::recovery::Bearer;
use crate::units::Amount;
use crate::waterfall::Against;

/// Where a share comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purse {
    /// From outside, when the member is called.
    Outside,
    /// The same, within the caps of a clearing fund's assessments.
    Assessed(ClearingId),
    /// From the member's account.
    Account,
    /// From what the member supplied to a pool.
    Supply(PoolId),
    /// By shares of a vault, up to what they would fetch above the member's entry cost.
    Profit(VaultId),
    /// By shares of a vault, up to their worth by the book, and all together up to what the vault
    /// would fetch.
    Shares(VaultId),
}

impl Purse {
    /// Whether what is in it is in a pool, and not in an account.
    #[must_use]
    pub const fn is_of_pool(self) -> bool {
        matches!(self, Self::Supply(_) | Self::Profit(_) | Self::Shares(_))
    }
}

impl State {
    /// Where the shares of `layer` come from.
    #[must_use]
    pub fn purse(&self, domain: DomainId, layer: LayerId) -> Purse {
        let source = self.domains.layer(layer).map(|found| found.spec.source);
        let vault = || self.vaults.in_domain(domain).map(|(vault, _)| vault);
        let of_pool = match source {
            Some(Source::Members(rule)) => match rule.basis {
                Basis::Supply => {
                    self.lending.in_domain(domain).map(|(pool, _)| Purse::Supply(pool))
                }
                Basis::HolderProfit => vault().map(Purse::Profit),
                Basis::PoolShares => vault().map(Purse::Shares),
                Basis::Reported | Basis::SessionGains | Basis::Contribution => None,
            },
            Some(Source::Call { .. }) => {
                let fund = self.clearing.assessed_by(layer);
                Some(fund.map_or(Purse::Outside, |(fund, _)| Purse::Assessed(fund)))
            }
            _ => None,
        };
        of_pool.unwrap_or(Purse::Account)
    }

    /// What `account` can pay from a purse. What is called from outside has no end here.
    #[must_use]
    pub fn purse_means(&self, purse: Purse, account: AccountId, asset: AssetId) -> Amount {
        match purse {
            Purse::Outside | Purse::Assessed(_) => Amount::MAX,
            Purse::Account => self.means(account, asset),
            Purse::Supply(pool) => {
                self.lending.pool(pool).map_or(Amount::ZERO, |pool| pool.supply_floor(account))
            }
            Purse::Profit(vault) => self.share_profit(vault, account),
            Purse::Shares(vault) => self.share_book(vault, account),
        }
    }

    /// What a purse can bring in money for `loss` now, whoever pays: a pool what it has in cash
    /// that is neither still to come for other losses nor owed to it. A vault pays all that closing
    /// its legs under stress would leave: what it owns beside its cash counts as in any account,
    /// and who pays below its margin is liquidated as anybody.
    #[must_use]
    pub fn purse_room(&self, purse: Purse, loss: Option<&Loss>) -> Amount {
        let id = match purse {
            Purse::Supply(id) => id,
            Purse::Profit(id) | Purse::Shares(id) => return self.vault_room(id),
            Purse::Outside | Purse::Assessed(_) | Purse::Account => return Amount::MAX,
        };
        let Some(pool) = self.lending.pool(id) else { return Amount::ZERO };
        // What is not there yet is asked about a loan: its book would bring the money.
        let Some(loss) = loss else { return Amount::MAX };
        let known = self.losses.numbered(loss.domain, loss.number);
        let own = known.and_then(|loss| pool.failing.get(&loss)).copied().unwrap_or_default();
        let liquid = self.liquid(pool, id);
        // What its own book owes the pool is there to be paid for it.
        liquid.checked_add(own).unwrap_or(Amount::MAX)
    }

    /// Brings what `rows` pay for `loss` from a purse into their accounts, if it is not there.
    pub(crate) fn open_purse(
        &self,
        purse: Purse,
        (loss, asset): (LossId, AssetId),
        rows: &[(AccountId, Amount)],
        events: &mut Events,
    ) {
        let id = match purse {
            Purse::Supply(id) => id,
            Purse::Profit(vault) | Purse::Shares(vault) => {
                return self.open_shares(vault, (loss, asset), rows, events);
            }
            Purse::Outside | Purse::Assessed(_) | Purse::Account => return,
        };
        let Some(pool) = self.lending.pool(id) else { return };
        let supply = pool.books_at(self.now()).supply;
        let given = |(account, amount): &(AccountId, Amount)| {
            let shares = pool.supply_shares(*account);
            (*account, *amount, supply.given(shares, *amount))
        };
        let paying = rows.iter().filter(|(_, amount)| !amount.is_zero());
        let rows: Vec<_> = paying.map(given).collect();
        if !rows.is_empty() {
            lending::accrue_once(self, id, pool, events);
            events.push(lending::Event::SupplyTaken { pool: id, loss, asset, rows });
        }
    }

    /// The same by shares of a vault.
    fn open_shares(
        &self,
        id: VaultId,
        (loss, asset): (LossId, AssetId),
        rows: &[(AccountId, Amount)],
        events: &mut Events,
    ) {
        let Some(vault) = self.vaults.vault(id) else { return };
        let rows = liquidity::given(self, vault, rows);
        if !rows.is_empty() {
            let (vault, from) = (id, vault.account);
            events.push(liquidity::Event::ValueTaken { vault, loss, from, asset, rows });
        }
    }

    /// A loss goes on from a step: what profit holders have later is not drawn on behind it, since
    /// their principal pays next.
    pub(super) fn step_left(&mut self, loss: LossId, reached: u16) {
        let found = self.losses.loss(loss);
        let Some((set, domain)) = found.and_then(|found| Some((found.set?, found.domain))) else {
            return;
        };
        let left = usize::from(reached).checked_sub(2);
        let against = Against::of(self, loss);
        let step = against.zip(left).and_then(|(against, at)| against.steps(self).get(at));
        let layers = step.into_iter().flat_map(|step| step.layers.iter().map(|side| side.layer));
        let of_profit = |layer: &LayerId| matches!(self.purse(domain, *layer), Purse::Profit(_));
        let layers: Vec<LayerId> = layers.filter(of_profit).collect();
        for layer in layers {
            let (purse, asset) = (self.purse(domain, layer), self.domains.asset_of_layer(layer));
            let asset = asset.unwrap_or_default();
            let mut losses = core::mem::take(&mut self.losses);
            losses.shrink_all(set, layer, &|account| self.purse_means(purse, account, asset));
            self.losses = losses;
            self.watch.drop_levels();
        }
    }

    /// Whether `domain` bears the losses of a pool.
    pub(crate) fn has_pool(&self, domain: DomainId) -> bool {
        self.lending.in_domain(domain).is_some() || self.covers.in_domain(domain).is_some()
    }

    /// A loss is detected: what is claimed of it its book owes from now on. What was earned until
    /// then stands behind it.
    pub(crate) fn owe_claimants(&self, loss: LossId, events: &mut Events) {
        let Some((pool, incident)) = self.covers.incident(loss) else { return };
        let Some(found) = self.covers.pool(pool) else { return };
        let Some(asset) = self.domains.asset_of(found.spec.domain) else { return };
        cover::earn_once(self, pool, found, events);
        events.push(cover::Event::Owed { pool, loss, asset, amount: incident.due });
    }

    /// Whether a pool found the loss, and it is not settled.
    pub(crate) fn of_pool(&self, loss: &Loss) -> bool {
        let id = self.losses.numbered(loss.domain, loss.number);
        let pool = self.lending.in_domain(loss.domain);
        pool.zip(id).is_some_and(|((_, pool), id)| pool.failing.contains_key(&id))
    }

    /// The caps of members who paid shrink to what their purses hold.
    pub(super) fn shrink_caps(&mut self, event: &loss::Event) {
        let Some((set, layer)) = event.shares_of() else { return };
        let domain = self.losses.domain_of(set);
        let purse = self.purse(domain, layer);
        let asset = self.domains.asset_of_layer(layer).unwrap_or_default();
        let mut losses = core::mem::take(&mut self.losses);
        losses.shrink_caps(event, &|account| self.purse_means(purse, account, asset));
        self.losses = losses;
    }

    /// What comes back of a loan, or of what is in a pool and paid for a loss, left as a transfer
    /// and comes back as one.
    pub(super) fn comes_back(&mut self, event: &loss::Event) {
        match event {
            loss::Event::RemainderReturned { loss, account, asset, amount, .. }
                if self.losses.loss(*loss).is_some_and(|of| self.of_pool(of)) =>
            {
                self.markets.came_back(*account, *asset, *amount);
            }
            loss::Event::PoolRepaid { loss, pool, asset, rows, .. } => {
                let of_pool = self.bore_in_pool(*loss, *pool);
                for (_, account, amount) in rows.iter().filter(|_| of_pool) {
                    self.markets.came_back(*account, *asset, *amount);
                }
            }
            // What he was repaid left him at once.
            loss::Event::ClaimCeded { repaid, pool, account, asset, amount, .. }
                if self.bore_in_pool(*repaid, *pool) =>
            {
                self.markets.went_away(*account, *asset, *amount);
            }
            _ => {}
        }
    }

    /// Whether what the claims in `pool` of `loss` bore was supply, or shares.
    fn bore_in_pool(&self, loss: LossId, pool: u32) -> bool {
        let of_loss = |loss: &Loss| {
            let found = loss.pools.get(usize::try_from(pool).ok()?)?;
            let Bearer::Members { layer, .. } = found.bearer else { return None };
            Some(self.purse(loss.domain, layer))
        };
        let purse = self.losses.loss(loss).and_then(of_loss);
        purse.is_some_and(Purse::is_of_pool)
    }

    /// What an owner has in the pools of `domain`, supply and shares: own means of his loss there.
    pub(crate) fn own_supply(
        &self,
        domain: DomainId,
        owner: OwnerId,
    ) -> impl Iterator<Item = (Purse, AccountId, Amount)> + '_ {
        let pool = self.lending.in_domain(domain).into_iter();
        let accounts = move |(id, pool): (PoolId, &'_ lending::Pool)| {
            let his = self.accounts_of(owner).map(move |account| (account, id));
            his.map(|(account, id)| (Purse::Supply(id), account, pool.supply_floor(account)))
                .filter(|(_, _, held)| !held.is_zero())
                .collect::<Vec<_>>()
        };
        let vault = self.vaults.in_domain(domain).into_iter();
        let shares = move |(id, _)| {
            let held = move |account| (account, self.share_means(id, account));
            self.accounts_of(owner)
                .map(held)
                .filter(|(_, held)| !held.is_zero())
                .map(move |(account, held)| (Purse::Shares(id), account, held))
                .collect::<Vec<_>>()
        };
        pool.flat_map(accounts).chain(vault.flat_map(shares))
    }
}
