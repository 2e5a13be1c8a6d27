//! Lending pools: their life, random commands, opponents.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../world/mod.rs"]
mod world;

mod fuzz;
mod opponent;
mod pool;
