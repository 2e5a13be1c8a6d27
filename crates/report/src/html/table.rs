//! Tables of a page: the figures beside each chart.

use crate::markup::Markup;

/// A column's heading and how it is set.
#[derive(Clone, Copy)]
pub(super) enum Column<'a> {
    /// Text, set left, may wrap.
    Text(&'a str),
    /// Longer text, with room for a few words a line.
    Words(&'a str),
    /// Figures that a narrow screen leaves out.
    Extra(&'a str),
    /// Ids, set left in a fixed-width face.
    Id(&'a str),
    /// Figures, set right, never wrapped.
    Number(&'a str),
}

impl<'a> Column<'a> {
    const fn heading(self) -> &'a str {
        match self {
            Self::Text(name) | Self::Words(name) | Self::Id(name) => name,
            Self::Number(name) | Self::Extra(name) => name,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Text(_) => "t",
            Self::Words(_) | Self::Id(_) => "t w",
            Self::Number(_) => "n",
            Self::Extra(_) => "n x",
        }
    }
}

/// A row: its class in the style sheet (may be empty) and its cells.
pub(super) type Row = (&'static str, Vec<Cell>);

/// What stands in one cell.
#[derive(Default)]
pub(super) struct Cell {
    text: String,
    below: String,
}

impl Cell {
    /// A cell with a smaller line below its text.
    pub(super) const fn with_below(text: String, below: String) -> Self {
        Self { text, below }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, below: String::new() }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// A row whose cells are text.
pub(super) fn row(class: &'static str, cells: Vec<String>) -> Row {
    (class, cells.into_iter().map(Cell::from).collect())
}

/// The most rows a printed table keeps on one page.
const ONE_PAGE: usize = 16;

/// Writes a table. The first cell of each row names it. A wide table scrolls by itself and can
/// be reached with the keyboard.
pub(super) fn write(out: &mut Markup, caption: &str, columns: &[Column<'_>], rows: &[Row]) {
    let region =
        [("class", "scroll"), ("role", "region"), ("aria-label", caption), ("tabindex", "0")];
    out.el("div", &region, |scroll| {
        let length = [("class", if rows.len() > ONE_PAGE { "long" } else { "short" })];
        scroll.el("table", &length, |table| {
            table.put("caption", &[], caption);
            table.el("thead", &[], |head| {
                head.el("tr", &[], |row| {
                    for column in columns {
                        let with = [("scope", "col"), ("class", column.class())];
                        row.put("th", &with, column.heading());
                    }
                });
            });
            table.el("tbody", &[], |body| {
                for (class, cells) in rows {
                    let with = [("class", *class)];
                    let with = if class.is_empty() { &[][..] } else { &with[..] };
                    body.el("tr", with, |row| {
                        for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
                            write_cell(row, *column, cell, index == 0);
                        }
                    });
                }
            });
        });
    });
}

fn write_cell(row: &mut Markup, column: Column<'_>, cell: &Cell, names_the_row: bool) {
    let class = ("class", column.class());
    let fill = |inner: &mut Markup| {
        match column {
            Column::Id(_) => inner.put("code", &[], &cell.text),
            _ => inner.text(&cell.text),
        }
        if !cell.below.is_empty() {
            inner.put("small", &[], &cell.below);
        }
    };
    if names_the_row {
        row.el("th", &[("scope", "row"), class], fill);
    } else {
        row.el("td", &[class], fill);
    }
}
