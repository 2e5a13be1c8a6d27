//! Who is drained first, kept market by market and side by side while nobody holds a lien: then an
//! account's leverage depends on itself alone, and an event changes it only for those it touches.
//! Ten thousand accounts whose legs go to the other side at one mark then look at its most
//! leveraged ten thousand times, and not at all of it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::ready::is_local;
use super::{Action, Envelope, Event, State};
use crate::bounds::MAX_TOTAL;
use crate::closeout::{self, DeleveragingOrder, Duty};
use crate::ids::{AccountId, MarketId};
use crate::liquidation::adl::draining::{self, Candidate};
use crate::market;
use crate::units::Amount;

/// How many of the first are looked at first: as it takes more, twice as many each time.
const FIRST: usize = 4;

/// What a candidate adds to the first of the sums that draining bounds.
fn value(of: &Candidate, lot: u128) -> u128 {
    of.net.unsigned_abs() + u128::from(of.lots) * lot
}

/// The accounts on one side of a market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranking {
    order: BTreeSet<Rank>,
    of: BTreeMap<AccountId, Candidate>,
    /// The sums that draining bounds: net values and values of lots, and equities.
    values: u128,
    equity: u128,
}

/// An account in the order of draining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rank {
    candidate: Candidate,
    account: AccountId,
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = draining::by_leverage(&self.candidate, &other.candidate);
        first.then(self.account.cmp(&other.account))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rankings that are known, by market and whether the accounts in them are long.
pub(super) type Ranks = BTreeMap<(MarketId, bool), Ranking>;

impl Ranking {
    /// All of `found`, in a market where a lot is worth so much; nothing where the sums pass what
    /// draining takes.
    fn new(found: Vec<(AccountId, Candidate)>, lot: u128) -> Option<Self> {
        let rank = |(account, candidate): &(AccountId, Candidate)| Rank {
            candidate: *candidate,
            account: *account,
        };
        let (mut values, mut equity) = (0, 0);
        for (_, candidate) in &found {
            values += value(candidate, lot);
            equity += candidate.equity;
            if values > MAX_TOTAL || equity > MAX_TOTAL {
                return None;
            }
        }
        let order = found.iter().map(rank).collect();
        Some(Self { order, of: found.into_iter().collect(), values, equity })
    }

    /// `account` stands as `candidate`, or nowhere, in a market where a lot is worth so much.
    /// Whether the sums stay within what draining takes: else the ranking is to be dropped.
    fn set(&mut self, account: AccountId, candidate: Option<Candidate>, lot: u128) -> bool {
        if self.of.get(&account) == candidate.as_ref() {
            return true;
        }
        if let Some(candidate) = self.of.remove(&account) {
            self.order.remove(&Rank { candidate, account });
            self.values -= value(&candidate, lot);
            self.equity -= candidate.equity;
        }
        if let Some(candidate) = candidate {
            self.of.insert(account, candidate);
            self.order.insert(Rank { candidate, account });
            self.values += value(&candidate, lot);
            self.equity += candidate.equity;
        }
        self.values <= MAX_TOTAL && self.equity <= MAX_TOTAL
    }

    /// The first of the ranking that draining `needed` lots reaches, in the order of their ids.
    fn first(&self, lot: u64, needed: u64) -> (Vec<AccountId>, Vec<Candidate>) {
        let mut most = FIRST;
        let first = loop {
            let candidates: Vec<Candidate> =
                self.order.iter().take(most).map(|rank| rank.candidate).collect();
            let next = self.order.iter().nth(most).map(|rank| &rank.candidate);
            if draining::suffice(&candidates, lot, needed, next) {
                break most;
            }
            most *= 2;
        };
        let mut ranks: Vec<&Rank> = self.order.iter().take(first).collect();
        ranks.sort_unstable_by_key(|rank| rank.account);
        ranks.into_iter().map(|rank| (rank.account, rank.candidate)).unzip()
    }
}

impl State {
    /// The accounts that give when `needed` lots of a market are drained from one side, long or
    /// short, in the order of their ids: where that is known, and all of them among those named.
    pub(crate) fn first_drained(
        &self,
        side: (MarketId, bool),
        lot: u64,
        needed: u64,
    ) -> Option<(Vec<AccountId>, Vec<Candidate>)> {
        self.watch.ranks().get(&side).map(|ranking| ranking.first(lot, needed))
    }

    /// Ranks the side that gives for `next`, where that is deleveraging of an account, nobody holds
    /// a lien and nobody's lots there hedge options.
    pub(super) fn find_ranks(&mut self, next: &Envelope) {
        let Action::CloseOutDuty(Duty::DeleverageAccount { account, market }) = next.action else {
            return;
        };
        let long = self.markets.position(account).lots(market).lots() < 0;
        let known = self.watch.ranks().contains_key(&(market, long));
        if known || !self.watch.is_on() || self.holds_liens() {
            return;
        }
        if let Some(ranking) = self.ranking(market, long) {
            self.watch.set_ranking((market, long), ranking);
        }
    }

    /// A side of a market, ranked; nothing where the domain's order is another than draining.
    fn ranking(&self, market: MarketId, long: bool) -> Option<Ranking> {
        let domain = self.markets.market(market)?.spec.domain;
        if DeleveragingOrder::of(self, domain) != DeleveragingOrder::Draining {
            return None;
        }
        let mut found: Vec<(AccountId, Candidate)> = Vec::new();
        for account in self.holders(market, long) {
            found.extend(self.ranked(market, long, account)?.map(|candidate| (account, candidate)));
        }
        Ranking::new(found, self.lot(market))
    }

    /// What a lot is worth, without funding.
    fn lot(&self, market: MarketId) -> u128 {
        let found = self.markets.market(market);
        let value = found.and_then(|found| Some(found.value_at(found.mark?)));
        value.unwrap_or(0).unsigned_abs()
    }

    /// How `account` stands on a side of a market; nothing where it is none to rank there, because
    /// its requirement does not fall with every lot.
    fn ranked(
        &self,
        market: MarketId,
        long: bool,
        account: AccountId,
    ) -> Option<Option<Candidate>> {
        let domain = self.markets.market(market)?.spec.domain;
        let asset = self.domains.asset_of(domain)?;
        let side = if long { -1 } else { 1 };
        let found = closeout::candidate(self, (market, asset, side), account, || Amount::ZERO);
        let falls = |of: &Candidate| of.room.is_none() && of.easing == of.lots;
        found.is_none_or(|of| falls(&of)).then_some(found)
    }

    /// Follows `event`, after it was applied; it touched balances or legs of `touched`.
    pub(super) fn follow_ranks(&mut self, event: &Event, touched: &[AccountId]) {
        if self.watch.ranks().is_empty() {
            return;
        }
        let mut ranks = self.watch.take_ranks();
        if !is_local(event) || self.holds_liens() {
            return;
        }
        for account in touched.iter().copied() {
            let legs = &self.markets.position(account).legs;
            let held = legs.iter().map(|leg| leg.market);
            for market in held.chain(left_markets(event)) {
                for long in [false, true] {
                    self.rank_again(&mut ranks, (market, long), account);
                }
            }
        }
        self.watch.set_ranks(ranks);
    }

    /// Ranks `account` anew on a side of a market, where that is ranked.
    fn rank_again(&self, ranks: &mut Ranks, side: (MarketId, bool), account: AccountId) {
        let Some(ranking) = ranks.get_mut(&side) else { return };
        let found = self.ranked(side.0, side.1, account);
        if !found.is_some_and(|found| ranking.set(account, found, self.lot(side.0))) {
            ranks.remove(&side);
        }
    }

    /// Whether every ranking is what a scan finds.
    pub(super) fn are_ranks_right(&self) -> bool {
        let mut ranks = self.watch.ranks().iter();
        ranks
            .all(|((market, long), ranking)| self.ranking(*market, *long).as_ref() == Some(ranking))
    }
}

/// The markets in which an account that `event` touches may hold nothing any more.
fn left_markets(event: &Event) -> impl Iterator<Item = MarketId> + '_ {
    let (one, many): (Option<MarketId>, &[_]) = match event {
        Event::Market(market::Event::Filled { market, .. })
        | Event::CloseOut(closeout::Event::Deleveraged { market, .. }) => (Some(*market), &[]),
        Event::CloseOut(closeout::Event::LegsSold { legs, .. }) => (None, legs),
        _ => (None, &[]),
    };
    one.into_iter().chain(many.iter().map(|(market, ..)| *market))
}
