//! The words of a loss file: kinds, classes and rules by name, amounts, lengths of time, parts in
//! percent; each read from its text or refused with its place.

use rhodian_core::allocation::Rule;
use rhodian_core::bounds::MAX_NAME;
use rhodian_core::domain::{CauseClass, Kind};
use rhodian_core::ids::Name;
use rhodian_core::units::Amount;

use super::model::Place;
use super::near::nearest;
use super::shape::{At, Written};
use super::toml_text::TomlText;
use crate::amount_text::{AmountFormat, ExcessDigits, FaultKind};
use crate::diagnostic::Diagnostic;
use crate::rules::RULES;
use crate::terminal::{fit, hidden_in, is_unsafe_to_show};

/// Every kind of layer by its name, in the order of a usual waterfall.
pub const KINDS: [(Kind, &str); 12] = [
    (Kind::InsuranceFund, "insurance-fund"),
    (Kind::OperatorCapital, "operator-capital"),
    (Kind::Tranche, "tranche"),
    (Kind::DefaultFund, "default-fund"),
    (Kind::Assessment, "assessment"),
    (Kind::Treasury, "treasury"),
    (Kind::Issuance, "issuance"),
    (Kind::GainsHaircut, "gains-haircut"),
    (Kind::ProviderProfit, "provider-profit"),
    (Kind::ProviderPrincipal, "provider-principal"),
    (Kind::LenderSupply, "lender-supply"),
    (Kind::Deposits, "deposits"),
];

/// Every class of causes by its name.
pub const CLASSES: [(CauseClass, &str); 3] = [
    (CauseClass::Default, "default"),
    (CauseClass::PriceError, "price-error"),
    (CauseClass::Custody, "custody"),
];

/// The name of a kind.
#[must_use]
pub fn kind_name(kind: Kind) -> &'static str {
    // The table holds every kind, which a test checks by name.
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}

/// The name of a class of causes.
#[must_use]
pub fn class_name(class: CauseClass) -> &'static str {
    CLASSES.iter().find(|(known, _)| *known == class).map_or("", |(_, name)| name)
}

/// The names of the rules.
#[must_use]
pub fn rule_names() -> Vec<&'static str> {
    RULES.iter().map(|info| info.name).collect()
}

/// Reads words with a text to point into.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The text.
    pub text: &'a TomlText,
    /// How amounts are written.
    pub format: AmountFormat,
}

impl Words<'_> {
    /// An error at a place.
    pub fn refuse(
        &self,
        code: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
        place: &Place,
        allowed: impl Into<String>,
    ) -> Diagnostic {
        self.text.mark(Diagnostic::bad_input(code.into(), message, help), place, allowed)
    }

    /// The text of a value; `key` is what it is the value of.
    pub(crate) fn text<'v, T: AsRef<Written>>(
        &self,
        at: &'v At<T>,
        key: &str,
        example: &str,
    ) -> Result<&'v str, Diagnostic> {
        let (slug, what) = match at.value.as_ref() {
            Written::Text(text) => return Ok(text),
            Written::Float => ("float", "a float, which is not exact"),
            Written::Integer(_) => ("not-a-string", "a bare number, not a string"),
            Written::Other(what) => ("not-a-string", *what),
        };
        let help = format!("write it in quotes: {key} = \"{example}\".");
        let message = format!("{key} is {what}");
        Err(self.refuse(format!("{}-{slug}", slugged(key)), message, help, &at.place, "a string"))
    }

    /// An amount in units of the asset; zero is refused where `least` is one.
    pub fn amount<T: AsRef<Written>>(
        &self,
        at: &At<T>,
        key: &str,
        least: u8,
    ) -> Result<Amount, Diagnostic> {
        let text = self.text(at, key, "12000")?;
        let (kind, help) = match self.format.read(text.as_bytes()) {
            Ok(amount) if least == 0 || !amount.is_zero() => return Ok(amount),
            Ok(_) => {
                let (code, message) = (format!("{}-zero", slugged(key)), format!("{key} is zero"));
                let help = format!("give {key} above zero, or leave it out with all it is for.");
                let allowed = self.format.allowed(1);
                return Err(self.refuse(code, message, help, &at.place, allowed));
            }
            Err(fault) => (fault.kind, self.amount_help(fault.kind)),
        };
        let code = format!("{}-{}", slugged(key), kind.slug());
        let message = format!("{key} {}", kind.words());
        Err(self.refuse(code, message, help, &at.place, self.format.allowed(least)))
    }

    fn amount_help(&self, kind: FaultKind) -> String {
        match kind {
            FaultKind::Empty => "give the amount.".to_owned(),
            FaultKind::Negative => "give the size of the amount, without a sign.".to_owned(),
            FaultKind::ExcessDigits => {
                format!("the asset has {} decimals: write no more.", self.format.decimals)
            }
            FaultKind::Fraction => "the asset has no decimals: write a whole number.".to_owned(),
            FaultKind::TooLarge => "amounts are in units: check the asset's decimals.".to_owned(),
            kind => kind.help().to_owned(),
        }
    }

    /// A length of time in milliseconds, from `min` to `max`.
    pub fn duration<T: AsRef<Written>>(
        &self,
        at: &At<T>,
        key: &str,
        (min, max): (u64, u64),
    ) -> Result<u64, Diagnostic> {
        let text = self.text(at, key, "48 h")?;
        match (length_of(text), read_duration(text)) {
            (_, Some(millis)) if (min..=max).contains(&millis) => Ok(millis),
            (_, Some(millis)) if millis < min => {
                let message = format!("{key} is too short");
                let help = format!("write {} or longer.", written_duration(min));
                Err(self.no_duration(key, "below-bound", (message, help), &at.place, (min, max)))
            }
            (None, _) => {
                let help = "write a whole number and its unit: ms, s, min, h or d.".to_owned();
                let message = format!("{key} is no length of time");
                Err(self.no_duration(key, "not-a-duration", (message, help), &at.place, (min, max)))
            }
            (Some(_), _) => Err(self.too_long(key, &at.place, (min, max))),
        }
    }

    /// The error of a length of time above its bound.
    pub fn too_long(&self, key: &str, place: &Place, bounds: (u64, u64)) -> Diagnostic {
        let message = format!("{key} is too long");
        let help = format!("write {} or shorter.", written_duration(bounds.1));
        self.no_duration(key, "above-bound", (message, help), place, bounds)
    }

    fn no_duration(
        &self,
        key: &str,
        fault: &str,
        (message, help): (String, String),
        place: &Place,
        (min, max): (u64, u64),
    ) -> Diagnostic {
        let allowed =
            format!("{} to {}, as \"48 h\"", written_duration(min), written_duration(max));
        self.refuse(format!("{}-{fault}", slugged(key)), message, help, place, allowed)
    }

    /// A part in percent, in millionths; `suffix` follows the sign of percent.
    pub fn percent<T: AsRef<Written>>(
        &self,
        at: &At<T>,
        key: &str,
        suffix: &str,
        max: u32,
    ) -> Result<u32, Diagnostic> {
        let example = format!("30 %{suffix}");
        let text = self.text(at, key, &example)?;
        read_percent(text, suffix).filter(|part| *part <= max).ok_or_else(|| {
            let allowed = format!(
                "\"0{s}\" to \"{}{s}\", at most 4 decimals",
                max / 10_000,
                s = &example[2..]
            );
            let help = format!("write it as \"{example}\".");
            let code = format!("{}-not-a-part", slugged(key));
            self.refuse(code, format!("{key} is no part in percent"), help, &at.place, allowed)
        })
    }

    /// A risk factor in millionths.
    pub fn risk<T: AsRef<Written>>(&self, at: &At<T>) -> Result<u64, Diagnostic> {
        self.factor(at, "risk")
    }

    /// A factor in millionths.
    pub fn factor<T: AsRef<Written>>(&self, at: &At<T>, key: &str) -> Result<u64, Diagnostic> {
        let text = self.text(at, key, "1.5")?;
        let format = AmountFormat { decimals: 6, excess: ExcessDigits::Refuse };
        let max = u128::from(rhodian_core::bounds::MAX_RISK);
        let read = format.read_atoms(text.as_bytes(), max);
        read.map(|factor| u64::try_from(factor).unwrap_or(u64::MAX)).map_err(|fault| {
            let code = format!("{}-{}", slugged(key), fault.kind.slug());
            let message = format!("{key} {}", fault.kind.words());
            let allowed = "0 to 10^6 with at most 6 decimals";
            let help = match key {
                "risk" => "only ratios of risks count.",
                _ => "write a decimal number.",
            };
            self.refuse(code, message, help, &at.place, allowed)
        })
    }

    /// One of a list of names.
    pub fn one_of<T: AsRef<Written>, V: Copy>(
        &self,
        at: &At<T>,
        key: &str,
        names: &[(V, &'static str)],
    ) -> Result<V, Diagnostic> {
        let text = self.text(at, key, names.first().map_or("", |(_, name)| name))?;
        if let Some((value, _)) = names.iter().find(|(_, name)| *name == text) {
            return Ok(*value);
        }
        let known: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("name the {key} by one of these words."),
        };
        let message = format!("there is no {key} \"{}\"", fit(text, 48));
        let code = format!("unknown-{}", slugged(key));
        Err(self.refuse(code, message, help, &at.place, known.join(", ")))
    }

    /// A rule.
    pub fn rule<T: AsRef<Written>>(&self, at: &At<T>) -> Result<Rule, Diagnostic> {
        self.one_of(at, "rule", &RULES.map(|info| (info.rule, info.name)))
    }

    /// A hash of 64 hexadecimal digits.
    pub fn hash<T: AsRef<Written>>(&self, at: &At<T>) -> Result<[u8; 32], Diagnostic> {
        let text = self.text(at, "evidence", "9f21...")?;
        read_hash(text).ok_or_else(|| {
            let help = "give the hash of the evidence, for example its SHA-256.";
            let message = "evidence is no hash";
            self.refuse("evidence-not-a-hash", message, help, &at.place, "64 hexadecimal digits")
        })
    }

    /// A name: 1 to 64 bytes that print.
    pub fn name(&self, at: &At<String>, key: &str) -> Result<Name, Diagnostic> {
        let text = at.value.as_str();
        let (fault, help) = if text.trim().is_empty() {
            ("empty", "write something there.")
        } else if text.contains(is_unsafe_to_show) || hidden_in(text).is_some() {
            ("unprintable", "remove the characters that do not print.")
        } else if text.len() > MAX_NAME {
            ("too long", "shorten it.")
        } else if let Some(name) = Name::new(text) {
            return Ok(name);
        } else {
            ("not a name", "write it in letters that print.")
        };
        let code = format!("{}-{}", slugged(key), slugged(fault));
        let allowed = format!("1 to {MAX_NAME} bytes that print");
        Err(self.refuse(code, format!("{key} is {fault}"), help, &at.place, allowed))
    }

    /// A whole number from `min` to `max`.
    pub fn whole(
        &self,
        at: &At<i64>,
        key: &str,
        (min, max): (u32, u32),
    ) -> Result<u32, Diagnostic> {
        let found = u32::try_from(at.value).ok().filter(|found| (min..=max).contains(found));
        found.ok_or_else(|| {
            let message = format!("{key} is out of bounds");
            let help = format!("give a whole number from {min} to {max}.");
            let code = format!("{}-out-of-bounds", slugged(key));
            self.refuse(code, message, help, &at.place, format!("{min} to {max}"))
        })
    }
}

/// A key as the part of a code: `per_event` is `per-event`.
pub(crate) fn slugged(key: &str) -> String {
    key.replace(['_', ' '], "-")
}

/// The units of a length of time, in milliseconds, from the smallest up.
const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Writes milliseconds in the largest unit that holds them whole: `48 h`.
pub(crate) fn written_duration(millis: u64) -> String {
    if millis == 0 {
        return "0 ms".to_owned();
    }
    let whole = UNITS[..4].iter().rev().find(|(_, length)| millis.is_multiple_of(*length));
    let (unit, length) = whole.unwrap_or(&UNITS[0]);
    format!("{} {unit}", millis / length)
}

/// Reads `48 h`.
pub(crate) fn read_duration(text: &str) -> Option<u64> {
    let (number, unit) = length_of(text)?;
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The digits of a length of time and its unit in milliseconds, however long it is.
fn length_of(text: &str) -> Option<(&str, u64)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    (!number.is_empty()).then_some((number, *millis))
}

/// Reads `30 %` with `suffix` after it, in millionths.
pub fn read_percent(text: &str, suffix: &str) -> Option<u32> {
    let number = text.strip_suffix(suffix)?.strip_suffix('%')?;
    let number = number.strip_suffix(' ').unwrap_or(number);
    let format = AmountFormat { decimals: 4, excess: ExcessDigits::Refuse };
    u32::try_from(format.read_atoms(number.as_bytes(), u128::from(u32::MAX)).ok()?).ok()
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_core() {
        for (kind, name) in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
            assert_eq!(kind_name(kind), name);
        }
        for (class, name) in CLASSES {
            assert_eq!(serde_json::to_value(class).unwrap(), name);
            assert_eq!(class_name(class), name);
        }
    }

    #[test]
    fn lengths_of_time_are_whole_numbers_with_a_unit() {
        let cases = [
            ("48 h", Some(172_800_000)),
            ("48h", Some(172_800_000)),
            ("10 min", Some(600_000)),
            ("0 ms", Some(0)),
            ("2 d", Some(172_800_000)),
            ("h", None),
            ("1.5 h", None),
            ("-1 h", None),
            ("1  h", None),
            ("1 hour", None),
            ("99999999999999999999 h", None),
            ("18446744073709551615 d", None),
        ];
        for (text, millis) in cases {
            assert_eq!(read_duration(text), millis, "{text}");
        }
    }

    #[test]
    fn parts_are_millionths() {
        let cases = [
            ("30 % of weight", Some(300_000)),
            ("30% of weight", Some(300_000)),
            ("0.0001 % of weight", Some(1)),
            ("9.52 % of weight", Some(95_200)),
            ("0.00001 % of weight", None),
            ("-1 % of weight", None),
            ("30 of weight", None),
            ("30 %", None),
        ];
        for (text, part) in cases {
            assert_eq!(read_percent(text, " of weight"), part, "{text}");
        }
    }
}
