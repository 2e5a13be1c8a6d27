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
//! Every way in which the ten largest may fail is looked at, to the atom: a fund for some of them is
//! met, and not passed, by these. What the others come to is counted in a unit of which their losses are
//! whole multiples, where there is a large one; else those are rounded up to a larger one, against
//! whoever pays for the fund.
//!
//! **When it is false**: one factor knows no clients who fail because their member did, and a large
//! member is no likelier to fail in the stress that makes his loss large (wrong-way risk).

use crate::normal::{normal_cdf, normal_quantile};

/// So many of the largest are looked at in every way.
pub const FEW: usize = 10;
/// So many units the others' losses come to at most, and one more for each.
const MOST_UNITS: u128 = 20_000;
/// The factor is looked at in steps of this, as far as so many to each side: the sum converges
/// faster than any power of the step.
const STEP: f64 = 0.1;
const FAR: i32 = 80;

/// What members would lose beyond their margins in one stress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Losses {
    /// In atoms, the largest first; those of nothing left out.
    atoms: Vec<u128>,
    /// What losses behind the largest are rounded up to, in atoms.
    pub unit: u128,
    /// Whether none is rounded.
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
        let mut atoms: Vec<u128> = atoms.iter().copied().filter(|loss| *loss > 0).collect();
        atoms.sort_unstable_by(|a, b| b.cmp(a));
        let others = atoms.get(FEW..).unwrap_or_default();
        let common = others.iter().fold(0, |a, b| greatest_divisor(a, *b)).max(1);
        let unit = common.max(others.iter().sum::<u128>().div_ceil(MOST_UNITS));
        Self { atoms, unit, exact: unit == common }
    }

    /// The sum of so many largest, in atoms.
    #[must_use]
    pub fn largest(&self, count: usize) -> u128 {
        self.atoms.iter().take(count).sum()
    }

    /// The law of what those lose who fail, each with chance `fails`, by a correlation from 0
    /// (each on his own) to below 1.
    #[must_use]
    pub fn law(&self, fails: f64, correlation: f64) -> Law {
        let (few, others) = self.atoms.split_at(self.atoms.len().min(FEW));
        let chances = just(self.atoms.len(), fails, correlation);
        let sets = sets(others, self.unit);
        let tails = (0..=few.len()).map(|failed| Tail::of(&sets, &chances[failed..])).collect();
        Law { ways: every_way(few), tails, unit: self.unit }
    }
}

/// What each set of some members loses, and how many they are.
fn every_way(few: &[u128]) -> Vec<(u128, usize)> {
    let mut ways = vec![(0, 0)];
    for loss in few {
        let more: Vec<(u128, usize)> =
            ways.iter().map(|(sum, failed)| (sum + loss, failed + 1)).collect();
        ways.extend(more);
    }
    ways
}

/// By how many members: how many sets of them come to each number of units.
fn sets(losses: &[u128], unit: u128) -> Vec<Vec<f64>> {
    let in_units = |loss: &u128| usize::try_from(loss.div_ceil(unit)).unwrap_or(usize::MAX);
    let units: Vec<usize> = losses.iter().map(in_units).collect();
    let mut sets = vec![vec![0.0; units.iter().sum::<usize>() + 1]; units.len() + 1];
    sets[0][0] = 1.0;
    let mut reached = 0;
    for (before, loss) in units.iter().enumerate() {
        for failed in (0..=before).rev() {
            let (low, high) = sets.split_at_mut(failed + 1);
            let from = &low[failed][..=reached];
            for (to, from) in high[0][*loss..].iter_mut().zip(from) {
                *to += from;
            }
        }
        reached += loss;
    }
    sets
}

/// What members behind the largest come to, where so many of the largest fail.
#[derive(Clone, Debug)]
struct Tail {
    /// By units that are passed: the chance that they are, and the mean of what they then come to, of
    /// all times, in units.
    passed: Vec<(f64, f64)>,
    /// The same, whatever they come to.
    all: (f64, f64),
}

impl Tail {
    /// Of sets by their size, and the chance of each size.
    fn of(sets: &[Vec<f64>], chances: &[f64]) -> Self {
        let width = sets.first().map_or(0, Vec::len);
        let mut passed = vec![(0.0, 0.0); width];
        let (mut more, mut sum) = (0.0, 0.0);
        for units in (0..width).rev() {
            passed[units] = (more, sum);
            let ways = sets.iter().zip(chances).map(|(of, chance)| of[units] * chance);
            let chance: f64 = ways.sum();
            more += chance;
            sum += chance * units as f64;
        }
        Self { passed, all: (more, sum) }
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

/// How likely losses come to what.
#[derive(Clone, Debug)]
pub struct Law {
    /// What each set of the largest loses, and how many they are.
    ways: Vec<(u128, usize)>,
    /// By how many of the largest fail.
    tails: Vec<Tail>,
    unit: u128,
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
        let (mut passed, mut lacking) = (0.0, 0.0);
        for (sum, failed) in &self.ways {
            let tail = &self.tails[*failed];
            let (chance, units, over) = match fund.checked_sub(*sum) {
                // These pass it by themselves, whoever else fails.
                None => (tail.all.0, tail.all.1, (sum - fund) as f64),
                Some(left) => {
                    let place = usize::try_from(left / self.unit).unwrap_or(usize::MAX);
                    let (chance, units) = tail.passed.get(place).copied().unwrap_or_default();
                    (chance, units, -(left as f64))
                }
            };
            passed += chance;
            lacking += units * self.unit as f64 + over * chance;
        }
        (passed, lacking.max(0.0))
    }

    /// The least fund, in atoms, that is passed with no more than this chance.
    #[must_use]
    pub fn size(&self, target: f64) -> u128 {
        let most = self.ways.iter().map(|(sum, _)| *sum).max().unwrap_or(0)
            + self.tails.first().map_or(0, |of| of.passed.len() as u128) * self.unit;
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = low.midpoint(high);
            if self.beyond(middle).0 <= target { high = middle } else { low = middle + 1 }
        }
        low
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
        // Some of them behind the largest ten.
        for members in [1, 2, 5, 9, 10, 11, 13] {
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

    /// Just one of all sets of members fails, none and all of them included.
    #[test]
    fn the_chances_of_all_sets_add_up_to_one() {
        for (fails, together) in [(0.02, 0.0), (0.02, 0.3), (0.5, 0.9), (1e-6, 0.9), (0.0, 0.5)] {
            let (mut sets, mut sum) = (1.0, 0.0);
            for (failed, chance) in super::just(40, fails, together).into_iter().enumerate() {
                sum += sets * chance;
                sets *= (40 - failed) as f64 / (failed + 1) as f64;
            }
            assert!((sum - 1.0).abs() < 1e-9, "{fails} {together}: {sum}");
        }
    }

    /// The largest are exact, however odd they are; those behind are rounded up where they have no
    /// unit in common, and no fund is.
    #[test]
    fn the_largest_are_exact_and_those_behind_may_be_rounded() {
        // Three of the six come to less than the first two: nobody may be rounded past the fund.
        let mut near = vec![17_333_333_000_000; 6];
        near.extend([26_000_000_000_000, 26_000_000_000_001]);
        let of = Losses::of(&near);
        let fund = of.largest(2);
        assert!(of.exact && fund == 52_000_000_000_001);
        let (found, expected) = (of.law(0.02, 0.0).beyond(fund), slow(&near, 0.02, fund));
        assert!((found.0 - expected.0).abs() < 1e-15, "{found:?} {expected:?}");
        // One large and many of one atom: the largest by a million has no part in their unit.
        let mut dust = vec![1; 150];
        dust.push(1_000_000);
        let of = Losses::of(&dust);
        assert!(of.exact);
        let (passed, lacking) = of.law(0.02, 0.0).beyond(1_000_000);
        let any = 1.0 - 0.98_f64.powi(150);
        assert!((passed - 0.02 * any).abs() < 1e-12 && (lacking - 0.02 * 3.0).abs() < 1e-12);
        // Behind ten large ones three that are odd: by every way, and a little more.
        let mut odd = vec![30_000_000_000_001; FEW];
        odd.extend([1_000_000_007, 700_000_001, 300_000_007]);
        let of = Losses::of(&odd);
        assert!(!of.exact && of.unit == 2_000_000_015_u128.div_ceil(MOST_UNITS));
        let fund = of.largest(1) + 1_000_000_000;
        let (found, expected) = (of.law(0.1, 0.0).beyond(fund), slow(&odd, 0.1, fund));
        assert!((found.0 - expected.0).abs() < 1e-12, "{found:?} {expected:?}");
        let more = found.1 - expected.1;
        assert!((0.0..=3.0 * of.unit as f64).contains(&more), "{found:?} {expected:?}");
    }
}
