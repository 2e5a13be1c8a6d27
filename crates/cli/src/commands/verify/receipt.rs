//! `rhodian verify receipt`: one participant's share, computed again from his file alone.

use std::path::PathBuf;

use clap::Args;
use rhodian_proof::ranked::{name_of, rank_of};
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify;

use super::outcome::{CheckerArgs, Outcome, public_key, text, unreadable};
use crate::diagnostic::{Diagnostic, Exit};
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  rhodian verify receipt bob.json --key venue.pub
  rhodian verify receipt bob.json --key venue.pub --head witness.json
  rhodian verify receipt bob.json --key venue.pub --witness one.pub --witness two.pub --needed 1
  rhodian verify receipt bob.json --key venue.pub --format json

Everything in the file that can be computed is computed again, and each check is told by name:
passed, failed, or trusted, which is what no file can show. Nothing is asked of the venue. A key is
64 hexadecimal digits, or a file that holds them.

Exit: 0 proven, 1 a check failed, 2 bad input, 3 input/output.";

/// Check a receipt: compute one participant's share of one loss again
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReceiptArgs {
    /// The receipt, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The venue's public key, known from elsewhere
    #[arg(long, value_name = "PUB")]
    pub key: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub checker: CheckerArgs,
}

/// Reads the file, checks it, prints the checks.
pub fn run(args: &ReceiptArgs) -> Result<Exit, Diagnostic> {
    let policy = args.checker.policy(public_key(&args.key, "--key")?)?;
    let source = Source::read(&args.file)?;
    let receipt = Receipt::from_json(text(&source)).map_err(|why| {
        let help = "give a receipt as the venue wrote it: one line of JSON.";
        unreadable("receipt-unreadable", &source.name, &why, help)
    })?;
    let report = verify::receipt(&receipt, &policy);
    let (division, share) = (&receipt.division, &receipt.share);
    let of = match rank_of(division.layer) {
        Some(rank) => format!("rank {}", name_of(rank)),
        None => format!("liable set {}", division.set),
    };
    let about = format!(
        "{}: {} atoms of loss {} at {}, division {} of {of}",
        receipt.external_id, share.share, division.loss, division.origin, division.wave
    );
    Outcome::new(&source.name, about, report).print(args.checker.format)
}
