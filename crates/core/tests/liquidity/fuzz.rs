//! Commands out of random bytes on a venue with a market and a vault: holders come and go, the
//! vault trades, gains, fails and begins anew. Nothing panics, a rejection changes nothing, what is
//! due is accepted, the laws hold after every event, and two engines agree to the bit.

use std::collections::BTreeMap;

use crate::commands::{Bytes, drawn};
use crate::world::acts::word;
use crate::world::liquidity::{HOUR, VAULT, open, spec, vault, vault_of};
use crate::world::venue::perpetual;
use crate::world::{World, amount};
use proptest::prelude::*;
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::AccountId;
use rhodian_core::pools::liquidity::{Command, Shares, VaultSpec};

const NAMES: [&str; 6] = ["vault", "a0", "a1", "a2", "a3", "a4"];

/// A vault, and five accounts of four owners that trade with it and hold shares of it.
fn venue() -> World {
    let fees = VaultSpec { fee: 100_000, fee_period: HOUR, ..spec() };
    let mut world = vault_of(VaultSpec { cooldown: 50_000, ..fees }, 2_000);
    world.set(Parameter::StressRate, 20_000);
    world.list(perpetual("m0"));
    world.mark("m0", 100);
    for (place, text) in NAMES[1..].iter().enumerate() {
        world.account_of(text, &format!("o{}", place % 4), 30_000);
    }
    assert!(open(&mut world, spec()).is_err(), "a domain has one");
    world
}

fn of_vault(bytes: &mut Bytes<'_>, world: &mut World) -> Command {
    let (of, account) = (bytes.byte(), AccountId(u32::from(bytes.byte() % 7)));
    let number = if bytes.byte() < 250 { world.next_number() } else { 1 };
    let money = [999, 1_000, 1_500, 4_000, 9_000, 20_000, 10u128.pow(30)];
    let amount = amount(money[usize::from(bytes.byte()) % money.len()]);
    let held = vault(world).holding(account).shares.count();
    let parts = [held / 3, held, held + 1, 1, held / 2 + 1];
    let part = parts[usize::from(bytes.byte()) % parts.len()];
    let shares = (bytes.byte() < 150).then(|| Shares::new(part).unwrap());
    match of % 5 {
        0..=2 => Command::Enter { vault: VAULT, account, number, amount },
        _ => Command::Leave { vault: VAULT, account, number, shares },
    }
}

/// One command of the bytes; its code.
fn step(bytes: &mut Bytes<'_>, world: &mut World) -> String {
    let given = match bytes.byte() {
        0..=89 => {
            let command = of_vault(bytes, world);
            let owner = bytes.byte() > 230;
            let id = u32::from(bytes.byte() % 5);
            let actor = if owner { Actor { role: Role::Owner, id } } else { Actor::VENUE };
            world.give(actor, Action::Liquidity(command))
        }
        90..=149 => {
            let name = |byte: u8| NAMES[usize::from(byte) % NAMES.len()];
            let (buyer, seller) = (name(bytes.byte()), name(bytes.byte() / 2));
            let (lots, price) =
                (4 * i64::from(bytes.byte()) + 1, 90 + u64::from(bytes.byte()) / 12);
            world.try_fill("m0", buyer, seller, lots, price)
        }
        150..=179 => {
            let ticks = [60, 80, 90, 100, 100, 110, 130, 180][usize::from(bytes.byte()) % 8];
            world.try_mark("m0", ticks)
        }
        180..=209 => {
            // Up to some minutes, or some hours: a fee's period is an hour.
            let byte = bytes.byte();
            let unit = if byte.is_multiple_of(4) { 60_000 } else { 1_000 };
            world.at = world.at.after(u64::from(byte) * unit);
            world.give(Actor::VENUE, Action::Tick)
        }
        _ => {
            let (actor, _, action) = crate::commands::command(bytes);
            world.give(actor, action)
        }
    };
    word(given)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 160,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_commands(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut world = venue();
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            step(&mut bytes, &mut world);
        }
        world.probe();
    }
}

/// The bytes reach something: vaults that fail and begin anew, holders who pay, exits that wait.
#[test]
fn the_bytes_reach_holders_who_pay() {
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    let (mut seed, mut paid, mut anew, mut fees) = (7u64, 0, 0, 0);
    for _ in 0..300 {
        let bytes = drawn(&mut seed, 600);
        let mut world = venue();
        world.checked = false;
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            *codes.entry(step(&mut bytes, &mut world)).or_default() += 1;
        }
        anew += vault(&world).epoch;
        // Only a fee that was taken lifts a mark above an entry cost.
        fees += vault(&world).holders().filter(|(_, of)| of.high_water > of.cost).count();
        let layers = ["profit", "principal"].map(|text| world.layer_id(text));
        let losses = world.engine.state().losses.losses();
        let draws = losses.flat_map(|(_, loss)| &loss.draws);
        paid +=
            draws.filter(|draw| layers.contains(&draw.layer) && !draw.received.is_zero()).count();
    }
    assert!(paid > 3 && anew > 0 && fees > 3, "{paid}, {anew}, {fees}: {codes:?}");
    for code in ["above-shares", "below-least", "loss-known", "of-vault", "has-legs"] {
        assert!(codes.contains_key(code), "{code}: {codes:?}");
    }
}
