//! Seeded claims to measure on.

use rhodian_core::allocation::{Claims, Rule};
use rhodian_core::units::Amount;

/// One division: a rule, a loss and the columns of its claims.
#[derive(Debug)]
pub struct World {
    /// The rule.
    pub rule: Rule,
    /// The loss.
    pub loss: Amount,
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 1 to 2^bits.
    fn bits(&mut self, bits: u32) -> u128 {
        let wide = (u128::from(self.next()) << 64) | u128::from(self.next());
        (wide >> (128 - bits)) + 1
    }
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).expect("a world stays inside the bounds")
}

fn sum(amounts: &[Amount]) -> u128 {
    amounts.iter().map(|a| a.atoms()).sum()
}

/// `part` thousandths of a total, at most 10^30.
fn part(total: u128, thousandths: u128) -> Amount {
    amount((total / 1000 * thousandths).min(10u128.pow(30)))
}

impl World {
    /// The columns.
    pub fn claims(&self) -> Claims<'_> {
        let Self { caps, weights, scores, .. } = self;
        Claims { caps, weights, scores, ..Claims::default() }
    }

    /// The number of claims.
    pub fn len(&self) -> f64 {
        self.caps.len() as f64
    }

    /// Weights up to 2^bits and no cap that binds: all the work is rounding.
    pub fn rounding(bits: u32, claims: usize) -> Self {
        let mut random = Random(u64::from(bits));
        let weights: Vec<Amount> = (0..claims).map(|_| amount(random.bits(bits))).collect();
        let loss = part(sum(&weights), 381);
        Self { rule: Rule::Proportional, loss, caps: weights.clone(), weights, scores: vec![] }
    }

    /// Weights up to 2^bits, each with a cap of some part of it; about half of the caps bind.
    pub fn capped(bits: u32, claims: usize) -> Self {
        let mut random = Random(u64::from(bits) + 1000);
        let weights: Vec<Amount> = (0..claims).map(|_| amount(random.bits(bits))).collect();
        // Above 10^30 in all only a share of the total can be lost, so caps shrink with it.
        let scale = sum(&weights).div_ceil(10u128.pow(30)).next_power_of_two().ilog2();
        let cap = |w: &Amount| (w.atoms() >> 10 >> scale) * (random.bits(10)) + 1;
        let caps: Vec<Amount> = weights.iter().map(cap).map(amount).collect();
        let loss = part(sum(&caps), 750);
        Self { rule: Rule::Proportional, loss, caps, weights, scores: vec![] }
    }

    /// A ladder: dropping every full claim drops one rung each time, with a crowd standing by.
    ///
    /// A rung weighs two thirds of all that is left, and its cap divided by its weight lies just
    /// between two levels, so that the next rung is reached only when it is gone.
    pub fn ladder(claims: usize) -> Self {
        let mut random = Random(77);
        let crowd = claims - RUNGS;
        let mut weights: Vec<u128> = (0..crowd).map(|_| random.bits(4)).collect();
        let mut total: u128 = weights.iter().sum();
        for _ in 0..RUNGS {
            weights.push(2 * total);
            total *= 3;
        }
        let loss = total / 4;
        let (mut num, mut den, mut before) = (loss, total, 0.2);
        let mut caps: Vec<u128> = Vec::new();
        for rung in weights[crowd..].iter().rev() {
            let level = num as f64 / den as f64;
            let cap = (*rung as f64 * (level + before) / 2.0) as u128;
            caps.push(cap);
            num -= cap;
            den -= rung;
            before = level;
        }
        caps.reverse();
        let top = num as f64 / den as f64;
        let bystander = |w: &u128| (*w as f64 * (top + 1.0)) as u128 + random.bits(20);
        let mut all: Vec<u128> = weights[..crowd].iter().map(bystander).collect();
        all.append(&mut caps);
        // The rungs stand at the end; their place is of no consequence.
        Self {
            rule: Rule::Proportional,
            loss: amount(loss),
            caps: all.into_iter().map(amount).collect(),
            weights: weights.into_iter().map(amount).collect(),
            scores: vec![],
        }
    }

    /// Claims over 30 powers of two; half of everything is lost.
    pub fn equal_awards(claims: usize) -> Self {
        let mut random = Random(3);
        let mut claim = || {
            let magnitude = 20 + u32::try_from(random.next() % 30).expect("below 30");
            amount(random.bits(magnitude))
        };
        let caps: Vec<Amount> = (0..claims).map(|_| claim()).collect();
        let loss = part(sum(&caps), 500);
        Self { rule: Rule::EqualAwards, loss, caps, weights: vec![], scores: vec![] }
    }

    /// A queue of which a thousandth is reached.
    pub fn queue(claims: usize) -> Self {
        let mut random = Random(4);
        let caps: Vec<Amount> = (0..claims).map(|_| amount(random.bits(40))).collect();
        let scores = (0..claims).map(|_| (random.next() >> 20).cast_signed()).collect();
        let loss = part(sum(&caps), 1);
        Self { rule: Rule::Queue, loss, caps, weights: vec![], scores }
    }
}

/// The rungs of the ladder: each triples the total weight, which starts near 2^23 at a million.
const RUNGS: usize = 40;
