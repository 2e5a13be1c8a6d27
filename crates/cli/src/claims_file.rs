//! A claims file as typed columns, with everything a row may get wrong refused by place.

use std::borrow::Cow;
use std::ops::Range;

use rhodian_core::allocation::{Claims, Rule};
use rhodian_core::bounds::{MAX_CLAIMS, MAX_TOTAL, RISK_UNIT};
use rhodian_core::units::Amount;

use crate::amount_column::AmountColumn;
use crate::amount_text::AmountFormat;
use crate::diagnostic::Diagnostic;
use crate::id_order::{DoubledId, Ids};
use crate::rules::rule_info;
use crate::side_by_side::{both, threads};
use crate::table::{Role, Row, RowFault, Table};
use crate::terminal::{Progress, fit};

/// The names of the columns as asked for; nothing takes the default name of the role.
#[derive(Clone, Debug, Default)]
pub struct ColumnNames {
    /// Who.
    pub id: Option<String>,
    /// The most he may pay.
    pub cap: Option<String>,
    /// His weight; where the file has no such column, the cap.
    pub weight: Option<String>,
    /// His place in the queue.
    pub score: Option<String>,
    /// His risk factor.
    pub risk: Option<String>,
    /// His priority class; where the file has no such column, all are of one class.
    pub class: Option<String>,
}

/// Where each column stands that is read.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    id: usize,
    cap: usize,
    weight: Option<usize>,
    score: Option<usize>,
    risk: Option<usize>,
    class: Option<usize>,
}

impl Columns {
    fn find(table: &Table, names: &ColumnNames, rule: Rule) -> Result<Self, Diagnostic> {
        let name = |asked: &Option<String>, role: Role| -> String {
            asked.clone().unwrap_or_else(|| role.name().to_owned())
        };
        let require = |asked: &Option<String>, role| table.require(role, &name(asked, role));
        // A column that may be missing is missed only where it was asked for by name.
        let find = |asked: &Option<String>, role| match asked {
            Some(name) => table.require(role, name).map(Some),
            None => table.find(role, role.name()),
        };
        let (weighs, queues, risks) = rule_info(rule).reads;
        Ok(Self {
            id: require(&names.id, Role::Id)?,
            cap: require(&names.cap, Role::Cap)?,
            weight: if weighs { find(&names.weight, Role::Weight)? } else { None },
            score: if queues { Some(require(&names.score, Role::Score)?) } else { None },
            risk: if risks { Some(require(&names.risk, Role::Risk)?) } else { None },
            class: find(&names.class, Role::Class)?,
        })
    }

    fn reads(&self, column: usize) -> bool {
        column == self.id
            || column == self.cap
            || [self.weight, self.score, self.risk, self.class].contains(&Some(column))
    }
}

/// The cells that are read, as columns in row order. One that the rule does not read stays empty.
#[derive(Debug, Default)]
struct Cells {
    ids: Ids,
    caps: AmountColumn,
    weights: AmountColumn,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
}

impl Cells {
    /// Reads every row; the first fault is told with its place and how many more are like it.
    ///
    /// Parts of the file are read side by side. Faults are rare, so where any part has one the
    /// whole is read again in order to tell it.
    fn read(table: &Table, columns: Columns, format: AmountFormat) -> Result<Self, Diagnostic> {
        let parts = table.parts(threads());
        let read = |part| Self::read_part(table, columns, format, part);
        let cells = if parts.len() > 1 { side_by_side(&parts, &read) } else { None };
        let cells = match cells {
            Some(cells) => cells,
            None => read(table.all_rows())?,
        };
        match cells.ids.len() {
            0 => Err(none(table)),
            found if found > usize::try_from(MAX_CLAIMS).unwrap_or(usize::MAX) => {
                Err(too_many(table))
            }
            _ => Ok(cells),
        }
    }

    fn read_part(
        table: &Table,
        columns: Columns,
        format: AmountFormat,
        part: Range<usize>,
    ) -> Result<Self, Diagnostic> {
        // The first part has the others joined to it.
        let room =
            if part.start == table.all_rows().start { table.all_rows() } else { part.clone() };
        let mut cells = Self::with_room(columns, table.room(room));
        let mut rows = table.rows_in(part);
        let mut first: Option<(RowFault, Diagnostic)> = None;
        loop {
            let fault = match rows.next()? {
                None => break,
                Some(Ok(row)) => cells.push(&row, columns, format).err(),
                Some(Err(fault)) => Some(fault),
            };
            match (fault, &mut first) {
                (None, _) => {}
                (Some(fault), Some((earlier, told))) => {
                    told.more += usize::from(earlier.is_like(&fault));
                }
                (Some(fault), None) => {
                    let id = Some(columns.id).filter(|_| fault != RowFault::Length);
                    let told = table.diagnostic(&fault, rows.fields(), id, format);
                    first = Some((fault, told));
                }
            }
        }
        first.map_or(Ok(cells), |(_, told)| Err(told))
    }

    /// No cells, with room for so many rows in the columns that every file fills.
    fn with_room(columns: Columns, rows: usize) -> Self {
        let weights = if columns.weight.is_some() { rows } else { 0 };
        Self {
            ids: Ids::with_room(rows),
            caps: AmountColumn::with_room(rows),
            weights: AmountColumn::with_room(weights),
            ..Self::default()
        }
    }

    /// Adds the rows of the next part.
    fn append(&mut self, mut next: Self) {
        self.ids.append(next.ids);
        self.caps.append(next.caps);
        self.weights.append(next.weights);
        self.scores.append(&mut next.scores);
        self.risks.append(&mut next.risks);
        self.classes.append(&mut next.classes);
    }

    /// Adds a row; where one of its cells is faulty the claims are not used, so what was added
    /// of it before does no harm.
    #[inline]
    fn push(
        &mut self,
        row: &Row<'_>,
        columns: Columns,
        format: AmountFormat,
    ) -> Result<(), RowFault> {
        match row.id(columns.id)? {
            Cow::Borrowed(id) => self.ids.push_range(row.fields[columns.id].start, id),
            Cow::Owned(id) => self.ids.push_owned(&id),
        }
        self.caps.push(row.amount(Role::Cap, columns.cap, format)?);
        if let Some(column) = columns.weight {
            self.weights.push(row.amount(Role::Weight, column, format)?);
        }
        if let Some(column) = columns.score {
            self.scores.push(row.score(column)?);
        }
        if let Some(column) = columns.risk {
            self.risks.push(row.risk(column, format)?);
        }
        if let Some(column) = columns.class {
            self.classes.push(row.class(column)?);
        }
        Ok(())
    }
}

/// The columns in dense order, as the core takes them.
#[derive(Debug, Default)]
struct Dense {
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
}

impl Dense {
    /// Puts the columns into order, where rows do not stand in it already. Takes the cells apart,
    /// so that their memory is there again for what comes.
    fn of(cells: Cells, order: Option<&[u32]>) -> (Ids, Self) {
        let Cells { ids, caps, weights, scores, risks, classes } = cells;
        let (caps, weights) = both(ids.len(), || caps.in_order(order), || weights.in_order(order));
        let dense = match order {
            None => Self { caps, weights, scores, risks, classes },
            Some(order) => Self {
                caps,
                weights,
                scores: in_order(order, &scores),
                risks: in_order(order, &risks),
                classes: in_order(order, &classes),
            },
        };
        (ids, dense)
    }
}

/// Reads parts side by side and joins them in order; nothing where one of them has a fault.
fn side_by_side(
    parts: &[Range<usize>],
    read: &(impl Fn(Range<usize>) -> Result<Cells, Diagnostic> + Sync),
) -> Option<Cells> {
    std::thread::scope(|scope| {
        let readers: Vec<_> = parts.iter().map(|part| scope.spawn(|| read(part.clone()))).collect();
        readers
            .into_iter()
            // A reader does not panic; were it to, the reading in order would tell.
            .map(|reader| reader.join().ok().and_then(Result::ok))
            .reduce(|before, next| {
                let (mut cells, next) = (before?, next?);
                cells.append(next);
                Some(cells)
            })
            .flatten()
    })
}

fn too_many(table: &Table) -> Diagnostic {
    let message = format!("there are more than {MAX_CLAIMS} claims");
    Diagnostic::bad_input("claims-too-many", message, "divide the loss over fewer claims.")
        .at(table.source.name.clone())
}

fn none(table: &Table) -> Diagnostic {
    let help = "give one row for each claim under the header.";
    Diagnostic::bad_input("claims-none", "there are no claims", help).at(table.source.name.clone())
}

fn doubled_id(table: &Table, columns: Columns, doubled: DoubledId) -> Diagnostic {
    let place = |row| table.fields_of(row);
    let (first, second) = match (place(doubled.first), place(doubled.second)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    let column = columns.id;
    let line = table.source.line_words(first[column].start);
    let help = "merge the rows of one claimant, or give them ids of their own.";
    let mut error = Diagnostic::bad_input("claims-doubled-id", "id stands twice", help);
    error.more = doubled.more;
    let length = second[column].end - second[column].start;
    let allowed = format!("every id once, it is on {line} already");
    table.mark(error, &second, column, Some(column), 0..length, allowed)
}

/// How many ignored columns are named.
const NAMED: usize = 8;

/// The claims of a file: columns in dense order (byte order of the ids), and the way back to the
/// order of the rows.
#[derive(Debug)]
pub struct ClaimsFile {
    table: Table,
    columns: Columns,
    ids: Ids,
    dense: Dense,
    /// The row of each dense id; nothing where rows stand in that order.
    order: Option<Vec<u32>>,
}

impl ClaimsFile {
    /// Reads every row, then orders the claims.
    pub fn read(
        table: Table,
        names: &ColumnNames,
        rule: Rule,
        format: AmountFormat,
        progress: &mut Progress,
    ) -> Result<Self, Diagnostic> {
        let columns = Columns::find(&table, names, rule)?;
        progress.doing_with("reading", || table.about_rows());
        let cells = Cells::read(&table, columns, format)?;
        progress.doing("ordering", cells.ids.len());
        let ordered = cells.ids.byte_order(table.source.text());
        let order = ordered.map_err(|doubled| doubled_id(&table, columns, doubled))?;
        let (ids, dense) = Dense::of(cells, order.as_deref());
        Ok(Self { table, columns, ids, dense, order })
    }

    /// How many claims there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none; never true of a file that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The columns in dense order, for the core.
    #[must_use]
    pub fn claims(&self) -> Claims<'_> {
        Claims {
            caps: &self.dense.caps,
            weights: if self.columns.weight.is_some() {
                &self.dense.weights
            } else {
                &self.dense.caps
            },
            scores: &self.dense.scores,
            risks: &self.dense.risks,
            classes: &self.dense.classes,
        }
    }

    /// Whether priority classes were read.
    #[must_use]
    pub fn has_classes(&self) -> bool {
        self.columns.class.is_some()
    }

    /// The priority classes there are, lowest first; none where no classes were read.
    #[must_use]
    pub fn classes(&self) -> Vec<u32> {
        let mut classes = self.dense.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The name the file is cited by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.table.source.name
    }

    /// The id of a row: UTF-8, as the source is.
    #[must_use]
    #[inline]
    pub fn id_of_row(&self, row: usize) -> &[u8] {
        self.ids.get(self.table.source.text(), row)
    }

    /// The id of a row as text.
    #[must_use]
    pub fn id_text(&self, row: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.id_of_row(row))
    }

    /// Whether no id can hold a quote or a comma, as in a file without quotes.
    #[must_use]
    pub fn ids_are_plain(&self) -> bool {
        !self.table.source.has_quotes()
    }

    /// The error of weights times risks that sum above 10^38, at the row where the sum passes it.
    #[must_use]
    pub fn weights_above_bound(&self) -> Diagnostic {
        let weights = self.claims().weights;
        let risk = |index: usize| self.dense.risks.get(index).copied().unwrap_or(RISK_UNIT);
        // At most 10^30 x 10^12 each, which 128 bits do not hold: above the bound is enough.
        let products: Vec<u128> = (0..self.len())
            .map(|index| weights[index].atoms().saturating_mul(u128::from(risk(index))))
            .collect();
        let mut sum = 0u128;
        let passes = self.to_row_order(products).iter().position(|product| {
            sum = sum.saturating_add(*product);
            sum > MAX_TOTAL
        });
        let row = passes.unwrap_or(0);
        let fields = match self.table.fields_of(row) {
            Ok(fields) => fields,
            Err(error) => return error,
        };
        let error = Diagnostic::bad_input(
            "claims-weights-above-bound",
            "weights times risks sum to more than can be divided",
            "scale the risk factors down: only their ratios count.",
        );
        let column = self.columns.weight.unwrap_or(self.columns.cap);
        let length = fields[column].raw(&self.table.source).len();
        let allowed = "10^38 in all, in atoms times millionths".to_owned();
        self.table.mark(error, &fields, column, Some(self.columns.id), 0..length, allowed)
    }

    /// A column of results from dense order to the order of the rows.
    #[must_use]
    pub fn to_row_order<T: Copy + Default>(&self, dense: Vec<T>) -> Vec<T> {
        let Some(order) = &self.order else { return dense };
        let mut rows = vec![T::default(); dense.len()];
        for (row, value) in order.iter().zip(dense) {
            rows[usize::try_from(*row).unwrap_or(0)] = value;
        }
        rows
    }

    /// The cap of each row, in the order of the rows.
    #[must_use]
    pub fn caps_in_row_order(&self) -> Vec<Amount> {
        self.to_row_order(self.dense.caps.clone())
    }

    /// The columns that no one reads, as a remark; nothing where there are none.
    #[must_use]
    pub fn ignored_columns(&self) -> Option<String> {
        let header = self.table.header.iter().enumerate();
        let names: Vec<String> = header
            .filter(|(index, _)| !self.columns.reads(*index))
            .map(|(index, name)| match name.trim() {
                "" => format!("{} (without a name)", index + 1),
                _ => fit(name, 40),
            })
            .collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("column {one} is not read")),
            [first @ .., last] if first.len() < NAMED => {
                Some(format!("columns {}, {last} are not read", first.join(", ")))
            }
            many => {
                let (named, more) = (many[..NAMED].join(", "), many.len() - NAMED);
                Some(format!("columns {named} and {more} more are not read"))
            }
        }
    }
}

/// A column in the given order; an empty one stays empty.
fn in_order<T: Copy>(order: &[u32], column: &[T]) -> Vec<T> {
    // Where the column is empty, no row is in it.
    order.iter().filter_map(|row| column.get(usize::try_from(*row).ok()?).copied()).collect()
}
