//! What follows of itself: collateral that covers nothing goes back, and what found no buyer in
//! time is set aside.

use super::{Duty, Event, Rejection, Taken};
use crate::control::Parameter;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LossId};
use crate::ledger::Holder;
use crate::loss::{self, Stage};
use crate::units::Amount;

/// What was taken over of a failed account's collateral: `share` of each asset.
pub(crate) fn take(
    state: &State,
    loss: LossId,
    (account, settled): (AccountId, AssetId),
    share: &dyn Fn(AssetId) -> Amount,
    events: &mut Events,
) {
    for (asset, _) in state.collaterals.collaterals(settled) {
        let amount = share(asset);
        if !amount.is_zero() {
            events.push(Event::Taken { loss, account, settled, asset, amount });
        }
    }
}

/// The next duty, losses in the order of their ids.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.collaterals.taken.iter().find_map(|(loss, taken)| of(state, *loss, taken))
}

fn of(state: &State, loss: LossId, taken: &Taken) -> Option<Duty> {
    if covers_nothing(state, loss, taken) {
        return Some(Duty::Return { loss });
    }
    let domain = state.losses.loss(loss)?.domain;
    let time = state.control.millis(domain, Parameter::CloseOutTime);
    let late = taken.since.after(time) <= state.now();
    (!taken.aside && late).then_some(Duty::SetAside { loss })
}

/// In the book: its legs are closed, and its balance is not below zero. Aside: the loss is
/// settled, and nobody is still to be repaid for it.
fn covers_nothing(state: &State, loss: LossId, taken: &Taken) -> bool {
    let Some(found) = state.losses.loss(loss) else { return false };
    if taken.aside {
        let over = found.stage == Stage::Settled && loss::is_recoverable(state, loss);
        return over && loss::recoverable(state, loss).is_zero();
    }
    let closed = found.taken_over && state.markets.book(loss).is_empty();
    closed && !state.ledger.balance(taken.settled, Holder::Book(loss)).is_negative()
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (Duty::Return { loss } | Duty::SetAside { loss }) = *duty;
    let taken = state.collaterals.taken(loss).ok_or(Rejection::NotDue)?;
    if of(state, loss, taken).as_ref() != Some(duty) {
        return Err(Rejection::NotDue);
    }
    let held = || taken.held.iter().map(|(asset, amount)| (*asset, *amount));
    if matches!(duty, Duty::SetAside { .. }) {
        events.push(Event::SetAside { loss, held: held().collect() });
        return Ok(());
    }
    let found = state.losses.loss(loss).and_then(|found| found.failed);
    let account = found.ok_or(Rejection::NotDue)?;
    state.touch(account, events);
    for (asset, amount) in held() {
        events.push(Event::Returned { loss, account, asset, amount, aside: taken.aside });
    }
    Ok(())
}
