//! Marks from a table, CSV or Parquet: time, market and price; rows of one time count at once.

use std::collections::BTreeMap;

use rhodian_core::units::Price;

use super::model::{Market, Marks};
use super::shape::PricesShape;
use super::stream;
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::{Words, read_duration};
use crate::source::Source;
use crate::table::{RowFault, Table};
use crate::terminal::fit;

/// Marks by time, and remarks.
type Read = (BTreeMap<u64, BTreeMap<usize, Price>>, Vec<String>);

/// Reads the marks of a file. Rows of markets that the venue does not list are left out.
pub fn read(
    words: &Words<'_>,
    at: &At<PricesShape>,
    markets: &[Market],
) -> Result<Read, Diagnostic> {
    let shape = &at.value;
    let nearest = match shape.off_tick.as_ref().map(|at| (at, at.value.as_str())) {
        None | Some((_, "refuse")) => false,
        Some((_, "nearest")) => true,
        Some((at, _)) => return Err(unknown(words, at, "off_tick", &["refuse", "nearest"])),
    };
    let begin = shape.begin.as_ref();
    let begin = begin.map(|at| words.duration(at, "begin", (0, MAX_SPAN))).transpose()?;
    let text = stream::open(words.text, &shape.file)?;
    let beside = Words { text: &text, format: words.format };
    let table = Table::new(Source::new(text.name.as_str(), text.text().as_bytes().to_vec())?)?;
    let column = |asked: &Option<At<String>>, name: &str| {
        let named = asked.as_ref().map_or(name, |at| at.value.as_str());
        table.header.iter().position(|header| header == named).ok_or_else(|| {
            let place = asked.as_ref().map_or(&shape.file.place, |at| &at.place);
            let message = format!("{} has no column {}", text.name, fit(named, 48));
            let help = format!("name the column: {name} = \"...\".");
            let allowed = table.header.join(", ");
            words.refuse(format!("prices-missing-column-{name}"), message, help, place, allowed)
        })
    };
    let columns = [
        column(&shape.time, "time")?,
        column(&shape.market, "market")?,
        column(&shape.price, "price")?,
    ];
    let mut reader =
        Rows { words: &beside, markets, nearest, found: BTreeMap::new(), others: 0, all: 0 };
    let mut rows = table.rows();
    while let Some(row) = rows.next()? {
        let Ok(row) = row else {
            return Err(table.diagnostic(&RowFault::Length, rows.fields(), None, words.format));
        };
        let cell = |place: usize| {
            let field = &row.fields[columns[place]];
            let text = String::from_utf8_lossy(&field.text(&table.source)).into_owned();
            (text, Place { span: field.start..field.end })
        };
        reader.row(cell(0), cell(1), cell(2))?;
    }
    reader.shifted(begin, &shape.file)
}

struct Rows<'a> {
    words: &'a Words<'a>,
    markets: &'a [Market],
    nearest: bool,
    found: BTreeMap<u64, BTreeMap<usize, Price>>,
    others: usize,
    all: usize,
}

impl Rows<'_> {
    fn row(
        &mut self,
        (time, time_at): (String, Place),
        (market, market_at): (String, Place),
        (price, price_at): (String, Place),
    ) -> Result<(), Diagnostic> {
        self.all += 1;
        let at = time.parse::<u64>().ok().or_else(|| read_duration(&time)).ok_or_else(|| {
            let help = "write whole milliseconds, or a whole number and its unit.";
            let allowed = "as 600000, or 10 min";
            self.words.refuse("time-not-a-time", "time is no time", help, &time_at, allowed)
        })?;
        let Some(index) = self.markets.iter().position(|m| m.name.as_str() == market) else {
            self.others += 1;
            return Ok(());
        };
        let value = crate::loss_file::shape::DecimalText(crate::loss_file::shape::Written::Text(
            price.clone(),
        ));
        let grid = &self.markets[index].grid;
        let given = match grid.price(&price, self.nearest) {
            Ok(price) if price != Price::ZERO => price,
            // The same again, for its error.
            _ => super::markets::price(
                self.words,
                grid,
                &At { value, place: price_at.clone() },
                "price",
            )?,
        };
        if self.found.entry(at).or_default().insert(index, given).is_some() {
            let help = "give each market one price at a time.";
            let message = format!("market {} has two prices at {time}", fit(&market, 40));
            let allowed = "one row for a market and a time";
            return Err(self.words.refuse("price-twice", message, help, &market_at, allowed));
        }
        Ok(())
    }

    fn shifted(self, begin: Option<u64>, file: &At<String>) -> Result<Read, Diagnostic> {
        let mut remarks = Vec::new();
        if self.others > 0 {
            let (name, others) = (&file.value, self.others);
            remarks.push(format!(
                "{others} of {} rows of {name} are of markets that are not listed: left out",
                self.all
            ));
        }
        let Some(begin) = begin else { return Ok((self.found, remarks)) };
        let first = self.found.keys().next().copied().unwrap_or(0);
        // Times are at most 2^64 - 1 and the shift takes the first one off before it adds.
        let moved = self
            .found
            .into_iter()
            .filter_map(|(at, prices)| Some(((at - first).checked_add(begin)?, prices)));
        Ok((moved.collect(), remarks))
    }
}

/// Marks of a file and of a crowd as one list: the file's count where both speak of one time.
pub fn joined(mut found: BTreeMap<u64, BTreeMap<usize, Price>>, crowd: Vec<Marks>) -> Vec<Marks> {
    for marks in crowd {
        let at = found.entry(marks.at).or_default();
        for (market, price) in marks.prices {
            at.entry(market).or_insert(price);
        }
    }
    let one = |(at, prices): (u64, BTreeMap<usize, Price>)| Marks {
        at,
        prices: prices.into_iter().collect(),
    };
    found.into_iter().map(one).collect()
}
