//! What is drawn by a law itself, and else near one of its modes, each as often as it is likely.

/// A mode is drawn by such a part at least, of what is not defensive: a farther mode that was drawn
/// less would be known too badly.
const LEAST_SHARE: f64 = 0.05;

/// How often one draws by the law itself, and how often near each mode.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mixture {
    defensive: f64,
    /// Of each mode, of what is not defensive.
    shares: Vec<f64>,
}

impl Mixture {
    /// A part by the law itself, all where there is no mode; and the rest near modes, by how likely
    /// what lies at each or beyond it is.
    pub fn of(defensive: f64, beyond: &[f64]) -> Self {
        let all: f64 = beyond.iter().sum();
        let floored: Vec<f64> = beyond.iter().map(|one| (one / all).max(LEAST_SHARE)).collect();
        let sum: f64 = floored.iter().sum();
        let shares: Vec<f64> = floored.iter().map(|one| one / sum).collect();
        Self { defensive: if shares.is_empty() { 1.0 } else { defensive }, shares }
    }

    /// The mode that a number between 0 and 1 chooses; none for the law itself.
    pub fn chosen(&self, choice: f64) -> Option<usize> {
        let mut left = choice - self.defensive;
        let mut mode = None;
        for (place, share) in self.shares.iter().enumerate() {
            if left > 0.0 {
                mode = Some(place);
            }
            left -= (1.0 - self.defensive) * share;
        }
        mode
    }

    /// How much likelier the law makes what was drawn than this mixture does, by how much likelier
    /// each mode makes it than the law.
    pub fn weight(&self, ratios: impl Iterator<Item = f64>) -> f64 {
        let others: f64 = ratios.zip(&self.shares).map(|(ratio, share)| ratio * share).sum();
        1.0 / (self.defensive + (1.0 - self.defensive) * others)
    }
}
