//! What can go wrong: a stable code, one sentence, the place, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::batch::{FORMAT, Head, Key};

/// Why a journal does not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// It does not stand where the caller thinks: someone else wrote, or the caller lost count.
    Moved {
        /// Where the caller thinks it stands.
        expected: Head,
        /// Where it stands.
        stands: Head,
    },
    /// The key belongs to an earlier command.
    KeyTaken {
        /// The key.
        key: Key,
    },
    /// A batch of more bytes than a record holds.
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Another process has the journal open.
    Locked {
        /// The folder.
        place: PathBuf,
    },
    /// There is no journal.
    Absent {
        /// The folder.
        place: PathBuf,
    },
    /// It was written by a later version.
    Newer {
        /// The file, or the batch in it.
        place: String,
        /// The format it says.
        format: u16,
        /// The rules it says.
        rules: u16,
    },
    /// It was written before the first release, in a format that nothing reads any more.
    Older {
        /// The file, or the batch in it.
        place: String,
        /// The format it says.
        format: u16,
    },
    /// It is not what was written.
    Damaged {
        /// The file, and what in it.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// It lacks what was acknowledged.
    Behind {
        /// The folder.
        place: PathBuf,
        /// What was acknowledged last.
        acknowledged: Head,
        /// Where it stands.
        stands: Head,
    },
    /// A snapshot of a state the journal never stood at.
    NotOurs {
        /// Where the snapshot says it was taken.
        at: Head,
    },
    /// The storage fails: full, gone, refused.
    Storage {
        /// What was tried: "append to".
        doing: &'static str,
        /// The file.
        place: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// An earlier write failed: what is in memory may not be what is on disk.
    Stopped {
        /// The folder.
        place: PathBuf,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "journal-moved",
            Self::KeyTaken { .. } => "journal-key-taken",
            Self::TooLong { .. } => "journal-too-long",
            Self::Locked { .. } => "journal-locked",
            Self::Absent { .. } => "journal-absent",
            Self::Newer { .. } => "journal-newer",
            Self::Older { .. } => "journal-older",
            Self::Damaged { .. } => "journal-damaged",
            Self::Behind { .. } => "journal-behind",
            Self::NotOurs { .. } => "journal-snapshot-not-ours",
            Self::Storage { .. } => "journal-storage",
            Self::Stopped { .. } => "journal-stopped",
        }
    }

    /// Where, if there is a place.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Moved { .. }
            | Self::KeyTaken { .. }
            | Self::TooLong { .. }
            | Self::NotOurs { .. } => None,
            Self::Newer { place, .. } | Self::Older { place, .. } | Self::Damaged { place, .. } => {
                Some(place.clone())
            }
            Self::Locked { place }
            | Self::Absent { place }
            | Self::Behind { place, .. }
            | Self::Storage { place, .. }
            | Self::Stopped { place } => Some(place.display().to_string()),
        }
    }

    /// What to do: whole sentences.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "read the head again; only one may append.",
            Self::KeyTaken { .. } => "look the key up before the command is decided.",
            Self::TooLong { .. } => "commit fewer commands together.",
            Self::Locked { .. } => "stop the other process, or give this one a folder of its own.",
            Self::Absent { .. } => "name the folder a service was started with.",
            Self::Newer { .. } => "use the version of Rhodian that wrote it, or a later one.",
            Self::Older { .. } => {
                "use the version of Rhodian that wrote it, or begin a new folder."
            }
            Self::Damaged { .. } => {
                "keep a copy of the folder, then restore the last backup; `rhodian verify journal` \
                 says how far each of them is sound."
            }
            Self::Behind { .. } => {
                "restore the newer copy. If an older backup was put in place on purpose, remove \
                 the file `acknowledged` from the folder: what came after it is then given up."
            }
            Self::NotOurs { .. } => "take snapshots of states that replayed this journal.",
            Self::Storage { .. } => {
                "nothing acknowledged is lost. Make room or mend the disk, then start again."
            }
            Self::Stopped { .. } => "open the journal again: what was acknowledged is in it.",
        }
    }

    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    pub(crate) fn storage(doing: &'static str, place: &Path, source: io::Error) -> Self {
        Self::Storage { doing, place: place.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { expected, stands } => {
                write!(f, "the journal stands at {stands}, not at {expected}")
            }
            Self::KeyTaken { key } => write!(f, "the key {key} belongs to an earlier command"),
            Self::TooLong { bytes } => write!(f, "a batch of {bytes} bytes is too long"),
            Self::Locked { .. } => f.write_str("another process has the journal open"),
            Self::Absent { .. } => f.write_str("there is no journal"),
            Self::Newer { format, rules, .. } => {
                write!(f, "written by a later version: format {format}, rules {rules}")
            }
            Self::Older { format, .. } => {
                write!(f, "written before the first release: format {format}, this is {FORMAT}")
            }
            Self::Damaged { what, .. } => write!(f, "the journal is damaged: {what}"),
            Self::Behind { acknowledged, stands, .. } => {
                write!(f, "the journal stands at {stands}, and {acknowledged} was acknowledged")
            }
            Self::NotOurs { at } => write!(f, "the journal never stood at {at}"),
            Self::Storage { doing, source, .. } => {
                write!(f, "cannot {doing} the journal: {source}")
            }
            Self::Stopped { .. } => f.write_str("an earlier write failed: nothing more is taken"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage { source, .. } => Some(source),
            _ => None,
        }
    }
}
