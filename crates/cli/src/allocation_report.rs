//! One division in each output form.

use std::io::{self, Write};

use rhodian_core::allocation::{Division, Rule};
use rhodian_core::units::{Amount, Fraction};
use serde_json::{Value, json};

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
            push_csv_field(&mut block.text, self.file.id_of_row(row));
            block.text.push(',');
            self.format.push(&mut block.text, share.atoms());
            block.text.push('\n');
            block.flush_when_full(out)?;
        }
        block.flush(out)
    }

    /// The summary without the shares: `rule`, `loss`, `allocated`, `residual`, `water_level`.
    #[must_use]
    pub fn summary(&self) -> Value {
        let amount = |amount: Amount| self.format.write(amount);
        let level = |level: &Option<Fraction>| json!(level);
        let water_level = match self.levels.as_slice() {
            [only] if !self.file.has_classes() => level(only),
            levels => levels.iter().map(level).collect(),
        };
        json!({
            "rule": rule_info(self.rule).name,
            "loss": amount(self.loss),
            "allocated": amount(self.allocated),
            "residual": amount(self.residual),
            "water_level": water_level,
        })
    }

    /// The summary's members in their order, without the braces.
    fn summary_members(&self, between: &str) -> String {
        let summary = self.summary();
        let keys = ["rule", "loss", "allocated", "residual", "water_level"];
        keys.map(|key| format!("\"{key}\": {}", summary[key])).join(between)
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
            block.text.push_str(if row == 0 { "\n    " } else { ",\n    " });
            self.push_json_share(&mut block.text, row);
            block.flush_when_full(out)?;
        }
        block.text.push_str("\n  ]\n}\n");
        block.flush(out)
    }

    /// One JSON object on each line: every share, then the summary.
    pub fn write_ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut block = Block::new("");
        for row in 0..self.shares.len() {
            self.push_json_share(&mut block.text, row);
            block.text.push('\n');
            block.flush_when_full(out)?;
        }
        block.text.push_str(&format!("{{{}}}\n", self.summary_members(", ")));
        block.flush(out)
    }

    fn push_json_share(&self, text: &mut String, row: usize) {
        text.push_str("{\"id\": ");
        push_json_string(text, self.file.id_of_row(row));
        text.push_str(", \"share\": \"");
        self.format.push(text, self.shares[row].atoms());
        text.push_str("\"}");
    }
}

/// Text on its way out, handed on in blocks.
struct Block {
    text: String,
}

impl Block {
    const SIZE: usize = 1 << 16;

    fn new(head: &str) -> Self {
        let mut text = String::with_capacity(Self::SIZE + 256);
        text.push_str(head);
        Self { text }
    }

    fn flush_when_full(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.text.len() >= Self::SIZE { self.flush(out) } else { Ok(()) }
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}

/// Appends a CSV field, in quotes where it needs them.
pub fn push_csv_field(text: &mut String, field: &str) {
    let plain = memchr::memchr2(b',', b'"', field.as_bytes()).is_none()
        && memchr::memchr2(b'\n', b'\r', field.as_bytes()).is_none();
    if plain {
        text.push_str(field);
        return;
    }
    text.push('"');
    for part in field.split_inclusive('"') {
        text.push_str(part);
        if part.ends_with('"') {
            text.push('"');
        }
    }
    text.push('"');
}

/// Appends a JSON string.
fn push_json_string(text: &mut String, string: &str) {
    if string.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\') {
        text.push_str(&Value::from(string).to_string());
    } else {
        text.push('"');
        text.push_str(string);
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_strings_come_back() {
        for id in ["plain", "a,b", "say \"hi\"", "\"", "back\\slash", "é", " lead", ""] {
            let mut csv = String::new();
            push_csv_field(&mut csv, id);
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
            let read = reader.records().next().map_or(String::new(), |r| r.unwrap()[0].to_owned());
            assert_eq!(read, id);
            let mut json = String::new();
            push_json_string(&mut json, id);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), id);
        }
    }
}
