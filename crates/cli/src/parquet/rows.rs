//! The rows of a file as lines of CSV.

use super::page::{Budget, Cells, MOST_TEXT, TOO_MUCH, cells};
use super::value::field;
use super::{Fault, Read, footer};

/// The most values that are held at once: those of a group of rows.
const MOST_VALUES: usize = 1 << 25;
/// The most bytes that all pages may unpack to: each is held alone, so this bounds the time.
const MOST_UNPACKED: usize = 1 << 33;

/// The header, then a line for each row.
pub fn csv(bytes: &[u8]) -> Read<Vec<u8>> {
    let (file, footer) = footer::read(bytes)?;
    let columns = &footer.columns;
    let mut out = Vec::new();
    line(&mut out, columns.iter().map(|column| quoted(column.name.as_bytes())))?;
    let mut budget = Budget(MOST_UNPACKED);
    for group in &footer.groups {
        let values = group.rows.checked_mul(columns.len());
        if values.is_none_or(|values| values > MOST_VALUES) {
            return Err(Fault::TooLarge("more than 2^25 values in a group of rows"));
        }
        let read = |(column, chunk): (&footer::Column, _)| {
            cells(file, column, chunk, &mut budget).map_err(|fault| fault.of(&column.name))
        };
        let found = columns.iter().zip(&group.chunks).map(read).collect::<Read<Vec<Cells>>>()?;
        for row in 0..group.rows {
            line(&mut out, found.iter().map(|of| of.get(row)))?;
        }
    }
    Ok(out)
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, name);
    out
}

fn line(out: &mut Vec<u8>, fields: impl Iterator<Item = impl AsRef<[u8]>>) -> Read<()> {
    let (from, mut count) = (out.len(), 0);
    for field in fields {
        if count > 0 {
            out.push(b',');
        }
        out.extend(field.as_ref());
        count += 1;
        if out.len() > MOST_TEXT {
            return Err(TOO_MUCH);
        }
    }
    // A line with nothing on it is no row.
    if count == 1 && out.len() == from {
        out.extend(b"\"\"");
    }
    out.push(b'\n');
    Ok(())
}
