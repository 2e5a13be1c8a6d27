//! Books of accounts for the risk book's tests and benchmarks: seeded, shuffled, with prices that
//! move; and two references that share no code with the engine.

#![allow(dead_code, reason = "each test and benchmark takes its part")]

pub mod slow;

use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::margin::watch::{Bracket, MarketRates, RiskBook, Standing};

/// Numbers that look random, the same in every run.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal, roughly: twelve uniform numbers.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// What one account holds.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub cash: i128,
    pub legs: Vec<(MarketId, i64)>,
}

/// Markets with their prices, and accounts.
pub struct World {
    pub brackets: Vec<Vec<Bracket>>,
    pub rates: Vec<MarketRates>,
    pub accounts: Vec<Held>,
    prices: Vec<f64>,
}

/// How a book is made.
#[derive(Clone, Copy)]
pub struct Shape {
    pub markets: usize,
    pub accounts: usize,
    /// Mean legs of an account, geometric, at most 24.
    pub legs: f64,
    /// The part of accounts put 0.05 % to 2 % of their gross value above maintenance.
    pub near: f64,
}

impl Shape {
    pub const fn usual(accounts: usize) -> Self {
        Self { markets: 50, accounts, legs: 4.0, near: 0.05 }
    }
}

impl World {
    /// Popularity of markets falls as 1 / rank; leverage is 1 to 20; maintenance is 0.5 %, 1 % and
    /// 2.5 %, the first bracket ends far above most legs.
    pub fn new(shape: Shape, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let prices: Vec<f64> =
            (0..shape.markets).map(|_| (rng.unit() * 9.0 + 9.0).exp().round()).collect();
        let tiers = |_| {
            let end = 200_000_000_000 + u128::from(rng.below(100_000_000_000));
            let bracket = |above, rate| Bracket { above, rate };
            vec![bracket(0, 5_000), bracket(end, 10_000), bracket(end * 5, 25_000)]
        };
        let brackets = (0..shape.markets).map(tiers).collect();
        let rates = prices.iter().map(|price| rates(*price as i64, 0)).collect();
        let mut world = Self { brackets, rates, accounts: Vec::new(), prices };
        let chances = popularity(shape.markets);
        world.accounts = (0..shape.accounts)
            .map(|_| {
                let mut held = world.held(&mut rng, &chances, shape.legs);
                if rng.unit() < shape.near {
                    world.put_near(&mut held, 0.0005 + 0.0195 * rng.unit());
                }
                held
            })
            .collect();
        world
    }

    /// A random account.
    pub fn random_held(&self, rng: &mut Rng) -> Held {
        let chances = popularity(self.rates.len());
        self.held(rng, &chances, 4.0)
    }

    fn held(&self, rng: &mut Rng, chances: &[f64], legs: f64) -> Held {
        let mut wanted = 1;
        while rng.unit() > 1.0 / legs && wanted < 24.min(self.rates.len()) {
            wanted += 1;
        }
        let mut markets = Vec::new();
        while markets.len() < wanted {
            let draw = rng.unit();
            let market = chances.partition_point(|chance| *chance < draw);
            if !markets.contains(&market) {
                markets.push(market);
            }
        }
        markets.sort_unstable();
        let mut gross = 0.0;
        let legs = markets.into_iter().map(|market| {
            let value = (20.0 + 2.0 * rng.normal()).exp();
            let lots = (value / self.rates[market].gross as f64).ceil().max(1.0);
            gross += lots * self.rates[market].gross as f64;
            let side = if rng.unit() < 0.5 { -1 } else { 1 };
            (MarketId(market as u32), lots as i64 * side)
        });
        let legs = legs.collect();
        let mut held = Held { cash: 0, legs };
        let leverage = (rng.unit() * 20f64.ln()).exp();
        held.cash = (gross / leverage) as i128 - slow::value(&self.rates, &held.legs);
        held
    }

    /// Cash such that health is so large a part of the gross value.
    pub fn put_near(&self, held: &mut Held, part: f64) {
        let gross: i128 = held.legs.iter().map(|leg| slow::gross(&self.rates, leg)).sum();
        let required = slow::required(&self.brackets, &self.rates, &held.legs);
        let value = slow::value(&self.rates, &held.legs);
        held.cash = required as i128 - value + (gross as f64 * part) as i128;
    }

    /// Moves all marks: a common factor of correlation 0.6 and each market's own part, both with
    /// this deviation, and a drift.
    pub fn step(&mut self, rng: &mut Rng, deviation: f64, drift: f64) {
        let common = rng.normal();
        for (price, rates) in self.prices.iter_mut().zip(&mut self.rates) {
            let move_ = deviation * (0.6f64.sqrt() * common + 0.4f64.sqrt() * rng.normal()) + drift;
            *price = (*price * move_.exp()).clamp(50.0, 1e13);
            rates.gross = price.round() as i64;
        }
    }

    /// All prices, as a tick takes them.
    pub fn prices(&self) -> Vec<(MarketId, MarketRates)> {
        self.rates.iter().enumerate().map(|(id, rates)| (MarketId(id as u32), *rates)).collect()
    }

    /// A risk book of everything, with its markets and prices.
    pub fn book(&self) -> RiskBook {
        let mut book = RiskBook::new();
        for (id, brackets) in self.brackets.iter().enumerate() {
            book.add_market(MarketId(id as u32), brackets).unwrap();
        }
        book.set_prices(&self.prices(), |_| Standing::Sound).unwrap();
        for (id, held) in self.accounts.iter().enumerate() {
            let account = AccountId(id as u32);
            book.set_account(account, held.cash, &held.legs, || self.standing(account));
        }
        book
    }

    /// How an account stands, by the slow reference.
    pub fn standing(&self, account: AccountId) -> Standing {
        let held = &self.accounts[account.index()];
        let equity = held.cash + slow::value(&self.rates, &held.legs);
        Standing::of(equity, slow::required(&self.brackets, &self.rates, &held.legs))
    }

    /// Who is below maintenance, by an exact pass in account order.
    pub fn below(&self) -> Vec<AccountId> {
        let below = |account: &AccountId| self.micro_health(*account) < 0;
        (0..self.accounts.len() as u32).map(AccountId).filter(below).collect()
    }

    fn micro_health(&self, account: AccountId) -> i128 {
        let held = &self.accounts[account.index()];
        let mut health = held.cash * 1_000_000;
        for (market, lots) in &held.legs {
            let MarketRates { gross, funding } = self.rates[market.index()];
            health += i128::from(*lots) * i128::from(gross - funding) * 1_000_000;
            let gross = i128::from(lots.abs()) * i128::from(gross);
            let mut before = 0;
            for bracket in &self.brackets[market.index()] {
                let over = gross - bracket.above as i128;
                health -= over.max(0) * i128::from(bracket.rate - before);
                before = bracket.rate;
            }
        }
        health
    }
}

pub fn rates(gross: i64, funding: i64) -> MarketRates {
    MarketRates { gross, funding }
}

/// The chance of each market or one before it.
fn popularity(markets: usize) -> Vec<f64> {
    let total: f64 = (1..=markets).map(|rank| 1.0 / rank as f64).sum();
    let mut sum = 0.0;
    let mut chances: Vec<f64> = (1..=markets)
        .map(|rank| {
            sum += 1.0 / rank as f64 / total;
            sum
        })
        .collect();
    chances[markets - 1] = 1.0;
    chances
}
