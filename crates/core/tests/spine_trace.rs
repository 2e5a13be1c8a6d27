//! The acceptance trace as far as it goes without prices: what the books lost is reported, and
//! from own means to the last repayment every number is the trace's.

mod world;

use rhodian_core::loss::Stage;
use world::World;

/// Bob, Carol, Dan and Gina as they stand after the close-out: cash, weight, cap, in atoms.
const LIABLE: &[(&str, u128, u128, u128)] = &[
    ("bob", 8_522_400, 1_408_000, 1_408_000),
    ("carol", 4_960_000, 1_408_000, 1_408_000),
    ("dan", 3_391_400, 930_000, 90_000),
    ("gina", 1_826_155, 688_000, 688_000),
];

fn trace_world() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 600_000, Some(250_000));
    world.tranche("tranche");
    world.gains("gains", Some(875_000));
    world.waterfall(&["fund", "tranche", "gains"]);
    world.account("sam", 250_000);
    world.stake("sam", "tranche", 220_000);
    world.account("alice", 0);
    world.account_of("alice-iso", "alice", 1_100_600);
    for (name, cash, _, _) in LIABLE {
        world.account(name, *cash);
    }
    world.account("ivan", 160_000);
    for (name, _, weight, cap) in LIABLE {
        world.claim("gains", name, *weight, *cap);
    }
    world
}

#[test]
fn the_first_loss() {
    let mut world = trace_world();
    world.report_failed("L1", 1_580_000, "alice", 0, &[("alice-iso", 285_000)]);

    let loss = world.loss("L1");
    assert_eq!(loss.stage, Stage::Settled);
    assert_eq!(loss.own_means.atoms(), 285_000);
    assert_eq!(loss.deficit.atoms(), 1_295_000);
    assert_eq!(world.received("L1", "fund"), 250_000);
    assert_eq!(world.received("L1", "tranche"), 220_000);
    assert_eq!(world.received("L1", "gains"), 825_000);
    assert_eq!(loss.uncovered.atoms(), 0);
    assert_eq!(world.cash("alice-iso"), 815_600);
    world.check_paid(
        "L1",
        &[("bob", 295_343), ("carol", 295_342), ("dan", 90_000), ("gina", 144_315)],
    );
}

/// Both losses in one episode: the first waits for nothing, the second joins it. The trace keeps
/// the episode open by an open book; here a pending call of another loss does it.
fn both() -> World {
    let mut world = trace_world();
    world.hold_episode_open();
    world.report_failed("L1", 1_580_000, "alice", 0, &[("alice-iso", 285_000)]);
    world.report_failed("L2", 216_000, "ivan", 160_000, &[]);
    world
}

#[test]
fn the_second_wave() {
    let world = both();
    let loss = world.loss("L2");
    assert_eq!(loss.deficit.atoms(), 56_000);
    assert_eq!(world.received("L2", "fund"), 0);
    assert_eq!(world.received("L2", "tranche"), 0);
    assert_eq!(world.received("L2", "gains"), 50_000);
    assert_eq!(loss.uncovered.atoms(), 6_000);
    world.check_paid("L2", &[("bob", 20_091), ("carol", 20_092), ("gina", 9_817)]);
}

#[test]
fn recoveries_and_income() {
    let mut world = both();
    let before = ["bob", "carol", "dan", "gina", "sam"].map(|name| world.cash(name));
    world.recover("L1", 400_000);
    let after = ["bob", "carol", "dan", "gina", "sam"].map(|name| world.cash(name));
    let repaid: Vec<i128> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    assert_eq!(repaid, [143_197, 143_196, 43_636, 69_971, 0]);

    world.recover("L1", 550_000);
    let last = ["bob", "carol", "dan", "gina", "sam"].map(|name| world.cash(name));
    let repaid: Vec<i128> = last.iter().zip(after).map(|(a, b)| a - b).collect();
    assert_eq!(repaid, [152_146, 152_146, 46_364, 74_344, 125_000]);

    assert_eq!(world.uncovered(), -6_000);
    world.income("fund", 30_000);
    assert_eq!(world.uncovered(), 0);
    assert_eq!(world.pot("fund"), 374_000);
}
