//! `rhodian lab`: questions to the laboratory.

pub mod october;
mod october_text;
mod record;

use clap::{Args, Subcommand};

use crate::diagnostic::{Diagnostic, Exit};

const EXAMPLES: &str = "\
Examples:
  rhodian lab october --data autodeleveraging-analysis
  rhodian lab october --data oct10 --format csv

Exit: 0 done, 2 bad input, 3 input/output.";

/// Ask the laboratory: what published records say
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LabArgs {
    /// What to ask
    #[command(subcommand)]
    pub question: Question,
}

/// What may be asked.
#[derive(Clone, Debug, Subcommand)]
pub enum Question {
    #[allow(missing_docs)]
    October(october::OctoberArgs),
}

/// Answers it.
pub fn run(args: &LabArgs) -> Result<Exit, Diagnostic> {
    match &args.question {
        Question::October(args) => october::run(args),
    }
}
