//! What scenario margin charges beside its grid: a hedge between dates, for futures and spot may
//! fail to converge; and size, against the depth that a feed says. Alice holds the portfolio, Bob
//! is on the other side.

use crate::world::World;
use crate::world::feeds::{open_feed, say_all};
use crate::world::venue::perpetual;
use rhodian_core::control::Parameter;
use rhodian_core::ids::{FeedId, MarketId, Time};
use rhodian_core::margin::Level;
use rhodian_core::margin::scenario::Requirement;
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Right};
use rhodian_core::oracle::Kind;
use rhodian_core::units::Price;

const DAY: u64 = 24 * 3_600_000;
const VOLATILITY: FeedId = FeedId(0);
const DEPTH: FeedId = FeedId(1);

/// BTC at 100,000 with a volatility of 80 %, a future `DATED` three months out at 101,000 that
/// converges to it where `linked`, and a far call `CALL` of the same date, of which Alice sold one.
fn floor(linked: bool) -> World {
    let mut world = World::venue(0, 100_000);
    let underlying = world.market_id("BTC");
    let expiry = Time(world.at.0 + 90 * DAY);
    let future = Instrument::Future { expiry, underlying: linked.then_some(underlying) };
    world.list(MarketSpec { instrument: future, ..perpetual("DATED") });
    world.mark("DATED", 101_000);
    let strike = Price::new(150_000).unwrap();
    let call = Instrument::Option { underlying, strike, expiry, right: Right::Call };
    world.list(MarketSpec { instrument: call, ..perpetual("CALL") });
    world.mark("CALL", 5_000);
    open_feed(&mut world, "BTC volatility", Kind::Volatility);
    attach(&mut world, Feeds { volatility: Some(VOLATILITY), ..Feeds::default() });
    say_all(&mut world, VOLATILITY, 800_000);
    for text in ["alice", "bob"] {
        world.account(text, 100_000_000);
    }
    world.fill("CALL", "bob", "alice", 1, 5_000);
    world
}

fn attach(world: &mut World, feeds: Feeds) {
    let market = world.market_id("BTC");
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
}

fn required(world: &World) -> u128 {
    world.engine.state().requirement(world.id("alice"), Level::Initial)
}

/// Her only portfolio.
fn table(world: &World) -> Requirement {
    let tables = world.engine.state().scenario_tables(world.id("alice"));
    let [(of, table)] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!(*of, MarketId(0));
    table.clone()
}

#[test]
fn a_future_that_converges_hedges_options_and_one_that_does_not_stands_alone() {
    let mut apart = floor(false);
    apart.fill("DATED", "alice", "bob", 1, 101_000);
    let mut joined = floor(true);
    let naked = required(&joined);
    joined.fill("DATED", "alice", "bob", 1, 101_000);
    assert_eq!(required(&apart), naked + 10_100, "10 % of its value by tiers, whatever it hedges");
    // A covered call: what the grid loses now is the fall of the future, less the call's.
    let table = table(&joined);
    assert!(table.grid_loss < 30_300, "30 % of 101,000, less what the call falls: {table:?}");
    assert!(joined.engine.state().in_portfolio(joined.id("alice"), joined.market_id("DATED")));
    assert!(!apart.engine.state().in_portfolio(apart.id("alice"), apart.market_id("DATED")));
}

/// Long spot against the future: all moves of the grid cancel, and what is left is the charge on
/// the hedge. Nothing else would be asked of a pair that loses all that futures and spot come
/// apart.
#[test]
fn a_hedge_across_dates_is_charged() {
    let mut world = floor(true);
    world.fill("BTC", "alice", "bob", 100, 100_000);
    world.fill("DATED", "bob", "alice", 100, 101_000);
    let before = table(&world);
    let [pair] = before.basis_pairs.as_slice() else { panic!("{before:?}") };
    assert_eq!((pair.long, pair.short), (None, Some(0)), "the spot, and the date");
    // The smaller of 100 x 100,000 long and 100 x 101,000 with the short call: 2 % of ten million.
    assert_eq!((pair.hedged, before.basis), (10_000_000, 200_000));
    world.set(Parameter::BasisCharge, 50_000);
    assert_eq!(table(&world).basis, 500_000);
    assert_eq!(required(&world), before.initial + 300_000);
}

#[test]
fn a_future_alone_needs_no_scenarios() {
    let mut world = floor(true);
    world.fill("CALL", "alice", "bob", 1, 5_000);
    world.fill("DATED", "alice", "bob", 1, 101_000);
    assert_eq!(required(&world), 10_100);
    assert!(world.engine.state().scenario_tables(world.id("alice")).is_empty());
}

/// T28: where there is no volatility each leg is charged its own whole value: an option by its own
/// unit, a future at its own price. None may fall when less is known.
#[test]
fn what_is_not_known_is_charged_leg_by_leg() {
    let mut world = floor(true);
    let (underlying, expiry) = (world.market_id("BTC"), Time(world.at.0 + 90 * DAY));
    let strike = Price::new(100_000).unwrap();
    let instrument = Instrument::Option { underlying, strike, expiry, right: Right::Call };
    world.list(MarketSpec { instrument, unit: 7, ..perpetual("SEVEN") });
    world.mark("SEVEN", 16_000);
    let instrument = Instrument::Future { expiry, underlying: Some(underlying) };
    let max_price = Price::new(100_000_000).unwrap();
    world.list(MarketSpec { instrument, max_price, ..perpetual("FINE") });
    world.mark("FINE", 10_000_000);
    world.deposit("alice", 10_000_000_000);
    world.deposit("bob", 10_000_000_000);
    world.fill("SEVEN", "bob", "alice", 10, 16_000);
    world.fill("FINE", "alice", "bob", 3, 10_000_000);
    let known = required(&world);
    world.tick(DAY);
    let unknown = required(&world);
    // The far call, ten of seven, and three at ten million.
    assert_eq!(unknown, 100_000 + 10 * 7 * 100_000 + 3 * 10_000_000);
    assert!(unknown > known, "{known}");
}

/// A future that has options of its own hedges those first.
#[test]
fn a_future_stands_with_its_own_options_first() {
    let mut world = floor(true);
    let (underlying, expiry) = (world.market_id("DATED"), Time(world.at.0 + 30 * DAY));
    let strike = Price::new(101_000).unwrap();
    let instrument = Instrument::Option { underlying, strike, expiry, right: Right::Call };
    world.list(MarketSpec { instrument, ..perpetual("ON DATED") });
    world.mark("ON DATED", 9_000);
    let feeds = Feeds { volatility: Some(VOLATILITY), ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market: underlying, feeds }).unwrap();
    world.fill("ON DATED", "bob", "alice", 1, 9_000);
    world.fill("DATED", "alice", "bob", 1, 101_000);
    let tables = world.engine.state().scenario_tables(world.id("alice"));
    let losses: Vec<u128> = tables.iter().map(|(_, table)| table.grid_loss).collect();
    let [on_btc, on_dated] = losses.as_slice() else { panic!("{tables:?}") };
    assert!(*on_dated < 30_300, "covered: {on_dated}");
    assert!(*on_btc > 0 && tables[0].1.basis == 0, "the call on BTC stays naked: {on_btc}");
}

/// A tenth of the square of the delta over the depth, never more than the delta itself; an old
/// depth is better than none, so that a feed that fails liquidates nobody.
#[test]
fn size_is_charged_against_depth() {
    let mut world = floor(true);
    world.fill("BTC", "alice", "bob", 100, 100_000);
    let without = table(&world);
    assert_eq!(without.concentration, 0, "no feed says the depth");
    open_feed(&mut world, "BTC depth", Kind::Depth);
    attach(
        &mut world,
        Feeds { volatility: Some(VOLATILITY), depth: Some(DEPTH), ..Feeds::default() },
    );
    say_all(&mut world, DEPTH, 200);
    let half = table(&world);
    // The call's delta nets with the leg only within its own date: gross is both.
    let gross = half.greeks.delta.unsigned_abs();
    let deep = 200 * 100_000;
    let about = gross * gross / deep / 10;
    let off = half.concentration.abs_diff(about);
    assert!(off * 100 < about, "{} for {gross} against {deep}: about {about}", half.concentration);
    assert_eq!(half.initial, without.initial + half.concentration);
    world.tick(3_600_000);
    say_all(&mut world, VOLATILITY, 800_000);
    // An hour later the call has a little less delta.
    assert!(table(&world).concentration.abs_diff(half.concentration) < 10, "an hour old");
    world.set(Parameter::ConcentrationCharge, 0);
    assert_eq!(table(&world).concentration, 0);
    world.set(Parameter::ConcentrationCharge, 1_000_000);
    say_all(&mut world, DEPTH, 1);
    world.tick(24 * 3_600_000);
    say_all(&mut world, VOLATILITY, 800_000);
    say_all(&mut world, DEPTH, 1);
    let shallow = table(&world);
    let gross = shallow.greeks.delta.unsigned_abs();
    let off = shallow.concentration.abs_diff(gross);
    assert!(off * 50 < gross, "all of {gross} and no more: {}", shallow.concentration);
}
