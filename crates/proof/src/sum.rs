//! The same tree with sums in its nodes. A node is its sums and a hash over both children, sums
//! included, so no child can claim another sum than the one its parent added. Sums are whole
//! numbers, never negative, and below 2^127: a sum that is not is refused.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::units::Amount;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::hash::{Digest, sha256, tag};
use crate::tree::climb;

/// Sums stay below it.
pub const MAX_SUM: u128 = 1 << 127;

/// A sum of amounts: not negative, below 2^127.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
pub struct Sum(u128);

impl Sum {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A sum of `atoms`; nothing from 2^127 on.
    #[must_use]
    pub fn new(atoms: u128) -> Option<Self> {
        (atoms < MAX_SUM).then_some(Self(atoms))
    }

    /// The atoms.
    #[must_use]
    pub const fn atoms(self) -> u128 {
        self.0
    }

    /// The sum of both; nothing from 2^127 on.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        // Both are below 2^127.
        Self::new(self.0 + other.0)
    }
}

impl From<Amount> for Sum {
    fn from(amount: Amount) -> Self {
        Self(amount.atoms())
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let atoms: u128 = text.parse().map_err(D::Error::custom)?;
        if atoms.to_string() != text {
            return Err(D::Error::custom("a sum is a string of decimal digits"));
        }
        Self::new(atoms).ok_or_else(|| D::Error::custom("a sum is below 2^127"))
    }
}

/// A tree with `N` sums, told apart from others by its tags.
pub trait Kind<const N: usize> {
    /// In front of a leaf.
    const LEAF: &'static [u8];
    /// In front of a node.
    const NODE: &'static [u8];
}

/// The tree of accounts: sums of gains and of losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts;

impl Kind<2> for Accounts {
    const LEAF: &'static [u8] = tag::ACCOUNT_LEAF;
    const NODE: &'static [u8] = tag::ACCOUNT_NODE;
}

/// The tree of shares: sums of shares, of what the exact shares rounded down come to, and of what
/// was paid before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares;

impl Kind<3> for Shares {
    const LEAF: &'static [u8] = tag::SHARE_LEAF;
    const NODE: &'static [u8] = tag::SHARE_NODE;
}

/// A node of a tree: its sums, and the hash of what is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Node<const N: usize> {
    /// The sums of what is below.
    pub sums: [Sum; N],
    /// The hash of what is below.
    pub hash: Digest,
}

/// A value that stands in a tree as a leaf.
pub trait Leaf<const N: usize>: BorshSerialize + Sized {
    /// The tree.
    type Tree: Kind<N>;

    /// What it adds to the sums.
    fn sums(&self) -> [Sum; N];

    /// It as a node.
    fn node(&self) -> Node<N> {
        Node { sums: self.sums(), hash: crate::hash::tagged(Self::Tree::LEAF, self) }
    }
}

impl<const N: usize> Node<N> {
    /// The node above both; nothing where a sum passes its bound.
    #[must_use]
    pub fn above<K: Kind<N>>(left: &Self, right: &Self) -> Option<Self> {
        let mut sums = [Sum::ZERO; N];
        for (sum, (one, other)) in sums.iter_mut().zip(left.sums.iter().zip(&right.sums)) {
            *sum = one.plus(*other)?;
        }
        let (left, right) = (borsh::to_vec(left).ok()?, borsh::to_vec(right).ok()?);
        Some(Self { sums, hash: sha256(&[K::NODE, &left, &right]) })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeText {
    sums: Vec<Sum>,
    hash: Digest,
}

impl<const N: usize> Serialize for Node<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        NodeText { sums: self.sums.to_vec(), hash: self.hash }.serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Node<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = NodeText::deserialize(deserializer)?;
        let sums = text.sums.try_into();
        let sums = sums.map_err(|_| D::Error::custom("a node has as many sums as its tree"))?;
        Ok(Self { sums, hash: text.hash })
    }
}

/// Where a leaf stands in a tree, and its siblings on the way up, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SumPath<const N: usize> {
    /// The place of the leaf.
    pub index: u32,
    /// The siblings.
    pub path: Vec<Node<N>>,
}

impl<const N: usize> SumPath<N> {
    /// The root that a leaf reaches by it in a tree of `count` leaves; nothing where it does not
    /// fit or a sum passes its bound.
    #[must_use]
    pub fn root<L: Leaf<N>>(&self, leaf: &L, count: u32) -> Option<Node<N>> {
        let at = (u64::from(self.index), u64::from(count));
        climb(at, leaf.node(), &self.path, Node::above::<L::Tree>)
    }
}

/// A whole tree, level by level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumTree<const N: usize> {
    levels: Vec<Vec<Node<N>>>,
}

impl<const N: usize> SumTree<N> {
    /// The tree over `leaves`; nothing over none of them, over more than 2^32, or where a sum
    /// passes its bound.
    #[must_use]
    pub fn new<L: Leaf<N>>(leaves: &[L]) -> Option<Self> {
        u32::try_from(leaves.len()).ok()?;
        let mut levels: Vec<Vec<Node<N>>> = Vec::new();
        let mut level: Vec<Node<N>> = leaves.iter().map(Leaf::node).collect();
        while level.len() > 1 {
            let above = level.chunks(2).map(|pair| match pair {
                [left, right] => Node::above::<L::Tree>(left, right),
                // An odd node goes up as it is.
                _ => pair.first().copied(),
            });
            let above = above.collect::<Option<Vec<_>>>()?;
            levels.push(level);
            level = above;
        }
        level.first()?;
        levels.push(level);
        Some(Self { levels })
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Node<N> {
        let root = self.levels.last().and_then(|level| level.first()).copied();
        root.unwrap_or(Node { sums: [Sum::ZERO; N], hash: Digest::default() })
    }

    /// The path of the leaf at `index`.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<SumPath<N>> {
        let leaves = self.levels.first()?;
        (index < leaves.len()).then_some(())?;
        let siblings = self.levels.iter().enumerate();
        let siblings = siblings.filter_map(|(k, level)| level.get((index >> k) ^ 1).copied());
        Some(SumPath { index: u32::try_from(index).ok()?, path: siblings.collect() })
    }
}
