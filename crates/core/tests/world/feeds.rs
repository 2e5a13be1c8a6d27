//! Markets whose marks come from the oracle: feeds of three sources, of which two must count.

use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{FeedId, SourceId};
use rhodian_core::market::{self, Feeds, MarketSpec};
use rhodian_core::oracle::{self, FeedSpec, Kind, Params, SourceWeight, Value};

use super::acts::Given;
use super::venue::perpetual;
use super::{DOMAIN, World, name};

/// The first feed: that of the price of `BTC`.
pub const FEED: FeedId = FeedId(0);

pub fn open_feed(world: &mut World, text: &str, kind: Kind) {
    let source = |id| SourceWeight { source: SourceId(id), weight: 1 };
    let spec = FeedSpec {
        name: name(text),
        kind,
        domains: vec![DOMAIN],
        sources: (0..3).map(source).collect(),
        min_sources: 2,
        params: Params::of(kind),
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
}

/// A BTC market on a feed of three sources; all say 1,000. Alice is long 100 lots, Bob short.
pub fn floor() -> World {
    floor_of(perpetual("BTC"))
}

/// The same with a market as `spec` has it.
pub fn floor_of(spec: MarketSpec) -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 1_000, None);
    world.session_gains("gains");
    world.waterfall(&["fund", "gains"]);
    world.set(Parameter::OpeningProfit, 1_000_000);
    world.list(spec);
    world.mark("BTC", 1_000);
    open_feed(&mut world, "BTC index", Kind::Price);
    let market = world.market_id("BTC");
    let feeds = Feeds { price: Some(FEED), ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    say_all(&mut world, FEED, 1_000);
    refresh(&mut world).unwrap();
    for text in ["alice", "bob", "carol"] {
        world.account(text, 20_000);
    }
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world
}

pub fn say(world: &mut World, id: u32, units: u64) -> Given {
    say_of(world, FEED, id, units)
}

pub fn say_of(world: &mut World, feed: FeedId, id: u32, units: u64) -> Given {
    let command = oracle::Command::Report {
        feed,
        source: SourceId(id),
        number: world.next_number(),
        value: Value::new(units).unwrap(),
        confidence: Value::new(0).unwrap(),
        time: world.at,
    };
    world.give(Actor { role: Role::Source, id }, Action::Oracle(command))
}

pub fn say_all(world: &mut World, feed: FeedId, units: u64) {
    for id in 0..3 {
        say_of(world, feed, id, units).unwrap();
    }
}

pub fn refresh(world: &mut World) -> Given {
    let markets = vec![world.market_id("BTC")];
    world.market_do(market::Command::MarkFromFeeds { markets })
}

/// All sources say `ticks` and a tick more or less, since one that never moves is stuck, every ten
/// seconds for `seconds`; the mark follows.
pub fn stay(world: &mut World, ticks: u64, seconds: u64) {
    for step in 0..seconds / 10 {
        world.tick(10_000);
        say_all(world, FEED, ticks + step % 2);
        refresh(world).unwrap();
    }
}
