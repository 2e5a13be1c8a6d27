//! What an account can ask before anything happens: what it would gain or lose at every move, how
//! far it is from nothing, what it could lose to others layer by layer, where it stands when others
//! are deleveraged. Alice is long, Bob and Carol are short.

use crate::world::venue::perpetual;
use crate::world::{World, amount};
use rhodian_core::closeout::{self, DeleveragingOrder, place};
use rhodian_core::control::Parameter;
use rhodian_core::engine::Event;
use rhodian_core::liquidation::price::LastPrice;
use rhodian_core::loss;
use rhodian_core::margin::scenario::VolMove;
use rhodian_core::market;
use rhodian_core::waterfall::{Liability, layer_risks};

/// Alice long 10 lots at 1,000 of Bob's 7 and Carol's 3.
fn floor() -> World {
    let mut world = World::venue(500, 1_000);
    for (text, cash) in [("alice", 2_000), ("bob", 1_500), ("carol", 6_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 7, 1_000);
    world.fill("BTC", "alice", "carol", 3, 1_000);
    world
}

#[test]
fn a_linear_leg_loses_what_its_delta_says_at_every_volatility() {
    let world = floor();
    let found = world.engine.state().what_if(world.id("alice"));
    let [(market, table)] = found.tables.as_slice() else { panic!("{found:?}") };
    assert_eq!((*market, found.together.as_ref()), (world.market_id("BTC"), Some(table)));
    for cell in &table.cells {
        assert_eq!(cell.profit, i128::from(cell.spot) * 10_000 / 1_000_000, "{cell:?}");
    }
    let worst = table.cells[table.worst];
    assert_eq!((worst.spot, worst.vol, worst.profit), (-300_000, VolMove::Down, -3_000));
    assert_eq!((table.greeks.delta, table.greeks.gamma), (10_000, 0));
    assert!(!table.acceleration.is_faster());
}

#[test]
fn moved_alike_a_pair_loses_nothing_and_each_alone_does() {
    let mut world = floor();
    world.list(perpetual("TWIN"));
    world.mark("TWIN", 1_000);
    world.account("dora", 5_000);
    world.fill("TWIN", "dora", "alice", 10, 1_000);
    let found = world.engine.state().what_if(world.id("alice"));
    assert_eq!(found.tables.len(), 2);
    let together = found.together.unwrap();
    assert!(together.cells.iter().all(|cell| cell.profit == 0), "{together:?}");
    assert_eq!((together.greeks.delta, together.acceleration.loss), (0, 0));
}

#[test]
fn the_distance_and_the_last_prices_of_a_leg() {
    let world = floor();
    let state = world.engine.state();
    // 2,000 of 10,000; 2,000 + 10 p - 10,000 = 0 at 800, and = 5 % of 10 p at 842.1.
    let distance = state.distance_to_zero(world.id("alice")).unwrap();
    assert_eq!((distance.each_against, distance.up), (Some(200_000), false));
    let last = state.last_prices(world.id("alice")).unwrap();
    assert_eq!(last.bankruptcy, LastPrice::At(800));
    assert_eq!(last.liquidation, LastPrice::At(843));
    assert!(state.distance_to_zero(world.id("bob")).unwrap().up);
}

#[test]
fn what_could_be_lost_is_the_gain_then_what_is_left_of_it() {
    let mut world = floor();
    let most = |world: &World, text: &str| {
        let found = layer_risks(world.engine.state(), world.id(text));
        let of = found.iter().find(|of| of.layer == world.layer_id("gains")).unwrap();
        assert_eq!((of.step, of.by), (2, Liability::Share));
        (of.most.atoms(), of.paid.atoms(), of.fixed)
    };
    assert_eq!(most(&world, "bob"), (0, 0, false), "who gained nothing is liable for nothing");
    world.mark("BTC", 900);
    assert_eq!(most(&world, "bob"), (700, 0, false));
    assert_eq!(most(&world, "alice"), (0, 0, false));
    // Alice fails: -500, all the fund has; at 740 it is -600, and Bob and Carol bear the rest.
    world.mark("BTC", 740);
    let (left, paid, fixed) = most(&world, "bob");
    assert!(fixed && paid <= 70, "{left} {paid}");
    assert!(left + paid <= 1_820, "{left} {paid}: never above his gain");
}

#[test]
fn a_stake_could_lose_its_part_of_what_the_pot_pays() {
    let mut world = floor();
    world.tranche("stakers");
    for (text, atoms) in [("sam", 300), ("tina", 100)] {
        world.account(text, atoms);
        world.stake(text, "stakers", atoms);
    }
    world.waterfall(&["fund", "stakers", "gains"]);
    let found = layer_risks(world.engine.state(), world.id("sam"));
    let stake = found.iter().find(|of| of.layer == world.layer_id("stakers")).unwrap();
    assert_eq!((stake.by, stake.step, stake.most), (Liability::Stake, 2, amount(300)));
    assert!(!found.iter().any(|of| of.layer == world.layer_id("fund")), "the house's own");
}

/// Who gives how many of the lots that Alice's book needs closed, under each order.
#[test]
fn a_domain_bound_to_another_order_follows_it() {
    use DeleveragingOrder as Order;
    // Bob and Carol shorted at 1,000, Dora at 800 with little equity: the most leveraged.
    for (order, expected) in [
        (Order::Draining, [1, 1, 4]),
        (Order::Contracts, [2, 2, 2]),
        // Profits of 1,920, 1,920 and 1,080: 2.34, 2.34 and 1.32 lots.
        (Order::Profit, [3, 2, 1]),
        (Order::QueueByBankruptcy, [0, 0, 6]),
        (Order::QueueByProfit, [0, 0, 6]),
        (Order::QueueByEntry, [0, 0, 6]),
        // Drawn of the clock and the market: Bob is the first, and has enough.
        (Order::RandomStart, [6, 0, 0]),
    ] {
        let mut world = World::venue(0, 1_000);
        world.set(Parameter::CloseOutBudget, 0);
        world.set(Parameter::DeleveragingOrder, u128::from(order as u8));
        for (text, cash) in
            [("alice", 1_000), ("bob", 3_000), ("carol", 3_000), ("dora", 900), ("whale", 90_000)]
        {
            world.account(text, cash);
        }
        world.fill("BTC", "whale", "bob", 6, 1_000);
        world.fill("BTC", "whale", "carol", 6, 1_000);
        world.mark("BTC", 860);
        world.fill("BTC", "whale", "dora", 6, 860);
        world.fill("BTC", "alice", "whale", 6, 860);
        world.close_outs();
        world.mark("BTC", 680);
        let gave = ["bob", "carol", "dora"].map(|text| 6 + world.lots(text, "BTC"));
        assert_eq!(gave, expected, "{order:?}");
        let took = world.close_outs().into_iter().find_map(|event| match event {
            closeout::Event::Deleveraged { taken, .. } => Some(taken.len()),
            _ => None,
        });
        assert!(took.is_some(), "{order:?}");
    }
    assert_eq!(Order::ALL.len(), 7, "every order has its row");
}

#[test]
fn each_account_can_ask_for_its_place() {
    let mut world = floor();
    let state = world.engine.state();
    let of = |state, text: &str| place(state, world.id(text), world.market_id("BTC"));
    let (bob, carol) = (of(state, "bob").unwrap(), of(state, "carol").unwrap());
    assert_eq!((bob.ahead, bob.lots_before, bob.lots_in_all), (0, 0, 10));
    assert!(carol.ahead == 1 && carol.lots_before > 0, "{carol:?}");
    assert!(bob.lights() > carol.lights(), "{bob:?} {carol:?}");
    world.set(Parameter::DeleveragingOrder, u128::from(DeleveragingOrder::Contracts as u8));
    let state = world.engine.state();
    assert_eq!(place(state, world.id("bob"), world.market_id("BTC")), None, "all give at once");
}

/// Alice failed long and Bob short. Each event says which of the two losses it is about; a fill
/// between their books is about both, and says the buyer's. (That an event is about every loss it
/// names is looked at after every command of every test.)
#[test]
fn every_event_says_which_loss_it_is_about() {
    let mut world = World::venue(0, 1_000);
    world.set(Parameter::CloseOutTime, 36_000_000);
    world.set(Parameter::CloseOutBudget, 1_000_000_000);
    for (text, cash) in [("alice", 20_000), ("bob", 20_000), ("carol", 100_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "carol", 100, 1_000);
    world.fill("BTC", "carol", "bob", 100, 1_000);
    world.mark("BTC", 790);
    let alices = world.loss_of("L1", "alice");
    world.mark("BTC", 1_300);
    let bobs = world.loss_of("L2", "bob");
    world.fill("BTC", "book/L2", "book/L1", 40, 1_300);
    world.fill("BTC", "carol", "book/L1", 60, 1_300);
    let events = || world.records.iter().flat_map(|record| &record.events);
    let firsts = [alices, bobs].map(|loss| events().find(|event| event.is_about(loss)).unwrap());
    for (first, about) in firsts.into_iter().zip([alices, bobs]) {
        assert_eq!(first.loss(), Some(about));
        assert!(matches!(first, Event::Loss(loss::Event::DefaultFound { .. })), "{first:?}");
    }
    let fills =
        events().filter(|event| matches!(event, Event::Market(market::Event::Filled { .. })));
    let about = |event: &Event| (event.loss(), event.is_about(alices), event.is_about(bobs));
    let expected = [
        (None, false, false),
        (None, false, false),
        (Some(bobs), true, true),
        (Some(alices), true, false),
    ];
    assert_eq!(fills.map(about).collect::<Vec<_>>(), expected);
    let marks =
        events().filter(|event| matches!(event, Event::Market(market::Event::Marked { .. })));
    assert!(marks.map(about).all(|of| of == (None, false, false)));
}
