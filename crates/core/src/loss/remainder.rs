//! What closing out leaves of a margin: it pays for what the same account lacks elsewhere,
//! whichever book was closed first, then the penalty; the rest is the owner's.

use super::income::{open_claims, repay};
use super::{Event, Loss, Origin, RemainderTo, Stage};
use crate::closeout;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LayerId, LiableSetId, LossId};
use crate::units::Amount;

/// The remainder of a loss's margin.
pub(super) struct Remainder<'a> {
    pub(super) loss: LossId,
    pub(super) found: &'a Loss,
    pub(super) account: AccountId,
    pub(super) asset: AssetId,
}

impl Remainder<'_> {
    pub(super) fn give_back(&self, state: &State, amount: Amount, events: &mut Events) {
        let mut left = amount;
        for (other, found) in others(state, self.loss, self.account, self.asset) {
            let open = found.stage == Stage::Detected && found.taken_over;
            if open && !left.is_zero() {
                // His own book is still being closed: all of it stands behind that one.
                self.moved(other, left, RemainderTo::Book, events);
                return;
            }
        }
        for (other, found) in others(state, self.loss, self.account, self.asset) {
            let paid = match found.stage {
                Stage::Measured | Stage::Absorbing => {
                    let paid = left.min(found.remaining());
                    self.moved(other, paid, RemainderTo::Suspense, events);
                    paid
                }
                Stage::Settled => self.repays(state, other, found, left, events),
                _ => Amount::ZERO,
            };
            left = left.less_or_zero(paid);
        }
        if !left.is_zero() {
            let Self { loss, account, asset, .. } = *self;
            events.push(Event::RemainderReturned { loss, account, asset, amount: left });
            closeout::takeover_penalty(state, (account, asset), self.found.taken, left, events);
        }
    }

    fn moved(&self, other: LossId, amount: Amount, to: RemainderTo, events: &mut Events) {
        if !amount.is_zero() {
            let Self { loss, account, asset, .. } = *self;
            events.push(Event::RemainderMoved { loss, other, account, asset, amount, to });
        }
    }

    /// Those who bore a settled loss of his are repaid; what has no room in a pot or an account is
    /// not.
    fn repays(
        &self,
        state: &State,
        other: LossId,
        found: &Loss,
        left: Amount,
        events: &mut Events,
    ) -> Amount {
        let paid = left.min(open_claims(&found.pools));
        let mut rows = Events::new();
        let room = repay(state, other, self.asset, &found.pools, paid, &mut rows);
        if room.is_err() || paid.is_zero() || state.losses.waits_for_touch(other) {
            return Amount::ZERO;
        }
        self.moved(other, paid, RemainderTo::Claims, events);
        events.append(rows);
        paid
    }
}

/// The account's other losses in `asset` that it failed with, in id order.
fn others(
    state: &State,
    loss: LossId,
    account: AccountId,
    asset: AssetId,
) -> impl Iterator<Item = (LossId, &Loss)> {
    let found = |id| Some((id, state.losses.loss(id)?));
    state.losses_of(account).filter_map(found).filter(move |(id, other)| {
        let counts = *id != loss && other.origin == Origin::Derived;
        counts && state.domains.asset_of(other.domain) == Some(asset)
    })
}

/// The shares that must be taken before the remainder of `loss` can repay what its account owes
/// elsewhere: until then nobody knows who bore it.
pub(super) fn waits_for(
    state: &State,
    loss: LossId,
    found: &Loss,
) -> Option<(LiableSetId, LayerId)> {
    let asset = state.domains.asset_of(found.domain)?;
    let mut others = others(state, loss, found.failed?, asset);
    let waits = others.any(|(other, _)| state.losses.waits_for_touch(other));
    waits.then(|| state.losses.first_waiting()).flatten()
}
