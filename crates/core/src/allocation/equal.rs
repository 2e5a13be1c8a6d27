//! Equal losses, equal awards, and the rules that apply them to half claims.
//!
//! All rest on one search (`equal_level`): the level `x` with `sum of min(c, x) = total`. With
//! claims `c`, their sum `D`, a loss `L` and the estate that is left `E = D - L`, a claim's share
//! of the loss is
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

use alloc::vec::Vec;
use core::hint::select_unpredictable;

use super::Rule;
use super::equal_level::{EqualLevel, level};
use super::shares::{Fractions, Shares, Wanted, amount, low_half};
use crate::units::{Amount, Fraction};

/// A share as `(times x cap + or - min(cap, level)) / parts`.
#[derive(Clone, Copy, Debug)]
struct Form {
    times: u128,
    minus: bool,
    halves: bool,
}

/// The exact shares of the loss `amount` over caps of sum `sum`, and the level where the rule
/// publishes one. For `0 < amount < sum`. Where whole shares are wanted they may come rounded.
pub(super) fn divide(
    rule: Rule,
    caps: &[Amount],
    sum: u128,
    amount: u128,
    wanted: Wanted,
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
    (fill(caps, &level, form, wanted), published)
}

fn fill(caps: &[Amount], level: &EqualLevel, form: Form, wanted: Wanted) -> Shares {
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
    } else if wanted == Wanted::Whole {
        Shares::integers(rounded(caps, level, form.minus))
    } else {
        let divided = caps.iter().map(|cap| {
            let (full, whole) = moved(cap.atoms());
            (amount(whole), !full)
        });
        let (whole, open) = divided.unzip();
        Shares { whole, fractions: Fractions::Same(low_half(numerator), open), den: claims }
    }
}

/// So many caps at a time are either among those who get the units left over, or behind them.
const BLOCK: usize = 1 << 10;

/// Whole shares of equal losses, or of equal awards where `minus`. All who are above the level
/// have the same fraction, so the units left over go one each to the first of them.
fn rounded(caps: &[Amount], level: &EqualLevel, minus: bool) -> Vec<Amount> {
    if minus {
        // Of the awards `rem` in all have a unit more; those come last, the first lose it.
        let mut units = if level.rem > 0 { level.claims - level.rem } else { 0 };
        let (first, then) = (amount(level.whole), amount(level.whole + u128::from(level.rem > 0)));
        in_two_parts(caps, first, then, &mut units, Amount::less_or_zero)
    } else {
        let (first, then) = (amount(level.whole + u128::from(level.rem > 0)), amount(level.whole));
        in_two_parts(caps, first, then, &mut { level.rem }, Amount::min)
    }
}

/// What `share` makes of each cap and `first`, until so many caps above the smaller level as
/// there are units have passed; from there on of each cap and `then`.
fn in_two_parts(
    caps: &[Amount],
    first: Amount,
    then: Amount,
    units: &mut u128,
    share: impl Fn(Amount, Amount) -> Amount,
) -> Vec<Amount> {
    let floor = first.min(then);
    let mut shares = Vec::with_capacity(caps.len());
    for block in caps.chunks(BLOCK) {
        if *units == 0 {
            shares.extend(block.iter().map(|cap| share(*cap, then)));
        } else {
            shares.extend(block.iter().map(|cap| {
                let level = select_unpredictable(*units > 0, first, then);
                *units -= u128::from(*cap > floor).min(*units);
                share(*cap, level)
            }));
        }
    }
    shares
}
