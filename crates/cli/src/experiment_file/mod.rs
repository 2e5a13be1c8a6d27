//! Experiment files: a question to the laboratory, written down in TOML. [`read()`] gives an
//! [`Experiment`] with every default filled in, or the first thing about the file that cannot be.

pub mod book;
pub mod contagion;
pub mod cover;
pub mod given;
mod listed;
pub mod model;
pub mod models;
pub mod optimise;
mod parameter;
mod read;
pub mod recorded;
pub mod ruin;
pub mod shape;
pub mod tune;
mod unread;

pub use model::Experiment;
pub use parameter::{PARAMETERS, Parameter};
pub use read::{KINDS, POINTS, from_text, read};
pub use recorded::{ORDERS, RESAMPLES, replaying, resampling};
