//! `rhodian verify journal`: every batch against its chain, every snapshot against the events, and
//! with `--redecide` every command against today's rules.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use rhodian_journal::{Audit, Difference, Error, Reader, Remark, Sound, audit};
use serde_json::{Value, json};

use crate::allocation_report::push_csv_field;
use crate::diagnostic::{Diagnostic, Exit};
use crate::output::{Format, OutputArgs, data_to_stdout};

const EXAMPLES: &str = "\
Examples:
  rhodian verify journal venue-data
  rhodian verify journal venue-data --redecide
  rhodian verify journal backup/2026-11-29 --format json

Nothing in the folder is changed, also where a crash left it half-written; no service may have it
open. Checked are: every page of the file against its checksum; every batch against the hash chain;
the input and the key of every command; every snapshot against the state that the events make; the
laws at the end. Keep the chain that is printed, or the file `acknowledged`, elsewhere: a journal
that was rewritten as a whole has another.

With --redecide every command is decided again by this version's rules, on the state as it was
recorded. Where the events differ, the command, its place and the first event that differs are told.

Exit: 0 it is sound, 1 it is damaged or decided otherwise, 2 bad input, 3 input/output.";

/// How many differences are told in text, and in the forms for programs; the rest are counted.
const TOLD: (usize, usize) = (20, 1_000);

/// Check a journal: its chain, keys, snapshots and laws; whether today's rules decide alike
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct JournalArgs {
    /// The folder of the journal
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Decide every command again, and tell where today's rules differ
    #[arg(long)]
    pub redecide: bool,
    /// How the answer is written to standard output
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
    /// No remarks on standard error; errors stay
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

/// What was found in a journal that could be read to its end.
struct Found {
    name: String,
    audit: Audit,
    remarks: Vec<Remark>,
    /// The first of them.
    differences: Vec<Difference>,
    differ: u64,
}

impl Found {
    fn is_sound(&self) -> bool {
        self.differ == 0 && self.audit.snapshots.iter().all(|(_, sound)| *sound == Sound::Yes)
    }
}

/// Checks the journal and answers.
pub fn run(args: &JournalArgs) -> Result<Exit, Diagnostic> {
    let found = match check(args) {
        Ok(found) => found,
        Err(error) => {
            let told = diagnostic(&error);
            if told.exit == Exit::CheckFailed {
                write_refusal(args, &told)?;
            }
            return Err(told);
        }
    };
    data_to_stdout(|out| match args.format {
        Format::Text => write_text(out, &found),
        Format::Json => writeln!(out, "{:#}", summary(&found, true)),
        Format::Ndjson => {
            for difference in &found.differences {
                writeln!(out, "{}", told(difference))?;
            }
            writeln!(out, "{}", summary(&found, false))
        }
        Format::Csv => write_csv(out, &found),
    })?;
    let output = OutputArgs { format: args.format, out: None, force: false, quiet: args.quiet };
    found.remarks.iter().for_each(|remark| {
        output.remark(format_args!("{}: {}", remark.place, remark.message));
    });
    Ok(if found.is_sound() { Exit::Done } else { Exit::CheckFailed })
}

fn check(args: &JournalArgs) -> Result<Found, Error> {
    let (reader, remarks) = Reader::open(&args.folder)?;
    let (mut differences, mut differ) = (Vec::new(), 0);
    let mut report = |difference| {
        differ += 1;
        if differences.len() < TOLD.1 {
            differences.push(difference);
        }
    };
    let audit = match args.redecide {
        true => audit(&reader, Some(&mut report))?,
        false => audit(&reader, None)?,
    };
    let name = args.folder.display().to_string();
    Ok(Found { name, audit, remarks, differences, differ })
}

/// An error of the journal in the house's form.
#[must_use]
pub fn diagnostic(error: &Error) -> Diagnostic {
    let exit = match error {
        Error::Damaged { .. } | Error::Behind { .. } => Exit::CheckFailed,
        Error::Locked { .. } | Error::Storage { .. } | Error::Stopped { .. } => Exit::InputOutput,
        _ => Exit::BadInput,
    };
    let told = Diagnostic::new(exit, error.code(), error.to_string(), error.help());
    match error.place() {
        Some(place) => told.at(place),
        None => told,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A command in a few words: its area and what it does.
fn command(difference: &Difference) -> String {
    let action = serde_json::to_value(&difference.command.action).unwrap_or_default();
    let area = action["area"].as_str().unwrap_or("tick").to_owned();
    let command = &action["command"];
    let what = ["do", "duty"].iter().find_map(|key| command.get(key)).and_then(Value::as_str);
    what.map_or_else(|| area.clone(), |what| format!("{area} {what}"))
}

fn write_text(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    let Audit { head, digest, commands, refused, keys, snapshots, redecided } = &found.audit;
    let verdict = if found.is_sound() { "sound" } else { "not as it should be" };
    writeln!(out, "{}: a journal, {verdict}", found.name)?;
    let mut row = |name: &str, text: String| writeln!(out, "  {name:10} {text}");
    row("stands", format!("batch {}, event {}", head.batches, head.events))?;
    row("chain", hex(&head.chain))?;
    row("digest", hex(digest))?;
    row("commands", format!("{commands}, of them {refused} refused"))?;
    row("keys", keys.to_string())?;
    for (number, sound) in snapshots {
        let text = match sound {
            Sound::Yes => format!("of batch {number}: sound"),
            Sound::No(what) => format!("of batch {number}: {what}; replay goes on without it"),
        };
        row("snapshot", text)?;
    }
    if let Some(redecided) = redecided {
        row("redecided", format!("{redecided} commands, {} differ", found.differ))?;
    }
    for difference in found.differences.iter().take(TOLD.0) {
        let Difference { batch, sequence, rules, divergence, .. } = difference;
        let command = command(difference);
        writeln!(out, "  batch {batch}, event {sequence}, rules {rules}: {command} {divergence}")?;
    }
    match found.differ.saturating_sub(TOLD.0 as u64) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

fn told(difference: &Difference) -> Value {
    json!({
        "batch": difference.batch, "event": difference.sequence, "rules": difference.rules,
        "command": difference.command, "differs": difference.divergence.to_string(),
    })
}

fn summary(found: &Found, with_differences: bool) -> Value {
    let Audit { head, digest, commands, refused, keys, snapshots, redecided } = &found.audit;
    let snapshots = snapshots.iter().map(|(batch, sound)| match sound {
        Sound::Yes => json!({ "batch": batch, "sound": true }),
        Sound::No(what) => json!({ "batch": batch, "sound": false, "message": what }),
    });
    let remarks = found.remarks.iter().map(
        |remark| json!({ "code": remark.code, "place": remark.place, "message": remark.message }),
    );
    let mut summary = json!({
        "journal": found.name, "sound": found.is_sound(), "batches": head.batches,
        "events": head.events, "chain": hex(&head.chain), "digest": hex(digest),
        "commands": commands, "refused": refused, "keys": keys,
        "snapshots": snapshots.collect::<Vec<_>>(), "redecided": redecided,
        "differ": redecided.map(|_| found.differ), "remarks": remarks.collect::<Vec<_>>(),
    });
    if with_differences {
        summary["differences"] = found.differences.iter().map(told).collect();
    }
    summary
}

fn csv_line(out: &mut dyn Write, row: [&str; 5]) -> io::Result<()> {
    let mut line = Vec::new();
    for (index, field) in row.iter().enumerate() {
        line.extend_from_slice(if index == 0 { b"" } else { b"," });
        push_csv_field(&mut line, field.as_bytes());
    }
    line.push(b'\n');
    out.write_all(&line)
}

const CSV_HEADER: [&str; 5] = ["what", "batch", "event", "sound", "message"];

fn write_csv(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    csv_line(out, CSV_HEADER)?;
    let head = found.audit.head;
    let (batch, event) = (head.batches.to_string(), head.events.to_string());
    let sound = found.is_sound().to_string();
    csv_line(out, ["journal", &batch, &event, &sound, &hex(&head.chain)])?;
    for (number, sound) in &found.audit.snapshots {
        let (sound, message) = match sound {
            Sound::Yes => ("true", ""),
            Sound::No(what) => ("false", what.as_str()),
        };
        csv_line(out, ["snapshot", &number.to_string(), "", sound, message])?;
    }
    for difference in &found.differences {
        let (batch, event) = (difference.batch.to_string(), difference.sequence.to_string());
        let message = format!("{} {}", command(difference), difference.divergence);
        csv_line(out, ["command", &batch, &event, "false", &message])?;
    }
    Ok(())
}

fn write_refusal(args: &JournalArgs, error: &Diagnostic) -> Result<(), Diagnostic> {
    let answer = json!({
        "journal": args.folder.display().to_string(), "sound": false,
        "error": {
            "code": error.code, "message": error.message, "place": error.place,
            "help": error.help,
        },
    });
    data_to_stdout(|out| match args.format {
        Format::Text => Ok(()),
        Format::Json => writeln!(out, "{answer:#}"),
        Format::Ndjson => writeln!(out, "{answer}"),
        Format::Csv => {
            csv_line(out, CSV_HEADER)?;
            let place = error.place.as_deref().unwrap_or_default();
            let message = format!("{}: {} at {place}", error.code, error.message);
            csv_line(out, ["journal", "", "", "false", &message])
        }
    })
}
