//! The run of a waterfall: round by round, step by step, until the deficit is absorbed or no
//! step is left. It stops where a layer has time to answer and goes on where it stopped.

use alloc::vec::Vec;

use super::{Draw, Event, Loss, Rejection, Stage, liable, results};
use crate::allocation::{self, Claims, Rule};
use crate::domain::Source;
use crate::engine::{Events, State};
use crate::ids::{AccountId, EpisodeId, LayerId, LossId};
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
    let Source::Call { members, .. } = &spec.source else { return Ok(()) };
    let (found, against) = absorbing(state, loss)?;
    let (Some(set), Some(of)) = (found.set, against.set.layers.get(&layer)) else {
        return Ok(());
    };
    let purse = state.purse(found.domain, layer);
    let columns = liable::columns(state, against.episode, spec.asset, of, purse);
    let paid = Amount::sum(columns.paid.iter().copied());
    let cumulative = paid.checked_add(planned).unwrap_or(Amount::MAX);
    let claims = columns.claims(members.classes);
    let division = allocation::next_wave(members.rule, cumulative, &claims, &columns.paid)?;
    events.push(Event::CallsMade { loss, layer, set, calls: division.shares });
    Ok(())
}

/// The draw on `layer` that has not answered.
pub(super) fn open_draw(found: &Loss, layer: LayerId) -> Option<&Draw> {
    found.draws.iter().find(|draw| draw.layer == layer && !draw.closed)
}

/// A pot pays what was planned; its stakers bear it by stake.
pub(super) fn draw_pot(
    state: &State,
    loss: LossId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (found, _) = absorbing(state, loss)?;
    let draw = open_draw(found, layer).ok_or(Rejection::NotDue)?;
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    if spec.source != Source::Pot {
        return Err(Rejection::NotDue);
    }
    let (asset, amount) = (spec.asset, draw.planned);
    let staked = spec.kind.is_staked();
    let stakes = if staked { reduced(state, (loss, layer), amount)? } else { Vec::new() };
    state.earn_premia(layer, events);
    state.book_pay(layer, events);
    events.push(Event::PotDrawn { loss, layer, asset, amount, stakes });
    events.push(Event::DrawClosed { loss, layer, received: amount });
    Ok(())
}

/// What each staker bears of `amount`, and what is left of his stake: what of the stakes is junior
/// for this loss first, by its size, and then the rest of them by theirs.
fn reduced(
    state: &State,
    (loss, layer): (LossId, LayerId),
    amount: Amount,
) -> Result<Vec<(AccountId, Amount, Amount)>, Rejection> {
    let (accounts, stakes): (Vec<_>, Vec<_>) = state.domains.stakes(layer).unzip();
    let junior = state.junior_parts(loss, layer, &accounts, &stakes);
    let first = Amount::sum(junior.iter().copied()).min(amount);
    let of_junior = by_size(first, &junior)?;
    let senior = stakes.iter().zip(&junior).map(|(stake, junior)| stake.less_or_zero(*junior));
    let senior: Vec<Amount> = senior.collect();
    let of_senior = by_size(amount.less_or_zero(first), &senior)?;
    let shares = of_junior.into_iter().zip(of_senior);
    let shares = shares.map(|(one, other)| Amount::sum([one, other].into_iter()));
    let rows = accounts.into_iter().zip(stakes).zip(shares);
    Ok(rows.map(|((account, stake), share)| (account, share, stake.less_or_zero(share))).collect())
}

/// `amount` over parts by their size, at most each of them.
fn by_size(amount: Amount, parts: &[Amount]) -> Result<Vec<Amount>, Rejection> {
    if amount.is_zero() {
        return Ok(parts.iter().map(|_| Amount::ZERO).collect());
    }
    let claims = Claims { caps: parts, weights: parts, ..Claims::default() };
    Ok(allocation::divide(Rule::Proportional, amount, &claims)?.shares)
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
