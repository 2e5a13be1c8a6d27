//! The market outside of the venue: at what prices it takes what is closed, what that does to them,
//! who else sells because they fell, and what the venue sees of them.

use rhodian_core::ids::MarketId;
use rhodian_core::units::Price;

use super::super::flow::Followers;
use super::super::impact::{Impact, Orders};
use super::super::model::CrisisModel;
use super::super::oracle::Sight;
use super::BAND;
use crate::path::{Quote, whole_ticks};

/// One market.
#[derive(Clone, Debug)]
struct Traded {
    orders: Orders,
    followers: Followers,
    /// The price at the start.
    start: f64,
    /// The price that the path has, which nothing that is sold reaches.
    fair: f64,
    /// The price.
    price: f64,
    /// Its part of what is open at the start.
    weight: f64,
}

/// Every market, where anything of them is other than a path and a cost.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    markets: Vec<Traded>,
    sight: Option<Sight>,
}

impl Outside {
    /// Markets with their price in ticks, lots open, and the value of those; nothing where all of
    /// the model is off.
    pub(super) fn of(model: &CrisisModel, markets: &[(Price, u64, u128)]) -> Option<Self> {
        if model.impact.is_none() && model.oracle.is_none() {
            return None;
        }
        let all = markets.iter().map(|(_, _, value)| *value as f64).sum::<f64>().max(1.0);
        // Without an impact nothing moves a price: a depth that nobody exhausts.
        let impact = model.impact.unwrap_or(Impact::linear(u32::MAX));
        let of = |(price, open, value): &(Price, u64, u128)| {
            let (start, open) = (price.ticks() as f64, *open as f64);
            let depth = if model.impact.is_some() { open } else { 0.0 };
            Traded {
                orders: Orders::of(impact, depth),
                followers: Followers::of(model.flow, open, start),
                start,
                fair: start,
                price: start,
                weight: *value as f64 / all,
            }
        };
        let sight = model.oracle.map(|failure| Sight::of(failure, markets.len()));
        Some(Self { markets: markets.iter().map(of).collect(), sight })
    }

    /// The marks of a tick: its prices with what was sold before it, as the venue sees them. Then
    /// those who follow prices sell. All is in the open at the last tick.
    pub(super) fn tick(&mut self, quotes: &[Quote], last: bool) -> Vec<(MarketId, Price)> {
        let mut marks = Vec::with_capacity(quotes.len());
        for quote in quotes {
            let of = &mut self.markets[quote.market as usize];
            of.orders.recover();
            of.fair = quote.price.ticks() as f64;
            let price = of.fair * (1.0 - of.orders.pushed());
            of.orders.moved(libm::log(price / of.price));
            of.price = price;
            let seen = match &mut self.sight {
                Some(sight) if !last => sight.sees(quote.market as usize, price),
                _ => price,
            };
            marks.push((MarketId(quote.market), whole_ticks(seen)));
            let sold = of.followers.sells(price);
            of.orders.sell(sold);
        }
        if let Some(sight) = &mut self.sight {
            sight.tick();
        }
        marks
    }

    /// What a lot of a sale gets (a purchase where `lots` is below zero), `cost` millionths of the
    /// mark apart: at least a tick and at most twice the mark, which is what the venue admits. Then
    /// how many ticks more it would have paid.
    pub(super) fn price(
        &self,
        market: MarketId,
        mark: Price,
        lots: i64,
        cost: u32,
    ) -> (Price, u64) {
        let of = &self.markets[market.0 as usize];
        // At most 10^15 lots, below 2^53.
        let met = of.fair * (1.0 - of.orders.met_by(lots as f64));
        let spread = mark.ticks() as f64 * f64::from(cost) / 1e6;
        let asked = whole_ticks(if lots > 0 { met - spread } else { met + spread }).ticks();
        let most = (u128::from(mark.ticks()) * u128::from(BAND) / 1_000_000) as u64;
        let (low, high) = (mark.ticks() - most, mark.ticks() + most);
        let paid = asked.clamp(low.max(1), high);
        (Price::new(paid).unwrap_or(mark), asked - paid.min(asked))
    }

    /// A sale is done.
    pub(super) fn sell(&mut self, market: MarketId, lots: i64) {
        self.markets[market.0 as usize].orders.sell(lots as f64);
    }

    /// How much of what prices lost since the start is of what was sold: 0 where they lost nothing.
    /// Where each per cent brings as much to market, it is the branching.
    pub(super) fn sold_part(&self) -> f64 {
        let lost = |price: fn(&Traded) -> f64| {
            self.markets.iter().map(|of| of.weight * (1.0 - price(of) / of.start)).sum::<f64>()
        };
        let (all, fair) = (lost(|of| of.fair * (1.0 - of.orders.pushed())), lost(|of| of.fair));
        if all <= 0.0 { 0.0 } else { ((all - fair) / all).clamp(0.0, 1.0) }
    }

    /// How far prices are pushed by what was sold, on average by what was open: below zero where
    /// they are lower.
    pub(super) fn pushed(&self) -> f64 {
        -self.markets.iter().map(|of| of.weight * of.orders.pushed()).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::MarketId;
    use rhodian_core::units::Price;

    use super::{CrisisModel, Impact, Outside};
    use crate::path::Quote;

    /// Below half of the mark a fill is where the book and the path are: only what would be above
    /// twice the mark is not paid, and is told.
    #[test]
    fn fills_are_where_the_book_is() {
        let mark = Price::new(1_000_000).unwrap();
        let impact = Some(Impact::linear(1_000));
        let model = CrisisModel { impact, ..CrisisModel::default() };
        // Of a thousand lots one moves the price by a per cent.
        let book = || Outside::of(&model, &[(mark, 1_000, 1_000_000_000)]).unwrap();
        let market = MarketId(0);
        for (case, sold, path, lots, ticks, above) in [
            ("a little", 0, 1_000_000, 10, 940_000, 0),
            ("at the end of the book", 200, 1_000_000, 10, 490_000, 0),
            ("of a fall that no mark has seen", 200, 600_000, 10, 290_000, 0),
            ("of all of it", 200, 10_000, 10, 1, 0),
            ("bought back", -10, 1_000_000, -10, 1_160_000, 0),
            ("where nobody sells", -500, 1_000_000, -10, 2_000_000, 10_000),
        ] {
            let mut outside = book();
            let price = Price::new(path).unwrap();
            outside.tick(&[Quote { market: 0, price }], false);
            outside.sell(market, sold);
            let found = outside.price(market, mark, lots, 10_000);
            assert_eq!((found.0.ticks(), found.1), (ticks, above), "{case}");
        }
    }
}
