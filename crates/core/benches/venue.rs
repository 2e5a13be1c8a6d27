//! Commands a second through the engine with a margin check on both sides of every fill.
//! `cargo bench -p rhodian-core --bench venue [-- ACCOUNTS]`

mod exchange;

use std::env;
use std::hint::black_box;

use exchange::{Draws, MARKETS, fill, set_up};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::Time;
use rhodian_core::market;

const ROUNDS: usize = 5;

fn give(engine: &mut Engine, action: Action) {
    let envelope = Envelope { at: Time(1), actor: Actor::VENUE, action };
    match engine.execute(envelope) {
        Outcome::Accepted(records) => drop(black_box(records)),
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

fn fills(engine: &mut Engine, draws: &mut Draws, accounts: u32, numbers: &mut [u64], count: u32) {
    for _ in 0..count {
        give(engine, fill(draws, accounts, numbers));
    }
}

/// What a period boundary costs, and what a fill costs whose two accounts were not yet touched in
/// the period, in nanoseconds.
fn period(
    engine: &mut Engine,
    draws: &mut Draws,
    accounts: u32,
    numbers: &mut [u64],
) -> (f64, f64) {
    let began = thread_seconds();
    for _ in 0..ROUNDS {
        give(engine, Action::Market(market::Command::EndPeriod));
    }
    let boundary = (thread_seconds() - began) * 1e9 / ROUNDS as f64;
    let count = accounts / 8;
    let began = thread_seconds();
    fills(engine, draws, accounts, numbers, count);
    (boundary, (thread_seconds() - began) * 1e9 / f64::from(count))
}

/// CPU time of this thread: other work on the machine does not count.
fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() {
    let asked = env::args().skip(1).find_map(|word| word.parse().ok());
    let accounts: u32 = asked.unwrap_or(10_000);
    let mut engine = Engine::new();
    set_up(accounts, &mut |action| give(&mut engine, action));
    let mut draws = Draws(1);
    let mut numbers = vec![0; MARKETS as usize];
    // About four legs an account before the clock starts.
    fills(&mut engine, &mut draws, accounts, &mut numbers, accounts * 2);
    let count = 400_000;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = thread_seconds();
        fills(&mut engine, &mut draws, accounts, &mut numbers, count);
        times.push((thread_seconds() - began) * 1e9 / f64::from(count));
    }
    times.sort_by(f64::total_cmp);
    let median = times[ROUNDS / 2];
    println!("{accounts} accounts, {MARKETS} markets, median of {ROUNDS} runs of {count} fills");
    let (boundary, first) = period(&mut engine, &mut draws, accounts, &mut numbers);
    println!("fill with both margin checks {median:8.1} ns, {:.2} M commands/s", 1e3 / median);
    println!("period boundary              {boundary:8.1} ns, whatever the number of accounts");
    println!("first fills after it         {first:8.1} ns, {:.2} x a fill", first / median);
}
