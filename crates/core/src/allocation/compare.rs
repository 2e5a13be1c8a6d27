//! One claim under every rule: what it would pay of the same amount, over the same claims.

use alloc::vec::Vec;

use super::{AllocationError, Claims, Rule, divide};
use crate::units::Amount;

/// What a claim would pay under a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderRule {
    /// The rule.
    pub rule: Rule,
    /// Its share; or why the rule does not divide these claims.
    pub share: Result<Amount, AllocationError>,
    /// Whether the rule reads scores or risks and finds them all alike: it then divides by claim
    /// order, or as `Proportional` does.
    pub alike: bool,
}

/// What the claim at `place` would pay of `total` under each rule, in the order of [`Rule::ALL`];
/// nothing where there is no such claim.
///
/// It costs a division by each rule: for a million claims that is no call for a thread that others
/// wait for.
///
/// ```
/// use rhodian_core::allocation::{Claims, Rule, under_each_rule};
/// use rhodian_core::units::Amount;
/// let amount = |atoms| Amount::new(atoms).unwrap();
/// let caps = [amount(30), amount(90)];
/// let (scores, risks) = ([0, 0], [1, 1]);
/// let claims =
///     Claims { caps: &caps, weights: &caps, scores: &scores, risks: &risks, classes: &[] };
/// let shares = under_each_rule(amount(40), &claims, 0);
/// assert_eq!((shares[0].rule, shares[0].share), (Rule::Proportional, Ok(amount(10))));
/// assert_eq!((shares[1].rule, shares[1].share), (Rule::EqualLosses, Ok(amount(20))));
/// assert!(under_each_rule(amount(40), &claims, 2).is_empty());
/// ```
#[must_use]
pub fn under_each_rule(total: Amount, claims: &Claims, place: usize) -> Vec<UnderRule> {
    if place >= claims.caps.len() {
        return Vec::new();
    }
    let one = |rule: Rule| {
        let divided = divide(rule, total, claims);
        let share = divided.map(|division| division.shares[place]);
        let alike = match rule {
            Rule::Queue => are_alike(claims.scores),
            Rule::RiskWeighted => are_alike(claims.risks),
            _ => false,
        };
        UnderRule { rule, share, alike: alike && share.is_ok() }
    };
    Rule::ALL.into_iter().map(one).collect()
}

fn are_alike<T: PartialEq>(column: &[T]) -> bool {
    column.windows(2).all(|pair| pair[0] == pair[1])
}
