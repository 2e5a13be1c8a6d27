//! How large a fund must be: from what crises took to a size, and how sure it is.

use crate::experiment::part;

/// How sure an interval is meant to be: 95 in 100, half of the rest on each side.
pub const LEVEL: f64 = 0.95;

/// The size that a target asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// The smallest fund that as many crises pass as the target admits, in atoms.
    pub size: u128,
    /// The sizes between which the true one lies, 95 times of 100.
    pub between: (u128, u128),
}

/// A fund size and how often crises pass it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The fund, in atoms.
    pub fund: u128,
    /// The part of crises that take more, 0 to 1.
    pub passed: f64,
    /// Between which parts the true one lies, 95 times of 100 (the interval of Wilson).
    pub between: (f64, f64),
}

/// How many crises back a target at least: with fewer, none may have been as bad as the one in
/// question, and nothing bounds it from above.
///
/// ```
/// use rhodian_lab::crisis::fund::least_crises;
/// assert_eq!(least_crises(0.001), 3_688);
/// assert_eq!(least_crises(0.5), 6);
/// ```
#[must_use]
pub fn least_crises(target: f64) -> usize {
    (libm::log((1.0 - LEVEL) / 2.0) / libm::log1p(-target)).ceil() as usize
}

/// The size that one crisis in `1 / target` passes: the least of `deficits` above which no more
/// than that part of them lie. The interval is that of order statistics, which assumes nothing of
/// the law behind them. Nothing where there are too few crises ([`least_crises`]).
///
/// ```
/// use rhodian_lab::crisis::fund::size;
/// let deficits: Vec<u128> = (1..=100).collect();
/// let found = size(&deficits, 0.1).unwrap();
/// assert_eq!(found.size, 90, "ten of a hundred are larger");
/// assert_eq!(found.between, (84, 96));
/// assert!(size(&deficits, 0.01).is_none(), "a hundred crises do not back one in a hundred");
/// ```
#[must_use]
pub fn size(deficits: &[u128], target: f64) -> Option<Size> {
    if deficits.len() < least_crises(target) {
        return None;
    }
    size_with(deficits, target, (1.0 - LEVEL) / 2.0)
}

/// The same, beyond whose interval the true size lies to each side with chance `tail` at most: for
/// whoever compares many. Nothing where there are too few crises for that.
///
/// ```
/// use rhodian_lab::crisis::fund::{size, size_with};
/// let deficits: Vec<u128> = (1..=100).collect();
/// assert_eq!(size_with(&deficits, 0.1, 0.025), size(&deficits, 0.1));
/// assert_eq!(size_with(&deficits, 0.1, 0.001).unwrap().between, (80, 99));
/// assert_eq!(size_with(&deficits, 0.1, 1e-6), None);
/// ```
#[must_use]
pub fn size_with(deficits: &[u128], target: f64, tail: f64) -> Option<Size> {
    let mut sorted = deficits.to_vec();
    sorted.sort_unstable();
    let n = sorted.len();
    // How many of n crises pass the true size is binomial.
    let mut below = 0.0;
    let (mut few, mut many) = (None, None);
    for passed in 0..=n {
        below += binomial(n, passed, target);
        if below <= tail {
            few = Some(passed);
        }
        if many.is_none() && 1.0 - below <= tail {
            many = Some(passed);
        }
    }
    let most = (n as f64 * target) as usize;
    let at = |passed: usize| sorted[(n - 1).saturating_sub(passed)];
    Some(Size { size: at(most), between: (at(many?), at(few?)) })
}

/// The chance that `k` of `n` happen, each with chance `p`.
fn binomial(n: usize, k: usize, p: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(ways + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

/// How often crises pass each of `funds`.
#[must_use]
pub fn curve(deficits: &[u128], funds: &[u128]) -> Vec<Point> {
    let point = |fund: &u128| {
        let passed =
            part(deficits.iter().filter(|deficit| *deficit > fund).count(), deficits.len());
        let between = (passed.between[0], passed.between[1]);
        Point { fund: *fund, passed: passed.value, between }
    };
    funds.iter().map(point).collect()
}
