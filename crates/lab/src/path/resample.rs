//! Other paths that a record might have been: its own candles in another order, or scaled by a
//! volatility that is drawn.
//!
//! A candle is taken as the moves of its four prices from the close before it, of all symbols at
//! once, so what symbols have in common stays. The first candle is kept. Prices are rounded to the
//! symbol's ticks, and the unrounded close is carried on.

use super::candles::{Candle, Candles, Series};
use super::garch::Garch;
use crate::decimal::Decimal;
use crate::error::{LabError, require};
use crate::seed::{Seed, Stream};

/// How a record becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// In blocks that begin anywhere and are geometrically long, so many candles on average: the
    /// stationary bootstrap (Politis and Romano 1994). **When it is false**: what lasts longer than
    /// a block is cut; nothing larger than what the record has ever happens in one candle.
    Blocks(u32),
    /// Candles in any order, each over the volatility that it had and times the one that is drawn:
    /// filtered historical simulation (Barone-Adesi, Giannopoulos and Vosper 1999), with the
    /// [`Garch`] of the first symbol for all. **When it is false**: symbols have volatilities of
    /// their own; and where a record turns from calm to storm at once, that candle is huge over the
    /// volatility it had, and what is drawn runs away now and then: on twenty calm and twenty wild
    /// candles by turns, squares came to two and a half times the record's.
    Filtered,
    /// Normal moves by the same volatility, with what each symbol has in common with the first;
    /// candles have no shadows. **When it is false**: moves have heavier tails, and a candle's low
    /// lies below both of its ends: fewer fail here.
    Garch,
}

/// The moves of one candle from the close before, as logarithms: open, high, low, close.
type Moves = [f64; 4];

/// No price leaves what a market can quote, so that a path of many large moves stays a path: a
/// thousandth to a thousand times where it began.
const MOST: f64 = 6.907_755_278_982_137;

impl Resample {
    /// Another record of the same length and symbols.
    ///
    /// # Errors
    ///
    /// A candle that is missing; for volatilities, a record too short to fit one.
    pub fn draw(self, candles: &Candles, seed: Seed) -> Result<Candles, LabError> {
        let rows = rows(candles)?;
        let mut stream = seed.stream("resample");
        let drawn = match self {
            Self::Blocks(block) => {
                require((1..=10_000).contains(&block), "block", "1 to 10,000 candles")?;
                blocks(&rows, block, &mut stream)
            }
            Self::Filtered => filtered(&rows, &mut stream)?,
            Self::Garch => normal(&rows, &mut stream)?,
        };
        let series = candles.series.iter().enumerate();
        let series = series.map(|(place, of)| series_of(of, &drawn, place)).collect();
        Ok(Candles { series, ..*candles })
    }
}

/// The moves of all symbols at each time but the first.
fn rows(candles: &Candles) -> Result<Vec<Vec<Moves>>, LabError> {
    let row = |place: usize| {
        let moves = |of: &Series| {
            let missing = || LabError::Gap {
                symbol: of.symbol.clone(),
                at: candles.from_ms + candles.step_ms * place as u64,
                candles: 1,
                allowed: 0,
            };
            let before = of.candles[place - 1].ok_or_else(missing)?.close.units() as f64;
            let Candle { open, high, low, close } = of.candles[place].ok_or_else(missing)?;
            Ok([open, high, low, close].map(|of| libm::log(of.units() as f64 / before)))
        };
        candles.series.iter().map(moves).collect()
    };
    (1..candles.count).map(row).collect()
}

fn blocks(rows: &[Vec<Moves>], block: u32, stream: &mut Stream) -> Vec<Vec<Moves>> {
    let mut at = 0;
    let one = |number: usize| {
        // Geometric: each candle is the last of its block by one over the mean.
        let ends = number == 0 || stream.below(u64::from(block)) == 0;
        at = if ends { stream.below(rows.len() as u64) as usize } else { (at + 1) % rows.len() };
        rows[at].clone()
    };
    (0..rows.len()).map(one).collect()
}

/// The closes of the first symbol.
fn first(rows: &[Vec<Moves>]) -> Vec<f64> {
    rows.iter().map(|row| row.first().map_or(0.0, |of| of[3])).collect()
}

/// The variance of each step, on such a scale that squares over them are one on average: a fit
/// leaves some other number, by which drawn volatility would drift.
fn variances(law: &Garch, returns: &[f64]) -> Vec<f64> {
    let had = law.along(returns);
    let squares = returns.iter().zip(&had).map(|(of, had)| of * of / had).sum::<f64>();
    let scale = squares / returns.len() as f64;
    had.into_iter().map(|of| of * scale).collect()
}

fn filtered(rows: &[Vec<Moves>], stream: &mut Stream) -> Result<Vec<Vec<Moves>>, LabError> {
    let returns = first(rows);
    let law = Garch::fit(&returns)?;
    let had = variances(&law, &returns);
    let mut variance = law.mean;
    let one = |_| {
        let at = stream.below(rows.len() as u64) as usize;
        let times = (variance / had[at]).sqrt();
        variance = law.next(variance, returns[at] * times);
        rows[at].iter().map(|of| of.map(|of| of * times)).collect()
    };
    Ok((0..rows.len()).map(one).collect())
}

fn normal(rows: &[Vec<Moves>], stream: &mut Stream) -> Result<Vec<Vec<Moves>>, LabError> {
    let returns = first(rows);
    let law = Garch::fit(&returns)?;
    let had = variances(&law, &returns);
    let n = rows.len() as f64;
    let scaled = |place: usize| {
        let of = rows.iter().zip(&had).map(move |(row, had)| row[place][3] / had.sqrt());
        of.collect::<Vec<f64>>()
    };
    let leader = scaled(0);
    let square = leader.iter().map(|of| of * of).sum::<f64>().max(f64::MIN_POSITIVE);
    // Of each symbol: how it follows the first, and how far it is off.
    let follows: Vec<(f64, f64)> = (0..rows[0].len())
        .map(|place| {
            let own = scaled(place);
            let slope = own.iter().zip(&leader).map(|(a, b)| a * b).sum::<f64>() / square;
            let off = own.iter().zip(&leader).map(|(a, b)| (a - slope * b) * (a - slope * b));
            (slope, (off.sum::<f64>() / n).sqrt())
        })
        .collect();
    let mut variance = law.mean;
    let one = |_| {
        let common = stream.normal();
        let mut own = |(slope, off): &(f64, f64)| {
            let close = variance.sqrt() * (slope * common + off * stream.normal());
            [0.0, close.max(0.0), close.min(0.0), close]
        };
        let row: Vec<Moves> = follows.iter().map(&mut own).collect();
        variance = law.next(variance, row[0][3]);
        row
    };
    Ok((0..rows.len()).map(one).collect())
}

/// The candles of a symbol by drawn moves.
fn series_of(of: &Series, drawn: &[Vec<Moves>], place: usize) -> Series {
    let tick = of.tick.units().max(1);
    let begin = of.candles[0].map_or(tick, |candle| candle.close.units()) as f64;
    let price = |log: f64| {
        let ticks = libm::round(begin * libm::exp(log.clamp(-MOST, MOST)) / tick as f64);
        // A thousand times a price of a file, in units of 10^-8, may pass 64 bits: it ends there.
        Decimal::of_units(
            (ticks.max(1.0) as u64).saturating_mul(tick).min(u64::MAX / 4 / tick * tick),
        )
    };
    let mut log = 0.0f64;
    let candle = |row: &Vec<Moves>| {
        let [open, high, low, close] = row[place].map(|of| price(log + of));
        log = (log + row[place][3]).clamp(-MOST, MOST);
        Some(Candle { open, high, low, close })
    };
    let rest: Vec<Option<Candle>> = drawn.iter().map(candle).collect();
    let candles = of.candles.iter().take(1).copied().chain(rest).collect();
    Series { symbol: of.symbol.clone(), candles, tick: of.tick }
}

#[cfg(test)]
mod tests {
    use super::{Garch, Resample, rows};
    use crate::path::candles::Candles;
    use crate::seed::Seed;

    /// Two symbols that move together, their volatility clustered.
    fn record() -> Candles {
        let mut stream = Seed(3).stream("record");
        let mut text = "symbol,open_time_ms,open,high,low,close,quote_volume\n".to_owned();
        let mut closes = [60_000.0f64, 3_000.0];
        let law = Garch { mean: 1e-4, shock: 0.15, memory: 0.75 };
        let mut variance = law.mean;
        for place in 0..600u64 {
            let wild = variance.sqrt();
            let common = wild * stream.normal();
            variance = law.next(variance, common);
            for (symbol, (close, volume)) in
                ["AAA", "BBB"].iter().zip(closes.iter_mut().zip([9, 5]))
            {
                let open = (*close * 100.0).round() / 100.0;
                *close = open * (common + 0.3 * wild * stream.normal()).exp();
                let end = (*close * 100.0).round() / 100.0;
                let (high, low) = (open.max(end) * 1.001, open.min(end) * 0.999);
                text += &format!(
                    "{symbol},{},{open:.2},{high:.2},{low:.2},{end:.2},{volume}\n",
                    1_000 * place
                );
            }
        }
        Candles::parse(&text).unwrap()
    }

    fn closes(of: &Candles, symbol: usize) -> Vec<f64> {
        rows(of).unwrap().iter().map(|row| row[symbol][3]).collect()
    }

    fn correlation(a: &[f64], b: &[f64]) -> f64 {
        let n = a.len() as f64;
        let (x, y) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
        let spread = |p: &[f64], q: &[f64], x: f64, y: f64| {
            p.iter().zip(q).map(|(p, q)| (p - x) * (q - y)).sum::<f64>()
        };
        spread(a, b, x, y) / (spread(a, a, x, x) * spread(b, b, y, y)).sqrt()
    }

    #[test]
    fn a_resampled_record_is_a_record_with_the_same_moments() {
        let whole = record();
        let square = |of: &[f64]| of.iter().map(|x| x * x).sum::<f64>() / of.len() as f64;
        let squares = |of: &[f64]| of.iter().map(|x| x * x).collect::<Vec<f64>>();
        for resample in [Resample::Blocks(20), Resample::Filtered, Resample::Garch] {
            let (mut mean, mut together, mut cluster) = (0.0, 0.0, 0.0);
            for seed in 0..40 {
                let of = resample.draw(&whole, Seed(seed)).unwrap();
                assert_eq!((of.count, of.series.len()), (whole.count, 2));
                assert_eq!(of.series[0].candles[0], whole.series[0].candles[0]);
                for candle in of.series.iter().flat_map(|of| &of.candles).flatten() {
                    assert!(candle.low <= candle.open.min(candle.close), "{candle:?}");
                    assert!(candle.high >= candle.open.max(candle.close), "{candle:?}");
                }
                let (a, b) = (closes(&of, 0), closes(&of, 1));
                mean += square(&a) / 40.0;
                together += correlation(&a, &b) / 40.0;
                let of = squares(&a);
                cluster += correlation(&of[1..], &of[..of.len() - 1]) / 40.0;
            }
            let (a, b) = (closes(&whole, 0), closes(&whole, 1));
            // Squares of such a law have heavy tails: their mean is known to a half or so.
            let times = mean / square(&a);
            assert!((0.6..1.7).contains(&times), "{resample:?}: {times}");
            assert!((together - correlation(&a, &b)).abs() < 0.06, "{resample:?}: {together}");
            assert!(cluster > 0.08, "{resample:?}: squares follow each other, {cluster}");
        }
        // In blocks of one, nothing follows anything.
        let of = squares(&closes(&Resample::Blocks(1).draw(&whole, Seed(1)).unwrap(), 0));
        assert!(correlation(&of[1..], &of[..of.len() - 1]).abs() < 0.12);
        let draw = |seed| Resample::Filtered.draw(&whole, Seed(seed)).unwrap();
        assert!(draw(1) == draw(1) && draw(1) != draw(2));
    }

    #[test]
    fn what_has_holes_or_is_short_is_refused() {
        let text =
            "symbol,open_time_ms,open,high,low,close\nA,0,1,1,1,1\nA,10,1,1,1,1\nA,30,1,1,1,1\n";
        let holed = Candles::parse(text).unwrap();
        assert!(Resample::Blocks(2).draw(&holed, Seed(1)).unwrap_err().to_string().contains('A'));
        let short = Candles::parse(&text.replace("A,30", "A,20")).unwrap();
        assert!(Resample::Blocks(2).draw(&short, Seed(1)).is_ok());
        assert!(Resample::Filtered.draw(&short, Seed(1)).is_err(), "two returns fit nothing");
        assert!(Resample::Blocks(0).draw(&short, Seed(1)).is_err());
    }
}
