//! Who sells because prices fell, and is in no book of this venue: stop orders, and hedgers of
//! options. What they sell goes into the same orders as what the venue closes ([`super::impact`]),
//! and so into the next marks.
//!
//! **Stop orders** stand evenly from the price at the start down to a fifth below it, and from
//! there up to a fifth above: the part `stops` of a market's open interest on each side. Whatever
//! price is reached for the first time takes those that stand there. Source: none; Osler (2005)
//! found that stops set off price cascades in currencies, and nobody publishes where those of
//! crypto stand. **When it is false**: they crowd at round numbers and below old lows, and are
//! placed anew.
//!
//! **Hedgers** are short options: their delta falls by gamma for each move, so they sell `gamma`
//! of the open interest for each per cent that a price falls and buy it back as it rises: `-gamma
//! x dS`. Source: Frey and Stremme (1997) for the feedback of hedging. **When it is false**: gamma
//! is largest near strikes and expiries and here the same at every price; and in many weeks
//! hedgers are long gamma and damp moves instead.
//!
//! With a linear book that is as deep as calm, stops have a branching of `stops / (20 x depth)`
//! until they are all taken, and hedgers one of `gamma / depth`.

use crate::error::{LabError, require};

/// Over which part of the price stop orders stand.
const REACH: f64 = 0.2;

/// What is sold from outside of the venue as prices move, in millionths of open interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// In stop orders, on each side.
    pub stops: u32,
    /// By hedgers, for each per cent.
    pub gamma: u32,
}

impl Flow {
    /// Whether nobody sells.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(&self) -> Result<(), LabError> {
        require(self.stops <= 1_000_000, "stops", "0 to 100 %")?;
        require(self.gamma <= 1_000_000, "gamma", "0 to 100 %")
    }
}

/// Those who stand by one market.
#[derive(Clone, Debug, PartialEq)]
pub struct Followers {
    of: Flow,
    open: f64,
    start: f64,
    last: f64,
    low: f64,
    high: f64,
}

impl Followers {
    /// At a market with so many lots open, and its price at the start.
    #[must_use]
    pub const fn of(of: Flow, open: f64, start: f64) -> Self {
        Self { of, open, start, last: start, low: start, high: start }
    }

    /// The lots that they sell when the price has come to `price`; below zero where they buy.
    pub fn sells(&mut self, price: f64) -> f64 {
        // How much of the reach lies between the start and a price, on its side.
        let reached = |price: f64| ((price / self.start - 1.0).abs() / REACH).min(1.0);
        let (low, high) = (self.low.min(price), self.high.max(price));
        let fell = reached(low) - reached(self.low);
        let rose = reached(high) - reached(self.high);
        let stops = f64::from(self.of.stops) / 1e6 * (fell - rose);
        let moved = 100.0 * (self.last - price) / self.start;
        let hedge = f64::from(self.of.gamma) / 1e6 * moved;
        (self.low, self.high, self.last) = (low, high, price);
        self.open * (stops + hedge)
    }
}

#[cfg(test)]
mod tests {
    use super::super::impact::{Impact, Orders};
    use super::{Flow, Followers};

    #[test]
    fn stops_are_taken_once_and_hedges_are_bought_back() {
        let stops = Flow { stops: 400_000, gamma: 0 };
        let mut of = Followers::of(stops, 1_000.0, 100.0);
        let mut sold = |price: f64| (of.sells(price) * 1e6).round() / 1e6;
        let found = [100.0, 95.0, 99.0, 95.0, 90.0, 60.0, 50.0, 110.0, 130.0, 140.0].map(&mut sold);
        assert_eq!(found, [0.0, 100.0, 0.0, 0.0, 100.0, 200.0, 0.0, -200.0, -200.0, 0.0]);
        let hedged = Flow { stops: 0, gamma: 10_000 };
        let mut of = Followers::of(hedged, 1_000.0, 100.0);
        let mut sold = |price: f64| (of.sells(price) * 1e6).round() / 1e6;
        assert_eq!([95.0, 90.0, 99.0].map(&mut sold), [50.0, 50.0, -90.0]);
    }

    /// A shock comes to 1 / (1 - m) with the branching that the module tells.
    #[test]
    fn followers_have_the_branching_that_is_told() {
        let impact = Impact::linear(50_000);
        for (flow, times) in [
            (Flow { stops: 200_000, gamma: 0 }, 1.25),
            (Flow { stops: 500_000, gamma: 0 }, 2.0),
            (Flow { stops: 0, gamma: 10_000 }, 1.25),
            (Flow { stops: 0, gamma: 25_000 }, 2.0),
            (Flow { stops: 200_000, gamma: 15_000 }, 2.0),
            (Flow { stops: 0, gamma: 45_000 }, 10.0),
        ] {
            let mut orders = Orders::of(impact, 1_000.0);
            let mut of = Followers::of(flow, 1_000.0, 100.0);
            // The book is of the fair price, the followers' moves of the start: a small shock.
            let fair = 100.0 * (1.0 - 1e-6);
            let mut price = fair;
            for _ in 0..600 {
                orders.sell(of.sells(price));
                price = fair * (1.0 - orders.pushed());
            }
            let total = (1.0 - price / 100.0) / 1e-6;
            assert!((total / times - 1.0).abs() < 1e-4, "{flow:?}: {total}");
        }
    }
}
