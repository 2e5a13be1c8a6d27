//! How accounts and books stand at the marks: what other areas read of markets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Events, State};
use crate::control::Parameter;
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, LossId, MarketId, Time};
use crate::ledger::{Holder, Ledger};
use crate::loss::SetOff;
use crate::margin::{self, Level, Withdrawable, scenario};
use crate::market::{self, Markets, Session};
use crate::oracle::Purpose;
use crate::units::{Amount, SignedAmount};
use crate::wide;

/// Equity of `account` in `asset`: its balance and what its legs are worth, in atoms.
fn equity(ledger: &Ledger, markets: &Markets, account: AccountId, asset: AssetId) -> i128 {
    let position = markets.position(account);
    let value = if position.asset == Some(asset) { markets.value(&position.legs) } else { 0 };
    ledger.balance(asset, Holder::Account(account)).atoms() + value
}

/// Equity where it is positive, else nothing.
pub(super) fn means(
    ledger: &Ledger,
    markets: &Markets,
    account: AccountId,
    asset: AssetId,
) -> Amount {
    let equity = equity(ledger, markets, account, asset).max(0).unsigned_abs();
    Amount::new(equity).unwrap_or(Amount::MAX)
}

impl State {
    /// Equity of `account` in `asset` at the marks, in atoms, before liens.
    #[must_use]
    pub fn equity(&self, account: AccountId, asset: AssetId) -> i128 {
        equity(&self.ledger, &self.markets, account, asset)
    }

    /// What `account` must hold to open and to keep its legs, in atoms, rounded up.
    #[must_use]
    pub fn requirement(&self, account: AccountId, level: Level) -> u128 {
        match level {
            Level::Initial => margin::initial(self, account),
            Level::Maintenance => margin::maintenance(self, account),
        }
    }

    /// Whether `account` stands between maintenance and nothing: its equity, less its lien, is
    /// below what its legs must hold, and not below zero.
    #[must_use]
    pub fn is_below_maintenance(&self, account: AccountId) -> bool {
        let position = self.markets.position(account);
        let Some(asset) = position.asset.filter(|_| !position.legs.is_empty()) else {
            return false;
        };
        let equity = self.equity(account, asset);
        let counted = equity - self.loss_lien(account, asset).atoms().cast_signed();
        equity >= 0 && counted < self.requirement(account, Level::Maintenance).cast_signed()
    }

    /// The scenario tables of the options `account` holds, by underlying, with their Greeks and the
    /// loss at the worst move against delta alone. An underlying whose table cannot be computed
    /// now is left out; its whole value is required.
    #[must_use]
    pub fn scenario_tables(&self, account: AccountId) -> Vec<(MarketId, scenario::Requirement)> {
        margin::tables(self, &self.markets.position(account).legs)
    }

    /// What `account` may take out of `asset`, and how it comes about.
    #[must_use]
    pub fn withdrawable(&self, account: AccountId, asset: AssetId) -> Withdrawable {
        margin::withdrawable(self, account, asset)
    }

    /// What `account` can pay: its equity where it is positive, else nothing.
    #[must_use]
    pub fn means(&self, account: AccountId, asset: AssetId) -> Amount {
        means(&self.ledger, &self.markets, account, asset)
    }

    /// Equity of a close-out book at the marks, in atoms.
    #[must_use]
    pub fn book_equity(&self, loss: LossId, asset: AssetId) -> i128 {
        let balance = self.ledger.balance(asset, Holder::Book(loss)).atoms();
        balance + self.markets.value(self.markets.book(loss))
    }

    /// Whether the prices of all legs of `account` are good enough to liquidate at.
    pub(crate) fn may_liquidate(&self, account: AccountId) -> bool {
        market::all_fit(self, &self.markets.position(account).legs, Purpose::Liquidate)
    }

    /// Whether nothing is left to close out of `loss`.
    #[must_use]
    pub fn book_is_flat(&self, loss: LossId) -> bool {
        self.markets.book(loss).is_empty()
    }

    /// The hole of a default at the marks: what the failed account, or after takeover its book,
    /// lacks, with the stressed cost of closing its legs; at least zero, in atoms.
    #[must_use]
    pub(crate) fn open_hole(
        &self,
        loss: LossId,
        domain: DomainId,
        failed: Option<AccountId>,
        asset: AssetId,
    ) -> Amount {
        let (equity, cost) = match failed {
            Some(account) => {
                let domains = self.losses.to_take_over(account);
                let legs = self.markets.legs_in(account, domain);
                let part = self.part_of_failure(account, asset, domain, &domains);
                (part, margin::stressed_cost(self, domain, &legs))
            }
            None => {
                let legs = self.markets.book(loss);
                (self.book_equity(loss, asset), margin::stressed_cost(self, domain, legs))
            }
        };
        let cost = cost.cast_signed();
        Amount::new((cost - equity).max(0).unsigned_abs()).unwrap_or(Amount::MAX)
    }

    /// The legs of a failed account in one domain move to its book.
    pub(crate) fn take_legs(
        &self,
        loss: LossId,
        account: AccountId,
        domain: DomainId,
        equity: i128,
        events: &mut Events,
    ) {
        let equity = SignedAmount::new(equity).unwrap_or_default();
        market::take_legs(self, loss, (account, domain), equity, events);
    }

    /// The reference checkpoint of `domain` at `now`.
    #[must_use]
    pub fn reference(&self, domain: DomainId, now: Time) -> CheckpointId {
        let age = self.control.millis(domain, Parameter::ReferenceAge);
        self.markets.reference(domain, now, age)
    }

    /// How `account` fared since `reference`; nothing where it never traded.
    #[must_use]
    pub fn session(&self, account: AccountId, reference: CheckpointId) -> Option<Session> {
        let asset = self.markets.position(account).asset?;
        let cash = self.ledger.balance(asset, Holder::Account(account)).atoms();
        Some(self.markets.session(account, reference, cash))
    }

    /// What the other accounts of a failed owner are held for: each one's session gain over all
    /// domains, down to its protected principal.
    pub(crate) fn own_gains(
        &self,
        failed: AccountId,
        asset: AssetId,
        reference: CheckpointId,
    ) -> impl Iterator<Item = SetOff> + '_ {
        let owner = self.accounts.account(failed).map(|account| account.owner);
        let his = owner.into_iter().flat_map(|owner| self.accounts_of(owner));
        let others = his.filter(move |account| *account != failed);
        others.filter_map(move |account| {
            if self.markets.position(account).asset != Some(asset) {
                return None;
            }
            let session = self.session(account, reference)?;
            let gain = session.total().max(0).unsigned_abs().min(session.above_principal());
            let up_to = Amount::new(gain).unwrap_or(Amount::MAX);
            (!up_to.is_zero()).then_some(SetOff { account, up_to })
        })
    }

    /// The domains a failing account's loss is split over: those it holds legs in, and those it
    /// lost in since their reference; in id order. The one it last lost a result in, where it holds
    /// nothing in markets.
    pub(crate) fn domains_of_failure(&self, account: AccountId) -> Vec<DomainId> {
        let position = self.markets.position(account);
        let markets = position.legs.iter().filter_map(|leg| self.markets.market(leg.market));
        let held = markets.map(|market| market.spec.domain);
        let traded = position.totals.flows.iter().map(|flow| flow.domain);
        let lost = traded.filter(|domain| self.lost_in(account, *domain) > 0);
        let domains: BTreeSet<DomainId> = held.chain(lost).collect();
        if domains.is_empty() {
            let last = self.accounts.account(account).and_then(|account| account.last_domain);
            return last.into_iter().collect();
        }
        domains.into_iter().collect()
    }

    /// What `account` lost in `domain` since its reference, at least zero.
    fn lost_in(&self, account: AccountId, domain: DomainId) -> u128 {
        let reference = self.reference(domain, self.now());
        let gain = self.session(account, reference).map_or(0, |session| session.gain(domain));
        gain.min(0).unsigned_abs()
    }

    /// The equity of a failing account that goes with its loss in `domain`: a hole is split by
    /// what it lost in each domain since the reference, a remainder by what its legs there must
    /// hold; `domains` are those whose losses are still to be taken over, in id order. The parts
    /// sum to the equity exactly.
    pub(crate) fn part_of_failure(
        &self,
        account: AccountId,
        asset: AssetId,
        domain: DomainId,
        domains: &[DomainId],
    ) -> i128 {
        let equity = self.equity(account, asset);
        let weigh = |of: &DomainId| match equity < 0 {
            true => self.lost_in(account, *of),
            false => margin::maintenance_in(self, account, *of),
        };
        let weights: Vec<u128> = domains.iter().map(weigh).collect();
        let total: u128 = weights.iter().sum();
        let Some(place) = domains.iter().position(|of| *of == domain) else { return equity };
        if total == 0 {
            return if place == 0 { equity } else { 0 };
        }
        // Floors of the running sums: their differences sum to the whole.
        let upto = |count: usize| -> i128 {
            let sum: u128 = weights[..count].iter().sum();
            let part = wide::mul_div_floor(equity.unsigned_abs(), sum, total);
            part.unwrap_or_default().cast_signed() * equity.signum()
        };
        upto(place + 1) - upto(place)
    }
}
