//! A small fixed book for counting instructions (`bench/instructions.sh`): 20,000 accounts of 4 legs
//! on average, passed over as often as the argument says. Prints who is below maintenance, as a sum
//! of ids, so that a changed result shows beside a changed count.

#[path = "../benches/books/mod.rs"]
mod books;

use books::{Shape, World};

fn main() {
    let passes: usize = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(1);
    let mut world = World::new(Shape::usual(20_000), 20_251_010);
    let mut book = world.book();
    world.step(&mut books::Rng::new(1), 0.01, -0.01);
    book.set_prices(&world.prices(), |account| world.standing(account)).expect("in bounds");
    for _ in 0..passes {
        book.pass();
    }
    let sum: u64 = book.below().map(|account| u64::from(account.0)).sum();
    println!("{} below, ids sum to {sum}", book.below().count());
}
