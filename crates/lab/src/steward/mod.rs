//! A steward: a control law that moves a parameter between bounds as it sees that times are worse
//! than usual.
//!
//! ```text
//! wanted = base (1 + gain (signal - 1))       signal 1 in usual times, at most 4
//! ```
//!
//! It stays where it is while what it wants is within a band of that: hysteresis, so that it does
//! not move to and fro with noise. Beyond the band it moves towards what it wants, by a step at
//! most, to the nearest of a few levels. [`season`] has the weeks it goes through.

pub mod season;

use crate::error::{LabError, require};

/// What a steward looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Volatility of late, of what it usually is.
    Volatility,
    /// What the fund is meant to hold, over what it holds.
    Fund,
    /// What was closed of accounts of late, of what usually is.
    Liquidations,
}

/// No signal says more: an empty fund would say infinitely much.
pub const MOST_SIGNAL: f64 = 4.0;

/// The values that the parameter may have: evenly spaced, at least two, rising.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// How many there are.
    pub count: usize,
}

impl Levels {
    /// The value of a level.
    #[must_use]
    pub fn value(&self, level: usize) -> f64 {
        self.least + (self.most - self.least) * level as f64 / (self.count.max(2) - 1) as f64
    }

    /// The level nearest to a value, of two alike the lower.
    #[must_use]
    pub fn nearest(&self, value: f64) -> usize {
        let apart = |level: &usize| (self.value(*level) - value).abs();
        (0..self.count).min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(0)
    }
}

/// A control law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// What it looks at.
    pub signal: Signal,
    /// How much of the signal is passed on: with 1 twice the usual wants twice the base.
    pub gain: f64,
    /// It stays where what it wants is no further away, in the parameter's unit.
    pub band: f64,
    /// The most it moves in a week, in the parameter's unit.
    pub step: f64,
    /// Over so many weeks it looks back.
    pub window: usize,
}

impl Law {
    /// Refuses what is no law.
    ///
    /// # Errors
    ///
    /// The parameter, and what it may be.
    pub fn check(&self) -> Result<(), LabError> {
        require((0.0..=10.0).contains(&self.gain), "gain", "0 to 1000 %")?;
        require(self.band >= 0.0, "band", "zero or more")?;
        require(self.step > 0.0, "step", "above zero")?;
        require((1..=52).contains(&self.window), "window", "1 to 52 weeks")
    }

    /// The level for the next week, where it stands at `level`.
    ///
    /// ```
    /// use rhodian_lab::steward::{Law, Levels, Signal};
    /// let levels = Levels { least: 0.8, most: 1.6, count: 9 };
    /// let law = Law { signal: Signal::Volatility, gain: 0.5, band: 0.1, step: 0.2, window: 4 };
    /// // Twice the usual wants 1.5; it goes by 0.2 a week, and stays within 0.1 of what it wants.
    /// let mut at = levels.nearest(1.0);
    /// let mut seen = Vec::new();
    /// for signal in [1.1, 2.0, 2.0, 2.0, 1.7, 0.2] {
    ///     at = law.next(&levels, 1.0, at, signal);
    ///     seen.push((100.0 * levels.value(at)).round() as u32);
    /// }
    /// assert_eq!(seen, [100, 120, 140, 140, 140, 120]);
    /// ```
    #[must_use]
    pub fn next(&self, levels: &Levels, base: f64, level: usize, signal: f64) -> usize {
        let at = levels.value(level);
        let signal = signal.clamp(0.0, MOST_SIGNAL);
        let wanted = (base * (1.0 + self.gain * (signal - 1.0))).clamp(levels.least, levels.most);
        // What rounding of floats leaves of the band is not a reason to move.
        if (wanted - at).abs() <= self.band + 1e-9 {
            return level;
        }
        let goes = levels.nearest(at + (wanted - at).clamp(-self.step, self.step));
        let too_far = (levels.value(goes) - at).abs() > self.step + 1e-9;
        match (too_far, goes > level) {
            (false, _) => goes,
            (true, true) => goes - 1,
            (true, false) => goes + 1,
        }
    }
}
