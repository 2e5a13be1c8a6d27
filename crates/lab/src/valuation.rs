//! What every market is worth at one moment, and what a lot of it asks as margin.

use rhodian_core::ids::Time;
use rhodian_core::units::{Price, Quantity};

use crate::market::Market;
use crate::options::risk::{self, LotRisk};

/// The mark of every market at a moment; options are priced by the lab's model.
#[derive(Clone, Debug, PartialEq)]
pub struct Valuation {
    at: Time,
    marks: Vec<Price>,
    volatilities: Vec<f64>,
    risks: Vec<Option<LotRisk>>,
}

/// Initial and maintenance margin of one leg, its gross value and its profit, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LegMargin {
    pub gross: u128,
    pub initial: u128,
    pub maintenance: u128,
    pub profit: i128,
}

impl Valuation {
    /// The marks at `at`: those given, and for options, whose places are ignored there, the price
    /// on their base's mark at its volatility per year. A base without a volatility has none:
    /// its options are worth what exercise gives.
    #[must_use]
    pub fn new(
        markets: &[Market],
        mut marks: Vec<Price>,
        mut volatilities: Vec<f64>,
        at: Time,
    ) -> Self {
        marks.resize(markets.len(), Price::ZERO);
        volatilities.resize(markets.len(), 0.0);
        let mut risks = vec![None; markets.len()];
        for (place, price, risk) in risk::priced(markets, &marks, &volatilities, at) {
            (marks[place], risks[place]) = (price, Some(risk));
        }
        Self { at, marks, volatilities, risks }
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// The volatility per year of each market, zero where it has none.
    #[must_use]
    pub fn volatilities(&self) -> &[f64] {
        &self.volatilities
    }

    /// The marks, by market.
    #[must_use]
    pub fn marks(&self) -> &[Price] {
        &self.marks
    }

    /// The value of one lot's exposure, in atoms: of the base's lot, for an option.
    pub(crate) fn exposure(&self, markets: &[Market], market: u32) -> u128 {
        let place = market as usize;
        let base = markets[place].underlying().map_or(place, |base| base as usize);
        markets[place].lot_value(self.marks[base])
    }

    pub(crate) fn margin(
        &self,
        markets: &[Market],
        place: u32,
        lots: Quantity,
        opened: Price,
    ) -> LegMargin {
        let market = &markets[place as usize];
        let mark = self.marks[place as usize];
        let profit = market.profit(lots, opened, mark);
        let size = u128::from(lots.size());
        let gross = size * self.exposure(markets, place);
        // A lot's risk is a difference of prices of one lot: at most 10^15 atoms, as its value is.
        let (initial, maintenance) = match self.risks[place as usize] {
            None => (market.schedule.initial(gross), market.schedule.maintenance(gross)),
            Some(risk) if lots.lots() > 0 => {
                (size * risk.long_initial, size * risk.long_maintenance)
            }
            Some(risk) => (size * risk.short_initial, size * risk.short_maintenance),
        };
        LegMargin { gross, initial, maintenance, profit }
    }
}
