//! How accounts and books stand at the marks: what other areas read of markets.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Events, State};
use crate::collateral;
use crate::control::Parameter;
use crate::domain::{CauseClass, Domain};
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, FeedId, LossId, MarketId, Time};
use crate::ledger::{Holder, Ledger};
use crate::liquidation::price::Distance;
use crate::loss::SetOff;
use crate::margin::{self, LastPrices, Level, WhatIf, Withdrawable, scenario};
use crate::market::{self, Markets, Session};
use crate::oracle::{Answer, Purpose, Unfit};
use crate::units::{Amount, SignedAmount};
use crate::wide;

/// Equity of `account` in `asset` alone: its balance and what its legs are worth, in atoms.
fn settled_equity(ledger: &Ledger, markets: &Markets, account: AccountId, asset: AssetId) -> i128 {
    let position = markets.position(account);
    let value = if position.asset == Some(asset) { markets.value(&position.legs) } else { 0 };
    ledger.balance(asset, Holder::Account(account)).atoms() + value
}

/// Settled equity where it is positive, else nothing.
pub(super) fn means(
    ledger: &Ledger,
    markets: &Markets,
    account: AccountId,
    asset: AssetId,
) -> Amount {
    let equity = settled_equity(ledger, markets, account, asset).max(0).unsigned_abs();
    Amount::new(equity).unwrap_or(Amount::MAX)
}

impl State {
    /// Equity of `account` in `asset` at the marks, in atoms, before liens: its settled equity
    /// and, where it trades in the asset, what its collateral counts for to keep its legs.
    #[must_use]
    pub fn equity(&self, account: AccountId, asset: AssetId) -> i128 {
        let trades = self.markets.position(account).asset == Some(asset);
        let counted = if trades { self.collateral_value(account, asset, Purpose::Mark) } else { 0 };
        self.settled_equity(account, asset) + counted.cast_signed()
    }

    /// Equity of `account` in `asset` alone: its balance and what its legs are worth at the marks,
    /// in atoms. What gains, principal, shares of losses and withdrawals are counted on.
    #[must_use]
    pub fn settled_equity(&self, account: AccountId, asset: AssetId) -> i128 {
        settled_equity(&self.ledger, &self.markets, account, asset)
    }

    /// What the collateral of `account` counts for if it trades in `settled`, in atoms of it: each
    /// asset rounded down, then summed. Nothing where it trades in another. To open and to
    /// withdraw by the weights to open, and nothing of what has a feed that does not serve; for
    /// any other purpose by the weights to keep, at the marks.
    #[must_use]
    pub fn collateral_value(&self, account: AccountId, settled: AssetId, purpose: Purpose) -> u128 {
        let position = self.markets.position(account);
        if position.asset.is_some_and(|asset| asset != settled) {
            return 0;
        }
        collateral::of_account(self, account, settled, &position.legs, purpose)
    }

    /// What `account` lost beyond its cash, covered by collateral only: what its balance and the
    /// entry costs of its legs lack to zero, in atoms of `settled`.
    #[must_use]
    pub fn loan(&self, account: AccountId, settled: AssetId) -> u128 {
        let position = self.markets.position(account);
        if position.asset != Some(settled) {
            return 0;
        }
        let entries: i128 = position.legs.iter().map(|leg| leg.entry).sum();
        let balance = self.ledger.balance(settled, Holder::Account(account)).atoms();
        (balance + entries).min(0).unsigned_abs()
    }

    /// The most that `account` may owe of `settled` before its collateral may be sold, in atoms:
    /// `loan-limit` of what its collateral counts for to keep, rounded down.
    #[must_use]
    pub fn loan_limit(&self, account: AccountId, settled: AssetId) -> u128 {
        let counted = self.collateral_value(account, settled, Purpose::Mark);
        collateral::loan_limit(self, account, counted)
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
        let lien = self.loss_lien(account, asset).atoms().cast_signed();
        let below = || {
            let equity = self.equity(account, asset);
            let required = self.requirement(account, Level::Maintenance).cast_signed();
            equity >= 0 && equity - lien < required
        };
        let balance = self.ledger.balance(asset, Holder::Account(account)).atoms();
        if margin::surely_keeps(self, account, balance - lien) {
            debug_assert!(!below(), "a bound above equity less margin");
            return false;
        }
        below()
    }

    /// The scenario tables of the options `account` holds, by underlying, with their Greeks and the
    /// loss at the worst move against delta alone. An underlying whose table cannot be computed
    /// now is left out; its whole value is required.
    #[must_use]
    pub fn scenario_tables(&self, account: AccountId) -> Vec<(MarketId, scenario::Requirement)> {
        margin::tables(self, &self.markets.position(account).legs)
    }

    /// Whether the leg of `account` in `market` is part of a portfolio with options, whose
    /// requirement comes from scenarios and not from tiers.
    #[must_use]
    pub fn in_portfolio(&self, account: AccountId, market: MarketId) -> bool {
        margin::with_an_option(self, &self.markets.position(account).legs, market)
    }

    /// What `feed` says now, as those have it who go by it: a volatility is no better than where
    /// the surface it is a part of leaves a sure profit.
    #[must_use]
    pub fn feed_answer(&self, feed: FeedId) -> Option<Answer> {
        market::answer(self, feed)
    }

    /// The feed of the volatility that `option` is valued at, and what it says there: where the
    /// surface leaves a sure profit of which the option is a leg it only marks. Nothing where
    /// `option` is none, or has no feed.
    #[must_use]
    pub fn option_answer(&self, option: MarketId) -> Option<(FeedId, Answer)> {
        market::answer_at(self, option)
    }

    /// The volatility of `option` for `purpose`, in millionths a year: by its own feed, or else by
    /// its underlying's; nothing where neither is.
    ///
    /// # Errors
    ///
    /// The quality of the volatility does not serve the purpose, of the feed's own or because the
    /// surface leaves a sure profit there.
    #[must_use]
    pub fn volatility(&self, option: MarketId, purpose: Purpose) -> Option<Result<u64, Unfit>> {
        market::volatility_for(self, option, purpose)
    }

    /// What `account` would gain or lose at every move of the grid of scenario margin, whatever it
    /// holds: by underlying, and with all of them moved alike.
    #[must_use]
    pub fn what_if(&self, account: AccountId) -> WhatIf {
        margin::what_if(self, account)
    }

    /// How far the linear legs of `account` are from taking its equity, less its lien, to zero;
    /// nothing where it holds options or nothing.
    #[must_use]
    pub fn distance_to_zero(&self, account: AccountId) -> Option<Distance> {
        margin::distance(self, account)
    }

    /// The last prices at which the only leg of `account` is maintained and not bankrupt; nothing
    /// where it holds several legs, or an option.
    #[must_use]
    pub fn last_prices(&self, account: AccountId) -> Option<LastPrices> {
        margin::last_prices(self, account)
    }

    /// What `account` may take out of `asset`, and how it comes about.
    #[must_use]
    pub fn withdrawable(&self, account: AccountId, asset: AssetId) -> Withdrawable {
        margin::withdrawable(self, account, asset)
    }

    /// Opening equity of `account` in `asset`, in atoms: positive unrealised profit counted in
    /// part, collateral by its weights to open, less the lien.
    #[must_use]
    pub fn opening_equity(&self, account: AccountId, asset: AssetId) -> i128 {
        margin::opening_now(self, account, asset).equity
    }

    /// What `account` can pay: its settled equity where it is positive, else nothing.
    #[must_use]
    pub fn means(&self, account: AccountId, asset: AssetId) -> Amount {
        means(&self.ledger, &self.markets, account, asset)
    }

    /// Equity of a close-out book at the marks, what its collateral counts for included, in atoms.
    #[must_use]
    pub fn book_equity(&self, loss: LossId, asset: AssetId) -> i128 {
        let balance = self.ledger.balance(asset, Holder::Book(loss)).atoms();
        let legs = self.markets.book(loss);
        let in_book = self.collaterals.taken(loss).filter(|taken| !taken.aside);
        let counted = in_book.map_or(0, |taken| {
            let held = |asset| taken.held.get(&asset).copied().unwrap_or(Amount::ZERO);
            collateral::kept_by(self, asset, &held, legs)
        });
        balance + self.markets.value(legs) + counted.cast_signed()
    }

    /// Whether the prices of all legs of `account` are good enough to liquidate at.
    pub(crate) fn may_liquidate(&self, account: AccountId) -> bool {
        market::all_fit(self, &self.markets.position(account).legs, Purpose::Liquidate)
    }

    /// Whether nothing is left to close out of `loss`: no leg, and no collateral to sell.
    #[must_use]
    pub fn book_is_flat(&self, loss: LossId) -> bool {
        self.markets.book(loss).is_empty() && !self.collaterals.in_book(loss)
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
                let domains = self.to_take_over(account, asset);
                let legs = self.markets.legs_in(account, domain);
                let parts = self.parts_of_failure(account, asset, &domains);
                let counted = self.collateral_value(account, asset, Purpose::Mark);
                let part = parts.of(domain, self.settled_equity(account, asset))
                    + parts.of(domain, counted.cast_signed());
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
        with_itself: bool,
        asset: AssetId,
        reference: CheckpointId,
    ) -> impl Iterator<Item = SetOff> + '_ {
        let owner = self.accounts.account(failed).map(|account| account.owner);
        let his = owner.into_iter().flat_map(|owner| self.accounts_of(owner));
        let others = his.filter(move |account| with_itself || *account != failed);
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

    /// The domains in which an account stands below zero and is not found yet, for want of a price.
    pub(crate) fn unseen_failures(&self) -> impl Iterator<Item = DomainId> + '_ {
        self.negative_accounts().flat_map(move |account| {
            let assets = self.negative_assets(account);
            assets.flat_map(move |asset| self.domains_of_failure(account, asset))
        })
    }

    /// The domains a failing account's loss in `asset` is split over, in id order: where it trades
    /// in the asset, those it holds legs in and those it lost in since their reference; else, and
    /// where there are none, one.
    pub(crate) fn domains_of_failure(&self, account: AccountId, asset: AssetId) -> Vec<DomainId> {
        let position = self.markets.position(account);
        if position.asset == Some(asset) {
            let markets = position.legs.iter().filter_map(|leg| self.markets.market(leg.market));
            let held = markets.map(|market| market.spec.domain);
            let traded = position.totals.flows.iter().map(|flow| flow.domain);
            let lost = traded.filter(|domain| self.lost_in(account, *domain) > 0);
            let domains: BTreeSet<DomainId> = held.chain(lost).collect();
            if !domains.is_empty() {
                return domains.into_iter().collect();
            }
        }
        self.domain_of_failure(account, asset).into_iter().collect()
    }

    /// The domain of a failure in `asset` that no market explains: the one in which the account
    /// last lost a result in it; for what it owes, else the one in which it lost most in all.
    fn domain_of_failure(&self, account: AccountId, asset: AssetId) -> Option<DomainId> {
        let position = self.markets.position(account);
        let last = self.accounts.account(account).and_then(|account| account.last_domain);
        let last = last.filter(|domain| self.domains.asset_of(*domain) == Some(asset));
        // Who is declared in default without a debt failed where it is declared.
        if last.is_some() || self.settled_equity(account, asset) >= 0 {
            return last;
        }
        // A loan is older than the reference when its collateral falls: it goes where most was
        // lost.
        if position.asset == Some(asset)
            && let Some(worst) = position.totals.flows.iter().min_by_key(|flow| flow.cash)
        {
            return Some(worst.domain);
        }
        // Nothing says where: the first domain of the asset that can bear it.
        let bears = |domain: &Domain| {
            domain.asset == asset && domain.waterfalls.contains_key(&CauseClass::Default)
        };
        self.domains.domains().find(|(_, domain)| bears(domain)).map(|(id, _)| id)
    }

    /// The domains in which `account`, that fails in `asset`, fails: those of the asset, and of
    /// the asset it trades in where it is declared in default.
    pub(crate) fn fails_in(
        &self,
        account: AccountId,
        asset: AssetId,
        declared: bool,
    ) -> BTreeSet<DomainId> {
        let traded = self.markets.position(account).asset.filter(|_| declared);
        let assets = traded.into_iter().chain([asset]);
        assets.flat_map(|asset| self.domains_of_failure(account, asset)).collect()
    }

    /// The assets in which `account` stands below zero, in id order.
    pub(crate) fn negative_assets(&self, account: AccountId) -> impl Iterator<Item = AssetId> + '_ {
        let assets = (0..self.ledger.assets()).filter_map(AssetId::at);
        assets.filter(move |asset| self.equity(account, *asset) < 0)
    }

    /// What `account` lost in `domain` since its reference, at least zero.
    fn lost_in(&self, account: AccountId, domain: DomainId) -> u128 {
        let reference = self.reference(domain, self.now());
        let gain = self.markets.gain_in(account, domain, reference);
        gain.min(0).unsigned_abs()
    }

    /// The domains of `asset` in which `account` failed and was not yet taken over.
    pub(crate) fn to_take_over(&self, account: AccountId, asset: AssetId) -> Vec<DomainId> {
        let mut domains = self.losses.to_take_over(account);
        domains.retain(|domain| self.domains.asset_of(*domain) == Some(asset));
        domains
    }

    /// How what a failing account has and owes is split over `domains`, those of its failure not
    /// yet taken over: a hole by what was lost in each, else by what its legs in each require.
    pub(crate) fn parts_of_failure(
        &self,
        account: AccountId,
        asset: AssetId,
        domains: &[DomainId],
    ) -> Parts {
        let owes = self.settled_equity(account, asset) < 0;
        let weigh = |of: &DomainId| match owes {
            true => self.lost_in(account, *of),
            false => margin::maintenance_in(self, account, *of),
        };
        Parts::new(domains.iter().map(|of| (*of, weigh(of))).collect())
    }
}

/// How something is split over the domains of a failure.
pub(crate) struct Parts {
    weights: Vec<(DomainId, u128)>,
}

impl Parts {
    /// Split by these weights, of domains in id order.
    pub(crate) const fn new(weights: Vec<(DomainId, u128)>) -> Self {
        Self { weights }
    }

    /// The part of `whole` for `domain`: all of it where it is not split, and of the first domain
    /// where nothing weighs. The parts of all domains sum to the whole.
    pub(crate) fn of(&self, domain: DomainId, whole: i128) -> i128 {
        let total: u128 = self.weights.iter().map(|(_, weight)| weight).sum();
        let Some(place) = self.weights.iter().position(|(of, _)| *of == domain) else {
            return whole;
        };
        if total == 0 {
            return if place == 0 { whole } else { 0 };
        }
        // Floors of the running sums: their differences sum to the whole.
        let upto = |count: usize| -> i128 {
            let sum: u128 = self.weights[..count].iter().map(|(_, weight)| weight).sum();
            let part = wide::mul_div_floor(whole.unsigned_abs(), sum, total);
            part.unwrap_or_default().cast_signed() * whole.signum()
        };
        upto(place + 1) - upto(place)
    }
}
