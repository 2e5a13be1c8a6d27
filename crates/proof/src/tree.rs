//! The tree of RFC 9162 (and RFC 6962): a leaf is hashed behind a zero byte, a node behind a one
//! byte, and a list of n entries splits at the largest power of two below n, so that an odd node
//! goes up unchanged and no entry is ever doubled.

use alloc::vec::Vec;

use crate::hash::{Digest, sha256};

/// The hash of an entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    sha256(&[&[0], entry])
}

/// The hash of a node.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    sha256(&[&[1], &left.0, &right.0])
}

/// The hash of the tree without entries.
#[must_use]
pub fn empty_hash() -> Digest {
    sha256(&[])
}

/// Climbs from an entry to the root: what `combine` makes of it and its siblings, by the inclusion
/// proof of RFC 9162 section 2.1.3.2. Nothing where the path is not exactly as long as the tree is
/// high at that entry, or where `combine` refuses.
pub fn climb<T: Clone>(
    (index, size): (u64, u64),
    leaf: T,
    path: &[T],
    combine: impl Fn(&T, &T) -> Option<T>,
) -> Option<T> {
    if index >= size {
        return None;
    }
    let (mut place, mut last) = (index, size - 1);
    let mut root = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            root = combine(sibling, &root)?;
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            root = combine(&root, sibling)?;
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// Whether the entry with this leaf hash stands at `index` in the tree of `size` entries with this
/// root.
#[must_use]
pub fn is_included(at: (u64, u64), leaf: Digest, path: &[Digest], root: &Digest) -> bool {
    climb(at, leaf, path, |left, right| Some(node_hash(left, right))).as_ref() == Some(root)
}

/// Whether the tree of `first.0` entries with root `first.1` is the beginning of the other, by the
/// consistency proof of RFC 9162 section 2.1.4.2.
#[must_use]
pub fn is_consistent(first: (u64, &Digest), second: (u64, &Digest), path: &[Digest]) -> bool {
    let ((small, small_root), (large, large_root)) = (first, second);
    if small == 0 || small > large {
        return false;
    }
    if small == large {
        return path.is_empty() && small_root == large_root;
    }
    // Where the first tree is a whole subtree of the second, its root begins the path.
    let whole = small.is_power_of_two().then_some(*small_root);
    let mut rest = whole.iter().chain(path);
    let Some(begin) = rest.next() else { return false };
    let (mut place, mut last) = (small - 1, large - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (*begin, *begin);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *small_root && new == *large_root
}

/// A tree that only grows. It keeps every complete node: level k holds those of 2^k entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Appends an entry by its leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let of = &mut self.levels[level];
            of.push(node);
            if of.len() % 2 == 1 {
                return;
            }
            node = node_hash(&of[of.len() - 2], &of[of.len() - 1]);
        }
    }

    /// The root over the first `size` entries; nothing where there are fewer.
    #[must_use]
    pub fn root(&self, size: usize) -> Option<Digest> {
        match size {
            0 => Some(empty_hash()),
            _ if size > self.size() => None,
            _ => Some(self.range(0, size)),
        }
    }

    /// The inclusion proof of the entry at `index` among the first `size`.
    #[must_use]
    pub fn inclusion(&self, index: usize, size: usize) -> Option<Vec<Digest>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut from, mut to, mut path) = (0, size, Vec::new());
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                path.push(self.range(middle, to));
                to = middle;
            } else {
                path.push(self.range(from, middle));
                from = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The proof that the first `first` entries begin the first `second`.
    #[must_use]
    pub fn consistency(&self, first: usize, second: usize) -> Option<Vec<Digest>> {
        if first == 0 || first > second || second > self.size() {
            return None;
        }
        let (mut from, mut to, mut path) = (0, second, Vec::new());
        // The first tree ends at `first`; `from..to` is the part in which it ends.
        while first != to {
            let middle = from + split(to - from);
            if first <= middle {
                path.push(self.range(middle, to));
                to = middle;
            } else {
                path.push(self.range(from, middle));
                from = middle;
            }
        }
        // The whole first tree is known to whoever checks.
        if from > 0 {
            path.push(self.range(from, to));
        }
        path.reverse();
        Some(path)
    }

    /// The hash over the entries `from..to`, which a proof asks for: `from` is a multiple of the
    /// power of two that the length does not pass.
    fn range(&self, from: usize, to: usize) -> Digest {
        let len = to - from;
        if len.is_power_of_two() {
            let level = len.trailing_zeros();
            let level = usize::try_from(level).unwrap_or(usize::MAX);
            return self.levels[level][from >> level];
        }
        let middle = from + split(len);
        node_hash(&self.range(from, middle), &self.range(middle, to))
    }
}

/// The largest power of two below `len`, which is at least 2.
const fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}
