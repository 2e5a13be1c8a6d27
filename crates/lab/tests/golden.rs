//! Two small worlds, to the bit. A digest changes only when a world is meant to change; then the
//! changelog says so, because every result drawn from a seed changes with it.

use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::replay::{Bridge, Replay};
use rhodian_lab::seed::Seed;
use rhodian_lab::world::{Replayed, Simulated};

#[test]
fn a_drawn_world_is_the_same_everywhere() {
    let world = Simulated::book(500).draw(Seed(42)).unwrap();
    let golden = "082c8e90b308c76208829975ab12a391246f0a1b29d16852f24fd59a364b4694";
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
    let golden = "f0e73b089322f43fd30c02b7b6c2eb4c703510ce0ecdc0d704abf3a53c96e087";
    assert_eq!(world.digest().to_hex().as_str(), golden);
}
