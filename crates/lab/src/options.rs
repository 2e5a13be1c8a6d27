//! European options of a world: their prices in floats, the margin a deposit is computed from,
//! and which are listed.
//!
//! Options are priced by Black's formula of 1976 with the base's mark as forward and no interest,
//! at one volatility per base. The engine prices them itself, in integers; these prices are what
//! fills of the past were made at, and what deposits are sized by.
//!
//! **When it is false**: real volatility differs by strike and expiry, and most in a crash; and a
//! fill is made at a spread around the model's price.

use rhodian_core::ids::{MarketId, Time};
use rhodian_core::market::Instrument;
pub use rhodian_core::market::Right;
use rhodian_core::units::Price;

use crate::error::{LabError, require};
use crate::market::Market;
use crate::normal::normal_cdf;
use crate::path::simulate::YEAR_MS;
use crate::path::volatility::Volatility;
use crate::path::whole_ticks;

/// The price of a European option by Black's formula of 1976, without interest, in the unit of
/// `forward` and `strike`, both above zero. `deviation` is volatility times the square root of the
/// time left; at zero or below the price is what exercise gives.
///
/// ```
/// use rhodian_lab::options::{Right, black};
/// let price = black(Right::Call, 100.0, 100.0, 0.2);
/// assert!((price - 7.965_567_455_405_804).abs() < 1e-12);
/// assert_eq!(black(Right::Put, 90.0, 100.0, 0.0), 10.0);
/// ```
#[must_use]
pub fn black(right: Right, forward: f64, strike: f64, deviation: f64) -> f64 {
    let exercise = match right {
        Right::Call => forward - strike,
        Right::Put => strike - forward,
    };
    if deviation <= 0.0 {
        return exercise.max(0.0);
    }
    let above = libm::log(forward / strike) / deviation + 0.5 * deviation;
    let below = above - deviation;
    let price = match right {
        Right::Call => forward * normal_cdf(above) - strike * normal_cdf(below),
        Right::Put => strike * normal_cdf(-below) - forward * normal_cdf(-above),
    };
    // Rounding of the difference may fall below what exercise gives, which no price does.
    price.max(exercise).max(0.0)
}

/// Which options a world lists and how their volatility moves. Who trades them is said by the
/// population's shares.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionsModel {
    /// How many perpetuals, from the first on, have options.
    pub bases: u32,
    /// Strikes, as multiples of the base's mark at the start, from 0.1 to 10.
    pub strikes: Vec<f64>,
    /// Expiries, in milliseconds after the start of the path: options may expire on the way.
    pub expiries_ms: Vec<u64>,
    /// Volatility of each base.
    pub volatility: Volatility,
}

impl Default for OptionsModel {
    /// Puts and calls on the first market at five strikes from 80 to 120 % and two expiries, after
    /// a week and a month.
    fn default() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            bases: 1,
            strikes: vec![0.8, 0.9, 1.0, 1.1, 1.2],
            expiries_ms: vec![7 * DAY, 30 * DAY],
            volatility: Volatility::default(),
        }
    }
}

impl OptionsModel {
    /// The options on `markets`, whose starts are known, for a path that begins at `from`. Their
    /// tick and lot are the base's, and their strike is a whole tick.
    pub(crate) fn list(&self, markets: &[Market], from: Time) -> Result<Vec<Market>, LabError> {
        let perpetuals = markets.iter().filter(|market| market.base.is_none()).count();
        require(self.bases as usize <= perpetuals, "bases of options", "no more than perpetuals")?;
        let sound = self.strikes.iter().all(|strike| (0.1..=10.0).contains(strike));
        require(sound && !self.strikes.is_empty(), "strikes", "0.1 to 10 times the start")?;
        let later = self.expiries_ms.iter().all(|expiry| *expiry > 0);
        require(later && !self.expiries_ms.is_empty(), "expiries", "after the start")?;
        let mut listed = Vec::new();
        for (base, market) in (0..self.bases).zip(markets) {
            for expiry in self.expiries_ms.iter().map(|after| from.after(*after)) {
                for multiple in &self.strikes {
                    let strike = whole_ticks(market.start.ticks() as f64 * multiple);
                    for right in [Right::Call, Right::Put] {
                        let underlying = MarketId(base);
                        let instrument = Instrument::Option { underlying, strike, expiry, right };
                        let letter = if right == Right::Call { 'C' } else { 'P' };
                        let name = format!("{}-{expiry}-{strike}-{letter}", market.name);
                        listed.push(Market { name, instrument, ..market.clone() });
                    }
                }
            }
        }
        Ok(listed)
    }
}

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

/// The price and the risk of an option at a moment; nothing where `market` is not one.
pub(crate) fn priced(
    market: &Market,
    forward: Price,
    volatility: f64,
    at: Time,
) -> Option<(Price, LotRisk)> {
    let Instrument::Option { strike, expiry, right, .. } = market.instrument else {
        return None;
    };
    // An expired option is worth what exercise gives at the mark.
    let left = if at < expiry { (expiry.0 - at.0) as f64 / YEAR_MS } else { 0.0 };
    let (forward, strike, root) = (forward.ticks() as f64, strike.ticks() as f64, left.sqrt());
    let price = whole_ticks(black(right, forward, strike, volatility * root));
    let extremes = |(moves, multiples): ([f64; 4], [f64; 2])| {
        let scenarios = moves.iter().flat_map(|shift| {
            multiples.iter().map(move |multiple| {
                black(right, forward * (1.0 + shift), strike, volatility * multiple * root)
            })
        });
        let (low, high) = scenarios.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), price| {
            (low.min(price), high.max(price))
        });
        // Rounded outwards to whole ticks, and by a tick at least.
        let (low, high) = (whole_ticks(libm::floor(low)).ticks() - 1, libm::ceil(high));
        let rise = whole_ticks(high).ticks().max(price.ticks() + 1) - price.ticks();
        let fall = (price.ticks() - low.min(price.ticks() - 1)).max(1);
        let atoms = |ticks: u64| u128::from(ticks) * u128::from(market.atoms_per_tick_lot);
        (atoms(fall), atoms(rise))
    };
    let (long_initial, short_initial) = extremes(INITIAL);
    let (long_maintenance, short_maintenance) = extremes(MAINTENANCE);
    Some((price, LotRisk { long_initial, short_initial, long_maintenance, short_maintenance }))
}

#[cfg(test)]
mod tests {
    use super::{Right, black};

    /// Parity, bounds and growth with volatility over a grid of moneyness and deviation.
    #[test]
    fn prices_keep_the_laws_of_options() {
        for step in -20..=20i32 {
            let strike = 100.0 * libm::exp(f64::from(step) / 10.0);
            let mut before = 0.0;
            for deviation in [1e-4, 0.01, 0.1, 0.5, 1.0, 3.0] {
                let call = black(Right::Call, 100.0, strike, deviation);
                let put = black(Right::Put, 100.0, strike, deviation);
                assert!((call - put - (100.0 - strike)).abs() < 1e-10 * (100.0 + strike));
                assert!(call >= (100.0 - strike).max(0.0) && call <= 100.0, "{call}");
                assert!(put >= (strike - 100.0).max(0.0) && put <= strike, "{put}");
                assert!(call >= before - 1e-12, "{call} falls with volatility");
                before = call;
            }
        }
    }
}
