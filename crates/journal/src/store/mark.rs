//! What was acknowledged last, kept outside the database: a lower bound of where it must stand.
//!
//! Written after each commit, not synced: it outlives the process, not the power. A database that
//! stands before it was set back, by a flipped bit of its header or by an old copy, and is
//! refused; a mark that is lost or damaged is written anew.

use std::fmt;
use std::fs::{File, OpenOptions};
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
    folder: Option<PathBuf>,
    file: Option<File>,
}

impl Mark {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: Some(folder.into()), file: None }
    }

    pub(super) const fn nowhere() -> Self {
        Self { folder: None, file: None }
    }

    /// Reads the mark and holds it against the journal, which stands at `head`.
    pub(super) fn check(&mut self, reader: &Reader, head: Head) -> Result<Vec<Remark>, Error> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let path = folder.join(FILE);
        let remark = |message: &str| {
            let place = path.display().to_string();
            vec![Remark { code: "journal-mark-renewed", place, message: message.into() }]
        };
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let fresh = head == Head::default();
                return Ok(if fresh { Vec::new() } else { remark("it was gone") });
            }
            Err(error) => {
                return Err(Error::storage("read what was acknowledged of", &path, error));
            }
            Ok(_) => {}
        }
        let Some(marked) = read_mark(&bytes) else { return Ok(remark("it was damaged")) };
        if marked.batches > head.batches {
            let (place, acknowledged, stands) = (folder.clone(), marked, head);
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
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(FILE);
        let write = |file: &mut Option<File>| -> io::Result<()> {
            let file = match file {
                Some(file) => file,
                None => {
                    let mut options = OpenOptions::new();
                    let options = options.write(true).create(true).truncate(false);
                    let opened = options.open(&path)?;
                    opened.set_len(LENGTH as u64)?;
                    file.insert(opened)
                }
            };
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&mark_bytes(head))
        };
        write(&mut self.file)
            .map_err(|error| Error::storage("write what was acknowledged of", &path, error))
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
