//! How a division falls on those who won. A burden is what one pays of what he won, 0 to 1.

use crate::crisis::aftermath::Winner;

/// How one division falls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Burden {
    /// The largest burden.
    pub largest: f64,
    /// How unequal burdens are: Gini's coefficient over all who won, 0 where all bear the same.
    pub inequality: f64,
    /// Of neighbours by what they won, the part where the one who won more pays less.
    pub inversions: f64,
    /// The part of those who won that pay anything.
    pub touched: f64,
    /// How many lose all that they won.
    pub emptied: usize,
    /// What the tenth that won most pays, of all that is paid.
    pub of_most: f64,
    /// What the half that won least pays, of all that is paid.
    pub of_least: f64,
    /// What nobody pays, of the loss.
    pub uncovered: f64,
}

impl Burden {
    /// How `shares` fall on `winners`, of `loss` that was to be divided.
    #[must_use]
    pub fn of(winners: &[Winner], shares: &[u128], loss: u128) -> Self {
        let count = winners.len().max(1);
        let mut rows: Vec<(u128, u128)> =
            winners.iter().map(|of| of.gain).zip(shares.iter().copied()).collect();
        rows.sort_by_key(|(gain, _)| *gain);
        let burden = |(gain, share): &(u128, u128)| *share as f64 / (*gain).max(1) as f64;
        let mut burdens: Vec<f64> = rows.iter().map(burden).collect();
        let falls = rows.windows(2).filter(|pair| pair[1].0 > pair[0].0 && pair[1].1 < pair[0].1);
        let falls = falls.count();
        let paid: u128 = shares.iter().sum();
        let part = |rows: &[(u128, u128)]| {
            rows.iter().map(|(_, share)| *share).sum::<u128>() as f64 / paid.max(1) as f64
        };
        let most = rows.len() - rows.len().div_ceil(10);
        burdens.sort_by(f64::total_cmp);
        Self {
            largest: burdens.last().copied().unwrap_or(0.0),
            inequality: gini(&burdens),
            inversions: falls as f64 / (count - 1).max(1) as f64,
            touched: shares.iter().filter(|share| **share > 0).count() as f64 / count as f64,
            emptied: rows.iter().filter(|(gain, share)| share >= gain).count(),
            of_most: part(&rows[most..]),
            of_least: part(&rows[..rows.len() / 2]),
            uncovered: loss.saturating_sub(paid) as f64 / loss.max(1) as f64,
        }
    }
}

/// Gini's coefficient of numbers in rising order, none below zero: half of their mean difference,
/// of their mean.
fn gini(sorted: &[f64]) -> f64 {
    let (n, sum) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    if sum <= 0.0 {
        return 0.0;
    }
    let ranked: f64 = (1..).map(f64::from).zip(sorted).map(|(rank, of)| rank * of).sum();
    // The two terms are equal where all are: what rounding leaves is nothing.
    (2.0 * ranked / (n * sum) - (n + 1.0) / n).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::{Burden, gini};
    use crate::crisis::aftermath::Winner;

    fn winners(gains: &[u128]) -> Vec<Winner> {
        let of = |(account, gain): (u32, &u128)| Winner {
            account,
            gain: *gain,
            equity: *gain,
            open: 0,
            net: 0,
            lots: 0,
            scores: [0; 3],
        };
        (0..).zip(gains).map(of).collect()
    }

    #[test]
    fn one_who_pays_all_is_as_unequal_as_can_be() {
        for (burdens, expected) in [
            (&[1.0, 1.0, 1.0, 1.0][..], 0.0),
            (&[0.0, 0.0, 0.0, 1.0], 0.75),
            (&[0.0, 0.0, 1.0, 1.0], 0.5),
            (&[1.0, 3.0], 0.25),
            (&[0.0, 0.0], 0.0),
        ] {
            assert!((gini(burdens) - expected).abs() < 1e-12, "{burdens:?}");
        }
    }

    #[test]
    fn burdens_by_hand() {
        // Alice, Bob, Carol, Dave; of 60 only 40 is paid.
        let all = winners(&[100, 10, 40, 20]);
        let fallen = Burden::of(&all, &[10, 10, 0, 20], 60);
        assert_eq!(fallen.largest, 1.0);
        assert_eq!(fallen.emptied, 2, "Bob and Dave");
        assert_eq!(fallen.touched, 0.75);
        // By gain: Bob 10, Dave 20, Carol 0, Alice 10: it falls once in three.
        assert!((fallen.inversions - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((fallen.of_most, fallen.of_least), (0.25, 0.75));
        assert!((fallen.uncovered - 1.0 / 3.0).abs() < 1e-12);
        let even = Burden::of(&all, &[50, 5, 20, 10], 85);
        assert_eq!((even.largest, even.inequality, even.inversions), (0.5, 0.0, 0.0));
        assert_eq!((even.uncovered, even.emptied, even.touched), (0.0, 0, 1.0));
    }
}
