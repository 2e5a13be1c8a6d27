//! Reports of cover pools: how long one waits, and what the same event is.

use crate::world::acts::Given;
use crate::world::cover::*;
use crate::world::{World, amount};
use rhodian_core::control::Parameter;
use rhodian_core::domain::CauseClass;
use rhodian_core::ids::{LossId, Time};
use rhodian_core::loss::Stage;
use rhodian_core::pools::cover::{Experience, PoolSpec, RiskSpec};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Carol covers 40,000 and Dan 20,000 for a year; a day later both covers stand.
fn two_covers(spec: PoolSpec, risk: RiskSpec) -> World {
    let mut world = pool_of(spec, risk);
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

/// A report that nobody decides on is no loss after the time for it, unless the insured claim by
/// it: their covers may have lapsed, and a claim that came in time does not go by silence. Until
/// somebody decides, nobody buys.
#[test]
fn silence_takes_no_claim() {
    let mut world = two_covers(spec(), bridge());
    world.set(Parameter::ApprovalTime, u128::from(2 * DAY));
    world.tick(YEAR + 28 * DAY);
    let happened = Time(world.at.0 - 30 * DAY);
    report_at(&mut world, happened, &[(0, 40_000)]).unwrap();
    world.try_report("theft", CauseClass::Custody, 500, None, 0, &[]).unwrap();
    let stage = |world: &World, loss| world.engine.state().losses.loss(LossId(loss)).unwrap().stage;
    world.tick(2 * DAY - 1);
    assert_eq!(stage(&world, 1), Stage::Reported);
    world.tick(1);
    assert_eq!([stage(&world, 0), stage(&world, 1)], [Stage::Reported, Stage::Dismissed]);
    world.tick(10 * DAY);
    assert_eq!(cover(&world, 0).stage, rhodian_core::pools::cover::Stage::Lapsed);
    assert_eq!(code(buy(&mut world, "erin", 1_000, YEAR)), "incident-open");
    assert_eq!(pool(&world).claimed, amount(40_000));
    let before = world.cash("carol");
    approve(&mut world, 0);
    assert_eq!((stage(&world, 0), world.cash("carol")), (Stage::Settled, before + 40_000));
    buy(&mut world, "erin", 1_000, YEAR).unwrap();
}

/// What is reported again on the same evidence is the same event: covers that claimed for it do not
/// claim again, others share what is left of the cap, and nobody's retention rises by it.
#[test]
fn an_event_that_is_reported_twice_is_one_incident() {
    let event = [9; 32];
    let experience = Some(Experience { step: 100_000, most: 400_000, window: 20 * DAY });
    let risk = RiskSpec { experience, ..bridge() };
    let mut world = two_covers(PoolSpec { incident_cap: Some(amount(50_000)), ..spec() }, risk);
    let at = world.at;
    report_of(&mut world, event, at, &[(0, 40_000)]).unwrap();
    assert_eq!(code(report_of(&mut world, event, at, &[(0, 1_000)])), "event-claimed");
    world.tick(1);
    let now = world.at;
    assert_eq!(code(report_of(&mut world, event, now, &[(1, 1_000)])), "other-time");
    report_of(&mut world, event, at, &[(1, 40_000)]).unwrap();
    let due = |world: &World, loss| world.engine.state().covers.incident(loss).unwrap().1.due;
    assert_eq!(due(&world, LossId(1)), amount(10_000), "what the cap leaves");
    approve(&mut world, 0);
    approve(&mut world, 1);
    assert_eq!(code(report_of(&mut world, event, at, &[(1, 1_000)])), "event-claimed", "paid, too");
    // Another event is another incident.
    report_of(&mut world, [8; 32], now, &[(1, 1_000)]).unwrap();
    // What was dismissed was no event: it can be reported again.
    dismiss(&mut world, 2).unwrap();
    report_of(&mut world, [8; 32], now, &[(1, 1_000)]).unwrap();
    let retention = |who| {
        let owner = world.engine.state().accounts.account(world.id(who)).unwrap().owner;
        world.engine.state().cover_retention(BRIDGE, owner)
    };
    assert_eq!([retention("carol"), retention("dan")], [Some(100_000), Some(200_000)]);
}
