//! `rhodian completions`: a script that completes words in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::diagnostic::{Diagnostic, Exit};
use crate::output::data_to_stdout;

const EXAMPLES: &str = "\
Examples:
  rhodian completions bash > ~/.local/share/bash-completion/completions/rhodian
  rhodian completions zsh > ~/.zfunc/_rhodian
  rhodian completions fish > ~/.config/fish/completions/rhodian.fish";

/// Print a script that completes words in a shell
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> Result<Exit, Diagnostic> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rhodian", &mut script);
    data_to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
