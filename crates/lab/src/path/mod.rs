//! Price paths: what each market's mark is, and when.
//!
//! A path is a list of ticks in time order; a tick holds the quotes that come in at one moment, at
//! most one per market, in market order. A market without a quote at a tick said nothing: its last
//! mark stands, and how stale that is can be seen from the times. Three sources make paths:
//! [`simulate`] draws them ([`climate`] with noise that clusters), [`replay`] walks through
//! recorded candles, and [`basis`] adds a dated future beside a market that is there.
//! [`volatility`] is a feed of its own. [`resample`] makes other records of a record, by blocks or
//! by a volatility that clusters ([`garch`]).

pub mod basis;
pub mod candles;
pub mod climate;
pub mod garch;
pub mod replay;
pub mod resample;
pub mod simulate;
pub mod volatility;

use rhodian_core::ids::Time;
use rhodian_core::units::Price;

use crate::error::LabError;

/// A price of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The place of the market in its world.
    pub market: u32,
    /// The price, at least one tick.
    pub price: Price,
}

/// The quotes of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick<'a> {
    /// When they come in.
    pub at: Time,
    /// At most one per market, in market order, and at least one.
    pub quotes: &'a [Quote],
}

/// Ticks in time order. Holds: time grows strictly, no price is zero, no tick is empty, and a
/// tick's markets grow strictly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    times: Vec<Time>,
    /// Where each tick's quotes end.
    ends: Vec<usize>,
    quotes: Vec<Quote>,
}

impl Path {
    /// A path without ticks.
    #[must_use]
    pub const fn new() -> Self {
        Self { times: Vec::new(), ends: Vec::new(), quotes: Vec::new() }
    }

    /// Adds a tick. Refused: a moment that is not after the last, no quotes, a price of zero, and
    /// markets out of order or twice.
    ///
    /// ```
    /// use rhodian_core::{ids::Time, units::Price};
    /// use rhodian_lab::path::{Path, Quote};
    ///
    /// let quote = Quote { market: 0, price: Price::new(100).unwrap() };
    /// let mut path = Path::new();
    /// path.push(Time(1), &[quote]).unwrap();
    /// assert!(path.push(Time(1), &[quote]).is_err());
    /// assert!(path.push(Time(2), &[Quote { market: 0, price: Price::ZERO }]).is_err());
    /// assert_eq!(path.len(), 1);
    /// ```
    pub fn push(&mut self, at: Time, quotes: &[Quote]) -> Result<(), LabError> {
        let wrong = |reason| Err(LabError::Path { at, reason });
        if self.times.last().is_some_and(|last| *last >= at) {
            return wrong("time does not grow");
        }
        if quotes.is_empty() {
            return wrong("no market has a price");
        }
        if quotes.iter().any(|quote| quote.price == Price::ZERO) {
            return wrong("a price is zero");
        }
        if quotes.windows(2).any(|pair| pair[0].market >= pair[1].market) {
            return wrong("markets are out of order or twice");
        }
        self.times.push(at);
        self.quotes.extend_from_slice(quotes);
        self.ends.push(self.quotes.len());
        Ok(())
    }

    /// The number of ticks.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it has no tick.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The tick at a place, where there is one.
    #[must_use]
    pub fn tick(&self, place: usize) -> Option<Tick<'_>> {
        let at = *self.times.get(place)?;
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        Some(Tick { at, quotes: &self.quotes[begin..self.ends[place]] })
    }

    /// The ticks, first to last.
    pub fn ticks(&self) -> impl ExactSizeIterator<Item = Tick<'_>> {
        self.times.iter().enumerate().map(|(place, at)| {
            let begin = if place == 0 { 0 } else { self.ends[place - 1] };
            Tick { at: *at, quotes: &self.quotes[begin..self.ends[place]] }
        })
    }

    /// The marks of `markets` markets after each tick, as a table: a market without a quote keeps
    /// its last one, and stands at zero before its first.
    #[must_use]
    pub fn table(&self, markets: usize) -> Vec<Vec<Price>> {
        let mut marks = vec![Price::ZERO; markets];
        let rows = self.ticks().map(|tick| {
            for quote in tick.quotes {
                marks[quote.market as usize] = quote.price;
            }
            marks.clone()
        });
        rows.collect()
    }

    /// The path with every moment `millis` later.
    #[must_use]
    pub fn later(mut self, millis: u64) -> Self {
        for at in &mut self.times {
            *at = at.after(millis);
        }
        self
    }
}

/// The whole ticks nearest to `ticks`, at least one and at most the engine's bound: a market
/// cannot quote below a tick, so a simulated price that falls under it stays there.
pub(crate) fn whole_ticks(ticks: f64) -> Price {
    let most = rhodian_core::bounds::MAX_TICKS;
    // 10^15 is below 2^53, so the conversion back is exact; what is not a number stands at one.
    let bounded = libm::round(ticks).max(1.0).min(most as f64);
    Price::new(bounded as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::Time;
    use rhodian_core::units::Price;

    use super::{Path, Quote, whole_ticks};

    fn quote(market: u32, ticks: u64) -> Quote {
        Quote { market, price: Price::new(ticks).unwrap() }
    }

    #[test]
    fn a_silent_market_keeps_its_mark() {
        let mut path = Path::new();
        path.push(Time(1), &[quote(0, 10), quote(1, 20)]).unwrap();
        path.push(Time(2), &[quote(1, 21)]).unwrap();
        let marks = |row: &[Price]| row.iter().map(|mark| mark.ticks()).collect::<Vec<_>>();
        let table = path.table(2);
        assert_eq!(marks(&table[1]), [10, 21]);
        assert_eq!(path.tick(1).unwrap().quotes, [quote(1, 21)]);
        assert_eq!(path.tick(2), None);
        assert_eq!(path.ticks().map(|tick| tick.at.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(path.later(5).tick(0).unwrap().at, Time(6));
    }

    #[test]
    fn ticks_out_of_order_are_refused() {
        let mut path = Path::new();
        for (quotes, reason) in [
            (vec![], "no market"),
            (vec![quote(1, 5), quote(0, 5)], "order"),
            (vec![quote(1, 5), quote(1, 5)], "twice"),
            (vec![quote(0, 0)], "zero"),
        ] {
            let refusal = path.push(Time(1), &quotes).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{refusal}");
        }
        assert!(path.is_empty());
    }

    #[test]
    fn whole_ticks_have_a_floor_and_a_ceiling() {
        for (ticks, whole) in
            [(0.2, 1), (1.5, 2), (7.4, 7), (f64::NAN, 1), (f64::INFINITY, 1_000_000_000_000_000)]
        {
            assert_eq!(whole_ticks(ticks).ticks(), whole, "{ticks}");
        }
    }
}
