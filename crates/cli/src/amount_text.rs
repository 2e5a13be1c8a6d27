//! Decimal text to atoms and back. Nothing is guessed: a text is `digits` or `digits.digits`,
//! and whatever else looks like a number is refused by name.

use std::ops::Range;

use rhodian_core::bounds::MAX_AMOUNT;
use rhodian_core::units::Amount;

/// The most decimals an asset may have.
pub const MAX_DECIMALS: u8 = 30;

/// What to do with digits beyond the decimals of the asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ExcessDigits {
    /// Refuse the number.
    #[default]
    Refuse,
    /// Round to the nearest atom, a half to the even one.
    HalfEven,
}

/// How amounts are written: the decimals of the asset, and what happens to further digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountFormat {
    /// One unit is `10^decimals` atoms; at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// What happens to digits beyond them.
    pub excess: ExcessDigits,
}

/// What a text that is no amount looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing is there.
    Empty,
    /// A minus sign.
    Negative,
    /// `1e5`.
    Exponent,
    /// `0x1f`.
    Hexadecimal,
    /// `1,000`, `1 000`, `1_000` or `1'000`.
    Thousands,
    /// Spaces around the number.
    Spaces,
    /// `NaN`, words, anything else.
    NotANumber,
    /// Digits after a point where only whole numbers are.
    Fraction,
    /// More digits after the point than the asset has decimals.
    ExcessDigits,
    /// Above the bound.
    TooLarge,
}

impl FaultKind {
    /// The part of an error's code that names the fault: `claims-{slug}-cap`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Negative => "negative",
            Self::Exponent => "exponent",
            Self::Hexadecimal => "hexadecimal",
            Self::Thousands => "thousands",
            Self::Spaces => "spaces",
            Self::NotANumber => "not-a-number",
            Self::Fraction => "fraction",
            Self::ExcessDigits => "excess-digits",
            Self::TooLarge => "too-large",
        }
    }

    /// The fault in words, after the name of what is faulty: "cap *is below zero*".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::Negative => "is below zero",
            Self::Exponent => "is written with an exponent",
            Self::Hexadecimal => "is written in hexadecimal",
            Self::Thousands => "is written with a thousands separator",
            Self::Spaces => "has spaces around it",
            Self::NotANumber => "is not a number",
            Self::Fraction => "is not a whole number",
            Self::ExcessDigits => "has more decimals than there are",
            Self::TooLarge => "is too large",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Empty => "write 0 where nothing is meant.",
            Self::Negative => "drop accounts without a claim.",
            Self::Exponent => "write the number out in digits.",
            Self::Hexadecimal => "write the number in decimal digits.",
            Self::Thousands => "write the digits without separators, the decimals after a point.",
            Self::Spaces => "remove the spaces.",
            Self::NotANumber => "write decimal digits.",
            Self::Fraction | Self::ExcessDigits => {
                "say how many decimals there are with --decimals, or round with \
                 --excess-digits half-even."
            }
            Self::TooLarge => "check the unit: amounts are in atoms, or decimals with --decimals.",
        }
    }
}

/// A text that is no amount, and which bytes of it say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFault {
    /// What it looks like.
    pub kind: FaultKind,
    /// The faulty bytes.
    pub span: Range<usize>,
}

impl AmountFormat {
    /// Whole atoms, nothing rounded.
    pub const ATOMS: Self = Self { decimals: 0, excess: ExcessDigits::Refuse };

    /// Reads an amount: whole atoms, or a decimal number of at most `decimals` places.
    ///
    /// ```
    /// use rhodian_cli::amount_text::{AmountFormat, ExcessDigits, FaultKind};
    /// let cents = AmountFormat { decimals: 2, excess: ExcessDigits::Refuse };
    /// assert_eq!(cents.read(b"12.5").unwrap().atoms(), 1250);
    /// assert_eq!(cents.read(b"12.345").unwrap_err().kind, FaultKind::ExcessDigits);
    /// let round = AmountFormat { excess: ExcessDigits::HalfEven, ..cents };
    /// assert_eq!(round.read(b"12.345").unwrap().atoms(), 1234);
    /// assert_eq!(round.read(b"12.3450001").unwrap().atoms(), 1235);
    /// ```
    pub fn read(self, text: &[u8]) -> Result<Amount, NumberFault> {
        let atoms = self.read_atoms(text, MAX_AMOUNT)?;
        Amount::new(atoms)
            .map_err(|_| NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() })
    }

    /// Reads a decimal number as a count of its smallest unit, refused above `max` (at most
    /// 10^30).
    #[inline]
    pub fn read_atoms(self, text: &[u8], max: u128) -> Result<u128, NumberFault> {
        if let Some(atoms) = self.read_short(text) {
            return if u128::from(atoms) <= max {
                Ok(u128::from(atoms))
            } else {
                Err(NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() })
            };
        }
        self.read_long(text, max)
    }

    /// The common case: at most 19 digits with the decimals filled up, so 64 bits hold them.
    #[inline]
    fn read_short(self, text: &[u8]) -> Option<u64> {
        if text.is_empty() || text.len() > 19 {
            return None;
        }
        let mut value = 0u64;
        for (at, byte) in text.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return if *byte == b'.' { self.read_short_decimal(text, at, value) } else { None };
            }
            // At most 19 digits, so below 10^19, which 64 bits hold.
            value = value * 10 + u64::from(digit);
        }
        self.fill_up(value, text.len(), 0)
    }

    /// Goes on after the point at `point`.
    fn read_short_decimal(self, text: &[u8], point: usize, whole: u64) -> Option<u64> {
        let fraction = &text[point + 1..];
        let decimals = usize::from(self.decimals);
        if point == 0 || fraction.is_empty() || fraction.len() > decimals {
            return None;
        }
        let mut value = whole;
        for byte in fraction {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u64::from(digit);
        }
        self.fill_up(value, text.len() - 1, fraction.len())
    }

    /// Adds the decimals that were not written, where all digits stay within 19.
    #[inline]
    fn fill_up(self, value: u64, digits: usize, written: usize) -> Option<u64> {
        match usize::from(self.decimals) - written {
            0 => Some(value),
            missing if digits + missing <= 19 => {
                Some(value * 10u64.pow(u32::try_from(missing).ok()?))
            }
            _ => None,
        }
    }

    fn read_long(self, text: &[u8], max: u128) -> Result<u128, NumberFault> {
        let (whole, fraction) = split(text).ok_or_else(|| classify(text))?;
        let decimals = usize::from(self.decimals);
        if fraction.len() > decimals && self.excess == ExcessDigits::Refuse {
            let (kind, start) = match decimals {
                // The point itself is at fault where there are no decimals at all.
                0 => (FaultKind::Fraction, whole.len()),
                _ => (FaultKind::ExcessDigits, whole.len() + 1 + decimals),
            };
            return Err(NumberFault { kind, span: start..text.len() });
        }
        let too_large = NumberFault { kind: FaultKind::TooLarge, span: 0..text.len() };
        let (kept, dropped) = fraction.split_at(fraction.len().min(decimals));
        let filling = std::iter::repeat_n(&b'0', decimals - kept.len());
        let mut value = 0u128;
        for digit in whole.iter().chain(kept).chain(filling) {
            value = value * 10 + u128::from(digit - b'0');
            // Checked at each digit, so the product stays below 10^31 + 10.
            if value > max {
                return Err(too_large);
            }
        }
        value += u128::from(rounds_up(dropped, value));
        if value > max { Err(too_large) } else { Ok(value) }
    }

    /// Writes an amount with all its decimals: `1250` atoms of two decimals are `12.50`.
    #[must_use]
    pub fn write(self, amount: Amount) -> String {
        let mut text = Vec::new();
        self.push(&mut text, amount.atoms());
        // Digits and a point.
        String::from_utf8(text).unwrap_or_default()
    }

    /// Appends a count of atoms with all its decimals.
    pub fn push(self, text: &mut Vec<u8>, atoms: u128) {
        let decimals = usize::from(self.decimals);
        // Forty digits hold any 128-bit number, and any number of up to 30 decimals.
        let mut buffer = [b'0'; 40];
        let mut at = match u64::try_from(atoms) {
            Ok(low) => digits_before(&mut buffer, 40, low),
            Err(_) => {
                let low = u64::try_from(atoms % LOW_BASE).unwrap_or(0);
                digits_before(&mut buffer, 40, low);
                let (high, middle) = (atoms / LOW_BASE / LOW_BASE, atoms / LOW_BASE % LOW_BASE);
                let at = digits_before(&mut buffer, 22, u64::try_from(middle).unwrap_or(0));
                let high = u64::try_from(high).unwrap_or(0);
                if high > 0 { digits_before(&mut buffer, 4, high) } else { at }
            }
        };
        at = at.min(buffer.len() - decimals - 1);
        let point = buffer.len() - decimals;
        text.extend_from_slice(&buffer[at..point]);
        if decimals > 0 {
            text.push(b'.');
            text.extend_from_slice(&buffer[point..]);
        }
    }

    /// Writes an amount for the eye: `1,234,567.50`.
    #[must_use]
    pub fn write_grouped(self, amount: Amount) -> String {
        let text = self.write(amount);
        let whole = text.find('.').unwrap_or(text.len());
        let mut grouped = String::with_capacity(text.len() + whole / 3);
        for (index, digit) in text[..whole].chars().enumerate() {
            if index > 0 && (whole - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped.push_str(&text[whole..]);
        grouped
    }

    /// The amounts that are allowed, in words, from `least`: `0 to 10^30 atoms`.
    #[must_use]
    pub fn allowed(self, least: u8) -> String {
        match self.decimals {
            0 => format!("{least} to 10^30 atoms"),
            // The least amount above nothing is one atom, whatever its decimals.
            d => {
                let from = if least == 0 { "0".to_owned() } else { self.write(one_atom()) };
                let most = match MAX_DECIMALS.saturating_sub(d) {
                    0 => "1".to_owned(),
                    power => format!("10^{power}"),
                };
                format!("{from} to {most} with at most {d} decimals")
            }
        }
    }
}

/// Ten to the 18th: the digits of a 128-bit number are taken 18 at a time.
const LOW_BASE: u128 = 1_000_000_000_000_000_000;

/// Writes the digits of a number so that they end before `end`, and returns where they begin.
#[inline]
fn digits_before(buffer: &mut [u8; 40], end: usize, number: u64) -> usize {
    let (mut at, mut rest) = (end, number);
    while rest > 0 {
        at -= 1;
        // A digit is below 10, so nothing is cut.
        buffer[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    at
}

fn one_atom() -> Amount {
    Amount::new(1).unwrap_or(Amount::ZERO)
}

/// Splits `digits` or `digits.digits`; nothing for any other text.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match memchr::memchr(b'.', text) {
        None => digits(text).then_some((text, &[][..])),
        Some(at) => {
            let (whole, fraction) = (&text[..at], &text[at + 1..]);
            (digits(whole) && digits(fraction)).then_some((whole, fraction))
        }
    }
}

/// Whether the digits dropped after `value` round it up: above a half, or a half after an odd.
fn rounds_up(dropped: &[u8], value: u128) -> bool {
    match dropped.split_first() {
        None => false,
        Some((first, rest)) => match first.cmp(&b'5') {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => rest.iter().any(|d| *d != b'0') || value % 2 == 1,
        },
    }
}

/// Names what a text that is no plain decimal number looks like.
#[must_use]
pub fn classify(text: &[u8]) -> NumberFault {
    let whole = 0..text.len();
    let fault = |kind| NumberFault { kind, span: whole.clone() };
    let trimmed = text.trim_ascii();
    if trimmed.is_empty() {
        return fault(FaultKind::Empty);
    }
    if trimmed.len() < text.len() {
        return fault(FaultKind::Spaces);
    }
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let separator = |b: &u8| matches!(b, b',' | b'_' | b'\'' | b' ');
    let starts_with_digit = unsigned.first().is_some_and(u8::is_ascii_digit);
    if unsigned.starts_with(b"0x") || unsigned.starts_with(b"0X") {
        fault(FaultKind::Hexadecimal)
    } else if is_exponential(unsigned) {
        fault(FaultKind::Exponent)
    } else if split(unsigned).is_some() && unsigned.len() < text.len() {
        fault(FaultKind::Negative)
    } else if starts_with_digit
        && unsigned.iter().any(separator)
        && unsigned.iter().all(|b| separator(b) || b.is_ascii_digit() || *b == b'.')
    {
        fault(FaultKind::Thousands)
    } else {
        fault(FaultKind::NotANumber)
    }
}

/// Whether a text is a decimal number with an exponent.
fn is_exponential(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr2(b'e', b'E', text) else { return false };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let exponent =
        exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
    split(mantissa).is_some() && !exponent.is_empty() && exponent.iter().all(u8::is_ascii_digit)
}
