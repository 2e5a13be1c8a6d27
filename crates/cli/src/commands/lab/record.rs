//! The files of the published record: numbers by the name of their column, as they were printed.

use std::path::{Path, PathBuf};

use crate::amount_text::{AmountFormat, ExcessDigits};
use crate::diagnostic::Diagnostic;
use crate::table::Table;
use crate::terminal::fit;

/// The folder of the record: `folder`, or the one named `oct10` in it.
pub(super) fn folder(folder: &Path) -> PathBuf {
    let inside = folder.join("oct10");
    if inside.is_dir() { inside } else { folder.to_owned() }
}

/// The file of the record with that name, which ends in `.csv`; else as Parquet.
pub(super) fn file(folder: &Path, name: &str) -> PathBuf {
    let (csv, parquet) = (folder.join(name), folder.join(name).with_extension("parquet"));
    if !csv.exists() && parquet.exists() { parquet } else { csv }
}

/// The columns `names` of a file, row by row.
pub(super) fn numbers(path: &Path, names: &[String]) -> Result<Vec<Vec<f64>>, Diagnostic> {
    let table = Table::read(path)?;
    let places: Result<Vec<usize>, Diagnostic> =
        names.iter().map(|name| column(&table, name)).collect();
    let places = places?;
    let mut rows = table.rows();
    let mut found = Vec::new();
    // Only for the words of an error about a row's length.
    let format = AmountFormat { decimals: 2, excess: ExcessDigits::Refuse };
    while let Some(row) = rows.next()? {
        match row {
            Ok(row) => {
                let read = |place: &usize| {
                    let raw = String::from_utf8_lossy(row.fields[*place].raw(&table.source));
                    number(&raw).ok_or_else(|| {
                        let span = 0..raw.len();
                        let error = Diagnostic::bad_input(
                            "record-no-number",
                            format!("{} is no number", fit(&table.header[*place], 64)),
                            "take the file as its authors published it.",
                        );
                        let allowed = "a decimal number, an exponent included".to_owned();
                        table.mark(error, row.fields, *place, None, span, allowed)
                    })
                };
                found.push(places.iter().map(read).collect::<Result<Vec<f64>, Diagnostic>>()?);
            }
            Err(fault) => {
                return Err(table.diagnostic(&fault, rows.fields(), None, format));
            }
        }
    }
    if found.is_empty() {
        let message = "the file has no rows";
        let help = "take the file as its authors published it.";
        return Err(
            Diagnostic::bad_input("record-empty", message, help).at(table.source.name.clone())
        );
    }
    Ok(found)
}

fn column(table: &Table, name: &str) -> Result<usize, Diagnostic> {
    let mut places = (0..).zip(&table.header).filter(|(_, of)| *of == name).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (found, _) => {
            let what = if found.is_some() { "is there twice" } else { "is missing" };
            Err(Diagnostic::bad_input(
                "record-column",
                format!("the column {name} {what}"),
                "take the file as its authors published it.",
            )
            .at(table.source.name.clone()))
        }
    }
}

fn number(text: &str) -> Option<f64> {
    // Words that Rust reads as numbers, as inf and NaN, are none here.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_as_the_files_print_them() {
        let cases = [
            ("1.0", Some(1.0)),
            ("2.158e-05", Some(0.00002158)),
            ("-3.5", Some(-3.5)),
            ("", None),
            ("NaN", None),
            ("inf", None),
            ("1e999", None),
            ("1,0", None),
            ("0x10", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
