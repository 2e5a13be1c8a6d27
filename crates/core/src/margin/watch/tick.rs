//! One tick: all prices, then whom they touch.

use alloc::vec::Vec;
use core::fmt;

use super::market::{Guard, MarketRates};
use super::queue::{Queue, Threshold};
use super::{Place, RiskBook, Standing, slab};
use crate::ids::{AccountId, MarketId};

/// What is refused; nothing changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Brackets do not begin at zero, do not rise, or pass their bounds.
    Brackets {
        /// Whose.
        market: MarketId,
    },
    /// The market was added before.
    MarketTwice {
        /// Which.
        market: MarketId,
    },
    /// A lot's value or funding is beyond 10^15 atoms, or the value is negative.
    Rates {
        /// Whose.
        market: MarketId,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Brackets { market } => {
                write!(f, "market {market}: brackets must begin at 0 and rise, with rates to 10^6")
            }
            Self::MarketTwice { market } => write!(f, "market {market} was added before"),
            Self::Rates { market } => {
                write!(f, "market {market}: value of a lot, allowed: 0 to 10^15; funding: 10^15")
            }
        }
    }
}

/// What a tick cost. It never shows in who is below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Linear accounts that got a certificate.
    pub certified: usize,
    /// Whether a pass over all slabs was made.
    pub passed: bool,
}

/// Certificates that a tick makes at least, where so many are due.
const LEAST_SLICE: usize = 16;

impl RiskBook {
    /// Sets the prices of some markets, all of them at once, then who is below maintenance.
    /// Markets that the book does not hold are passed over: only accounts on the side have legs
    /// there. `side` must say how an account on the side stands at the new prices.
    ///
    /// # Errors
    ///
    /// A lot's value or funding out of bounds; nothing changes then.
    pub fn set_prices(
        &mut self,
        prices: &[(MarketId, MarketRates)],
        mut side: impl FnMut(AccountId) -> Standing,
    ) -> Result<Tick, Refused> {
        if let Some((market, _)) = prices.iter().find(|(_, rates)| !rates.in_bounds()) {
            return Err(Refused::Rates { market: *market });
        }
        for (market, rates) in prices {
            let found = self.markets.get_mut(market.index()).and_then(Option::as_mut);
            if found.is_some_and(|found| found.advance(*rates).is_none()) {
                self.drop_certificates();
            }
        }
        self.stale |= !prices.is_empty();
        let slice = LEAST_SLICE.max(self.linear / 800);
        let mut left = slice;
        let passed = !(self.certify_deferred(&mut left) && self.settle_crossed(prices, &mut left));
        if passed {
            self.pass();
        }
        self.sweep();
        for (account, standing) in self.side_standings(&mut side) {
            self.set_aside(account, standing);
        }
        Ok(Tick { certified: slice - left, passed })
    }

    fn side_standings(
        &self,
        side: &mut impl FnMut(AccountId) -> Standing,
    ) -> Vec<(AccountId, Standing)> {
        self.side.keys().map(|account| (*account, side(*account))).collect()
    }

    /// Certifies those who wait for it. Whether all of them are done.
    fn certify_deferred(&mut self, left: &mut usize) -> bool {
        while let Some(account) = self.deferred.pop() {
            if *left == 0 {
                self.deferred.push(account);
                // Crossings of this tick were not looked at either.
                self.behind = true;
                return false;
            }
            *left -= 1;
            self.entries[account.index()].deferred = false;
            self.certify(account);
        }
        true
    }

    /// Looks at those whose thresholds were crossed. Whether all of them are done.
    fn settle_crossed(&mut self, prices: &[(MarketId, MarketRates)], left: &mut usize) -> bool {
        if self.behind {
            self.behind = false;
            for market in 0..self.markets.len() {
                self.settle_market(market, left);
            }
        } else {
            for (market, _) in prices {
                self.settle_market(market.index(), left);
            }
        }
        !self.behind
    }

    fn settle_market(&mut self, market: usize, left: &mut usize) {
        for guard in Guard::ALL {
            while !self.behind {
                let Some(Some(found)) = self.markets.get_mut(market) else { return };
                let queue = &mut found.queues[guard.index()];
                if !queue.may_be_crossed() {
                    break;
                }
                let mut crossed = core::mem::take(&mut self.crossed);
                let entries = &self.entries;
                queue.take_crossed(&mut crossed, |threshold| {
                    entries[threshold.account.index()].stamp == threshold.stamp
                });
                self.settle_thresholds(market, guard, &mut crossed, left);
                self.crossed = crossed;
            }
        }
    }

    /// Certifies the accounts of crossed thresholds anew; puts back what there was no time for.
    fn settle_thresholds(
        &mut self,
        market: usize,
        guard: Guard,
        crossed: &mut Vec<Threshold>,
        left: &mut usize,
    ) {
        for threshold in crossed.drain(..) {
            let entry = self.entries[threshold.account.index()];
            if entry.stamp != threshold.stamp {
                continue;
            }
            if *left > 0 {
                *left -= 1;
                self.certify(threshold.account);
            } else if let Some(market) = &mut self.markets[market] {
                self.behind = true;
                market.queues[guard.index()].put_back(threshold);
            }
        }
    }

    /// Looks at everyone: a bound of health from below, then exactly at those whose bound is
    /// negative, and at those who were below before.
    pub fn pass(&mut self) {
        self.draw_stale_classes();
        self.refresh_coefficients();
        let mut suspects = core::mem::take(&mut self.suspects);
        suspects.clear();
        self.shelves.screen(&self.coefficients, &mut suspects);
        let aside = self.side.values().filter(|standing| **standing != Standing::Sound).count();
        let members = self.below.len() - aside;
        let met = suspects.iter().filter(|account| self.look(**account)).count();
        if met < members {
            // Some who were below are not even suspect now.
            suspects.clear();
            suspects.extend(self.below.iter().copied());
            for account in &suspects {
                self.look(*account);
            }
        }
        self.suspects = suspects;
    }

    /// Looks at a linear account exactly. Whether it was below maintenance before.
    fn look(&mut self, account: AccountId) -> bool {
        let entry = self.entries[account.index()];
        let below = self.health(account).micro() < 0;
        if below != entry.below && entry.place != Place::Side {
            // Its certificate speaks of the other side: where the mark comes back before a crossed
            // threshold was looked at, nobody would look any more.
            self.set_below(account, below);
            self.void_certificate(account);
        }
        entry.below
    }

    /// Gives every leg its row again in markets whose size classes were drawn at another price.
    fn draw_stale_classes(&mut self) {
        let mut drawn = false;
        for market in self.markets.iter_mut().flatten() {
            if market.classes_are_stale() {
                market.draw_classes();
                drawn = true;
            }
        }
        if drawn {
            self.stale = true;
            let (markets, rows) = (&self.markets, &self.row_market);
            self.shelves.each_legs_mut(|legs| {
                for word in legs.iter_mut().filter(|word| **word != 0) {
                    if let Some(market) = &markets[rows[slab::row(*word)].index()] {
                        *word = slab::pack(slab::lots(*word), market.row(slab::lots(*word)));
                    }
                }
            });
        }
    }

    /// Makes all certificates that are due, however many, so that the next tick costs only what
    /// it crosses.
    pub fn certify_all(&mut self) {
        let mut left = usize::MAX;
        self.behind = true;
        self.certify_deferred(&mut left);
        self.settle_crossed(&[], &mut left);
    }

    /// Drops thresholds that no longer count, where they are many: twice as many are looked at as
    /// were made since, so they never outgrow memory.
    fn sweep(&mut self) {
        if self.made < LEAST_SLICE {
            return;
        }
        let queues = self.markets.iter().flatten().flat_map(|market| &market.queues);
        let held: usize = queues.map(Queue::len).sum();
        if held < 4096 + 8 * self.linear {
            self.made = 0;
            return;
        }
        let mut budget = 2 * core::mem::take(&mut self.made);
        while budget > 0 {
            let (queue, from) = self.sweep;
            let Some(market) = self.markets.get_mut(queue / 4) else {
                self.sweep = (0, i64::MIN);
                return;
            };
            let entries = &self.entries;
            let next = market.as_mut().and_then(|market| {
                market.queues[queue % 4].sweep(from, &mut budget, |threshold| {
                    entries[threshold.account.index()].stamp == threshold.stamp
                })
            });
            self.sweep = next.map_or((queue + 1, i64::MIN), |from| (queue, from));
        }
    }

    /// Bytes of slabs that a pass reads.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shelves.bytes()
    }
}
