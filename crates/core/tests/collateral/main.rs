//! Collateral: accepted, priced, converted, refused.

#[path = "../world/mod.rs"]
mod world;

mod accepted;
mod conversion;
mod feeds;
mod refusals;
