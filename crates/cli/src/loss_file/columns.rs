//! The rows of a CSV file that a loss file names: columns by role, filtered, cells as numbers.

use std::collections::HashMap;

use rhodian_core::bounds::{MAX_AMOUNT, MAX_CLAIMS};
use rhodian_core::units::Amount;

use super::decimal::Decimal;
use super::keep::{Keep, Op, Value};
use super::model::Place;
use super::near::nearest;
use super::shape::At;
use super::words::Words;
use crate::amount_text::{AmountFormat, ExcessDigits, FaultKind, NumberFault};
use crate::csv_text::Field;
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::table::{Role, Row, RowFault, Table};
use crate::terminal::{fit, visible};

/// How a CSV file is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Its name.
    pub file: &'a At<String>,
    /// Which rows count.
    pub keep: Option<&'a At<String>>,
    /// What happens to digits beyond the asset's decimals.
    pub excess: ExcessDigits,
    /// Whether `1.5e-05` is read.
    pub exponents: bool,
}

/// A CSV file whose header has been read.
#[derive(Debug)]
pub struct CsvRows<'a> {
    pub(super) words: &'a Words<'a>,
    file: &'a At<String>,
    table: Table,
    keep: Vec<(usize, Op, Value)>,
    /// How amounts are written in it.
    pub format: AmountFormat,
    exponents: bool,
}

impl<'a> CsvRows<'a> {
    /// Reads the file and the columns of its filter.
    pub fn open(words: &'a Words<'a>, opening: Opening<'a>) -> Result<Self, Diagnostic> {
        let file = opening.file;
        let name = &file.value;
        let cited = format!("{}, file {}", words.text.cite(&file.place), visible(name));
        let bytes = std::fs::read(words.text.folder.join(name))
            .map_err(|error| Diagnostic::input_output("read", name, &error).at(cited))?;
        let table = Table::new(Source::table(name.as_str(), bytes)?)?;
        let format = AmountFormat { excess: opening.excess, ..words.format };
        let exponents = opening.exponents;
        let mut rows = Self { words, file, table, keep: Vec::new(), format, exponents };
        if let Some(keep) = opening.keep {
            rows.keep = rows.keep_columns(keep)?;
        }
        Ok(rows)
    }

    fn keep_columns(&self, at: &At<String>) -> Result<Vec<(usize, Op, Value)>, Diagnostic> {
        let filter = Keep::read(&at.value).map_err(|why| {
            let help = "write comparisons, as in keep = \"closed_pnl > 0 and side = 'long'\".";
            let allowed = "COLUMN > NUMBER, joined by and";
            self.words.refuse("keep-syntax", format!("keep: {why}"), help, &at.place, allowed)
        })?;
        let mut columns = Vec::with_capacity(filter.terms.len());
        for term in filter.terms {
            let mut found = (0..self.table.header.len())
                .filter(|index| self.table.header[*index] == term.column);
            let (Some(column), None) = (found.next(), found.next()) else {
                return Err(self.no_keep_column(&term.column, at));
            };
            columns.push((column, term.op, term.value));
        }
        Ok(columns)
    }

    fn no_keep_column(&self, column: &str, at: &At<String>) -> Diagnostic {
        let header = self.table.header.iter().map(String::as_str);
        let help = match nearest(column, header) {
            Some(near) if near != column => format!("did you mean {}?", fit(near, 64)),
            Some(_) => "rename one of the columns of that name.".to_owned(),
            None => "name a column of the file's header, once.".to_owned(),
        };
        let message = format!(
            "keep reads column {}, which {} does not have once",
            fit(column, 64),
            visible(&self.file.value)
        );
        let allowed: Vec<String> = self.table.header.iter().map(|name| fit(name, 32)).collect();
        let allowed = allowed[..allowed.len().min(12)].join(", ");
        self.words.refuse("keep-missing-column", message, help, &at.place, allowed)
    }

    /// The column of a role: the one asked for, else the one of the role's name, if any.
    pub fn find(
        &self,
        asked: &Option<At<String>>,
        role: Role,
    ) -> Result<Option<usize>, Diagnostic> {
        match asked {
            Some(at) => self.named(&at.value, role, &at.place).map(Some),
            None => self
                .table
                .find(role, role.name())
                .map_err(|error| self.column_help(error, role, &self.file.place)),
        }
    }

    /// The column of a role, an error where there is none.
    pub fn require(&self, asked: &Option<At<String>>, role: Role) -> Result<usize, Diagnostic> {
        match asked {
            Some(at) => self.named(&at.value, role, &at.place),
            None => self.named(role.name(), role, &self.file.place),
        }
    }

    /// The column of that name.
    pub fn named(&self, name: &str, role: Role, place: &Place) -> Result<usize, Diagnostic> {
        self.table.require(role, name).map_err(|error| self.column_help(error, role, place))
    }

    /// The column of that name, nothing where there is none.
    pub fn known(&self, name: &str, role: Role) -> Result<Option<usize>, Diagnostic> {
        let found = self.table.find(role, name);
        found.map_err(|error| self.column_help(error, role, &self.file.place))
    }

    /// Help that speaks of the loss file, where the table's speaks of flags.
    fn column_help(&self, mut error: Diagnostic, role: Role, place: &Place) -> Diagnostic {
        if error.help.contains("--") {
            let key = role.name();
            let line = self.words.text.cite(place);
            error.help = format!("name the column that holds the {key}: {key} = \"...\" ({line}).");
        }
        error
    }

    /// The error of a file with neither weight nor cap.
    #[must_use]
    pub fn no_weight(&self) -> Diagnostic {
        let help = "name the column: weight = \"...\" or cap = \"...\".";
        let message = format!("{} has neither weight nor cap", visible(&self.file.value));
        let allowed = "a column that weighs the claims";
        self.words.refuse("claims-missing-column-weight", message, help, &self.file.place, allowed)
    }

    /// Calls `take` with every row that is kept and its index; how many rows there are in all.
    pub fn each(
        &self,
        id: usize,
        take: &mut dyn FnMut(&Row<'_>, usize) -> Result<(), Diagnostic>,
    ) -> Result<usize, Diagnostic> {
        let most = usize::try_from(MAX_CLAIMS).unwrap_or(usize::MAX);
        let mut rows = self.table.rows();
        let mut index = 0;
        while let Some(row) = rows.next()? {
            let row = match row {
                Ok(row) => row,
                Err(_) => {
                    let fault = RowFault::Length;
                    return Err(self.table.diagnostic(&fault, rows.fields(), None, self.format));
                }
            };
            if index >= most {
                let message = format!("there are more than {MAX_CLAIMS} rows");
                let help = "divide the loss over fewer claims.";
                return Err(Diagnostic::bad_input("claims-too-many", message, help).at(self
                    .table
                    .source
                    .name
                    .clone()));
            }
            if self.keeps(&row, id)? {
                take(&row, index)?;
            }
            index += 1;
        }
        Ok(index)
    }

    fn keeps(&self, row: &Row<'_>, id: usize) -> Result<bool, Diagnostic> {
        for (column, op, value) in &self.keep {
            let text = row.fields[*column].text(&self.table.source);
            let order = match value {
                Value::Text(wanted) => text.as_ref().cmp(wanted.as_bytes()),
                Value::Number(number) => match Decimal::read(&text, self.exponents) {
                    Ok(cell) => cell.cmp(number),
                    Err(kind) => return Err(self.keep_fault(kind, row.fields, *column, id)),
                },
            };
            if !op.holds(order) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn keep_fault(&self, kind: FaultKind, fields: &[Field], at: usize, id: usize) -> Diagnostic {
        let code = format!("keep-{}", kind.slug());
        let message =
            format!("{}, which keep reads, {}", fit(&self.table.header[at], 40), kind.words());
        let help = match kind {
            FaultKind::Exponent => self.exponent_help(),
            _ => "give every row a number there, or compare with a text in single quotes.",
        };
        let error = Diagnostic::bad_input(code, message, help);
        let length = fields[at].raw(&self.table.source).len();
        self.table.mark(error, fields, at, Some(id), 0..length, "a decimal number".to_owned())
    }

    const fn exponent_help(&self) -> &'static str {
        "write the number out in digits, or let it be read with exponents = true."
    }

    /// An amount; a fault is told with its place.
    pub fn amount(
        &self,
        row: &Row<'_>,
        role: Role,
        column: usize,
        id: usize,
    ) -> Result<Amount, Diagnostic> {
        let atoms = self.number(row, role, column, id, self.format, MAX_AMOUNT)?;
        Ok(Amount::new(atoms).unwrap_or(Amount::MAX))
    }

    /// An amount, and zero where the cell is below zero.
    pub fn amount_or_zero(
        &self,
        row: &Row<'_>,
        role: Role,
        column: usize,
        id: usize,
    ) -> Result<Amount, Diagnostic> {
        match Decimal::read(row.fields[column].raw(&self.table.source), self.exponents) {
            Ok(cell) if cell.negative => Ok(Amount::ZERO),
            _ => self.amount(row, role, column, id),
        }
    }

    /// A number of at most `max` of its smallest units.
    pub fn number(
        &self,
        row: &Row<'_>,
        role: Role,
        column: usize,
        id: usize,
        format: AmountFormat,
        max: u128,
    ) -> Result<u128, Diagnostic> {
        let raw = row.fields[column].raw(&self.table.source);
        let read = format.read_atoms(raw, max);
        let fault = match read {
            Err(NumberFault { kind: FaultKind::Exponent, .. }) if self.exponents => {
                match Decimal::read(raw, true) {
                    Ok(written) if written.negative => {
                        NumberFault { kind: FaultKind::Negative, span: 0..raw.len() }
                    }
                    Ok(written) => match format.read_atoms(&written.magnitude(), max) {
                        Ok(atoms) => return Ok(atoms),
                        Err(fault) => NumberFault { span: 0..raw.len(), ..fault },
                    },
                    Err(kind) => NumberFault { kind, span: 0..raw.len() },
                }
            }
            Err(fault) => fault,
            Ok(atoms) => return Ok(atoms),
        };
        Err(self.told(row, RowFault::Number(role, column, fault), id))
    }

    /// The error of a faulty row, in the words of a loss file.
    #[must_use]
    pub fn told(&self, row: &Row<'_>, fault: RowFault, id: usize) -> Diagnostic {
        let format = match fault {
            RowFault::Number(Role::Risk, ..) => AmountFormat { decimals: 6, ..self.format },
            _ => self.format,
        };
        let mut error = self.table.diagnostic(&fault, row.fields, Some(id), format);
        if let RowFault::Number(role, _, number) = &fault {
            let help = match (role, number.kind) {
                (_, FaultKind::ExcessDigits) => {
                    "give the asset more decimals, or round with excess_digits = \"half-even\"."
                }
                (_, FaultKind::Exponent) => self.exponent_help(),
                (Role::Cap, FaultKind::Negative) => {
                    "drop accounts without a claim by keep, or take the cap as zero: cap = [\"...\"]."
                }
                (Role::Weight, FaultKind::Negative) => "drop accounts without a claim by keep.",
                (Role::Cap | Role::Weight, FaultKind::TooLarge) => {
                    "amounts are in units: check the asset's decimals."
                }
                _ => return error,
            };
            error.help = help.to_owned();
        }
        error
    }

    /// Refuses ids that stand twice; `rows` has the index of each id's row.
    pub fn refuse_doubled<'i>(
        &self,
        column: usize,
        ids: impl Iterator<Item = &'i str>,
        rows: &[usize],
    ) -> Result<(), Diagnostic> {
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
        for (id, row) in ids.zip(rows) {
            let Some(first) = seen.insert(id, *row) else { continue };
            let (before, fields) = (self.table.fields_of(first)?, self.table.fields_of(*row)?);
            let line = self.table.source.line_words(before[column].start);
            let help = "merge the rows of one account, or give them ids of their own.";
            let error = Diagnostic::bad_input("claims-doubled-id", "id stands twice", help);
            let length = fields[column].end - fields[column].start;
            let allowed = format!("every id once, it is on {line} already");
            return Err(self.table.mark(error, &fields, column, Some(column), 0..length, allowed));
        }
        Ok(())
    }
}
