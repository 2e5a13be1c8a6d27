//! What the values of a column are, and the text of each.

use std::io::Write;

use super::{Fault, Read};

/// How values stand in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Physical {
    /// Bits.
    Bit,
    /// Whole numbers of 32 bits.
    Int,
    /// Whole numbers of 64 bits.
    Long,
    /// Floats of 32 bits.
    Float,
    /// Floats of 64 bits.
    Double,
    /// Bytes after their number.
    Bytes,
    /// So many bytes.
    Fixed(usize),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Truth,
    /// Whole numbers.
    Whole,
    /// Whole numbers from zero on.
    Unsigned,
    /// Whole numbers of so small a part: of ten to the power of minus this.
    Decimal(u8),
    /// Floats.
    Float,
    /// Days since 1970.
    Day,
    /// Texts.
    Text,
}

/// The most digits after a point, which are the most that 127 bits have.
const DIGITS: u8 = 38;

impl Kind {
    /// Decimals of so many digits after the point, where there can be so many.
    pub fn decimal(scale: i64) -> Option<Self> {
        u8::try_from(scale).ok().filter(|scale| *scale <= DIGITS).map(Self::Decimal)
    }

    /// Whether values that stand so may be of this kind.
    pub fn fits(self, physical: Physical) -> bool {
        use Physical::{Bytes, Fixed, Int, Long};
        match self {
            Self::Truth => physical == Physical::Bit,
            Self::Whole | Self::Unsigned => matches!(physical, Int | Long),
            Self::Decimal(_) => matches!(physical, Int | Long | Bytes | Fixed(_)),
            Self::Float => matches!(physical, Physical::Float | Physical::Double),
            Self::Day => physical == Int,
            Self::Text => physical == Bytes,
        }
    }
}

impl Physical {
    /// By its number, and its length where it has one.
    pub fn of(number: i64, length: usize) -> Option<Self> {
        Some(match number {
            0 => Self::Bit,
            1 => Self::Int,
            2 => Self::Long,
            4 => Self::Float,
            5 => Self::Double,
            6 => Self::Bytes,
            7 if length > 0 => Self::Fixed(length),
            _ => return None,
        })
    }

    /// What values are that nothing more is said of.
    pub fn plain(self) -> Option<Kind> {
        Some(match self {
            Self::Bit => Kind::Truth,
            Self::Int | Self::Long => Kind::Whole,
            Self::Float | Self::Double => Kind::Float,
            Self::Bytes => Kind::Text,
            Self::Fixed(_) => return None,
        })
    }

    /// How many bytes a value takes, where all take as many.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Int | Self::Float => Some(4),
            Self::Long | Self::Double => Some(8),
            Self::Fixed(length) => Some(length),
            Self::Bit | Self::Bytes => None,
        }
    }
}

/// Writes the text of a value as a field of CSV. A value of a width is in little-endian order,
/// one of bytes as they are, a bit as a byte.
pub fn write(out: &mut Vec<u8>, kind: Kind, physical: Physical, bytes: &[u8]) -> Read<()> {
    match kind {
        Kind::Truth => out.extend(if bytes == [1] { &b"true"[..] } else { b"false" }),
        Kind::Text => field(out, bytes),
        Kind::Float => match bytes.first_chunk() {
            Some(double) => float(out, f64::from_le_bytes(*double)),
            None => single(out, f32::from_le_bytes(*chunk(bytes)?)),
        },
        Kind::Unsigned => {
            let value = match bytes.first_chunk() {
                Some(long) => u64::from_le_bytes(*long),
                None => u64::from(u32::from_le_bytes(*chunk(bytes)?)),
            };
            said(write!(out, "{value}"));
        }
        Kind::Whole => {
            let value = match bytes.first_chunk() {
                Some(long) => i64::from_le_bytes(*long),
                None => i64::from(i32::from_le_bytes(*chunk(bytes)?)),
            };
            said(write!(out, "{value}"));
        }
        Kind::Decimal(scale) => decimal(out, whole(physical, bytes)?, scale),
        Kind::Day => day(out, i64::from(i32::from_le_bytes(*chunk(bytes)?))),
    }
    Ok(())
}

/// A vector takes all that is written into it.
fn said(_: std::io::Result<()>) {}

fn chunk<const N: usize>(bytes: &[u8]) -> Read<&[u8; N]> {
    bytes.first_chunk().ok_or(Fault::Damaged("a value is too short"))
}

/// A signed whole number; what stands as bytes has its highest first.
fn whole(physical: Physical, bytes: &[u8]) -> Read<i128> {
    match physical {
        Physical::Int => Ok(i128::from(i32::from_le_bytes(*chunk(bytes)?))),
        Physical::Long => Ok(i128::from(i64::from_le_bytes(*chunk(bytes)?))),
        _ => {
            let negative = bytes.first().is_some_and(|first| *first >= 128);
            let sign = if negative { 255 } else { 0 };
            let start = bytes.len() - bytes.len().min(16);
            let (above, low) = bytes.split_at(start);
            let mut wide = [sign; 16];
            wide[16 - low.len()..].copy_from_slice(low);
            let value = i128::from_be_bytes(wide);
            if above.iter().any(|byte| *byte != sign) || (value < 0) != negative {
                return Err(Fault::Unread("a number of more than 127 bits".to_owned()));
            }
            Ok(value)
        }
    }
}

/// A decimal without the zeros at its end, which say nothing.
fn decimal(out: &mut Vec<u8>, value: i128, scale: u8) {
    let sign = if value < 0 { "-" } else { "" };
    // At most 38 digits after the point, and 10^38 is below 2^127.
    let unit = 10u128.pow(u32::from(scale));
    let (above, below) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    said(write!(out, "{sign}{above}"));
    if below > 0 {
        let digits = format!("{below:0width$}", width = usize::from(scale));
        said(write!(out, ".{}", digits.trim_end_matches('0')));
    }
}

/// Where floats begin to leave whole numbers out. What is as large is told as `~1e18`, which no
/// door takes for a number, those that take exponents neither.
const GAPS: f64 = 9_007_199_254_740_992.0;

fn float(out: &mut Vec<u8>, value: f64) {
    said(match value {
        0.0 => write!(out, "0"),
        _ if value.abs() >= GAPS && value.is_finite() => write!(out, "~{value:e}"),
        _ => write!(out, "{value}"),
    });
}

fn single(out: &mut Vec<u8>, value: f32) {
    said(match value {
        0.0 => write!(out, "0"),
        // 2^24.
        _ if value.abs() >= 16_777_216.0 && value.is_finite() => write!(out, "~{value:e}"),
        _ => write!(out, "{value}"),
    });
}

/// The day as year, month, day: counted in eras of 400 years that begin in March, so that the day
/// that not every year has is the last of one.
fn day(out: &mut Vec<u8>, since_1970: i64) {
    let days = since_1970 + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    said(write!(out, "{year:04}-{month:02}-{day:02}"));
}

/// A text as a field: in quotes where it needs them.
pub fn field(out: &mut Vec<u8>, text: &[u8]) {
    let needs = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !text.iter().any(needs) && !text.starts_with(b"\xEF\xBB\xBF") {
        out.extend(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::{Kind, Physical, day, decimal, float, single, write};

    fn text(of: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        of(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_keep_every_digit() {
        for (value, scale, expected) in [
            (0, 0, "0"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
            (1_500, 3, "1.5"),
            (-5, 2, "-0.05"),
            (100, 2, "1"),
            (1, 38, "0.00000000000000000000000000000000000001"),
        ] {
            assert_eq!(text(|out| decimal(out, value, scale)), expected);
        }
        for (value, expected) in [
            (0.1, "0.1"),
            (-0.0, "0"),
            (1e-7, "0.0000001"),
            (100.0, "100"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "~9.007199254740992e15"),
            (-1e300, "~-1e300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(text(|out| float(out, value)), expected);
        }
        assert_eq!(text(|out| single(out, 0.1)), "0.1");
        assert_eq!(text(|out| single(out, 16_777_216.0)), "~1.6777216e7");
    }

    #[test]
    fn bytes_are_decimals_of_at_most_127_bits() {
        let value = |bytes: &[u8]| {
            let mut out = Vec::new();
            let read = write(&mut out, Kind::Decimal(1), Physical::Bytes, bytes);
            read.ok().map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(value(&[]).as_deref(), Some("0"));
        assert_eq!(value(&[0xff]).as_deref(), Some("-0.1"));
        assert_eq!(value(&[0, 0xff]).as_deref(), Some("25.5"));
        assert_eq!(value(&[0xff; 32]).as_deref(), Some("-0.1"));
        assert_eq!(value(&[[0; 16], [1; 16]].concat()).map(|text| text.len()), Some(38));
        for wide in [[[0; 16], [0xff; 16]], [[1; 16], [0; 16]], [[0xff; 16], [1; 16]]] {
            assert_eq!(value(&wide.concat()), None);
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (20_371, "2025-10-10"),
            (11_016, "2000-02-29"),
            (-1, "1969-12-31"),
            (i64::from(i32::MAX), "5881580-07-11"),
        ] {
            assert_eq!(text(|out| day(out, days)), expected);
        }
        assert!(text(|out| day(out, i64::from(i32::MIN))).starts_with('-'));
    }
}
