//! From exact shares to whole atoms, one atom at a time.

use num_traits::{ToPrimitive, Zero};

use super::{Exact, integer};
use crate::Whole;

/// What each pays now, when the exact cumulative shares are `exact` and `paid` was paid before.
///
/// Everyone first pays the whole atoms he still owes, nobody less than nothing. While that is too
/// little, one more atom comes from whoever then still owes most (the first of equals); while it
/// is too much, one atom goes back to whoever then owes least among those who pay now (the last
/// of equals).
pub fn pay(exact: &[Exact], paid: &[u128]) -> Vec<u128> {
    let owed: Vec<Exact> =
        exact.iter().zip(paid).map(|(share, &before)| share - integer(before)).collect();
    let mut pays: Vec<Whole> =
        owed.iter().map(|owed| owed.floor().to_integer().max(Whole::zero())).collect();
    let due = owed.iter().sum::<Exact>();
    assert!(due.is_integer(), "exact shares of whole atoms sum to whole atoms, not {due}");
    let due = due.to_integer().max(Whole::zero());
    loop {
        let now: Whole = pays.iter().sum();
        if now == due {
            break;
        }
        let still: Vec<Exact> = owed
            .iter()
            .zip(&pays)
            .map(|(owed, pays)| owed - Exact::from_integer(pays.clone()))
            .collect();
        if now < due {
            pays[first_largest(&still)] += 1;
        } else {
            let back = last_smallest(&still, &pays);
            pays[back] -= 1;
        }
    }
    pays.iter().map(|pays| pays.to_u128().expect("a payment is a whole number of atoms")).collect()
}

/// The index of the largest, the first of equals.
fn first_largest(still: &[Exact]) -> usize {
    let mut best = 0;
    for (i, value) in still.iter().enumerate() {
        if *value > still[best] {
            best = i;
        }
    }
    best
}

/// The index of the smallest among those who pay, the last of equals.
fn last_smallest(still: &[Exact], pays: &[Whole]) -> usize {
    let mut best = None;
    for (i, value) in still.iter().enumerate() {
        let better = best.is_none_or(|best: usize| *value <= still[best]);
        if pays[i] > Whole::zero() && better {
            best = Some(i);
        }
    }
    best.expect("too much is paid only by someone who pays")
}
