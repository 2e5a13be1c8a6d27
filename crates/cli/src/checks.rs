//! What `rhodian check` looks at: loss files, claims files, summaries, shares, events, and the
//! folders that hold them.

mod folder;
mod json_place;
mod run_folder;
mod shares;

use std::path::Path;

use rhodian_core::allocation::Rule;
use serde_json::Value;

use crate::amount_text::AmountFormat;
use crate::claims_file::{ClaimsFile, ColumnNames};
use crate::diagnostic::Diagnostic;
use crate::experiment_file::{self, Experiment};
use crate::json_shape::mismatch;
use crate::loss_file::{self, LossFile, toml_text::TomlText};
use crate::run::replay::{Replayed, replayed_from};
use crate::schemas::{self, SchemaName};
use crate::source::Source;
use crate::table::Table;
use crate::terminal::{Progress, visible};
use crate::venue_file::{self, VenueFile};
use crate::venue_run::{Driver, Options};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// A loss file, TOML.
    Loss,
    /// A venue file, TOML.
    Venue,
    /// An experiment file, TOML.
    Experiment,
    /// A claims file, CSV.
    Claims,
    /// A summary, JSON.
    Summary,
    /// Shares, CSV.
    Shares,
    /// Events, one JSON object a line.
    Events,
    /// A folder of results; told by being one.
    #[value(skip)]
    Folder,
}

impl What {
    /// Its name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Venue => "venue",
            Self::Experiment => "experiment",
            Self::Claims => "claims",
            Self::Summary => "summary",
            Self::Shares => "shares",
            Self::Events => "events",
            Self::Folder => "folder",
        }
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Loss => "a loss file",
            Self::Venue => "a venue file",
            Self::Experiment => "an experiment file",
            Self::Claims => "a claims file",
            Self::Summary => "a summary",
            Self::Shares => "shares",
            Self::Events => "events",
            Self::Folder => "a folder of results",
        }
    }
}

/// How claims are to be read.
#[derive(Clone, Debug)]
pub struct ClaimsOptions {
    /// The rule they are for.
    pub rule: Rule,
    /// The names of the columns.
    pub columns: ColumnNames,
    /// How amounts are written.
    pub format: AmountFormat,
}

/// What was found of a file that can be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub what: What,
    /// The name it is cited by.
    pub name: String,
    /// What it holds, in words.
    pub facts: Vec<(&'static str, String)>,
    /// What is odd and may be meant.
    pub remarks: Vec<String>,
}

/// Reads a file, standard input (`-`), or a folder with all that is in it.
pub fn check(
    path: &Path,
    what: Option<What>,
    options: &ClaimsOptions,
) -> Result<Found, Diagnostic> {
    if path.is_dir() {
        return folder::check(path);
    }
    let source = Source::read_table(path).map_err(|error| in_words_of(error, path))?;
    let folder = path.parent().filter(|_| path != Path::new("-")).unwrap_or(Path::new(""));
    match what.unwrap_or_else(|| guess(path, &source, options)) {
        What::Loss => {
            let text = TomlText::new(&source.name, folder, source.text().to_vec())?;
            Ok(of_loss(&loss_file::from_text(text)?))
        }
        What::Venue => {
            let text = TomlText::new(&source.name, folder, source.text().to_vec())?;
            of_venue(&venue_file::from_text(text)?)
        }
        What::Experiment => {
            let text = TomlText::new(&source.name, folder, source.text().to_vec())?;
            Ok(of_experiment(&experiment_file::from_text(&text)?, &source.name))
        }
        What::Claims => of_claims(source, options),
        What::Summary => of_summary(&source),
        What::Shares if has_line(&source, shares::has_allocation_header) => {
            shares::allocation(source).map(|(found, _)| found)
        }
        What::Shares => shares::read(source).map(|shares| shares::alone(&shares)),
        What::Events => of_events(&source),
        What::Folder => folder::check(path),
    }
}

/// The error of a text that is none, which speaks of CSV, with the code of what it is.
fn in_words_of(error: Diagnostic, path: &Path) -> Diagnostic {
    let prefix = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => "toml-",
        Some("json") => "json-",
        Some("ndjson") => "events-",
        _ => return error,
    };
    let code = error.code.replacen("csv-", prefix, 1);
    Diagnostic { code: code.into(), ..error }
}

/// The first line with something on it.
fn first_line(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    text[..memchr::memchr(b'\n', text).unwrap_or(text.len())].trim_ascii_end()
}

fn has_line(source: &Source, is: fn(&str) -> bool) -> bool {
    std::str::from_utf8(first_line(source.text())).is_ok_and(is)
}

/// What a file is by its name, else by how it begins.
fn guess(path: &Path, source: &Source, options: &ClaimsOptions) -> What {
    let text = source.text();
    let first = String::from_utf8_lossy(first_line(text));
    // Claims may have any columns, so whoever names the cap's means claims.
    let shares = shares::has_header(&first) || shares::has_allocation_header(&first);
    if shares && options.columns.cap.is_none() {
        return What::Shares;
    }
    if source.is_columnar() {
        return What::Claims;
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => return toml_kind(text),
        Some("csv") => return What::Claims,
        Some("json") => return What::Summary,
        Some("ndjson") => return What::Events,
        _ => {}
    }
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{FEFF}').trim());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if first.starts_with("{\"at\":") {
        What::Events
    } else if first.starts_with('{') {
        What::Summary
    } else if first.starts_with('[') || first.contains('=') {
        toml_kind(text.as_bytes())
    } else {
        What::Claims
    }
}

/// An experiment file has a kind before its tables, a venue file markets, a loss file losses.
fn toml_kind(text: &[u8]) -> What {
    let text = String::from_utf8_lossy(text);
    let mut keys = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    if keys.any(|line| line.split('=').next().is_some_and(|key| key.trim() == "kind")) {
        return What::Experiment;
    }
    let is_venue = |line: &str| ["[[market]]", "[[domain]]"].contains(&line.trim());
    if text.lines().any(is_venue) { What::Venue } else { What::Loss }
}

/// A venue that the engine opens as the file says.
fn of_venue(file: &VenueFile) -> Result<Found, Diagnostic> {
    Driver::open(file, Options::default())?;
    let markets: Vec<&str> = file.markets.iter().map(|market| market.name.as_str()).collect();
    let shown = markets[..markets.len().min(6)].join(", ");
    let more = if markets.len() > 6 { ", ..." } else { "" };
    let layers = file.layers().count();
    let facts = vec![
        ("asset", format!("{}, {} decimals", file.asset.name, file.asset.decimals)),
        ("domains", format!("{}, {}", file.domains.len(), count(layers, "layer", "layers"))),
        ("markets", format!("{} ({shown}{more})", markets.len())),
        ("accounts", format!("{}", file.accounts.len())),
        ("prices", count(file.marks.len(), "moment", "moments")),
        ("events", format!("{}", file.events.len())),
    ];
    let name = file.text().name.clone();
    Ok(Found { what: What::Venue, name, facts, remarks: file.remarks.clone() })
}

/// What an experiment asks, and of how much.
fn of_experiment(of: &Experiment, name: &str) -> Found {
    let facts = vec![
        ("title", of.title.clone()),
        ("kind", of.question.kind().to_owned()),
        ("seed", format!("{}", of.seed)),
        ("worlds", format!("{}", of.question.worlds().count())),
        ("crises", count(of.crises, "run", "runs") + " of each"),
    ];
    Found { what: What::Experiment, name: name.to_owned(), facts, remarks: Vec::new() }
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

fn of_loss(file: &LossFile) -> Found {
    let format = file.format();
    let mut facts = vec![("asset", format!("{}, {} decimals", file.asset.name, format.decimals))];
    let losses: Vec<String> = file
        .distinct_losses()
        .map(|loss| format!("{} {}", loss.id, format.write_grouped(loss.amount)))
        .collect();
    let shown = losses[..losses.len().min(4)].join(", ");
    let rest = losses.len().saturating_sub(4);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    facts.push(("losses", format!("{} ({shown}{rest})", losses.len())));
    facts.push(("steps", count(file.steps.len(), "step", "steps")));
    for layer in file.layers() {
        let Some(claims) = &layer.claims else { continue };
        let from = claims.file.as_deref().map_or("the loss file", |name| name);
        let rows = count(claims.rows, "row", "rows");
        let kept = claims.kept.len();
        facts.push(("claims", format!("{}: {kept} of {rows} of {}", layer.name, visible(from))));
    }
    if !file.recoveries.is_empty() {
        facts.push(("recoveries", format!("{}", file.recoveries.len())));
    }
    if !file.incomes.is_empty() {
        facts.push(("incomes", format!("{}", file.incomes.len())));
    }
    Found { what: What::Loss, name: file.text.name.clone(), facts, remarks: file.remarks.clone() }
}

fn of_claims(source: Source, options: &ClaimsOptions) -> Result<Found, Diagnostic> {
    let table = Table::new(source)?;
    let name = table.source.name.clone();
    let mut silent = Progress::new(true);
    let ClaimsOptions { rule, columns, format } = options;
    let file = ClaimsFile::read(table, columns, *rule, *format, &mut silent)?;
    let facts = vec![("claims", format!("{}", file.len()))];
    let remarks = file.ignored_columns().into_iter().collect();
    Ok(Found { what: What::Claims, name, facts, remarks })
}

/// Events that follow one another, from the first to the last, and break no law.
fn of_events(source: &Source) -> Result<Found, Diagnostic> {
    let Replayed { state, events, .. } = replayed_from(source.text(), &source.name)?;
    folder::laws_hold(&state, Path::new(&source.name))?;
    let facts = vec![
        ("events", format!("{events}")),
        ("accounts", format!("{}", state.accounts.accounts().count())),
        ("losses", format!("{}", state.losses.losses().count())),
    ];
    Ok(Found { what: What::Events, name: source.name.clone(), facts, remarks: Vec::new() })
}

fn of_summary(source: &Source) -> Result<Found, Diagnostic> {
    let (value, allocation) = read_summary(source)?;
    let facts = summary_facts(&value, allocation);
    Ok(Found { what: What::Summary, name: source.name.clone(), facts, remarks: Vec::new() })
}

/// What a right summary says first.
fn summary_facts(value: &Value, allocation: bool) -> Vec<(&'static str, String)> {
    if allocation {
        return vec![("rule", text_of(value, "rule")), ("loss", text_of(value, "loss"))];
    }
    let losses = value["losses"].as_array().map_or(0, Vec::len);
    vec![("title", text_of(value, "title")), ("losses", format!("{losses}"))]
}

/// An error of a summary on the line of the value at `path`.
fn summary_fault(
    source: &Source,
    path: &str,
    code: &'static str,
    message: String,
    help: &str,
) -> Diagnostic {
    let text = source.text();
    let start = text.len() - text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).len();
    let at = json_place::place_of(&text[start..], path);
    let place = at.map_or_else(|| source.name.clone(), |at| source.place(start + at));
    Diagnostic::bad_input(code, message, help).at(place)
}

/// A summary of its shape and with its sums, and whether it is one of `allocate`.
fn read_summary(source: &Source) -> Result<(Value, bool), Diagnostic> {
    let refuse = |code: &'static str, message: String, help: &str| {
        Diagnostic::bad_input(code, message, help).at(source.name.clone())
    };
    let text = source.text().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source.text());
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        let help = "a summary is one JSON object.";
        let message = format!("not JSON: {}", visible(&error.to_string()));
        refuse("json-syntax", message, help).at(format!("{}:{}", source.name, error.line()))
    })?;
    let allocation = value.get("rule").is_some();
    let name = if allocation { SchemaName::Allocation } else { SchemaName::Summary };
    if let Some(why) = mismatch(&schemas::schema(name), &value) {
        let help = format!("see `rhodian schema {}` for its shape.", name.name());
        let message = format!("not the shape of a summary: {}", visible(&why));
        return Err(refuse("summary-shape", message, &help));
    }
    let broken = if allocation { allocation_sum(&value) } else { loss_sums(&value) };
    if let Some((path, why)) = broken {
        let help = "write it anew from its loss file.";
        return Err(summary_fault(source, &path, "summary-sum", why, help));
    }
    Ok((value, allocation))
}

fn text_of(value: &Value, key: &str) -> String {
    visible(value[key].as_str().unwrap_or_default()).into_owned()
}

/// The atoms of an amount; a point does not count, as all amounts of one summary have one.
fn atoms(value: &Value) -> Option<u128> {
    value.as_str()?.replace('.', "").parse().ok()
}

/// What does not add up in a summary of `allocate`, after the path of the value at fault.
fn allocation_sum(value: &Value) -> Option<(String, String)> {
    let part = |key: &str| atoms(&value[key]);
    let (loss, allocated, residual) = (part("loss")?, part("allocated")?, part("residual")?);
    (allocated.checked_add(residual) != Some(loss))
        .then(|| ("/loss".to_owned(), "allocated and residual do not sum to the loss".to_owned()))
}

/// What does not add up in a summary of `share`: what a loss is, and who bore it.
fn loss_sums(value: &Value) -> Option<(String, String)> {
    value["losses"].as_array()?.iter().enumerate().find_map(|(place, loss)| {
        let layers = loss["layers"].as_array()?.iter();
        let received = layers.map(|layer| atoms(&layer["received"]));
        let netted = loss.get("netted").map_or(Some(0), atoms);
        let parts = [atoms(&loss["own_means"]), netted, atoms(&loss["uncovered"])].into_iter();
        let sum = parts.chain(received).try_fold(0u128, |sum, part| sum.checked_add(part?));
        (sum != atoms(&loss["amount"])).then(|| {
            let id = text_of(loss, "id");
            let what = "own means, netted, layers and uncovered do not sum to the amount";
            (format!("/losses/{place}/amount"), format!("loss \"{id}\": {what}"))
        })
    })
}
