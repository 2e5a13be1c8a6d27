//! A named stress: whose equity it takes below zero, in which domain, and what would pay. Alice is
//! long, Bob and Carol are short, Dora is long the twin.

mod world;

use rhodian_core::engine::State;
use rhodian_core::ids::MarketId;
use rhodian_core::margin::{Shock, Stress, stress};
use world::venue::perpetual;
use world::{ASSET, World};

/// Alice long 10 BTC at 1,000 of Bob's 7 and Carol's 3; Dora long 5 TWIN at 1,000 of Carol.
fn floor() -> World {
    let mut world = World::venue(500, 1_000);
    for (text, cash) in [("alice", 2_000), ("bob", 1_500), ("carol", 6_000), ("dora", 900)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 7, 1_000);
    world.fill("BTC", "alice", "carol", 3, 1_000);
    world.list(perpetual("TWIN"));
    world.mark("TWIN", 1_000);
    world.fill("TWIN", "dora", "carol", 5, 1_000);
    world
}

fn all(millionths: i32) -> Shock {
    Shock { others: millionths, ..Shock::default() }
}

/// The same by hand: every account's legs at the moved marks, leg by leg.
fn by_hand(state: &State, shock: &Shock) -> u128 {
    let hole = |account| {
        let legs = &state.markets.position(account).legs;
        let moved = |leg: &rhodian_core::market::Leg| {
            let mark = i128::from(state.markets.market(leg.market).unwrap().mark.unwrap().ticks());
            i128::from(leg.lots.lots()) * mark * i128::from(shock.of(leg.market)) / 1_000_000
        };
        let equity = state.settled_equity(account, ASSET) + legs.iter().map(moved).sum::<i128>();
        equity.min(0).unsigned_abs()
    };
    state.accounts.accounts().map(|(id, _)| hole(id)).sum()
}

fn one(found: &Stress) -> (u32, u128) {
    let [domain] = found.domains.as_slice() else { panic!("{found:?}") };
    (domain.failing, domain.hole.atoms())
}

#[test]
fn the_hole_is_what_accounts_below_zero_lack_at_the_moved_marks() {
    let world = floor();
    let state = world.engine.state();
    let btc = world.market_id("BTC");
    let twin = world.market_id("TWIN");
    let cases = [
        ("nothing moves", all(0), (0, 0)),
        ("a fifth down: Alice stands at zero, Dora below", all(-200_000), (1, 100)),
        ("three tenths down: both below", all(-300_000), (2, 1_600)),
        ("up a quarter: Bob below", all(250_000), (1, 250)),
        ("BTC alone", all(0).with(btc, -300_000), (1, 1_000)),
        ("the twin alone", all(0).with(twin, -300_000), (1, 600)),
        ("a pair that offsets for Carol", all(300_000).with(twin, -300_000), (2, 1_200)),
    ];
    for (name, shock, wanted) in cases {
        let found = stress(state, &shock);
        assert_eq!(one(&found), wanted, "{name}");
        assert_eq!(by_hand(state, &shock), wanted.1, "{name}: by hand");
        assert_eq!(found.unknown, 0, "{name}");
    }
}

#[test]
fn the_plan_says_what_the_layers_would_pay_today() {
    let world = floor();
    let found = stress(world.engine.state(), &all(-300_000));
    let plan = found.domains[0].plan.as_ref().expect("a waterfall");
    assert_eq!(plan.amount.atoms(), 1_600);
    let fund = &plan.rounds[0].draws[0];
    assert_eq!((fund.layer, fund.planned.atoms()), (world.layer_id("fund"), 500));
    // Nobody has gained anything yet: today the winners' layer holds nothing.
    assert_eq!(plan.uncovered.atoms(), 1_100);
    let nothing = stress(world.engine.state(), &all(0));
    assert_eq!(nothing.domains[0].plan, None);
}

#[test]
fn a_stress_changes_nothing_and_a_market_nobody_holds_moves_nobody() {
    let world = floor();
    let before = world.engine.state().digest();
    let unheld = stress(world.engine.state(), &all(0).with(MarketId(77), -900_000));
    assert_eq!(one(&unheld), (0, 0));
    assert_eq!(world.engine.state().digest(), before);
}
