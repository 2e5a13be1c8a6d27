//! What follows of itself: covers that end, votes that are over, claims that can be paid, premia
//! that were earned.

use alloc::vec::Vec;

use super::earn::{earn_once, earn_until_end};
use super::{Duty, Event, Incident, Pool, Rejection, Stage, vote};
use crate::allocation::{self, Claims, Rule};
use crate::engine::{Events, State};
use crate::ids::{AccountId, CoverId, CoverPoolId, LossId};
use crate::ledger::Holder;
use crate::loss;
use crate::units::Amount;

/// Premia are booked once an hour where nobody else asks: stakers see what they earn.
const EARNED_EVERY: u64 = 3_600_000;

/// The next duty: pools in the order of their ids; in each what is over first, in the order of
/// time.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.covers.pools().find_map(|(id, pool)| of_pool(state, id, pool))
}

fn of_pool(state: &State, id: CoverPoolId, pool: &Pool) -> Option<Duty> {
    let now = state.now();
    if let Some((_, cover)) = pool.ends.first().filter(|(time, _)| *time <= now) {
        let standing = state.covers.cover(*cover)?.stage == Stage::Standing;
        let (pool, cover) = (id, *cover);
        return Some(if standing {
            Duty::End { pool, cover }
        } else {
            Duty::Lapse { pool, cover }
        });
    }
    for loss in &pool.open {
        let incident = pool.incidents.get(loss)?;
        if incident.ballot.as_ref().is_some_and(|ballot| ballot.until <= now) {
            return Some(Duty::Tally { pool: id, loss: *loss });
        }
        if !payable(state, *loss, incident).is_empty() {
            return Some(Duty::Pay { pool: id, loss: *loss });
        }
    }
    let since = now.0.checked_sub(pool.earned.0);
    let late = since.is_some_and(|millis| millis >= EARNED_EVERY);
    (late && pool.rate > 0).then_some(Duty::Earn { pool: id })
}

pub(crate) fn decide_duty(
    state: &State,
    duty_: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if duty(state).as_ref() != Some(duty_) {
        return Err(Rejection::NotDue);
    }
    let (Duty::End { pool: id, .. }
    | Duty::Lapse { pool: id, .. }
    | Duty::Tally { pool: id, .. }
    | Duty::Pay { pool: id, .. }
    | Duty::Earn { pool: id }) = *duty_;
    let pool = state.covers.pool(id).ok_or(Rejection::NotDue)?;
    match *duty_ {
        Duty::End { cover, .. } => {
            let found = state.covers.cover(cover).ok_or(Rejection::NotDue)?;
            earn_until_end(state, (id, pool), found, events);
            let claims = found.until.after(pool.spec.claim_time);
            events.push(Event::Ended { pool: id, cover, claims });
        }
        Duty::Lapse { cover, .. } => events.push(Event::Lapsed { pool: id, cover }),
        Duty::Tally { loss, .. } => return vote::tally(state, (id, pool), loss, events),
        Duty::Pay { loss, .. } => {
            let incident = pool.incidents.get(&loss).ok_or(Rejection::NotDue)?;
            let asset = state.domains.asset_of(pool.spec.domain).ok_or(Rejection::NotDue)?;
            let rows = payable(state, loss, incident);
            events.push(Event::Paid { pool: id, loss, asset, rows });
        }
        Duty::Earn { .. } => earn_once(state, id, pool, events),
    }
    Ok(())
}

/// What there is for an incident's claims in all, paid or not: of what is due all but what is still
/// uncovered. Nothing before the loss is settled.
fn there(state: &State, loss: LossId, incident: &Incident) -> Amount {
    let found = state.losses.loss(loss).filter(|found| found.stage == loss::Stage::Settled);
    found.map_or(Amount::ZERO, |found| incident.due.less_or_zero(found.debt()))
}

impl State {
    /// Whether there is money for claims that was not paid: where no duty pays it, it waits for
    /// room in an account.
    pub(crate) fn cover_waits_for_room(&self) -> bool {
        self.covers.pools().any(|(_, pool)| {
            let incidents = pool.open.iter().filter_map(|id| Some((*id, pool.incidents.get(id)?)));
            let mut waits = incidents.filter(|(_, incident)| incident.owed);
            waits.any(|(loss, incident)| incident.paid() < there(self, loss, incident))
        })
    }
}

/// What can be paid of an incident's claims now: what there is for them, in proportion, to the
/// accounts that have room for it.
fn payable(state: &State, loss: LossId, incident: &Incident) -> Vec<(CoverId, AccountId, Amount)> {
    let there = there(state, loss, incident);
    if there <= incident.paid() {
        return Vec::new();
    }
    let dues: Vec<Amount> = incident.claims.iter().map(|claim| claim.due).collect();
    let of = Claims { caps: &dues, weights: &dues, ..Claims::default() };
    let wave = allocation::next_wave(Rule::Proportional, there, &of, &incident.paid);
    // Refused only for what the claims were checked for when they were made.
    let shares = wave.map_or_else(|_| Vec::new(), |wave| wave.shares);
    let domain = state.losses.loss(loss).map(|found| found.domain);
    let asset = domain.and_then(|domain| state.domains.asset_of(domain)).unwrap_or_default();
    let rows = incident.claims.iter().zip(shares).filter_map(|(claim, share)| {
        let account = state.covers.cover(claim.cover)?.account;
        let held = state.ledger.held(asset, Holder::Account(account));
        let amount = share.min(Amount::MAX.less_or_zero(held));
        (!amount.is_zero()).then_some((claim.cover, account, amount))
    });
    rows.collect()
}
