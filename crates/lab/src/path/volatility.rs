//! A volatility feed beside a path: one number per base of options, at each of its quotes.
//!
//! ```text
//! v' = v + reversion h (mean - v) + noise sqrt(h) Z - reaction x (log return of the base)
//! ```
//!
//! with h the time since the last quote in hours, kept between the floor and the ceiling.
//!
//! Chosen because implied volatility rises when prices fall, which is what makes short options lose
//! faster than their delta says. **When it is false**: one number per base has no smile and no term
//! structure; in crypto volatility also rises in a rally, and here it falls.

use rhodian_core::ids::Time;

use super::Path;
use crate::error::{LabError, require};
use crate::seed::Seed;

/// How volatility moves. Volatilities are per year: 0.6 is 60 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volatility {
    /// At the start of the path, and in the rounds before it.
    pub start: f64,
    /// Where it reverts to.
    pub mean: f64,
    /// The share of the distance that is made up per hour, 0 to 100.
    pub reversion: f64,
    /// Standard deviation after an hour, 0 to 1.
    pub noise: f64,
    /// The rise per unit of log loss of the base, 0 to 20.
    pub reaction: f64,
    /// The least it may be, at least 0.01.
    pub floor: f64,
    /// The most it may be, at most 10.
    pub ceiling: f64,
}

impl Default for Volatility {
    /// 60 %, made up by 2 % of the distance an hour, 1 % an hour of noise, and three points for
    /// each point lost, between 20 and 400 %: assumptions, calibrated to nothing.
    fn default() -> Self {
        Self {
            start: 0.6,
            mean: 0.6,
            reversion: 0.02,
            noise: 0.01,
            reaction: 3.0,
            floor: 0.2,
            ceiling: 4.0,
        }
    }
}

/// A volatility of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolatilityQuote {
    /// When it comes in.
    pub at: Time,
    /// The place of the base in its world.
    pub market: u32,
    /// The volatility per year, in millionths, above zero.
    pub millionths: u32,
}

impl Volatility {
    /// The feed of one base along a path: a quote at each of the base's.
    pub fn along(
        &self,
        path: &Path,
        market: u32,
        seed: Seed,
    ) -> Result<Vec<VolatilityQuote>, LabError> {
        let Self { start, mean, reversion, noise, reaction, floor, ceiling } = *self;
        require(floor >= 0.01 && floor < ceiling && ceiling <= 10.0, "volatility", "0.01 to 10")?;
        let within = (floor..=ceiling).contains(&start) && (floor..=ceiling).contains(&mean);
        require(within, "start and mean of the volatility", "between floor and ceiling")?;
        require((0.0..=100.0).contains(&reversion), "reversion of the volatility", "0 to 100")?;
        require((0.0..=1.0).contains(&noise), "noise of the volatility", "0 to 1")?;
        require((0.0..=20.0).contains(&reaction), "reaction of the volatility", "0 to 20")?;
        let mut stream = seed.stream_at("volatility", u64::from(market));
        let (mut volatility, mut last) = (start, None);
        let mut feed = Vec::new();
        for tick in path.ticks() {
            let Some(quote) = tick.quotes.iter().find(|quote| quote.market == market) else {
                continue;
            };
            let price = quote.price.ticks() as f64;
            if let Some((before, then)) = last {
                let hours = (tick.at.0 - then) as f64 / 3_600_000.0;
                let back = (reversion * hours).min(1.0) * (mean - volatility);
                let shock = noise * hours.sqrt() * stream.normal();
                let fear = -reaction * libm::log(price / before);
                volatility = (volatility + back + shock + fear).clamp(floor, ceiling);
            }
            last = Some((price, tick.at.0));
            // At most ten million.
            let millionths = libm::round(volatility * 1e6) as u32;
            feed.push(VolatilityQuote { at: tick.at, market, millionths });
        }
        Ok(feed)
    }
}
