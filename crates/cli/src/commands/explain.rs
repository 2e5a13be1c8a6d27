//! `rhodian explain`: one account's share, in sentences and numbers that add up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::{data_to_stdout, to_stdout};
use crate::run::explain::Explanation;
use crate::run::explain_text;
use crate::run::replay::Replay;

const EXAMPLES: &str = "\
Examples:
  rhodian share alice.toml --out result
  rhodian explain result --account bob
  rhodian explain result --account bob --format json

The events in the folder are replayed and compared with the digest in its summary, so what is
explained is what happened. Amounts of the JSON are in atoms, as strings.

Exit: 0 done, 2 bad input, 3 input/output.";

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// In sentences.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Explain one account's share: why, how much, and what it would be under each other rule
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// A folder that `rhodian share --out` wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The account
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub account: String,
    /// How the explanation is written to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: ExplainFormat,
}

/// Reads the folder, explains the account.
pub fn run(args: &ExplainArgs) -> Result<Exit, Diagnostic> {
    let replay = Replay::read(&args.folder)?;
    let explanation = Explanation::of(&replay, &args.account)?;
    match args.format {
        ExplainFormat::Text => {
            to_stdout(|out| out.write_all(explain_text::text(&explanation).as_bytes()))?;
        }
        ExplainFormat::Json => data_to_stdout(|out| {
            serde_json::to_writer_pretty(&mut *out, &explanation)?;
            out.write_all(b"\n")
        })?,
    }
    Ok(Exit::Done)
}
