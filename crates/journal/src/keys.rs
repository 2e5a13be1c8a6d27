//! Idempotency keys: one command each, for ever.

use std::collections::BTreeMap;

use crate::batch::{Batch, Kept, Key};
use crate::error::Error;

/// The keys a batch brings, sorted.
///
/// # Errors
///
/// [`Error::KeyTaken`] where two of its entries have the same key.
pub(crate) fn new_keys(batch: &Batch) -> Result<BTreeMap<Key, Kept>, Error> {
    let mut keys = BTreeMap::new();
    for (entry, kept) in (0_u32..).zip(&batch.entries) {
        let Some(key) = &kept.key else { continue };
        let kept = Kept { batch: batch.number, entry, input: kept.input };
        if keys.insert(key.clone(), kept).is_some() {
            return Err(Error::KeyTaken { key: key.clone() });
        }
    }
    Ok(keys)
}

/// A number as a place in memory: what lies beyond is in no list.
pub(crate) fn place_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
