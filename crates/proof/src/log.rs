//! The append-only log: an entry is the hash of a header. Inclusion says that a commitment stands
//! in it, consistency that what was there is there still.

use alloc::string::String;
use alloc::vec::Vec;

use rhodian_core::ids::Time;
use serde::{Deserialize, Serialize};

use crate::hash::Digest;
use crate::head::{Head, SignedHead};
use crate::tree::{Tree, is_consistent, is_included, leaf_hash};

/// Where an entry stands in the log, and its siblings up to the root of a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPath {
    /// The place of the entry.
    pub index: u32,
    /// The siblings, the lowest first.
    pub path: Vec<Digest>,
}

impl LogPath {
    /// Whether `entry` stands there in the log of `head`.
    #[must_use]
    pub fn holds(&self, entry: &Digest, head: &Head) -> bool {
        let at = (u64::from(self.index), u64::from(head.size));
        is_included(at, leaf_hash(&entry.0), &self.path, &head.root)
    }
}

/// The proof that the log of one size begins the log of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The smaller size.
    pub from: u32,
    /// The larger size.
    pub to: u32,
    /// The hashes.
    pub path: Vec<Digest>,
}

/// A second head, from elsewhere, with the proofs that it continues earlier ones: what a witness or
/// the venue hands out beside receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadFile {
    /// The head.
    pub head: SignedHead,
    /// How it hangs together with others.
    pub consistency: Vec<Consistency>,
}

impl HeadFile {
    /// Whether its log and that of `other` are one, by a proof in it.
    #[must_use]
    pub fn continues(&self, other: &Head) -> bool {
        let mine = &self.head.head;
        let (small, large) = if other.size <= mine.size { (other, mine) } else { (mine, other) };
        if small.size == large.size {
            return small.root == large.root;
        }
        let sizes = (u64::from(small.size), u64::from(large.size));
        self.consistency.iter().any(|proof| {
            (proof.from, proof.to) == (small.size, large.size)
                && is_consistent((sizes.0, &small.root), (sizes.1, &large.root), &proof.path)
        })
    }
}

/// The log itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    tree: Tree,
}

impl Log {
    /// Appends an entry; its place. Nothing beyond 2^32 entries.
    pub fn append(&mut self, entry: &Digest) -> Option<u32> {
        let index = u32::try_from(self.tree.size()).ok()?;
        self.tree.push(leaf_hash(&entry.0));
        Some(index)
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u32 {
        u32::try_from(self.tree.size()).unwrap_or(u32::MAX)
    }

    /// The head over all entries.
    #[must_use]
    pub fn head(&self, origin: String, at: Time) -> Head {
        let size = self.size();
        let root = self.tree.root(self.tree.size()).unwrap_or_default();
        Head { origin, size, root, at }
    }

    /// Where the entry at `index` stands in the log of `size` entries.
    #[must_use]
    pub fn path(&self, index: u32, size: u32) -> Option<LogPath> {
        let path = self.tree.inclusion(place(index)?, place(size)?)?;
        Some(LogPath { index, path })
    }

    /// The proof that the log of `from` entries begins that of `to`.
    #[must_use]
    pub fn consistency(&self, from: u32, to: u32) -> Option<Consistency> {
        let path = self.tree.consistency(place(from)?, place(to)?)?;
        Some(Consistency { from, to, path })
    }
}

fn place(index: u32) -> Option<usize> {
    usize::try_from(index).ok()
}
