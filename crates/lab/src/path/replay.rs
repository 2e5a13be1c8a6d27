//! Walking through recorded candles.
//!
//! A candle says where a price opened, closed and turned, not in which order it turned. Each
//! candle becomes four ticks, at its open and one, two and three quarters into it: open, one
//! extreme, the other, close. Every extreme is therefore visited. Between them a seeded bridge
//! may add points.

use rhodian_core::ids::Time;
use rhodian_core::units::Price;

use super::candles::{Candle, Candles, Series};
use super::{Path, Quote, whole_ticks};
use crate::decimal::Decimal;
use crate::error::{LabError, require};
use crate::seed::{Seed, Stream};

/// In which order a candle's extremes are visited.
///
/// **When it is false**: the order inside a candle is not recorded, and markets turn at moments
/// of their own, while here all turn at the same quarters. What a hedged account loses between
/// the two turns is therefore exaggerated by some rules and missed by others; compare them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtremeOrder {
    /// The shorter way: a candle that closed above its open went to its low first. The default:
    /// of the two ways it needs the smaller moves, so it does not invent volatility.
    #[default]
    Shorter,
    /// Every market visits its low first: longs of all markets fail at one moment. The harshest
    /// for a book that is long.
    LowFirst,
    /// Every market visits its high first.
    HighFirst,
}

/// What to do where a symbol has no candle.
///
/// A feed without a candle is silent: its mark stays and grows stale, and no price is invented.
/// A symbol without a first candle has no price to start from and is always refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GapRule {
    /// How many candles in a row may be missing between two others.
    pub hold: u32,
    /// Whether a symbol may end before the file does, as a delisted one does: its feed is then
    /// silent to the end.
    pub may_end: bool,
}

/// Points between the four of a candle, drawn from a Brownian bridge.
///
/// Its volatility is the one that the candle's range implies (Parkinson: range squared over
/// 4 ln 2), and points stay within the candle's low and high. **When it is false**: real paths
/// inside a candle jump, and clipping at the extremes makes the bridge linger there; it serves to
/// spread a coarse candle over more ticks, not to find new extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bridge {
    /// Points added between two neighbours of the four, at most 10,000.
    pub points: u32,
    /// The correlation of any two markets' bridges, 0 to 1.
    pub correlation: f64,
}

/// How a file of candles becomes a path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// The symbols, in the order of the world's markets; all of the file, by volume, where empty.
    pub symbols: Vec<String>,
    /// In which order extremes are visited.
    pub order: ExtremeOrder,
    /// What to do where a candle is missing.
    pub gaps: GapRule,
    /// Points between.
    pub bridge: Option<Bridge>,
}

/// The stations of a candle: open, two extremes, close.
const STATIONS: usize = 4;

impl Replay {
    /// The series that the replay uses, in the order of markets, checked against its rule for
    /// gaps.
    ///
    /// ```
    /// use rhodian_lab::path::{candles::Candles, replay::Replay};
    ///
    /// let header = "symbol,open_time_ms,open,high,low,close\n";
    /// let text = format!("{header}A,0,1,1,1,1\nA,10,1,1,1,1\nB,10,2,2,2,2\n");
    /// let candles = Candles::parse(&text).unwrap();
    /// let only = |symbol: &str| Replay { symbols: vec![symbol.into()], ..Replay::default() };
    /// assert_eq!(only("A").series(&candles).unwrap().len(), 1);
    /// assert!(only("B").series(&candles).is_err(), "it begins late");
    /// assert!(only("C").series(&candles).is_err(), "it is not there");
    /// ```
    pub fn series<'a>(&self, candles: &'a Candles) -> Result<Vec<&'a Series>, LabError> {
        let found: Vec<&Series> = if self.symbols.is_empty() {
            candles.series.iter().collect()
        } else {
            let find = |symbol: &String| {
                let found = candles.series.iter().find(|series| series.symbol == *symbol);
                found.ok_or_else(|| LabError::UnknownSymbol(symbol.clone()))
            };
            self.symbols.iter().map(find).collect::<Result<_, _>>()?
        };
        for series in &found {
            self.gaps.check(series, candles)?;
        }
        Ok(found)
    }

    /// The path through `candles`, its times those of the file. `ticks` are the markets' ticks, in
    /// the order of [`Replay::series`].
    ///
    /// Refused: what [`Replay::series`] refuses, a price that rounds to no tick, and a step too
    /// short for four ticks and the bridge's points.
    pub fn walk(&self, candles: &Candles, ticks: &[Decimal], seed: Seed) -> Result<Path, LabError> {
        let series = self.series(candles)?;
        require(ticks.len() == series.len(), "ticks", "one per symbol of the replay")?;
        let bridge = self.bridge.unwrap_or(Bridge { points: 0, correlation: 0.0 });
        require(bridge.points <= 10_000, "points of a bridge", "at most 10,000")?;
        require((0.0..=1.0).contains(&bridge.correlation), "correlation of a bridge", "0 to 1")?;
        let legs = (u64::from(bridge.points) + 1) * STATIONS as u64;
        require(candles.step_ms >= legs, "step of the candles", "a millisecond for each tick")?;
        let mut stations = Vec::with_capacity(candles.count);
        for place in 0..candles.count {
            stations.push(self.stations(&series, ticks, place)?);
        }
        let mut path = Path::new();
        let mut stream = seed.stream("bridge");
        for (place, now) in stations.iter().enumerate() {
            let next = stations.get(place + 1);
            let from = candles.from_ms + candles.step_ms * place as u64;
            for station in 0..STATIONS {
                let begin = from + candles.step_ms * station as u64 / STATIONS as u64;
                let end = from + candles.step_ms * (station as u64 + 1) / STATIONS as u64;
                let leg = Leg { now, next, station, begin, end };
                leg.walk(bridge, &mut stream, &mut path)?;
            }
        }
        Ok(path)
    }

    /// The candle of each market at one place of the grid, in whole ticks, in the order visited.
    fn stations(
        &self,
        series: &[&Series],
        ticks: &[Decimal],
        place: usize,
    ) -> Result<Vec<Option<[Price; STATIONS]>>, LabError> {
        let whole = |series: &Series, tick: Decimal, candle: Candle| {
            let mut prices = [Price::ZERO; STATIONS];
            for (price, value) in prices.iter_mut().zip(self.order.visit(candle)) {
                let steps = value.in_steps(tick);
                if steps == 0 {
                    let (market, tick) = (series.symbol.clone(), tick.to_string());
                    return Err(LabError::BelowTick { market, tick });
                }
                *price = Price::new(steps)?;
            }
            Ok(prices)
        };
        let pairs = series.iter().zip(ticks);
        let row = pairs.map(|(series, tick)| {
            series.candles[place].map(|candle| whole(series, *tick, candle)).transpose()
        });
        row.collect()
    }
}

impl ExtremeOrder {
    /// The four prices of a candle in the order visited.
    fn visit(self, candle: Candle) -> [Decimal; STATIONS] {
        let low_first = match self {
            Self::Shorter => candle.close > candle.open,
            Self::LowFirst => true,
            Self::HighFirst => false,
        };
        let Candle { open, high, low, close } = candle;
        if low_first { [open, low, high, close] } else { [open, high, low, close] }
    }
}

impl GapRule {
    fn check(self, series: &Series, candles: &Candles) -> Result<(), LabError> {
        let symbol = || series.symbol.clone();
        let time = |place: usize| candles.from_ms + candles.step_ms * place as u64;
        let there: Vec<usize> =
            (0..candles.count).filter(|place| series.candles[*place].is_some()).collect();
        let first = there.first().copied().unwrap_or(candles.count);
        if first > 0 {
            return Err(LabError::StartsLate { symbol: symbol(), candles: first });
        }
        for pair in there.windows(2) {
            let missing = pair[1] - pair[0] - 1;
            if missing > self.hold as usize {
                let (at, allowed) = (time(pair[0] + 1), self.hold);
                return Err(LabError::Gap { symbol: symbol(), at, candles: missing, allowed });
            }
        }
        let after = there.last().map_or(0, |last| last + 1);
        if after < candles.count && !self.may_end {
            return Err(LabError::EndsEarly { symbol: symbol(), at: time(after) });
        }
        Ok(())
    }
}

/// The way from one station to the next.
struct Leg<'a> {
    now: &'a [Option<[Price; STATIONS]>],
    next: Option<&'a Vec<Option<[Price; STATIONS]>>>,
    station: usize,
    begin: u64,
    end: u64,
}

impl Leg<'_> {
    /// The station itself and the bridge's points towards the next.
    fn walk(&self, bridge: Bridge, stream: &mut Stream, path: &mut Path) -> Result<(), LabError> {
        let mut quotes = Vec::with_capacity(self.now.len());
        for (market, candle) in self.now.iter().enumerate() {
            if let Some(candle) = candle {
                quotes.push(Quote { market: market as u32, price: candle[self.station] });
            }
        }
        if !quotes.is_empty() {
            path.push(Time(self.begin), &quotes)?;
        }
        let mut drifts = vec![0.0; self.now.len()];
        for point in 1..=bridge.points {
            let steps = f64::from(bridge.points) + 1.0;
            let (done, left) = (f64::from(point) / steps, steps - f64::from(point));
            let common = bridge.correlation.sqrt() * stream.normal();
            quotes.clear();
            for (market, drift) in drifts.iter_mut().enumerate() {
                let noise = common + (1.0 - bridge.correlation).sqrt() * stream.normal();
                // A bridge that ends at zero: what is left shrinks, the noise with it.
                *drift =
                    *drift * left / (left + 1.0) + noise * (left / (left + 1.0) / steps).sqrt();
                if let Some(price) = self.between(market, done, *drift) {
                    quotes.push(Quote { market: market as u32, price });
                }
            }
            if !quotes.is_empty() {
                let span = u128::from(self.end - self.begin) * u128::from(point);
                let offset = span / (u128::from(bridge.points) + 1);
                path.push(Time(self.begin + offset as u64), &quotes)?;
            }
        }
        Ok(())
    }

    /// The price of a market a share `done` of the way to its next station, off the straight line
    /// by `drift` standard deviations of the whole leg.
    fn between(&self, market: usize, done: f64, drift: f64) -> Option<Price> {
        let candle = self.now[market]?;
        let next = self.next.and_then(|row| row[market]).map(|next| next[0]);
        let to = candle.get(self.station + 1).copied().or(next).unwrap_or(candle[STATIONS - 1]);
        let (from, to) = (candle[self.station].ticks() as f64, to.ticks() as f64);
        let low = candle.iter().min()?.ticks() as f64;
        let high = candle.iter().max()?.ticks() as f64;
        // Parkinson's deviation of the candle, then of a quarter of it.
        let range = libm::log(high / low) / (2.0 * core::f64::consts::LN_2.sqrt());
        let deviation = range / (STATIONS as f64).sqrt();
        let line = from + (to - from) * done;
        let (floor, ceiling) = (low.min(line), high.max(line));
        Some(whole_ticks((line * (1.0 + deviation * drift)).max(floor).min(ceiling)))
    }
}
