//! Partial liquidation: the same part of every leg, so that hedges survive, and no more than
//! brings the account back to its target.
//!
//! Closing the part `phi` of all legs costs slippage and a penalty and lowers the requirement.
//! With one rate for each leg, equity `E`, target `T` (requirement x (1 + buffer)) and `C` the
//! cost of closing everything,
//!
//! ```text
//! E - phi C >= (1 - phi) T   from   phi = (T - E) / (T - C)   on
//! ```
//!
//! With tiers that grow with size the requirement falls faster at first, so the form above is an
//! upper bound to start from. Lots are whole: at step `k` of `K`, the lots of the largest leg, leg
//! `i` closes `lots_i x k / K` rounded up. The health after a step is compared exactly, in
//! 256 bits, and the smallest step that meets the target is searched: it always does meet it.

use alloc::vec::Vec;
use core::fmt;

use super::tiers::{MAX_LEGS, MILLION, Tiers};
use crate::bounds::{MAX_AMOUNT, MAX_LOT_VALUE, MAX_LOTS};
use crate::wide::{U256, mul_div_ceil, mul_div_floor};

/// One leg of the account that is due.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Lots, without the side; at most 10^15.
    pub lots: u64,
    /// What a lot is worth at the mark, in atoms; at most 10^15.
    pub lot_value: u64,
    /// What must be held for it.
    pub tiers: &'a Tiers,
    /// What closing costs against the mark, in millionths of the value closed.
    pub slippage: u32,
    /// The penalty, in millionths of the value closed. With slippage at most 10^6.
    pub penalty: u32,
}

/// What to close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Lots of each leg.
    pub lots: Vec<u64>,
    /// Whether the target is met; where it is not, everything is closed.
    pub meets_target: bool,
    /// What the lots are worth at the mark, in atoms.
    pub value: u128,
    /// The penalty to ask for, rounded down (for the account); see [`penalty_charged`].
    pub penalty: u128,
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialError {
    /// More than 128 legs.
    TooManyLegs(usize),
    /// The leg at this index has lots, a value or costs beyond their bounds.
    OutOfBounds(usize),
    /// The equity is beyond 10^30, or the buffer above 10^6.
    Account,
}

impl fmt::Display for PartialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyLegs(legs) => write!(f, "{legs} legs, allowed: {MAX_LEGS}"),
            Self::OutOfBounds(leg) => write!(f, "leg {leg} has lots, value or costs out of bounds"),
            Self::Account => write!(f, "equity beyond 10^30 atoms, or a buffer above 10^6"),
        }
    }
}

impl core::error::Error for PartialError {}

/// How many lots of each leg to close so that equity (in atoms, within 10^30) is at least the
/// requirement and `buffer` millionths of it.
///
/// Where the target is met already nothing is closed; where no part meets it, everything is.
/// Smallest in this sense: one step less does not meet the target. Where a leg costs more to
/// close than its lowest rate frees, a smaller one might, and one that only the rounding of small
/// legs makes healthy may go unseen.
///
/// The requirement is compared without rounding. A venue that rounds each leg's up takes the
/// number of legs off the equity first.
///
/// ```
/// use rhodian_core::liquidation::partial::{Leg, partial};
/// use rhodian_core::liquidation::tiers::Tiers;
/// let tiers = Tiers::flat(50_000).unwrap();
/// let leg = |lots| {
///     Leg { lots, lot_value: 100, tiers: &tiers, slippage: 5_000, penalty: 5_000 }
/// };
/// // 150,000 in two legs; 7,500 required, 20 % buffer: 9,000. Equity 6,000, cost of all 1,500.
/// let closed = partial(&[leg(1_000), leg(500)], 6_000, 200_000).unwrap();
/// assert_eq!(closed.lots, [400, 200]); // (9,000 - 6,000) / (9,000 - 1,500)
/// assert_eq!((closed.value, closed.penalty), (60_000, 300));
/// assert!(partial(&[leg(10u64.pow(16))], 6_000, 200_000).is_err());
/// ```
pub fn partial(legs: &[Leg], equity: i128, buffer: u32) -> Result<Partial, PartialError> {
    let account = Account::new(legs, equity, buffer)?;
    let most = account.steps;
    let step = if account.healthy(0) {
        0
    } else if account.healthy(most) {
        account.smallest(account.linear_guess(), most)
    } else if let Some(step) = account.healthy_kink() {
        account.smallest(step, step)
    } else {
        most
    };
    let lots: Vec<u64> = legs.iter().map(|leg| account.closed(leg, step)).collect();
    let value = |leg: &Leg, lots: u64| u128::from(lots) * u128::from(leg.lot_value);
    let closed = || legs.iter().zip(&lots);
    let penalty = closed().map(|(leg, lots)| value(leg, *lots) * u128::from(leg.penalty));
    Ok(Partial {
        meets_target: account.healthy(step),
        value: closed().map(|(leg, lots)| value(leg, *lots)).sum(),
        penalty: penalty.sum::<u128>() / MILLION,
        lots,
    })
}

/// The account and its target.
struct Account<'a> {
    legs: &'a [Leg<'a>],
    /// Nothing where it is below zero: then no step is healthy.
    equity: Option<u128>,
    /// 10^6 and the buffer.
    target: u128,
    /// Lots of the largest leg.
    steps: u64,
}

impl<'a> Account<'a> {
    fn new(legs: &'a [Leg<'a>], equity: i128, buffer: u32) -> Result<Self, PartialError> {
        if legs.len() > MAX_LEGS {
            return Err(PartialError::TooManyLegs(legs.len()));
        }
        if equity.unsigned_abs() > MAX_AMOUNT || u128::from(buffer) > MILLION {
            return Err(PartialError::Account);
        }
        let beyond = |leg: &Leg| {
            let costs = u128::from(leg.slippage) + u128::from(leg.penalty);
            leg.lots > MAX_LOTS || leg.lot_value > MAX_LOT_VALUE || costs > MILLION
        };
        if let Some(leg) = legs.iter().position(beyond) {
            return Err(PartialError::OutOfBounds(leg));
        }
        let steps = legs.iter().map(|leg| leg.lots).max().unwrap_or(0);
        let target = MILLION + u128::from(buffer);
        Ok(Self { legs, equity: u128::try_from(equity).ok(), target, steps })
    }

    /// Lots of one leg closed at a step: its part, rounded up; never more than it has.
    fn closed(&self, leg: &Leg, step: u64) -> u64 {
        let (lots, steps) = (u128::from(leg.lots), u128::from(self.steps).max(1));
        u64::try_from((lots * u128::from(step)).div_ceil(steps)).unwrap_or(leg.lots)
    }

    /// Requirement left and cost of closing at a step, in millionths of an atom: at most
    /// 128 x 10^36 each.
    fn left_and_cost(&self, step: u64) -> (u128, u128) {
        let (mut left, mut cost) = (0, 0);
        for leg in self.legs {
            let closed = self.closed(leg, step);
            let value = u128::from(leg.lot_value);
            left += leg.tiers.millionths(u128::from(leg.lots - closed) * value);
            let rate = u128::from(leg.slippage) + u128::from(leg.penalty);
            cost += u128::from(closed) * value * rate;
        }
        (left, cost)
    }

    /// Whether equity less cost is at least the target, in 10^-12 atoms.
    fn healthy(&self, step: u64) -> bool {
        let Some(equity) = self.equity else { return false };
        let (left, cost) = self.left_and_cost(step);
        let needed = U256::product(left, self.target);
        let needed = needed.checked_add(U256::product(cost, MILLION));
        needed.is_some_and(|needed| U256::product(equity, MILLION * MILLION) >= needed)
    }

    /// The step that one rate for each leg would ask for.
    fn linear_guess(&self) -> u64 {
        let (required, _) = self.left_and_cost(0);
        let (_, cost) = self.left_and_cost(self.steps);
        let target = mul_div_floor(required, self.target, MILLION * MILLION).unwrap_or(0);
        let short = target.checked_sub(self.equity.unwrap_or(0));
        let freed = target.checked_sub(cost / MILLION);
        let guess = match (short, freed) {
            (Some(short), Some(freed)) => mul_div_ceil(u128::from(self.steps), short, freed),
            _ => None,
        };
        let guess = guess.and_then(|guess| u64::try_from(guess).ok()).unwrap_or(self.steps);
        guess.clamp(1, self.steps)
    }

    /// A healthy step where closing everything is none: health is concave in the part closed, so
    /// it is best where a leg comes down to a tier's beginning. There is one only where the
    /// lowest rate of some leg is below what closing it costs.
    fn healthy_kink(&self) -> Option<u64> {
        let steps = self.legs.iter().filter(|leg| leg.lots > 0).flat_map(|leg| {
            let worth = u128::from(leg.lot_value.max(1));
            leg.tiers.tiers().iter().map(move |tier| {
                let left = (tier.from / worth).min(u128::from(leg.lots));
                let closed = u128::from(leg.lots) - left;
                // At most 10^30, over the leg's lots at most the steps.
                let step = closed * u128::from(self.steps) / u128::from(leg.lots);
                u64::try_from(step).unwrap_or(self.steps)
            })
        });
        self.equity?;
        let around = steps.flat_map(|step| [step.checked_sub(1), Some(step), step.checked_add(1)]);
        around.flatten().filter(|step| *step <= self.steps && self.healthy(*step)).min()
    }

    /// The smallest healthy step, near `guess`; step 0 is not healthy and `healthy` is.
    fn smallest(&self, guess: u64, mut healthy: u64) -> u64 {
        let mut sick = 0;
        let mut width = 1;
        let mut probe = guess;
        while sick < probe && probe < healthy {
            if self.healthy(probe) {
                healthy = probe;
                probe = if probe - sick > width { probe - width } else { sick };
            } else {
                sick = probe;
                probe = if healthy - probe > width { probe + width } else { healthy };
            }
            width *= 2;
        }
        while healthy - sick > 1 {
            let middle = sick + (healthy - sick) / 2;
            if self.healthy(middle) { healthy = middle } else { sick = middle }
        }
        healthy
    }
}

/// What is charged of a penalty: what was asked for, or the equity left above zero where that is
/// less. So a penalty never makes an account bankrupt, and whoever is credited gets what was
/// charged, not what was asked for.
///
/// ```
/// use rhodian_core::liquidation::partial::penalty_charged;
/// assert_eq!(penalty_charged(300, 1_000), 300);
/// assert_eq!(penalty_charged(300, 120), 120);
/// assert_eq!(penalty_charged(300, -5), 0);
/// ```
#[must_use]
pub fn penalty_charged(asked: u128, equity: i128) -> u128 {
    u128::try_from(equity).map_or(0, |equity| equity.min(asked))
}

/// Splits what was charged over those it is credited to, in millionths that sum to 10^6; the sum
/// is exactly what was charged (at most 10^30), each within an atom of his part. Nothing where
/// the parts do not sum to 10^6.
///
/// ```
/// use rhodian_core::liquidation::partial::credits;
/// assert_eq!(credits(101, &[500_000, 300_000, 200_000]), Some(vec![50, 30, 21]));
/// assert_eq!(credits(101, &[500_000]), None);
/// ```
#[must_use]
pub fn credits(charged: u128, parts: &[u32]) -> Option<Vec<u128>> {
    if parts.iter().map(|part| u128::from(*part)).sum::<u128>() != MILLION {
        return None;
    }
    let (mut part, mut given) = (0, 0);
    let credited = parts.iter().map(|own| {
        part += u128::from(*own);
        let upto = mul_div_floor(charged, part, MILLION)?;
        let credit = upto - given;
        given = upto;
        Some(credit)
    });
    credited.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquidation::tiers::Tier;
    use std::vec;

    fn flat(rate: u32) -> Tiers {
        Tiers::flat(rate).unwrap()
    }

    #[test]
    fn a_hedge_survives_in_its_proportion() {
        let tiers = flat(50_000);
        let leg = |lots| Leg { lots, lot_value: 1_000, tiers: &tiers, slippage: 0, penalty: 0 };
        // Alice is long 900 and short 600 of a twin: a third of each is closed.
        let closed = partial(&[leg(900), leg(600)], 50_000, 0).unwrap();
        assert_eq!((closed.lots, closed.meets_target), (vec![300, 200], true));
    }

    #[test]
    fn nothing_where_nothing_is_due_and_all_where_nothing_helps() {
        let tiers = flat(50_000);
        let leg =
            Leg { lots: 10, lot_value: 1_000, tiers: &tiers, slippage: 9_000, penalty: 1_000 };
        let at = |equity| {
            let closed = partial(&[leg], equity, 0).unwrap();
            (closed.lots[0], closed.meets_target)
        };
        assert_eq!(at(500), (0, true));
        assert_eq!(at(499), (1, true));
        assert_eq!(at(100), (10, true));
        assert_eq!(at(99), (10, false));
        assert_eq!(at(-7), (10, false));
        assert_eq!(partial(&[], 0, 0).unwrap().lots, Vec::<u64>::new());
    }

    #[test]
    fn refusals_name_the_leg() {
        let tiers = flat(50_000);
        let ok = Leg { lots: 1, lot_value: 1, tiers: &tiers, slippage: 0, penalty: 0 };
        let costly = Leg { slippage: 600_000, penalty: 400_001, ..ok };
        assert_eq!(partial(&[ok, costly], 1, 0), Err(PartialError::OutOfBounds(1)));
        assert_eq!(partial(&[ok; 129], 1, 0), Err(PartialError::TooManyLegs(129)));
        assert_eq!(partial(&[ok], 1, 1_000_001), Err(PartialError::Account));
        assert_eq!(partial(&[ok], i128::MAX, 0), Err(PartialError::Account));
    }

    #[test]
    fn every_bound_fits_at_once() {
        let rows = [Tier { from: 0, rate: 1 }, Tier { from: 1, rate: 1_000_000 }];
        let tiers = Tiers::new(&rows).unwrap();
        let leg = Leg {
            lots: MAX_LOTS,
            lot_value: MAX_LOT_VALUE,
            tiers: &tiers,
            slippage: 999_999,
            penalty: 1,
        };
        let closed = partial(&[leg; MAX_LEGS], MAX_AMOUNT.cast_signed(), 1_000_000).unwrap();
        assert!(!closed.meets_target && closed.lots.iter().all(|lots| *lots == MAX_LOTS));
        let cheap = Leg { slippage: 0, penalty: 0, ..leg };
        let closed = partial(&[cheap; MAX_LEGS], MAX_AMOUNT.cast_signed(), 1_000_000).unwrap();
        assert!(closed.meets_target && closed.lots[0] < MAX_LOTS);
    }

    #[test]
    fn what_is_credited_is_what_was_charged() {
        // Trap T5: the fund is credited with the fee asked for, the account pays what it has.
        for equity in -3..=12 {
            let charged = penalty_charged(9, equity);
            let credited: u128 =
                credits(charged, &[333_333, 333_333, 333_334]).unwrap().iter().sum();
            assert_eq!(credited, charged);
            assert!(equity <= 0 || equity >= charged.cast_signed());
            assert!(equity > 0 || charged == 0);
        }
    }
}
