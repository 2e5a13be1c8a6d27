//! What legs require together: linear legs by tiers, each on its own; the legs of an underlying
//! that options are held on, by scenario, as one portfolio.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::requirement::{Exact, Level, add_leg};
use super::scenario::{self, Expiry, Grid, Linear, OptionLeg, Parameters, Portfolio, VolMove};
use crate::engine::State;
use crate::ids::MarketId;
use crate::market::{Instrument, Leg, Market};
use crate::oracle::Purpose;

/// Moves of the underlying: 30 % either way in steps of 5 %, as portfolio margins commonly have.
const SPOTS: [i32; 13] = [
    -300_000, -250_000, -200_000, -150_000, -100_000, -50_000, 0, 50_000, 100_000, 150_000,
    200_000, 250_000, 300_000,
];

/// Volatility moves by 40 % of itself at 30 days, less for longer and more for shorter times, by
/// the fourth root of the ratio, at most by all of it.
const GRID: Grid<'static> =
    Grid { spots: &SPOTS, vol: 400_000, vol_power_quarters: 1, vol_cap: 1_000_000 };

/// A short option holds at least 1 % of its underlying; a hedge across expiries 2 %; maintenance is
/// four fifths of initial.
const PARAMETERS: Parameters =
    Parameters { basis: 20_000, concentration: 0, short_minimum: 10_000, maintenance: 800_000 };

/// Prices are scaled to about this many units, so that the pricer's steps are small beside them.
const UNITS: u64 = 1 << 40;

/// What `legs` require, in atoms, rounded up.
pub(crate) fn required(
    state: &State,
    legs: impl Iterator<Item = Leg> + Clone,
    level: Level,
) -> u128 {
    let mut exact = Exact::default();
    if legs.clone().all(|leg| add_leg(&mut exact, &state.markets, &leg, level)) {
        return exact.ceil();
    }
    with_options(state, legs, level)
}

/// What legs require among which there are options.
fn with_options(state: &State, legs: impl Iterator<Item = Leg>, level: Level) -> u128 {
    let mut exact = Exact::default();
    let mut options: BTreeMap<MarketId, Vec<Leg>> = BTreeMap::new();
    let mut linear: Vec<Leg> = Vec::new();
    for leg in legs {
        match underlying(state, &leg) {
            Some(of) => options.entry(of).or_default().push(leg),
            None => linear.push(leg),
        }
    }
    for leg in &linear {
        if !options.contains_key(&leg.market) {
            add_leg(&mut exact, &state.markets, leg, level);
        }
    }
    let of_options = options.iter().map(|(of, legs)| {
        let hedge = linear.iter().find(|leg| leg.market == *of);
        of_portfolio(state, *of, legs, hedge, level)
    });
    exact.ceil() + of_options.sum::<u128>()
}

/// The market an option leg is written on; nothing for a linear leg.
pub(crate) fn underlying(state: &State, leg: &Leg) -> Option<MarketId> {
    match state.markets.market(leg.market)?.spec.instrument {
        Instrument::Option { underlying, .. } => Some(underlying),
        Instrument::Perpetual | Instrument::Future { .. } => None,
    }
}

/// The scenario requirement of options on one underlying and the leg that hedges them. Where it
/// cannot be computed, because there is no volatility or a price is outside the pricer's domain,
/// the whole value of the underlying is required: what is not known is charged, never credited.
fn of_portfolio(
    state: &State,
    of: MarketId,
    legs: &[Leg],
    hedge: Option<&Leg>,
    level: Level,
) -> u128 {
    let known = scenarios(state, of, legs, hedge);
    match (known, level) {
        (Some(known), Level::Initial) => known.initial,
        (Some(known), Level::Maintenance) => known.maintenance,
        (None, _) => {
            let market = state.markets.market(of);
            // Without a mark, the largest price the market admits.
            let most = |market: &Market| market.mark.unwrap_or(market.spec.max_price);
            let lot = market.map_or(0, |market| market.value_at(most(market)));
            let lots: u128 = legs.iter().chain(hedge).map(|leg| u128::from(leg.lots.size())).sum();
            lots * lot.unsigned_abs()
        }
    }
}

/// The scenario table of options on the market `of` with the leg that hedges them.
pub(crate) fn scenarios(
    state: &State,
    of: MarketId,
    legs: &[Leg],
    hedge: Option<&Leg>,
) -> Option<scenario::Requirement> {
    scenarios_over(state, of, legs, hedge, &GRID)
}

/// As [`scenarios`], over another grid.
fn scenarios_over(
    state: &State,
    of: MarketId,
    legs: &[Leg],
    hedge: Option<&Leg>,
    grid: &Grid<'_>,
) -> Option<scenario::Requirement> {
    let market = state.markets.market(of)?;
    let spot = market.mark?.ticks();
    let units_per_tick = (UNITS / spot.max(1)).max(1);
    let forward = spot.checked_mul(units_per_tick)?;
    let feed = market.feeds.volatility?;
    let volatility = state.oracle.volatility_for(feed, Purpose::Mark, state.now()).ok()?;
    let volatility = u32::try_from(volatility).ok()?;
    let mut expiries: Vec<Expiry> = Vec::new();
    let mut options: Vec<OptionLeg> = Vec::new();
    for leg in legs {
        let found = state.markets.market(leg.market)?;
        let Instrument::Option { strike, expiry, right, .. } = found.spec.instrument else {
            continue;
        };
        let millis = expiry.0.max(state.now().0) - state.now().0;
        let at = Expiry { forward, millis };
        let place = expiries.iter().position(|known| *known == at).unwrap_or(expiries.len());
        if place == expiries.len() {
            expiries.push(at);
        }
        options.push(OptionLeg {
            expiry: place,
            strike: strike.ticks().checked_mul(units_per_tick)?,
            right,
            volatility,
            lots: leg.lots.lots(),
            atoms_per_tick: found.spec.unit,
        });
    }
    let linear: Vec<Linear> = hedge.into_iter().map(|leg| linear_leg(market, leg)).collect();
    let portfolio = Portfolio {
        spot: forward,
        units_per_tick,
        expiries: &expiries,
        linear: &linear,
        options: &options,
        depth: None,
    };
    scenario::requirement(&portfolio, grid, &PARAMETERS).ok()
}

/// What options on the market `of` with the leg that hedges them gain at one move of the spot, in
/// millionths, and of volatility by the grid's part; nothing where they cannot be valued.
pub(super) fn profit_at(
    state: &State,
    of: MarketId,
    legs: &[Leg],
    hedge: Option<&Leg>,
    (spot, vol): (i32, VolMove),
) -> Option<i128> {
    let spots = [spot];
    let table = scenarios_over(state, of, legs, hedge, &Grid { spots: &spots, ..GRID })?;
    table.cells.iter().find(|cell| cell.vol == vol).map(|cell| cell.profit)
}

/// The scenario table of a linear leg alone: no volatility is needed for it.
pub(super) fn linear_table(state: &State, leg: &Leg) -> Option<scenario::Requirement> {
    let market = state.markets.market(leg.market)?;
    let spot = market.mark?.ticks();
    let units_per_tick = (UNITS / spot.max(1)).max(1);
    let portfolio = Portfolio {
        spot: spot.checked_mul(units_per_tick)?,
        units_per_tick,
        expiries: &[],
        linear: &[linear_leg(market, leg)],
        options: &[],
        depth: None,
    };
    scenario::requirement(&portfolio, &GRID, &PARAMETERS).ok()
}

fn linear_leg(market: &Market, leg: &Leg) -> Linear {
    Linear { expiry: None, lots: leg.lots.lots(), atoms_per_tick: market.spec.unit }
}

/// The portfolios of `legs` that hold options: the underlying with its scenario table.
pub(crate) fn tables(state: &State, legs: &[Leg]) -> Vec<(MarketId, scenario::Requirement)> {
    let mut of: Vec<MarketId> = legs.iter().filter_map(|leg| underlying(state, leg)).collect();
    of.sort_unstable();
    of.dedup();
    let table = |of: MarketId| {
        let options: Vec<Leg> =
            legs.iter().filter(|leg| underlying(state, leg) == Some(of)).copied().collect();
        let hedge = legs.iter().find(|leg| leg.market == of);
        Some((of, scenarios(state, of, &options, hedge)?))
    };
    of.into_iter().filter_map(table).collect()
}
