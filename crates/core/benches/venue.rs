//! Commands a second through the engine with a margin check on both sides of every fill.
//! `cargo bench -p rhodian-core --bench venue [-- ACCOUNTS]`

mod venues;

use std::env;

use rhodian_core::engine::{Action, Engine};
use rhodian_core::market;
use venues::{MARKETS, Traders, give, set_up, thread_seconds, with_huge_pages};

const ROUNDS: usize = 5;

/// What a period boundary costs, and what a fill costs whose two accounts were not yet touched in
/// the period, in nanoseconds.
fn period(engine: &mut Engine, traders: &mut Traders, accounts: u32) -> (f64, f64) {
    let began = thread_seconds();
    for _ in 0..ROUNDS {
        give(engine, Action::Market(market::Command::EndPeriod));
    }
    let boundary = (thread_seconds() - began) * 1e9 / ROUNDS as f64;
    let count = accounts / 8;
    let began = thread_seconds();
    traders.fill(engine, count);
    (boundary, (thread_seconds() - began) * 1e9 / f64::from(count))
}

fn main() {
    let asked = env::args().skip(1).find_map(|word| word.parse().ok());
    let accounts: u32 = asked.unwrap_or(10_000);
    let mut engine = set_up(accounts);
    let mut traders = Traders::new(accounts);
    // About four legs an account before the clock starts.
    traders.fill(&mut engine, accounts * 2);
    let count = 400_000;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = thread_seconds();
        traders.fill(&mut engine, count);
        times.push((thread_seconds() - began) * 1e9 / f64::from(count));
    }
    times.sort_by(f64::total_cmp);
    let median = times[ROUNDS / 2];
    println!("{accounts} accounts, {MARKETS} markets, median of {ROUNDS} runs of {count} fills");
    let (boundary, first) = period(&mut engine, &mut traders, accounts);
    println!("fill with both margin checks {median:8.1} ns, {:.2} M commands/s", 1e3 / median);
    println!("period boundary              {boundary:8.1} ns, whatever the number of accounts");
    println!("first fills after it         {first:8.1} ns, {:.2} x a fill", first / median);
    drop(engine);
    with_huge_pages();
}
