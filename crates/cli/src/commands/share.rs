//! `rhodian share`: losses through a waterfall, and who bears what.

use std::path::PathBuf;

use clap::Args;
use rhodian_report::money::Money;
use rhodian_report::text::{self, Style};
use rhodian_report::{Report, csv, html};

use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::pretty;
use crate::loss_file::{self, LossFile};
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::run::events::EventLog;
use crate::run::plan::Plans;
use crate::run::summary;
use crate::run::{Driver, Run};
use crate::terminal::{self, Progress, visible};

const EXAMPLES: &str = "\
Examples:
  rhodian share alice.toml
  rhodian share alice.toml --out result
  rhodian share alice.toml --plan
  rhodian share alice.toml --format json --fail-on-uncovered

A loss file is TOML: `rhodian init loss` prints one to begin with, `rhodian check` says what is
wrong with one. Without --out nothing is written.

Losses that a file reports at one time are of one episode: one liable set, one cap for each member
and layer over all of them. A later loss joins while a draw is pending; else it opens the next
episode. An account holds what its caps allow, summed over layers, so only the caps bind.

The files of --out: events.ndjson, every event of the run; shares.csv, every share with its exact
value before rounding; summary.json, the totals; report.html, the picture on one page. To standard
output go with --format csv the shares, json the summary, ndjson the events.

Exit: 0 done, 1 uncovered with --fail-on-uncovered, 2 bad input, 3 input/output.";

/// Share losses out by a waterfall: who bears what, to the last atom
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShareArgs {
    /// The loss file, or - for standard input
    #[arg(value_name = "LOSS.toml")]
    pub file: PathBuf,
    /// Print what each step would pay before it runs, and stop
    #[arg(long)]
    pub plan: bool,
    /// Exit 1 where no step absorbed a part of a loss
    #[arg(long)]
    pub fail_on_uncovered: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Reads the file, runs it, writes the folder, then the result.
pub fn run(args: &ShareArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Shares)?;
    }
    let mut progress = Progress::new(output.quiet);
    let file = loss_file::read(&args.file)?;
    // The summary has the hash of the events.
    let wants_events =
        output.out.is_some() || matches!(output.format, Format::Json | Format::Ndjson);
    let log = if wants_events && !args.plan { Some(EventLog::new()?) } else { None };
    let driver = Driver::open(&file, log, args.plan)?;
    let accounts = driver.accounts();
    progress.doing("sharing over", accounts);
    let mut run = driver.run()?;
    if args.plan {
        progress.done();
        write_plan(&file, &run, output.format)?;
        tell(&file, &run, output);
        return Ok(Exit::Done);
    }
    progress.doing("reporting on", accounts);
    let report = summary::report(&file, &run)?;
    write_folder(&report, &mut run, output)?;
    progress.done();
    write_result(&report, &mut run, output.format)?;
    tell(&file, &run, output);
    let runs = csv::formula_like(&report.shares);
    if runs > 0 && (output.out.is_some() || output.format == Format::Csv) {
        output.remark(format!(
            "{} in shares.csv that a spreadsheet would run as a formula: import it as text",
            if runs == 1 {
                "1 row has a name".to_owned()
            } else {
                format!("{runs} rows have names")
            }
        ));
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
    let uncovered = report.summary.losses.iter().any(|loss| !loss.uncovered.is_zero());
    Ok(if args.fail_on_uncovered && uncovered { Exit::CheckFailed } else { Exit::Done })
}

fn tell(file: &LossFile, run: &Run, output: &OutputArgs) {
    for remark in file.remarks.iter().chain(&run.remarks) {
        output.remark(visible(remark));
    }
}

fn write_folder(report: &Report, run: &mut Run, output: &OutputArgs) -> Result<(), Diagnostic> {
    let Some(target) = &output.out else { return Ok(()) };
    let folder = OutFolder::begin(target, output.force, Results::Shares)?;
    if let Some(log) = &mut run.log {
        folder.write("events.ndjson", |out| log.copy_to(out))?;
    }
    folder.write("shares.csv", |out| out.write_all(csv::shares(report).as_bytes()))?;
    folder.write("summary.json", |out| out.write_all(&pretty(&report.summary)))?;
    folder.write("report.html", |out| out.write_all(html::page(report).as_bytes()))?;
    folder.commit()
}

fn write_result(report: &Report, run: &mut Run, format: Format) -> Result<(), Diagnostic> {
    match format {
        Format::Csv => data_to_stdout(|out| out.write_all(csv::shares(report).as_bytes())),
        Format::Json => data_to_stdout(|out| out.write_all(&pretty(&report.summary))),
        Format::Ndjson => match &mut run.log {
            Some(log) => data_to_stdout(|out| log.copy_to(out)),
            None => Ok(()),
        },
        Format::Text => {
            let style = Style { width: terminal::width(), color: true, ascii: false };
            to_stdout(|out| out.write_all(text::report(report, style).as_bytes()))
        }
    }
}

fn write_plan(file: &LossFile, run: &Run, format: Format) -> Result<(), Diagnostic> {
    let losses: Vec<String> = file.distinct_losses().map(|loss| loss.id.clone()).collect();
    let plans = Plans {
        plans: &run.plans,
        losses: &losses,
        state: &run.state,
        money: Money::new(u32::from(file.asset.decimals)),
        asset: file.asset.name.as_str(),
    };
    match format {
        Format::Text => to_stdout(|out| out.write_all(plans.text().as_bytes())),
        Format::Json => data_to_stdout(|out| writeln!(out, "{:#}", plans.json())),
        Format::Csv | Format::Ndjson => {
            let help = "ask for --format text or json.";
            Err(Diagnostic::bad_input("plan-format", "a plan is text or JSON", help).at("--format"))
        }
    }
}
