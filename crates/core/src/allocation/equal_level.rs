//! The equal level: the `x` with `sum of min(c, x) = total`, in time linear in the amounts.
//!
//! A sample says between which two amounts the level lies, about; one pass then adds up what is
//! below, counts what is above, and keeps the few between. Whether the guess held is checked, so
//! a sample that misleads costs time and never the result: rounds from below find the level then.
//! Each round drops everything at most `rest / claims`, which the level is never below.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::hint::select_unpredictable;

use super::shares::{Atoms, LOW, Word, count};
use crate::bounds::MAX_AMOUNT;
use crate::units::Fraction;

/// At most one amount in so many is looked at for the guess, and at most about so many in all.
const STRIDE: usize = 128;
const SAMPLE: usize = 1 << 13;

/// Below this many amounts, guessing is not worth it.
const MANY: usize = 1 << 14;

/// So many amounts are looked at before those that are kept are copied away.
const BLOCK: usize = 1 << 10;

/// How often everything below the level is dropped before halving begins.
const ROUNDS: usize = 8;

/// An equal level: `whole + rem / claims`, with `rem < claims`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EqualLevel {
    /// The level rounded down.
    pub(super) whole: u128,
    /// What its fraction counts.
    pub(super) rem: u128,
    /// The number of amounts above the level.
    pub(super) claims: u128,
}

impl EqualLevel {
    fn over(total: u128, claims: u128) -> Self {
        Self { whole: total / claims, rem: total % claims, claims }
    }

    pub(super) fn fraction(&self) -> Option<Fraction> {
        // whole x claims is at most the total that was divided, 2 x 10^38.
        Fraction::reduced(self.whole * self.claims + self.rem, self.claims)
    }
}

/// The level `x` with `sum of min(amount, x) = total`. From the sum on, where every level from
/// the largest amount up serves, a level above all amounts.
pub(super) fn level<A: Atoms>(amounts: &[A], sum: u128, total: u128) -> EqualLevel {
    if total >= sum {
        return EqualLevel { whole: MAX_AMOUNT, rem: 0, claims: 1 };
    }
    if amounts.len() >= MANY
        && let Some(found) = guessed(amounts, total)
    {
        return found;
    }
    let claims = count(amounts.len());
    let (mut rest, mut bits) = (total, 0);
    let all = amounts.iter().map(|amount| amount.atoms());
    let kept = count(keep_above(all, &mut rest, total / claims, |_, amount| bits |= amount));
    if kept == claims {
        EqualLevel::over(total, claims)
    } else if bits <= LOW {
        level_from::<u64, A>(amounts, total, rest / kept, kept)
    } else {
        level_from::<u128, A>(amounts, total, rest / kept, kept)
    }
}

/// The level, after a first round that wrote nothing and found that it is at least `lowest`,
/// below which all but `kept` amounts lie.
fn level_from<N: Word, A: Atoms>(
    amounts: &[A],
    mut total: u128,
    lowest: u128,
    kept: u128,
) -> EqualLevel {
    // At most as many are above the level as were above the first; one place more is written.
    let room = usize::try_from(kept).map_or(amounts.len(), |kept| kept + 1);
    let mut open = vec![N::default(); room];
    let all = amounts.iter().map(|amount| N::stored(amount.atoms()));
    let still = keep_above(all, &mut total, lowest, |n, amount| open[n] = amount);
    open.truncate(still);
    if count(still) == kept { EqualLevel::over(total, kept) } else { settle(open, 0, total) }
}

/// The level among `open` amounts and as many above all of them as `above` says.
fn settle<N: Word>(mut open: Vec<N>, above: u128, mut total: u128) -> EqualLevel {
    for _ in 2..ROUNDS {
        let claims = above + count(open.len());
        let cells = Cell::from_mut(open.as_mut_slice()).as_slice_of_cells();
        // Amounts are kept at or before the place they are read from.
        let amounts = cells.iter().map(Cell::get);
        let level = total / claims;
        let kept = keep_above(amounts, &mut total, level, |n, amount| cells[n].set(amount));
        if kept == open.len() {
            return EqualLevel::over(total, claims);
        }
        open.truncate(kept);
    }
    by_halves(&mut open, above, total)
}

/// The level by a guess from a sample; nothing where the guess was wrong, or would settle little.
fn guessed<A: Atoms>(amounts: &[A], total: u128) -> Option<EqualLevel> {
    let stride = STRIDE.max(amounts.len() / SAMPLE);
    let mut sample: Vec<u128> = amounts.iter().step_by(stride).map(|a| a.atoms()).collect();
    sample.sort_unstable();
    let size = count(sample.len());
    let target = total / count(amounts.len()) * size;
    let about = sampled_level(&sample, target);
    // A sum of min(amount, level) over the sample is off by half its root times the level, at
    // most and as standard deviation, and by less where amounts spread; twice that most is safe
    // enough.
    let margin = about * size.isqrt();
    let lower = sampled_level(&sample, target - margin.min(target));
    let upper = sampled_level(&sample, target + margin);
    let open = sample.iter().filter(|amount| (lower..=upper).contains(*amount)).count();
    if open > sample.len() / 4 {
        None
    } else if upper <= LOW {
        bracketed::<u64, A>(amounts, total, lower, upper)
    } else {
        bracketed::<u128, A>(amounts, total, lower, upper)
    }
}

/// The level of sorted amounts, rounded down; the largest amount possible from their sum on.
fn sampled_level(sorted: &[u128], mut total: u128) -> u128 {
    let mut claims = count(sorted.len());
    for amount in sorted {
        if amount * claims > total {
            return total / claims;
        }
        total -= amount;
        claims -= 1;
    }
    MAX_AMOUNT
}

/// The level where it lies from `lower` to `upper`; nothing otherwise.
fn bracketed<N: Word, A: Atoms>(
    amounts: &[A],
    total: u128,
    lower: u128,
    upper: u128,
) -> Option<EqualLevel> {
    let (mut below, mut above, mut open) = (0, 0, Vec::new());
    let mut block = [N::default(); BLOCK];
    for amounts in amounts.chunks(BLOCK) {
        let mut kept = 0;
        for amount in amounts {
            let amount = amount.atoms();
            let (full, larger) = (amount <= lower, amount > upper);
            below += select_unpredictable(full, amount, 0);
            above += u64::from(larger);
            block[kept] = N::stored(amount);
            kept += usize::from(!full & !larger);
        }
        open.extend_from_slice(&block[..kept]);
    }
    let above = u128::from(above);
    let rest = total.checked_sub(below)?;
    let between: u128 = open.iter().map(|amount| amount.atoms()).sum();
    // As the total is below the sum of all, someone is above the level: above or among the open.
    // The level is at least `lower` when all would bear it, and at most `upper` when those would
    // bear enough at it.
    let holds = lower * (above + count(open.len())) <= rest && rest <= between + upper * above;
    holds.then(|| settle(open, above, rest))
}

/// Hands every amount above `level` to `keep` with its new position, and takes the others off the
/// total.
fn keep_above<N: Atoms>(
    amounts: impl Iterator<Item = N>,
    total: &mut u128,
    level: u128,
    mut keep: impl FnMut(usize, N),
) -> usize {
    let (mut kept, mut below) = (0, 0);
    for amount in amounts {
        let above = amount.atoms() > level;
        below += select_unpredictable(above, 0, amount.atoms());
        keep(kept, amount);
        kept += usize::from(above);
    }
    *total -= below;
    kept
}

/// Finds the level among `open` amounts, and `above` larger ones, by halving the former around
/// their median.
fn by_halves<N: Word>(mut open: &mut [N], above: u128, mut total: u128) -> EqualLevel {
    let mut claims = above + count(open.len());
    while !open.is_empty() {
        let middle = open.len() / 2;
        let pivot = open.select_nth_unstable(middle).1.atoms();
        let lower: u128 = open[..=middle].iter().map(|amount| amount.atoms()).sum();
        let larger = claims - count(middle) - 1;
        if lower + pivot * larger <= total {
            total -= lower;
            claims = larger;
            open = &mut open[middle + 1..];
        } else {
            open = &mut open[..middle];
        }
    }
    EqualLevel::over(total, claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by a full sort: numerator and denominator in lowest terms.
    fn sorted(amounts: &[u128], total: u128) -> Option<Fraction> {
        let (mut rest, mut claims) = (total, count(amounts.len()));
        let mut sorted = amounts.to_vec();
        sorted.sort_unstable();
        for amount in sorted {
            if amount * claims > rest {
                break;
            }
            rest -= amount;
            claims -= 1;
        }
        Fraction::reduced(rest, claims)
    }

    #[test]
    fn a_guess_that_misleads_costs_time_only() {
        let len = MANY + 77;
        let spread = |i: usize| count(i * 7919 % 65_537);
        let worlds: [fn(usize) -> u128; 7] = [
            |i| count(i * 7919 % 65_537),
            // Sampled amounts are all small, the rest large, and the reverse.
            |i| if i % STRIDE == 0 { 1 } else { 900 },
            |i| if i % STRIDE == 0 { 900 } else { count(i % 3) },
            |_| 4,
            |i| count(i / 5000),
            // Beyond one word, and a whale above everyone.
            |i| (1 << 80) + count(i * 31 % 1009),
            |i| if i == 5 { MAX_AMOUNT } else { count(i % 1000) },
        ];
        let mut guesses = 0;
        for (number, world) in worlds.iter().enumerate() {
            let amounts: Vec<u128> = (0..len).map(world).collect();
            let sum: u128 = amounts.iter().sum();
            for total in [1, count(len), sum / 1000, sum / 3, sum / 2, sum - sum / 9, sum - 1] {
                let found = level(&amounts, sum, total);
                assert_eq!(found.fraction(), sorted(&amounts, total), "world {number}, {total}");
                assert!(found.rem < found.claims);
                let above = amounts.iter().filter(|amount| **amount > found.whole).count();
                assert!(found.rem == 0 || found.claims == count(above), "world {number}, {total}");
                guesses += usize::from(guessed(&amounts, total).is_some());
            }
        }
        let all: Vec<u128> = (0..len).map(spread).collect();
        assert!(guessed(&all, all.iter().sum::<u128>() / 2).is_some(), "an even spread is guessed");
        assert!((10..45).contains(&guesses), "some hold, some mislead: {guesses}");
    }
}
