//! Tables for programs and spreadsheets, by RFC 4180 with line feeds.
//!
//! A field is quoted only where it must be: when it holds a comma, a quote, a line break, or a
//! space at an end. Nothing else is changed, **also not ids that a spreadsheet would take for a
//! formula** (`=1+1`, `@x`): `shares.csv` is what `rhodian explain` and an auditor read back, and
//! an id that comes back altered is another account. [`formula_like`] counts such rows, and a door
//! says so; no amount can be mistaken for one, since none is negative.

use core::fmt::{self, Write};

use crate::model::{Asset, Report, ShareRow};
use crate::money::Money;

/// The columns of `shares.csv`, in order.
pub const SHARES_HEADER: &str =
    "loss_id,episode,step,layer,account,rule,weight,cap,share,exact_num,exact_den,class";

/// Every share as `shares.csv`. `weight`, `cap` and `share` are in units of the asset with all
/// its decimals; `exact_num / exact_den` is the share before rounding, in atoms; `class`
/// is empty where the layer has no priority classes.
#[must_use]
pub fn shares(report: &Report) -> String {
    let mut out = String::with_capacity(64 + report.shares.len() * 96);
    // Writing to a string cannot fail.
    let _ = write_shares(&mut out, &report.summary.asset, &report.shares);
    out
}

/// As [`shares`], written piece by piece.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_shares(out: &mut impl Write, asset: &Asset, rows: &[ShareRow]) -> fmt::Result {
    let money = Money::new(asset.decimals);
    writeln!(out, "{SHARES_HEADER}")?;
    for row in rows {
        write_field(out, &row.loss_id)?;
        write!(out, ",{},{},", row.episode, row.step)?;
        write_field(out, &row.layer)?;
        out.write_char(',')?;
        write_field(out, &row.account)?;
        out.write_char(',')?;
        write_field(out, &row.rule)?;
        for amount in [row.weight, row.cap, row.share] {
            write!(out, ",{}", money.plain(amount.atoms()))?;
        }
        write!(out, ",{},{},", row.exact_num, row.exact_den)?;
        if let Some(class) = row.class {
            write!(out, "{class}")?;
        }
        out.write_char('\n')?;
    }
    Ok(())
}

/// Any table: a heading and rows of as many fields.
///
/// ```
/// use rhodian_report::csv::table;
/// let rows = [vec!["0x9f, 21".to_owned(), "say \"5\"".to_owned()]];
/// assert_eq!(table(&["id", "note"], &rows), "id,note\n\"0x9f, 21\",\"say \"\"5\"\"\"\n");
/// ```
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let mut line = |fields: &mut dyn Iterator<Item = &str>| {
        for (index, field) in fields.enumerate() {
            if index > 0 {
                out.push(',');
            }
            // Writing to a string cannot fail.
            let _ = write_field(&mut out, field);
        }
        out.push('\n');
    };
    line(&mut header.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    out
}

/// Writes one field, quoted where it must be.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_field(out: &mut impl Write, field: &str) -> fmt::Result {
    let edges = field.starts_with(' ') || field.ends_with(' ');
    if !edges && !field.contains([',', '"', '\n', '\r']) {
        return out.write_str(field);
    }
    out.write_char('"')?;
    for (index, part) in field.split('"').enumerate() {
        if index > 0 {
            out.write_str("\"\"")?;
        }
        out.write_str(part)?;
    }
    out.write_char('"')
}

/// How many rows have an account, a layer or a loss whose name a spreadsheet would run as a
/// formula.
#[must_use]
pub fn formula_like(rows: &[ShareRow]) -> usize {
    let runs = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    rows.iter().filter(|row| runs(&row.account) || runs(&row.layer) || runs(&row.loss_id)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> String {
        let mut out = String::new();
        write_field(&mut out, text).expect("a string takes everything");
        out
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let cases = [
            ("0x9f21", "0x9f21"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("\"", "\"\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" edge", "\" edge\""),
            ("inner space", "inner space"),
            ("=1+1", "=1+1"),
            ("株式", "株式"),
        ];
        for (text, expected) in cases {
            assert_eq!(field(text), expected);
        }
    }
}
