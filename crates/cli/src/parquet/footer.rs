//! The footer of a file: its columns, and where the pages of each stand.

use super::thrift::Thrift;
use super::value::{Kind, Physical};
use super::{Fault, MAGIC, Read};

/// The most columns, the whole counted, and the most groups.
const MOST: usize = 1 << 16;
/// The most columns of all groups.
const MOST_CHUNKS: usize = 1 << 20;

/// What is at the end of a file.
#[derive(Debug)]
pub struct Footer {
    /// The columns in order.
    pub columns: Vec<Column>,
    /// The rows in groups.
    pub groups: Vec<Group>,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// How its values stand in pages.
    pub physical: Physical,
    /// What they are.
    pub kind: Kind,
    /// Whether a row may have none.
    pub optional: bool,
}

/// Rows whose columns stand together.
#[derive(Debug, Default)]
pub struct Group {
    /// How many.
    pub rows: usize,
    /// The pages of each column.
    pub chunks: Vec<Chunk>,
}

/// The pages of a column, of the rows of a group.
#[derive(Debug, Default)]
pub struct Chunk {
    /// How they are compressed.
    pub codec: i64,
    /// How many values they have, none included.
    pub values: usize,
    /// The byte where the first begins.
    pub start: usize,
    /// What is to be read of another file.
    elsewhere: bool,
}

/// The part of a file before its footer, and the footer.
pub fn read(bytes: &[u8]) -> Read<(&[u8], Footer)> {
    const CUT: Fault = Fault::Damaged("its end is missing");
    let inside = bytes.strip_suffix(MAGIC).ok_or(CUT)?;
    let (inside, length) = inside.split_last_chunk().ok_or(CUT)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| CUT)?;
    let start = inside.len().checked_sub(length).filter(|start| *start >= MAGIC.len());
    let (pages, footer) = inside.split_at(start.ok_or(CUT)?);
    Ok((pages, of(footer)?))
}

fn of(bytes: &[u8]) -> Read<Footer> {
    let (mut elements, mut groups, mut encrypted) = (Vec::new(), Vec::new(), false);
    let mut chunks = 0;
    Thrift(bytes).fields(|file, number, kind| match number {
        2 => file.list(kind, |item, kind| {
            room(elements.len(), MOST)?;
            elements.push(Element::read(item, kind)?);
            Ok(())
        }),
        4 => file.list(kind, |item, kind| {
            room(groups.len(), MOST)?;
            groups.push(group(item, kind, &mut chunks)?);
            Ok(())
        }),
        8 => {
            encrypted = true;
            file.skip(kind)
        }
        _ => file.skip(kind),
    })?;
    if encrypted {
        return Err(Fault::Unread("encrypted pages".to_owned()));
    }
    let columns = columns(elements)?;
    let whole = |group: &Group| {
        let same = |chunk: &Chunk| chunk.values == group.rows;
        group.chunks.len() == columns.len() && group.chunks.iter().all(same)
    };
    if !groups.iter().all(whole) {
        return Err(Fault::Damaged("a group lacks values of a column"));
    }
    if groups.iter().flat_map(|group| &group.chunks).any(|chunk| chunk.elsewhere) {
        return Err(Fault::Unread("pages that are encrypted or in another file".to_owned()));
    }
    Ok(Footer { columns, groups })
}

/// A byte can be an item that takes a hundred once it is read, so there are only so many.
fn room(had: usize, most: usize) -> Read<()> {
    const MANY: Fault =
        Fault::TooLarge("more than 2^16 columns or groups of rows, or 2^20 of both");
    if had < most { Ok(()) } else { Err(MANY) }
}

/// One of the schema's elements: the whole, or a column.
#[derive(Default)]
struct Element {
    name: String,
    physical: Option<i64>,
    length: usize,
    repetition: i64,
    children: usize,
    scale: i64,
    converted: Option<i64>,
    logical: Option<Kind>,
    /// Of a kind that is not read, by the number of its field.
    other: Option<i64>,
}

impl Element {
    fn read(thrift: &mut Thrift<'_>, kind: u8) -> Read<Self> {
        let mut of = Self::default();
        thrift.nested(kind, |field, number, kind| {
            match number {
                1 => of.physical = Some(field.number(kind)?),
                2 => of.length = field.size(kind)?,
                3 => of.repetition = field.number(kind)?,
                4 => of.name = String::from_utf8_lossy(field.text(kind)?).into_owned(),
                5 => of.children = field.size(kind)?,
                6 => of.converted = Some(field.number(kind)?),
                7 => of.scale = field.number(kind)?,
                10 => field.nested(kind, |union, number, kind| of.logical(union, number, kind))?,
                _ => field.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(of)
    }

    /// What a column is by the newer of its two annotations.
    fn logical(&mut self, union: &mut Thrift<'_>, number: i64, kind: u8) -> Read<()> {
        match number {
            1 | 4 | 12 => self.logical = Some(Kind::Text),
            5 => {
                let mut scale = 0;
                union.nested(kind, |field, number, kind| match number {
                    1 => field.number(kind).map(|found| scale = found),
                    _ => field.skip(kind),
                })?;
                self.logical = Kind::decimal(scale);
                self.other = self.logical.is_none().then_some(number);
                return Ok(());
            }
            6 => self.logical = Some(Kind::Day),
            8 => {
                let mut unit = 0;
                union.nested(kind, |field, number, kind| match number {
                    2 => field.nested(kind, |field, number, kind| {
                        unit = number;
                        field.skip(kind)
                    }),
                    _ => field.skip(kind),
                })?;
                // Milliseconds, their thousandths, the thousandths of these.
                self.logical = Kind::decimal((unit - 1) * 3).filter(|_| (1..=3).contains(&unit));
                self.other = self.logical.is_none().then_some(number);
                return Ok(());
            }
            10 => {
                let mut signed = true;
                union.nested(kind, |field, number, kind| match number {
                    2 => field.truth(kind).map(|found| signed = found),
                    _ => field.skip(kind),
                })?;
                self.logical = Some(if signed { Kind::Whole } else { Kind::Unsigned });
                return Ok(());
            }
            // No value in any row, whatever it would be.
            11 => self.logical = Some(Kind::Whole),
            _ => self.other = Some(number),
        }
        union.skip(kind)
    }

    /// What a column is by the older annotation, where it has one.
    fn converted(&self) -> Option<Kind> {
        match self.converted? {
            0 | 4 | 19 => Some(Kind::Text),
            5 => Kind::decimal(self.scale),
            6 => Some(Kind::Day),
            9 => Kind::decimal(0),
            10 => Kind::decimal(3),
            11..=14 => Some(Kind::Unsigned),
            15..=18 => Some(Kind::Whole),
            _ => None,
        }
    }

    fn column(self) -> Read<Column> {
        let unread = |what: &str| Err(Fault::Unread(what.to_owned()).of(&self.name));
        if self.children > 0 || self.repetition == 2 {
            return unread("a list or columns within a column");
        }
        let Some(physical) = self.physical.and_then(|of| Physical::of(of, self.length)) else {
            return unread("values of a type that is old or unknown");
        };
        let annotated = self.logical.is_some() || self.other.is_some() || self.converted.is_some();
        let kind = match self.logical.or_else(|| self.converted()) {
            None if annotated => None,
            Some(_) if self.other.is_some() => None,
            None => physical.plain(),
            kind => kind.filter(|kind| kind.fits(physical)),
        };
        let Some(kind) = kind else {
            return unread("values that are no number, text, moment or day");
        };
        Ok(Column { kind, physical, optional: self.repetition == 1, name: self.name })
    }
}

/// The columns under the first element, which is the whole.
fn columns(elements: Vec<Element>) -> Read<Vec<Column>> {
    let mut elements = elements.into_iter();
    let root = elements.next().ok_or(Fault::Damaged("it has no columns"))?;
    let columns = elements.map(Element::column).collect::<Read<Vec<Column>>>()?;
    if columns.is_empty() || root.children != columns.len() {
        return Err(Fault::Damaged("it has another number of columns than it says"));
    }
    Ok(columns)
}

/// A group; `chunks` counts the columns of all.
fn group(thrift: &mut Thrift<'_>, kind: u8, chunks: &mut usize) -> Read<Group> {
    let mut group = Group::default();
    thrift.nested(kind, |field, number, kind| match number {
        1 => field.list(kind, |item, kind| {
            room(*chunks, MOST_CHUNKS)?;
            *chunks += 1;
            group.chunks.push(chunk(item, kind)?);
            Ok(())
        }),
        3 => field.size(kind).map(|rows| group.rows = rows),
        _ => field.skip(kind),
    })?;
    Ok(group)
}

fn chunk(thrift: &mut Thrift<'_>, kind: u8) -> Read<Chunk> {
    let mut chunk = Chunk::default();
    let (mut data, mut dictionary) = (0, None);
    thrift.nested(kind, |field, number, kind| match number {
        1 | 8 => {
            chunk.elsewhere = true;
            field.skip(kind)
        }
        3 => field.nested(kind, |meta, number, kind| match number {
            4 => meta.number(kind).map(|codec| chunk.codec = codec),
            5 => meta.size(kind).map(|values| chunk.values = values),
            9 => meta.size(kind).map(|start| data = start),
            11 => meta.size(kind).map(|start| dictionary = Some(start)),
            _ => meta.skip(kind),
        }),
        _ => field.skip(kind),
    })?;
    // Some say zero where there is no dictionary.
    chunk.start = dictionary.filter(|start| *start > 0).map_or(data, |start| start.min(data));
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::{Fault, MOST, MOST_CHUNKS, of};

    /// The head of a list of so many structs, which is the next field by `step`.
    fn list(step: u8, count: usize) -> Vec<u8> {
        let mut head = vec![step << 4 | 9, 0xfc];
        let mut left = count;
        while left >= 128 {
            head.push(u8::try_from(left & 127).unwrap() | 128);
            left >>= 7;
        }
        head.push(u8::try_from(left).unwrap());
        head
    }

    #[test]
    fn a_footer_has_no_more_items_than_are_held() {
        // Of the second field, empty columns; of the fourth, empty groups; of a group, columns.
        let columns = |count| [list(2, count), vec![0; count], vec![0]].concat();
        let groups = |count| [list(4, count), vec![0; count], vec![0]].concat();
        let chunks =
            |count| [vec![0x49, 0x1c], list(1, count), vec![0; count], vec![0, 0]].concat();
        let many = |fault: Fault| matches!(fault, Fault::TooLarge(_));
        for (footer, most) in
            [(&columns as &dyn Fn(usize) -> Vec<u8>, MOST), (&groups, MOST), (&chunks, MOST_CHUNKS)]
        {
            assert!(!many(of(&footer(most)).unwrap_err()));
            assert!(many(of(&footer(most + 1)).unwrap_err()));
        }
    }
}
