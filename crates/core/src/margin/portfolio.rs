//! What legs require together: linear legs by tiers, each on its own; the legs of an underlying
//! that options are held on, by scenario, as one portfolio.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::requirement::{Exact, Level, add_leg};
use super::scenario::{self, Expiry, Grid, Linear, OptionLeg, Parameters, Portfolio, VolMove};
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{MarketId, Time};
use crate::market::{self, Instrument, Leg, Market, RATE_UNIT};
use crate::oracle::Purpose;
use crate::units::Price;

/// Moves of the underlying: 30 % either way in steps of 5 %, as portfolio margins commonly have.
const SPOTS: [i32; 13] = [
    -300_000, -250_000, -200_000, -150_000, -100_000, -50_000, 0, 50_000, 100_000, 150_000,
    200_000, 250_000, 300_000,
];

/// Volatility moves by 40 % of itself at 30 days, less for longer and more for shorter times, by
/// the fourth root of the ratio, at most by all of it.
const GRID: Grid<'static> =
    Grid { spots: &SPOTS, vol: 400_000, vol_power_quarters: 1, vol_cap: 1_000_000 };

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
    let mut of_options = 0;
    for group in together(state, legs) {
        if group.options.is_empty() {
            for leg in &group.linear {
                add_leg(&mut exact, &state.markets, leg, level);
            }
        } else {
            of_options += of_portfolio(state, &group, level);
        }
    }
    exact.ceil() + of_options
}

/// What `legs` require at least to be kept, whatever the volatilities of those options are that
/// `unknown` names, rounded down: four fifths of what the linear legs beside such an option lose at
/// the worst move of the spot, less what the options there could make good. None gains more at a
/// move of the grid than twice what its underlying is worth: a call no more than that rises to, a
/// put no more than a call and the fall.
pub(crate) fn surely_required(state: &State, legs: &[Leg], unknown: &dyn Fn(&Leg) -> bool) -> u128 {
    let (mut known, mut surely) = (Vec::new(), 0);
    for group in together(state, legs.iter().copied()) {
        if !group.options.iter().any(unknown) {
            known.extend(group.options.iter().chain(&group.linear).copied());
            continue;
        }
        let Together { of, options, linear } = group;
        let spot = state.markets.market(of).and_then(|market| market.mark).unwrap_or(Price::MAX);
        let value = |leg: &Leg| {
            let lot = state.markets.market(leg.market).map_or(0, |found| found.value_at(spot));
            u128::from(leg.lots.size()) * lot.unsigned_abs()
        };
        let credit: u128 = options.iter().map(|leg| 2 * value(leg)).sum();
        let alone = Together { of, options: Vec::new(), linear };
        let loss = scenarios(state, &alone).map_or(0, |table| table.grid_loss / 5 * 4);
        surely += loss - credit.min(loss);
    }
    required(state, known.iter().copied(), Level::Maintenance) + surely
}

/// Legs that are valued together: options with what hedges them, or a linear leg alone.
pub(super) struct Together {
    /// The market the options are written on, or that of the leg.
    pub(super) of: MarketId,
    /// The options.
    pub(super) options: Vec<Leg>,
    /// The leg in that market, and futures that converge to its price.
    pub(super) linear: Vec<Leg>,
}

/// `legs` by what they are valued with, in the order of the markets. A future stands with options
/// on the market whose price it converges to; where there are none it stands alone, as any linear
/// leg.
pub(super) fn together(state: &State, legs: impl Iterator<Item = Leg>) -> Vec<Together> {
    let mut options: BTreeMap<MarketId, Vec<Leg>> = BTreeMap::new();
    let mut linear: Vec<Leg> = Vec::new();
    for leg in legs {
        match underlying(state, &leg) {
            Some(of) => options.entry(of).or_default().push(leg),
            None => linear.push(leg),
        }
    }
    let of_options = |(of, options)| Together { of, options, linear: Vec::new() };
    let mut groups: Vec<Together> = options.into_iter().map(of_options).collect();
    for leg in linear {
        let converges = state.markets.market(leg.market).and_then(Market::converges_to);
        let of_options = |of| {
            let stands = |group: &Together| !group.options.is_empty() && Some(group.of) == of;
            groups.iter().position(stands)
        };
        // Its own options come before those on the market it converges to.
        let place = of_options(Some(leg.market)).or_else(|| of_options(converges));
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => group.linear.push(leg),
            None => groups.push(Together {
                of: leg.market,
                options: Vec::new(),
                linear: [leg].to_vec(),
            }),
        }
    }
    groups.sort_by_key(|group| group.of);
    groups
}

/// The market an option leg is written on; nothing for a linear leg.
pub(crate) fn underlying(state: &State, leg: &Leg) -> Option<MarketId> {
    match state.markets.market(leg.market)?.spec.instrument {
        Instrument::Option { underlying, .. } => Some(underlying),
        Instrument::Perpetual | Instrument::Future { .. } => None,
    }
}

/// The scenario requirement of options on one underlying and the legs that hedge them. Where it
/// cannot be computed, because there is no volatility or a price is outside the pricer's domain,
/// the whole value of the underlying is required: what is not known is charged, never credited.
fn of_portfolio(state: &State, group: &Together, level: Level) -> u128 {
    match (scenarios(state, group), level) {
        (Some(known), Level::Initial) => known.initial,
        (Some(known), Level::Maintenance) => known.maintenance,
        (None, _) => {
            let market = state.markets.market(group.of);
            // Without a mark, the largest price the market admits.
            let most = |market: &Market| market.mark.unwrap_or(market.spec.max_price);
            let value = |leg: &Leg, price: &dyn Fn(&Market) -> Price| {
                let lot = |of: &Market| of.value_at(price(of)).unsigned_abs();
                u128::from(leg.lots.size()) * state.markets.market(leg.market).map_or(0, lot)
            };
            // An option is in ticks of its underlying, a future in its own.
            let spot = market.map_or(Price::ZERO, most);
            let options = group.options.iter().map(|leg| value(leg, &|_| spot));
            options.chain(group.linear.iter().map(|leg| value(leg, &most))).sum()
        }
    }
}

/// The scenario table of options with the legs that hedge them.
pub(super) fn scenarios(state: &State, group: &Together) -> Option<scenario::Requirement> {
    scenarios_over(state, group, &GRID)
}

/// As [`scenarios`], over another grid.
fn scenarios_over(
    state: &State,
    group: &Together,
    grid: &Grid<'_>,
) -> Option<scenario::Requirement> {
    let market = state.markets.market(group.of)?;
    let mut prices = Prices::of(market)?;
    let linear = group.linear.iter().map(|leg| prices.linear(state, group.of, leg));
    let linear: Vec<Linear> = linear.collect::<Option<_>>()?;
    let options = group.options.iter().map(|leg| prices.option(state, leg));
    let options: Vec<OptionLeg> = options.collect::<Option<_>>()?;
    let portfolio = Portfolio {
        spot: prices.spot,
        units_per_tick: prices.units_per_tick,
        expiries: &prices.expiries,
        linear: &linear,
        options: &options,
        depth: depth(state, market),
    };
    scenario::requirement(&portfolio, grid, &parameters(state, market)).ok()
}

/// The charges of a market's domain: maintenance is four fifths of initial, and a short option
/// holds at least 1 % of its underlying.
fn parameters(state: &State, market: &Market) -> Parameters {
    let value = |parameter| state.control.value(market.spec.domain, parameter);
    // The registry bounds both by one.
    let part = |parameter| u32::try_from(value(parameter)).unwrap_or(RATE_UNIT);
    Parameters {
        basis: part(Parameter::BasisCharge),
        concentration: part(Parameter::ConcentrationCharge),
        short_minimum: 10_000,
        maintenance: 800_000,
    }
}

/// What `market` takes in without moving much, in atoms of notional: the depth that its feed said
/// last, a lot at least. An old depth is better than none: a feed that fails liquidates nobody.
fn depth(state: &State, market: &Market) -> Option<u128> {
    let answer = state.oracle.answer(market.feeds.depth?, state.now())?;
    let lots = u128::from(answer.value?.lots().size()).max(1);
    lots.checked_mul(market.value_at(market.mark?).unsigned_abs())
}

/// Units of the pricer in a tick, of an underlying at `mark`.
pub(crate) fn units_per_tick(mark: Price) -> u64 {
    (UNITS / mark.ticks().max(1)).max(1)
}

/// The prices of an underlying, scaled for the pricer, and the expiries met so far.
struct Prices {
    spot: u64,
    units_per_tick: u64,
    expiries: Vec<Expiry>,
}

impl Prices {
    fn of(market: &Market) -> Option<Self> {
        let spot = market.mark?.ticks();
        let units_per_tick = units_per_tick(market.mark?);
        let spot = spot.checked_mul(units_per_tick)?;
        Some(Self { spot, units_per_tick, expiries: Vec::new() })
    }

    /// The place of the expiry `at` with `forward`.
    fn place(&mut self, state: &State, at: Time, forward: u64) -> usize {
        let expiry = Expiry { forward, millis: at.0.max(state.now().0) - state.now().0 };
        let known = self.expiries.iter().position(|known| *known == expiry);
        known.unwrap_or_else(|| {
            self.expiries.push(expiry);
            self.expiries.len() - 1
        })
    }

    /// A leg of the market `of` follows the spot; a future has a forward and a date of its own.
    fn linear(&mut self, state: &State, of: MarketId, leg: &Leg) -> Option<Linear> {
        let market = state.markets.market(leg.market)?;
        let (lots, atoms_per_tick) = (leg.lots.lots(), market.spec.unit);
        let expiry = match market.spec.instrument.expiry().filter(|_| leg.market != of) {
            Some(at) => {
                let forward = market.mark?.ticks().checked_mul(self.units_per_tick)?;
                Some(self.place(state, at, forward))
            }
            None => None,
        };
        Some(Linear { expiry, lots, atoms_per_tick })
    }

    /// An option's forward is the spot, whatever futures the account holds beside it: what others
    /// hold makes no option worth more. Its volatility is its own; at its expiry it needs none.
    fn option(&mut self, state: &State, leg: &Leg) -> Option<OptionLeg> {
        let spec = &state.markets.market(leg.market)?.spec;
        let Instrument::Option { strike, expiry, right, .. } = spec.instrument else { return None };
        let said = market::volatility_for(state, leg.market, Purpose::Mark)?;
        let is_over = expiry <= state.now();
        let volatility = if is_over { 0 } else { u32::try_from(said.ok()?).ok()? };
        Some(OptionLeg {
            expiry: self.place(state, expiry, self.spot),
            strike: strike.ticks().checked_mul(self.units_per_tick)?,
            right,
            volatility,
            lots: leg.lots.lots(),
            atoms_per_tick: spec.unit,
        })
    }
}

/// What a group gains at one move of the spot, in millionths, and of volatility by the grid's part;
/// nothing where it cannot be valued.
pub(super) fn profit_at(
    state: &State,
    group: &Together,
    (spot, vol): (i32, VolMove),
) -> Option<i128> {
    let spots = [spot];
    let table = scenarios_over(state, group, &Grid { spots: &spots, ..GRID })?;
    table.cells.iter().find(|cell| cell.vol == vol).map(|cell| cell.profit)
}

/// The scenario table of a linear leg alone: no volatility is needed for it.
pub(super) fn linear_table(state: &State, leg: &Leg) -> Option<scenario::Requirement> {
    let market = state.markets.market(leg.market)?;
    let mut prices = Prices::of(market)?;
    let portfolio = Portfolio {
        spot: prices.spot,
        units_per_tick: prices.units_per_tick,
        linear: &[prices.linear(state, leg.market, leg)?],
        expiries: &prices.expiries,
        options: &[],
        depth: None,
    };
    scenario::requirement(&portfolio, &GRID, &parameters(state, market)).ok()
}

/// The portfolios of `legs` that hold options: the underlying with its scenario table.
pub(crate) fn tables(state: &State, legs: &[Leg]) -> Vec<(MarketId, scenario::Requirement)> {
    let groups = together(state, legs.iter().copied()).into_iter();
    let groups = groups.filter(|group| !group.options.is_empty());
    groups.filter_map(|group| Some((group.of, scenarios(state, &group)?))).collect()
}

/// Whether the leg in `market` among `legs` is valued together with options.
pub(crate) fn with_an_option(state: &State, legs: &[Leg], market: MarketId) -> bool {
    // Most accounts hold none.
    if !legs.iter().any(|leg| underlying(state, leg).is_some()) {
        return false;
    }
    let holds = |group: &Together| {
        let mut all = group.options.iter().chain(&group.linear);
        !group.options.is_empty() && all.any(|leg| leg.market == market)
    };
    together(state, legs.iter().copied()).iter().any(holds)
}
