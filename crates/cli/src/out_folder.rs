//! A folder of results that is there whole or not at all.
//!
//! Files are written into a hidden folder beside the target, which then takes the target's name in
//! one step. An interrupt before that step removes the hidden folder.

use std::fs::{self, File};
use std::io::ErrorKind::DirectoryNotEmpty as NotEmpty;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tempfile::TempDir;

use crate::diagnostic::Diagnostic;
use crate::terminal::visible;

/// What a folder holds: only a folder of the same kind is ever replaced, so that an explanation
/// cannot take the place of the run it explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// What `share` and `allocate` write.
    Shares,
    /// What `run` writes.
    Run,
    /// What `explain` writes.
    Explanation,
    /// What `incident` writes.
    Incident,
    /// What `margin` writes.
    Margin,
    /// What `lab october` writes.
    October,
    /// What `lab size-fund` writes.
    Fund,
    /// What `lab compare-rules` writes.
    Rules,
    /// What `lab what-if` writes.
    WhatIf,
    /// What `lab run` writes.
    Experiment,
}

impl Results {
    /// The names of the files that may be in it.
    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Shares => &["shares.csv", "summary.json", "events.ndjson", "report.html"],
            Self::Run => &[
                "events.ndjson",
                "commands.ndjson",
                "accounts.csv",
                "losses.csv",
                "stakes.csv",
                "covers.csv",
                "vaults.csv",
                "shares.csv",
                "summary.json",
                "report.html",
            ],
            Self::Explanation => &["explanation.json", "explanation.txt", "explanation.csv"],
            Self::Incident => &["incident.html", "incident.json", "payers.csv", "timeline.csv"],
            Self::Margin => &["margin.json", "margin.txt", "margin.csv"],
            Self::October => &["october.json", "october.txt", "october.csv"],
            Self::Fund => &["fund.json", "fund.txt", "fund.csv"],
            Self::Rules => &["rules.json", "rules.txt", "rules.csv"],
            Self::WhatIf => &["what-if.json", "what-if.txt", "what-if.csv"],
            Self::Experiment => &[
                "runs.csv",
                "runs.parquet",
                "summary.json",
                "report.html",
                "survival.svg",
                "fan.svg",
                "sweep.svg",
                "map.svg",
                "stress.svg",
                "tail.svg",
                "mechanisms.svg",
                "worst.svg",
                "tranches.svg",
                "contagion.svg",
                "cover.svg",
                "falls.svg",
                "optimise.svg",
                "frontier.svg",
                "tune.svg",
                "ruin.svg",
                "season.svg",
                "survival.png",
                "fan.png",
                "sweep.png",
                "map.png",
                "stress.png",
                "tail.png",
                "mechanisms.png",
                "worst.png",
                "tranches.png",
                "contagion.png",
                "cover.png",
                "falls.png",
                "optimise.png",
                "frontier.png",
                "tune.png",
                "ruin.png",
                "season.png",
            ],
        }
    }

    /// The file that every such folder has.
    const fn mark(self) -> &'static str {
        match self {
            Self::Shares | Self::Run => "summary.json",
            Self::Explanation => "explanation.json",
            Self::Incident => "incident.json",
            Self::Margin => "margin.json",
            Self::October => "october.json",
            Self::Fund => "fund.json",
            Self::Rules => "rules.json",
            Self::WhatIf => "what-if.json",
            Self::Experiment => "runs.csv",
        }
    }
}

/// The hidden folder an interrupt has to remove. Held while the target changes its name, so that
/// an interrupt waits for that.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The status of a program ended by an interrupt: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// From now on an interrupt removes the unfinished folder and ends the program.
fn clean_up_when_interrupted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the handler cannot be set, an interrupt leaves the hidden folder, never a
        // half-written target.
        let _ = ctrlc::set_handler(|| {
            let folder = unfinished();
            // The work goes on meanwhile and may add a file to the folder as it is removed.
            while folder.as_ref().is_some_and(|folder| {
                fs::remove_dir_all(folder).is_err_and(|error| error.kind() == NotEmpty)
            }) {}
            std::process::exit(INTERRUPTED);
        });
    });
}

/// Waits while an interrupt is removing the unfinished folder: the program then ends there, and
/// not with the error that the removal gave to whoever was still writing.
pub fn let_interrupt_end() {
    drop(unfinished());
}

/// Refuses a target that is there and may not be replaced. Asked before the work begins.
///
/// With `force` a folder is replaced whole, and so only where it holds nothing but files of the
/// names that Rhodian writes.
pub fn check(target: &Path, force: bool, results: Results) -> Result<(), Diagnostic> {
    let name = target.display().to_string();
    let shown = visible(&name);
    let metadata = match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Diagnostic::input_output("look at", &name, &error)),
        Ok(metadata) => metadata,
    };
    let refuse = |code: &'static str, message: String, help: &str| {
        Err(Diagnostic::bad_input(code, message, help).at("--out"))
    };
    if !metadata.is_dir() {
        return refuse("out-not-a-folder", format!("{shown} is not a folder"), "name a folder.");
    }
    if !force {
        let help = "name another folder, or replace this one with --force.";
        return refuse("out-exists", format!("{shown} exists"), help);
    }
    match foreign_file(target, results) {
        Err(error) => Err(Diagnostic::input_output("look into", &name, &error)),
        // Every folder that Rhodian writes has one file at least: a page alone may be someone's.
        Ok(None) if has_entries(target) && !target.join(results.mark()).is_file() => {
            let mark = results.mark();
            let message = format!("{shown} has no {mark}, so Rhodian did not write it");
            refuse("out-foreign-file", message, "name a folder of its own.")
        }
        Ok(None) => Ok(()),
        Ok(Some(file)) => {
            let others = [Results::Shares, Results::Run, Results::Explanation, Results::Margin];
            let others = others.iter().filter(|other| **other != results);
            let mut others = others.flat_map(|other| other.files());
            let whose = if others.any(|other| *other == file) {
                "which another command wrote"
            } else {
                "which Rhodian did not write"
            };
            let message = format!("{shown} holds {}, {whose}", visible(&file));
            refuse("out-foreign-file", message, "name a folder of its own.")
        }
    }
}

fn has_entries(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// The first entry of a folder, in byte order, that is no file of such results.
fn foreign_file(folder: &Path, results: Results) -> io::Result<Option<String>> {
    let mut foreign = None::<String>;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let own = results.files().contains(&name.as_str()) && entry.file_type()?.is_file();
        if !own && foreign.as_ref().is_none_or(|first| name < *first) {
            foreign = Some(name);
        }
    }
    Ok(foreign)
}

/// A folder being written.
#[derive(Debug)]
pub struct OutFolder {
    target: PathBuf,
    force: bool,
    results: Results,
    /// Nothing once it has been removed.
    hidden: Option<TempDir>,
}

impl OutFolder {
    /// Begins a folder; the target does not change before [`OutFolder::commit`].
    pub fn begin(target: &Path, force: bool, results: Results) -> Result<Self, Diagnostic> {
        check(target, force, results)?;
        let begin = || -> io::Result<Self> {
            // A link is followed, so that what it points to is replaced and the link stays.
            let target = match fs::canonicalize(target) {
                Ok(path) => path,
                Err(_) => std::path::absolute(target)?,
            };
            let parent = target.parent().unwrap_or(Path::new("/"));
            fs::create_dir_all(parent)?;
            clean_up_when_interrupted();
            let mut pending = unfinished();
            let hidden = tempfile::Builder::new().prefix(".rhodian-").tempdir_in(parent)?;
            *pending = Some(hidden.path().to_owned());
            drop(pending);
            fs::create_dir(hidden.path().join("new"))?;
            Ok(Self { target, force, results, hidden: Some(hidden) })
        };
        begin().map_err(|error| {
            Diagnostic::input_output("write into", &target.display().to_string(), &error)
        })
    }

    /// Writes one file of the folder and sees it to the disk.
    pub fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Diagnostic> {
        debug_assert!(self.results.files().contains(&name));
        let write = || -> io::Result<()> {
            let file = File::create_new(self.inside("new").join(name))?;
            let mut buffered = BufWriter::new(file);
            content(&mut buffered)?;
            buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        };
        let path = self.target.join(name);
        write().map_err(|e| Diagnostic::input_output("write", &path.display().to_string(), &e))
    }

    /// A path inside the hidden folder.
    fn inside(&self, name: &str) -> PathBuf {
        self.hidden.as_ref().map_or_else(PathBuf::new, |hidden| hidden.path().join(name))
    }

    /// Gives the folder its name.
    pub fn commit(mut self) -> Result<(), Diagnostic> {
        let renamed = {
            let mut pending = unfinished();
            let renamed = self.take_name();
            // What was replaced goes with the hidden folder, and an interrupt waits for that.
            self.hidden = None;
            *pending = None;
            renamed
        };
        let name = self.target.display().to_string();
        renamed.map_err(|error| Diagnostic::input_output("write", &name, &error))
    }

    fn take_name(&self) -> io::Result<()> {
        let (new, old) = (self.inside("new"), self.inside("old"));
        let replaces = self.force && self.target.is_dir();
        if replaces {
            fs::rename(&self.target, &old)?;
        }
        fs::rename(&new, &self.target).inspect_err(|_| {
            if replaces {
                // Puts back what was there; where that fails too, the first error is told.
                let _ = fs::rename(&old, &self.target);
            }
        })
    }
}

impl Drop for OutFolder {
    fn drop(&mut self) {
        if self.hidden.is_some() {
            let mut pending = unfinished();
            self.hidden = None;
            *pending = None;
        }
    }
}
