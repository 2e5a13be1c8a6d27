//! What an account could lose to the losses of others now, layer by layer: contractual caps, not a
//! forecast. What it has paid in an open episode is spent, and what its episode's rules froze is
//! counted as frozen.
//!
//! A layer is reached only when those before it are exhausted; here each stands for itself, as if
//! a loss without end came now. What an account loses by its own legs is its own margin, and no
//! layer's.

use alloc::vec::Vec;

use super::plan::{fresh, limit, standing};
use super::{Against, Step};
use crate::domain::{CauseClass, Layer, Source};
use crate::engine::State;
use crate::ids::{AccountId, DomainId, LayerId};
use crate::loss::{Episode, LiableSet, liable};
use crate::units::Amount;
use crate::wide::mul_div_ceil;

/// By what an account is liable in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liability {
    /// A share taken from its balance.
    Share,
    /// A call that it pays from outside.
    Call,
    /// Its stake in the layer's pot.
    Stake,
}

/// The most an account could lose in one layer now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRisk {
    /// The domain.
    pub domain: DomainId,
    /// The classes of causes whose waterfalls name the layer.
    pub classes: Vec<CauseClass>,
    /// Its step in the first of them, counted from 1.
    pub step: u16,
    /// The layer.
    pub layer: LayerId,
    /// By what the account is liable.
    pub by: Liability,
    /// The most it could still lose in it: its caps under the open liable sets and a set that a
    /// detection now would fix, less what it paid, within the layer's own caps; a stake's part of
    /// what the pot could pay. In atoms, rounded up; zero where it is not liable.
    pub most: Amount,
    /// What it paid in the open episodes.
    pub paid: Amount,
    /// Whether a liable set that names it stands already.
    pub fixed: bool,
}

/// What `account` could lose layer by layer, in the order of domains and steps; domains whose terms
/// it accepted or under whose open sets it stands. The cost is a pass over the claims of each.
#[must_use]
pub fn layer_risks(state: &State, account: AccountId) -> Vec<LayerRisk> {
    let mut found = Vec::new();
    for (domain, of) in state.domains.domains() {
        let open = state.open_episodes().filter(|(_, episode)| episode.domain == domain);
        let mut episodes: Vec<Episode> = open.map(|(_, episode)| episode.clone()).collect();
        let takes = |episode: &Episode| episode.opened.after(episode.rules.length) >= state.now();
        if !episodes.last().is_some_and(takes) {
            episodes.push(fresh(state, domain));
        }
        for (class, waterfall) in &of.waterfalls {
            let Some(waterfall) = state.domains.waterfall(*waterfall) else { continue };
            for (step, layers) in (1..).zip(&waterfall.steps) {
                in_step(state, account, (domain, *class, step, layers), &episodes, &mut found);
            }
        }
    }
    found
}

fn in_step(
    state: &State,
    account: AccountId,
    (domain, class, step, layers): (DomainId, CauseClass, u16, &Step),
    episodes: &[Episode],
    found: &mut Vec<LayerRisk>,
) {
    for side in &layers.layers {
        let (layer, known) = (side.layer, found.iter_mut().find(|of| of.layer == side.layer));
        if let Some(known) = known {
            known.classes.push(class);
            continue;
        }
        let Some(of) = state.domains.layer(layer) else { continue };
        let by = match of.spec.source {
            Source::Members(_) => Liability::Share,
            Source::Call { .. } => Liability::Call,
            Source::Pot if of.spec.kind.is_staked() => Liability::Stake,
            Source::Pot | Source::Proceeds { .. } => continue,
        };
        let (most, paid, fixed) = match by {
            Liability::Stake => (staked(state, account, layer, of, episodes), Amount::ZERO, false),
            Liability::Share | Liability::Call => {
                as_member(state, account, (domain, layer, of), episodes)
            }
        };
        let classes = Vec::from([class]);
        found.push(LayerRisk { domain, classes, step, layer, by, most, paid, fixed });
    }
}

/// What a layer may pay of a loss without end now, in the last of `episodes`.
fn most_of(state: &State, layer: LayerId, of: &Layer, episodes: &[Episode]) -> Amount {
    let Some(last) = episodes.last() else { return Amount::ZERO };
    let episode = Episode { deficits: Amount::MAX, ..last.clone() };
    let set = LiableSet {
        episode: crate::ids::EpisodeId(0),
        fixed: state.now(),
        until: state.now(),
        layers: alloc::collections::BTreeMap::new(),
    };
    limit(state, &Against { episode: &episode, set: &set, loss: None }, layer, of)
}

/// The part of a stake in what its pot could pay, rounded up; at most the stake.
fn staked(
    state: &State,
    account: AccountId,
    layer: LayerId,
    of: &Layer,
    episodes: &[Episode],
) -> Amount {
    let stakes = || state.domains.stakes(layer);
    let Some((_, stake)) = stakes().find(|(of, _)| *of == account) else { return Amount::ZERO };
    let pot: u128 = stakes().map(|(_, stake)| stake.atoms()).sum();
    let pays = most_of(state, layer, of, episodes).atoms().min(pot);
    let part = mul_div_ceil(stake.atoms(), pays, pot).unwrap_or(stake.atoms());
    Amount::new(part).unwrap_or(stake).min(stake)
}

/// What a member could still lose, what it paid, and whether a set names it.
fn as_member(
    state: &State,
    account: AccountId,
    (domain, layer, of): (DomainId, LayerId, &Layer),
    episodes: &[Episode],
) -> (Amount, Amount, bool) {
    let purse = state.purse(domain, layer);
    let (mut left, mut paid, mut fixed) = (Amount::ZERO, Amount::ZERO, false);
    let mut add = |set: &LiableSet, episode: &Episode, stands: bool| {
        let members = set.layers.get(&layer);
        let Some(member) = members.and_then(|of| of.members.get(of.place(account)?)) else {
            return;
        };
        let cap = liable::cap_now(state, episode, of.spec.asset, member, purse);
        left = left.checked_add(cap.less_or_zero(member.paid)).unwrap_or(Amount::MAX);
        paid = paid.checked_add(member.paid).unwrap_or(Amount::MAX);
        fixed |= stands;
    };
    for episode in episodes {
        for set in episode.sets.iter().filter_map(|id| state.losses.set(*id)) {
            add(set, episode, true);
        }
    }
    if let Some(last) = episodes.last() {
        let open = last.sets.last().and_then(|id| state.losses.set(*id));
        if open.is_none_or(|set| state.now() > set.until) {
            add(&standing(state, domain, last), last, false);
        }
    }
    let most = left.min(most_of(state, layer, of, episodes));
    let most = most.min(state.purse_means(purse, account, of.spec.asset));
    (most, paid, fixed)
}
