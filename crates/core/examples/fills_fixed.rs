//! A small fixed workload for counting instructions (`bench/instructions.sh`): 2,000 accounts with
//! about four legs each, then as many fills with both margin checks as the argument says. Prints a
//! sum of balances times places, so that a changed result shows beside a changed count.

#[path = "../benches/venues/mod.rs"]
mod venues;

use rhodian_core::ids::{AccountId, AssetId};
use rhodian_core::ledger::Holder;
use venues::{Traders, set_up};

const ACCOUNTS: u32 = 2_000;

fn main() {
    let fills: u32 = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(1);
    let mut engine = set_up(ACCOUNTS);
    let mut traders = Traders::new(ACCOUNTS);
    traders.fill(&mut engine, 2 * ACCOUNTS);
    traders.fill(&mut engine, fills);
    let held = |id| engine.state().ledger.balance(AssetId(0), Holder::Account(AccountId(id)));
    let sum: i128 = (0..ACCOUNTS).map(|id| i128::from(id + 1) * held(id).atoms()).sum();
    println!("{fills} fills, balances times places sum to {sum}");
}
