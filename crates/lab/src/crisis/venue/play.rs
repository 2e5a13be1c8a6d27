//! A path through the book: marks come tick by tick, whoever must be closed is closed, and whoever
//! wants to see it looks on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rhodian_core::account;
use rhodian_core::closeout;
use rhodian_core::engine::Action;
use rhodian_core::ids::{AccountId, LossId, MarketId, Time};
use rhodian_core::liquidation::adl::orders::{Holder, VenueScore};
use rhodian_core::market::Party;
use rhodian_core::units::{Amount, Price, Quantity};

use super::super::Crisis;
use super::super::aftermath::{Aftermath, SCORES, Wave, Winner};
use super::outside::Outside;
use super::{ASSET, MILLION, Refused, Venue};
use crate::path::Path;

/// Losses that are found at one tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Found {
    /// When.
    pub at: Time,
    /// What they lack at the marks, together.
    pub seen: u128,
    /// Which they are.
    pub losses: Range<u32>,
    /// When the last of their books was flat; nothing while one is not.
    pub settled: Option<Time>,
}

/// Who looks on while a path is played.
pub(in super::super) trait Watcher {
    /// Losses are found at the marks of a tick, and nothing is closed of them yet.
    fn found(&mut self, _before: &Venue, _now: &Venue, _found: &Found) {}

    /// A tick is over.
    fn ended(&mut self, _now: &Venue, _at: Time, _progress: Progress) {}

    /// All ticks are over.
    fn over(&mut self, _before: &Venue, _now: &Venue) {}
}

impl Watcher for () {}

/// How far liquidations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Progress {
    /// How many accounts were liquidated in part.
    pub liquidated: usize,
    /// The gross value that was closed of them, in atoms.
    pub closed: u128,
}

/// What a crisis came to so far.
#[derive(Default)]
struct SoFar {
    liquidated: BTreeSet<AccountId>,
    closed: u128,
    found: Vec<Found>,
    /// How far prices were pushed at most, with its sign.
    pushed: f64,
    /// How much of the fall that was then.
    sold_part: f64,
    /// How many ticks each open book has been sold for.
    ages: BTreeMap<LossId, u32>,
}

impl Venue {
    /// Plays `path` on a copy.
    pub(in super::super) fn play(
        &self,
        path: &Path,
        watcher: &mut impl Watcher,
    ) -> Result<Aftermath, Refused> {
        let mut venue = self.clone();
        let mut so_far = SoFar::default();
        let last = path.len().saturating_sub(1);
        for (number, tick) in path.ticks().enumerate() {
            let quotes = tick.quotes.iter();
            let marks = match &mut venue.market {
                Some(outside) => outside.tick(tick.quotes, number == last),
                None => quotes.map(|of| (MarketId(of.market), of.price)).collect(),
            };
            venue.mark(tick.at, marks)?;
            venue.find(tick.at, &mut so_far.found);
            if let Some(found) = so_far.found.last().filter(|found| found.at == tick.at) {
                watcher.found(self, &venue, found);
            }
            venue.close_some(&mut so_far);
            venue.sell_books(&mut so_far.ages, number == last);
            let open = |of: u32| venue.is_open(LossId(of));
            for found in so_far.found.iter_mut().filter(|found| found.settled.is_none()) {
                found.settled = (!found.losses.clone().any(open)).then_some(tick.at);
            }
            let pushed = venue.market.as_ref().map_or(0.0, Outside::pushed);
            if pushed.abs() > so_far.pushed.abs() {
                so_far.pushed = pushed;
                so_far.sold_part = venue.market.as_ref().map_or(0.0, Outside::sold_part);
            }
            if so_far.found.first().is_some_and(|found| found.at < tick.at) {
                venue.withdraw(self);
            }
            let (liquidated, closed) = (so_far.liquidated.len(), so_far.closed);
            watcher.ended(&venue, tick.at, Progress { liquidated, closed });
        }
        watcher.over(self, &venue);
        Ok(self.aftermath(&venue, so_far))
    }

    /// Losses that no earlier tick has found.
    fn find(&self, at: Time, found: &mut Vec<Found>) {
        let before = found.last().map_or(0, |found| found.losses.end);
        let new: Vec<LossId> = self.losses().filter(|loss| loss.0 >= before).collect();
        if let Some(last) = new.last() {
            let seen = new.iter().map(|loss| self.hole(*loss)).sum();
            found.push(Found { at, seen, losses: before..last.0 + 1, settled: None });
        }
    }

    /// How many accounts failed, and what their losses lacked beyond own means as far as they are
    /// settled.
    pub(in super::super) fn failed(&self) -> (usize, u128) {
        let losses = || self.engine.state().losses.losses().map(|(_, loss)| loss);
        let failed: BTreeSet<_> = losses().filter_map(|loss| loss.failed).collect();
        (failed.len(), losses().map(|loss| loss.deficit.atoms()).sum())
    }

    /// The mark of each market.
    pub(in super::super) fn marks(&self) -> Vec<Price> {
        let mark = |market| self.engine.state().markets.market(MarketId(market))?.mark;
        (0..).map_while(mark).collect()
    }

    /// What all accounts that are above nothing hold together, the outside apart.
    pub(in super::super) fn held(&self) -> u128 {
        let equity = |place| self.engine.state().equity(AccountId(place), ASSET).max(0);
        (0..self.outside.0).map(|place| equity(place).unsigned_abs()).sum()
    }

    /// What the book of a loss lacks at the marks.
    pub(in super::super) fn hole(&self, loss: LossId) -> u128 {
        self.engine.state().book_equity(loss, ASSET).min(0).unsigned_abs()
    }

    fn is_open(&self, loss: LossId) -> bool {
        self.engine.state().losses.loss(loss).is_some_and(|of| of.is_open())
    }

    /// The losses whose books are not flat.
    pub(in super::super) fn open_losses(&self) -> impl Iterator<Item = LossId> {
        let losses = self.engine.state().losses.losses();
        losses.filter(|(_, of)| of.is_open()).map(|(id, _)| id)
    }

    /// The gross value of what is left of a book, at the marks.
    pub(in super::super) fn book_value(&self, loss: LossId) -> u128 {
        let markets = &self.engine.state().markets;
        markets.book(loss).iter().map(|leg| markets.gross(leg)).sum()
    }

    /// What selling so much costs against the mark, rounded down.
    pub(in super::super) fn selling(&self, value: u128) -> u128 {
        value * u128::from(self.cost) / u128::from(MILLION)
    }

    /// Closes of every account below maintenance what the plan says.
    fn close_some(&mut self, so_far: &mut SoFar) {
        let open: Vec<AccountId> =
            self.engine.state().closeouts.liquidations().map(|(account, _)| account).collect();
        for account in open {
            so_far.liquidated.insert(account);
            for (market, lots) in closeout::planned(self.engine.state(), account) {
                if !lots.is_flat() && self.close(Party::Account(account), market, lots) {
                    let found = self.engine.state().markets.market(market);
                    so_far.closed += found.map_or(0, |found| found.gross(lots));
                }
            }
        }
    }

    /// Once a loss is known, everyone takes out what his behaviour says, once: `before` is the
    /// venue at the start.
    fn withdraw(&mut self, before: &Self) {
        if self.behaviour.withdraws == 0 || !self.withdrawn.is_empty() {
            return;
        }
        let accounts = self.outside.0;
        self.withdrawn = (0..accounts)
            .map(|place| {
                let (account, state) = (AccountId(place), self.engine.state());
                let held = state.equity(account, ASSET);
                let lost = held < before.engine.state().equity(account, ASSET);
                let part = u128::from(self.behaviour.part(lost));
                let wanted = held.max(0).unsigned_abs() * part / u128::from(MILLION);
                let amount = wanted.min(state.free(account, ASSET).atoms());
                let Ok(atoms) = Amount::new(amount) else { return 0 };
                let number = state.accounts.account(account).map_or(0, |of| of.last_number + 1);
                let command =
                    account::Command::Withdraw { account, number, asset: ASSET, amount: atoms };
                let done = amount > 0 && self.give(Action::Account(command)).is_ok();
                if done { amount } else { 0 }
            })
            .collect();
    }

    fn losses(&self) -> impl Iterator<Item = LossId> {
        self.engine.state().losses.losses().map(|(id, _)| id)
    }

    fn aftermath(&self, after: &Self, so_far: SoFar) -> Aftermath {
        let state = after.engine.state();
        let (failed, deficit) = after.failed();
        let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let crisis = Crisis {
            fall: 0,
            deficit,
            failed: count(failed),
            liquidated: count(so_far.liquidated.len()),
            closed: so_far.closed,
            pushed: (so_far.pushed * 1e6) as i32,
            sold_part: (so_far.sold_part * 1e6) as u32,
            withdrawn: after.withdrawn.iter().sum(),
            capped: after.capped,
        };
        let wave = |found: Found| {
            let lacks = |loss| state.losses.loss(LossId(loss));
            let deficits = found.losses.filter_map(lacks).map(|loss| loss.deficit.atoms());
            let (lacked, largest) = (deficits.clone().sum(), deficits.max().unwrap_or(0));
            let settled = found.settled.unwrap_or(after.at);
            Wave { at: found.at, seen: found.seen, lacked, largest, settled }
        };
        let waves = so_far.found.into_iter().map(wave).collect();
        let winners = self.standing(after).filter(|of| of.gain > 0).collect();
        Aftermath { crisis, winners, waves }
    }

    /// Everyone who has anything in `after`, with what he won since here.
    pub(in super::super) fn standing(&self, after: &Self) -> impl Iterator<Item = Winner> {
        let (before, state) = (self.engine.state(), after.engine.state());
        let winner = move |account: AccountId| {
            let equity = state.equity(account, ASSET);
            let took = after.withdrawn.get(account.index()).map_or(0, |of| of.cast_signed());
            let gain = (equity + took - before.equity(account, ASSET)).max(0).unsigned_abs();
            let equity = u128::try_from(equity).ok()?;
            let legs = &state.markets.position(account).legs;
            let open = legs.iter().map(|leg| state.markets.gross(leg)).sum();
            let holders = legs.iter().map(|leg| Holder {
                lots: leg.lots.size(),
                long: leg.lots.lots() > 0,
                mark_value: state.markets.gross(leg),
                entry_value: leg.entry.unsigned_abs(),
                notional: open,
                equity,
            });
            let holders: Vec<Holder> = holders.collect();
            let side = |long: bool| {
                let of = holders.iter().filter(move |of| of.long == long);
                of.map(|of| of.mark_value).sum::<u128>()
            };
            let score = |by: VenueScore| holders.iter().map(|of| by.of(of)).max().unwrap_or(0);
            Some(Winner {
                account: account.0,
                gain,
                equity,
                open,
                net: side(true).abs_diff(side(false)),
                lots: holders.iter().map(|of| of.lots).sum(),
                scores: SCORES.map(score),
            })
        };
        // The last account is the outside.
        (0..self.outside.0).map(AccountId).filter_map(winner)
    }

    /// Sells of each open book an even part of what is left, so that it is flat when its ticks are
    /// over; all of it at the last tick.
    fn sell_books(&mut self, ages: &mut BTreeMap<LossId, u32>, last: bool) {
        let open: Vec<LossId> = self.open_losses().collect();
        for loss in open {
            let age = ages.entry(loss).or_insert(0);
            let ticks = if last { 1 } else { self.close.saturating_sub(*age).max(1) };
            *age += 1;
            let book = self.engine.state().markets.book(loss);
            let legs: Vec<_> = book.iter().map(|leg| (leg.market, leg.lots)).collect();
            for (market, lots) in legs {
                self.close(Party::Book(loss), market, part_of(lots, ticks));
            }
        }
    }
}

/// One of so many parts, rounded away from nothing.
fn part_of(lots: Quantity, parts: u32) -> Quantity {
    let size = lots.size().div_ceil(u64::from(parts.max(1)));
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    Quantity::new(if lots.lots() < 0 { -size } else { size }).unwrap_or(lots)
}
