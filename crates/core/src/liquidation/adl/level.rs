//! The search for the level of a draining, exactly.
//!
//! What is given at a level `L` is piecewise linear and falls as `L` rises, so the level at which
//! `needed` lots are given lies between two breakpoints, and between them it is one division.
//! [`super::draining`] says what a level is and what the bounds below rest on: net values and the
//! values of all lots sum to at most 10^38, an account's are within 10^30.

use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use super::draining::{Candidate, Level};
use crate::units::Fraction;
use crate::wide::U256;

/// One account in so many is looked at for the guess.
const STRIDE: usize = 64;

/// The same, as a number of lots.
const STRIDE_LOTS: u32 = 64;

/// From so many candidates on, a guess is worth it.
const MANY: usize = 4_096;

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
    let small = |one: i128, other: u128| {
        Some(i128::from(i64::try_from(one).ok()?) * i128::from(i64::try_from(other).ok()?))
    };
    if let (Some(left), Some(right)) = (small(a, b), small(c, d)) {
        return left.cmp(&right);
    }
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
pub(super) struct Open {
    /// Its index among the candidates.
    place: usize,
    equity: u128,
    /// Net value after giving the least: below `at_low / equity` it gives more.
    at_low: i128,
    /// Net value after giving the most: from `at_high / equity` down it gives that.
    at_high: i128,
    low: u64,
    high: u64,
}

/// The accounts among which the level is sought.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    open: Vec<Open>,
    /// Lots given by all others.
    bound: u128,
}

/// Where an account stands at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gift {
    Least,
    Inside,
    Most,
}

impl Open {
    /// What it gives beyond the least at `level`, in atoms: whole part and numerator over the
    /// level's denominator.
    fn exact_atoms(&self, value: u128, level: Ratio) -> (u128, u128) {
        match self.gift(level) {
            Gift::Least => (0, 0),
            Gift::Most => (u128::from(self.high - self.low) * value, 0),
            Gift::Inside => {
                let given = positive_difference(self.at_low, level.den, level.num, self.equity);
                given.and_then(|given| given.div_rem(level.den)).map_or((0, 0), |(q, r)| (q.lo, r))
            }
        }
    }

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
        Open {
            place: 0,
            equity: candidate.equity,
            at_low: after(low),
            at_high: after(high),
            low,
            high,
        }
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

    /// The accounts that may give more than the least when `needed` lots are given in all.
    ///
    /// In a large book few do. A level guessed from a sample that gives enough is not above the
    /// true one, so whoever does not give there can be left out; a wrong guess costs time only.
    pub(super) fn reached(self, candidates: &[Candidate], needed: u128, passes: usize) -> Reached {
        let guess = self.guess(candidates, needed, passes);
        if let Some(level) = guess {
            let reached = self.above(candidates, |open| open.gift(level) != Gift::Least);
            let mut sums = Sums { bound: reached.bound, ..Sums::default() };
            for open in &reached.open {
                sums.add(open, open.gift(level));
            }
            let Ratio { num, .. } = self.balance(sums, needed);
            if compare_products(level.num, sums.equity, num, level.den).is_le() {
                return reached;
            }
        }
        self.above(candidates, |_| true)
    }

    fn above(self, candidates: &[Candidate], kept: impl Fn(&Open) -> bool) -> Reached {
        let mut reached = Reached { open: Vec::new(), bound: 0 };
        for (place, candidate) in candidates.iter().enumerate() {
            let open = Open { place, ..self.open(candidate) };
            if open.low < open.high && kept(&open) {
                reached.open.push(open);
            } else {
                reached.bound += u128::from(open.low);
            }
        }
        reached
    }

    /// A level that is probably a little below the true one; nothing for small books, and where
    /// a large part of the sample gives.
    fn guess(self, candidates: &[Candidate], needed: u128, passes: usize) -> Option<Ratio> {
        if candidates.len() < MANY {
            return None;
        }
        let sample: Vec<Candidate> = candidates.iter().step_by(STRIDE).copied().collect();
        let mut sampled = self.above(&sample, |_| true);
        let least = |open: &Open| u128::from(open.low);
        let beyond = |open: &Open| u128::from(open.high - open.low);
        let all: u128 = sampled.open.iter().map(beyond).sum();
        let every = candidates.iter().map(|candidate| self.least(candidate));
        let given = needed - if self.rising { every.sum() } else { 0 };
        // Half more than the sample's part, and what sixteen of its accounts give on average.
        let part = (given + given / 2).div_ceil(u128::from(STRIDE_LOTS));
        let accounts = u128::try_from(sampled.open.len()).unwrap_or(0).max(1);
        let part = part + 16 * all / accounts;
        if 2 * part >= all {
            return None;
        }
        let low: u128 = sampled.open.iter().map(least).sum();
        let needed = part + low + sampled.bound;
        Some(self.level(&mut sampled, needed, passes))
    }

    /// A level whose gifts sum to `needed` lots, which is above the least and below the most.
    /// Changes the order of the accounts.
    pub(super) fn level(self, reached: &mut Reached, needed: u128, passes: usize) -> Ratio {
        let mut sums = Sums { bound: reached.bound, ..Sums::default() };
        let mut open = reached.open.as_mut_slice();
        let mut gifts = Vec::new();
        for _ in 0..passes {
            for account in &*open {
                sums.add(account, Gift::Inside);
            }
            let level = self.balance(sums, needed);
            gifts.clear();
            gifts.extend(open.iter().map(|account| account.gift(level)));
            let settled = match self.given_against(open, &gifts, level) {
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
                    open.swap(kept, place);
                    kept += 1;
                }
            }
            open = &mut open[..kept];
            sums = next;
        }
        self.level_by_sorting(open, sums.bound, needed)
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
    pub(super) fn highest(self, reached: &Reached, level: Ratio) -> Ratio {
        let mut highest: Option<Ratio> = None;
        for open in &reached.open {
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

    /// What a candidate gives beyond the least at `level`: see [`Open::exact_atoms`].
    pub(super) fn exact_atoms(self, candidate: &Candidate, level: Ratio) -> (u128, u128) {
        self.open(candidate).exact_atoms(self.value, level)
    }

    /// Adds whole lots of sum `needed` to the least that everyone gives; how many of them went to
    /// the largest fractions.
    pub(super) fn whole_lots(
        self,
        reached: &Reached,
        level: Ratio,
        needed: u128,
        lots: &mut [u64],
    ) -> u64 {
        let mut fractions = Vec::new();
        let mut left = needed - reached.bound;
        for open in &reached.open {
            let (atoms, rest) = open.exact_atoms(self.value, level);
            let whole = open.low + lots_of(atoms / self.value);
            lots[open.place] = whole;
            left -= u128::from(whole);
            let fraction = (atoms % self.value, rest);
            if fraction != (0, 0) {
                fractions.push((Reverse(fraction), open.place));
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
        lots_of(left)
    }
}
