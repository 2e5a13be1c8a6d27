//! A member in default: his book among the other members, and his clients.

use crate::world::acts::Given;
use crate::world::clearing::*;
use crate::world::venue::perpetual;
use crate::world::{World, amount};
use rhodian_core::closeout::{self, DeleveragingOrder, Why};
use rhodian_core::control::Parameter;
use rhodian_core::engine::Action;
use rhodian_core::ids::{LayerId, LossId};
use rhodian_core::incentive::{self, PayTerms};
use rhodian_core::loss::Stage;
use rhodian_core::pools::clearing::FundSpec;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// At 600 Alice is 9,571 below zero, as much as she contributed; her book holds her 100 lots.
fn failed(spec: FundSpec) -> (World, LossId) {
    let mut world = funded_by(spec);
    world.set(Parameter::DeleveragingOrder, DeleveragingOrder::Contracts.number());
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, u128::from(DAY));
    world.mark("BTC", 600);
    let loss = world.loss_of("gone", "alice");
    (world, loss)
}

fn staked(world: &World) -> [u128; 3] {
    ["bob", "carol", "dan"].map(|text| world.stake_of(text, "Fund"))
}

/// Bob asks least and takes the book. What Carol asked more, and that Dan did not bid, makes of
/// their contributions pay first: a quarter and half of them, where all is at stake for who does
/// not bid but half.
#[test]
fn who_bids_worse_pays_first() {
    let (mut world, loss) = failed(spec(2));
    auction(&mut world, loss, 10_000).unwrap();
    bid(&mut world, loss, "carol", 6_000).unwrap();
    bid(&mut world, loss, "bob", 2_000).unwrap();
    bid(&mut world, loss, "carol", 5_000).unwrap();
    assert_eq!(world.loss("gone").stage, Stage::Detected);
    world.tick(HOUR);
    assert_eq!(world.lots("bob", "BTC"), 0, "she was long what he was short");
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!(end.winner, Some((world.id("bob"), amount(2_000))));
    // The book takes 6,000 to open: 3,000 more is half of it.
    let junior: Vec<_> = end.junior.into_iter().collect();
    assert_eq!(junior, [(world.id("carol"), 250_000), (world.id("dan"), 500_000)]);
    let of = world.loss("gone");
    assert_eq!(
        (of.close_out, of.own_means, of.deficit),
        (amount(11_571), amount(9_571), amount(2_000))
    );
    assert_eq!((world.received("gone", "House"), world.received("gone", "Fund")), (1_000, 1_000));
    assert_eq!(staked(&world), [9_571, 4_429 - 333, 4_429 - 667]);
}

/// Beyond what is junior everybody pays by what is left of his contribution; without juniority all
/// pay alike.
#[test]
fn juniority_orders_and_does_not_add() {
    let cases: [(&str, u32, [u128; 3]); 3] = [
        // 2,214 and 2,214 are junior; the last 572 come of 9,571, 2,215 and 2,215.
        ("half", 500_000, [391, 2_305, 2_304]),
        ("all", 1_000_000, [0, 2_500, 2_500]),
        ("none", 0, [2_597, 1_202, 1_201]),
    ];
    for (text, juniority, paid) in cases {
        let (mut world, loss) = failed(FundSpec { juniority, ..spec(2) });
        auction(&mut world, loss, 10_000).unwrap();
        bid(&mut world, loss, "bob", 6_000).unwrap();
        world.tick(HOUR);
        let left = staked(&world);
        let pays = [9_571 - left[0], 4_429 - left[1], 4_429 - left[2]];
        assert_eq!(pays, paid, "{text}");
        assert_eq!(pays.iter().sum::<u128>(), 5_000, "{text}");
    }
}

/// A bid that could not be taken is none: nobody is senior by words.
#[test]
fn a_bid_without_means_is_none() {
    let (mut world, loss) = failed(spec(2));
    auction(&mut world, loss, 10_000).unwrap();
    bid(&mut world, loss, "bob", 2_000).unwrap();
    bid(&mut world, loss, "carol", 0).unwrap();
    // Carol has nothing left to open another hundred lots with.
    world.withdraw("carol", world.free("carol")).unwrap();
    world.tick(HOUR);
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!(end.winner, Some((world.id("bob"), amount(2_000))));
    assert_eq!(end.junior[&world.id("carol")], 500_000);
}

#[test]
fn an_auction_has_its_terms() {
    let (mut world, loss) = failed(spec(2));
    assert_eq!(code(bid(&mut world, loss, "bob", 1)), "no-auction");
    assert_eq!(code(auction(&mut world, LossId(7), 1)), "no-book");
    auction(&mut world, loss, 100).unwrap();
    assert_eq!(code(auction(&mut world, loss, 100)), "auction-twice");
    assert_eq!(code(bid(&mut world, loss, "bob", 101)), "above-most");
    assert_eq!(code(bid(&mut world, loss, "alice", 1)), "member-failed");
    // The venue closes the book otherwise: nothing is left to bid for, and nobody is junior.
    world.fill("BTC", "bob", "book/gone", 100, 600);
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!((end.winner, end.junior.len()), (None, 0));
    assert_eq!(code(bid(&mut world, loss, "bob", 1)), "no-auction");
}

/// Where nobody takes the book its lots are torn up at the mark, of those on the other side by what
/// they hold.
#[test]
fn what_nobody_takes_is_torn_up() {
    let (mut world, loss) = failed(spec(2));
    auction(&mut world, loss, 0).unwrap();
    world.tick(HOUR);
    let begun = world.close_outs().into_iter().find_map(|event| match event {
        closeout::Event::DeleveragingBegun { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(begun, Some(Why::NoBid));
    // 100 lots of 140: 71.4 of Bob's and 28.6 of Dan's.
    assert_eq!(["bob", "dan"].map(|text| world.lots(text, "BTC")), [-29, -11]);
    assert_eq!(world.loss("gone").stage, Stage::Settled);
}

/// Clara and Cleo are clients of Alice; both hold ten lots, and there is another market.
fn with_clients() -> World {
    let mut world = funded();
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, u128::from(DAY));
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    for text in ["clara", "cleo"] {
        world.account(text, 10_000);
        clear(&mut world, text, "alice").unwrap();
        world.fill("BTC", text, "bob", 10, 1_000);
    }
    world
}

/// The member's default takes nothing of his clients: one hedges and is ported, the other is closed
/// out for himself, and has what is left.
#[test]
fn clients_stand_apart() {
    let mut world = with_clients();
    world.declare("gone", "alice", &[]);
    let until = Some(world.at.after(DAY));
    assert_eq!(client(&world, "clara").map(|of| of.until), Some(until));
    assert_eq!(["clara", "cleo"].map(|text| world.equity(text)), [10_000; 2]);
    // More of the same is risk; the other way in another market is less of it.
    assert_eq!(code(world.try_fill("BTC", "clara", "bob", 1, 1_000)), "member-failed");
    assert_eq!(code(world.try_fill("ETH", "clara", "bob", 1, 1_000)), "member-failed");
    world.fill("ETH", "bob", "clara", 5, 1_000);
    world.fill("BTC", "bob", "cleo", 1, 1_000);
    assert_eq!(code(port(&mut world, "clara", "alice")), "member-failed");
    port(&mut world, "clara", "carol").unwrap();
    world.fill("BTC", "clara", "bob", 1, 1_000);
    world.tick(DAY);
    // Nobody took Cleo: his nine lots are in a book of their own.
    assert!(client(&world, "cleo").is_some(), "his member answers for the loss");
    assert_eq!(world.lots("cleo", "BTC"), 0);
    world.loss_of("closed", "cleo");
    assert_eq!(world.loss("closed").cause.as_str(), "clearing member in default");
    world.tick(DAY);
    assert_eq!(world.loss("closed").stage, Stage::Settled);
    assert_eq!(client(&world, "cleo"), None);
    assert_eq!((world.equity("cleo"), world.equity("clara")), (10_000, 10_000));
}

/// What a client lost beyond his own means his member pays first, of what he contributed.
#[test]
fn a_member_answers_for_his_client() {
    let mut world = with_clients();
    world.report_failed("client", 5_000, "clara", 1_000, &[]);
    let loss = world.loss("client");
    assert_eq!((loss.own_means, loss.deficit), (amount(5_000), amount(0)));
    assert_eq!(world.stake_of("alice", "Fund"), 9_571 - 4_000);
    assert_eq!(world.pot("House"), 1_000);
    assert_eq!(member(&world, "alice").failed, None, "his own default is another");
}

/// What his contribution earned until then is his: 28,000 are contributed, and a day pays as much.
#[test]
fn a_member_who_answers_is_paid_until_then() {
    let mut world = with_clients();
    let layer = LayerId(1);
    let most = amount(28_000 * 365);
    let pay = Some(PayTerms { target: amount(28_000), most, load: 0 });
    world.must(Action::Incentive(incentive::Command::SetPay { layer, pay }));
    let (number, pot) = (world.next_number() + 1_000, amount(100_000));
    world.must(Action::Incentive(incentive::Command::FundPay { layer, number, amount: pot }));
    world.tick(DAY);
    world.report_failed("client", 5_000, "clara", 1_000, &[]);
    assert_eq!(world.stake_of("alice", "Fund"), 9_571 - 4_000);
    let earned = world.engine.state().domains.reward(layer, world.id("alice"));
    assert_eq!(earned, amount(9_571));
}

/// What a client deposited stands behind no loss of others, whatever the waterfall says.
#[test]
fn no_waterfall_reaches_what_clients_deposited() {
    let mut world = with_clients();
    world.deposits(
        "Deposits",
        crate::world::members(rhodian_core::allocation::Rule::Proportional),
        None,
    );
    world.waterfall(&["House", "Fund", "Calls", "Deposits"]);
    world.claims("Deposits", &[("clara", 5_000, 5_000), ("bob", 5_000, 5_000)]);
    world.report("big", 100_000);
    let set = world.loss("big").set.unwrap();
    let of = &world.engine.state().losses.set(set).unwrap().layers[&world.layer_id("Deposits")];
    assert_eq!(of.place(world.id("clara")), None);
    assert!(of.place(world.id("bob")).is_some());
    world.tick(3 * DAY);
    assert_eq!(world.equity("clara"), 10_000);
}

#[test]
fn clients_come_and_go() {
    let mut world = with_clients();
    assert_eq!(code(clear(&mut world, "clara", "bob")), "already-client");
    assert_eq!(code(clear(&mut world, "dan", "bob")), "owner-is-member");
    assert_eq!(code(join(&mut world, "clara")), "already-client");
    assert_eq!(code(release(&mut world, "clara")), "holds-legs");
    assert_eq!(code(port(&mut world, "clara", "alice")), "same-member");
    leave(&mut world, "dan").unwrap();
    assert_eq!(code(port(&mut world, "clara", "dan")), "notice-given");
    world.fill("BTC", "bob", "clara", 10, 1_000);
    release(&mut world, "clara").unwrap();
    assert_eq!(code(release(&mut world, "clara")), "unknown-client");
    assert_eq!(code(world.try_fill("BTC", "clara", "bob", 1, 1_000)), "not-cleared");
}
