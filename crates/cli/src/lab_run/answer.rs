//! The answer of an experiment in every form: figures with their intervals, what is refused, and
//! pictures.

use std::fmt::Write as _;

use rhodian_lab::experiment::Estimate;
use rhodian_report::csv;
use rhodian_report::html::{ExperimentPage, PageTable, experiment_page};
use rhodian_report::svg::Chart;
use serde::Serialize;

use crate::commands::lab::crises::{dollars, percent};
use crate::experiment_file::Experiment;

/// What a figure is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// US dollars.
    Dollars,
    /// A part of one.
    Part,
    /// A number of things.
    Count,
    /// A whole number of things.
    Whole,
    /// Deviations of the common factor.
    Deviations,
    /// How far prices move, as a part of what they were: below zero where they fall.
    Move,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// A value as the text and the page show it.
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::Dollars => {
                let text = dollars(known(value.abs() * 1e6));
                if value < 0.0 && text != "0" { format!("-{text}") } else { text }
            }
            Self::Part => small_percent(value),
            Self::Count => format!("{value:.2}"),
            // None is below zero or beyond what a file can hold.
            Self::Whole => {
                rhodian_report::money::count(format!("{value:.0}").parse().unwrap_or(usize::MAX))
            }
            Self::Deviations => format!("{value:+.2}"),
            Self::Move => format!("{:+.1} %", 100.0 * value),
            Self::Seconds => format!("{value:.1} s"),
        }
    }
}

/// A float as a whole number, with as many digits as it knows: what lies behind is no figure.
fn known(value: f64) -> u128 {
    const DIGITS: usize = 16;
    let mut text = format!("{value:.0}");
    if text.len() > DIGITS {
        text.replace_range(DIGITS.., &"0".repeat(text.len() - DIGITS));
    }
    text.parse().unwrap_or(u128::MAX)
}

/// A part in per cent, with three digits that count where it is small; below 10^-12 the part itself
/// with its power of ten.
fn small_percent(part: f64) -> String {
    if part > 0.0 && part < 1e-12 {
        return format!("{part:.1e}");
    }
    if !(1e-12..0.001).contains(&part) {
        return percent(part);
    }
    let (mut decimals, mut scaled) = (2, 100.0 * part);
    while scaled < 1.0 {
        scaled *= 10.0;
        decimals += 1;
    }
    format!("{:.decimals$} %", 100.0 * part)
}

/// A figure. Those without an interval are of the runs themselves, and not estimates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The world or layer it is of; empty where there is but one.
    pub of: String,
    /// Its name for programs.
    pub figure: String,
    /// Its name for people.
    #[serde(skip)]
    pub words: String,
    /// What it is in.
    pub unit: Unit,
    /// The figure.
    pub value: f64,
    /// Between which bounds the true one lies, 95 times of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<[f64; 2]>,
}

impl Figure {
    /// An estimate.
    pub fn of(of: &str, names: (&str, &str), unit: Unit, estimate: Estimate) -> Self {
        let between = Some(estimate.between);
        Self { between, ..Self::plain(of, names, unit, estimate.value) }
    }

    /// A figure of the runs themselves.
    pub fn plain(of: &str, (figure, words): (&str, &str), unit: Unit, value: f64) -> Self {
        let (figure, words) = (figure.to_owned(), words.to_owned());
        Self { of: of.to_owned(), figure, words, unit, value, between: None }
    }

    /// The figure and its interval as they are shown.
    pub fn shown(&self) -> [String; 2] {
        let shown = |value| self.unit.shown(value);
        let between = self.between.map(|[low, high]| format!("{} to {}", shown(low), shown(high)));
        [shown(self.value), between.unwrap_or_default()]
    }
}

/// A figure that is not given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The world or layer it is of.
    pub of: String,
    /// Its name for programs.
    pub figure: String,
    /// Its name for people, why it is not given, and what would be enough.
    pub why: String,
}

/// How often a fund of some size is passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passed {
    /// The world it is of; empty where there is but one.
    pub of: String,
    /// The fund, in dollars.
    pub fund: f64,
    /// The part of crises that take more.
    pub passed: f64,
    /// Between which bounds the true part lies, 95 times of 100.
    pub between: [f64; 2],
}

/// What an experiment answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// In a sentence or two.
    pub lead: String,
    /// Figures one looks for first.
    pub facts: Vec<(String, String)>,
    /// Figures side by side, where rows of all of them would not be read.
    pub tables: Vec<PageTable>,
    /// What is told on the page alone.
    pub told: Vec<PageTable>,
    /// All figures.
    pub figures: Vec<Figure>,
    /// How often funds are passed, as far as it is backed.
    pub curve: Vec<Passed>,
    /// What is not given.
    pub refused: Vec<Refused>,
    /// What it assumes.
    pub notes: Vec<String>,
    /// Pictures with the names of their files.
    pub pictures: Vec<(&'static str, Chart)>,
}

/// What every result names, so that it can be done again.
#[derive(Clone, Debug, Serialize)]
pub struct Again {
    /// Of the program.
    pub version: &'static str,
    /// Of the engine's rules.
    pub rules_version: u16,
    /// The hash of the experiment with every default filled in.
    pub configuration: String,
}

impl Again {
    /// Of an experiment.
    pub fn of(experiment: &Experiment) -> Self {
        let text = serde_json::to_string(experiment).unwrap_or_default();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            rules_version: rhodian_core::engine::RULES_VERSION,
            configuration: blake3::hash(text.as_bytes()).to_string(),
        }
    }
}

impl Again {
    /// What stands beside the runs of a Parquet file.
    pub fn beside(&self, of: &Experiment) -> [(&'static str, String); 5] {
        [
            ("rhodian.title", of.title.clone()),
            ("rhodian.seed", of.seed.to_string()),
            ("rhodian.version", self.version.to_owned()),
            ("rhodian.rules_version", self.rules_version.to_string()),
            ("rhodian.configuration", self.configuration.clone()),
        ]
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    again: &'a Again,
    experiment: &'a Experiment,
    runs: usize,
    answer: &'a str,
    figures: &'a [Figure],
    #[serde(skip_serializing_if = "<[Passed]>::is_empty")]
    curve: &'a [Passed],
    refused: &'a [Refused],
    assumes: &'a [String],
}

impl Answer {
    /// For `summary.json`, and as JSON to standard output.
    pub fn json(&self, of: &Experiment, again: &Again, runs: usize) -> Vec<u8> {
        crate::forms::pretty(&Summary {
            again,
            experiment: of,
            runs,
            answer: &self.lead,
            figures: &self.figures,
            curve: &self.curve,
            refused: &self.refused,
            assumes: &self.notes,
        })
    }

    /// For the eye.
    pub fn text(&self, of: &Experiment, again: &Again) -> String {
        let mut out = format!("{}\n\n{}\n\n", of.title, self.lead);
        for table in &self.tables {
            out.push_str(&side_by_side(table));
        }
        let listed = if self.tables.is_empty() { self.figures.as_slice() } else { &[] };
        let mut last = "";
        for figure in listed {
            if figure.of != last {
                let _ = writeln!(out, "{}{}:", if last.is_empty() { "" } else { "\n" }, figure.of);
                last = &figure.of;
            }
            let [value, between] = figure.shown();
            let line = format!("{:<44}{value:>16}   {between}", figure.words);
            let _ = writeln!(out, "{}", line.trim_end());
        }
        if listed.iter().any(|figure| figure.between.is_some()) {
            out.push_str(
                "\nBehind a figure: between which bounds the true one lies, 95 times of 100.\n",
            );
        }
        for refused in &self.refused {
            let _ = writeln!(out, "Not said: {}", refused.line());
        }
        let _ = writeln!(
            out,
            "\nSeed {}, configuration {}, version {}.",
            of.seed,
            &again.configuration[..16],
            again.version
        );
        out
    }

    /// A row for each figure.
    pub fn csv(&self) -> String {
        let row = |of: &Figure| {
            let [low, high] =
                of.between.map(|of| of.map(|one| format!("{one}"))).unwrap_or_default();
            let unit = serde_json::to_value(of.unit).unwrap_or_default();
            let unit = unit.as_str().unwrap_or_default().to_owned();
            vec![of.of.clone(), of.figure.clone(), unit, format!("{}", of.value), low, high]
        };
        let header = ["of", "figure", "unit", "value", "low", "high"];
        csv::table(&header, &self.figures.iter().map(row).collect::<Vec<_>>())
    }

    /// A line for each figure, then one for each that is not given.
    pub fn ndjson(&self) -> String {
        fn line(of: &impl Serialize) -> String {
            serde_json::to_string(of).unwrap_or_default() + "\n"
        }
        self.figures.iter().map(line).chain(self.refused.iter().map(line)).collect()
    }

    /// The figures of the curve, beside its picture.
    fn curve_table(&self) -> Option<PageTable> {
        let row = |of: &Passed| {
            let [low, high] = of.between.map(|part| Unit::Part.shown(part));
            let (fund, passed) = (Unit::Dollars.shown(of.fund), Unit::Part.shown(of.passed));
            vec![of.of.clone(), fund, passed, format!("{low} to {high}")]
        };
        let caption = "How often a fund of each size is passed";
        let columns = ["of", "fund, USD", "passed by", "95 times of 100"];
        let rows = self.curve.iter().map(row).collect();
        (!self.curve.is_empty()).then(|| page_table(caption, columns, rows))
    }

    /// `report.html`.
    pub fn page(&self, of: &Experiment, again: &Again) -> String {
        let mut facts = self.facts.clone();
        facts.push(("Crises of each world".to_owned(), rhodian_report::money::count(of.crises)));
        let rows = self.figures.iter().map(|figure| {
            let [value, between] = figure.shown();
            vec![figure.words.clone(), figure.of.clone(), value, between]
        });
        let caption = "Every figure, and between which bounds the true one lies, 95 times of 100";
        let columns = ["figure", "of", "value", "95 times of 100"];
        let table = page_table(caption, columns, rows.collect());
        let all = self.tables.iter();
        experiment_page(&ExperimentPage {
            title: of.title.clone(),
            lead: self.lead.clone(),
            facts,
            charts: self.pictures.iter().map(|(_, chart)| chart.clone()).collect(),
            tables: all
                .cloned()
                .chain([table])
                .chain(self.curve_table())
                .chain(self.told.iter().cloned())
                .collect(),
            refused: self.refused.iter().map(Refused::line).collect(),
            notes: self.notes.clone(),
            again: vec![
                ("Seed".to_owned(), of.seed.to_string()),
                ("Configuration".to_owned(), again.configuration.clone()),
                ("Version".to_owned(), again.version.to_owned()),
                ("Rules".to_owned(), again.rules_version.to_string()),
            ],
        })
    }
}

/// A table for the eye: names to the left, figures to the right.
fn side_by_side(table: &PageTable) -> String {
    let width = |place: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(place));
        cells.chain(table.columns.get(place)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut out = String::new();
        for (place, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            if place == 0 {
                let _ = write!(out, "{cell:<width$}");
            } else {
                let _ = write!(out, "  {cell:>width$}");
            }
        }
        out.trim_end().to_owned() + "\n"
    };
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    format!("{}:\n{}{rows}\n", table.caption, line(&table.columns))
}

/// A table without the columns that say nothing: where there is one world, no row has a name of it.
fn page_table(caption: &str, columns: [&str; 4], rows: Vec<Vec<String>>) -> PageTable {
    let says = |place: usize| rows.iter().any(|row| !row[place].is_empty());
    let kept: Vec<usize> = (0..columns.len()).filter(|place| says(*place)).collect();
    let of = |row: &Vec<String>| kept.iter().map(|place| row[*place].clone()).collect();
    PageTable {
        caption: caption.to_owned(),
        columns: kept.iter().map(|place| columns[*place].to_owned()).collect(),
        rows: rows.iter().map(of).collect(),
    }
}

impl Refused {
    /// As a line.
    fn line(&self) -> String {
        let of = if self.of.is_empty() { String::new() } else { format!(" ({})", self.of) };
        format!("{}{of}", self.why)
    }
}

/// A row of runs by its fields. Rows are our own, or were looked at when they were read.
pub fn field<T: std::str::FromStr + Default>(row: &str, place: usize) -> T {
    row.split(',').nth(place).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Unit, field};

    #[test]
    fn values_as_they_are_shown() {
        for (unit, value, text) in [
            (Unit::Dollars, 1_234_567.4, "1,234,567"),
            (Unit::Dollars, -2.0, "-2"),
            (Unit::Dollars, 1e24, "1,000,000,000,000,000,000,000,000"),
            (Unit::Dollars, -0.2, "0"),
            (Unit::Part, 0.25, "25.00 %"),
            (Unit::Part, 0.000_086_6, "0.00866 %"),
            (Unit::Part, 0.0, "0.00 %"),
            (Unit::Part, 2e-12, "0.000000000200 %"),
            (Unit::Part, 2e-14, "2.0e-14"),
            (Unit::Move, -0.345, "-34.5 %"),
            (Unit::Whole, 1_234.0, "1,234"),
            (Unit::Deviations, 3.0, "+3.00"),
        ] {
            assert_eq!(unit.shown(value), text, "{value}");
        }
        assert_eq!((field::<u128>("1,22", 1), field::<u128>("1", 4)), (22, 0));
    }
}
