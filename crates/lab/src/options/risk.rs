//! What options are worth at a moment, and what a lot of one can lose.

use rhodian_core::ids::Time;
use rhodian_core::market::{Instrument, Right};
use rhodian_core::units::Price;

use super::columns::{BLOCK, Columns, PriceBlock, Row};
use crate::instructions::Instructions;
use crate::market::Market;
use crate::path::simulate::YEAR_MS;
use crate::path::whole_ticks;

/// What one lot of an option can lose in the lab's scenarios, in atoms, above zero. No offset
/// between legs is counted, so the sum over legs bounds any portfolio margin on a grid within this
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LotRisk {
    pub long_initial: u128,
    pub short_initial: u128,
    pub long_maintenance: u128,
    pub short_maintenance: u128,
}

/// Scenarios of initial margin: moves of the base, and multiples of its volatility.
const INITIAL: ([f64; 4], [f64; 2]) = ([-0.3, -0.15, 0.15, 0.3], [0.6, 1.5]);
/// Scenarios of maintenance margin.
const MAINTENANCE: ([f64; 4], [f64; 2]) = ([-0.2, -0.1, 0.1, 0.2], [0.7, 1.3]);
/// Rows of an option: its price, then those of the scenarios.
const ROWS: usize = 17;

/// The options among `markets`, each with its place, its price and its risk at a moment.
pub(crate) fn priced(
    markets: &[Market],
    marks: &[Price],
    volatilities: &[f64],
    at: Time,
) -> Vec<(usize, Price, LotRisk)> {
    let mut columns = Columns::default();
    let mut rights = Vec::new();
    for (place, market) in markets.iter().enumerate() {
        let Instrument::Option { underlying, strike, expiry, right } = market.instrument else {
            continue;
        };
        let base = underlying.0 as usize;
        // An expired option is worth what exercise gives at the mark.
        let left = if at < expiry { (expiry.0 - at.0) as f64 / YEAR_MS } else { 0.0 };
        let volatility = volatilities[base];
        let strike = strike.ticks() as f64;
        for (shift, multiple) in scenarios() {
            let forward = marks[base].ticks() as f64 * (1.0 + shift);
            let log = libm::log(forward / strike);
            let volatility = volatility * multiple;
            columns.push(Row { forward, strike, log, volatility, root: left.sqrt() });
        }
        rights.push((place, right));
    }
    let blocks = columns.prices(Instructions::Best);
    let options = rights.iter().enumerate();
    options
        .map(|(option, &(place, right))| {
            let price = |row| price_at(&blocks, option * ROWS + row, right);
            let (mark, risk) = risk_of(markets[place].atoms_per_tick_lot.into(), price);
            (place, mark, risk)
        })
        .collect()
}

/// Moves and multiples, row by row.
fn scenarios() -> impl Iterator<Item = (f64, f64)> {
    let grid = [INITIAL, MAINTENANCE].into_iter().flat_map(|(moves, multiples)| {
        moves.into_iter().flat_map(move |shift| multiples.map(|multiple| (shift, multiple)))
    });
    core::iter::once((0.0, 1.0)).chain(grid)
}

fn price_at(blocks: &[PriceBlock], row: usize, right: Right) -> f64 {
    let block = &blocks[row / BLOCK];
    match right {
        Right::Call => block.call[row % BLOCK],
        Right::Put => block.put[row % BLOCK],
    }
}

/// The mark, and the most that a lot of `atoms` a tick loses from it, by prices of rows in ticks.
fn risk_of(atoms: u128, price: impl Fn(usize) -> f64) -> (Price, LotRisk) {
    let mark = whole_ticks(price(0));
    let extremes = |rows: core::ops::Range<usize>| {
        let (low, high) = rows.map(&price).fold((f64::INFINITY, 0.0), extend);
        // Rounded outwards to whole ticks, and by a tick at least.
        let (low, high) = (whole_ticks(libm::floor(low)).ticks() - 1, libm::ceil(high));
        let rise = whole_ticks(high).ticks().max(mark.ticks() + 1) - mark.ticks();
        let fall = (mark.ticks() - low.min(mark.ticks() - 1)).max(1);
        (u128::from(fall) * atoms, u128::from(rise) * atoms)
    };
    let (long_initial, short_initial) = extremes(1..9);
    let (long_maintenance, short_maintenance) = extremes(9..ROWS);
    (mark, LotRisk { long_initial, short_initial, long_maintenance, short_maintenance })
}

fn extend((low, high): (f64, f64), price: f64) -> (f64, f64) {
    (low.min(price), high.max(price))
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::{MarketId, Time};
    use rhodian_core::market::{Instrument, Right};
    use rhodian_core::units::Price;

    use super::{INITIAL, MAINTENANCE, priced};
    use crate::market::Market;
    use crate::normal::normal_cdf;
    use crate::path::simulate::YEAR_MS;
    use crate::path::whole_ticks;
    use crate::seed::Seed;
    use crate::world::Simulated;

    /// Black's formula as it is written, by another normal distribution function.
    fn black(right: Right, forward: f64, strike: f64, deviation: f64) -> f64 {
        let sign = if right == Right::Call { 1.0 } else { -1.0 };
        let exercise = (sign * (forward - strike)).max(0.0);
        if deviation <= 0.0 {
            return exercise;
        }
        let above = libm::log(forward / strike) / deviation + 0.5 * deviation;
        let gets = forward * normal_cdf(sign * above);
        let pays = strike * normal_cdf(sign * (above - deviation));
        (sign * (gets - pays)).max(exercise)
    }

    /// The mark in ticks, then the falls and rises of initial and of maintenance margin.
    fn model(right: Right, forward: f64, strike: f64, volatility: f64, root: f64) -> [u64; 5] {
        let mark = whole_ticks(black(right, forward, strike, volatility * root)).ticks();
        let mut words = [mark, 1, 1, 1, 1];
        for (at, (moves, multiples)) in [(1, INITIAL), (3, MAINTENANCE)] {
            for (shift, multiple) in moves.iter().flat_map(|m| multiples.map(|by| (*m, by))) {
                let deviation = volatility * multiple * root;
                let price = black(right, forward * (1.0 + shift), strike, deviation);
                let fall = mark as f64 - (libm::floor(price).max(1.0) - 1.0);
                let rise = libm::ceil(price) - mark as f64;
                words[at] = words[at].max(fall as u64);
                words[at + 1] = words[at + 1].max(rise as u64);
            }
        }
        words
    }

    /// Columns of many options, all at once, against one option after another. Where a price is
    /// whole but for the last bit of a float, rounding outwards may add a tick in one of the two.
    #[test]
    fn marks_and_risks_are_those_of_options_one_by_one() {
        let perpetual = Simulated::book(60).draw(Seed(1)).unwrap().markets[0].clone();
        let (volatility, day) = (0.65, 86_400_000);
        let (mut markets, mut compared, mut differing) = (vec![perpetual.clone()], 0, 0);
        for strike in (1..=120).map(|step| Price::new(step * step * 1_501).unwrap()) {
            for expiry in [1, day, 30 * day, 365 * day].map(Time) {
                for right in [Right::Call, Right::Put] {
                    let underlying = MarketId(0);
                    let instrument = Instrument::Option { underlying, strike, expiry, right };
                    markets.push(Market { instrument, ..perpetual.clone() });
                }
            }
        }
        for forward in [1, 7_919, 100_003, 1_000_000, 6_000_000] {
            let marks = vec![Price::new(forward).unwrap(); markets.len()];
            let volatilities = vec![volatility; markets.len()];
            for (place, mark, risk) in priced(&markets, &marks, &volatilities, Time(1)) {
                let market: &Market = &markets[place];
                let Instrument::Option { strike, expiry, right, .. } = market.instrument else {
                    panic!("{place} is no option");
                };
                let root = ((expiry.0 - 1) as f64 / YEAR_MS).sqrt();
                let strike = strike.ticks() as f64;
                let ticks = model(right, forward as f64, strike, volatility, root);
                let got = [
                    risk.long_initial,
                    risk.short_initial,
                    risk.long_maintenance,
                    risk.short_maintenance,
                ];
                assert_eq!(mark.ticks(), ticks[0], "{strike} {right:?} at {forward}");
                for (atoms, ticks) in got.into_iter().zip(&ticks[1..]) {
                    let got = atoms / u128::from(market.atoms_per_tick_lot);
                    let apart = got.abs_diff(u128::from(*ticks));
                    assert!(apart <= 1, "{got} for {ticks}: {strike} {right:?} at {forward}");
                    differing += usize::from(apart > 0);
                }
                compared += 1;
            }
        }
        assert_eq!(compared, 5 * 120 * 4 * 2);
        assert!(differing <= 4, "{differing} of {} differ", 4 * compared);
    }
}
