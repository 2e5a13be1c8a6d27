//! The venue at one moment: money by the names of ledger accounts, legs one by one, marks. A
//! checkpoint is a copy of all of it.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{Signed, Zero};

use crate::numbers::{Int, Rat, int, positive, rat};

/// Who holds legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Account(usize),
    Book(usize),
}

impl Who {
    pub fn name(self) -> String {
        match self {
            Self::Account(account) => format!("account/{account}"),
            Self::Book(loss) => format!("book/{loss}"),
        }
    }
}

/// An open position: lots, what was paid for them and not got back, and the funding that has come
/// in since (or gone out, below zero) and is not yet in the holder's cash.
#[derive(Clone, Debug, Default)]
pub struct Leg {
    pub lots: Int,
    pub paid: Int,
    pub accrued: Int,
}

#[derive(Clone, Debug, Default)]
pub struct Account {
    pub owner: usize,
    pub last_number: u64,
    /// The domains it ever traded in.
    pub traded: BTreeSet<usize>,
    /// By domain: all cash that trading brought, less what it cost, funding and fees included.
    pub earned: BTreeMap<usize, Int>,
    /// Profit realised, less losses realised and fees.
    pub realised: Int,
    /// Deposits, transfers and stakes back, less the same out.
    pub moved: Int,
}

/// A trade of one side.
#[derive(Clone, Debug)]
pub struct Trade {
    pub market: usize,
    pub domain: usize,
    /// Above zero: bought.
    pub lots: Int,
    /// What was paid for the lots; below zero: received.
    pub money: Int,
    pub fee: Int,
}

#[derive(Clone, Debug, Default)]
pub struct Venue {
    pub ledger: BTreeMap<String, Int>,
    pub accounts: Vec<Account>,
    pub legs: BTreeMap<(Who, usize), Leg>,
    /// What a lot of each market is worth, in atoms, once it has a mark.
    pub marks: BTreeMap<usize, Int>,
    /// The domain of each market.
    pub domains: Vec<usize>,
}

impl Leg {
    /// The leg after a trade without its fee, and the profit that closes with it. The part of
    /// what was paid that belongs to the lots closed is rounded down: the profit up.
    pub fn after(&self, lots: &Int, money: &Int) -> (Self, Int) {
        let paid = &self.paid - &self.accrued;
        let opposite = (self.lots.signum() * lots.signum()).is_negative();
        let closed = if opposite { self.lots.abs().min(lots.abs()) } else { Int::zero() };
        let part = |of: &Int, whole: &Int| -> Int {
            if closed.is_zero() {
                return Int::zero();
            }
            (rat(of) * Rat::new(closed.clone(), whole.abs())).floor().to_integer()
        };
        let (cost, brings) = (part(&paid, &self.lots), part(money, lots));
        let left = paid + money - &cost - &brings;
        let leg = Self { lots: &self.lots + lots, paid: left, accrued: Int::zero() };
        (leg, -cost - brings)
    }
}

impl Venue {
    pub fn balance(&self, name: &str) -> Int {
        self.ledger.get(name).cloned().unwrap_or_default()
    }

    pub fn transfer(&mut self, from: &str, to: &str, amount: &Int) {
        *self.ledger.entry(from.into()).or_default() -= amount;
        *self.ledger.entry(to.into()).or_default() += amount;
    }

    pub fn lots(&self, who: Who, market: usize) -> Int {
        self.legs.get(&(who, market)).map(|leg| leg.lots.clone()).unwrap_or_default()
    }

    pub fn legs_of(&self, who: Who) -> impl Iterator<Item = (usize, &Leg)> {
        let legs = self.legs.iter().filter(move |((holder, _), _)| *holder == who);
        legs.map(|((_, market), leg)| (*market, leg))
    }

    /// What a leg is worth at the mark, with the funding it is owed.
    pub fn value(&self, market: usize, leg: &Leg) -> Int {
        &leg.lots * &self.marks[&market] + &leg.accrued
    }

    pub fn gross(&self, market: usize, leg: &Leg) -> Int {
        leg.lots.abs() * &self.marks[&market]
    }

    pub fn equity(&self, who: Who) -> Int {
        let worth = self.legs_of(who).map(|(market, leg)| self.value(market, leg));
        worth.fold(self.balance(&who.name()), |sum, value| sum + value)
    }

    /// Positive unrealised profit, leg by leg.
    pub fn unrealised(&self, account: usize) -> Int {
        let legs = self.legs_of(Who::Account(account));
        let profit = legs.map(|(market, leg)| positive(self.value(market, leg) - &leg.paid));
        profit.fold(Int::zero(), |sum, profit| sum + profit)
    }

    /// What an account owes beyond its cash when every leg is taken at what was paid for it.
    pub fn loan(&self, account: usize) -> Int {
        let legs = self.legs_of(Who::Account(account));
        let profit = legs.map(|(market, leg)| self.value(market, leg) - &leg.paid);
        let settled = profit.fold(self.equity(Who::Account(account)), |sum, one| sum - one);
        positive(-settled)
    }

    /// All an account ever gained in a domain: what its trading brought, and what its legs there
    /// are worth. Nothing for an account that was not there yet.
    pub fn gained(&self, account: usize, domain: usize) -> Int {
        let Some(of) = self.accounts.get(account) else { return Int::zero() };
        let legs = self.legs_of(Who::Account(account));
        let there = legs.filter(|(market, _)| self.domains[*market] == domain);
        let worth = there.map(|(market, leg)| self.value(market, leg));
        let earned = of.earned.get(&domain).cloned().unwrap_or_default();
        worth.fold(earned, |sum, value| sum + value)
    }

    /// Each long lot owes each short lot so much more.
    pub fn accrue(&mut self, market: usize, atoms_per_lot: i64) {
        for ((_, _), leg) in self.legs.iter_mut().filter(|((_, of), _)| *of == market) {
            leg.accrued -= &leg.lots * int(atoms_per_lot);
        }
    }

    /// The funding a leg is owed becomes cash.
    fn collect(&mut self, who: Who, market: usize) -> Int {
        let Some(leg) = self.legs.get_mut(&(who, market)) else { return Int::zero() };
        let accrued = std::mem::take(&mut leg.accrued);
        leg.paid -= &accrued;
        self.transfer(&format!("funding/{market}"), &who.name(), &accrued);
        accrued
    }

    /// One side of a trade; its money goes to `against`.
    pub fn trade(&mut self, who: Who, trade: &Trade, against: &str) {
        let collected = self.collect(who, trade.market);
        let key = (who, trade.market);
        let leg = self.legs.remove(&key).unwrap_or_default();
        let (leg, realised) = leg.after(&trade.lots, &trade.money);
        if !leg.lots.is_zero() {
            self.legs.insert(key, leg);
        }
        self.transfer(&who.name(), against, &trade.money);
        self.transfer(&who.name(), &format!("fees/{}", trade.domain), &trade.fee);
        if let Who::Account(account) = who {
            let of = &mut self.accounts[account];
            of.traded.insert(trade.domain);
            let earned = of.earned.entry(trade.domain).or_default();
            *earned += collected - &trade.money - &trade.fee;
            of.realised += realised - &trade.fee;
        }
    }

    /// A failed account's legs of a domain go to the book at the mark, with so much equity: what
    /// it gained or lost on them is realised.
    pub fn take_over(&mut self, account: usize, domain: usize, loss: usize, equity: &Int) {
        let (from, to) = (Who::Account(account), Who::Book(loss));
        let mut cash = equity.clone();
        for market in self.markets_of(from, domain) {
            let leg = self.legs.remove(&(from, market)).expect("it was listed");
            let value = self.value(market, &leg);
            let of = &mut self.accounts[account];
            of.realised += &value - &leg.paid;
            *of.earned.entry(domain).or_default() += &value;
            cash -= value;
            self.legs.insert((to, market), leg);
        }
        self.transfer(&from.name(), &to.name(), &cash);
    }

    /// The markets of a domain in which `who` holds legs.
    pub fn markets_of(&self, who: Who, domain: usize) -> Vec<usize> {
        let markets = self.legs_of(who).map(|(market, _)| market);
        markets.filter(|market| self.domains[*market] == domain).collect()
    }

    /// The lots that are open on the long side of a market.
    pub fn open(&self, market: usize) -> Int {
        let legs = self.legs.iter().filter(|((_, of), _)| *of == market);
        legs.fold(Int::zero(), |sum, (_, leg)| sum + positive(leg.lots.clone()))
    }
}
