//! Which crises are drawn, and what the venue is that meets them.

use super::behaviour::Behaviour;
use super::flow::Flow;
use super::impact::Impact;
use super::oracle::Failure;
use crate::error::{LabError, require};
use crate::path::climate::Climate;
use crate::path::simulate::{JumpDiffusion, Jumps, Segment};
use crate::population::model::PopulationModel;
use crate::seed::Stream;
use crate::world::{Schedules, Simulated, Twins};

/// How far the market falls: at least so much, and beyond that by an exponential law.
///
/// The six crises of 2020 to 2025 in BTC's 15-minute to 2-hour candles fell by 16, 24, 26, 33, 36
/// and 57 % from where their files begin (16 % and 32 % are their least and their mean), which is
/// what the default has. **When it is false**: six crises say little of the seventh; that tails
/// beyond the largest are exponential, and not heavier, is chosen and not known; and every crisis
/// falls, though shorts are hurt by rises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Severity {
    /// The least fall: 0.16 is 16 %.
    pub least: f64,
    /// The mean of what is beyond it.
    pub beyond: f64,
}

impl Default for Severity {
    fn default() -> Self {
        Self { least: 0.16, beyond: 0.16 }
    }
}

/// No market falls by more: a log price has no zero.
const MOST: f64 = 0.95;

impl Severity {
    /// Draws a fall.
    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        self.at(-libm::log(stream.unit()))
    }

    /// The fall where what is beyond the least is so many means of it.
    #[must_use]
    pub fn at(&self, means: f64) -> f64 {
        (self.least + self.beyond * means).min(MOST)
    }
}

/// What happens to all markets at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shock {
    /// The log return of every market over the crisis: below zero where they fall.
    pub shift: f64,
    /// How it comes.
    pub course: Course,
}

/// How a shock comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    /// Evenly, with jumps of all markets by -2 % on average that come on top of it, two in a
    /// crisis: as in a recorded crash.
    Jumps,
    /// So much of it at once in the first step, 0 to 1, and the rest evenly: then the shift is all
    /// that markets have in common but for two hundred seconds of their noise, and what a shock
    /// does depends on its size alone. **When it is false**: real gaps come when books thin out,
    /// late in a fall rather than first.
    Gap(f64),
}

impl Shock {
    /// A crash by `fall`, 0 to 1, with jumps.
    #[must_use]
    pub fn fall(fall: f64) -> Self {
        Self { shift: libm::log1p(-fall), course: Course::Jumps }
    }

    /// What a price becomes, over what it was.
    #[must_use]
    pub fn factor(&self) -> f64 {
        libm::exp(self.shift)
    }
}

/// A venue and the crises that it meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrisisModel {
    /// Accounts in all, makers included.
    pub accounts: u32,
    /// Markets, perpetuals.
    pub markets: u32,
    /// How far they fall.
    pub severity: Severity,
    /// What closing costs against the mark, in millionths of the price.
    pub cost: u32,
    /// Maintenance margin is so many millionths of the schedule's, and initial margin no less.
    pub maintenance: u32,
    /// In how many ticks of five seconds the book of a failed account is sold, in even parts.
    /// **When it is false**: a venue sells faster when it is urgent, and slower when nobody buys.
    pub close: u32,
    /// What any two markets have in common of their noise, in millionths: their correlation. The
    /// shift of a crisis is common to all whatever it is.
    pub correlation: u32,
    /// Everyone's leverage, in millionths of what the population's model draws.
    pub leverage: u32,
    /// What is sold moves prices, where it does.
    pub impact: Option<Impact>,
    /// Who else sells as prices move; with an impact only.
    pub flow: Flow,
    /// How the noise is spread over a crisis.
    pub climate: Climate,
    /// What people do about losses.
    pub behaviour: Behaviour,
    /// How the oracle fails, where it does.
    pub oracle: Option<Failure>,
}

impl Default for CrisisModel {
    /// A venue of 400 accounts and eight markets that closes at one per cent from the mark.
    fn default() -> Self {
        Self {
            accounts: 400,
            markets: 8,
            severity: Severity::default(),
            cost: 10_000,
            maintenance: 1_000_000,
            close: 1,
            correlation: 800_000,
            leverage: 1_000_000,
            impact: None,
            flow: Flow::default(),
            climate: Climate::Jumps,
            behaviour: Behaviour::default(),
            oracle: None,
        }
    }
}

impl CrisisModel {
    pub(crate) fn check(&self) -> Result<(), LabError> {
        require((20..=100_000).contains(&self.accounts), "accounts", "20 to 100,000")?;
        require((1..=50).contains(&self.markets), "markets", "1 to 50")?;
        require(self.cost <= 200_000, "cost", "0 to 20 %")?;
        require((500_000..=2_000_000).contains(&self.maintenance), "maintenance", "-50 to +100 %")?;
        require((1..=40).contains(&self.close), "close", "1 to 40 ticks")?;
        require(self.correlation <= 1_000_000, "correlation", "0 to 100 %")?;
        require((100_000..=3_000_000).contains(&self.leverage), "leverage", "10 to 300 %")?;
        let severity = self.severity;
        require((0.0..=0.9).contains(&severity.least), "least fall", "0 to 90 %")?;
        require((0.0..=0.5).contains(&severity.beyond), "mean beyond it", "0 to 50 %")?;
        self.impact.map_or(Ok(()), |impact| impact.check())?;
        self.flow.check()?;
        let moves = self.impact.is_some() || self.flow.is_none();
        require(moves, "stops and gamma", "none without a depth that they move")?;
        self.behaviour.check()?;
        self.oracle.map_or(Ok(()), |failure| failure.check())
    }

    /// The book of the venue, before any crisis.
    pub(crate) fn world(&self) -> Simulated {
        let population = self.population();
        Simulated {
            perpetuals: self.markets,
            twins: Twins { count: 0, ..Twins::default() },
            schedules: Schedules::ByDepth,
            options: None,
            prices: self.prices(Shock::fall(0.0)),
            population,
        }
    }

    /// Who is there.
    pub(super) fn population(&self) -> PopulationModel {
        let mut population = PopulationModel::of(self.accounts);
        // Who is hedged needs a second market of the same: it is left out, and would not fail.
        population.shares.hedged = 0;
        if self.leverage != 1_000_000 {
            population.leverage = population.leverage.scaled(f64::from(self.leverage) / 1e6);
        }
        population.leverage = self.behaviour.chosen(population.leverage);
        population
    }

    /// The deviation of what all markets have in common beside the shift of such a shock.
    #[must_use]
    pub fn common_noise(&self, shock: Shock) -> f64 {
        self.prices(shock).common_noise()
    }

    /// Two hundred seconds in steps of five, as on 10 October 2025, and a minute after it.
    pub(super) fn prices(&self, shock: Shock) -> JumpDiffusion {
        let step = |segment: Segment| Segment { step_ms: 5_000, ..segment };
        let crash = |ticks: u32, shift: f64| step(Segment { shift, ..Segment::crash(ticks, 0.0) });
        let mut segments = match shock.course {
            Course::Jumps => vec![crash(40, shock.shift)],
            Course::Gap(part) => {
                let still = |of: Segment| Segment { common: Jumps::default(), ..of };
                let (gap, rest) = (part * shock.shift, (1.0 - part) * shock.shift);
                vec![still(crash(1, gap)), still(crash(39, rest))]
            }
        };
        segments.push(step(Segment::aftermath(12)));
        JumpDiffusion { segments, correlation: f64::from(self.correlation) / 1e6 }
    }
}
