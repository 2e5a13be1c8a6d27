//! Scenario margin: a portfolio on one underlying, priced again at every move of a grid.
//!
//! The spot moves by each of a list of parts of itself, every forward with it; volatility rises,
//! stays or falls by a part that grows for near expiries as (30 days / time)^p, up to a cap. Each
//! move gives a profit or loss of the whole portfolio, options by Black's formula and linear legs
//! by their forward. With the worst of them:
//!
//! ```text
//! initial     = max(worst loss, minimum for short options) + basis + concentration
//! maintenance = a part of initial without concentration
//! ```
//!
//! **Basis**: the grid moves all forwards together, so a future against spot looks safe; if they
//! fail to converge it is not. What longs of one expiry hedge of shorts of another is charged a
//! part of itself, pair by pair. **Concentration**: deltas, netted within an expiry only, are
//! charged in proportion to their square over the market's depth, since leaving takes trades in
//! each expiry. It is asked to open and not to keep: depth is other people's, who may withdraw it.
//!
//! Everything is rounded against the trader: a profit down, a loss and a charge up, and an option's
//! change of value by one unit more than its two prices say, as each is right to half of one. A
//! value beyond the pricer's domain after a move counts as its no-arbitrage bound: the payoff for
//! a long, forward or strike for a short.

use alloc::vec::Vec;

use crate::market::Right;
use crate::pricing::{
    Greeks, Level, MAX_VOLATILITY, MIN_VOLATILITY, OutsideDomain, TimeToExpiry, Vanilla, Volatility,
};
use crate::wide::{mul_div_ceil, mul_div_floor};

mod addons;
mod input;

pub use addons::{BasisPair, Tenor};
pub use input::{Expiry, Fault, Grid, Linear, OptionLeg, Parameters, Portfolio, VolMove};

const MILLION: u128 = 1_000_000;

/// What the portfolio gains at one move of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The move of the spot, in millionths of it.
    pub spot: i32,
    /// The move of volatility.
    pub vol: VolMove,
    /// The profit, or the loss below zero, in atoms; rounded down.
    pub profit: i128,
}

/// The sensitivities of a portfolio, in atoms, rounded down: as of [`Greeks`], for one relative
/// move of the spot, one of volatility (100 percentage points) and one year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sensitivities {
    /// Change of value for one relative move of the spot: for a linear leg its notional.
    pub delta: i128,
    /// Change of delta for one relative move.
    pub gamma: i128,
    /// Change of value for volatility higher by one.
    pub vega: i128,
    /// Change of delta for volatility higher by one.
    pub vanna: i128,
    /// Change of value as one year passes.
    pub theta: i128,
}

/// How much faster than delta says a portfolio loses: its loss at the worst move of the grid,
/// beside what delta alone predicts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceleration {
    /// The loss at the worst move, in atoms; zero where no move loses.
    pub loss: u128,
    /// The loss by delta alone at the same move of the spot; below zero a profit.
    pub delta_loss: i128,
}

impl Acceleration {
    /// The loss at `cell` against what `greeks` foretell there by delta alone; nothing beyond 127
    /// bits.
    pub(crate) fn at(cell: &Cell, greeks: &Sensitivities) -> Option<Self> {
        let predicted = greeks.delta.checked_mul(i128::from(cell.spot))?;
        let loss = u128::try_from(-cell.profit).unwrap_or(0);
        Some(Self { loss, delta_loss: -predicted.div_euclid(1_000_000) })
    }

    /// The loss as a multiple of the delta-only loss, in millionths, rounded up; nothing where
    /// delta alone predicts no loss, so that any loss is all acceleration.
    ///
    /// ```
    /// use rhodian_core::margin::scenario::Acceleration;
    /// assert_eq!(Acceleration { loss: 30, delta_loss: 20 }.millionths(), Some(1_500_000));
    /// assert_eq!(Acceleration { loss: 30, delta_loss: -5 }.millionths(), None);
    /// ```
    #[must_use]
    pub fn millionths(self) -> Option<u128> {
        let delta_loss = u128::try_from(self.delta_loss).ok().filter(|loss| *loss > 0)?;
        mul_div_ceil(self.loss, MILLION, delta_loss)
    }

    /// Whether the portfolio loses more than delta alone says.
    #[must_use]
    pub fn is_faster(self) -> bool {
        u128::try_from(self.delta_loss).map_or(self.loss > 0, |delta_loss| self.loss > delta_loss)
    }
}

/// What a portfolio must hold, with the table it comes from. All amounts in atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Every move, volatility by volatility, spots in the grid's order.
    pub cells: Vec<Cell>,
    /// The place of the worst move among the cells: the first of the lowest profit.
    pub worst: usize,
    /// The loss there, at least zero.
    pub grid_loss: u128,
    /// What short options need at least, in place of a smaller loss of the grid.
    pub short_minimum: u128,
    /// What hedges across expiries were found, each with its charge.
    pub basis_pairs: Vec<BasisPair>,
    /// Their sum.
    pub basis: u128,
    /// The charge on size against depth.
    pub concentration: u128,
    /// To open.
    pub initial: u128,
    /// To keep: a part of it, but for the charge on size.
    pub maintenance: u128,
    /// The sensitivities before any move.
    pub greeks: Sensitivities,
    /// The loss at the worst move against delta alone.
    pub acceleration: Acceleration,
}

/// What `portfolio` must hold under `grid` and `parameters`.
///
/// Refused are a base that the pricer does not admit, an expiry that is not there, and sizes whose
/// sums would pass 127 bits.
pub fn requirement(
    portfolio: &Portfolio<'_>,
    grid: &Grid<'_>,
    parameters: &Parameters,
) -> Result<Requirement, Fault> {
    input::check(portfolio, grid, parameters)?;
    let base = Base::new(portfolio)?;
    let mut cells = Vec::with_capacity(VolMove::ALL.len() * grid.spots.len());
    for vol in VolMove::ALL {
        for &spot in grid.spots {
            let profit = base.profit(grid, spot, vol)?;
            cells.push(Cell { spot, vol, profit });
        }
    }
    let (worst, cell) =
        cells.iter().enumerate().min_by_key(|(_, cell)| cell.profit).ok_or(Fault::EmptyGrid)?;
    let grid_loss = u128::try_from(-cell.profit).unwrap_or(0);
    let (greeks, tenors) = base.greeks()?;
    let acceleration = Acceleration::at(cell, &greeks).ok_or(Fault::TooLarge)?;

    let short_minimum = addons::short_minimum(portfolio, parameters.short_minimum)?;
    let basis_pairs = addons::basis_pairs(&tenors, parameters.basis)?;
    let basis = basis_pairs.iter().try_fold(0u128, |sum, pair| sum.checked_add(pair.charge));
    let basis = basis.ok_or(Fault::TooLarge)?;
    let concentration = addons::concentration(&tenors, portfolio.depth, parameters.concentration)?;
    let kept = grid_loss.max(short_minimum).checked_add(basis).ok_or(Fault::TooLarge)?;
    let initial = kept.checked_add(concentration).ok_or(Fault::TooLarge)?;
    // Depth that others withdraw makes opening dearer, and liquidates nobody.
    let maintenance =
        mul_div_ceil(kept, u128::from(parameters.maintenance), MILLION).ok_or(Fault::TooLarge)?;
    Ok(Requirement {
        worst,
        grid_loss,
        short_minimum,
        basis_pairs,
        basis,
        concentration,
        initial,
        maintenance,
        greeks,
        acceleration,
        cells,
    })
}

/// One option leg before any move.
struct Priced {
    leg: OptionLeg,
    strike: Level,
    time: TimeToExpiry,
    value: u64,
    greeks: Greeks,
}

/// The portfolio before any move. Sums are of atoms times `units`, the units of a tick, so that
/// nothing is rounded before the end.
struct Base<'a> {
    portfolio: &'a Portfolio<'a>,
    options: Vec<Priced>,
    units: i128,
}

impl<'a> Base<'a> {
    fn new(portfolio: &'a Portfolio<'a>) -> Result<Self, Fault> {
        let priced = |(i, leg): (usize, &OptionLeg)| {
            let outside = |why| Fault::Option { leg: i, why };
            let expiry = portfolio.expiries.get(leg.expiry).ok_or(Fault::Expiry { leg: i })?;
            let strike = Level::new(leg.strike).map_err(outside)?;
            let forward = Level::new(expiry.forward).map_err(outside)?;
            let volatility = Volatility::new(leg.volatility).map_err(outside)?;
            let time = TimeToExpiry::from_millis(expiry.millis).map_err(outside)?;
            let option = Vanilla { forward, strike, volatility, time };
            let (prices, greeks) = option.prices_and_greeks().map_err(outside)?;
            Ok(Priced { leg: *leg, strike, time, value: prices.of(leg.right), greeks })
        };
        let options = portfolio.options.iter().enumerate().map(priced).collect::<Result<_, _>>()?;
        Ok(Self { portfolio, options, units: i128::from(portfolio.units_per_tick) })
    }

    /// The profit at one move, in atoms.
    fn profit(&self, grid: &Grid<'_>, spot: i32, vol: VolMove) -> Result<i128, Fault> {
        let mut sum = 0i128;
        for leg in self.portfolio.linear {
            let forward = self.forward(leg.expiry)?;
            let change = i128::from(moved(forward, spot)) - i128::from(forward);
            sum = gain(sum, leg.lots, leg.atoms_per_tick, change)?;
        }
        for priced in &self.options {
            let value = self.moved_value(priced, grid, spot, vol)?;
            let mut change = i128::from(value) - i128::from(priced.value);
            if spot != 0 || vol != VolMove::None {
                // Two prices, each right to half a unit.
                change -= i128::from(priced.leg.lots.signum());
            }
            sum = gain(sum, priced.leg.lots, priced.leg.atoms_per_tick, change)?;
        }
        Ok(sum.div_euclid(self.units))
    }

    /// The price of an option after a move, in units.
    fn moved_value(
        &self,
        priced: &Priced,
        grid: &Grid<'_>,
        spot: i32,
        vol: VolMove,
    ) -> Result<u64, Fault> {
        let forward = moved(self.forward(Some(priced.leg.expiry))?, spot);
        let millionths = grid.moved_volatility(priced.leg.volatility, priced.time.millis(), vol);
        let reprice = || -> Result<u64, OutsideDomain> {
            let option = Vanilla {
                forward: Level::new(forward)?,
                strike: priced.strike,
                volatility: Volatility::new(millionths)?,
                time: priced.time,
            };
            Ok(option.prices()?.of(priced.leg.right))
        };
        Ok(reprice().unwrap_or_else(|_| bound(&priced.leg, forward)))
    }

    /// The forward of an expiry, or the spot, in units.
    fn forward(&self, expiry: Option<usize>) -> Result<u64, Fault> {
        let Some(place) = expiry else { return Ok(self.portfolio.spot) };
        let expiry = self.portfolio.expiries.get(place);
        expiry.map(|expiry| expiry.forward).ok_or(Fault::Expiry { leg: place })
    }

    /// The sensitivities of all legs, and the delta of spot and of each date.
    fn greeks(&self) -> Result<(Sensitivities, Vec<Tenor>), Fault> {
        let mut sums = Sensitivities::default();
        let mut deltas = Vec::from([0i128]);
        deltas.resize(1 + self.portfolio.expiries.len(), 0);
        // Forwards of one date are one tenor: they end at one price.
        let expiries = self.portfolio.expiries;
        let date = |place: usize| {
            let millis = expiries.get(place).map(|expiry| expiry.millis);
            expiries.iter().position(|expiry| Some(expiry.millis) == millis).unwrap_or(place)
        };
        let mut add_delta = |expiry: Option<usize>, lots, atoms, delta| {
            let place = expiry.map_or(0, |place| date(place) + 1);
            let sum = deltas.get_mut(place).ok_or(Fault::Expiry { leg: place })?;
            *sum = gain(*sum, lots, atoms, delta)?;
            Ok(())
        };
        for leg in self.portfolio.linear {
            let forward = i128::from(self.forward(leg.expiry)?);
            add_delta(leg.expiry, leg.lots, leg.atoms_per_tick, forward)?;
        }
        for Priced { leg, greeks, .. } in &self.options {
            let delta = i128::from(greeks.delta(leg.right));
            add_delta(Some(leg.expiry), leg.lots, leg.atoms_per_tick, delta)?;
            for (sum, greek) in [
                (&mut sums.gamma, greeks.gamma),
                (&mut sums.vega, greeks.vega),
                (&mut sums.vanna, greeks.vanna),
                (&mut sums.theta, greeks.theta),
            ] {
                *sum = gain(*sum, leg.lots, leg.atoms_per_tick, greek)?;
            }
        }
        sums.delta = deltas
            .iter()
            .try_fold(0i128, |sum, delta| sum.checked_add(*delta))
            .ok_or(Fault::TooLarge)?;
        let atoms = |sum: i128| sum.div_euclid(self.units);
        let greeks = Sensitivities {
            delta: atoms(sums.delta),
            gamma: atoms(sums.gamma),
            vega: atoms(sums.vega),
            vanna: atoms(sums.vanna),
            theta: atoms(sums.theta),
        };
        let tenors = deltas
            .iter()
            .enumerate()
            .map(|(place, delta)| Tenor { expiry: place.checked_sub(1), delta: atoms(*delta) });
        Ok((greeks, tenors.collect()))
    }
}

/// `sum` + lots x atoms of a tick x `change`.
fn gain(sum: i128, lots: i64, atoms_per_tick: u64, change: i128) -> Result<i128, Fault> {
    let atoms = i128::from(lots) * i128::from(atoms_per_tick);
    atoms.checked_mul(change).and_then(|gain| sum.checked_add(gain)).ok_or(Fault::TooLarge)
}

/// A level after a move of so many millionths of it, rounded down; at least one unit.
fn moved(level: u64, millionths: i32) -> u64 {
    // Checked before: above -1 and at most ten, so the factor is above zero and below 2^24.
    let factor = u128::try_from(1_000_000 + i64::from(millionths)).unwrap_or(0);
    let moved = mul_div_floor(u128::from(level), factor, MILLION).unwrap_or(0);
    u64::try_from(moved).unwrap_or(u64::MAX).max(1)
}

/// What an option cannot pass, against its holder.
fn bound(leg: &OptionLeg, forward: u64) -> u64 {
    let larger = forward.max(leg.strike);
    match (leg.right, leg.lots > 0) {
        (Right::Call, true) => larger - leg.strike,
        (Right::Put, true) => larger - forward,
        (Right::Call, false) => forward,
        (Right::Put, false) => leg.strike,
    }
}

impl Grid<'_> {
    /// The part by which volatility moves at an expiry so far away, in millionths: the stated part
    /// times (30 days / time)^(quarters / 4), at most the cap; rounded down. Within the last hour
    /// the time counts as an hour.
    ///
    /// ```
    /// use rhodian_core::margin::scenario::Grid;
    /// let day = 86_400_000;
    /// let grid = Grid { spots: &[0], vol: 250_000, vol_power_quarters: 2, vol_cap: 900_000 };
    /// assert_eq!(grid.vol_part(30 * day), 250_000);
    /// assert_eq!(grid.vol_part(120 * day), 125_000);
    /// assert_eq!(grid.vol_part(day), 900_000);
    /// ```
    #[must_use]
    pub fn vol_part(&self, millis: u64) -> u32 {
        let month = u128::from(30 * 24 * 3_600_000u32);
        let time = u128::from(millis.max(3_600_000));
        // (month / time)^quarters with 24 decimal places: at most 720^4 x 10^24, below 2^118. Its
        // fourth root has six.
        let mut power = MILLION.pow(4);
        for _ in 0..self.vol_power_quarters {
            power = mul_div_floor(power, month, time).unwrap_or(u128::MAX);
        }
        let part = u128::from(self.vol) * power.isqrt().isqrt() / MILLION;
        u32::try_from(part).map_or(self.vol_cap, |part| part.min(self.vol_cap))
    }

    /// A volatility after a move, in millionths, kept inside the pricer's domain.
    fn moved_volatility(&self, millionths: u32, millis: u64, vol: VolMove) -> u32 {
        let part = u64::from(self.vol_part(millis));
        let million = 1_000_000;
        let factor = match vol {
            VolMove::None => return millionths,
            VolMove::Up => million + part,
            VolMove::Down => million - part.min(million),
        };
        if millionths == 0 {
            return 0;
        }
        let moved = u64::from(millionths) * factor / million;
        let inside = moved.clamp(u64::from(MIN_VOLATILITY), u64::from(MAX_VOLATILITY));
        u32::try_from(inside).unwrap_or(MAX_VOLATILITY)
    }
}
