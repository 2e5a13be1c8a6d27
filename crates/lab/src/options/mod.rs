//! European options of a world: their prices in floats, the margin a deposit is computed from,
//! and which are listed.
//!
//! Options are priced by Black's formula of 1976 with the base's mark as forward and no interest,
//! at one volatility per base. The engine prices them itself, in integers; these prices are what
//! fills of the past were made at, and what deposits are sized by.
//!
//! [`columns`] prices them, all at a moment and in all scenarios at once.
//!
//! **When it is false**: real volatility differs by strike and expiry, and most in a crash; and a
//! fill is made at a spread around the model's price.

use rhodian_core::ids::{MarketId, Time};
use rhodian_core::market::Instrument;
pub use rhodian_core::market::Right;

pub mod columns;
mod kernel;
pub(crate) mod risk;

use crate::error::{LabError, require};
use crate::market::Market;
use crate::path::volatility::Volatility;
use crate::path::whole_ticks;

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
