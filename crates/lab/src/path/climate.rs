//! Drawn crises whose noise is not the same all along: volatility that clusters, and regimes.
//!
//! The log return of a step has the mean and the variance that [`super::simulate::JumpDiffusion`]
//! has there, jumps included, and no jumps; both noises, the common one and each market's own, are
//! scaled by the square root of a level h, whose mean is one:
//!
//! ```text
//! garch    h' = 0.05 + (0.15 z^2 + 0.80) h,  z the common normal of the step (Bollerslev 1986)
//! regimes  h is 0.4 in calm and 4 in storm; calm ends in one step of 30, a storm in one of six
//!          (Hamilton 1989)
//! ```
//!
//! So a process changes when a crisis moves and how unevenly, and neither how far on average nor
//! how widely: what differs is the clustering. The fourth moment of a step is 5.6 by garch and 8.4
//! by regimes, where a normal one has 3.
//!
//! **When it is false**: the numbers are chosen and fitted to nothing, because a record of
//! five-second prices of crashes is not public; a fall raises volatility by more than a rise; and
//! a real crash has both clusters and jumps. Blocks of recorded moves are for replays
//! ([`super::resample`]): a drawn crisis has a fall of its own, which a record's blocks would
//! double.

use rhodian_core::ids::Time;
use rhodian_core::units::Price;

use super::simulate::{JumpDiffusion, Jumps, Segment, YEAR_MS};
use super::{Path, Quote, whole_ticks};
use crate::error::{LabError, require};
use crate::seed::{Seed, Stream};

/// How the noise of a drawn crisis is spread over its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Climate {
    /// Even, with jumps: [`JumpDiffusion`] itself.
    #[default]
    Jumps,
    /// In clusters.
    Garch,
    /// Calm and storm by turns.
    Regimes,
}

const SHOCK: f64 = 0.15;
const MEMORY: f64 = 0.80;
const CALM: f64 = 0.4;
const STORM: f64 = 4.0;
const CALM_ENDS: f64 = 1.0 / 30.0;
const STORM_ENDS: f64 = 1.0 / 6.0;

/// The level of the noise.
struct Level {
    of: Climate,
    now: f64,
}

impl Level {
    fn start(of: Climate, stream: &mut Stream) -> Self {
        let stormy = CALM_ENDS / (CALM_ENDS + STORM_ENDS);
        let now = match of {
            Climate::Regimes if stream.unit() < stormy => STORM,
            Climate::Regimes => CALM,
            Climate::Jumps | Climate::Garch => 1.0,
        };
        Self { of, now }
    }

    fn next(&mut self, common: f64, stream: &mut Stream) {
        self.now = match self.of {
            Climate::Jumps => 1.0,
            Climate::Garch => 1.0 - SHOCK - MEMORY + (SHOCK * common * common + MEMORY) * self.now,
            Climate::Regimes => {
                let calm = self.now < 1.0;
                let ends = stream.unit() < if calm { CALM_ENDS } else { STORM_ENDS };
                if calm == ends { STORM } else { CALM }
            }
        };
    }
}

/// The mean and the variance of a step of jumps.
fn of_jumps(jumps: Jumps, years: f64) -> (f64, f64) {
    let chance = jumps.per_year * years;
    let mean = chance * jumps.mean;
    let squares = chance * (jumps.mean * jumps.mean + jumps.deviation * jumps.deviation);
    (mean, squares - mean * mean)
}

/// The noise of a step: its mean, and the deviations of the common part and of each market's own.
fn of_step(segment: &Segment, correlation: f64) -> (f64, f64, f64) {
    let years = f64::from(segment.step_ms) / YEAR_MS;
    let variance = segment.volatility * segment.volatility * years;
    let (common, own) = (of_jumps(segment.common, years), of_jumps(segment.own, years));
    let mean = segment.shift / f64::from(segment.ticks) - 0.5 * variance + common.0 + own.0;
    let together = (correlation * variance + common.1).sqrt();
    (mean, together, ((1.0 - correlation) * variance + own.1).sqrt())
}

/// Draws the path of `model` with the noise of a climate, as [`JumpDiffusion::draw`] does.
///
/// # Errors
///
/// What [`JumpDiffusion::draw`] refuses.
pub fn draw(
    climate: Climate,
    model: &JumpDiffusion,
    from: Time,
    starts: &[Price],
    seed: Seed,
) -> Result<Path, LabError> {
    if climate == Climate::Jumps {
        return model.draw(from, starts, seed);
    }
    model.check()?;
    require(!starts.is_empty(), "markets", "at least one")?;
    let mut stream = seed.stream("climate");
    let mut level = Level::start(climate, &mut stream);
    let quotes = starts.iter().zip(0..).map(|(price, market)| Quote { market, price: *price });
    let mut quotes: Vec<Quote> = quotes.collect();
    let mut logs = vec![0.0; starts.len()];
    let (mut path, mut at) = (Path::new(), from);
    path.push(at, &quotes)?;
    for segment in &model.segments {
        let (mean, together, alone) = of_step(segment, model.correlation);
        for _ in 0..segment.ticks {
            at = at.after(u64::from(segment.step_ms));
            let (common, scale) = (stream.normal(), level.now.sqrt());
            for (place, quote) in quotes.iter_mut().enumerate() {
                let noise = scale * (together * common + alone * stream.normal());
                logs[place] += mean + noise;
                // A start is at most 10^15 ticks, below 2^53.
                quote.price = whole_ticks(starts[place].ticks() as f64 * libm::exp(logs[place]));
            }
            level.next(common, &mut stream);
            path.push(at, &quotes)?;
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::Time;
    use rhodian_core::units::Price;

    use super::{Climate, draw};
    use crate::path::simulate::{JumpDiffusion, Segment};
    use crate::seed::Seed;

    /// Steps of a path of one market, all common noise.
    fn steps(climate: Climate, model: &JumpDiffusion, seed: u64) -> Vec<f64> {
        let starts = [Price::new(1_000_000_000_000).unwrap()];
        let path = draw(climate, model, Time(0), &starts, Seed(seed)).unwrap();
        let logs: Vec<f64> =
            path.table(1).iter().map(|row| libm::log(row[0].ticks() as f64)).collect();
        logs.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn mean(of: impl Iterator<Item = f64>, count: usize) -> f64 {
        of.sum::<f64>() / count as f64
    }

    fn crash() -> JumpDiffusion {
        let one = Segment { step_ms: 5_000, ..Segment::crash(40, 0.2) };
        let after = Segment { step_ms: 5_000, ..Segment::aftermath(12) };
        JumpDiffusion { segments: vec![one, after], correlation: 1.0 }
    }

    /// Every process comes as far and spreads as wide: 3,000 crises each.
    #[test]
    fn a_crisis_has_the_same_mean_and_deviation_by_every_process() {
        let model = crash();
        for climate in [Climate::Jumps, Climate::Garch, Climate::Regimes] {
            let totals: Vec<f64> =
                (0..3_000).map(|seed| steps(climate, &model, seed).iter().sum()).collect();
            let middle = mean(totals.iter().copied(), 3_000);
            let squares = totals.iter().map(|of| (of - middle) * (of - middle));
            let deviation = mean(squares, 3_000).sqrt();
            // Two jumps of -2 % on average, and half a variance of the diffusion.
            let expected = libm::log(0.8) - 0.04;
            assert!((middle - expected).abs() < 0.003, "{climate:?}: {middle}");
            let off = deviation / model.common_noise();
            assert!((off - 1.0).abs() < 0.06, "{climate:?}: {off}");
        }
    }

    /// The fourth moment, and how squares follow each other, against what the laws say.
    #[test]
    fn steps_have_the_moments_of_their_law() {
        let long = Segment { step_ms: 5_000, ..Segment::aftermath(200_000) };
        let model = JumpDiffusion { segments: vec![long], correlation: 1.0 };
        // Garch: 3 (1 - (a + b)^2) / (1 - (a + b)^2 - 2 a^2) and a (1 - a b - b^2) /
        // (1 - 2 a b - b^2). Regimes: 3 E[h^2]; of squares, the share of the level's variance
        // times what is left of a regime after a step, 1 - 1/30 - 1/6 = 0.8.
        for (climate, fourth, follows, within) in
            [(Climate::Garch, 5.57, 0.30, 0.35), (Climate::Regimes, 8.4, 0.8 * 1.8 / 7.4, 0.08)]
        {
            let of = steps(climate, &model, 5);
            let square = mean(of.iter().map(|x| x * x), of.len());
            let kurtosis = mean(of.iter().map(|x| x * x * x * x), of.len()) / (square * square);
            assert!((kurtosis / fourth - 1.0).abs() < within, "{climate:?}: {kurtosis}");
            let pair = |pair: &[f64]| (pair[0] * pair[0] - square) * (pair[1] * pair[1] - square);
            let together = mean(of.windows(2).map(pair), of.len());
            let spread = mean(of.iter().map(|x| (x * x - square) * (x * x - square)), of.len());
            let found = together / spread;
            assert!((found - follows).abs() < 0.08, "{climate:?}: {found}, {follows} by theory");
        }
    }

    #[test]
    fn markets_have_their_correlation_and_paths_are_their_seeds() {
        let long = Segment { step_ms: 5_000, ..Segment::aftermath(40_000) };
        let model = JumpDiffusion { segments: vec![long], correlation: 0.6 };
        let starts = [Price::new(1_000_000_000_000).unwrap(); 2];
        for climate in [Climate::Garch, Climate::Regimes] {
            let path = draw(climate, &model, Time(0), &starts, Seed(3)).unwrap();
            let log = |row: &Vec<Price>, at: usize| libm::log(row[at].ticks() as f64);
            let table = path.table(2);
            let of = |at: usize| {
                let step = |pair: &[Vec<Price>]| log(&pair[1], at) - log(&pair[0], at);
                table.windows(2).map(step).collect::<Vec<f64>>()
            };
            let (a, b) = (of(0), of(1));
            let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            let found = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
            assert!((found - 0.6).abs() < 0.03, "{climate:?}: {found}");
        }
        let model = crash();
        assert_eq!(steps(Climate::Garch, &model, 1), steps(Climate::Garch, &model, 1));
        assert_ne!(steps(Climate::Garch, &model, 1), steps(Climate::Regimes, &model, 1));
    }
}
