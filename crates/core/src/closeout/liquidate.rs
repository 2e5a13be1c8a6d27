//! Liquidation of an account that stands between maintenance and nothing: the same part of every
//! leg is closed, by the routes in their order, until it stands above maintenance again.

use alloc::vec::Vec;
use core::slice;

use super::routes::{Route, Routes};
use super::sale::{self, Sale};
use super::{Duty, Event, Liquidation, Rejection};
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, MarketId};
use crate::liquidation::partial::{self, Partial};
use crate::liquidation::tiers::Tiers;
use crate::loss;
use crate::margin::{self, Level};
use crate::market::{self, Leg, Party, RATE_UNIT};
use crate::oracle::Purpose;
use crate::units::{Amount, Quantity, SignedAmount};
use crate::wide;

/// The next duty of liquidation. A sale is only due where it was found to stand, so that `events`
/// then hold it.
pub(super) fn next_duty(state: &State, events: &mut Events) -> Option<(Duty, bool)> {
    let (duty, sale) = due(state)?;
    let decided = sale.is_some();
    sale.into_iter().for_each(|sale| sale.push(state, events));
    Some((duty, decided))
}

/// What ends first, then what begins, then what goes on; accounts in the order of their ids. With
/// the sale where it is one.
fn due(state: &State) -> Option<(Duty, Option<Sale>)> {
    let open = &state.closeouts.liquidations;
    let over = || open.keys().copied().find(|account| is_over(state, *account));
    if let Some(account) = state.first_over().unwrap_or_else(over) {
        return Some((Duty::EndLiquidation { account }, None));
    }
    if state.closeouts.routes.is_empty() {
        return None;
    }
    let begins = || state.below_maintenance().find(|account| begins(state, *account));
    if let Some(account) = state.first_begins().unwrap_or_else(begins) {
        return Some((Duty::BeginLiquidation { account }, None));
    }
    open.iter().find_map(|(account, of)| step(state, *account, of))
}

fn routes_of(state: &State, account: AccountId) -> Option<(&Routes, AssetId)> {
    let asset = state.markets.position(account).asset?;
    Some((state.closeouts.routes.get(&asset)?, asset))
}

/// Whether a liquidation of the account is to begin.
pub(crate) fn begins(state: &State, account: AccountId) -> bool {
    if routes_of(state, account).is_none() {
        return false;
    }
    let open = state.closeouts.liquidations.contains_key(&account);
    !open && state.is_below_maintenance(account) && fits(state, account)
}

/// Whether legs of `account` may be closed: at their prices, and for what it requires.
pub(super) fn fits(state: &State, account: AccountId) -> bool {
    let legs = &state.markets.position(account).legs;
    market::all_fit(state, legs, Purpose::Liquidate) && falls_short(state, account)
}

/// Whether what `account` requires does not hang on volatilities that do not serve: all serve, or
/// it lacks what the rest requires whatever they are. One lot of such an option shields nothing
/// else.
fn falls_short(state: &State, account: AccountId) -> bool {
    let position = state.markets.position(account);
    if market::volatilities_fit(state, &position.legs, Purpose::Liquidate) {
        return true;
    }
    let Some(asset) = position.asset else { return false };
    let unknown =
        |leg: &Leg| !market::volatilities_fit(state, slice::from_ref(leg), Purpose::Liquidate);
    let surely = margin::surely_required(state, &position.legs, &unknown);
    maintenance_equity(state, account, asset) < surely.cast_signed()
}

/// Whether the liquidation of the account is over: it stands at its target, holds nothing, or
/// failed.
pub(crate) fn is_over(state: &State, account: AccountId) -> bool {
    if !state.closeouts.liquidations.contains_key(&account) {
        return false;
    }
    let Some((routes, asset)) = routes_of(state, account) else { return true };
    let position = state.markets.position(account);
    let equity = maintenance_equity(state, account, asset);
    position.legs.is_empty() || equity >= target(state, account, routes.buffer)
}

/// Equity less lien: what margin counts, and all that a penalty or a bonus may take.
pub(super) fn maintenance_equity(state: &State, account: AccountId, asset: AssetId) -> i128 {
    state.equity(account, asset) - state.loss_lien(account, asset).atoms().cast_signed()
}

/// Maintenance and the buffer, rounded up.
fn target(state: &State, account: AccountId, buffer: u32) -> i128 {
    let maintenance = state.requirement(account, Level::Maintenance);
    let more = margin::part_ceil(maintenance, buffer);
    (maintenance + more).cast_signed()
}

/// What is due of an open liquidation: its route's own step, or the next route.
fn step(state: &State, account: AccountId, of: &Liquidation) -> Option<(Duty, Option<Sale>)> {
    let (routes, asset) = routes_of(state, account)?;
    let spec = routes.list.get(of.route)?;
    let plan = || plan(state, account, routes);
    // Nothing is planned where nothing may go.
    let waits = || {
        let legs = &state.markets.position(account).legs;
        state.closeouts.room(state, asset, legs.iter().map(|leg| leg.market)) == 0
    };
    match spec.route {
        Route::Backstop { .. } | Route::Deleverage if waits() => {}
        // A route is not passed over for a volatility that comes back.
        Route::Backstop { .. } | Route::Deleverage if !falls_short(state, account) => return None,
        Route::Backstop { account: buyer, .. } => {
            let sale = sale::to_backstop(state, Party::Account(account), buyer, spec, &plan()?);
            if sale.is_some() {
                return Some((Duty::SellToBackstop { account }, sale));
            }
        }
        Route::Deleverage => {
            if let Some(next) = next_to_other_side(state, account, asset, routes) {
                let market = next.market;
                return Some((Duty::DeleverageAccount { account, market }, None));
            }
        }
        Route::Market | Route::Auction { .. } => {}
    }
    let last = of.route + 1 >= routes.list.len();
    let late = of.since.after(spec.time) <= state.now();
    let fell = of.equity - state.equity(account, asset);
    let dear = fell > spec.budget.atoms().cast_signed();
    let stuck = matches!(spec.route, Route::Backstop { .. });
    let passes = !last && (late || dear || stuck) && falls_short(state, account);
    passes.then_some((Duty::NextRoute { account }, None))
}

/// What of an account goes to the other side next.
struct Next {
    market: MarketId,
    lots: u64,
    /// The plan it begins, where it begins one.
    plan: Option<Vec<(MarketId, Quantity)>>,
}

/// Every leg of a plan is brought down before another is made, so that a hedge does not lose one
/// side first. A plan holds for its moment: later, marks may have moved.
fn next_to_other_side(
    state: &State,
    account: AccountId,
    asset: AssetId,
    routes: &Routes,
) -> Option<Next> {
    let (made, rows) = &state.closeouts.liquidation(account)?.plan;
    // A leg may have shrunk since by other ways: no more than it holds is asked of it.
    let left = |(market, lots): &(MarketId, Quantity)| {
        let held = state.markets.lots_of(Party::Account(account), *market).lots();
        let lots = lots.lots().clamp(held.min(0), held.max(0));
        (*market, Quantity::new(lots).unwrap_or_default())
    };
    let going_on = (*made == state.now()).then(|| rows.iter().map(left).collect::<Vec<_>>());
    let next = going_on.and_then(|rows| to_other_side(state, account, asset, &rows));
    if let Some((market, lots)) = next {
        return Some(Next { market, lots, plan: None });
    }
    // The mark is the price, so closing costs nothing beside the penalty.
    let routes = Routes { slippage: 0, ..routes.clone() };
    let rows = within_room(state, asset, plan(state, account, &routes)?);
    let (market, lots) = to_other_side(state, account, asset, &rows)?;
    Some(Next { market, lots, plan: Some(rows) })
}

/// The same part of every row that the breaker lets go now, a lot of each at least. Where there
/// is no room for a lot of each, none goes before there is; where there never will be, what fits.
fn within_room(
    state: &State,
    asset: AssetId,
    rows: Vec<(MarketId, Quantity)>,
) -> Vec<(MarketId, Quantity)> {
    let lot = Quantity::new(1).unwrap_or_default();
    let rows: Vec<_> = rows.into_iter().filter(|(_, lots)| !lots.is_flat()).collect();
    let markets = || rows.iter().map(|(market, _)| *market);
    let room = state.closeouts.room(state, asset, markets());
    let value: u128 = rows.iter().map(|(market, lots)| sale::gross(state, *market, *lots)).sum();
    let each: u128 = rows.iter().map(|(market, _)| sale::gross(state, *market, lot)).sum();
    // A stage passes: what would not fit at this one waits for another.
    let limit = state.closeouts.routes(asset).map_or(u128::MAX, |of| of.breaker.most(RATE_UNIT));
    if value <= room || each > limit {
        return rows;
    }
    let Some(more) = room.checked_sub(each) else { return Vec::new() };
    let part = |(market, lots): &(MarketId, Quantity)| {
        let size = u128::from(lots.size());
        let size = wide::mul_div_floor(size, more, value).unwrap_or(0) + 1;
        let size = i64::try_from(size).unwrap_or(i64::MAX).min(lots.lots().abs());
        (*market, Quantity::new(size * lots.lots().signum()).unwrap_or_default())
    };
    rows.iter().map(part).collect()
}

/// The first market of `plan` with somebody on the other side, and how many of its lots the breaker
/// lets go there now; nothing where it lets none.
fn to_other_side(
    state: &State,
    account: AccountId,
    asset: AssetId,
    plan: &[(MarketId, Quantity)],
) -> Option<(MarketId, u64)> {
    let room = state.closeouts.room(state, asset, plan.iter().map(|(market, _)| *market));
    plan.iter().find_map(|(market, lots)| {
        let value = state.markets.market(*market)?.gross(Quantity::new(1).ok()?);
        let fits = u64::try_from(room / value.max(1)).unwrap_or(u64::MAX).min(lots.size());
        let reached = || super::adl::has_other_side(state, Party::Account(account), *market);
        (fits > 0 && reached()).then_some((*market, fits))
    })
}

/// The lots to close of each leg, in the order of the legs, with their side.
pub(super) fn plan(
    state: &State,
    account: AccountId,
    routes: &Routes,
) -> Option<Vec<(MarketId, Quantity)>> {
    let position = state.markets.position(account);
    let asset = position.asset?;
    let equity = maintenance_equity(state, account, asset);
    if position.legs.iter().any(|leg| margin::underlying(state, leg).is_some()) {
        let target = target(state, account, routes.buffer);
        return Some(position.legs.iter().map(|leg| part_of_all(leg, equity, target)).collect());
    }
    // More legs than the arithmetic holds are closed whole.
    let Some(part) = part(state, &position.legs, equity, routes) else {
        return Some(position.legs.iter().map(|leg| (leg.market, leg.lots)).collect());
    };
    let rows = position.legs.iter().zip(&part.lots).map(|(leg, lots)| {
        let lots = i64::try_from(*lots).unwrap_or(0) * leg.lots.lots().signum();
        (leg.market, Quantity::new(lots).unwrap_or_default())
    });
    Some(rows.collect())
}

/// Of a portfolio with options: the same part of every leg, (target - equity) / target of its lots,
/// rounded up. Scenario losses shrink in proportion, so what is left meets the target, but for
/// what closing costs.
fn part_of_all(leg: &Leg, equity: i128, target: i128) -> (MarketId, Quantity) {
    let (short, target) = ((target - equity).max(0).unsigned_abs(), target.max(1).unsigned_abs());
    let size = u128::from(leg.lots.size());
    let lots = wide::mul_div_ceil(size, short, target).unwrap_or(size).min(size);
    let lots = i64::try_from(lots).unwrap_or(0) * leg.lots.lots().signum();
    (leg.market, Quantity::new(lots).unwrap_or_default())
}

fn part(state: &State, legs: &[Leg], equity: i128, routes: &Routes) -> Option<Partial> {
    let tables: Option<Vec<Tiers>> =
        legs.iter().map(|leg| state.markets.market(leg.market)?.spec.maintenance()).collect();
    let tables = tables?;
    let rows = legs.iter().zip(&tables).map(|(leg, tiers)| {
        let market = state.markets.market(leg.market)?;
        Some(partial::Leg {
            lots: leg.lots.size(),
            lot_value: u64::try_from(market.value_at(market.mark?)).ok()?,
            tiers,
            slippage: routes.slippage,
            penalty: routes.penalty,
        })
    });
    let rows: Option<Vec<partial::Leg<'_>>> = rows.collect();
    partial::partial(&rows?, equity, routes.buffer).ok()
}

pub(super) fn decide(state: &State, duty: &Duty, events: &mut Events) -> Result<(), Rejection> {
    let (_, sale) = due(state).filter(|(due, _)| due == duty).ok_or(Rejection::NotDue)?;
    match *duty {
        Duty::BeginLiquidation { account } => begin(state, account, events),
        Duty::EndLiquidation { account } => {
            events.push(Event::LiquidationEnded { account });
            Ok(())
        }
        Duty::NextRoute { account } => next_route(state, account, events),
        Duty::SellToBackstop { .. } => {
            sale.ok_or(Rejection::NotDue)?.push(state, events);
            Ok(())
        }
        Duty::DeleverageAccount { account, market } => {
            let (routes, asset) = routes_of(state, account).ok_or(Rejection::NotDue)?;
            let next = next_to_other_side(state, account, asset, routes);
            let next = next.filter(|next| next.market == market).ok_or(Rejection::NotDue)?;
            if let Some(plan) = next.plan {
                events.push(Event::DeleveragingPlanned { account, plan });
            }
            super::adl::deleverage(state, Party::Account(account), market, next.lots, events)
        }
        _ => Err(Rejection::NotDue),
    }
}

pub(super) fn open(
    state: &State,
    account: AccountId,
) -> Result<(&Routes, &Liquidation), Rejection> {
    let (routes, _) = routes_of(state, account).ok_or(Rejection::NotDue)?;
    let of = state.closeouts.liquidations.get(&account).ok_or(Rejection::NotDue)?;
    Ok((routes, of))
}

fn begin(state: &State, account: AccountId, events: &mut Events) -> Result<(), Rejection> {
    let (routes, asset) = routes_of(state, account).ok_or(Rejection::NotDue)?;
    let equity = state.equity(account, asset);
    let plan = plan(state, account, routes).ok_or(Rejection::NotDue)?;
    events.push(Event::LiquidationBegun {
        account,
        equity: SignedAmount::new(equity).unwrap_or_default(),
        maintenance: amount(state.requirement(account, Level::Maintenance)),
        plan: plan.into_iter().filter(|(_, lots)| !lots.is_flat()).collect(),
    });
    Ok(())
}

fn next_route(state: &State, account: AccountId, events: &mut Events) -> Result<(), Rejection> {
    let (_, of) = open(state, account)?;
    let asset = state.markets.position(account).asset.ok_or(Rejection::NotDue)?;
    let route = u16::try_from(of.route + 1).map_err(|_| Rejection::NotDue)?;
    let equity = SignedAmount::new(state.equity(account, asset)).unwrap_or_default();
    events.push(Event::RouteTaken { account, route, equity });
    Ok(())
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap_or(Amount::MAX)
}

/// The penalty for closing `value` of an account in liquidation, which gains `gain` by it: never
/// more than it has beyond its lien, so a penalty makes no deficit, and takes nothing that is owed
/// to others. The lien of before counts the shares that were taken as the account was touched.
/// Returns what was charged, for [`penalties_pay_debts`].
pub(crate) fn penalty(
    state: &State,
    account: AccountId,
    value: u128,
    gain: i128,
    events: &mut Events,
) -> Amount {
    let asset = open(state, account).ok().and(state.markets.position(account).asset);
    let Some(asset) = asset else { return Amount::ZERO };
    let most = maintenance_equity(state, account, asset) + gain;
    charge(state, (account, asset), value, most, events)
}

/// The penalty on the `value` taken over of an account that failed: never more than the remainder
/// of its margin that goes back to it.
pub(crate) fn takeover_penalty(
    state: &State,
    of: (AccountId, AssetId),
    value: Amount,
    remainder: Amount,
    events: &mut Events,
) {
    let charged = charge(state, of, value.atoms(), remainder.atoms().cast_signed(), events);
    penalties_pay_debts(state, of.1, charged, events);
}

fn charge(
    state: &State,
    (account, asset): (AccountId, AssetId),
    value: u128,
    most: i128,
    events: &mut Events,
) -> Amount {
    let Some(routes) = state.closeouts.routes(asset) else { return Amount::ZERO };
    let asked = value * u128::from(routes.penalty) / u128::from(RATE_UNIT);
    let charged = amount(partial::penalty_charged(asked, most));
    if !charged.is_zero() {
        let (asked, fund) = (amount(asked), routes.fund);
        events.push(Event::PenaltyCharged { account, asset, fund, asked, charged });
    }
    charged
}

/// What penalties of one command brought to the fund of the routes pays the uncovered debts that
/// it stands behind first.
pub(crate) fn penalties_pay_debts(
    state: &State,
    asset: AssetId,
    charged: Amount,
    events: &mut Events,
) {
    if let Some(routes) = state.closeouts.routes(asset).filter(|_| !charged.is_zero()) {
        loss::pay_debts_of(state, routes.fund, asset, charged, events);
    }
}
