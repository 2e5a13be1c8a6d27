//! Reading the store, beside its writer: each call sees one committed state.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use borsh::BorshDeserialize;
use redb::backends::FileBackend;
use redb::{
    Database, Range, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition, TableError,
};
use rhodian_core::engine::{RULES_VERSION, State};

use super::mark::{Mark, Remark};
use super::overlay::Overlay;
use super::record;
use super::tables::{BATCHES, KEYS, META, PARTS, SEQUENCES, SNAPSHOTS, STANDS, Stands, failed};
use super::{CACHE, FILE, database};
use crate::batch::{Batch, FORMAT, Head, Kept, Key};
use crate::error::Error;
use crate::journal::{Batches, History};
use crate::keys::place_of;
use crate::snapshot::{self, Title};

/// The reading side of a store.
#[derive(Clone)]
pub struct Reader {
    db: Arc<Database>,
    path: Arc<Path>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(db: Arc<Database>, path: &Path) -> Self {
        Self { db, path: path.into() }
    }

    /// Opens the journal in `folder` to read it, beside no writer. Nothing on disk is changed: what
    /// a crash left half-written is put away in memory only. What would be put right by opening
    /// it to write is remarked.
    ///
    /// # Errors
    ///
    /// As opening it to write does, and [`Error::Absent`] where there is none.
    pub fn open(folder: impl AsRef<Path>) -> Result<(Self, Vec<Remark>), Error> {
        let folder = folder.as_ref();
        let path = folder.join(FILE);
        let absent = || Error::Absent { place: folder.into() };
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => absent(),
            _ => Error::storage("open", &path, error),
        })?;
        let length = file.metadata().map_err(|error| Error::storage("open", &path, error))?.len();
        if length == 0 {
            return Err(absent());
        }
        let file = FileBackend::new(file).map_err(|error| failed("open", &path, error))?;
        let reader = Self::new(database(Overlay::new(file, length), &path, CACHE)?, &path);
        if reader.stands()?.is_none() {
            return Err(absent());
        }
        let head = reader.check_ends()?;
        let remarks = Mark::read(folder)?.check(&reader, head)?;
        Ok((reader, remarks))
    }

    /// How many idempotency keys are kept.
    pub(crate) fn keys(&self) -> Result<u64, Error> {
        let table = self.table(&self.begin()?, KEYS)?;
        table.len().map_err(|error| self.fault(error))
    }

    pub(super) fn database(&self) -> &Database {
        &self.db
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn begin(&self) -> Result<ReadTransaction, Error> {
        self.db.begin_read().map_err(|error| self.fault(error))
    }

    fn fault(&self, error: impl Into<redb::Error>) -> Error {
        failed("read", &self.path, error)
    }

    /// The place of something in the file.
    pub(crate) fn place(&self, what: impl fmt::Display) -> String {
        format!("{}, {what}", self.path.display())
    }

    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        txn: &ReadTransaction,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, Error> {
        txn.open_table(definition).map_err(|error| self.fault(error))
    }

    /// Where the journal stands; nothing in a file without tables.
    pub(super) fn stands(&self) -> Result<Option<Head>, Error> {
        let txn = self.begin()?;
        let table = match txn.open_table(META) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            opened => opened.map_err(|error| self.fault(error))?,
        };
        let found = table.get(STANDS).map_err(|error| self.fault(error))?;
        let place = self.place("where it stands");
        let Some(found) = found else { return Err(Error::damaged(place, "the record is gone")) };
        let bytes = found.value();
        let format = u16::deserialize(&mut &*bytes).unwrap_or_default();
        if format > FORMAT {
            return Err(Error::Newer { place: self.path.display().to_string(), format, rules: 0 });
        }
        let stands = Stands::try_from_slice(bytes);
        let stands = stands.map_err(|error| Error::damaged(place, error.to_string()))?;
        if format < FORMAT {
            return Err(Error::Older { place: self.path.display().to_string(), format });
        }
        Ok(Some(stands.head))
    }

    fn stands_in(&self) -> Result<Head, Error> {
        let nothing = || Error::damaged(self.place("where it stands"), "the record is gone");
        self.stands()?.ok_or_else(nothing)
    }

    /// The head, after a look at both ends: as many batches as it says, the last as it says.
    pub(super) fn check_ends(&self) -> Result<Head, Error> {
        let head = self.stands_in()?;
        let table = self.table(&self.begin()?, BATCHES)?;
        let count = table.len().map_err(|error| self.fault(error))?;
        if count != head.batches {
            let what = format!("{count} batches where {} were appended", head.batches);
            return Err(Error::damaged(self.place("batches"), what));
        }
        let last = match head.batches {
            0 => Head::default(),
            number => self.must(number)?.head(),
        };
        if last != head {
            let what = format!("the last batch leaves it at {last}, its head says {head}");
            return Err(Error::damaged(self.place(format!("batch {count}")), what));
        }
        Ok(head)
    }

    fn must(&self, number: u64) -> Result<Batch, Error> {
        let gone = || Error::damaged(self.place(format!("batch {number}")), "it is gone");
        self.batch(number)?.ok_or_else(gone)
    }

    /// Which snapshots there are, oldest first: the numbers of the last batches in them.
    ///
    /// # Errors
    ///
    /// Storage that fails.
    pub fn snapshot_numbers(&self) -> Result<Vec<u64>, Error> {
        let table = self.table(&self.begin()?, SNAPSHOTS)?;
        let items = table.iter().map_err(|error| self.fault(error))?;
        let numbers = items.map(|item| item.map(|(number, _)| number.value()));
        numbers.collect::<Result<_, _>>().map_err(|error| self.fault(error))
    }

    /// The snapshot of the batches up to `number`. Its watch is not built.
    ///
    /// # Errors
    ///
    /// What is damaged in it; storage that fails.
    pub fn snapshot(&self, number: u64) -> Result<(Head, State), Error> {
        let place = self.place(format!("snapshot of batch {number}"));
        let damaged = |what: String| Error::damaged(place.clone(), what);
        let txn = self.begin()?;
        let titles = self.table(&txn, SNAPSHOTS)?;
        let title = titles.get(number).map_err(|error| self.fault(error))?;
        let title = title.ok_or_else(|| damaged("it is gone".into()))?;
        let title = Title::try_from_slice(title.value()).map_err(|e| damaged(e.to_string()))?;
        if title.format > FORMAT || title.rules > RULES_VERSION {
            return Err(Error::Newer { place, format: title.format, rules: title.rules });
        }
        if title.format < FORMAT {
            return Err(Error::Older { place, format: title.format });
        }
        if title.rules < RULES_VERSION {
            return Err(damaged(format!(
                "the rules {} made it: replay makes another",
                title.rules
            )));
        }
        let stood = match title.at.batches {
            0 => Head::default(),
            at => self.must(at)?.head(),
        };
        if stood != title.at || title.at.batches != number {
            return Err(damaged(format!("the journal never stood at {}", title.at)));
        }
        let parts = self.table(&txn, PARTS)?;
        let mut bytes = Vec::with_capacity(place_of(title.length).min(1 << 30));
        let range = parts.range((number, 0)..=(number, u32::MAX));
        for part in range.map_err(|error| self.fault(error))? {
            let (_, part) = part.map_err(|error| self.fault(error))?;
            bytes.extend_from_slice(part.value());
        }
        let state = snapshot::read(&title, &bytes).map_err(damaged)?;
        Ok((title.at, state))
    }

    /// A record of the batches table as a batch, its bytes checked against its chain.
    fn decode(&self, number: u64, record: &[u8]) -> Result<Batch, Error> {
        let place = || self.place(format!("batch {number}"));
        let (bytes, chain) = record::read(record).map_err(|what| Error::damaged(place(), what))?;
        let batch = Batch::read(&bytes, place)?;
        if batch.chain != *chain {
            return Err(Error::damaged(place(), "its bytes do not give its chain"));
        }
        if batch.number != number || batch.first == 0 {
            let what = format!("it says it is batch {} from event {}", batch.number, batch.first);
            return Err(Error::damaged(place(), what));
        }
        Ok(batch)
    }
}

impl History for Reader {
    fn head(&self) -> Result<Head, Error> {
        self.stands_in()
    }

    fn batch(&self, number: u64) -> Result<Option<Batch>, Error> {
        let table = self.table(&self.begin()?, BATCHES)?;
        let record = table.get(number).map_err(|error| self.fault(error))?;
        record.map(|record| self.decode(number, record.value())).transpose()
    }

    fn read_after(&self, number: u64) -> Result<Batches<'_>, Error> {
        let head = self.stands_in()?;
        let at = match number {
            0 => Head::default(),
            number if number >= head.batches => head,
            number => self.must(number)?.head(),
        };
        let table = self.table(&self.begin()?, BATCHES)?;
        let range = table.range(number.saturating_add(1)..=head.batches);
        let range = match number < head.batches {
            true => Some(range.map_err(|error| self.fault(error))?),
            false => None,
        };
        Ok(Box::new(Chained { reader: self, range, at, head }))
    }

    fn read_from(&self, sequence: u64) -> Result<Batches<'_>, Error> {
        let head = self.stands_in()?;
        if sequence > head.events {
            return self.read_after(head.batches);
        }
        let table = self.table(&self.begin()?, SEQUENCES)?;
        let mut range = table.range(..=sequence).map_err(|error| self.fault(error))?;
        let found = range.next_back().transpose().map_err(|error| self.fault(error))?;
        let number = found.map_or(1, |(_, number)| number.value());
        self.read_after(number.saturating_sub(1))
    }

    fn kept(&self, key: &Key) -> Result<Option<Kept>, Error> {
        let table = self.table(&self.begin()?, KEYS)?;
        let found = table.get(key.as_str()).map_err(|error| self.fault(error))?;
        let place = || self.place(format!("key {key}"));
        let read = |bytes: &[u8]| {
            Kept::try_from_slice(bytes).map_err(|e| Error::damaged(place(), e.to_string()))
        };
        found.map(|bytes| read(bytes.value())).transpose()
    }

    fn latest_snapshot(&self) -> Result<Option<(Head, State)>, Error> {
        for number in self.snapshot_numbers()?.into_iter().rev() {
            match self.snapshot(number) {
                Ok(found) => return Ok(Some(found)),
                Err(Error::Damaged { .. } | Error::Newer { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Batches in order, each following the one before, up to the head.
struct Chained<'a> {
    reader: &'a Reader,
    /// Nothing after the end or the first error.
    range: Option<Range<'static, u64, &'static [u8]>>,
    /// After the batch before.
    at: Head,
    head: Head,
}

impl Chained<'_> {
    fn follow(&mut self) -> Result<Option<Batch>, Error> {
        let Some(range) = &mut self.range else { return Ok(None) };
        let reader = self.reader;
        let next = range.next().transpose().map_err(|error| reader.fault(error))?;
        let number = self.at.batches + 1;
        let place = || reader.place(format!("batch {number}"));
        let Some((found, record)) = next else {
            if self.at != self.head {
                let what = format!("it is gone: the journal stands at {}", self.head);
                return Err(Error::damaged(place(), what));
            }
            return Ok(None);
        };
        if found.value() != number {
            return Err(Error::damaged(place(), format!("it is gone: {} is next", found.value())));
        }
        let batch = reader.decode(number, record.value())?;
        if batch.previous != self.at.chain {
            let what = format!("it does not follow the chain of batch {}", self.at.batches);
            return Err(Error::damaged(place(), what));
        }
        if batch.first != self.at.events + 1 {
            let what = format!("its first event is {}, not {}", batch.first, self.at.events + 1);
            return Err(Error::damaged(place(), what));
        }
        self.at = batch.head();
        Ok(Some(batch))
    }
}

impl Iterator for Chained<'_> {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.follow().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.range = None;
        }
        next
    }
}
