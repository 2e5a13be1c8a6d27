//! Commands out of random bytes on a venue with a protection: providers come and go, prices jump
//! and are lost, the fund is drawn on and paid into. Nothing panics, a rejection changes nothing,
//! what is due is accepted, the laws hold after every event, and two engines agree to the bit.

use std::collections::BTreeMap;

use crate::commands::{Bytes, drawn};
use crate::world::acts::word;
use crate::world::feeds::{FEED, say_of};
use crate::world::protection::{HOUR, believing, give, protection_of, slow, spec};
use crate::world::{World, amount, name};
use proptest::prelude::*;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{AccountId, ProtectedId, ProtectionId};
use rhodian_core::pools::protection::{Command, ProtectionSpec, Stage};

const NAMES: [&str; 4] = ["a0", "a1", "a2", "a3"];

/// A protection of a fund that covers a part of what it may owe, another of the same fund, and four
/// accounts of three owners.
fn venue(walks: bool) -> World {
    let short = ProtectionSpec { cliff: HOUR, vesting: 4 * HOUR, term: 6 * HOUR, ..spec() };
    let short = ProtectionSpec { leverage: 3_000_000, ..short };
    let params = if walks { slow() } else { believing() };
    let mut world = protection_of(short.clone(), 9_000, params);
    give(
        &mut world,
        Command::Open { spec: Box::new(ProtectionSpec { name: name("other"), ..short }) },
    )
    .unwrap();
    for (place, text) in NAMES.iter().enumerate() {
        world.account_of(text, &format!("o{}", place % 3), 30_000);
    }
    world
}

fn of_protection(bytes: &mut Bytes<'_>, world: &mut World) -> Command {
    let (of, account) = (bytes.byte(), AccountId(u32::from(bytes.byte() % 5)));
    let number = if bytes.byte() < 250 { world.next_number() } else { 1 };
    let money = [999, 1_000, 1_001, 4_000, 9_000, 20_000, 10u128.pow(30)];
    let deposit = amount(money[usize::from(bytes.byte()) % money.len()]);
    let protection = ProtectionId(u32::from(bytes.byte() % 9 / 4));
    let count = world.engine.state().protections.positions().count();
    let position = ProtectedId(u32::from(bytes.byte()) % (count as u32 + 1));
    match of % 5 {
        0..=2 => Command::Protect { protection, account, number, deposit },
        _ => Command::Close { position },
    }
}

/// One command of the bytes; its code.
fn step(bytes: &mut Bytes<'_>, world: &mut World) -> String {
    let given = match bytes.byte() {
        0..=89 => {
            let command = of_protection(bytes, world);
            let owner = bytes.byte() > 240;
            let id = u32::from(bytes.byte() % 4);
            let actor = if owner { Actor { role: Role::Owner, id } } else { Actor::VENUE };
            world.give(actor, Action::Protection(command))
        }
        90..=149 => {
            let ticks = [1, 250, 990, 1_000, 1_010, 1_500, 4_000, 10u64.pow(15)];
            let ticks = ticks[usize::from(bytes.byte()) % ticks.len()];
            let first = u32::from(bytes.byte() % 3);
            let _ = say_of(world, FEED, first, ticks);
            say_of(world, FEED, (first + 1) % 3, ticks)
        }
        150..=209 => {
            let spans = [1_000, 3_000, 60_000, HOUR, HOUR + 1, 3 * HOUR, 25 * HOUR];
            let span = spans[usize::from(bytes.byte()) % spans.len()];
            world.at = world.at.after(span);
            world.give(Actor::VENUE, Action::Tick)
        }
        210..=219 => world.try_pay_into("fund", 1 + 50 * u128::from(bytes.byte())),
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
    fn random_commands(
        walks in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut world = venue(walks);
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            step(&mut bytes, &mut world);
        }
        world.probe();
    }
}

/// The bytes reach something: claims that are paid in full and in part, and such as wait.
#[test]
fn the_bytes_reach_claims() {
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    let (mut seed, mut full, mut short, mut waits) = (7u64, 0, 0, 0);
    for round in 0..300 {
        let bytes = drawn(&mut seed, 600);
        let mut world = venue(round % 2 == 0);
        world.checked = false;
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            *codes.entry(step(&mut bytes, &mut world)).or_default() += 1;
        }
        for (_, of) in world.engine.state().protections.positions() {
            let claim = of.exit.map_or(0, |exit| exit.claim.atoms());
            waits += u32::from(of.stage == Stage::Claiming);
            full += u32::from(claim > 0 && of.paid.atoms() == claim);
            short += u32::from(of.stage == Stage::Over && of.paid.atoms() < claim);
        }
    }
    assert!(full > 3 && short > 3 && waits > 0, "{full}, {short}, {waits}: {codes:?}");
    for code in ["ended", "above-fund", "fund-held", "price-unfit", "below-least"] {
        assert!(codes.contains_key(code), "{code}: {codes:?}");
    }
}
