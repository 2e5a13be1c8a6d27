//! Writing HTML and SVG so that it cannot be ill-formed: an element closes where its closure
//! ends, and text and attributes are always escaped.

use crate::safe::printable;

/// Markup being written.
#[derive(Default)]
pub(crate) struct Markup {
    out: String,
}

/// The attributes of an element. Values are escaped; names are ours.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Markup {
    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An element around what `inner` writes.
    pub(crate) fn el(&mut self, tag: &str, with: Attributes<'_>, inner: impl FnOnce(&mut Self)) {
        self.open(tag, with);
        self.out.push('>');
        inner(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        if !matches!(tag, "td" | "th" | "code" | "b" | "span" | "dt" | "dd" | "a") {
            self.out.push('\n');
        }
    }

    /// An element around text.
    pub(crate) fn put(&mut self, tag: &str, with: Attributes<'_>, text: &str) {
        self.el(tag, with, |inner| inner.text(text));
    }

    /// An element without content.
    pub(crate) fn leaf(&mut self, tag: &str, with: Attributes<'_>) {
        self.open(tag, with);
        self.out.push_str("/>\n");
    }

    /// Escaped text.
    pub(crate) fn text(&mut self, text: &str) {
        for c in printable(text).chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
    }

    /// Text of ours that is markup already: a style sheet, or another [`Markup`]'s result.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    fn open(&mut self, tag: &str, with: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in with {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
    }
}
