//! Unbounded numbers, and the exact division of a loss over claims: `min(cap, level x weight)`
//! found by filling caps one after the other, and its rounding atom by atom.

pub use num_bigint::BigInt as Int;
pub use num_rational::BigRational as Rat;
use num_traits::{Signed, Zero};

pub fn int(value: impl Into<Int>) -> Int {
    value.into()
}

pub fn rat(value: &Int) -> Rat {
    Rat::from_integer(value.clone())
}

pub fn ratio(num: &Int, den: &Int) -> Rat {
    Rat::new(num.clone(), den.clone())
}

pub fn ceil(value: &Rat) -> Int {
    value.ceil().to_integer()
}

pub fn floor(value: &Rat) -> Int {
    value.floor().to_integer()
}

/// The value, or zero where it is negative.
pub fn positive(value: Int) -> Int {
    if value.is_negative() { Int::zero() } else { value }
}

/// `value x millionths / 10^6`.
pub fn millionths(value: &Int, rate: &Int) -> Rat {
    Rat::new(value * rate, int(1_000_000))
}

pub fn sum<'a>(values: impl IntoIterator<Item = &'a Int>) -> Int {
    values.into_iter().fold(Int::zero(), |sum, value| sum + value)
}

/// One who may be made to pay: the most in all, by what weight, and what he paid already.
#[derive(Clone, Debug)]
pub struct Claim {
    pub cap: Int,
    pub weight: Int,
    pub paid: Int,
}

/// The level at which the claims bear `amount`; nothing where all of them are at their caps.
pub fn level(amount: &Int, claims: &[Claim]) -> Option<Rat> {
    let weighing: Vec<&Claim> = claims.iter().filter(|claim| claim.weight.is_positive()).collect();
    if sum(weighing.iter().map(|claim| &claim.cap)) <= *amount {
        return None;
    }
    // At the level `cap / weight` of any claim the sum of what all bear is known: the true level
    // lies after the last of these that bear too little.
    let mut full: Vec<&Claim> = Vec::new();
    let mut open = weighing;
    loop {
        let left = rat(&(amount - sum(full.iter().map(|claim| &claim.cap))));
        let level = left / rat(&sum(open.iter().map(|claim| &claim.weight)));
        let reaches = |claim: &&&Claim| ratio(&claim.cap, &claim.weight) <= level;
        let Some(place) = open.iter().position(|claim| reaches(&claim)) else { return Some(level) };
        full.push(open.remove(place));
    }
}

/// What each claim bears of `amount` exactly.
pub fn shares(amount: &Int, claims: &[Claim]) -> Vec<Rat> {
    let level = level(amount, claims);
    let share = |claim: &Claim| share_at(level.as_ref(), &claim.weight, &claim.cap);
    claims.iter().map(share).collect()
}

/// What a claim bears at a level; without one all of it.
pub fn share_at(level: Option<&Rat>, weight: &Int, cap: &Int) -> Rat {
    match level {
        _ if weight.is_zero() => Rat::zero(),
        Some(level) => (level * rat(weight)).min(rat(cap)),
        None => rat(cap),
    }
}

/// What each pays now, so that in all waves together the claims bear `amount`, or all they can.
pub fn wave(amount: &Int, claims: &[Claim]) -> Vec<Int> {
    let exact = shares(amount, claims);
    let total: Rat = exact.iter().sum();
    let now = total.to_integer() - sum(claims.iter().map(|claim| &claim.paid));
    let owed: Vec<Rat> =
        exact.iter().zip(claims).map(|(share, claim)| share - rat(&claim.paid)).collect();
    let mut pays: Vec<Int> = owed.iter().map(|owes| positive(floor(owes))).collect();
    let rest = |pays: &[Int], place: usize| &owed[place] - rat(&pays[place]);
    while sum(&pays) < now {
        let mut best = 0;
        for place in 1..pays.len() {
            if rest(&pays, place) > rest(&pays, best) {
                best = place;
            }
        }
        pays[best] += 1;
    }
    while sum(&pays) > now {
        let mut paying = (0..pays.len()).rev().filter(|place| pays[*place].is_positive());
        let mut worst = paying.next().expect("somebody pays too much");
        for place in paying {
            if rest(&pays, place) < rest(&pays, worst) {
                worst = place;
            }
        }
        pays[worst] -= 1;
    }
    pays
}

/// `total` over `parts` in proportion: largest remainder, ties to the first.
pub fn split(total: &Int, parts: &[Int]) -> Vec<Int> {
    let whole = sum(parts);
    let claim = |part: &Int| Claim { cap: total.clone(), weight: part.clone(), paid: Int::zero() };
    if whole.is_zero() {
        return vec![Int::zero(); parts.len()];
    }
    wave(total, &parts.iter().map(claim).collect::<Vec<_>>())
}
