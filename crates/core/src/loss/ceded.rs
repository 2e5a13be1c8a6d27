//! What comes back to an owner who failed. His claims are own means, but no money when his loss is
//! measured; when another's loss is repaid they become it, and go to those who bore his: before his
//! loss is measured as own means, later like what is left of a margin. Only what nobody is owed any
//! more is his again.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::income::{self, open_claims};
use super::touch::touch_where;
use super::{Duty, Event, Loss, Rejection, RemainderTo, Stage, detect};
use crate::account;
use crate::engine::{self, Events, State};
use crate::ids::{AccountId, AssetId, LossId, OwnerId};
use crate::units::Amount;

/// The losses in one asset whose owners failed with them, and the most each can still take of what
/// comes back to its owner.
pub(super) struct Creditors(BTreeMap<OwnerId, Vec<(LossId, Amount)>>);

impl Creditors {
    /// All but those of `repaid`, after what `events` ceded already.
    pub(super) fn of(state: &State, repaid: LossId, asset: AssetId, events: &Events) -> Self {
        let mut of: BTreeMap<OwnerId, Vec<(LossId, Amount)>> = BTreeMap::new();
        for (loss, found) in state.losses.losses().filter(|(loss, _)| *loss != repaid) {
            let failed = found.failed.and_then(|account| state.accounts.account(account));
            let Some(owner) = failed.map(|account| account.owner) else { continue };
            let room = lacking(found).less_or_zero(held(state, loss));
            let room = room.less_or_zero(got_now(events, loss));
            if !room.is_zero() && state.domains.asset_of(found.domain) == Some(asset) {
                of.entry(owner).or_default().push((loss, room));
            }
        }
        Self(of)
    }

    /// Passes on what `account` was repaid for `repaid`, in the order of its owner's losses.
    pub(super) fn pass_on(
        &mut self,
        state: &State,
        (repaid, pool, asset): (LossId, u32, AssetId),
        (account, share): (AccountId, Amount),
        events: &mut Events,
    ) {
        let owner = state.accounts.account(account).map(|found| found.owner);
        let Some(losses) = owner.and_then(|owner| self.0.get_mut(&owner)) else { return };
        let mut left = share;
        for (loss, room) in losses {
            let (loss, amount) = (*loss, left.min(*room));
            if !amount.is_zero() {
                events.push(Event::ClaimCeded { loss, repaid, pool, account, asset, amount });
                *room = room.less_or_zero(amount);
                left = left.less_or_zero(amount);
            }
        }
    }
}

/// What those who bear the loss lack, or may come to lack.
fn lacking(found: &Loss) -> Amount {
    match found.stage {
        Stage::Reported | Stage::Challengeable { .. } | Stage::Dismissed => Amount::ZERO,
        // What its book leaves is not known yet.
        Stage::Detected => Amount::MAX,
        Stage::Measured | Stage::Absorbing => found.remaining(),
        Stage::Settled => open_claims(&found.pools),
    }
}

/// What was ceded to the loss and did not pay yet.
pub(super) fn held(state: &State, loss: LossId) -> Amount {
    state.losses.ceded.get(&loss).copied().unwrap_or_default()
}

/// What earlier events of the same command ceded to `of`, repaid of it or paid for it.
fn got_now(events: &Events, of: LossId) -> Amount {
    Amount::sum(events.as_slice().iter().filter_map(|event| match *event {
        engine::Event::Loss(
            Event::ClaimCeded { loss, amount, .. }
            | Event::PoolRepaid { loss, amount, .. }
            | Event::RemainderMoved { other: loss, amount, to: RemainderTo::Suspense, .. },
        ) => (loss == of).then_some(amount),
        _ => None,
    }))
}

/// What is due of what was ceded, in the order of the losses. Where a pot or an account has no room
/// for a repayment it waits.
pub(super) fn due(state: &State) -> Option<Duty> {
    state.losses.ceded.keys().find_map(|loss| {
        let found = state.losses.loss(*loss)?;
        let settled = found.stage == Stage::Settled;
        if settled && !open_claims(&found.pools).is_zero() && state.losses.waits_for_touch(*loss) {
            let (set, layer) = state.losses.first_waiting()?;
            return Some(Duty::TakeWaiting { set, layer });
        }
        pay(state, *loss, &mut Events::new()).is_ok().then_some(Duty::PayFromCeded { loss: *loss })
    })
}

/// What was ceded to `loss` pays for what it lacks; when it lacks nothing more the rest is the
/// failed account's.
pub(super) fn pay(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    let (asset, held) = (detect::asset_of(state, found.domain)?, held(state, loss));
    let amount = held.min(lacking(found));
    match found.stage {
        _ if held.is_zero() => Err(Rejection::NotDue),
        Stage::Measured | Stage::Absorbing if !amount.is_zero() => {
            let to = RemainderTo::Suspense;
            events.push(Event::CededPaid { loss, asset, amount, to });
            Ok(())
        }
        Stage::Settled if !amount.is_zero() => {
            if state.losses.waits_for_touch(loss) {
                return Err(Rejection::NotDue);
            }
            touch_where(state, &|_| true, events);
            let to = RemainderTo::Claims;
            events.push(Event::CededPaid { loss, asset, amount, to });
            income::repay(state, loss, asset, &found.pools, amount, events)
        }
        Stage::Settled => {
            let account = found.failed.ok_or(Rejection::NotDue)?;
            account::room_above(state, account, asset, held)?;
            events.push(Event::CededReturned { loss, account, asset, amount: held });
            Ok(())
        }
        _ => Err(Rejection::NotDue),
    }
}
