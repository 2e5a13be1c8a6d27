//! The grammar of results: `--format`, `--out`, `--force`, `--quiet`; results on standard output,
//! remarks on standard error.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use crate::diagnostic::{Diagnostic, Exit};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For the eye: sums, bars, the largest shares.
    #[default]
    Text,
    /// Comma-separated, one line for each share.
    Csv,
    /// One JSON object.
    Json,
    /// One JSON object for each line: the shares, then the summary.
    Ndjson,
}

/// Where results go and in what form; the same on every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// How the result is written to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Also write the result as files into DIR, whole or not at all
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace DIR where it exists and holds only such files
    #[arg(long)]
    pub force: bool,
    /// No remarks and no progress on standard error; errors stay
    #[arg(long, short)]
    pub quiet: bool,
}

impl OutputArgs {
    /// Says something that is no error on standard error, unless quiet.
    pub fn remark(&self, remark: impl fmt::Display) {
        if !self.quiet {
            let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
            // A remark that no one can read is no reason to stop.
            let _ = writeln!(anstream::stderr(), "{cyan}remark{cyan:#}: {remark}");
        }
    }
}

/// Tells an error on standard error.
pub fn tell(error: &Diagnostic) {
    // Where standard error is gone, the status still tells.
    let _ = write!(anstream::stderr(), "{error}");
}

/// Writes a result to standard output, colour taken away where the terminal wants none.
///
/// A reader that has seen enough (`| head`) is no error.
pub fn to_stdout(content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Diagnostic> {
    let mut out = BufWriter::with_capacity(1 << 18, anstream::stdout().lock());
    let written = content(&mut out).and_then(|()| out.flush());
    told_unless_closed(written)
}

/// Writes plain bytes to standard output, as [`to_stdout`] without looking for colour.
pub fn data_to_stdout(
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Diagnostic> {
    // Data comes in blocks larger than this buffer, which then lets them through.
    let mut out = BufWriter::new(io::stdout().lock());
    let written = content(&mut out).and_then(|()| out.flush());
    told_unless_closed(written)
}

fn told_unless_closed(written: io::Result<()>) -> Result<(), Diagnostic> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Diagnostic {
            exit: Exit::InputOutput,
            ..Diagnostic::input_output("write", "the standard output", &error)
        }),
        _ => Ok(()),
    }
}
