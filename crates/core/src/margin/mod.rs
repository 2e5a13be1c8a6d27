//! Margin: what an account must hold for its legs, and which equity counts for what.
//!
//! *Maintenance* equity counts all profit. *Opening* equity counts positive unrealised profit in
//! part. *Withdrawable* equity counts no unrealised profit, and realised profit only once it is
//! older than the reference checkpoint. Liens are subtracted in every one of them. Collateral in
//! other assets counts in the first two by its weights; in the third it only covers initial margin.

mod bound;
mod equity;
mod portfolio;
mod requirement;
pub mod scenario;
mod stress;
pub mod watch;
mod what_if;

pub(crate) use bound::{surely_keeps, surely_opens, surely_opens_all};
pub(crate) use equity::{
    Keeping, keeping_after, opening_after, opening_after_all, opening_now, session_gain,
    withdrawable,
};
pub use equity::{Opening, Withdrawable};
pub(crate) use portfolio::{
    required, surely_required, tables, underlying, units_per_tick, with_an_option,
};
pub use requirement::{Level, tiered};
pub(crate) use requirement::{
    initial, maintenance, maintenance_in, of_legs, part_ceil, stressed_cost,
};
pub use stress::{Shock, Stress, Stressed, stress};
pub(crate) use stress::{beyond_margin, worst_before_and_after};
pub use what_if::{LastPrices, Table, WhatIf};
pub(crate) use what_if::{distance, last_prices, what_if};
