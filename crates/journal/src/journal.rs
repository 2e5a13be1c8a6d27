//! What a journal does. A replicated log can stand in the store's place behind these traits.

use rhodian_core::engine::State;
use rhodian_core::ids::Time;

use crate::batch::{Batch, Entry, Head, Kept, Key};
use crate::error::Error;

/// Batches in order, each checked as it is read; the first error is the last item.
pub type Batches<'a> = Box<dyn Iterator<Item = Result<Batch, Error>> + 'a>;

/// The reading side.
pub trait History {
    /// Where the journal stands.
    fn head(&self) -> Result<Head, Error>;

    /// Batch `number`, checked against its chain; none where the journal does not reach.
    fn batch(&self, number: u64) -> Result<Option<Batch>, Error>;

    /// The batches after batch `number` up to the head, each checked against the chain.
    fn read_after(&self, number: u64) -> Result<Batches<'_>, Error>;

    /// The batches from the one that holds event `sequence` up to the head, each checked against
    /// the chain; the first of them may begin with earlier events. A batch without events, of
    /// refusals only, is among them.
    fn read_from(&self, sequence: u64) -> Result<Batches<'_>, Error>;

    /// What a key was used for, if it was.
    fn kept(&self, key: &Key) -> Result<Option<Kept>, Error>;

    /// The last sound snapshot, if there is one, and where it was taken. Its watch is not built.
    fn latest_snapshot(&self) -> Result<Option<(Head, State)>, Error>;
}

/// The writing side.
pub trait Journal: History + Send {
    /// Appends `entries` as one batch, durable when it returns.
    ///
    /// # Errors
    ///
    /// [`Error::Moved`] if the journal does not stand at `expected`, [`Error::KeyTaken`] for a key
    /// that was used: nothing is changed by either. [`Error::Storage`] if the storage fails: then
    /// nothing was acknowledged, and the journal takes no more until it is opened again.
    fn append_if(&mut self, expected: Head, at: Time, entries: Vec<Entry>) -> Result<Batch, Error>;

    /// Keeps a snapshot of `state`, which is what the batches up to `at` make, and drops all but
    /// the last few.
    fn put_snapshot(&mut self, at: Head, state: &State) -> Result<(), Error>;
}
