//! The rules: who bears a loss, how much each, exactly.
//!
//! Read in the order of one loss: units, allocation, ...
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod allocation;
pub mod bounds;
pub mod units;
pub mod wide;
