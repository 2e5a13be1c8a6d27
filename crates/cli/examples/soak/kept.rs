//! What was acknowledged against what is in the journal.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use rhodian_journal::{History, Store};

use crate::found::Acknowledged;

/// Looks every acknowledged command up in the journal of `folder`, whose keys begin with their
/// giver's id. Says how many batches and events there are, and what is missing or elsewhere.
pub fn check(folder: &Path, acknowledged: &Acknowledged) -> io::Result<(u64, u64, Vec<String>)> {
    let store = Store::open(folder).map_err(io::Error::other)?;
    let head = store.head().map_err(io::Error::other)?;
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for batch in store.read_after(0).map_err(io::Error::other)? {
        let batch = batch.map_err(io::Error::other)?;
        let mut first = batch.first;
        for entry in &batch.entries {
            let count: usize = entry.records.iter().map(|record| record.events.len()).sum();
            let range = (first, first + count as u64 - 1);
            first += count as u64;
            let Some(key) = &entry.key else { continue };
            let name = key.as_str().split_once(':').map_or("", |(_, name)| name);
            // Under way when it was killed, or refused, where nothing is known of it.
            let Some(said) = acknowledged.get(name) else { continue };
            if *said != range {
                wrong.push(format!("{name} is at {range:?}, not at {said:?}"));
            }
            if !seen.insert(name.to_owned()) {
                wrong.push(format!("{name} is in the journal twice"));
            }
        }
    }
    let missing = acknowledged.keys().filter(|name| !seen.contains(*name));
    wrong.extend(missing.map(|name| format!("{name} was acknowledged and is missing")));
    Ok((head.batches, head.events, wrong))
}
