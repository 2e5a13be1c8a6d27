//! Impermanent-loss protection: its life, an independent model, random commands, opponents.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../world/mod.rs"]
mod world;

mod fund;
mod fuzz;
mod model;
mod opponent;
