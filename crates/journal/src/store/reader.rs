//! Reading the store, beside its writer: each call sees one committed state.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use borsh::BorshDeserialize;
use redb::{
    Database, Range, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition, TableError,
};
use rhodian_core::engine::{RULES_VERSION, State};

use super::tables::{BATCHES, KEYS, META, PARTS, SEQUENCES, SNAPSHOTS, STANDS, Stands, failed};
use crate::batch::{Batch, FORMAT, Fault, Head, Kept, Key};
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
    fn place(&self, what: impl fmt::Display) -> String {
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

    /// The snapshots, oldest first: each read, or what is wrong with it.
    ///
    /// # Errors
    ///
    /// Storage that fails.
    pub fn snapshots(&self) -> Result<Vec<(u64, Result<(Head, State), Error>)>, Error> {
        let numbers = self.snapshot_numbers()?;
        Ok(numbers.into_iter().map(|number| (number, self.snapshot(number))).collect())
    }

    fn snapshot_numbers(&self) -> Result<Vec<u64>, Error> {
        let table = self.table(&self.begin()?, SNAPSHOTS)?;
        let items = table.iter().map_err(|error| self.fault(error))?;
        let numbers = items.map(|item| item.map(|(number, _)| number.value()));
        numbers.collect::<Result<_, _>>().map_err(|error| self.fault(error))
    }

    /// The snapshot of the batches up to `number`.
    fn snapshot(&self, number: u64) -> Result<(Head, State), Error> {
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
        let Some((bytes, chain)) = record.split_last_chunk::<32>() else {
            return Err(Error::damaged(place(), "it is cut short"));
        };
        let batch = Batch::read(bytes).map_err(|fault| match fault {
            Fault::Newer { format, rules } => Error::Newer { place: place(), format, rules },
            Fault::Broken(what) => Error::damaged(place(), what),
        })?;
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
