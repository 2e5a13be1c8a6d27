//! `rhodian run`: a venue file through the engine, crash and all.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::Args;
use rhodian_report::text::{self, Style};
use rhodian_report::{Report, csv, html};

use crate::diagnostic::{Diagnostic, Exit};
use crate::loss_file::words::read_duration;
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::terminal::{self, visible};
use crate::venue_file::{self, VenueFile};
use crate::venue_run::driver::Until;
use crate::venue_run::page;
use crate::venue_run::progress::Bar;
use crate::venue_run::story::Story;
use crate::venue_run::summary::{self, Standing};
use crate::venue_run::{Driver, Options, Run};
use crate::venue_run::{covers, holdings, stakes};

const EXAMPLES: &str = "\
Examples:
  rhodian run crash.toml
  rhodian run crash.toml --out result
  rhodian run crash.toml --speed 600
  rhodian run crash.toml --until \"90 min\"
  rhodian run crash.toml --format ndjson | head

A venue file is TOML: `rhodian init venue` prints one to begin with, `rhodian check` says what is
wrong with one. Long streams of events and prices may stand in files beside it.

A command of the file that the engine refuses is a remark with its numbers; one that says
expect = \"CODE\" must be refused so. --speed 600 lets ten minutes of the file pass in a second.
--until stops after a time, or before the event on a line of the file of events.

The files of --out: events.ndjson, every event of the run; commands.ndjson, what was asked and what
became of it; accounts.csv, losses.csv, stakes.csv, covers.csv, vaults.csv and shares.csv; summary.json, the totals; report.html, the
picture on one page. `rhodian margin`, `explain` and `check` read the folder. To standard output go
with --format csv the accounts, json the summary, ndjson the events as they happen.

Exit: 0 done, 1 uncovered with --fail-on-uncovered, 2 bad input, 3 input/output.";

/// Run a venue through prices and commands: margin, close-out, who bears the losses
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The venue file, or - for standard input
    #[arg(value_name = "VENUE.toml")]
    pub file: PathBuf,
    /// Let so many times the clock's time pass; at once where nothing is said
    #[arg(long, value_name = "X", value_parser = clap::value_parser!(u32).range(1..))]
    pub speed: Option<u32>,
    /// Stop after a time such as "90 min", or before the event on a line
    #[arg(long, value_name = "TIME|LINE")]
    pub until: Option<String>,
    /// Refused commands are errors, unless the file expects them
    #[arg(long)]
    pub strict: bool,
    /// Exit 1 where no step absorbed a part of a loss
    #[arg(long)]
    pub fail_on_uncovered: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Reads the file, runs it, writes the folder, then the result.
pub fn run(args: &RunArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Run)?;
    }
    let until = args.until.as_deref().map(read_until).transpose()?;
    let file = venue_file::read(&args.file)?;
    let options = Options {
        until,
        speed: args.speed,
        strict: args.strict,
        // The summary has the hash of the events.
        keep: output.out.is_some() || output.format == Format::Json,
        stream: (output.format == Format::Ndjson)
            .then(|| Box::new(BufWriter::with_capacity(1 << 18, io::stdout())) as Box<_>),
        story: (output.format == Format::Text).then(|| Story::of(&file)),
        bar: Bar::new(output.quiet),
        without_watch: false,
    };
    let mut run = Driver::open(&file, options)?.run()?;
    let report = summary::report(&file, &run)?;
    let standings = summary::standings(&report, &run);
    write_folder(&report, &file, &mut run, &standings, output)?;
    write_result(&report, &file, &run, &standings, output.format)?;
    tell(&file, &run, output);
    let uncovered = report.summary.losses.iter().any(|loss| !loss.uncovered.is_zero());
    Ok(if args.fail_on_uncovered && uncovered { Exit::CheckFailed } else { Exit::Done })
}

/// A length of time, or a line.
fn read_until(text: &str) -> Result<Until, Diagnostic> {
    let line = text.parse::<usize>().ok().filter(|line| *line > 0).map(Until::Line);
    line.or_else(|| read_duration(text).map(Until::Time)).ok_or_else(|| {
        let message = format!("--until is neither a time nor a line: {}", visible(text));
        let help = "write a time with its unit, as \"90 min\", or the number of a line.";
        Diagnostic::bad_input("until-not-read", message, help).at("--until")
    })
}

fn write_folder(
    report: &Report,
    file: &VenueFile,
    run: &mut Run,
    standings: &[Standing],
    output: &OutputArgs,
) -> Result<(), Diagnostic> {
    let Some(target) = &output.out else { return Ok(()) };
    let folder = OutFolder::begin(target, output.force, Results::Run)?;
    let text = |name: &str, text: String| folder.write(name, |out| out.write_all(text.as_bytes()));
    text("shares.csv", csv::shares(report))?;
    text("accounts.csv", summary::accounts_csv(report, run, standings))?;
    text("losses.csv", summary::losses_csv(report, run))?;
    text("stakes.csv", stakes::stakes_csv(report, run))?;
    text("covers.csv", covers::covers_csv(report, run))?;
    text("vaults.csv", holdings::vaults_csv(report, run))?;
    let figures = page::figures(file, run, standings);
    text("report.html", html::run_page(report, &figures))?;
    let json = summary::json(report, file, run);
    folder.write("summary.json", |out| out.write_all(&json))?;
    if let Some(log) = &mut run.log {
        folder.write("events.ndjson", |out| log.copy_to(out))?;
    }
    if let Some(commands) = &mut run.commands {
        folder.write("commands.ndjson", |out| commands.copy_to(out))?;
    }
    folder.commit()
}

fn write_result(
    report: &Report,
    file: &VenueFile,
    run: &Run,
    standings: &[Standing],
    format: Format,
) -> Result<(), Diagnostic> {
    match format {
        Format::Csv => {
            let table = summary::accounts_csv(report, run, standings);
            data_to_stdout(|out| out.write_all(table.as_bytes()))
        }
        Format::Json => {
            let json = summary::json(report, file, run);
            data_to_stdout(|out| out.write_all(&json))
        }
        // The events went there as they happened.
        Format::Ndjson => Ok(()),
        Format::Text => {
            let style = Style { width: terminal::width(), color: true, ascii: false };
            let pictures = text::pictures(report, style);
            to_stdout(|out| {
                if !report.summary.losses.is_empty() {
                    writeln!(out, "{pictures}")?;
                }
                out.write_all(summary::text(report, run, standings).as_bytes())
            })
        }
    }
}

fn tell(file: &VenueFile, run: &Run, output: &OutputArgs) {
    for remark in file.remarks.iter().chain(&run.figures.remarks) {
        output.remark(visible(remark));
    }
    let kept = u64::try_from(run.figures.remarks.len()).unwrap_or(u64::MAX);
    if run.figures.all_remarks > kept {
        let more = run.figures.all_remarks - kept;
        output.remark(format!("{more} more commands were refused"));
    }
    match &output.out {
        Some(target) => {
            let picture = target.join("report.html").display().to_string();
            output.remark(format!("the picture: {}", visible(&picture)));
        }
        None if output.format == Format::Text => {
            output.remark("the picture as a page: add --out DIR, it is DIR/report.html");
        }
        None => {}
    }
}
