//! Filters: which rows of a claims file are claims.
//!
//! `closed_pnl > 0 and status = 'open'`: comparisons joined by `and`. A column with spaces in its
//! name, and a text, stand in single quotes. Numbers are compared exactly, however many digits
//! they have; texts byte for byte, by `=` and `!=` only.

use std::cmp::Ordering;

use super::decimal::Decimal;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// What must all hold.
    pub terms: Vec<Term>,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The column.
    pub column: String,
    /// How its cell is compared.
    pub op: Op,
    /// With what.
    pub value: Value,
}

/// How a cell is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=` or `==`
    Equal,
    /// `!=`
    Unequal,
}

/// With what a cell is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(Decimal),
    /// A text.
    Text(String),
}

impl Op {
    /// The operators as written; one that another begins with stands after it.
    const WRITTEN: [(&'static str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        (">", Self::Above),
        ("<", Self::Below),
        ("=", Self::Equal),
    ];

    /// Whether a cell that compares so is kept.
    #[must_use]
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
        }
    }
}

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Op(Op),
}

impl Keep {
    /// Reads a filter; what is wrong with it in words, where it is none.
    ///
    /// ```
    /// use rhodian_cli::loss_file::keep::Keep;
    /// assert_eq!(Keep::read("closed_pnl > 0 and side = 'long'").unwrap().terms.len(), 2);
    /// assert!(Keep::read("closed_pnl >").is_err());
    /// ```
    pub fn read(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text)?.into_iter();
        let mut terms = Vec::new();
        loop {
            terms.push(term(&mut tokens)?);
            match tokens.next() {
                None => return Ok(Self { terms }),
                Some(Token::Word(word)) if word == "and" => {}
                Some(_) => return Err("comparisons are joined by \"and\"".to_owned()),
            }
        }
    }
}

fn term(tokens: &mut impl Iterator<Item = Token>) -> Result<Term, String> {
    let column = match tokens.next() {
        Some(Token::Word(name) | Token::Quoted(name)) => name,
        _ => return Err("a comparison begins with a column".to_owned()),
    };
    let Some(Token::Op(op)) = tokens.next() else {
        return Err(format!("{column} is followed by one of > >= < <= = !="));
    };
    let value = match tokens.next() {
        Some(Token::Quoted(text)) => Value::Text(text),
        Some(Token::Word(word)) => match Decimal::read(word.as_bytes(), false) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(word),
        },
        _ => return Err(format!("{column} is compared with a number or a text")),
    };
    if matches!(value, Value::Text(_)) && !matches!(op, Op::Equal | Op::Unequal) {
        return Err(format!("{column} is compared with a text: only = and != are for texts"));
    }
    Ok(Term { column, op, value })
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some((written, op)) = Op::WRITTEN.iter().find(|(w, _)| rest.starts_with(w)) {
            found.push(Token::Op(*op));
            rest = &rest[written.len()..];
        } else if first == '\'' {
            let (quoted, after) =
                rest[1..].split_once('\'').ok_or("a quote is opened and never closed")?;
            found.push(Token::Quoted(quoted.to_owned()));
            rest = after;
        } else {
            let ends = |c: char| c.is_whitespace() || "<>=!'".contains(c);
            let end = rest.find(ends).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("\"{first}\" alone means nothing"));
            }
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(Decimal::read(text.as_bytes(), false).unwrap())
    }

    #[test]
    fn filters_are_comparisons_joined_by_and() {
        let text = |text: &str| Value::Text(text.to_owned());
        let cases = [
            ("closed_pnl > 0", vec![("closed_pnl", Op::Above, number("0"))]),
            ("a>=-1.50", vec![("a", Op::AtLeast, number("-1.5"))]),
            ("a==1", vec![("a", Op::Equal, number("1"))]),
            ("a = true", vec![("a", Op::Equal, text("true"))]),
            ("a != '12'", vec![("a", Op::Unequal, text("12"))]),
            ("'my column' <= 3", vec![("my column", Op::AtMost, number("3"))]),
            (
                "a < 1 and b = '' and and = 'and'",
                vec![
                    ("a", Op::Below, number("1")),
                    ("b", Op::Equal, text("")),
                    ("and", Op::Equal, text("and")),
                ],
            ),
        ];
        for (written, expected) in cases {
            let found = Keep::read(written).unwrap().terms.into_iter();
            let found: Vec<_> = found.map(|t| (t.column, t.op, t.value)).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|(c, op, v)| (c.to_owned(), op, v)).collect();
            assert_eq!(found, expected, "{written}");
        }
    }

    #[test]
    fn what_is_no_filter_says_why() {
        let cases = [
            ("", "a comparison begins with a column"),
            ("> 3", "a comparison begins with a column"),
            ("a", "a is followed by one of > >= < <= = !="),
            ("a > ", "a is compared with a number or a text"),
            ("a > big", "a is compared with a text: only = and != are for texts"),
            ("a > 1 or b > 2", "comparisons are joined by \"and\""),
            ("a > 1 and", "a comparison begins with a column"),
            ("a = 'x", "a quote is opened and never closed"),
            ("a ! 3", "\"!\" alone means nothing"),
        ];
        for (written, expected) in cases {
            assert_eq!(Keep::read(written).unwrap_err(), expected, "{written}");
        }
    }
}
