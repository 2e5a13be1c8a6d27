//! How amounts, prices and quantities are written: a count of bytes, then that many, little-endian.
//! The count is the least of 0, 1, 2, 4, 8 and 16 that holds the number, and any other is refused,
//! so that a number has one form. Few are large, and a hash takes its time by the byte.
//!
//! The counts are powers of two and each is written as an array of its own length: a copy whose
//! length is known to the compiler is a store or two, where any other is a call.

use borsh::BorshDeserialize;
use borsh::io::{Error, ErrorKind, Read, Result, Write};

/// Writes `number`.
#[inline]
pub(crate) fn write<W: Write>(number: u128, writer: &mut W) -> Result<()> {
    if number == 0 {
        writer.write_all(&[0])
    } else if let Ok(number) = u8::try_from(number) {
        writer.write_all(&[1, number])
    } else if let Ok(number) = u16::try_from(number) {
        counted::<2, 3, W>(number.to_le_bytes(), 2, writer)
    } else if let Ok(number) = u32::try_from(number) {
        counted::<4, 5, W>(number.to_le_bytes(), 4, writer)
    } else if let Ok(number) = u64::try_from(number) {
        counted::<8, 9, W>(number.to_le_bytes(), 8, writer)
    } else {
        counted::<16, 17, W>(number.to_le_bytes(), 16, writer)
    }
}

/// Writes the count and the bytes at once; `M` is one more than `N`.
#[inline]
fn counted<const N: usize, const M: usize, W: Write>(
    bytes: [u8; N],
    count: u8,
    writer: &mut W,
) -> Result<()> {
    let mut written = [0; M];
    written[0] = count;
    written[1..].copy_from_slice(&bytes);
    writer.write_all(&written)
}

/// Reads a number, refused where it is not in its one form.
#[inline]
pub(crate) fn read<R: Read>(reader: &mut R) -> Result<u128> {
    let (number, least) = match u8::deserialize_reader(reader)? {
        0 => return Ok(0),
        1 => (u128::from(u8::deserialize_reader(reader)?), 1),
        2 => (u128::from(u16::deserialize_reader(reader)?), 1 << 8),
        4 => (u128::from(u32::deserialize_reader(reader)?), 1 << 16),
        8 => (u128::from(u64::deserialize_reader(reader)?), 1 << 32),
        16 => (u128::deserialize_reader(reader)?, 1 << 64),
        _ => return Err(refused("a number takes 0, 1, 2, 4, 8 or 16 bytes")),
    };
    if number < least { Err(refused("a number in more bytes than it takes")) } else { Ok(number) }
}

/// Writes `number` with its sign: n as 2 n, and -n as 2 n - 1, so that small ones of either sign
/// are small.
#[inline]
pub(crate) fn write_signed<W: Write>(number: i128, writer: &mut W) -> Result<()> {
    write(((number << 1) ^ (number >> 127)).cast_unsigned(), writer)
}

/// Reads a number with its sign.
#[inline]
pub(crate) fn read_signed<R: Read>(reader: &mut R) -> Result<i128> {
    let folded = read(reader)?;
    let half = (folded >> 1).cast_signed();
    Ok(if folded & 1 == 0 { half } else { !half })
}

/// What no number is written as.
pub(crate) fn refused(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::bounds::{MAX_AMOUNT, MAX_LOTS, MAX_TOTAL};
    use crate::units::{Amount, Price, Quantity, SignedAmount};

    fn written(number: u128) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(number, &mut bytes).unwrap();
        bytes
    }

    /// Each number has the bytes that are said, and comes back.
    #[test]
    fn numbers_are_written_short() {
        let check = |number: u128, bytes: &[u8]| {
            assert_eq!(written(number), bytes, "{number}");
            assert_eq!(read(&mut &*bytes).unwrap(), number);
            for cut in 0..bytes.len() {
                assert!(read(&mut &bytes[..cut]).is_err(), "{number} cut to {cut} bytes");
            }
        };
        check(0, &[0]);
        check(1, &[1, 1]);
        check(255, &[1, 255]);
        check(256, &[2, 0, 1]);
        check(0xffff, &[2, 255, 255]);
        check(0x1_0000, &[4, 0, 0, 1, 0]);
        check(0xffff_ffff, &[4, 255, 255, 255, 255]);
        check(0x1_0000_0000, &[8, 0, 0, 0, 0, 1, 0, 0, 0]);
        check(u128::from(u64::MAX), &[8, 255, 255, 255, 255, 255, 255, 255, 255]);
        check(1 << 64, &[16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        check(u128::MAX, &[[16].as_slice(), &[255; 16]].concat());
    }

    /// Whatever decodes is written as it was: every count, before bytes of every length.
    #[test]
    fn a_number_has_one_form() {
        let mut read_back = 0;
        for count in 0..=u8::MAX {
            for place in 0..=16 {
                let mut bytes = [0; 17];
                bytes[0] = count;
                if place > 0 {
                    bytes[place] = 1;
                }
                let mut rest = bytes.as_slice();
                let Ok(number) = read(&mut rest) else { continue };
                let taken = bytes.len() - rest.len();
                assert_eq!(written(number), bytes[..taken], "{bytes:?}");
                read_back += 1;
            }
        }
        // Zero whatever follows; then those places that make the count the least.
        assert_eq!(read_back, 17 + 1 + 1 + 2 + 4 + 8);
        let fault = |bytes: &[u8]| alloc::format!("{}", read(&mut &*bytes).unwrap_err());
        assert_eq!(fault(&[1, 0]), "a number in more bytes than it takes");
        assert_eq!(fault(&[4, 255, 255, 0, 0]), "a number in more bytes than it takes");
        assert_eq!(fault(&[3, 1, 1, 1]), "a number takes 0, 1, 2, 4, 8 or 16 bytes");
    }

    #[test]
    fn a_sign_costs_no_byte() {
        for number in [0, 1, -1, 63, -64, 127, -128, 40_000, -40_000, i128::MAX, i128::MIN] {
            let mut bytes = Vec::new();
            write_signed(number, &mut bytes).unwrap();
            assert_eq!(read_signed(&mut &*bytes).unwrap(), number);
        }
        let check = |number: i128, expected: &[u8]| {
            let mut bytes = Vec::new();
            write_signed(number, &mut bytes).unwrap();
            assert_eq!(bytes, expected, "{number}");
        };
        check(-1, &[1, 1]);
        check(1, &[1, 2]);
        check(127, &[1, 254]);
        check(-128, &[1, 255]);
        check(128, &[2, 0, 1]);
    }

    /// The bounds hold for what is read, as for what is made.
    #[test]
    fn what_lies_beyond_a_bound_is_refused() {
        fn check<T: BorshDeserialize>(number: u128, fault: Option<&str>) {
            let read = borsh::from_slice::<T>(&written(number));
            let found = read.err().map(|error| alloc::format!("{error}"));
            assert_eq!(found.as_deref(), fault, "{number}");
        }
        check::<Amount>(MAX_AMOUNT, None);
        check::<Amount>(MAX_AMOUNT + 1, Some("an amount above 10^30 atoms"));
        check::<SignedAmount>(2 * MAX_TOTAL, None);
        check::<SignedAmount>(2 * MAX_TOTAL - 1, None);
        check::<SignedAmount>(2 * MAX_TOTAL + 1, Some("a balance beyond 10^38 atoms"));
        check::<SignedAmount>(u128::MAX, Some("a balance beyond 10^38 atoms"));
        let most = u128::from(MAX_LOTS);
        check::<Price>(most, None);
        check::<Price>(most + 1, Some("a price beyond 10^15"));
        check::<Price>(1 << 64, Some("a price beyond 10^15"));
        check::<Quantity>(2 * most, None);
        check::<Quantity>(2 * most - 1, None);
        check::<Quantity>(2 * most + 1, Some("a quantity beyond 10^15"));
        check::<Quantity>(u128::MAX, Some("a quantity beyond 10^15"));
    }
}
