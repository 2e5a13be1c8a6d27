//! What experiments over many crises are made of: estimates with their intervals, events too rare
//! to be met by chance ([`rare`], by points that fill evenly: [`sobol`]), the mildest shock that
//! breaks something ([`stress`]), tails
//! beyond what was seen ([`tail`]), where the least is looked for ([`search`]), and where figures
//! stand in a picture ([`plot`]).
//!
//! Nothing here plays a crisis: whoever does hands in what it came to.

mod likelihood;
pub(crate) mod mixture;
pub mod plot;
pub mod rare;
pub mod search;
pub mod sobol;
pub mod stress;
pub mod tail;

use crate::crisis::fund::LEVEL;
use crate::mean::DEVIATIONS;
use crate::normal::normal_quantile;

/// A figure, and between which bounds the true one lies, 95 times of 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its interval.
    pub between: [f64; 2],
}

impl Estimate {
    /// Whether it is told to be above nothing, at a level for so many compared at once: then none
    /// of them is told so falsely, 95 times of 100 and more.
    ///
    /// ```
    /// use rhodian_lab::experiment::Estimate;
    /// // Nothing lies 2.3 deviations below it.
    /// let of = Estimate { value: 2.3, between: [2.3 - 1.96, 2.3 + 1.96] };
    /// assert!(of.is_above_nothing(1) && !of.is_above_nothing(20));
    /// ```
    #[must_use]
    pub fn is_above_nothing(&self, compared: usize) -> bool {
        let tail = (1.0 - LEVEL) / 2.0 / compared.max(1) as f64;
        let wider = normal_quantile(1.0 - tail) / DEVIATIONS;
        self.value > wider * (self.value - self.between[0])
    }
}

/// A part of `n` with the interval of Wilson, which holds for few and for none.
///
/// ```
/// use rhodian_lab::experiment::part;
/// let none = part(0, 100);
/// assert_eq!((none.value, none.between[0]), (0.0, 0.0));
/// assert!((none.between[1] - 0.037).abs() < 1e-3, "the rule of three, at 95 of 100 and two
/// sides");
/// ```
#[must_use]
pub fn part(hits: usize, n: usize) -> Estimate {
    let (n, z) = (n.max(1) as f64, DEVIATIONS);
    let value = hits as f64 / n;
    let spread = z * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
    let (middle, scale) = (value + z * z / (2.0 * n), 1.0 + z * z / n);
    let low = if hits == 0 { 0.0 } else { ((middle - spread) / scale).max(0.0) };
    Estimate { value, between: [low, ((middle + spread) / scale).min(1.0)] }
}
