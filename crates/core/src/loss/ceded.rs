//! What comes back to an owner who failed. His claims are own means, but no money when his loss is
//! measured; when another's loss is repaid they become it, and go to those who bore his: before his
//! loss is measured as own means, later like what is left of a margin. Only what none of his losses
//! lacks is his again. What is paid from it is the receiver's, though he failed, too: passed on
//! again it could go round.

use alloc::vec::Vec;

use super::income::{self, Receivers, open_claims};
use super::touch::touch_where;
use super::{Duty, Event, Loss, Losses, OwnMeans, Rejection, RemainderTo, Stage, detect};
use crate::account;
use crate::engine::{self, Events, State};
use crate::ids::{AccountId, AssetId, LossId, OwnerId};
use crate::ledger::Holder;
use crate::units::Amount;

/// Passes on what `account` was repaid for the loss `repaid`, through its pool of claims `pool`.
pub(super) fn cede(
    state: &State,
    (repaid, pool, asset): (LossId, u32, AssetId),
    (account, share): (AccountId, Amount),
    events: &mut Events,
) {
    let Some(owner) = state.accounts.account(account).map(|found| found.owner) else { return };
    let mut left = share;
    for (loss, room) in creditors(state, owner, asset, Some(repaid), events) {
        let amount = left.min(room);
        if !amount.is_zero() {
            events.push(Event::ClaimCeded { loss, repaid, pool, account, asset, amount });
            left = left.less_or_zero(amount);
        }
    }
}

/// Passes on what came to `account` by no loss: a claim on a protection, a bond, a bounty. It comes
/// with events of the same command before.
pub(crate) fn cede_means(
    state: &State,
    (account, asset): (AccountId, AssetId),
    came: Amount,
    events: &mut Events,
) {
    let Some(owner) = state.accounts.account(account).map(|found| found.owner) else { return };
    let mut left = came;
    for (loss, room) in creditors(state, owner, asset, None, events) {
        let amount = left.min(room);
        if !amount.is_zero() {
            events.push(Event::MeansCeded { loss, account, asset, amount });
            left = left.less_or_zero(amount);
        }
    }
}

/// The losses in `asset` that accounts of `owner` failed with, but for `except`, and the most that
/// each may take of what comes back to him: those whose bearers are known in the order of their
/// ids, then those whose books are open.
fn creditors(
    state: &State,
    owner: OwnerId,
    asset: AssetId,
    except: Option<LossId>,
    events: &Events,
) -> Vec<(LossId, Amount)> {
    let accounts = state.accounts_of(owner);
    let losses = accounts.flat_map(|account| state.losses_of(account));
    let mut rows: Vec<(bool, LossId, Amount)> = losses
        .filter(|loss| Some(*loss) != except)
        .filter_map(|loss| {
            let found = state.losses.loss(loss)?;
            let of_asset = state.domains.asset_of(found.domain) == Some(asset);
            let most = lacking(state, loss, found, asset).less_or_zero(held(state, loss));
            let open = found.stage == Stage::Detected;
            (of_asset && !most.is_zero()).then_some((open, loss, most))
        })
        .collect();
    rows.sort_unstable();
    let room = |(_, loss, most): (bool, LossId, Amount)| {
        (loss, most.less_or_zero(taken_now(events, loss)))
    };
    rows.into_iter().map(room).collect()
}

/// What those who bear the loss lack, or may come to lack.
fn lacking(state: &State, loss: LossId, found: &Loss, asset: AssetId) -> Amount {
    match found.stage {
        Stage::Reported | Stage::Challengeable { .. } | Stage::Dismissed => Amount::ZERO,
        // What its book leaves is not known yet.
        Stage::Detected => Amount::MAX,
        Stage::Measured | Stage::Absorbing => found.remaining(),
        // Shares that wait for a touch are claims when they are taken. What rounding lacks of them
        // then is nobody's claim: the residue pays it.
        Stage::Settled => {
            let waits = state.losses.waits_for_touch(loss);
            let untaken = if waits {
                state.ledger.owed(asset, Holder::Unsettled(loss))
            } else {
                Amount::ZERO
            };
            open_claims(&found.pools).checked_add(untaken).unwrap_or(Amount::MAX)
        }
    }
}

/// What was ceded to the loss and did not pay yet.
pub(super) fn held(state: &State, loss: LossId) -> Amount {
    state.losses.ceded.get(&loss).copied().unwrap_or_default()
}

/// What is on its way to those who bear `loss`, with what earlier events of the same command ceded.
pub(super) fn on_its_way(state: &State, loss: LossId, events: &Events) -> Amount {
    held(state, loss).checked_add(taken_now(events, loss)).unwrap_or(Amount::MAX)
}

/// What earlier events of the same command gave those who bear `of`. What a fund or a book repaid
/// of it is owed to them now: the loss lacks as much as before.
fn taken_now(events: &Events, of: LossId) -> Amount {
    let (mut given, mut owed_again) = (0, 0);
    for event in events.as_slice() {
        let engine::Event::Loss(event) = event else { continue };
        match event {
            Event::ClaimCeded { loss, amount, .. }
            | Event::MeansCeded { loss, amount, .. }
            | Event::PoolRepaid { loss, amount, .. }
            | Event::CededMoved { other: loss, amount, .. }
            | Event::RemainderMoved { other: loss, amount, to: RemainderTo::Suspense, .. }
                if *loss == of =>
            {
                given += amount.atoms();
            }
            Event::IncomeToClaims { loss, amount, .. }
            | Event::ResultToClaims { loss, amount, .. }
                if *loss == of =>
            {
                owed_again += amount.atoms();
            }
            _ => {}
        }
    }
    Amount::new(given)
        .unwrap_or(Amount::MAX)
        .less_or_zero(Amount::new(owed_again).unwrap_or(Amount::MAX))
}

/// What is due of what was ceded, in the order of the losses. Where a pot or an account has no room
/// for a repayment it waits.
pub(super) fn due(state: &State) -> Option<Duty> {
    state.losses.ceded.keys().find_map(|loss| {
        let found = state.losses.loss(*loss)?;
        if found.stage == Stage::Settled && state.losses.waits_for_touch(*loss) {
            let (set, layer) = state.losses.first_waiting()?;
            return Some(Duty::TakeWaiting { set, layer });
        }
        pay(state, *loss, &mut Events::new()).is_ok().then_some(Duty::PayFromCeded { loss: *loss })
    })
}

/// What was ceded to `loss` pays for what it lacks; when it lacks nothing more the rest goes to
/// what the owner's other losses lack, and back to the failed account.
pub(super) fn pay(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    let (asset, held) = (detect::asset_of(state, found.domain)?, held(state, loss));
    let amount = held.min(lacking(state, loss, found, asset));
    match found.stage {
        _ if held.is_zero() => Err(Rejection::NotDue),
        Stage::Measured | Stage::Absorbing if !amount.is_zero() => {
            let to = RemainderTo::Suspense;
            events.push(Event::CededPaid { loss, asset, amount, to });
            Ok(())
        }
        Stage::Settled if state.losses.waits_for_touch(loss) => Err(Rejection::NotDue),
        Stage::Settled if !amount.is_zero() => {
            touch_where(state, &|_| true, events);
            let to = RemainderTo::Claims;
            events.push(Event::CededPaid { loss, asset, amount, to });
            let receivers = Receivers::AsTheyAre;
            income::repay(state, (loss, asset), &found.pools, amount, receivers, events)
        }
        Stage::Settled => goes_back(state, (loss, asset), found, held, events),
        _ => Err(Rejection::NotDue),
    }
}

fn goes_back(
    state: &State,
    (loss, asset): (LossId, AssetId),
    found: &Loss,
    held: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let account = found.failed.ok_or(Rejection::NotDue)?;
    let owner = state.accounts.account(account).ok_or(Rejection::NotDue)?.owner;
    let mut left = held;
    for (other, room) in creditors(state, owner, asset, Some(loss), events) {
        let amount = left.min(room);
        if !amount.is_zero() {
            events.push(Event::CededMoved { loss, other, asset, amount });
            left = left.less_or_zero(amount);
        }
    }
    if !left.is_zero() {
        account::room_above(state, account, asset, left)?;
        state.touch(account, events);
        events.push(Event::CededReturned { loss, account, asset, amount: left });
    }
    Ok(())
}

impl Losses {
    /// What an event does to what is ceded.
    pub(super) fn ceded(&mut self, event: &Event) {
        match event {
            Event::ClaimCeded { loss, amount, .. } | Event::MeansCeded { loss, amount, .. } => {
                self.hold(*loss, *amount);
            }
            Event::CededMoved { loss, other, amount, .. } => {
                self.let_go(*loss, *amount);
                self.hold(*other, *amount);
            }
            Event::CededPaid { loss, amount, to, .. } => {
                self.late_means(*loss, *amount, *to);
                self.let_go(*loss, *amount);
            }
            Event::CededReturned { loss, amount, .. }
            | Event::OwnMeansTaken { loss, from: OwnMeans::Ceded, amount, .. } => {
                self.let_go(*loss, *amount);
            }
            _ => {}
        }
    }

    fn hold(&mut self, loss: LossId, amount: Amount) {
        let held = self.ceded.entry(loss).or_default();
        *held = held.checked_add(amount).unwrap_or(Amount::MAX);
    }

    fn let_go(&mut self, loss: LossId, amount: Amount) {
        if let Some(held) = self.ceded.get_mut(&loss) {
            *held = held.less_or_zero(amount);
        }
        self.ceded.retain(|_, held| !held.is_zero());
    }
}
