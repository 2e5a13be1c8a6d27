//! How far a long run is, as a line on standard error: on a terminal only, never when quiet.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work that takes less is not worth a line.
const FIRST: Duration = Duration::from_millis(400);
/// How often the line is drawn anew.
const AGAIN: Duration = Duration::from_millis(100);
/// The cells of the bar.
const CELLS: u64 = 24;

/// A bar of the time that was run through.
#[derive(Debug, Default)]
pub struct Bar {
    /// When it is next drawn; nothing where it never is.
    next: Option<Instant>,
    drawn: bool,
}

impl Bar {
    /// A bar, unless `quiet` or standard error is no terminal.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        Self { next: shown.then(|| Instant::now() + FIRST), drawn: false }
    }

    /// Says that the run is at `now` of `end`, with so many losses so far.
    pub fn at(&mut self, now: u64, end: u64, losses: usize) {
        let Some(next) = self.next.filter(|next| Instant::now() >= *next) else { return };
        self.next = Some(next.max(Instant::now()) + AGAIN);
        let end = end.max(1);
        let full = now.min(end).saturating_mul(CELLS) / end;
        let full = usize::try_from(full).unwrap_or(0);
        let rest = usize::try_from(CELLS).unwrap_or(0) - full;
        let percent = now.min(end).saturating_mul(100) / end;
        let losses = rhodian_report::money::count(losses);
        // A bar that cannot be drawn is no reason to stop the work.
        let _ = write!(
            std::io::stderr(),
            "\r\x1b[K{}{} {percent:>3} %  {losses} losses",
            "█".repeat(full),
            "░".repeat(rest)
        );
        let _ = std::io::stderr().flush();
        self.drawn = true;
    }

    /// Wipes the line.
    pub fn done(&mut self) {
        if self.drawn {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
            let _ = std::io::stderr().flush();
            self.drawn = false;
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done();
    }
}
