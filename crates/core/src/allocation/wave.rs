//! Waves: what each claim pays now, when the claims have paid before under the same liable set.
//!
//! Plain rounding in every wave would drift by hundreds of atoms. Instead each wave looks at the
//! whole: a claim whose exact cumulative share is `X` and which has paid `p` owes `t = X - p`, so
//! rounding forgets nothing. It pays `max(0, floor t)`. Units left over go one each to the
//! largest `t` less what is paid now. Units too many (when someone owes less than nothing, which
//! a shrunken cap can cause) come off one by one where that difference is smallest among those
//! who pay; among equals the last in claim order is spared first.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::shares::{Fractions, Shares, Wanted, amount, count};
use super::{AllocationError, Claims, Division, Rule, check, classes, equal_level, rounding};
use crate::units::Amount;

/// Divides `loss` over claims that have paid nothing before.
///
/// Amounts in atoms. Every share is within one atom of exact and at most its cap; the shares and
/// the residual sum to the loss. Refused: see [`AllocationError`].
///
/// ```
/// use rhodian_core::allocation::{Claims, Rule, divide};
/// use rhodian_core::units::Amount;
/// let caps = [1; 3].map(|_| Amount::new(100).unwrap());
/// let claims = Claims { caps: &caps, ..Claims::default() };
/// let division = divide(Rule::EqualLosses, Amount::new(100).unwrap(), &claims).unwrap();
/// assert_eq!(division.shares.iter().map(|s| s.atoms()).collect::<Vec<_>>(), [34, 33, 33]);
/// // By weight there is nothing to divide by:
/// assert!(divide(Rule::Proportional, Amount::new(100).unwrap(), &claims).is_err());
/// ```
pub fn divide(rule: Rule, loss: Amount, claims: &Claims) -> Result<Division, AllocationError> {
    next_wave(rule, loss, claims, &[])
}

/// Divides what is new in `cumulative` over claims that have `paid` before; empty when nobody has.
///
/// `cumulative` is the sum over all waves, this one included. `residual` is what of it neither
/// earlier waves nor this one took. Refused: what [`divide`] refuses, a `paid` column of another
/// length, more paid than a claim's cap, more paid in all than `cumulative`.
///
/// ```
/// use rhodian_core::allocation::{Claims, Rule, divide, next_wave};
/// use rhodian_core::units::Amount;
/// let amount = |atoms| Amount::new(atoms).unwrap();
/// let caps = [amount(10), amount(10)];
/// let claims = Claims { caps: &caps, ..Claims::default() };
/// let first = divide(Rule::EqualLosses, amount(1), &claims).unwrap();
/// assert_eq!(first.shares, [amount(1), amount(0)]);
/// let second = next_wave(Rule::EqualLosses, amount(2), &claims, &first.shares).unwrap();
/// assert_eq!(second.shares, [amount(0), amount(1)]);
/// assert!(next_wave(Rule::EqualLosses, amount(0), &claims, &first.shares).is_err());
/// ```
pub fn next_wave(
    rule: Rule,
    cumulative: Amount,
    claims: &Claims,
    paid: &[Amount],
) -> Result<Division, AllocationError> {
    let checked = check::claims(rule, cumulative, claims)?;
    let before = checked.paid_before(cumulative, paid)?;
    // What was paid before is taken off exact shares; without it, whole ones will do.
    let wanted = if before > 0 { Wanted::Exact } else { Wanted::Whole };
    let classes::Solution { mut shares, levels, taken } =
        classes::solve(rule, cumulative.atoms(), &checked, wanted);
    let now = taken - before;
    if before > 0 {
        less_paid(&mut shares, paid, now);
    } else {
        let units = index(shares.units_left(taken));
        rounding::give_units(&mut shares, units);
    }
    Ok(Division {
        allocated: amount(now),
        residual: amount(cumulative.atoms() - taken),
        shares: shares.whole,
        levels,
    })
}

/// Turns exact cumulative shares into what is paid now, `now` in all.
fn less_paid(shares: &mut Shares, paid: &[Amount], now: u128) {
    // What each owes beyond its whole payment, over `den`. Who owes less than nothing is last in
    // line: fewer units are left than there are others with a fraction, so zero serves as its key.
    let mut keys: Vec<u128> = Vec::with_capacity(paid.len());
    for (place, (share, paid)) in shares.whole.iter_mut().zip(paid).enumerate() {
        keys.push(if *share >= *paid { shares.fractions.numerator(place) } else { 0 });
        *share = share.less_or_zero(*paid);
    }
    let pays: u128 = shares.whole.iter().map(|share| share.atoms()).sum();
    if pays <= now {
        rounding::give(&mut shares.whole, &keys, index(now - pays));
    } else {
        take_units(&mut shares.whole, &keys, pays, pays - now);
    }
    shares.fractions = Fractions::None;
}

/// Takes `units` atoms off payments that sum to `pays`, one by one where the key plus what was
/// already taken off is smallest: so round by round, and within a round by key.
fn take_units(payments: &mut [Amount], keys: &[u128], pays: u128, units: u128) {
    // After r full rounds every payment has given min(payment, r): an equal level.
    let level = equal_level::level(payments, pays, units);
    let whole = amount(level.whole);
    for payment in payments.iter_mut() {
        *payment = payment.less_or_zero(whole);
    }
    let mut open: Vec<(u128, Reverse<usize>)> = (0..payments.len())
        .filter(|place| !payments[*place].is_zero())
        .map(|place| (keys[place], Reverse(place)))
        .collect();
    let last_round = index(level.rem);
    if last_round > 0 {
        open.select_nth_unstable(last_round - 1);
    }
    for &(_, Reverse(place)) in open.iter().take(last_round) {
        payments[place] = payments[place].less_or_zero(amount(1));
    }
}

/// A number of units, of which there are fewer than claims.
fn index(units: u128) -> usize {
    debug_assert!(units < count(usize::MAX));
    usize::try_from(units).unwrap_or(usize::MAX)
}
