//! Every check of the area's commands and duties. Nothing changes here.

use super::{Command, Duty, Event, Rejection, Routes, adl, liquidate, sale};
use crate::domain::Source;
use crate::engine::{Envelope, Events, Role, State};
use crate::ids::AssetId;
use crate::market::Party;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::SetRoutes { asset, routes } => set_routes(state, *asset, routes, events),
        Command::Bid { from, bidder, part } => {
            let account = *bidder;
            if state.accounts.account(account).is_none() {
                return Err(Rejection::UnknownAccount { account });
            }
            let owner = state.accounts.account(account).map(|found| found.owner.0);
            if envelope.actor.role == Role::Owner && owner != Some(envelope.actor.id) {
                return Err(Rejection::NotOwner { account });
            }
            let sale = sale::bid(state, *from, account, *part)?;
            sale.push(state, events);
            Ok(())
        }
    }
}

fn set_routes(
    state: &State,
    asset: AssetId,
    routes: &Routes,
    events: &mut Events,
) -> Result<(), Rejection> {
    if state.domains.asset(asset).is_none() {
        return Err(Rejection::UnknownAsset { asset });
    }
    routes.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    let layer = routes.fund;
    let pot = state.domains.layer(layer).is_some_and(|found| {
        // Stakes are their stakers': a penalty is paid into a pot that is nobody's stake.
        let free = found.spec.source == Source::Pot && !found.spec.kind.is_staked();
        free && found.spec.asset == asset
    });
    if !pot {
        return Err(Rejection::NoPot { layer });
    }
    for spec in &routes.list {
        if let super::Route::Backstop { account, .. } = spec.route
            && state.accounts.account(account).is_none()
        {
            return Err(Rejection::UnknownAccount { account });
        }
    }
    let listed = state.markets.markets().filter(|(_, found)| found.settlement.is_none());
    for (market, found) in listed {
        let of = state.domains.domain(found.spec.domain).map(|domain| domain.asset);
        let max = found.spec.steps.filter(|_| of == Some(asset)).map(|steps| steps.penalty);
        if let Some(max) = max.filter(|max| routes.penalty > *max) {
            return Err(Rejection::PenaltyAboveLimit { market, penalty: routes.penalty, max });
        }
    }
    events.push(Event::RoutesSet { asset, routes: routes.clone() });
    Ok(())
}

/// The next duty of close-out: books first, then liquidations. Whether `events` hold what it does.
pub(crate) fn next_duty(state: &State, events: &mut Events) -> Option<(Duty, bool)> {
    let of_books = adl::duty(state).map(|duty| (duty, false));
    of_books.or_else(|| liquidate::next_duty(state, events))
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *duty {
        Duty::BeginDeleveraging { loss } => adl::begin(state, loss, events),
        Duty::Deleverage { loss, market } => {
            state.closeouts.deleveraging(loss).ok_or(Rejection::NotDue)?;
            let from = Party::Book(loss);
            let lots = state.markets.lots_of(from, market).size();
            adl::deleverage(state, from, market, lots, events)
        }
        Duty::SellBookToBackstop { loss } => adl::sell_book(state, loss, events),
        _ => liquidate::decide(state, duty, events),
    }
}
