//! Where a value stands in a JSON text, so that an error can cite its line.

/// The first byte of the value at a path such as `/losses/0/amount`, in a text that is JSON; nothing
/// where the text has no such value.
///
/// Keys are compared as they are written, which those of Rhodian's files never escape.
#[must_use]
pub fn place_of(text: &[u8], path: &str) -> Option<usize> {
    let keys: Vec<&str> = path.split('/').skip(1).collect();
    let mut scan = Scan { text, at: 0 };
    scan.find(&keys)
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn space(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_ascii_start().len();
        self.text.get(self.at).copied()
    }

    /// Passes one byte that must be there.
    fn pass(&mut self, byte: u8) -> Option<()> {
        (self.space()? == byte).then(|| self.at += 1)
    }

    /// Passes a string; its bytes without the quotes.
    fn string(&mut self) -> Option<&[u8]> {
        self.pass(b'"')?;
        let start = self.at;
        loop {
            match self.text.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    /// Passes a whole value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.space()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => {
                    let rest = self.text.get(self.at..)?;
                    let ends = |byte: &u8| b",:]}".contains(byte) || byte.is_ascii_whitespace();
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn find(&mut self, keys: &[&str]) -> Option<usize> {
        let first = self.space()?;
        let Some((key, rest)) = keys.split_first() else { return Some(self.at) };
        self.at += 1;
        for index in 0usize.. {
            let found = match first {
                b'{' => {
                    let found = self.string()? == key.as_bytes();
                    self.pass(b':')?;
                    found
                }
                b'[' => key.parse() == Ok(index),
                _ => return None,
            };
            if found {
                return self.find(rest);
            }
            self.skip()?;
            self.pass(b',')?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = br#"{ "a": ["x,]\"", {"b": 1, "c": [] }], "b": {"c": -2.5}, "d":null }"#;
        let at = |path: &str| place_of(text, path).map(|at| &text[at..]);
        assert!(at("/b/c").unwrap().starts_with(b"-2.5}"));
        assert!(at("/a/1/c").unwrap().starts_with(b"[] }]"));
        assert!(at("/a/0").unwrap().starts_with(b"\"x,]"));
        assert!(at("/d").unwrap().starts_with(b"null"));
        assert_eq!(at("").unwrap().len(), text.len());
        for none in ["/e", "/a/2", "/a/1/d", "/d/x", "/b/c/0"] {
            assert_eq!(at(none), None, "{none}");
        }
        assert_eq!(place_of(b"{", "/a"), None);
        assert_eq!(place_of(b"[1, [", "/1/0"), None);
    }
}
