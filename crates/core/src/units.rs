//! Money and its fractions, prices and quantities. Only lawful operations exist: amounts add and
//! subtract, they never multiply each other; a price times a quantity is money only through a
//! market's atoms per tick and lot.

use alloc::string::String;
use alloc::string::ToString;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::bounds::{MAX_AMOUNT, MAX_LOTS, MAX_TICKS, MAX_TOTAL};
use crate::compact;

/// A value is outside its bound. The message names the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// What was out of bounds, in words.
    pub what: &'static str,
    /// The largest value allowed.
    pub max: u128,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is out of bounds, allowed: 0 to {}", self.what, self.max)
    }
}

/// A whole number of atoms, from 0 to 10^30.
///
/// ```
/// use rhodian_core::units::Amount;
/// assert_eq!(Amount::new(12).unwrap().atoms(), 12);
/// assert!(Amount::new(10u128.pow(30) + 1).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

impl Amount {
    /// No atoms.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 10^30 atoms.
    pub const MAX: Self = Self(MAX_AMOUNT);

    /// An amount of `atoms`, refused above 10^30.
    pub const fn new(atoms: u128) -> Result<Self, OutOfBounds> {
        if atoms <= MAX_AMOUNT {
            Ok(Self(atoms))
        } else {
            Err(OutOfBounds { what: "an amount", max: MAX_AMOUNT })
        }
    }

    /// The number of atoms.
    #[must_use]
    pub const fn atoms(self) -> u128 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, refused above 10^30.
    pub const fn checked_add(self, other: Self) -> Result<Self, OutOfBounds> {
        // Two amounts sum to at most 2 x 10^30, far below 2^128.
        Self::new(self.0 + other.0)
    }

    /// What is left of `self` after `other`, nothing when `other` is larger.
    ///
    /// This is the "positive part" of the formulas, not a saturating guard: use it only where
    /// the rule itself says "at least zero".
    #[must_use]
    pub const fn less_or_zero(self, other: Self) -> Self {
        if self.0 > other.0 { Self(self.0 - other.0) } else { Self::ZERO }
    }

    /// The sum of amounts that the caller knows to be parts of one amount, so at most 10^30.
    pub(crate) fn sum(parts: impl Iterator<Item = Self>) -> Self {
        Self(parts.map(|part| part.0).sum())
    }

    /// The difference, refused below zero.
    pub const fn checked_sub(self, other: Self) -> Result<Self, OutOfBounds> {
        if other.0 <= self.0 {
            Ok(Self(self.0 - other.0))
        } else {
            Err(OutOfBounds { what: "a difference of amounts", max: MAX_AMOUNT })
        }
    }
}

impl From<u32> for Amount {
    fn from(atoms: u32) -> Self {
        Self(u128::from(atoms))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl BorshSerialize for Amount {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        compact::write(self.0, writer)
    }
}

impl BorshDeserialize for Amount {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let atoms = compact::read(reader)?;
        Self::new(atoms).map_err(|_| compact::refused("an amount above 10^30 atoms"))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let atoms = parse_digits(&text)
            .ok_or_else(|| D::Error::custom("an amount is a string of decimal digits"))?;
        Self::new(atoms).map_err(D::Error::custom)
    }
}

/// Reads canonical decimal digits: no sign, no spaces, no leading zeros.
fn parse_digits(text: &str) -> Option<u128> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

/// A ledger balance: atoms with a sign, at most 10^38 either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedAmount(i128);

impl SignedAmount {
    /// Nothing owed, nothing held.
    pub const ZERO: Self = Self(0);

    /// A balance of `atoms`, refused beyond 10^38 either way.
    pub const fn new(atoms: i128) -> Result<Self, OutOfBounds> {
        if atoms.unsigned_abs() <= MAX_TOTAL {
            Ok(Self(atoms))
        } else {
            Err(OutOfBounds { what: "a ledger balance", max: MAX_TOTAL })
        }
    }

    /// The number of atoms, negative when owed.
    #[must_use]
    pub const fn atoms(self) -> i128 {
        self.0
    }

    /// Whether more is owed than held.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The balance after `amount` moved out (`negative`) or in. The caller has checked the bound
    /// of 10^38; both operands are below 2^127, so the machine sum cannot overflow silently:
    /// builds check arithmetic.
    pub(crate) const fn moved(self, amount: Amount, negative: bool) -> Self {
        let atoms = amount.atoms().cast_signed();
        if negative { Self(self.0 - atoms) } else { Self(self.0 + atoms) }
    }

    /// What is held: the balance where it is positive, else nothing. Refused above 10^30.
    pub const fn held(self) -> Result<Amount, OutOfBounds> {
        if self.0 > 0 { Amount::new(self.0.unsigned_abs()) } else { Ok(Amount::ZERO) }
    }

    /// What is owed: the balance's size where it is negative, else nothing. Refused above 10^30.
    pub const fn owed(self) -> Result<Amount, OutOfBounds> {
        if self.0 < 0 { Amount::new(self.0.unsigned_abs()) } else { Ok(Amount::ZERO) }
    }
}

impl fmt::Display for SignedAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl BorshSerialize for SignedAmount {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        compact::write_signed(self.0, writer)
    }
}

impl BorshDeserialize for SignedAmount {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let atoms = compact::read_signed(reader)?;
        Self::new(atoms).map_err(|_| compact::refused("a balance beyond 10^38 atoms"))
    }
}

impl Serialize for SignedAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for SignedAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let atoms: i128 = text.parse().map_err(D::Error::custom)?;
        Self::new(atoms).map_err(D::Error::custom)
    }
}

/// An exact fraction of whole numbers, reduced when made by [`Fraction::reduced`]. Unit: stated
/// by whoever holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Fraction {
    /// The part above the line.
    pub num: u128,
    /// The part below the line, never zero.
    pub den: u128,
}

impl Fraction {
    /// `num / den` in lowest terms; nothing when `den` is zero.
    ///
    /// ```
    /// use rhodian_core::units::Fraction;
    /// assert_eq!(Fraction::reduced(735_000, 3_504_000), Some(Fraction { num: 245, den: 1168 }));
    /// assert_eq!(Fraction::reduced(1, 0), None);
    /// ```
    #[must_use]
    pub const fn reduced(num: u128, den: u128) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { num: num / a, den: den / a })
    }
}

#[derive(Serialize, Deserialize)]
struct FractionText {
    num: String,
    den: String,
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FractionText { num: self.num.to_string(), den: self.den.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = FractionText::deserialize(deserializer)?;
        match (parse_digits(&text.num), parse_digits(&text.den)) {
            (Some(num), Some(den)) if den != 0 => Ok(Self { num, den }),
            _ => Err(D::Error::custom("a fraction is two strings of digits, den not zero")),
        }
    }
}

/// A price: whole ticks of its market, from 0 to 10^15.
///
/// ```
/// use rhodian_core::units::Price;
/// assert_eq!(Price::new(60_000).unwrap().ticks(), 60_000);
/// assert!(Price::new(10u64.pow(15) + 1).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u64);

impl Price {
    /// No price.
    pub const ZERO: Self = Self(0);
    /// The largest price, 10^15 ticks.
    pub const MAX: Self = Self(MAX_TICKS);

    /// A price of `ticks`, refused above 10^15.
    pub const fn new(ticks: u64) -> Result<Self, OutOfBounds> {
        if ticks <= MAX_TICKS {
            Ok(Self(ticks))
        } else {
            Err(OutOfBounds { what: "a price", max: 1_000_000_000_000_000 })
        }
    }

    /// The number of ticks.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }
}

/// A quantity: whole lots of a market; the sign is the side, long above zero. At most 10^15
/// either way.
///
/// ```
/// use rhodian_core::units::Quantity;
/// assert_eq!(Quantity::new(-30).unwrap().lots(), -30);
/// assert!(Quantity::new(-10i64.pow(15) - 1).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    /// No lots: flat.
    pub const ZERO: Self = Self(0);

    /// A quantity of `lots`, refused beyond 10^15 either way.
    pub const fn new(lots: i64) -> Result<Self, OutOfBounds> {
        if lots.unsigned_abs() <= MAX_LOTS {
            Ok(Self(lots))
        } else {
            Err(OutOfBounds { what: "a quantity of lots", max: 1_000_000_000_000_000 })
        }
    }

    /// The number of lots, negative when short.
    #[must_use]
    pub const fn lots(self) -> i64 {
        self.0
    }

    /// The number of lots without the side.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_flat(self) -> bool {
        self.0 == 0
    }

    /// The same lots on the other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        Self(-self.0)
    }

    /// The sum, refused beyond 10^15 either way.
    pub const fn checked_add(self, other: Self) -> Result<Self, OutOfBounds> {
        // Two quantities sum to at most 2 x 10^15, far inside 2^63.
        Self::new(self.0 + other.0)
    }
}

macro_rules! whole_at_the_doors {
    ($($name:ident, $inner:ty, $write:ident, $read:ident, $what:literal);* $(;)?) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl BorshSerialize for $name {
            fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
                compact::$write(self.0.into(), writer)
            }
        }

        impl BorshDeserialize for $name {
            fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
                let whole = <$inner>::try_from(compact::$read(reader)?).ok();
                let found = whole.and_then(|whole| Self::new(whole).ok());
                found.ok_or_else(|| compact::refused(concat!($what, " beyond 10^15")))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0.to_string())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as Deserialize>::deserialize(deserializer)?;
                let value: $inner = text.parse().map_err(D::Error::custom)?;
                if value.to_string() != text {
                    return Err(D::Error::custom(concat!($what, " is a string of digits")));
                }
                Self::new(value).map_err(D::Error::custom)
            }
        }
    )*};
}

whole_at_the_doors! {
    Price, u64, write, read, "a price";
    Quantity, i64, write_signed, read_signed, "a quantity";
}

/// Numbers beyond 2^53 are strings in JSON.
pub(crate) mod text {
    use alloc::string::{String, ToString};

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(value: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
