//! The events after a number: the last ones from memory, older ones from the journal; only
//! committed ones are.

use std::sync::Arc;

use rhodian_journal::{Error, History, Reader};

use crate::answer::numbered;
use crate::follower::{Follower, Told};

/// The events after `sequence`, at most `limit`.
///
/// # Errors
///
/// The journal could not be read: in a sentence.
pub async fn after(
    follower: &Follower,
    reader: &Reader,
    sequence: u64,
    limit: usize,
) -> Result<Vec<Arc<Told>>, String> {
    let in_memory = follower.read().after(sequence, limit);
    if let Some(found) = in_memory {
        return Ok(found);
    }
    let (reader, upto) = (reader.clone(), follower.read().sequence);
    let read = tokio::task::spawn_blocking(move || from_journal(&reader, sequence, limit, upto));
    let not_read = |error: Error| format!("the journal could not be read: {error}");
    read.await.map_err(|error| error.to_string())?.map_err(not_read)
}

fn from_journal(
    reader: &Reader,
    sequence: u64,
    limit: usize,
    upto: u64,
) -> Result<Vec<Arc<Told>>, Error> {
    let mut found = Vec::new();
    for batch in reader.read_from(sequence + 1)? {
        let batch = batch?;
        let mut first = batch.first;
        for entry in &batch.entries {
            for event in numbered(entry, first) {
                first = event.sequence + 1;
                if event.sequence > upto || found.len() == limit {
                    return Ok(found);
                }
                if event.sequence > sequence {
                    found.push(Arc::new(Told::new(event)));
                }
            }
        }
    }
    Ok(found)
}
