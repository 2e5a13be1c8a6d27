//! A small fixed workload, for counting instructions (`bench/instructions.sh`).
//!
//! Twenty thousand claims, divided once by each rule that has no bound on their number, in two
//! waves where the rule is proportional. Prints a sum of the shares times their places, so that a
//! changed result shows beside a changed count. With an argument, only that rule runs.

use rhodian_core::allocation::{Claims, Rule, divide, next_wave};
use rhodian_core::units::Amount;

const CLAIMS: u64 = 20_000;

fn amount(atoms: u64) -> Amount {
    Amount::new(u128::from(atoms)).expect("a 64-bit number is inside the bounds")
}

fn main() {
    let mut state = 20_251_010_u64;
    let mut next = |bits: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> (64 - bits)
    };
    let weights: Vec<Amount> = (0..CLAIMS).map(|_| amount(next(40) + 1)).collect();
    let caps: Vec<Amount> = (0..CLAIMS).map(|_| amount(next(39))).collect();
    let scores: Vec<i64> = (0..CLAIMS).map(|_| next(60).cast_signed()).collect();
    let risks: Vec<u64> = (0..CLAIMS).map(|_| next(22)).collect();
    let claims =
        Claims { caps: &caps, weights: &weights, scores: &scores, risks: &risks, classes: &[] };
    let only = std::env::args().nth(1);
    let loss = amount(CLAIMS << 37);
    for (name, rule) in [
        ("proportional", Rule::Proportional),
        ("risk-weighted", Rule::RiskWeighted),
        ("equal-losses", Rule::EqualLosses),
        ("equal-awards", Rule::EqualAwards),
        ("talmud", Rule::Talmud),
        ("queue", Rule::Queue),
        ("adjusted-proportional", Rule::AdjustedProportional),
    ] {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let first = divide(rule, loss, &claims).expect("the claims are valid");
        println!("{name} {}", checksum(&first.shares));
        if rule == Rule::Proportional {
            let total = amount((3 * CLAIMS) << 36);
            let second = next_wave(rule, total, &claims, &first.shares);
            println!("second wave {}", checksum(&second.expect("more was lost").shares));
        }
    }
}

fn checksum(shares: &[Amount]) -> u128 {
    shares.iter().zip(1u128..).map(|(share, place)| share.atoms() * place).sum()
}
