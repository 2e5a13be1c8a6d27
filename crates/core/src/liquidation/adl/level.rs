//! The search for the level of a draining, exactly.
//!
//! What is given at a level `L` is piecewise linear and falls as `L` rises, so the level at which
//! `needed` lots are given lies between two breakpoints, and between them it is one division.
//! [`super::draining`] says what a level is and what the bounds below rest on: net values and the
//! values of all lots sum to at most 10^38, an account's are within 10^30.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use super::draining::{Candidate, Level};
use crate::units::Fraction;
use crate::wide::U256;

/// A number of lots that is known to lie below a bound of 64 bits.
pub(super) fn lots_of(lots: u128) -> u64 {
    u64::try_from(lots).unwrap_or(u64::MAX)
}

/// A level as a ratio, the denominator above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) num: i128,
    pub(super) den: u128,
}

impl Ratio {
    pub(super) fn published(self) -> Option<Level> {
        let leverage = Fraction::reduced(self.num.unsigned_abs(), self.den)?;
        Some(Level { turned: self.num < 0, leverage })
    }

    /// The ratio of a published level.
    pub(super) fn of(level: Level) -> Self {
        // Published numerators are below 2^127.
        let num = level.leverage.num.cast_signed();
        Self { num: if level.turned { -num } else { num }, den: level.leverage.den }
    }

    /// How it compares with `num / den`.
    pub(super) fn compare(self, num: i128, den: u128) -> Ordering {
        compare_products(self.num, den, num, self.den)
    }
}

/// `a b` against `c d`.
fn compare_products(a: i128, b: u128, c: i128, d: u128) -> Ordering {
    let left = U256::product(a.unsigned_abs(), b);
    let right = U256::product(c.unsigned_abs(), d);
    match (a < 0, c < 0) {
        (false, false) => left.cmp(&right),
        (true, true) => right.cmp(&left),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

/// `a b - c d` where that is above zero. Both products are at most 10^76, so is the difference,
/// twice at most, and 2 x 10^76 < 2^256.
fn positive_difference(a: i128, b: u128, c: i128, d: u128) -> Option<U256> {
    let left = U256::product(a.unsigned_abs(), b);
    let right = U256::product(c.unsigned_abs(), d);
    let difference = match (a < 0, c < 0) {
        (false, false) => left.checked_sub(right),
        (true, true) => right.checked_sub(left),
        (false, true) => left.checked_add(right),
        (true, false) => None,
    };
    difference.filter(|difference| *difference > U256::default())
}

/// One stage: what is given in it lies between `low` and `high` of each candidate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// The value of a lot.
    pub(super) value: u128,
    /// Whether the lots that ease are given already.
    pub(super) rising: bool,
}

/// An account whose gift is not known to be at a bound.
#[derive(Clone, Copy, Debug)]
struct Open {
    equity: u128,
    /// Net value after giving the least: below `at_low / equity` it gives more.
    at_low: i128,
    /// Net value after giving the most: from `at_high / equity` down it gives that.
    at_high: i128,
    low: u64,
    high: u64,
}

/// Where an account stands at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gift {
    Least,
    Inside,
    Most,
}

impl Open {
    fn gift(&self, level: Ratio) -> Gift {
        if level.compare(self.at_low, self.equity).is_ge() {
            Gift::Least
        } else if level.compare(self.at_high, self.equity).is_le() {
            Gift::Most
        } else {
            Gift::Inside
        }
    }
}

/// What accounts at their bounds and inside give together.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Lots of those at a bound.
    bound: u128,
    /// Net value of those inside, after giving the least, and the least they give.
    at_low: i128,
    low: u128,
    /// Equity of those inside.
    equity: u128,
}

impl Sums {
    fn add(&mut self, open: &Open, gift: Gift) {
        match gift {
            Gift::Least => self.bound += u128::from(open.low),
            Gift::Most => self.bound += u128::from(open.high),
            Gift::Inside => {
                self.at_low += open.at_low;
                self.low += u128::from(open.low);
                self.equity += open.equity;
            }
        }
    }
}

impl Stage {
    fn open(self, candidate: &Candidate) -> Open {
        let (low, high) = if self.rising {
            (candidate.gives_easing(), candidate.gives_at_most())
        } else {
            (0, candidate.gives_easing())
        };
        // At most 10^30 each.
        let after = |lots: u64| candidate.net - (u128::from(lots) * self.value).cast_signed();
        Open { equity: candidate.equity, at_low: after(low), at_high: after(high), low, high }
    }

    /// The least a candidate gives, in lots.
    pub(super) fn least(self, candidate: &Candidate) -> u128 {
        u128::from(self.open(candidate).low)
    }

    /// Atoms of lots; below 10^38, as what is needed and what is given is.
    fn atoms(self, lots: u128) -> i128 {
        (lots * self.value).cast_signed()
    }

    /// The level at which those inside give what is needed beyond what the others give.
    fn balance(self, sums: Sums, needed: u128) -> Ratio {
        // At the true level everyone gives at least the least, so the sums never pass the need by
        // more than the gifts inside do; signed, because on the way they may.
        let left = self.atoms(needed) - self.atoms(sums.bound) - self.atoms(sums.low);
        Ratio { num: sums.at_low - left, den: sums.equity }
    }

    /// The most a candidate gives, in lots.
    pub(super) fn most(self, candidate: &Candidate) -> u128 {
        u128::from(self.open(candidate).high)
    }

    /// The level below which a candidate gives more than the least.
    pub(super) fn start(self, candidate: &Candidate) -> Ratio {
        Ratio { num: self.open(candidate).at_low, den: candidate.equity }
    }

    /// Lots given at `level` by all, rounded down.
    pub(super) fn given_floor(self, candidates: &[Candidate], level: Ratio) -> u128 {
        let mut sums = Sums::default();
        for open in candidates.iter().map(|candidate| self.open(candidate)) {
            sums.add(&open, open.gift(level));
        }
        let beyond = positive_difference(sums.at_low, level.den, level.num, sums.equity);
        let atoms = beyond.and_then(|beyond| beyond.div_rem(level.den)).map_or(0, |(q, _)| q.lo);
        sums.bound + sums.low + atoms / self.value
    }

    /// A level whose gifts sum to `needed` lots, which is above the least and below the most.
    pub(super) fn level(self, candidates: &[Candidate], needed: u128, passes: usize) -> Ratio {
        let mut sums = Sums::default();
        let all = candidates.iter().map(|candidate| self.open(candidate));
        let mut open: Vec<Open> = all.filter(|open| open.low < open.high).collect();
        let fixed = candidates.iter().map(|candidate| self.open(candidate));
        let fixed = fixed.filter(|open| open.low == open.high);
        sums.bound = fixed.map(|open| u128::from(open.low)).sum();
        let mut gifts = Vec::new();
        for _ in 0..passes {
            for account in &open {
                sums.add(account, Gift::Inside);
            }
            let level = self.balance(sums, needed);
            gifts.clear();
            gifts.extend(open.iter().map(|account| account.gift(level)));
            let settled = match self.given_against(&open, &gifts, level) {
                Ordering::Equal => return level,
                // Too little is given: the true level is lower, and who gives the most stays.
                Ordering::Less => Gift::Most,
                Ordering::Greater => Gift::Least,
            };
            let mut kept = 0;
            let mut next = Sums { bound: sums.bound, ..Sums::default() };
            for place in 0..open.len() {
                if gifts[place] == settled {
                    next.add(&open[place], settled);
                } else {
                    open[kept] = open[place];
                    kept += 1;
                }
            }
            open.truncate(kept);
            sums = next;
        }
        self.level_by_sorting(&open, sums.bound, needed)
    }

    /// What the gifts at `level` sum to against what is needed, where all being inside would meet
    /// it: only those at a bound make a difference, by `bound - (net - level x equity) / value`.
    fn given_against(self, open: &[Open], gifts: &[Gift], level: Ratio) -> Ordering {
        let (mut net, mut equity) = (0, 0);
        for (account, gift) in open.iter().zip(gifts) {
            match gift {
                Gift::Least => net += account.at_low,
                Gift::Most => net += account.at_high,
                Gift::Inside => continue,
            }
            equity += account.equity;
        }
        compare_products(level.num, equity, net, level.den)
    }

    /// The same by the sorted breakpoints of the open accounts.
    fn level_by_sorting(self, open: &[Open], bound: u128, needed: u128) -> Ratio {
        let ends = open.iter().flat_map(|account| {
            [account.at_low, account.at_high].map(|num| Ratio { num, den: account.equity })
        });
        let mut ends: Vec<Ratio> = ends.collect();
        ends.sort_unstable_by(|a, b| b.compare(a.num, a.den));
        let sums_at = |gift: &dyn Fn(&Open) -> Gift| {
            let mut sums = Sums { bound, ..Sums::default() };
            for account in open {
                sums.add(account, gift(account));
            }
            sums
        };
        let enough = |level: &Ratio| {
            let sums = sums_at(&|account| account.gift(*level));
            let Ratio { num, .. } = self.balance(sums, needed);
            compare_products(level.num, sums.equity, num, level.den).is_le()
        };
        // At the last breakpoint everyone gives the most, which is enough. At the first nobody
        // gives more than the least, which is enough only where those settled give all of it.
        let first = ends.partition_point(|level| !enough(level));
        let below = ends[first];
        let Some(above) = first.checked_sub(1).map(|place| ends[place]) else { return below };
        let between = |account: &Open| {
            if above.compare(account.at_high, account.equity).is_le() {
                Gift::Most
            } else if below.compare(account.at_low, account.equity).is_ge() {
                Gift::Least
            } else {
                Gift::Inside
            }
        };
        self.balance(sums_at(&between), needed)
    }

    /// The highest level with the same gifts: where nobody is inside his bounds, the lowest of
    /// those at which someone starts to give the most.
    pub(super) fn highest(self, candidates: &[Candidate], level: Ratio) -> Ratio {
        let mut highest: Option<Ratio> = None;
        for open in candidates.iter().map(|candidate| self.open(candidate)) {
            match open.gift(level) {
                Gift::Inside => return level,
                Gift::Most if open.low < open.high => {
                    let end = Ratio { num: open.at_high, den: open.equity };
                    if highest.is_none_or(|found| end.compare(found.num, found.den).is_lt()) {
                        highest = Some(end);
                    }
                }
                _ => {}
            }
        }
        highest.unwrap_or(level)
    }

    /// What an account inside its bounds gives beyond the least at `level`, in atoms: whole part
    /// and numerator over the level's denominator.
    pub(super) fn exact_atoms(self, candidate: &Candidate, level: Ratio) -> (u128, u128) {
        let open = self.open(candidate);
        let most = u128::from(open.high - open.low) * self.value;
        match open.gift(level) {
            Gift::Least => (0, 0),
            Gift::Most => (most, 0),
            Gift::Inside => {
                let given = positive_difference(open.at_low, level.den, level.num, open.equity);
                given.and_then(|given| given.div_rem(level.den)).map_or((0, 0), |(q, r)| (q.lo, r))
            }
        }
    }

    /// Whole lots of sum `needed`, and how many went to the largest fractions.
    pub(super) fn whole_lots(
        self,
        candidates: &[Candidate],
        level: Ratio,
        needed: u128,
    ) -> (Vec<u64>, u64) {
        let mut lots = vec![0; candidates.len()];
        let mut fractions = Vec::new();
        let mut left = needed;
        for (place, candidate) in candidates.iter().enumerate() {
            let (atoms, rest) = self.exact_atoms(candidate, level);
            lots[place] = self.open(candidate).low + lots_of(atoms / self.value);
            left -= u128::from(lots[place]);
            let fraction = (atoms % self.value, rest);
            if fraction != (0, 0) {
                fractions.push((Reverse(fraction), place));
            }
        }
        // Fractions below one sum to what is left, so there are more of them than lots left.
        let units = usize::try_from(left).unwrap_or(usize::MAX);
        if units > 0 {
            fractions.select_nth_unstable(units - 1);
            for (_, place) in &fractions[..units] {
                lots[*place] += 1;
            }
        }
        (lots, lots_of(left))
    }
}
