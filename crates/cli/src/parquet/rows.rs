//! The rows of a file as lines of CSV.

use super::page::{Budget, Cells, TOO_MUCH, cells};
use super::value::field;
use super::{Fault, Read, footer};

/// The most that a file may take.
const MOST: Budget = Budget { text: 1 << 30, values: 1 << 25, work: 1 << 33 };

/// The header, then a line for each row.
pub fn csv(bytes: &[u8]) -> Read<Vec<u8>> {
    within(&MOST, bytes)
}

fn within(most: &Budget, bytes: &[u8]) -> Read<Vec<u8>> {
    let (file, footer) = footer::read(bytes)?;
    let columns = &footer.columns;
    let mut out = Vec::new();
    line(&mut out, most.text, columns.iter().map(|column| quoted(column.name.as_bytes())))?;
    let mut budget = most.clone();
    for group in &footer.groups {
        let values = group.rows.checked_mul(columns.len());
        if values.is_none_or(|values| values > most.values) {
            return Err(Fault::TooLarge("more than 2^25 values in a group of rows"));
        }
        // The fields of a group are held beside its lines, and no longer.
        budget.text = most.text.checked_sub(out.len()).ok_or(TOO_MUCH)?;
        let read = |(column, chunk): (&footer::Column, _)| {
            cells(file, column, chunk, &mut budget).map_err(|fault| fault.of(&column.name))
        };
        let found = columns.iter().zip(&group.chunks).map(read).collect::<Read<Vec<Cells>>>()?;
        for row in 0..group.rows {
            line(&mut out, most.text, found.iter().map(|of| of.get(row)))?;
        }
    }
    Ok(out)
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, name);
    out
}

fn line(
    out: &mut Vec<u8>,
    most: usize,
    fields: impl Iterator<Item = impl AsRef<[u8]>>,
) -> Read<()> {
    let (from, mut count) = (out.len(), 0);
    for field in fields {
        if count > 0 {
            out.push(b',');
        }
        out.extend(field.as_ref());
        count += 1;
        if out.len() > most {
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

#[cfg(test)]
mod tests {
    use super::{MOST, within};
    use crate::parquet::page::{Budget, TOO_MUCH};
    use crate::parquet::{Fault, file};

    /// Whether a file of these columns is read with so many bytes of text.
    fn read(text: usize, header: &str, rows: &[String]) -> Result<(), Fault> {
        let read = within(&Budget { text, ..MOST }, &file(header, rows, &[]));
        match read {
            Err(Fault::Of(_, fault)) => Err(*fault),
            read => read.map(drop),
        }
    }

    #[test]
    fn texts_of_all_columns_of_a_group_are_bounded_together() {
        let name = "a".repeat(400);
        assert_eq!(read(1_000, "id", std::slice::from_ref(&name)), Ok(()));
        assert_eq!(read(1_000, "id,to", &[format!("{name},{name}")]), Ok(()));
        let three = format!("{name},{name},{name}");
        assert_eq!(read(1_000, "id,to,by", &[three]), Err(TOO_MUCH));
        // What one group held is free for the next; what is written stays.
        let rows = vec![name; 65_538];
        let whole = "id\n".len() + 65_538 * 401;
        assert_eq!(read(whole, "id", &rows), Ok(()));
        assert_eq!(read(whole - 401, "id", &rows), Err(TOO_MUCH));
    }
}
