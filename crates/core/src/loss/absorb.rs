//! The run of a waterfall: round by round, step by step, until the deficit is absorbed or no
//! step is left. It stops where a layer has time to answer and goes on where it stopped.

use alloc::vec::Vec;

use super::{Draw, Event, Loss, Rejection, Stage, divide, results};
use crate::domain::Source;
use crate::engine::{Events, State};
use crate::ids::{EpisodeId, LayerId, LossId};
use crate::units::Amount;
use crate::waterfall::{self, Against};

/// The loss, checked to be absorbing, with what its capacities are measured against.
pub(super) fn absorbing(state: &State, loss: LossId) -> Result<(&Loss, Against<'_>), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    match (found.stage, Against::of(state, loss)) {
        (Stage::Absorbing, Some(against)) => Ok((found, against)),
        _ => Err(Rejection::NotDue),
    }
}

/// The layers of the current step that take from accounts.
pub(super) fn member_layers(state: &State, loss: LossId) -> Vec<LayerId> {
    let current = Against::of(state, loss).and_then(|against| against.step(state));
    let layers = current.into_iter().flat_map(|step| step.layers.iter().map(|side| side.layer));
    let takes = |layer: &LayerId| {
        let found = state.domains.layer(*layer);
        found.is_some_and(|found| matches!(found.spec.source, Source::Members(_)))
    };
    layers.filter(takes).collect()
}

/// Nets what flat books gained, then plans the next round on the current step where it can still
/// pay, else reaches the next step.
pub(super) fn plan_round(
    state: &State,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (found, against) = absorbing(state, loss)?;
    if found.remaining().is_zero() || found.draws.iter().any(|draw| !draw.closed) {
        return Err(Rejection::NotDue);
    }
    let amount = results::nets(state, found);
    if !amount.is_zero() {
        let (domain, asset) = (found.domain, super::detect::asset_of(state, found.domain)?);
        events.push(Event::ResultNetted { loss, domain, asset, amount });
        return Ok(());
    }
    if let Some(step) = against.step(state) {
        let round = waterfall::round(state, &against, step, found.remaining())?;
        let planned: Vec<_> = round.iter().filter(|draw| !draw.planned.is_zero()).collect();
        if !planned.is_empty() {
            for draw in planned {
                plan_draw(state, loss, found.step, draw.layer, draw.planned, events)?;
            }
            return Ok(());
        }
    }
    if usize::from(found.step) >= against.steps(state).len() {
        return Err(Rejection::NotDue);
    }
    events.push(Event::StepReached { loss, step: found.step + 1 });
    Ok(())
}

fn plan_draw(
    state: &State,
    loss: LossId,
    step: u16,
    layer: LayerId,
    planned: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    let deadline = spec.source.deadline().map(|millis| state.now().after(millis));
    events.push(Event::DrawPlanned { loss, step, layer, planned, deadline });
    divide::call(state, loss, layer, planned, events)
}

/// The draw on `layer` that has not answered.
pub(super) fn open_draw(found: &Loss, layer: LayerId) -> Option<&Draw> {
    found.draws.iter().find(|draw| draw.layer == layer && !draw.closed)
}

/// A pending draw closes when it is full, its deadline has passed, or nothing is left to absorb.
pub(super) fn close_draw(
    state: &State,
    loss: LossId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (found, _) = absorbing(state, loss)?;
    let draw = open_draw(found, layer).ok_or(Rejection::NotDue)?;
    let over = draw.deadline.is_some_and(|deadline| deadline <= state.now());
    let more = draw.received < draw.planned && !found.remaining().is_zero();
    if !over && more && !state.sells_no_more(loss, layer) {
        return Err(Rejection::NotDue);
    }
    events.push(Event::DrawClosed { loss, layer, received: draw.received });
    Ok(())
}

/// Nothing is left to absorb, or no step is left to absorb it: the rest is a named debt.
pub(super) fn settle(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let (found, _) = absorbing(state, loss)?;
    if !settles(state, loss) {
        return Err(Rejection::NotDue);
    }
    let amount = found.remaining();
    if !amount.is_zero() {
        let asset = super::detect::asset_of(state, found.domain)?;
        let domain = found.domain;
        events.push(Event::UncoveredBooked { loss, domain, asset, amount });
    }
    events.push(Event::LossSettled { loss });
    Ok(())
}

/// Whether an absorbing loss has nothing more to wait for.
pub(super) fn settles(state: &State, loss: LossId) -> bool {
    let Ok((found, against)) = absorbing(state, loss) else { return false };
    let answered = found.draws.iter().all(|draw| draw.closed);
    if found.remaining().is_zero() {
        return answered;
    }
    let nets = !results::nets(state, found).is_zero();
    if !answered || nets || usize::from(found.step) < against.steps(state).len() {
        return false;
    }
    against.step(state).is_none_or(|step| {
        waterfall::round(state, &against, step, found.remaining())
            .is_ok_and(|round| round.iter().all(|draw| draw.planned.is_zero()))
    })
}

pub(super) fn close_episode(
    state: &State,
    episode: EpisodeId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.episode(episode).ok_or(Rejection::NotDue)?;
    let settled =
        |id: &LossId| state.losses.loss(*id).is_some_and(|loss| loss.stage == Stage::Settled);
    let repays = results::to_repay(state, found).is_some();
    if found.closed || repays || !found.losses.iter().all(settled) {
        return Err(Rejection::NotDue);
    }
    events.push(Event::EpisodeClosed { episode });
    Ok(())
}
