//! Whether a fund is emptied within some years, by histories that are drawn.

use super::{Losses, Stream, Terms};

/// How many histories are drawn.
pub const COUNT: usize = 10_000;

/// When losses come and how they rank among others, history by history. What a rank costs is read
/// from losses: the same histories serve other losses, so that they differ by nothing else.
#[derive(Clone, Debug)]
pub struct Histories {
    losses: Vec<Come>,
    /// Where each history ends.
    ends: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Come {
    /// In years.
    when: f64,
    /// From 0 to 1.
    rank: f64,
}

impl Histories {
    /// Draws them.
    #[must_use]
    pub fn of(terms: &Terms, stream: &mut Stream) -> Self {
        let (mut losses, mut ends) = (Vec::new(), Vec::with_capacity(COUNT));
        for _ in 0..COUNT {
            let mut when = 0.0;
            loop {
                when -= libm::log(stream.unit()) / terms.a_year;
                if when > terms.years {
                    break;
                }
                losses.push(Come { when, rank: stream.unit() });
            }
            ends.push(losses.len());
        }
        Self { losses, ends }
    }

    /// How many histories empty each of `funds`.
    #[must_use]
    pub fn ruined(&self, of: &Losses, income: f64, funds: &[f64]) -> Vec<usize> {
        let mut begin = 0;
        let worst = |end: &usize| {
            let (mut lost, mut worst) = (0.0, 0.0);
            for come in &self.losses[begin..*end] {
                lost += of.at(come.rank);
                worst = f64::max(worst, lost - income * come.when);
            }
            begin = *end;
            worst
        };
        let mut worst: Vec<f64> = self.ends.iter().map(worst).collect();
        worst.sort_unstable_by(f64::total_cmp);
        let ruined = |fund: &f64| worst.len() - worst.partition_point(|worst| worst <= fund);
        funds.iter().map(ruined).collect()
    }
}
