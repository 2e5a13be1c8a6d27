//! Vaults: their life, an independent model, random commands, opponents.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../slow/mod.rs"]
mod slow;
#[path = "../world/mod.rs"]
mod world;

mod fee_opponent;
mod fees;
mod fuzz;
mod model;
mod opponent;
mod vault;
