//! The exact rational shares, for display and for whoever checks the rounding.

use alloc::string::{String, ToString};

use super::classes::{self, Solution};
use super::{AllocationError, Claims, Rule};
use crate::units::{Amount, Fraction};
use crate::wide::U256;

/// The exact share of each claim in a cumulative amount.
#[derive(Clone, Debug)]
pub struct ExactDivision {
    solution: Solution,
}

/// Divides `cumulative` over the claims without rounding: the shares sum to it, or to the
/// capacity where that is smaller.
///
/// Refused: what [`super::divide`] refuses.
///
/// ```
/// use rhodian_core::allocation::{Claims, Rule, exact};
/// use rhodian_core::units::Amount;
/// let caps = [10, 10, 1].map(|atoms| Amount::new(atoms).unwrap());
/// let claims = Claims { caps: &caps, ..Claims::default() };
/// let shares = exact(Rule::EqualLosses, Amount::new(4).unwrap(), &claims).unwrap();
/// assert_eq!(shares.share(0), (1, 1, 2));
/// assert_eq!(shares.fraction_text(0), ("3".into(), "2".into()));
/// assert_eq!(shares.share(2), (1, 0, 1));
/// assert!(exact(Rule::Queue, Amount::new(4).unwrap(), &claims).is_err());
/// ```
pub fn exact(
    rule: Rule,
    cumulative: Amount,
    claims: &Claims,
) -> Result<ExactDivision, AllocationError> {
    Ok(ExactDivision { solution: classes::check_and_solve(rule, cumulative, claims)? })
}

impl ExactDivision {
    /// The number of claims.
    #[must_use]
    pub fn len(&self) -> usize {
        self.solution.shares.whole.len()
    }

    /// Whether there is no claim.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.solution.shares.whole.is_empty()
    }

    /// The sum of the shares, in atoms.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.solution.taken
    }

    /// The level of each class, as in [`super::Division::levels`].
    #[must_use]
    pub fn levels(&self) -> &[Option<Fraction>] {
        &self.solution.levels
    }

    /// The share of the claim at `index` in atoms: its whole part, and the numerator and
    /// denominator of its fraction in lowest terms (`0 / 1` when it is whole).
    ///
    /// # Panics
    ///
    /// When there is no such claim.
    #[must_use]
    pub fn share(&self, index: usize) -> (u128, u128, u128) {
        let shares = &self.solution.shares;
        let (whole, num) = (shares.whole[index].atoms(), shares.fractions.numerator(index));
        match Fraction::reduced(num, shares.den) {
            Some(Fraction { num, den }) => (whole, num, den),
            None => (whole, 0, 1),
        }
    }

    /// The same as one fraction in lowest terms, in decimal digits: numerator, denominator. The
    /// numerator may pass 128 bits.
    ///
    /// # Panics
    ///
    /// When there is no such claim.
    #[must_use]
    pub fn fraction_text(&self, index: usize) -> (String, String) {
        let (whole, num, den) = self.share(index);
        let product = U256::product(whole, den);
        // Below 10^30 x 10^38 + 10^38.
        let numerator = product.checked_add(U256 { hi: 0, lo: num }).unwrap_or(product);
        (numerator.to_string(), den.to_string())
    }
}
