//! What the terminal is: its width, whether it takes colour, what may safely be shown on it.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width assumed where standard output is not a terminal, in columns.
const PLAIN_WIDTH: usize = 80;

/// The width of standard output in columns: the terminal's, between 40 and 160, or 80 where it
/// is a file or a pipe, so that what is saved does not depend on the window.
#[must_use]
pub fn width() -> usize {
    let found = terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| usize::from(w.0));
    found.map_or(PLAIN_WIDTH, |columns| columns.clamp(40, 160))
}

/// How many terminal columns a text takes.
#[must_use]
pub fn display_width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Whether a character may change how a terminal or a page shows what stands around it: control
/// characters, and the marks that turn the direction of writing.
#[must_use]
pub fn is_unsafe_to_show(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' |
                               '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Where a name has a character that nobody sees, so that two names look like one: the bytes of
/// the first. The joiners of scripts and of emoji are let through between the letters they join.
///
/// ```
/// use rhodian_cli::terminal::hidden_in;
/// assert_eq!(hidden_in("bob\u{200B}"), Some(3..6));
/// assert_eq!(hidden_in("bo\u{200D}b"), Some(2..5));
/// assert_eq!(hidden_in("می\u{200C}خواهم"), None);
/// assert_eq!(hidden_in("Zoë 株"), None);
/// ```
#[must_use]
pub fn hidden_in(name: &str) -> Option<Range<usize>> {
    let joins = |at: usize, joiner: char| {
        let before = name[..at].chars().next_back();
        let after = name[at + joiner.len_utf8()..].chars().next();
        [before, after].iter().all(|side| side.is_some_and(|c| !c.is_ascii() && !hides(c)))
    };
    let found = name.char_indices().find(|(at, c)| match c {
        '\u{200C}' | '\u{200D}' => !joins(*at, *c),
        c => hides(*c),
    });
    found.map(|(at, c)| at..at + c.len_utf8())
}

/// Whether a character takes no room and shows nothing, alone.
const fn hides(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200D}' |
                        '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// The text with every character that could disturb the terminal, or that hides, shown as `·`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    // Joiners stand in names of many scripts, and show by what they join.
    let dotted =
        |c: char| is_unsafe_to_show(c) || (hides(c) && !matches!(c, '\u{200C}' | '\u{200D}'));
    if !text.contains(dotted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if dotted(c) { '·' } else { c }).collect())
}

/// The text cut to `columns` terminal columns, with an ellipsis where something was cut.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    let text = visible(text);
    if display_width(&text) <= columns {
        return text.into_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// A bar of `part / whole` of `columns`, in eighths of a column; something above nothing shows
/// at least a sliver.
///
/// ```
/// use rhodian_cli::terminal::bar;
/// assert_eq!(bar(1, 2, 4), "██");
/// assert_eq!(bar(1, 1_000_000, 4), "▏");
/// assert_eq!(bar(0, 5, 4), "");
/// ```
#[must_use]
pub fn bar(part: u128, whole: u128, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if part == 0 || whole == 0 {
        return String::new();
    }
    let full = u128::try_from(columns).unwrap_or(0) * 8;
    // Bars are drawn of amounts, at most 10^30, over at most a few thousand eighths.
    let eighths = (part.min(whole).saturating_mul(full) / whole).max(1);
    let eighths = usize::try_from(eighths).unwrap_or(0);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// The number of rows from which work shows its progress.
const LONG_WORK: usize = 1_000_000;

/// A line on standard error that says how far long work is. Shown only on a terminal, never when
/// quiet, and wiped when done.
#[derive(Debug)]
pub struct Progress {
    on: bool,
    drawn: bool,
}

impl Progress {
    /// A progress line, unless `quiet` or standard error is not a terminal.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { on: !quiet && std::io::stderr().is_terminal(), drawn: false }
    }

    /// Says what is being done to how many rows, where they are many.
    pub fn doing(&mut self, what: &str, rows: usize) {
        if self.on && rows >= LONG_WORK {
            // A progress line that cannot be written is no reason to stop the work.
            let _ = write!(std::io::stderr(), "\r\x1b[K{what} {} million rows", rows / LONG_WORK);
            let _ = std::io::stderr().flush();
            self.drawn = true;
        }
    }

    /// As [`Progress::doing`], where counting the rows costs something.
    pub fn doing_with(&mut self, what: &str, rows: impl FnOnce() -> usize) {
        if self.on {
            self.doing(what, rows());
        }
    }

    /// Wipes the line.
    pub fn done(&mut self) {
        if self.drawn {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
            self.drawn = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}
