//! A text in memory that is known to be text, with the places its faults are cited by.
//!
//! Taken is UTF-8 with or without a byte-order mark. Refused by name are other encodings, zero
//! bytes, and well-known files that are no text. The file is held in memory whole, and fields are
//! ranges of it, so a row costs no allocation.
//!
//! Where a table is read, a Parquet file is taken, too: as the CSV text that it stands for, whose
//! faults are cited by row.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use crate::csv_text::PART;
use crate::diagnostic::{Diagnostic, Excerpt};
use crate::parquet;
use crate::side_by_side::threads;
use crate::terminal::visible;

/// A text in memory with the name it is cited by.
#[derive(Debug)]
pub struct Source {
    /// The name in messages: the path as given, or `stdin`.
    pub name: String,
    /// The bytes, UTF-8 without zero bytes.
    bytes: Vec<u8>,
    /// Where the text begins: after a byte-order mark.
    start: usize,
    /// What kinds of bytes there are.
    kinds: Kinds,
    /// Whether the text stands for a Parquet file, which has rows and no lines.
    columnar: bool,
}

/// What kinds of bytes a text holds, found in one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Kinds {
    /// Bytes above 127, or control characters other than line ends.
    unusual: bool,
    /// Quotes.
    quotes: bool,
}

impl Kinds {
    fn of(bytes: &[u8]) -> Self {
        let mut kinds = Self::default();
        // Blocks without an early end inside, which the compiler makes vectors of.
        for block in bytes.chunks(1 << 12) {
            let (mut unusual, mut quotes) = (false, false);
            for byte in block {
                let line_end = (*byte == b'\n') | (*byte == b'\r');
                unusual |= (byte.wrapping_sub(b' ') > b'~' - b' ') & !line_end;
                quotes |= *byte == b'"';
            }
            kinds = kinds.and(Self { unusual, quotes });
        }
        kinds
    }

    fn and(self, other: Self) -> Self {
        Self { unusual: self.unusual | other.unusual, quotes: self.quotes | other.quotes }
    }
}

/// The mark some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How much is read at once, so that it is looked through while still in the cache.
const BLOCK: usize = 1 << 18;

/// The largest block that the allocator of glibc may keep when it is freed.
const KEPT: usize = (1 << 25) - (1 << 13);

/// Makes the allocator keep what is freed, for the columns to come: glibc returns large blocks to
/// the system until it has seen one of that size freed, and every page that comes anew costs about
/// as much as reading a row. The block here is never written, so it costs nothing itself.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT)));
}

/// Reads a regular file of a known length, parts of it side by side, looking at what there is.
fn read_side_by_side(path: &Path, length: usize) -> io::Result<(Vec<u8>, Kinds)> {
    let share = length.div_ceil(threads().min(length / PART).max(1)).max(1);
    let mut bytes = vec![0; length];
    let read_part = |at: usize, part: &mut [u8]| -> io::Result<Kinds> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(u64::try_from(at * share).map_err(io::Error::other)?))?;
        let mut kinds = Kinds::default();
        for (index, block) in part.chunks_mut(BLOCK).enumerate() {
            file.read_exact(block)?;
            let first = at == 0 && index == 0;
            let seen = block.strip_prefix(BYTE_ORDER_MARK).filter(|_| first).unwrap_or(block);
            kinds = kinds.and(Kinds::of(seen));
        }
        Ok(kinds)
    };
    let found: Vec<io::Result<Kinds>> = std::thread::scope(|scope| {
        let parts = bytes.chunks_mut(share).enumerate();
        let readers: Vec<_> =
            parts.map(|(at, part)| scope.spawn(move || read_part(at, part))).collect();
        let failed = |_| Err(io::Error::other("a reader stopped"));
        readers.into_iter().map(|reader| reader.join().unwrap_or_else(failed)).collect()
    });
    let mut kinds = Kinds::default();
    for part in found {
        kinds = kinds.and(part?);
    }
    Ok((bytes, kinds))
}

impl Source {
    /// Reads a text from a file, or from standard input where the path is `-`.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        Self::read_as(path, false)
    }

    /// Reads a table, CSV or Parquet, from a file, or from standard input where the path is `-`.
    pub fn read_table(path: &Path) -> Result<Self, Diagnostic> {
        Self::read_as(path, true)
    }

    fn read_as(path: &Path, table: bool) -> Result<Self, Diagnostic> {
        let new = if table { Self::table } else { Self::new };
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Diagnostic::input_output("read", "stdin", &error))?;
            return new("stdin".to_owned(), bytes);
        }
        let name = path.display().to_string();
        let failed = |error| Diagnostic::input_output("read", &name, &error).at(&*visible(&name));
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if metadata.is_file() && length >= 2 * PART {
            keep_freed_memory();
            let (bytes, kinds) = read_side_by_side(path, length).map_err(failed)?;
            if table && parquet::is(&bytes) {
                return Self::table(name, bytes);
            }
            return Self::take(name, bytes, kinds, false);
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        new(name, bytes)
    }

    /// Takes a text after looking that it is text: not empty, UTF-8, no zero bytes.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let kinds = Kinds::of(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes));
        Self::take(name.into(), bytes, kinds, false)
    }

    /// Takes a table: the text of CSV, or the bytes of a Parquet file.
    pub fn table(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let name = name.into();
        if !parquet::is(&bytes) {
            return Self::new(name, bytes);
        }
        let text = parquet::csv(&name, &bytes)?;
        let kinds = Kinds::of(&text);
        Self::take(name, text, kinds, true)
    }

    fn take(
        name: String,
        bytes: Vec<u8>,
        kinds: Kinds,
        columnar: bool,
    ) -> Result<Self, Diagnostic> {
        let name = visible(&name).into_owned();
        let refuse = |code: &'static str, message: &str, help: &str| {
            Diagnostic::bad_input(code, message, help).at(name.clone())
        };
        if let Some((what, help)) = foreign(&bytes) {
            return Err(refuse("csv-not-text", &format!("this is {what}, not CSV"), help));
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || looks_wide(&bytes) {
            let help = "save the file as UTF-8.";
            return Err(refuse("csv-utf-16", "the text is UTF-16, not UTF-8", help));
        }
        let start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        if bytes[start..].starts_with(BYTE_ORDER_MARK) {
            // The second would be a letter of the first name that nobody sees.
            let help = "save the file once more as UTF-8, with one mark or none.";
            return Err(refuse("csv-doubled-mark", "two byte-order marks begin the text", help)
                .at(format!("{name}:1")));
        }
        if bytes[start..].trim_ascii().is_empty() {
            let help = "give a header line and one line for each claim.";
            return Err(refuse("csv-empty", "the file is empty", help));
        }
        let source = Self { name, bytes, start, kinds, columnar };
        if kinds.unusual { source.check_unusual() } else { Ok(()) }.map(|()| source)
    }

    /// Looks at a text with bytes that are not plain letters: zero bytes, and what is not UTF-8.
    fn check_unusual(&self) -> Result<(), Diagnostic> {
        let refuse = |code: &'static str, message: &str, help: &str, at: usize, allowed: &str| {
            Err(self
                .fault(code, message, help)
                .at(self.place(at))
                .marking(self.excerpt(at..at + 1, allowed)))
        };
        if let Some(at) = memchr::memchr(0, &self.bytes) {
            let help = "save the file as CSV.";
            return refuse("csv-binary", "a zero byte: this is not text", help, at, "text");
        }
        if let Err(error) = std::str::from_utf8(&self.bytes) {
            let (at, help) = (error.valid_up_to(), "save the file as UTF-8.");
            return refuse("csv-not-utf-8", "a byte that is not UTF-8", help, at, "UTF-8");
        }
        Ok(())
    }

    /// Whether there is a quote anywhere.
    #[must_use]
    pub fn has_quotes(&self) -> bool {
        self.kinds.quotes
    }

    /// Whether a field may hold a character that does not print. Between quotes that may be a line
    /// end, which is unusual nowhere else.
    #[must_use]
    pub fn may_not_print(&self) -> bool {
        self.kinds.unusual || self.kinds.quotes
    }

    /// All its bytes, a byte-order mark included: what the positions of fields count in.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is there; never true of a source that was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many lines there are from a byte on, about: quotes may hide some.
    #[must_use]
    pub fn lines_after(&self, start: usize) -> usize {
        self.lines_in(start..self.bytes.len())
    }

    /// How many lines end in a range of bytes, about.
    #[must_use]
    pub fn lines_in(&self, range: Range<usize>) -> usize {
        memchr::memchr_iter(b'\n', &self.bytes[range]).count()
    }

    /// The line number of a byte, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.bytes[..at.min(self.bytes.len())]).count()
    }

    /// `line 5` of a byte, or `row 4` where there are no lines.
    #[must_use]
    pub fn line_words(&self, at: usize) -> String {
        if !self.columnar {
            return format!("line {}", self.line(at));
        }
        match row_at(&self.bytes, at) {
            0 => "the names of its columns".to_owned(),
            row => format!("row {row}"),
        }
    }

    /// `name:line` of a byte, or `name, row 4`.
    #[must_use]
    pub fn place(&self, at: usize) -> String {
        if self.columnar {
            format!("{}, {}", self.name, self.line_words(at))
        } else {
            format!("{}:{}", self.name, self.line(at))
        }
    }

    /// Whether the text stands for a Parquet file.
    #[must_use]
    pub fn is_columnar(&self) -> bool {
        self.columnar
    }

    /// The line around a range of bytes with carets under the part of the range on its first
    /// line.
    #[must_use]
    pub fn excerpt(&self, span: Range<usize>, allowed: impl Into<String>) -> Excerpt {
        let from = span.start.min(self.bytes.len());
        let start = memchr::memrchr(b'\n', &self.bytes[..from]).map_or(self.start, |at| at + 1);
        let start = start.min(from);
        let rest = &self.bytes[start..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Excerpt::new(line, from - start..span.end.saturating_sub(start), allowed)
    }

    /// Where the first line begins: after a byte-order mark.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn fault(&self, code: &'static str, message: &str, help: &str) -> Diagnostic {
        Diagnostic::bad_input(code, message, help)
    }
}

/// The row of a byte, from 1; the header is the row before. Line ends between quotes end no row:
/// quotes are doubled within quotes, so an odd number of them stands before what is within some.
pub(crate) fn row_at(text: &[u8], at: usize) -> usize {
    let (mut rows, mut within) = (0, false);
    for byte in &text[..at.min(text.len())] {
        within ^= *byte == b'"';
        rows += usize::from(*byte == b'\n' && !within);
    }
    rows
}

/// Names well-known files that are not CSV, with what to do.
fn foreign(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const KINDS: [(&[u8], &str, &str); 6] = [
        (b"PK\x03\x04", "a spreadsheet or zip file", "export the sheet as CSV (UTF-8)."),
        (b"\xD0\xCF\x11\xE0", "an old spreadsheet file", "export the sheet as CSV (UTF-8)."),
        (b"\x1F\x8B", "a gzip file", "unpack it first."),
        (b"\x28\xB5\x2F\xFD", "a zstd file", "unpack it first."),
        (b"PAR1", "a Parquet file", "export it as CSV."),
        (b"%PDF", "a PDF file", "export the table as CSV."),
    ];
    KINDS
        .iter()
        .find(|(magic, _, _)| bytes.starts_with(magic))
        .map(|(_, what, help)| (*what, *help))
}

/// Whether the text has a zero in every second byte, as UTF-16 of plain letters has.
fn looks_wide(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64) & !1];
    let zero_at =
        |odd: usize| head.chunks_exact(2).all(|pair| pair[odd] == 0 && pair[1 - odd] != 0);
    head.len() >= 4 && (zero_at(0) || zero_at(1))
}
