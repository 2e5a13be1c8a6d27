//! When auto-deleveraging begins, and whom it reaches.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::order;
use super::room::Portfolio;
use super::sale::{self, Sale};
use super::{Duty, Event, Rejection, Route, Why};
use crate::bounds::MAX_AMOUNT;
use crate::control::Parameter;
use crate::domain::Kind;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LossId, MarketId};
use crate::ledger::Holder;
use crate::liquidation::adl::draining::{Candidate, Level};
use crate::loss::Loss;
use crate::margin;
use crate::market::{self, Leg, Market, Party, RATE_UNIT};
use crate::oracle::Purpose;
use crate::units::{Amount, Quantity, SignedAmount};

/// The next duty of a book: the losses in the order of their ids, a book's markets in theirs.
pub(super) fn duty(state: &State) -> Option<Duty> {
    state.markets.books.iter().find_map(|(loss, book)| {
        let loss = *loss;
        if state.closeouts.deleveraging(loss).is_some() {
            let mut markets = book.legs.iter().map(|leg| leg.market);
            let reached = |market: &MarketId| has_other_side(state, Party::Book(loss), *market);
            return Some(Duty::Deleverage { loss, market: markets.find(reached)? });
        }
        if state.is_put_up(loss) {
            return None;
        }
        if backstop_buys(state, loss).is_some() {
            return Some(Duty::SellBookToBackstop { loss });
        }
        reason(state, loss).map(|_| Duty::BeginDeleveraging { loss })
    })
}

pub(super) fn begin(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let begun = state.closeouts.deleveraging(loss).is_some() || state.is_put_up(loss);
    let why = reason(state, loss).filter(|_| !begun).ok_or(Rejection::NotDue)?;
    events.push(Event::DeleveragingBegun { loss, why });
    Ok(())
}

/// What a backstop buys of the book of `loss` now: the first that buys, when the routes before it
/// in the venue's order had their time; a backstop that buys nothing takes none.
fn backstop_buys(state: &State, loss: LossId) -> Option<Sale> {
    let book = state.markets.books.get(&loss)?;
    let asset = state.domains.domain(state.losses.loss(loss)?.domain)?.asset;
    let routes = state.closeouts.routes(asset)?;
    let rows: Vec<_> = book.legs.iter().map(|leg| (leg.market, leg.lots)).collect();
    let mut turn = book.since;
    for spec in &routes.list {
        if turn > state.now() {
            break;
        }
        let Route::Backstop { account, .. } = spec.route else {
            turn = turn.after(spec.time);
            continue;
        };
        let sale = sale::to_backstop(state, Party::Book(loss), account, spec, &rows);
        if sale.is_some() {
            return sale;
        }
    }
    None
}

pub(super) fn sell_book(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let sale = backstop_buys(state, loss).filter(|_| !state.is_put_up(loss));
    sale.ok_or(Rejection::NotDue)?.push(state, events);
    Ok(())
}

/// Why the close-out of `loss` leaves the market now, if it does.
fn reason(state: &State, loss: LossId) -> Option<Why> {
    let found = state.losses.loss(loss)?;
    let book = state.markets.books.get(&loss)?;
    let asset = state.domains.domain(found.domain)?.asset;
    if state.is_unsold(loss) {
        return Some(Why::NoBid);
    }
    let lost = book.opened - state.book_equity(loss, asset);
    let cost = margin::stressed_cost(state, found.domain, &book.legs);
    let budget = state.control.value(found.domain, Parameter::CloseOutBudget);
    // A loss at a mark that is good for nothing is no reason: it may be gone at the next.
    let fit = market::all_fit(state, &book.legs, Purpose::Liquidate);
    if fit && lost + cost.cast_signed() > budget.cast_signed() {
        let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let lost = SignedAmount::new(lost).unwrap_or_default();
        return Some(Why::Budget { lost, cost: amount(cost), budget: amount(budget) });
    }
    let time = state.control.millis(found.domain, Parameter::CloseOutTime);
    let deadline = book.since.after(time);
    if deadline <= state.now() {
        return Some(Why::Deadline { deadline });
    }
    drawdown(state, found)
}

/// The funds of the loss's waterfall, if they paid more of what they held than the domain allows.
fn drawdown(state: &State, found: &Loss) -> Option<Why> {
    let episode = state.losses.episode(found.episode?)?;
    let (mut paid, mut held) = (0, 0);
    for layer in state.domains.layers_of(&episode.rules.waterfalls) {
        let spec = &state.domains.layer(layer)?.spec;
        if spec.kind == Kind::InsuranceFund {
            paid += episode.used.get(&layer).map_or(0, |used| used.atoms());
            held += state.ledger.held(spec.asset, Holder::Layer(layer)).atoms();
        }
    }
    let most = state.control.value(found.domain, Parameter::FundDrawdown);
    let passed = paid * u128::from(RATE_UNIT) > (paid + held) * most;
    let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
    passed.then(|| Why::Drawdown { paid: amount(paid), held: amount(held) })
}

/// Whether anyone stands on the other side of `from`, and the price is of settlement quality: else
/// the lots wait for the market. A settled market is paid out at its last price, which may be
/// nothing: no lots are assigned in it.
pub(super) fn has_other_side(state: &State, from: Party, market: MarketId) -> bool {
    let open = |found: &Market| found.settlement.is_none();
    let settles = |found: &Market| open(found) && market::fits(state, found, Purpose::Settle);
    if !state.markets.market(market).is_some_and(settles) {
        return false;
    }
    let side = state.markets.lots_of(from, market).lots().signum();
    let opposite = |held: Quantity| side != 0 && held.lots().signum() == -side;
    let books = state.markets.books.keys();
    let mut books = books.map(|other| state.markets.lots_of(Party::Book(*other), market));
    books.any(opposite) || gives_a_lot(state, (market, side < 0), &opposite)
}

/// Whether an account on the other side may give a lot.
fn gives_a_lot(
    state: &State,
    (market, long): (MarketId, bool),
    opposite: &dyn Fn(Quantity) -> bool,
) -> bool {
    let asset = state.markets.market(market).and_then(|of| state.domains.asset_of(of.spec.domain));
    let Some(asset) = asset else { return false };
    state.holders(market, long).any(|account| {
        let may = || Portfolio::of(state, account, asset, market).is_none_or(|of| of.may_give(1));
        opposite(state.markets.position(account).lots(market)) && may()
    })
}

/// `lots` of a party go to the other side at the mark: first to books that hold it, in the order of
/// their losses; then to accounts, in the domain's order: drained to a common leverage by default.
pub(super) fn deleverage(
    state: &State,
    from: Party,
    market: MarketId,
    lots: u64,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.markets.market(market).ok_or(Rejection::NotDue)?;
    let domain = found.spec.domain;
    let asset = state.domains.domain(domain).map(|d| d.asset).ok_or(Rejection::NotDue)?;
    let (price, value) = found.mark.zip(found.lot_value()).ok_or(Rejection::NotDue)?;
    let side = state.markets.lots_of(from, market).lots().signum();
    let mut taken: Vec<(Party, Quantity)> = Vec::new();
    let mut left = lots;
    for other in state.markets.books.keys().map(|other| Party::Book(*other)) {
        let held = state.markets.lots_of(other, market);
        if held.lots().signum() == -side {
            let gives = held.size().min(left);
            left -= gives;
            push(&mut taken, other, gives, side);
        }
    }
    let lot = u64::try_from(found.value_at(price)).map_err(|_| Rejection::NotDue)?;
    let ranked = state.first_drained((market, side < 0), lot, left);
    let (accounts, mut candidates) =
        ranked.unwrap_or_else(|| candidates(state, market, asset, side));
    let of = (market, domain, side);
    let gives = assigned(state, of, &accounts, &mut candidates, (asset, lot), left);
    let (gives, level) = gives.ok_or(Rejection::NotDue)?;
    for (account, gives) in accounts.iter().zip(&gives) {
        push(&mut taken, Party::Account(*account), *gives, side);
    }
    if taken.is_empty() {
        return Err(Rejection::NotDue);
    }
    for party in core::iter::once(from).chain(taken.iter().map(|(party, _)| *party)) {
        if let Party::Account(account) = party {
            state.touch(account, events);
        }
    }
    let moved: u128 = taken.iter().map(|(_, lots)| u128::from(lots.size())).sum();
    let gross = moved * u128::from(lot);
    events.push(Event::Deleveraged {
        from,
        market,
        domain,
        asset,
        price,
        lot_value: i64::try_from(value).map_err(|_| Rejection::NotDue)?,
        value: Amount::new(gross).unwrap_or(Amount::MAX),
        turned: level.is_some_and(|level| level.turned),
        level: level.map(|level| Box::new(level.leverage)),
        taken,
    });
    if let Party::Account(account) = from {
        let charged = super::penalty(state, account, gross, 0, events);
        super::penalties_pay_debts(state, asset, charged, events);
    }
    Ok(())
}

/// What each of the candidates gives by the domain's order, and the level where they are drained.
/// What each portfolio would give is looked at: where a grid with add-ons bends otherwise than its
/// room was searched, it gives a lot, which it may. Nothing where it cannot be divided.
fn assigned(
    state: &State,
    of: (MarketId, DomainId, i64),
    accounts: &[AccountId],
    candidates: &mut [Candidate],
    (asset, lot): (AssetId, u64),
    needed: u64,
) -> Option<(Vec<u64>, Option<Level>)> {
    loop {
        let (gives, level) = order::assign(state, of, accounts, candidates, lot, needed)?;
        let mut stands = true;
        for ((account, candidate), lots) in accounts.iter().zip(&mut *candidates).zip(&gives) {
            let held = Portfolio::of(state, *account, asset, of.0).filter(|_| *lots > 1);
            if held.is_some_and(|held| !held.may_give(*lots)) {
                (candidate.room, stands) = (Some(1), false);
            }
        }
        if stands {
            return Some((gives, level));
        }
    }
}

fn push(taken: &mut Vec<(Party, Quantity)>, party: Party, lots: u64, side: i64) {
    let signed = i64::try_from(lots).ok().and_then(|lots| Quantity::new(lots * side).ok());
    if let Some(lots) = signed.filter(|lots| !lots.is_flat()) {
        taken.push((party, lots));
    }
}

/// The bound of amounts, with a sign.
const MOST: i128 = MAX_AMOUNT.cast_signed();

/// The accounts on the other side of a book that is long (`side` 1) or short (-1), in id order.
pub(super) fn candidates(
    state: &State,
    market: MarketId,
    asset: AssetId,
    side: i64,
) -> (Vec<AccountId>, Vec<Candidate>) {
    let mut accounts = Vec::new();
    let mut candidates = Vec::new();
    let liens = state.loss_liens(asset);
    let mut holders: Vec<AccountId> = Vec::new();
    // Asked for one by one, as `collect` does, each leaves the loop over the slabs.
    state.holders(market, side < 0).for_each(|account| holders.push(account));
    holders.sort_unstable();
    for account in holders {
        let lien = || liens.of(account);
        if let Some(found) = candidate(state, (market, asset, side), account, lien) {
            accounts.push(account);
            candidates.push(found);
        }
    }
    (accounts, candidates)
}

/// What `account` can give to the other side in a market, if it stands on that side.
pub(crate) fn candidate(
    state: &State,
    (market, asset, side): (MarketId, AssetId, i64),
    account: AccountId,
    lien: impl FnOnce() -> Amount,
) -> Option<Candidate> {
    let position = state.markets.position(account);
    let lots = position.lots(market);
    if lots.lots().signum() != -side {
        return None;
    }
    let net: i128 = position.legs.iter().map(|leg| signed_gross(state, leg)).sum();
    let equity = state.equity(account, asset) - lien().atoms().cast_signed();
    // Requirements on gross value fall with each lot given.
    let bounds = Portfolio::of(state, account, asset, market).map(|held| {
        let easing = held.easing();
        (easing, Some(held.room(easing)))
    });
    let (easing, room) = bounds.unwrap_or((lots.size(), None));
    Some(Candidate {
        lots: lots.size(),
        easing,
        room,
        // Sums of several legs, and profit on a balance, may pass the bound of an amount: beyond
        // it nobody's place is told apart, and everybody can still be reached.
        net: if lots.lots() < 0 { -net } else { net }.clamp(-MOST, MOST),
        equity: equity.clamp(1, MOST).unsigned_abs(),
    })
}

/// The value of a leg at the mark with its side, before funding.
fn signed_gross(state: &State, leg: &Leg) -> i128 {
    let gross = state.markets.gross(leg).cast_signed();
    if leg.lots.lots() < 0 { -gross } else { gross }
}
