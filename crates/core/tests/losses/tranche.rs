//! Staked capital: drawn by stake, joined and left only while nothing is open.

use crate::world::{World, amount, layer};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{Attachment, Kind, Source};

/// Liquity's example: A 100 and B 300, a loss of 100, C joins with 100, a loss of 80.
#[test]
fn liquity_vector() {
    for unit in [1, 10u128.pow(18), 7] {
        let mut world = World::new("LUSD", 18);
        world.tranche("pool");
        world.waterfall(&["pool"]);
        for (text, stake) in [("ann", 100), ("ben", 300), ("cat", 100)] {
            world.account(text, stake * unit);
        }
        world.stake("ann", "pool", 100 * unit);
        world.stake("ben", "pool", 300 * unit);
        let stakes = |world: &World| ["ann", "ben", "cat"].map(|text| world.stake_of(text, "pool"));
        world.report("first", 100 * unit);
        assert_eq!(stakes(&world), [75, 225, 0].map(|stake| stake * unit));
        world.stake("cat", "pool", 100 * unit);
        world.report("second", 80 * unit);
        assert_eq!(stakes(&world), [60, 180, 80].map(|stake| stake * unit));
        assert_eq!(world.pot("pool"), i128::try_from(320 * unit).unwrap());
        // What comes back goes to who bore it: the one who joined bore nothing of the first.
        world.recover("first", 40 * unit);
        let cash = ["ann", "ben", "cat"].map(|text| world.cash(text));
        assert_eq!(cash, [10, 30, 0].map(|atoms| i128::try_from(atoms * unit).unwrap()));
    }
}

/// Emptied to the last atom, and begun anew by who comes next.
#[test]
fn a_tranche_wiped_out() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    for text in ["ann", "ben", "cat"] {
        world.account(text, 100);
    }
    world.stake("ann", "pool", 1);
    world.stake("ben", "pool", 2);
    world.report("L", 5);
    assert_eq!((world.pot("pool"), world.uncovered()), (0, -2));
    world.stake("cat", "pool", 10);
    world.report("M", 4);
    let stakes = ["ann", "ben", "cat"].map(|text| world.stake_of(text, "pool"));
    assert_eq!(stakes, [0, 0, 6]);
    assert_eq!(world.try_unstake("ann", "pool", 1).unwrap_err().code(), "above-stake");
}

/// While an episode may draw on it nobody joins and nobody leaves.
#[test]
fn closed_while_an_episode_is_open() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.tranche("aside");
    world.waterfall(&["pool"]);
    world.account("ann", 100);
    world.stake("ann", "pool", 50);
    world.set(Parameter::StakeCooldown, 0);
    world.hold_episode_open();
    assert_eq!(world.try_unstake("ann", "pool", 1).unwrap_err().code(), "episode-open");
    assert_eq!(world.try_stake("ann", "pool", 1).unwrap_err().code(), "episode-open");
    world.try_stake("ann", "aside", 1).unwrap();
    world.tick(3_600_000);
    world.try_unstake("ann", "pool", 50).unwrap();
    assert_eq!(world.cash("ann"), 99);
}

/// Bands of the episode's cumulative deficit: each tranche pays between its points, whatever
/// order losses come in, and gaps between bands fall to what stands behind.
#[test]
fn attachment_and_detachment() {
    let build = || {
        let mut world = World::new("USD", 2);
        for (text, attach, detach) in [("junior", 10, 30), ("senior", 40, 60)] {
            let mut spec = layer(text, Kind::Tranche, Source::Pot);
            spec.attachment = Some(Attachment { attach: amount(attach), detach: amount(detach) });
            world.add(spec);
        }
        world.fund("fund", 1_000, None);
        world.waterfall(&["junior", "senior", "fund"]);
        world.account("ann", 1_000);
        world.stake("ann", "junior", 15);
        world.stake("ann", "senior", 100);
        world.hold_episode_open();
        world
    };
    let pots = |world: &World| ["junior", "senior", "fund"].map(|text| world.pot(text));
    let mut once = build();
    once.report("L", 100);
    assert_eq!(pots(&once), [0, 80, 935], "15 staked of 20, 20, and the rest");
    for losses in [&[25, 25, 25, 25][..], &[5, 45, 50], &[1; 100]] {
        let mut waves = build();
        for (wave, loss) in losses.iter().enumerate() {
            waves.report(&format!("L{wave}"), *loss);
        }
        // The deficit that held the episode open is of another class and counts in it: one atom.
        assert_eq!(pots(&waves), [0, 80, 935], "{losses:?}");
    }
}
