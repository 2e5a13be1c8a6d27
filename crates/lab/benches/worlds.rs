//! How long a world takes to draw, by its number of accounts.
//!
//! `cargo bench -p rhodian-lab --bench worlds [-- accounts]` prints one line per size. A world of
//! a million accounts is an input of the engine's own benchmarks, so it must not take longer than
//! what it is made for.

use std::time::Instant;

use rhodian_lab::seed::Seed;
use rhodian_lab::world::Simulated;

fn main() {
    let asked = std::env::args().skip(1).find_map(|text| text.parse().ok());
    let sizes: Vec<u32> = asked.map_or_else(|| vec![10_000, 100_000, 1_000_000], |size| vec![size]);
    println!("{:>9} {:>10} {:>10} {:>9} {:>9}", "accounts", "legs", "fills", "draw s", "digest s");
    for accounts in sizes {
        let begun = Instant::now();
        let world = match Simulated::book(accounts).draw(Seed(1)) {
            Ok(world) => world,
            Err(refusal) => {
                println!("{accounts:>9} {refusal}");
                continue;
            }
        };
        let drawn = begun.elapsed().as_secs_f64();
        let digest = world.digest();
        let hashed = begun.elapsed().as_secs_f64() - drawn;
        let (legs, fills) = (world.population.leg_count(), world.population.fills.len());
        println!("{accounts:>9} {legs:>10} {fills:>10} {drawn:>9.2} {hashed:>9.2}  {digest}");
    }
}
