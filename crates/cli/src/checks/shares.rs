//! `shares.csv` as it stands: every cell of its kind, no share above its cap, the exact share
//! beside each within an atom for each loss, sums by loss and layer.

use std::collections::HashMap;
use std::ops::Range;

use rhodian_core::wide::U256;
use rhodian_report::csv::SHARES_HEADER;
use serde_json::Value;

use super::{Found, What};
use crate::amount_text::{AmountFormat, ExcessDigits, MAX_DECIMALS};
use crate::diagnostic::Diagnostic;
use crate::schemas::{SchemaName, schema};
use crate::source::Source;
use crate::table::{Row, RowFault, Table};
use crate::terminal::{fit, visible};

/// The columns by their places in [`SHARES_HEADER`].
const LOSS: usize = 0;
const EPISODE: usize = 1;
const STEP: usize = 2;
const LAYER: usize = 3;
const ACCOUNT: usize = 4;
const RULE: usize = 5;
const WEIGHT: usize = 6;
const CAP: usize = 7;
const SHARE: usize = 8;
const NUM: usize = 9;
const DEN: usize = 10;
const CLASS: usize = 11;

/// A loss, a step and a layer.
pub type Draw = (String, u64, String);

/// What a right `shares.csv` holds.
#[derive(Debug)]
pub struct Shares {
    /// The file.
    pub table: Table,
    /// How its amounts are written; nothing where it has no rows.
    pub format: Option<AmountFormat>,
    /// How many rows there are.
    pub rows: usize,
    /// The sum of the shares of each draw, and the first byte of the first of them.
    pub draws: HashMap<Draw, (u128, usize)>,
    /// Rows that paid less than their exact share: the draw and the bytes of the share.
    pub unpaid: Vec<(Draw, Range<usize>)>,
}

/// Whether a first line is meant as that of the `shares.csv` of `share`.
#[must_use]
pub fn has_header(first: &str) -> bool {
    first.starts_with("loss_id,")
}

/// What earlier rows said of an account in a layer and an episode: what it paid, loss by loss.
type Paid = HashMap<(String, String, String), Vec<u128>>;

/// What the rows so far say.
#[derive(Default)]
struct Reader {
    format: Option<AmountFormat>,
    rows: usize,
    draws: HashMap<Draw, (u128, usize)>,
    unpaid: Vec<(Draw, Range<usize>)>,
    paid: Paid,
    seen: HashMap<(String, String, String), usize>,
    rules: Vec<Value>,
}

/// Reads `shares.csv`.
pub fn read(source: Source) -> Result<Shares, Diagnostic> {
    let table = Table::new(source)?;
    if table.header.join(",") != SHARES_HEADER {
        let place = table.source.place(table.source.start());
        let message = "the header is not that of shares.csv";
        let help = "columns keep their names and their order.";
        let allowed = table.source.excerpt(line_of(&table), SHARES_HEADER);
        return Err(Diagnostic::bad_input("shares-header", message, help)
            .at(place)
            .marking(allowed));
    }
    let rules = schema(SchemaName::Shares)["properties"]["rule"]["enum"].clone();
    let rules = rules.as_array().cloned().unwrap_or_default();
    let mut reader = Reader { rules, ..Reader::default() };
    reader.read_all(&table)?;
    let Reader { format, rows, draws, unpaid, .. } = reader;
    Ok(Shares { table, format, rows, draws, unpaid })
}

/// The bytes of the first line without its end.
fn line_of(table: &Table) -> Range<usize> {
    let start = table.source.start();
    let text = &table.source.text()[start..table.all_rows().start];
    start..start + text.trim_ascii_end().len()
}

/// A row, read.
struct Read {
    loss: String,
    episode: String,
    step: u64,
    layer: String,
    account: String,
    cap: u128,
    share: u128,
    num: U256,
    den: u128,
}

impl Reader {
    fn read_all(&mut self, table: &Table) -> Result<(), Diagnostic> {
        let mut rows = table.rows();
        while let Some(row) = rows.next()? {
            let Ok(row) = row else {
                let fault = RowFault::Length;
                let format = AmountFormat::ATOMS;
                return Err(table.diagnostic(&fault, rows.fields(), None, format));
            };
            let read = self.row(&row)?;
            self.take(&row, read)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> Result<Read, Diagnostic> {
        let text = |column: usize| {
            let text = row.fields[column].text(&row.table.source);
            String::from_utf8_lossy(&text).into_owned()
        };
        for column in [LOSS, LAYER, ACCOUNT] {
            if text(column).trim().is_empty() {
                let allowed = "a name";
                return Err(fault(row, column, "empty", "is empty", allowed));
            }
        }
        let from_one = |column: usize| {
            let number = text(column).parse::<u64>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| {
                fault(row, column, "not-a-number", "is no whole number", "1 or more")
            })
        };
        from_one(EPISODE)?;
        let step = from_one(STEP)?;
        if !self.rules.contains(&Value::from(text(RULE))) {
            let allowed = "a rule of `rhodian allocate --help`";
            return Err(fault(row, RULE, "unknown", "is none that there is", allowed));
        }
        let mut amount = |column: usize| self.amount(row, column);
        amount(WEIGHT)?;
        let (cap, share) = (amount(CAP)?, amount(SHARE)?);
        let digits = |column: usize| {
            let number = wide(row.fields[column].raw(&row.table.source));
            number.ok_or_else(|| {
                fault(row, column, "not-a-number", "is no number of atoms", "decimal digits")
            })
        };
        let (num, den) = (digits(NUM)?, digits(DEN)?);
        if den.hi != 0 || den.lo == 0 {
            let allowed = "1 to 2^128 - 1";
            return Err(fault(row, DEN, "not-a-number", "is no denominator", allowed));
        }
        let class = text(CLASS);
        if !class.is_empty() && class.parse::<u32>().is_err() {
            let allowed = "a whole number, or nothing";
            return Err(fault(row, CLASS, "not-a-number", "is no class", allowed));
        }
        Ok(Read {
            loss: text(LOSS),
            episode: text(EPISODE),
            step,
            layer: text(LAYER),
            account: text(ACCOUNT),
            cap,
            share,
            num,
            den: den.lo,
        })
    }

    /// An amount, written with as many decimals as every other of the file.
    fn amount(&mut self, row: &Row<'_>, column: usize) -> Result<u128, Diagnostic> {
        let raw = row.fields[column].raw(&row.table.source);
        let point = memchr::memchr(b'.', raw);
        let decimals = point.map_or(0, |at| raw.len() - at - 1);
        let decimals = u8::try_from(decimals).unwrap_or(u8::MAX);
        let format = *self.format.get_or_insert(AmountFormat {
            decimals: decimals.min(MAX_DECIMALS),
            excess: ExcessDigits::Refuse,
        });
        let atoms = format.read(raw).map_err(|found| {
            let slug = found.kind.slug();
            fault(row, column, slug, found.kind.words(), &format.allowed(0))
        })?;
        if decimals != format.decimals {
            let allowed = format!("{} decimals, as above", format.decimals);
            return Err(fault(row, column, "decimals", "has other decimals", &allowed));
        }
        Ok(atoms.atoms())
    }

    fn take(&mut self, row: &Row<'_>, read: Read) -> Result<(), Diagnostic> {
        let Read { loss, episode, step, layer, account, cap, share, num, den } = read;
        let at = row.fields[LOSS].start;
        let key = (loss.clone(), layer.clone(), account.clone());
        if let Some(first) = self.seen.insert(key, at) {
            let line = row.table.source.line_words(first);
            let allowed = format!("once for each loss and layer, it is on {line} already");
            return Err(fault(row, ACCOUNT, "doubled", "stands twice", &allowed));
        }
        let written = |format: Option<AmountFormat>, atoms: u128| {
            let format = format.unwrap_or(AmountFormat::ATOMS);
            format.write(rhodian_core::units::Amount::new(atoms).unwrap_or_default())
        };
        let format = self.format;
        if share > cap {
            let allowed = format!("at most the cap, {}", written(format, cap));
            return Err(fault(row, SHARE, "above-cap", "is above its cap", &allowed));
        }
        let paid = self.paid.entry((episode, layer.clone(), account)).or_default();
        paid.push(share);
        match against_exact(paid, num, den) {
            Against::Within(sum) if sum > cap => {
                let sum = written(format, sum);
                let allowed =
                    format!("at most {} with those before, here {sum}", written(format, cap));
                return Err(fault(row, SHARE, "above-cap", "is above its cap", &allowed));
            }
            Against::Within(_) => {}
            Against::Above => {
                let allowed = "at most one atom above exact_num / exact_den";
                return Err(fault(row, SHARE, "not-exact", "is above its exact share", allowed));
            }
            Against::Below => {
                let span = row.fields[SHARE].start..row.fields[SHARE].end;
                self.unpaid.push(((loss.clone(), step, layer.clone()), span));
            }
        }
        let draw = self.draws.entry((loss, step, layer)).or_insert((0, at));
        draw.0 += share;
        self.rows += 1;
        Ok(())
    }
}

/// An error of a cell.
fn fault(row: &Row<'_>, column: usize, slug: &str, words: &str, allowed: &str) -> Diagnostic {
    let name = SHARES_HEADER.split(',').nth(column).unwrap_or_default();
    let code = format!("shares-{slug}-{}", name.replace('_', "-"));
    let help = "the file is not as `rhodian share` or `rhodian run` wrote it: write it anew.";
    let error = Diagnostic::bad_input(code, format!("{name} {words}"), help);
    let length = row.fields[column].end - row.fields[column].start;
    row.table.mark(error, row.fields, column, Some(ACCOUNT), 0..length, allowed.to_owned())
}

/// How what was paid stands to the exact share.
enum Against {
    /// Within one atom for each loss; what was paid in all.
    Within(u128),
    Above,
    Below,
}

/// The exact share is of all losses under one liable set, so it is held against the shares of the
/// last one, two, ... losses: an episode may have several sets.
fn against_exact(paid: &[u128], num: U256, den: u128) -> Against {
    let Some((whole, rest)) = num.div_rem(den).filter(|(whole, _)| whole.hi == 0) else {
        return Against::Below;
    };
    let (floor, ceiling) = (whole.lo, whole.lo.saturating_add(u128::from(rest > 0)));
    let mut sum = 0u128;
    for (share, losses) in paid.iter().rev().zip(1u128..) {
        sum += share;
        if sum > ceiling.saturating_add(losses) {
            return if losses == 1 { Against::Above } else { Against::Below };
        }
        if sum + losses >= floor {
            return Against::Within(sum);
        }
    }
    Against::Below
}

/// A whole number below 2^256.
fn wide(text: &[u8]) -> Option<U256> {
    let mut number = U256 { hi: 0, lo: 0 };
    if text.is_empty() {
        return None;
    }
    for byte in text {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        let low = U256::product(number.lo, 10);
        let hi = number.hi.checked_mul(10)?.checked_add(low.hi)?;
        let digit = U256 { hi: 0, lo: u128::from(digit) };
        number = U256 { hi, lo: low.lo }.checked_add(digit)?;
    }
    Some(number)
}

/// What was found of a `shares.csv` alone.
pub fn alone(shares: &Shares) -> Found {
    let mut remarks = Vec::new();
    if let Some((_, span)) = shares.unpaid.first() {
        remarks.push(format!(
            "{} of the shares are below their exact share, the first on {}: only members who \
             were called and did not pay may be; check the folder to tell",
            shares.unpaid.len(),
            shares.table.source.line_words(span.start)
        ));
    }
    let facts =
        vec![("shares", format!("{}", shares.rows)), ("draws", format!("{}", shares.draws.len()))];
    Found { what: What::Shares, name: shares.table.source.name.clone(), facts, remarks }
}

/// Whether a first line is that of the `shares.csv` of `allocate`.
#[must_use]
pub fn has_allocation_header(first: &str) -> bool {
    first == "id,share"
}

/// The `shares.csv` of `allocate`: every id once, every share an amount; the sum of the shares.
pub fn allocation(source: Source) -> Result<(Found, u128), Diagnostic> {
    let table = Table::new(source)?;
    let mut rows = table.rows();
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut sum, mut format) = (0u128, None);
    let refuse = |row: &Row<'_>, column: usize, slug: &str, words: &str, allowed: String| {
        let name = ["id", "share"][column];
        let help = "the file is not as `rhodian allocate --out` wrote it: write it anew.";
        let code = format!("shares-{slug}-{name}");
        let error = Diagnostic::bad_input(code, format!("{name} {words}"), help);
        let length = row.fields[column].end - row.fields[column].start;
        table.mark(error, row.fields, column, Some(0), 0..length, allowed)
    };
    while let Some(row) = rows.next()? {
        let Ok(row) = row else {
            let fields = rows.fields();
            return Err(table.diagnostic(&RowFault::Length, fields, None, AmountFormat::ATOMS));
        };
        let id = row.fields[0].text(&table.source).into_owned();
        if let Some(first) = seen.insert(id, row.fields[0].start) {
            let line = table.source.line_words(first);
            let allowed = format!("every id once, it is on {line} already");
            return Err(refuse(&row, 0, "doubled", "stands twice", allowed));
        }
        let raw = row.fields[1].raw(&table.source);
        let decimals = memchr::memchr(b'.', raw).map_or(0, |at| raw.len() - at - 1);
        let decimals = u8::try_from(decimals).unwrap_or(u8::MAX);
        let excess = ExcessDigits::Refuse;
        let asked = AmountFormat { decimals: decimals.min(MAX_DECIMALS), excess };
        let format = *format.get_or_insert(asked);
        if format.decimals != decimals {
            let allowed = format!("{} decimals, as above", format.decimals);
            return Err(refuse(&row, 1, "decimals", "has other decimals", allowed));
        }
        let share = format.read(raw).map_err(|found| {
            refuse(&row, 1, found.kind.slug(), found.kind.words(), format.allowed(0))
        })?;
        sum += share.atoms();
    }
    let name = table.source.name.clone();
    let written = format.unwrap_or(AmountFormat::ATOMS);
    let total = rhodian_core::units::Amount::new(sum).unwrap_or_default();
    let facts = vec![("shares", format!("{}", seen.len())), ("allocated", written.write(total))];
    Ok((Found { what: What::Shares, name, facts, remarks: Vec::new() }, sum))
}

/// The first row that is not as `rows` has it, with its place.
pub fn compare(shares: &Shares, rows: &[Vec<String>]) -> Result<(), Diagnostic> {
    let table = &shares.table;
    let help = "one of the files was changed: write the folder again.";
    let mut found = table.rows();
    let mut expected = rows.iter();
    while let Some(row) = found.next()? {
        let Ok(row) = row else { continue };
        let Some(wanted) = expected.next() else {
            let message = "the row is of no share that the events made";
            let error = Diagnostic::bad_input("shares-not-from-events", message, help);
            let length = row.fields[ACCOUNT].end - row.fields[ACCOUNT].start;
            let allowed = format!("{} rows", rows.len());
            return Err(table.mark(error, row.fields, ACCOUNT, None, 0..length, allowed));
        };
        for (column, cell) in wanted.iter().enumerate() {
            let text = row.fields[column].text(&table.source);
            if text.as_ref() != cell.as_bytes() {
                let name = SHARES_HEADER.split(',').nth(column).unwrap_or_default();
                let message = format!("{name} is not what the events made it");
                let error = Diagnostic::bad_input("shares-not-from-events", message, help);
                let length = row.fields[column].end - row.fields[column].start;
                let (id, allowed) = (Some(ACCOUNT), fit(cell, 64));
                return Err(table.mark(error, row.fields, column, id, 0..length, allowed));
            }
        }
    }
    let Some(missing) = expected.next() else { return Ok(()) };
    let account = visible(&missing[ACCOUNT]).into_owned();
    let message =
        format!("the share of {account} is missing: {} rows of {}", shares.rows, rows.len());
    let at = table.source.place(table.source.len());
    Err(Diagnostic::bad_input("shares-not-from-events", message, help).at(at))
}
