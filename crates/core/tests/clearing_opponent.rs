//! Whoever would have others pay: members who shrink before a sizing, hide behind clients, come and
//! go around a loss, and venues that move a failed client to somebody else.

mod world;

use rhodian_core::control::Parameter;
use rhodian_core::loss::Stage;
use rhodian_core::pools::clearing::FundSpec;
use world::acts::Given;
use world::clearing::*;
use world::{World, amount};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

fn keep_books(world: &mut World) {
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, u128::from(DAY));
}

/// The same hundred lots, on one account, on two of the owner, or with a client: they ask the same.
#[test]
fn lots_are_counted_wherever_they_stand() {
    let stressed = |place: &dyn Fn(&mut World)| {
        let mut world = fund_of(spec(1), &FOUR, 40_000);
        place(&mut world);
        size(&mut world).unwrap();
        (member(&world, "alice").stressed.atoms(), the_fund(&world).size.atoms())
    };
    let one = stressed(&|world| world.fill("BTC", "alice", "bob", 100, 1_000));
    assert_eq!(one, (10_000, 20_000));
    let two = stressed(&|world| {
        world.account_of("alice-2", "alice", 40_000);
        world.fill("BTC", "alice", "bob", 60, 1_000);
        world.fill("BTC", "alice-2", "bob", 40, 1_000);
    });
    assert_eq!(two, one, "on two accounts");
    let hidden = stressed(&|world| {
        world.account("clara", 40_000);
        clear(world, "clara", "alice").unwrap();
        world.fill("BTC", "alice", "bob", 20, 1_000);
        world.fill("BTC", "clara", "bob", 80, 1_000);
    });
    assert_eq!(hidden, one, "with a client");
    let offset = stressed(&|world| {
        world.account("clara", 40_000);
        clear(world, "clara", "alice").unwrap();
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.fill("BTC", "bob", "clara", 100, 1_000);
    });
    assert_eq!(offset.0, 20_000, "a client's other side makes nothing less");
}

/// Who moves the lots away before the sizing and takes them back after it is called at the next
/// one, and opens nothing until he has paid.
#[test]
fn who_is_flat_for_a_day_is_called_after_it() {
    let mut world = fund_of(spec(1), &FOUR, 40_000);
    size(&mut world).unwrap();
    assert_eq!(required(&world, ["alice"]), [1_000]);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    size(&mut world).unwrap();
    assert_eq!(required(&world, ["alice"]), [9_000]);
    assert_eq!(code(world.try_fill("BTC", "alice", "carol", 1, 1_000)), "contribution-due");
}

/// Who comes when a loss is known pays nothing of it, and gets nothing: nobody stakes then.
#[test]
fn who_joins_late_is_not_liable() {
    let mut world = funded();
    world.report("known", 31_000);
    assert_eq!(world.loss("known").stage, Stage::Absorbing);
    world.account("eve", 10_000);
    join(&mut world, "eve").unwrap();
    assert_eq!(code(world.try_stake("eve", "Fund", 1_000)), "episode-open");
    let set = world.loss("known").set.unwrap();
    let of = &world.engine.state().losses.set(set).unwrap().layers[&TERMS.layer];
    assert_eq!(of.place(world.id("eve")), None);
    assert_eq!(code(world.pay_draw("known", "Calls", Some("eve"), 1)), "not-member");
}

/// Notice, and the membership it ends, cannot be had anew to begin another window.
#[test]
fn nobody_leaves_to_come_back_clean() {
    let mut world = funded();
    leave(&mut world, "dan").unwrap();
    assert_eq!(code(join(&mut world, "dan")), "owner-is-member");
    world.account_of("dan-2", "dan", 1_000);
    assert_eq!(code(join(&mut world, "dan-2")), "owner-is-member");
    assert_eq!(code(clear(&mut world, "dan-2", "bob")), "owner-is-member");
}

/// A failed client is its member's: it is neither ported nor released while its loss is open.
#[test]
fn a_failed_client_is_nobody_elses() {
    let mut world = funded();
    keep_books(&mut world);
    world.account("clara", 10_000);
    clear(&mut world, "clara", "alice").unwrap();
    world.fill("BTC", "clara", "bob", 50, 1_000);
    world.mark("BTC", 750);
    world.loss_of("client", "clara");
    assert_eq!(world.lots("clara", "BTC"), 0, "its legs are in a book");
    assert_eq!(code(port(&mut world, "clara", "carol")), "loss-open");
    assert_eq!(code(release(&mut world, "clara")), "loss-open");
    world.fill("BTC", "bob", "book/client", 50, 750);
    let loss = world.loss("client");
    // 2,500 beyond what Clara had, and all of it Alice's.
    assert_eq!((loss.stage, loss.deficit), (Stage::Settled, amount(0)));
    assert_eq!(world.stake_of("alice", "Fund"), 9_571 - 2_500);
    release(&mut world, "clara").unwrap();
}

/// A bidder who fails before the auction ends takes nothing, and his bid counts for nobody.
#[test]
fn a_bid_of_who_failed_is_none() {
    let mut world = funded();
    keep_books(&mut world);
    world.mark("BTC", 600);
    let loss = world.loss_of("gone", "alice");
    auction(&mut world, loss, 10_000).unwrap();
    bid(&mut world, loss, "bob", 0).unwrap();
    bid(&mut world, loss, "dan", 4_000).unwrap();
    world.report_failed("bobs", 10, "bob", 10, &[]);
    world.tick(HOUR);
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!(end.winner, Some((world.id("dan"), amount(4_000))));
    assert!(!end.junior.contains_key(&world.id("bob")), "who failed is no member");
}

/// The largest fund there can be: its parts are exact, and none passes a bound.
#[test]
fn sizes_stay_below_their_bounds() {
    let least = amount(10_u128.pow(26));
    let spec = FundSpec { least: amount(10_u128.pow(30)), least_contribution: least, ..spec(1) };
    let mut world = house(0);
    give(&mut world, rhodian_core::pools::clearing::Command::Open { spec }).unwrap();
    for text in FOUR {
        world.account(text, 1_000);
        join(&mut world, text).unwrap();
    }
    size(&mut world).unwrap();
    assert_eq!(the_fund(&world).size, amount(10_u128.pow(30)));
    assert_eq!(required(&world, FOUR), [10_u128.pow(30) / 4; 4]);
}
