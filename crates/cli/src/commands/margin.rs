//! `rhodian margin`: one account's margin at the end of a run.

use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, Exit};
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::terminal::visible;
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
    let (text, csv) = (margin::picture(&margin), margin::csv(&margin));
    // A margin is plain data with text keys, so it always has a JSON form.
    let mut json = serde_json::to_vec_pretty(&margin).unwrap_or_default();
    json.push(b'\n');
    if let Some(target) = &output.out {
        let folder = OutFolder::begin(target, output.force, Results::Margin)?;
        folder.write("margin.txt", |out| out.write_all(text.as_bytes()))?;
        folder.write("margin.csv", |out| out.write_all(csv.as_bytes()))?;
        folder.write("margin.json", |out| out.write_all(&json))?;
        folder.commit()?;
    }
    match output.format {
        Format::Text => to_stdout(|out| out.write_all(text.as_bytes()))?,
        Format::Csv => data_to_stdout(|out| out.write_all(csv.as_bytes()))?,
        Format::Json => data_to_stdout(|out| out.write_all(&json))?,
        Format::Ndjson => {
            data_to_stdout(|out| out.write_all(margin::ndjson(&margin).as_bytes()))?;
        }
    }
    if let Some(target) = &output.out {
        let target = target.display().to_string();
        let files = "margin.txt, margin.csv and margin.json";
        output.remark(format!("wrote {files} into {}", visible(&target)));
    }
    Ok(Exit::Done)
}
