//! Runs side by side, and what is kept of them: rows are appended to a file beside the result as
//! they are done, in their order, so that whoever is stopped goes on where he was.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rhodian_lab::crisis::Stopped;

use crate::diagnostic::Diagnostic;
use crate::terminal::visible;

/// How often rows are seen to the disk: what a power cut may cost.
const SYNC: Duration = Duration::from_secs(1);

/// The file of an unfinished experiment, with the rows it has.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    file: File,
    synced: Instant,
    /// The rows, in their order.
    pub rows: Vec<String>,
}

impl Kept {
    /// Opens the file beside `target`; `first` is its first line, which names the experiment and
    /// the version, and `fields` is how many a row has.
    pub fn open(target: &Path, first: &str, fields: usize) -> Result<Self, Diagnostic> {
        // Beside the folder, also where its name ends in a slash.
        let mut name = target.components().as_path().as_os_str().to_owned();
        name.push(".unfinished");
        let path = PathBuf::from(name);
        let shown = path.display().to_string();
        let failed = |error: io::Error| Diagnostic::input_output("write", &shown, &error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another run is writing {}", visible(&shown));
                let help = "wait for it, or name another folder.";
                return Err(Diagnostic::bad_input("lab-run-busy", message, help).at("--out"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        // What is no text becomes signs that no line of ours has.
        let text = String::from_utf8_lossy(&text).into_owned();
        let head = format!("{first}\n");
        // A first line of ours that was cut is written anew; any other text is somebody's.
        let whole = text.starts_with(&head);
        if !whole && !head.starts_with(&text) {
            let message = format!("{} is of another experiment or version", visible(&shown));
            let help = "remove it to begin anew, or name another folder.";
            return Err(Diagnostic::bad_input("lab-run-other", message, help).at("--out"));
        }
        let rows = if whole { sound(&text[head.len()..], fields) } else { Vec::new() };
        let length = head.len() + rows.iter().map(|row| row.len() + 1).sum::<usize>();
        let mut kept = Self { path, file, synced: Instant::now(), rows };
        let begin = |kept: &mut Self| -> io::Result<()> {
            if !whole {
                kept.file.set_len(0)?;
                kept.file.seek(SeekFrom::Start(0))?;
                kept.file.write_all(head.as_bytes())?;
            }
            kept.file.set_len(u64::try_from(length).unwrap_or(u64::MAX))?;
            kept.file.seek(SeekFrom::End(0))?;
            kept.file.sync_data()
        };
        begin(&mut kept).map_err(failed)?;
        Ok(kept)
    }

    /// The name of the file.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn append(&mut self, row: &str) -> io::Result<()> {
        self.file.write_all(format!("{row}\n").as_bytes())?;
        if self.synced.elapsed() >= SYNC {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Sees everything to the disk.
    pub fn sync(&self) -> Result<(), Diagnostic> {
        let failed = |error: io::Error| Diagnostic::input_output("write", &self.name(), &error);
        self.file.sync_data().map_err(failed)
    }

    /// Takes the file away, once the result is there.
    pub fn remove(self) {
        // A file that stays costs nothing but its place: the next run finds all in it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The rows of a text up to the first that is cut, or is not the next.
fn sound(text: &str, fields: usize) -> Vec<String> {
    let lines = text.split_inclusive('\n').map_while(|line| line.strip_suffix('\n'));
    let next = |(number, line): &(usize, &str)| {
        let sound =
            line.split(',').all(|of| of.bytes().all(|byte| b"0123456789.e-".contains(&byte)));
        sound
            && line.split(',').next() == Some(number.to_string().as_str())
            && line.split(',').count() == fields
    };
    lines.enumerate().take_while(next).map(|(_, line)| line.to_owned()).collect()
}

/// What has been played, in its order, and what is played but not yet in order.
struct Collected<'a> {
    rows: Vec<String>,
    waiting: BTreeMap<usize, String>,
    kept: Option<&'a mut Kept>,
    failed: Option<(usize, Failed)>,
}

/// Why no more is played.
pub enum Failed {
    /// A run was refused.
    Stopped(Stopped),
    /// A row could not be kept.
    Write(io::Error),
}

impl Collected<'_> {
    fn take(&mut self, run: usize, row: Result<String, Failed>) {
        match row {
            Ok(row) => {
                self.waiting.insert(run, row);
            }
            Err(why) => self.fail(run, why),
        }
        while let Some(row) = self.waiting.remove(&self.rows.len()) {
            if let Some(Err(error)) = self.kept.as_deref_mut().map(|kept| kept.append(&row)) {
                self.fail(self.rows.len(), Failed::Write(error));
            }
            self.rows.push(row);
        }
    }

    /// Of several, that of the first run: the same at any number of threads.
    fn fail(&mut self, run: usize, why: Failed) {
        if self.failed.as_ref().is_none_or(|(first, _)| run < *first) {
            self.failed = Some((run, why));
        }
    }
}

/// Plays the runs after `rows`, which are in the file, too, where one is kept, up to `end`, on so
/// many threads; all rows, in their order. `heard` is told now and then how many there are.
pub fn play(
    (kept, rows): (Option<&mut Kept>, Vec<String>),
    end: usize,
    threads: usize,
    one: &(dyn Fn(usize) -> Result<String, Stopped> + Sync),
    heard: &(dyn Fn(usize) + Sync),
) -> Result<Vec<String>, Failed> {
    let next = AtomicUsize::new(rows.len());
    let stop = AtomicBool::new(false);
    let collected = Mutex::new(Collected { rows, waiting: BTreeMap::new(), kept, failed: None });
    let work = || {
        loop {
            let run = next.fetch_add(1, Ordering::Relaxed);
            if run >= end || stop.load(Ordering::Relaxed) {
                return;
            }
            let row = one(run).map_err(Failed::Stopped);
            let mut collected = locked(&collected);
            collected.take(run, row);
            stop.fetch_or(collected.failed.is_some(), Ordering::Relaxed);
            let done = collected.rows.len();
            drop(collected);
            heard(done);
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        work();
        for other in others {
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let collected = collected.into_inner().unwrap_or_else(PoisonError::into_inner);
    match collected.failed {
        Some((_, why)) => Err(why),
        None => Ok(collected.rows),
    }
}

fn locked<'a, 'b>(of: &'a Mutex<Collected<'b>>) -> MutexGuard<'a, Collected<'b>> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Failed, Kept, play, sound};
    use rhodian_lab::crisis::Stopped;
    use rhodian_lab::error::LabError;

    #[test]
    fn rows_are_taken_up_to_the_first_that_is_not_the_next() {
        for (text, rows) in [
            ("0,5\n1,6\n", 2),
            ("0,5\n1,6", 1),
            ("0,5\n2,6\n", 1),
            ("0,5\n1,6,7\n2,1\n", 1),
            ("0,5\n1,x\n", 1),
            ("0,5\n\0\0\0\0", 1),
            ("", 0),
        ] {
            assert_eq!(sound(text, 2).len(), rows, "{text:?}");
        }
    }

    #[test]
    fn runs_are_in_order_at_any_number_of_threads_and_go_on_where_they_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("result");
        let one = |run: usize| Ok(format!("{run},{}", run * run));
        let all = |mut kept: Option<&mut Kept>, end, threads| {
            let rows = kept.as_mut().map(|kept| std::mem::take(&mut kept.rows));
            let from = (kept, rows.unwrap_or_default());
            play(from, end, threads, &one, &|_| {}).unwrap_or_else(|_| panic!("played"))
        };
        let whole = all(None, 50, 1);
        assert_eq!(whole, all(None, 50, 7));
        let mut kept = Kept::open(&target, "head", 2).unwrap();
        all(Some(&mut kept), 20, 3);
        drop(kept);
        // A row is cut, as by a kill.
        let path = folder.path().join("result.unfinished");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 2]).unwrap();
        let mut kept = Kept::open(&target, "head", 2).unwrap();
        assert_eq!(kept.rows.len(), 19);
        assert!(Kept::open(&target, "head", 2).unwrap_err().code == "lab-run-busy");
        assert_eq!(all(Some(&mut kept), 50, 2), whole);
        drop(kept);
        assert_eq!(Kept::open(&target, "other", 2).unwrap_err().code, "lab-run-other");
        let kept = Kept::open(&target, "head", 2).unwrap();
        assert_eq!(kept.rows, whole);
        kept.remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_not_ours_is_refused_and_left_alone() {
        for (case, text, ours) in [
            ("nothing", &b""[..], true),
            ("the head, cut", b"he", true),
            ("the head, its end cut", b"head", true),
            ("the head", b"head\n", true),
            ("another line", b"my notes\n", false),
            ("no line", b"my only notes", false),
            ("longer than the head", b"headlong", false),
            ("no text", b"he\xff", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("result.unfinished");
            std::fs::write(&path, text).unwrap();
            match Kept::open(&folder.path().join("result"), "head", 2) {
                Ok(_) => assert!(ours, "{case}"),
                Err(why) => {
                    assert!(why.code == "lab-run-other" && !ours, "{case}");
                    assert_eq!(std::fs::read(&path).unwrap(), text, "{case}: left alone");
                }
            }
        }
    }

    #[test]
    fn the_first_refusal_is_told() {
        let refused = |run: usize| LabError::Spacing(run.to_string());
        let one = |run: usize| {
            if run >= 13 { Err(Stopped::Model(refused(run))) } else { Ok(format!("{run},0")) }
        };
        for threads in [1, 5] {
            let Err(Failed::Stopped(why)) = play((None, Vec::new()), 50, threads, &one, &|_| {})
            else {
                panic!("refused");
            };
            assert_eq!(why, Stopped::Model(refused(13)), "{threads} threads");
        }
    }
}
