//! One division in each output form.

use std::io::{self, Write};

use rhodian_core::allocation::{Division, Rule};
use rhodian_core::units::{Amount, Fraction};
use serde_json::Value;

use crate::amount_text::AmountFormat;
use crate::claims_file::ClaimsFile;
use crate::rules::rule_info;

/// A division with the claims it divided, ready to be written.
#[derive(Debug)]
pub struct AllocationReport<'a> {
    /// The rule.
    pub rule: Rule,
    /// How amounts are written.
    pub format: AmountFormat,
    /// What was to be divided.
    pub loss: Amount,
    /// The claims.
    pub file: &'a ClaimsFile,
    /// What the claims pay in all.
    pub allocated: Amount,
    /// What they could not.
    pub residual: Amount,
    /// The level of each class.
    pub levels: Vec<Option<Fraction>>,
    /// What each pays, in the order of the rows.
    pub shares: Vec<Amount>,
}

impl<'a> AllocationReport<'a> {
    /// Takes a division of dense order.
    #[must_use]
    pub fn new(
        rule: Rule,
        format: AmountFormat,
        loss: Amount,
        file: &'a ClaimsFile,
        division: Division,
    ) -> Self {
        let Division { allocated, residual, shares, levels } = division;
        let shares = file.to_row_order(shares);
        Self { rule, format, loss, file, allocated, residual, levels, shares }
    }

    /// The lines `id,share` in the order of the rows, under that header.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut block = Block::new("id,share\n");
        for (row, share) in self.shares.iter().enumerate() {
            let id = self.file.id_of_row(row);
            if self.file.ids_are_plain() {
                block.text.extend_from_slice(id);
            } else {
                push_csv_field(&mut block.text, id);
            }
            block.text.push(b',');
            self.format.push(&mut block.text, share.atoms());
            block.text.push(b'\n');
            block.flush_when_full(out)?;
        }
        block.flush(out)
    }

    /// The summary's members without the braces: `rule`, `loss`, `allocated`, `residual`,
    /// `water_level`.
    fn summary_members(&self, between: &str) -> String {
        let water_level = match self.levels.as_slice() {
            [only] if !self.file.has_classes() => level_json(only),
            levels => {
                format!("[{}]", levels.iter().map(level_json).collect::<Vec<_>>().join(", "))
            }
        };
        [
            format!("\"rule\": \"{}\"", rule_info(self.rule).name),
            format!("\"loss\": \"{}\"", self.format.write(self.loss)),
            format!("\"allocated\": \"{}\"", self.format.write(self.allocated)),
            format!("\"residual\": \"{}\"", self.format.write(self.residual)),
            format!("\"water_level\": {water_level}"),
        ]
        .join(between)
    }

    /// The summary as one JSON object over several lines.
    pub fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{\n  {}\n}}", self.summary_members(",\n  "))
    }

    /// One JSON object: the summary and `shares`, one share on each line.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let members = self.summary_members(",\n  ");
        let mut block = Block::new(&format!("{{\n  {members},\n  \"shares\": ["));
        for row in 0..self.shares.len() {
            block.text.extend_from_slice(if row == 0 { b"\n    " } else { b",\n    " });
            self.push_json_share(&mut block.text, row);
            block.flush_when_full(out)?;
        }
        block.text.extend_from_slice(b"\n  ]\n}\n");
        block.flush(out)
    }

    /// One JSON object on each line: every share, then the summary.
    pub fn write_ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut block = Block::new("");
        for row in 0..self.shares.len() {
            self.push_json_share(&mut block.text, row);
            block.text.push(b'\n');
            block.flush_when_full(out)?;
        }
        block.text.extend_from_slice(b"{");
        block.text.extend_from_slice(self.summary_members(", ").as_bytes());
        block.text.extend_from_slice(b"}\n");
        block.flush(out)
    }

    fn push_json_share(&self, text: &mut Vec<u8>, row: usize) {
        text.extend_from_slice(b"{\"id\": ");
        push_json_string(text, self.file.id_of_row(row));
        text.extend_from_slice(b", \"share\": \"");
        self.format.push(text, self.shares[row].atoms());
        text.extend_from_slice(b"\"}");
    }
}

/// A level as JSON: `{"num": "1", "den": "2"}`, or null.
fn level_json(level: &Option<Fraction>) -> String {
    level.map_or_else(
        || "null".to_owned(),
        |Fraction { num, den }| format!("{{\"num\": \"{num}\", \"den\": \"{den}\"}}"),
    )
}

/// Text on its way out, handed on in blocks.
struct Block {
    text: Vec<u8>,
}

impl Block {
    const SIZE: usize = 1 << 16;

    fn new(head: &str) -> Self {
        let mut text = Vec::with_capacity(Self::SIZE + 256);
        text.extend_from_slice(head.as_bytes());
        Self { text }
    }

    #[inline]
    fn flush_when_full(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.text.len() >= Self::SIZE { self.flush(out) } else { Ok(()) }
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

/// Appends a CSV field, in quotes where it needs them.
pub fn push_csv_field(text: &mut Vec<u8>, field: &[u8]) {
    if !field.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(field);
        return;
    }
    text.push(b'"');
    for byte in field {
        text.push(*byte);
        if *byte == b'"' {
            text.push(b'"');
        }
    }
    text.push(b'"');
}

/// Appends a JSON string.
fn push_json_string(text: &mut Vec<u8>, string: &[u8]) {
    if string.iter().any(|b| *b < b' ' || matches!(b, b'"' | b'\\')) {
        let string = String::from_utf8_lossy(string).into_owned();
        text.extend_from_slice(Value::from(string).to_string().as_bytes());
    } else {
        text.push(b'"');
        text.extend_from_slice(string);
        text.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_strings_come_back() {
        for id in ["plain", "a,b", "say \"hi\"", "\"", "back\\slash", "é", " lead", ""] {
            let mut csv = Vec::new();
            push_csv_field(&mut csv, id.as_bytes());
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_slice());
            let read = reader.records().next().map_or(String::new(), |r| r.unwrap()[0].to_owned());
            assert_eq!(read, id);
            let mut json = Vec::new();
            push_json_string(&mut json, id.as_bytes());
            assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), id);
        }
    }
}
