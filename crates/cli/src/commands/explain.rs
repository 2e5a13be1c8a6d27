//! `rhodian explain`: one account's share, in sentences and numbers that add up.

use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::{Format, OutputArgs};
use crate::run::explain::Explanation;
use crate::run::replay::Replay;
use crate::run::{explain_table, explain_text};
use crate::terminal::visible;

const EXAMPLES: &str = "\
Examples:
  rhodian share alice.toml --out result
  rhodian explain result --account bob
  rhodian explain result --account bob --format json
  rhodian explain result --account bob --out bob

The events in the folder are replayed and compared with the digest in its summary, so what is
explained is what happened.

The files of --out: explanation.txt, the sentences; explanation.csv, a row for each loss in each
layer; explanation.json, all of it. Amounts of JSON and ndjson are in atoms, as strings; those of
CSV are in units of the asset.

Exit: 0 done, 2 bad input, 3 input/output.";

/// Explain one account's share: why, how much, and what it would be under each other rule
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// A folder that `rhodian share --out` or `rhodian run --out` wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The account
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub account: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Reads the folder, explains the account, writes the folder, then the result.
pub fn run(args: &ExplainArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Explanation)?;
    }
    let replay = Replay::read(&args.folder)?;
    let explanation = Explanation::of(&replay, &args.account)?;
    if let Some(why) = explanation.not_liable.as_ref().filter(|_| output.format == Format::Csv) {
        // A table without rows would leave the reader to wonder.
        output.remark(visible(why));
    }
    let forms = Forms {
        name: "explanation",
        text: explain_text::text(&explanation),
        csv: explain_table::csv(&explanation),
        json: pretty(&explanation),
        ndjson: explain_table::ndjson(&explanation),
    };
    forms.publish(output, Results::Explanation)?;
    Ok(Exit::Done)
}
