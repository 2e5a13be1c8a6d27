//! Session gains: who is liable for a default, with what weight and cap, whatever he does about it
//! before and after. Alice fails, Bob won, Carol tries to get out of it.

use std::collections::BTreeMap;

use crate::world::venue::perpetual;
use crate::world::{DOMAIN, World};
use rhodian_core::control::Parameter;
use rhodian_core::loss::Stage;

/// Alice is long 200 lots of BTC against Bob and Carol, 100 each, at 1,000; a checkpoint nine
/// hours old. A fall to 860 leaves Alice with -8,000.
fn floor() -> World {
    let mut world = World::venue(0, 1_000);
    world.account("alice", 20_000);
    world.account("bob", 50_000);
    world.account("carol", 50_000);
    world.account("dan", 50_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.fill("BTC", "alice", "carol", 100, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * 3_600_000);
    world
}

/// Weights and caps of the last liable set, by account name.
fn liable(world: &World, names: &[&str]) -> BTreeMap<String, (u128, u128)> {
    let losses = &world.engine.state().losses;
    let (_, episode) = losses.episodes().last().expect("an episode");
    let set = losses.set(*episode.sets.last().expect("a set")).expect("a set");
    let members = set.layers.values().flat_map(|layer| layer.members.iter());
    let named = |account| names.iter().find(|name| world.id(name) == account);
    let rows = members.filter_map(|member| {
        let name = named(member.account)?;
        Some(((*name).to_owned(), (member.weight.atoms(), member.cap.atoms())))
    });
    rows.collect()
}

/// What Carol does before the fall changes nothing: she won as much as Bob.
fn check(case: &str, dodge: impl FnOnce(&mut World)) {
    let mut world = floor();
    world.mark("BTC", 930);
    assert_eq!(world.equity("alice"), 6_000);
    dodge(&mut world);
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    let weights = liable(&world, &["bob", "carol"]);
    assert_eq!(weights["bob"], (14_000, 14_000), "{case}: Bob won 140 a lot");
    let carol: Vec<_> = weights.get("carol").into_iter().collect();
    assert_eq!(carol, [&(14_000, 14_000)], "{case}: Carol won as much");
}

#[test]
fn gains_are_liable_whatever_was_done_with_them() {
    check("doing nothing", |_| {});
    check("closing and reopening", |world| {
        world.fill("BTC", "carol", "dan", 100, 930);
        world.fill("BTC", "dan", "carol", 100, 930);
    });
    check("taking out what is free", |world| {
        let free = world.free("carol");
        world.withdraw("carol", free).unwrap();
    });
    check("paying in", |world| world.deposit("carol", 5_000));
    check("waiting a little", |world| world.tick(3_600_000));
}

#[test]
fn gains_realised_stay_liable() {
    let mut world = floor();
    world.mark("BTC", 930);
    world.fill("BTC", "carol", "dan", 100, 930);
    assert_eq!(world.lots("carol", "BTC"), 0);
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    let weights = liable(&world, &["bob", "carol", "dan"]);
    assert_eq!(weights["bob"], (14_000, 14_000));
    assert_eq!(weights["carol"], (7_000, 7_000), "realised before the second half of the fall");
    assert_eq!(weights["dan"], (7_000, 7_000), "and Dan, who took her place, has the rest");
}

#[test]
fn gains_washed_to_a_fresh_account_are_its_owners() {
    let mut world = floor();
    world.account_of("carol-2", "carol", 50_000);
    world.mark("BTC", 930);
    // Carol sells her gain to her other account: far below the mark, as the band allows.
    world.fill("BTC", "carol", "carol-2", 100, 990);
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    let weights = liable(&world, &["carol", "carol-2"]);
    let weight: u128 = weights.values().map(|(weight, _)| weight).sum();
    let cap: u128 = weights.values().map(|(_, cap)| cap).sum();
    assert_eq!((weight, cap), (14_000, 14_000), "netted by owner: {weights:?}");
}

#[test]
fn matured_gains_are_not_liable() {
    let mut world = floor();
    world.mark("BTC", 930);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    assert_eq!(liable(&world, &["bob"])["bob"], (7_000, 7_000), "what was gained before is his");
}

#[test]
fn a_flat_holder_and_a_newcomer_pay_nothing() {
    let mut world = floor();
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    world.account("hugo", 100_000);
    world.fill("BTC", "hugo", "book/L1", 200, 860);
    assert_eq!(world.loss("L1").stage, Stage::Settled);
    assert_eq!(world.loss("L1").deficit.atoms(), 8_000);
    world.check_paid("L1", &[("bob", 4_000), ("carol", 4_000)]);
    assert_eq!((world.cash("dan"), world.equity("hugo")), (50_000, 100_000));
}

/// Bob leaves with what is free after detection; his lien stays, and his share is paid from it.
#[test]
fn a_leaver_leaves_his_share_behind() {
    let mut world = floor();
    world.mark("BTC", 860);
    world.loss_of("L1", "alice");
    assert!(world.lien("bob") >= 4_000, "half of the hole, and of the stressed cost");
    let free = world.free("bob");
    world.withdraw("bob", free).unwrap();
    assert_eq!(world.withdraw("bob", 1).unwrap_err().code(), "withdrawal-above-free");
    world.fill("BTC", "dan", "book/L1", 200, 860);
    world.check_paid("L1", &[("bob", 4_000), ("carol", 4_000)]);
}

/// Ten winners fail one after another while the first loss is closed out: caps only shrink, what
/// they can no longer pay falls on the rest, and every loss settles.
#[test]
fn winners_that_fail_meanwhile_pay_nothing_and_the_level_rises() {
    let mut world = World::venue(0, 1_000);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    world.set(Parameter::CloseOutTime, 30 * 24 * 3_600_000);
    world.account("alice", 110_000);
    world.account("whale", 10_000_000);
    let winners: Vec<String> = (0..10).map(|i| format!("winner-{i}")).collect();
    for name in &winners {
        world.account(name, 30_000);
        world.fill("BTC", "alice", name, 100, 1_000);
        world.fill("ETH", name, "whale", 100, 1_000);
    }
    world.account("rest", 50_000);
    world.fill("BTC", "alice", "rest", 100, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.mark("BTC", 880);
    world.loss_of("L1", "alice");
    let hole = 22_000;
    assert_eq!(world.equity("winner-0"), 42_000);
    for (place, _) in winners.iter().enumerate() {
        let ticks = 1_000 - 45 * (place as u64 + 1);
        world.mark("ETH", ticks);
    }
    assert!(winners.iter().all(|name| world.lots(name, "ETH") == 0), "all ten have failed");
    world.mark("BTC", 880);
    let failed = world.engine.state().losses.losses().count();
    assert_eq!(failed, 11);
    world.account("maker", 100_000_000);
    world.fill("BTC", "maker", "book/L1", 1_100, 880);
    let loss = world.loss("L1");
    assert_eq!(loss.stage, Stage::Settled);
    assert_eq!(loss.deficit.atoms(), hole);
    world.check_paid("L1", &[("rest", 12_000)]);
    assert_eq!(loss.uncovered.atoms(), 10_000, "the one who is left pays up to his cap");
}

/// A takeover is a trade at the mark for the account that failed: it realises what it lost, and a
/// leg that is gone is neither a gain nor a loss of its whole value. Touched in the period or not.
#[test]
fn a_taken_over_account_lost_what_it_lost() {
    for touched in [false, true] {
        let mut world = floor();
        if touched {
            world.deposit("alice", 1);
        }
        world.mark("BTC", 860);
        world.loss_of("L1", "alice");
        let alice = world.id("alice");
        let reference = world.engine.state().reference(DOMAIN, world.at);
        let session = world.engine.state().session(alice, reference).expect("she traded");
        assert_eq!(session.gain(DOMAIN), -28_000, "200 lots fell by 140");
        assert_eq!(session.realised, -28_000);
    }
}

/// Two accounts of one owner fail at once: what his third one gained is held once, for both, and
/// taken once.
#[test]
fn a_gain_is_held_once_for_two_losses_of_its_owner() {
    let mut world = World::venue(0, 1_000);
    for (text, owner) in [("ann", "ann"), ("ann-2", "ann"), ("ann-iso", "ann"), ("bob", "bob")] {
        world.account_of(text, owner, if text == "bob" { 90_000 } else { 10_000 });
    }
    world.fill("BTC", "ann", "bob", 90, 1_000);
    world.fill("BTC", "ann-2", "bob", 90, 1_000);
    world.fill("BTC", "bob", "ann-iso", 40, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.mark("BTC", 850);
    world.loss_of("L1", "ann");
    world.loss_of("L2", "ann-2");
    assert_eq!(world.lien("ann-iso"), 40 * 150);
    world.fill("BTC", "bob", "book/L1", 90, 850);
    assert_eq!((world.loss("L1").own_means.atoms(), world.lien("ann-iso")), (3_500, 2_500));
    world.fill("BTC", "bob", "book/L2", 90, 850);
    assert_eq!((world.loss("L2").own_means.atoms(), world.lien("ann-iso")), (2_500, 0));
    assert_eq!(world.equity("ann-iso"), 10_000, "its principal stays");
}

/// Found by the fuzz: shares of deposits waited for a touch while a mark took what they were
/// divided over, and the domain's residue went below zero. They are taken before the mark counts.
#[test]
fn shares_that_wait_are_taken_before_prices_move() {
    let mut world = World::venue(0, 1_000);
    world.touched("deposits", true);
    world.waterfall(&["deposits"]);
    for text in ["bob", "carol", "dan"] {
        world.account(text, 11_000);
    }
    world.claims("deposits", &[("bob", 1, 9_000), ("dan", 1, 9_000)]);
    world.fill("BTC", "bob", "carol", 100, 1_000);
    world.report("L", 12_000);
    assert_eq!((world.cash("bob"), world.cash("dan")), (-89_000, 11_000), "divided, not taken");
    world.mark("BTC", 960);
    assert_eq!((world.equity("bob"), world.cash("dan")), (1_000, 11_000), "Bob's 6,000 are taken");
    world.take_shares("L");
    assert_eq!((world.cash("dan"), world.residue(), world.uncovered()), (5_000, 0, 0));
}
