//! When auto-deleveraging begins, and whom it reaches.

use alloc::vec::Vec;

use super::{Duty, Event, Rejection, Why};
use crate::control::Parameter;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LossId, MarketId};
use crate::liquidation::adl::draining::{self, Candidate};
use crate::margin;
use crate::market::{Leg, Market, Party};
use crate::units::{Amount, Quantity, SignedAmount};

/// The next duty of close-out: the losses in the order of their ids, a book's markets in theirs.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.markets.books.iter().find_map(|(loss, book)| {
        let loss = *loss;
        if state.closeouts.deleveraging(loss).is_some() {
            let mut markets = book.legs.iter().map(|leg| leg.market);
            let market = markets.find(|market| has_other_side(state, loss, *market))?;
            return Some(Duty::Deleverage { loss, market });
        }
        reason(state, loss).map(|_| Duty::BeginDeleveraging { loss })
    })
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *duty {
        Duty::BeginDeleveraging { loss } => {
            let begun = state.closeouts.deleveraging(loss).is_some();
            let why = reason(state, loss).filter(|_| !begun).ok_or(Rejection::NotDue)?;
            events.push(Event::DeleveragingBegun { loss, why });
            Ok(())
        }
        Duty::Deleverage { loss, market } => deleverage(state, loss, market, events),
    }
}

/// Why the close-out of `loss` leaves the market now, if it does.
fn reason(state: &State, loss: LossId) -> Option<Why> {
    let found = state.losses.loss(loss)?;
    let book = state.markets.books.get(&loss)?;
    let asset = state.domains.domain(found.domain)?.asset;
    let lost = book.opened - state.book_equity(loss, asset);
    let cost = margin::stressed_cost(state, found.domain, &book.legs);
    let budget = state.control.value(found.domain, Parameter::CloseOutBudget);
    if lost + cost.cast_signed() > budget.cast_signed() {
        let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let lost = SignedAmount::new(lost).unwrap_or_default();
        return Some(Why::Budget { lost, cost: amount(cost), budget: amount(budget) });
    }
    let time = state.control.millis(found.domain, Parameter::CloseOutTime);
    let deadline = book.since.after(time);
    (deadline <= state.now()).then_some(Why::Deadline { deadline })
}

/// The lots of the book in `market`, and the market.
fn book_lots(state: &State, loss: LossId, market: MarketId) -> Option<(Quantity, &Market)> {
    let lots = state.markets.lots_of(Party::Book(loss), market);
    let found = state.markets.market(market)?;
    (!lots.is_flat()).then_some((lots, found))
}

/// Whether anyone stands on the other side: else the lots wait for the market.
fn has_other_side(state: &State, loss: LossId, market: MarketId) -> bool {
    let Some((lots, _)) = book_lots(state, loss, market) else { return false };
    let opposite = |held: Quantity| held.lots().signum() == -lots.lots().signum();
    let books = state.markets.books.keys();
    let mut books = books.map(|other| state.markets.lots_of(Party::Book(*other), market));
    let mut accounts = state.markets.positions.iter().map(|position| position.lots(market));
    books.any(opposite) || accounts.any(opposite)
}

/// The book's lots go to the other side at the mark: first to other books that hold it, in the
/// order of their losses; then to accounts, drained to a common leverage.
fn deleverage(
    state: &State,
    loss: LossId,
    market: MarketId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let begun = state.closeouts.deleveraging(loss).is_some();
    let (held, found) =
        book_lots(state, loss, market).filter(|_| begun).ok_or(Rejection::NotDue)?;
    let domain = found.spec.domain;
    let asset = state.domains.domain(domain).map(|d| d.asset).ok_or(Rejection::NotDue)?;
    let (price, value) = found.mark.zip(found.lot_value()).ok_or(Rejection::NotDue)?;
    let side = held.lots().signum();
    let mut taken: Vec<(Party, Quantity)> = Vec::new();
    let mut left = held.size();
    for other in state.markets.books.keys().map(|other| Party::Book(*other)) {
        let lots = state.markets.lots_of(other, market);
        if lots.lots().signum() == -side {
            let gives = lots.size().min(left);
            left -= gives;
            push(&mut taken, other, gives, side);
        }
    }
    let (accounts, candidates) = candidates(state, market, asset, side);
    let lot = u64::try_from(found.value_at(price)).map_err(|_| Rejection::NotDue)?;
    let drained = draining::drain(&candidates, lot, left).map_err(|_| Rejection::NotDue)?;
    for (account, gives) in accounts.iter().zip(&drained.lots) {
        push(&mut taken, Party::Account(*account), *gives, side);
    }
    if taken.is_empty() {
        return Err(Rejection::NotDue);
    }
    for (party, _) in &taken {
        if let Party::Account(account) = party {
            state.touch(*account, events);
        }
    }
    events.push(Event::Deleveraged {
        loss,
        market,
        domain,
        asset,
        price,
        lot_value: i64::try_from(value).map_err(|_| Rejection::NotDue)?,
        turned: drained.level.is_some_and(|level| level.turned),
        level: drained.level.map(|level| level.leverage),
        taken,
    });
    Ok(())
}

fn push(taken: &mut Vec<(Party, Quantity)>, party: Party, lots: u64, side: i64) {
    let signed = i64::try_from(lots).ok().and_then(|lots| Quantity::new(lots * side).ok());
    if let Some(lots) = signed.filter(|lots| !lots.is_flat()) {
        taken.push((party, lots));
    }
}

/// The accounts on the other side of a book that is long (`side` 1) or short (-1), in id order.
fn candidates(
    state: &State,
    market: MarketId,
    asset: AssetId,
    side: i64,
) -> (Vec<AccountId>, Vec<Candidate>) {
    let mut accounts = Vec::new();
    let mut candidates = Vec::new();
    for (place, position) in state.markets.positions.iter().enumerate() {
        let (Some(account), lots) = (AccountId::at(place), position.lots(market)) else { continue };
        if lots.lots().signum() != -side {
            continue;
        }
        let net: i128 = position.legs.iter().map(|leg| signed_gross(state, leg)).sum();
        let equity =
            state.equity(account, asset) - state.lien(account, asset).atoms().cast_signed();
        accounts.push(account);
        candidates.push(Candidate {
            lots: lots.size(),
            // Requirements are on gross value: each lot given lowers them.
            easing: lots.size(),
            room: None,
            net: if lots.lots() < 0 { -net } else { net },
            equity: equity.max(1).unsigned_abs(),
        });
    }
    (accounts, candidates)
}

/// The value of a leg at the mark with its side, before funding.
fn signed_gross(state: &State, leg: &Leg) -> i128 {
    let gross = state.markets.gross(leg).cast_signed();
    if leg.lots.lots() < 0 { -gross } else { gross }
}
