//! Handing out the units that rounding down left over: one each to the largest fractions, ties
//! to the claim that comes first.

use alloc::vec;
use alloc::vec::Vec;

use super::shares::{Fractions, Shares, amount};
use crate::units::Amount;

/// One key in so many is looked at to bracket the last key that gets a unit.
const STRIDE: usize = 256;

/// Below this many keys, looking first is not worth it.
const MANY: usize = 1 << 14;

/// Adds `units` atoms to the shares with the largest fractions. At most as many units as there
/// are fractions above zero.
pub(super) fn give_units(shares: &mut Shares, units: usize) {
    match &shares.fractions {
        Fractions::None => assert!(units == 0, "whole shares leave nothing over"),
        Fractions::Same(_, marked) => {
            let receivers = shares.whole.iter_mut().zip(marked).filter(|(_, marked)| **marked);
            for (share, _) in receivers.take(units) {
                *share = amount(share.atoms() + 1);
            }
        }
        Fractions::Narrow(keys) => give(&mut shares.whole, keys, units),
        Fractions::Wide(keys) => give(&mut shares.whole, keys, units),
    }
}

/// Adds one to the `units` shares with the largest keys, lower index first among equals.
pub(super) fn give<T: Copy + Default + Ord>(shares: &mut [Amount], keys: &[T], units: usize) {
    if units == 0 {
        return;
    }
    let (last, above) = nth_largest(keys, units - 1);
    let ties = units - above;
    let equals = keys.iter().enumerate().filter(|(_, key)| **key == last);
    // One behind the last place that gets a unit for a key equal to the last.
    let end = equals.map(|(place, _)| place + 1).nth(ties - 1).unwrap_or(keys.len());
    let (head, tail) = shares.split_at_mut(end);
    for (share, key) in head.iter_mut().zip(keys) {
        *share = amount(share.atoms() + u128::from(*key >= last));
    }
    for (share, key) in tail.iter_mut().zip(&keys[end..]) {
        *share = amount(share.atoms() + u128::from(*key > last));
    }
}

/// The key with `rank` keys before it in descending order, and the number of larger keys.
fn nth_largest<T: Copy + Default + Ord>(keys: &[T], rank: usize) -> (T, usize) {
    if keys.len() >= MANY
        && let Some(found) = nth_largest_in_bracket(keys, rank)
    {
        return found;
    }
    select(&mut keys.to_vec(), rank)
}

fn select<T: Copy + Ord>(keys: &mut [T], rank: usize) -> (T, usize) {
    let (before, &mut key, _) = keys.select_nth_unstable_by(rank, |a, b| b.cmp(a));
    (key, before.iter().filter(|larger| **larger > key).count())
}

/// The same by a sample that says between which two keys to look; nothing where it misleads.
///
/// The sample's own order statistics are off by about the square root of its size; three times
/// that on both sides is wrong about once in a billion, and then costs time only.
fn nth_largest_in_bracket<T: Copy + Default + Ord>(keys: &[T], rank: usize) -> Option<(T, usize)> {
    let mut sample: Vec<T> = keys.iter().step_by(STRIDE).copied().collect();
    sample.sort_unstable_by(|a, b| b.cmp(a));
    let margin = 3 * sample.len().isqrt();
    let centre = rank / STRIDE;
    let upper = sample[centre.checked_sub(margin)?];
    let lower = *sample.get(centre + margin)?;
    let (mut above, mut kept) = (0, 0);
    if upper == lower {
        for key in keys {
            above += usize::from(*key > upper);
            kept += usize::from(*key == upper);
        }
        return (above <= rank && rank < above + kept).then_some((upper, above));
    }
    // The bracket is twice the margin wide; what lies in more than twice that is not kept.
    let room = (4 * margin * STRIDE).min(keys.len());
    let mut between = vec![T::default(); room + 1];
    for &key in keys {
        between[kept.min(room)] = key;
        above += usize::from(key > upper);
        kept += usize::from((key <= upper) & (key >= lower));
    }
    let inner = rank.checked_sub(above).filter(|inner| *inner < kept && kept <= room)?;
    let (key, larger) = select(&mut between[..kept], inner);
    Some((key, above + larger))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by a full sort.
    fn sorted(keys: &[u64], units: usize) -> Vec<Amount> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|i| (core::cmp::Reverse(keys[*i]), *i));
        let mut shares = vec![Amount::ZERO; keys.len()];
        for i in order.into_iter().take(units) {
            shares[i] = amount(1);
        }
        shares
    }

    #[test]
    fn a_bracket_that_misleads_costs_time_only() {
        let len = MANY + 77;
        let worlds: [fn(usize) -> u64; 5] = [
            |i| u64::try_from(i * 7919 % 65_537).unwrap(),
            // Sampled keys are all small, the rest large, and the reverse.
            |i| if i % STRIDE == 0 { 1 } else { 9 },
            |i| if i % STRIDE == 0 { 9 } else { u64::try_from(i % 3).unwrap() },
            |_| 4,
            |i| u64::try_from(i / 5000).unwrap(),
        ];
        for (number, world) in worlds.iter().enumerate() {
            let keys: Vec<u64> = (0..len).map(world).collect();
            for units in [0, 1, 2, len / 3, len / 2, len - 4000, len - 1, len] {
                let mut shares = vec![Amount::ZERO; len];
                give(&mut shares, &keys, units);
                assert!(shares == sorted(&keys, units), "world {number}, {units} units");
            }
        }
    }
}
