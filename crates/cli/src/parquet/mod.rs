//! Tables as Parquet files: what experiments write for polars, DuckDB and pandas, and what these
//! write, read wherever a table is read.
//!
//! A file that is read becomes the CSV text that it stands for, and goes on through the door that
//! CSV takes: one set of rules for columns, amounts and faults, whatever the file was. Whole
//! numbers and decimals are written out in all their digits. A float is written as the shortest
//! decimal that is the same float; from 2^53 on, where floats leave whole numbers out, as `~1e18`,
//! which is no number at any door. Moments are milliseconds since 1970, days are `2025-10-10`,
//! what is not there is an empty field.
//!
//! Read are flat columns, pages of both versions, the encodings that the usual programs choose by
//! themselves, and their compressions: none, Snappy, zstd. Whatever else a file may have is refused
//! with the name of its column. Nothing is believed: every length is checked against the bytes that
//! are there, and what a few bytes can unfold to is bounded, so that a file can be refused and
//! cannot do harm.

mod footer;
mod packed;
mod page;
mod rows;
mod thrift;
mod value;
mod write;

pub use write::file;

use crate::diagnostic::Diagnostic;

/// How a file of the format begins and ends.
const MAGIC: &[u8] = b"PAR1";

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    /// What no file of the format has.
    Damaged(&'static str),
    /// What the format has and is not read here; whose it is comes before it.
    Unread(String),
    /// More than is held in memory at once.
    TooLarge(&'static str),
    /// One of these, of a column.
    Of(String, Box<Fault>),
}

type Read<T> = Result<T, Fault>;

impl Fault {
    /// The same, of the column of that name.
    fn of(self, column: &str) -> Self {
        Self::Of(column.to_owned(), Box::new(self))
    }
}

/// Whether these are the bytes of a Parquet file.
#[must_use]
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The CSV text of a file: a header, a line for each row.
///
/// ```
/// use rhodian_cli::parquet::{csv, file};
/// let bytes = file("id,cap", &["alice,12".to_owned(), "bob,".to_owned()], &[]);
/// assert_eq!(csv("claims.parquet", &bytes).unwrap(), b"id,cap\nalice,12\nbob,\n");
/// let cut = csv("claims.parquet", &bytes[..40]).unwrap_err();
/// assert_eq!(cut.code, "parquet-damaged");
/// ```
pub fn csv(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    rows::csv(bytes).map_err(|fault| told(name, &fault))
}

fn told(name: &str, fault: &Fault) -> Diagnostic {
    let (column, fault) = match fault {
        Fault::Of(column, fault) => (Some(column), &**fault),
        fault => (None, fault),
    };
    let (code, message, help) = match fault {
        Fault::Damaged(what) => (
            "parquet-damaged",
            format!("the Parquet file is damaged: {what}"),
            "write it anew.".to_owned(),
        ),
        Fault::Unread(what) => (
            "parquet-not-read",
            format!("the Parquet file has {what}, which is not read"),
            "write it anew without: duckdb -c \"copy (select id, cap from 'a.parquet') to \
             'b.parquet'\"."
                .to_owned(),
        ),
        Fault::TooLarge(what) => (
            "parquet-too-large",
            format!("the Parquet file has {what}"),
            "write it as CSV: duckdb -c \"copy 'a.parquet' to 'a.csv'\".".to_owned(),
        ),
        // Of a column once: no fault is put into another twice.
        Fault::Of(..) => {
            ("parquet-damaged", "the Parquet file is damaged".to_owned(), String::new())
        }
    };
    let name = crate::terminal::visible(name);
    let column = column.map(|column| format!(", column {}", crate::terminal::fit(column, 40)));
    Diagnostic::bad_input(code, message, help).at(format!("{name}{}", column.unwrap_or_default()))
}
