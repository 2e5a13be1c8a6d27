//! A dated future beside a market that is there.
//!
//! The future's price is the base's times one plus a basis. The basis reverts to its mean and has
//! noise of its own; where the base falls, futures fall further:
//!
//! ```text
//! b' = b + reversion h (mean - b) + noise sqrt(h) Z + stress x (log return of the base)
//! ```
//!
//! with h the time since the last quote in hours. It is kept within the limit either way.
//!
//! Chosen so that a hedged pair has a risk: long one, short its twin, and the basis moves.
//! **When it is false**: a real basis shrinks to zero towards expiry, depends on funding and on who
//! must buy at the margin, and jumps; here it is far from expiry and smooth but for the base.

use rhodian_core::units::Price;

use super::{Path, Quote, whole_ticks};
use crate::error::{LabError, require};
use crate::seed::{Seed, Stream};

/// How a twin's price differs from its base's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis {
    /// Where it reverts to: 0.001 is 0.1 % above the base.
    pub mean: f64,
    /// The share of the distance that is made up per hour, 0 to 100.
    pub reversion: f64,
    /// Standard deviation after an hour, 0 to 1.
    pub noise: f64,
    /// How much the basis moves per unit of the base's log return, -1 to 1.
    pub stress: f64,
    /// The largest basis either way, 0 to 0.5.
    pub limit: f64,
}

impl Default for Basis {
    /// 0.1 % above the base, half a distance made up in about an hour, 0.1 % an hour of noise, a
    /// twentieth of the base's move on top, at most 10 %: assumptions, calibrated to nothing.
    fn default() -> Self {
        Self { mean: 0.001, reversion: 0.7, noise: 0.001, stress: 0.05, limit: 0.1 }
    }
}

/// A twin's state while its path is made.
struct Twin {
    base: u32,
    market: u32,
    basis: f64,
    last: Option<(Price, u64)>,
    stream: Stream,
}

impl Basis {
    /// The path with a quote of each twin beside every quote of its base. `twins` are pairs of
    /// base and twin; a twin's place is above every market of the path.
    ///
    /// ```
    /// use rhodian_core::{ids::Time, units::Price};
    /// use rhodian_lab::path::{Path, Quote, basis::Basis};
    /// use rhodian_lab::seed::Seed;
    ///
    /// let mut path = Path::new();
    /// path.push(Time(0), &[Quote { market: 0, price: Price::new(100_000).unwrap() }]).unwrap();
    /// let both = Basis::default().beside(&path, &[(0, 1)], Seed(1)).unwrap();
    /// assert_eq!(both.tick(0).unwrap().quotes[1].price.ticks(), 100_100);
    /// assert!(Basis { limit: 0.9, ..Basis::default() }.beside(&path, &[], Seed(1)).is_err());
    /// ```
    pub fn beside(&self, path: &Path, twins: &[(u32, u32)], seed: Seed) -> Result<Path, LabError> {
        require((0.0..=0.5).contains(&self.limit), "limit of the basis", "0 to 0.5")?;
        require(self.mean.abs() <= self.limit, "mean of the basis", "within its limit")?;
        require((0.0..=100.0).contains(&self.reversion), "reversion of the basis", "0 to 100")?;
        require((0.0..=1.0).contains(&self.noise), "noise of the basis", "0 to 1")?;
        require(self.stress.abs() <= 1.0, "stress of the basis", "-1 to 1")?;
        let mut twins: Vec<Twin> = twins
            .iter()
            .map(|&(base, market)| {
                let stream = seed.stream_at("basis", u64::from(market));
                Twin { base, market, basis: self.mean, last: None, stream }
            })
            .collect();
        let mut with = Path::new();
        let mut quotes = Vec::new();
        for tick in path.ticks() {
            quotes.clear();
            quotes.extend_from_slice(tick.quotes);
            for twin in &mut twins {
                let base = tick.quotes.iter().find(|quote| quote.market == twin.base);
                if let Some(base) = base {
                    let price = self.quote(twin, base.price, tick.at.0);
                    quotes.push(Quote { market: twin.market, price });
                }
            }
            with.push(tick.at, &quotes)?;
        }
        Ok(with)
    }

    fn quote(&self, twin: &mut Twin, base: Price, at: u64) -> Price {
        let price = base.ticks() as f64;
        if let Some((last, then)) = twin.last {
            let hours = (at - then) as f64 / 3_600_000.0;
            // Over a long silence the basis arrives at its mean and does not overshoot it.
            let back = (self.reversion * hours).min(1.0) * (self.mean - twin.basis);
            let noise = self.noise * hours.sqrt() * twin.stream.normal();
            let fall = self.stress * libm::log(price / last.ticks() as f64);
            let basis = twin.basis + back + noise + fall;
            twin.basis = basis.max(-self.limit).min(self.limit);
        }
        twin.last = Some((base, at));
        whole_ticks(price * (1.0 + twin.basis))
    }
}
