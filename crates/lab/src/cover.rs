//! Cover-N: a fund for the N largest members failing at once, and how likely it is not enough.
//!
//! ```text
//! fund     F = sum of the N largest losses          of members, beyond their margins
//! passed   P(L > F)        L = sum of the losses of those who fail
//! lacking  E max(0, L - F)
//! ```
//!
//! Each member fails with the same chance p. Failures come together by one factor (Vasicek 1987),
//! with a correlation r of what makes members fail: given the factor z, members fail each on their
//! own with chance normal((quantile(p) - sqrt(r) z) / sqrt(1 - r)). So how likely these k of n fail and
//! no other is the same for any k: a mean over z. What is left is to count by which k members which
//! sum is reached.
//!
//! Of up to sixteen members with a loss every way to fail is looked at, and sums are exact to the
//! atom. Of more, losses are counted in a unit: one that all are whole multiples of where there is
//! a large one, so that a fund which is the sum of two losses is met, and not passed, by these two;
//! else they are rounded up to a larger one, in the fund as in what passes it.
//!
//! **When it is false**: one factor knows no clients who fail because their member did, and a large
//! member is no likelier to fail in the stress that makes his loss large (wrong-way risk).

use crate::normal::{normal_cdf, normal_quantile};

/// So many units a sum of losses has at most, and one more for each member.
const MOST_UNITS: u128 = 20_000;
/// So many members with a loss are looked at in every way.
const FEW: usize = 16;
/// The factor is looked at in steps of this, as far as so many to each side: the sum converges
/// faster than any power of the step.
const STEP: f64 = 0.1;
const FAR: i32 = 80;

/// What members would lose beyond their margins in one stress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Losses {
    /// In atoms, the largest first; those of nothing left out.
    atoms: Vec<u128>,
    /// The same in units, as they are counted.
    units: Vec<u128>,
    /// What a unit is, in atoms.
    pub unit: u128,
    /// Whether no loss is rounded.
    pub exact: bool,
}

impl Losses {
    /// Losses in atoms, of as many members, whose sum 128 bits hold.
    ///
    /// ```
    /// use rhodian_lab::cover::Losses;
    /// let of = Losses::of(&[30, 0, 22, 18]);
    /// assert_eq!([of.largest(1), of.largest(2), of.largest(9)], [30, 52, 70]);
    /// ```
    #[must_use]
    pub fn of(atoms: &[u128]) -> Self {
        let sum: u128 = atoms.iter().sum();
        let members = atoms.iter().filter(|loss| **loss > 0).count();
        let common = atoms.iter().fold(0, |a, b| greatest_divisor(a, *b)).max(1);
        let unit = if members <= FEW { common } else { common.max(sum.div_ceil(MOST_UNITS)) };
        let mut atoms: Vec<u128> = atoms.iter().copied().filter(|loss| *loss > 0).collect();
        atoms.sort_unstable_by(|a, b| b.cmp(a));
        let units = atoms.iter().map(|loss| loss.div_ceil(unit)).collect();
        Self { atoms, units, unit, exact: unit == common }
    }

    /// The sum of so many largest, in atoms.
    #[must_use]
    pub fn largest(&self, count: usize) -> u128 {
        self.atoms.iter().take(count).sum()
    }

    /// A fund as its law counts it: that of so many largest losses is rounded as they are.
    #[must_use]
    pub fn counted_fund(&self, fund: u128) -> u128 {
        let mut sum = 0;
        let rounded = self.atoms.iter().zip(&self.units).map(|(loss, units)| {
            sum += loss;
            (sum, *units)
        });
        let mut counted = 0;
        for (sum, units) in rounded {
            counted += units * self.unit;
            if sum == fund {
                return counted;
            }
        }
        fund
    }

    /// The law of what those lose who fail, each with chance `fails`, by a correlation from 0
    /// (each on his own) to below 1.
    #[must_use]
    pub fn law(&self, fails: f64, correlation: f64) -> Law {
        let members = self.units.len();
        let chances = just(members, fails, correlation);
        let mut sums =
            if members <= FEW { self.every_way(&chances) } else { self.counted(&chances) };
        sums.retain(|(_, chance)| *chance > 0.0);
        Law { sums: sums.into_iter().map(|(units, chance)| (units * self.unit, chance)).collect() }
    }

    /// The sum of each set of members with its chance, the smallest sum first.
    fn every_way(&self, chances: &[f64]) -> Vec<(u128, f64)> {
        let mut sums = vec![(0u128, 0usize)];
        for loss in &self.units {
            let more: Vec<(u128, usize)> =
                sums.iter().map(|(sum, failed)| (sum + loss, failed + 1)).collect();
            sums.extend(more);
        }
        sums.sort_unstable();
        sums.into_iter().map(|(sum, failed)| (sum, chances[failed])).collect()
    }

    /// The chance of each sum, by how many sets of so many members reach it.
    fn counted(&self, chances: &[f64]) -> Vec<(u128, f64)> {
        let units: Vec<usize> =
            self.units.iter().map(|loss| usize::try_from(*loss).unwrap_or(usize::MAX)).collect();
        let width = units.iter().sum::<usize>() + 1;
        let mut sets = vec![0.0; (units.len() + 1) * width];
        sets[0] = 1.0;
        let mut reached = 0;
        for (before, loss) in units.iter().enumerate() {
            for failed in (0..=before).rev() {
                let (low, high) = sets.split_at_mut((failed + 1) * width);
                let from = &low[failed * width..][..=reached];
                for (to, from) in high[*loss..].iter_mut().zip(from) {
                    *to += from;
                }
            }
            reached += loss;
        }
        let chance = |sum: usize| {
            let of = |(failed, chance): (usize, &f64)| chance * sets[failed * width + sum];
            (sum as u128, chances.iter().enumerate().map(of).sum())
        };
        (0..width).map(chance).collect()
    }
}

/// The chance that just these k of so many members fail, for k from none to all.
fn just(members: usize, fails: f64, correlation: f64) -> Vec<f64> {
    let given = |chance: f64, failed: usize| {
        let power = |base: f64, times: usize| base.powi(i32::try_from(times).unwrap_or(i32::MAX));
        power(chance, failed) * power(1.0 - chance, members - failed)
    };
    if correlation <= 0.0 || fails <= 0.0 || fails >= 1.0 {
        return (0..=members).map(|failed| given(fails, failed)).collect();
    }
    let at = normal_quantile(fails);
    let mut chances = vec![0.0; members + 1];
    for step in -FAR..=FAR {
        let z = STEP * f64::from(step);
        let density = libm::exp(-0.5 * z * z) / (2.0 * core::f64::consts::PI).sqrt();
        let fails = normal_cdf((at - correlation.sqrt() * z) / (1.0 - correlation).sqrt());
        for (failed, chance) in chances.iter_mut().enumerate() {
            *chance += STEP * density * given(fails, failed);
        }
    }
    chances
}

/// How likely each sum of losses is.
#[derive(Clone, Debug)]
pub struct Law {
    /// In atoms, the smallest first.
    sums: Vec<(u128, f64)>,
}

impl Law {
    /// The chance that losses pass a fund, and what is lacking on average over all times, in atoms.
    ///
    /// ```
    /// use rhodian_lab::cover::Losses;
    /// let law = Losses::of(&[30, 22, 18, 9, 5, 3, 1]).law(0.02, 0.0);
    /// let (passed, lacking) = law.beyond(52);
    /// assert!((passed - 5.4115e-5).abs() < 5e-10 && (lacking - 3.3724e-4).abs() < 5e-9);
    /// ```
    #[must_use]
    pub fn beyond(&self, fund: u128) -> (f64, f64) {
        // The largest are the least likely: from them on, nothing small is lost.
        let all = self.sums.iter().rev().take_while(|(sum, _)| *sum > fund);
        all.fold((0.0, 0.0), |(passed, lacking), (sum, chance)| {
            (passed + chance, lacking + chance * (sum - fund) as f64)
        })
    }

    /// The least fund that is passed with no more than this chance: nothing, or a sum of losses.
    #[must_use]
    pub fn size(&self, target: f64) -> u128 {
        let (mut passed, mut found) = (0.0, self.sums.last().map_or(0, |(sum, _)| *sum));
        for (place, (_, chance)) in self.sums.iter().enumerate().rev() {
            passed += chance;
            if passed > target {
                break;
            }
            found = place.checked_sub(1).map_or(0, |before| self.sums[before].0);
        }
        found
    }
}

fn greatest_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Losses, MOST_UNITS};
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
            assert!(of.exact);
            for (fails, cover) in [(0.02, 1), (0.3, 2), (0.9, 3), (0.0, 1), (1.0, 2)] {
                let fund = of.largest(cover);
                let law = of.law(fails, 0.0);
                let (found, expected) = (law.beyond(fund), slow(&losses, fails, fund));
                assert!((found.0 - expected.0).abs() < 1e-12, "{losses:?} {fails} {cover}");
                assert!((found.1 - expected.1).abs() < 1e-10, "{losses:?} {fails} {cover}");
                // The size for that chance is no more than the fund; a unit less is passed oftener.
                let size = law.size(found.0 + 1e-12);
                assert!(size <= fund && law.beyond(size).0 <= found.0 + 1e-12);
                assert!(size == 0 || law.beyond(size - 1).0 > found.0 + 1e-12);
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

    /// Of few members sums are exact, however odd; of many without a common unit losses are rounded
    /// up, the fund with them, and the two largest still meet what is theirs.
    #[test]
    fn losses_without_a_common_unit_are_exact_or_rounded_up() {
        // Three of the six come to less than the first two: nobody may be rounded past the fund.
        let mut near = vec![17_333_333_000_000; 6];
        near.extend([26_000_000_000_000, 26_000_000_000_001]);
        let of = Losses::of(&near);
        let fund = of.largest(2);
        assert!(of.exact && fund == 52_000_000_000_001);
        let (found, expected) = (of.law(0.02, 0.0).beyond(fund), slow(&near, 0.02, fund));
        assert!((found.0 - expected.0).abs() < 1e-15, "{found:?} {expected:?}");
        let mut many = vec![1_000_003; FEW - 1];
        many.extend([30_000_001, 22_000_003]);
        let of = Losses::of(&many);
        let sum: u128 = many.iter().sum();
        assert!(!of.exact && of.unit == sum.div_ceil(MOST_UNITS));
        let two = of.counted_fund(of.largest(2));
        assert!(of.largest(2) == 52_000_004 && two >= 52_000_004);
        assert!(two < 52_000_004 + 2 * of.unit && of.counted_fund(7) == 7);
        // These two and any other, and all others together, which come to less than a third of it.
        let (passed, _) = of.law(0.5, 0.0).beyond(two);
        let expected = 0.25 * (1.0 - 0.5_f64.powi(15));
        assert!((passed - expected).abs() < 1e-12, "{passed} {expected}");
    }

    /// The law by sets of members is that by every way, and adds up to one.
    #[test]
    fn both_ways_to_count_say_the_same() {
        let losses = [30, 22, 18, 9, 5, 3, 1, 22, 7];
        let of = Losses::of(&losses);
        let chances = super::just(9, 0.05, 0.3);
        let every = of.every_way(&chances);
        for (sum, chance) in of.counted(&chances) {
            let ways: f64 = every.iter().filter(|(of, _)| *of == sum).map(|(_, of)| of).sum();
            assert!((ways - chance).abs() < 1e-15, "{sum}");
        }
        assert!((every.iter().map(|(_, of)| of).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
