//! What follows of itself: auctions that open with their draws and begin anew, surpluses that are
//! offered, and are not any more.

use super::{Duty, Event, Issuance, Rejection, buyback, sale};
use crate::engine::{Events, State};
use crate::ids::{IssuanceId, LossId};
use crate::loss::{self, Phase};

/// The next duty: issuances in the order of their ids.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.issuances.issuances().find_map(|(issuance, of)| {
        if let Some(loss) = opens(state, of) {
            return Some(Duty::Open { issuance, loss });
        }
        if let Some(loss) = restarts(state, of) {
            return Some(Duty::Restart { issuance, loss });
        }
        of_buyback(state, issuance, of)
    })
}

/// The losses that may have an open draw on the issuance's layer, in id order.
fn open_draws<'a>(state: &'a State, of: &'a Issuance) -> impl Iterator<Item = LossId> + 'a {
    let wants = |loss: &LossId| loss::wanted(state, *loss, of.spec.layer).is_some();
    state.losses_in(Phase::Absorption).filter(wants)
}

fn opens(state: &State, of: &Issuance) -> Option<LossId> {
    open_draws(state, of).find(|loss| !of.auctions.contains_key(loss))
}

fn restarts(state: &State, of: &Issuance) -> Option<LossId> {
    open_draws(state, of).find(|loss| {
        of.auction(*loss).is_some_and(|auction| {
            let over = of.spec.ladder.is_over(state.now().0 - auction.since.0);
            over && auction.round < of.spec.restarts
        })
    })
}

fn of_buyback(state: &State, issuance: IssuanceId, of: &Issuance) -> Option<Duty> {
    let spendable = buyback::spendable(state, of);
    match (of.buying, spendable) {
        (None, Some(_)) => Some(Duty::OpenBuyback { issuance }),
        (Some(_), None) => Some(Duty::CloseBuyback { issuance }),
        (Some(since), Some((back, ..))) if back.ladder.is_over(state.now().0 - since.0) => {
            Some(Duty::RestartBuyback { issuance })
        }
        _ => None,
    }
}

pub(crate) fn decide_duty(
    state: &State,
    duty_: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if duty(state).as_ref() != Some(duty_) {
        return Err(Rejection::NotDue);
    }
    match *duty_ {
        Duty::Open { issuance, loss } => {
            let of = super::decide::issuance(state, issuance)?;
            return sale::open(state, (issuance, of), loss, events);
        }
        Duty::Restart { issuance, loss } => {
            let of = super::decide::issuance(state, issuance)?;
            let round = of.auction(loss).ok_or(Rejection::NotDue)?.round + 1;
            events.push(Event::Restarted { issuance, loss, round });
        }
        Duty::OpenBuyback { issuance } => events.push(Event::BuybackOpened { issuance }),
        Duty::RestartBuyback { issuance } => events.push(Event::BuybackRestarted { issuance }),
        Duty::CloseBuyback { issuance } => events.push(Event::BuybackClosed { issuance }),
    }
    Ok(())
}
