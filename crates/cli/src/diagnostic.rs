//! Errors as a person reads them: a stable code, one sentence, the place, the text with a caret
//! under the fault, what would have been allowed, and what to do.
//!
//! ```text
//! error[claims-negative-cap]: cap is below zero
//!  --> claims.csv:4812, column 2 (cap), id 0x9f21
//!   | 0x9f21,-250
//!   |        ^^^^ allowed: 0 to 10^30 atoms
//! help: drop accounts without a claim. Nothing was written.
//! ```

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use crate::terminal::{display_width, visible};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The work is done.
    Done = 0,
    /// The work is done and a check that was asked for failed.
    CheckFailed = 1,
    /// What was given cannot be right; nothing was written.
    BadInput = 2,
    /// A file or stream could not be read or written.
    InputOutput = 3,
}

impl Exit {
    /// The status the process returns.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CheckFailed => 1,
            Self::BadInput => 2,
            Self::InputOutput => 3,
        }
    }
}

/// The faulty line with the columns of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line as shown: control characters replaced, cut to a readable length.
    text: String,
    /// Where the caret begins, in terminal columns.
    column: usize,
    /// How many carets, at least one.
    carets: usize,
    /// What would have been right: printed after "allowed: "; nothing where nothing would have
    /// been.
    allowed: String,
}

/// The longest excerpt, in characters; a longer line is cut around its fault.
const EXCERPT: usize = 96;

impl Excerpt {
    /// An excerpt of `line` with carets under the byte range `span` of it.
    ///
    /// Bytes that are not UTF-8, control characters and marks that reorder text are shown as
    /// `·`. A span past the end of the line puts one caret there.
    #[must_use]
    pub fn new(line: &[u8], span: Range<usize>, allowed: impl Into<String>) -> Self {
        // Carets stand under whole characters.
        let inside = |at: usize| line.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        let mut start = span.start.min(line.len());
        let mut end = span.end.clamp(start, line.len());
        while start > 0 && inside(start) && std::str::from_utf8(line).is_ok() {
            start -= 1;
        }
        while end > start && inside(end) {
            end += 1;
        }
        let show = |bytes: &[u8]| visible(&String::from_utf8_lossy(bytes)).into_owned();
        let before = tail_chars(&show(&line[..start]), EXCERPT / 2);
        let marked = head_chars(&show(&line[start..end]), EXCERPT / 2);
        let after = head_chars(&show(&line[end..]), EXCERPT / 4);
        let column = display_width(&before);
        let carets = display_width(&marked).max(1);
        Self { text: format!("{before}{marked}{after}"), column, carets, allowed: allowed.into() }
    }
}

/// The last `count` characters, after an ellipsis where something was cut.
fn tail_chars(text: &str, count: usize) -> String {
    let length = text.chars().count();
    if length <= count {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length - count).collect();
    format!("…{kept}")
}

/// The first `count` characters, before an ellipsis where something was cut.
fn head_chars(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    let kept: String = text.chars().take(count).collect();
    format!("{kept}…")
}

/// One error: what is wrong, where, what is allowed, what to do.
///
/// Printing it with `{}` gives the coloured form; the streams of [`crate::terminal`] take the
/// colour away where the terminal wants none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How the program ends because of it.
    pub exit: Exit,
    /// A stable name for scripts, kebab-case, its subject first: `claims-negative-cap`.
    pub code: Cow<'static, str>,
    /// One sentence without a full stop.
    pub message: String,
    /// Where: file, line, column, whatever is known.
    pub place: Option<String>,
    /// The faulty text. Boxed, as errors travel in results and are rare.
    pub excerpt: Option<Box<Excerpt>>,
    /// How many further faults have the same code.
    pub more: usize,
    /// What to do: whole sentences. Those of [`Exit::BadInput`] go on with "Nothing was written."
    pub help: String,
}

impl Diagnostic {
    /// An error of the given end, to be completed by the builder methods below.
    #[must_use]
    pub fn new(
        exit: Exit,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            exit,
            code: code.into(),
            message: message.into(),
            place: None,
            excerpt: None,
            more: 0,
            help: help.into(),
        }
    }

    /// Bad input: exit 2, nothing was written.
    ///
    /// ```
    /// use rhodian_cli::diagnostic::{Diagnostic, Excerpt};
    /// let error = Diagnostic::bad_input("loss-zero", "loss is zero", "give the loss.")
    ///     .at("--loss")
    ///     .marking(Excerpt::new(b"0", 0..1, "1 to 10^30 atoms"));
    /// assert_eq!(
    ///     error.plain(),
    ///     "error[loss-zero]: loss is zero\n --> --loss\n  | 0\n  | ^ allowed: 1 to 10^30 atoms\n\
    ///      help: give the loss. Nothing was written.\n"
    /// );
    /// ```
    #[must_use]
    pub fn bad_input(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(Exit::BadInput, code, message, help)
    }

    /// A file or stream that could not be read or written: exit 3.
    #[must_use]
    pub fn input_output(doing: &str, name: &str, error: &std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => "io-not-found",
            std::io::ErrorKind::PermissionDenied => "io-not-permitted",
            _ => "io-failed",
        };
        let help = format!("the system says: {error}.");
        Self::new(Exit::InputOutput, code, format!("cannot {doing} {}", visible(name)), help)
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// With the faulty text.
    #[must_use]
    pub fn marking(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(Box::new(excerpt));
        self
    }

    /// The text without colour.
    #[must_use]
    pub fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.to_string()).to_string()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let blue = Style::new().bold().fg_color(Some(AnsiColor::Blue.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let bold = Style::new().bold();
        writeln!(f, "{red}error[{}]{red:#}{bold}: {}{bold:#}", self.code, self.message)?;
        if let Some(place) = &self.place {
            writeln!(f, " {blue}-->{blue:#} {place}")?;
        }
        if let Some(Excerpt { text, column, carets, allowed }) = self.excerpt.as_deref() {
            writeln!(f, "  {blue}|{blue:#} {text}")?;
            let (gap, carets) = (" ".repeat(*column), "^".repeat(*carets));
            let allowed = match allowed.as_str() {
                "" => String::new(),
                some => format!(" allowed: {some}"),
            };
            writeln!(f, "  {blue}|{blue:#} {gap}{red}{carets}{allowed}{red:#}")?;
        }
        if self.more > 0 {
            writeln!(f, "  {blue}={blue:#} and {} more like it", self.more)?;
        }
        write!(f, "{cyan}help{cyan:#}: {}", self.help)?;
        let ending = if self.exit == Exit::BadInput { " Nothing was written." } else { "" };
        writeln!(f, "{ending}")
    }
}

impl std::error::Error for Diagnostic {}
