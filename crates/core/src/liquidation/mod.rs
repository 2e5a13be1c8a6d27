//! Arithmetic of liquidation.
pub mod draining;
