//! One file for each command.

pub mod allocate;
pub mod completions;
