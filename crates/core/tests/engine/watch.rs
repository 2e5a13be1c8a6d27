//! The watch: levels that are kept while caps move above them are the levels a scan finds; a
//! state read from its bytes gets a watch that is as good as the one that followed every event.

use crate::world::{ASSET, World, amount, layer, members};
use borsh::{BorshDeserialize, to_vec};
use proptest::prelude::*;
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{Kind, MemberRule, Source};
use rhodian_core::engine::State;
use rhodian_core::ids::AccountId;

const TEXTS: [&str; 5] = ["ann", "ben", "cat", "dan", "eve"];

/// An open loss in front of two layers of the same five accounts.
fn open(on_touch: bool, loss: u128) -> World {
    let mut world = World::new("USD", 2);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(40));
    world.add(sale);
    let rule = MemberRule { on_touch, ..members(Rule::Proportional) };
    world.add(layer("gains", Kind::GainsHaircut, Source::Members(rule)));
    world.touched("deposits", false);
    world.waterfall(&["sale", "gains", "deposits"]);
    for (place, text) in (1..).zip(TEXTS) {
        world.account(text, 60 + 10 * place);
        world.claims("gains", &[(text, 3 * place, 25 * place)]);
        world.claims("deposits", &[(text, 10, 50)]);
    }
    world.report("L", loss);
    world
}

/// Liens read with the levels that were kept, and with none.
fn same_liens(world: &World) {
    let state = world.engine.state();
    let fresh = state.clone().watched();
    for id in (0..5).map(AccountId) {
        assert_eq!(state.lien(id, ASSET), fresh.lien(id, ASSET), "account {id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Money comes, goes and is lost, above and below the shares; the hole shrinks and grows.
    #[test]
    fn kept_levels_are_right(
        on_touch: bool,
        loss in 1u128..400,
        acts in prop::collection::vec((0u8..7, 0usize..5, 0usize..5, 1u128..60), 1..40),
    ) {
        let mut world = open(on_touch, loss);
        for (act, one, other, atoms) in acts {
            let (one, other) = (TEXTS[one], TEXTS[other]);
            match act {
                0 => drop(world.withdraw(one, world.free(one).max(1))),
                1 => drop(world.withdraw(one, atoms)),
                2 => drop(world.try_deposit(one, atoms)),
                3 => drop(world.transfer(one, other, atoms)),
                4 if one != other => world.result(one, other, atoms),
                5 => drop(world.pay_draw("L", "sale", None, atoms.min(7))),
                6 if atoms < 8 => world.report(&format!("M{}", world.given.len()), atoms),
                _ => world.tick(1),
            }
            same_liens(&world);
        }
    }
}

#[test]
fn a_state_read_from_its_bytes_is_watched_again() {
    let mut world = open(true, 150);
    world.result("ann", "ben", 90);
    world.report("M", 500);
    world.tick(1_000);
    let state = world.engine.state();
    let read = State::try_from_slice(&to_vec(state).unwrap()).unwrap();
    assert_eq!(read.digest(), state.digest());
    let watched = read.clone().watched();
    assert_eq!(watched.digest(), state.digest(), "the watch is no part of it");
    assert!(watched.is_watch_right() && state.is_watch_right() && read.is_watch_right());
    for state in [&read, &watched] {
        assert_eq!(state.account_named(&crate::world::name("cat")), Some(world.id("cat")));
        assert_eq!(
            state.free(world.id("cat"), ASSET),
            world.engine.state().free(world.id("cat"), ASSET)
        );
    }
}
