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
//! with repetition from those that were played (Efron's bootstrap), which says how sure the
//! figures are.
//!
//! **When it is false**: crises come in clusters, and after a bad one income falls, as trade does;
//! both ruin sooner. A fund that is full pays out and grows no further. What no played crisis took
//! is not known to the bootstrap: a heavier tail makes ruin likelier, and its interval is too
//! narrow for it ([`crate::experiment::tail`]).

pub mod ever;
mod losses;
pub mod within;

pub use losses::Losses;

use crate::experiment::{Estimate, part};
use crate::seed::{Seed, Stream};

use within::Histories;

/// How many times crises are drawn again.
const AGAIN: usize = 200;
/// So many of them lie beyond each end of an interval.
const BEYOND: usize = AGAIN / 40;
/// How many cells a curve has.
const CELLS: usize = 800;
/// A curve ends where the chance is so small a part of the asked one.
const ENDS: f64 = 0.25;

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

/// The chances of funds of nothing, one cell, two cells and so on.
#[derive(Clone, Debug)]
pub struct Ruin {
    /// What a cell is, in the unit of losses.
    pub cell: f64,
    /// How many cells the asked fund is.
    pub fund: usize,
    /// The chance that it is emptied some time.
    pub ever: Vec<Estimate>,
    /// The part of histories that empty it within the years.
    pub within: Vec<Estimate>,
    /// How many histories do, of [`within::COUNT`].
    pub hits: Vec<usize>,
    /// The same chances for crises drawn again.
    again: Vec<Vec<f64>>,
}

impl Ruin {
    /// The chances of a fund, and of funds from nothing to where a target is met with room.
    ///
    /// The fund is above zero, and the losses are not all nothing.
    #[must_use]
    pub fn of(losses: &[f64], terms: &Terms, fund: f64, target: f64, seed: Seed) -> Self {
        let losses = Losses::of(losses.to_vec());
        let (fund, cell) = cells(&losses, terms, fund, target);
        let bounds = bounds(&losses, terms, cell);
        let histories = Histories::of(terms, &mut seed.stream("histories"));
        let hits = histories.ruined(&losses, terms.income, cell, CELLS);
        let (mut again, mut ruined) = (Vec::new(), Vec::new());
        for number in 0..AGAIN as u64 {
            let drawn = losses.again(&mut seed.stream_at("crises again", number));
            again.push(bounds_middle(&self::bounds(&drawn, terms, cell)));
            ruined.push(histories.ruined(&drawn, terms.income, cell, CELLS));
        }
        let at = |place: usize| {
            let [low, high] = inner(again.iter().map(|of| of[place]));
            let [least, most] = bounds[place];
            Estimate { value: least.midpoint(most), between: [low.min(least), high.max(most)] }
        };
        let drawn = |place: usize| {
            let ends = inner(ruined.iter().map(|of| of[place] as f64));
            // What histories leave open comes on top of what crises do.
            let [low, high] = ends.map(|hits| part(hits as usize, within::COUNT).between);
            let of = part(hits[place], within::COUNT);
            Estimate { value: of.value, between: [low[0], high[1]] }
        };
        let places = 0..=CELLS;
        Self {
            cell,
            fund,
            ever: places.clone().map(at).collect(),
            within: places.map(drawn).collect(),
            hits,
            again,
        }
    }

    /// The least fund, in cells, that is ever emptied with no more than this chance; nothing where
    /// none of the curve is, or where too many of the curves of crises drawn again have none.
    #[must_use]
    pub fn size(&self, target: f64) -> Option<Estimate> {
        let first = |curve: &[f64]| curve.iter().position(|chance| *chance <= target);
        let value = first(&self.ever.iter().map(|of| of.value).collect::<Vec<f64>>())?;
        let mut sizes: Vec<usize> =
            self.again.iter().map(|of| first(of).unwrap_or(usize::MAX)).collect();
        sizes.sort_unstable();
        let (low, high) = (sizes[BEYOND], sizes[AGAIN - 1 - BEYOND]);
        let of = |cells: usize| cells as f64 * self.cell;
        let between = [of(low.min(value)), of(high.max(value))];
        (high < usize::MAX).then(|| Estimate { value: of(value), between })
    }
}

/// How many cells a fund has, and what one is: the curve ends where the chance is well below the
/// target, or far beyond the fund.
fn cells(losses: &Losses, terms: &Terms, fund: f64, target: f64) -> (usize, f64) {
    let mut most = (2.0 * fund).max(losses.largest());
    for _ in 0..12 {
        let far = bounds(losses, terms, most / CELLS as f64)[CELLS][0];
        if far <= ENDS * target || far >= 1.0 {
            break;
        }
        most *= 2.0;
    }
    let count = (CELLS as f64 * fund / most).round().max(1.0);
    (count as usize, fund / count)
}

/// The bounds of the chance of ruin, for each number of cells.
fn bounds(losses: &Losses, terms: &Terms, cell: f64) -> Vec<[f64; 2]> {
    let mean = losses.mean();
    if mean <= 0.0 {
        return vec![[0.0; 2]; CELLS + 1];
    }
    let heights: Vec<f64> =
        (0..=CELLS).map(|count| losses.limited(cell * count as f64) / mean).collect();
    ever::bounds(terms.load(losses), &heights)
}

fn bounds_middle(bounds: &[[f64; 2]]) -> Vec<f64> {
    bounds.iter().map(|[low, high]| low.midpoint(*high)).collect()
}

/// Between which 95 of 100 of them lie.
fn inner(all: impl Iterator<Item = f64>) -> [f64; 2] {
    let mut all: Vec<f64> = all.collect();
    all.sort_unstable_by(f64::total_cmp);
    [all[BEYOND], all[all.len() - 1 - BEYOND]]
}
