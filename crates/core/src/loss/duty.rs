//! The next internal command, in a canonical order: a halt that is over, accounts below zero, then
//! losses by what comes next for them, in the order of their ids, then episodes, then what follows
//! from them. No loss waits for another: one that waits for a deadline is passed over.

use super::{
    Duty, Loss, Losses, Origin, Phase, Stage, absorb, bounty, ceded, decide, detect, remainder,
    results, set_off,
};
use crate::control;
use crate::domain::Source;
use crate::engine::State;
use crate::ids::{LayerId, LossId, Time};

pub(crate) fn duty(state: &State) -> Option<Duty> {
    if let Some(domain) = control::halt_over(state) {
        return Some(Duty::EndHalt { domain });
    }
    if let Some((account, domain)) = detect::negative(state) {
        return Some(Duty::DetectNegative { account, domain });
    }
    // All that is due is detected before any of it is absorbed: an owner who fails at the same
    // time as another is not liable for him.
    let mut waiting = state.losses_in(Phase::Detection);
    if let Some(loss) = waiting.find(|loss| is_detection_due(state, *loss)) {
        // What is divided and not taken is no equity: a set that is fixed would count it.
        let first = detect::fixes_a_set(state, loss).then(|| take_waiting_shares(state)).flatten();
        return Some(first.unwrap_or(Duty::Detect { loss }));
    }
    let late = |loss: &LossId| detect::expires(state, *loss).is_some_and(|at| at <= state.now());
    if let Some(loss) = state.losses_in(Phase::Detection).find(late) {
        return Some(Duty::Expire { loss });
    }
    if let Some(duty) = ceded::due(state) {
        return Some(duty);
    }
    // And all that is flat is measured before a draw is planned: what its books gained nets.
    for phase in [Phase::Measurement, Phase::Absorption] {
        if let Some(duty) = state.losses_in(phase).find_map(|loss| of_loss(state, loss)) {
            return Some(duty);
        }
    }
    if let Some(duty) = state.open_episodes().find_map(|(_, open)| results::to_repay(state, open)) {
        return Some(duty);
    }
    let losses = &state.losses;
    let episode = state.open_episodes().find(|(_, episode)| {
        let settled = |id: &LossId| losses.losses[id.index()].stage == Stage::Settled;
        episode.losses.iter().all(settled)
    });
    if let Some((episode, _)) = episode {
        return Some(Duty::CloseEpisode { episode });
    }
    if let Some(duty) = residue(losses) {
        return Some(duty);
    }
    if let Some(duty) = results::idle(state) {
        return Some(duty);
    }
    if let Some(duty) = bounty::due(state) {
        return Some(duty);
    }
    let mut domains = state.domains.domains();
    let (domain, _) = domains.find(|(id, _)| decide::past_threshold(state, *id).is_some())?;
    Some(Duty::EnterSettlement { domain })
}

/// Takes the shares that wait for a touch, where some do.
fn take_waiting_shares(state: &State) -> Option<Duty> {
    let waiting = state.losses.first_waiting();
    waiting.map(|(set, layer)| Duty::TakeWaiting { set, layer })
}

fn residue(losses: &Losses) -> Option<Duty> {
    let done = |(set, layer): &&(_, _)| {
        let set: &crate::ids::LiableSetId = set;
        losses.sets[set.index()].layers[layer].untouched == 0
    };
    let (set, layer) = losses.on_touch.iter().find(done)?;
    Some(Duty::BookResidue { set: *set, layer: *layer })
}

fn is_detection_due(state: &State, loss: LossId) -> bool {
    let stage = state.losses.loss(loss).map(|found| found.stage);
    matches!(stage, Some(Stage::Challengeable { until }) if until <= state.now())
}

fn of_loss(state: &State, loss: LossId) -> Option<Duty> {
    let found = state.losses.loss(loss)?;
    match found.stage {
        Stage::Detected if found.origin == Origin::Derived && !found.taken_over => {
            Some(Duty::TakeOver { loss })
        }
        Stage::Detected if state.book_is_flat(loss) => {
            let waits =
                remainder::waits_for(state, loss, found) || set_off::waits_for(state, found);
            let first = waits.then(|| take_waiting_shares(state)).flatten();
            first.or(Some(Duty::TakeOwnMeans { loss }))
        }
        Stage::Measured => Some(Duty::Recognise { loss }),
        Stage::Absorbing => absorbing(state, loss, found),
        _ => None,
    }
}

fn absorbing(state: &State, loss: LossId, found: &Loss) -> Option<Duty> {
    let now: Time = state.now();
    let open = found.draws.iter().filter(|draw| !draw.closed);
    let mut waiting = false;
    for draw in open {
        let layer = draw.layer;
        match state.domains.layer(layer)?.spec.source {
            Source::Pot => return Some(Duty::DrawPot { loss, layer }),
            Source::Members(_) => {
                return taken_first(state, found, &[layer]).or(Some(Duty::Divide { loss, layer }));
            }
            Source::Call { .. } | Source::Proceeds { .. } => {
                let over = draw.deadline.is_some_and(|deadline| deadline <= now);
                let full = draw.received >= draw.planned || found.remaining().is_zero();
                if over || full || state.sells_no_more(loss, layer) {
                    return Some(Duty::CloseDraw { loss, layer });
                }
                waiting = true;
            }
        }
    }
    if waiting {
        return None;
    }
    if absorb::settles(state, loss) {
        return Some(Duty::Settle { loss });
    }
    let drawn_on = absorb::member_layers(state, loss);
    taken_first(state, found, &drawn_on).or(Some(Duty::PlanRound { loss }))
}

/// Shares to take before `layers`, which take from accounts, are drawn on.
fn taken_first(state: &State, found: &Loss, layers: &[LayerId]) -> Option<Duty> {
    let (set, layer) = state.losses.in_the_way(found.set?, layers.iter().copied())?;
    Some(Duty::TakeWaiting { set, layer })
}
