//! Snapshots: the canonical bytes of a state, with where it stood and their hash.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::engine::{RULES_VERSION, State};

use crate::batch::{FORMAT, Head};

/// How many snapshots are kept.
pub const KEPT_SNAPSHOTS: usize = 3;

/// The bytes of a full part: with its key and the page's own words, just below a power of two,
/// which is what the store rounds up to.
pub(crate) const PART: usize = (1 << 20) - 128;

/// What stands before the bytes of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Title {
    pub format: u16,
    pub rules: u16,
    pub at: Head,
    /// blake3 of the bytes: the digest of the state.
    pub digest: [u8; 32],
    pub length: u64,
    pub parts: u32,
}

/// Writes the canonical bytes of `state` in parts, each handed to `keep` with its number.
pub(crate) fn write<E>(
    at: Head,
    state: &State,
    keep: impl FnMut(u32, &[u8]) -> Result<(), E>,
) -> Result<Title, E> {
    let hasher = blake3::Hasher::new();
    let mut parts =
        Parts { keep, hasher, part: Vec::with_capacity(PART), length: 0, number: 0, failed: None };
    let written = state.serialize(&mut parts);
    parts.end();
    let Parts { hasher, length, number, failed, .. } = parts;
    if let Some(error) = failed {
        return Err(error);
    }
    debug_assert!(written.is_ok(), "parts fail where keeping them fails");
    let digest = *hasher.finalize().as_bytes();
    Ok(Title { format: FORMAT, rules: RULES_VERSION, at, digest, length, parts: number })
}

/// The state of `title` from its bytes; what is wrong with them is said.
pub(crate) fn read(title: &Title, bytes: &[u8]) -> Result<State, String> {
    if bytes.len() as u64 != title.length {
        return Err(format!("it has {} of {} bytes", bytes.len(), title.length));
    }
    if *blake3::hash(bytes).as_bytes() != title.digest {
        return Err("its bytes do not give its digest".into());
    }
    State::try_from_slice(bytes).map_err(|error| format!("its bytes are no state: {error}"))
}

struct Parts<K, E> {
    keep: K,
    hasher: blake3::Hasher,
    part: Vec<u8>,
    length: u64,
    number: u32,
    failed: Option<E>,
}

impl<E, K: FnMut(u32, &[u8]) -> Result<(), E>> Parts<K, E> {
    /// Keeps what was gathered.
    fn end(&mut self) {
        if self.part.is_empty() || self.failed.is_some() {
            return;
        }
        self.hasher.update(&self.part);
        self.length += self.part.len() as u64;
        self.failed = (self.keep)(self.number, &self.part).err();
        self.number += 1;
        self.part.clear();
    }
}

impl<E, K: FnMut(u32, &[u8]) -> Result<(), E>> io::Write for Parts<K, E> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        if self.part.len() == PART {
            self.end();
        }
        if self.failed.is_some() {
            return Err(io::Error::other("a part was not kept"));
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
