//! `rhodian check`: whether a file can be right, before anything is done with it.

use std::path::PathBuf;

use clap::Args;
use rhodian_core::allocation::Rule;
use serde_json::{Value, json};

use crate::allocation_report::push_csv_field;
use crate::amount_text::{AmountFormat, ExcessDigits};
use crate::checks::{self, ClaimsOptions, Found, What};
use crate::claims_file::ColumnNames;
use crate::diagnostic::{Diagnostic, Exit};
use crate::output::{Format, OutputArgs, data_to_stdout};
use crate::rules::rule_parser;

const EXAMPLES: &str = "\
Examples:
  rhodian check LOSS.toml
  rhodian check VENUE.toml
  rhodian check winners.csv --cap closed_pnl --decimals 2
  rhodian check result
  rhodian check result/shares.csv --format json
  rhodian init loss | rhodian check -
  rhodian check EXPERIMENT.toml

A loss file is read with all that it names, and its waterfall is put before the engine; a venue
file is opened by the engine, and an experiment is read as `rhodian lab run` reads it. A claims file is read as `rhodian allocate` reads it. A summary, of
`share`, `run` or `allocate`, must have its shape and its sums; shares must be within their caps and
an atom for each loss of the exact ones; events must follow one another and break no law. A folder
that --out wrote must have its files, and they must agree: events.ndjson has the hash that the
summary says, it is replayed, and every figure of the summary, of the shares and, of a run, of
accounts.csv, losses.csv, stakes.csv, covers.csv, vaults.csv and commands.ndjson is held against what it made. What is odd and may be
meant is a remark.

With --format json, csv or ndjson the answer goes to standard output also where it is no.

Exit: 0 it can be right, 2 it cannot, 3 input/output.";

/// Say whether a file can be right: a loss file, a venue file, an experiment, a claims file, results
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// The file, a folder that --out wrote, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What it is, where its name does not tell
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    pub what: Option<What>,
    /// The rule the claims are for
    #[arg(long, value_name = "RULE", value_parser = rule_parser(), default_value = "proportional",
        help_heading = "Claims")]
    pub rule: Rule,
    /// Column of the claimant's id [default: id]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub id: Option<String>,
    /// Column of the most he may pay [default: cap]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub cap: Option<String>,
    /// Column of his weight [default: weight, or the cap]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub weight: Option<String>,
    /// Column of his place in the queue [default: score]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub score: Option<String>,
    /// Column of his risk factor [default: risk]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub risk: Option<String>,
    /// Column of his priority class [default: class, or one]
    #[arg(long, value_name = "COL", help_heading = "Claims")]
    pub class: Option<String>,
    /// Amounts are decimal numbers of at most D places; without it, whole atoms
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u8).range(0..=30),
        help_heading = "Claims")]
    pub decimals: Option<u8>,
    /// What to do with digits beyond the decimals
    #[arg(long, value_enum, value_name = "WAY", default_value = "refuse", help_heading = "Claims")]
    pub excess_digits: ExcessDigits,
    /// How the answer is written to standard output
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
    /// No remarks on standard error; errors stay
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

/// Reads the file and answers.
pub fn run(args: &CheckArgs) -> Result<Exit, Diagnostic> {
    let columns = ColumnNames {
        id: args.id.clone(),
        cap: args.cap.clone(),
        weight: args.weight.clone(),
        score: args.score.clone(),
        risk: args.risk.clone(),
        class: args.class.clone(),
    };
    let decimals = args.decimals.unwrap_or(0);
    let format = AmountFormat { decimals, excess: args.excess_digits };
    let options = ClaimsOptions { rule: args.rule, columns, format };
    let answer = checks::check(&args.file, args.what, &options);
    match answer {
        Ok(found) => {
            write_answer(args, &found)?;
            if args.format == Format::Text {
                let (format, quiet) = (args.format, args.quiet);
                let output = OutputArgs { format, out: None, force: false, quiet };
                found.remarks.iter().for_each(|odd| output.remark(odd));
            }
            Ok(Exit::Done)
        }
        Err(error) => {
            if error.exit == Exit::BadInput {
                write_refusal(args, &error)?;
            }
            Err(error)
        }
    }
}

fn write_answer(args: &CheckArgs, found: &Found) -> Result<(), Diagnostic> {
    let name = args.file.display().to_string();
    match args.format {
        Format::Text => data_to_stdout(|out| {
            writeln!(out, "{}: {} that can be right", found.name, found.what.words())?;
            let width = found.facts.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
            found.facts.iter().try_for_each(|(key, fact)| writeln!(out, "  {key:width$}  {fact}"))
        }),
        format => {
            let facts = found.facts.iter().map(|(key, fact)| json!({ "what": key, "found": fact }));
            let facts: Vec<Value> = facts.collect();
            let answer = json!({
                "file": name, "is": found.what.name(), "ok": true, "facts": facts,
                "remarks": found.remarks,
            });
            write_line(format, &answer, [&name, found.what.name(), "true", "", ""])
        }
    }
}

fn write_refusal(args: &CheckArgs, error: &Diagnostic) -> Result<(), Diagnostic> {
    let name = args.file.display().to_string();
    let answer = json!({
        "file": name, "ok": false,
        "error": {
            "code": error.code, "message": error.message, "place": error.place,
            "help": error.help,
        },
    });
    match args.format {
        Format::Text => Ok(()),
        format => write_line(format, &answer, [&name, "", "false", &error.code, &error.message]),
    }
}

/// Writes an answer for a program: as JSON, or as a row of CSV.
fn write_line(format: Format, answer: &Value, row: [&str; 5]) -> Result<(), Diagnostic> {
    data_to_stdout(|out| match format {
        Format::Json => writeln!(out, "{answer:#}"),
        Format::Csv => {
            let mut line = b"file,is,ok,code,message\n".to_vec();
            for (index, field) in row.iter().enumerate() {
                line.extend_from_slice(if index == 0 { b"" } else { b"," });
                push_csv_field(&mut line, field.as_bytes());
            }
            line.push(b'\n');
            out.write_all(&line)
        }
        Format::Text | Format::Ndjson => writeln!(out, "{answer}"),
    })
}
