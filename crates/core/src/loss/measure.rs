//! Own means first, then the deficit, once: the failed account's balance moves to the book, the
//! close-out loss is measured, margin, set-offs, stakes and claims pay, and what they leave is the
//! deficit.

use super::remainder::Remainder;
use super::{Event, Loss, Origin, OwnMeans, Rejection, Stage, ceded};
use crate::collateral;
use crate::domain::Source;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LayerId, LossId, OwnerId};
use crate::ledger::Holder;
use crate::units::Amount;

/// The account's whole balance, of either sign, moves to the book, and so do its collateral and,
/// where it fails in several domains, the part of each that is this domain's.
pub(super) fn take_over(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    let account = match (found.stage, found.taken_over, found.failed) {
        (Stage::Detected, false, Some(account)) => account,
        _ => return Err(Rejection::NotDue),
    };
    let asset = super::detect::asset_of(state, found.domain)?;
    let domains = state.to_take_over(account, asset);
    let parts = state.parts_of_failure(account, asset, &domains);
    let part = parts.of(found.domain, state.settled_equity(account, asset));
    // What is still to be taken of earlier divisions comes off the first part.
    let opens = part - state.losses.untaken_in(state, account, asset).atoms().cast_signed();
    let legs = state.markets.legs_in(account, found.domain);
    let balance = opens - state.markets.value(&legs);
    let amount = |atoms: i128| Amount::new(atoms.max(0).unsigned_abs()).unwrap_or(Amount::MAX);
    let (held, owed) = (amount(balance), amount(-balance));
    let margin = amount(opens);
    state.touch(account, events);
    // What an account trades in another asset on is collateral there, and not here.
    let elsewhere = state.markets.position(account).asset.is_some_and(|traded| traded != asset);
    let share = |asset: AssetId| {
        if elsewhere {
            return Amount::ZERO;
        }
        let untaken = state.losses.untaken_in(state, account, asset);
        let held = state.ledger.held(asset, Holder::Account(account)).less_or_zero(untaken);
        amount(parts.of(found.domain, held.atoms().cast_signed()))
    };
    let counted = collateral::kept_by(state, asset, &share, &legs);
    state.take_legs(loss, account, found.domain, opens + counted.cast_signed(), events);
    collateral::take(state, loss, (account, asset), &share, events);
    let gross: u128 = legs.iter().map(|leg| state.markets.gross(leg)).sum();
    let value = Amount::new(gross).unwrap_or(Amount::MAX);
    events.push(Event::TakenOver { loss, account, asset, held, owed, margin, value });
    Ok(())
}

/// Measures the close-out loss and takes own means: margin, then set-offs, then stakes, then what
/// came back to the owner since he failed, each up to what is left of the loss. One atom of own
/// means pays one atom and blocks nothing.
pub(super) fn take_own_means(
    state: &State,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    if found.stage != Stage::Detected || !found.taken_over || !state.book_is_flat(loss) {
        return Err(Rejection::NotDue);
    }
    let asset = super::detect::asset_of(state, found.domain)?;
    // A reported loss leaves the world, but where its book owes a pool what is claimed of it.
    let owes = !state.ledger.owed(asset, Holder::Book(loss)).is_zero();
    let (close_out, margin) = match found.origin {
        Origin::Reported { .. } if !owes => measure_reported(state, loss, found, asset, events),
        _ => measure_book(state, loss, found, asset, events),
    };
    let mut taker = Taker { state, loss, asset, left: close_out.less_or_zero(margin), events };
    for off in super::set_off::of_loss(state, found, asset) {
        let touched = state.touch(off.account, taker.events);
        let held = state.means(off.account, asset).less_or_zero(touched);
        taker.take(OwnMeans::Account(off.account), off.up_to.min(held));
    }
    taker.take_supply(found);
    taker.take_stakes(found);
    // Who cleared the account answers for it before others do.
    if let Some((layer, member)) = state.guarantor(loss) {
        taker.take_stake(layer, member);
    }
    taker.take(OwnMeans::Ceded, ceded::held(state, loss));
    let deficit = taker.left;
    let own_means = close_out.less_or_zero(deficit);
    events.push(Event::OwnMeansClosed { loss, own_means, deficit });
    Ok(())
}

/// A reported loss: what the world no longer owes leaves suspense; margin is in the account.
fn measure_reported(
    state: &State,
    loss: LossId,
    found: &Loss,
    asset: AssetId,
    events: &mut Events,
) -> (Amount, Amount) {
    let close_out = found.close_out;
    let shortfall = close_out;
    events.push(Event::LossMeasured { loss, asset, close_out, shortfall, from_book: false });
    let Some(account) = found.failed else { return (close_out, Amount::ZERO) };
    let touched = state.touch(account, events);
    let held = state.means(account, asset).less_or_zero(touched);
    let margin = found.margin.min(held).min(close_out);
    if !margin.is_zero() {
        let from = OwnMeans::Account(account);
        events.push(Event::MarginTaken { loss, asset, from, amount: margin });
    }
    (close_out, margin)
}

/// A flat book: close-out loss = margin - its balance. What is left of the margin goes back to the
/// owner; what the book holds beyond it is the domain's, what passes the bound of an account too.
fn measure_book(
    state: &State,
    loss: LossId,
    found: &Loss,
    asset: AssetId,
    events: &mut Events,
) -> (Amount, Amount) {
    let balance = state.ledger.balance(asset, Holder::Book(loss)).atoms();
    // No loss, its margin with it, is larger than the bound: what passes it is the account's again,
    // and another loss.
    let most = Amount::MAX.less_or_zero(found.margin);
    let shortfall = state.ledger.owed(asset, Holder::Book(loss)).min(most);
    if let Some(account) = found.failed {
        let mut beyond = (-balance).max(0).unsigned_abs() - shortfall.atoms();
        while beyond > 0 {
            let amount = Amount::new(beyond).unwrap_or(Amount::MAX);
            events.push(Event::DebtReturned { loss, account, asset, amount });
            beyond -= amount.atoms();
        }
    }
    // Profit that was not realised may have stood beyond what an account may hold: what the book
    // has beyond the bound is no margin.
    let held = Amount::new(balance.max(0).unsigned_abs()).unwrap_or(Amount::MAX);
    let lost = found.margin.less_or_zero(held);
    let close_out = if shortfall.is_zero() {
        lost
    } else {
        found.margin.checked_add(shortfall).unwrap_or(Amount::MAX)
    };
    events.push(Event::LossMeasured { loss, asset, close_out, shortfall, from_book: true });
    let margin = found.margin.min(close_out);
    if !margin.is_zero() {
        events.push(Event::MarginTaken { loss, asset, from: OwnMeans::Book, amount: margin });
    }
    let remainder = found.margin.min(held);
    let mut gained = balance.max(0).unsigned_abs() - remainder.atoms();
    while gained > 0 {
        let (domain, amount) = (found.domain, Amount::new(gained).unwrap_or(Amount::MAX));
        events.push(Event::ResultKept { loss, domain, asset, amount });
        gained -= amount.atoms();
    }
    if let (Some(account), false) = (found.failed, remainder.is_zero()) {
        let of = Remainder { loss, found, account, asset };
        of.give_back(state, remainder, events);
    }
    (close_out, margin)
}

/// Takes own means until the loss is covered.
struct Taker<'a> {
    state: &'a State,
    loss: LossId,
    asset: AssetId,
    left: Amount,
    events: &'a mut Events,
}

impl Taker<'_> {
    fn take(&mut self, from: OwnMeans, up_to: Amount) {
        let amount = up_to.min(self.left);
        if !amount.is_zero() {
            let (loss, asset) = (self.loss, self.asset);
            self.events.push(Event::OwnMeansTaken { loss, asset, from, amount });
            self.left = self.left.less_or_zero(amount);
        }
    }

    /// What the failed owner supplied to the pool that bears the loss, in account order.
    fn take_supply(&mut self, found: &Loss) {
        let owner = found.failed.and_then(|id| self.state.accounts.account(id)).map(|a| a.owner);
        let Some(owner) = owner else { return };
        for (purse, account, held) in self.state.own_supply(found.domain, owner) {
            let of = (self.loss, self.asset);
            self.state.open_purse(purse, of, &[(account, held.min(self.left))], self.events);
            self.take(OwnMeans::Account(account), held);
        }
    }

    /// The failed owner's stakes in the layers of the episode's waterfalls, in layer order, and
    /// before each what it earned.
    fn take_stakes(&mut self, found: &Loss) {
        let state = self.state;
        let owner = found.failed.and_then(|id| state.accounts.account(id)).map(|a| a.owner);
        let episode = found.episode.and_then(|id| state.losses.episode(id));
        let (Some(owner), Some(episode)) = (owner, episode) else { return };
        for layer in state.domains.layers_of(&episode.rules.waterfalls) {
            let pot = state.domains.layer(layer).is_some_and(|found| {
                found.spec.source == Source::Pot && found.spec.asset == self.asset
            });
            if pot {
                self.take_stakes_in(layer, owner);
            }
        }
    }

    fn take_stakes_in(&mut self, layer: LayerId, owner: OwnerId) {
        let state = self.state;
        for account in state.accounts_of(owner) {
            let reward = state.domains.reward(layer, account);
            self.take(OwnMeans::Reward { layer, account }, reward);
            self.take_stake(layer, account);
        }
    }

    fn take_stake(&mut self, layer: LayerId, account: AccountId) {
        let staked = self.state.domains.stake(layer, account);
        let stake = staked.less_or_zero(self.left);
        self.take(OwnMeans::Stake { layer, account, stake }, staked);
    }
}

pub(super) fn recognise(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    if found.stage != Stage::Measured {
        return Err(Rejection::NotDue);
    }
    events.push(Event::DeficitRecognised { loss, deficit: found.deficit });
    Ok(())
}
