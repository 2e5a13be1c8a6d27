//! Events that crises drawn by their law hardly ever meet, by importance sampling on the common
//! factor: crises are drawn by another law, near the event, and each counts by the ratio of the
//! two.
//!
//! ```text
//! drawn by   q = a p + (1 - a) (s_1 q_1 + ... + s_k q_k)   p the law itself, q_i one mode each
//! weight     w = p / q, at most 1 / a
//! P(event)   the mean of w over those that meet it
//! ```
//!
//! A mode is the mildest factor at which the event happens on one side: a fall, and where rises
//! hurt too, a rise. One mode alone would miss the other's part of the probability and not know it,
//! with an interval that looks good. Modes are drawn as often as they are likely, and by a
//! twentieth at least: a farther mode that was drawn as often as the near one would cost runs and
//! tell little. The defensive part a draws by the law itself, which bounds every weight (Owen and
//! Zhou 2000; Glasserman 2004, chapter 4 for tilting).
//!
//! Only the factor is drawn otherwise. The noise of a path is drawn as ever, so an event that comes
//! of noise alone is met by the defensive part and by chance only. Where that noise is large beside
//! the factor, hits of large weight are missing more often than not and the figure is too low with
//! an interval that looks good: such a law is refused before a run is played ([`noise_allowed`]). Whether weights average one, how
//! many crises the weights are worth decides whether a figure is given at all: [`Rare::backed`].

use crate::crisis::model::{Course, Severity, Shock};
use crate::error::LabError;
use crate::experiment::mixture::Mixture;
use crate::mean::{DEVIATIONS, mean};
use crate::normal::{normal_cdf, normal_quantile};
use crate::seed::Stream;

/// The law of what all markets have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Crises that fall, with jumps: the factor is how many means a fall is beyond the least, by an
    /// exponential law.
    Falls(Severity),
    /// A move of log prices, up or down, by a normal law of this deviation: the factor is how many
    /// deviations. **When it is false**: returns have heavier tails than the normal law, so what is
    /// rare under it is less rare outside.
    Both {
        /// The deviation of the log return, above zero.
        deviation: f64,
        /// The part of a move that comes at once.
        gap: f64,
    },
}

/// No market moves by a larger log return: to a tenth, or tenfold.
pub const MOST_SHIFT: f64 = core::f64::consts::LN_10;

impl Law {
    /// What the factor does to markets.
    #[must_use]
    pub fn shock(&self, factor: f64) -> Shock {
        match self {
            Self::Falls(severity) => Shock::fall(severity.at(factor)),
            Self::Both { deviation, gap } => Shock {
                shift: (deviation * factor).clamp(-MOST_SHIFT, MOST_SHIFT),
                course: Course::Gap(*gap),
            },
        }
    }

    /// How likely the law makes what is at a mode or beyond.
    fn beyond(&self, mode: f64) -> f64 {
        match self {
            Self::Falls(_) => libm::exp(-mode),
            Self::Both { .. } => normal_cdf(-mode.abs()),
        }
    }

    /// How much likelier a mode makes the factor than the law does.
    fn ratio(&self, mode: f64, factor: f64) -> f64 {
        match self {
            // An exponential law whose mean is one beyond the mode.
            Self::Falls(_) => {
                let mean = 1.0 + mode;
                libm::exp(factor - factor / mean) / mean
            }
            // The normal law moved to the mode.
            Self::Both { .. } => libm::exp(mode * (factor - 0.5 * mode)),
        }
    }

    /// A factor by the law itself where there is no mode, by that of the mode else.
    fn draw(&self, mode: Option<f64>, uniform: f64) -> f64 {
        match self {
            Self::Falls(_) => -libm::log(uniform) * (1.0 + mode.unwrap_or(0.0)),
            Self::Both { .. } => normal_quantile(uniform) + mode.unwrap_or(0.0),
        }
    }
}

/// By which law crises are drawn instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The law that is asked about.
    pub law: Law,
    /// The part drawn by that law, above 0 to 1.
    pub defensive: f64,
    /// The factors near which the rest is drawn; all is drawn by the law where there is none.
    pub modes: Vec<f64>,
}

/// A factor and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The factor.
    pub factor: f64,
    /// How much likelier the law makes it than what it was drawn by.
    pub weight: f64,
}

impl Proposal {
    fn mixture(&self) -> Mixture {
        let beyond: Vec<f64> = self.modes.iter().map(|mode| self.law.beyond(*mode)).collect();
        Mixture::of(self.defensive, &beyond)
    }

    /// Draws a factor.
    pub fn draw(&self, stream: &mut Stream) -> Drawn {
        self.at([stream.unit(), stream.unit()])
    }

    /// The factor of a point of the unit square: by the first number its mode is chosen, by the
    /// second it is drawn.
    #[must_use]
    pub fn at(&self, [choice, uniform]: [f64; 2]) -> Drawn {
        let mixture = self.mixture();
        let mode = mixture.chosen(choice).map(|place| self.modes[place]);
        let factor = self.law.draw(mode, uniform);
        let ratios = self.modes.iter().map(|mode| self.law.ratio(*mode, factor));
        Drawn { factor, weight: mixture.weight(ratios) }
    }
}

/// A probability from weighted runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rare {
    /// The probability.
    pub probability: f64,
    /// Between which bounds the true one lies, 95 times of 100.
    pub between: [f64; 2],
    /// How many runs there were, and how many of them met the event.
    pub runs: usize,
    /// How many met the event.
    pub hits: usize,
    /// How many equally weighted hits the hits are worth.
    pub effective: f64,
    /// The mean of all weights, which is one but for chance.
    pub weights: f64,
    /// Its interval.
    pub weights_between: [f64; 2],
    /// The fewest runs by the law itself that would give as narrow an interval, over the runs.
    pub gain: f64,
}

/// Hits are worth so many at least, or no interval is to be trusted. The half of an interval is
/// then at most 1.96 / sqrt 50 of its figure, 28 %: no other bound on it is needed.
pub const LEAST_EFFECTIVE: f64 = 50.0;
/// The mean of weights is so many of its deviations from one at most. Two would refuse one honest
/// experiment in twenty.
pub const MOST_APART: f64 = 4.0;

/// The noise that all markets share is such a part of the deviation of their moves at most.
pub const MOST_NOISE: f64 = 0.2;
/// And of the mean of what they fall beyond the least. An exponential law near its mode still draws
/// smaller factors about as often as the law asks, and admits more.
pub const MOST_NOISE_OF_FALLS: f64 = 1.0;

/// Whether the noise of a path is small enough beside the factor that draws near a mode meet what
/// happens.
///
/// ```
/// use rhodian_lab::crisis::model::Severity;
/// use rhodian_lab::experiment::rare::{Law, noise_allowed};
/// let law = |deviation: f64| Law::Both { deviation, gap: 0.5 };
/// assert!(noise_allowed(&law(0.05), 0.0077).is_ok());
/// let why = noise_allowed(&law(0.01), 0.0077).unwrap_err().to_string();
/// assert!(why.contains("deviation must be 3.85 % or more"), "{why}");
/// let falls = |beyond: f64| Law::Falls(Severity { least: 0.16, beyond });
/// assert!(noise_allowed(&falls(0.16), 0.033).is_ok());
/// let why = noise_allowed(&falls(0.02), 0.033).unwrap_err().to_string();
/// assert!(why.contains("beyond must be 3.30 % or more"), "{why}");
/// ```
///
/// # Errors
///
/// The parameter, with both numbers and what would do.
pub fn noise_allowed(law: &Law, noise: f64) -> Result<(), LabError> {
    let (parameter, given, most) = match law {
        Law::Both { deviation, .. } => ("deviation", *deviation, MOST_NOISE),
        // A log return is no smaller than the fall: on the side of refusing.
        Law::Falls(severity) => ("beyond", severity.beyond, MOST_NOISE_OF_FALLS),
    };
    if noise <= most * given {
        return Ok(());
    }
    // Rounded up: what is told to be enough is.
    let least = libm::ceil(noise / most * 1e4 - 1e-6) / 100.0;
    Err(LabError::Noise {
        parameter,
        noise: format!("{:.2} %", 100.0 * noise),
        given: format!("{:.2} %", 100.0 * given),
        least: format!("{least:.2} %"),
    })
}

/// From such a probability on an event is not rare.
pub const MOST_RARE: f64 = 0.2;

/// Why a probability is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unbacked {
    /// Nothing met the event.
    NoHit,
    /// It is not rare: so many crises meet it that their weights, and not the event, make the
    /// figure, which may then pass one.
    Common,
    /// The hits are worth too few.
    Few {
        /// How many they are worth.
        effective: f64,
        /// About how many runs would be enough.
        needed: usize,
    },
    /// Weights do not average one: what was drawn is not what was meant.
    Weights {
        /// Their mean.
        mean: f64,
    },
}

impl core::fmt::Display for Unbacked {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoHit => f.write_str("no run met it: it is rarer than these runs can tell"),
            Self::Common => f.write_str(
                "a fifth of crises or more meet it: ask with kind = \"monte-carlo\" how often",
            ),
            Self::Few { effective, needed } => write!(
                f,
                "the hits are worth {effective:.0} of equal weight, {LEAST_EFFECTIVE:.0} are \
                 needed: about {needed} runs"
            ),
            Self::Weights { mean } => write!(
                f,
                "weights average {mean:.3} and not one: a larger defensive part, or more runs"
            ),
        }
    }
}

impl Rare {
    /// The probability of what so many runs met, each with its weight.
    #[must_use]
    pub fn of(runs: &[(f64, bool)]) -> Self {
        let counted = runs.iter().map(|(weight, hit)| if *hit { *weight } else { 0.0 });
        let (probability, [low, high]) = mean(counted.clone());
        let (weights, weights_between) = mean(runs.iter().map(|(weight, _)| *weight));
        let (sum, squares) = counted
            .fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
        let n = runs.len() as f64;
        let deviation = (high - low) / (2.0 * DEVIATIONS);
        let variance = deviation * deviation * n;
        Self {
            probability,
            between: [low.max(0.0), high.min(1.0)],
            runs: runs.len(),
            hits: runs.iter().filter(|(_, hit)| *hit).count(),
            effective: if squares > 0.0 { sum * sum / squares } else { 0.0 },
            weights,
            weights_between,
            gain: if variance > 0.0 {
                (probability * (1.0 - probability)).max(0.0) / variance
            } else {
                1.0
            },
        }
    }

    /// Whether the figure may be given, and why not.
    ///
    /// # Errors
    ///
    /// The first of the reasons that holds, in the order of [`Unbacked`], weights first.
    pub fn backed(&self) -> Result<(), Unbacked> {
        let deviation = (self.weights_between[1] - self.weights_between[0]) / (2.0 * DEVIATIONS);
        // Equal weights are one but for rounding.
        if (self.weights - 1.0).abs() > MOST_APART * deviation + 1e-9 {
            return Err(Unbacked::Weights { mean: self.weights });
        }
        if self.hits == 0 {
            return Err(Unbacked::NoHit);
        }
        if self.between[0] >= MOST_RARE {
            return Err(Unbacked::Common);
        }
        let runs = self.runs as f64;
        if self.effective < LEAST_EFFECTIVE {
            let needed = (runs * LEAST_EFFECTIVE / self.effective).ceil() as usize;
            return Err(Unbacked::Few { effective: self.effective, needed });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Law, MOST_NOISE, MOST_NOISE_OF_FALLS, Proposal, Rare, Unbacked};
    use crate::crisis::model::Severity;
    use crate::mean::DEVIATIONS;
    use crate::normal::normal_cdf;
    use crate::seed::Seed;

    const FALLS: Law = Law::Falls(Severity { least: 0.16, beyond: 0.16 });
    const BOTH: Law = Law::Both { deviation: 0.05, gap: 0.5 };

    fn estimate(proposal: &Proposal, n: u64, hit: impl Fn(f64) -> bool) -> Rare {
        let one = |run| {
            let drawn = proposal.draw(&mut Seed(5).stream_at("factor", run));
            (drawn.weight, hit(drawn.factor))
        };
        Rare::of(&(0..n).map(one).collect::<Vec<_>>())
    }

    fn deviation(of: &Rare) -> f64 {
        (of.between[1] - of.probability) / DEVIATIONS
    }

    /// Tails that are known to the last digit, by few runs.
    #[test]
    fn known_tails_are_met_within_three_deviations() {
        let normal = |x: f64| normal_cdf(-x);
        for (case, law, modes, from, expected) in [
            ("a fall", BOTH, vec![-3.719], (-3.719, f64::INFINITY), normal(3.719)),
            ("a fall or a rise", BOTH, vec![-3.9, 3.5], (-3.9, 3.5), normal(3.9) + normal(3.5)),
            ("a far rise", BOTH, vec![-3.5, 6.0], (-3.5, 6.0), normal(3.5) + normal(6.0)),
            ("one in a billion", BOTH, vec![-6.0], (-6.0, f64::INFINITY), normal(6.0)),
            ("exponential", FALLS, vec![9.0], (-1.0, 9.0), (-9.0f64).exp()),
        ] {
            let proposal = Proposal { law, defensive: 0.1, modes };
            let found = estimate(&proposal, 4_000, |x| x < from.0 || x > from.1);
            let apart = (found.probability - expected).abs() / deviation(&found);
            assert!(apart < 3.0, "{case}: {found:?}, {expected:e} is true");
            assert_eq!(found.backed(), Ok(()), "{case}: {found:?}");
            // As narrow as so many runs by the law: the figure that is printed is checked, too.
            assert!(found.gain > 0.3 / expected.sqrt(), "{case}: {found:?}");
            let [low, high] = found.weights_between;
            let off = (found.weights - 1.0).abs() / ((high - low) / (2.0 * DEVIATIONS));
            assert!(off < 4.0, "{case}: weights average {}", found.weights);
        }
    }

    #[test]
    fn without_a_mode_it_is_crude_and_every_weight_is_one() {
        let proposal = Proposal { law: BOTH, defensive: 0.1, modes: Vec::new() };
        let found = estimate(&proposal, 4_000, |x| x < -1.0);
        assert_eq!(found.backed(), Ok(()));
        assert_eq!((found.weights, found.weights_between), (1.0, [1.0, 1.0]));
        assert!((found.probability - normal_cdf(-1.0)).abs() < 3.0 * deviation(&found));
        assert!((found.gain - 1.0).abs() < 0.01 && found.effective == found.hits as f64);
    }

    /// The trap that the second mode is for: with the fall alone the rise is left to the defensive
    /// part, and the interval shows it.
    #[test]
    fn a_mode_that_is_left_out_costs_the_interval() {
        let both = Proposal { law: BOTH, defensive: 0.1, modes: vec![-4.0, 3.0] };
        let one = Proposal { modes: vec![-4.0], ..both.clone() };
        let hit = |x: f64| !(-4.0..=3.0).contains(&x);
        let (both, one) = (estimate(&both, 4_000, hit), estimate(&one, 4_000, hit));
        assert!(both.backed().is_ok() && one.backed().is_err(), "{one:?}");
        assert!(deviation(&one) > 10.0 * deviation(&both), "{one:?}");
    }

    /// Noise on top of the factor, of a known law: the event is met where their sum is far enough.
    /// Of a hundred experiments, how many are told, and how many of them hold the true chance.
    fn held(law: Law, mode: f64, noise: f64, truth: f64, runs: u64) -> (usize, usize) {
        let proposal = Proposal { law, defensive: 0.1, modes: vec![mode] };
        let one = |seed: u64| {
            let run = |run: u64| {
                let drawn = proposal.draw(&mut Seed(seed).stream_at("factor", run));
                let noise = noise * Seed(seed).stream_at("noise", run).normal();
                (drawn.weight, (drawn.factor + noise) * mode.signum() > mode.abs())
            };
            Rare::of(&(0..runs).map(run).collect::<Vec<_>>())
        };
        let backed: Vec<Rare> = (0..100).map(one).filter(|of| of.backed().is_ok()).collect();
        let holds = |of: &&Rare| (of.between[0]..=of.between[1]).contains(&truth);
        (backed.len(), backed.iter().filter(holds).count())
    }

    /// Up to the bound intervals hold the true chance; beyond it they do not, and say nothing of it.
    #[test]
    fn noise_beside_a_normal_factor_is_carried_up_to_its_bound() {
        let told = |noise: f64| {
            let truth = normal_cdf(-3.719 / (1.0 + noise * noise).sqrt());
            held(BOTH, -3.719, noise, truth, 800)
        };
        for noise in [0.0, 0.1, MOST_NOISE] {
            let (told, held) = told(noise);
            assert!(told >= 90 && 100 * held >= 89 * told, "{noise}: {held} of {told}");
        }
        let (told, held) = told(0.35);
        assert!(told >= 20 && 100 * held < 80 * told, "0.35: {held} of {told}");
    }

    #[test]
    fn noise_beside_falls_is_carried_further() {
        let told = |noise: f64, runs: u64| {
            let tail = normal_cdf(-9.0 / noise);
            let moved = (-9.0 + noise * noise / 2.0).exp() * normal_cdf(9.0 / noise - noise);
            held(FALLS, 9.0, noise, tail + moved, runs)
        };
        for (noise, runs) in [(0.2, 800), (0.5, 4_000), (MOST_NOISE_OF_FALLS, 8_000)] {
            let (told, held) = told(noise, runs);
            assert!(told >= 75 && 100 * held >= 89 * told, "{noise}: {held} of {told}");
        }
        let (told, held) = told(2.0, 8_000);
        assert!(told >= 20 && 100 * held < 80 * told, "2: {held} of {told}");
    }

    #[test]
    fn what_cannot_be_backed_is_refused() {
        let hits = |hits: usize, n: usize| {
            Rare::of(&(0..n).map(|run| (1.0, run < hits)).collect::<Vec<_>>()).backed()
        };
        assert_eq!(hits(0, 100), Err(Unbacked::NoHit));
        assert_eq!(hits(10, 100), Err(Unbacked::Few { effective: 10.0, needed: 500 }));
        assert_eq!(hits(60, 1_000), Ok(()));
        // Weights may carry a figure beyond one: it is not given.
        let often: Vec<(f64, bool)> =
            (0..100).map(|run| (0.5 + f64::from(run % 3) * 0.55, true)).collect();
        assert!(Rare::of(&often).probability > 1.0);
        assert_eq!(
            (hits(60, 100), Rare::of(&often).backed()),
            (Err(Unbacked::Common), Err(Unbacked::Common))
        );
        // Few hits that are worth many: one of a large weight makes the interval wide.
        let mut runs: Vec<(f64, bool)> = (0..1_000).map(|run| (1.0, run < 20)).collect();
        runs[0].0 = 200.0;
        let found = Rare::of(&runs);
        assert!(matches!(found.backed(), Err(Unbacked::Few { .. })), "{found:?}");
        // What is worth enough is known to 28 % of itself at least: no other bound is needed.
        let mut worth: Vec<(f64, bool)> = (0..100_000).map(|run| (1.0, run < 50)).collect();
        worth[0].0 = 1.001;
        let found = Rare::of(&worth);
        let relative = (found.between[1] - found.probability) / found.probability;
        assert!(found.effective < 50.0 + 1e-3 && relative < 0.28, "{found:?}");
        let heavy = vec![(1.5, true); 100];
        assert_eq!(Rare::of(&heavy).backed(), Err(Unbacked::Weights { mean: 1.5 }));
    }
}
