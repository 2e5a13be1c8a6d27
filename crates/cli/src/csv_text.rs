//! Records and fields of a [`Source`], read strictly and with positions: every fault is a
//! [`Diagnostic`] with its line and a caret.
//!
//! Read are lines that end in LF or CRLF, quoted fields with doubled quotes, commas and line ends
//! inside. Blank lines are skipped. Refused are quotes that open and never close, quotes inside
//! an unquoted field, text after a closing quote, and carriage returns alone.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

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
    #[inline]
    pub fn raw<'a>(&self, source: &'a Source) -> &'a [u8] {
        &source.text()[self.start..self.end]
    }

    /// The text of the field, doubled quotes made one.
    #[must_use]
    #[inline]
    pub fn text<'a>(&self, source: &'a Source) -> Cow<'a, [u8]> {
        let raw = self.raw(source);
        if !self.doubled {
            return Cow::Borrowed(raw);
        }
        Cow::Owned(single_quotes(raw))
    }
}

/// A text with every doubled quote made one.
fn single_quotes(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        text.push(*byte);
        if *byte == b'"' {
            bytes.next();
        }
    }
    text
}

/// Reads records one after another.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    source: &'a Source,
    at: usize,
    /// Records begin before this byte.
    end: usize,
}

impl Source {
    /// The records from the first line on, the header included.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        self.records_in(self.start()..self.len())
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
        let length = self.len() - start;
        let parts = if self.has_quotes() { 1 } else { parts.min(length / PART).max(1) };
        let mut ranges = Vec::with_capacity(parts);
        let mut from = start;
        for part in 1..=parts {
            let about = (start + length / parts * part).max(from);
            let about = if part == parts { self.len() } else { about };
            let end = memchr::memchr(b'\n', &self.text()[about..])
                .map_or(self.len(), |found| about + found + 1);
            ranges.push(from..end);
            from = end;
        }
        ranges
    }
}

/// The least bytes that are worth a thread of their own.
pub(crate) const PART: usize = 1 << 20;

/// Bytes at which an unquoted field ends or goes wrong.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    stops[b',' as usize] = true;
    stops[b'\n' as usize] = true;
    stops[b'\r' as usize] = true;
    stops[b'"' as usize] = true;
    stops
};

/// How many bytes there are before the first comma, line end, carriage return or the end; eight
/// at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest byte marked in `zero_in(x)` is the first byte of `x` that is zero; bytes
        // above it may be marked wrongly, which does no harm.
        let zero_in = |x: u64| x.wrapping_sub(ONES) & !x & HIGHS;
        let [comma, feed, carriage] =
            [b',', b'\n', b'\r'].map(|b| zero_in(word ^ (ONES * u64::from(b))));
        let found = comma | feed | carriage;
        if found != 0 {
            return index * 8 + usize::try_from(found.trailing_zeros() / 8).unwrap_or(0);
        }
    }
    let stop = |byte: &u8| STOPS[usize::from(*byte)];
    bytes.len() - rest.len() + rest.iter().position(stop).unwrap_or(rest.len())
}

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
            if self.source.has_quotes() || !self.next_plain(fields) {
                fields.clear();
                while self.next_field(fields)? {}
            }
            let blank = fields.len() == 1 && {
                let only = fields[0];
                only.start == start && only.end == start
            };
            if !blank {
                return Ok(true);
            }
        }
    }

    /// Reads a record of a text without quotes in one go; false, and nothing read, where a
    /// carriage return stands alone.
    #[inline]
    fn next_plain(&mut self, fields: &mut Vec<Field>) -> bool {
        let bytes = self.source.text();
        let mut start = self.at;
        let mut end = start;
        loop {
            end += plain_length(&bytes[end..]);
            fields.push(Field { start, end, doubled: false });
            match bytes.get(end) {
                Some(b',') => (start, end) = (end + 1, end + 1),
                Some(b'\n') | None => {
                    self.at = (end + 1).min(bytes.len());
                    return true;
                }
                // A carriage return, the only other stop where there are no quotes.
                Some(_) if bytes.get(end + 1) == Some(&b'\n') => {
                    self.at = end + 2;
                    return true;
                }
                Some(_) => return false,
            }
        }
    }

    /// Reads one field; true where another follows on the same record.
    fn next_field(&mut self, fields: &mut Vec<Field>) -> Result<bool, Diagnostic> {
        let bytes = self.source.text();
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
        let bytes = self.source.text();
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
        match self.source.text().get(end) {
            None => self.at = end,
            Some(b',') => {
                self.at = end + 1;
                return Ok(true);
            }
            Some(b'\n') => self.at = end + 1,
            // Every other stop is a carriage return.
            Some(_) => match self.source.text().get(end + 1) {
                None | Some(b'\n') => self.at = (end + 2).min(self.source.text().len()),
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
