//! Nights drawn near those that break a fund, each counted by how likely it is.
//!
//! ```text
//! drawn by   q = a p + (1 - a) (s_1 p(z - m_1) + ... + s_k p(z - m_k))     p normal, m_i the modes
//! weight     p / q = 1 / (a + (1 - a) sum s_i exp(m_i z - m_i^2 / 2)),     at most 1 / a
//! ```
//!
//! A mode is a mildest night that breaks the fund: no nearer drivers do. Deficits are convex in
//! moves, so nights that break nothing have no holes, and their border is nearest where its normal
//! points to nothing: from a direction one walks out to the border, turns to the gradient there, and
//! again (Hasofer and Lind 1974; Rackwitz and Fiessler 1978). The gradient is known: it is what the
//! accounts below nothing hold. One begins with all markets down, all up, and each alone either way:
//! a fall and a rise both break a book, and a large market may break it by itself. A mode that is
//! not found is left to the defensive part a, as in [`crate::experiment::rare`].

use super::night::Night;
use super::standing::Standing;
use super::{LANES, Moves, Screen};
use crate::error::LabError;
use crate::experiment::mixture::Mixture;
use crate::normal::normal_cdf;
use crate::seed::Stream;

/// By which law nights are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Tilted {
    /// The drivers near which the rest is drawn.
    modes: Vec<Vec<f64>>,
    mixture: Mixture,
}

/// Drivers, and what they count.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// The drivers, the shared one first.
    pub drivers: Vec<f64>,
    /// How much likelier the law makes them than what they were drawn by.
    pub weight: f64,
}

/// No mode is further away, in deviations.
const FURTHEST: f64 = 12.0;
/// So often one turns to the gradient.
const TURNS: usize = 12;
/// Directions whose cosine is larger lead to one mode.
const SAME: f64 = 0.97;
/// Modes that are so much less likely than the nearest one are left to it.
const FAR_LESS: f64 = 1e-3;

fn square(of: &[f64]) -> f64 {
    of.iter().map(|one| one * one).sum()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// How likely the law makes what is at a mode or beyond.
fn beyond(mode: &[f64]) -> f64 {
    normal_cdf(-square(mode).sqrt())
}

impl Tilted {
    /// A part by the law itself, above 0 to 1, and the rest near such drivers; all by the law where
    /// there are none.
    #[must_use]
    pub fn of(defensive: f64, modes: Vec<Vec<f64>>) -> Self {
        let beyond: Vec<f64> = modes.iter().map(|mode| beyond(mode)).collect();
        Self { mixture: Mixture::of(defensive, &beyond), modes }
    }

    /// The drivers near which nights are drawn, nearest first.
    #[must_use]
    pub fn modes(&self) -> &[Vec<f64>] {
        &self.modes
    }

    /// Draws so many drivers.
    pub fn draw(&self, stream: &mut Stream, count: usize) -> Weighted {
        let chosen = self.mixture.chosen(stream.unit()).map(|place| &self.modes[place]);
        let mut drivers: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
        if let Some(mode) = chosen {
            drivers.iter_mut().zip(mode).for_each(|(driver, shift)| *driver += shift);
        }
        let ratio = |mode: &Vec<f64>| libm::exp(product(mode, &drivers) - 0.5 * square(mode));
        let weight = self.mixture.weight(self.modes.iter().map(ratio));
        Weighted { drivers, weight }
    }
}

/// The drivers nearest to nothing under which a book lacks more than `fund`, nearest first: none
/// where no night does.
///
/// # Errors
///
/// None of its own: those of the book.
pub fn modes(of: &Standing, night: &Night, fund: u128) -> Result<Vec<Vec<f64>>, LabError> {
    let count = of.marks.len() + 1;
    let mut found: Vec<Vec<f64>> = Vec::new();
    for place in 0..count {
        for way in [-1.0, 1.0] {
            let mut start = vec![0.0; count];
            start[place] = way;
            if let Some(mode) = walk(of, night, fund, start)? {
                found.push(mode);
            }
        }
    }
    found.sort_by(|a, b| square(a).total_cmp(&square(b)));
    let nearest = found.first().map_or(0.0, |mode| beyond(mode));
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for mode in found {
        let alike = |other: &Vec<f64>| {
            product(&mode, other) > SAME * (square(&mode) * square(other)).sqrt()
        };
        let likely = beyond(&mode) > FAR_LESS * nearest;
        if likely && !kept.iter().any(alike) {
            kept.push(mode);
        }
    }
    Ok(kept)
}

/// From a direction to the nearest point of the border that its turns lead to.
fn walk(
    of: &Standing,
    night: &Night,
    fund: u128,
    mut direction: Vec<f64>,
) -> Result<Option<Vec<f64>>, LabError> {
    let mut best: Option<Vec<f64>> = None;
    for _ in 0..TURNS {
        let Some(far) = border(of, night, fund, &direction)? else { break };
        let point: Vec<f64> = direction.iter().map(|one| one * far).collect();
        let nearer = best.as_ref().is_none_or(|best| square(&point) < square(best) * (1.0 - 1e-6));
        if !nearer {
            break;
        }
        direction = of.steepest(night, &point);
        best = Some(point);
        if square(&direction) == 0.0 {
            break;
        }
    }
    Ok(best)
}

/// How far along a direction of length one the fund is broken first; nothing where it never is.
fn border(
    of: &Standing,
    night: &Night,
    fund: u128,
    direction: &[f64],
) -> Result<Option<f64>, LabError> {
    let (mut low, mut high) = (0.0, FURTHEST);
    // Sixteen points at a time: a grid first, which finds the first of several, then finer ones.
    for _ in 0..4 {
        let at = |lane: usize| low + (high - low) * (lane + 1) as f64 / LANES as f64;
        let mut moves = Moves::of(of.marks.len());
        for lane in 0..LANES {
            let drivers: Vec<f64> = direction.iter().map(|one| one * at(lane)).collect();
            moves.push(&night.path(&of.marks, &drivers))?;
        }
        let lacked = of.book.deficits(&moves, Screen::Near, 1)?;
        let Some(first) = lacked.iter().position(|lacked| *lacked > fund) else { return Ok(None) };
        let before = if first == 0 { low } else { at(first - 1) };
        (low, high) = (before, at(first));
    }
    Ok(Some(high))
}
