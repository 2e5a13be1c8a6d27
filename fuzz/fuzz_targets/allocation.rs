//! Divisions and waves that no one thought of, held against the model.
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 cargo fuzz run allocation --sanitizer none -- -max_total_time=20
//! ```
//!
//! The bytes are read as: a rule, a number of claimants, and for each a cap, a weight, a risk, a
//! score and a class; then up to four losses. Amounts are a byte shifted to anywhere below 10^30,
//! so that equal amounts, neighbours and amounts of very different size are all likely.
#![no_main]

#[path = "../../crates/core/tests/against/mod.rs"]
mod against;
#[path = "../../crates/core/tests/model/mod.rs"]
mod model;

use libfuzzer_sys::fuzz_target;
use model::{Claim, Method, World};
use rhodian_core::bounds::MAX_AMOUNT;

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// Risk factors in millionths. With weights below 2^96 their products stay within bounds.
const RISKS: [u64; 4] = [0, 333_333, 1_000_000, 2_500_000];

/// By how much an amount's byte is shifted.
const SHIFTS: [u32; 8] = [0, 0, 0, 0, 5, 56, 57, 88];

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// The next byte, zeros after the end.
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.next()) % end
    }

    /// An amount, and now and then the one below it.
    fn amount(&mut self) -> u128 {
        let form = self.below(16);
        let amount = u128::from(self.next()) << SHIFTS[form / 2];
        if form % 2 == 1 { amount.saturating_sub(1) } else { amount }
    }

    fn claim(&mut self) -> Claim {
        Claim {
            cap: self.amount(),
            weight: self.amount(),
            risk: RISKS[self.below(RISKS.len())],
            score: i64::from(self.next().cast_signed()),
            class: u32::try_from(self.below(3)).expect("two is small"),
        }
    }
}

/// Waves after each other, then one after payments that no wave asked for.
fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let method = Method::ALL[bytes.below(Method::ALL.len())];
    let size = bytes.below(6);
    let world = World::new(method, (0..size).map(|_| bytes.claim()).collect());
    let mut cumulative = bytes.amount();
    against::check(&world, cumulative);
    let mut paid = vec![0; size];
    for _ in 0..bytes.below(4) {
        paid = against::check_wave(&world, cumulative, &paid);
        cumulative = (cumulative + bytes.amount()).min(MAX_AMOUNT);
    }
    // The model moves single atoms, so payments out of line must be small.
    if world.claims.iter().all(|claim| claim.cap < 1 << 10) {
        let parts: Vec<u128> = world.claims.iter().map(|_| u128::from(bytes.next())).collect();
        paid =
            world.claims.iter().zip(parts).map(|(c, part)| world.reach(c) * part / 255).collect();
        against::check_wave(&world, cumulative.max(paid.iter().sum()), &paid);
    }
}

fuzz_target!(|data: &[u8]| run(data));
