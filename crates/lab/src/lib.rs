//! Seeded worlds for the engine: who is there, what they hold, and what prices do.
//!
//! The lab produces plain values, a [`world::World`], that a driver turns into commands (the test
//! `tests/engine.rs` is the shortest one); it decides nothing about money. [`crisis`] is a driver
//! of its own: it takes a world through thousands of crises and sizes a fund; [`compare`] divides
//! what they leave by one rule after another. [`experiment`] has what repeated crises are asked
//! with: rare events, reverse stress, scales of pictures. [`network`] lets institutions fall that
//! owe each other; [`ruin`] asks of a fund that gets an income, [`cover`] of one that members put
//! together. [`october`] scores a published record again. It is the only crate with floats and
//! randomness, and every number it hands to an engine is whole: ticks, lots, atoms, milliseconds,
//! millionths.
//!
//! ```
//! use rhodian_lab::seed::Seed;
//! use rhodian_lab::world::Simulated;
//!
//! let world = Simulated::book(600).draw(Seed(7)).unwrap();
//!
//! // How a driver walks through it: rounds first, then the path.
//! let mut lots = vec![0; world.markets.len()];
//! for round in &world.population.rounds {
//!     // set round.marks; open and fund round.accounts; then report its fills:
//!     for fill in &world.population.fills[round.fills.clone()] {
//!         assert_eq!(fill.price, round.marks[fill.market as usize]);
//!     }
//! }
//! for account in 0..600 {
//!     for leg in world.population.legs(account) {
//!         lots[leg.market as usize] += leg.lots.lots();
//!     }
//! }
//! assert!(lots.iter().all(|sum| *sum == 0), "open lots sum to zero in every market");
//! for tick in world.path.ticks().take(3) {
//!     println!("at {} ms {} markets have a price", tick.at, tick.quotes.len());
//! }
//!
//! // The same seed gives the same world, to the bit, on every platform.
//! assert_eq!(world.digest(), Simulated::book(600).draw(Seed(7)).unwrap().digest());
//! ```
//!
//! **Determinism.** Floats are used with the four operations, square roots and rounding, which
//! IEEE 754 fixes to the bit, and with logarithms, exponentials and powers from `libm`, which is
//! plain Rust; no function of a platform's own mathematical library is called, because these
//! differ in the last bit. Normal numbers come from the inverse of their distribution function
//! rather than from a library's sampler, whose tables and number of draws may change between
//! versions. Outside the promise: 32-bit x86 without SSE2, whose floats have other precision.
//!
//! **Assumptions** are named models, each with its source and when it is false: [`crisis::model`]
//! for crises, with [`crisis::impact`], [`crisis::flow`], [`crisis::behaviour`],
//! [`crisis::oracle`] and [`path::climate`] that are off unless asked for; [`population::model`]
//! for people, [`path::simulate`] for drawn prices, [`path::replay`] for recorded ones,
//! [`path::basis`] for futures, [`path::volatility`] and [`options`] for options,
//! [`market::MarginSchedule`] for margin; [`network`] and
//! [`network::shock`] for those who owe each other.
#![forbid(unsafe_code)]

pub mod book;
pub mod compare;
pub mod cover;
pub mod crisis;
pub mod decimal;
mod digest;
pub mod error;
pub mod experiment;
pub mod instructions;
pub mod market;
pub mod mean;
pub mod network;
pub mod normal;
pub mod october;
pub mod options;
pub mod path;
pub mod population;
pub mod quantiles;
pub mod ruin;
pub mod seed;
pub mod steward;
pub mod valuation;
pub mod world;
