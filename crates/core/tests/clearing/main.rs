//! Clearing funds: members, defaults, and who tries to gain by them.

#[path = "../world/mod.rs"]
mod world;

mod default;
mod fund;
mod opponent;
