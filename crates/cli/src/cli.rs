//! The commands and their arguments.

use clap::{Parser, Subcommand};

use crate::commands::{
    allocate, check, completions, demo, explain, incident, init, lab, margin, run, schema, serve,
    share, verify,
};
use crate::diagnostic::{Diagnostic, Exit};

const EXAMPLES: &str = "\
Examples:
  rhodian demo
  rhodian allocate --rule proportional --loss 12000 --claims winners.csv
  rhodian allocate --help
  rhodian init loss > LOSS.toml
  rhodian check LOSS.toml
  rhodian share LOSS.toml --out result
  rhodian init venue > VENUE.toml
  rhodian run VENUE.toml --out run
  rhodian margin run --account bob
  rhodian explain result --account bob
  rhodian incident run --out incident
  rhodian lab size-fund --target 1/1000
  rhodian lab october --data autodeleveraging-analysis
  rhodian verify receipt bob.json --key venue.pub
  rhodian verify journal venue
  rhodian serve --data venue
  rhodian completions bash

Results go to standard output, remarks and errors to standard error; errors are text in every
format, each with a stable code.
Exit: 0 done, 1 a check failed, 2 bad input, 3 input/output.";

/// Who bears a loss, how much each, by which rule, and how each can check it
#[derive(Clone, Debug, Parser)]
#[command(name = "rhodian", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    #[allow(missing_docs)]
    Allocate(Box<allocate::AllocateArgs>),
    #[allow(missing_docs)]
    Share(Box<share::ShareArgs>),
    #[allow(missing_docs)]
    Run(Box<run::RunArgs>),
    #[allow(missing_docs)]
    Margin(margin::MarginArgs),
    #[allow(missing_docs)]
    Explain(explain::ExplainArgs),
    #[allow(missing_docs)]
    Incident(incident::IncidentArgs),
    #[allow(missing_docs)]
    Lab(lab::LabArgs),
    #[allow(missing_docs)]
    Demo(demo::DemoArgs),
    #[allow(missing_docs)]
    Serve(serve::ServeArgs),
    #[allow(missing_docs)]
    Check(Box<check::CheckArgs>),
    #[allow(missing_docs)]
    Verify(Box<verify::VerifyArgs>),
    #[allow(missing_docs)]
    Init(init::InitArgs),
    #[allow(missing_docs)]
    Schema(schema::SchemaArgs),
    #[allow(missing_docs)]
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Does it.
    pub fn run(&self) -> Result<Exit, Diagnostic> {
        match self {
            Self::Allocate(args) => allocate::run(args),
            Self::Share(args) => share::run(args),
            Self::Run(args) => run::run(args),
            Self::Margin(args) => margin::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Incident(args) => incident::run(args),
            Self::Lab(args) => lab::run(args),
            Self::Demo(args) => demo::run(args),
            Self::Serve(args) => serve::run(args),
            Self::Check(args) => check::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Init(args) => init::run(args),
            Self::Schema(args) => schema::run(args),
            Self::Completions(args) => completions::run(args),
        }
    }
}
