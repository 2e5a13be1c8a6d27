//! Two small worlds, to the bit. A digest changes only when a world is meant to change; then the
//! changelog says so, because every result drawn from a seed changes with it.

use rhodian_lab::options::OptionsModel;
use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::replay::{Bridge, Replay};
use rhodian_lab::seed::Seed;
use rhodian_lab::world::{Replayed, Simulated};

#[test]
fn a_drawn_world_is_the_same_everywhere() {
    let mut model = Simulated::book(500);
    model.options = Some(OptionsModel::default());
    model.population.shares.options = 30_000;
    let world = model.draw(Seed(42)).unwrap();
    let golden = "e9c62232a33d0b0dfcec3a778a82150e3ee914b3951d7821a99c38061ea8cc49";
    assert_eq!(world.digest().to_hex().as_str(), golden);
}

#[test]
fn a_replayed_world_is_the_same_everywhere() {
    let text = "symbol,open_time_ms,open,high,low,close,quote_volume\n\
                A,864000000,100,104,90.5,95,9\nA,864060000,95,96,70,71.25,9\n\
                B,864000000,2.5,2.6,2.1,2.2,3\nB,864060000,2.2,2.25,1.5,1.75,3\n";
    let mut model = Replayed::crash("golden", 60);
    model.replay =
        Replay { bridge: Some(Bridge { points: 3, correlation: 0.5 }), ..Replay::default() };
    let world = model.draw(&Candles::parse(text).unwrap(), Seed(42)).unwrap();
    let golden = "a35b8cfafc2995ff8b2ab43091c6de31066f190f708a6a5db062321bb84cb055";
    assert_eq!(world.digest().to_hex().as_str(), golden);
}
