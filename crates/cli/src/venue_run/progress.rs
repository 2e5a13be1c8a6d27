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
    began: Option<Instant>,
    /// When it is next drawn; nothing where it never is.
    next: Option<Instant>,
    drawn: bool,
}

impl Bar {
    /// A bar, unless `quiet` or standard error is no terminal.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let began = Some(Instant::now());
        Self { began, next: shown.then(|| Instant::now() + FIRST), drawn: false }
    }

    /// Says that the run is at `now` of `end`, with so many losses so far.
    pub fn at(&mut self, now: u64, end: u64, losses: usize) {
        self.draw(now, end, &|| format!("{} losses", rhodian_report::money::count(losses)));
    }

    /// Says that `now` of `end` things are done, and how long the rest may take.
    pub fn of(&mut self, what: &str, now: u64, end: u64) {
        let spent = self.began.map_or(0, |began| began.elapsed().as_secs());
        let left = spent.saturating_mul(end.saturating_sub(now)) / now.max(1);
        let count = |number: u64| {
            rhodian_report::money::count(usize::try_from(number).unwrap_or(usize::MAX))
        };
        let words = || format!("{} of {} {what}, {left} s left", count(now), count(end));
        self.draw(now, end, &words);
    }

    fn draw(&mut self, now: u64, end: u64, words: &dyn Fn() -> String) {
        let Some(next) = self.next.filter(|next| Instant::now() >= *next) else { return };
        self.next = Some(next.max(Instant::now()) + AGAIN);
        // A bar that cannot be drawn is no reason to stop the work.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}  {}", cells(now, end), words());
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

/// How far `now` is on the way to `end`: a picture, and a percentage.
fn cells(now: u64, end: u64) -> String {
    let end = end.max(1);
    let now = now.min(end);
    let full = usize::try_from(now.saturating_mul(CELLS) / end).unwrap_or(0);
    let rest = usize::try_from(CELLS).unwrap_or(0) - full;
    let percent = now.saturating_mul(100) / end;
    format!("{}{} {percent:>3} %", "█".repeat(full), "░".repeat(rest))
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_from_nothing_to_all_and_no_further() {
        let full = |text: &str| text.matches('█').count();
        let (mut last, of) = (0, usize::try_from(CELLS).unwrap());
        for now in 0..=10 {
            let text = cells(now, 10);
            assert!(text.ends_with(&format!(" {:>3} %", now * 10)), "{text}");
            assert_eq!(full(&text) + text.matches('░').count(), of, "{text}");
            assert!(full(&text) >= last, "{text}");
            last = full(&text);
        }
        assert_eq!(last, of);
        assert_eq!(cells(25, 10), cells(10, 10), "beyond the end is the end");
        assert_eq!(full(&cells(0, 0)), 0, "an end at once");
    }
}
