//! Liens: the part of an account held for its share of open losses.
//!
//! For each layer that divides over members, lien = min(cap, level x weight) rounded up, less
//! what was paid under the set, where the level divides (paid + the holes of the set's open
//! losses). Layers that have not yet paid are not deducted, so a lien is never too small. A lien
//! is a function of the state, measured at every read; nothing is stored.

use super::{LiableSet, Loss, Losses, Member, Origin, Stage};
use crate::allocation::{self, Rule};
use crate::domain::Source;
use crate::engine::State;
use crate::ids::{AccountId, AssetId, LayerId, LiableSetId, LossId};
use crate::loss::{detect, liable};
use crate::units::{Amount, Fraction};

impl Losses {
    /// What `account` may not take out because of open losses and shares not yet taken.
    pub(crate) fn lien(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let mut lien = Amount::ZERO;
        for episode in self.episodes.iter().filter(|episode| !episode.closed) {
            for id in &episode.sets {
                for (layer, members) in &self.sets[id.index()].layers {
                    let Some(place) = members.place(account) else { continue };
                    let one = layer_lien(state, *id, *layer, &members.members[place], asset);
                    lien = lien.checked_add(one).unwrap_or(Amount::MAX);
                }
            }
        }
        let untaken = self.untaken_lien(state, account, asset);
        lien = lien.checked_add(untaken).unwrap_or(Amount::MAX);
        lien.checked_add(self.set_off_lien(state, account, asset)).unwrap_or(Amount::MAX)
    }

    /// The most that may be held of `account` for open losses: its caps under every open set, less
    /// what it paid. Nothing where its owner failed: then it is held for what it gained.
    pub(crate) fn most_lien(&self, state: &State, account: AccountId) -> Option<Amount> {
        let owner = state.accounts.account(account).map(|found| found.owner);
        let mut most = Amount::ZERO;
        for episode in self.episodes.iter().filter(|episode| !episode.closed) {
            if owner.is_some_and(|owner| episode.failed.contains(&owner)) {
                return None;
            }
            for id in &episode.sets {
                for of in self.sets[id.index()].layers.values() {
                    let Some(place) = of.place(account) else { continue };
                    let member = &of.members[place];
                    let left = member.cap.less_or_zero(member.paid);
                    most = most.checked_add(left).unwrap_or(Amount::MAX);
                }
            }
        }
        let waits = self.on_touch.is_empty();
        waits.then_some(most)
    }

    /// Shares divided and not yet taken, beyond what liens of open losses hold already: the level
    /// of a division stands, whatever it would be now, and the episode may be closed.
    fn untaken_lien(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let mut lien = Amount::ZERO;
        for (set, layer) in &self.on_touch {
            let of = &self.sets[set.index()];
            let found = state.domains.layer(*layer).is_some_and(|l| l.spec.asset == asset);
            let (true, Some(place)) = (found, of.layers[layer].place(account)) else { continue };
            let untaken = self.untaken(state, *set, *layer, place);
            let held = if self.episodes[of.episode.index()].closed {
                Amount::ZERO
            } else {
                layer_lien(state, *set, *layer, &of.layers[layer].members[place], asset)
            };
            lien = lien.checked_add(untaken.less_or_zero(held)).unwrap_or(Amount::MAX);
        }
        lien
    }

    /// What a failed owner's other account is held for, until own means are taken.
    fn set_off_lien(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let detected = self.losses.iter().filter(|loss| {
            let of_asset = state.domains.domain(loss.domain).is_some_and(|d| d.asset == asset);
            of_asset && loss.stage == Stage::Detected
        });
        let held = detected.flat_map(|loss| detect::set_off(state, loss, asset));
        Amount::sum(held.filter(|off| off.account == account).map(|off| off.up_to))
    }

    /// The holes of a set's open losses, together.
    fn holes(&self, state: &State, set: LiableSetId) -> Amount {
        let episode = &self.episodes[self.sets[set.index()].episode.index()];
        let losses = episode.losses.iter().map(|id| (id, &self.losses[id.index()]));
        let open = losses.filter(|(_, loss)| loss.set == Some(set));
        // Losses of an episode sum to at most 10^30: recognition refuses more.
        open.fold(Amount::ZERO, |sum, (id, loss)| {
            sum.checked_add(hole(state, *id, loss)).unwrap_or(Amount::MAX)
        })
    }
}

/// What liens are held for: while a default is closed out, what its book lacks at the marks with
/// the stressed cost of the rest; then what is left of the deficit.
fn hole(state: &State, id: LossId, loss: &Loss) -> Amount {
    if loss.stage != Stage::Detected || loss.origin != Origin::Derived {
        return loss.hole();
    }
    let Some(asset) = state.domains.domain(loss.domain).map(|domain| domain.asset) else {
        return Amount::ZERO;
    };
    let failed = loss.failed.filter(|_| !loss.taken_over);
    state.open_hole(id, loss.domain, failed, asset)
}

fn layer_lien(
    state: &State,
    id: LiableSetId,
    layer: LayerId,
    member: &Member,
    asset: AssetId,
) -> Amount {
    let set = &state.losses.sets[id.index()];
    let Some(found) = state.domains.layer(layer) else { return Amount::ZERO };
    let (Source::Members(rule), true) = (found.spec.source, found.spec.asset == asset) else {
        return Amount::ZERO;
    };
    let episode = &state.losses.episodes[set.episode.index()];
    let members = &set.layers[&layer];
    let cap = liable::cap_now(state, episode, asset, member, true);
    let holes = state.losses.holes(state, id);
    let base = members.cumulative().checked_add(holes).unwrap_or(Amount::MAX);
    if holes.is_zero() && !rule.on_touch {
        return Amount::ZERO;
    }
    if rule.rule != Rule::Proportional || rule.classes {
        // Other rules have no common level by weight: hold the whole cap while a loss is open.
        return if holes.is_zero() { Amount::ZERO } else { cap.less_or_zero(member.paid) };
    }
    let level = level(state, set, layer, base);
    allocation::capped_share_ceil(member.weight, cap, level).less_or_zero(member.paid)
}

/// The level that divides `base` over the layer's members now.
fn level(state: &State, set: &LiableSet, layer: LayerId, base: Amount) -> Option<Fraction> {
    let members = &set.layers[&layer];
    let episode = &state.losses.episodes[set.episode.index()];
    let asset = state.domains.layer(layer)?.spec.asset;
    let columns = liable::columns(state, episode, asset, members, true);
    // Refused only where every weight is zero: then nobody pays by weight, whatever the level.
    allocation::level_for(base, &columns.claims(false)).ok().flatten()
}
