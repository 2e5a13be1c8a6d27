//! How large what one winner keeps is beside what was lost: three ratios of arXiv 2512.01112.
//!
//! `v` is the largest gain that anyone has left, `D` what was to be divided, `H` what was taken of
//! it, `U` what stayed unpaid wave by wave, and `l` the largest single loss. The study writes two
//! denominators under one name; here they are told apart:
//!
//! ```text
//! PTSR   = v / H             its text: of what is socialised, a part H / D of the loss
//! PMR    = v / (l H / D)     of the same part of the largest loss
//! RD-NSE = v / (v + U)       its programs divide v by U, which is nothing where all is paid: this
//!                            is the same, from 0 to 1
//! ```
//!
//! **When it is false**: gains are the most that each had won at a wave, so `v` is of no single
//! moment; `l` is counted before the fund and `D` behind it.

/// The largest gain that is left, beside what was taken and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Left {
    /// Of what was taken; nothing where nothing was.
    pub of_taken: Option<f64>,
    /// Of the part of the largest loss that was taken; nothing where nothing was.
    pub of_largest: Option<f64>,
    /// Of it and what stayed unpaid; nothing where both are nothing.
    pub of_unpaid: Option<f64>,
}

impl Left {
    /// Of what each had `won` and `paid`, of a `loss` and the largest single one, `under` of which
    /// stayed unpaid.
    ///
    /// ```
    /// use rhodian_lab::compare::left::Left;
    /// // Alice won 100 and paid 20, Bob won 60 and paid 10; of 50 lost, 40 by one, 20 stay.
    /// let left = Left::of(&[100, 60], &[20, 10], (50, 40), 20);
    /// assert_eq!(left.of_taken, Some(80.0 / 30.0));
    /// assert_eq!(left.of_largest, Some(80.0 / (40.0 * 30.0 / 50.0)));
    /// assert_eq!(left.of_unpaid, Some(0.8));
    /// assert_eq!(Left::of(&[5], &[0], (5, 5), 5).of_taken, None, "nothing was taken");
    /// ```
    #[must_use]
    pub fn of(won: &[u128], paid: &[u128], (loss, largest): (u128, u128), under: u128) -> Self {
        let kept = won.iter().zip(paid).map(|(won, paid)| won.saturating_sub(*paid));
        let (kept, taken) = (kept.max().unwrap_or(0) as f64, paid.iter().sum::<u128>() as f64);
        let over = |of: f64| (of > 0.0).then(|| kept / of);
        let part = taken / (loss as f64).max(1.0);
        Self {
            of_taken: over(taken),
            of_largest: over(largest as f64 * part),
            of_unpaid: (kept + under as f64 > 0.0).then(|| kept / (kept + under as f64)),
        }
    }
}
