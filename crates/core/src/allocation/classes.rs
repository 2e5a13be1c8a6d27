//! The amount descends through the priority classes: the lowest class bears it first, up to its
//! whole capacity, and the rule divides it inside the one class where it ends.

use alloc::vec;
use alloc::vec::Vec;

use super::check::{self, Checked};
use super::shares::{Atoms, Fractions, Shares, Wanted};
use super::{AllocationError, Claims, Rule};
use super::{adjusted, arrival, equal, overlap, proportional, queue};
use crate::bounds::RISK_UNIT;
use crate::units::{Amount, Fraction};

/// The exact shares of a division.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    /// The share of each claim, in claim order.
    pub(super) shares: Shares,
    /// The level of each class, in class order.
    pub(super) levels: Vec<Option<Fraction>>,
    /// The sum of the shares: the amount, or the capacity where that is smaller.
    pub(super) taken: u128,
}

/// The columns of one class, and what of its division is wanted.
#[derive(Clone, Copy)]
struct Columns<'a> {
    caps: &'a [Amount],
    weights: &'a [Amount],
    effective: &'a [u128],
    scores: &'a [i64],
    wanted: Wanted,
}

/// Divides `amount` over checked claims.
pub(super) fn solve(rule: Rule, amount: u128, checked: &Checked, wanted: Wanted) -> Solution {
    let Claims { caps, weights, scores, classes, .. } = *checked.claims;
    let columns = Columns { caps, weights, effective: &checked.effective, scores, wanted };
    if classes.is_empty() {
        return one_class(rule, amount, columns);
    }
    let mut order: Vec<(u32, usize)> = classes.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let mut all = Solution {
        shares: Shares::integers(vec![Amount::ZERO; caps.len()]),
        levels: Vec::new(),
        taken: 0,
    };
    for class in order.chunk_by(|a, b| a.0 == b.0) {
        let solved = gathered(rule, amount - all.taken, columns, class);
        scatter(&mut all.shares, solved.shares, class);
        all.levels.extend(solved.levels);
        all.taken += solved.taken;
    }
    all
}

/// Divides over the claims of one class, which lie scattered.
fn gathered(rule: Rule, amount: u128, from: Columns, class: &[(u32, usize)]) -> Solution {
    // A column the rule does not read may be empty, and then stays so.
    let pick = |column: &[Amount]| -> Vec<Amount> {
        class.iter().filter_map(|(_, place)| column.get(*place).copied()).collect()
    };
    let effective: Vec<u128> =
        class.iter().filter_map(|(_, place)| from.effective.get(*place).copied()).collect();
    let scores: Vec<i64> =
        class.iter().filter_map(|(_, place)| from.scores.get(*place).copied()).collect();
    let columns = Columns {
        caps: &pick(from.caps),
        weights: &pick(from.weights),
        effective: &effective,
        scores: &scores,
        wanted: from.wanted,
    };
    one_class(rule, amount, columns)
}

/// Puts the shares of one class in their places. Only one class has fractions.
fn scatter(all: &mut Shares, shares: Shares, class: &[(u32, usize)]) {
    for ((_, place), share) in class.iter().zip(&shares.whole) {
        all.whole[*place] = *share;
    }
    let places = class.iter().map(|(_, place)| *place);
    match shares.fractions {
        Fractions::None => return,
        Fractions::Same(numerator, marked) => {
            all.fractions = Fractions::Same(numerator, spread(all.whole.len(), places, marked));
        }
        Fractions::Narrow(numerators) => {
            all.fractions = Fractions::Narrow(spread(all.whole.len(), places, numerators));
        }
        Fractions::Wide(numerators) => {
            all.fractions = Fractions::Wide(spread(all.whole.len(), places, numerators));
        }
    }
    all.den = shares.den;
}

fn spread<N: Copy + Default>(
    len: usize,
    places: impl Iterator<Item = usize>,
    values: Vec<N>,
) -> Vec<N> {
    let mut column = vec![N::default(); len];
    for (place, value) in places.zip(values) {
        column[place] = value;
    }
    column
}

/// Divides over claims that form one class.
fn one_class(rule: Rule, amount: u128, columns: Columns) -> Solution {
    let caps = columns.caps;
    match rule {
        Rule::Proportional => by_weight(caps, columns.weights, amount, 1),
        Rule::RiskWeighted => by_weight(caps, columns.effective, amount, u128::from(RISK_UNIT)),
        Rule::Queue => {
            let (shares, taken) = queue::shares(caps, columns.scores, amount);
            Solution { shares: Shares::integers(shares), levels: vec![None], taken }
        }
        _ => {
            let capacity: u128 = caps.iter().map(|cap| cap.atoms()).sum();
            if amount >= capacity {
                return everything(caps.to_vec(), capacity);
            }
            if amount == 0 {
                return nothing(caps.len(), resting_level(rule, caps));
            }
            let (shares, level) = inside(rule, columns, capacity, amount);
            Solution { shares, levels: vec![level], taken: amount }
        }
    }
}

/// Divides by weight; `unit` is what an effective weight counts as one.
fn by_weight<W: Atoms>(caps: &[Amount], weights: &[W], amount: u128, unit: u128) -> Solution {
    let basis = proportional::Basis::of(caps, weights);
    if amount >= basis.capacity {
        let payable = caps.iter().zip(weights);
        let payable = payable.map(|(cap, w)| if w.atoms() > 0 { *cap } else { Amount::ZERO });
        return everything(payable.collect(), basis.capacity);
    }
    if amount == 0 {
        return nothing(caps.len(), Fraction::reduced(0, 1));
    }
    let mut level = proportional::Level::uncapped(amount, &basis);
    let shares =
        proportional::uncapped_shares(caps, weights, &basis, &level).unwrap_or_else(|| {
            level = proportional::level(caps, weights, &basis, amount);
            proportional::shares(caps, weights, &basis, &level)
        });
    // The amount is at most 10^30 and the unit 10^6.
    let published = Fraction::reduced(level.num * unit, level.den);
    Solution { shares, levels: vec![published], taken: amount }
}

/// Every claim bears all it can.
fn everything(whole: Vec<Amount>, capacity: u128) -> Solution {
    Solution { shares: Shares::integers(whole), levels: vec![None], taken: capacity }
}

/// No claim bears anything.
fn nothing(claims: usize, level: Option<Fraction>) -> Solution {
    Solution { shares: Shares::integers(vec![Amount::ZERO; claims]), levels: vec![level], taken: 0 }
}

/// The level at which a class that has capacity bears nothing.
fn resting_level(rule: Rule, caps: &[Amount]) -> Option<Fraction> {
    match rule {
        Rule::EqualLosses => Fraction::reduced(0, 1),
        Rule::EqualAwards => {
            Fraction::reduced(caps.iter().map(|cap| cap.atoms()).max().unwrap_or(0), 1)
        }
        _ => None,
    }
}

/// Divides an amount strictly between nothing and the capacity, by a rule that reads caps only.
fn inside(
    rule: Rule,
    columns: Columns,
    capacity: u128,
    amount: u128,
) -> (Shares, Option<Fraction>) {
    let caps = columns.caps;
    match rule {
        Rule::RandomArrival => (arrival::shares(caps, capacity, amount), None),
        Rule::MinimalOverlap => (overlap::shares(caps, capacity, amount), None),
        Rule::AdjustedProportional => (adjusted::shares(caps, capacity, amount), None),
        _ => equal::divide(rule, caps, capacity, amount, columns.wanted),
    }
}

/// Checks the claims, then divides exactly.
pub(super) fn check_and_solve(
    rule: Rule,
    amount: Amount,
    claims: &Claims,
) -> Result<Solution, AllocationError> {
    let checked = check::claims(rule, amount, claims)?;
    Ok(solve(rule, amount.atoms(), &checked, Wanted::Exact))
}
