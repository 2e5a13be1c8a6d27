//! How far a webhook was delivered, kept in the data folder. It is written now and then: what was
//! delivered since comes once more after a crash, under the same id.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::folder;
use crate::service::Error;

/// The folder of all cursors.
const FOLDER: &str = "webhooks";
/// At most so often a cursor is written while events are delivered.
const EVERY: Duration = Duration::from_secs(1);

/// The number of the last event that a webhook is done with.
#[derive(Debug)]
pub struct Cursor {
    path: PathBuf,
    at: u64,
    kept: u64,
    written: Instant,
}

impl Cursor {
    /// The cursor that `data` keeps for the webhook `name`; for a new webhook it stands at `head`,
    /// the journal's last event, from now on.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, or stands where the journal never was.
    pub fn open(data: &Path, name: &str, head: u64) -> Result<Self, Error> {
        let path = data.join(FOLDER).join(name);
        let fault = |what: &str, help: &str| Error::Folder {
            code: "webhook-not-read",
            what: format!("{} {what}", path.display()),
            help: help.to_owned(),
        };
        let anew = "remove it, and the webhook begins at the journal's end: what it was not told \
                    is at /v1/events.";
        let at = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| fault("holds no number", anew))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(data.join(FOLDER))?;
                folder::put(&path, head.to_string().as_bytes())?;
                head
            }
            Err(error) => return Err(error.into()),
        };
        if at > head {
            let what = format!("is at event {at}, and the journal ends at {head}");
            return Err(fault(&what, anew));
        }
        Ok(Self { path, at, kept: at, written: Instant::now() })
    }

    /// Where it stands.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Everything up to `sequence` is done.
    pub const fn advance(&mut self, sequence: u64) {
        self.at = sequence;
    }

    /// Whether it should be written now.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.at != self.kept && self.written.elapsed() >= EVERY
    }

    /// Writes it, if it moved.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn keep(&mut self) -> io::Result<()> {
        if self.at != self.kept {
            folder::put(&self.path, self.at.to_string().as_bytes())?;
            self.kept = self.at;
        }
        self.written = Instant::now();
        Ok(())
    }
}
