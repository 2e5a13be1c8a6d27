//! Who watches is paid: an independent model, opponents.

#[path = "../world/mod.rs"]
mod world;

mod model;
mod opponent;
mod watching;
