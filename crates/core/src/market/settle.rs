//! Settlement: at its expiry, or when its domain is in settlement, a market gets its last price.
//! Every leg is then paid out at it, party by party, in bounded steps; since lots sum to zero, what
//! is paid is what is received, exactly.

use alloc::vec::Vec;

use super::feed;
use super::{Duty, Event, Instrument, Market, Party, Rejection, Settlement};
use crate::bounds::MAX_LOT_VALUE;
use crate::control::Status;
use crate::engine::{Events, State};
use crate::ids::{AccountId, MarketId};
use crate::units::{Price, Quantity};

/// The most parties paid in one step.
pub const PARTIES_PER_STEP: usize = 4096;

/// Checks that `market` may get its last price now.
pub(super) fn settle(
    state: &State,
    market: MarketId,
    price: Price,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
    if found.settlement.is_some() {
        return Err(Rejection::AlreadySettled { market });
    }
    if !ends(state, found) {
        return Err(Rejection::NotExpired { market });
    }
    let pays = match found.spec.instrument {
        Instrument::Perpetual | Instrument::Future { .. } => price,
        Instrument::Option { strike, right, .. } => right.pays(price, strike),
    };
    // An option pays what its underlying makes it worth, whatever its own largest price.
    let option = matches!(found.spec.instrument, Instrument::Option { .. });
    let value = found.value_at(pays).unsigned_abs();
    let above =
        if option { value > u128::from(MAX_LOT_VALUE) } else { pays > found.spec.max_price };
    if above {
        return Err(Rejection::PriceOutOfRange { market, price, max: found.spec.max_price });
    }
    // A last price that the venue says is a step like any other; the oracle answers for its own.
    if feed::last_price(state, market).is_none() {
        found.within_step(market, pays)?;
    }
    let value = found.value_at(pays) - i128::from(found.funding);
    let lot_value = i64::try_from(value).map_err(|_| Rejection::PriceOutOfRange {
        market,
        price,
        max: found.spec.max_price,
    })?;
    super::decide::touch_exposed(state, &|of| of == market, events);
    state.end_premium(market, events);
    events.push(Event::PriceSettled { market, price, pays, lot_value });
    Ok(())
}

/// Whether `found` gets its last price: it is expired, or its domain is in settlement.
fn ends(state: &State, found: &Market) -> bool {
    let expired = found.spec.instrument.expiry().is_some_and(|expiry| expiry <= state.now());
    expired || state.control.domain_status(found.spec.domain) >= Status::Settling
}

/// The first market with a last price and legs that are not paid out.
pub(super) fn duty(state: &State) -> Option<Duty> {
    let mut markets = state.markets.markets();
    let unpaid = |found: &Market| found.settlement.is_some_and(|of| !of.paid_out(found));
    markets.find(|(_, found)| unpaid(found)).map(|(market, _)| Duty::PayOut { market })
}

/// The first market whose feed says its last price.
pub(super) fn from_feed(state: &State) -> Option<Duty> {
    let mut markets = state.markets.markets();
    let known = |market| {
        feed::last_price(state, market)
            .is_some_and(|price| settle(state, market, price, &mut Events::new()).is_ok())
    };
    // Most markets are done with at the first question.
    let due = |(market, found): &(MarketId, &Market)| ends(state, found) && known(*market);
    markets.find(due).map(|(market, _)| Duty::SettleFromFeed { market })
}

/// Pays out the next parties, books first, then accounts in id order.
pub(super) fn pay_out(
    state: &State,
    market: MarketId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
    let settlement = found.settlement.filter(|of| !of.paid_out(found)).ok_or(Rejection::NotDue)?;
    let domain = found.spec.domain;
    let asset = state
        .domains
        .domain(domain)
        .map(|of| of.asset)
        .ok_or(Rejection::UnknownDomain { domain })?;
    let books = state.markets.books.keys().map(|loss| Party::Book(*loss));
    let first = settlement.next;
    let accounts = (first.index()..state.markets.positions.len()).filter_map(AccountId::at);
    let parties = books.chain(accounts.map(Party::Account));
    let holds = |party: Party| (party, state.markets.lots_of(party, market));
    let paid: Vec<(Party, Quantity)> =
        parties.map(holds).filter(|(_, lots)| !lots.is_flat()).take(PARTIES_PER_STEP).collect();
    for (party, _) in &paid {
        if let Party::Account(account) = party {
            state.touch(*account, events);
        }
    }
    let lot_value = settlement.lot_value;
    events.push(Event::PaidOut { market, domain, asset, lot_value, paid });
    Ok(())
}

impl Settlement {
    /// Whether every leg is paid out.
    #[must_use]
    pub const fn paid_out(&self, market: &Market) -> bool {
        market.open == 0 && self.net == 0
    }
}
