//! Liens: the part of an account held for its share of open losses.
//!
//! For each layer that divides over members, lien = min(cap, level x weight) rounded up, less
//! what was paid under the set, where the level divides (paid + the holes of those open losses of
//! the set whose waterfalls name it). Layers that have not yet paid are not deducted, so a lien is
//! never too small.
//!
//! A lien is a function of the state, and finding the level takes one pass over the members. The
//! watch keeps the level it found: while the hole is the same, a member's cap may move freely at
//! or above level x weight, and the same level still divides the same amount. So withdrawals,
//! which the lien keeps above it, cost no pass; only a new hole, a cap that binds and moves, or a
//! mark, which moves them all.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Episode, LayerSet, Loss, Losses, Member, Origin, SetOff, Stage};
use crate::allocation::{self, Rule};
use crate::domain::{CauseClass, MemberRule, Source};
use crate::engine::{Purse, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LiableSetId, LossId};
use crate::loss::{liable, set_off};
use crate::units::{Amount, Fraction};
use crate::waterfall::{self, Against};

/// A measured level, and the amount it divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    base: Amount,
    level: Option<Fraction>,
}

impl Losses {
    /// What `account` may not take out because of open losses and shares not yet taken.
    pub(crate) fn lien(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let mut lien = Amount::ZERO;
        if !state.may_hold_liens() {
            return lien;
        }
        lien = self.lien_on(state, account, asset, Purse::Account);
        let untaken = self.untaken_lien(state, account, asset);
        lien = lien.checked_add(untaken).unwrap_or(Amount::MAX);
        lien.checked_add(self.set_off_lien(state, account, asset)).unwrap_or(Amount::MAX)
    }

    /// What `account` is held for under the open liable sets, of what it pays from `purse`.
    pub(crate) fn lien_on(
        &self,
        state: &State,
        account: AccountId,
        asset: AssetId,
        purse: Purse,
    ) -> Amount {
        let sets = state.open_episodes().flat_map(|(_, episode)| &episode.sets);
        let liens = sets.map(|id| Of::new(state, *id, asset).of_account(account, purse));
        liens.fold(Amount::ZERO, |sum, of_set| sum.checked_add(of_set).unwrap_or(Amount::MAX))
    }

    /// What open losses of `domain` lack beyond what its lenders are liable for: all of those whose
    /// waterfall takes no supply, and of the others what lenders cannot bear. A cap that is used
    /// under one set is spent under the others, so each lender's counts once, and so does the
    /// layer's own.
    pub(crate) fn lacking(&self, state: &State, domain: DomainId) -> Amount {
        let Some(asset) = state.domains.asset_of(domain) else { return Amount::ZERO };
        let open = state.open_episodes().filter(|(_, episode)| episode.domain == domain);
        let (mut alone, mut borne) = (Amount::ZERO, Amount::ZERO);
        let mut layers: BTreeMap<LayerId, Amount> = BTreeMap::new();
        let mut lenders: BTreeMap<AccountId, Amount> = BTreeMap::new();
        for id in open.flat_map(|(_, episode)| &episode.sets) {
            let of = Of::new(state, *id, asset);
            for (class, hole) in of.holes {
                let sum = if of.supply_for(class) { &mut borne } else { &mut alone };
                *sum = add(*sum, hole);
            }
            of.room(&mut layers, &mut lenders);
        }
        let room = Amount::sum(layers.into_values()).min(Amount::sum(lenders.into_values()));
        add(alone, borne.less_or_zero(room))
    }

    /// What is read to know the liens of many accounts in `asset`.
    pub(crate) fn liens<'a>(&'a self, state: &'a State, asset: AssetId) -> Liens<'a> {
        let sets = state.open_episodes().flat_map(|(_, episode)| &episode.sets);
        let sets = sets.map(|id| Of::new(state, *id, asset).with_levels()).collect();
        let detected = self.detected(state, asset);
        let offs = detected.flat_map(|loss| {
            let gained = set_off::own_gains(state, loss, asset).map(|off| off.account);
            loss.set_off.iter().map(|off| off.account).chain(gained)
        });
        Liens { state, asset, sets, set_off: offs.collect() }
    }

    /// The losses in `asset` whose own means are not taken.
    fn detected(&self, state: &State, asset: AssetId) -> impl Iterator<Item = &Loss> {
        state.open_losses().filter_map(|id| self.loss(id)).filter(move |loss| {
            let of_asset = state.domains.asset_of(loss.domain) == Some(asset);
            of_asset && loss.stage == Stage::Detected
        })
    }

    /// The most that may be held of `account` for open losses: its caps under every open set, less
    /// what it paid. Nothing where its owner failed: then it is held for what it gained.
    pub(crate) fn most_lien(&self, state: &State, account: AccountId) -> Option<Amount> {
        let mut most = Amount::ZERO;
        if !state.may_hold_liens() {
            return Some(most);
        }
        let owner = state.accounts.account(account).map(|found| found.owner);
        for (_, episode) in state.open_episodes() {
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
            let found = state.domains.asset_of_layer(*layer) == Some(asset);
            let members = &of.layers[layer];
            let (true, Some(place)) = (found, members.place(account)) else { continue };
            let untaken = self.untaken(state, *set, *layer, place);
            let held = if self.episodes[of.episode.index()].closed {
                Amount::ZERO
            } else {
                Of::new(state, *set, asset).lien(*layer, members, &members.members[place])
            };
            lien = lien.checked_add(untaken.less_or_zero(held)).unwrap_or(Amount::MAX);
        }
        lien
    }

    /// What a failed owner's other account is held for, until own means are taken: all that was
    /// reported for it, and its session gain once, however many of his losses are open. What one of
    /// them takes of a gain the next cannot.
    fn set_off_lien(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let (mut reported, mut gained) = (Amount::ZERO, Amount::ZERO);
        for loss in self.detected(state, asset) {
            let of_account = |off: &&SetOff| off.account == account;
            let stated = loss.set_off.iter().filter(of_account).map(|off| off.up_to);
            reported =
                stated.fold(reported, |sum, up_to| sum.checked_add(up_to).unwrap_or(Amount::MAX));
            let gains = set_off::own_gains(state, loss, asset);
            gained = gains
                .filter(|off| off.account == account)
                .map(|off| off.up_to)
                .fold(gained, Amount::max);
        }
        reported.checked_add(gained).unwrap_or(Amount::MAX)
    }
}

/// The liens of many accounts in one asset: what is common to them is found once.
pub(crate) struct Liens<'a> {
    state: &'a State,
    asset: AssetId,
    sets: Vec<Of<'a>>,
    /// Who is held for an owner's own means.
    set_off: BTreeSet<AccountId>,
}

impl Liens<'_> {
    /// What [`Losses::lien`] says of `account`.
    pub(crate) fn of(&self, account: AccountId) -> Amount {
        let (losses, asset) = (&self.state.losses, self.asset);
        let of_set = |of: &Of<'_>| of.of_account(account, Purse::Account);
        let lien = self.sets.iter().map(of_set).fold(Amount::ZERO, add);
        let lien = add(lien, losses.untaken_lien(self.state, account, asset));
        if !self.set_off.contains(&account) {
            return lien;
        }
        add(lien, losses.set_off_lien(self.state, account, asset))
    }
}

/// The sum, at most `Amount::MAX`, which recognition keeps out of reach: the losses of an episode
/// sum to at most 10^30.
fn add(sum: Amount, more: Amount) -> Amount {
    sum.checked_add(more).unwrap_or(Amount::MAX)
}

/// What liens are held for: while a default is closed out, what its book lacks at the marks with
/// the stressed cost of the rest; then what is left of the deficit.
fn hole(state: &State, id: LossId, loss: &Loss) -> Amount {
    if loss.stage != Stage::Detected || loss.origin != Origin::Derived {
        return loss.hole();
    }
    let Some(asset) = state.domains.asset_of(loss.domain) else { return Amount::ZERO };
    let failed = loss.failed.filter(|_| !loss.taken_over);
    state.open_hole(id, loss.domain, failed, asset)
}

/// The holes of the open losses of `set`, by the class of their causes.
fn holes(state: &State, set: LiableSetId) -> [(CauseClass, Amount); 3] {
    let mut holes = CauseClass::ALL.map(|class| (class, Amount::ZERO));
    let losses = state.open_losses().filter_map(|id| Some((id, state.losses.loss(id)?)));
    for (id, loss) in losses.filter(|(_, loss)| loss.set == Some(set)) {
        let of_class = holes.iter_mut().filter(|(class, _)| *class == loss.class);
        of_class.for_each(|(_, sum)| *sum = add(*sum, hole(state, id, loss)));
    }
    holes
}

/// One liable set, as liens of one asset are read from it.
struct Of<'a> {
    state: &'a State,
    set: LiableSetId,
    episode: &'a Episode,
    asset: AssetId,
    /// The holes of the set's open losses, together, by the class of their causes.
    holes: [(CauseClass, Amount); 3],
    /// The levels found so far, by layer.
    levels: Vec<(LayerId, Option<Fraction>)>,
}

impl<'a> Of<'a> {
    fn new(state: &'a State, set: LiableSetId, asset: AssetId) -> Self {
        let episode = &state.losses.episodes[state.losses.sets[set.index()].episode.index()];
        let (holes, levels) = (holes(state, set), Vec::new());
        Self { state, set, episode, asset, holes, levels }
    }

    fn layers(&self) -> &'a BTreeMap<LayerId, LayerSet> {
        &self.state.losses.sets[self.set.index()].layers
    }

    /// With the levels of all layers of the asset.
    fn with_levels(mut self) -> Self {
        for (layer, members) in self.layers() {
            let spec = self.state.domains.layer(*layer).map(|found| &found.spec);
            let of_asset = spec.filter(|spec| spec.asset == self.asset);
            let rule = of_asset.and_then(|spec| spec.source.members());
            if rule.is_some_and(|rule| self.reads_level(*layer, rule)) {
                let level = self.level_now(*layer, members);
                self.levels.push((*layer, level));
            }
        }
        self
    }

    /// Whether liens of a layer with this rule are read from a level.
    fn reads_level(&self, layer: LayerId, rule: &MemberRule) -> bool {
        let held = !self.hole(layer).is_zero() || rule.on_touch;
        held && rule.rule == Rule::Proportional && !rule.classes
    }

    /// The liens of `account` under the set, of what it pays from `purse`.
    fn of_account(&self, account: AccountId, purse: Purse) -> Amount {
        let layers = self.layers().iter();
        let of_purse = layers.filter(|(layer, _)| self.purse(**layer) == purse);
        of_purse.fold(Amount::ZERO, |sum, (layer, members)| {
            let Some(place) = members.place(account) else { return sum };
            let one = self.lien(*layer, members, &members.members[place]);
            sum.checked_add(one).unwrap_or(Amount::MAX)
        })
    }

    fn purse(&self, layer: LayerId) -> Purse {
        self.state.purse(self.episode.domain, layer)
    }

    /// The layers of the set that take supply.
    fn supply_layers(&self) -> impl Iterator<Item = (LayerId, &'a LayerSet)> {
        let layers = self.layers().iter().map(|(layer, members)| (*layer, members));
        layers.filter(|(layer, _)| matches!(self.purse(*layer), Purse::Supply(_)))
    }

    /// Whether lenders stand behind losses of `class`.
    fn supply_for(&self, class: CauseClass) -> bool {
        self.supply_layers().any(|(layer, _)| self.names(class, layer))
    }

    /// What the layers that take supply can pay of the set's holes, and each of their lenders: the
    /// most of what is known of them.
    fn room(
        &self,
        layers: &mut BTreeMap<LayerId, Amount>,
        lenders: &mut BTreeMap<AccountId, Amount>,
    ) {
        let set = &self.state.losses.sets[self.set.index()];
        let against = Against { episode: self.episode, set, loss: None };
        for (id, members) in self.supply_layers().filter(|(id, _)| !self.hole(*id).is_zero()) {
            let Some(layer) = self.state.domains.layer(id) else { continue };
            let able = waterfall::capacity(self.state, &against, id, layer).amount;
            let most = layers.entry(id).or_default();
            *most = able.max(*most);
            let purse = self.purse(id);
            for member in &members.members {
                let cap = liable::cap_now(self.state, self.episode, self.asset, member, purse);
                let most = lenders.entry(member.account).or_default();
                *most = cap.less_or_zero(member.paid).max(*most);
            }
        }
    }

    /// Whether the frozen waterfall for `class` names `layer`.
    fn names(&self, class: CauseClass, layer: LayerId) -> bool {
        let waterfall = self.episode.rules.waterfalls.get(&class);
        waterfall.is_some_and(|id| self.state.domains.names_in(*id, layer))
    }

    /// The holes for which `layer` may be drawn on: of the classes whose waterfalls name it.
    fn hole(&self, layer: LayerId) -> Amount {
        let named = self.holes.iter().filter(|(class, _)| self.names(*class, layer));
        named.fold(Amount::ZERO, |sum, (_, hole)| add(sum, *hole))
    }

    fn lien(&self, layer: LayerId, members: &LayerSet, member: &Member) -> Amount {
        let Some(found) = self.state.domains.layer(layer) else { return Amount::ZERO };
        let (Source::Members(rule), true) = (found.spec.source, found.spec.asset == self.asset)
        else {
            return Amount::ZERO;
        };
        let holes = self.hole(layer);
        if holes.is_zero() && !rule.on_touch {
            return Amount::ZERO;
        }
        let purse = self.purse(layer);
        let cap = liable::cap_now(self.state, self.episode, self.asset, member, purse);
        if rule.rule != Rule::Proportional || rule.classes {
            // Other rules have no common level by weight: hold the whole cap while a loss is open.
            return if holes.is_zero() { Amount::ZERO } else { cap.less_or_zero(member.paid) };
        }
        let found = self.levels.iter().find(|(of, _)| *of == layer).map(|(_, level)| *level);
        let level = found.unwrap_or_else(|| self.level_now(layer, members));
        allocation::capped_share_ceil(member.weight, cap, level).less_or_zero(member.paid)
    }

    /// The level that divides what was paid and the holes over the members now: the one measured
    /// last, where it still holds.
    fn level_now(&self, layer: LayerId, members: &LayerSet) -> Option<Fraction> {
        let base = add(members.cumulative(), self.hole(layer));
        let known = self.state.measured(self.set, layer).filter(|known| known.base == base);
        known.map_or_else(|| self.level(layer, members, base), |known| known.level)
    }

    /// The level that divides `base` over the members now.
    fn level(&self, layer: LayerId, members: &LayerSet, base: Amount) -> Option<Fraction> {
        let purse = self.purse(layer);
        let columns = liable::columns(self.state, self.episode, self.asset, members, purse);
        // Refused only where every weight is zero: then nobody pays by weight, whatever the level.
        allocation::level_for(base, &columns.claims(false)).ok().flatten()
    }
}

/// The levels that liens of open losses are read from and that are not known any more.
pub(crate) fn measure(state: &State) -> Vec<((LiableSetId, LayerId), Level)> {
    let mut levels = Vec::new();
    for id in state.open_episodes().flat_map(|(_, episode)| &episode.sets) {
        for (layer, members) in &state.losses.sets[id.index()].layers {
            let Some(spec) = state.domains.layer(*layer).map(|found| found.spec.clone()) else {
                continue;
            };
            let Source::Members(rule) = spec.source else { continue };
            let of = Of::new(state, *id, spec.asset);
            if !of.reads_level(*layer, &rule) {
                continue;
            }
            let base = add(members.cumulative(), of.hole(*layer));
            if state.measured(*id, *layer).is_none_or(|known| known.base != base) {
                levels
                    .push(((*id, *layer), Level { base, level: of.level(*layer, members, base) }));
            }
        }
    }
    levels
}

/// Whether every level that the watch would answer with is what the members say now, by what it
/// makes each of them bear: equal fractions may be written in two ways where all is taken.
pub(crate) fn levels_hold(state: &State) -> bool {
    state.open_episodes().flat_map(|(_, episode)| &episode.sets).all(|id| {
        state.losses.sets[id.index()].layers.iter().all(|(layer, members)| {
            let Some(known) = state.measured(*id, *layer) else { return true };
            let asset = state.domains.asset_of_layer(*layer);
            let of = Of::new(state, *id, asset.unwrap_or_default());
            let level = of.level(*layer, members, known.base);
            let purse = of.purse(*layer);
            members.members.iter().all(|member| {
                let cap = liable::cap_now(state, of.episode, of.asset, member, purse);
                let bears = |level| allocation::capped_share_ceil(member.weight, cap, level);
                bears(level) == bears(known.level)
            })
        })
    })
}

/// The cap of a member before an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberCap {
    /// Where he is a member.
    pub(crate) of: (LiableSetId, LayerId),
    place: usize,
    cap: Amount,
}

/// The caps now of `accounts` in the layers `of`, where they are members.
pub(crate) fn member_caps<'a>(
    state: &State,
    of: impl Iterator<Item = &'a (LiableSetId, LayerId)>,
    accounts: &[AccountId],
) -> Vec<MemberCap> {
    let mut caps = Vec::new();
    for of in of {
        for account in accounts {
            let members = &state.losses.sets[of.0.index()].layers[&of.1];
            if let Some(place) = members.place(*account) {
                caps.extend(cap_at(state, *of, place).map(|cap| MemberCap { of: *of, place, cap }));
            }
        }
    }
    caps
}

fn cap_at(state: &State, (set, layer): (LiableSetId, LayerId), place: usize) -> Option<Amount> {
    let asset = state.domains.asset_of_layer(layer)?;
    let found = &state.losses.sets[set.index()];
    let episode = &state.losses.episodes[found.episode.index()];
    let member = found.layers[&layer].members.get(place)?;
    let purse = state.purse(episode.domain, layer);
    Some(liable::cap_now(state, episode, asset, member, purse))
}

impl MemberCap {
    /// Whether the cap, now that the event was applied, may have changed the measured level: it
    /// moved, and before or after it binds.
    pub(crate) fn moves_level(&self, state: &State) -> bool {
        let (set, layer) = self.of;
        let now = cap_at(state, self.of, self.place);
        let Some(known) = state.measured(set, layer).filter(|_| now != Some(self.cap)) else {
            return false;
        };
        let (Some(level), Some(now)) = (known.level, now) else { return true };
        let weight = state.losses.sets[set.index()].layers[&layer].members[self.place].weight;
        let share = allocation::capped_share_ceil(weight, Amount::MAX, Some(level));
        // Above every bound the share itself is cut, and nothing is known.
        share == Amount::MAX || self.cap.min(now) < share
    }
}
