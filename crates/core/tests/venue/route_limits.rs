//! What ends a route before its work is done: a loss budget, a deadline; and what holds the
//! engine's own routes back: limits over windows. Alice is long against Bob and Carol and falls
//! below maintenance.

use crate::world::venue::{backstop, perpetual, routes};
use crate::world::{World, amount};
use rhodian_core::closeout::{self, AuctionCourse, Route, RouteSpec, Routes};
use rhodian_core::liquidation::breaker::{Breaker, Limit};
use rhodian_core::market::MarketSpec;
use rhodian_core::units::Amount;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;

const COURSE: AuctionCourse =
    AuctionCourse { first: 980_000, knee: 800_000, fast: 900_000, slow: HOUR, insolvent: HOUR };

/// Alice is long 400 lots at 1,000 with 40,000, liquidated by `first`, then by the market; so much
/// may be closed in four hours.
fn floor(first: Route, budget: u128, limit: u128) -> World {
    let mut world = World::venue(1_000, 1_000);
    for (text, cash) in [("alice", 40_000), ("bob", 100_000), ("carol", 100_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 200, 1_000);
    world.fill("BTC", "alice", "carol", 200, 1_000);
    let list = vec![
        RouteSpec { route: first, time: HOUR, budget: amount(budget) },
        RouteSpec { route: Route::Market, time: HOUR, budget: Amount::MAX },
    ];
    let limits = vec![Limit { value: amount(limit), window: 4 * HOUR }];
    let breaker = Breaker { limits, stages: vec![] };
    let of = Routes { list, breaker, ..routes(&world, "fund", &[]) };
    world.set_routes(of).unwrap();
    world.mark("BTC", 945);
    world
}

/// The route that Alice's liquidation is on.
fn route(world: &World) -> Option<usize> {
    world.engine.state().closeouts.liquidation(world.id("alice")).map(|of| of.route)
}

/// Routes that wait for others: for fills, for bids, for room under a limit. A backstop waits for
/// nobody: what it does not take at once goes to the next route.
const WAITING: [(&str, Route); 3] = [
    ("market", Route::Market),
    ("auction", Route::Auction { course: COURSE }),
    ("deleverage", Route::Deleverage),
];

#[test]
fn a_route_ends_when_it_has_lost_more_than_its_budget() {
    for (text, first) in WAITING {
        let mut world = floor(first, 1_200, 1);
        assert_eq!((world.equity("alice"), route(&world)), (18_000, Some(0)), "{text}");
        world.mark("BTC", 943);
        assert_eq!((world.equity("alice"), route(&world)), (17_200, Some(0)), "{text}: 800 lost");
        world.mark("BTC", 944);
        world.mark("BTC", 942);
        assert_eq!(route(&world), Some(0), "{text}: 1,200 lost are its budget, and no more");
        world.mark("BTC", 941);
        assert_eq!(route(&world), Some(1), "{text}: 1,600 lost");
        assert_eq!(world.lots("alice", "BTC"), 400, "{text}");
        world.fill("BTC", "bob", "alice", 150, 941);
        assert_eq!(route(&world), None, "{text}: the market closed what was to close");
    }
}

#[test]
fn a_route_ends_when_its_time_is_out() {
    for (text, first) in WAITING {
        let mut world = floor(first, 1_000_000, 1);
        world.tick(HOUR - 1);
        assert_eq!(route(&world), Some(0), "{text}: a millisecond is left");
        world.tick(1);
        assert_eq!(route(&world), Some(1), "{text}");
        // The last route has no other after it: it goes on.
        world.tick(5 * HOUR);
        assert_eq!(route(&world), Some(1), "{text}");
    }
}

/// A backstop with no margin for anything: the next route comes at once, with time and budget left.
#[test]
fn a_backstop_that_takes_nothing_is_passed_at_once() {
    let mut world = World::venue(1_000, 1_000);
    world.account("backstop", 10);
    for (text, cash) in [("alice", 40_000), ("bob", 100_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 400, 1_000);
    let list = [backstop(&world, "backstop"), Route::Market];
    let of = routes(&world, "fund", &list);
    world.set_routes(of).unwrap();
    world.mark("BTC", 945);
    assert_eq!(route(&world), Some(1));
}

/// Legs go together: where no lot of one fits any more, the lots of another that are worth next to
/// nothing do not go one by one. (On a price of 0.0001 that was 1,288 sales at one moment.)
#[test]
fn a_backstop_buys_no_dust_for_ever() {
    let mut world = World::venue(1_000_000, 1_000);
    world.list(perpetual("DUST"));
    world.mark("DUST", 1);
    for (text, cash) in [("alice", 48_000), ("bob", 900_000), ("backstop", 1_300)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world.fill("DUST", "alice", "bob", 6_001, 1);
    let list = [backstop(&world, "backstop"), Route::Market];
    let of = routes(&world, "fund", &list);
    world.set_routes(of).unwrap();
    world.close_outs();
    world.mark("BTC", 925);
    let events = world.close_outs();
    let sold = |event: &&closeout::Event| matches!(event, closeout::Event::LegsSold { .. });
    let sales = events.iter().filter(sold).count();
    assert!((1..=8).contains(&sales), "{sales} sales");
    assert!(world.lots("backstop", "BTC") >= 10, "what its margin bears");
    assert_eq!(route(&world), Some(1), "the rest is the market's");
}

/// A leg that the backstop may not take a lot of keeps it from no other.
#[test]
fn a_leg_that_cannot_be_taken_is_left_out() {
    let mut world = World::venue(1_000_000, 1_000);
    world.list(MarketSpec { max_position: 5, ..perpetual("ALT") });
    world.mark("ALT", 10);
    for (text, cash) in [("alice", 40_500), ("bob", 900_000), ("backstop", 1_000_000)] {
        world.account(text, cash);
    }
    world.account("carol", 1_000);
    world.fill("ALT", "backstop", "bob", 5, 10);
    world.fill("ALT", "alice", "carol", 1, 10);
    world.fill("BTC", "alice", "bob", 400, 1_000);
    let list = [backstop(&world, "backstop"), Route::Market];
    let of = routes(&world, "fund", &list);
    world.set_routes(of).unwrap();
    world.mark("BTC", 945);
    assert!(world.lots("backstop", "BTC") > 100, "{}", world.lots("backstop", "BTC"));
    assert_eq!((world.lots("alice", "ALT"), route(&world)), (1, None), "and it is done");
}

/// Twelve traders whose stops lie close together, each a little below the other, and a market that
/// falls by a tick for every 5,000 atoms that are sold into it: how low it gets, and the most that
/// was sold within any hour.
fn stop_losses(breaker: Breaker) -> (u64, u128) {
    let mut world = World::venue(1_000_000, 1_000);
    world.account("backstop", 10_000_000);
    world.account("bob", 10_000_000);
    for place in 0..12 {
        let text = format!("trader {place}");
        world.account(&text, 12_000 + 300 * place);
        world.fill("BTC", &text, "bob", 100, 1_000);
    }
    let list = [backstop(&world, "backstop"), Route::Market];
    let of = routes(&world, "fund", &list);
    world.set_routes(Routes { breaker, ..of }).unwrap();
    world.close_outs();
    let (mut mark, mut low, mut sold) = (925, 925, Vec::new());
    for minute in 0..240u64 {
        world.mark("BTC", mark);
        low = low.min(mark);
        let value = world.close_outs().into_iter().filter_map(|event| match event {
            closeout::Event::LegsSold { value, .. } => Some(value.atoms()),
            _ => None,
        });
        let value: u128 = value.sum();
        sold.push((minute, value));
        // Sold into, it falls; left alone, buyers come back.
        let fall = u64::try_from(value / 5_000).unwrap();
        mark = if fall > 0 { mark - fall } else { (mark + 1).min(925) };
        world.tick(MINUTE);
    }
    let hour = |end: u64| {
        let within = sold.iter().filter(|(at, _)| *at <= end && at + 60 > end);
        within.map(|(_, value)| *value).sum::<u128>()
    };
    (low, (0..240).map(hour).max().unwrap())
}

/// A cluster of stops feeds on itself: each sale reaches the next. A limit on what is sold within
/// an hour gives buyers the time to come back.
#[test]
fn a_cluster_of_stops_is_braked_by_a_limit() {
    let (free, all) = stop_losses(Breaker::default());
    let limit = 60_000;
    let limits = vec![
        Limit { value: amount(limit), window: HOUR },
        Limit { value: amount(2 * limit), window: 6 * HOUR },
    ];
    let (braked, most) = stop_losses(Breaker { limits, stages: vec![] });
    assert!(all > 3 * limit, "without a limit the cascade sells {all} in an hour");
    assert!(most <= limit, "with one never more than {limit}: {most}");
    assert!(free + 20 < braked, "to {free} without, to {braked} with a limit");
}
