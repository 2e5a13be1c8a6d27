//! What a venue's marks see of the price while its oracle fails.
//!
//! Fills are at the price, and at no more than twice the mark; margin, liquidations and takeovers are at the marks. The failure begins
//! at the tenth tick and is over after `ticks`; the last tick of a crisis is always seen as it is.
//! The modes are those that oracles showed: a price of a while ago (`stale`: a congested chain, 12
//! March 2020), one that does not move (`stuck`: a halted source), one that is wrong for a single
//! tick (`spike`: a wrong print), one that walks away slowly (`drift`: a source that is bought),
//! and one that stands off by a constant (`divergence`: an index beside the venue).
//!
//! **When it is false**: a failure hits all markets alike and always in the same minute; a venue
//! with several sources, gates of age and deviation, or a capped step has less of it, and this one
//! takes every mark as it comes; nobody trades against the wrong price, which is where most was
//! lost.

use std::collections::VecDeque;

use crate::error::{LabError, require};

/// How an oracle fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It tells the price of `ticks` ago.
    Stale,
    /// It tells the price from before it failed.
    Stuck,
    /// It is off by `error` for one tick.
    Spike,
    /// It walks to `error` over its ticks.
    Drift,
    /// It is off by `error` all the time.
    Divergence,
}

/// An oracle that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How.
    pub mode: Mode,
    /// How far the marks are from the price, in millionths.
    pub error: u32,
    /// Whether they are above it, where else they are below.
    pub above: bool,
    /// For so many ticks.
    pub ticks: u32,
}

/// The tick at which it fails: the fall has begun.
const FROM: u32 = 10;

impl Failure {
    pub(super) fn check(&self) -> Result<(), LabError> {
        // Fills are at the price: one of four thirds of the mark is still below twice the mark.
        require(self.error <= 250_000, "error of the oracle", "0 to 25 %")?;
        require((1..=40).contains(&self.ticks), "ticks of the oracle's failure", "1 to 40")
    }
}

/// What is seen, market by market and tick by tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    of: Failure,
    now: u32,
    /// The last prices of each market, the latest last.
    past: Vec<VecDeque<f64>>,
}

impl Sight {
    /// Of so many markets.
    #[must_use]
    pub fn of(of: Failure, markets: usize) -> Self {
        Self { of, now: 0, past: vec![VecDeque::new(); markets] }
    }

    /// What is seen of a market at `price`. To be asked once in each tick.
    pub fn sees(&mut self, market: usize, price: f64) -> f64 {
        let Failure { mode, error, above, ticks } = self.of;
        let past = &mut self.past[market];
        past.push_back(price);
        if past.len() > ticks as usize + 1 {
            past.pop_front();
        }
        let error = f64::from(error) / if above { -1e6 } else { 1e6 };
        let since = self.now.checked_sub(FROM).filter(|since| *since < ticks);
        let Some(since) = since else { return price };
        let off = match mode {
            Mode::Stale => return past[0],
            // Of so many ticks ago since it failed is the one before that.
            Mode::Stuck => return past[past.len().saturating_sub(since as usize + 2)],
            Mode::Spike if since > 0 => 0.0,
            Mode::Spike | Mode::Divergence => error,
            Mode::Drift => error * f64::from(since + 1) / f64::from(ticks),
        };
        price * (1.0 - off)
    }

    /// A tick is over.
    pub const fn tick(&mut self) {
        self.now += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Mode, Sight};

    #[test]
    fn each_mode_sees_its_own() {
        // Prices fall by one a tick from 100; the oracle fails at 90 for four ticks.
        for (mode, seen) in [
            (Mode::Stale, [94.0, 93.0, 92.0, 91.0]),
            (Mode::Stuck, [91.0, 91.0, 91.0, 91.0]),
            (Mode::Spike, [81.0, 89.0, 88.0, 87.0]),
            (Mode::Drift, [87.75, 84.55, 81.4, 78.3]),
            (Mode::Divergence, [81.0, 80.1, 79.2, 78.3]),
        ] {
            let failure = Failure { mode, error: 100_000, above: false, ticks: 4 };
            let mut sight = Sight::of(failure, 1);
            let mut over = Sight::of(Failure { above: true, ..failure }, 1);
            for tick in 0..20u32 {
                let price = 100.0 - f64::from(tick);
                let failing = (10..14).contains(&tick);
                let expected = if failing { seen[tick as usize - 10] } else { price };
                let found = sight.sees(0, price);
                assert!((found - expected).abs() < 1e-9, "{mode:?} at {tick}: {found}");
                sight.tick();
                // As far above, where the error and not the time is what is wrong.
                let mirrored = match mode {
                    Mode::Stale | Mode::Stuck => expected,
                    _ => 2.0 * price - expected,
                };
                assert!((over.sees(0, price) - mirrored).abs() < 1e-9, "{mode:?} at {tick}");
                over.tick();
            }
        }
        let failure = Failure { mode: Mode::Spike, error: 300_000, above: false, ticks: 1 };
        assert!(failure.check().is_err());
    }
}
