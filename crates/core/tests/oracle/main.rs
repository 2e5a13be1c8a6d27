//! The oracle: what it answers when its sources fail, each in its own way, and what nobody can
//! make it do.

mod bench;
mod commands;
mod failures;
mod ladder;
mod outage;
mod real;
mod walk;
mod windows;
#[path = "../world/mod.rs"]
mod world;
