//! The published record of 10 October 2025, scored again.
//!
//! arXiv 2602.15182 compares five policies of auto-deleveraging over the 16 waves of that evening,
//! by what each took against what was needed. Its Table 2 is a sum over a file the authors published
//! under MIT, `policy_per_wave_metrics.csv` of arXiv 2512.01112; [`Scores`] reproduces it to the
//! cent. [`findings`] is what the same file says beside it, and [`ours`] what measuring a loss first
//! and dividing it then does on the same waves.
//!
//! Money is in US dollars as the file has it. Doubles hold its cents many times over: sums of 16
//! numbers below 10^8, with 52 bits for the fraction.

pub mod findings;
pub mod ours;

use core::iter::Sum;

/// How many policies the published table compares.
pub const COUNT: usize = 5;

/// One policy of the published table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name in words.
    pub name: &'static str,
    /// Its name in the columns of the file: `budget_NAME` and `max_pct_NAME`.
    pub column: &'static str,
    /// Whether it was given the hole of the wave, which is known only after it.
    pub knows: bool,
}

/// The policies of Table 2, in its order. All but the first were handed the needed budget.
pub const POLICIES: [Policy; COUNT] = [
    Policy { name: "production", column: "prod", knows: false },
    Policy { name: "integer pro-rata", column: "contract_pr", knows: true },
    Policy { name: "vector mirror descent", column: "vector", knows: true },
    Policy { name: "min-max integer program", column: "fixed_point_ilp_integer", knows: true },
    Policy { name: "continuous pro-rata", column: "pr", knows: true },
];

/// The place of the integer program, against which the table measures fairness.
const PROGRAM: usize = 3;
/// The place of the policy whose largest burden is the least there can be.
const LEAST: usize = 4;

/// One wave of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Its number in the file; numbers are not consecutive.
    pub number: u32,
    /// What the wave needed, known after it.
    pub needed: f64,
    /// The equity below zero that the wave is said to have had.
    pub deficit: f64,
    /// The largest loss of one account in it.
    pub largest: f64,
    /// What each policy took, in the order of [`POLICIES`].
    pub taken: [f64; COUNT],
    /// The largest part of one account's equity that each policy took.
    pub burden: [f64; COUNT],
}

/// How a policy did over all waves, in US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Sum of |taken - needed|.
    pub tracking: f64,
    /// Sum of what was taken beyond need.
    pub over: f64,
    /// Sum of what was needed and not taken: nobody funded it.
    pub under: f64,
    /// Sum of needed x |largest burden - that of the integer program|, as the table has it. It
    /// charges a policy for being fairer than the program, too.
    pub fairness: f64,
    /// Tracking and fairness.
    pub total: f64,
    /// The same, but only where the burden is above the program's.
    pub above_program: f64,
    /// The same against the least burden there is, that of continuous pro-rata.
    pub above_least: f64,
}

/// A sum of numbers of waves; an empty one is zero and not minus zero.
fn sum(parts: impl Iterator<Item = f64>) -> f64 {
    0.0 + <f64 as Sum>::sum(parts)
}

impl Scores {
    /// The scores of the policy at `place` in [`POLICIES`].
    ///
    /// ```
    /// use rhodian_lab::october::{Scores, Wave};
    /// let wave = Wave {
    ///     number: 1,
    ///     needed: 100.0,
    ///     deficit: 0.0,
    ///     largest: 0.0,
    ///     taken: [130.0, 90.0, 100.0, 100.0, 100.0],
    ///     burden: [0.5, 0.25, 0.25, 0.375, 0.125],
    /// };
    /// let production = Scores::of(std::slice::from_ref(&wave), 0);
    /// assert_eq!((production.over, production.under, production.fairness), (30.0, 0.0, 12.5));
    /// // Fairer than the program by an eighth, and charged for it both ways but one.
    /// let pro_rata = Scores::of(&[wave], 1);
    /// assert_eq!((pro_rata.fairness, pro_rata.above_program), (12.5, 0.0));
    /// assert_eq!(pro_rata.above_least, 12.5);
    /// ```
    #[must_use]
    pub fn of(waves: &[Wave], place: usize) -> Self {
        let by_burden = |than: usize, one_sided: bool| {
            let part = |wave: &Wave| {
                let apart = wave.burden[place] - wave.burden[than];
                wave.needed * if one_sided { apart.max(0.0) } else { apart.abs() }
            };
            sum(waves.iter().map(part))
        };
        let beyond = |wave: &Wave| wave.taken[place] - wave.needed;
        let over = sum(waves.iter().map(|wave| beyond(wave).max(0.0)));
        let under = sum(waves.iter().map(|wave| (-beyond(wave)).max(0.0)));
        let (tracking, fairness) = (over + under, by_burden(PROGRAM, false));
        Self {
            tracking,
            over,
            under,
            fairness,
            total: tracking + fairness,
            above_program: by_burden(PROGRAM, true),
            above_least: by_burden(LEAST, true),
        }
    }
}
