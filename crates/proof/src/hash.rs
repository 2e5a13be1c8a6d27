//! What is hashed, and how. SHA-256 everywhere; every kind of thing has a tag of its own in front,
//! so that no leaf can pass for a node and no tree for another.

use alloc::format;
use alloc::string::String;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

/// 32 bytes: a hash, a key or a salt. In JSON 64 lower-case hexadecimal digits.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Digest(pub [u8; 32]);

/// The tags, each ending in its version. A tag is never used for anything else.
pub mod tag {
    /// A leaf of the tree of accounts.
    pub const ACCOUNT_LEAF: &[u8] = b"rhodian/account-leaf/1\0";
    /// A node of the tree of accounts.
    pub const ACCOUNT_NODE: &[u8] = b"rhodian/account-node/1\0";
    /// A leaf of the tree of shares.
    pub const SHARE_LEAF: &[u8] = b"rhodian/share-leaf/1\0";
    /// A node of the tree of shares.
    pub const SHARE_NODE: &[u8] = b"rhodian/share-node/1\0";
    /// The header of the accounts.
    pub const ACCOUNTS: &[u8] = b"rhodian/accounts/1\0";
    /// The header of a division.
    pub const DIVISION: &[u8] = b"rhodian/division/1\0";
    /// Whom an account is, salted.
    pub const IDENTITY: &[u8] = b"rhodian/identity/1\0";
    /// The salt of one account in one commitment.
    pub const SALT: &[u8] = b"rhodian/salt/1\0";
    /// A waterfall's steps.
    pub const WATERFALL: &[u8] = b"rhodian/waterfall/1\0";
    /// A head of the log, as it is signed.
    pub const HEAD: &[u8] = b"rhodian/head/1\0";
}

/// SHA-256 over `parts`, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

/// SHA-256 over a tag and the canonical bytes of a value.
#[must_use]
pub fn tagged(tag: &[u8], value: &impl BorshSerialize) -> Digest {
    let mut sink = Sink(Sha256::new());
    sink.0.update(tag);
    match value.serialize(&mut sink) {
        Ok(()) => Digest(sink.0.finalize().into()),
        // Writing into a hasher has no way to fail.
        Err(_) => Digest::default(),
    }
}

/// A hasher that canonical bytes can be written into.
struct Sink(Sha256);

impl borsh::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> borsh::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> borsh::io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that lower-case hexadecimal digits say; nothing where they are something else.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::str::FromStr for Digest {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        unhex(text).map(Self).ok_or(NotHex { digits: 64 })
    }
}

/// A text that is not so many hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHex {
    /// How many are wanted.
    pub digits: usize,
}

impl fmt::Display for NotHex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {} lower-case hexadecimal digits", self.digits)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
