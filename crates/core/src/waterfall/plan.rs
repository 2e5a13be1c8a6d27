//! What a waterfall would pay: capacities, the split of one round over layers side by side, and
//! the whole plan as a value that can be printed before anything runs.

use alloc::vec::Vec;

use serde::Serialize;

use super::Step;
use crate::allocation::{self, AllocationError, Claims, Rule};
use crate::basis::part_of_weight_floor;
use crate::domain::{CauseClass, Layer, Source};
use crate::engine::State;
use crate::ids::{DomainId, LayerId, LossId};
use crate::ledger::Holder;
use crate::loss::{Episode, FrozenRules, LiableSet, Loss, Losses, is_within, liable, results_of};
use crate::units::Amount;

/// What a layer can pay now, and what binds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Capacity {
    /// The most it pays.
    pub amount: Amount,
    /// What it has: a pot's balance, its members' caps less what they paid.
    pub available: Amount,
    /// Whether a cap or an attachment point, not what it has, is the limit.
    pub capped: bool,
}

/// One layer's part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedDraw {
    /// The layer.
    pub layer: LayerId,
    /// What it can pay.
    pub capacity: Capacity,
    /// What it is asked for.
    pub planned: Amount,
    /// Whether it may answer later, until a deadline.
    pub pending: bool,
}

/// One step's part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Round {
    /// The step, counted from 1.
    pub step: u16,
    /// The draws on its layers.
    pub draws: Vec<PlannedDraw>,
}

/// What a waterfall would pay, step by step, if every layer paid what it is asked for. An account
/// liable in two layers is counted in both, although its balance pays once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The amount to absorb.
    pub amount: Amount,
    /// What flat books of the domain gained, which would pay first where a book loses the amount.
    pub netted: Amount,
    /// The steps reached.
    pub rounds: Vec<Round>,
    /// What no step would absorb.
    pub uncovered: Amount,
}

/// What capacities are measured against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    pub(crate) episode: &'a Episode,
    pub(crate) set: &'a LiableSet,
    pub(crate) loss: Option<&'a Loss>,
}

impl<'a> Against<'a> {
    /// What the capacities of a detected loss are measured against.
    pub(crate) fn of(state: &'a State, loss: LossId) -> Option<Self> {
        let loss = state.losses.loss(loss)?;
        let episode = state.losses.episode(loss.episode?)?;
        let set = state.losses.set(loss.set?)?;
        Some(Self { episode, set, loss: Some(loss) })
    }

    /// The steps of the loss's frozen waterfall.
    pub(crate) fn steps(&self, state: &'a State) -> &'a [Step] {
        let id = self.loss.and_then(|loss| self.episode.rules.waterfalls.get(&loss.class));
        id.and_then(|id| state.domains.waterfall(*id)).map_or(&[], |found| &found.steps)
    }

    /// The step that the loss draws on now, if it reached one.
    pub(crate) fn step(&self, state: &'a State) -> Option<&'a Step> {
        let reached = usize::from(self.loss?.step);
        self.steps(state).get(reached.checked_sub(1)?)
    }
}

/// The plan for a loss of `amount` in `domain` if it were recognised now: inside the open episode
/// where one still takes losses, else afresh. Nothing where the domain has no waterfall for it.
#[must_use]
pub fn plan(state: &State, domain: DomainId, class: CauseClass, amount: Amount) -> Option<Plan> {
    let open = Losses::joinable(state, domain, class, amount);
    let open = open.map(|(_, episode)| episode.clone());
    let mut episode = open.unwrap_or_else(|| fresh(state, domain));
    let netted = match class {
        CauseClass::Default => results_of(state, domain).min(amount),
        CauseClass::PriceError | CauseClass::Custody => Amount::ZERO,
    };
    // What nets does not enter, and layers attach to what does.
    let enters = amount.less_or_zero(netted);
    episode.deficits = episode.deficits.checked_add(enters).ok()?;
    let id = *episode.rules.waterfalls.get(&class)?;
    let set = standing(state, domain, &episode);
    let against = Against { episode: &episode, set: &set, loss: None };
    let steps = &state.domains.waterfall(id)?.steps;
    let mut left = enters;
    let mut rounds = Vec::new();
    for (number, step) in (1..).zip(steps) {
        if left.is_zero() {
            break;
        }
        let draws = round(state, &against, step, left).ok()?;
        left = left.less_or_zero(Amount::sum(draws.iter().map(|draw| draw.planned)));
        rounds.push(Round { step: number, draws });
    }
    Some(Plan { amount, netted, rounds, uncovered: left })
}

pub(super) fn fresh(state: &State, domain: DomainId) -> Episode {
    Episode {
        domain,
        opened: state.now(),
        closed: false,
        rules: FrozenRules::now(state, domain),
        losses: Vec::new(),
        sets: Vec::new(),
        failed: alloc::collections::BTreeSet::new(),
        used: alloc::collections::BTreeMap::new(),
        deficits: Amount::ZERO,
    }
}

/// The liable set a detection now would use: the one whose window is open, or a new one.
pub(super) fn standing(state: &State, domain: DomainId, episode: &Episode) -> LiableSet {
    let last = episode.sets.last().and_then(|id| state.losses.set(*id));
    if let Some(set) = last.filter(|set| state.now() <= set.until) {
        return set.clone();
    }
    let layers = state.domains.layers_of(&episode.rules.waterfalls);
    LiableSet {
        episode: crate::ids::EpisodeId(0),
        fixed: state.now(),
        until: state.now(),
        layers: liable::fix(state, domain, &layers, Some(episode), None),
    }
}

/// How `left` splits over the layers of `step`: by their weights, each up to its capacity, what
/// one cannot pay going to the others; whole atoms by largest remainder.
pub(crate) fn round(
    state: &State,
    against: &Against<'_>,
    step: &Step,
    left: Amount,
) -> Result<Vec<PlannedDraw>, AllocationError> {
    let mut draws = Vec::new();
    for side in &step.layers {
        let Some(layer) = state.domains.layer(side.layer) else { continue };
        let capacity = capacity(state, against, side.layer, layer);
        let pending = layer.spec.source.deadline().is_some();
        let planned = Amount::ZERO;
        draws.push(PlannedDraw { layer: side.layer, capacity, planned, pending });
    }
    let caps: Vec<Amount> = draws.iter().map(|draw| draw.capacity.amount).collect();
    let sides = step.layers.iter().map(|side| Amount::from(side.weight));
    let weights: Vec<Amount> = sides.collect();
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    let division = allocation::divide(Rule::Proportional, left, &claims)?;
    for (draw, share) in draws.iter_mut().zip(division.shares) {
        draw.planned = share;
    }
    Ok(draws)
}

/// What `layer` can pay now.
pub(crate) fn capacity(
    state: &State,
    against: &Against<'_>,
    id: LayerId,
    layer: &Layer,
) -> Capacity {
    let available = available(state, against, id, layer);
    let limit = limit(state, against, id, layer);
    Capacity { amount: available.min(limit), available, capped: limit < available }
}

fn available(state: &State, against: &Against<'_>, id: LayerId, layer: &Layer) -> Amount {
    let answered = |loss: &Loss| loss.draws.iter().any(|draw| draw.layer == id);
    match &layer.spec.source {
        Source::Pot => state.ledger.held(layer.spec.asset, Holder::Layer(id)),
        Source::Call { .. } | Source::Proceeds { .. } if against.loss.is_some_and(answered) => {
            Amount::ZERO
        }
        Source::Proceeds { .. } => state.proceeds(id, against.loss.is_none()),
        Source::Members(rule) | Source::Call { members: rule, .. } => {
            let Some(set) = against.set.layers.get(&id) else { return Amount::ZERO };
            let asset = layer.spec.asset;
            let purse = state.purse(against.episode.domain, id);
            let columns = liable::columns(state, against.episode, asset, set, purse);
            let total = allocation::capacity(rule.rule, &columns.claims(rule.classes));
            let paid = if rule.on_touch {
                set.cumulative()
            } else {
                Amount::sum(columns.paid.iter().copied())
            };
            // A single loss is at most 10^30, so more capacity than that is as good as it.
            let left = Amount::new(total).unwrap_or(Amount::MAX).less_or_zero(paid);
            left.min(state.purse_room(purse, against.loss))
        }
    }
}

/// What open draws of `losses` on a layer may still bring, no more than each loss still lacks: it
/// is not asked for twice.
fn pending<'a>(losses: impl Iterator<Item = &'a Loss>, id: LayerId) -> Amount {
    Amount::sum(losses.map(|loss| {
        let open = loss.draws.iter().filter(|draw| !draw.closed && draw.layer == id);
        let asked = Amount::sum(open.map(|draw| draw.planned.less_or_zero(draw.received)));
        asked.min(loss.remaining())
    }))
}

/// The tightest of the layer's caps and attachment points, less what it already paid and what it
/// is asked for and may still pay.
pub(super) fn limit(state: &State, against: &Against<'_>, id: LayerId, layer: &Layer) -> Amount {
    let in_episode = against.episode.losses.iter().filter_map(|loss| state.losses.loss(*loss));
    let paid = against.episode.used.get(&id).copied().unwrap_or(Amount::ZERO);
    let used = paid.checked_add(pending(in_episode, id)).unwrap_or(Amount::MAX);
    let caps = &layer.spec.caps;
    let event = caps.per_event.map(|cap| {
        cap.less_or_zero(against.loss.map_or(Amount::ZERO, |loss| loss.received_from(id)))
    });
    let episode = caps.per_episode.map(|cap| cap.less_or_zero(used));
    let period = caps.per_period.map(|cap| {
        let paid = state.losses.paid_at.get(&id).into_iter().flatten();
        let inside = paid.filter(|(at, _)| is_within(*at, state.now(), cap.millis));
        let open = state.open_losses().filter_map(|loss| state.losses.loss(loss));
        let paid = Amount::sum(inside.map(|(_, amount)| *amount));
        cap.amount.less_or_zero(paid).less_or_zero(pending(open, id))
    });
    let attachment = layer.spec.attachment.map(|band| {
        let reached = against.episode.deficits.min(band.detach).less_or_zero(band.attach);
        reached.less_or_zero(used)
    });
    let depletion = depletion(state, id, (paid, used));
    let all = [event, episode, period, attachment, depletion];
    all.into_iter().flatten().min().unwrap_or(Amount::MAX)
}

/// What a limit by parts leaves of a pot, each part rounded down (for the pot): of what it holds
/// and was `paid` out of it in the episode, or within the span. Who pays in meanwhile raises it;
/// nobody lowers it but who draws.
fn depletion(state: &State, id: LayerId, (paid, used): (Amount, Amount)) -> Option<Amount> {
    let of = state.issuances.depletion(id)?;
    let asset = state.domains.asset_of_layer(id)?;
    let held = state.ledger.held(asset, Holder::Layer(id));
    let left = |part: u32, paid: Amount, used: Amount| {
        let base = held.checked_add(paid).unwrap_or(Amount::MAX);
        part_of_weight_floor(base, Some(part)).less_or_zero(used)
    };
    let episode = of.per_episode.map(|part| left(part, paid, used));
    let period = of.per_period.map(|of| {
        let paid = state.losses.paid_at.get(&id).into_iter().flatten();
        let inside = paid.filter(|(at, _)| is_within(*at, state.now(), of.millis));
        let paid = Amount::sum(inside.map(|(_, amount)| *amount));
        left(of.part, paid, paid)
    });
    [episode, period].into_iter().flatten().min()
}
