//! What was acknowledged last, kept outside the database: a lower bound of where it must stand.
//!
//! Written after each commit, not synced: it outlives the process, not the power. A database that
//! stands before it was set back, by a flipped bit of its header or by an old copy, and is
//! refused; a mark that is lost or damaged is written anew.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use borsh::BorshDeserialize;

use super::Reader;
use super::tables::bytes_of;
use crate::batch::Head;
use crate::error::Error;
use crate::journal::History;

/// The file in the folder of the journal.
const FILE: &str = "acknowledged";

/// The first bytes of the file: what it is, and its format.
const TITLE: [u8; 8] = *b"rhodian1";

/// The bytes of a mark: title, head, and half a hash of both.
const LENGTH: usize = 8 + 48 + 16;

/// Something that was put right, and nothing was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// A stable name.
    pub code: &'static str,
    /// Where.
    pub place: String,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.code, self.place, self.message)
    }
}

/// The mark of a folder, or of none.
#[derive(Debug)]
pub(super) struct Mark {
    path: Option<PathBuf>,
    /// Open to be written: locked, so that the folder has one writer.
    file: Option<File>,
    /// What it held when it was opened.
    held: Vec<u8>,
}

impl Mark {
    /// The mark of `folder` to be written: made where there is none, and locked.
    pub(super) fn lock(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let failing = |error| Error::storage("read what was acknowledged of", &path, error);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failing)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { place: folder.into() }),
            Err(TryLockError::Error(error)) => return Err(failing(error)),
        }
        let mut held = Vec::new();
        file.read_to_end(&mut held).map_err(failing)?;
        Ok(Self { path: Some(path), file: Some(file), held })
    }

    /// The mark of `folder` to be looked at.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let held = match fs::read(&path) {
            Ok(held) => held,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(Error::storage("read what was acknowledged of", &path, error));
            }
        };
        Ok(Self { path: Some(path), file: None, held })
    }

    pub(super) const fn nowhere() -> Self {
        Self { path: None, file: None, held: Vec::new() }
    }

    /// Refuses where something was acknowledged and there is no journal any more.
    pub(super) fn check_absent(&self) -> Result<(), Error> {
        match read_mark(&self.held) {
            Some(acknowledged) if acknowledged != Head::default() => {
                let place = self.path.clone().unwrap_or_default();
                Err(Error::Behind { place, acknowledged, stands: Head::default() })
            }
            _ => Ok(()),
        }
    }

    /// Holds the mark against the journal, which stands at `head`.
    pub(super) fn check(&self, reader: &Reader, head: Head) -> Result<Vec<Remark>, Error> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let remark = |message: &str| {
            let place = path.display().to_string();
            vec![Remark { code: "journal-mark-renewed", place, message: message.into() }]
        };
        if self.held.is_empty() {
            let fresh = head == Head::default();
            return Ok(if fresh { Vec::new() } else { remark("it was gone") });
        }
        let Some(marked) = read_mark(&self.held) else { return Ok(remark("it was damaged")) };
        if marked.batches > head.batches {
            let (place, acknowledged, stands) = (reader.path().into(), marked, head);
            return Err(Error::Behind { place, acknowledged, stands });
        }
        let stood = match marked.batches {
            0 => Some(Head::default()),
            number => reader.batch(number)?.map(|batch| batch.head()),
        };
        if stood != Some(marked) {
            let what = format!("it never stood at {marked}, which was acknowledged");
            return Err(Error::damaged(reader.path().display().to_string(), what));
        }
        Ok(Vec::new())
    }

    /// Writes `head`.
    pub(super) fn set(&mut self, head: Head) -> Result<(), Error> {
        let (Some(path), Some(file)) = (&self.path, &mut self.file) else { return Ok(()) };
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&mark_bytes(head)));
        written.map_err(|error| Error::storage("write what was acknowledged of", path, error))?;
        if self.held.len() > LENGTH {
            // What else stood there would make it a damaged mark.
            let cut = file.set_len(LENGTH as u64);
            cut.map_err(|error| Error::storage("write what was acknowledged of", path, error))?;
            self.held.clear();
        }
        Ok(())
    }
}

fn mark_bytes(head: Head) -> Vec<u8> {
    let mut bytes = TITLE.to_vec();
    bytes.extend(bytes_of(&head));
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(&hash.as_bytes()[..16]);
    bytes
}

fn read_mark(bytes: &[u8]) -> Option<Head> {
    let head = Head::try_from_slice(bytes.get(8..56)?).ok()?;
    (bytes == mark_bytes(head)).then_some(head)
}
