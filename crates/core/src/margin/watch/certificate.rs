//! Certificates: how far marks may move before an account must be looked at.
//!
//! An account may lose `b`: its health, when sound; what it lacks less one millionth, when below.
//! A relative move `d` of the mark of every leg costs (or gives) at most `d` times the sum of the
//! legs' exposures, so `d = b / sum` is safe in all markets together, and each leg gets the
//! threshold `mark x d` away. The exposures hold while a mark stays within half and double.

use super::market::{Guard, MILLION};
use super::queue::Queue;
use super::{Place, RiskBook, slab};
use crate::ids::AccountId;

/// Bits after the point of a relative distance.
const POINT: u32 = 32;

/// `budget / sum` in 2^-32, rounded down; one where it is more. Neither is negative.
fn distance(budget: i128, sum: i128) -> u64 {
    let (budget, sum) = (budget.unsigned_abs(), sum.unsigned_abs());
    if budget >= sum {
        return 1 << POINT;
    }
    let bits = u128::BITS - sum.leading_zeros();
    let shift = bits.max(POINT) - POINT;
    // Both quotients are below 2^32; the divisor is rounded up, so the result is rounded down.
    let divisor = u64::try_from(sum >> shift).unwrap_or(u64::MAX - 1) + 1;
    let part = u64::try_from(budget >> shift).unwrap_or(0);
    (part << POINT) / divisor
}

/// How far the mark `gross` may move by a relative distance, rounded down.
fn steps(gross: i64, distance: u64, guard: Guard) -> i64 {
    let most: u64 = if guard == Guard::LongLoss { 1 << (POINT - 1) } else { 1 << POINT };
    let steps = (u128::from(gross.unsigned_abs()) * u128::from(distance.min(most))) >> POINT;
    // At most the mark itself.
    i64::try_from(steps).unwrap_or(0)
}

impl RiskBook {
    /// Looks at a linear account and gives it a certificate.
    pub(super) fn certify(&mut self, account: AccountId) {
        let entry = self.entries[account.index()];
        if matches!(entry.place, Place::Absent | Place::Side) {
            return;
        }
        let health = self.health(account).micro();
        self.set_below(account, health < 0);
        self.new_stamp(account);
        let stamp = self.entries[account.index()].stamp;
        let budget = if health < 0 { -health - 1 } else { health };
        let (sound, mut sum) = (health >= 0, 0);
        let words = self.shelves.words(entry.place);
        let legs = words.get(1..).unwrap_or_default();
        for word in legs.iter().filter(|word| **word != 0) {
            let lots = slab::lots(*word);
            let market = self.row_market[slab::row(*word)].index();
            if let Some(market) = &self.markets[market] {
                sum += market.exposure(lots, Guard::of(lots, sound));
            }
        }
        let distance = distance(budget, sum);
        for word in legs.iter().filter(|word| **word != 0) {
            let guard = Guard::of(slab::lots(*word), sound);
            let market = self.row_market[slab::row(*word)].index();
            if let Some(market) = &mut self.markets[market] {
                let gross = market.rates.gross;
                let steps = steps(gross, distance, guard);
                market.queues[guard.index()].push(gross, steps, account, stamp);
                self.made += 1;
            }
        }
    }

    /// Voids the certificate of an account, which then waits for a new one.
    pub(super) fn void_certificate(&mut self, account: AccountId) {
        self.new_stamp(account);
        let entry = &mut self.entries[account.index()];
        if !entry.deferred {
            entry.deferred = true;
            self.deferred.push(account);
        }
    }

    /// Gives an account a stamp that no threshold has.
    pub(super) fn new_stamp(&mut self, account: AccountId) {
        let entry = &mut self.entries[account.index()];
        match entry.stamp.checked_add(1) {
            Some(stamp) => entry.stamp = stamp,
            None => self.drop_certificates(),
        }
    }

    /// Voids all certificates: everyone waits for a new one.
    pub(super) fn drop_certificates(&mut self) {
        for market in self.markets.iter_mut().flatten() {
            market.queues.iter_mut().for_each(Queue::clear);
        }
        self.deferred.clear();
        self.behind = false;
        for (index, entry) in self.entries.iter_mut().enumerate() {
            entry.stamp = 0;
            entry.deferred = !matches!(entry.place, Place::Absent | Place::Side);
            if let (true, Some(account)) = (entry.deferred, AccountId::at(index)) {
                self.deferred.push(account);
            }
        }
    }
}

const _: () = assert!(MILLION < 1 << 20, "31 exposures of 10^30 x 2^21 are below 2^127");
