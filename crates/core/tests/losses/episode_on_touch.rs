//! Shares taken when an account is next touched: within an atom of shares taken at once, and no
//! way out of them.

use crate::world::{World, amount, layer};
use proptest::prelude::*;
use rhodian_core::domain::{CauseClass, Kind, Source};

/// Accounts `(weight, cap, cash)` behind one layer of deposits, in an episode held open.
fn deposits(accounts: &[(u128, u128, u128)], on_touch: bool) -> World {
    let mut world = World::new("USD", 2);
    world.touched("deposits", on_touch);
    world.waterfall(&["deposits"]);
    for (place, (weight, cap, cash)) in accounts.iter().enumerate() {
        let text = format!("a{place}");
        world.account(&text, *cash);
        world.claim("deposits", &text, *weight, *cap);
    }
    // The losses reported here are paid outside: the vault has enough.
    world.account("rich", 1_000_000);
    world.hold_episode_open();
    world
}

/// The lien outlives the episode: what is divided cannot be taken out before it is paid.
#[test]
fn a_share_that_waits_cannot_be_withdrawn() {
    let mut world = World::new("USD", 2);
    world.touched("deposits", true);
    world.waterfall(&["deposits"]);
    for text in ["ann", "ben"] {
        world.account(text, 100);
        world.claim("deposits", text, 1, 100);
    }
    world.report("L", 100);
    assert_eq!((world.cash("ann"), world.lien("ann"), world.free("ann")), (100, 50, 50));
    assert_eq!(world.withdraw("ann", 51).unwrap_err().code(), "withdrawal-above-free");
    assert_eq!(world.transfer("ann", "ben", 51).unwrap_err().code(), "withdrawal-above-free");
    world.withdraw("ann", 50).unwrap();
    assert_eq!((world.cash("ann"), world.lien("ann")), (0, 0));
    assert_eq!(world.unsettled("L"), -50, "ben was not touched");
    world.deposit("ben", 1);
    assert_eq!((world.cash("ben"), world.unsettled("L"), world.residue()), (51, 0, 0));
}

/// Every way an account is touched takes its share first.
#[test]
fn touched_by_every_movement() {
    type Touch = fn(&mut World);
    let touches: [(&str, Touch); 6] = [
        ("deposit", |world| world.deposit("ann", 1)),
        ("withdrawal", |world| drop(world.withdraw("ann", 1).unwrap())),
        ("transfer out", |world| drop(world.transfer("ann", "eve", 1).unwrap())),
        ("transfer in", |world| drop(world.transfer("eve", "ann", 1).unwrap())),
        ("a lost result", |world| world.result("ann", "eve", 1)),
        ("a won result", |world| world.result("eve", "ann", 1)),
    ];
    for (text, touch) in touches {
        let mut world = World::new("USD", 2);
        world.touched("deposits", true);
        world.waterfall(&["deposits"]);
        world.account("ann", 100);
        world.account("eve", 100);
        world.claim("deposits", "ann", 1, 100);
        world.report("L", 40);
        assert_eq!(world.bore("L", "deposits").len(), 0, "{text}");
        touch(&mut world);
        assert_eq!(world.bore("L", "deposits"), [(world.id("ann"), 40)].into(), "{text}");
        assert!((59..=61).contains(&world.cash("ann")), "{text}: {}", world.cash("ann"));
    }
}

/// Rounding up collects too much of the first loss and too little of the second; neither stands.
#[test]
fn what_one_wave_rounds_up_pays_the_next() {
    let mut world = deposits(&[(1, 100, 100); 3], true);
    world.report("L", 1);
    world.report("M", 2);
    world.take_shares("M");
    assert_eq!(["a0", "a1", "a2"].map(|text| world.cash(text)), [99; 3]);
    assert_eq!((world.unsettled("L"), world.unsettled("M"), world.residue()), (0, 0, 0));
    world.report("N", 1);
    world.take_shares("N");
    assert_eq!(["a0", "a1", "a2"].map(|text| world.cash(text)), [98; 3]);
    assert_eq!((world.unsettled("N"), world.residue()), (0, 2));
    world.report("O", 2);
    world.take_shares("O");
    assert_eq!((world.unsettled("O"), world.residue()), (0, 0), "the residue pays it back");
}

/// A loss that is divided twice over one layer, another in between, leaves one residue.
#[test]
fn a_residue_is_booked_once() {
    let mut world = World::new("USD", 2);
    world.touched("deposits", true);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 10 });
    sale.caps.per_event = Some(amount(2));
    world.add(sale);
    let steps = vec![world.step(&[("deposits", 3), ("sale", 1)])];
    world.waterfall_of(CauseClass::Default, steps);
    for text in ["ann", "ben", "cat", "dan"] {
        world.account(text, 200);
        world.claim("deposits", text, 10, 50);
    }
    world.report("L", 7);
    world.report("M", 1);
    world.tick(10);
    world.take_shares("L");
    world.take_shares("M");
    assert_eq!(["ann", "ben", "cat", "dan"].map(|text| world.cash(text)), [198; 4]);
    assert_eq!((world.unsettled("L"), world.unsettled("M"), world.residue()), (0, 0, 0));
    world.report("N", 1);
    world.tick(10);
    world.take_shares("N");
    assert_eq!((world.unsettled("N"), world.residue()), (0, 3));
}

/// One balance does not serve two divisions, side by side or one after the other.
#[test]
fn one_balance_pays_once() {
    for side_by_side in [true, false] {
        let mut world = World::new("USD", 2);
        world.touched("one", true);
        world.touched("two", true);
        let steps = match side_by_side {
            true => vec![world.step(&[("one", 1), ("two", 1)])],
            false => vec![world.step(&[("one", 1)]), world.step(&[("two", 1)])],
        };
        world.waterfall_of(CauseClass::Default, steps);
        world.account("ann", 10);
        world.claim("one", "ann", 1, 10);
        world.claim("two", "ann", 1, 10);
        world.report("L", 20);
        assert_eq!(world.uncovered(), -10, "{side_by_side}");
        world.deposit("ann", 5);
        assert_eq!(world.cash("ann"), 5, "{side_by_side}");
    }
}

/// Whoever fails pays what he owed before he failed.
#[test]
fn who_fails_owes_earlier_shares() {
    let mut world = deposits(&[(1, 100, 100); 3], true);
    world.report("L", 90);
    world.report_failed("M", 10, "a0", 0, &[]);
    world.take_shares("L");
    assert_eq!(["a0", "a1", "a2"].map(|text| world.cash(text)), [70, 65, 65]);
}

/// Money that comes back is not counted on by a division made before.
#[test]
fn repayments_do_not_raise_a_share() {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.touched("deposits", true);
    world.waterfall(&["gains", "deposits"]);
    world.account("ann", 60);
    world.account("ben", 1_000);
    world.claim("gains", "ann", 1, 50);
    world.claims("deposits", &[("ann", 1, 500), ("ben", 1, 500)]);
    world.hold_episode_open();
    world.report("L", 50);
    world.report("M", 200);
    world.recover("L", 50);
    assert_eq!(world.cash("ann"), 50, "10 were left when the second loss was divided");
    world.take_shares("M");
    assert_eq!((world.cash("ann"), world.cash("ben"), world.residue()), (50, 810, 0));
}

/// Claims are known when all shares are taken; recoveries come after.
#[test]
fn recoveries_wait_for_shares() {
    let mut world = deposits(&[(1, 100, 100), (2, 100, 100)], true);
    world.report("L", 90);
    assert_eq!(world.try_recover("L", 30).unwrap_err().code(), "loss-stage");
    world.take_shares("L");
    world.recover("L", 30);
    assert_eq!([world.cash("a0"), world.cash("a1")], [80, 60]);
}

#[derive(Clone, Debug)]
enum Step {
    Loss(u128),
    Withdraw(usize, u128),
    Deposit(usize, u128),
    Recover(usize, u128),
    Take(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1u128..60).prop_map(Step::Loss),
        2 => (0usize..6, 1u128..40).prop_map(|(who, atoms)| Step::Withdraw(who, atoms)),
        1 => (0usize..6, 1u128..40).prop_map(|(who, atoms)| Step::Deposit(who, atoms)),
        1 => (0usize..9, 1u128..20).prop_map(|(loss, atoms)| Step::Recover(loss, atoms)),
        1 => (0usize..9).prop_map(Step::Take),
    ]
}

fn account() -> impl Strategy<Value = (u128, u128, u128)> {
    (0u128..9, 0u128..60, 0u128..60)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Both modes pay the same in all, and the same by account within an atom.
    #[test]
    fn both_modes_agree(
        accounts in prop::collection::vec(account(), 1..7),
        losses in prop::collection::vec(1u128..80, 1..6),
        touched in prop::collection::vec(0usize..7, 6),
    ) {
        let mut worlds = [true, false].map(|on_touch| deposits(&accounts, on_touch));
        for (wave, (loss, who)) in losses.iter().zip(touched).enumerate() {
            let text = format!("L{wave}");
            for world in &mut worlds {
                world.report(&text, *loss);
                if who < accounts.len() {
                    world.deposit(&format!("a{who}"), 1);
                }
            }
            prop_assert_eq!(worlds[0].uncovered(), worlds[1].uncovered());
        }
        for wave in 0..losses.len() {
            worlds[0].take_shares(&format!("L{wave}"));
        }
        let residue = worlds[0].residue();
        prop_assert!((0..=accounts.len() as i128).contains(&residue), "residue {}", residue);
        let cash = |world: &World, place: u32| world.cash(&format!("a{place}"));
        let mut over = 0;
        for place in 0..u32::try_from(accounts.len()).unwrap() {
            let (late, once) = (cash(&worlds[0], place), cash(&worlds[1], place));
            let waves = losses.len() as i128;
            prop_assert!((late - once).abs() <= waves, "a{}: {} and {}", place, late, once);
            over += once - late;
        }
        prop_assert_eq!(over, residue);
    }

    /// Whatever happens between: the laws hold, nobody is below zero, nothing stands unsettled
    /// once all were touched.
    #[test]
    fn any_interleaving(
        accounts in prop::collection::vec(account(), 1..6),
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let mut world = deposits(&accounts, true);
        let mut losses = 0;
        let who = |place: usize| format!("a{}", place % accounts.len());
        for step in steps {
            match step {
                Step::Loss(atoms) => {
                    world.report(&format!("L{losses}"), atoms);
                    losses += 1;
                }
                Step::Withdraw(place, atoms) => {
                    let free = world.free(&who(place));
                    prop_assert_eq!(world.withdraw(&who(place), atoms).is_ok(), atoms <= free);
                }
                Step::Deposit(place, atoms) => world.deposit(&who(place), atoms),
                Step::Recover(loss, atoms) if loss < losses => {
                    let _ = world.try_recover(&format!("L{loss}"), atoms);
                }
                Step::Take(loss) if loss < losses => world.take_shares(&format!("L{loss}")),
                Step::Recover(..) | Step::Take(_) => {}
            }
        }
        for loss in 0..losses {
            world.take_shares(&format!("L{loss}"));
            prop_assert_eq!(world.unsettled(&format!("L{loss}")), 0);
        }
    }
}
