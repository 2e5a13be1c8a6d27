//! The model of one pool with a fund: what each has, as counts of unbounded shares.

use num_rational::BigRational;
use num_traits::Zero;
use rhodian_core::pools::lending::PoolSpec;

use super::side::{Side, down, up, whole};
use super::slow;
use super::steps::Step;
use super::world::lending::YEAR;

/// Lenders, then borrowers.
pub const WHO: [&str; 5] = ["ann", "bob", "cid", "dan", "eva"];
/// What each begins with, in either asset.
pub const CASH: u128 = 1_000_000;
pub const ETHER: u128 = 1_000;

/// The model of one pool with a fund, and no loss that is still open.
#[derive(Clone, Debug)]
pub struct Model {
    pub spec: PoolSpec,
    pub price: u128,
    pub now: u64,
    pub accrued: u64,
    pub rest: BigRational,
    pub cash: [u128; 5],
    pub ether: [u128; 5],
    pub pledged: [u128; 5],
    pub supply: Side,
    pub debt: Side,
    pub fees: u128,
    pub pool: u128,
    pub fund: u128,
    pub to_come: u128,
    /// Losses before, with what was borne of each.
    pub past: Vec<Past>,
}

/// What was borne of a loss of `who`, by the fund and by lenders, and what they got back.
#[derive(Clone, Debug)]
pub struct Past {
    pub who: usize,
    pub fund: u128,
    pub borne: Vec<i64>,
    pub repaid: Vec<i64>,
}

/// Who failed: what he owed, what he had pledged, what it was worth beyond the debt, and what he
/// had in cash.
pub struct Failed {
    pub who: usize,
    pub owed: u128,
    pub ether: u128,
    pub margin: u128,
    pub cash: u128,
}

/// Who stands liable for losses of one moment, and what they paid.
pub struct Liable {
    pub weights: Vec<i64>,
    pub paid: Vec<i64>,
}

pub type Refused = Result<(), &'static str>;

impl Model {
    pub fn new(spec: PoolSpec, fund: u128) -> Self {
        Self {
            spec,
            price: 1_000,
            now: 0,
            accrued: 0,
            rest: BigRational::zero(),
            cash: [CASH; 5],
            ether: [ETHER; 5],
            pledged: [0; 5],
            supply: Side::default(),
            debt: Side::default(),
            fees: 0,
            pool: 0,
            fund,
            to_come: 0,
            past: Vec::new(),
        }
    }

    /// The rate a year, in millionths, rounded down, of a utilisation rounded down.
    pub fn rate(&self) -> u128 {
        let all = self.supply.total + self.fees;
        let used = (self.debt.total * 1_000_000).checked_div(all).unwrap_or(0).min(1_000_000);
        let of = &self.spec.rates;
        let (zero, kink, at, full) = (
            u128::from(of.at_zero),
            u128::from(of.kink),
            u128::from(of.at_kink),
            u128::from(of.at_full),
        );
        if used <= kink {
            zero + (at - zero) * used / kink
        } else {
            at + (full - at) * (used - kink) / (1_000_000 - kink)
        }
    }

    /// Interest to now: whole atoms, the rest of them carried.
    pub fn accrue(&mut self) {
        let millis = self.now - self.accrued;
        if millis == 0 || self.debt.total == 0 {
            return;
        }
        let a_year = whole(self.debt.total) * whole(self.rate()) / whole(1_000_000);
        let due = a_year * whole(u128::from(millis)) / whole(u128::from(YEAR)) + &self.rest;
        let interest = down(&due);
        self.rest = due - whole(interest);
        let fee = interest * u128::from(self.spec.fee) / 1_000_000;
        self.debt.total += interest;
        self.supply.total += interest - fee;
        self.fees += fee;
        self.accrued = self.now;
    }

    pub fn wait(&mut self, millis: u64) {
        self.now += millis;
        if self.now - self.accrued >= 3_600_000 {
            self.accrue();
        }
    }

    pub fn say(&mut self, step: &Step) -> Refused {
        match *step {
            Step::Supply(who, of) => self.supply(who, of),
            Step::Redeem(who, of) => self.redeem(who, of),
            Step::Pledge(who, of) => self.pledge(who, of),
            Step::Release(who, of) => self.release(who, of),
            Step::Borrow(who, of) => self.borrow(who, of),
            Step::Repay(who, of) => self.repay(who, of),
            Step::Liquidate(who, other, of) => self.liquidate(who, other, of),
            Step::Press(..) | Step::Wait(_) | Step::Mark(..) => Ok(()),
        }
    }

    pub fn supplied(&self, who: usize) -> u128 {
        down(&self.supply.worth(self.supply.of(who)))
    }

    pub fn owed(&self, who: usize) -> u128 {
        up(&self.debt.worth(self.debt.of(who)))
    }

    pub fn counts(&self, ether: u128, millionths: u128) -> u128 {
        ether * self.price * millionths / 1_000_000
    }

    pub fn supply(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if self.supply.total + amount > self.spec.max_supply.atoms() {
            return Err("supply-above-most");
        }
        if amount > self.cash[who] {
            return Err("withdrawal-above-free");
        }
        let shares = down(&self.supply.buys(amount));
        self.supply.give(who, amount, shares);
        self.cash[who] -= amount;
        self.pool += amount;
        Ok(())
    }

    pub fn redeem(&mut self, who: usize, amount: Option<u128>) -> Refused {
        let has = self.supplied(who);
        let amount = amount.unwrap_or(has.min(self.pool));
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > has {
            return Err("above-free");
        }
        if amount > self.pool {
            return Err("not-liquid");
        }
        self.give_up(&[(who, amount)]);
        self.cash[who] += amount;
        self.sweep();
        Ok(())
    }

    /// Shares worth what each row says leave, all at one worth, and so much of the pool's cash.
    pub fn give_up(&mut self, rows: &[(usize, u128)]) {
        let shares = |(who, amount): &(usize, u128)| {
            let all = self.supply.of(*who);
            match *amount == self.supplied(*who) {
                true => all,
                false => up(&self.supply.buys(*amount)).min(all),
            }
        };
        let paying: Vec<&(usize, u128)> = rows.iter().filter(|(_, amount)| *amount > 0).collect();
        let given: Vec<u128> = paying.iter().map(|row| shares(row)).collect();
        for ((who, amount), shares) in paying.into_iter().zip(given) {
            self.supply.take(*who, *amount, shares);
            self.pool -= amount;
        }
    }

    pub fn pledge(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > self.ether[who] {
            return Err("withdrawal-above-free");
        }
        self.ether[who] -= amount;
        self.pledged[who] += amount;
        Ok(())
    }

    pub fn release(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > self.pledged[who] {
            return Err("above-pledged");
        }
        let owed = self.owed(who);
        if owed > 0 && owed > self.counts(self.pledged[who] - amount, 750_000) {
            return Err("above-borrowable");
        }
        self.ether[who] += amount;
        self.pledged[who] -= amount;
        Ok(())
    }

    pub fn least(&self, debt: u128) -> Refused {
        let least = self.spec.min_debt.atoms();
        if debt == 0 || debt >= least { Ok(()) } else { Err("below-least-debt") }
    }

    pub fn borrow(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if self.debt.total + amount > self.spec.max_debt.atoms() {
            return Err("debt-above-most");
        }
        let debt = self.owed(who) + amount;
        self.least(debt)?;
        if debt > self.counts(self.pledged[who], 750_000) {
            return Err("above-borrowable");
        }
        if amount > self.pool {
            return Err("not-liquid");
        }
        let shares = up(&self.debt.buys(amount));
        if self.debt.total == 0 {
            self.accrued = self.now;
        }
        self.debt.give(who, amount, shares);
        self.pool -= amount;
        self.cash[who] += amount;
        Ok(())
    }

    pub fn repay(&mut self, who: usize, amount: Option<u128>) -> Refused {
        let owed = self.owed(who);
        let amount = amount.unwrap_or(owed);
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > owed {
            return Err("above-debt");
        }
        self.least(owed - amount)?;
        if amount > self.cash[who] {
            return Err("withdrawal-above-free");
        }
        self.cash[who] -= amount;
        self.pay_off(who, amount);
        Ok(())
    }

    /// `amount` of a debt is paid into the pool's cash; fees go on to the fund.
    pub fn pay_off(&mut self, who: usize, amount: u128) {
        let all = self.debt.of(who);
        let shares = match amount == self.owed(who) {
            true => all,
            false => down(&self.debt.buys(amount)).min(all),
        };
        self.debt.take(who, amount, shares);
        let fee = self.fees.min(amount);
        self.pool += amount - fee;
        self.fees -= fee;
        self.fund += fee;
    }

    pub fn liquidate(&mut self, who: usize, borrower: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if who == borrower {
            return Err("own-loan");
        }
        let (owed, pledged) = (self.owed(borrower), self.pledged[borrower]);
        if owed == 0 || self.counts(pledged, 800_000) >= owed {
            return Err("healthy");
        }
        let gross = pledged * self.price;
        if (gross * 900_000).div_ceil(1_000_000) < owed {
            return Err("failing");
        }
        let bonus = ((gross - owed) * 1_000_000 / owed).min(u128::from(self.spec.bonus));
        let buys = |amount: u128| amount * (1_000_000 + bonus) / 1_000_000 / self.price;
        let target = u128::from(self.spec.target);
        let reaches = |amount: u128| {
            let left = pledged.saturating_sub(buys(amount));
            self.counts(left, 800_000) * 1_000_000 >= target * (owed - amount)
        };
        let (mut short, mut most) = (0, owed);
        while most - short > 1 {
            let half = short + (most - short) / 2;
            *(if reaches(half) { &mut most } else { &mut short }) = half;
        }
        let most = if self.least(owed - most).is_ok() { most } else { owed };
        if amount > most {
            return Err("above-target");
        }
        self.least(owed - amount)?;
        let seized = buys(amount);
        if seized == 0 {
            return Err("zero-amount");
        }
        if seized > pledged {
            return Err("above-pledged");
        }
        if amount > self.cash[who] {
            return Err("withdrawal-above-free");
        }
        self.cash[who] -= amount;
        self.pay_off(borrower, amount);
        self.pledged[borrower] -= seized;
        self.ether[who] += seized;
        Ok(())
    }

    /// A borrower, and a price at which what he pledged is worth ten eighths to ten ninths of what
    /// he owes, or somewhat less.
    pub fn press(&self, at: u128) -> Option<(u64, usize)> {
        let who = (0..5).filter(|who| self.pledged[*who] > 0).max_by_key(|who| self.owed(*who))?;
        let price = self.owed(who) * 1_000_000 / (self.pledged[who] * (800_000 + at * 1_000));
        Some((u64::try_from(price).unwrap(), who))
    }

    /// Whose collateral covers his debt no more: debt and collateral leave the pool, fees reach the
    /// fund in what cash there is.
    pub fn fails(&mut self) -> Option<Failed> {
        let cover = |who: usize| (self.pledged[who] * self.price * 900_000).div_ceil(1_000_000);
        let who = (0..5).find(|who| cover(*who) < self.owed(*who))?;
        self.accrue();
        let (owed, ether) = (self.owed(who), self.pledged[who]);
        let waived = self.fees * owed / self.debt.total;
        let shares = self.debt.of(who);
        self.debt.take(who, owed, shares);
        self.pool += owed;
        // The house gives up what it is due of the loan.
        self.fees -= waived;
        self.supply.total += waived;
        self.pledged[who] = 0;
        self.to_come += owed;
        self.sweep();
        let margin = (ether * self.price).saturating_sub(owed);
        Some(Failed { who, owed, ether, margin, cash: self.cash[who].min(owed) })
    }

    /// Everyone who fails now, and who stands liable for them: who had supply when the first was
    /// found, by what he had.
    pub fn all_fail(&mut self) -> (Vec<Failed>, Vec<i64>) {
        let (mut failed, mut weights) = (Vec::new(), Vec::new());
        while let Some(one) = self.fails() {
            if failed.is_empty() {
                weights = (0..5).map(|who| self.claim(who)).collect();
            }
            failed.push(one);
        }
        (failed, weights)
    }

    /// What is left of a margin pays what was borne for the same account before: lenders first, in
    /// parts of what each bore, then the fund. What is left of it.
    pub fn pay_back(&mut self, who: usize, over: u128) -> u128 {
        let mut left = over;
        for past in self.past.iter_mut().filter(|past| past.who == who) {
            let (borne, repaid) = (past.borne.iter().sum::<i64>(), past.repaid.iter().sum::<i64>());
            let pays = (borne - repaid).min(i64::try_from(left).unwrap());
            let rows = slow::wave(repaid + pays, &past.borne, &past.borne, &past.repaid);
            for (who, row) in rows.into_iter().enumerate() {
                past.repaid[who] += row;
                self.cash[who] += u128::from(row.unsigned_abs());
            }
            left -= u128::from(pays.unsigned_abs());
            let fund = past.fund.min(left);
            past.fund -= fund;
            self.fund += fund;
            left -= fund;
        }
        left
    }

    pub fn claim(&self, who: usize) -> i64 {
        i64::try_from(self.supplied(who)).unwrap()
    }

    /// The collateral of one that failed fetches `proceeds`: what is left of the debt is borne by
    /// his cash, his own supply, the fund, and by who stands liable. What no one bears.
    pub fn bear(&mut self, one: &Failed, proceeds: u128, liable: &mut Liable) -> u128 {
        let mut left = one.owed.saturating_sub(proceeds);
        let over = proceeds.saturating_sub(one.owed);
        // What is beyond the debt is his: it was worth that much beyond it.
        assert!(over <= one.margin);
        let over = self.pay_back(one.who, over);
        self.cash[one.who] += over;
        let cash = one.cash.min(self.cash[one.who]).min(left);
        self.cash[one.who] -= cash;
        left -= cash;
        let own = self.supplied(one.who).min(left);
        self.give_up(&[(one.who, own)]);
        left -= own;
        let fund = self.fund.min(left);
        self.fund -= fund;
        left -= fund;
        let caps: Vec<i64> =
            (0..5).map(|who| liable.weights[who].min(liable.paid[who] + self.claim(who))).collect();
        let before: i64 = liable.paid.iter().sum();
        let room = caps.iter().sum::<i64>() - before;
        let asked = before + room.min(i64::try_from(left).unwrap());
        let shares = slow::wave(asked, &liable.weights, &caps, &liable.paid);
        let rows: Vec<(usize, u128)> = shares
            .iter()
            .enumerate()
            .map(|(who, share)| (who, share.unsigned_abs().into()))
            .collect();
        self.give_up(&rows);
        self.past.push(Past { who: one.who, fund, borne: shares.clone(), repaid: vec![0; 5] });
        for (paid, share) in liable.paid.iter_mut().zip(&shares) {
            *paid += share;
        }
        self.to_come -= one.owed;
        self.sweep();
        left - u128::from(shares.iter().sum::<i64>().unsigned_abs())
    }

    pub fn sweep(&mut self) {
        if self.supply.count() == 0 {
            self.fees += self.supply.total;
            self.supply.total = 0;
        }
    }
}
