//! Sales of legs at the mark with a bonus for who takes them: to a backstop at its quote, or to a
//! bidder in an auction.

use alloc::vec::Vec;

use super::liquidate;
use super::routes::{Route, RouteSpec};
use super::{Event, Rejection};
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LossId, MarketId};
use crate::liquidation::auction;
use crate::margin::{self, Level};
use crate::market::{self, Leg, Party, RATE_UNIT, Trade};
use crate::oracle::Purpose;
use crate::units::{Amount, Quantity};
use crate::wide;

/// Legs that go from one party to an account at the mark, with a bonus for the account.
pub(super) struct Sale {
    from: Party,
    to: AccountId,
    asset: AssetId,
    rows: Vec<(MarketId, Quantity)>,
    bonus: u128,
    /// What the buyer leaves of the seller's equity in what he takes.
    paid: u128,
    backstop: bool,
}

impl Sale {
    pub(super) fn push(self, state: &State, events: &mut Events) {
        let Self { from, to, asset, rows, bonus, paid, backstop } = self;
        for party in [from, Party::Account(to)] {
            if let Party::Account(account) = party {
                state.touch(account, events);
            }
        }
        let gross_value: u128 =
            rows.iter().map(|(market, lots)| gross(state, *market, *lots)).sum();
        let priced = rows.iter().filter_map(|(market, lots)| {
            let found = state.markets.market(*market)?;
            Some((*market, found.spec.domain, *lots, i64::try_from(found.lot_value()?).ok()?))
        });
        let legs = priced.collect();
        let bonus = Amount::new(bonus).unwrap_or(Amount::MAX);
        let paid = Amount::new(paid).unwrap_or(Amount::MAX);
        let value = Amount::new(gross_value).unwrap_or(Amount::MAX);
        events.push(Event::LegsSold { from, to, asset, legs, value, bonus, paid, backstop });
        if let Party::Account(account) = from {
            let gain = -bonus.atoms().cast_signed();
            let charged = liquidate::penalty(state, account, gross_value, gain, events);
            liquidate::penalties_pay_debts(state, asset, charged, events);
        }
    }
}

pub(super) fn gross(state: &State, market: MarketId, lots: Quantity) -> u128 {
    let leg = Leg { market, lots, entry: 0 };
    state.markets.gross(&leg)
}

/// What the backstop buys of `plan` now: all of it inside its margin, its budget and the breaker,
/// or the largest half, quarter, ... of every leg that fits, a lot of each at least; nothing where
/// none does. Legs go together: were one halved to nothing, the rest would go lot by lot for ever.
pub(super) fn to_backstop(
    state: &State,
    from: Party,
    buyer: AccountId,
    spec: &RouteSpec,
    plan: &[(MarketId, Quantity)],
) -> Option<Sale> {
    let mut rows: Vec<(MarketId, Quantity)> =
        plan.iter().filter(|row| for_sale(state, row)).copied().collect();
    if let Some(all) = quoted(state, from, buyer, spec, &rows) {
        return Some(all);
    }
    // A leg of which it can take no lot at all is left out.
    rows.retain(|(market, lots)| {
        let one = Quantity::new(lots.lots().signum()).unwrap_or_default();
        quoted(state, from, buyer, spec, &[(*market, one)]).is_some()
    });
    while !rows.is_empty() {
        if let Some(sale) = quoted(state, from, buyer, spec, &rows) {
            return Some(sale);
        }
        if rows.iter().all(|(_, lots)| lots.size() == 1) {
            return None;
        }
        for (_, lots) in &mut rows {
            let half = (lots.lots() / 2).abs().max(1) * lots.lots().signum();
            *lots = Quantity::new(half).unwrap_or_default();
        }
    }
    None
}

fn quoted(
    state: &State,
    from: Party,
    buyer: AccountId,
    spec: &RouteSpec,
    rows: &[(MarketId, Quantity)],
) -> Option<Sale> {
    let Route::Backstop { volatility, depth, budget, .. } = spec.route else { return None };
    let fit = |market: &MarketId| {
        let found = state.markets.market(*market);
        found.is_some_and(|found| market::fits(state, found, Purpose::Liquidate))
    };
    if is_owners(state, from, buyer) || !rows.iter().all(|(market, _)| fit(market)) {
        return None;
    }
    let quoting = spec.route.quoting()?;
    let (mut bonus, mut value) = (0, 0);
    for (market, lots) in rows {
        let found = state.markets.market(*market)?;
        let mark = found.mark?.ticks();
        let price = quoting.price(mark, lots.lots() > 0, lots.size(), depth, volatility);
        let worse = u128::from(price.abs_diff(mark)) * u128::from(found.spec.unit);
        bonus += worse * u128::from(lots.size());
        value += gross(state, *market, *lots);
    }
    let asset = asset_of(state, rows)?;
    let taken = state.closeouts.taken(asset);
    let room = state.closeouts.room(state, asset, rows.iter().map(|(market, _)| *market));
    let within = taken + value <= budget.atoms() && value <= room;
    // The bonus is paid out of what the seller has beyond his lien, or deepens the book's hole.
    let paid = match from {
        Party::Account(account) => {
            let equity = liquidate::maintenance_equity(state, account, asset);
            bonus.cast_signed() <= equity.max(0)
        }
        Party::Book(_) => true,
    };
    let rows = rows.to_vec();
    let sale = Sale { from, to: buyer, asset, rows, bonus, paid: 0, backstop: true };
    (within && paid && stands(state, &sale).is_ok()).then_some(sale)
}

fn asset_of(state: &State, rows: &[(MarketId, Quantity)]) -> Option<AssetId> {
    let market = state.markets.market(rows.first()?.0)?;
    state.domains.domain(market.spec.domain).map(|domain| domain.asset)
}

/// Whether the buyer may hold what he takes, as after a fill: his limits, and his initial margin.
fn stands(state: &State, sale: &Sale) -> Result<(), market::Rejection> {
    // The bonus is a part of the price of the first leg.
    let mut bonus = sale.bonus.cast_signed();
    let trades = sale.rows.iter().filter_map(|(market, lots)| {
        let found = state.markets.market(*market)?;
        let cost = i128::from(lots.lots()) * found.lot_value()? - core::mem::take(&mut bonus);
        let (market, domain, lots) = (*market, found.spec.domain, lots.lots());
        Some(Trade { market, domain, lots, cost, fee: 0 })
    });
    let trades: Vec<Trade> = trades.collect();
    market::takes(state, sale.to, sale.asset, &trades)
}

/// Whether there are lots to sell, in a market without a last price: legs in one with it are paid
/// out where they are.
fn for_sale(state: &State, (market, lots): &(MarketId, Quantity)) -> bool {
    let settled = state.markets.market(*market).is_none_or(|found| found.settlement.is_some());
    !lots.is_flat() && !settled
}

/// Whether `buyer` belongs to the owner of what is sold: nobody is paid for taking back his own.
fn is_owners(state: &State, from: Party, buyer: AccountId) -> bool {
    let seller = match from {
        Party::Account(account) => Some(account),
        Party::Book(loss) => state.losses.loss(loss).and_then(|found| found.failed),
    };
    let owner = |id| state.accounts.account(id).map(|account| account.owner);
    seller.is_some_and(|seller| owner(seller) == owner(buyer))
}

/// What a bidder takes of an account in auction, or of a book, by taking `part` millionths.
pub(super) fn bid(
    state: &State,
    from: Party,
    bidder: AccountId,
    part: u32,
) -> Result<Sale, Rejection> {
    let legs = match from {
        Party::Account(account) => &state.markets.position(account).legs,
        // Members bid for all of it.
        Party::Book(loss) if state.is_put_up(loss) => return Err(Rejection::NoAuction),
        Party::Book(loss) => state.markets.book(loss),
    };
    let rows: Vec<(MarketId, Quantity)> = legs.iter().map(|leg| part_of(leg, part)).collect();
    let rows: Vec<_> = rows.into_iter().filter(|row| for_sale(state, row)).collect();
    let asset = asset_of(state, &rows).ok_or(Rejection::NothingToTake { part })?;
    if is_owners(state, from, bidder) {
        return Err(Rejection::OwnAuction { account: bidder });
    }
    let fits = match from {
        Party::Account(account) => liquidate::fits(state, account),
        Party::Book(_) => market::all_fit(state, legs, Purpose::Liquidate),
    };
    if !fits {
        return Err(Rejection::NoAuction);
    }
    // Whole lots round down: who takes less than the part is paid for what he takes.
    let all: u128 = legs.iter().map(|leg| state.markets.gross(leg)).sum();
    let taken: u128 = rows.iter().map(|(market, lots)| gross(state, *market, *lots)).sum();
    let taken = wide::mul_div_floor(taken, u128::from(RATE_UNIT), all.max(1)).unwrap_or(0);
    let taken = u32::try_from(taken).unwrap_or(part).min(part);
    let (bonus, paid) = match from {
        Party::Account(account) => solvent_terms(state, account, asset, part, taken)?,
        Party::Book(_) => (insolvent_bonus(state, from, asset, part, taken)?, 0),
    };
    let sale = Sale { from, to: bidder, asset, rows, bonus, paid, backstop: false };
    unbarred(state, &sale).map_err(Rejection::Market)?;
    stands(state, &sale).map_err(Rejection::Market)?;
    Ok(sale)
}

/// Whether the clearing fund lets the buyer take what does not only reduce what he holds.
fn unbarred(state: &State, sale: &Sale) -> Result<(), market::Rejection> {
    let account = sale.to;
    for (market, lots) in &sale.rows {
        let Some(found) = state.markets.market(*market) else { continue };
        let held = state.markets.position(account).lots(*market);
        let reduces = held.lots().signum() == -lots.lots().signum() && lots.size() <= held.size();
        if !reduces {
            let barred = state.may_open_risk(found.spec.domain, account);
            barred.map_err(|bar| market::Rejection::Clearing { account, bar })?;
        }
    }
    Ok(())
}

/// All of the book of `loss`, at the marks, to an account that is paid `bonus` for it.
fn whole_book(
    state: &State,
    loss: LossId,
    to: AccountId,
    bonus: Amount,
) -> Result<Sale, Rejection> {
    let (from, legs) = (Party::Book(loss), state.markets.book(loss));
    let rows: Vec<(MarketId, Quantity)> = legs.iter().map(|leg| (leg.market, leg.lots)).collect();
    if rows.iter().any(|row| !for_sale(state, row))
        || !market::all_fit(state, legs, Purpose::Liquidate)
    {
        return Err(Rejection::NoAuction);
    }
    let asset = asset_of(state, &rows).ok_or(Rejection::NoAuction)?;
    if is_owners(state, from, to) {
        return Err(Rejection::OwnAuction { account: to });
    }
    let bonus = bonus.atoms();
    let sale = Sale { from, to, asset, rows, bonus, paid: 0, backstop: false };
    stands(state, &sale).map_err(Rejection::Market)?;
    Ok(sale)
}

/// Whether `to` could take the book of `loss` now, paid `bonus` for it.
pub(crate) fn could_take(state: &State, loss: LossId, to: AccountId, bonus: Amount) -> bool {
    whole_book(state, loss, to, bonus).is_ok()
}

/// The book of `loss` goes to an account that is paid `bonus` for it.
pub(crate) fn award(
    state: &State,
    loss: LossId,
    to: AccountId,
    bonus: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    whole_book(state, loss, to, bonus)?.push(state, events);
    Ok(())
}

/// `part` millionths of a leg, in whole lots, rounded down.
fn part_of(leg: &Leg, part: u32) -> (MarketId, Quantity) {
    let lots = u128::from(leg.lots.size()) * u128::from(part) / u128::from(RATE_UNIT);
    let lots = i64::try_from(lots).unwrap_or(0) * leg.lots.lots().signum();
    (leg.market, Quantity::new(lots).unwrap_or_default())
}

/// A solvent account: the bidder pays the course's share of the equity of the part he takes, so
/// his bonus is what he does not pay, rounded down (for the account); the bonus and what he pays.
/// What a lien holds of the equity is owed to others, and what earlier bidders left of it in what
/// they took is the account's: neither is for sale.
fn solvent_terms(
    state: &State,
    account: AccountId,
    asset: AssetId,
    part: u32,
    taken: u32,
) -> Result<(u128, u128), Rejection> {
    let (routes, of) = liquidate::open(state, account).map_err(|_| Rejection::NoAuction)?;
    let spec = routes.list.get(of.route).ok_or(Rejection::NoAuction)?;
    let Route::Auction { course } = spec.route else { return Err(Rejection::NoAuction) };
    let elapsed = state.now().0 - of.since.0;
    let share = course.course().share_paid(elapsed);
    if state.equity(account, asset) < 0 {
        return Err(Rejection::NoAuction);
    }
    let equity = liquidate::maintenance_equity(state, account, asset).max(0).unsigned_abs();
    let maintenance = state.requirement(account, Level::Maintenance);
    let target = maintenance + margin::part_ceil(maintenance, routes.buffer);
    let aside = of.set_aside.atoms();
    let most = auction::largest_part(equity, target, aside, share).ok_or(Rejection::NoAuction)?;
    if part > most {
        return Err(Rejection::PartAboveMost { part, most });
    }
    let worth = (equity - aside.min(equity)) * u128::from(taken) / u128::from(RATE_UNIT);
    let pays = auction::payment_ceil(equity, aside, taken, share).min(worth);
    Ok((worth - pays, pays))
}

/// A book: the hole stays in it, and the bonus is the part of the requirement that the course has
/// reached since the takeover, rounded down.
fn insolvent_bonus(
    state: &State,
    from: Party,
    asset: AssetId,
    part: u32,
    taken: u32,
) -> Result<u128, Rejection> {
    let Party::Book(loss) = from else { return Err(Rejection::NoAuction) };
    let routes = state.closeouts.routes.get(&asset).ok_or(Rejection::NoAuction)?;
    let auction = routes.list.iter().find_map(|spec| match spec.route {
        Route::Auction { course } => Some(course),
        _ => None,
    });
    let course = auction.ok_or(Rejection::NoAuction)?.course();
    let book = state.markets.books.get(&loss).ok_or(Rejection::NoAuction)?;
    if part > RATE_UNIT {
        return Err(Rejection::PartAboveMost { part, most: RATE_UNIT });
    }
    let elapsed = state.now().0 - book.since.0;
    let requirement = margin::of_legs(state, &book.legs, Level::Maintenance);
    let whole = course.bidder_gets(0, requirement, elapsed);
    Ok(whole * u128::from(taken) / u128::from(RATE_UNIT))
}
