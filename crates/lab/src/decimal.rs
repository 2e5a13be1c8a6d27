//! Decimals of files, read exactly: whole units of 10^-8.

use std::fmt;

/// A number that is not negative, with at most eight decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(u64);

/// How many units of a [`Decimal`] make one.
pub const UNITS: u64 = 100_000_000;

impl Decimal {
    /// The number of so many units of 10^-8.
    #[must_use]
    pub const fn of_units(units: u64) -> Self {
        Self(units)
    }

    /// Ten to the power of `exponent`, from -8 to 11.
    ///
    /// ```
    /// use rhodian_lab::decimal::Decimal;
    /// assert_eq!(Decimal::power_of_ten(-3).unwrap().to_string(), "0.001");
    /// assert!(Decimal::power_of_ten(-9).is_none());
    /// ```
    #[must_use]
    pub fn power_of_ten(exponent: i32) -> Option<Self> {
        let exponent = u32::try_from(exponent + 8).ok()?;
        10u64.checked_pow(exponent).map(Self)
    }

    /// The units of 10^-8.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// Reads digits with at most one point. A ninth decimal other than zero is refused, and so
    /// are signs, exponents and spaces: a price that is rounded on reading is another price.
    ///
    /// ```
    /// use rhodian_lab::decimal::Decimal;
    /// assert_eq!(Decimal::parse("0.00113450").unwrap().units(), 113_450);
    /// assert!(Decimal::parse("1e-4").is_none());
    /// assert!(Decimal::parse("0.123456789").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) {
            return None;
        }
        let (kept, rest) = part.split_at(part.len().min(8));
        if rest.bytes().any(|byte| byte != b'0') {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let part: u64 = format!("{kept:0<8}").parse().ok()?;
        whole.checked_mul(UNITS)?.checked_add(part).map(Self)
    }

    /// How many decimals are needed to write it, from 0 to 8.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        let (mut units, mut decimals) = (self.0 % UNITS, 8);
        while decimals > 0 && units % 10 == 0 {
            units /= 10;
            decimals -= 1;
        }
        decimals
    }

    /// The number of whole `step`s nearest to it, halves upwards.
    #[must_use]
    pub fn in_steps(self, step: Self) -> u64 {
        let twice = u128::from(self.0) * 2 + u128::from(step.0);
        // At most the dividend's half when the step is one unit, so it fits.
        (twice / (2 * u128::from(step.0))) as u64
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / UNITS)?;
        let places = self.decimals() as usize;
        if places > 0 {
            let digits = format!("{:08}", self.0 % UNITS);
            write!(f, ".{}", &digits[..places])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn reading_and_writing() {
        for (text, shown) in [
            ("0", "0"),
            ("12.50000000", "12.5"),
            ("0.00000001", "0.00000001"),
            ("121332.96", "121332.96"),
            ("7.000000000000", "7"),
            ("5.", "5"),
        ] {
            assert_eq!(Decimal::parse(text).map(|value| value.to_string()).as_deref(), Some(shown));
        }
        for text in ["", ".5", "-1", "+1", "1 ", "1,5", "1.2.3", "NaN", "999999999999999999999"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_nearest_step() {
        let step = Decimal::parse("0.05").unwrap();
        for (text, steps) in [("0.02", 0), ("0.025", 1), ("0.07", 1), ("0.075", 2), ("1", 20)] {
            assert_eq!(Decimal::parse(text).unwrap().in_steps(step), steps, "{text}");
        }
        let largest = Decimal::of_units(u64::MAX);
        assert_eq!(largest.in_steps(Decimal::of_units(1)), u64::MAX);
    }
}
