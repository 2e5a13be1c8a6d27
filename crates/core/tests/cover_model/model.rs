//! The model of one pool: an operator, a fund and stakers stand behind its risks, in this order.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use rhodian_core::pools::cover::{PoolSpec, RiskSpec};

use super::slow;
use super::world::cover::YEAR;

/// Stakers and buyers: each may be both.
pub const WHO: [&str; 6] = ["ann", "ben", "cid", "dan", "eva", "fay"];
/// What each begins with.
pub const CASH: u128 = 100_000;
/// What the operator has.
pub const OPERATOR: u128 = 1_000;

const HOUR: u64 = 3_600_000;

pub fn whole(of: u128) -> BigRational {
    BigRational::from_integer(BigInt::from(of))
}

pub fn down(of: &BigRational) -> u128 {
    of.floor().to_integer().to_u128().unwrap()
}

pub fn up(of: &BigRational) -> u128 {
    of.ceil().to_integer().to_u128().unwrap()
}

/// `of` times some millionths, exactly.
pub fn part(of: u128, millionths: u32) -> BigRational {
    whole(of) * whole(millionths.into()) / whole(1_000_000)
}

fn signed(of: u128) -> i64 {
    i64::try_from(of).unwrap()
}

fn unsigned(of: i64) -> u128 {
    u128::try_from(of).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Standing,
    Ended,
    Lapsed,
}

#[derive(Clone, Debug)]
pub struct Cover {
    pub risk: usize,
    pub who: usize,
    pub left: u128,
    pub claimed: u128,
    /// Millionths of atoms a year.
    pub rate: u128,
    pub from: u64,
    pub until: u64,
    pub stage: Stage,
}

impl Cover {
    /// What of it counts as covered.
    fn counts(&self) -> u128 {
        if self.stage == Stage::Lapsed { self.claimed } else { self.left }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Reported,
    /// Until when it may be challenged.
    Approved(u64),
    Dismissed,
    Settled,
}

#[derive(Clone, Debug)]
pub struct Incident {
    pub risk: usize,
    /// Zero for an event of its own.
    pub event: u8,
    pub happened: u64,
    /// How many of its claims bear more for what was paid before.
    pub raised: usize,
    /// Covers, and what each is due.
    pub claims: Vec<(usize, u128)>,
    pub paid: Vec<i64>,
    pub stage: Found,
    pub ballot: Option<(u64, BTreeMap<usize, bool>)>,
    /// Who bore it: operator, fund, stakers, the fund for what was uncovered; what came back.
    pub operator: (u128, u128),
    pub fund: (u128, u128),
    pub stakers: (Vec<i64>, Vec<i64>),
    pub fund_later: (u128, u128),
    /// What nobody paid.
    pub debt: u128,
}

impl Incident {
    pub fn due(&self) -> u128 {
        self.claims.iter().map(|(_, due)| due).sum()
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.stage, Found::Reported | Found::Approved(_))
    }

    /// What may still come back to whom.
    pub fn open(&self) -> u128 {
        let of = |(borne, repaid): (u128, u128)| borne - repaid;
        let stakers = self.stakers.0.iter().sum::<i64>() - self.stakers.1.iter().sum::<i64>();
        let pots = of(self.operator) + of(self.fund) + of(self.fund_later);
        pots + unsigned(stakers) + self.debt
    }
}

#[derive(Clone, Debug)]
pub struct Model {
    pub spec: PoolSpec,
    pub risks: Vec<RiskSpec>,
    pub challenge: u64,
    pub now: u64,
    pub booked: u64,
    /// What was earned and not booked: parts of an atom.
    pub rest: BigRational,
    pub cash: [u128; 6],
    pub stake: [u128; 6],
    pub operator: u128,
    pub fund: u128,
    pub held: u128,
    /// What stakers earned, and what did not divide among them, in 10^-19 atoms.
    pub reward: [BigRational; 6],
    pub undivided: BigInt,
    pub covers: Vec<Cover>,
    pub incidents: Vec<Incident>,
}

impl Model {
    pub fn new(spec: PoolSpec, risks: Vec<RiskSpec>, challenge: u64, fund: u128, now: u64) -> Self {
        Self {
            spec,
            risks,
            challenge,
            now,
            booked: now,
            rest: BigRational::zero(),
            cash: [CASH; 6],
            stake: [0; 6],
            operator: OPERATOR,
            fund,
            held: 0,
            reward: std::array::from_fn(|_| BigRational::zero()),
            undivided: BigInt::zero(),
            covers: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub fn staked(&self) -> u128 {
        self.stake.iter().sum()
    }

    pub fn debt(&self) -> u128 {
        self.incidents.iter().map(|of| of.debt).sum()
    }

    pub fn claimed(&self) -> u128 {
        self.covers.iter().map(|of| of.claimed).sum()
    }

    pub fn covered(&self, risk: Option<usize>) -> u128 {
        let of = |cover: &&Cover| risk.is_none_or(|risk| risk == cover.risk);
        self.covers.iter().filter(of).map(Cover::counts).sum()
    }

    /// What may be covered in all.
    pub fn most(&self) -> u128 {
        let stands = self.staked().saturating_sub(self.claimed());
        down(&part(stands, self.spec.leverage)).min(self.spec.max_covered.atoms())
    }

    pub fn most_of(&self, risk: usize) -> u128 {
        down(&part(self.most(), self.risks[risk].concentration))
    }

    /// Millionths of atoms that `covered` costs a year where `most` may be: the area below each of
    /// both lines, rounded down.
    fn area(&self, risk: usize, covered: u128, most: u128) -> u128 {
        let of = &self.risks[risk].rates;
        let kink = down(&part(most, of.kink));
        let line = |from: u32, to: u32, used: u128, length: u128| {
            let rise = whole((to - from).into()) * whole(used) * whole(used);
            let triangle = if length == 0 { 0 } else { down(&(rise / whole(2) / whole(length))) };
            u128::from(from) * used + triangle
        };
        let below = covered.min(kink);
        let within = covered.min(most);
        let first = line(of.at_zero, of.at_kink, below, kink);
        let second = line(of.at_kink, of.at_full, within - below, most - kink);
        first + second + u128::from(of.at_full) * (covered - within)
    }

    /// The rate of a cover, and what it costs for `millis`: exactly, and rounded up.
    pub fn price(&self, risk: usize, amount: u128, millis: u64) -> (u128, BigRational, u128) {
        let (covered, most) = (self.covered(Some(risk)), self.most_of(risk));
        let rate = self.area(risk, covered + amount, most) - self.area(risk, covered, most);
        let exact = earned(rate, millis);
        let premium = up(&exact);
        (rate, exact, premium)
    }

    /// What all standing covers earn in a year.
    fn rate(&self) -> u128 {
        let standing = self.covers.iter().filter(|of| of.stage == Stage::Standing);
        standing.map(|of| of.rate).sum()
    }

    /// Premia are earned until then, in whole atoms.
    fn book(&mut self, until: u64) {
        self.rest += earned(self.rate(), until - self.booked);
        self.booked = until;
        let atoms = down(&self.rest);
        self.rest -= whole(atoms);
        self.held -= atoms;
        let (_, of_premia) = self.spec.premia[0];
        let share = down(&part(atoms, of_premia));
        let given = share > 0 && self.staked() > 0 && self.debt() == 0;
        if given {
            self.give(share);
        }
        let fee = atoms - if given { share } else { 0 };
        self.fund += fee;
        self.pay_debts(fee);
    }

    /// A reward: by an atom of stake, rounded down at 10^-19, the rest carried.
    fn give(&mut self, share: u128) {
        let unit = BigInt::from(10u128.pow(19));
        let parts = BigInt::from(share) * &unit + &self.undivided;
        let staked = BigInt::from(self.staked());
        let of_atom = &parts / &staked;
        self.undivided = &parts % &staked;
        for (reward, stake) in self.reward.iter_mut().zip(self.stake) {
            *reward += BigRational::new(BigInt::from(stake) * &of_atom, unit.clone());
        }
    }

    /// What came to the fund pays what nobody paid, oldest first.
    pub fn pay_debts(&mut self, amount: u128) {
        let mut left = amount;
        for of in &mut self.incidents {
            let pays = of.debt.min(left);
            of.debt -= pays;
            of.fund_later.0 += pays;
            self.fund -= pays;
            left -= pays;
        }
    }

    /// Before anything of the pool changes: what was earned is booked, up to the first end that
    /// nobody noted.
    pub fn book_now(&mut self) {
        let standing = self.covers.iter().filter(|of| of.stage == Stage::Standing);
        let until = standing.map(|of| of.until).min().map_or(self.now, |end| end.min(self.now));
        if self.rate() > 0 && self.booked < until {
            self.book(until);
        }
    }

    /// What is claimed is claimed no longer.
    pub fn unclaim(&mut self, incident: usize) {
        for (cover, due) in self.incidents[incident].claims.clone() {
            self.covers[cover].claimed -= due;
        }
    }

    /// All that is due.
    pub fn settle(&mut self) {
        while self.losses() || self.ends() || self.decisions() || self.hours() {}
    }

    /// Premia are booked where nobody asked for an hour.
    fn hours(&mut self) -> bool {
        let late = self.rate() > 0 && self.now - self.booked >= HOUR;
        if late {
            self.book_now();
        }
        late
    }

    /// Losses that nobody challenged.
    fn losses(&mut self) -> bool {
        let over = |of: &Incident| matches!(of.stage, Found::Approved(until) if until <= self.now);
        let all = 0..self.incidents.len();
        let found: Vec<usize> = all.filter(|id| over(&self.incidents[*id])).collect();
        for id in &found {
            self.book_now();
            self.unclaim(*id);
            for (cover, due) in self.incidents[*id].claims.clone() {
                self.covers[cover].left -= due;
            }
            self.held += self.incidents[*id].due();
        }
        found.iter().for_each(|id| self.bear(*id));
        !found.is_empty()
    }

    /// Operator, fund and stakers bear a loss, one after the other; stakers by their stakes.
    fn bear(&mut self, id: usize) {
        let mut left = self.incidents[id].due();
        let operator = left.min(self.operator);
        self.operator -= operator;
        left -= operator;
        let fund = left.min(self.fund);
        self.fund -= fund;
        left -= fund;
        let drawn = left.min(self.staked());
        let stakes: Vec<i64> = self.stake.iter().map(|of| signed(*of)).collect();
        let shares = slow::wave(signed(drawn), &stakes, &stakes, &[0; 6]);
        for (stake, share) in self.stake.iter_mut().zip(&shares) {
            *stake -= unsigned(*share);
        }
        let of = &mut self.incidents[id];
        (of.operator.0, of.fund.0, of.debt) = (operator, fund, left - drawn);
        of.stakers = (shares, vec![0; 6]);
        of.stage = Found::Settled;
    }

    /// The first cover that ends or lapses.
    fn ends(&mut self) -> bool {
        let late = self.spec.claim_time;
        let end = |of: &Cover| match of.stage {
            Stage::Standing => Some(of.until),
            Stage::Ended => Some(of.until + late),
            Stage::Lapsed => None,
        };
        let ends = self.covers.iter().enumerate().filter_map(|(id, of)| Some((end(of)?, id)));
        let Some((at, id)) = ends.filter(|(at, _)| *at <= self.now).min() else { return false };
        if self.covers[id].stage == Stage::Standing {
            self.book(at);
            self.covers[id].stage = Stage::Ended;
        } else {
            self.covers[id].stage = Stage::Lapsed;
        }
        true
    }

    /// The first vote that is over, or claims that are paid.
    fn decisions(&mut self) -> bool {
        for id in 0..self.incidents.len() {
            let of = &self.incidents[id];
            let voted = of.ballot.as_ref().is_some_and(|(until, _)| *until <= self.now);
            if of.stage == Found::Reported && voted {
                self.tally(id);
                return true;
            }
            if of.stage == Found::Settled && self.pay(id) {
                return true;
            }
        }
        false
    }

    fn tally(&mut self, id: usize) {
        let (_, votes) = self.incidents[id].ballot.take().unwrap();
        let side = |of: bool| -> u128 {
            let his = votes.iter().filter(|(_, accept)| **accept == of);
            his.map(|(who, _)| self.stake[*who]).sum()
        };
        let (accept, reject) = (side(true), side(false));
        let quorum = part(self.staked(), self.spec.vote.unwrap().quorum);
        if accept > reject && whole(accept + reject) >= quorum {
            self.incidents[id].stage = Found::Approved(self.now + self.challenge);
        } else {
            self.unclaim(id);
            self.incidents[id].stage = Found::Dismissed;
        }
    }

    /// Pays what there is for an incident; whether there was something.
    fn pay(&mut self, id: usize) -> bool {
        let of = &self.incidents[id];
        let there = signed(of.due() - of.debt);
        if there <= of.paid.iter().sum() {
            return false;
        }
        let dues: Vec<i64> = of.claims.iter().map(|(_, due)| signed(*due)).collect();
        let shares = slow::wave(there, &dues, &dues, &of.paid);
        for (place, share) in shares.into_iter().enumerate() {
            let of = &mut self.incidents[id];
            of.paid[place] += share;
            self.cash[self.covers[of.claims[place].0].who] += unsigned(share);
            self.held -= unsigned(share);
        }
        true
    }

    /// What comes back goes to who bore the last step first; what was uncovered is the last.
    pub fn repay(&mut self, id: usize, amount: u128) {
        let of = &mut self.incidents[id];
        let last = [of.debt, of.fund_later.0 - of.fund_later.1].map(signed);
        let pays = signed(amount).min(last.iter().sum());
        let shares = slow::wave(pays, &last, &last, &[0, 0]);
        of.debt -= unsigned(shares[0]);
        of.fund_later.1 += unsigned(shares[1]);
        self.fund += unsigned(shares[1]);
        let mut left = amount - unsigned(pays);
        let (borne, repaid) = &mut of.stakers;
        let before: i64 = repaid.iter().sum();
        let pays = signed(left).min(borne.iter().sum::<i64>() - before);
        for (who, share) in slow::wave(before + pays, borne, borne, repaid).iter().enumerate() {
            repaid[who] += share;
            self.cash[who] += unsigned(*share);
        }
        left -= unsigned(pays);
        let pots = [(&mut of.fund, &mut self.fund), (&mut of.operator, &mut self.operator)];
        for ((borne, repaid), pot) in pots {
            let pays = left.min(*borne - *repaid);
            *repaid += pays;
            *pot += pays;
            left -= pays;
        }
    }
}

/// What a rate earns in some milliseconds, exactly.
fn earned(rate: u128, millis: u64) -> BigRational {
    whole(rate) * whole(millis.into()) / whole(1_000_000) / whole(YEAR.into())
}
