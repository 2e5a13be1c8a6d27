//! Leaving a staked layer: a cooldown in which the stake is drawn on like any other, no way out
//! while a loss that is known may draw on it, and a queue that tells the venue to take less risk.

use crate::world::acts::Given;
use crate::world::lending::{self, Ask};
use crate::world::venue::routes;
use crate::world::{ASSET, World, amount, layer, name};
use rhodian_core::closeout::Route;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::DomainId;
use rhodian_core::loss;

const COOLDOWN: u64 = 1_000;

/// Ann has 300 staked of a tranche, Ben 100; both have 100 in cash.
fn two_stakers() -> World {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    world.set(Parameter::StakeCooldown, COOLDOWN.into());
    for (text, stake) in [("ann", 300), ("ben", 100)] {
        world.account(text, stake + 100);
        world.stake(text, "pool", stake);
    }
    world
}

/// Thefts are the operator's first, then the tranche's.
fn thefts(world: &mut World) {
    world.add(layer("capital", Kind::OperatorCapital, Source::Pot));
    let steps = vec![world.step(&[("capital", 1)]), world.step(&[("pool", 1)])];
    world.waterfall_of(CauseClass::Custody, steps);
}

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// What is on its way out for an account: atoms, and milliseconds from now.
fn leaving(world: &World, text: &str) -> Vec<(u128, u64)> {
    let state = world.engine.state();
    let exits = state.domains.exits(world.layer_id("pool"));
    let rows = exits.into_iter().flat_map(|exits| exits.of(world.id(text)));
    rows.map(|(until, amount)| (amount.atoms(), until.0 - state.now().0)).collect()
}

fn stands(world: &World, text: &str) -> (u128, i128) {
    (world.stake_of(text, "pool"), world.cash(text))
}

#[test]
fn who_asks_leaves_when_the_cooldown_is_over() {
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 120).unwrap();
    assert_eq!((stands(&world, "ann"), leaving(&world, "ann")), ((300, 100), vec![(120, 1_000)]));
    world.tick(COOLDOWN - 1);
    assert_eq!(stands(&world, "ann"), (300, 100));
    world.tick(1);
    assert_eq!((stands(&world, "ann"), leaving(&world, "ann")), ((180, 220), vec![]));
    assert!(world.engine.state().domains.exits(world.layer_id("pool")).is_none());
}

#[test]
fn requests_stand_and_together_are_at_most_the_stake() {
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 200).unwrap();
    world.tick(400);
    assert_eq!(code(world.try_unstake("ann", "pool", 101)), "above-stake");
    world.try_unstake("ann", "pool", 60).unwrap();
    world.try_unstake("ann", "pool", 40).unwrap();
    assert_eq!(leaving(&world, "ann"), [(200, 600), (100, 1_000)]);
    // What is staked anew may be asked for anew.
    world.stake("ann", "pool", 10);
    assert_eq!(code(world.try_unstake("ann", "pool", 11)), "above-stake");
    world.tick(600);
    assert_eq!(stands(&world, "ann"), (110, 290));
    world.tick(400);
    assert_eq!(stands(&world, "ann"), (10, 390));
}

/// A loss takes 200 of 400 while 250 of Ann's 300 are asked for: she bears 150 like anybody, and
/// half of each part of her stake is left, of what stays and of what leaves.
#[test]
fn what_is_on_its_way_is_drawn_on() {
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 100).unwrap();
    world.tick(500);
    world.try_unstake("ann", "pool", 150).unwrap();
    world.report("L", 200);
    assert_eq!((world.stake_of("ann", "pool"), world.stake_of("ben", "pool")), (150, 50));
    assert_eq!(leaving(&world, "ann"), [(50, 500), (75, 1_000)]);
    world.tick(COOLDOWN);
    assert_eq!(stands(&world, "ann"), (25, 225));
    world.recover("L", 40);
    assert_eq!(world.cash("ann"), 255, "who left is repaid for what he bore");
}

#[test]
fn nobody_leaves_while_an_episode_is_open() {
    let mut world = two_stakers();
    world.try_unstake("ben", "pool", 100).unwrap();
    world.hold_episode_open();
    world.try_unstake("ann", "pool", 300).unwrap();
    world.tick(3_599_999);
    assert_eq!((stands(&world, "ann").0, stands(&world, "ben").0), (300, 100));
    // A second loss of the same episode, long after the cooldowns: both bear it.
    world.report("L", 40);
    world.tick(1);
    assert_eq!((stands(&world, "ann"), stands(&world, "ben")), ((0, 370), (0, 190)));
}

/// Trap T18, of stakes: a theft is reported and agreed on, and a day is left to object. Who asked
/// long before does not leave at par for the others to pay.
#[test]
fn trap_t18_nobody_leaves_between_a_report_and_its_detection() {
    for cooldown in [0, COOLDOWN] {
        let mut world = two_stakers();
        world.set(Parameter::StakeCooldown, cooldown.into());
        world.set(Parameter::ChallengeTime, 5_000);
        thefts(&mut world);
        if cooldown > 0 {
            world.try_unstake("ben", "pool", 100).unwrap();
        }
        world.try_report("theft", CauseClass::Custody, 200, None, 0, &[]).unwrap();
        let loss = world.loss_id("theft");
        let second = Actor { id: 1, ..Actor::VENUE };
        world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
        if cooldown == 0 {
            assert_eq!(code(world.try_unstake("ben", "pool", 100)), "loss-known");
        }
        world.tick(4_999);
        assert_eq!(stands(&world, "ben"), (100, 100));
        world.tick(1);
        assert_eq!(world.stake_of("ann", "pool"), 150);
        let left = world.stake_of("ben", "pool") + u128::try_from(world.cash("ben")).unwrap();
        assert_eq!(left, 150, "he bore his 50");
    }
}

/// A report that nobody has agreed with holds nobody: one key of the venue could keep all stakes.
#[test]
fn a_report_alone_holds_nobody() {
    let mut world = two_stakers();
    thefts(&mut world);
    world.try_report("theft", CauseClass::Custody, 200, None, 0, &[]).unwrap();
    world.try_unstake("ben", "pool", 100).unwrap();
    world.tick(COOLDOWN);
    assert_eq!(stands(&world, "ben"), (0, 200));
}

#[test]
fn a_dismissed_report_lets_go() {
    let mut world = two_stakers();
    world.set(Parameter::ChallengeTime, 50_000);
    thefts(&mut world);
    world.try_report("theft", CauseClass::Custody, 200, None, 0, &[]).unwrap();
    let loss = world.loss_id("theft");
    let second = Actor { id: 1, ..Actor::VENUE };
    world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    world.try_unstake("ben", "pool", 100).unwrap();
    world.tick(2 * COOLDOWN);
    assert_eq!(stands(&world, "ben"), (100, 100));
    world.loss_do(loss::Command::DismissLoss { loss });
    assert_eq!(stands(&world, "ben"), (0, 200), "by itself, at once");
}

#[test]
fn a_halt_holds_and_its_end_lets_go() {
    let mut world = two_stakers();
    world.try_unstake("ben", "pool", 100).unwrap();
    let status = |status| {
        let cause = name("a fault");
        Action::Control(control::Command::SetStatus { domain: None, status, cause })
    };
    world.must(status(Status::Halted));
    world.tick(2 * COOLDOWN);
    assert_eq!(stands(&world, "ben"), (100, 100));
    world.must(status(Status::WithdrawOnly));
    assert_eq!(stands(&world, "ben"), (0, 200));
}

/// Who fills his account before his time is over keeps no way out open by it: what has no room
/// stays staked, and is asked for no more.
#[test]
fn what_has_no_room_stays_staked() {
    let most = 10u128.pow(30);
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 300).unwrap();
    world.deposit("ann", most - 150);
    world.try_unstake("ben", "pool", 100).unwrap();
    world.tick(COOLDOWN);
    assert_eq!(stands(&world, "ann"), (250, i128::try_from(most).unwrap()));
    assert_eq!((leaving(&world, "ann"), stands(&world, "ben")), (vec![], (0, 200)));
    world.withdraw("ann", 300).unwrap();
    assert_eq!(world.stake_of("ann", "pool"), 250, "it waits a week anew");
}

/// A draw alone does not lift what is asked for above the limit.
#[test]
fn a_draw_keeps_the_part_that_is_asked_for() {
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 190).unwrap();
    assert_eq!(world.engine.state().exits_above_limit(crate::world::DOMAIN), None, "190 of 400");
    world.report("L", 200);
    assert_eq!(leaving(&world, "ann"), [(95, 1_000)]);
    assert_eq!(world.engine.state().exits_above_limit(crate::world::DOMAIN), None, "95 of 200");
    world.try_unstake("ben", "pool", 6).unwrap();
    let queue = world.engine.state().exits_above_limit(crate::world::DOMAIN).unwrap();
    assert_eq!((queue.asked, queue.pots), (amount(101), amount(200)));
}

/// An atom in a tranche of its own is nothing beside a fund.
#[test]
fn one_atom_stops_nobody() {
    let mut world = World::venue(1_000, 100);
    world.tranche("pool");
    world.waterfall(&["fund", "pool", "gains"]);
    for text in ["mallory", "bob", "carol"] {
        world.account(text, 10_000);
    }
    world.stake("mallory", "pool", 1);
    world.try_unstake("mallory", "pool", 1).unwrap();
    world.fill("BTC", "bob", "carol", 10, 100);
}

#[test]
fn the_longest_cooldown_of_the_domains_behind_it() {
    let mut world = World::new("USD", 2);
    for text in ["alone", "pool"] {
        world.tranche(text);
    }
    let state = |world: &World, text| world.engine.state().stake_cooldown(world.layer_id(text));
    world.waterfall(&["pool"]);
    assert_eq!((state(&world, "alone"), state(&world, "pool")), (0, 7 * 24 * 3_600_000));
    world.account("ann", 100);
    world.stake("ann", "alone", 100);
    world.try_unstake("ann", "alone", 100).unwrap();
    assert_eq!(world.cash("ann"), 100, "a layer that no waterfall names gives back at once");
    // A second domain behind which the tranche stands, too.
    let open = domain::Command::OpenDomain { name: name("Alts"), asset: ASSET };
    world.domain_do(open);
    let (domain, class) = (DomainId(1), CauseClass::Default);
    let steps = vec![world.step(&[("pool", 1)])];
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    for (majors, alts, longest) in [(3, 5, 5), (5, 3, 5), (0, 4, 4)] {
        for (domain, value) in [(crate::world::DOMAIN, majors), (domain, alts)] {
            let parameter = Parameter::StakeCooldown;
            let set = control::Command::SetParameter { domain, parameter, value };
            world.must(Action::Control(set));
        }
        assert_eq!(state(&world, "pool"), longest);
    }
}

/// A tenth of all pots is the limit: above it only what reduces is taken, and what a book gives up.
#[test]
fn a_queue_above_the_limit_restricts_new_risk() {
    let mut world = World::venue(500, 100);
    world.tranche("pool");
    world.waterfall(&["fund", "pool", "gains"]);
    world.set(Parameter::StakeCooldown, COOLDOWN.into());
    world.set(Parameter::ExitQueueLimit, 100_000);
    for text in ["ann", "bob", "carol"] {
        world.account(text, 10_000);
    }
    world.account("dan", 250);
    world.stake("ann", "pool", 1_500);
    world.fill("BTC", "bob", "carol", 10, 100);
    world.fill("BTC", "dan", "carol", 20, 100);
    world.try_unstake("ann", "pool", 200).unwrap();
    world.fill("BTC", "bob", "carol", 10, 100);
    world.try_unstake("ann", "pool", 1).unwrap();
    assert_eq!(code(world.try_fill("BTC", "bob", "carol", 1, 100)), "exit-queue-above-limit");
    world.fill("BTC", "carol", "bob", 5, 100);
    world.mark("BTC", 85);
    world.find_loss("dan");
    world.fill("BTC", "ann", "book/dan", 20, 85);
    world.tick(COOLDOWN);
    world.fill("BTC", "bob", "carol", 1, 85);
}

/// Who is in liquidation gives up lots to whoever takes them, and opens none on the other side.
#[test]
fn an_account_in_liquidation_is_no_way_round() {
    let mut world = World::venue(0, 1_000);
    world.tranche("pool");
    world.waterfall(&["pool", "gains"]);
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    for (text, cash) in [("xavier", 14_000), ("bob", 1_000_000), ("mallory", 1_000_000)] {
        world.account(text, cash);
    }
    world.account("sam", 100);
    world.stake("sam", "pool", 100);
    world.fill("BTC", "xavier", "bob", 100, 1_000);
    world.mark("BTC", 905);
    let state = world.engine.state();
    assert!(state.closeouts.liquidation(world.id("xavier")).is_some());
    world.try_unstake("sam", "pool", 100).unwrap();
    let refused = world.try_fill("BTC", "mallory", "xavier", 199, 905);
    assert_eq!(code(refused), "exit-queue-above-limit");
    world.fill("BTC", "mallory", "xavier", 50, 905);
}

#[test]
fn a_queue_above_the_limit_stops_loans() {
    let mut world = lending::domain(0);
    world.tranche("pool");
    world.waterfall(&["Fund", "pool", "Lenders"]);
    lending::give(
        &mut world,
        rhodian_core::pools::lending::Command::Open { spec: Box::new(lending::spec()) },
    )
    .unwrap();
    lending::lender(&mut world, "ann", 50_000);
    lending::borrower(&mut world, "dan", 10, 3_000);
    world.account("sam", 100);
    world.stake("sam", "pool", 100);
    world.try_unstake("sam", "pool", 50).unwrap();
    Ask(&mut world, "dan").borrow(1_000).unwrap();
    world.try_unstake("sam", "pool", 1).unwrap();
    assert_eq!(code(Ask(&mut world, "dan").borrow(1_000)), "exit-queue-above-limit");
    Ask(&mut world, "dan").repay(Some(500)).unwrap();
}

/// Who fails himself pays with the stake he asked for, too: it is own means, before any layer.
#[test]
fn a_failed_owners_stake_on_its_way_is_own_means() {
    let mut world = two_stakers();
    world.try_unstake("ann", "pool", 300).unwrap();
    world.report_failed("L", 350, "ann", 0, &[]);
    assert_eq!(world.loss("L").own_means, amount(300));
    assert_eq!((world.stake_of("ben", "pool"), leaving(&world, "ann")), (50, vec![]));
}
