//! What `rhodian check` looks at: loss files, claims files, summaries.

use std::path::Path;

use rhodian_core::allocation::Rule;
use serde_json::Value;

use crate::amount_text::AmountFormat;
use crate::claims_file::{ClaimsFile, ColumnNames};
use crate::diagnostic::Diagnostic;
use crate::json_shape::mismatch;
use crate::loss_file::{self, LossFile, toml_text::TomlText};
use crate::schemas::{self, SchemaName};
use crate::source::Source;
use crate::table::Table;
use crate::terminal::{Progress, visible};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// A loss file, TOML.
    Loss,
    /// A claims file, CSV.
    Claims,
    /// A summary, JSON.
    Summary,
}

impl What {
    /// Its name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Claims => "claims",
            Self::Summary => "summary",
        }
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Loss => "a loss file",
            Self::Claims => "a claims file",
            Self::Summary => "a summary",
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

/// Reads a file, standard input (`-`), or the summary of a folder.
pub fn check(
    path: &Path,
    what: Option<What>,
    options: &ClaimsOptions,
) -> Result<Found, Diagnostic> {
    if path.is_dir() {
        return check(&path.join("summary.json"), Some(What::Summary), options);
    }
    let source = Source::read(path)?;
    let folder = path.parent().filter(|_| path != Path::new("-")).unwrap_or(Path::new(""));
    match what.unwrap_or_else(|| guess(path, source.text())) {
        What::Loss => {
            let text = TomlText::new(&source.name, folder, source.text().to_vec())?;
            Ok(of_loss(&loss_file::from_text(text)?))
        }
        What::Claims => of_claims(source, options),
        What::Summary => of_summary(&source),
    }
}

/// What a file is by its name, else by how it begins.
fn guess(path: &Path, text: &[u8]) -> What {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => return What::Loss,
        Some("csv") => return What::Claims,
        Some("json") => return What::Summary,
        _ => {}
    }
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{FEFF}').trim());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if first.starts_with('{') {
        What::Summary
    } else if first.starts_with('[') || first.contains('=') {
        What::Loss
    } else {
        What::Claims
    }
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

fn of_summary(source: &Source) -> Result<Found, Diagnostic> {
    let refuse = |code: &'static str, message: String, help: &str| {
        Diagnostic::bad_input(code, message, help).at(source.name.clone())
    };
    let text = source.text().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source.text());
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        let help = "a summary is one JSON object.";
        refuse("json-syntax", format!("not JSON: {}", visible(&error.to_string())), help)
    })?;
    let allocation = value.get("rule").is_some();
    let name = if allocation { SchemaName::Allocation } else { SchemaName::Summary };
    if let Some(why) = mismatch(&schemas::schema(name), &value) {
        let help = format!("see `rhodian schema {}` for its shape.", name.name());
        let message = format!("not the shape of a summary: {}", visible(&why));
        return Err(refuse("summary-shape", message, &help));
    }
    let broken = if allocation { allocation_sum(&value) } else { loss_sums(&value) };
    if let Some(why) = broken {
        return Err(refuse("summary-sum", why, "write it anew from its loss file."));
    }
    let facts = if allocation {
        vec![("rule", text_of(&value, "rule")), ("loss", text_of(&value, "loss"))]
    } else {
        let losses = value["losses"].as_array().map_or(0, Vec::len);
        vec![("title", text_of(&value, "title")), ("losses", format!("{losses}"))]
    };
    Ok(Found { what: What::Summary, name: source.name.clone(), facts, remarks: Vec::new() })
}

fn text_of(value: &Value, key: &str) -> String {
    visible(value[key].as_str().unwrap_or_default()).into_owned()
}

/// The atoms of an amount; a point does not count, as all amounts of one summary have one.
fn atoms(value: &Value) -> Option<u128> {
    value.as_str()?.replace('.', "").parse().ok()
}

/// What does not add up in a summary of `allocate`.
fn allocation_sum(value: &Value) -> Option<String> {
    let part = |key: &str| atoms(&value[key]);
    let (loss, allocated, residual) = (part("loss")?, part("allocated")?, part("residual")?);
    (allocated.checked_add(residual) != Some(loss))
        .then(|| "allocated and residual do not sum to the loss".to_owned())
}

/// What does not add up in a summary of `share`: what a loss is, and who bore it.
fn loss_sums(value: &Value) -> Option<String> {
    value["losses"].as_array()?.iter().find_map(|loss| {
        let layers = loss["layers"].as_array()?.iter();
        let received = layers.map(|layer| atoms(&layer["received"]));
        let parts = [atoms(&loss["own_means"]), atoms(&loss["uncovered"])].into_iter();
        let sum = parts.chain(received).try_fold(0u128, |sum, part| sum.checked_add(part?));
        (sum != atoms(&loss["amount"])).then(|| {
            let id = text_of(loss, "id");
            format!("loss \"{id}\": own means, layers and uncovered do not sum to the amount")
        })
    })
}
