//! Signed heads of the log. A head says how many entries there are and the root over them; the
//! venue signs it, and witnesses may. Two heads of one venue that disagree are evidence against it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rhodian_core::ids::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::hash::{Digest, hex, tag, unhex};

/// An ed25519 signature. In JSON 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let bytes = unhex(&text);
        bytes.map(Self).ok_or_else(|| D::Error::custom("a signature is 128 hexadecimal digits"))
    }
}

/// The log as it stood.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The venue.
    pub origin: String,
    /// The number of entries.
    pub size: u32,
    /// The root over them.
    pub root: Digest,
    /// When.
    pub at: Time,
}

impl Head {
    /// What is signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let mut message = tag::HEAD.to_vec();
        // Writing into memory has no way to fail.
        message.extend(borsh::to_vec(self).unwrap_or_default());
        message
    }

    /// Signed by the venue.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedHead {
        let by = Signed::new(&self, key);
        SignedHead { head: self, by, witnesses: Vec::new() }
    }
}

/// A key and what it signed a head with.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The public key.
    pub key: Digest,
    /// The signature.
    pub signature: Signature,
}

impl Signed {
    /// The signature of `head` by `key`.
    #[must_use]
    pub fn new(head: &Head, key: &SigningKey) -> Self {
        let signature = Signature(key.sign(&head.message()).to_bytes());
        Self { key: Digest(key.verifying_key().to_bytes()), signature }
    }

    /// Whether it is a signature of `head`. Keys of small order and signatures that are not in
    /// their one form are none.
    #[must_use]
    pub fn is_of(&self, head: &Head) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature.0);
        let key = VerifyingKey::from_bytes(&self.key.0);
        key.is_ok_and(|key| key.verify_strict(&head.message(), &signature).is_ok())
    }
}

/// A head with the venue's signature and those of witnesses.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// The venue's signature.
    pub by: Signed,
    /// Those of witnesses.
    pub witnesses: Vec<Signed>,
}

impl SignedHead {
    /// Whether the venue with `key` signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &Digest) -> bool {
        self.by.key == *key && self.by.is_of(&self.head)
    }

    /// How many of `keys` witnessed it, each counted once.
    #[must_use]
    pub fn witnessed_by(&self, keys: &[Digest]) -> usize {
        let mut seen: Vec<Digest> = self
            .witnesses
            .iter()
            .filter(|of| keys.contains(&of.key) && of.is_of(&self.head))
            .map(|of| of.key)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }
}

/// Two heads of one venue that cannot both be true: evidence that it showed different logs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivocation {
    /// One head.
    pub one: SignedHead,
    /// The other.
    pub other: SignedHead,
}

impl Equivocation {
    /// The evidence, where the heads are such: both signed by one key, of one venue, of one size,
    /// with different roots.
    #[must_use]
    pub fn of(one: &SignedHead, other: &SignedHead) -> Option<Self> {
        let found = Self { one: one.clone(), other: other.clone() };
        found.holds(&one.by.key).then_some(found)
    }

    /// Whether it is evidence against the venue with `key`.
    #[must_use]
    pub fn holds(&self, key: &Digest) -> bool {
        let (one, other) = (&self.one.head, &self.other.head);
        let differ = one.size == other.size && one.root != other.root;
        let both = self.one.is_signed_by(key) && self.other.is_signed_by(key);
        differ && one.origin == other.origin && both
    }
}
