//! How much is liquidated, and of whom.

mod draining;
mod partial;
