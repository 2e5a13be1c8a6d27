//! Means of many, and how sure they are.

/// How many deviations to each side 95 of 100 normal numbers lie within.
pub const DEVIATIONS: f64 = 1.959_963_984_540_054;

/// The mean of so many, and between which bounds the true one lies, 95 times of 100: as good as
/// right for some thirty or more, whose mean is nearly normal.
///
/// ```
/// use rhodian_lab::mean::mean;
/// let (mean, [low, high]) = mean([1.0, 2.0, 3.0].into_iter());
/// assert_eq!(mean, 2.0);
/// // One deviation of the mean is 1 / sqrt 3.
/// assert!((high - low - 2.0 * 1.96 / 3.0_f64.sqrt()).abs() < 1e-4);
/// ```
#[must_use]
pub fn mean(all: impl Iterator<Item = f64> + Clone) -> (f64, [f64; 2]) {
    let n = all.clone().count() as f64;
    let mean = all.clone().sum::<f64>() / n;
    let squares: f64 = all.map(|one| (one - mean) * (one - mean)).sum();
    let spread = DEVIATIONS * (squares / (n - 1.0) / n).sqrt();
    (mean, [mean - spread, mean + spread])
}
