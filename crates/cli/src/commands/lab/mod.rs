//! `rhodian lab`: questions to the laboratory.

pub mod compare_rules;
pub mod crises;
pub mod october;
mod october_text;
mod record;
pub mod run;
pub mod size_fund;
pub mod what_if;

use clap::{Args, Subcommand};

use crate::diagnostic::{Diagnostic, Exit};

const EXAMPLES: &str = "\
Examples:
  rhodian lab size-fund --target 1/1000
  rhodian lab compare-rules
  rhodian lab what-if maintenance=+5%
  rhodian lab run EXPERIMENT.toml --out result
  rhodian lab october --data autodeleveraging-analysis
  rhodian lab october --data oct10 --format csv

Exit: 0 done, 2 bad input, 3 input/output.";

/// Ask the laboratory: how large a fund must be, who pays under which rule, what a change does, what
/// published records say
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
    SizeFund(Box<size_fund::SizeFundArgs>),
    #[allow(missing_docs)]
    CompareRules(Box<compare_rules::CompareRulesArgs>),
    #[allow(missing_docs)]
    WhatIf(Box<what_if::WhatIfArgs>),
    #[allow(missing_docs)]
    October(october::OctoberArgs),
    #[allow(missing_docs)]
    Run(run::RunArgs),
}

/// Answers it.
pub fn run(args: &LabArgs) -> Result<Exit, Diagnostic> {
    match &args.question {
        Question::SizeFund(args) => size_fund::run(args),
        Question::CompareRules(args) => compare_rules::run(args),
        Question::WhatIf(args) => what_if::run(args),
        Question::October(args) => october::run(args),
        Question::Run(args) => run::run(args),
    }
}
