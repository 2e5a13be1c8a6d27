//! What someone would try who wants pay that he did not earn, or fees that are not the house's.

use crate::world::acts::word;
use crate::world::incentive::{
    DAY, OPERATOR, TRANCHE, TREASURY, charged, earned, fees, fund_pay, give, house, measure,
    of_domain, of_layer, pay_fees, pay_pot, set_fees, table, take_out, venue,
};
use crate::world::{DOMAIN, World, amount};
use rhodian_core::engine::{Action, Actor, Event as Any};
use rhodian_core::ids::Time;
use rhodian_core::incentive::{Command, Event, FeeTable, FeeTo, PayTerms};

/// 36,500 a year whatever is staked above the target: 80 a day.
fn paid() -> World {
    let mut world = house();
    world.set(rhodian_core::control::Parameter::StakeCooldown, 0);
    let pay = PayTerms { target: amount(1_000), most: amount(36_500), load: 0 };
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: Some(pay) }).unwrap();
    fund_pay(&mut world, 100_000).unwrap();
    world
}

/// Bob comes a moment before the pay is booked and goes a moment after, as often as he likes.
#[test]
fn who_steps_in_for_a_moment_gets_a_moment() {
    let mut world = paid();
    world.stake("alice", "tranche", 10_000);
    for _ in 0..10 {
        world.tick(DAY);
        world.stake("bob", "tranche", 90_000);
        world.tick(1);
        world.try_unstake("bob", "tranche", 90_000).unwrap();
    }
    // Ten milliseconds of 80 a day, nine tenths of them: far below an atom.
    assert_eq!(earned(&world, "bob"), 0);
    assert_eq!(earned(&world, "alice"), 800);
}

/// Carol stakes in a hundred parts what Bob stakes in one: they earn the same.
#[test]
fn nobody_gains_by_splitting() {
    let mut world = paid();
    world.account("dave", 10_000);
    let parts: Vec<String> = (0..100).map(|part| format!("carol {part}")).collect();
    for part in &parts {
        world.account_of(part, "carol's", 100);
    }
    world.stake("dave", "tranche", 10_000);
    for part in &parts {
        world.stake(part, "tranche", 100);
    }
    world.tick(7 * DAY);
    fund_pay(&mut world, 1).unwrap();
    let of_parts: u128 = parts.iter().map(|part| earned(&world, part)).sum();
    assert_eq!(earned(&world, "dave"), 280);
    assert!(of_parts <= 280, "{of_parts}: whole atoms are paid, the parts of one are not");
}

/// The pot is looked at in many steps: together they pay what one would.
#[test]
fn looking_often_pays_no_more() {
    let pays = |steps: u64| {
        let mut world = paid();
        world.stake("alice", "tranche", 10_000);
        for _ in 0..steps {
            world.tick(7 * DAY / steps);
            fund_pay(&mut world, 1).unwrap();
        }
        (earned(&world, "alice"), pay_pot(&world) - i128::from(steps))
    };
    assert_eq!(pays(1), (560, 99_440));
    // 1,000 divides a week into whole milliseconds.
    for steps in [2, 7, 100, 1_000] {
        assert_eq!(pays(steps), pays(1), "{steps} steps");
    }
}

/// A draw halves the stakes: what was earned before is of the stakes before.
#[test]
fn a_draw_books_what_was_earned_before_it() {
    let mut world = paid();
    world.waterfall(&["tranche"]);
    world.stake("alice", "tranche", 1_000);
    world.tick(10 * DAY);
    world.report("L", 500);
    assert_eq!(world.pot("tranche"), 500);
    assert_eq!(earned(&world, "alice"), 1_000, "ten days at 100");
    world.tick(10 * DAY);
    fund_pay(&mut world, 1).unwrap();
    assert_eq!(earned(&world, "alice"), 1_750, "ten more at 75, for half of the target");
}

/// T22: the house wants fees while stakers are not paid for what they bear. It says a smaller
/// target, another table, a figure of yesterday.
#[test]
fn the_house_gets_nothing_while_stakers_are_not_paid() {
    let house_got = |world: &World| {
        let events = world.records.iter().flat_map(|record| &record.events);
        let rows = events.filter_map(|event| match event {
            Any::Incentive(Event::FeesDivided { rows, .. }) => Some(rows),
            _ => None,
        });
        rows.flatten().any(|row| matches!(row.to, FeeTo::House(_)))
    };
    let mut world = venue();
    world.pay_into("operator", 300);
    let mut of = table();
    of.funds[0].target = amount(0);
    give(&mut world, set_fees(of)).unwrap();
    // A third of the premium is lacking.
    pay_fees(&mut world, 299);
    world.tick(DAY);
    assert!(!house_got(&world));
    assert_eq!(word(take_out(&mut world, TREASURY, 1)), "above-surplus");
    // The terms of pay cannot be dropped while a table fills them.
    let none = Command::SetPay { layer: TRANCHE, pay: None };
    assert_eq!(word(give(&mut world, none)), "pay-filled");
    // Nothing is paid by hand around the table, and nothing of the fund is the house's.
    assert_eq!(word(take_out(&mut world, crate::world::incentive::FUND, 1)), "not-the-houses");
    world.tick(DAY);
    pay_fees(&mut world, 1_000);
    assert!(house_got(&world), "now they are");
}

/// The operator takes its first loss out just before more is expected, or while a loss is known.
#[test]
fn the_first_loss_stays_where_it_is_needed() {
    let mut world = venue();
    world.pay_into("operator", 400);
    assert_eq!(word(take_out(&mut world, OPERATOR, 101)), "above-surplus");
    take_out(&mut world, OPERATOR, 100).unwrap();
    // Nothing of it may go to another pot by way of the same number.
    let again = Command::TakeOut { layer: OPERATOR, number: 1, amount: amount(1) };
    assert_eq!(word(give(&mut world, again)), "number-not-new");
    measure(&mut world, of_domain(100)).unwrap();
    take_out(&mut world, OPERATOR, 150).unwrap();
    assert_eq!(world.pot("operator"), 150);
    // A table that says less first: not while a loss is known.
    world.hold_episode_open();
    let mut of = table();
    of.first_loss.as_mut().unwrap().floor = amount(0);
    assert_eq!(word(give(&mut world, set_fees(of))), "loss-known");
    assert_eq!(word(take_out(&mut world, OPERATOR, 1)), "loss-known");
}

/// A table for the largest numbers there are: nothing overflows, and nothing is lost.
#[test]
fn the_largest_numbers_are_paid_and_divided() {
    let most = 10u128.pow(30);
    let mut world = house();
    world.deposit("alice", most - 100_000);
    world.stake("alice", "tranche", most);
    measure(&mut world, of_layer(1_000_000)).unwrap();
    let pay = PayTerms { target: amount(most), most: amount(most), load: 9_000_000 };
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: Some(pay) }).unwrap();
    fund_pay(&mut world, most).unwrap();
    world.tick(DAY);
    let now = world.engine.state().pay_now(TRANCHE).unwrap();
    assert_eq!(now.per_year, 10 * most);
    // A day of ten times all there is in a year.
    assert_eq!(now.earned.atoms(), 10 * most / 365);
    let of = FeeTable { first_loss: None, ..table() };
    give(&mut world, set_fees(of)).unwrap();
    pay_fees(&mut world, 1_000);
    world.tick(DAY);
    assert_eq!((fees(&world), world.uncovered()), (0, 0));
    world.take_reward("alice", "tranche").unwrap();
    give(&mut world, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
}

/// At the end of time premia are charged once more, and then no period begins.
#[test]
fn the_end_of_time_is_quiet() {
    let mut world = charged(36_500);
    world.fill("BTC", "alice", "bob", 2, 1_000);
    world.checked = false;
    world.at = Time(u64::MAX);
    world.must(Action::Tick);
    let records = world.give(Actor::VENUE, Action::Tick).map(|records| records.len());
    assert!(records.is_ok_and(|count| count <= 2));
}
