//! Loss files: who bears a loss, written down. TOML with one or more losses, the steps that
//! absorb them, the claims of members, and what came back.

pub mod model;
pub mod toml_text;

pub use model::LossFile;
