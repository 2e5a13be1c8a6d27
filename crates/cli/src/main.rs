//! The `rhodian` program: see the library of the same crate.
use std::process::ExitCode;

fn main() -> ExitCode {
    rhodian_cli::run(std::env::args_os())
}
