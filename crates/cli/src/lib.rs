//! The command line of Rhodian: reads what people write, asks the core, prints the answer.
//!
//! One grammar everywhere: `--format`, `--out`, `--force`, `--quiet`; results on standard output,
//! remarks on standard error; exit 0 done, 1 a check failed, 2 bad input, 3 input/output. Nothing
//! here decides who pays: that is `rhodian-core`.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use diagnostic::Exit;

pub mod allocation_picture;
pub mod allocation_report;
pub mod amount_column;
pub mod amount_text;
pub mod checks;
pub mod claims_file;
pub mod cli;
pub mod commands;
pub mod csv_text;
pub mod diagnostic;
pub mod experiment_file;
pub mod forms;
pub mod id_keys;
pub mod id_order;
pub mod json_shape;
mod lab_run;
pub mod loss_file;
pub mod out_folder;
pub mod output;
pub mod parquet;
pub mod png;
pub mod rules;
pub mod run;
pub mod schemas;
pub mod service;
pub mod side_by_side;
pub mod source;
pub mod table;
pub mod terminal;
pub mod usage;
pub mod venue_file;
pub mod venue_run;

/// Runs the program with its arguments, its name first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let Some(refused) = usage::refused(&error) else {
                // Help and version come this way too, to standard output and with status 0.
                let _ = error.print();
                return ExitCode::from(Exit::Done.status());
            };
            output::tell(&refused);
            return ExitCode::from(refused.exit.status());
        }
    };
    let exit = cli.command.run().unwrap_or_else(|error| {
        out_folder::let_interrupt_end();
        output::tell(&error);
        error.exit
    });
    ExitCode::from(exit.status())
}
