//! The tables of the store, and what its errors mean.

use std::io;
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};
use redb::TableDefinition;

use crate::batch::Head;
use crate::error::Error;

/// What the journal is: one record, [`STANDS`].
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// By number: the record of a batch.
pub(crate) const BATCHES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("batches");
/// By the sequence number of its first event: the number of a batch that has any.
pub(crate) const SEQUENCES: TableDefinition<'_, u64, u64> = TableDefinition::new("sequences");
/// By idempotency key: what it was used for.
pub(crate) const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");
/// By the number of the last batch in it: the title of a snapshot.
pub(crate) const SNAPSHOTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("snapshots");
/// By snapshot and number: a part of its bytes.
pub(crate) const PARTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("parts");

/// The key of [`Stands`].
pub(crate) const STANDS: &str = "stands";

/// Where the journal stands, and the format of all of it. The format comes first, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Stands {
    pub format: u16,
    pub head: Head,
}

/// The bytes of a small record.
pub(crate) fn bytes_of(record: &impl BorshSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = record.serialize(&mut bytes);
    debug_assert!(written.is_ok(), "small records have bytes");
    bytes
}

/// What an error of the database means.
pub(crate) fn failed(doing: &'static str, path: &Path, error: impl Into<redb::Error>) -> Error {
    cause(doing, path, error.into())
}

pub(crate) fn cause(doing: &'static str, path: &Path, error: redb::Error) -> Error {
    use redb::Error as E;
    let place = path.display().to_string();
    match error {
        E::DatabaseAlreadyOpen | E::LockProtocolMismatch => {
            Error::Locked { place: path.parent().unwrap_or(path).into() }
        }
        E::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Error::damaged(place, format!("it is no journal: {error}"))
        }
        E::Io(error) => Error::storage(doing, path, error),
        E::PreviousIo => {
            Error::storage(doing, path, io::Error::other("an earlier write or read failed"))
        }
        E::Backend(error) => Error::storage(doing, path, io::Error::other(error)),
        error => Error::damaged(place, error.to_string()),
    }
}
