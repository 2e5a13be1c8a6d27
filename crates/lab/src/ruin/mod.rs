//! A fund that gets an income and pays losses: how likely it is to be emptied, ever and within some
//! years.
//!
//! Losses come one at a time, so many a year on average and whenever they like (a Poisson process),
//! each like one of those that were played. A fund that begins with u and gets c a year is ruined
//! when a loss is more than it holds then:
//!
//! ```text
//! U(t)   = u + c t - S(t)              S what losses came to by then
//! psi(u) = P(U < 0 at some time)       the chance of ruin
//! ```
//!
//! That is the model of Cramér and Lundberg (Asmussen and Albrecher 2010, chapter IV). Where the
//! income is more than what losses take up, [`ever`] has psi between two bounds; otherwise ruin is
//! certain. [`within`] draws histories of so many years. Both are reckoned again for crises drawn
//! with repetition from those that were played (Efron's percentile bootstrap), which says how sure
//! the figures are; bounds of the chance are those of crises drawn again, each from its own side.
//!
//! **When it is false**: crises come in clusters, and after a bad one income falls, as trade does;
//! both ruin sooner. A fund that is full pays out and grows no further. What no played crisis took
//! is not known to the bootstrap, so where a few losses make most of what they spread its intervals
//! end too low: [`Losses::effective`] tells, and [`LEAST_EFFECTIVE`] is where they begin to hold.

pub mod ever;
mod losses;
pub mod within;

pub use losses::Losses;

use crate::experiment::{Estimate, part};
use crate::seed::{Seed, Stream};

use within::Histories;

/// Intervals of losses that are worth fewer equal ones end too low: of 300 lognormal losses with a
/// deviation of 1.2, worth some ten, they held the chance 184 times of 200, and of those that did not
/// 13 lay below it; of 300 exponential ones, worth some thirty and more, 189 times.
pub const LEAST_EFFECTIVE: f64 = 20.0;
/// How many times crises are drawn again.
const AGAIN: usize = 200;
/// So many of them lie beyond each end of an interval.
const BEYOND: usize = AGAIN / 40;
/// How many cells the largest loss has.
const CELLS: f64 = 400.0;
/// So many cells a curve has at most.
const MOST: usize = 20_000;

/// What a fund lives on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// How many losses come in a year on average.
    pub a_year: f64,
    /// What it gets a year, in the unit of losses, above zero.
    pub income: f64,
    /// The years that are looked ahead.
    pub years: f64,
}

impl Terms {
    /// The part of the income that losses take up: at one and more ruin is certain.
    #[must_use]
    pub fn load(&self, losses: &Losses) -> f64 {
        self.a_year * losses.mean() / self.income
    }
}

/// The chances of ruin by losses that were played, and by those drawn again.
#[derive(Clone, Debug)]
pub struct Ruin {
    terms: Terms,
    losses: Losses,
    again: Vec<Losses>,
    histories: Histories,
}

/// The chances of funds of nothing, one cell, two cells and so on.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What a cell is, in the unit of losses.
    pub cell: f64,
    /// By the losses that were played: between which bounds the chance lies.
    bounds: Vec<[f64; 2]>,
    /// By those drawn again.
    again: Vec<Vec<[f64; 2]>>,
}

/// What of histories empties a fund.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// The part.
    pub part: Estimate,
    /// How many, of [`within::COUNT`].
    pub hits: usize,
}

impl Ruin {
    /// Of losses, not all nothing.
    #[must_use]
    pub fn of(losses: &[f64], terms: &Terms, seed: Seed) -> Self {
        let losses = Losses::of(losses.to_vec());
        let again = (0..AGAIN as u64)
            .map(|number| losses.again(&mut seed.stream_at("crises again", number)))
            .collect();
        let histories = Histories::of(terms, &mut seed.stream("histories"));
        Self { terms: *terms, losses, again, histories }
    }

    /// The chances that funds are ever emptied: as far as `fund`, and as far as a chance of
    /// `target` needs; no further than 20,000 cells, of which the largest loss has 400.
    #[must_use]
    pub fn curve(&self, fund: f64, target: f64) -> Curve {
        let cell = self.losses.largest() / CELLS;
        let reach = (fund / cell).ceil() + 1.0;
        let mut cells = (reach.max(2.0 * CELLS) as usize).min(MOST);
        loop {
            let bounds = self.bounds(&self.losses, cell, cells);
            let again: Vec<Vec<[f64; 2]>> =
                self.again.iter().map(|of| self.bounds(of, cell, cells)).collect();
            let high = again.iter().filter(|of| of[cells][1] > target).count();
            let curve = Curve { cell, bounds, again };
            // Where losses drawn again take more than the income, no further cell would help.
            let certain = self.certain();
            if cells == MOST || high <= BEYOND.max(certain) {
                return curve;
            }
            cells = (2 * cells).min(MOST);
        }
    }

    /// By how many of the losses drawn again ruin is certain.
    fn certain(&self) -> usize {
        self.again.iter().filter(|of| self.terms.load(of) >= 1.0).count()
    }

    /// Whether it is excluded that losses take more than the income.
    #[must_use]
    pub fn suffices(&self) -> bool {
        self.terms.load(&self.losses) < 1.0 && self.certain() <= BEYOND
    }

    fn bounds(&self, losses: &Losses, cell: f64, cells: usize) -> Vec<[f64; 2]> {
        let mean = losses.mean();
        if mean <= 0.0 {
            return vec![[0.0; 2]; cells + 1];
        }
        let heights: Vec<f64> =
            (0..=cells).map(|count| losses.limited(cell * count as f64) / mean).collect();
        ever::bounds(self.terms.load(losses), &heights)
    }

    /// How likely each of `funds` is emptied within the years.
    #[must_use]
    pub fn within(&self, funds: &[f64]) -> Vec<Within> {
        let ruined = |of: &Losses| self.histories.ruined(of, self.terms.income, funds);
        let hits = ruined(&self.losses);
        let again: Vec<Vec<usize>> = self.again.iter().map(ruined).collect();
        let one = |place: usize| {
            let ends = inner(again.iter().map(|of| of[place] as f64));
            // What histories leave open comes on top of what crises do.
            let [low, high] = ends.map(|hits| part(hits as usize, within::COUNT).between);
            let value = part(hits[place], within::COUNT).value;
            let part = Estimate { value, between: [low[0], high[1]] };
            Within { part, hits: hits[place] }
        };
        (0..funds.len()).map(one).collect()
    }
}

impl Curve {
    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The chance that a fund is ever emptied; nothing beyond the curve.
    #[must_use]
    pub fn ever(&self, fund: f64) -> Option<Estimate> {
        let at = fund / self.cell;
        if at > self.cells() as f64 {
            return None;
        }
        let below = at.floor() as usize;
        // A fund between two cells is emptied no less often than the larger, no more than the
        // smaller.
        let above = if at > below as f64 { below + 1 } else { below };
        let bounds = |of: &[[f64; 2]]| [of[above][0], of[below][1]];
        let middle = |of: &[[f64; 2]], at: usize| of[at][0].midpoint(of[at][1]);
        let part = at - below as f64;
        let value = (1.0 - part) * middle(&self.bounds, below) + part * middle(&self.bounds, above);
        let [least, most] = bounds(&self.bounds);
        let low = inner(self.again.iter().map(|of| bounds(of)[0]))[0];
        let high = inner(self.again.iter().map(|of| bounds(of)[1]))[1];
        Some(Estimate { value, between: [low.min(least), high.max(most)] })
    }

    /// The least fund that is ever emptied with no more than this chance; nothing where the curve
    /// ends before it is known.
    #[must_use]
    pub fn size(&self, target: f64) -> Option<Estimate> {
        let first = |of: &[[f64; 2]], chance: &dyn Fn(&[f64; 2]) -> f64| {
            of.iter().position(|bounds| chance(bounds) <= target).unwrap_or(usize::MAX)
        };
        let ends = |chance: &dyn Fn(&[f64; 2]) -> f64| {
            let mut all: Vec<usize> = self.again.iter().map(|of| first(of, chance)).collect();
            all.sort_unstable();
            [all[BEYOND], all[AGAIN - 1 - BEYOND]]
        };
        let value = first(&self.bounds, &|of| of[0].midpoint(of[1]));
        let low = ends(&|of| of[0])[0].min(value);
        let high = ends(&|of| of[1])[1].max(value);
        let of = |cells: usize| cells as f64 * self.cell;
        (high < usize::MAX).then(|| Estimate { value: of(value), between: [of(low), of(high)] })
    }
}

/// Between which 95 of 100 of them lie.
fn inner(all: impl Iterator<Item = f64>) -> [f64; 2] {
    let mut all: Vec<f64> = all.collect();
    all.sort_unstable_by(f64::total_cmp);
    [all[BEYOND], all[all.len() - 1 - BEYOND]]
}
