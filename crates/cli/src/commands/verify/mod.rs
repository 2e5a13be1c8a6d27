//! `rhodian verify`: files that leave a venue, checked by whoever has them.

mod episode;
mod outcome;
mod receipt;
mod standing;

use clap::{Args, Subcommand};

use crate::diagnostic::{Diagnostic, Exit};

/// Check what a venue handed out: a receipt, a standing, an episode
#[derive(Clone, Debug, Args)]
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
}

/// Checks it.
pub fn run(args: &VerifyArgs) -> Result<Exit, Diagnostic> {
    match &args.what {
        Verify::Receipt(args) => receipt::run(args),
        Verify::Standing(args) => standing::run(args),
        Verify::Episode(args) => episode::run(args),
    }
}
