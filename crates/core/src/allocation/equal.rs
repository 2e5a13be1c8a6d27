//! Equal losses, equal awards, and the rules that apply them to half claims.
//!
//! All rest on one search: the level `x` with `sum of min(c, x) = total`. With claims `c`, their
//! sum `D`, a loss `L` and the estate that is left `E = D - L`, a claim's share of the loss is
//!
//! | rule | where | share | total |
//! |---|---|---|---|
//! | equal losses | always | `min(c, x)` | `L` |
//! | equal awards | always | `c - min(c, x)` | `E` |
//! | Talmud | `2 L <= D` | `min(c, x) / 2` | `2 L` |
//! | | else | `c - min(c, x) / 2` | `2 E` |
//! | reverse Talmud | `2 L <= D` | `(c - min(c, x)) / 2` | `D - 2 L` |
//! | | else | `(c + min(c, x)) / 2` | `2 L - D` |
//! | Piniles | `2 E <= D` | `c - min(c, x) / 2` | `2 E` |
//! | | else | `(c - min(c, x)) / 2` | `2 E - D` |
//!
//! The last three are stated in half atoms, where a half claim is `c`: so every quantity stays
//! whole until the level itself.

use alloc::vec;
use core::cell::Cell;
use core::hint::select_unpredictable;

use super::Rule;
use super::shares::{Atoms, Fractions, LOW, Shares, Word, amount, count, low_half};
use crate::bounds::MAX_AMOUNT;
use crate::units::{Amount, Fraction};

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

    fn fraction(&self) -> Option<Fraction> {
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
    let mut claims = kept;
    // At most as many are above the level as were above the first; one place more is written.
    let room = usize::try_from(kept).map_or(amounts.len(), |kept| kept + 1);
    let mut open = vec![N::default(); room];
    let all = amounts.iter().map(|amount| N::stored(amount.atoms()));
    let kept = keep_above(all, &mut total, lowest, |n, amount| open[n] = amount);
    open.truncate(kept);
    for _ in 2..ROUNDS {
        if count(open.len()) == claims {
            return EqualLevel::over(total, claims);
        }
        claims = count(open.len());
        let cells = Cell::from_mut(open.as_mut_slice()).as_slice_of_cells();
        let level = total / claims;
        // Amounts are kept at or before the place they are read from.
        let amounts = cells.iter().map(Cell::get);
        let kept = keep_above(amounts, &mut total, level, |n, amount| cells[n].set(amount));
        open.truncate(kept);
    }
    by_halves(&mut open, total)
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

/// Finds the level among `amounts` by halving them around their median.
fn by_halves<N: Word>(mut open: &mut [N], mut total: u128) -> EqualLevel {
    let mut claims = count(open.len());
    while !open.is_empty() {
        let middle = open.len() / 2;
        let pivot = open.select_nth_unstable(middle).1.atoms();
        let lower: u128 = open[..=middle].iter().map(|amount| amount.atoms()).sum();
        let above = claims - count(middle) - 1;
        if lower + pivot * above <= total {
            total -= lower;
            claims = above;
            open = &mut open[middle + 1..];
        } else {
            open = &mut open[..middle];
        }
    }
    EqualLevel::over(total, claims)
}

/// A share as `(times x cap + or - min(cap, level)) / parts`.
#[derive(Clone, Copy, Debug)]
struct Form {
    times: u128,
    minus: bool,
    halves: bool,
}

/// The exact shares of the loss `amount` over caps of sum `sum`, and the level where the rule
/// publishes one. For `0 < amount < sum`.
pub(super) fn divide(
    rule: Rule,
    caps: &[Amount],
    sum: u128,
    amount: u128,
) -> (Shares, Option<Fraction>) {
    let estate = sum - amount;
    let form = |times, minus| Form { times, minus, halves: true };
    let (form, total) = match rule {
        Rule::EqualAwards => (Form { times: 1, minus: true, halves: false }, estate),
        Rule::Talmud if 2 * amount <= sum => (form(0, false), 2 * amount),
        Rule::Talmud => (form(2, true), 2 * estate),
        Rule::ReverseTalmud if 2 * amount <= sum => (form(1, true), sum - 2 * amount),
        Rule::ReverseTalmud => (form(1, false), 2 * amount - sum),
        Rule::Piniles if 2 * estate <= sum => (form(2, true), 2 * estate),
        Rule::Piniles => (form(1, true), 2 * estate - sum),
        _ => (Form { times: 0, minus: false, halves: false }, amount),
    };
    let level = level(caps, sum, total);
    let published = if form.halves { None } else { level.fraction() };
    (fill(caps, &level, form), published)
}

fn fill(caps: &[Amount], level: &EqualLevel, form: Form) -> Shares {
    let EqualLevel { whole: floor, rem, claims } = *level;
    // What a cap above the level adds to, or takes from, `times x cap`: whole parts, then a
    // numerator over `claims`.
    let (above, numerator) = match (form.minus, rem) {
        (true, 1..) => (floor + 1, claims - rem),
        (_, rem) => (floor, rem),
    };
    let moved = |cap: u128| {
        let full = cap <= floor;
        let moved = select_unpredictable(full, cap, above);
        (full, if form.minus { form.times * cap - moved } else { form.times * cap + moved })
    };
    if form.halves {
        let divided = caps.iter().map(|cap| {
            let (full, halves) = moved(cap.atoms());
            let numerator = select_unpredictable(full, 0, numerator);
            (amount(halves >> 1), low_half((halves & 1) * claims + numerator))
        });
        let (whole, numerators) = divided.unzip();
        Shares { whole, fractions: Fractions::Narrow(numerators), den: 2 * claims }
    } else {
        let divided = caps.iter().map(|cap| {
            let (full, whole) = moved(cap.atoms());
            (amount(whole), !full)
        });
        let (whole, open) = divided.unzip();
        Shares { whole, fractions: Fractions::Same(low_half(numerator), open), den: claims }
    }
}
