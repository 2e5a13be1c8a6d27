//! The three equities of an account.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::requirement::{Exact, Level, add_lots};
use crate::collateral;
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId};
use crate::ledger::Holder;
use crate::market::{self, Leg, Market, Position, RATE_UNIT, Trade};
use crate::oracle::Purpose;
use crate::units::{Price, Quantity};
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
    let legs = legs_after(state.markets.position(account), trade);
    opening_with(state, (account, asset), legs, trade.cost + trade.fee)
}

/// How `account` would stand after all of `trades`.
pub(crate) fn opening_after_all(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trades: &[Trade],
) -> Opening {
    let legs = legs_after_all(state.markets.position(account), trades);
    let paid = trades.iter().map(|trade| trade.cost + trade.fee).sum();
    opening_with(state, (account, asset), legs.iter().copied(), paid)
}

/// How `account` stands for opening.
pub(crate) fn opening_now(state: &State, account: AccountId, asset: AssetId) -> Opening {
    let legs = &state.markets.position(account).legs;
    opening_with(state, (account, asset), legs.iter().copied(), 0)
}

/// How `account` would stand with `legs`, had it `paid` for them. What the price has just earned a
/// leg counts when it has lasted; what no depth could take of the profit counts for nothing, the
/// rest as far as the leg's domain counts it.
fn opening_with(
    state: &State,
    (account, asset): (AccountId, AssetId),
    legs: impl Iterator<Item = Leg> + Clone,
    paid: i128,
) -> Opening {
    let balance = state.ledger.balance(asset, Holder::Account(account)).atoms() - paid;
    let mut sums = Sums::default();
    legs.clone().for_each(|leg| sums.add(state, &leg));
    let lien = state.lien(account, asset).atoms().cast_signed();
    let uncounted = (sums.beyond + sums.part.ceil()).cast_signed();
    let collateral = beside(state, account, asset, legs.clone(), Purpose::Open);
    let initial = if sums.options {
        super::required(state, legs, Level::Initial)
    } else {
        sums.required.ceil()
    };
    Opening {
        balance,
        equity: balance + sums.value + collateral.cast_signed() - uncounted - lien,
        initial,
        collateral,
        loan: (balance + sums.entries).min(0).unsigned_abs(),
    }
}

/// What legs come to for opening, in one look at each.
#[derive(Default)]
struct Sums {
    /// What they are worth, profit as far as it has lasted, and what they cost.
    value: i128,
    entries: i128,
    /// Profit beyond the depth of its market, and the part of the rest that is not counted.
    beyond: u128,
    part: Exact,
    /// How much of profit the domain of the last leg with one does not count, in millionths.
    uncounted: Option<(DomainId, u32)>,
    /// Initial margin by tiers, which is what they require where there are no options.
    required: Exact,
    options: bool,
}

impl Sums {
    fn add(&mut self, state: &State, leg: &Leg) {
        self.entries += leg.entry;
        let Some(market) = state.markets.market(leg.market) else { return };
        let worth = market.worth(leg.lots);
        self.value +=
            if worth > leg.entry { self.add_profit(state, market, leg, worth) } else { worth };
        self.options |= !add_lots(&mut self.required, market, leg.lots, Level::Initial);
    }

    /// Adds what of the profit on a leg does not count. What the leg is worth as far as its profit
    /// has lasted.
    fn add_profit(&mut self, state: &State, market: &Market, leg: &Leg, worth: i128) -> i128 {
        let worth = lasting_value(state, market, leg, worth);
        let profit = (worth - leg.entry).unsigned_abs();
        let deep = beyond_depth_ceil(state, market, leg.lots.size(), profit);
        let domain = market.spec.domain;
        let rate = match self.uncounted {
            Some((of, rate)) if of == domain => rate,
            _ => uncounted(state, domain),
        };
        self.uncounted = Some((domain, rate));
        self.part.add(profit - deep, rate);
        self.beyond += deep;
        worth
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
    let collateral = beside(state, account, asset, legs, Purpose::Mark);
    let equity = balance - trade.cost - trade.fee + value + collateral.cast_signed() - lien;
    Keeping { equity, maintenance: maintenance.cast_signed() }
}

/// The legs of `position` as `trade` leaves them.
fn legs_after<'a>(position: &'a Position, trade: &Trade) -> impl Iterator<Item = Leg> + Clone + 'a {
    let (market, traded) = (trade.market, leg_after(position, trade));
    let others = position.legs.iter().filter(move |leg| leg.market != market);
    others.copied().chain((!traded.lots.is_flat()).then_some(traded))
}

/// The legs of `position` as all of `trades` leave them.
pub(super) fn legs_after_all(position: &Position, trades: &[Trade]) -> Vec<Leg> {
    let mut legs = position.legs.clone();
    for trade in trades {
        let flat = Leg { market: trade.market, lots: Quantity::ZERO, entry: 0 };
        let place = legs.iter().position(|leg| leg.market == trade.market);
        let held = place.map_or(flat, |place| legs.remove(place));
        legs.push(held.after(trade).0);
    }
    legs.retain(|leg| !leg.lots.is_flat());
    legs
}

/// The leg of `position` in the market of `trade` as it leaves it, flat or not.
pub(super) fn leg_after(position: &Position, trade: &Trade) -> Leg {
    let market = trade.market;
    let flat = Leg { market, lots: Quantity::ZERO, entry: 0 };
    position.leg(market).unwrap_or(&flat).after(trade).0
}

/// What the collateral of `account` counts for beside `legs`, which are gathered only where there
/// is any.
fn beside(
    state: &State,
    account: AccountId,
    asset: AssetId,
    legs: impl Iterator<Item = Leg>,
    purpose: Purpose,
) -> u128 {
    if state.collaterals.collaterals(asset).next().is_none() {
        return 0;
    }
    let legs: Vec<Leg> = legs.collect();
    collateral::of_account(state, account, asset, &legs, purpose)
}

/// What `leg` is worth, which stands with a profit at the mark: its profit at the mark or at its
/// market's slow price, whichever is less; none where a feed has no slow price.
fn lasting_value(state: &State, market: &Market, leg: &Leg, worth: i128) -> i128 {
    let slow = || {
        let (slow, mark) = (market::slow_price(state, market)?, market.mark?);
        let more = market.value_at(slow) - market.value_at(mark);
        let then = worth + i128::from(leg.lots.lots()) * more;
        Some(if slow == Price::ZERO { leg.entry } else { then })
    };
    let then = market.feeds.price.and_then(|_| slow());
    then.map_or(worth, |then| worth.min(then.max(leg.entry)))
}

/// The part of an unrealised `profit` of `lots` on those beyond the market's depth, rounded up
/// (against the trader).
fn beyond_depth_ceil(state: &State, market: &Market, lots: u64, profit: u128) -> u128 {
    let beyond = lots - market::countable_lots(state, market).min(lots);
    if beyond == 0 {
        return 0;
    }
    wide::mul_div_ceil(profit, u128::from(beyond), u128::from(lots)).unwrap_or(profit)
}

/// How much of a profit `domain` does not count for opening, in millionths.
fn uncounted(state: &State, domain: DomainId) -> u32 {
    let counted = state.control.value(domain, Parameter::OpeningProfit);
    RATE_UNIT - u32::try_from(counted).unwrap_or(0).min(RATE_UNIT)
}

/// What an account may take out, and how it comes about; all in atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawable {
    /// Settled equity at the mark.
    pub equity: i128,
    /// Positive unrealised profit, leg by leg: not counted.
    pub unrealised: u128,
    /// Profit not yet matured beside it: what was realised since the reference checkpoint, or more
    /// where the gain since then is more, because it only recovers what was lost before.
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
    let unrealised = state.markets.unrealised_profit(position);
    Withdrawable {
        equity,
        unrealised,
        unmatured: unmatured(state, account, unrealised),
        initial: super::initial(state, account),
        lien,
        collateral: state.collateral_value(account, asset, Purpose::Withdraw),
        pledged: 0,
    }
}

/// The references of the domains in which `account` trades or traded.
fn references(state: &State, account: AccountId) -> BTreeSet<CheckpointId> {
    let flows = &state.markets.position(account).totals.flows;
    flows.iter().map(|flow| state.reference(flow.domain, state.now())).collect()
}

/// The most that `account` gained since a reference, realised or not: what a loss detected now may
/// make it pay.
pub(crate) fn session_gain(state: &State, account: AccountId) -> u128 {
    let references = references(state, account);
    let sessions = references.iter().filter_map(|at| state.session(account, *at));
    sessions.map(|session| session.total()).max().unwrap_or(0).max(0).unsigned_abs()
}

/// What is not yet matured of the profit of `account` beside `unrealised`. A loss detected now may
/// make it pay all that it gained since the reference of that loss: whatever the entries of its
/// legs say, so much stays.
fn unmatured(state: &State, account: AccountId, unrealised: u128) -> u128 {
    let references = references(state, account);
    let sessions = || references.iter().filter_map(|at| state.session(account, *at));
    let realised = sessions().next().map_or(0, |oldest| oldest.realised);
    let gained = sessions().map(|session| session.total()).max().unwrap_or(0);
    realised.max(gained - unrealised.cast_signed()).max(0).unsigned_abs()
}
