//! The history of a feed: a ring of cells, each the sum of value times milliseconds, from which
//! the mean over any window of whole cells is exact.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use super::{Feed, PriceError, Quality, Value};
use crate::ids::{FeedId, Time};

/// One cell of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Cell {
    /// Which: time divided by the length of a cell.
    number: u64,
    /// Value times milliseconds, over the covered part.
    sum: u128,
    /// How many milliseconds are covered.
    covered: u64,
}

/// The ring, filled as time passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct History {
    cells: Vec<Cell>,
}

/// The shape of a ring: the length of a cell, and how many there are.
pub(super) type Shape = (u64, u64);

impl History {
    /// The value stood from `from` to `until`.
    pub(super) fn stood(&mut self, value: Value, from: Time, until: Time, (cell, count): Shape) {
        if until <= from {
            return;
        }
        let size = usize::try_from(count).unwrap_or(1).max(1);
        self.cells.resize(size, Cell::default());
        let last = (until.0 - 1) / cell;
        // Cells that the ring would forget at once are passed over.
        let kept = if last < count { 0 } else { last + 1 - count };
        let first = (from.0 / cell).max(kept);
        for number in first..=last {
            let slot = &mut self.cells[place(number, size)];
            if slot.number != number {
                *slot = Cell { number, ..Cell::default() };
            }
            let millis = overlap((from.0, until.0), (number * cell, cell));
            slot.covered += millis;
            slot.sum += u128::from(value.units()) * u128::from(millis);
        }
    }

    /// The cell `number`; an empty one where nothing was kept in it, nothing where it is
    /// forgotten.
    fn cell(&self, number: u64) -> Option<Cell> {
        let empty = Cell { number, ..Cell::default() };
        let Some(slot) = self.cells.get(place(number, self.cells.len().max(1))) else {
            return Some(empty);
        };
        match slot.number {
            found if found == number => Some(*slot),
            found if found > number => None,
            _ => Some(empty),
        }
    }
}

/// The place of a cell in a ring of `size` cells, above zero.
fn place(number: u64, size: usize) -> usize {
    let size = u64::try_from(size).unwrap_or(1);
    usize::try_from(number % size).unwrap_or(0)
}

/// How many milliseconds of `from..until` lie in the span that begins at `start`.
pub(super) fn overlap((from, until): (u64, u64), (start, length): (u64, u64)) -> u64 {
    let (first, end) = (from.max(start), until.min(Time(start).after(length).0));
    end - first.min(end)
}

/// The mean over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Average {
    /// The mean of what is covered, rounded down.
    pub value: Value,
    /// How many milliseconds of the window are covered by values of settlement quality.
    pub covered: u64,
    /// How many milliseconds the window has.
    pub length: u64,
}

/// Why there is no mean over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum NoAverage {
    /// There is no such feed.
    UnknownFeed { feed: FeedId },
    /// It ends before it begins, or at once.
    Empty { from: Time, to: Time },
    /// An end does not stand on a cell.
    OffCells { from: Time, to: Time, cell: u64 },
    /// It is not over.
    NotOver { to: Time, now: Time },
    /// It reaches further back than the history.
    Forgotten { from: Time },
    /// A part of it was declared wrong.
    DeclaredWrong { from: Time, to: Time },
    /// Nothing in it had settlement quality.
    Uncovered { from: Time, to: Time },
}

impl NoAverage {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownFeed { .. } => "unknown-feed",
            Self::Empty { .. } => "window-empty",
            Self::OffCells { .. } => "window-off-cells",
            Self::NotOver { .. } => "window-not-over",
            Self::Forgotten { .. } => "window-forgotten",
            Self::DeclaredWrong { .. } => "window-declared-wrong",
            Self::Uncovered { .. } => "window-uncovered",
        }
    }
}

impl fmt::Display for NoAverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFeed { feed } => write!(f, "there is no feed {feed}"),
            Self::Empty { from, to } => write!(f, "a window from {from} to {to} is empty"),
            Self::OffCells { from, to, cell } => {
                write!(f, "a window begins and ends on cells of {cell} ms, not {from} to {to}")
            }
            Self::NotOver { to, now } => write!(f, "the window ends at {to}, it is {now}"),
            Self::Forgotten { from } => write!(f, "the history does not reach back to {from}"),
            Self::DeclaredWrong { from, to } => {
                write!(f, "values from {from} to {to} were declared wrong")
            }
            Self::Uncovered { from, to } => {
                write!(f, "nothing from {from} to {to} had settlement quality")
            }
        }
    }
}

impl Feed {
    pub(super) fn average(&self, from: Time, to: Time, now: Time) -> Result<Average, NoAverage> {
        let params = &self.spec.params;
        let cell = params.window_cell;
        if to <= from {
            return Err(NoAverage::Empty { from, to });
        }
        if !from.0.is_multiple_of(cell) || !to.0.is_multiple_of(cell) {
            return Err(NoAverage::OffCells { from, to, cell });
        }
        if to > now {
            return Err(NoAverage::NotOver { to, now });
        }
        let wrong = |error: &&PriceError| error.from < to && from <= error.to;
        if let Some(error) = self.errors.iter().find(wrong) {
            return Err(NoAverage::DeclaredWrong { from: error.from, to: error.to });
        }
        let (first, end) = (from.0 / cell, to.0 / cell);
        if end - first > params.window_cells {
            return Err(NoAverage::Forgotten { from });
        }
        let (mut sum, mut covered) = self.since_last_report((from, to), now);
        for number in first..end {
            let kept = self.history.cell(number).ok_or(NoAverage::Forgotten { from })?;
            (sum, covered) = (sum + kept.sum, covered + kept.covered);
        }
        match sum.checked_div(u128::from(covered)) {
            Some(mean) => {
                Ok(Average { value: Value::at_most(mean), covered, length: to.0 - from.0 })
            }
            None => Err(NoAverage::Uncovered { from, to }),
        }
    }

    /// What the value of the last report adds to a window: it is kept with the next report.
    fn since_last_report(&self, (from, to): (Time, Time), now: Time) -> (u128, u64) {
        let Some(walk) = self.walk.filter(|walk| walk.quality == Quality::Settlement) else {
            return (0, 0);
        };
        let until = walk.at.after(self.spec.params.max_age).min(now);
        let millis = overlap((walk.at.0, until.0), (from.0, to.0 - from.0));
        (u128::from(walk.value().units()) * u128::from(millis), millis)
    }
}
