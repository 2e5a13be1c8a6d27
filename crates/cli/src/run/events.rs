//! `events.ndjson`: one event a line, in order, with the time it happened. From the events alone
//! every balance can be rebuilt, which is what `explain` does.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use rhodian_core::engine::Event;
use rhodian_core::ids::Time;
use serde::{Deserialize, Serialize};

use super::summary::hexadecimal;
use crate::diagnostic::Diagnostic;
use crate::terminal::visible;

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    /// When, in milliseconds after the first loss was reported.
    at: u64,
    #[serde(flatten)]
    event: &'a Event,
}

/// The events of a run, kept in a file without a name until the run is known to be good.
#[derive(Debug)]
pub struct EventLog {
    spool: BufWriter<File>,
    hash: blake3::Hasher,
    line: Vec<u8>,
}

impl EventLog {
    /// An empty log.
    pub fn new() -> Result<Self, Diagnostic> {
        let spool = tempfile::tempfile().map_err(|error| failed(&error))?;
        let (hash, line) = (blake3::Hasher::new(), Vec::new());
        Ok(Self { spool: BufWriter::with_capacity(1 << 18, spool), hash, line })
    }

    /// Adds the events of one command.
    pub fn push(&mut self, at: Time, events: &[Event]) -> Result<(), Diagnostic> {
        let at = at.0;
        for event in events {
            self.line.clear();
            let line = serde_json::to_writer(&mut self.line, &Line { at, event });
            self.line.push(b'\n');
            self.hash.update(&self.line);
            line.map_err(io::Error::from)
                .and_then(|()| self.spool.write_all(&self.line))
                .map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// The hash of the log so far: blake3 of its bytes, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        hexadecimal(self.hash.finalize().as_bytes())
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

/// The hash of a log that was written, as [`EventLog::hash`].
pub fn hash_of(path: &Path) -> Result<String, Diagnostic> {
    let name = path.display().to_string();
    let failed = |error: &io::Error| Diagnostic::input_output("read", &name, error);
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    let (mut hash, mut chunk) = (blake3::Hasher::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut chunk).map_err(|error| failed(&error))? {
            0 => return Ok(hexadecimal(hash.finalize().as_bytes())),
            count => hash.update(&chunk[..count]),
        };
    }
}

fn failed(error: &io::Error) -> Diagnostic {
    Diagnostic::input_output("keep the events in", "the temporary folder", error)
}

/// Writes one event as a line of `events.ndjson`. A reader that has seen enough is no error.
pub fn write_line(out: &mut dyn Write, at: Time, event: &Event) -> Result<(), Diagnostic> {
    let line = serde_json::to_writer(&mut *out, &Line { at: at.0, event });
    match line.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Diagnostic::input_output("write", "the standard output", &error))
        }
        _ => Ok(()),
    }
}

/// Reads the events of a file in order and hands each to `visit`, which says whether it can follow
/// those before it.
///
/// Refused: a file that cannot be read; a line that is no event or cannot follow, with its number.
pub fn read(path: &Path, visit: &mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic> {
    let name = path.display().to_string();
    let failed = |error: &io::Error| Diagnostic::input_output("read", &name, error);
    let reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(|e| failed(&e))?);
    read_from(reader, &visible(&name), visit)
}

/// As [`read`], of a text that is cited by `name`. Also refused: times that go back.
pub fn read_from(
    mut reader: impl BufRead,
    name: &str,
    visit: &mut dyn FnMut(Event) -> bool,
) -> Result<(), Diagnostic> {
    #[derive(Deserialize)]
    struct Line {
        at: u64,
        #[serde(flatten)]
        event: Event,
    }
    let failed = |error: &io::Error| Diagnostic::input_output("read", name, error);
    let (mut text, mut number, mut before) = (Vec::new(), 0, 0);
    loop {
        text.clear();
        if reader.read_until(b'\n', &mut text).map_err(|e| failed(&e))? == 0 {
            return Ok(());
        }
        number += 1;
        let refuse = |code: &'static str, message: String| {
            let help = "give a folder that `rhodian share --out` or `rhodian run --out` wrote.";
            Diagnostic::bad_input(code, message, help).at(format!("{name}:{number}"))
        };
        let line: Line = serde_json::from_slice(&text)
            .map_err(|error| refuse("events-not-an-event", format!("no event: {error}")))?;
        if line.at < before {
            let message = format!("the event is of {}, the one before it of {before}", line.at);
            return Err(refuse("events-time-goes-back", message));
        }
        before = line.at;
        if !visit(line.event) {
            let message = "the event cannot follow those before it";
            return Err(refuse("events-impossible", message.to_owned()));
        }
    }
}
