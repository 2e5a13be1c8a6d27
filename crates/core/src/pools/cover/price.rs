//! The price of cover. The rate of a year rises with what is covered of the most that may be, so a
//! cover costs the integral of the rate over what it adds. With `r(x)` the rate where `x` is
//! covered and `F(c)` its integral from nothing to `c`, covering `a` more costs `F(c + a) - F(c)`
//! a year. Below the kink, at `k`,
//!
//! `F(c) = r0 c + (rk - r0) c^2 / (2 k)`
//!
//! and beyond it the same with the second line. Differences telescope, so that who buys in parts
//! pays no less.

use crate::market::RATE_UNIT;
use crate::pools::{RATE_TIME, Rates};
use crate::units::Amount;
use crate::wide::{U256, mul_div_ceil, mul_div_floor};

/// What a cover costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What it earns the pool in a year, in millionths of atoms.
    pub rate: u128,
    /// What its buyer pays, in atoms, rounded up (for the pool).
    pub premium: Amount,
    /// What the rounding adds, in parts of a year times a million.
    pub slack: u64,
}

/// What the first `covered` atoms cost a year where `most` may be covered, in millionths of atoms,
/// rounded down; what is beyond it costs what the last of it does. It never falls with `covered`.
///
/// For amounts up to 10^30 and rates up to 10^6 it is at most 10^36.
fn integral_floor(rates: &Rates, covered: Amount, most: Amount) -> u128 {
    let kink = part_floor(most, rates.kink).atoms();
    let (at_zero, at_kink) = (u128::from(rates.at_zero), u128::from(rates.at_kink));
    let line = |from: u128, rise: u128, used: u128, length: u128| {
        let triangle = mul_div_floor(rise * used, used, 2 * length);
        // A line without length has nothing below it.
        from * used + triangle.unwrap_or(0)
    };
    let at_full = u128::from(rates.at_full);
    let within = covered.min(most).atoms();
    let below = within.min(kink);
    let first = line(at_zero, at_kink - at_zero, below, kink);
    let second = line(at_kink, at_full - at_kink, within - below, most.atoms() - kink);
    first + second + at_full * (covered.atoms() - within)
}

/// What covering `amount` more costs for `millis`, where `covered` is of `most`; nothing where it
/// would pass the bound of an amount.
pub(super) fn price(
    rates: &Rates,
    (covered, most): (Amount, Amount),
    amount: Amount,
    millis: u64,
) -> Option<Price> {
    let after = covered.checked_add(amount).ok()?;
    let rate = integral_floor(rates, after, most) - integral_floor(rates, covered, most);
    let premium = mul_div_ceil(rate, u128::from(millis), u128::from(RATE_TIME))?;
    let paid = U256::product(premium, u128::from(RATE_TIME));
    let slack = paid.checked_sub(U256::product(rate, u128::from(millis)))?;
    Some(Price { rate, premium: Amount::new(premium).ok()?, slack: u64::try_from(slack.lo).ok()? })
}

/// `amount x millionths / 10^6`, rounded down.
pub(super) fn part_floor(amount: Amount, millionths: u32) -> Amount {
    let part = mul_div_floor(amount.atoms(), u128::from(millionths), u128::from(RATE_UNIT));
    part.and_then(|part| Amount::new(part).ok()).unwrap_or(Amount::MAX)
}

/// `amount x millionths / 10^6`, rounded up.
pub(super) fn part_ceil(amount: Amount, millionths: u32) -> Amount {
    let part = mul_div_ceil(amount.atoms(), u128::from(millionths), u128::from(RATE_UNIT));
    part.and_then(|part| Amount::new(part).ok()).unwrap_or(Amount::MAX)
}

/// What `covered` is of `most`, in millionths, rounded down; all where it is no less.
pub(super) fn used_floor(covered: Amount, most: Amount) -> u32 {
    let unit = u128::from(RATE_UNIT);
    let part = mul_div_floor(covered.atoms(), unit, most.atoms()).filter(|_| covered < most);
    part.and_then(|part| u32::try_from(part).ok()).unwrap_or(RATE_UNIT)
}

/// The stake that covers `amount` at a leverage in millionths, rounded up (for the insured).
pub(super) fn needed_ceil(amount: Amount, leverage: u32) -> Amount {
    let needed = mul_div_ceil(amount.atoms(), u128::from(RATE_UNIT), u128::from(leverage));
    needed.and_then(|needed| Amount::new(needed).ok()).unwrap_or(Amount::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates =
        Rates { at_zero: 20_000, kink: 500_000, at_kink: 40_000, at_full: 240_000 };
    const YEAR: u64 = crate::pools::YEAR;

    fn amount(atoms: u128) -> Amount {
        Amount::new(atoms).unwrap()
    }

    fn premium(covered: u128, atoms: u128, millis: u64) -> u128 {
        let most = amount(1_000_000);
        price(&RATES, (amount(covered), most), amount(atoms), millis).unwrap().premium.atoms()
    }

    #[test]
    fn a_cover_costs_the_area_below_the_rates() {
        // Half of it at 2 to 4 per cent: 3 % of 500,000; the rest at 4 to 24: 14 %.
        assert_eq!(premium(0, 500_000, YEAR), 15_000);
        assert_eq!(premium(500_000, 500_000, YEAR), 70_000);
        assert_eq!(premium(0, 1_000_000, YEAR), 85_000);
        assert_eq!(premium(0, 1_000_000, YEAR / 2), 42_500);
        assert_eq!(premium(0, 1, YEAR), 1, "rounded up, for the pool");
    }

    #[test]
    fn who_buys_in_parts_pays_no_less() {
        for parts in [2, 3, 7, 1_000] {
            let part = 600_000 / parts;
            let sum: u128 = (0..parts).map(|at| premium(at * part, part, YEAR / 3)).sum();
            assert!(sum >= premium(0, part * parts, YEAR / 3), "{parts} parts cost {sum}");
        }
    }

    /// A quote is asked for whether there is room or not: no cover looks cheap because it lacks.
    #[test]
    fn what_has_no_room_costs_what_the_last_of_it_does() {
        assert_eq!(premium(1_000_000, 100_000, YEAR), 24_000);
        assert_eq!(premium(900_000, 200_000, YEAR), premium(900_000, 100_000, YEAR) + 24_000);
        let none = price(&RATES, (Amount::ZERO, Amount::ZERO), amount(1_000), YEAR);
        assert_eq!(none.unwrap().premium, amount(240));
    }

    #[test]
    fn what_is_used_is_a_part_of_what_may_be() {
        let used = |covered, most| used_floor(amount(covered), amount(most));
        assert_eq!((used(0, 3), used(1, 3), used(2, 3)), (0, 333_333, 666_666));
        assert_eq!((used(3, 3), used(4, 3), used(0, 0)), (RATE_UNIT, RATE_UNIT, RATE_UNIT));
    }

    #[test]
    fn nothing_overflows_at_the_bounds() {
        let most = amount(super::super::MAX_COVERED);
        let rates = Rates { at_zero: 0, kink: 1, at_kink: RATE_UNIT, at_full: RATE_UNIT };
        let whole = price(&rates, (Amount::ZERO, most), most, 2 * YEAR).unwrap();
        assert!(whole.premium.atoms() < 2 * most.atoms() + 1);
        let tiny = amount(1);
        let one = price(&rates, (Amount::ZERO, tiny), tiny, 1).unwrap();
        assert_eq!((one.premium, u128::from(one.slack) + one.rate), (tiny, u128::from(RATE_TIME)));
    }
}
