//! Numbers of few bits: runs and packed groups, and differences in blocks.

use super::thrift::Thrift;
use super::{Fault, Read};

const SHORT: Fault = Fault::Damaged("it has fewer numbers than it says");

/// Hands so many numbers of `width` bits to `take`: each run is a number and how often it comes,
/// each group eight numbers one bit after another.
pub fn hybrid(
    bytes: &[u8],
    width: u8,
    count: usize,
    mut take: impl FnMut(u32) -> Read<()>,
) -> Read<()> {
    if width > 32 {
        return Err(Fault::Damaged("a number has more than 32 bits"));
    }
    let (mut from, mut left) = (Thrift(bytes), count);
    while left > 0 {
        let head = from.varint()?;
        let many = usize::try_from(head >> 1).map_err(|_| SHORT)?;
        if head & 1 == 0 {
            let value = bits(from.take(usize::from(width.div_ceil(8)))?, 0, width)?;
            // What a run has beyond the page is room that nothing stands in.
            let many = many.min(left);
            (0..many).try_for_each(|_| take(narrow(value)?))?;
            left -= many;
            continue;
        }
        let size = many.checked_mul(usize::from(width)).ok_or(SHORT)?;
        // Some writers leave out what the last group has too many.
        let packed = from.take(size.min(from.0.len()))?;
        let many = many.checked_mul(8).ok_or(SHORT)?.min(left);
        (0..many).try_for_each(|at| take(narrow(bits(packed, at, width)?)?))?;
        left -= many;
    }
    Ok(())
}

fn narrow(value: u64) -> Read<u32> {
    u32::try_from(value).map_err(|_| Fault::Damaged("a number has more than 32 bits"))
}

/// The number at a place among numbers of `width` bits, the lowest bit first.
fn bits(bytes: &[u8], at: usize, width: u8) -> Read<u64> {
    if width == 0 {
        return Ok(0);
    }
    let from = at.checked_mul(usize::from(width)).ok_or(SHORT)?;
    let (byte, shift) = (from / 8, from % 8);
    let length = (shift + usize::from(width)).div_ceil(8);
    let found = bytes.get(byte..byte + length).ok_or(SHORT)?;
    // At most 7 bits before it and 64 of it: nine bytes.
    let mut wide = [0; 16];
    wide[..length].copy_from_slice(found);
    let value = u128::from_le_bytes(wide) >> shift & ((1u128 << width) - 1);
    u64::try_from(value).map_err(|_| SHORT)
}

/// So many whole numbers, each told by how far it is from the one before; and the bytes after.
/// Sums go around at 64 bits, as the format has it.
pub fn deltas(bytes: &[u8], count: usize) -> Read<(Vec<i64>, &[u8])> {
    const BLOCK: Fault = Fault::Damaged("a block of differences has no size");
    let mut from = Thrift(bytes);
    let (block, parts, all) = (from.count()?, from.count()?, from.count()?);
    if all != count {
        return Err(Fault::Damaged("a page has another number of values than it says"));
    }
    let mut value = from.signed()?;
    let each = block.checked_div(parts).filter(|each| *each > 0 && each % 8 == 0).ok_or(BLOCK)?;
    let mut found = Vec::new();
    if count > 0 {
        found.push(value);
    }
    while found.len() < count {
        let least = from.signed()?;
        for width in from.take(parts)? {
            if found.len() == count {
                break;
            }
            if *width > 64 {
                return Err(Fault::Damaged("a difference has more than 64 bits"));
            }
            let size = (each / 8).checked_mul(usize::from(*width)).ok_or(BLOCK)?;
            let packed = from.take(size)?;
            for at in 0..each.min(count - found.len()) {
                let delta = bits(packed, at, *width)?.cast_signed();
                value = value.wrapping_add(least).wrapping_add(delta);
                found.push(value);
            }
        }
    }
    Ok((found, from.0))
}

#[cfg(test)]
mod tests {
    use super::{deltas, hybrid};

    fn all(bytes: &[u8], width: u8, count: usize) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        let push = |value| {
            found.push(value);
            Ok(())
        };
        hybrid(bytes, width, count, push).ok().map(|()| found)
    }

    #[test]
    fn runs_and_groups_of_the_format() {
        // The specification's own example: 0 to 7 in three bits.
        let packed = [0b0000_0011, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(all(&packed, 3, 8), Some((0..8).collect()));
        assert_eq!(all(&packed, 3, 5), Some((0..5).collect()));
        assert_eq!(all(&[6, 5, 2, 1], 3, 4), Some(vec![5, 5, 5, 1]));
        assert_eq!(all(&[8], 0, 4), Some(vec![0; 4]));
        assert_eq!(all(&[2, 0xff, 0xff, 0xff, 0xff], 32, 1), Some(vec![u32::MAX]));
        // Cut, of no values, of more bits than there can be.
        assert_eq!(all(&packed[..3], 3, 8), None);
        assert_eq!(all(&[0, 0, 0], 3, 1), None);
        assert_eq!(all(&[2, 0, 0, 0, 0, 0], 33, 1), None);
        assert_eq!(all(&[0xff; 10], 3, 1), None);
    }

    #[test]
    fn differences_of_the_format() {
        // The specification's examples: 1 to 5, and 7, 5, 3, 1, 2, 3, 4, 5.
        let one = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        assert_eq!(deltas(&one, 5).unwrap().0, [1, 2, 3, 4, 5]);
        let two = [&[128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111][..], &[0; 6], b"x"];
        let two = two.concat();
        let (found, rest) = deltas(&two, 8).unwrap();
        assert_eq!((found.as_slice(), rest), (&[7, 5, 3, 1, 2, 3, 4, 5][..], &b"x"[..]));
        assert!(deltas(&one, 4).is_err() && deltas(&two[..10], 8).is_err());
        assert!(deltas(&[128, 1, 0, 1, 2], 1).is_err(), "no parts of a block");
        assert!(deltas(&[128, 1, 4, 0, 0], 0).unwrap().0.is_empty());
    }
}
