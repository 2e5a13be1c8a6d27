//! The journal in a folder, on redb: one record per batch; keys, snapshots and indices in the same
//! transaction.
//!
//! A commit is in two phases, so a commit that was acknowledged is never given up for a torn one:
//! if its pages do not give their checksums the file is refused. What was acknowledged last is
//! also kept outside, in the file `acknowledged`, so that a file set back is noticed.

mod mark;
mod overlay;
mod reader;
mod record;
mod tables;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableTable, StorageBackend, WriteTransaction};
use rhodian_core::engine::State;
use rhodian_core::ids::Time;

use crate::batch::{Batch, Entry, FORMAT, Head, Kept, Key};
use crate::error::Error;
use crate::journal::{Batches, History, Journal};
use crate::keys::new_keys;
use crate::snapshot::{self, KEPT_SNAPSHOTS};
use mark::Mark;
pub use mark::Remark;
pub use reader::Reader;
use tables::{
    BATCHES, KEYS, META, PARTS, SEQUENCES, SNAPSHOTS, STANDS, Stands, bytes_of, cause, failed,
};

/// What the database keeps of its file in memory, in bytes, where nothing is said: replay reads each
/// batch once, and a service passes on what it has just committed.
pub const CACHE: usize = 128 << 20;

/// The file of the store in its folder.
const FILE: &str = "journal.redb";

/// A journal in a folder: the one writer of it.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    mark: Mark,
    head: Head,
    remarks: Vec<Remark>,
    /// An append or a snapshot failed: what the database holds in memory may not be on disk.
    stopped: bool,
    buffer: Vec<u8>,
    record: Vec<u8>,
}

impl Store {
    /// Opens the journal in `folder`; makes both where there is none. Every page is checked
    /// against its checksum, and what a crash left half-written is put away.
    ///
    /// # Errors
    ///
    /// A second process, a newer format, damage, and storage that fails: each by name.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(folder, CACHE)
    }

    /// The same, with at most `cache` bytes of the file kept in memory: they fill as the file
    /// grows.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_with(folder: impl AsRef<Path>, cache: usize) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let path = folder.join(FILE);
        let making = |error| Error::storage("make the folder of", folder, error);
        fs::create_dir_all(folder).map_err(making)?;
        let mark = Mark::lock(folder)?;
        let opening = |error| Error::storage("open", &path, error);
        if !path.try_exists().map_err(opening)? {
            mark.check_absent()?;
            make(folder, &path)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(opening)?;
        let backend = FileBackend::new(file).map_err(|error| failed("open", &path, error))?;
        Self::open_on(backend, &path, mark, cache)
    }

    /// A journal on storage of another kind: no folder, and nothing kept outside of it.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_backend(backend: impl StorageBackend) -> Result<Self, Error> {
        Self::open_on(backend, Path::new("memory"), Mark::nowhere(), CACHE)
    }

    fn open_on(
        backend: impl StorageBackend,
        path: &Path,
        mut mark: Mark,
        cache: usize,
    ) -> Result<Self, Error> {
        let db = database(backend, path, cache)?;
        if Reader::new(Arc::clone(&db), path).stands()?.is_none() {
            create(&db, path)?;
        }
        let reader = Reader::new(db, path);
        let head = reader.check_ends()?;
        let remarks = mark.check(&reader, head)?;
        mark.set(head)?;
        Ok(Self {
            reader,
            mark,
            head,
            remarks,
            stopped: false,
            buffer: Vec::new(),
            record: Vec::new(),
        })
    }

    /// What was put right when it was opened.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// The reading side, for other threads: it sees what is committed.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    fn begin(&self) -> Result<WriteTransaction, Error> {
        if self.stopped {
            return Err(Error::Stopped { place: self.path() });
        }
        let begun = self.reader.database().begin_write();
        let mut txn = begun.map_err(|error| failed("append to", self.reader.path(), error))?;
        txn.set_two_phase_commit(true);
        Ok(txn)
    }

    fn path(&self) -> PathBuf {
        self.reader.path().into()
    }

    /// Writes `batch`, whose record is in the buffer, and leaves the journal standing at `head`.
    fn commit(&self, txn: WriteTransaction, batch: &Batch, head: Head) -> Result<(), Error> {
        let new = new_keys(batch)?;
        let failing = |error: redb::Error| failed("append to", self.reader.path(), error);
        let write = || -> Result<Option<Key>, redb::Error> {
            let mut keys = txn.open_table(KEYS)?;
            for (key, kept) in &new {
                let was = keys.insert(key.as_str(), bytes_of(kept).as_slice())?;
                if was.is_some() {
                    return Ok(Some(key.clone()));
                }
            }
            txn.open_table(BATCHES)?.insert(batch.number, self.record.as_slice())?;
            if head.events >= batch.first {
                txn.open_table(SEQUENCES)?.insert(batch.first, batch.number)?;
            }
            let stands = Stands { format: FORMAT, head };
            txn.open_table(META)?.insert(STANDS, bytes_of(&stands).as_slice())?;
            Ok(None)
        };
        if let Some(key) = write().map_err(failing)? {
            return Err(Error::KeyTaken { key });
        }
        txn.commit().map_err(|error| failing(error.into()))
    }

    fn write_snapshot(&self, at: Head, state: &State) -> Result<(), Error> {
        let txn = self.begin()?;
        let write = || -> Result<(), redb::Error> {
            let mut titles = txn.open_table(SNAPSHOTS)?;
            let mut parts = txn.open_table(PARTS)?;
            drop_snapshots(&mut titles, &mut parts, &[at.batches])?;
            let title = snapshot::write(at, state, |part, bytes| {
                parts.insert((at.batches, part), bytes).map(|_| ())
            })?;
            titles.insert(at.batches, bytes_of(&title).as_slice())?;
            let numbers = titles.iter()?.map(|item| item.map(|(number, _)| number.value()));
            let numbers = numbers.collect::<Result<Vec<u64>, _>>()?;
            let surplus = numbers.len().saturating_sub(KEPT_SNAPSHOTS);
            drop_snapshots(&mut titles, &mut parts, &numbers[..surplus])
        };
        let failing = |error: redb::Error| failed("keep a snapshot in", self.reader.path(), error);
        write().map_err(failing)?;
        txn.commit().map_err(|error| failing(error.into()))
    }
}

impl History for Store {
    fn head(&self) -> Result<Head, Error> {
        Ok(self.head)
    }

    fn batch(&self, number: u64) -> Result<Option<Batch>, Error> {
        self.reader.batch(number)
    }

    fn read_after(&self, number: u64) -> Result<Batches<'_>, Error> {
        self.reader.read_after(number)
    }

    fn read_from(&self, sequence: u64) -> Result<Batches<'_>, Error> {
        self.reader.read_from(sequence)
    }

    fn kept(&self, key: &Key) -> Result<Option<Kept>, Error> {
        self.reader.kept(key)
    }

    fn latest_snapshot(&self) -> Result<Option<(Head, State)>, Error> {
        self.reader.latest_snapshot()
    }
}

impl Journal for Store {
    fn append_if(&mut self, expected: Head, at: Time, entries: Vec<Entry>) -> Result<Batch, Error> {
        if self.head != expected {
            return Err(Error::Moved { expected, stands: self.head });
        }
        let txn = self.begin()?;
        let batch = Batch::after(&self.head, at, entries, &mut self.buffer);
        let head = batch.head();
        let fits = record::write(&self.buffer, &batch.chain, &mut self.record);
        fits.ok_or(Error::TooLong { bytes: self.buffer.len() })?;
        match self.commit(txn, &batch, head) {
            Ok(()) => {}
            Err(error @ Error::KeyTaken { .. }) => return Err(error),
            Err(error) => {
                self.stopped = true;
                return Err(error);
            }
        }
        self.head = head;
        self.mark.set(head).inspect_err(|_| self.stopped = true)?;
        Ok(batch)
    }

    fn put_snapshot(&mut self, at: Head, state: &State) -> Result<(), Error> {
        let stood = match at.batches {
            0 => Some(Head::default()),
            number => self.reader.batch(number)?.map(|batch| batch.head()),
        };
        if stood != Some(at) {
            return Err(Error::NotOurs { at });
        }
        self.write_snapshot(at, state).inspect_err(|_| self.stopped = true)
    }
}

/// Opens the database with every page checked. What redb says of a file is kept; a file it cannot
/// make sense of at all is damaged, too.
pub(crate) fn database(
    backend: impl StorageBackend,
    path: &Path,
    cache: usize,
) -> Result<Arc<Database>, Error> {
    let mut builder = Builder::new();
    builder.set_check_integrity_on_open(true).set_cache_size(cache);
    let opened = builder.create_with_backend(backend);
    opened.map(Arc::new).map_err(|error| failed("open", path, error))
}

/// Makes an empty journal at `path`: whole or not at all, whenever the power fails.
fn make(folder: &Path, path: &Path) -> Result<(), Error> {
    let new = folder.join(format!("{FILE}.new"));
    let making = |error| Error::storage("make", &new, error);
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(true);
    let file = options.open(&new).map_err(making)?;
    let backend = FileBackend::new(file).map_err(|error| failed("make", &new, error))?;
    let db = database(backend, &new, CACHE)?;
    create(&db, &new)?;
    drop(db);
    let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    sync(&new).map_err(making)?;
    fs::rename(&new, path).and_then(|()| sync(folder)).map_err(making)
}

/// Writes the tables of an empty journal.
fn create(db: &Database, path: &Path) -> Result<(), Error> {
    let write = || -> Result<(), redb::Error> {
        let mut txn = db.begin_write()?;
        txn.set_two_phase_commit(true);
        txn.open_table(BATCHES)?;
        txn.open_table(SEQUENCES)?;
        txn.open_table(KEYS)?;
        txn.open_table(SNAPSHOTS)?;
        txn.open_table(PARTS)?;
        let stands = Stands { format: FORMAT, head: Head::default() };
        txn.open_table(META)?.insert(STANDS, bytes_of(&stands).as_slice())?;
        Ok(txn.commit()?)
    };
    write().map_err(|error| cause("make", path, error))
}

/// Removes the snapshots `dropped`.
fn drop_snapshots(
    titles: &mut redb::Table<'_, u64, &[u8]>,
    parts: &mut redb::Table<'_, (u64, u32), &[u8]>,
    dropped: &[u64],
) -> Result<(), redb::Error> {
    for number in dropped {
        titles.remove(number)?;
        parts.retain_in((*number, 0)..=(*number, u32::MAX), |_, _| false)?;
    }
    Ok(())
}
