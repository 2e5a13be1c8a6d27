//! Weeks of calm and of storm, the crises that come in them, and what a steward makes of both.
//!
//! Volatility is log-normal and returns to its mean: of a shock half is left after its half-life.
//! A crisis comes in a week with a chance in proportion to the variance, but for a part that comes
//! whatever the weather is. **When it is false**: how bad a crisis is has nothing to do with the
//! weather here, only whether one comes; a crisis makes no storm of its own; and nobody trades less
//! as margin rises. What a crisis comes to at each level is not a model: it was played.

use super::{Law, Levels, MOST_SIGNAL, Signal};
use crate::error::{LabError, require};
use crate::seed::Stream;

/// Weeks in a year.
pub const WEEKS: usize = 52;
/// Volatility of a week is seen by so many returns of a day.
const DAYS: u32 = 7;

/// What the weeks are drawn by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// In so many weeks half of a storm is over.
    pub half_life: f64,
    /// The deviation of the logarithm of volatility.
    pub spread: f64,
    /// How many crises a year has on average.
    pub a_year: f64,
    /// The part of crises that come whatever the weather is, 0 to 1.
    pub unforeseen: f64,
}

/// A week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Week {
    /// The volatility that was seen in it, of what it usually is.
    pub seen: f64,
    /// Whether a crisis came.
    pub crisis: bool,
}

impl Weather {
    /// Refuses what is out of bounds.
    ///
    /// # Errors
    ///
    /// The parameter, and what it may be.
    pub fn check(&self) -> Result<(), LabError> {
        require((0.1..=520.0).contains(&self.half_life), "half_life", "0.1 to 520 weeks")?;
        require((0.0..=1.0).contains(&self.spread), "spread", "0 to 100 %")?;
        require(self.a_year > 0.0 && self.a_year <= 26.0, "a_year", "above 0 to 26")?;
        require((0.0..=1.0).contains(&self.unforeseen), "unforeseen", "0 to 100 %")
    }

    /// So many weeks. Volatility begins as it usually is: by its law.
    #[must_use]
    pub fn weeks(&self, count: usize, stream: &mut Stream) -> Vec<Week> {
        let left = libm::exp2(-1.0 / self.half_life);
        let fresh = self.spread * (1.0 - left * left).sqrt();
        let mut log = self.spread * stream.normal();
        let week = |_| {
            // The mean of its square is one.
            let volatility = libm::exp(log - self.spread * self.spread);
            let squares: f64 = (0..DAYS).map(|_| stream.normal()).map(|z| z * z).sum();
            let seen = volatility * (squares / f64::from(DAYS)).sqrt();
            let often = self.unforeseen + (1.0 - self.unforeseen) * volatility * volatility;
            let crisis = stream.unit() < self.a_year / WEEKS as f64 * often;
            log = left * log + fresh * stream.normal();
            Week { seen, crisis }
        };
        (0..count).map(week).collect()
    }
}

/// What a crisis came to at a level, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Came {
    /// What losses lacked beyond own means.
    pub deficit: f64,
    /// What was closed of accounts.
    pub closed: f64,
}

/// The fund before everyone else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fund {
    /// What it is meant to hold, in dollars, above zero.
    pub size: f64,
    /// The part of that which comes in within a year, until it is full.
    pub refill: f64,
}

/// What is usual, by which signals are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Volatility that is seen, on average.
    pub seen: f64,
    /// What is closed in a week, on average, in dollars.
    pub closed: f64,
}

/// What a season came to, in dollars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Season {
    /// What the fund paid.
    pub paid: f64,
    /// What losses lacked beyond it.
    pub lacked: f64,
    /// What was closed of accounts.
    pub closed: f64,
    /// How often the parameter was moved.
    pub moves: usize,
    /// The level of each week.
    pub levels: Vec<usize>,
}

/// A venue through the weeks of a season under a law, or at its first level all the time.
///
/// What is seen of a week is known when it is over: it moves the parameter for the next.
pub fn play(
    (law, base): (Option<&Law>, f64),
    levels: &Levels,
    (fund, usual): (&Fund, &Usual),
    weeks: &[Week],
    came: &dyn Fn(usize, usize) -> Came,
) -> Season {
    let mut season = Season::default();
    let (mut level, mut left, mut crises) = (levels.nearest(base), fund.size, 0);
    let mut closed_of: Vec<f64> = Vec::with_capacity(weeks.len());
    for (number, week) in weeks.iter().enumerate() {
        season.levels.push(level);
        let mut closed = 0.0;
        if week.crisis {
            let crisis = came(level, crises);
            crises += 1;
            closed = crisis.closed;
            let paid = crisis.deficit.min(left);
            left -= paid;
            season.paid += paid;
            season.lacked += crisis.deficit - paid;
            season.closed += closed;
        }
        closed_of.push(closed);
        left = (left + fund.refill * fund.size / WEEKS as f64).min(fund.size);
        let Some(law) = law else { continue };
        let from = (number + 1).saturating_sub(law.window);
        let mean =
            |all: &mut dyn Iterator<Item = f64>| all.sum::<f64>() / (number + 1 - from) as f64;
        let signal = match law.signal {
            Signal::Volatility => {
                mean(&mut weeks[from..=number].iter().map(|of| of.seen)) / usual.seen
            }
            Signal::Fund if left * MOST_SIGNAL <= fund.size => MOST_SIGNAL,
            Signal::Fund => fund.size / left,
            Signal::Liquidations if usual.closed > 0.0 => {
                mean(&mut closed_of[from..=number].iter().copied()) / usual.closed
            }
            Signal::Liquidations => 1.0,
        };
        level = law.next(levels, base, level, signal);
    }
    season.moves = season.levels.windows(2).filter(|pair| pair[0] != pair[1]).count();
    season
}

#[cfg(test)]
mod tests {
    use super::{Came, Fund, Usual, Weather, Week, play};
    use crate::seed::Seed;
    use crate::steward::{Law, Levels, Signal};

    const LEVELS: Levels = Levels { least: 1.0, most: 3.0, count: 3 };
    const FUND: Fund = Fund { size: 100.0, refill: 0.52 };
    const USUAL: Usual = Usual { seen: 1.0, closed: 10.0 };

    fn weeks(all: &[(f64, bool)]) -> Vec<Week> {
        all.iter().map(|(seen, crisis)| Week { seen: *seen, crisis: *crisis }).collect()
    }

    /// By hand: a crisis takes 80 at the first level, 40 at the second, 0 at the third, and closes 30.
    fn came(level: usize, _: usize) -> Came {
        Came { deficit: [80.0, 40.0, 0.0][level], closed: 30.0 }
    }

    #[test]
    fn a_season_is_what_it_is_by_hand() {
        let of = |signal, gain| Law { signal, gain, band: 0.4, step: 1.0, window: 1 };
        // The fund gets 1 a week.
        let story = weeks(&[(1.0, true), (2.0, true), (2.0, true), (0.5, false)]);
        for (case, law, levels, paid, lacked, moves) in [
            // 80 of 100; 21 left and 59 lack; 1 left: 79 lack.
            ("none", None, vec![0, 0, 0, 0], 102.0, 138.0, 0),
            // Twice the usual wants 2: the third crisis takes 40 of the 1 there is.
            ("by volatility", Some(of(Signal::Volatility, 1.0)), vec![0, 0, 1, 1], 102.0, 98.0, 1),
            // 21 of 100 left: four times, wants 4 and gets a step; again a step.
            ("by the fund", Some(of(Signal::Fund, 1.0)), vec![0, 1, 2, 2], 101.0, 19.0, 2),
            // 30 closed where 10 are usual wants 3, and back when nothing is closed.
            (
                "by what is closed",
                Some(of(Signal::Liquidations, 1.0)),
                vec![0, 1, 2, 2],
                101.0,
                19.0,
                2,
            ),
        ] {
            let season = play((law.as_ref(), 1.0), &LEVELS, (&FUND, &USUAL), &story, &came);
            assert_eq!(season.levels, levels, "{case}");
            assert!((season.paid - paid).abs() < 1e-9, "{case}: {season:?}");
            assert!((season.lacked - lacked).abs() < 1e-9, "{case}: {season:?}");
            assert_eq!((season.moves, season.closed), (moves, 90.0), "{case}");
        }
    }

    #[test]
    fn weeks_have_the_moments_they_are_drawn_by() {
        let weather = Weather { half_life: 8.0, spread: 0.5, a_year: 4.0, unforeseen: 0.25 };
        weather.check().unwrap();
        let all = weather.weeks(400_000, &mut Seed(3).stream("weeks"));
        let mean = |of: &dyn Fn(&Week) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        assert!((mean(&|week| week.seen * week.seen) - 1.0).abs() < 0.05);
        let crises = 52.0 * mean(&|week| f64::from(u8::from(week.crisis)));
        assert!((crises - 4.0).abs() < 0.2, "{crises} a year");
        // Storms last, and bring crises: what was seen in the week before tells of one.
        let after = |least: f64, most: f64| {
            let pairs = all.windows(2).filter(|pair| (least..most).contains(&pair[0].seen));
            let (count, hits) = pairs
                .fold((0, 0), |(count, hits), pair| (count + 1, hits + u32::from(pair[1].crisis)));
            f64::from(hits) / f64::from(count)
        };
        assert!(after(1.5, 9.0) > 2.0 * after(0.0, 0.7));
        let calm = Weather { spread: 0.0, ..weather }.weeks(10, &mut Seed(1).stream("weeks"));
        assert!(calm.iter().all(|week| week.seen > 0.2 && week.seen < 2.5), "noise of seven days");
    }
}
