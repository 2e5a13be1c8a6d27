//! What stakers earn: a reward costs the same whoever is staked, and what it costs to settle each.
//! `cargo bench -p rhodian-core --bench rewards [-- STAKERS]`

#[path = "venues/mod.rs"]
mod venues;

use std::env;
use std::hint::black_box;

use rhodian_core::domain::{Caps, Command, Kind, LayerSpec, RewardFrom, Source};
use rhodian_core::engine::{Action, Engine, State};
use rhodian_core::ids::{AccountId, AssetId, LayerId};
use venues::{amount, give, name, open_account, thread_seconds};

const ASSET: AssetId = AssetId(0);
const ROUNDS: usize = 9;
const REWARDS: u64 = 1_000;

/// So many stakers of one tranche, with stakes of many sizes.
fn staked(stakers: u32) -> (Engine, LayerId) {
    let mut engine = Engine::new();
    let add = |command| Action::Domain(command);
    give(&mut engine, add(Command::AddAsset { name: name("USD"), decimals: 2 }));
    let spec = LayerSpec {
        name: name("Stakers"),
        kind: Kind::Tranche,
        asset: ASSET,
        source: Source::Pot,
        caps: Caps::default(),
        attachment: None,
    };
    give(&mut engine, add(Command::AddLayer { spec: Box::new(spec) }));
    let layer = LayerId(0);
    for id in 0..stakers {
        let account = AccountId(id);
        open_account(&mut engine, account, ASSET, 1_000_000_000);
        let stake = amount(1 + u128::from(id.wrapping_mul(2_654_435_761) % 999_999_937));
        give(&mut engine, add(Command::Stake { layer, account, number: 2, amount: stake }));
    }
    (engine, layer)
}

fn reward(engine: &mut Engine, layer: LayerId, number: u64) {
    let (from, amount) = (RewardFrom::Outside, Some(amount(1_000_003)));
    give(engine, Action::Domain(Command::Reward { layer, number, from, amount }));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let asked = env::args().skip(1).find_map(|text| text.parse().ok());
    let most: u32 = asked.unwrap_or(1_000_000);
    println!(
        "{:>10} {:>14} {:>18} {:>18} {:>16}",
        "stakers", "ns a reward", "ns settled, each", "read from a file", "first reward, ms"
    );
    for stakers in [most / 1_000, most / 10, most] {
        let (mut engine, layer) = staked(stakers);
        let began = thread_seconds();
        reward(&mut engine, layer, 1);
        let first = (thread_seconds() - began) * 1e3;
        let mut number = 1;
        let rewards = (0..ROUNDS).map(|_| {
            let began = thread_seconds();
            for _ in 0..REWARDS {
                number += 1;
                reward(&mut engine, layer, number);
            }
            (thread_seconds() - began) * 1e9 / REWARDS as f64
        });
        let rewards = median(rewards.collect());
        let given = u128::from(number) * 1_000_003;
        let settled = settled(engine.state(), layer, (stakers, given));
        let bytes = borsh::to_vec(engine.state()).expect("a state is written");
        let read: State = borsh::from_slice(&bytes).expect("it is read again");
        let again = self::settled(&read, layer, (stakers, given));
        println!("{stakers:>10} {rewards:>14.0} {settled:>18.1} {again:>18.1} {first:>16.1}");
    }
}

/// What it takes to read what each staker earned, in nanoseconds.
fn settled(state: &State, layer: LayerId, (stakers, given): (u32, u128)) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let began = thread_seconds();
        let sum: u128 = state.domains.earned(layer).map(|(_, earned)| earned.atoms()).sum();
        let took = (thread_seconds() - began) * 1e9 / f64::from(stakers);
        assert!(sum <= given && given - sum <= u128::from(stakers), "{sum} of {given}");
        black_box(sum);
        took
    });
    median(rounds.collect())
}
