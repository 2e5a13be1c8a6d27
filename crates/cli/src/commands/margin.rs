//! `rhodian margin`: one account's margin at the end of a run.

use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::OutputArgs;
use crate::venue_run::margin::{self, Margin};

const EXAMPLES: &str = "\
Examples:
  rhodian run crash.toml --out result
  rhodian margin result --account bob
  rhodian run crash.toml --until \"72 min\" --out before
  rhodian margin before --account ann --format json

The events in the folder are replayed and compared with the digest in its summary, so the margin is
that of the engine's own state at the end of the run; --until of `rhodian run` chooses the moment.

Beside the legs and what is free: profit and loss at every move of price and volatility, with the
Greeks and the loss at the worst move against delta alone; the moves that take equity to zero; the
most that losses of others could take, layer by layer; its place if its side is deleveraged.

The files of --out: margin.txt, for the eye; margin.csv, a row for each figure; margin.json, all of
it. Amounts of JSON and ndjson are in atoms, as strings, moves in millionths; those of CSV are in
units of the asset. Prices and sizes are decimals of their market.

Exit: 0 done, 2 bad input, 3 input/output.";

/// Show an account's margin at the end of a run: what is free and why, what it could lose
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MarginArgs {
    /// A folder that `rhodian run --out` wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The account
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub account: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Reads the folder, writes the files, shows the account's margin.
pub fn run(args: &MarginArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Margin)?;
    }
    let margin = Margin::read(&args.folder, &args.account)?;
    let forms = Forms {
        name: "margin",
        text: margin::picture(&margin),
        csv: margin::csv(&margin),
        json: pretty(&margin),
        ndjson: margin::ndjson(&margin),
    };
    forms.publish(output, Results::Margin)?;
    Ok(Exit::Done)
}
