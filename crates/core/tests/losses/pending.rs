//! Layers that answer later: what is asked of one is not asked again, what does not come by the
//! deadline goes on to the next step, and no loss waits for another.

use crate::world::{World, amount, layer, members};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, CauseClass, Kind, PeriodCap, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::loss::Stage;

/// A sale that brings at most `per_event` for a loss, then a fund.
fn sale_then_fund(per_event: u128, per_episode: Option<u128>) -> World {
    let mut world = World::new("USD", 2);
    let mut spec = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    spec.caps.per_event = Some(amount(per_event));
    spec.caps.per_episode = per_episode.map(amount);
    world.add(spec);
    world.fund("fund", 100, None);
    world.waterfall(&["sale", "fund"]);
    world
}

fn assessment(members_of: &[(&str, u128)]) -> World {
    let mut world = World::new("USD", 2);
    let source = Source::Call { members: members(Rule::Proportional), deadline: 1_000 };
    world.add(layer("call", Kind::Assessment, source));
    world.fund("fund", 100, None);
    world.waterfall(&["call", "fund"]);
    for (text, cap) in members_of {
        world.account(text, 1_000);
        world.claim("call", text, *cap, *cap);
    }
    world
}

#[test]
fn what_is_pending_counts_against_the_episode() {
    let mut world = sale_then_fund(10, Some(12));
    world.report("L", 10);
    world.report("M", 10);
    assert_eq!(world.loss("M").draws[0].planned, amount(2), "10 are asked for already");
    assert_eq!(world.received("M", "fund"), 0, "the sale has time to answer");
    world.pay_draw("L", "sale", None, 10).unwrap();
    assert_eq!(world.pay_draw("M", "sale", None, 3).unwrap_err().code(), "above-draw");
    world.pay_draw("M", "sale", None, 2).unwrap();
    assert_eq!((world.received("L", "sale"), world.received("M", "sale")), (10, 2));
    assert_eq!((world.received("M", "fund"), world.loss("M").stage), (8, Stage::Settled));
}

/// What a closed draw did not bring may be asked of the layer for another loss.
#[test]
fn what_did_not_come_is_free_again() {
    let mut world = sale_then_fund(10, Some(12));
    world.report("L", 10);
    world.pay_draw("L", "sale", None, 4).unwrap();
    world.tick(999);
    world.report("M", 10);
    assert_eq!(world.loss("M").draws[0].planned, amount(2));
    world.tick(1);
    assert_eq!((world.received("L", "sale"), world.received("L", "fund")), (4, 6));
    assert_eq!(world.loss("L").stage, Stage::Settled);
    world.report("N", 10);
    assert_eq!(world.loss("N").draws[0].planned, amount(6), "12 less 4 paid and 2 pending");
}

#[test]
fn what_is_pending_counts_against_the_period() {
    let mut world = World::new("USD", 2);
    let mut spec = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    spec.caps.per_event = Some(amount(100));
    spec.caps.per_period = Some(PeriodCap { amount: amount(15), millis: 5_000 });
    world.add(spec);
    world.waterfall(&["sale"]);
    world.report("L", 10);
    world.report("M", 10);
    assert_eq!(world.loss("M").draws[0].planned, amount(5));
    world.pay_draw("L", "sale", None, 10).unwrap();
    world.pay_draw("M", "sale", None, 5).unwrap();
    assert_eq!(world.loss("M").uncovered, amount(5));
    world.tick(4_999);
    world.report("N", 1);
    assert_eq!(world.loss("N").uncovered, amount(1), "15 within the last five seconds");
    world.tick(1);
    world.report("O", 1);
    assert_eq!(world.loss("O").draws[0].planned, amount(1), "they have left the period");
}

/// Two calls stand side by side, each with its own deadline and its own shares.
#[test]
fn two_calls_at_once() {
    let mut world = assessment(&[("ann", 60), ("ben", 30)]);
    world.report("L", 9);
    world.tick(500);
    world.report("M", 30);
    world.pay_draw("L", "call", Some("ann"), 6).unwrap();
    world.pay_draw("M", "call", Some("ann"), 20).unwrap();
    assert_eq!(world.pay_draw("L", "call", Some("ann"), 1).unwrap_err().code(), "above-call");
    world.pay_draw("L", "call", Some("ben"), 3).unwrap();
    assert_eq!(world.loss("L").stage, Stage::Settled);
    world.pay_draw("M", "call", Some("ben"), 4).unwrap();
    world.tick(999);
    assert_eq!(world.loss("M").stage, Stage::Absorbing);
    world.tick(1);
    assert_eq!(world.pay_draw("M", "call", Some("ben"), 1).unwrap_err().code(), "draw-not-pending");
    assert_eq!((world.received("M", "call"), world.received("M", "fund")), (24, 6));
    assert_eq!(world.cash("ann"), 974);
    assert_eq!(world.cash("ben"), 993);
}

/// What a member is called for leaves that much less to call for; what he did not pay in time may
/// be called for again, and never above his cap.
#[test]
fn calls_stay_below_caps() {
    let mut world = assessment(&[("ann", 10), ("ben", 10)]);
    world.report("L", 12);
    world.report("M", 12);
    assert_eq!(world.loss("M").draws[0].planned, amount(8));
    for text in ["ann", "ben"] {
        world.pay_draw("L", "call", Some(text), 6).unwrap();
    }
    world.pay_draw("M", "call", Some("ann"), 4).unwrap();
    world.tick(1_000);
    assert_eq!(world.received("M", "fund"), 8);
    world.report("N", 12);
    let planned = world.loss("N").draws[0].planned;
    assert_eq!(planned, amount(12), "the episode is closed, a new one has new caps");
}

#[test]
fn payers_and_payments_that_do_not_fit() {
    let mut world = assessment(&[("ann", 60), ("ben", 30)]);
    world.account("eve", 10);
    world.report("L", 9);
    let code = |given: crate::world::acts::Given| given.unwrap_err().code();
    assert_eq!(code(world.pay_draw("L", "call", None, 1)), "wrong-payer");
    assert_eq!(code(world.pay_draw("L", "call", Some("eve"), 1)), "not-member");
    assert_eq!(code(world.pay_draw("L", "call", Some("ann"), 0)), "zero-amount");
    assert_eq!(code(world.pay_draw("L", "call", Some("ann"), 7)), "above-call");
    assert_eq!(code(world.pay_draw("L", "call", Some("ann"), 10)), "above-draw");
    assert_eq!(code(world.pay_draw("L", "fund", None, 1)), "draw-not-pending");
    world.withdraw("ann", 995).unwrap();
    assert_eq!(code(world.pay_draw("L", "call", Some("ann"), 6)), "withdrawal-above-free");
    world.pay_draw("L", "call", Some("ann"), 5).unwrap();
    assert_eq!(world.cash("ann"), 0);
}

/// Side by side with a pot: the pot pays its part at once, and what the call left at its deadline
/// where it can.
#[test]
fn a_call_beside_a_pot() {
    for (fund, uncovered) in [(100, 0), (7, 1)] {
        let mut world = assessment(&[("ann", 60)]);
        world.fund("small", fund, None);
        let steps = vec![world.step(&[("call", 1), ("small", 2)])];
        world.waterfall_of(CauseClass::Default, steps);
        world.report("L", 9);
        assert_eq!((world.received("L", "small"), world.loss("L").stage), (6, Stage::Absorbing));
        world.pay_draw("L", "call", Some("ann"), 1).unwrap();
        world.tick(1_000);
        assert_eq!(world.loss("L").uncovered, amount(uncovered));
        assert_eq!(world.received("L", "small"), 8 - uncovered);
    }
}

/// A loss that waits does not hold up a later one; it is absorbed by what is left.
#[test]
fn no_loss_waits_for_another() {
    let mut world = sale_then_fund(10, Some(10));
    world.report("L", 50);
    world.report("M", 90);
    assert_eq!((world.loss("M").stage, world.received("M", "fund")), (Stage::Settled, 90));
    world.tick(1_000);
    assert_eq!((world.received("L", "fund"), world.loss("L").uncovered), (10, amount(40)));
}

/// Two derived losses of 10^30 atoms do not fit one episode: the second opens another, and
/// nothing is lost in a sum that was cut off.
#[test]
fn sums_of_an_episode_stay_in_bounds() {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.waterfall(&["gains"]);
    let most = 10u128.pow(30);
    for text in ["ann", "ben", "xan", "yan"] {
        world.account(text, 0);
    }
    world.claims("gains", &[("xan", most, most), ("yan", most, most)]);
    world.hold_episode_open();
    world.result("ann", "xan", most);
    assert_eq!((world.cash("xan"), world.uncovered()), (0, 0));
    world.result("ben", "yan", most);
    assert_eq!((world.cash("yan"), world.uncovered()), (0, 0));
}

/// A cap over no time would not bind: refused like a cap of zero.
#[test]
fn a_period_of_no_time_is_refused() {
    let mut world = World::new("USD", 2);
    let mut spec = layer("fund", Kind::InsuranceFund, Source::Pot);
    spec.caps.per_period = Some(PeriodCap { amount: amount(1), millis: 0 });
    let command = Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) });
    assert_eq!(world.give(Actor::VENUE, command).unwrap_err().code(), "zero-cap");
}
