//! A dated market gets its last price: what follows when that price is nothing, or ruins someone.

use crate::world::venue::perpetual;
use crate::world::{ASSET, DOMAIN, World};
use rhodian_core::control::Parameter;
use rhodian_core::ids::Time;
use rhodian_core::market::{Command, Instrument, MarketSpec, Right};
use rhodian_core::units::Price;

const HOUR: u64 = 3_600_000;

/// A future `JUN`, or a call on BTC struck at 1,000, that ends in an hour, marked at 100.
fn floor(instrument: impl FnOnce(Time, &World) -> Instrument) -> World {
    let mut world = World::venue(0, 1_000);
    let instrument = instrument(world.at.after(HOUR), &world);
    world.list(MarketSpec { instrument, ..perpetual("JUN") });
    world.mark("JUN", 100);
    world.account("alice", 10_000);
    world.account("bob", 10_000);
    world.account("carol", 10_000);
    world
}

fn future(expiry: Time, _: &World) -> Instrument {
    Instrument::Future { expiry, underlying: None }
}

fn call(expiry: Time, world: &World) -> Instrument {
    let (underlying, strike) = (world.market_id("BTC"), Price::new(1_000).unwrap());
    Instrument::Option { underlying, strike, expiry, right: Right::Call }
}

fn settle(world: &mut World, ticks: u64) {
    let (market, price) = (world.market_id("JUN"), Price::new(ticks).unwrap());
    world.market_do(Command::Settle { market, price }).unwrap();
}

/// Alice's legs are paid out for nothing: no money moves, and what she lost is lost in the period
/// in which she lost it.
#[test]
fn legs_that_end_worthless_are_kept_in_the_session() {
    let mut world = floor(future);
    world.set(Parameter::ReferenceAge, 0);
    world.fill("JUN", "alice", "bob", 50, 100);
    world.boundary();
    world.tick(HOUR);
    settle(&mut world, 0);
    let state = world.engine.state();
    let reference = state.reference(DOMAIN, world.at);
    let gain = |text| state.session(world.id(text), reference).map(|of| of.gain(DOMAIN));
    assert_eq!((gain("alice"), gain("bob")), (Some(-5_000), Some(5_000)));
    let unmatured = state.withdrawable(world.id("bob"), ASSET).unmatured;
    assert_eq!(unmatured, 5_000, "what Bob won today he cannot take today");
}

/// A last price that ruins Bob is a detection like a mark's, with the watch on or off.
#[test]
fn a_last_price_can_ruin_an_account() {
    let mut world = floor(future);
    world.fill("JUN", "alice", "bob", 500, 100);
    world.tick(HOUR);
    settle(&mut world, 130);
    world.loss_of("L1", "bob");
    assert_eq!(world.loss("L1").close_out.atoms(), 5_000, "500 lots rose by 30, he had 10,000");
}

/// An option that a book holds ends worthless: its lots have no value to drain leverage by. They
/// are paid out, and the loss goes on.
#[test]
fn a_worthless_option_in_a_book_is_paid_out() {
    let mut world = floor(call);
    world.set(Parameter::CloseOutTime, 4 * u128::from(HOUR));
    // Nobody says a volatility: the whole value of the underlying is required.
    world.deposit("alice", 1_000_000);
    world.deposit("bob", 1_000_000);
    world.fill("JUN", "alice", "bob", 500, 100);
    world.declare("L1", "alice", &[]);
    assert_eq!(world.lots("book/L1", "JUN"), 500);
    world.set(Parameter::CloseOutBudget, 20_000);
    world.tick(HOUR);
    settle(&mut world, 900);
    assert_eq!(world.lots("bob", "JUN"), 0);
    assert_eq!(world.loss("L1").close_out.atoms(), 50_000);
    world.fill("BTC", "carol", "bob", 1, 1_000);
}
