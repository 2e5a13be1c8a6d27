//! External ids and their byte order, which gives claims their dense ids: so the order of a
//! file's rows never decides who gets the odd atom.

use crate::id_keys::Keys;
use crate::side_by_side::each_part;

/// The ids of a file in row order, as ranges of its text.
#[derive(Debug, Default)]
pub struct Ids {
    /// Start in the text shifted by 8, and the length; or an index into `unescaped`.
    packed: Vec<u64>,
    /// Ids with doubled quotes, which no range of the text spells.
    unescaped: Vec<Box<[u8]>>,
    /// The first id and the last, while all came in rising byte order.
    first: Vec<u8>,
    last: Vec<u8>,
    /// Whether they did not.
    unordered: bool,
    /// How many bytes all ids have in common at their front.
    front: usize,
}

/// Marks an entry that is an index into `unescaped`; above the longest id.
const UNESCAPED: u64 = 0xFF;

impl Ids {
    /// No ids, with room for so many.
    #[must_use]
    pub fn with_room(ids: usize) -> Self {
        Self { packed: Vec::with_capacity(ids), ..Self::default() }
    }

    /// Adds an id that stands in the text at `start`, of at most 64 bytes.
    #[inline]
    pub fn push_range(&mut self, start: usize, id: &[u8]) {
        self.note(id);
        match (u64::try_from(start), u8::try_from(id.len())) {
            (Ok(start), Ok(length)) if start < 1 << 56 && u64::from(length) != UNESCAPED => {
                self.packed.push(start << 8 | u64::from(length));
            }
            _ => self.keep(id),
        }
    }

    /// Adds an id that no range of the text spells.
    pub fn push_owned(&mut self, id: &[u8]) {
        self.note(id);
        self.keep(id);
    }

    /// Looks at an id on its way in, while it is in the cache.
    #[inline]
    fn note(&mut self, id: &[u8]) {
        if self.packed.is_empty() {
            self.first = id.to_vec();
            self.last = id.to_vec();
            self.front = id.len();
            return;
        }
        self.front = common_front(&self.first[..self.front], id);
        if !self.unordered {
            self.unordered = self.last.as_slice() >= id;
            self.last.clear();
            self.last.extend_from_slice(id);
        }
    }

    fn keep(&mut self, id: &[u8]) {
        let index = u64::try_from(self.unescaped.len()).unwrap_or(0);
        self.unescaped.push(id.into());
        self.packed.push(index << 8 | UNESCAPED);
    }

    /// Adds the ids of the next part of the same text.
    pub fn append(&mut self, next: Self) {
        if next.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = next;
            return;
        }
        self.unordered = self.unordered || next.unordered || self.last >= next.first;
        self.front = common_front(&self.first[..self.front], &next.first).min(next.front);
        self.last = next.last;
        let before = u64::try_from(self.unescaped.len()).unwrap_or(0);
        self.unescaped.extend(next.unescaped);
        self.packed.extend(next.packed.into_iter().map(|packed| match packed & 0xFF {
            UNESCAPED => packed + (before << 8),
            _ => packed,
        }));
    }

    /// How many ids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The id of a row, out of the text its range was taken from.
    #[must_use]
    #[inline]
    pub fn get<'a>(&'a self, text: &'a [u8], row: usize) -> &'a [u8] {
        let packed = self.packed[row];
        let at = usize::try_from(packed >> 8).unwrap_or(0);
        match packed & 0xFF {
            UNESCAPED => &self.unescaped[at],
            length => &text[at..at + usize::try_from(length).unwrap_or(0)],
        }
    }

    /// The rows in byte order of their ids; nothing where they stand in that order already.
    ///
    /// Two rows with one id are an error. Sorted are 64 bits for each id, a key of what follows
    /// the front that all have in common with the row behind it, and only ids of equal keys are
    /// compared in full.
    pub fn byte_order(&self, text: &[u8]) -> Result<Option<Vec<u32>>, DoubledId> {
        let count = self.len();
        if !self.unordered {
            return Ok(None);
        }
        let keys = Keys::of(count, self.front, |row| self.get(text, row));
        let mut keyed = vec![0u64; count];
        each_part(&mut keyed, |start, part| {
            for (index, slot) in part.iter_mut().enumerate() {
                let row = start + index;
                *slot = keys.with_row(self.get(text, row), row);
            }
            part.sort_unstable();
        });
        // The stable sort finds the sorted parts and merges them.
        keyed.sort();
        let mut order: Vec<u32> = keyed.iter().map(|keyed| keys.row(*keyed)).collect();
        let mut doubled = DoubledIds::default();
        let mut start = 0;
        while start < count {
            let mut end = start + 1;
            while end < count && keys.same(keyed[end], keyed[start]) {
                end += 1;
            }
            if end - start > 1 {
                let run = &mut order[start..end];
                run.sort_unstable_by(|a, b| {
                    self.of(text, *a).cmp(self.of(text, *b)).then(a.cmp(b))
                });
                doubled.note(run, |row| self.of(text, row));
            }
            start = end;
        }
        doubled.found().map_or(Ok(Some(order)), Err)
    }

    fn of<'a>(&'a self, text: &'a [u8], row: u32) -> &'a [u8] {
        self.get(text, usize::try_from(row).unwrap_or(0))
    }
}

/// How many bytes two texts have in common at their front.
fn common_front(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// An id that stands in two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoubledId {
    /// The row of its first use, from 0.
    pub first: usize,
    /// The row of its second use: the earliest second use of any id.
    pub second: usize,
    /// How many further rows use an id again.
    pub more: usize,
}

#[derive(Default)]
struct DoubledIds {
    earliest: Option<(u32, u32)>,
    rows: usize,
}

impl DoubledIds {
    /// Looks through rows sorted by id, then by row.
    fn note<'a>(&mut self, run: &[u32], id: impl Fn(u32) -> &'a [u8]) {
        let mut first = run[0];
        let mut uses = 1;
        for row in &run[1..] {
            if id(*row) != id(first) {
                first = *row;
                uses = 1;
                continue;
            }
            uses += 1;
            self.rows += 1;
            if uses == 2 && self.earliest.is_none_or(|(_, second)| *row < second) {
                self.earliest = Some((first, *row));
            }
        }
    }

    fn found(self) -> Option<DoubledId> {
        let as_row = |row: u32| usize::try_from(row).unwrap_or(0);
        self.earliest.map(|(first, second)| DoubledId {
            first: as_row(first),
            second: as_row(second),
            more: self.rows - 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Ids {
        let mut ids = Ids::default();
        names.iter().for_each(|name| ids.push_owned(name.as_bytes()));
        ids
    }

    #[test]
    fn rows_come_in_byte_order() {
        let check = |name: &str, input: &[&str], expected: Option<&[u32]>| {
            let found = ids(input).byte_order(b"").unwrap();
            assert_eq!(found.as_deref(), expected, "{name}");
        };
        check("sorted already", &["a", "b", "c"], None);
        check("one row", &["a"], None);
        check("reversed", &["c", "b", "a"], Some(&[2, 1, 0]));
        check("a front in common", &["user-2", "user-", "user-1"], Some(&[1, 2, 0]));
        let long = ["0123456789b", "0123456789a", "01234567"];
        check("equal in eight bytes", &long, Some(&[2, 1, 0]));
        let late = ["x", "y123456789b", "y123456789a", "y12345678"];
        check("equal in eight bytes of a part", &late, Some(&[0, 3, 2, 1]));
        check("bytes, not letters", &["é", "z", "Z"], Some(&[2, 1, 0]));
    }

    #[test]
    fn joined_parts_are_ordered_as_one() {
        let names = ["k-7", "k-1", "k-3", "k-2", "x", "a", "b", "c"];
        for cut in 0..=names.len() {
            for (from, to) in [(0, 8), (5, 8), (1, 3), (0, 1), (3, 5)] {
                let at = cut.clamp(from, to);
                let mut joined = ids(&names[from..at]);
                joined.append(ids(&names[at..to]));
                let whole = ids(&names[from..to]);
                assert_eq!(joined.byte_order(b""), whole.byte_order(b""), "{from} {at} {to}");
                assert_eq!(joined.front, whole.front, "{from} {at} {to}");
            }
        }
        let mut twice = ids(&["a", "b"]);
        twice.append(ids(&["b", "c"]));
        assert!(twice.byte_order(b"").is_err());
    }

    #[test]
    fn the_earliest_second_use_is_told() {
        let found = ids(&["b", "a", "c", "c", "a", "b", "c"]).byte_order(b"");
        assert_eq!(found, Err(DoubledId { first: 2, second: 3, more: 3 }));
    }
}
