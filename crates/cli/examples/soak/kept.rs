//! What was acknowledged against what is in the journal.

use std::io;
use std::path::Path;

use rhodian_journal::{History, Store};

use crate::found::Acknowledged;

/// Looks every acknowledged command up in the journal of `folder`, whose keys begin with their
/// giver's id. Says how many batches and events there are, and what is missing or elsewhere.
pub fn check(folder: &Path, acknowledged: &Acknowledged) -> io::Result<(u64, u64, Vec<String>)> {
    let store = Store::open(folder).map_err(io::Error::other)?;
    let head = store.head().map_err(io::Error::other)?;
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for batch in store.read_after(0).map_err(io::Error::other)? {
        let batch = batch.map_err(io::Error::other)?;
        let mut first = batch.first;
        for entry in &batch.entries {
            let count: usize = entry.records.iter().map(|record| record.events.len()).sum();
            let range = (first, first + count as u64 - 1);
            first += count as u64;
            let Some(key) = &entry.key else { continue };
            let name = key.as_str().split_once(':').map_or("", |(_, name)| name);
            match acknowledged.get(name) {
                Some(said) if *said == range => seen += 1,
                Some(said) => wrong.push(format!("{name} is at {range:?}, not at {said:?}")),
                // Under way when it was killed, or refused.
                None => {}
            }
        }
    }
    if seen + wrong.len() != acknowledged.len() {
        let missing = acknowledged.len() - seen - wrong.len();
        wrong.push(format!("{missing} acknowledged commands are missing"));
    }
    Ok((head.batches, head.events, wrong))
}
