//! What a feed says: one whole number, in the unit of the feed's kind.

use alloc::string::{String, ToString};
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::bounds::{MAX_LOTS, MAX_TICKS};
use crate::units::{OutOfBounds, Price, Quantity};

const _: () = assert!(MAX_TICKS == MAX_LOTS, "one bound serves every kind of value");

/// A value of a feed, 0 to 10^15: ticks of a price, lots of depth, millionths of volatility.
///
/// ```
/// use rhodian_core::oracle::Value;
/// assert_eq!(Value::new(2_088).unwrap().price().ticks(), 2_088);
/// assert!(Value::new(10u64.pow(15) + 1).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Value(u64);

impl Value {
    /// A value of `units`, refused above 10^15.
    pub const fn new(units: u64) -> Result<Self, OutOfBounds> {
        if units <= MAX_TICKS {
            Ok(Self(units))
        } else {
            Err(OutOfBounds { what: "a value of a feed", max: 1_000_000_000_000_000 })
        }
    }

    /// The whole number.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// As ticks of a price.
    #[must_use]
    pub const fn price(self) -> Price {
        match Price::new(self.0) {
            Ok(price) => price,
            // The bounds are one, asserted above.
            Err(_) => Price::ZERO,
        }
    }

    /// As lots of depth.
    #[must_use]
    pub const fn lots(self) -> Quantity {
        match Quantity::new(self.0.cast_signed()) {
            Ok(lots) => lots,
            // The bounds are one, asserted above.
            Err(_) => Quantity::ZERO,
        }
    }

    /// The value nearest to `units` that is one: the largest, where `units` lies above it.
    pub(super) fn at_most(units: u128) -> Self {
        Self(u64::try_from(units).unwrap_or(MAX_TICKS).min(MAX_TICKS))
    }

    /// How far it is from `other`.
    #[must_use]
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }
}

impl From<Price> for Value {
    fn from(price: Price) -> Self {
        Self(price.ticks())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl BorshDeserialize for Value {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        Self::new(u64::deserialize_reader(reader)?).map_err(|_| {
            borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, "a value beyond 10^15")
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let units: u64 = text.parse().map_err(D::Error::custom)?;
        if units.to_string() != text {
            return Err(D::Error::custom("a value is a string of digits"));
        }
        Self::new(units).map_err(D::Error::custom)
    }
}
