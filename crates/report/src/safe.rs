//! Names come from other people's files: what may not reach a terminal, a page or a table.

use unicode_width::UnicodeWidthChar;

/// The text with characters that act on the reader's screen made visible: control characters
/// (terminal escapes, line breaks) and those that reorder or hide text become U+FFFD.
///
/// ```
/// use rhodian_report::safe::printable;
/// assert_eq!(printable("Zoë 株"), "Zoë 株");
/// assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
/// assert_eq!(printable("\u{202e}evil"), "\u{fffd}evil");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if acts_on_the_screen(c) { '\u{fffd}' } else { c }).collect()
}

fn acts_on_the_screen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, overrides
            | '\u{2060}'..='\u{206f}' // invisible operators, isolates
            | '\u{feff}')
}

/// The columns `text` takes on a terminal.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// At most `width` columns of `text`: a longer one is cut in the middle, which keeps the ends
/// that tell addresses apart, and marked with `mark`.
///
/// ```
/// use rhodian_report::safe::fitted;
/// assert_eq!(fitted("0x00000000051cbce3fd04", 9, "…"), "0x00…fd04");
/// assert_eq!(fitted("short", 9, "…"), "short");
/// ```
#[must_use]
pub fn fitted(text: &str, width: usize, mark: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(columns(mark));
    let tail_room = room / 2;
    let head = taken(text.chars(), room - tail_room);
    let tail: String = taken(text.chars().rev(), tail_room).chars().rev().collect();
    format!("{head}{mark}{tail}")
}

fn taken(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect()
}

/// `text` with spaces behind it to `width` columns.
#[must_use]
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// `text` with spaces before it to `width` columns.
#[must_use]
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_combining_characters_align() {
        assert_eq!(columns("株式"), 4);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(left("株式", 6), "株式  ");
        assert_eq!(right("é", 3), "  é");
        assert_eq!(columns(&fitted("株式会社株式会社", 9, "…")), 9);
        assert_eq!(fitted("abcdef", 0, "…"), "…");
    }

    #[test]
    fn nothing_that_acts_survives() {
        for bad in ['\u{0}', '\u{7}', '\u{1b}', '\r', '\n', '\u{85}', '\u{2028}', '\u{2066}'] {
            assert_eq!(printable(&bad.to_string()), "\u{fffd}", "{:x}", u32::from(bad));
        }
    }
}
