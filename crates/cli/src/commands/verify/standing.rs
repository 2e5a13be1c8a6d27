//! `rhodian verify standing`: one account among all accounts of its domain.

use std::path::PathBuf;

use clap::Args;
use rhodian_proof::standing::Standing;
use rhodian_proof::verify;

use super::outcome::{CheckerArgs, Outcome, public_key, text, unreadable};
use crate::diagnostic::{Diagnostic, Exit};
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  rhodian verify standing bob.json --key venue.pub
  rhodian verify standing bob.json --key venue.pub --head witness.json --format json

A standing says that an account was counted with its gain, at a checkpoint or when a liable set was
fixed. The more participants check theirs, the less can a winner be left out.

Exit: 0 proven, 1 a check failed, 2 bad input, 3 input/output.";

/// Check a standing: one account among all accounts of its domain, and that gains balance
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StandingArgs {
    /// The standing, or - for standard input
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
pub fn run(args: &StandingArgs) -> Result<Exit, Diagnostic> {
    let policy = args.checker.policy(public_key(&args.key, "--key")?)?;
    let source = Source::read(&args.file)?;
    let standing = Standing::from_json(text(&source)).map_err(|why| {
        let help = "give a standing as the venue wrote it: one line of JSON.";
        unreadable("standing-unreadable", &source.name, &why, help)
    })?;
    let report = verify::standing(&standing, &policy);
    let (account, accounts) = (&standing.account, &standing.accounts);
    let about = format!(
        "{}: gained {}, lost {} among {} accounts of domain {} at {}",
        standing.external_id,
        account.gain,
        account.loss,
        accounts.count,
        accounts.domain,
        accounts.origin
    );
    Outcome::new(&source.name, about, report).print(args.checker.format)
}
