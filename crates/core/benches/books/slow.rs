//! The slow, obvious book: a list of accounts, each with its list of positions. It decides what is
//! right in tests, and is the baseline that the risk book's speed is compared with.

use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::margin::watch::{Bracket, MarketRates};

use super::World;

pub struct Position {
    pub market: usize,
    pub lots: i128,
}

pub struct Account {
    pub cash: i128,
    pub positions: Vec<Position>,
}

pub struct SlowBook {
    pub accounts: Vec<Account>,
}

impl SlowBook {
    pub fn new(world: &World) -> Self {
        let position = |(market, lots): &(MarketId, i64)| Position {
            market: market.index(),
            lots: i128::from(*lots),
        };
        let account = |held: &super::Held| Account {
            cash: held.cash,
            positions: held.legs.iter().map(position).collect(),
        };
        Self { accounts: world.accounts.iter().map(account).collect() }
    }

    /// Equity and requirement of every account, and who has less than he must.
    pub fn below(&self, brackets: &[Vec<Bracket>], rates: &[MarketRates]) -> Vec<AccountId> {
        let mut below = Vec::new();
        for (id, account) in self.accounts.iter().enumerate() {
            let mut equity = account.cash;
            let (mut required, mut parts) = (0, 0);
            for position in &account.positions {
                let of = rates[position.market];
                equity += position.lots * (i128::from(of.gross) - i128::from(of.funding));
                let gross = position.lots.unsigned_abs() * u128::from(of.gross.unsigned_abs());
                add_required(&brackets[position.market], gross, &mut required, &mut parts);
            }
            if equity < (required + u128::from(parts > 0)) as i128 {
                below.push(AccountId(id as u32));
            }
        }
        below
    }
}

/// Adds what each bracket asks of its part of `gross`: whole atoms and millionths.
fn add_required(brackets: &[Bracket], gross: u128, whole: &mut u128, parts: &mut u128) {
    for (place, bracket) in brackets.iter().enumerate() {
        let end = brackets.get(place + 1).map_or(gross, |next| gross.min(next.above));
        if end > bracket.above {
            let product = (end - bracket.above) * u128::from(bracket.rate) + *parts;
            *whole += product / 1_000_000;
            *parts = product % 1_000_000;
        }
    }
}

/// What the legs are worth, in atoms.
pub fn value(rates: &[MarketRates], legs: &[(MarketId, i64)]) -> i128 {
    let worth = |(market, lots): &(MarketId, i64)| {
        let of = rates[market.index()];
        i128::from(*lots) * (i128::from(of.gross) - i128::from(of.funding))
    };
    legs.iter().map(worth).sum()
}

/// The gross value of a leg, in atoms.
pub fn gross(rates: &[MarketRates], (market, lots): &(MarketId, i64)) -> i128 {
    i128::from(lots.unsigned_abs()) * i128::from(rates[market.index()].gross)
}

/// What the legs require, rounded up once.
pub fn required(
    brackets: &[Vec<Bracket>],
    rates: &[MarketRates],
    legs: &[(MarketId, i64)],
) -> u128 {
    let (mut whole, mut parts) = (0, 0);
    for leg in legs {
        let gross = gross(rates, leg).unsigned_abs();
        add_required(&brackets[leg.0.index()], gross, &mut whole, &mut parts);
    }
    whole + u128::from(parts > 0)
}
