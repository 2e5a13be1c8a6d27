//! Options on BTC at 100,000 ticks, each with a feed of its own volatility: three sources, of which
//! two must count, who may move it at once.

use rhodian_core::engine::Action;
use rhodian_core::ids::{FeedId, SourceId, Time};
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Right};
use rhodian_core::oracle::{
    self, Answer, FeedSpec, Kind, Params, Purpose, Quality, SourceWeight, SureProfit, Unfit, Why,
};
use rhodian_core::units::Price;

use super::feeds::say_all;
use super::venue::perpetual;
use super::{World, name};

pub const DAY: u64 = 86_400_000;

/// An option: its name, what it gives, its strike in thousands of ticks, in how many days it
/// expires, and its volatility in per cent.
pub type Row<'a> = (&'a str, Right, u64, u64, u64);

pub fn open_volatility(world: &mut World, text: &str) -> FeedId {
    let no_limit = 1_000_000_000_000;
    let spec = FeedSpec {
        name: name(text),
        kind: Kind::Volatility,
        domains: Vec::new(),
        sources: (0..3).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params {
            max_age: DAY,
            step_cap: no_limit,
            jump: no_limit,
            ..Params::of(Kind::Volatility)
        },
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    feed_of(world, text)
}

pub fn feed_of(world: &World, text: &str) -> FeedId {
    let feeds = &world.engine.state().oracle;
    feeds.feeds().find(|(_, feed)| feed.spec.name == name(text)).unwrap().0
}

pub fn attach_volatility(world: &mut World, text: &str, feed: FeedId) {
    let feeds = Feeds { volatility: Some(feed), ..Feeds::default() };
    let market = world.market_id(text);
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
}

pub fn list_option(world: &mut World, (text, right, strike, days, _): Row<'_>) {
    let underlying = world.market_id("BTC");
    let strike = Price::new(strike * 1_000).unwrap();
    let expiry = Time(1_000 + days * DAY);
    let instrument = Instrument::Option { underlying, strike, expiry, right };
    world.list(MarketSpec { instrument, max_price: Price::MAX, ..perpetual(text) });
    world.mark(text, 5_000);
}

/// BTC, the options with a feed for each, and Alice, Bob and Carol, who are rich.
pub fn surface(rows: &[Row<'_>]) -> World {
    let mut world = World::venue(0, 100_000);
    for row in rows {
        list_option(&mut world, *row);
        let feed = open_volatility(&mut world, row.0);
        attach_volatility(&mut world, row.0, feed);
        say(&mut world, row.0, row.4);
    }
    for text in ["alice", "bob", "carol"] {
        world.account(text, 100_000_000);
    }
    world
}

/// All sources of the feed say so many per cent.
pub fn say(world: &mut World, text: &str, percent: u64) {
    let feed = feed_of(world, text);
    say_all(world, feed, percent * 10_000);
}

pub fn answer(world: &World, text: &str) -> Answer {
    world.engine.state().feed_answer(feed_of(world, text)).unwrap()
}

/// The profits that lower the feed of that name.
pub fn profits(world: &World, text: &str) -> Vec<SureProfit> {
    let of_surface = |why: &Why| match why {
        Why::Arbitrage { profit, .. } => Some(*profit),
        _ => None,
    };
    answer(world, text).reasons.iter().filter_map(of_surface).collect()
}

/// Whether the volatility of the option of that name serves.
pub fn serves(world: &World, text: &str, purpose: Purpose) -> Result<u64, Unfit> {
    world.engine.state().volatility(world.market_id(text), purpose).unwrap()
}

/// Of `names`, the feeds whose volatility is no better than to mark.
pub fn only_marking<'a>(world: &World, names: &[&'a str]) -> Vec<&'a str> {
    let lowered = |text: &&&str| answer(world, text).quality == Quality::Mark;
    names.iter().filter(lowered).copied().collect()
}
