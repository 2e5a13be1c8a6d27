//! `commands.ndjson`: what was asked from outside, one command a line, in order, and what became
//! of it. Together with `events.ndjson`, which says what happened, it is the journal of a run:
//! the events alone rebuild the state, the commands show what led to them.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use rhodian_core::engine::{Envelope, Rejection};
use serde::Serialize;

use crate::diagnostic::Diagnostic;

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    envelope: &'a Envelope,
    /// How many events it made, those that followed from it included.
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<Refused<'a>>,
}

#[derive(Serialize)]
struct Refused<'a> {
    code: &'static str,
    message: String,
    numbers: &'a Rejection,
}

/// The commands of a run, kept in a file without a name until the run is known to be good.
#[derive(Debug)]
pub struct CommandLog {
    spool: BufWriter<File>,
}

impl CommandLog {
    /// An empty log.
    pub fn new() -> Result<Self, Diagnostic> {
        let spool = tempfile::tempfile().map_err(|error| failed(&error))?;
        Ok(Self { spool: BufWriter::with_capacity(1 << 18, spool) })
    }

    /// Adds a command and what became of it.
    pub fn push(
        &mut self,
        envelope: &Envelope,
        events: u64,
        rejection: Option<&Rejection>,
    ) -> Result<(), Diagnostic> {
        let rejected = rejection.map(|numbers| Refused {
            code: numbers.code(),
            message: numbers.to_string(),
            numbers,
        });
        let line = Line { envelope, events, rejected };
        let written = serde_json::to_writer(&mut self.spool, &line).map_err(io::Error::from);
        written.and_then(|()| self.spool.write_all(b"\n")).map_err(|error| failed(&error))
    }

    /// Writes the whole log to `out`.
    pub fn copy_to(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.spool.flush()?;
        let file = self.spool.get_mut();
        file.rewind()?;
        let mut chunk = vec![0; 1 << 18];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(()),
                count => out.write_all(&chunk[..count])?,
            }
        }
    }
}

fn failed(error: &io::Error) -> Diagnostic {
    Diagnostic::input_output("keep the commands in", "the temporary folder", error)
}
