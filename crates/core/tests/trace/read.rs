//! Reading the trace's values: amounts are strings, fractions are "a/b".

use rhodian_core::ids::Name;
use rhodian_core::units::{Amount, Price, Quantity};
use serde_json::Value;

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string"))
}

pub fn whole<T: std::str::FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("{value} is no whole number"))
}

pub fn amount(value: &Value) -> Amount {
    Amount::new(whole(value)).expect("an amount within bounds")
}

pub fn price(value: &Value) -> Price {
    Price::new(whole(value)).expect("a price within bounds")
}

pub fn lots(value: &Value) -> Quantity {
    Quantity::new(whole(value)).expect("lots within bounds")
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// A fraction, as numerator and denominator.
pub fn fraction(value: &Value) -> (i128, i128) {
    let (num, den) = text(value).split_once('/').unwrap_or((text(value), "1"));
    (num.parse().expect("a numerator"), den.parse().expect("a denominator"))
}

/// A fraction in millionths; the file must be exact in them.
pub fn millionths(value: &Value) -> u32 {
    let (num, den) = fraction(value);
    let scaled = num * 1_000_000;
    assert_eq!(scaled % den, 0, "{value} is not whole in millionths");
    u32::try_from(scaled / den).expect("a rate")
}
