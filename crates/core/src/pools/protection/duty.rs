//! What follows of itself: positions whose term is over, claims that can be paid.

use super::decide::{end, pay};
use super::{Duty, PriceRange, Protection, Rejection};
use crate::control::Status;
use crate::engine::{Events, State};
use crate::oracle::Purpose;

/// The next duty: protections in the order of their ids; in each what ends first, then claims in
/// the order in which their positions began. In a halt nothing of participants moves.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    if state.protections.protections.is_empty() || state.control.venue_status() == Status::Halted {
        return None;
    }
    let mut protections = state.protections.protections();
    protections.find_map(|(_, found)| ends(state, found).or_else(|| pays(state, found)))
}

/// The first position whose term is over, where it can be measured.
fn ends(state: &State, found: &Protection) -> Option<Duty> {
    let (until, position) = *found.ends.first()?;
    let now = state.now();
    if until > now {
        return None;
    }
    PriceRange::of(&state.oracle, found.spec.feed, Purpose::Settle, now).ok()?;
    Some(Duty::End { position })
}

/// The first claim that can be paid: while a loss is known that the fund pays first, none.
fn pays(state: &State, found: &Protection) -> Option<Duty> {
    if found.claims.is_empty() || state.fund_held_by(found.spec.fund).is_some() {
        return None;
    }
    let payable = |id: &_| pay(state, *id, &mut Events::new()).is_some();
    found.claims.iter().copied().find(payable).map(|position| Duty::Pay { position })
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
        Duty::End { position } => end(state, position, events),
        Duty::Pay { position } => pay(state, position, events).ok_or(Rejection::NotDue),
    }
}

impl State {
    /// Whether the term of a position is over, or a claim is to be paid: where no duty does it, it
    /// waits for a price, for a loss, or for room in an account.
    pub(crate) fn protection_waits(&self) -> bool {
        let now = self.now();
        self.protections.protections().any(|(_, of)| {
            !of.claims.is_empty() || of.ends.first().is_some_and(|(until, _)| *until <= now)
        })
    }
}
