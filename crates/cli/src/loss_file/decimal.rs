//! Signed decimal numbers as texts, compared exactly.

use std::cmp::Ordering;

use crate::amount_text::{FaultKind, classify};

/// The furthest an exponent moves the point: beyond it no amount has a digit.
const MAX_EXPONENT: usize = 400;

/// A decimal number of any length, without zeros that say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Whether it is below zero.
    pub negative: bool,
    /// The digits before the point; none for zero.
    whole: Vec<u8>,
    /// The digits after the point.
    fraction: Vec<u8>,
}

impl Decimal {
    /// Reads `-12.50`; with `exponents` also `1.5e-05`, as what it is written out.
    ///
    /// ```
    /// use rhodian_cli::loss_file::decimal::Decimal;
    /// let small = Decimal::read(b"1.5e-05", true).unwrap();
    /// assert_eq!(small.magnitude(), b"0.000015");
    /// assert!(Decimal::read(b"1.5e-05", false).is_err());
    /// ```
    pub fn read(text: &[u8], exponents: bool) -> Result<Self, FaultKind> {
        let fault = || classify(text).kind;
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        let (mantissa, exponent) = match memchr::memchr2(b'e', b'E', unsigned) {
            Some(at) if exponents => (&unsigned[..at], exponent(&unsigned[at + 1..])),
            _ => (unsigned, Ok((false, 0))),
        };
        let mut parts = mantissa.split(|byte| *byte == b'.');
        let (whole, fraction) = (parts.next().unwrap_or(&[]), parts.next());
        let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        if !digits(whole) || !fraction.is_none_or(digits) || parts.next().is_some() {
            return Err(fault());
        }
        let (left, places) = exponent.map_err(|kind| kind.unwrap_or_else(fault))?;
        let (mut whole, mut fraction) = (whole.to_vec(), fraction.unwrap_or(&[]).to_vec());
        shift(&mut whole, &mut fraction, left, places);
        let leading = whole.iter().take_while(|digit| **digit == b'0').count();
        whole.drain(..leading);
        while fraction.last() == Some(&b'0') {
            fraction.pop();
        }
        let zero = whole.is_empty() && fraction.is_empty();
        Ok(Self { negative: unsigned.len() < text.len() && !zero, whole, fraction })
    }

    /// The number without its sign, written out.
    #[must_use]
    pub fn magnitude(&self) -> Vec<u8> {
        let mut text = if self.whole.is_empty() { vec![b'0'] } else { self.whole.clone() };
        if !self.fraction.is_empty() {
            text.push(b'.');
            text.extend_from_slice(&self.fraction);
        }
        text
    }
}

/// Reads an exponent: whether the point moves left, and by how many places. The error is nothing
/// where it is no exponent.
fn exponent(text: &[u8]) -> Result<(bool, usize), Option<FaultKind>> {
    let left = text.starts_with(b"-");
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(None);
    }
    let places = digits.iter().try_fold(0usize, |places, digit| {
        // At most 400 before each digit, so far from overflow.
        let places = places * 10 + usize::from(digit - b'0');
        (places <= MAX_EXPONENT).then_some(places)
    });
    places.map(|places| (left, places)).ok_or(Some(FaultKind::TooLarge))
}

/// Moves the point by some places.
fn shift(whole: &mut Vec<u8>, fraction: &mut Vec<u8>, left: bool, places: usize) {
    if left {
        let missing = places.saturating_sub(whole.len());
        let mut digits = vec![b'0'; missing];
        digits.append(whole);
        let moved = digits.split_off(digits.len() - places);
        *whole = digits;
        fraction.splice(0..0, moved);
    } else {
        fraction.resize(fraction.len().max(places), b'0');
        whole.extend(fraction.drain(..places));
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |a: &Self, b: &Self| {
            let whole = a.whole.len().cmp(&b.whole.len()).then_with(|| a.whole.cmp(&b.whole));
            whole.then_with(|| a.fraction.cmp(&b.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::read(text.as_bytes(), true).unwrap()
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let ascending = [
            "-1e30",
            "-100",
            "-99.5",
            "-2",
            "-1.01",
            "-1",
            "-0.0001",
            "0",
            "1e-400",
            "0.00015",
            "0.0002",
            "0.1",
            "0.11",
            "1",
            "1.000000000000000000000000000000000001",
            "9",
            "10",
            "1e2",
            "12345678901234567890123456789012345678901234567890",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(read(a).cmp(&read(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_number_has_one_form() {
        for (a, b) in [("-0", "0"), ("007", "7"), ("1.50", "1.5"), ("15e-1", "1.5"), ("0e9", "0")] {
            assert_eq!(read(a), read(b), "{a} {b}");
        }
        assert_eq!(read("1.5E+3").magnitude(), b"1500");
        assert_eq!(read("-12.34e1").magnitude(), b"123.4");
        assert_eq!(read("1234e-6").magnitude(), b"0.001234");
    }

    #[test]
    fn what_is_no_number_is_named() {
        let cases = [
            ("", FaultKind::Empty),
            ("1e5", FaultKind::Exponent),
            ("NaN", FaultKind::NotANumber),
            ("1.2.3", FaultKind::NotANumber),
            (".5", FaultKind::NotANumber),
            ("--1", FaultKind::NotANumber),
            ("1,000", FaultKind::Thousands),
            (" 1", FaultKind::Spaces),
            ("0x1f", FaultKind::Hexadecimal),
        ];
        for (text, kind) in cases {
            assert_eq!(Decimal::read(text.as_bytes(), false), Err(kind), "{text}");
        }
        assert_eq!(Decimal::read(b"1e401", true), Err(FaultKind::TooLarge));
        assert_eq!(Decimal::read(b"1e", true), Err(FaultKind::NotANumber));
    }
}
