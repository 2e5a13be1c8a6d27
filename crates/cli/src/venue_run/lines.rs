//! Lines and tables for the eye.

use rhodian_report::safe::{columns, left, right};

/// Lines of at most 96 columns; those after the first are set in.
pub(super) fn wrapped(line: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if columns(last) + 1 + columns(word) <= 96 => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Rows under a heading; the first column is set left, figures right.
pub(super) fn grid(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| columns(&row[at]));
        cells.chain([columns(head[at])]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = String::new();
    let heading: Vec<String> = head.iter().map(|word| (*word).to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(
            |(at, (cell, width))| {
                if at == 0 { left(cell, *width) } else { right(cell, *width) }
            },
        );
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}
