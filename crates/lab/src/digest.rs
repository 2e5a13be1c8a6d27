//! The canonical bytes of a world: every number in eight or sixteen little-endian bytes, every
//! list after its length.

use blake3::Hasher;
use rhodian_core::market::Instrument;
use rhodian_core::units::Price;

use crate::market::Market;
use crate::population::Population;
use crate::world::World;

struct Bytes<'a>(&'a mut Hasher);

impl Bytes<'_> {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn large(&mut self, number: u128) {
        self.0.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn prices(&mut self, prices: &[Price]) {
        self.number(prices.len() as u64);
        prices.iter().for_each(|price| self.number(price.ticks()));
    }
}

pub(crate) fn world(world: &World, hasher: &mut Hasher) {
    let mut bytes = Bytes(hasher);
    bytes.text(&world.name);
    bytes.number(world.seed.0);
    bytes.number(world.markets.len() as u64);
    world.markets.iter().for_each(|each| market(each, &mut bytes));
    population(&world.population, &mut bytes);
    bytes.number(world.path.len() as u64);
    for tick in world.path.ticks() {
        bytes.number(tick.at.0);
        bytes.number(tick.quotes.len() as u64);
        for quote in tick.quotes {
            bytes.number(u64::from(quote.market));
            bytes.number(quote.price.ticks());
        }
    }
    bytes.number(world.volatility.len() as u64);
    for quote in &world.volatility {
        for number in [quote.at.0, u64::from(quote.market), u64::from(quote.millionths)] {
            bytes.number(number);
        }
    }
}

fn market(market: &Market, bytes: &mut Bytes<'_>) {
    bytes.text(&market.name);
    match market.instrument {
        Instrument::Perpetual => bytes.number(0),
        Instrument::Future { expiry, .. } => {
            bytes.number(1);
            bytes.number(expiry.0);
        }
        Instrument::Option { underlying, strike, expiry, right } => {
            let numbers = [2, u64::from(underlying.0), strike.ticks(), expiry.0, right as u64];
            numbers.into_iter().for_each(|number| bytes.number(number));
        }
    }
    bytes.number(market.base.map_or(0, |base| u64::from(base) + 1));
    for number in [market.tick.units(), market.lot.units(), market.atoms_per_tick_lot] {
        bytes.number(number);
    }
    bytes.prices(&[market.start, market.max_price]);
    bytes.number(market.schedule.tiers().len() as u64);
    for tier in market.schedule.tiers() {
        bytes.large(tier.above.atoms());
        bytes.number(u64::from(tier.initial));
        bytes.number(u64::from(tier.maintenance));
    }
}

fn population(population: &Population, bytes: &mut Bytes<'_>) {
    bytes.number(u64::from(population.owners));
    bytes.number(population.accounts.len() as u64);
    for (place, account) in (0..).zip(&population.accounts) {
        for number in [account.owner, account.kind as u32, account.cohort as u32, account.round] {
            bytes.number(u64::from(number));
        }
        bytes.large(account.deposit.atoms());
        let legs = population.legs(place);
        bytes.number(legs.len() as u64);
        for leg in legs {
            bytes.number(u64::from(leg.market));
            bytes.number(leg.lots.lots().cast_unsigned());
        }
    }
    bytes.number(population.rounds.len() as u64);
    for round in &population.rounds {
        bytes.number(round.at.0);
        bytes.prices(&round.marks);
        bytes.number(u64::from(round.accounts.end));
        bytes.number(round.fills.end as u64);
    }
    bytes.number(population.fills.len() as u64);
    for fill in &population.fills {
        for number in [fill.market, fill.buyer, fill.seller] {
            bytes.number(u64::from(number));
        }
        bytes.number(fill.lots.size());
        bytes.number(fill.price.ticks());
    }
}
