//! A file that is only read: what the database writes to it while it opens stays in memory.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

/// The bytes of a page that is kept in memory once it was written.
const PAGE: u64 = 4096;

/// A file and what was written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    over: Mutex<Over>,
}

#[derive(Debug)]
struct Over {
    length: u64,
    /// How much of the file still counts: shrinking and growing again makes zeros.
    below: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    pub(super) fn new(file: FileBackend, length: u64) -> Self {
        let over = Over { length, below: length, pages: BTreeMap::new() };
        Self { file, over: Mutex::new(over) }
    }

    fn over(&self) -> MutexGuard<'_, Over> {
        // A panic while it was held leaves whole pages all the same.
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The part of the page at `start` that lies in the file, zeros after it.
    fn page(&self, over: &Over, start: u64) -> io::Result<Vec<u8>> {
        let mut page = vec![0; PAGE as usize];
        let inside = over.below.saturating_sub(start).min(PAGE);
        self.file.read(start, &mut page[..inside as usize])?;
        Ok(page)
    }
}

/// The pages that `offset..offset + length` touches: their start, and which bytes of them.
fn touched(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
    let end = offset + length as u64;
    let first = offset - offset % PAGE;
    (first..end).step_by(PAGE as usize).map(move |start| {
        let from = offset.max(start) - start;
        let to = end.min(start + PAGE) - start;
        (start, from as usize..to as usize)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over();
        let within = offset.checked_add(out.len() as u64).is_some_and(|end| end <= over.length);
        if !within {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = offset + out.len() as u64;
        if end <= over.below && over.pages.range(offset - offset % PAGE..end).next().is_none() {
            return self.file.read(offset, out);
        }
        let mut out = out;
        for (start, range) in touched(offset, out.len()) {
            let (part, rest) = std::mem::take(&mut out).split_at_mut(range.len());
            match over.pages.get(&start) {
                Some(page) => part.copy_from_slice(&page[range]),
                None => part.copy_from_slice(&self.page(&over, start)?[range]),
            }
            out = rest;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut over = self.over();
        if length < over.length {
            over.pages.split_off(&length.next_multiple_of(PAGE));
            let kept = (length % PAGE) as usize;
            if let Some(page) = over.pages.get_mut(&(length - length % PAGE)) {
                page[kept..].fill(0);
            }
        }
        over.length = length;
        over.below = over.below.min(length);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut over = self.over();
        let mut data = data;
        for (start, range) in touched(offset, data.len()) {
            let (part, rest) = data.split_at(range.len());
            let mut page = match over.pages.remove(&start) {
                Some(page) => page,
                None => self.page(&over, start)?,
            };
            page[range].copy_from_slice(part);
            over.pages.insert(start, page);
            data = rest;
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    // Nothing is written to the file, so a shared lock is all that is asked of it: readers may
    // stand beside each other, and none beside a writer.

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
