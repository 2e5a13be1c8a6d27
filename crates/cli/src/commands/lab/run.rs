//! `rhodian lab run`: an experiment that is written down.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;
use rhodian_lab::crisis::Stopped;
use rhodian_report::money;

use crate::diagnostic::{Diagnostic, Exit};
use crate::experiment_file::model::Question;
use crate::experiment_file::{self, Experiment};
use crate::lab_run::answer::{Again, Answer};
use crate::lab_run::keep::{self, Failed, Kept};
use crate::lab_run::work::Work;
use crate::lab_run::{
    book, contagion, cover, crises, mechanisms, optimised, rare, replay, ruin, stress, tail,
    tranches, tune,
};
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::parquet;
use crate::png;
use crate::side_by_side;
use crate::terminal::visible;
use crate::venue_run::progress::Bar;

const EXAMPLES: &str = "\
Examples:
  rhodian init experiment | rhodian lab run -
  rhodian lab run EXPERIMENT.toml --out result
  rhodian lab run EXPERIMENT.toml --out result --png
  rhodian lab run EXPERIMENT.toml --out result --at-most 1000

Every run depends on the experiment and its number alone: the same seed gives the same bytes at any
number of threads. With --out, runs are kept in DIR.unfinished as they are played; where one is
stopped, the same command goes on.

The files of --out: runs.csv, a line for each run, and the same as runs.parquet; summary.json, every
figure with its interval, the seed, the configuration's hash and the version; report.html, one page
that loads nothing; and each of its pictures as SVG, with --png as PNG, too. Amounts of summary.json
are US dollars, those of runs atoms of 10^-6.

Exit: 0 done, 2 bad input, 3 input/output.";

/// Run an experiment from its file: Monte Carlo, sweep, A/B, rare events, reverse stress, tails,
/// tranches, recorded prices, mechanisms, maps, standing books, contagion, the least within bounds,
/// control laws, ruin, clearing funds
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The experiment file; - for standard input
    #[arg(value_name = "EXPERIMENT.toml")]
    pub file: PathBuf,
    /// How many threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = super::crises::threads)]
    pub threads: Option<usize>,
    /// Draw each picture as PNG, too
    #[arg(long, requires = "out")]
    pub png: bool,
    /// Play so many runs now, and keep them for the next call
    #[arg(long, value_name = "N", requires = "out")]
    pub at_most: Option<usize>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Plays the runs, or those that are left, and tells the answer.
pub fn run(args: &RunArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    let experiment = experiment_file::read(&args.file)?;
    let threads = args.threads.unwrap_or_else(side_by_side::threads);
    let (again, work) = (Again::of(&experiment), Work::of(&experiment, threads));
    // Before a file is begun, which another experiment could not go on with.
    work.check().map_err(refused)?;
    let mut kept = match &output.out {
        None => None,
        Some(target) => Some(begin(target, output, &work, &again)?),
    };
    let before = kept.as_ref().map_or(0, |kept| kept.rows.len());
    let most = args.at_most.map(|most| before.saturating_add(most));
    let mut rows = kept.as_mut().map(|kept| std::mem::take(&mut kept.rows)).unwrap_or_default();
    let total = loop {
        let total = work.count();
        let end = most.map_or(total, |most| total.min(most));
        rows = play((args, threads), &work, (kept.as_mut(), rows), end)?;
        // What an optimisation plays next is known when all before it is played.
        if rows.len() < total || !work.go_on(&rows[..total]) {
            break total;
        }
    };
    rows.truncate(total);
    if rows.len() < total {
        let (done, total) = (money::count(rows.len()), money::count(total));
        if let Some(kept) = &kept {
            kept.sync()?;
            let name = kept.name();
            output.remark(format!("{done} of {total} runs are kept in {}", visible(&name)));
        }
        return Ok(Exit::Done);
    }
    let mut answer = match experiment.question.kind() {
        "rare" => rare::answer(&work, &rows).map_err(refused)?,
        "tail" => tail::answer(&work, &rows),
        "tranches" => tranches::answer(&work, &rows),
        "replay" => replay::answer(&work, &rows).map_err(refused)?,
        "ruin" => ruin::answer(&work, &rows),
        "mechanisms" => mechanisms::answer(&work, &rows),
        "reverse-stress" => stress::answer(&work, &rows),
        "tune" => tune::answer(&work, &rows).map_err(refused)?,
        "book" => book::answer(&work, &rows).map_err(refused)?,
        "contagion" => contagion::answer(&work, &rows).map_err(refused)?,
        "cover-n" => cover::answer(&work),
        _ => match &experiment.question {
            Question::Optimise { of } => {
                optimised::answer(of, &work.planned(), &rows, experiment.crises)
            }
            _ => crises::answer(&work, &rows),
        },
    };
    crises::assume(&work, &mut answer);
    publish(args, &experiment, &again, &answer, (&work.header(), &rows))?;
    if let Some(kept) = kept {
        kept.remove();
    }
    Ok(Exit::Done)
}

/// Opens what is kept of an earlier call.
fn begin(
    target: &Path,
    output: &OutputArgs,
    work: &Work<'_>,
    again: &Again,
) -> Result<Kept, Diagnostic> {
    out_folder::check(target, output.force, Results::Experiment)?;
    let Again { version, rules_version, configuration } = again;
    let first = format!("rhodian-experiment {version} {rules_version} {configuration}");
    let mut kept = Kept::open(target, &first, work.header().split(',').count())?;
    kept.rows.truncate(work.taken());
    if !kept.rows.is_empty() {
        let (rows, name) = (money::count(kept.rows.len()), kept.name());
        output.remark(format!("{rows} runs are taken from {}", visible(&name)));
    }
    Ok(kept)
}

fn play(
    (args, threads): (&RunArgs, usize),
    work: &Work<'_>,
    (kept, rows): (Option<&mut Kept>, Vec<String>),
    end: usize,
) -> Result<Vec<String>, Diagnostic> {
    let before = rows.len();
    let name = kept.as_ref().map_or_else(String::new, |kept| kept.name());
    let bar = Mutex::new(Bar::new(args.output.quiet));
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let heard = |done: usize| {
        // Where another thread draws the bar, this one goes on. Only this call's runs say how long
        // the rest may take.
        if let Ok(mut bar) = bar.try_lock() {
            let (done, end) = (done.saturating_sub(before), end.saturating_sub(before));
            bar.of("runs", number(done), number(end));
        }
    };
    let one = |run: usize| work.play(run);
    let rows = keep::play((kept, rows), end, threads, &one, &heard);
    rows.map_err(|why| match why {
        Failed::Stopped(why) => refused(why),
        Failed::Write(error) => Diagnostic::input_output("write", &name, &error),
    })
}

fn refused(why: Stopped) -> Diagnostic {
    let help = "change the key that it names.";
    Diagnostic::bad_input("lab-world", why.to_string(), help)
}

/// The files of pictures: each as SVG, and as PNG where it is asked for.
fn drawn(answer: &Answer, as_png: bool) -> Result<Vec<(String, Vec<u8>)>, Diagnostic> {
    let mut files = Vec::new();
    for (name, chart) in &answer.pictures {
        let svg = chart.svg("picture");
        if as_png {
            files.push((name.replace(".svg", ".png"), png::of(&svg)?));
        }
        files.push(((*name).to_owned(), svg.into_bytes()));
    }
    Ok(files)
}

/// Writes the folder whole, then the answer, then says what was written.
fn publish(
    args: &RunArgs,
    of: &Experiment,
    again: &Again,
    answer: &Answer,
    (header, rows): (&str, &[String]),
) -> Result<(), Diagnostic> {
    let output = &args.output;
    let json = answer.json(of, again, rows.len());
    let drawn = drawn(answer, args.png)?;
    if let Some(target) = &output.out {
        let folder = OutFolder::begin(target, output.force, Results::Experiment)?;
        folder.write("runs.csv", |out| {
            writeln!(out, "{header}")?;
            rows.iter().try_for_each(|row| writeln!(out, "{row}"))
        })?;
        let beside = again.beside(of);
        folder.write("runs.parquet", |out| out.write_all(&parquet::file(header, rows, &beside)))?;
        folder.write("summary.json", |out| out.write_all(&json))?;
        folder.write("report.html", |out| out.write_all(answer.page(of, again).as_bytes()))?;
        for (name, picture) in &drawn {
            folder.write(name, |out| out.write_all(picture))?;
        }
        folder.commit()?;
    }
    match output.format {
        Format::Text => to_stdout(|out| out.write_all(answer.text(of, again).as_bytes()))?,
        Format::Csv => data_to_stdout(|out| out.write_all(answer.csv().as_bytes()))?,
        Format::Json => data_to_stdout(|out| out.write_all(&json))?,
        Format::Ndjson => data_to_stdout(|out| out.write_all(answer.ndjson().as_bytes()))?,
    }
    if let Some(target) = &output.out {
        let target = target.display().to_string();
        let mut files = vec!["report.html", "runs.csv", "runs.parquet", "summary.json"];
        files.extend(drawn.iter().map(|(name, _)| name.as_str()));
        output.remark(format!("wrote {} into {}", files.join(", "), visible(&target)));
    }
    Ok(())
}
