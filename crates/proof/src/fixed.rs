//! Money in what is hashed and shown to others: 16 bytes, a price 8, little-endian, whatever the
//! number. The engine writes them shorter for itself; a receipt's bytes are a promise to verifiers
//! that exist.

use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::units::{Amount, Price, SignedAmount};

/// What has bytes of a fixed width here.
pub(crate) trait Fixed: Sized {
    /// The number as it is written.
    type Wide: BorshSerialize + BorshDeserialize;

    /// The number.
    fn wide(&self) -> Self::Wide;

    /// What has this number, if its bound allows it.
    fn of(wide: Self::Wide) -> Option<Self>;
}

impl Fixed for Amount {
    type Wide = u128;

    fn wide(&self) -> u128 {
        self.atoms()
    }

    fn of(wide: u128) -> Option<Self> {
        Self::new(wide).ok()
    }
}

impl Fixed for SignedAmount {
    type Wide = i128;

    fn wide(&self) -> i128 {
        self.atoms()
    }

    fn of(wide: i128) -> Option<Self> {
        Self::new(wide).ok()
    }
}

impl Fixed for Price {
    type Wide = u64;

    fn wide(&self) -> u64 {
        self.ticks()
    }

    fn of(wide: u64) -> Option<Self> {
        Self::new(wide).ok()
    }
}

impl<T: Fixed> Fixed for Option<T> {
    type Wide = Option<T::Wide>;

    fn wide(&self) -> Self::Wide {
        self.as_ref().map(T::wide)
    }

    fn of(wide: Self::Wide) -> Option<Self> {
        match wide {
            None => Some(None),
            Some(wide) => T::of(wide).map(Some),
        }
    }
}

/// Writes a number.
pub(crate) fn write<T: Fixed, W: Write>(number: &T, writer: &mut W) -> Result<()> {
    number.wide().serialize(writer)
}

/// Reads a number, refused beyond its bound.
pub(crate) fn read<T: Fixed, R: Read>(reader: &mut R) -> Result<T> {
    let number = T::of(T::Wide::deserialize_reader(reader)?);
    number.ok_or_else(|| Error::new(ErrorKind::InvalidData, "a number beyond its bound"))
}
