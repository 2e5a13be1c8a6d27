//! Leverage draining: exposure is taken from the most leveraged accounts until all that gave
//! stand at one level.
//!
//! Account `i` can give up to `c_i` lots of value `p`; the net value of all its legs, counted on
//! the side it gives, is `n_i`; its equity less lien is `E_i`. At the level `L` it gives
//!
//! ```text
//! x_i(L) = (n_i - L E_i) / p, at least what it gave before and at most c_i
//! ```
//!
//! and `L` is the highest level whose gifts sum to what is needed. Giving at the mark moves no
//! money, so `(n_i - p x_i) / E_i`, the leverage that is left, is `L` for everyone strictly
//! inside his bounds. The sum of expected shortfalls over the next price move is least there,
//! whatever the distribution of the move: its derivative depends on the leverage that is left
//! only (after Campbell, Hey, Moallemi and Nutz, arXiv 2603.15963, derived again). Hence
//! splitting an account changes nothing, two calls equal one, and no entry price is read, so
//! washing trades do not help.
//!
//! A pair, long one market and short its twin, has `n_i` near zero: it is reached when everyone
//! else is down to no leverage at all. Below zero the level goes on: `L` is then the leverage on
//! the other side. Lots whose giving *raises* an account's margin requirement come last, after
//! all others, and nobody gives more than leaves him at maintenance.
//!
//! **The search.** The level that ignores the bounds of the open accounts is one division. The
//! accounts outside their bounds there tell on which side the true level lies, and one kind of
//! them stays at its bound for good (Bitran and Hax 1981). A few passes over ever fewer accounts
//! settle it; where a bounded number of them is not enough, the breakpoints of the rest are sorted.
//!
//! **Rounding.** Exact gifts are floored; the lots left over go one each to the largest
//! fractions, ties to the lower index. Nobody is above his bound or a lot away from exact.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::level::{Ratio, Stage, lots_of};
use crate::bounds::{MAX_AMOUNT, MAX_LOT_VALUE, MAX_LOTS, MAX_TOTAL};
use crate::units::Fraction;

/// Passes before the rest is sorted; random books need about six.
const PASSES: usize = 24;

/// One account that could give lots. The order of a slice of them is the order of account ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Lots it holds on the side that is needed, at most 10^15.
    pub lots: u64,
    /// How many of them it can give while its margin requirement falls: all under a requirement
    /// on gross value, none where the leg hedges another under one on net value.
    pub easing: u64,
    /// The most it may give and stay at maintenance; nothing where that never binds.
    pub room: Option<u64>,
    /// Net value of all its legs in atoms, positive on the side it gives, within 10^30.
    pub net: i128,
    /// Equity less lien in atoms, 1 to 10^30.
    pub equity: u128,
}

impl Candidate {
    /// The most it can give in all.
    #[must_use]
    pub fn gives_at_most(&self) -> u64 {
        self.room.map_or(self.lots, |room| self.lots.min(room))
    }

    /// The most it can give while its requirement falls.
    #[must_use]
    pub fn gives_easing(&self) -> u64 {
        self.gives_at_most().min(self.easing)
    }
}

/// The leverage to which accounts are drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whether net exposure is turned to the other side at this level.
    pub turned: bool,
    /// Net value over equity less lien, in lowest terms.
    pub leverage: Fraction,
}

/// Who gives how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draining {
    /// Lots each candidate gives, in the order of the candidates.
    pub lots: Vec<u64>,
    /// The level reached; nothing where nobody is asked for a part: none,
    /// all, or exactly all that eases is given.
    pub level: Option<Level>,
    /// Whether lots had to be taken that raise the requirement of who gives them.
    pub hedges_reached: bool,
    /// Lots that went to the largest fractions.
    pub rounded_up: u64,
    /// Lots that nobody could give.
    pub unassigned: u64,
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdlError {
    /// A lot's value is not from 1 to 10^15 atoms.
    LotValue(u64),
    /// The candidate at this index has no equity: it is to be liquidated, not drained.
    NoEquity(usize),
    /// The candidate at this index has lots, net value or equity beyond their bounds.
    OutOfBounds(usize),
    /// The candidates' net values and lots sum to more than 10^38 atoms.
    TooLarge,
}

impl fmt::Display for AdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LotValue(value) => {
                write!(f, "a lot is worth {value} atoms, allowed: 1 to {MAX_LOT_VALUE}")
            }
            Self::NoEquity(index) => write!(f, "candidate {index} has no equity to stand on"),
            Self::OutOfBounds(index) => write!(
                f,
                "candidate {index} is out of bounds, allowed: {MAX_LOTS} lots, {MAX_AMOUNT} atoms"
            ),
            Self::TooLarge => write!(f, "the candidates sum to more than {MAX_TOTAL} atoms"),
        }
    }
}

impl core::error::Error for AdlError {}

/// Assigns `needed` lots of value `lot_value` to the candidates.
///
/// Three shorts with leverage 10, 3 and 1; 240 lots are drained to leverage 8/3:
///
/// ```
/// use rhodian_core::liquidation::adl::draining::{Candidate, drain};
/// let short = |lots, equity| {
///     Candidate { lots, easing: lots, room: None, net: i128::from(lots), equity }
/// };
/// let book = [short(300, 30), short(180, 60), short(150, 150)];
/// let drained = drain(&book, 1, 240).unwrap();
/// assert_eq!(drained.lots, [220, 20, 0]);
/// let level = drained.level.unwrap().leverage;
/// assert_eq!((level.num, level.den), (8, 3));
///
/// let broke = Candidate { equity: 0, ..book[0] };
/// assert!(drain(&[broke], 1, 1).is_err());
/// ```
pub fn drain(candidates: &[Candidate], lot_value: u64, needed: u64) -> Result<Draining, AdlError> {
    drain_with(candidates, lot_value, needed, PASSES)
}

/// The same, with so many passes before what is left is sorted.
pub(super) fn drain_with(
    candidates: &[Candidate],
    lot_value: u64,
    needed: u64,
    passes: usize,
) -> Result<Draining, AdlError> {
    check(candidates, lot_value)?;
    let easing = total(candidates, Candidate::gives_easing);
    let most = total(candidates, Candidate::gives_at_most);
    let taken = u128::from(needed).min(most);
    let hedges_reached = taken > easing;
    let stage = Stage { value: u128::from(lot_value), rising: hedges_reached };
    let (level, lots, rounded_up) = if taken == 0 || taken == most {
        let all = |c: &Candidate| if taken == 0 { 0 } else { c.gives_at_most() };
        (None, candidates.iter().map(all).collect(), 0)
    } else if taken == easing {
        // The end of the first stage: everyone has given what eases him.
        (None, candidates.iter().map(Candidate::gives_easing).collect(), 0)
    } else {
        let mut reached = stage.reached(candidates, taken, passes);
        let level = stage.level(&mut reached, taken, passes);
        let ratio = stage.highest(&reached, level);
        let mut lots = if hedges_reached {
            candidates.iter().map(Candidate::gives_easing).collect()
        } else {
            vec![0; candidates.len()]
        };
        let rounded_up = stage.whole_lots(&reached, ratio, taken, &mut lots);
        (ratio.published(), lots, rounded_up)
    };
    let unassigned = needed - lots_of(taken);
    Ok(Draining { lots, level, hedges_reached, rounded_up, unassigned })
}

/// Which of two candidates, whose requirements fall with every lot, begins to give first: the more
/// leveraged.
pub(crate) fn by_leverage(one: &Candidate, other: &Candidate) -> Ordering {
    let at = |of: &Candidate| Ratio { num: of.net, den: of.equity };
    at(other).compare(one.net, one.equity)
}

/// Whether `needed` lots come from `first` alone, all of whose requirements fall with every lot,
/// when others begin to give no earlier than `next`: at the level where that one begins, `first`
/// give as much. Draining all of them then gives what draining `first` gives.
pub(crate) fn suffice(
    first: &[Candidate],
    lot_value: u64,
    needed: u64,
    next: Option<&Candidate>,
) -> bool {
    let Some(next) = next else { return true };
    let stage = Stage { value: u128::from(lot_value), rising: false };
    let level = Ratio { num: next.net, den: next.equity };
    // Where they give all they have, no level is published: there is one while others hold more.
    total(first, Candidate::gives_at_most) > u128::from(needed)
        && stage.given_floor(first, level) >= u128::from(needed)
}

fn total(candidates: &[Candidate], lots: fn(&Candidate) -> u64) -> u128 {
    candidates.iter().map(|candidate| u128::from(lots(candidate))).sum()
}

/// Refuses what the sums of [`Stage`] could not hold.
pub(super) fn check(candidates: &[Candidate], lot_value: u64) -> Result<(), AdlError> {
    if lot_value == 0 || lot_value > MAX_LOT_VALUE {
        return Err(AdlError::LotValue(lot_value));
    }
    let (mut values, mut equity) = (0, 0);
    for (index, candidate) in candidates.iter().enumerate() {
        if candidate.equity == 0 {
            return Err(AdlError::NoEquity(index));
        }
        let net = candidate.net.unsigned_abs();
        if candidate.lots > MAX_LOTS || net > MAX_AMOUNT || candidate.equity > MAX_AMOUNT {
            return Err(AdlError::OutOfBounds(index));
        }
        // Each step adds at most 2 x 10^30 to a sum that was at most 10^38.
        values += net + u128::from(candidate.lots) * u128::from(lot_value);
        equity += candidate.equity;
        if values > MAX_TOTAL || equity > MAX_TOTAL {
            return Err(AdlError::TooLarge);
        }
    }
    Ok(())
}

impl Draining {
    /// What the candidate at `index` gives exactly, in atoms of value: `whole + rest`, before
    /// rounding to lots. Anyone can check his lots with it: they are this over a lot's value,
    /// rounded down or up.
    ///
    /// ```
    /// use rhodian_core::liquidation::adl::draining::{Candidate, drain};
    /// let gina =
    ///     Candidate { lots: 100, easing: 100, room: None, net: 5_000_000, equity: 1_456_924 };
    /// let iso = Candidate { lots: 30, easing: 30, net: 1_500_000, equity: 815_600, ..gina };
    /// let drained = drain(&[iso, gina], 50_000, 70).unwrap();
    /// let (whole, rest) = drained.exact_value(0, &iso, 50_000);
    /// assert_eq!((whole, drained.lots[0]), (423_311, 8));
    /// assert_eq!((rest.num, rest.den), (132_753, 189_377));
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such candidate.
    #[must_use]
    pub fn exact_value(
        &self,
        index: usize,
        candidate: &Candidate,
        lot_value: u64,
    ) -> (u128, Fraction) {
        let stage = Stage { value: u128::from(lot_value), rising: self.hedges_reached };
        let whole = Fraction { num: 0, den: 1 };
        match self.level.map(Ratio::of) {
            Some(level) => {
                let (atoms, rest) = stage.exact_atoms(candidate, level);
                let rest = Fraction::reduced(rest, level.den).unwrap_or(whole);
                (stage.least(candidate) * stage.value + atoms, rest)
            }
            None => (u128::from(self.lots[index]) * stage.value, whole),
        }
    }
}
