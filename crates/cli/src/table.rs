//! A table with a header, CSV or Parquet: columns by name, rows of one length, cells read as
//! numbers, and a [`Diagnostic`] with the place for every cell that cannot be.

use std::ops::Range;
use std::path::Path;

use rhodian_core::bounds::{MAX_AMOUNT, MAX_NAME, MAX_RISK};
use rhodian_core::units::Amount;

use crate::amount_text::{AmountFormat, FaultKind, NumberFault};
use crate::csv_text::{Field, Records};
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::terminal::{fit, hidden_in, is_unsafe_to_show, visible};

/// A CSV file whose header has been read.
#[derive(Debug)]
pub struct Table {
    /// The text.
    pub source: Source,
    /// The names of the columns, in order.
    pub header: Vec<String>,
    /// Where each name stands in the file.
    header_fields: Vec<Field>,
    /// The byte after the header's line.
    body: usize,
}

/// What a column is to the reader. Its name is the word in messages and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who: a text of 1 to 64 bytes.
    Id,
    /// The most he may pay: an amount.
    Cap,
    /// His weight: an amount.
    Weight,
    /// His place in the queue: a signed whole number, highest first.
    Score,
    /// His risk factor: a decimal of at most 6 places.
    Risk,
    /// His priority class: a whole number, lowest first.
    Class,
}

impl Role {
    /// The role in one word, which is also the default name of its column and of its flag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Cap => "cap",
            Self::Weight => "weight",
            Self::Score => "score",
            Self::Risk => "risk",
            Self::Class => "class",
        }
    }

    /// What a cell of the role may be, in words.
    #[must_use]
    pub fn allowed(self, format: AmountFormat) -> String {
        match self {
            Self::Id => format!("1 to {MAX_NAME} bytes"),
            Self::Cap | Self::Weight => format.allowed(0),
            Self::Score => "a whole number from -2^63 to 2^63 - 1".to_owned(),
            Self::Risk => "0 to 10^6 with at most 6 decimals".to_owned(),
            Self::Class => format!("a whole number from 0 to {}", u32::MAX),
        }
    }

    /// What to do about a cell with the fault.
    fn help(self, kind: FaultKind) -> &'static str {
        match (self, kind) {
            (Self::Weight, FaultKind::Negative) => "give weights of 0 or more.",
            (Self::Risk, FaultKind::Negative) => "give factors of 0 or more.",
            (Self::Risk, FaultKind::TooLarge) => "scale the factors: only their ratios count.",
            (Self::Risk, FaultKind::ExcessDigits) => {
                "give 6 decimals at most, or round with --excess-digits half-even."
            }
            (Self::Class, FaultKind::Empty) => "give every claim a class, or drop the column.",
            (Self::Class, _) => "number the classes from 0, the lowest pays first.",
            (Self::Score, FaultKind::Empty) => "give every claim a score.",
            (Self::Score, FaultKind::TooLarge) => "scale the scores: only their order counts.",
            (Self::Score, _) => "give scores as whole numbers, the highest pays first.",
            (_, kind) => kind.help(),
        }
    }
}

/// Why a row is refused; light, so that counting a million of them costs little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// It has another number of fields than the header.
    Length,
    /// A cell is no number of its role.
    Number(Role, usize, NumberFault),
    /// The id is empty.
    EmptyId(usize),
    /// The id is longer than 64 bytes.
    LongId(usize),
    /// The id has characters that disturb a terminal: the bytes of the first.
    UnsafeId(usize, Range<usize>),
}

impl RowFault {
    /// Whether both are of one kind, and so of one code.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(role, _, a), Self::Number(other_role, _, b)) => {
                role == other_role && a.kind == b.kind
            }
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

/// One row: its fields and the table they belong to.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The table.
    pub table: &'a Table,
    /// The fields, as many as the header has.
    pub fields: &'a [Field],
}

/// Where a row begins and ends, for messages.
fn row_span(fields: &[Field]) -> (usize, usize) {
    let start = fields.first().map_or(0, |f| f.start);
    (start, fields.last().map_or(start, |f| f.end))
}

impl Table {
    /// Reads a file, or standard input where the path is `-`.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        Self::new(Source::read_table(path)?)
    }

    /// Takes a text and reads its header.
    pub fn new(source: Source) -> Result<Self, Diagnostic> {
        let mut header_fields = Vec::new();
        let mut records = source.records();
        records.next_into(&mut header_fields)?;
        let body = records.offset();
        let name = |f: &Field| String::from_utf8_lossy(&f.text(&source)).into_owned();
        let header = header_fields.iter().map(name).collect();
        let table = Self { source, header, header_fields, body };
        table.refuse_hidden().map(|()| table)
    }

    /// Refuses a column whose name has a character that nobody sees: it would be taken for another
    /// than it looks like, and where it is one that may be left out, in silence.
    fn refuse_hidden(&self) -> Result<(), Diagnostic> {
        if !self.source.may_not_print() {
            return Ok(());
        }
        for (column, (name, field)) in self.header.iter().zip(&self.header_fields).enumerate() {
            let raw = String::from_utf8_lossy(field.raw(&self.source));
            let Some(span) = hidden_in(&raw) else { continue };
            let mut seen = name.clone();
            seen.retain(|c| hidden_in(c.encode_utf8(&mut [0; 4])).is_none());
            let message = format!("column {} has a character that nobody sees", fit(&seen, 64));
            let help = "write the name again in the header.";
            return Err(Diagnostic::bad_input("csv-hidden-character", message, help)
                .at(format!("{}, column {}", self.source.place(field.start), column + 1))
                .marking(self.source.excerpt(
                    field.start + span.start..field.start + span.end,
                    "characters that show",
                )));
        }
        Ok(())
    }

    /// The rows after the header.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        self.rows_in(self.all_rows())
    }

    /// All rows as a range of bytes.
    #[must_use]
    pub fn all_rows(&self) -> Range<usize> {
        self.body..self.source.len()
    }

    /// The rows that begin in a range of bytes, whose start must be the start of a row.
    #[must_use]
    pub fn rows_in(&self, range: Range<usize>) -> Rows<'_> {
        let records = self.source.records_in(range);
        Rows { table: self, records, fields: Vec::with_capacity(self.header.len()) }
    }

    /// The rows after the header as ranges of bytes that can be read apart, at most `parts`.
    #[must_use]
    pub fn parts(&self, parts: usize) -> Vec<Range<usize>> {
        self.source.parts(self.body, parts)
    }

    /// Room for the rows of a range, by the length of its first lines and some more: a column that
    /// need not grow is not copied, and room that is never written costs nothing.
    #[must_use]
    pub fn room(&self, range: Range<usize>) -> usize {
        let head = range.start..range.end.min(range.start + (1 << 16));
        let lines = self.source.lines_in(head.clone());
        let length = (head.len() / lines.max(1)).max(1);
        let rows = range.len() / length;
        rows + rows / 32 + 1
    }

    /// How many rows there are, about.
    #[must_use]
    pub fn about_rows(&self) -> usize {
        self.source.lines_after(self.body)
    }

    /// The index of the column of that name: nothing where there is none, an error where there
    /// are two.
    pub fn find(&self, role: Role, name: &str) -> Result<Option<usize>, Diagnostic> {
        let mut found = (0..self.header.len()).filter(|i| self.header[*i] == name);
        let (first, second) = (found.next(), found.next());
        let Some(second) = second else { return Ok(first) };
        let shown = visible(name);
        let field = self.header_fields[second];
        Err(Diagnostic::bad_input(
            format!("claims-doubled-column-{}", role.name()),
            format!("column {shown} stands twice in the header"),
            format!("rename one of them, or name another column with --{}.", role.name()),
        )
        .at(format!("{}, column {}", self.source.place(field.start), second + 1))
        .marking(self.source.excerpt(
            field.start..field.end,
            format!("{shown} once, it is column {}", first.unwrap_or(0) + 1),
        )))
    }

    /// The index of the column of that name, an error where there is none or two.
    pub fn require(&self, role: Role, name: &str) -> Result<usize, Diagnostic> {
        if let Some(found) = self.find(role, name)? {
            return Ok(found);
        }
        let (start, end) = row_span(&self.header_fields);
        let shown = fit(name, 64);
        let help = self.missing_help(role, name);
        Err(Diagnostic::bad_input(
            format!("claims-missing-column-{}", role.name()),
            format!("there is no column {shown}"),
            help,
        )
        .at(self.source.place(start))
        .marking(self.source.excerpt(start..end, format!("a header with {shown} in it"))))
    }

    /// What may be wrong with a header that lacks a column: another separator, case, spaces.
    fn missing_help(&self, role: Role, name: &str) -> String {
        let flag = role.name();
        if let [only] = self.header.as_slice() {
            let other = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
            if let Some((_, what)) = other.iter().find(|(c, _)| only.contains(*c)) {
                return format!("the columns are separated by {what}: save them with commas.");
            }
        }
        let near = |h: &&String| h.trim().eq_ignore_ascii_case(name.trim());
        match self.header.iter().find(near) {
            Some(near) => format!("name it with --{flag} \"{}\".", fit(near, 64)),
            None => format!("name the column that holds the {flag} with --{flag}."),
        }
    }

    /// The fields of the row of that index, read anew; for messages about rows read before.
    pub fn fields_of(&self, index: usize) -> Result<Vec<Field>, Diagnostic> {
        let mut rows = self.rows();
        for _ in 0..=index {
            rows.records.next_into(&mut rows.fields)?;
        }
        Ok(rows.fields)
    }

    /// The error of a faulty row. `id` is the index of the id column, where it is known; `format`
    /// is how amounts are written in it.
    #[must_use]
    pub fn diagnostic(
        &self,
        fault: &RowFault,
        fields: &[Field],
        id: Option<usize>,
        format: AmountFormat,
    ) -> Diagnostic {
        match fault {
            RowFault::Length => self.length_diagnostic(fields),
            RowFault::Number(role, column, number) => {
                let role = *role;
                let code = format!("claims-{}-{}", number.kind.slug(), role.name());
                let message = format!("{} {}", role.name(), number.kind.words());
                let found = Diagnostic::bad_input(code, message, role.help(number.kind));
                self.mark(found, fields, *column, id, number.span.clone(), role.allowed(format))
            }
            RowFault::EmptyId(column) => {
                let help = "give every claim an id, or drop rows that are no claims.";
                let found = Diagnostic::bad_input("claims-empty-id", "id is empty", help);
                let length = fields[*column].raw(&self.source).len();
                self.mark(found, fields, *column, None, 0..length, Role::Id.allowed(format))
            }
            RowFault::LongId(column) => {
                let help = "shorten it, or hash it.";
                let found = Diagnostic::bad_input("claims-long-id", "id is too long", help);
                let length = fields[*column].raw(&self.source).len();
                self.mark(found, fields, *column, None, 0..length, Role::Id.allowed(format))
            }
            RowFault::UnsafeId(column, span) => {
                let message = "id has a character that does not print";
                let found = Diagnostic::bad_input("claims-unprintable-id", message, "remove it.");
                self.mark(
                    found,
                    fields,
                    *column,
                    None,
                    span.clone(),
                    "characters that print".to_owned(),
                )
            }
        }
    }

    fn length_diagnostic(&self, fields: &[Field]) -> Diagnostic {
        let (start, end) = row_span(fields);
        let (found, expected) = (fields.len(), self.header.len());
        let count = |n: usize| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
        let (code, word, from) = if found < expected {
            ("csv-short-row", "few", start)
        } else {
            ("csv-long-row", "many", fields[expected].start)
        };
        let help = "give every row the fields of the header; text with a comma in it is quoted, \
                    numbers have no separators.";
        Diagnostic::bad_input(code, format!("the row has too {word} fields: {found}"), help)
            .at(self.source.place(start))
            .marking(self.source.excerpt(from..end, format!("{}, as the header", count(expected))))
    }

    /// Adds the place and the text of a cell to an error, with carets under `span`, in bytes of
    /// the cell, and the words of what is allowed.
    #[must_use]
    pub fn mark(
        &self,
        error: Diagnostic,
        fields: &[Field],
        column: usize,
        id: Option<usize>,
        span: Range<usize>,
        allowed: String,
    ) -> Diagnostic {
        let field = fields[column];
        let name = fit(&self.header[column], 40);
        let mut place =
            format!("{}, column {} ({name})", self.source.place(field.start), column + 1);
        if let Some(id) = id.map(|id| fields[id].text(&self.source)).filter(|id| !id.is_empty()) {
            place.push_str(", id ");
            place.push_str(&fit(&String::from_utf8_lossy(&id), 48));
        }
        let span = field.start + span.start..field.start + span.end;
        error.at(place).marking(self.source.excerpt(span, allowed))
    }
}

/// Reads rows one after another.
#[derive(Debug)]
pub struct Rows<'a> {
    table: &'a Table,
    records: Records<'a>,
    fields: Vec<Field>,
}

impl Rows<'_> {
    /// The next row, nothing at the end. The inner result is a fault of this row alone; the
    /// outer one ends the reading. The fields of a faulty row are those of [`Rows::fields`].
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Result<Row<'_>, RowFault>>, Diagnostic> {
        if !self.records.next_into(&mut self.fields)? {
            return Ok(None);
        }
        Ok(Some(if self.fields.len() == self.table.header.len() {
            Ok(Row { table: self.table, fields: &self.fields })
        } else {
            Err(RowFault::Length)
        }))
    }

    /// The fields read last.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
}

impl<'a> Row<'a> {
    fn number<T>(
        &self,
        role: Role,
        column: usize,
        read: impl FnOnce(&[u8]) -> Result<T, NumberFault>,
    ) -> Result<T, RowFault> {
        let raw = self.fields[column].raw(&self.table.source);
        read(raw).map_err(|fault| RowFault::Number(role, column, fault))
    }

    /// The id: 1 to 64 bytes, none of them unprintable. Ids are taken byte for byte.
    #[inline]
    pub fn id(&self, column: usize) -> Result<std::borrow::Cow<'a, [u8]>, RowFault> {
        let field = &self.fields[column];
        let text = field.text(&self.table.source);
        if text.first().is_none_or(u8::is_ascii_whitespace) && text.trim_ascii().is_empty() {
            return Err(RowFault::EmptyId(column));
        }
        if text.len() > MAX_NAME {
            return Err(RowFault::LongId(column));
        }
        if self.table.source.may_not_print() && text.iter().any(|b| !(b' '..=b'~').contains(b)) {
            // The source is known to be UTF-8, and doubled quotes do not change that.
            let shown = String::from_utf8_lossy(field.raw(&self.table.source));
            if let Some((at, found)) = shown.char_indices().find(|(_, c)| is_unsafe_to_show(*c)) {
                return Err(RowFault::UnsafeId(column, at..at + found.len_utf8()));
            }
            if let Some(hidden) = hidden_in(&shown) {
                return Err(RowFault::UnsafeId(column, hidden));
            }
        }
        Ok(text)
    }

    /// An amount.
    #[inline]
    pub fn amount(
        &self,
        role: Role,
        column: usize,
        format: AmountFormat,
    ) -> Result<Amount, RowFault> {
        self.number(role, column, |text| format.read(text))
    }

    /// A signed whole number.
    pub fn score(&self, column: usize) -> Result<i64, RowFault> {
        self.number(Role::Score, column, |text| {
            let digits = text.strip_prefix(b"-").unwrap_or(text);
            let atoms = AmountFormat::ATOMS.read_atoms(digits, MAX_AMOUNT).map_err(|fault| {
                let kind = match fault.kind {
                    // A sign is none of a score's faults; a second one, or one alone, is.
                    FaultKind::Negative => FaultKind::NotANumber,
                    FaultKind::Empty if !text.is_empty() => FaultKind::NotANumber,
                    kind => kind,
                };
                NumberFault { kind, span: 0..text.len() }
            })?;
            let signed = i128::try_from(atoms).unwrap_or(i128::MAX);
            let signed = if digits.len() < text.len() { -signed } else { signed };
            i64::try_from(signed)
                .map_err(|_| NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() })
        })
    }

    /// A risk factor in millionths. Digits beyond the sixth decimal follow `format.excess`.
    pub fn risk(&self, column: usize, format: AmountFormat) -> Result<u64, RowFault> {
        let millionths = AmountFormat { decimals: 6, excess: format.excess };
        self.number(Role::Risk, column, |text| {
            let factor = millionths.read_atoms(text, u128::from(MAX_RISK))?;
            u64::try_from(factor)
                .map_err(|_| NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() })
        })
    }

    /// A priority class.
    pub fn class(&self, column: usize) -> Result<u32, RowFault> {
        self.number(Role::Class, column, |text| {
            let class = AmountFormat::ATOMS.read_atoms(text, u128::from(u32::MAX))?;
            u32::try_from(class)
                .map_err(|_| NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() })
        })
    }
}
