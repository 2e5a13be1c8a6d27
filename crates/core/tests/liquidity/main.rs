//! Vaults: their life, an independent model, random commands, opponents.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../slow/mod.rs"]
mod slow;
#[path = "../world/mod.rs"]
mod world;

mod fuzz;
mod model;
mod opponent;
mod vault;
