//! `rhodian margin`: one account's margin at the end of a run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::{data_to_stdout, to_stdout};
use crate::venue_run::margin::{Margin, picture};

const EXAMPLES: &str = "\
Examples:
  rhodian run crash.toml --out result
  rhodian margin result --account bob
  rhodian run crash.toml --until \"72 min\" --out before
  rhodian margin before --account ann --format json

The events in the folder are replayed and compared with the digest in its summary, so the margin is
that of the engine's own state at the end of the run; --until of `rhodian run` chooses the moment.

Amounts of the JSON are in atoms, as strings; prices and sizes are decimals of their market.

Exit: 0 done, 2 bad input, 3 input/output.";

/// How a margin is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MarginFormat {
    /// For the eye.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Show an account's margin at the end of a run: equity, legs, requirement, what is free and why
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MarginArgs {
    /// A folder that `rhodian run --out` wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The account
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub account: String,
    /// How the margin is written to standard output
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: MarginFormat,
}

/// Reads the folder, shows the account's margin.
pub fn run(args: &MarginArgs) -> Result<Exit, Diagnostic> {
    let margin = Margin::read(&args.folder, &args.account)?;
    match args.format {
        MarginFormat::Text => to_stdout(|out| out.write_all(picture(&margin).as_bytes()))?,
        MarginFormat::Json => data_to_stdout(|out| {
            serde_json::to_writer_pretty(&mut *out, &margin)?;
            out.write_all(b"\n")
        })?,
    }
    Ok(Exit::Done)
}
