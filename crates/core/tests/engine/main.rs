//! The engine as a whole: every command, its duties, the watch, and what readers and peers found.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../world/mod.rs"]
mod world;

mod defaults;
mod design_reading;
mod each_command;
mod fuzz;
mod liveness;
mod second_reading;
mod sizes;
mod third_reading;
mod traps;
mod watch;
