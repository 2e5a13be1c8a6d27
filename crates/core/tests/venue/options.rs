//! Options: premium and margin, a short straddle that accelerates, a hedge that needs less, expiry.
//! Alice writes, Bob buys, Carol hedges.

use crate::world::venue::perpetual;
use crate::world::{ASSET, World, name};
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{FeedId, SourceId, Time};
use rhodian_core::margin::Level;
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Right};
use rhodian_core::oracle::{self, FeedSpec, Kind, Params, SourceWeight, Value};
use rhodian_core::units::Price;

const MONTH: u64 = 30 * 24 * 3_600_000;

/// BTC at 100,000 ticks with a volatility feed at 80 %, and a call and a put a month out at the
/// money.
fn floor() -> World {
    let mut world = World::venue(0, 100_000);
    let expiry = Time(world.at.0 + MONTH);
    let spec = FeedSpec {
        name: name("BTC volatility"),
        kind: Kind::Volatility,
        domains: Vec::new(),
        sources: (0..2).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params::of(Kind::Volatility),
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    let feeds = Feeds { volatility: Some(FeedId(0)), ..Feeds::default() };
    let market = world.market_id("BTC");
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    say_volatility(&mut world, 800_000);
    for (text, right) in [("CALL", Right::Call), ("PUT", Right::Put)] {
        let strike = Price::new(100_000).unwrap();
        let underlying = world.market_id("BTC");
        let instrument = Instrument::Option { underlying, strike, expiry, right };
        world.list(MarketSpec { instrument, ..perpetual(text) });
        world.mark(text, 9_000);
    }
    for text in ["alice", "bob", "carol"] {
        world.account(text, 5_000_000);
    }
    world
}

fn say_volatility(world: &mut World, millionths: u64) {
    for id in 0..2 {
        let command = oracle::Command::Report {
            feed: FeedId(0),
            source: SourceId(id),
            number: world.next_number(),
            value: Value::new(millionths).unwrap(),
            confidence: Value::new(0).unwrap(),
            time: world.at,
        };
        world.give(Actor { role: Role::Source, id }, Action::Oracle(command)).unwrap();
    }
}

fn required(world: &World, text: &str) -> u128 {
    world.engine.state().requirement(world.id(text), Level::Initial)
}

#[test]
fn a_buyer_needs_his_premium_and_a_writer_what_he_could_lose() {
    let mut world = floor();
    world.fill("CALL", "bob", "alice", 10, 9_000);
    // The most a bought call loses on the grid is near its price.
    let (bob, alice) = (required(&world, "bob"), required(&world, "alice"));
    assert!((60_000..=95_000).contains(&bob), "{bob}");
    // A rise of 30 % with volatility up: at least 30,000 a lot less the premium.
    assert!((210_000..=400_000).contains(&alice), "{alice}");
}

#[test]
fn a_short_straddle_loses_faster_than_its_delta() {
    let mut world = floor();
    world.fill("CALL", "bob", "alice", 10, 9_000);
    world.fill("PUT", "bob", "alice", 10, 9_000);
    let tables = world.engine.state().scenario_tables(world.id("alice"));
    let [(of, table)] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!(*of, world.market_id("BTC"));
    assert!(table.greeks.gamma < 0, "short gamma");
    assert!(table.acceleration.is_faster(), "{:?}", table.acceleration);
    assert_eq!(table.initial, required(&world, "alice"));
}

#[test]
fn a_hedge_lowers_the_requirement() {
    let mut world = floor();
    world.fill("CALL", "bob", "alice", 10, 9_000);
    let naked = required(&world, "alice");
    world.fill("BTC", "alice", "carol", 10, 100_000);
    assert!(required(&world, "alice") < naked, "a covered call");
}

/// T28: what is not known is charged, never credited.
#[test]
fn t28_without_a_volatility_the_whole_value_is_required() {
    let mut world = floor();
    world.fill("CALL", "bob", "alice", 10, 9_000);
    let known = required(&world, "alice");
    world.tick(3_600_000);
    let unknown = required(&world, "alice");
    assert!(unknown >= 1_000_000 && unknown > known, "10 lots of 100,000: {unknown}");
    assert!(world.engine.state().scenario_tables(world.id("alice")).is_empty());
}

#[test]
fn a_writer_below_maintenance_fails_like_anyone_and_the_buyer_keeps_his_premium_value() {
    let mut world = floor();
    world.account("dora", 330_000);
    world.fill("CALL", "bob", "dora", 10, 9_000);
    world.mark("CALL", 45_000);
    world.loss_of("L1", "dora");
    assert_eq!(world.lots("dora", "CALL"), 0);
    assert_eq!(world.lots("book/L1", "CALL"), -10);
    world.fill("CALL", "book/L1", "alice", 10, 45_000);
    // 330,000 + 90,000 - 450,000: Bob's gain since the beginning bears it.
    assert_eq!(world.loss("L1").deficit.atoms(), 30_000);
    world.check_paid("L1", &[("bob", 30_000)]);
}

#[test]
fn options_settle_at_what_they_pay() {
    let mut world = floor();
    world.fill("CALL", "bob", "alice", 10, 9_000);
    world.fill("PUT", "bob", "carol", 10, 9_000);
    world.tick(MONTH);
    for text in ["CALL", "PUT"] {
        let (market, price) = (world.market_id(text), Price::new(112_000).unwrap());
        world.market_do(market::Command::Settle { market, price }).unwrap();
    }
    assert_eq!(world.cash("bob"), 5_000_000 - 180_000 + 120_000);
    assert_eq!(world.cash("alice"), 5_000_000 + 90_000 - 120_000);
    assert_eq!(world.cash("carol"), 5_000_000 + 90_000);
}

/// Dora wrote fourteen calls against ten lots, Fay is short ten and fails at 112,000. Dora has the
/// most leverage among the longs, but nine of her lots are a hedge: one eases her requirement, and
/// Dan gives the rest. Where nobody else is long, she gives no more than leaves her at maintenance.
#[test]
fn a_hedge_of_options_is_taken_last_and_leaves_maintenance() {
    for (case, dan) in [("Dan is long as well", true), ("nobody else is long", false)] {
        let mut world = floor();
        world.set(Parameter::CloseOutBudget, 0);
        world.account("dora", 215_000);
        world.account("dan", 50_000_000);
        world.account("fay", 110_000);
        world.fill("BTC", "dora", "fay", 10, 100_000);
        world.fill("CALL", "bob", "dora", 14, 9_000);
        if dan {
            world.fill("BTC", "dan", "alice", 10, 100_000);
        }
        world.mark("CALL", 17_000);
        world.mark("BTC", 112_000);
        world.loss_of("L1", "fay");
        let state = world.engine.state();
        let dora = world.id("dora");
        let keeps = state.equity(dora, ASSET) - state.lien(dora, ASSET).atoms().cast_signed();
        let maintenance = state.requirement(dora, Level::Maintenance).cast_signed();
        assert!(keeps >= maintenance, "{case}: {keeps} of {maintenance}");
        let (dora, dan, book) =
            (world.lots("dora", "BTC"), world.lots("dan", "BTC"), world.lots("book/L1", "BTC"));
        match case {
            "Dan is long as well" => assert_eq!((dora, dan, book), (9, 1, 0), "{case}"),
            _ => {
                assert!((1..10).contains(&dora), "{case}: {dora} left, some are given");
                assert_eq!(book, -dora, "{case}: the rest waits for the market");
                world.fill("BTC", "book/L1", "alice", dora, 112_000);
                assert_eq!(world.lots("book/L1", "BTC"), 0, "{case}");
            }
        }
    }
}
