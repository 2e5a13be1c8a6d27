//! `rhodian schema`: JSON Schemas, for editors and programs.

use clap::Args;

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::data_to_stdout;
use crate::schemas::{SchemaName, schema};

const EXAMPLES: &str = "\
Examples:
  rhodian schema loss > loss.schema.json
  rhodian schema experiment > experiment.schema.json
  rhodian schema summary

An editor with TOML support takes the first by a line at the top of a loss file:
  #:schema ./loss.schema.json";

/// Print a JSON Schema: of a file that Rhodian reads, or of what it writes
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    pub name: SchemaName,
}

/// Prints the schema.
pub fn run(args: &SchemaArgs) -> Result<Exit, Diagnostic> {
    data_to_stdout(|out| writeln!(out, "{:#}", schema(args.name)))?;
    Ok(Exit::Done)
}
