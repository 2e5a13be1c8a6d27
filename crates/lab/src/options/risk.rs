//! What options are worth at a moment, and what a lot of one can lose.

use rhodian_core::ids::Time;
use rhodian_core::market::{Instrument, Right};
use rhodian_core::units::Price;

use super::columns::{BLOCK, Columns, Instructions, PriceBlock, Row};
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
