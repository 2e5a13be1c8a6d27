//! The pages of a column: their heads, what they unpack to, and the text of every value.

use std::borrow::Cow;
use std::io::Read as _;

use super::footer::{Chunk, Column};
use super::packed::{deltas, hybrid};
use super::thrift::Thrift;
use super::value::{Physical, write};
use super::{Fault, Read};

/// The most bytes that a page may unpack to.
const MOST_PAGE: usize = 1 << 28;

const FEW: Fault = Fault::Damaged("a page has fewer values than it says");

/// The values of a column as the text of fields; one that is not there is empty.
#[derive(Debug, Default)]
pub struct Cells {
    text: Vec<u8>,
    /// From where to where each stands in the text: those of one dictionary stand there once.
    spans: Vec<Span>,
    /// The most bytes that the text may have.
    most: usize,
}

/// From one byte to another; texts have less than 2^32.
type Span = (u32, u32);

impl Cells {
    /// The field of a row of the group.
    pub fn get(&self, row: usize) -> &[u8] {
        let place = |at: u32| usize::try_from(at).unwrap_or(0);
        self.spans.get(row).map_or(&[], |(from, to)| &self.text[place(*from)..place(*to)])
    }

    fn add(&mut self, column: &Column, bytes: &[u8]) -> Read<Span> {
        let from = self.text.len();
        write(&mut self.text, column.kind, column.physical, bytes)?;
        if self.text.len() > self.most {
            return Err(TOO_MUCH);
        }
        let place = |at: usize| u32::try_from(at).map_err(|_| TOO_MUCH);
        Ok((place(from)?, place(self.text.len())?))
    }
}

/// More text than is held.
pub const TOO_MUCH: Fault = Fault::TooLarge("more than 2^30 bytes of text");

/// What a file may still take: a few bytes can unfold to very many.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Bytes of text that are held: lines that are written, and the fields of a group of rows.
    pub text: usize,
    /// Values that are held at once: those of a group of rows, or of a dictionary.
    pub values: usize,
    /// Bytes that all pages have and unpack to, with what each page and each of its values takes
    /// besides: this bounds the time.
    pub work: usize,
}

impl Budget {
    /// What a page takes besides its bytes, and each of its values.
    const PAGE: usize = 1 << 10;
    const VALUE: usize = 8;

    /// Takes so much of the work that is left, as often as that.
    fn charge(&mut self, times: usize, each: usize) -> Read<()> {
        let left = times.checked_mul(each).and_then(|work| self.work.checked_sub(work));
        self.work = left.ok_or(Fault::TooLarge("pages that take more than 2^33 bytes of work"))?;
        Ok(())
    }
}

/// What the head of a page says.
#[derive(Default)]
struct Head {
    kind: i64,
    unpacked: usize,
    packed: usize,
    values: usize,
    encoding: i64,
    /// Of version 2: the bytes of the levels, which stand before what is compressed.
    levels: usize,
    repeated: usize,
    second: bool,
    plain: bool,
}

impl Head {
    fn read(thrift: &mut Thrift<'_>) -> Read<Self> {
        let mut head = Self::default();
        thrift.fields(|page, number, kind| match number {
            1 => page.number(kind).map(|found| head.kind = found),
            2 => page.size(kind).map(|found| head.unpacked = found),
            3 => page.size(kind).map(|found| head.packed = found),
            5 | 7 => page.nested(kind, |of, number, kind| match number {
                1 => of.size(kind).map(|found| head.values = found),
                2 => of.number(kind).map(|found| head.encoding = found),
                _ => of.skip(kind),
            }),
            8 => page.nested(kind, |of, number, kind| match number {
                1 => of.size(kind).map(|found| head.values = found),
                4 => of.number(kind).map(|found| head.encoding = found),
                5 => of.size(kind).map(|found| head.levels = found),
                6 => of.size(kind).map(|found| head.repeated = found),
                7 => of.truth(kind).map(|found| head.plain = !found),
                _ => of.skip(kind),
            }),
            _ => page.skip(kind),
        })?;
        head.second = head.kind == 3;
        Ok(head)
    }
}

/// The values of a column in the rows of a group; the budget has less text after them.
pub fn cells(file: &[u8], column: &Column, chunk: &Chunk, budget: &mut Budget) -> Read<Cells> {
    let rest = file.get(chunk.start..).ok_or(Fault::Damaged("a column begins beyond its end"))?;
    let mut from = Thrift(rest);
    let mut cells = Cells { most: budget.text, ..Cells::default() };
    let mut dictionary = Vec::new();
    while cells.spans.len() < chunk.values {
        let before = from.0.len();
        let head = Head::read(&mut from)?;
        let body = from.take(head.packed)?;
        // Pages without values and those that nobody needs, too; groups may share their bytes.
        budget.charge(1, before - from.0.len())?;
        budget.charge(1, Budget::PAGE)?;
        budget.charge(head.values, Budget::VALUE)?;
        match head.kind {
            0 | 3 => {
                let (levels, data) = parts(column, chunk.codec, &head, body, budget)?;
                let left = chunk.values - cells.spans.len();
                if head.values > left {
                    return Err(Fault::Damaged("a page has more values than its column"));
                }
                let there = present(column, &levels, head.values)?;
                let count = there.iter().filter(|there| **there).count();
                let mut values =
                    values(&mut cells, column, &dictionary, &head, (&data, count))?.into_iter();
                cells.spans.extend(there.iter().map(|there| {
                    // As many were counted as are there.
                    if *there { values.next().unwrap_or_default() } else { (0, 0) }
                }));
            }
            2 if head.values > budget.values => {
                return Err(Fault::TooLarge("a dictionary of more than 2^25 values"));
            }
            2 if dictionary.is_empty() => {
                let data = unpack(chunk.codec, body, head.unpacked, budget)?;
                let mut take = |bytes: &[u8]| {
                    dictionary.push(cells.add(column, bytes)?);
                    Ok(())
                };
                plain(column.physical, &data, head.values, &mut take)?;
            }
            // Where the pages are, for whoever seeks.
            1 => {}
            _ => return Err(Fault::Damaged("a page of an unknown kind")),
        }
    }
    budget.text = budget.text.checked_sub(cells.text.len()).ok_or(TOO_MUCH)?;
    Ok(cells)
}

/// The levels of a page and its values, unpacked.
fn parts<'a>(
    column: &Column,
    codec: i64,
    head: &Head,
    body: &'a [u8],
    budget: &mut Budget,
) -> Read<(Vec<u8>, Cow<'a, [u8]>)> {
    if !head.second {
        let data = unpack(codec, body, head.unpacked, budget)?;
        if !column.optional {
            return Ok((Vec::new(), data));
        }
        let (length, rest) = data.split_first_chunk().ok_or(FEW)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| FEW)?;
        let (levels, _) = rest.split_at_checked(length).ok_or(FEW)?;
        let levels = levels.to_vec();
        return Ok(match data {
            Cow::Borrowed(data) => (levels, Cow::Borrowed(&data[4 + length..])),
            Cow::Owned(mut data) => {
                data.drain(..4 + length);
                (levels, Cow::Owned(data))
            }
        });
    }
    // Of a flat column nothing is repeated, but the room may be there.
    let before = head.levels.checked_add(head.repeated).ok_or(FEW)?;
    let (levels, packed) = body.split_at_checked(before).ok_or(FEW)?;
    let length = head.unpacked.checked_sub(before).ok_or(FEW)?;
    let codec = if head.plain { 0 } else { codec };
    Ok((levels[head.repeated..].to_vec(), unpack(codec, packed, length, budget)?))
}

/// Which values are there, by their levels.
fn present(column: &Column, levels: &[u8], count: usize) -> Read<Vec<bool>> {
    if !column.optional {
        return Ok(vec![true; count]);
    }
    let mut there = Vec::new();
    hybrid(levels, 1, count, |level| {
        there.push(level == 1);
        Ok(())
    })?;
    Ok(there)
}

fn unpack<'a>(
    codec: i64,
    packed: &'a [u8],
    length: usize,
    budget: &mut Budget,
) -> Read<Cow<'a, [u8]>> {
    const OTHER: Fault = Fault::Damaged("a page unpacks to another length than it says");
    if length > MOST_PAGE {
        return Err(Fault::TooLarge("a page of more than 2^28 bytes"));
    }
    budget.charge(1, length)?;
    let unpacked = match codec {
        0 => Cow::Borrowed(packed),
        _ if length == 0 => Cow::Borrowed(&packed[..0]),
        1 => {
            if snap::raw::decompress_len(packed).ok() != Some(length) {
                return Err(OTHER);
            }
            let unpacked = snap::raw::Decoder::new().decompress_vec(packed);
            Cow::Owned(unpacked.map_err(|_| Fault::Damaged("a page that is no Snappy"))?)
        }
        6 => {
            const NONE: Fault = Fault::Damaged("a page that is no zstd");
            let mut out = Vec::new();
            let decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|_| NONE)?;
            // Not more than is asked for, and one to see that there is no more.
            let most = u64::try_from(length).map_err(|_| OTHER)? + 1;
            decoder.take(most).read_to_end(&mut out).map_err(|_| NONE)?;
            Cow::Owned(out)
        }
        other => {
            let name = match other {
                2 => "gzip",
                3 => "LZO",
                4 => "Brotli",
                5 | 7 => "LZ4",
                _ => "an unknown compression",
            };
            return Err(Fault::Unread(format!("pages compressed by {name}")));
        }
    };
    if unpacked.len() == length { Ok(unpacked) } else { Err(OTHER) }
}

/// The values that are there, in order.
fn values(
    cells: &mut Cells,
    column: &Column,
    dictionary: &[Span],
    head: &Head,
    (data, count): (&[u8], usize),
) -> Read<Vec<Span>> {
    let mut found = Vec::new();
    let physical = column.physical;
    // Those of a dictionary.
    if head.encoding == 2 || head.encoding == 8 {
        if count == 0 {
            return Ok(found);
        }
        let (width, data) = data.split_first().ok_or(FEW)?;
        hybrid(data, *width, count, |index| {
            let span = usize::try_from(index).ok().and_then(|index| dictionary.get(index));
            found.push(*span.ok_or(Fault::Damaged("a value is beyond its dictionary"))?);
            Ok(())
        })?;
        return Ok(found);
    }
    let mut take = |bytes: &[u8]| {
        found.push(cells.add(column, bytes)?);
        Ok(())
    };
    match (head.encoding, physical) {
        (0, _) => plain(physical, data, count, &mut take)?,
        // Runs of bits, after the number of their bytes.
        (3, Physical::Bit) => {
            let (_, data) = data.split_first_chunk::<4>().ok_or(FEW)?;
            hybrid(data, 1, count, |bit| take(&[u8::from(bit == 1)]))?;
        }
        (5, Physical::Int | Physical::Long) => {
            let width = physical.width().unwrap_or(8);
            for value in deltas(data, count)?.0 {
                take(&value.to_le_bytes()[..width])?;
            }
        }
        (6, Physical::Bytes) => {
            let (lengths, data) = deltas(data, count)?;
            let mut from = Thrift(data);
            for length in lengths {
                take(from.take(usize::try_from(length).map_err(|_| FEW)?)?)?;
            }
        }
        // First the first bytes of all values, then the second ones.
        (9, Physical::Float | Physical::Double | Physical::Int | Physical::Long) => {
            let width = physical.width().unwrap_or(8);
            if count.checked_mul(width) != Some(data.len()) {
                return Err(FEW);
            }
            for at in 0..count {
                let bytes: Vec<u8> = (0..width).map(|of| data[of * count + at]).collect();
                take(&bytes)?;
            }
        }
        (other, _) => {
            let what = format!("values in the encoding {}", encoding(other));
            return Err(Fault::Unread(what));
        }
    }
    Ok(found)
}

fn encoding(number: i64) -> String {
    match number {
        4 => "BIT_PACKED".to_owned(),
        7 => "DELTA_BYTE_ARRAY".to_owned(),
        9 => "BYTE_STREAM_SPLIT".to_owned(),
        other => format!("of number {other}"),
    }
}

/// Values one after another.
fn plain(
    physical: Physical,
    data: &[u8],
    count: usize,
    take: &mut dyn FnMut(&[u8]) -> Read<()>,
) -> Read<()> {
    let mut from = Thrift(data);
    match (physical, physical.width()) {
        (_, Some(width)) => (0..count).try_for_each(|_| take(from.take(width)?)),
        (Physical::Bit, _) => (0..count).try_for_each(|at| {
            let byte = data.get(at / 8).ok_or(FEW)?;
            take(&[byte >> (at % 8) & 1])
        }),
        (_, None) => (0..count).try_for_each(|_| {
            let length = from.take(4)?.first_chunk().ok_or(FEW)?;
            take(from.take(usize::try_from(u32::from_le_bytes(*length)).map_err(|_| FEW)?)?)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Cells, Chunk, Column, Fault, Physical, Read, cells};
    use crate::parquet::value::Kind;

    /// A page of version 1, of few values and bytes; `head` is the step to the number of its head.
    fn page(kind: u8, head: u8, (values, encoding): (u8, u8), body: &[u8]) -> Vec<u8> {
        let size = 2 * u8::try_from(body.len()).unwrap();
        let numbers = [0x15, 2 * kind, 0x15, size, 0x15, size];
        let of = [head << 4 | 12, 0x15, 2 * values, 0x15, 2 * encoding, 0, 0];
        [&numbers[..], &of, body].concat()
    }

    fn dictionary(values: u8) -> Vec<u8> {
        let numbers: Vec<u8> = (0..values).flat_map(|of| [of, 0, 0, 0]).collect();
        page(2, 4, (values, 0), &numbers)
    }

    /// The one value of a column of whole numbers that has these pages.
    fn one(pages: &[Vec<u8>], budget: &Budget) -> Read<Vec<u8>> {
        let (name, physical) = ("id".to_owned(), Physical::Int);
        let column = Column { name, physical, kind: Kind::Whole, optional: false };
        let mut chunk = Chunk::default();
        chunk.values = 1;
        let found = cells(&pages.concat(), &column, &chunk, &mut budget.clone());
        found.map(|found: Cells| found.get(0).to_vec())
    }

    #[test]
    fn a_dictionary_has_no_more_values_than_a_group() {
        // A run of one, of two bits.
        let last = page(0, 2, (1, 8), &[2, 2, 2]);
        let budget = Budget { text: 64, values: 3, work: 1 << 12 };
        assert_eq!(one(&[dictionary(3), last.clone()], &budget), Ok(b"2".to_vec()));
        let error = one(&[dictionary(4), last], &budget);
        assert_eq!(error, Err(Fault::TooLarge("a dictionary of more than 2^25 values")));
    }

    #[test]
    fn pages_without_values_take_work() {
        let budget = Budget { text: 64, values: 3, work: 100 << 10 };
        let last = page(0, 2, (1, 0), &[7, 0, 0, 0]);
        let empty = page(0, 2, (0, 0), &[]);
        // Where the pages are.
        let index = [0x15, 2, 0x15, 0, 0x15, 0, 0].to_vec();
        // Of version 2: levels of 40 bytes, and nothing that is compressed.
        let numbers = [0x15, 6, 0x15, 80, 0x15, 80, 0x5c, 0x15, 0, 0x35, 0, 0x15, 80, 0, 0];
        let levels = [&numbers[..], &[0; 40]].concat();
        for (before, most) in [(empty, 97), (index, 98), (levels, 93)] {
            let pages = |count| [vec![before.clone(); count], vec![last.clone()]].concat();
            assert_eq!(one(&pages(most), &budget), Ok(b"7".to_vec()));
            let error = Fault::TooLarge("pages that take more than 2^33 bytes of work");
            assert_eq!(one(&pages(most + 1), &budget), Err(error));
        }
        // Values that a page says to have are work before they are read.
        let budget = Budget { work: 1_400, ..budget };
        assert_eq!(one(&[last], &budget), Ok(b"7".to_vec()));
        assert!(matches!(one(&[page(0, 2, (60, 0), &[])], &budget), Err(Fault::TooLarge(_))));
    }
}
