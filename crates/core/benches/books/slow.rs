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
        let empty = |held: &super::Held| Account { cash: held.cash, positions: Vec::new() };
        let mut accounts: Vec<Account> = world.accounts.iter().map(empty).collect();
        let mut waiting: Vec<usize> = (0..accounts.len()).collect();
        let mut rng = super::Rng::new(3);
        // Positions come one by one over all accounts, as fills do, not account by account.
        while !waiting.is_empty() {
            let at = rng.below(waiting.len() as u64) as usize;
            let (held, account) = (&world.accounts[waiting[at]], &mut accounts[waiting[at]]);
            match held.legs.get(account.positions.len()) {
                None => drop(waiting.swap_remove(at)),
                Some((market, lots)) => account
                    .positions
                    .push(Position { market: market.index(), lots: i128::from(*lots) }),
            }
        }
        Self { accounts }
    }

    /// Who has less than he must.
    pub fn below(&self, brackets: &[Vec<Bracket>], rates: &[MarketRates]) -> Vec<AccountId> {
        let ids = (0..).map(AccountId);
        let below = ids.zip(&self.accounts).filter(|(_, one)| one.is_below(brackets, rates));
        below.map(|(id, _)| id).collect()
    }
}

impl Account {
    /// Equity against the requirement, leg by leg.
    pub fn is_below(&self, brackets: &[Vec<Bracket>], rates: &[MarketRates]) -> bool {
        let mut equity = self.cash;
        let (mut required, mut parts) = (0, 0);
        for position in &self.positions {
            let of = rates[position.market];
            equity += position.lots * (i128::from(of.gross) - i128::from(of.funding));
            let gross = position.lots.unsigned_abs() * u128::from(of.gross.unsigned_abs());
            add_required(&brackets[position.market], gross, &mut required, &mut parts);
        }
        equity < (required + u128::from(parts > 0)) as i128
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
