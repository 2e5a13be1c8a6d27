//! Comma-separated text, read strictly and with positions: every fault is a [`Diagnostic`] with
//! its line, its column and a caret.
//!
//! Read are UTF-8 with or without a byte-order mark, lines that end in LF or CRLF, quoted fields
//! with doubled quotes, commas and line ends inside. Blank lines are skipped. Refused are other
//! encodings, zero bytes, quotes that open and never close, quotes inside an unquoted field, text
//! after a closing quote, carriage returns alone, and rows of another length than the header.
//!
//! The file is held in memory whole and fields are ranges of it, so a row costs no allocation.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Excerpt};
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
            kinds.unusual |= unusual;
            kinds.quotes |= quotes;
        }
        kinds
    }
}

impl Source {
    /// Reads a file, or standard input where the path is `-`.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Diagnostic::input_output("read", "stdin", &error))?;
            return Self::new("stdin", bytes);
        }
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            Diagnostic::input_output("read", &name, &error).at(&*visible(&name))
        })?;
        Self::new(name, bytes)
    }

    /// Takes a text after looking that it is text: not empty, UTF-8, no zero bytes.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let name = visible(&name.into()).into_owned();
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
        let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        if bytes[start..].trim_ascii().is_empty() {
            let help = "give a header line and one line for each claim.";
            return Err(refuse("csv-empty", "the file is empty", help));
        }
        let kinds = Kinds::of(&bytes[start..]);
        let source = Self { name, bytes, start, kinds };
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

    /// Whether there may be a character that does not print.
    #[must_use]
    pub fn has_unusual(&self) -> bool {
        self.kinds.unusual
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

    /// The records from the first line on, the header included.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        self.records_in(self.start..self.bytes.len())
    }

    /// The records that begin in a range of bytes, whose start must be the start of a record.
    #[must_use]
    pub fn records_in(&self, range: Range<usize>) -> Records<'_> {
        Records { source: self, at: range.start, end: range.end }
    }

    /// The bytes from `start` on in at most `parts` ranges, each whole records; one range where
    /// quotes may hide a line end inside a record, or where there is little to read.
    #[must_use]
    pub fn parts(&self, start: usize, parts: usize) -> Vec<Range<usize>> {
        const LEAST: usize = 1 << 20;
        let length = self.bytes.len() - start;
        let parts = if self.kinds.quotes { 1 } else { parts.min(length / LEAST).max(1) };
        let mut ranges = Vec::with_capacity(parts);
        let mut from = start;
        for part in 1..=parts {
            // A file has far fewer bytes than would overflow times the few parts.
            let about = (start + length * part / parts).max(from);
            let end = memchr::memchr(b'\n', &self.bytes[about..])
                .map_or(self.bytes.len(), |found| about + found + 1);
            ranges.push(from..end);
            from = end;
        }
        ranges
    }

    /// How many lines there are from a byte on, about: quotes may hide some.
    #[must_use]
    pub fn lines_after(&self, start: usize) -> usize {
        memchr::memchr_iter(b'\n', &self.bytes[start..]).count()
    }

    /// The line number of a byte, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.bytes[..at.min(self.bytes.len())]).count()
    }

    /// `name:line` of a byte.
    #[must_use]
    pub fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.line(at))
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

    fn fault(&self, code: &'static str, message: &str, help: &str) -> Diagnostic {
        Diagnostic::bad_input(code, message, help)
    }
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

/// One field of a record: a range of the source, without the quotes around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Whether it holds doubled quotes that stand for one.
    pub doubled: bool,
}

impl Field {
    /// The bytes of the field as they stand in the file.
    #[must_use]
    pub fn raw<'a>(&self, source: &'a Source) -> &'a [u8] {
        &source.bytes[self.start..self.end]
    }

    /// The text of the field, doubled quotes made one.
    #[must_use]
    pub fn text<'a>(&self, source: &'a Source) -> Cow<'a, [u8]> {
        let raw = self.raw(source);
        if !self.doubled {
            return Cow::Borrowed(raw);
        }
        let mut text = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter();
        while let Some(byte) = bytes.next() {
            text.push(*byte);
            if *byte == b'"' {
                bytes.next();
            }
        }
        Cow::Owned(text)
    }
}

/// Reads records one after another.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    source: &'a Source,
    at: usize,
    /// Records begin before this byte.
    end: usize,
}

/// Bytes at which an unquoted field ends or goes wrong.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    stops[b',' as usize] = true;
    stops[b'\n' as usize] = true;
    stops[b'\r' as usize] = true;
    stops[b'"' as usize] = true;
    stops
};

impl Records<'_> {
    /// Where the next record begins.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Reads the next record into `fields`; false at the end. Blank lines are skipped.
    pub fn next_into(&mut self, fields: &mut Vec<Field>) -> Result<bool, Diagnostic> {
        loop {
            fields.clear();
            if self.at >= self.end {
                return Ok(false);
            }
            let start = self.at;
            while self.next_field(fields)? {}
            let blank = fields.len() == 1 && {
                let only = fields[0];
                only.start == start && only.end == start
            };
            if !blank {
                return Ok(true);
            }
        }
    }

    /// Reads one field; true where another follows on the same record.
    fn next_field(&mut self, fields: &mut Vec<Field>) -> Result<bool, Diagnostic> {
        let bytes = &self.source.bytes[..];
        if bytes.get(self.at) == Some(&b'"') {
            return self.next_quoted(fields);
        }
        let start = self.at;
        let mut end = start;
        while end < bytes.len() && !STOPS[usize::from(bytes[end])] {
            end += 1;
        }
        fields.push(Field { start, end, doubled: false });
        if bytes.get(end) == Some(&b'"') {
            let help = "put the whole field in quotes and double the quotes inside it.";
            let message = "a quote inside a field that has none around it";
            return Err(self
                .source
                .fault("csv-stray-quote", message, help)
                .at(self.source.place(end))
                .marking(self.source.excerpt(end..end + 1, "no quotes inside a plain field")));
        }
        self.end_field(end)
    }

    fn next_quoted(&mut self, fields: &mut Vec<Field>) -> Result<bool, Diagnostic> {
        let bytes = &self.source.bytes[..];
        let start = self.at + 1;
        let mut doubled = false;
        let mut from = start;
        loop {
            let Some(found) = memchr::memchr(b'"', &bytes[from..]) else {
                return Err(self.open_quote());
            };
            let end = from + found;
            if bytes.get(end + 1) == Some(&b'"') {
                doubled = true;
                from = end + 2;
                continue;
            }
            fields.push(Field { start, end, doubled });
            let next = bytes.get(end + 1);
            if next.is_none_or(|b| matches!(b, b',' | b'\n' | b'\r')) {
                return self.end_field(end + 1);
            }
            return Err(self
                .source
                .fault(
                    "csv-after-quote",
                    "text after a closing quote",
                    "put the whole field in quotes and double the quotes inside it.",
                )
                .at(self.source.place(end + 1))
                .marking(self.source.excerpt(end + 1..end + 2, "a comma or the end of the line")));
        }
    }

    fn open_quote(&self) -> Diagnostic {
        self.source
            .fault(
                "csv-open-quote",
                "a quote is opened here and never closed",
                "close the quote; a quote that belongs to the text is doubled, inside quotes.",
            )
            .at(self.source.place(self.at))
            .marking(self.source.excerpt(self.at..self.at + 1, "a closing quote before the end"))
    }

    /// Steps over what ends a field at `end`; true where it was a comma.
    fn end_field(&mut self, end: usize) -> Result<bool, Diagnostic> {
        match self.source.bytes.get(end) {
            None => self.at = end,
            Some(b',') => {
                self.at = end + 1;
                return Ok(true);
            }
            Some(b'\n') => self.at = end + 1,
            // Every other stop is a carriage return.
            Some(_) => match self.source.bytes.get(end + 1) {
                None | Some(b'\n') => self.at = (end + 2).min(self.source.bytes.len()),
                Some(_) => {
                    let help = "save the file with LF or CRLF line ends.";
                    let message = "a carriage return without a line feed";
                    return Err(self
                        .source
                        .fault("csv-lone-return", message, help)
                        .at(self.source.place(end))
                        .marking(self.source.excerpt(end..end + 1, "LF or CRLF")));
                }
            },
        }
        Ok(false)
    }
}
