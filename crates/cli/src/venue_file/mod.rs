//! Venue files: a venue and what happens on it, written down. TOML with domains and their
//! waterfalls, markets, accounts, prices and events; long streams may stand in files beside it.
//!
//! [`read()`] gives a [`VenueFile`] that can be right, or the first thing about it that cannot.

pub mod asked;
pub mod bounty;
pub mod clearing;
pub mod collateral;
pub mod cover;
mod crowd;
mod events;
mod feeds;
pub mod incentive;
pub mod issuance;
mod liquidation;
mod markets;
pub mod model;
pub mod numbers;
mod optional;
pub mod pools;
mod prices;
pub mod protections;
mod read;
pub mod shape;
mod stream;
pub mod vaults;
mod written;

pub use model::VenueFile;
pub(crate) use read::no_such;
pub use read::{from_text, read};
