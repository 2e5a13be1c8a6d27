//! New tokens: auctions, an independent model, opponents.

#[path = "../world/mod.rs"]
mod world;

mod auctions;
mod model;
mod opponent;
