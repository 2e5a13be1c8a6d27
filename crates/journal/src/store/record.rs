//! A batch as the store keeps it: its canonical bytes, pressed where that makes them fewer, and
//! its chain. The chain is of the canonical bytes, whoever presses them.

use std::borrow::Cow;

use crate::batch::MAX_BATCH;

/// The bytes stand as they are.
const PLAIN: u8 = 0;
/// The bytes are an LZ4 block.
const LZ4: u8 = 1;

/// How the bytes are kept, and how many they are.
const TITLE: usize = 1 + 4;

/// Writes the record of `bytes` and `chain` into `record`. Nothing where they are too many.
pub(crate) fn write(bytes: &[u8], chain: &[u8; 32], record: &mut Vec<u8>) -> Option<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_BATCH)?;
    record.clear();
    record.push(LZ4);
    record.extend_from_slice(&length.to_le_bytes());
    record.resize(TITLE + lz4_flex::block::get_maximum_output_size(bytes.len()), 0);
    let pressed = lz4_flex::block::compress_into(bytes, &mut record[TITLE..]);
    match pressed {
        Ok(pressed) if pressed < bytes.len() => record.truncate(TITLE + pressed),
        _ => {
            record.truncate(TITLE);
            record[0] = PLAIN;
            record.extend_from_slice(bytes);
        }
    }
    record.extend_from_slice(chain);
    Some(())
}

/// The canonical bytes and the chain of `record`, or what is wrong with it.
pub(crate) fn read(record: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8; 32]), String> {
    let (rest, chain) = record.split_last_chunk::<32>().ok_or("it is cut short")?;
    let (title, rest) = rest.split_first_chunk::<TITLE>().ok_or("it is cut short")?;
    let [kind, length @ ..] = *title;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    let bytes = match kind {
        PLAIN => Cow::Borrowed(rest),
        // A block of LZ4 makes at most 255 bytes of each of its own.
        LZ4 if length <= MAX_BATCH && length / 255 <= rest.len() => {
            let bytes = lz4_flex::block::decompress(rest, length);
            Cow::Owned(bytes.map_err(|error| format!("it cannot be unpressed: {error}"))?)
        }
        LZ4 => return Err(format!("it says it is of {length} bytes")),
        kind => return Err(format!("it is kept in a way {kind} that is not known")),
    };
    if bytes.len() != length {
        return Err(format!("it has {} bytes of {length}", bytes.len()));
    }
    Ok((bytes, chain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], kind: u8) {
        let (mut record, chain) = (Vec::new(), [7; 32]);
        write(bytes, &chain, &mut record).unwrap();
        assert_eq!(record[0], kind, "{name}");
        assert_eq!(read(&record), Ok((Cow::Borrowed(bytes), &chain)), "{name}");
        for cut in [0, 1, record.len() / 2, record.len() - 1] {
            let read = read(&record[..cut]).map(|(bytes, _)| bytes.into_owned());
            assert_ne!(read, Ok(bytes.to_vec()), "{name} cut to {cut}");
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let noise: Vec<u8> =
            (0..999_u32).flat_map(|n| n.wrapping_mul(n ^ 0x9e37).to_be_bytes()).collect();
        check("nothing", b"", PLAIN);
        check("a few bytes", b"alice", PLAIN);
        check("zeros", &[0; 5_000], LZ4);
        check("text", "bob pays carol ".repeat(99).as_bytes(), LZ4);
        check("noise", blake3::hash(&noise).as_bytes(), PLAIN);
    }

    #[test]
    fn no_length_is_believed() {
        let claims = |kind: u8, length: u32| {
            let mut record = vec![kind];
            record.extend_from_slice(&length.to_le_bytes());
            record.extend_from_slice(&[0; 40]);
            read(&record).map(|_| ()).unwrap_err()
        };
        assert_eq!(claims(LZ4, u32::MAX), "it says it is of 4294967295 bytes");
        assert_eq!(claims(PLAIN, 9), "it has 8 bytes of 9");
        assert_eq!(claims(9, 8), "it is kept in a way 9 that is not known");
    }
}
