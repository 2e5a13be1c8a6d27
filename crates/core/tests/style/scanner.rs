//! Separates a Rust source into code and comments, line by line, and finds its functions.
//!
//! Not a parser: it knows comments, strings, character literals, lifetimes and brackets, which is
//! what it takes to say on which line a word is code, and where a function ends.

/// A source split line by line. Columns agree with the source: what is not code is blank.
pub struct Source {
    /// The lines as written.
    pub raw: Vec<String>,
    /// The code of each line: comments and the insides of literals are blanked.
    pub code: Vec<String>,
    /// The comment text of each line, without the code.
    pub comments: Vec<String>,
}

/// What the scanner is inside of.
enum Mode {
    Code,
    Line,
    Block(u32),
    /// A string literal: escapes are read unless it is raw, which ends at `"` and this many `#`.
    Text {
        raw: Option<usize>,
    },
}

impl Source {
    /// Splits `text`.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (mut code, mut comments) = (String::new(), String::new());
        let mut mode = Mode::Code;
        let mut at = 0;
        while at < chars.len() {
            let (next, taken, is_comment) = advance(&mode, &chars, at);
            for &c in &chars[at..at + taken] {
                let blank = if c == '\n' { '\n' } else { ' ' };
                let is_code = matches!((&mode, &next), (Mode::Code, Mode::Code)) && !is_comment;
                code.push(if is_code { c } else { blank });
                comments.push(if is_comment { c } else { blank });
            }
            at += taken;
            mode = next;
        }
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let code = lines(&blank_characters(&code));
        Self { raw: lines(text), code, comments: lines(&comments) }
    }

    /// Whether each line belongs to an item under `#[cfg(test)]`.
    pub fn test_lines(&self) -> Vec<bool> {
        let mut marks = vec![false; self.code.len()];
        for start in 0..self.code.len() {
            if let Some(column) = self.code[start].find("#[cfg(test)]") {
                let from = (start, column + "#[cfg(test)]".len());
                let end = self.item_end(from).unwrap_or(start);
                marks[start..=end].fill(true);
            }
        }
        marks
    }

    /// The functions with a body: line of `fn`, line of the closing brace, name.
    pub fn functions(&self) -> Vec<(usize, usize, String)> {
        let mut found = Vec::new();
        for (line, code) in self.code.iter().enumerate() {
            for column in word_positions(code, "fn") {
                let rest = code[column + 2..].trim_start();
                let name: String = rest.chars().take_while(|&c| is_word(c)).collect();
                // `fn(` is a type, not a function.
                if let (false, Some(end)) = (name.is_empty(), self.body_end((line, column))) {
                    found.push((line, end, name));
                }
            }
        }
        found
    }

    /// The line where the item starting at `from` ends: its closing brace or its semicolon.
    fn item_end(&self, from: (usize, usize)) -> Option<usize> {
        self.end(from, true)
    }

    /// The line of the closing brace of the body that follows, if there is one.
    fn body_end(&self, from: (usize, usize)) -> Option<usize> {
        self.end(from, false)
    }

    fn end(&self, from: (usize, usize), semicolon_counts: bool) -> Option<usize> {
        let (mut braces, mut others) = (0u32, 0u32);
        for line in from.0..self.code.len() {
            let skip = if line == from.0 { from.1 } else { 0 };
            for c in self.code[line][skip..].chars() {
                match c {
                    '(' | '[' => others += 1,
                    ')' | ']' => others = others.checked_sub(1)?,
                    '{' if others == 0 || braces > 0 => braces += 1,
                    '}' if braces > 0 => {
                        braces -= 1;
                        if braces == 0 {
                            return Some(line);
                        }
                    }
                    ';' if braces == 0 && others == 0 => return semicolon_counts.then_some(line),
                    _ => {}
                }
            }
        }
        None
    }
}

/// The mode after the characters at `at`, how many it takes, and whether they are a comment.
fn advance(mode: &Mode, chars: &[char], at: usize) -> (Mode, usize, bool) {
    let c = chars[at];
    let next = chars.get(at + 1).copied();
    match *mode {
        Mode::Line => (if c == '\n' { Mode::Code } else { Mode::Line }, 1, true),
        Mode::Block(depth) => match (c, next) {
            ('/', Some('*')) => (Mode::Block(depth + 1), 2, true),
            ('*', Some('/')) if depth == 1 => (Mode::Code, 2, true),
            ('*', Some('/')) => (Mode::Block(depth - 1), 2, true),
            _ => (Mode::Block(depth), 1, true),
        },
        Mode::Text { raw: None } => match c {
            '\\' if next.is_some() => (Mode::Text { raw: None }, 2, false),
            '"' => (Mode::Code, 1, false),
            _ => (Mode::Text { raw: None }, 1, false),
        },
        Mode::Text { raw: Some(hashes) } => {
            let closing = chars[at + 1..].iter().take_while(|&&h| h == '#').count() >= hashes;
            if c == '"' && closing {
                (Mode::Code, 1 + hashes, false)
            } else {
                (Mode::Text { raw: Some(hashes) }, 1, false)
            }
        }
        Mode::Code => code_step(chars, at),
    }
}

/// One step while in code: into a comment or a literal, or one character on.
fn code_step(chars: &[char], at: usize) -> (Mode, usize, bool) {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => (Mode::Line, 2, true),
        '/' if next == Some('*') => (Mode::Block(1), 2, true),
        '"' => (Mode::Text { raw: None }, 1, false),
        'r' if at == 0 || !is_word(chars[at - 1]) || byte_prefix(chars, at) => {
            let hashes = chars[at + 1..].iter().take_while(|&&h| h == '#').count();
            if chars.get(at + 1 + hashes) == Some(&'"') {
                (Mode::Text { raw: Some(hashes) }, 2 + hashes, false)
            } else {
                (Mode::Code, 1, false)
            }
        }
        // A character literal is taken whole, so that its quote or slash opens nothing.
        '\'' => (Mode::Code, character_length(chars, at).unwrap_or(1), false),
        _ => (Mode::Code, 1, false),
    }
}

/// Whether the `r` at `at` follows the `b` or `c` of a byte or C string.
fn byte_prefix(chars: &[char], at: usize) -> bool {
    matches!(chars[at - 1], 'b' | 'c') && (at == 1 || !is_word(chars[at - 2]))
}

/// The length of the character literal at `at`, quotes included; nothing for a lifetime.
fn character_length(chars: &[char], at: usize) -> Option<usize> {
    if chars.get(at + 1) == Some(&'\\') {
        let close = chars[at + 3..].iter().position(|&c| c == '\'')?;
        return Some(close + 4);
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(3)
}

/// Blanks the insides of character literals in code whose strings are blank already.
fn blank_characters(code: &str) -> String {
    let mut chars: Vec<char> = code.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let length = if chars[at] == '\'' { character_length(&chars, at) } else { None };
        if let Some(length) = length {
            chars[at + 1..at + length - 1].fill(' ');
        }
        at += length.unwrap_or(1);
    }
    chars.into_iter().collect()
}

/// Whether `c` may stand in an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The byte columns where `word` stands alone in `code`.
pub fn word_positions(code: &str, word: &str) -> Vec<usize> {
    code.match_indices(word)
        .filter(|(at, _)| {
            !code[..*at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
        })
        .map(|(at, _)| at)
        .collect()
}
