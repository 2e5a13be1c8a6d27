//! Logs: one JSON object a line, to standard error.

use std::io;

use tracing::Level;

/// What the service does, and what it refuses.
pub const INFO: Level = Level::INFO;

/// Begins to log what is at least as grave as `level`. A second call changes nothing.
pub fn start(level: Level) {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(level)
        .with_writer(io::stderr)
        .finish();
    // Whoever embeds the service may have its own already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
