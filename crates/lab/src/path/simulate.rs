//! Drawn paths: correlated geometric Brownian motion with jumps, in segments.
//!
//! The log price of market m moves per step of length h by
//!
//! ```text
//! shift / ticks - vol^2 h / 2 + vol sqrt(h) (sqrt(rho) Z + sqrt(1 - rho) Z_m) + J + J_m
//! ```
//!
//! with Z common, Z_m its own, and jumps J (of all markets at once) and J_m (of one) that come
//! with a rate per year and have normal sizes. Prices are rounded to whole ticks, at least one;
//! the unrounded price is carried on, so rounding does not drift.
//!
//! Chosen because it is the field's first model, has one parameter per effect, and gives calm,
//! crash and aftermath as segments of one path. **When it is false**: returns of crypto assets
//! are not independent in time (volatility clusters, so real calm is calmer and real storms
//! last); correlation rises in a crash where this one is constant; jumps of a real crash come in
//! bursts, and after liquidations rather than before them; and no price here reacts to what the
//! engine sells. Replays of recorded candles have the first three.

use rhodian_core::ids::Time;
use rhodian_core::units::Price;

use super::{Path, Quote, whole_ticks};
use crate::error::{LabError, require};
use crate::seed::{Seed, Stream};

/// Milliseconds of a year of 365 days: crypto markets do not close.
pub const YEAR_MS: f64 = 365.0 * 86_400_000.0;

/// A stretch of a path with one climate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// How many ticks, at least 1.
    pub ticks: u32,
    /// Milliseconds between two ticks, at least 1.
    pub step_ms: u32,
    /// Volatility per year: 0.8 is 80 %. From 0 to 20.
    pub volatility: f64,
    /// Log return of every market over the whole segment, spread evenly: -0.22 is about -20 %.
    /// From -5 to 5.
    pub shift: f64,
    /// Jumps of all markets at once.
    pub common: Jumps,
    /// Jumps of each market on its own.
    pub own: Jumps,
}

/// Jumps with normal sizes that come at random.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jumps {
    /// Expected jumps per year. At most one jump falls into a step, so the rate times the step is
    /// at most a tenth of a jump.
    pub per_year: f64,
    /// Mean log size: negative where jumps are falls.
    pub mean: f64,
    /// Standard deviation of the log size.
    pub deviation: f64,
}

impl Segment {
    /// Ticks of one second at 80 % a year and no jump: an ordinary hour.
    #[must_use]
    pub const fn calm(ticks: u32) -> Self {
        let none = Jumps { per_year: 0.0, mean: 0.0, deviation: 0.0 };
        Self { ticks, step_ms: 1_000, volatility: 0.8, shift: 0.0, common: none, own: none }
    }

    /// One-second ticks at 300 % a year that lose `fall` in all (0.2 is a fifth), with a jump of
    /// all markets by -2 % on average once in 100 s: the shape of 10 October 2025, whose
    /// liquidations fell into twelve minutes.
    #[must_use]
    pub fn crash(ticks: u32, fall: f64) -> Self {
        let per_year = YEAR_MS / 100_000.0;
        let common = Jumps { per_year, mean: -0.02, deviation: 0.01 };
        let shift = libm::log1p(-fall);
        Self { volatility: 3.0, shift, common, ..Self::calm(ticks) }
    }

    /// One-second ticks at 300 % a year: the hours after.
    #[must_use]
    pub const fn aftermath(ticks: u32) -> Self {
        Self { volatility: 3.0, ..Self::calm(ticks) }
    }

    fn check(&self) -> Result<(), LabError> {
        require(self.ticks > 0 && self.step_ms > 0, "ticks and step of a segment", "at least 1")?;
        require((0.0..=20.0).contains(&self.volatility), "volatility", "0 to 20 per year")?;
        require((-5.0..=5.0).contains(&self.shift), "shift of a segment", "-5 to 5")?;
        for jumps in [self.common, self.own] {
            let in_a_step = jumps.per_year * f64::from(self.step_ms) / YEAR_MS;
            require((0.0..=0.1).contains(&in_a_step), "jumps", "0 to 0.1 expected in one step")?;
            let sizes = jumps.mean.abs() <= 5.0 && (0.0..=5.0).contains(&jumps.deviation);
            require(sizes, "sizes of jumps", "mean -5 to 5, deviation 0 to 5")?;
        }
        Ok(())
    }
}

/// Correlated prices in segments.
#[derive(Clone, Debug, PartialEq)]
pub struct JumpDiffusion {
    /// The segments, one after the other.
    pub segments: Vec<Segment>,
    /// The share of variance that all markets have in common, 0 to 1: the correlation of any two.
    pub correlation: f64,
}

impl JumpDiffusion {
    /// Half an hour of calm, a crash of `fall` in 200 s, and half an hour after it, with a
    /// correlation of 0.6 between any two markets.
    #[must_use]
    pub fn crash(fall: f64) -> Self {
        let segments =
            vec![Segment::calm(1_800), Segment::crash(200, fall), Segment::aftermath(1_800)];
        Self { segments, correlation: 0.6 }
    }

    /// The deviation of the log return that all markets have in common, over all segments, about
    /// their shift: of the common noise and of common jumps.
    #[must_use]
    pub fn common_noise(&self) -> f64 {
        let of = |segment: &Segment| {
            let years = f64::from(segment.ticks) * f64::from(segment.step_ms) / YEAR_MS;
            let jumps = segment.common;
            let sizes = jumps.mean * jumps.mean + jumps.deviation * jumps.deviation;
            let each = self.correlation * segment.volatility * segment.volatility;
            years * (each + jumps.per_year * sizes)
        };
        self.segments.iter().map(of).sum::<f64>().sqrt()
    }

    pub(super) fn check(&self) -> Result<(), LabError> {
        require((0.0..=1.0).contains(&self.correlation), "correlation", "0 to 1")?;
        self.segments.iter().try_for_each(Segment::check)
    }

    /// Draws a path that begins at `from` with the marks `starts`: the first tick holds them.
    ///
    /// ```
    /// use rhodian_core::{ids::Time, units::Price};
    /// use rhodian_lab::{path::simulate::JumpDiffusion, seed::Seed};
    ///
    /// let starts = [Price::new(60_000).unwrap(), Price::new(3_000).unwrap()];
    /// let path = JumpDiffusion::crash(0.2).draw(Time(0), &starts, Seed(1)).unwrap();
    /// assert_eq!(path.len(), 3_801);
    /// assert_eq!(path.tick(0).unwrap().quotes[1].price, starts[1]);
    /// ```
    pub fn draw(&self, from: Time, starts: &[Price], seed: Seed) -> Result<Path, LabError> {
        self.check()?;
        require(!starts.is_empty(), "markets", "at least one")?;
        let mut stream = seed.stream("jump-diffusion");
        let mut walk = Walk::from(starts);
        let mut path = Path::new();
        path.push(from, &walk.quotes)?;
        let mut at = from;
        for segment in &self.segments {
            for _ in 0..segment.ticks {
                at = at.after(u64::from(segment.step_ms));
                walk.step(segment, self.correlation, &mut stream);
                path.push(at, &walk.quotes)?;
            }
        }
        Ok(path)
    }
}

/// The state of a drawn path.
struct Walk {
    starts: Vec<f64>,
    logs: Vec<f64>,
    quotes: Vec<Quote>,
}

impl Walk {
    fn from(starts: &[Price]) -> Self {
        let quotes = starts.iter().zip(0..).map(|(price, market)| Quote { market, price: *price });
        // Ticks are at most 10^15, below 2^53.
        let ticks = |price: &Price| price.ticks() as f64;
        Self {
            starts: starts.iter().map(ticks).collect(),
            logs: vec![0.0; starts.len()],
            quotes: quotes.collect(),
        }
    }

    fn step(&mut self, segment: &Segment, correlation: f64, stream: &mut Stream) {
        let years = f64::from(segment.step_ms) / YEAR_MS;
        let scale = segment.volatility * years.sqrt();
        let drift = segment.shift / f64::from(segment.ticks) - 0.5 * scale * scale;
        let (together, alone) = (correlation.sqrt(), (1.0 - correlation).sqrt());
        let common = together * stream.normal();
        let jump = segment.common.draw(years, stream);
        for (place, quote) in self.quotes.iter_mut().enumerate() {
            let noise = scale * (common + alone * stream.normal());
            self.logs[place] += drift + noise + jump + segment.own.draw(years, stream);
            quote.price = whole_ticks(self.starts[place] * libm::exp(self.logs[place]));
        }
    }
}

impl Jumps {
    /// The log size of the jump in a step, zero where there is none. No number is drawn where
    /// the rate is zero.
    fn draw(&self, years: f64, stream: &mut Stream) -> f64 {
        if self.per_year > 0.0 && stream.unit() < self.per_year * years {
            self.mean + self.deviation * stream.normal()
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::Time;
    use rhodian_core::units::Price;

    use super::{JumpDiffusion, Jumps, Segment, YEAR_MS};
    use crate::seed::Seed;

    fn returns(model: &JumpDiffusion, markets: usize) -> Vec<Vec<f64>> {
        let starts = vec![Price::new(1_000_000_000_000).unwrap(); markets];
        let path = model.draw(Time(0), &starts, Seed(11)).unwrap();
        let table = path.table(markets);
        let of = |market: usize| {
            let log = |row: &Vec<Price>| libm::log(row[market].ticks() as f64);
            table.windows(2).map(|pair| log(&pair[1]) - log(&pair[0])).collect()
        };
        (0..markets).map(of).collect()
    }

    fn moment(xs: &[f64], ys: &[f64]) -> f64 {
        xs.iter().zip(ys).map(|(x, y)| x * y).sum::<f64>() / xs.len() as f64
    }

    /// 20,000 returns: a standard error of 0.5 % on a volatility, and of 0.005 on a correlation.
    #[test]
    fn volatility_and_correlation_are_as_asked() {
        let segments = vec![Segment { step_ms: 60_000, ..Segment::calm(20_000) }];
        let xs = returns(&JumpDiffusion { segments, correlation: 0.6 }, 2);
        let year = (YEAR_MS / 60_000.0).sqrt();
        let sd = [moment(&xs[0], &xs[0]).sqrt(), moment(&xs[1], &xs[1]).sqrt()];
        for sd in sd {
            assert!((sd * year / 0.8 - 1.0).abs() < 0.02, "{}", sd * year);
        }
        let correlation = moment(&xs[0], &xs[1]) / (sd[0] * sd[1]);
        assert!((correlation - 0.6).abs() < 0.02, "{correlation}");
    }

    #[test]
    fn a_crash_falls_as_far_as_asked() {
        let crash = Segment { common: Jumps::default(), ..Segment::crash(200, 0.2) };
        let xs = returns(&JumpDiffusion { segments: vec![crash], correlation: 0.6 }, 1);
        let total: f64 = xs[0].iter().sum();
        // 200 s at 300 % a year: a deviation of 0.0076 around the shift.
        assert!((total - libm::log(0.8)).abs() < 0.03, "{total}");
    }

    #[test]
    fn jumps_come_at_their_rate() {
        let common = Jumps { per_year: YEAR_MS / 100_000.0, mean: -0.5, deviation: 0.0 };
        let still = Segment { volatility: 0.0, common, ..Segment::calm(5_000) };
        let xs = returns(&JumpDiffusion { segments: vec![still], correlation: 0.0 }, 2);
        let jumps = xs[0].iter().filter(|x| **x < -0.4).count();
        assert!((20..90).contains(&jumps), "{jumps} jumps where 50 are expected");
    }

    /// The log return of two hundred paths of a market that is all common noise, against the
    /// deviation that is told.
    #[test]
    fn the_common_noise_is_what_paths_have() {
        let common = Jumps { per_year: YEAR_MS / 100_000.0, mean: -0.02, deviation: 0.01 };
        for (case, jumps) in [("still", Jumps::default()), ("with jumps", common)] {
            let one =
                |ticks| Segment { common: jumps, step_ms: 5_000, ..Segment::crash(ticks, 0.0) };
            let model = JumpDiffusion { segments: vec![one(40), one(12)], correlation: 1.0 };
            let starts = [Price::new(1_000_000_000).unwrap()];
            let total = |seed: u64| {
                let path = model.draw(Time(0), &starts, Seed(seed)).unwrap();
                let last = path.table(1).last().unwrap()[0].ticks() as f64;
                libm::log(last / 1e9)
            };
            let all: Vec<f64> = (0..800).map(total).collect();
            let mean = all.iter().sum::<f64>() / 800.0;
            let squares = all.iter().map(|of| (of - mean) * (of - mean)).sum::<f64>();
            let off = (squares / 799.0).sqrt() / model.common_noise();
            assert!((off - 1.0).abs() < 0.1, "{case}: {off}");
        }
    }

    #[test]
    fn models_out_of_range_are_refused() {
        let starts = [Price::new(100).unwrap()];
        let draw = |segment: Segment, correlation: f64| {
            let model = JumpDiffusion { segments: vec![segment], correlation };
            model.draw(Time(0), &starts, Seed(1)).is_ok()
        };
        let calm = Segment::calm(1);
        assert!(draw(calm, 0.5));
        assert!(!draw(calm, 1.5));
        assert!(!draw(calm, f64::NAN));
        assert!(!draw(Segment::calm(0), 0.5));
        assert!(!draw(Segment { volatility: f64::NAN, ..calm }, 0.5));
        assert!(!draw(Segment { volatility: -0.1, ..calm }, 0.5));
        let often = Jumps { per_year: 1e9, mean: 0.0, deviation: 0.1 };
        assert!(!draw(Segment { own: often, ..calm }, 0.5));
        assert!(!draw(Segment::crash(1, 1.0), 0.5), "a fall to nothing");
    }
}
