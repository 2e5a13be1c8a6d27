//! Prices that may not last: what the mark has just earned opens nothing, what no depth could take
//! of a profit opens nothing, and far from a slow price the engine closes nothing.

use crate::world::World;
use crate::world::feeds::{floor, open_feed, say_all, stay};
use crate::world::venue::{perpetual, routes};
use rhodian_core::closeout::{self, Route, Routes, Waits};
use rhodian_core::control::Parameter;
use rhodian_core::engine::Rejection;
use rhodian_core::ids::FeedId;
use rhodian_core::liquidation::breaker::{Breaker, Stage};
use rhodian_core::market::{self, Feeds};
use rhodian_core::oracle::Kind;

const MINUTE: u64 = 60_000;

/// The opening equity of an account, as the refusal of far too many lots of another market says it.
fn opening(world: &mut World, text: &str) -> i128 {
    if !world.knows("dora") {
        world.list(perpetual("ETH"));
        world.mark("ETH", 1_000);
        world.account("dora", 100_000_000);
    }
    match world.try_fill("ETH", text, "dora", 100_000, 1_000).unwrap_err() {
        Rejection::Market(market::Rejection::BelowInitialMargin { account, equity, .. }) => {
            assert_eq!(account, world.id(text));
            equity.atoms()
        }
        other => panic!("{other}"),
    }
}

fn mark(world: &World) -> u64 {
    let market = world.market_id("BTC");
    world.engine.state().markets.market(market).unwrap().mark.unwrap().ticks()
}

/// Mango, October 2022: a price that was driven up within minutes was margin for loans that never
/// came back. A price that rises by a quarter counts when it has lasted.
#[test]
fn what_the_price_has_just_earned_opens_nothing() {
    let mut world = floor();
    world.deposit("bob", 100_000);
    assert_eq!(opening(&mut world, "alice"), 20_000);
    stay(&mut world, 1_200, 60);
    assert!((1_200..=1_201).contains(&mark(&world)), "the mark follows within a minute");
    assert!(world.equity("alice") >= 40_000, "all her profit keeps her position");
    let soon = opening(&mut world, "alice");
    assert!((21_000..22_000).contains(&soon), "1.8 % a minute of it opens more: {soon}");
    stay(&mut world, 1_200, 1_200);
    let later = opening(&mut world, "alice");
    assert!((40_000..=40_100).contains(&later), "after a quarter of an hour, all: {later}");
    // And down again: what she lost counts at once.
    stay(&mut world, 1_000, 60);
    let fallen = opening(&mut world, "alice");
    assert!((20_000..=20_100).contains(&fallen), "{fallen}");
}

/// The same for who is short: his profit counts at the higher of the two.
#[test]
fn nor_does_it_for_the_short_side() {
    let mut world = floor();
    stay(&mut world, 900, 60);
    let soon = opening(&mut world, "bob");
    assert!((21_000..22_000).contains(&soon), "of a profit of 10,000: {soon}");
    stay(&mut world, 900, 600);
    let later = opening(&mut world, "bob");
    assert!((29_900..=30_000).contains(&later), "{later}");
}

/// A venue with depth as a feed: profit on lots that the market could take counts, on others not;
/// where depth is old, or none, no profit counts.
#[test]
fn profit_beyond_depth_opens_nothing() {
    let mut world = World::venue(1_000, 1_000);
    open_feed(&mut world, "BTC depth", Kind::Depth);
    let (market, depth) = (world.market_id("BTC"), Some(FeedId(0)));
    let feeds = Feeds { depth, ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    for (text, cash) in [("alice", 20_000), ("bob", 100_000), ("carol", 100_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.mark("BTC", 1_100);
    assert_eq!(opening(&mut world, "alice"), 20_000, "no depth was ever reported");
    for (lots, expected) in [(1_000, 30_000), (100, 30_000), (40, 24_000), (0, 20_000)] {
        // Depth that moves at once would be a jump: it walks there.
        for step in 0..120 {
            world.tick(10_000);
            say_all(&mut world, FeedId(0), lots + step % 2);
        }
        let counted = opening(&mut world, "alice");
        assert!((expected..=expected + 100).contains(&counted), "{lots} lots deep: {counted}");
    }
    for _ in 0..120 {
        world.tick(10_000);
        say_all(&mut world, FeedId(0), 1_000);
    }
    world.tick(9 * MINUTE);
    assert_eq!(opening(&mut world, "alice"), 20_000, "stale depth counts no unrealised profit");
}

/// A brake in stages: further than 5 % from the slow price the engine closes nothing by itself, and
/// goes on when the price has lasted. Whoever closes of his own will is not held back.
#[test]
fn far_from_its_slow_price_the_engine_closes_nothing() {
    let mut world = floor();
    let stages = vec![Stage { beyond: 50_000, allowed: 0 }];
    let of = routes(&world, "fund", &[Route::Deleverage]);
    let breaker = Breaker { limits: vec![], stages };
    world.set_routes(Routes { breaker, ..of }).unwrap();
    world.close_outs();
    stay(&mut world, 840, 40);
    let alice = world.id("alice");
    let open = |world: &World| world.engine.state().closeouts.liquidation(alice).is_some();
    assert!(open(&world), "with {} she is below 5 % of 84,000", world.equity("alice"));
    assert_eq!(world.lots("alice", "BTC"), 100, "and waits");
    let waits = |world: &World| closeout::waits(world.engine.state(), alice);
    assert_eq!(waits(&world), Some(Waits::Breaker { allowed: 0, room: 0 }));
    world.fill("BTC", "carol", "alice", 1, mark(&world));
    assert_eq!(world.lots("alice", "BTC"), 99, "the market may");
    stay(&mut world, 840, 900);
    assert!(world.lots("alice", "BTC") < 99, "the price has lasted: the brake is off");
    let deleveraged =
        |event: &closeout::Event| matches!(event, closeout::Event::Deleveraged { .. });
    assert!(world.close_outs().iter().any(deleveraged));
}

/// The parameter that weighs profit still does: nothing counts where it says nothing.
#[test]
fn a_profit_that_lasted_counts_as_far_as_the_domain_says() {
    let mut world = floor();
    world.deposit("bob", 100_000);
    world.set(Parameter::OpeningProfit, 0);
    stay(&mut world, 1_200, 1_260);
    assert_eq!(opening(&mut world, "alice"), 20_000);
}
