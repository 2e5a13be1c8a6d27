//! Cover pools: their life, the exploits of the record, random commands, opponents.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../world/mod.rs"]
mod world;

mod exploits;
mod fuzz;
mod opponent;
mod pool;
mod reports;
