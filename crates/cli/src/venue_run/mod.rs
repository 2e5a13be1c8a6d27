//! From a venue file to a settled crisis: the file as commands, the engine's run, what it left.
//!
//! ```text
//! VenueFile -> open (domains, markets, accounts, stakes) -> driver (marks, periods, events,
//! deadlines) -> engine -> events -> trail and figures -> summary, story, report
//! ```
//!
//! Nothing here decides about money. `commands` is the one place where words of the file become
//! commands of the engine.

mod bounty;
mod clearing;
pub mod commands;
mod cover;
pub mod covers;
mod deadlines;
pub mod driver;
pub mod feed_figures;
pub mod figures;
pub mod holdings;
mod incentive;
mod issuance;
pub mod journal;
mod lending;
mod lines;
pub mod margin;
pub mod names;
mod open;
pub mod options_figures;
mod outside;
pub mod page;
pub mod progress;
mod protections;
pub mod refusal;
pub mod stakes;
pub mod story;
pub mod summary;
mod unfit;
mod vaults;
mod waits;

pub use driver::{Driver, Options, Run};
