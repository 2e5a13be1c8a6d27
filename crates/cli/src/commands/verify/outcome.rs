//! What the checks of one file found, as it is printed; and the keys and files they need.

use std::path::Path;

use clap::Args;
use rhodian_core::ids::Time;
use rhodian_proof::hash::Digest;
use rhodian_proof::log::HeadFile;
use rhodian_proof::receipt::Unreadable;
use rhodian_proof::report::{Check, Report, Verdict};
use rhodian_proof::verify::Policy;
use rhodian_report::csv;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::{Format, data_to_stdout, to_stdout};
use crate::source::Source;
use crate::terminal::visible;

/// What whoever checks knows from elsewhere, and how he wants the checks written.
#[derive(Clone, Debug, Args)]
pub struct CheckerArgs {
    /// The public key of a witness that must have signed the head; may be given again
    #[arg(long, value_name = "PUB")]
    pub witness: Vec<String>,
    /// How many of the witnesses must have signed; all of them where it is not given
    #[arg(long, value_name = "K")]
    pub needed: Option<usize>,
    /// A second head, from elsewhere: a file with a signed head and its proofs of consistency
    #[arg(long, value_name = "FILE")]
    pub head: Option<std::path::PathBuf>,
    /// Refuse a head older than this, in milliseconds since 1970
    #[arg(long, value_name = "MS")]
    pub since: Option<u64>,
    /// How the checks are written to standard output
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
}

impl CheckerArgs {
    /// The policy, with the venue's `key`.
    pub fn policy(&self, key: Digest) -> Result<Policy, Diagnostic> {
        let witnesses = self.witness.iter().map(|text| public_key(text, "--witness"));
        let witnesses = witnesses.collect::<Result<Vec<_>, _>>()?;
        let needed = self.needed.unwrap_or(witnesses.len());
        if needed > witnesses.len() {
            let message = format!("{needed} witnesses are needed and {} given", witnesses.len());
            let help = "give each with --witness.";
            return Err(Diagnostic::bad_input("witnesses-too-few", message, help).at("--needed"));
        }
        let head = self.head.as_deref().map(head).transpose()?;
        Ok(Policy { key, witnesses, needed, head, since: self.since.map(Time) })
    }
}

/// A public key as it is given: 64 hexadecimal digits, or a file that holds them.
pub fn public_key(given: &str, place: &str) -> Result<Digest, Diagnostic> {
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    let refused = || {
        let message = format!("\"{}\" is no public key", visible(given));
        let help = "give 64 lower-case hexadecimal digits, or a file that holds them.";
        Diagnostic::bad_input("key-invalid", message, help).at(place)
    };
    if !Path::new(given).is_file() {
        return Err(refused());
    }
    let file = Source::read(Path::new(given))?;
    text(&file).trim_end().parse().map_err(|_| refused())
}

fn head(path: &Path) -> Result<HeadFile, Diagnostic> {
    let source = Source::read(path)?;
    serde_json::from_str(text(&source)).map_err(|error| {
        let help = "give a file with a signed head and its proofs of consistency.";
        let message = format!("not a head: {}", visible(&error.to_string()));
        Diagnostic::bad_input("head-unreadable", message, help).at(&*visible(&source.name))
    })
}

/// A source is known to be UTF-8.
pub fn text(source: &Source) -> &str {
    std::str::from_utf8(source.text()).unwrap_or_default()
}

/// A file that cannot be read as what it should be.
pub fn unreadable(code: &'static str, name: &str, why: &Unreadable, help: &str) -> Diagnostic {
    let message = visible(&why.to_string()).into_owned();
    Diagnostic::bad_input(code, message, help).at(&*visible(name))
}

/// The outcome of one file.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The file.
    pub file: String,
    /// What it is about, in words.
    pub about: String,
    /// Whether no check failed.
    pub proven: bool,
    /// The checks.
    #[serde(flatten)]
    pub report: Report,
}

impl Outcome {
    /// The outcome of `report`.
    pub fn new(file: &str, about: String, report: Report) -> Self {
        Self { file: visible(file).into_owned(), about, proven: report.is_good(), report }
    }

    /// Prints it; the exit says whether it is proven.
    pub fn print(&self, format: Format) -> Result<Exit, Diagnostic> {
        match format {
            Format::Text => to_stdout(|out| out.write_all(self.text().as_bytes()))?,
            Format::Csv => data_to_stdout(|out| out.write_all(self.csv().as_bytes()))?,
            Format::Json => data_to_stdout(|out| {
                serde_json::to_writer_pretty(&mut *out, self)?;
                out.write_all(b"\n")
            })?,
            Format::Ndjson => data_to_stdout(|out| {
                for check in &self.report.checks {
                    serde_json::to_writer(&mut *out, check)?;
                    out.write_all(b"\n")?;
                }
                Ok(())
            })?,
        }
        Ok(if self.proven { Exit::Done } else { Exit::CheckFailed })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n\n", visible(&self.about));
        let width = self.report.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for check in &self.report.checks {
            let word = word(check.verdict);
            text += &format!("{word}  {:width$}  {}\n", check.name, visible(&check.why));
        }
        text + if self.proven { "\nProven.\n" } else { "\nNOT PROVEN.\n" }
    }

    fn csv(&self) -> String {
        let row = |check: &Check| {
            let verdict = word(check.verdict).trim().to_lowercase();
            vec![check.name.clone(), verdict, check.why.clone()]
        };
        let rows: Vec<Vec<String>> = self.report.checks.iter().map(row).collect();
        csv::table(&["check", "verdict", "why"], &rows)
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed ",
        Verdict::Failed => "FAILED ",
        Verdict::Trusted => "trusted",
    }
}
