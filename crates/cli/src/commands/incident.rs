//! `rhodian incident`: the report of one episode for those it concerned.

use std::path::{Path, PathBuf};

use clap::Args;
use rhodian_core::engine::State;
use rhodian_core::ids::EpisodeId;
use rhodian_report::html::incident_page;
use rhodian_report::incident::{Incident, Origin, Teller, tables, text};

use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::pretty;
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::run::events;
use crate::run::replay::Replay;
use crate::terminal::visible;

const EXAMPLES: &str = "\
Examples:
  rhodian run crash.toml --out run
  rhodian incident run
  rhodian incident run --episode 2 --out incident
  rhodian incident run --format json

What happened when, the rules in force, what each layer paid and who stood behind it, what was not
covered, what may still come back, the figures clearing houses disclose, and how to check it. The
events in the folder are replayed and compared with the digest in its summary.

The files of --out: incident.html, the page; incident.json, all of it; payers.csv and timeline.csv.
Amounts of JSON are in atoms, as strings; those of CSV are in units of the asset. To standard output
go with --format csv the payers, with ndjson the lines of the timeline.

Exit: 0 done, 2 bad input, 3 input/output.";

/// Tell one episode: what happened, who bore it, what may come back, how to check it
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IncidentArgs {
    /// A folder that `rhodian run --out` or `rhodian share --out` wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The episode's number over the whole venue, from 1; the last where nothing is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub episode: Option<u32>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Reads the folder, tells the episode, writes the folder, then the result.
pub fn run(args: &IncidentArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Incident)?;
    }
    let replay = Replay::read(&args.folder)?;
    let incident = told(&replay.state, &args.folder, args.episode)?;
    let json = pretty(&incident);
    let payers = tables::payers(&incident);
    if let Some(target) = &output.out {
        let folder = OutFolder::begin(target, output.force, Results::Incident)?;
        let page = incident_page(&incident);
        let timeline = tables::timeline(&incident);
        folder.write("incident.html", |out| out.write_all(page.as_bytes()))?;
        folder.write("incident.json", |out| out.write_all(&json))?;
        folder.write("payers.csv", |out| out.write_all(payers.as_bytes()))?;
        folder.write("timeline.csv", |out| out.write_all(timeline.as_bytes()))?;
        folder.commit()?;
    }
    match output.format {
        Format::Text => to_stdout(|out| out.write_all(text::text(&incident).as_bytes()))?,
        Format::Csv => data_to_stdout(|out| out.write_all(payers.as_bytes()))?,
        Format::Json => data_to_stdout(|out| out.write_all(&json))?,
        Format::Ndjson => data_to_stdout(|out| {
            for line in &incident.timeline {
                serde_json::to_writer(&mut *out, line)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?,
    }
    if let Some(target) = &output.out {
        let page = target.join("incident.html").display().to_string();
        output.remark(format!("the page: {}", visible(&page)));
    }
    Ok(Exit::Done)
}

/// The incident of `episode`, counted from 1, or of the last one.
fn told(state: &State, folder: &Path, episode: Option<u32>) -> Result<Incident, Diagnostic> {
    let count = state.losses.episodes().count();
    let wanted = episode.map_or(count, |number| usize::try_from(number).unwrap_or(usize::MAX));
    let id = wanted.checked_sub(1).and_then(EpisodeId::at);
    let teller = id.and_then(|id| Teller::new(state, id, Origin::Run));
    let mut teller = teller.ok_or_else(|| unknown(wanted, count))?;
    let mut sequence = 0;
    events::read(&folder.join("events.ndjson"), &mut |event| {
        sequence += 1;
        teller.follow(sequence, &event);
        true
    })?;
    Ok(teller.finish())
}

fn unknown(wanted: usize, count: usize) -> Diagnostic {
    let (message, help) = match count {
        0 => ("no loss was detected in it: there is no episode to tell".to_owned(), String::new()),
        1 => (format!("there is no episode {wanted}"), "there is one: leave --episode out.".into()),
        many => (format!("there is no episode {wanted}"), format!("there are {many}, from 1.")),
    };
    Diagnostic::bad_input("unknown-episode", message, help).at("--episode")
}
