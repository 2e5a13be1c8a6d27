//! A file of commands through the engine, and the digests of what came of it.

use std::fmt;

use rhodian_core::engine::{Engine, Envelope, Outcome};

/// What identifies a run: the state it ended in, and every record on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// blake3 of the state's canonical bytes.
    pub state: [u8; 32],
    /// blake3 of the records' canonical bytes, as one list.
    pub records: [u8; 32],
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.state {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(" ")?;
        for byte in self.records {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Runs `commands`, one JSON envelope a line. A rejected command is part of the run.
///
/// # Errors
///
/// The first line that is not an envelope, with its number.
pub fn run(commands: &str) -> Result<Digests, String> {
    let mut engine = Engine::new();
    let mut all = Vec::new();
    for (number, line) in (1..).zip(commands.lines()) {
        let envelope: Envelope =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
        match engine.execute(envelope) {
            Outcome::Accepted(records) | Outcome::Rejected(records, _) => all.extend(records),
        }
    }
    let bytes = borsh::to_vec(&all).map_err(|error| error.to_string())?;
    let state = engine.state().digest();
    Ok(Digests { state, records: *blake3::hash(&bytes).as_bytes() })
}
