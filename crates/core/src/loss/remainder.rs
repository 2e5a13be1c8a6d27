//! What closing out leaves of a margin: it pays for what the same account lacks elsewhere,
//! whichever book was closed first, then the penalty; the rest is the owner's.

use alloc::vec::Vec;

use super::income::{Receivers, open_claims, repay};
use super::{Event, Loss, Origin, RemainderTo, Stage};
use crate::closeout;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LossId};
use crate::ledger::Holder;
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
            let charged = self.taken_with(state);
            let values = charged.iter().map(|(_, value)| value.atoms()).sum::<u128>();
            let value = Amount::new(self.found.taken.atoms() + values).unwrap_or(Amount::MAX);
            let charged = charged.into_iter().map(|(other, _)| other).collect();
            events.push(Event::RemainderReturned { loss, account, asset, amount: left, charged });
            closeout::takeover_penalty(state, (account, asset), value, left, events);
        }
    }

    /// What was taken over with it in other domains, is measured there and was not charged for.
    fn taken_with(&self, state: &State) -> Vec<(LossId, Amount)> {
        let others = others(state, self.loss, self.account, self.asset);
        let same = others.filter(|(_, other)| {
            let measured = !matches!(other.stage, Stage::Challengeable { .. } | Stage::Detected);
            measured && other.detected == self.found.detected && !other.taken.is_zero()
        });
        same.map(|(other, of)| (other, of.taken)).collect()
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
        if paid.is_zero() || state.losses.waits_for_touch(other) {
            return Amount::ZERO;
        }
        let mut tried = events.clone();
        self.moved(other, paid, RemainderTo::Claims, &mut tried);
        let of = (other, self.asset);
        if repay(state, of, &found.pools, paid, Receivers::Cede, &mut tried).is_err() {
            return Amount::ZERO;
        }
        *events = tried;
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

/// Whether shares that wait for a touch are taken before the book of `loss` is measured: what it
/// gives back goes to accounts whose caps count on what they hold, and to those who bore other
/// losses.
pub(super) fn waits_for(state: &State, loss: LossId, found: &Loss) -> bool {
    let asset = state.domains.asset_of(found.domain);
    let held = asset.map(|asset| state.ledger.held(asset, Holder::Book(loss)));
    held.is_some_and(|held| !held.min(found.margin).is_zero())
}
