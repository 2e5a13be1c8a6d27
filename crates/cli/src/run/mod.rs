//! From a loss file to a settled waterfall: the file as commands, the engine's run, what it left.
//!
//! ```text
//! LossFile -> venue (open, fund, accept, report claims) -> driver (losses, calls, deadlines,
//! recoveries) -> engine -> events -> trail -> rows and summary -> report
//! ```
//!
//! Nothing here decides who pays. Two choices are made for the file, since it has no balances:
//! an account holds what its claims' caps allow, summed over layers, plus what it stakes, its
//! margin and what it is held for; so no cap binds that the file does not state. Dense ids are
//! given in byte order of the external ids, so the order of a file's rows changes nothing.

pub mod covers;
pub mod driver;
pub mod events;
pub mod explain;
pub mod explain_table;
pub mod explain_text;
pub mod notes;
pub mod plan;
pub mod replay;
pub mod rows;
pub mod settlement;
pub mod stakes;
pub mod summary;
pub mod trail;
pub mod vaults;
pub mod venue;

pub use driver::{Driver, Run};
