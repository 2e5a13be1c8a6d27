//! Clearing funds: from a sizing to a default that members pay for, and what those answer for who
//! leave.

use crate::world::acts::Given;
use crate::world::clearing::*;
use crate::world::{World, amount};
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Action, Actor, Event};
use rhodian_core::ids::Time;
use rhodian_core::loss::Stage;
use rhodian_core::pools::clearing::{self, FundSpec, Notice};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// The largest losses beyond margin, in the worst scenario; contributions by the mean of them, to
/// the atom.
#[test]
fn a_fund_is_as_large_as_the_members_that_may_fail_at_once() {
    let cases: [(&str, FundSpec, u128, [u128; 4]); 5] = [
        ("one member", spec(1), 20_000, [6_714, 6_714, 3_286, 3_286]),
        ("two members", spec(2), 28_000, [9_571, 9_571, 4_429, 4_429]),
        ("more than there are", spec(9), 28_000, [9_571, 9_571, 4_429, 4_429]),
        (
            "never below its least",
            FundSpec { least: amount(60_000), ..spec(1) },
            60_000,
            [21_000, 21_000, 9_000, 9_000],
        ),
        (
            "nor below what each contributes in any case",
            FundSpec { least_contribution: amount(8_000), ..spec(1) },
            32_000,
            [8_000; 4],
        ),
    ];
    for (text, spec, size_of, each) in cases {
        let mut world = house(1_000);
        give(&mut world, clearing::Command::Open { spec: Box::new(spec.clone()) }).unwrap();
        for name in FOUR {
            world.account(name, 40_000);
            join(&mut world, name).unwrap();
            world.stake(name, "Fund", spec.least_contribution.atoms());
        }
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.fill("BTC", "carol", "dan", 40, 1_000);
        size(&mut world).unwrap();
        assert_eq!(the_fund(&world).size, amount(size_of), "{text}");
        assert_eq!(required(&world, FOUR), each, "{text}");
    }
}

/// What holds more than its legs require may leave tomorrow: it is no margin today.
#[test]
fn what_may_leave_is_no_margin() {
    let mut world = traded(spec(1));
    world.deposit("alice", 1_000_000);
    size(&mut world).unwrap();
    assert_eq!(the_fund(&world).uncovered, [amount(20_000), amount(20_000)]);
}

/// A sizing names each member in one event: there are so many at most.
#[test]
fn a_fund_has_a_thousand_members() {
    let mut world = house(0);
    give(&mut world, clearing::Command::Open { spec: Box::new(spec(1)) }).unwrap();
    world.checked = false;
    for place in 0..clearing::MAX_MEMBERS {
        let text = format!("m{place}");
        world.account(&text, 0);
        join(&mut world, &text).unwrap();
    }
    world.account("last", 0);
    assert_eq!(code(join(&mut world, "last")), "too-many");
    size(&mut world).unwrap();
    assert_eq!(the_fund(&world).size, amount(1_024_000));
}

/// Who is called opens no risk, and may reduce; who contributes opens again.
#[test]
fn who_is_called_only_reduces() {
    let mut world = traded(spec(2));
    size(&mut world).unwrap();
    let due = Time(1_000).after(2 * DAY);
    assert_eq!(member(&world, "alice").due, Some(due));
    assert_eq!(code(world.try_fill("BTC", "alice", "bob", 1, 1_000)), "contribution-due");
    world.fill("BTC", "dan", "alice", 1, 1_000);
    world.stake("alice", "Fund", 8_570);
    assert_eq!(code(world.try_fill("BTC", "alice", "carol", 1, 1_000)), "contribution-due");
    world.stake("alice", "Fund", 1);
    assert_eq!(member(&world, "alice").due, None);
    world.fill("BTC", "alice", "carol", 1, 1_000);
}

/// A sizing does not give who has not paid another term, and asks nobody twice.
#[test]
fn a_call_that_is_not_met_keeps_its_end() {
    let mut world = traded(spec(2));
    size(&mut world).unwrap();
    let first = member(&world, "alice").due;
    contribute(&mut world, &["bob"]);
    world.tick(DAY);
    size(&mut world).unwrap();
    assert_eq!(member(&world, "alice").due, first);
    assert_eq!(member(&world, "bob").due, None);
}

/// At the end of time no period begins that would be over at once.
#[test]
fn the_end_of_time_is_quiet() {
    let mut world = traded(spec(1));
    world.checked = false;
    world.at = Time(u64::MAX);
    let records = world.give(Actor::VENUE, Action::Tick).map(|records| records.len());
    assert!(records.is_ok_and(|count| count <= 3));
    let records = world.give(Actor::VENUE, Action::Tick).map(|records| records.len());
    assert!(records.is_ok_and(|count| count <= 2));
}

/// Each period the engine sizes the fund itself.
#[test]
fn a_fund_is_sized_each_period() {
    let mut world = traded(spec(2));
    world.tick(29 * DAY);
    assert_eq!(the_fund(&world).size, amount(4_000));
    world.tick(DAY);
    assert_eq!(the_fund(&world).size, amount(28_000));
    // A year passes at once, and is one period that is over.
    world.tick(365 * DAY);
    let sized = |event: &&Event| matches!(event, Event::Clearing(clearing::Event::Sized { .. }));
    let events = world.records.iter().flat_map(|record| &record.events);
    assert_eq!(events.filter(sized).count(), 2);
}

/// Beyond what is required a member may take back his stake, and not below it.
#[test]
fn a_contribution_stays() {
    let mut world = funded();
    assert_eq!(code(world.try_unstake("alice", "Fund", 1)), "backs-clearing");
    world.stake("alice", "Fund", 10);
    world.try_unstake("alice", "Fund", 10).unwrap();
    world.account("eve", 5_000);
    assert_eq!(code(world.try_stake("eve", "Fund", 10)), "not-a-member");
    assert_eq!(code(world.try_fill("BTC", "eve", "bob", 1, 1_000)), "not-cleared");
}

/// The failed member's own money first, then the house's, then the others' contributions, then
/// what they are called for, each as he contributed.
#[test]
fn the_members_share_what_the_failed_one_leaves() {
    let mut world = funded();
    world.report_failed("gone", 40_000, "alice", 5_000, &[]);
    let loss = world.loss("gone");
    assert_eq!(loss.stage, Stage::Absorbing);
    // 5,000 of margin and 9,571 that she contributed.
    assert_eq!((loss.own_means, loss.deficit), (amount(14_571), amount(25_429)));
    assert_eq!((world.received("gone", "House"), world.received("gone", "Fund")), (1_000, 18_429));
    assert_eq!(["bob", "carol", "dan"].map(|text| world.stake_of(text, "Fund")), [0; 3]);
    // 6,000 are left: called by what each is to contribute.
    let calls = loss.draws.last().unwrap().called.clone();
    assert_eq!(calls, [amount(3_116), amount(1_442), amount(1_442)]);
    for (text, atoms) in [("bob", 3_116), ("carol", 1_442), ("dan", 1_442)] {
        world.pay_draw("gone", "Calls", Some(text), atoms).unwrap();
    }
    assert_eq!((world.loss("gone").stage, world.uncovered()), (Stage::Settled, 0));
    assert_eq!(member(&world, "alice").failed, Some(world.at));
    assert_eq!(the_fund(&world).size, amount(18_429));
}

fn fails(world: &mut World, text: &str, atoms: u128) {
    world.try_report(text, CauseClass::Default, atoms, None, 0, &[]).unwrap();
}

fn called(world: &World, text: &str) -> u128 {
    let last = world.loss(text).draws.last().unwrap();
    last.called.iter().map(|of| of.atoms()).sum()
}

/// For a loss each pays as much as he is to contribute at most, within a window twice, whatever
/// the contribution has become.
#[test]
fn assessments_have_a_cap_for_a_loss_and_one_for_a_window() {
    let mut world = funded();
    // The house and all contributions are gone.
    fails(&mut world, "first", 29_000);
    assert_eq!(world.loss("first").stage, Stage::Settled);
    fails(&mut world, "second", 100_000);
    assert_eq!(called(&world, "second"), 28_000);
    for (text, atoms) in [("alice", 9_571), ("bob", 9_571), ("carol", 4_429)] {
        world.pay_draw("second", "Calls", Some(text), atoms).unwrap();
    }
    assert_eq!(code(world.pay_draw("second", "Calls", Some("carol"), 1)), "above-call");
    // Another loss before Dan paid: what he is called for counts.
    fails(&mut world, "third", 100_000);
    assert_eq!(called(&world, "third"), 28_000);
    fails(&mut world, "fourth", 100_000);
    assert!(world.loss("fourth").draws.iter().all(|draw| draw.called.is_empty()));
    world.tick(2 * DAY);
    // The deadline passed: what was not paid is nobody's, and the rest went on.
    assert_eq!(world.loss("third").stage, Stage::Settled);
    for text in FOUR {
        let paid: u128 = member(&world, text).assessed.iter().map(|(_, of)| of.atoms()).sum();
        assert!(paid <= 2 * member(&world, text).required.atoms());
    }
}

/// Who gave notice answers until it is over, and not beyond; his window does not begin again.
#[test]
fn who_leaves_answers_until_his_notice_is_over() {
    let mut world = funded();
    leave(&mut world, "dan").unwrap();
    let notice = Notice { given: world.at, until: world.at.after(20 * DAY) };
    assert_eq!(member(&world, "dan").notice, Some(notice));
    assert_eq!(code(leave(&mut world, "dan")), "notice-given");
    assert_eq!(code(world.try_fill("BTC", "alice", "dan", 1, 1_000)), "member-leaves");
    world.fill("BTC", "dan", "carol", 40, 1_000);
    // Flat, and sized again, he contributes as much as before.
    size(&mut world).unwrap();
    assert_eq!(required(&world, ["dan"]), [4_429]);
    assert_eq!(code(world.try_unstake("dan", "Fund", 4_429)), "backs-clearing");
    world.tick(19 * DAY);
    fails(&mut world, "known", 30_000);
    assert_eq!(world.stake_of("dan", "Fund"), 0, "detected within his notice");
    world.tick(2 * DAY);
    assert_eq!(world.loss("known").stage, Stage::Settled);
    fails(&mut world, "later", 5_000);
    let set = world.loss("later").set.unwrap();
    let of = &world.engine.state().losses.set(set).unwrap().layers[&TERMS.layer];
    assert_eq!(of.place(world.id("dan")), None, "he answers for nothing that comes later");
    world.tick(30 * DAY);
    assert!(!the_fund(&world).members.contains_key(&world.id("dan")));
}

/// Nobody leaves with legs, nor while he answers for a client.
#[test]
fn who_holds_legs_is_not_gone() {
    let mut world = funded();
    leave(&mut world, "dan").unwrap();
    world.tick(21 * DAY);
    assert_eq!(code(world.try_unstake("dan", "Fund", 1)), "backs-clearing");
    world.fill("BTC", "dan", "carol", 40, 1_000);
    world.try_unstake("dan", "Fund", 4_429).unwrap();
}
