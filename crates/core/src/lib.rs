//! The rules: who bears a loss, how much each, exactly.
//!
//! Read in the order of one loss: units, allocation, ...
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod account;
pub mod allocation;
pub mod basis;
pub mod bounds;
pub mod control;
pub mod domain;
pub mod engine;
pub mod ids;
pub mod invariants;
pub mod ledger;
pub mod loss;
pub mod recovery;
pub mod units;
pub mod waterfall;
pub mod wide;
