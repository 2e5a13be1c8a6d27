//! The water level on its own: for liens, which ask what each would bear before anything is
//! divided, and for shares that are settled when an account is next touched.

use super::{AllocationError, Claims, Rule, check, proportional};
use crate::bounds::RISK_UNIT;
use crate::units::{Amount, Fraction};
use crate::wide::{mul_div_ceil, mul_div_rem};

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

/// The exact share of one claim at the published level of its class: its whole part, and its
/// fraction in lowest terms (`0 / 1` when it is whole). What [`super::exact`] says of it, without
/// the other claims: so that one who sees only his own claim can check his share.
///
/// No level means that all of the class's capacity is taken. `risk` in millionths, read by
/// `RiskWeighted` only. Nothing for rules that publish no level.
///
/// ```
/// use rhodian_core::allocation::{Rule, share_at};
/// use rhodian_core::units::{Amount, Fraction};
/// let (weight, cap) = (Amount::new(10).unwrap(), Amount::new(5).unwrap());
/// let level = Some(Fraction { num: 1, den: 3 });
/// let (whole, rest) = share_at(Rule::Proportional, level, weight, cap, 0).unwrap();
/// assert_eq!((whole.atoms(), rest), (3, Fraction { num: 1, den: 3 }));
/// assert_eq!(share_at(Rule::Talmud, level, weight, cap, 0), None);
/// ```
#[must_use]
pub fn share_at(
    rule: Rule,
    level: Option<Fraction>,
    weight: Amount,
    cap: Amount,
    risk: u64,
) -> Option<(Amount, Fraction)> {
    let whole = |share: Amount| (share, Fraction { num: 0, den: 1 });
    let by_weight = match rule {
        Rule::Proportional => Some(weight.atoms()),
        // Effective weights sum to at most 10^38 where the rule divides.
        Rule::RiskWeighted => Some(weight.atoms().checked_mul(u128::from(risk))?),
        Rule::EqualLosses | Rule::EqualAwards => None,
        _ => return None,
    };
    if by_weight == Some(0) {
        return Some(whole(Amount::ZERO));
    }
    let Some(level) = level else { return Some(whole(cap)) };
    let Fraction { num, den } = match rule {
        Rule::RiskWeighted => per_unit(level)?,
        _ => level,
    };
    // A product above 128 bits is above every cap.
    let (floor, rest) = match mul_div_rem(by_weight.unwrap_or(1), num, den) {
        Some((floor, rest)) if floor < cap.atoms() => (floor, rest),
        _ => (cap.atoms(), 0),
    };
    let (floor, rest) = match rule {
        Rule::EqualAwards if rest > 0 => (cap.atoms() - floor - 1, den - rest),
        Rule::EqualAwards => (cap.atoms() - floor, 0),
        _ => (floor, rest),
    };
    Some((Amount::new(floor).ok()?, Fraction::reduced(rest, den)?))
}

/// A decimal factor as one of millionths, in lowest terms.
fn per_unit(level: Fraction) -> Option<Fraction> {
    let common = Fraction::reduced(level.num, u128::from(RISK_UNIT))?;
    Fraction::reduced(common.num, level.den.checked_mul(common.den)?)
}
