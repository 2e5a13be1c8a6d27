//! The water level on its own: for liens, which ask what each would bear before anything is
//! divided, and for shares that are settled when an account is next touched.

use super::{AllocationError, Claims, Rule, check, proportional};
use crate::units::{Amount, Fraction};
use crate::wide::mul_div_ceil;

/// The level at which the claims together bear `cumulative` in proportion to weight, each up to
/// its cap: a multiplier of weight, reduced. Nothing when all capacity is taken.
///
/// One pass or a few over the claims, nothing is written for any of them. Classes are not read:
/// the claims are one class. Refused: as by [`super::divide`] under [`Rule::Proportional`].
///
/// ```
/// use rhodian_core::allocation::{Claims, capped_share_ceil, level_for};
/// use rhodian_core::units::Amount;
/// let amount = |atoms| Amount::new(atoms).unwrap();
/// let weights = [amount(1_408_000), amount(1_408_000), amount(930_000), amount(688_000)];
/// let caps = [amount(1_408_000), amount(1_408_000), amount(90_000), amount(688_000)];
/// let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
/// let level = level_for(amount(825_000), &claims).unwrap();
/// assert_eq!(level.map(|l| (l.num, l.den)), Some((245, 1168)));
/// assert_eq!(capped_share_ceil(weights[0], caps[0], level), amount(295_343));
/// assert!(level_for(amount(1), &Claims { weights: &[], ..claims }).is_err());
/// ```
pub fn level_for(cumulative: Amount, claims: &Claims) -> Result<Option<Fraction>, AllocationError> {
    let Claims { caps, weights, .. } = *claims;
    let claims = Claims { classes: &[], ..*claims };
    check::claims(Rule::Proportional, cumulative, &claims)?;
    let basis = proportional::Basis::of(caps, weights);
    if cumulative.atoms() >= basis.capacity {
        return Ok(None);
    }
    if cumulative.is_zero() {
        return Ok(Fraction::reduced(0, 1));
    }
    let level = proportional::level(caps, weights, &basis, cumulative.atoms());
    Ok(Fraction::reduced(level.num, level.den))
}

/// What a claim bears at a level, rounded up, in favour of the loss: `min(cap, weight x level)`.
///
/// No level means that all capacity is taken. A claim without weight bears nothing.
///
/// ```
/// use rhodian_core::allocation::capped_share_ceil;
/// use rhodian_core::units::{Amount, Fraction};
/// let (weight, cap) = (Amount::new(10).unwrap(), Amount::new(5).unwrap());
/// let third = Some(Fraction { num: 1, den: 3 });
/// assert_eq!(capped_share_ceil(weight, cap, third).atoms(), 4);
/// assert_eq!(capped_share_ceil(weight, cap, None), cap);
/// assert_eq!(capped_share_ceil(Amount::ZERO, cap, None), Amount::ZERO);
/// ```
#[must_use]
pub fn capped_share_ceil(weight: Amount, cap: Amount, level: Option<Fraction>) -> Amount {
    if weight.is_zero() {
        return Amount::ZERO;
    }
    let Some(Fraction { num, den }) = level else { return cap };
    // A product above 128 bits is above every cap.
    let share = mul_div_ceil(weight.atoms(), num, den);
    match share.map(Amount::new) {
        Some(Ok(share)) => share.min(cap),
        _ => cap,
    }
}
