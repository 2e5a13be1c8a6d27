//! Markets whose marks come from the oracle: every purpose needs its quality, and one wrong print
//! liquidates nobody.

use crate::world::feeds::{FEED, floor, floor_of, open_feed, refresh, say, say_of};
use crate::world::venue::{perpetual, routes};
use crate::world::{World, name};
use rhodian_core::closeout::Route;
use rhodian_core::ids::{FeedId, Time};
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, StepLimits};
use rhodian_core::oracle::Kind;

const STEPS: StepLimits = StepLimits { price: 35_000, funding: 0, penalty: 10_000 };

/// T13: users were liquidated on a single wrong print.
#[test]
fn t13_a_single_wrong_print_liquidates_nobody() {
    let mut world = floor();
    world.tick(1_000);
    say(&mut world, 0, 1).unwrap();
    for id in 1..3 {
        say(&mut world, id, 1_000).unwrap();
    }
    refresh(&mut world).unwrap();
    assert_eq!(world.equity("alice"), 20_000, "the median stands");
    // All three say it at once: the effective price walks, and nobody fails on the way.
    world.tick(1_000);
    for id in 0..3 {
        say(&mut world, id, 1).unwrap();
    }
    let _ = refresh(&mut world);
    assert_eq!(world.lots("alice", "BTC"), 100, "a jump is no price to liquidate at");
    assert_eq!(world.engine.state().losses.losses().count(), 0);
}

#[test]
fn a_stale_price_opens_nothing_and_lets_nothing_out() {
    let mut world = floor();
    world.tick(5 * 60 * 1_000);
    let refused = world.try_fill("BTC", "carol", "bob", 1, 1_000).unwrap_err();
    assert_eq!(refused.code(), "price-unfit", "{refused}");
    assert_eq!(world.free("alice"), 0, "at no price, nothing is known to be free");
    assert_eq!(world.free("carol"), 20_000, "Carol holds no leg: hers is free");
}

/// A price that still walks is good enough to liquidate at, and not to assign lots at: nobody is
/// deleveraged, and when the time of that route is out the market has its turn.
#[test]
fn a_walking_price_deleverages_nobody_and_the_next_route_comes() {
    let mut world = floor();
    let of = routes(&world, "fund", &[Route::Deleverage, Route::Market]);
    world.set_routes(of).unwrap();
    let route = |world: &World| {
        let of = world.engine.state().closeouts.liquidation(world.id("alice"));
        of.map(|of| of.route)
    };
    for _ in 0..600 {
        world.tick(1_000);
        for id in 0..3 {
            say(&mut world, id, 805).unwrap();
        }
        refresh(&mut world).unwrap();
        if route(&world).is_some() {
            break;
        }
    }
    assert_eq!((route(&world), world.lots("alice", "BTC")), (Some(0), 100));
    world.tick(3_600_000);
    assert_eq!((route(&world), world.lots("alice", "BTC")), (Some(1), 100));
}

/// A wrong jump is marked, which needs little; it is gone before the next mark. Who stands below
/// maintenance at it is not liquidated when the feed is good again: the engine marks what strayed
/// before anyone is looked at.
#[test]
fn a_mark_that_strayed_liquidates_nobody() {
    let mut world = floor();
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    let say_all = |world: &mut World, ticks| {
        world.tick(1_000);
        (0..3).for_each(|id| drop(say(world, id, ticks).unwrap()));
    };
    (0..21).for_each(|_| say_all(&mut world, 600));
    refresh(&mut world).unwrap();
    assert!((0..2_000).contains(&world.equity("alice")), "{} left", world.equity("alice"));
    for _ in 0..60 {
        say_all(&mut world, 1_000);
        let alice = world.id("alice");
        let liquidated = world.engine.state().closeouts.liquidation(alice).is_some();
        assert!(!liquidated, "at a mark that strayed, with {} left", world.equity("alice"));
    }
    assert!(world.equity("alice") > 15_000, "the engine marked it, at {}", world.equity("alice"));
}

/// After an outage the feed is good at once and far from the mark. A market with limits of steps
/// goes there step by step, and the engine does not mark it: until it is near, nothing leaves that
/// the last mark would let go.
#[test]
fn nothing_leaves_at_a_mark_that_strayed() {
    let mut world = floor_of(MarketSpec { steps: Some(STEPS), ..perpetual("BTC") });
    assert_eq!(world.free("alice"), 10_000);
    world.tick(300_000);
    assert_eq!(world.free("alice"), 0, "no price");
    for id in 0..3 {
        say(&mut world, id, 1_100).unwrap();
    }
    assert_eq!((world.equity("alice"), world.free("alice")), (20_000, 0), "a mark far away");
    assert_eq!(world.try_fill("BTC", "carol", "bob", 1, 1_000).unwrap_err().code(), "mark-strayed");
    while world.free("alice") == 0 {
        let before = world.equity("alice");
        refresh(&mut world).unwrap();
        assert!(world.equity("alice") > before, "a step nearer");
    }
    assert!(world.equity("alice") >= 24_500, "within a jump: {}", world.equity("alice"));
}

/// A floor with a twin of its market, on a feed of its own.
fn twins(steps: Option<StepLimits>) -> World {
    let mut world = floor();
    world.list(MarketSpec { name: name("TWIN"), steps, ..perpetual("BTC") });
    open_feed(&mut world, "TWIN index", Kind::Price);
    world.mark("TWIN", 1_000);
    let (twin, other) = (world.market_id("TWIN"), FeedId(1));
    let feeds = Feeds { price: Some(other), ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market: twin, feeds }).unwrap();
    say_both(&mut world, (1_000, 1_000));
    world.deposit("bob", 100_000);
    world.account("dora", 4_000);
    world.account("eve", 1_000_000);
    world.fill("BTC", "eve", "dora", 13, 1_000);
    world.fill("TWIN", "dora", "eve", 13, 1_000);
    world
}

fn say_both(world: &mut World, of: (u64, u64)) {
    for (feed, ticks) in [(FEED, of.0), (FeedId(1), of.1)] {
        for id in 0..3 {
            let _ = say_of(world, feed, id, ticks);
        }
    }
}

/// Dora is long in one market and short its twin. Where one strays both are marked, and she stands.
#[test]
fn where_one_mark_strays_all_are_marked() {
    let mut world = twins(None);
    let twin = world.market_id("TWIN");
    for _ in 0..12 {
        world.tick(1_000);
        say_both(&mut world, (1_053, 1_052));
    }
    let mark = |world: &World, market| world.engine.state().markets.market(market).unwrap().mark;
    let marks = [world.market_id("BTC"), twin].map(|market| mark(&world, market).unwrap().ticks());
    assert_eq!(marks, [1_053, 1_052]);
    assert_eq!((world.equity("dora"), world.lots("dora", "TWIN")), (3_987, 13));
}

/// The same where the twin follows in steps: after an outage the one is there at once and the other
/// on its way. Dora stands below maintenance between, and waits until both are there.
#[test]
fn a_hedge_over_steps_waits_for_both_legs() {
    let mut world = twins(Some(STEPS));
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    world.tick(300_000);
    say_both(&mut world, (1_300, 1_300));
    let (dora, id) = (world.equity("dora"), world.market_id("TWIN"));
    assert_eq!(dora, 4_000 - 13 * (1_300 - 1_000), "one leg is behind");
    for _ in 0..10 {
        let markets = vec![id];
        world.market_do(market::Command::MarkFromFeeds { markets }).unwrap();
        let of = world.engine.state().closeouts.liquidation(world.id("dora"));
        assert!(of.is_none(), "with {}", world.equity("dora"));
    }
    assert_eq!(world.equity("dora"), 4_000);
}

#[test]
fn a_market_with_a_feed_is_marked_by_nobody_else() {
    let mut world = floor();
    let price = rhodian_core::units::Price::new(1_000).unwrap();
    let marks = vec![(world.market_id("BTC"), price)];
    let refused = world.market_do(market::Command::Mark { marks }).unwrap_err();
    assert_eq!(refused.code(), "has-feed");
    world.list(perpetual("ETH"));
    let markets = vec![world.market_id("ETH")];
    let refused = world.market_do(market::Command::MarkFromFeeds { markets }).unwrap_err();
    assert_eq!(refused.code(), "no-feed");
    let (market, feeds) = (world.market_id("ETH"), Feeds { depth: Some(FEED), ..Feeds::default() });
    let refused = world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap_err();
    assert_eq!(refused.code(), "wrong-feed");
}

/// A future on the feed settles at the mean of the last half hour, whatever the last print.
#[test]
fn a_future_settles_at_the_mean_of_its_window() {
    let mut world = floor();
    let expiry = Time(world.at.0.next_multiple_of(60_000) + 3_600_000);
    world.list(MarketSpec {
        instrument: Instrument::Future { expiry, underlying: None },
        ..perpetual("BTC-F")
    });
    let market = world.market_id("BTC-F");
    let feeds = Feeds { price: Some(FEED), ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    world.market_do(market::Command::MarkFromFeeds { markets: vec![market] }).unwrap();
    world.fill("BTC-F", "carol", "bob", 10, 1_000);
    let mut swing = 1_000;
    while world.at < expiry {
        let left = (expiry.0 - world.at.0).min(5_000);
        world.tick(left);
        // A source that always says the same is stuck: they swing by a tick.
        swing = 2_001 - swing;
        for id in 0..3 {
            say(&mut world, id, swing).unwrap();
        }
    }
    assert_eq!(world.lots("carol", "BTC-F"), 0, "paid out");
    assert!((19_990..=20_010).contains(&world.cash("carol")), "{}", world.cash("carol"));
}

/// A market with limits of steps follows its feed by one step at a time, up and down.
#[test]
fn a_market_with_steps_walks_to_its_feed() {
    let mut world = floor();
    let steps = Some(StepLimits { price: 35_000, funding: 0, penalty: 10_000 });
    for (text, from, expected) in [
        ("ETH", 900, [931, 963, 996, 1_000, 1_000]),
        ("SOL", 1_100, [1_062, 1_025, 1_000, 1_000, 1_000]),
    ] {
        world.list(MarketSpec { steps, ..perpetual(text) });
        world.mark(text, from);
        let (market, feeds) =
            (world.market_id(text), Feeds { price: Some(FEED), ..Feeds::default() });
        world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
        let marks = expected.map(|_| {
            let markets = vec![market];
            world.market_do(market::Command::MarkFromFeeds { markets }).unwrap();
            world.engine.state().markets.market(market).unwrap().mark.unwrap().ticks()
        });
        assert_eq!(marks, expected, "{text}");
    }
}
