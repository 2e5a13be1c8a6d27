//! Cover-N: a fund for the N largest members failing at once, and how likely it is not enough.
//!
//! ```text
//! fund     F = sum of the N largest losses          of members, beyond their margins
//! passed   P(L > F)        L = sum of the losses of those who fail
//! lacking  E max(0, L - F)
//! ```
//!
//! Each member fails with the same chance p. Failures come together by one factor (Vasicek 1987),
//! with a correlation r of what makes members fail: given the factor z, members fail each on their own with chance
//! normal((quantile(p) - sqrt(r) z) / sqrt(1 - r)). So the law of L is exact given z, one member after
//! the other, and a mean over z; with r of nothing there is but one z.
//!
//! Losses are counted in a unit that all are whole multiples of, so that a fund which is the sum
//! of two losses is met, and not passed, by these two: no rounding may stand there. Where that unit is
//! too small, losses are rounded up to a larger one, for the fund and against whoever pays for it.
//!
//! **When it is false**: one factor knows no clients who fail because their member did, and a large
//! member is no likelier to fail in the stress that makes his loss large (wrong-way risk).

use crate::normal::{normal_cdf, normal_quantile};

/// So many units a sum of losses has at most.
pub const MOST_UNITS: u64 = 20_000;
/// The factor is looked at in steps of this, as far as this to each side: the sum converges faster
/// than any power of the step.
const STEP: f64 = 0.1;
const FAR: i32 = 80;

/// What members would lose beyond their margins in one stress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Losses {
    /// In units, the largest first; those of nothing left out.
    units: Vec<usize>,
    /// What a unit is, in atoms.
    pub unit: u128,
}

impl Losses {
    /// Losses in atoms, of as many members.
    ///
    /// ```
    /// use rhodian_lab::cover::Losses;
    /// let of = Losses::of(&[30, 0, 22, 18]);
    /// assert_eq!((of.unit, of.largest(1), of.largest(2), of.largest(9)), (2, 30, 52, 70));
    /// ```
    #[must_use]
    pub fn of(atoms: &[u128]) -> Self {
        let sum: u128 = atoms.iter().sum();
        let common = atoms.iter().fold(0, |a, b| greatest_divisor(a, *b)).max(1);
        let unit = common.max(sum.div_ceil(u128::from(MOST_UNITS)));
        // Twenty thousand and one for each rounded up at most.
        let in_units = |loss: &u128| usize::try_from(loss.div_ceil(unit)).unwrap_or(usize::MAX);
        let mut units: Vec<usize> = atoms.iter().map(in_units).filter(|loss| *loss > 0).collect();
        units.sort_unstable_by(|a, b| b.cmp(a));
        Self { units, unit }
    }

    /// Whether losses are not rounded.
    #[must_use]
    pub fn exact(&self, atoms: &[u128]) -> bool {
        atoms.iter().all(|loss| loss.is_multiple_of(self.unit))
    }

    /// The sum of so many largest, in atoms.
    #[must_use]
    pub fn largest(&self, count: usize) -> u128 {
        self.units.iter().take(count).map(|loss| *loss as u128).sum::<u128>() * self.unit
    }

    /// The law of what those lose who fail, each with chance `fails`, by a correlation from 0
    /// (each on his own) to below 1.
    #[must_use]
    pub fn law(&self, fails: f64, correlation: f64) -> Law {
        let count = self.units.iter().sum::<usize>() + 1;
        if correlation <= 0.0 || fails <= 0.0 || fails >= 1.0 {
            return Law { chances: self.given(fails, count), unit: self.unit };
        }
        let mut chances = vec![0.0; count];
        let at = normal_quantile(fails);
        for step in -FAR..=FAR {
            let z = STEP * f64::from(step);
            let density = libm::exp(-0.5 * z * z) / (2.0 * core::f64::consts::PI).sqrt();
            let given = normal_cdf((at - correlation.sqrt() * z) / (1.0 - correlation).sqrt());
            for (sum, part) in chances.iter_mut().zip(self.given(given, count)) {
                *sum += STEP * density * part;
            }
        }
        Law { chances, unit: self.unit }
    }

    /// The chance of each sum, in units, where each fails on his own.
    fn given(&self, fails: f64, count: usize) -> Vec<f64> {
        let mut chances = vec![0.0; count];
        chances[0] = 1.0;
        let mut reached = 0;
        for loss in &self.units {
            for sum in (0..=reached).rev() {
                chances[sum + loss] += fails * chances[sum];
                chances[sum] *= 1.0 - fails;
            }
            reached += loss;
        }
        chances
    }
}

/// How likely each sum of losses is.
#[derive(Clone, Debug)]
pub struct Law {
    chances: Vec<f64>,
    unit: u128,
}

impl Law {
    /// The chance that losses pass a fund, and what is lacking then and never else, on average over
    /// all times, in atoms.
    ///
    /// ```
    /// use rhodian_lab::cover::Losses;
    /// let law = Losses::of(&[30, 22, 18, 9, 5, 3, 1]).law(0.02, 0.0);
    /// let (passed, lacking) = law.beyond(52);
    /// assert!((passed - 5.4115e-5).abs() < 5e-10 && (lacking - 3.3724e-4).abs() < 5e-9);
    /// ```
    #[must_use]
    pub fn beyond(&self, fund: u128) -> (f64, f64) {
        let lacks = |units: usize| (units as u128 * self.unit).saturating_sub(fund);
        // The largest are the least likely: from them on, nothing small is lost.
        let all = self.chances.iter().enumerate().rev().take_while(|(units, _)| lacks(*units) > 0);
        all.fold((0.0, 0.0), |(passed, lacking), (units, chance)| {
            (passed + chance, lacking + chance * lacks(units) as f64)
        })
    }

    /// The least fund that is passed with no more than this chance, in atoms.
    #[must_use]
    pub fn size(&self, target: f64) -> u128 {
        let mut passed = 0.0;
        let mut units = self.chances.len() - 1;
        while units > 0 && passed + self.chances[units] <= target {
            passed += self.chances[units];
            units -= 1;
        }
        units as u128 * self.unit
    }
}

fn greatest_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::{Losses, MOST_UNITS};
    use crate::normal::{normal_cdf, normal_quantile};
    use crate::seed::Seed;

    /// Every way in which members fail, one by one.
    fn slow(losses: &[u128], fails: f64, fund: u128) -> (f64, f64) {
        let (mut passed, mut lacking) = (0.0, 0.0);
        for who in 0..1u32 << losses.len() {
            let failed = |at: &usize| who >> at & 1 == 1;
            let sum: u128 = (0..losses.len()).filter(failed).map(|at| losses[at]).sum();
            let chance: f64 =
                (0..losses.len()).map(|at| if failed(&at) { fails } else { 1.0 - fails }).product();
            if sum > fund {
                passed += chance;
                lacking += chance * (sum - fund) as f64;
            }
        }
        (passed, lacking)
    }

    #[test]
    fn the_law_is_that_of_every_way_to_fail() {
        let mut stream = Seed(4).stream("members");
        for members in 1..10 {
            let losses: Vec<u128> = (0..members).map(|_| u128::from(stream.below(40))).collect();
            let of = Losses::of(&losses);
            assert!(of.exact(&losses));
            for (fails, cover) in [(0.02, 1), (0.3, 2), (0.9, 3), (0.0, 1), (1.0, 2)] {
                let fund = of.largest(cover);
                let law = of.law(fails, 0.0);
                let (found, expected) = (law.beyond(fund), slow(&losses, fails, fund));
                assert!((found.0 - expected.0).abs() < 1e-12, "{losses:?} {fails} {cover}");
                assert!((found.1 - expected.1).abs() < 1e-10, "{losses:?} {fails} {cover}");
                // The size for that chance is no more than the fund; a unit less is passed oftener.
                let size = law.size(found.0 + 1e-12);
                assert!(size <= fund && law.beyond(size).0 <= found.0 + 1e-12);
                assert!(size == 0 || law.beyond(size - of.unit).0 > found.0 + 1e-12);
            }
        }
    }

    /// Failures that come together leave each as likely and are likelier all at once; the mean over
    /// the factor is that of factors drawn one by one.
    #[test]
    fn failures_that_come_together_pass_the_fund_oftener() {
        let losses = [30, 22, 18, 9, 5, 3, 1];
        let of = Losses::of(&losses);
        let mut before = 0.0;
        for together in [0.0, 0.1, 0.3, 0.6, 0.9] {
            let law = of.law(0.02, together);
            let (all, mean) = law.beyond(0);
            assert!((mean - 0.02 * 88.0).abs() < 1e-9, "{together}: each fails as often: {mean}");
            assert!(all <= 1.0 - 0.98_f64.powi(7) + 1e-12, "{together}");
            let (passed, _) = law.beyond(52);
            assert!(passed > before, "{together}: {passed}");
            before = passed;
        }
        let (fails, together, mut stream) = (0.05, 0.3, Seed(8).stream("factor"));
        let drawn: f64 = (0..4_000)
            .map(|_| {
                let z = stream.normal();
                let at = normal_quantile(fails) - f64::sqrt(together) * z;
                slow(&losses, normal_cdf(at / f64::sqrt(1.0 - together)), 52).0
            })
            .sum::<f64>()
            / 4_000.0;
        let (exact, _) = of.law(fails, together).beyond(52);
        assert!((drawn / exact - 1.0).abs() < 0.2, "{drawn} and {exact}");
    }

    /// Losses without a common unit are rounded up, and a fund of the largest is rounded with them.
    #[test]
    fn losses_without_a_common_unit_are_rounded_up() {
        let losses = [30_000_001, 22_000_003, 17_999_999, 1];
        let of = Losses::of(&losses);
        assert!(!of.exact(&losses));
        let sum: u128 = losses.iter().sum();
        assert_eq!(of.unit, sum.div_ceil(u128::from(MOST_UNITS)));
        let two = of.largest(2);
        assert!(two >= 52_000_004 && two < 52_000_004 + 2 * of.unit);
        // The two that make it do not pass it; these two and any other do.
        let (passed, _) = of.law(0.5, 0.0).beyond(two);
        assert!((passed - 3.0 / 16.0).abs() < 1e-12, "{passed}");
    }
}
