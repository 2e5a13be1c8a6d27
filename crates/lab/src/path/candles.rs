//! Recorded candles: reading a file of them, with every way in which one can be wrong.
//!
//! The format is CSV with a header that names at least `symbol`, `open_time_ms`, `open`, `high`,
//! `low` and `close`, in any order; `quote_volume`, where it is there, ranks the symbols. Prices
//! are decimals and are kept exactly, so a replay without a bridge uses no floats at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::decimal::Decimal;
use crate::error::LabError;

/// The four prices of one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// The first price.
    pub open: Decimal,
    /// The highest.
    pub high: Decimal,
    /// The lowest, above zero.
    pub low: Decimal,
    /// The last.
    pub close: Decimal,
}

/// The candles of one symbol on the file's grid of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The symbol.
    pub symbol: String,
    /// One place per time of the grid; nothing where the file has no candle.
    pub candles: Vec<Option<Candle>>,
    /// The price of one tick: the finest decimal that any price of the symbol uses.
    pub tick: Decimal,
}

/// The candles of a file, aligned to one grid of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candles {
    /// The opening time of the first, in milliseconds.
    pub from_ms: u64,
    /// Milliseconds from one to the next.
    pub step_ms: u64,
    /// How many times the grid has.
    pub count: usize,
    /// The symbols, by volume in quote units, largest first; then by name.
    pub series: Vec<Series>,
}

/// The columns that are read, by their place in a line.
struct Columns {
    symbol: usize,
    open_time: usize,
    prices: [usize; 4],
    volume: Option<usize>,
    /// How many there are in all.
    count: usize,
}

impl Columns {
    fn of(header: &str) -> Result<Self, LabError> {
        let refuse = |reason| LabError::Line { line: 1, reason };
        let names = fields(header).map_err(refuse)?;
        let place = |name: &str| names.iter().position(|column| *column == name);
        let needed = |name: &str| {
            place(name).ok_or_else(|| refuse(format!("the header has no column {name}")))
        };
        Ok(Self {
            symbol: needed("symbol")?,
            open_time: needed("open_time_ms")?,
            prices: [needed("open")?, needed("high")?, needed("low")?, needed("close")?],
            volume: place("quote_volume"),
            count: names.len(),
        })
    }
}

/// The fields of a line. A comma or an end of line within quotes, which are not read here, would
/// move the columns after it.
fn fields(line: &str) -> Result<Vec<&str>, String> {
    let open = |field: &str| field.matches('"').count() % 2 == 1;
    if line.split(',').any(open) {
        return Err("it has a comma or an end of line within quotes, which are not read".into());
    }
    Ok(line.split(',').map(str::trim).collect())
}

/// One line of a file.
struct Row<'a> {
    symbol: &'a str,
    open_time: u64,
    candle: Candle,
    /// In whole quote units.
    volume: u64,
}

impl<'a> Row<'a> {
    fn of(line: &'a str, columns: &Columns) -> Result<Self, String> {
        let fields = fields(line)?;
        if fields.len() != columns.count {
            let (found, count) = (fields.len(), columns.count);
            return Err(format!("it has {found} fields, the header has {count}"));
        }
        // As many as the header has, and each column is one of its.
        let price = |place: usize| {
            let text = fields[place];
            let value = Decimal::parse(text).filter(|value| value.units() > 0);
            value.ok_or_else(|| format!("{text} is not a price above zero of at most 8 decimals"))
        };
        let [open, high, low, close] = columns.prices;
        let (open, high, low, close) = (price(open)?, price(high)?, price(low)?, price(close)?);
        if low > open.min(close) || high < open.max(close) {
            return Err(format!("open {open} and close {close} are not within {low} to {high}"));
        }
        let time = fields[columns.open_time];
        let open_time =
            time.parse().map_err(|_| format!("{time} is not a time in milliseconds"))?;
        let symbol = fields[columns.symbol];
        if symbol.is_empty() {
            return Err("the symbol is empty".into());
        }
        let volume = match columns.volume {
            None => 0,
            Some(place) => {
                let text = fields[place];
                // 1.5e10 is no volume of one.
                let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                let digits = part.bytes().all(|byte| byte.is_ascii_digit());
                let volume = whole.parse().ok().filter(|_| digits);
                volume.ok_or_else(|| format!("{text} is not a volume"))?
            }
        };
        Ok(Self { symbol, open_time, candle: Candle { open, high, low, close }, volume })
    }
}

/// What is gathered of one symbol while reading.
#[derive(Default)]
struct Gathered {
    candles: BTreeMap<u64, Candle>,
    volume: u128,
}

impl Candles {
    /// Reads a file's text.
    ///
    /// Refused, with the line: a missing column, a comma within quotes, a line of more or fewer
    /// fields than the header, a price that is zero, negative or no decimal, a high or low inside
    /// its candle, a second candle of one symbol and time. Refused as a whole: no candle, one time
    /// only, and times that do not lie on one grid.
    ///
    /// ```
    /// use rhodian_lab::path::candles::Candles;
    /// let header = "symbol,open_time_ms,open,high,low,close\n";
    /// let text = format!("{header}X,0,1.5,2,1,1.2\nX,60000,1.2,1.3,1.1,1.25\n");
    /// let candles = Candles::parse(&text).unwrap();
    /// assert_eq!((candles.step_ms, candles.count), (60_000, 2));
    /// assert_eq!(candles.series[0].tick.to_string(), "0.01");
    ///
    /// let zero = format!("{header}X,0,1.5,2,0,1.2\n");
    /// assert!(Candles::parse(&zero).unwrap_err().to_string().starts_with("line 2"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let mut lines = text.lines().enumerate();
        let header = lines.next().map(|(_, header)| header).unwrap_or_default();
        let columns = Columns::of(header.trim_start_matches('\u{feff}'))?;
        let mut symbols: BTreeMap<&str, Gathered> = BTreeMap::new();
        let mut times = BTreeSet::new();
        for (place, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let refuse = |reason| LabError::Line { line: place + 1, reason };
            let row = Row::of(line, &columns).map_err(refuse)?;
            let gathered = symbols.entry(row.symbol).or_default();
            gathered.volume += u128::from(row.volume);
            times.insert(row.open_time);
            if gathered.candles.insert(row.open_time, row.candle).is_some() {
                let again = format!("{} has a candle at {} already", row.symbol, row.open_time);
                return Err(refuse(again));
            }
        }
        let (from_ms, step_ms, count) = grid(&times)?;
        let mut ranked: Vec<(&str, Gathered)> = symbols.into_iter().collect();
        ranked.sort_by(|a, b| b.1.volume.cmp(&a.1.volume).then(a.0.cmp(b.0)));
        let series = ranked.into_iter().map(|(symbol, gathered)| {
            let at = |place| gathered.candles.get(&(from_ms + step_ms * place)).copied();
            let candles: Vec<_> = (0..count as u64).map(at).collect();
            Series { symbol: symbol.into(), tick: finest(&candles), candles }
        });
        Ok(Self { from_ms, step_ms, count, series: series.collect() })
    }
}

/// The first time, the spacing and the number of times.
fn grid(times: &BTreeSet<u64>) -> Result<(u64, u64, usize), LabError> {
    let steps = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b - a);
    let (Some(first), Some(last), Some(step)) = (times.first(), times.last(), steps.min()) else {
        return Err(LabError::Spacing("a file needs candles at two times at least".into()));
    };
    if let Some(off) = times.iter().find(|time| (**time - first) % step != 0) {
        let reason = format!("the candle at {off} is off the grid of {step} ms from {first} on");
        return Err(LabError::Spacing(reason));
    }
    let count = (last - first) / step + 1;
    // A file of a million lines cannot cover more: a grid much longer than the file is an error
    // in one of its times.
    if count > 100 * times.len() as u64 {
        let reason = format!("from {first} to {last} there are {count} times, the file has few");
        return Err(LabError::Spacing(reason));
    }
    Ok((*first, step, count as usize))
}

/// The finest decimal that any price uses.
fn finest(candles: &[Option<Candle>]) -> Decimal {
    let prices = candles.iter().flatten().flat_map(|c| [c.open, c.high, c.low, c.close]);
    let decimals = prices.map(Decimal::decimals).max().unwrap_or(0);
    // 0 to 8 decimals: 10^0 down to 10^-8.
    Decimal::of_units(10u64.pow(8 - decimals))
}

#[cfg(test)]
mod tests {
    use super::Candles;

    fn refusal(body: &str) -> String {
        let text = format!("symbol,open_time_ms,open,high,low,close,quote_volume\n{body}");
        Candles::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (body, reason) in [
            ("X,0,1,2,1\n", "line 2: it has 5 fields, the header has 7"),
            ("X,0,1,2,1,1,5\nX,1,-1,2,1,1,5\n", "line 3: -1 is not a price"),
            ("X,0,1,2,1,0,5\n", "line 2: 0 is not a price"),
            ("X,0,3,2,1,1,5\n", "not within 1 to 2"),
            ("X,0,1,2,1,1,x\n", "x is not a volume"),
            ("X,0,1,2,1,1,1.5e10\n", "1.5e10 is not a volume"),
            ("X,0,1,2,1,1,5,6\n", "line 2: it has 8 fields, the header has 7"),
            ("\"X,Y\",0,1,2,1,1,5\n", "line 2: it has a comma or an end of line within quotes"),
            ("\"X,1\",2,3,1,2,2\n", "line 2: it has a comma or an end of line within quotes"),
            ("X\"\nY\",0,1,2,1,1,5\n", "line 2: it has a comma or an end of line within quotes"),
            ("X,now,1,2,1,1,5\n", "now is not a time"),
            (",0,1,2,1,1,5\n", "the symbol is empty"),
            ("X,0,1,2,1,1,5\nX,0,1,2,1,1,5\n", "line 3: X has a candle at 0 already"),
            ("X,0,1,2,1,1,5\n", "two times at least"),
            ("X,0,1,2,1,1,5\nX,10,1,2,1,1,5\nX,25,1,2,1,1,5\n", "25 is off the grid of 10 ms"),
            ("X,0,1,2,1,1,5\nX,1,1,2,1,1,5\nX,9999,1,2,1,1,5\n", "10000 times"),
        ] {
            let shown = refusal(body);
            assert!(shown.contains(reason), "{shown} does not say {reason}");
        }
        let shown = Candles::parse("symbol,open\n").unwrap_err().to_string();
        assert_eq!(shown, "line 1: the header has no column open_time_ms");
        // Taken apart at the comma, the low would be read where the high is.
        let quoted = "symbol,open_time_ms,open,\"of, all\",high,low,close\nX,0,1,5,2,1,1,1\n";
        let shown = Candles::parse(quoted).unwrap_err().to_string();
        assert_eq!(
            shown,
            "line 1: it has a comma or an end of line within quotes, which are not read"
        );
    }

    #[test]
    fn symbols_are_ranked_by_volume_and_keep_their_holes() {
        let text = "open_time_ms,symbol,quote_volume,open,high,low,close\n\
                    0,SMALL,10.9,1,1,1,1\n10,SMALL,10,1,1,1,1.5\n20,SMALL,1,1,1,1,1.25\n\
                    0,LARGE,9999999,5,5,5,5\n20,LARGE,1,5,5,5,5\n"
            .replace("1,1,1,1.5", "1,1.5,1,1.5")
            .replace("1,1,1,1.25", "1,1.25,1,1.25");
        let candles = Candles::parse(&text).unwrap();
        let large = &candles.series[0];
        assert_eq!((large.symbol.as_str(), large.tick.to_string().as_str()), ("LARGE", "1"));
        let there: Vec<bool> = large.candles.iter().map(Option::is_some).collect();
        assert_eq!(there, [true, false, true]);
        assert_eq!(candles.series[1].tick.to_string(), "0.01");
    }
}
