//! Dense ids, time and names. Ids are given by the engine in order of creation and never reused:
//! the order of ids is the order of claims.

use alloc::string::String;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::bounds::MAX_NAME;

const _: () = assert!(usize::BITS >= u32::BITS, "a dense id indexes memory");

macro_rules! dense_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the table of its kind.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize // style-ok: u32 fits usize, asserted above
            }

            /// The id of the entry at `index`; nothing beyond 2^32.
            #[must_use]
            pub fn at(index: usize) -> Option<Self> {
                u32::try_from(index).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

dense_id! {
    /// An asset.
    AssetId,
    /// A loss domain.
    DomainId,
    /// An instrument that is traded: a perpetual, a dated future or an option.
    MarketId,
    /// A period boundary whose prices are kept.
    CheckpointId,
    /// An owner of accounts.
    OwnerId,
    /// A participant's account.
    AccountId,
    /// An absorber of losses.
    LayerId,
    /// One version of a waterfall.
    WaterfallId,
    /// A loss.
    LossId,
    /// An episode of a domain.
    EpisodeId,
    /// A liable set of an episode.
    LiableSetId,
    /// A feed of the oracle.
    FeedId,
    /// A source of reports: the number under which the door knows its key.
    SourceId,
    /// A lending pool.
    PoolId,
    /// A cover pool.
    CoverPoolId,
    /// A risk that a cover pool covers.
    RiskId,
    /// A cover that was bought.
    CoverId,
    /// A vault: a liquidity pool.
    VaultId,
    /// A clearing fund.
    ClearingId,
    /// A protection of liquidity providers.
    ProtectionId,
    /// A position that a protection protects.
    ProtectedId,
    /// An issuance: new tokens that are sold into a hole.
    IssuanceId,
}

/// A moment: milliseconds since an origin the venue chooses. The only time core knows.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// The moment `millis` later; the end of time when it lies beyond.
    #[must_use]
    pub const fn after(self, millis: u64) -> Self {
        match self.0.checked_add(millis) {
            Some(time) => Self(time),
            None => Self(u64::MAX),
        }
    }

    /// Whether a period that ends at this moment is over `now`. One that ends at the end of time
    /// never is: the next would end there too, and so be over at once, again and again.
    ///
    /// ```
    /// use rhodian_core::ids::Time;
    /// assert!(Time(5).has_come(Time(5)) && !Time(6).has_come(Time(5)));
    /// assert!(!Time(u64::MAX).has_come(Time(u64::MAX)));
    /// ```
    #[must_use]
    pub const fn has_come(self, now: Self) -> bool {
        self.0 <= now.0 && self.0 < u64::MAX
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A name given from outside: 1 to 64 bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Checks `text`; nothing when it is empty, longer than 64 bytes, or holds a control
    /// character.
    ///
    /// ```
    /// use rhodian_core::ids::Name;
    /// assert_eq!(Name::new("alice").unwrap().as_str(), "alice");
    /// assert!(Name::new("").is_none());
    /// ```
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= MAX_NAME;
        (fits && !text.chars().any(char::is_control)).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BorshDeserialize for Name {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let text = String::deserialize_reader(reader)?;
        Self::new(&text).ok_or_else(|| {
            borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, "not a name of 1 to 64 bytes")
        })
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("a name has 1 to 64 bytes, no control"))
    }
}
