//! Premia are earned over the time of a cover, in whole atoms with the rest carried, and go where
//! the pool says: to those who are staked when they are earned, and to the fund.

use super::price::part_floor;
use super::{Cover, Event, Pool, Stage};
use crate::domain;
use crate::engine::{self, Events, State};
use crate::ids::{CoverId, CoverPoolId, LayerId, OwnerId, Time};
use crate::ledger::Holder;
use crate::loss;
use crate::pools::RATE_TIME;
use crate::units::Amount;
use crate::wide::mul_div_rem;

impl Pool {
    /// What is earned until `until` since it was last booked: whole atoms, and the rest in parts.
    ///
    /// All of it was paid beforehand, so that it is at most what the pool holds.
    fn earned(&self, until: Time) -> (Amount, u64) {
        let unit = u128::from(RATE_TIME);
        // No time passes backwards: a cover ends when its duty is first due, or later.
        let millis = u128::from(until.0.max(self.earned.0) - self.earned.0);
        let (whole, rest) = mul_div_rem(self.rate, millis, unit).unwrap_or((0, 0));
        let rest = rest + self.rest;
        let earned = Amount::new(whole + rest / unit).unwrap_or(Amount::MAX);
        (earned, u64::try_from(rest % unit).unwrap_or(0))
    }
}

impl Pool {
    /// Until when all standing covers earn: to now, or to the first end that was not booked.
    fn earns_until(&self, state: &State) -> Time {
        let over = self.ends.iter().take_while(|(time, _)| *time <= state.now());
        let standing = |id: CoverId| {
            state.covers.cover(id).is_some_and(|cover| cover.stage == Stage::Standing)
        };
        let mut ends = over.filter(|(_, cover)| standing(*cover));
        ends.next().map_or(state.now(), |(time, _)| *time)
    }
}

/// Books what a pool earned before it changes, once in a command.
pub(crate) fn earn_once(state: &State, id: CoverPoolId, pool: &Pool, events: &mut Events) {
    let done = events.as_slice().iter().any(
        |event| matches!(event, engine::Event::Cover(Event::Earned { pool, .. }) if *pool == id),
    );
    let until = pool.earns_until(state);
    if !done && pool.rate > 0 && pool.earned < until {
        earn(state, (id, pool), until, events);
    }
}

/// Books what a pool earned until a cover of it ended.
pub(super) fn earn_until_end(
    state: &State,
    of: (CoverPoolId, &Pool),
    cover: &Cover,
    events: &mut Events,
) {
    earn(state, of, cover.until, events);
}

fn earn(state: &State, (id, pool): (CoverPoolId, &Pool), until: Time, events: &mut Events) {
    let (domain, fund) = (pool.spec.domain, pool.spec.fund);
    let asset = state.domains.asset_of(domain).unwrap_or_default();
    let (earned, rest) = pool.earned(until);
    let mut rewards = alloc::vec::Vec::new();
    let (mut left, mut given) = (earned, Amount::ZERO);
    for (layer, part) in &pool.spec.premia {
        let share = part_floor(earned, *part);
        if let Some(event) = domain::of_premium(state, (domain, *layer), share, events) {
            left = left.less_or_zero(share);
            given = given.checked_add(share).unwrap_or(Amount::MAX);
            rewards.push(event);
        }
    }
    let room = Amount::MAX.less_or_zero(state.ledger.held(asset, Holder::Layer(fund)));
    let fee = left.min(room);
    let fees = given.checked_add(left.less_or_zero(fee)).unwrap_or(Amount::MAX);
    events.push(Event::Earned { pool: id, until, asset, earned, rest, domain, fund, fee, fees });
    rewards.into_iter().for_each(|event| events.push(event));
    loss::pay_debts_of(state, fund, asset, fee, events);
}

impl State {
    /// Stakes in `layer` are about to change: what they earned of premia is theirs who are staked
    /// now.
    pub(crate) fn earn_premia(&self, layer: LayerId, events: &mut Events) {
        for (id, pool) in self.covers.pools() {
            if pool.spec.premia.iter().any(|(named, _)| *named == layer) {
                earn_once(self, id, pool, events);
            }
        }
    }
    /// The stakes of `owner` may come to be taken: what they earned of premia is booked first.
    pub(crate) fn earn_premia_of(&self, owner: OwnerId, events: &mut Events) {
        let has = |layer: LayerId| {
            self.accounts_of(owner).any(|account| !self.domains.stake(layer, account).is_zero())
        };
        for (id, pool) in self.covers.pools() {
            if pool.spec.premia.iter().any(|(layer, _)| has(*layer)) {
                earn_once(self, id, pool, events);
            }
        }
    }
}
