//! The text of a loss file: read with a limit, cited by line, shown with carets.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::model::Place;
use crate::diagnostic::{Diagnostic, Excerpt, Exit};
use crate::parquet;
use crate::source::{Source, row_at};

/// A TOML text in memory with the name it is cited by.
#[derive(Debug)]
pub struct TomlText {
    /// The name in messages: the path as given, or `stdin`.
    pub name: String,
    /// The folder that files named in the text are relative to.
    pub folder: PathBuf,
    text: String,
    /// Whether the text stands for a Parquet file, which has rows and no lines.
    columnar: bool,
}

impl TomlText {
    /// Reads a file, or standard input where the path is `-`.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let source = Source::read(path).map_err(as_toml)?;
        let folder = path.parent().filter(|_| path != Path::new("-"));
        Ok(Self::of(source, folder.unwrap_or(Path::new(""))))
    }

    /// Takes a text from memory; files named in it are relative to `folder`.
    pub fn new(name: &str, folder: &Path, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let source = Source::new(name, bytes).map_err(as_toml)?;
        Ok(Self::of(source, folder))
    }

    /// Takes a table beside a text of TOML: the text of CSV, or the bytes of a Parquet file.
    pub fn table(name: &str, folder: &Path, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        if parquet::is(&bytes) {
            return Ok(Self::of(Source::table(name, bytes)?, folder));
        }
        Self::new(name, folder, bytes)
    }

    fn of(source: Source, folder: &Path) -> Self {
        let (text, columnar) = (plain(&source), source.is_columnar());
        Self { name: source.name, folder: folder.to_owned(), text, columnar }
    }

    /// Whether the text stands for a Parquet file.
    #[must_use]
    pub fn is_columnar(&self) -> bool {
        self.columnar
    }

    /// The text, without a byte-order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte, from 1; the row, where there are no lines.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        if self.columnar {
            return row_at(self.text.as_bytes(), at);
        }
        1 + memchr::memchr_iter(b'\n', &self.text.as_bytes()[..at.min(self.text.len())]).count()
    }

    /// `name:line` of a place, or `name, row 4`.
    #[must_use]
    pub fn cite(&self, place: &Place) -> String {
        let between = if self.columnar { ", row " } else { ":" };
        format!("{}{between}{}", self.name, self.line(place.span.start))
    }

    /// Adds the place to an error, its line, and carets with what is allowed under it.
    #[must_use]
    pub fn mark(&self, error: Diagnostic, place: &Place, allowed: impl Into<String>) -> Diagnostic {
        error.at(self.cite(place)).marking(self.excerpt(place.span.clone(), allowed))
    }

    fn excerpt(&self, span: Range<usize>, allowed: impl Into<String>) -> Excerpt {
        let bytes = self.text.as_bytes();
        let from = span.start.min(bytes.len());
        let start = memchr::memrchr(b'\n', &bytes[..from]).map_or(0, |at| at + 1);
        let rest = &bytes[start..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Excerpt::new(line, from - start..span.end.max(from) - start, allowed)
    }
}

/// The errors of reading a text, which speak of CSV, in the words of files in TOML.
fn as_toml(error: Diagnostic) -> Diagnostic {
    if error.exit != Exit::BadInput {
        return error;
    }
    let help = match error.code.as_ref() {
        "csv-utf-16" | "csv-not-utf-8" => "save the file as UTF-8.",
        _ => "write one: `rhodian init` prints files to begin with, as `rhodian init loss`.",
    };
    let code = error.code.replacen("csv-", "toml-", 1);
    let message = error.message.replace("not CSV", "not TOML");
    Diagnostic { code: code.into(), message, help: help.to_owned(), ..error }
}

/// The text without a byte-order mark, which spreadsheets and editors put before it.
fn plain(source: &Source) -> String {
    let text = String::from_utf8_lossy(source.text());
    text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned()
}
