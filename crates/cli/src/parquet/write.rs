//! Tables as Parquet files, for polars, DuckDB and pandas.
//!
//! What is written is the plainest file of the format (parquet-format 2.10): uncompressed data
//! pages of version 1, plain encoding, every column optional with run-length definition levels, and
//! a footer in Thrift's compact protocol. It is read again by the modules beside this one, as are
//! files of others in the encodings and compressions that these choose by themselves.
//!
//! ```text
//! PAR1  page page ...         page page ...         footer  length of the footer  PAR1
//!       columns of a group    of the next
//! ```

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Whole numbers of 64 bits.
    Whole,
    /// Floats of 64 bits.
    Float,
    /// Texts: whole numbers that 64 bits do not hold stay what they are.
    Text,
}

/// What the values of a column have been so far.
#[derive(Clone, Copy)]
struct Seen {
    any: bool,
    whole: bool,
    float: bool,
}

impl Seen {
    const NOTHING: Self = Self { any: false, whole: true, float: true };

    fn take(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.any = true;
        self.whole &= text.parse::<i64>().is_ok();
        // Whole numbers of more digits than a float has stay texts.
        let digits = text.len() > 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        self.float &= !digits && text.parse::<f64>().is_ok();
    }

    /// One kind for all rows; floats where there is no value.
    const fn kind(self) -> Kind {
        match self {
            Self { any: true, whole: true, .. } => Kind::Whole,
            Self { float: true, .. } => Kind::Float,
            _ => Kind::Text,
        }
    }
}

impl Kind {
    /// The number of its physical type.
    const fn number(self) -> i64 {
        match self {
            Self::Whole => 2,
            Self::Float => 5,
            Self::Text => 6,
        }
    }
}

/// Rows of a group at most: each column of it is a page, and no more of the table is turned at a
/// time.
const GROUP: usize = 65_536;
/// The number of the encoding of levels, of plain values, and of what is not compressed.
const RUN_LENGTH: i64 = 3;
const PLAIN: i64 = 0;
const UNCOMPRESSED: i64 = 0;
const OPTIONAL: i64 = 1;

/// Thrift's compact protocol: fields by how far their number is from the last one's.
#[derive(Default)]
struct Thrift {
    out: Vec<u8>,
    /// The number of the last field, of each struct that is open.
    last: Vec<u8>,
}

impl Thrift {
    fn varint(&mut self, mut value: u64) {
        while value >= 128 {
            self.out.push((value & 127) as u8 | 128);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn signed(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)) as u64);
    }

    fn text(&mut self, text: &str) {
        self.varint(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn field(&mut self, number: u8, kind: u8) {
        // Numbers here grow by 15 at most, which fits the short form.
        let last = self.last.last_mut();
        let from = last.map_or(0, |last| std::mem::replace(last, number));
        self.out.push((number - from) << 4 | kind);
    }

    fn int(&mut self, number: u8, value: i64) {
        self.field(number, 5);
        self.signed(value);
    }

    fn long(&mut self, number: u8, value: i64) {
        self.field(number, 6);
        self.signed(value);
    }

    fn string(&mut self, number: u8, text: &str) {
        self.field(number, 8);
        self.text(text);
    }

    /// The head of a list; its items follow.
    fn list(&mut self, number: u8, count: usize, kind: u8) {
        self.field(number, 9);
        if count < 15 {
            self.out.push((count as u8) << 4 | kind);
        } else {
            self.out.push(0xf0 | kind);
            self.varint(count as u64);
        }
    }

    /// A struct, as an item of a list or as the whole.
    fn item(&mut self, write: impl FnOnce(&mut Self)) {
        self.last.push(0);
        write(self);
        self.out.push(0);
        self.last.pop();
    }

    fn nested(&mut self, number: u8, write: impl FnOnce(&mut Self)) {
        self.field(number, 12);
        self.item(write);
    }
}

const STRUCT: u8 = 12;
const BINARY: u8 = 8;
const I32: u8 = 5;

/// A group of rows that is written: where each column's page begins, and how long it is.
struct Group {
    rows: usize,
    pages: Vec<(usize, usize)>,
}

/// The bytes of a file: a header of names, rows of as many fields, separated by commas, and what is
/// to be kept beside them. A field without text is no value.
pub fn file(header: &str, rows: &[String], beside: &[(&str, String)]) -> Vec<u8> {
    let names: Vec<&str> = header.split(',').collect();
    let mut seen = vec![Seen::NOTHING; names.len()];
    for row in rows {
        seen.iter_mut().zip(row.split(',')).for_each(|(seen, text)| seen.take(text));
    }
    let kinds: Vec<Kind> = seen.into_iter().map(Seen::kind).collect();
    let mut out = b"PAR1".to_vec();
    let mut groups = Vec::new();
    for group in rows.chunks(GROUP) {
        let mut columns: Vec<Vec<&str>> = vec![Vec::with_capacity(group.len()); names.len()];
        for row in group {
            columns.iter_mut().zip(row.split(',')).for_each(|(column, text)| column.push(text));
        }
        let page = |(values, kind): (&Vec<&str>, &Kind)| {
            let (from, data) = (out.len(), data_of(values, *kind));
            out.extend(header_of(values.len(), data.len()));
            out.extend(data);
            (from, out.len() - from)
        };
        let pages = columns.iter().zip(&kinds).map(page).collect();
        groups.push(Group { rows: group.len(), pages });
    }
    let columns: Vec<(&str, Kind)> = names.into_iter().zip(kinds).collect();
    let footer = footer(&columns, &groups, beside);
    out.extend_from_slice(&footer);
    out.extend((footer.len() as u32).to_le_bytes());
    out.extend_from_slice(b"PAR1");
    out
}

/// Which values are there, by runs of as many; then the values that are.
fn data_of(page: &[&str], kind: Kind) -> Vec<u8> {
    let mut levels = Thrift::default();
    for run in page.chunk_by(|a, b| a.is_empty() == b.is_empty()) {
        levels.varint((run.len() as u64) << 1);
        levels.out.push(u8::from(!run[0].is_empty()));
    }
    let mut data = (levels.out.len() as u32).to_le_bytes().to_vec();
    data.extend(levels.out);
    for text in page.iter().filter(|text| !text.is_empty()) {
        match kind {
            Kind::Whole => data.extend(text.parse::<i64>().unwrap_or_default().to_le_bytes()),
            Kind::Float => data.extend(text.parse::<f64>().unwrap_or_default().to_le_bytes()),
            Kind::Text => {
                data.extend((text.len() as u32).to_le_bytes());
                data.extend(text.as_bytes());
            }
        }
    }
    data
}

fn header_of(rows: usize, size: usize) -> Vec<u8> {
    let mut thrift = Thrift::default();
    thrift.item(|page| {
        page.int(1, 0);
        page.int(2, size as i64);
        page.int(3, size as i64);
        page.nested(5, |data| {
            data.int(1, rows as i64);
            data.int(2, PLAIN);
            data.int(3, RUN_LENGTH);
            data.int(4, RUN_LENGTH);
        });
    });
    thrift.out
}

fn footer(columns: &[(&str, Kind)], groups: &[Group], beside: &[(&str, String)]) -> Vec<u8> {
    let mut thrift = Thrift::default();
    thrift.item(|file| {
        file.int(1, 1);
        file.list(2, columns.len() + 1, STRUCT);
        file.item(|root| {
            root.string(4, "runs");
            root.int(5, columns.len() as i64);
        });
        for (name, kind) in columns {
            file.item(|column| {
                column.int(1, kind.number());
                column.int(3, OPTIONAL);
                column.string(4, name);
                if *kind == Kind::Text {
                    // UTF-8.
                    column.int(6, 0);
                }
            });
        }
        file.long(3, groups.iter().map(|group| group.rows as i64).sum());
        file.list(4, groups.len(), STRUCT);
        for group in groups {
            file.item(|of| {
                of.list(1, columns.len(), STRUCT);
                for ((name, kind), page) in columns.iter().zip(&group.pages) {
                    of.item(|chunk| chunk_of(chunk, (name, *kind), *page, group.rows));
                }
                of.long(2, group.pages.iter().map(|(_, size)| *size as i64).sum());
                of.long(3, group.rows as i64);
            });
        }
        file.list(5, beside.len(), STRUCT);
        for (key, value) in beside {
            file.item(|pair| {
                pair.string(1, key);
                pair.string(2, value);
            });
        }
        file.string(6, concat!("rhodian version ", env!("CARGO_PKG_VERSION")));
    });
    thrift.out
}

fn chunk_of(
    chunk: &mut Thrift,
    (name, kind): (&str, Kind),
    (from, size): (usize, usize),
    rows: usize,
) {
    chunk.long(2, from as i64);
    chunk.nested(3, |meta| {
        meta.int(1, kind.number());
        meta.list(2, 2, I32);
        meta.signed(PLAIN);
        meta.signed(RUN_LENGTH);
        meta.list(3, 1, BINARY);
        meta.text(name);
        meta.int(4, UNCOMPRESSED);
        meta.long(5, rows as i64);
        meta.long(6, size as i64);
        meta.long(7, size as i64);
        meta.long(9, from as i64);
    });
}

#[cfg(test)]
mod tests {
    use super::{GROUP, Kind, Seen, file};

    /// A reader of Thrift that knows nothing of what was written: any value, by its type.
    #[derive(Clone, Debug, PartialEq)]
    enum Value {
        Int(i64),
        Text(Vec<u8>),
        List(Vec<Value>),
        Struct(Vec<(u8, Value)>),
    }

    struct Reader<'a>(&'a [u8]);

    impl Reader<'_> {
        fn byte(&mut self) -> u8 {
            let (first, rest) = self.0.split_first().unwrap();
            self.0 = rest;
            *first
        }

        fn varint(&mut self) -> u64 {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = self.byte();
                value |= u64::from(byte & 127) << shift;
                shift += 7;
                if byte < 128 {
                    return value;
                }
            }
        }

        fn bytes(&mut self, count: usize) -> Vec<u8> {
            let (first, rest) = self.0.split_at(count);
            self.0 = rest;
            first.to_vec()
        }

        fn value(&mut self, kind: u8) -> Value {
            match kind {
                5 | 6 => {
                    let of = self.varint();
                    Value::Int((of >> 1) as i64 ^ -((of & 1) as i64))
                }
                8 => {
                    let count = self.varint() as usize;
                    Value::Text(self.bytes(count))
                }
                9 => {
                    let head = self.byte();
                    let count = if head >> 4 == 15 { self.varint() } else { u64::from(head >> 4) };
                    Value::List((0..count).map(|_| self.value(head & 15)).collect())
                }
                12 => {
                    let (mut fields, mut last) = (Vec::new(), 0);
                    loop {
                        let head = self.byte();
                        if head == 0 {
                            return Value::Struct(fields);
                        }
                        last += head >> 4;
                        fields.push((last, self.value(head & 15)));
                    }
                }
                other => panic!("type {other}"),
            }
        }
    }

    impl Value {
        fn at(&self, number: u8) -> &Value {
            let Value::Struct(fields) = self else { panic!("{self:?}") };
            &fields.iter().find(|(known, _)| *known == number).unwrap().1
        }

        fn int(&self) -> usize {
            let Value::Int(value) = self else { panic!("{self:?}") };
            usize::try_from(*value).unwrap()
        }

        fn list(&self) -> &[Value] {
            let Value::List(items) = self else { panic!("{self:?}") };
            items
        }

        fn text(&self) -> String {
            let Value::Text(bytes) = self else { panic!("{self:?}") };
            String::from_utf8(bytes.clone()).unwrap()
        }
    }

    /// The columns of a file, each value as text.
    fn read(bytes: &[u8]) -> Vec<(String, Vec<String>)> {
        let end = bytes.len() - 8;
        assert_eq!((&bytes[..4], &bytes[end + 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
        let size = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
        let footer = Reader(&bytes[end - size..end]).value(12);
        let schema = footer.at(2).list();
        assert_eq!(schema[0].at(5).int(), schema.len() - 1);
        let names = schema[1..].iter().map(|of| of.at(4).text());
        let mut columns: Vec<(String, Vec<String>)> =
            names.map(|name| (name, Vec::new())).collect();
        for group in footer.at(4).list() {
            for (chunk, (name, found)) in group.at(1).list().iter().zip(&mut columns) {
                let (meta, had) = (chunk.at(3), found.len());
                assert_eq!(meta.at(3).list()[0].text(), *name);
                let mut reader = Reader(&bytes[meta.at(9).int()..]);
                let before = reader.0.len();
                page(&mut reader, meta.at(1).int(), found);
                assert_eq!(before - reader.0.len(), meta.at(7).int());
                assert_eq!(found.len() - had, group.at(3).int());
            }
        }
        assert!(columns.iter().all(|(_, found)| found.len() == footer.at(3).int()));
        columns
    }

    fn page(reader: &mut Reader<'_>, kind: usize, found: &mut Vec<String>) {
        let head = reader.value(12);
        let (mut data, count) = (Reader(reader.0), head.at(5).at(1).int());
        reader.bytes(head.at(2).int());
        let size = u32::from_le_bytes(data.bytes(4).try_into().unwrap()) as usize;
        let levels = data.bytes(size);
        let mut levels = Reader(&levels);
        let mut there = Vec::new();
        while there.len() < count {
            let run = levels.varint() as usize >> 1;
            let level = levels.byte();
            there.extend(std::iter::repeat_n(level == 1, run));
        }
        for there in there {
            found.push(match (there, kind) {
                (false, _) => String::new(),
                (_, 2) => i64::from_le_bytes(data.bytes(8).try_into().unwrap()).to_string(),
                (_, 5) => format!("{:?}", f64::from_le_bytes(data.bytes(8).try_into().unwrap())),
                _ => {
                    let size = u32::from_le_bytes(data.bytes(4).try_into().unwrap()) as usize;
                    String::from_utf8(data.bytes(size)).unwrap()
                }
            });
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let large = "340282366920938463463374607431768211455";
        let rows: Vec<String> = (0..GROUP + 1_000)
            .map(|run| {
                let gap =
                    if run % 3 == 1 { String::new() } else { format!("{:?}", run as f64 / 7.0) };
                format!("{run},{gap},-{run},{large},")
            })
            .collect();
        let beside = [("seed", "1".to_owned())];
        let bytes = file("run,part,way,large,none", &rows, &beside);
        let found = read(&bytes);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["run", "part", "way", "large", "none"]);
        for (at, row) in rows.iter().enumerate() {
            let fields: Vec<&str> = found.iter().map(|(_, of)| of[at].as_str()).collect();
            let row = if at == 0 { row.replace("-0", "0") } else { row.clone() };
            assert_eq!(fields.join(","), row);
        }
        // More than fifteen columns have another head of their list.
        let wide: Vec<String> = (0..40).map(|of| format!("c{of}")).collect();
        let row = vec!["5"; 40].join(",");
        let found = read(&file(&wide.join(","), &[row], &[]));
        assert!(found.len() == 40 && found.iter().all(|(_, of)| of == &["5"]), "{found:?}");
        assert!(read(&file("a", &[], &[]))[0].1.is_empty());
    }

    #[test]
    fn a_column_has_one_kind() {
        for (texts, kind) in [
            (&["1", "-2"][..], Kind::Whole),
            (&["1", "0.5"], Kind::Float),
            (&["1e-7"], Kind::Float),
            (&["", ""], Kind::Float),
            (&["", "7"], Kind::Whole),
            (&["9223372036854775808"], Kind::Text),
            (&["1", "a"], Kind::Text),
        ] {
            let mut seen = Seen::NOTHING;
            texts.iter().for_each(|text| seen.take(text));
            assert_eq!(seen.kind(), kind, "{texts:?}");
        }
    }
}
