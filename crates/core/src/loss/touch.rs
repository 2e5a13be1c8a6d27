//! Shares taken on touch: the cumulative level is stored, and each account computes
//! `min(cap, level x weight)`, rounded up, when it is next touched. Rounding up collects at most
//! one atom per account too much, which goes to the domain's residue.

use alloc::vec::Vec;

use super::{Event, LayerSet, Losses, Member, Rejection, liable};
use crate::allocation;
use crate::engine::{Events, Purse, State};
use crate::ids::{AccountId, AssetId, LayerId, LiableSetId, LossId, OwnerId};
use crate::ledger::Holder;
use crate::units::Amount;

impl Losses {
    /// Takes what `account` owes of divisions whose shares are taken on touch. Returns the sum.
    pub(crate) fn touch(&self, state: &State, account: AccountId, events: &mut Events) -> Amount {
        let mut sum = Amount::ZERO;
        if self.on_touch.is_empty() {
            return sum;
        }
        for (set, layer) in &self.on_touch {
            let of = &self.sets[set.index()].layers[layer];
            if let Some(place) = of.place(account) {
                let taken = touch_member(state, *set, *layer, of, place, events);
                sum = sum.checked_add(taken).unwrap_or(Amount::MAX);
            }
        }
        sum
    }

    /// What `account` owes in `asset` of divisions whose shares are taken on touch.
    pub(crate) fn untaken_in(&self, state: &State, account: AccountId, asset: AssetId) -> Amount {
        let of_asset = |layer| state.domains.asset_of_layer(layer) == Some(asset);
        let open = self.on_touch.iter().filter(|(_, layer)| of_asset(*layer));
        Amount::sum(open.filter_map(|(set, layer)| {
            let place = self.sets[set.index()].layers[layer].place(account)?;
            Some(self.untaken(state, *set, *layer, place))
        }))
    }

    /// What the member at `place` owes of divisions and has not paid.
    pub(super) fn untaken(
        &self,
        state: &State,
        set: LiableSetId,
        layer: LayerId,
        place: usize,
    ) -> Amount {
        if !self.on_touch.contains(&(set, layer)) {
            return Amount::ZERO;
        }
        let of = &self.sets[set.index()].layers[&layer];
        touch_member(state, set, layer, of, place, &mut Events::new())
    }

    /// Whether some of `loss`'s shares wait for a touch.
    pub(super) fn waits_for_touch(&self, loss: LossId) -> bool {
        self.waiting().any(|(_, _, of)| of.waves.iter().any(|wave| wave.loss == loss))
    }

    /// The divisions with members who were not touched since. There is one at most: before
    /// another division of other members, or of other caps, its shares are taken, because an
    /// account's balance must not serve two divisions.
    fn waiting(&self) -> impl Iterator<Item = (LiableSetId, LayerId, &LayerSet)> {
        let entries = self.on_touch.iter().map(|(set, layer)| (*set, *layer));
        let found =
            entries.map(|(set, layer)| (set, layer, &self.sets[set.index()].layers[&layer]));
        found.filter(|(_, _, of)| of.untouched > 0)
    }

    /// The first division with members who were not touched since.
    pub(super) fn first_waiting(&self) -> Option<(LiableSetId, LayerId)> {
        self.waiting().next().map(|(set, layer, _)| (set, layer))
    }

    /// The division whose shares must be taken before `layers` are drawn on under `set`.
    pub(super) fn in_the_way(
        &self,
        set: LiableSetId,
        layers: impl Iterator<Item = LayerId>,
    ) -> Option<(LiableSetId, LayerId)> {
        let (other, layer, _) = self.waiting().next()?;
        let mut layers = layers;
        layers.any(|asked| (set, asked) != (other, layer)).then_some((other, layer))
    }
}

/// Takes every share that waits for a touch, of accounts that `of` selects: before their balances
/// or what they hold change otherwise.
pub(crate) fn touch_where(state: &State, of: &dyn Fn(AccountId) -> bool, events: &mut Events) {
    for (set, layer, members) in state.losses.waiting() {
        for (place, member) in members.members.iter().enumerate() {
            if of(member.account) {
                touch_member(state, set, layer, members, place, events);
            }
        }
    }
}

/// Takes every share that waits for a touch, of the accounts of `owner`.
pub(super) fn touch_owner(state: &State, owner: OwnerId, events: &mut Events) {
    for (set, layer, members) in state.losses.waiting() {
        for place in state.accounts_of(owner).filter_map(|account| members.place(account)) {
            touch_member(state, set, layer, members, place, events);
        }
    }
}

/// The duty: every share of one layer's divisions is taken.
pub(super) fn take_waiting(
    state: &State,
    set: LiableSetId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let mut waiting = state.losses.waiting();
    if !waiting.any(|(other, of, _)| (other, of) == (set, layer)) {
        return Err(Rejection::NotDue);
    }
    touch_where(state, &|_| true, events);
    Ok(())
}

pub(super) fn touch_member(
    state: &State,
    set: LiableSetId,
    layer: LayerId,
    of: &LayerSet,
    place: usize,
    events: &mut Events,
) -> Amount {
    let member = &of.members[place];
    let waves = u32::try_from(of.waves.len()).unwrap_or(u32::MAX);
    let (Some(asset), true) = (state.domains.asset_of_layer(layer), member.waves < waves) else {
        return Amount::ZERO;
    };
    let episode = &state.losses.episodes[state.losses.sets[set.index()].episode.index()];
    // Paid plus held is the same before and after each wave is taken: one cap serves them all.
    let cap = liable::cap_now(state, episode, asset, member, Purse::Account);
    let mut paid = member.paid;
    for (wave, at) in (1..).zip(&of.waves).skip_while(|(wave, _)| *wave <= member.waves) {
        let due = due(member, cap, at.level).less_or_zero(paid);
        paid = paid.checked_add(due).unwrap_or(Amount::MAX);
        events.push(Event::ShareTouched {
            loss: at.loss,
            layer,
            set,
            asset,
            place: u32::try_from(place).unwrap_or(u32::MAX),
            wave,
            account: member.account,
            amount: due,
        });
    }
    paid.less_or_zero(member.paid)
}

fn due(member: &Member, cap: Amount, level: Option<crate::units::Fraction>) -> Amount {
    allocation::capped_share_ceil(member.weight, cap, level)
}

/// Takes every share of `loss` that waits for a touch: recoveries need to know who bore what.
pub(super) fn touch_all(state: &State, loss: LossId, events: &mut Events) {
    for (set, layer) in &state.losses.on_touch {
        let of = &state.losses.sets[set.index()].layers[layer];
        if of.waves.iter().any(|wave| wave.loss == loss) {
            for place in 0..of.members.len() {
                touch_member(state, *set, *layer, of, place, events);
            }
        }
    }
}

/// Every share of the layer's divisions is taken: what rounding left goes to the residue.
pub(super) fn book_residue(
    state: &State,
    set: LiableSetId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let of = state.losses.set(set).and_then(|found| found.layers.get(&layer));
    let of = of.ok_or(Rejection::NotDue)?;
    let due = state.losses.on_touch.contains(&(set, layer)) && of.untouched == 0;
    let asset = state.domains.asset_of_layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !due {
        return Err(Rejection::NotDue);
    }
    let mut losses: Vec<LossId> = of.waves.iter().map(|wave| wave.loss).collect();
    losses.sort_unstable();
    losses.dedup();
    losses.retain(|loss| !state.losses.waits_for_touch(*loss));
    // What one wave rounded up too much pays what the next could not collect any more.
    for loss in &losses {
        let (loss, domain) = (*loss, state.losses.losses[loss.index()].domain);
        let amount = state.ledger.held(asset, Holder::Unsettled(loss));
        if !amount.is_zero() {
            events.push(Event::ResidueBooked { loss, domain, asset, amount });
        }
    }
    for loss in losses {
        let domain = state.losses.losses[loss.index()].domain;
        let amount = state.ledger.owed(asset, Holder::Unsettled(loss));
        if !amount.is_zero() {
            events.push(Event::ResidueUsed { loss, domain, asset, amount });
        }
    }
    events.push(Event::TouchesDone { set, layer });
    Ok(())
}
