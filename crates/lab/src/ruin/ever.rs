//! Whether a fund is ever emptied.
//!
//! The most that losses are ever ahead of income by is a sum of steps, each the distance by which a
//! new most passes the one before: with n steps by chance (1 - load) load^n, each of density
//! P(loss > x) / mean loss (Pollaczek and Khinchine). Steps are rounded to whole cells, once down and
//! once up, and Panjer's recursion gives the law of each sum: the chance lies between the two
//! (Dufresne and Gerber 1989).

/// Between which bounds the chance of ruin lies, for funds of no cell, one cell and so on.
///
/// `load` is the part of the income that losses take up; `heights` has for each number of cells
/// the part of steps that are no higher: E min(loss, cells) / E loss.
///
/// ```
/// use rhodian_lab::ruin::ever::bounds;
/// // Exponential losses with mean 1 and a quarter more income than they take up.
/// let cells = 8_000;
/// let heights: Vec<f64> = (0..=cells).map(|of| 1.0 - (-f64::from(of) / 800.0).exp()).collect();
/// let chances = bounds(0.8, &heights);
/// for (fund, chance) in [(0, 0.8), (5, 0.29430), (10, 0.10827)] {
///     let [low, high] = chances[800 * fund];
///     assert!(low <= chance + 5e-6 && chance - 5e-6 <= high, "{fund}: {low} to {high}");
///     assert!(high - low < 1e-3 && (low.midpoint(high) - chance).abs() < 1.5e-4);
/// }
/// ```
#[must_use]
pub fn bounds(load: f64, heights: &[f64]) -> Vec<[f64; 2]> {
    if load >= 1.0 {
        return vec![[1.0; 2]; heights.len()];
    }
    let steps: Vec<f64> = heights.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let up: Vec<f64> = std::iter::once(0.0).chain(steps.iter().copied()).collect();
    // Steps beyond the last cell are that high, rounded down.
    let beyond = heights.last().map(|last| 1.0 - last);
    let down: Vec<f64> = steps.into_iter().chain(beyond).collect();
    let [low, high] = [down, up].map(|steps| passed(load, &steps));
    low.into_iter().zip(high).map(|(low, high)| [low, high.max(low)]).collect()
}

/// The chance that a sum of steps passes each number of cells: to some 10^-13, which is what
/// rounding of floats leaves.
fn passed(load: f64, steps: &[f64]) -> Vec<f64> {
    let scale = 1.0 / (1.0 - load * steps[0]);
    // No step is higher than the largest loss.
    let last = steps.iter().rposition(|step| *step > 0.0).unwrap_or(0);
    let mut sums = vec![(1.0 - load) * scale];
    for at in 1..steps.len() {
        let before = sums[at - at.min(last)..at].iter().rev();
        let reached: f64 = steps[1..].iter().zip(before).map(|(step, sum)| step * sum).sum();
        sums.push(load * scale * reached);
    }
    let mut left = 1.0;
    let take = |sum: &f64| {
        left -= sum;
        f64::max(left, 0.0)
    };
    sums.iter().map(take).collect()
}
