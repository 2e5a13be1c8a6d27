//! `rhodian verify`: files that leave a venue, and what it keeps, checked by whoever has them.

mod episode;
mod journal;
mod outcome;
mod receipt;
mod standing;

use clap::{Args, Subcommand};

use crate::diagnostic::{Diagnostic, Exit};

const EXAMPLES: &str = "\
Examples:
  rhodian verify receipt bob.json --key venue.pub
  rhodian verify standing bob.json --key venue.pub
  rhodian verify episode episode.json
  rhodian verify journal venue-data

Exit: 0 proven, 1 a check failed, 2 bad input, 3 input/output.";

/// Check what a venue handed out or keeps: a receipt, a standing, an episode, a journal
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// What to check
    #[command(subcommand)]
    pub what: Verify,
}

/// What can be checked.
#[derive(Clone, Debug, Subcommand)]
pub enum Verify {
    #[allow(missing_docs)]
    Receipt(receipt::ReceiptArgs),
    #[allow(missing_docs)]
    Standing(standing::StandingArgs),
    #[allow(missing_docs)]
    Episode(episode::EpisodeArgs),
    #[allow(missing_docs)]
    Journal(journal::JournalArgs),
}

/// Checks it.
pub fn run(args: &VerifyArgs) -> Result<Exit, Diagnostic> {
    match &args.what {
        Verify::Receipt(args) => receipt::run(args),
        Verify::Standing(args) => standing::run(args),
        Verify::Episode(args) => episode::run(args),
        Verify::Journal(args) => journal::run(args),
    }
}
