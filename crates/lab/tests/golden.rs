//! Two small worlds, to the bit. A digest changes only when a world is meant to change; then the
//! changelog says so, because every result drawn from a seed changes with it. The digests are the
//! same in a native build and in one for wasm32 under node.

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
    let golden = "6f70dcda274125e77a3d8afb52c4c2af74f986dee3c39cea01f6a2c494c4bd27";
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
    let golden = "bc5f23c896ec96c4427e40cf87a9e8533dbad830005fa60ad0a09949bab5247f";
    assert_eq!(world.digest().to_hex().as_str(), golden);
}
