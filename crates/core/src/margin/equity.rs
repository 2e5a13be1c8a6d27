//! The three equities of an account.

use alloc::vec::Vec;

use super::requirement::{Exact, Level, legs_with};
use crate::collateral;
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{AccountId, AssetId, MarketId};
use crate::ledger::Holder;
use crate::market::{self, Leg, Position, RATE_UNIT, Trade};
use crate::units::Quantity;
use crate::wide;

/// An account as it would stand after a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its balance, in atoms.
    pub balance: i128,
    /// Opening equity: all it holds and owes at the mark, positive unrealised profit counted in
    /// part, and what its collateral counts for to open, less the lien; in atoms.
    pub equity: i128,
    /// Initial margin, in atoms.
    pub initial: u128,
    /// What its collateral counts for to open, in atoms.
    pub collateral: u128,
    /// What its balance and the entry costs of its legs lack to zero, in atoms.
    pub loan: u128,
}

/// How `account` would stand after `trade`.
pub(crate) fn opening_after(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trade: &Trade,
) -> Opening {
    let position = state.markets.position(account);
    let balance =
        state.ledger.balance(asset, Holder::Account(account)).atoms() - trade.cost - trade.fee;
    let legs = legs_after(position, trade);
    let (mut value, mut profit, mut beyond, mut entries) = (0, 0, 0, 0);
    for leg in legs.clone() {
        let worth = state.markets.leg_value(&leg);
        value += worth;
        entries += leg.entry;
        profit += (worth - leg.entry).max(0).unsigned_abs();
        beyond += beyond_depth_ceil(state, &leg, worth);
    }
    let lien = state.lien(account, asset).atoms().cast_signed();
    // What no depth could take counts for nothing, the rest in part.
    let part = uncounted_ceil(state, trade, profit - beyond);
    let uncounted = (beyond + part).cast_signed();
    let collateral = beside(state, account, asset, legs.clone(), Level::Initial);
    Opening {
        balance,
        equity: balance + value + collateral.cast_signed() - uncounted - lien,
        initial: super::required(state, legs, Level::Initial),
        collateral,
        loan: (balance + entries).min(0).unsigned_abs(),
    }
}

/// Maintenance equity (equity less the lien) and maintenance margin of `account`, in atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// Maintenance equity.
    pub(crate) equity: i128,
    /// Maintenance margin, rounded up.
    pub(crate) maintenance: i128,
}

/// How `account` would keep what it holds after `trade`; as it stands after a trade of nothing.
pub(crate) fn keeping_after(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trade: &Trade,
) -> Keeping {
    let balance = state.ledger.balance(asset, Holder::Account(account)).atoms();
    let legs = legs_after(state.markets.position(account), trade);
    let value: i128 = legs.clone().map(|leg| state.markets.leg_value(&leg)).sum();
    let maintenance = super::required(state, legs.clone(), Level::Maintenance);
    let lien = state.loss_lien(account, asset).atoms().cast_signed();
    let collateral = beside(state, account, asset, legs, Level::Maintenance);
    let equity = balance - trade.cost - trade.fee + value + collateral.cast_signed() - lien;
    Keeping { equity, maintenance: maintenance.cast_signed() }
}

/// The legs of `position` as `trade` leaves them.
fn legs_after<'a>(position: &'a Position, trade: &Trade) -> impl Iterator<Item = Leg> + Clone + 'a {
    let market = trade.market;
    let flat = Leg { market, lots: Quantity::ZERO, entry: 0 };
    let traded = position.leg(market).unwrap_or(&flat).after(trade).0;
    let others = position.legs.iter().filter(move |leg| leg.market != market);
    others.copied().chain((!traded.lots.is_flat()).then_some(traded))
}

/// What the collateral of `account` counts for beside `legs`, which are gathered only where there
/// is any.
fn beside(
    state: &State,
    account: AccountId,
    asset: AssetId,
    legs: impl Iterator<Item = Leg>,
    level: Level,
) -> u128 {
    if state.collaterals.collaterals(asset).next().is_none() {
        return 0;
    }
    let legs: Vec<Leg> = legs.collect();
    collateral::of_account(state, account, asset, &legs, level)
}

/// Opening equity of `account` as it stands, its collateral counted as beside `more` lots: less its
/// lien, positive unrealised profit counted as its least counting domain does; in atoms.
pub(crate) fn opening_equity(
    state: &State,
    account: AccountId,
    asset: AssetId,
    more: &[(MarketId, Quantity)],
) -> i128 {
    let position = state.markets.position(account);
    let domains = position.legs.iter().filter_map(|leg| state.markets.market(leg.market));
    let counted = domains.map(|m| state.control.value(m.spec.domain, Parameter::OpeningProfit));
    let counted = counted.min().unwrap_or(u128::from(RATE_UNIT));
    let rate = RATE_UNIT - u32::try_from(counted).unwrap_or(0).min(RATE_UNIT);
    let profit = state.markets.unrealised_profit(position);
    let lien = state.lien(account, asset).atoms().cast_signed();
    let uncounted = super::part_ceil(profit, rate).cast_signed();
    let legs = legs_with(state, account, more);
    let collateral = collateral::of_account(state, account, asset, &legs, Level::Initial);
    state.settled_equity(account, asset) + collateral.cast_signed() - uncounted - lien
}

/// The unrealised profit of `leg` on lots beyond its market's depth, rounded up (against the
/// trader).
fn beyond_depth_ceil(state: &State, leg: &Leg, worth: i128) -> u128 {
    let profit = (worth - leg.entry).max(0).unsigned_abs();
    let Some(market) = state.markets.market(leg.market) else { return 0 };
    let counted = market::countable_lots(state, market).min(leg.lots.size());
    let beyond = u128::from(leg.lots.size() - counted);
    if beyond == 0 {
        return 0;
    }
    wide::mul_div_ceil(profit, beyond, u128::from(leg.lots.size())).unwrap_or(profit)
}

/// The part of unrealised profit that opening equity does not count, rounded up (against the
/// trader).
fn uncounted_ceil(state: &State, trade: &Trade, profit: u128) -> u128 {
    let counted = state.control.value(trade.domain, Parameter::OpeningProfit);
    let rate = RATE_UNIT - u32::try_from(counted).unwrap_or(0).min(RATE_UNIT);
    let mut exact = Exact::default();
    exact.add(profit, rate);
    exact.ceil()
}

/// What an account may take out, and how it comes about; all in atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawable {
    /// Settled equity at the mark.
    pub equity: i128,
    /// Positive unrealised profit, leg by leg: not counted.
    pub unrealised: u128,
    /// Profit realised since the reference checkpoint: not yet matured.
    pub unmatured: u128,
    /// Initial margin of the legs.
    pub initial: u128,
    /// The lien.
    pub lien: u128,
    /// What collateral counts for to open: it covers initial margin, and nothing else.
    pub collateral: u128,
    /// What must stay of the asset as collateral of what the account trades in.
    pub pledged: u128,
}

impl Withdrawable {
    /// What is free: at least zero.
    #[must_use]
    pub fn free(&self) -> u128 {
        let held = self.unrealised + self.unmatured + self.lien + self.pledged + self.margin();
        (self.equity - held.cast_signed()).max(0).unsigned_abs()
    }

    /// What of initial margin the collateral does not cover.
    #[must_use]
    pub fn margin(&self) -> u128 {
        self.initial - self.initial.min(self.collateral)
    }
}

/// What `account` may take out of `asset`.
pub(crate) fn withdrawable(state: &State, account: AccountId, asset: AssetId) -> Withdrawable {
    let lien = state.lien(account, asset).atoms();
    let equity = state.settled_equity(account, asset);
    let position = state.markets.position(account);
    if position.asset != Some(asset) {
        let pledged = collateral::pledged(state, account, asset);
        let (unrealised, unmatured, initial, collateral) = (0, 0, 0, 0);
        return Withdrawable { equity, unrealised, unmatured, initial, lien, collateral, pledged };
    }
    let domains = position.totals.flows.iter().map(|flow| flow.domain);
    let reference = domains.map(|domain| state.reference(domain, state.now())).min();
    let realised = reference.map_or(0, |reference| {
        let then = position.at(reference).map_or(position.totals.realised, |s| s.totals.realised);
        position.totals.realised - then
    });
    Withdrawable {
        equity,
        unrealised: state.markets.unrealised_profit(position),
        unmatured: realised.max(0).unsigned_abs(),
        initial: super::initial(state, account),
        lien,
        collateral: state.collateral_value(account, asset, Level::Initial),
        pledged: 0,
    }
}
