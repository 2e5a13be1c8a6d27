//! Streams of events in files: NDJSON, one object a line, or a table with a header, CSV or Parquet.
//! Keys and columns are the keys of an event; every value is a text.

use std::path::Path;

use serde_json::Value;

use super::shape::{DoText, EventShape, LostShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::near::nearest;
use crate::loss_file::shape::{
    AmountText, At, ClassText, DecimalText, DurationText, HashText, PercentText, Written,
};
use crate::loss_file::toml_text::TomlText;
use crate::loss_file::words::Words;
use crate::source::Source;
use crate::table::Table;
use crate::terminal::{fit, visible};

/// Every key of an event, in the order of the shape.
pub const KEYS: [&str; 42] = [
    "at",
    "do",
    "account",
    "owner",
    "kind",
    "from",
    "part",
    "to",
    "market",
    "price",
    "buyer",
    "seller",
    "size",
    "fee",
    "amount",
    "layer",
    "loss",
    "domain",
    "cause",
    "class",
    "status",
    "number",
    "asset",
    "proceeds",
    "feed",
    "source",
    "value",
    "confidence",
    "since",
    "until",
    "pool",
    "vault",
    "risk",
    "period",
    "most",
    "vote",
    "protection",
    "fund",
    "asks",
    "lots",
    "evidence",
    "expect",
];

/// Reads every event of a file and hands each to `take`, in order.
pub fn each(
    words: &Words<'_>,
    take: &mut dyn FnMut(&At<EventShape>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let extension = Path::new(&words.text.name).extension().and_then(|found| found.to_str());
    match extension {
        Some("ndjson" | "jsonl") => lines(words, take),
        Some("csv" | "parquet") => rows(words, take),
        _ => {
            let message = format!("{} is none of .ndjson, .csv, .parquet", words.text.name);
            let help = "name a file of events, one object a line, or a table with a header.";
            Err(Diagnostic::bad_input("events-unknown-file", message, help))
        }
    }
}

/// The text of a file beside the venue file.
pub fn open(text: &TomlText, named: &At<String>) -> Result<TomlText, Diagnostic> {
    let name = named.value.as_str();
    let cited = format!("{}, file {}", text.cite(&named.place), visible(name));
    let bytes = std::fs::read(text.folder.join(name))
        .map_err(|error| Diagnostic::input_output("read", name, &error).at(cited))?;
    TomlText::table(name, &text.folder, bytes)
}

fn lines(
    words: &Words<'_>,
    take: &mut dyn FnMut(&At<EventShape>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let mut start = 0;
    for line in words.text.text().split_inclusive('\n') {
        let place = Place { span: start..start + line.trim_end().len() };
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let refuse = |code: &str, message: String, allowed: &str| {
            let help = "write one JSON object a line, every value a string in quotes.";
            words.refuse(code, message, help, &place, allowed)
        };
        let value: Value = serde_json::from_str(line.trim()).map_err(|error| {
            refuse("events-not-json", format!("not JSON: {error}"), "a JSON object")
        })?;
        let Value::Object(members) = value else {
            return Err(refuse("events-not-json", "no JSON object".to_owned(), "a JSON object"));
        };
        let mut shape = EventShape::default();
        for (key, value) in members {
            if let ("lost", Value::Array(rows)) = (key.as_str(), &value) {
                let place = value_place(line, &key, &place);
                let value = lost(rows, &place, &refuse)?;
                shape.lost = Some(At { value, place });
                continue;
            }
            let written = match value {
                Value::String(text) => Written::Text(text),
                Value::Number(number) if number.is_f64() => Written::Float,
                Value::Number(number) => Written::Integer(number.as_i64().unwrap_or(i64::MAX)),
                Value::Bool(_) => Written::Other("a boolean"),
                Value::Null => continue,
                Value::Array(_) => Written::Other("a list"),
                Value::Object(_) => Written::Other("an object"),
            };
            set(&mut shape, &key, written, value_place(line, &key, &place), words)?;
        }
        take(&At { value: shape, place })?;
    }
    Ok(())
}

/// What each insured lost: a list of objects with `account` and `amount`.
fn lost(
    rows: &[Value],
    place: &Place,
    refuse: &dyn Fn(&str, String, &str) -> Diagnostic,
) -> Result<Vec<At<LostShape>>, Diagnostic> {
    let at = |text: &str| At { value: text.to_owned(), place: place.clone() };
    let one = |row: &Value| {
        let text = |key: &str| row.get(key)?.as_str();
        let keys = row.as_object().map_or(0, serde_json::Map::len);
        let both = text("account").zip(text("amount")).filter(|_| keys == 2);
        let (account, amount) = both.ok_or_else(|| {
            let what = "lost has a row that is not account and amount, both in quotes".to_owned();
            refuse("lost-not-rows", what, "{ \"account\": \"...\", \"amount\": \"...\" }")
        })?;
        let amount = AmountText(Written::Text(amount.to_owned()));
        let amount = At { value: amount, place: place.clone() };
        Ok(At { value: LostShape { account: at(account), amount }, place: place.clone() })
    };
    rows.iter().map(one).collect()
}

/// Where the value of a key stands in a line: as near as the key's first mention tells.
fn value_place(line: &str, key: &str, of: &Place) -> Place {
    let found = line.find(&format!("\"{key}\"")).map(|at| at + key.len() + 2);
    let Some(from) = found else { return of.clone() };
    let rest = &line[from..];
    let skipped = rest.len() - rest.trim_start_matches([':', ' ']).len();
    let value = &rest[skipped..];
    let end = value.find([',', '}']).unwrap_or(value.len());
    let start = of.span.start + from + skipped;
    Place { span: start..start + end }
}

fn rows(
    words: &Words<'_>,
    take: &mut dyn FnMut(&At<EventShape>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let source = Source::new(words.text.name.as_str(), words.text.text().as_bytes().to_vec())?;
    let table = Table::new(source)?;
    for name in &table.header {
        if !KEYS.contains(&name.as_str()) {
            let help = match nearest(name, KEYS) {
                Some(near) => format!("did you mean {near}?"),
                None => "drop the column, or see `rhodian schema venue` for all keys.".to_owned(),
            };
            let message = format!("there is no key {} of an event", fit(name, 48));
            let place = Place { span: 0..words.text.text().find('\n').unwrap_or(0) };
            return Err(words.refuse("events-unknown-key", message, help, &place, KEYS.join(", ")));
        }
    }
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let Ok(row) = row else {
            let fault = crate::table::RowFault::Length;
            return Err(table.diagnostic(&fault, rows.fields(), None, words.format));
        };
        let mut shape = EventShape::default();
        for (name, field) in table.header.iter().zip(row.fields) {
            let text = field.text(&table.source);
            if text.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            let place = Place { span: field.start..field.end };
            set(&mut shape, name, Written::Text(text), place, words)?;
        }
        let first = row.fields.first().map_or(0, |field| field.start);
        let last = row.fields.last().map_or(first, |field| field.end);
        take(&At { value: shape, place: Place { span: first..last } })?;
    }
    Ok(())
}

/// Sets one key of an event.
fn set(
    shape: &mut EventShape,
    key: &str,
    value: Written,
    place: Place,
    words: &Words<'_>,
) -> Result<(), Diagnostic> {
    match key {
        "at" => shape.at = Some(At { value: DurationText(value), place }),
        "do" => shape.what = Some(At { value: DoText(value), place }),
        "price" => shape.price = Some(At { value: DecimalText(value), place }),
        "size" => shape.size = Some(At { value: DecimalText(value), place }),
        "amount" => shape.amount = Some(At { value: DecimalText(value), place }),
        "number" => shape.number = Some(At { value: DecimalText(value), place }),
        "proceeds" => shape.proceeds = Some(At { value: AmountText(value), place }),
        "value" => shape.value = Some(At { value: DecimalText(value), place }),
        "confidence" => shape.confidence = Some(At { value: DecimalText(value), place }),
        "since" => shape.since = Some(At { value: DurationText(value), place }),
        "until" => shape.until = Some(At { value: DurationText(value), place }),
        "period" => shape.period = Some(At { value: DurationText(value), place }),
        "most" => shape.most = Some(At { value: AmountText(value), place }),
        "asks" => shape.asks = Some(At { value: AmountText(value), place }),
        "lots" => shape.lots = Some(At { value: DecimalText(value), place }),
        "evidence" => shape.evidence = Some(At { value: HashText(value), place }),
        "fee" => shape.fee = Some(At { value: AmountText(value), place }),
        "part" => shape.part = Some(At { value: PercentText(value), place }),
        "class" => shape.class = Some(At { value: ClassText(value), place }),
        _ => {
            let Some(target) = text_key(shape, key) else {
                let help = match nearest(key, KEYS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "drop it, or see `rhodian schema venue` for all keys.".to_owned(),
                };
                let message = format!("there is no key {} of an event", fit(key, 48));
                let allowed = KEYS.join(", ");
                return Err(words.refuse("events-unknown-key", message, help, &place, allowed));
            };
            let given = At { value, place: place.clone() };
            let wrapped = At { value: DecimalText(given.value), place };
            let text = words.text(&wrapped, key, "...")?.to_owned();
            *target = Some(At { value: text, place: wrapped.place.clone() });
        }
    }
    Ok(())
}

fn text_key<'s>(shape: &'s mut EventShape, key: &str) -> Option<&'s mut Option<At<String>>> {
    Some(match key {
        "account" => &mut shape.account,
        "owner" => &mut shape.owner,
        "kind" => &mut shape.kind,
        "to" => &mut shape.to,
        "from" => &mut shape.from,
        "market" => &mut shape.market,
        "buyer" => &mut shape.buyer,
        "seller" => &mut shape.seller,
        "layer" => &mut shape.layer,
        "loss" => &mut shape.loss,
        "domain" => &mut shape.domain,
        "cause" => &mut shape.cause,
        "status" => &mut shape.status,
        "asset" => &mut shape.asset,
        "feed" => &mut shape.feed,
        "source" => &mut shape.source,
        "pool" => &mut shape.pool,
        "vault" => &mut shape.vault,
        "risk" => &mut shape.risk,
        "vote" => &mut shape.vote,
        "protection" => &mut shape.protection,
        "fund" => &mut shape.fund,
        "expect" => &mut shape.expect,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::amount_text::AmountFormat;

    /// A key of an event that a file of events refuses is one that nobody can give from a venue's
    /// records: `fund`, `asks` and `lots` were.
    #[test]
    fn every_key_of_an_event_is_one_of_a_stream() {
        let schema = schemars::schema_for!(EventShape);
        let all = schema.get("properties").and_then(Value::as_object).unwrap();
        let all: BTreeSet<&str> = all.keys().map(String::as_str).collect();
        // A list stands in `.ndjson` alone.
        let keys: BTreeSet<&str> = KEYS.into_iter().chain(["lost"]).collect();
        assert_eq!(keys, all);
        for key in KEYS {
            let mut shape = EventShape::default();
            let place = Place { span: 0..0 };
            let text = TomlText::new("", Path::new(""), b"#".to_vec()).unwrap();
            let format = AmountFormat { decimals: 2, ..AmountFormat::default() };
            let words = Words { text: &text, format };
            set(&mut shape, key, Written::Text("1".to_owned()), place, &words).unwrap();
        }
    }
}
