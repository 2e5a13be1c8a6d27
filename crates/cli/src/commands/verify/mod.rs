//! `rhodian verify`: whether what was kept is what was written, by who did not write it.

use clap::{Args, Subcommand};

use crate::diagnostic::{Diagnostic, Exit};

pub mod journal;

const EXAMPLES: &str = "\
Examples:
  rhodian verify journal venue-data
  rhodian verify journal venue-data --redecide --format json

Exit: 0 it is sound, 1 a check failed, 2 bad input, 3 input/output.";

/// Check what a service kept or gave out: a journal
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// What is checked
    #[command(subcommand)]
    pub what: What,
}

/// What is checked.
#[derive(Clone, Debug, Subcommand)]
pub enum What {
    #[allow(missing_docs)]
    Journal(journal::JournalArgs),
}

/// Checks it and answers.
pub fn run(args: &VerifyArgs) -> Result<Exit, Diagnostic> {
    match &args.what {
        What::Journal(args) => journal::run(args),
    }
}
