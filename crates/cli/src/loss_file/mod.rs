//! Loss files: who bears a loss, written down. TOML with one or more losses, the steps that
//! absorb them, the claims of members, and what came back.
//!
//! [`read()`] gives a [`LossFile`] that can be right, or the first thing about it that cannot.

mod claims;
mod columns;
pub mod decimal;
pub mod keep;
pub(crate) mod layers;
pub mod model;
pub mod near;
pub(crate) mod read;
mod settlement;
pub mod shape;
pub mod toml_text;
mod waterfall;
pub mod words;
pub mod written;

pub use model::LossFile;
pub use read::{from_text, read};
