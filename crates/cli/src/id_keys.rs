//! Sort keys of ids: one word holds a number that rises with the id, and behind it the row.
//!
//! Ids are written in few letters, so a byte is worth fewer than eight bits. The letters of a
//! sample of ids, in byte order, have the odd codes 1, 3, 5 and so on; a byte that lies between
//! two letters has the even code between theirs, and the end of an id has the code 0. The key is
//! the number whose digits are the codes of the first bytes, and once a digit is even all after
//! it are zero. Of two ids whose keys differ, the first different digit is then the first
//! different byte, so keys never contradict the byte order; ids of equal keys are compared in
//! full.

/// Ids looked at for their letters.
const SAMPLE: usize = 1 << 10;

/// How sort keys are made of the ids of a file.
#[derive(Clone, Debug)]
pub struct Keys {
    /// So many bytes at the front are the same in all ids.
    skip: usize,
    /// The code of each byte.
    codes: [u16; 256],
    /// One above the largest code.
    base: u64,
    /// How many bytes make a key.
    digits: usize,
    /// How many bits hold a row.
    row_bits: u32,
}

impl Keys {
    /// Keys for `count` ids, up to 2^32, that have `skip` bytes in common at their front.
    pub fn of<'a>(count: usize, skip: usize, id: impl Fn(usize) -> &'a [u8]) -> Self {
        let row_bits = count.max(2).next_power_of_two().ilog2();
        let most = u64::MAX >> row_bits;
        let mut letters = [false; 256];
        for row in (0..count).step_by(count / SAMPLE + 1) {
            let id = id(row);
            id[skip.min(id.len())..].iter().for_each(|byte| letters[usize::from(*byte)] = true);
        }
        let mut codes = [0; 256];
        let mut below = 0;
        for (code, letter) in codes.iter_mut().zip(letters) {
            *code = below + u16::from(letter);
            below += 2 * u16::from(letter);
        }
        let base = u64::from(below) + 1;
        // The largest number of so many digits has to fit.
        let (mut digits, mut numbers) = (0, 1u64);
        while let Some(more) = numbers.checked_mul(base).filter(|more| *more <= most) {
            (digits, numbers) = (digits + 1, more);
            if base == 1 {
                break;
            }
        }
        Self { skip, codes, base, digits, row_bits }
    }

    /// The key of an id with its row behind it.
    #[inline]
    pub fn with_row(&self, id: &[u8], row: usize) -> u64 {
        let rest = &id[self.skip.min(id.len())..];
        let mut key = 0;
        let mut digits = 0;
        for byte in rest.iter().take(self.digits) {
            let code = self.codes[usize::from(*byte)];
            key = key * self.base + u64::from(code);
            digits += 1;
            if code & 1 == 0 {
                break;
            }
        }
        for _ in digits..self.digits {
            key *= self.base;
        }
        key << self.row_bits | u64::try_from(row).unwrap_or(0)
    }

    /// Whether two ids have one key.
    #[inline]
    pub fn same(&self, one: u64, other: u64) -> bool {
        one >> self.row_bits == other >> self.row_bits
    }

    /// The row behind a key.
    #[inline]
    pub fn row(&self, keyed: u64) -> u32 {
        u32::try_from(keyed & !(u64::MAX << self.row_bits)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_never_contradict_the_byte_order() {
        let worlds: [&[&str]; 6] = [
            &["", "a", "aa", "ab", "b", "ba", "c"],
            &["0x00", "0x1f", "0xA0", "0xff", "0xf", "0xfff0123456789abcdef"],
            &["z", "é", "zz", "\u{1}", " ", "~~~~~~~~~~~~~~~~~~~~~~~"],
            &["same"],
            &["0", "1"],
            &["0123456789", "0123456788", "01234567890123456", "01234567890123455"],
        ];
        for names in worlds {
            // With keys from all ids, and from some of them so that the others have gaps.
            for known in 1..=names.len() {
                let keys = Keys::of(names.len(), 0, |row| names[row % known].as_bytes());
                for (row, one) in names.iter().enumerate() {
                    assert_eq!(keys.row(keys.with_row(one.as_bytes(), row)), row as u32);
                    for other in names {
                        let (a, b) = (one.as_bytes(), other.as_bytes());
                        let [key_a, key_b] = [a, b].map(|id| keys.with_row(id, 0));
                        assert!(keys.same(key_a, key_b) || a.cmp(b) == key_a.cmp(&key_b));
                    }
                }
            }
        }
    }

    #[test]
    fn hexadecimal_ids_keep_eight_digits_beside_a_million_rows() {
        let names: Vec<String> = (0..4096u32).map(|i| format!("{:08x}", i * 0x0001_0001)).collect();
        let keys = Keys::of(1_000_000, 0, |row| names[row % 4096].as_bytes());
        assert_eq!((keys.base, keys.digits, keys.row_bits), (33, 8, 20));
    }
}
