//! JSON schemas of what is written by hand: whole numbers are strings of digits at the doors, so
//! that nobody reads them as floats.

use alloc::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::ids::Name;
use crate::oracle::Value;
use crate::units::{Amount, Fraction, Price, Quantity, SignedAmount};

macro_rules! texts {
    ($($name:ident, $pattern:literal, $what:literal;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $what })
            }
        }
    )*};
}

texts! {
    Amount, "^(0|[1-9][0-9]{0,30})$", "Atoms of an asset, at most 10^30.";
    SignedAmount, "^-?[0-9]{1,39}$", "Atoms of an asset, of either sign.";
    Price, "^(0|[1-9][0-9]{0,15})$", "Whole ticks of a market, at most 10^15.";
    Quantity, "^(0|-?[1-9][0-9]{0,15})$", "Whole lots of a market; the sign is the side.";
    Value, "^(0|[1-9][0-9]{0,15})$", "A value of a feed, in the unit of its kind.";
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Name")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": 64,
            "description": "A name given from outside: 1 to 64 bytes, no control characters.",
        })
    }
}

impl JsonSchema for Fraction {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Fraction")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let digits = json_schema!({ "type": "string", "pattern": "^(0|[1-9][0-9]*)$" });
        json_schema!({
            "type": "object",
            "description": "An exact fraction in lowest terms.",
            "properties": { "num": digits, "den": digits },
            "required": ["num", "den"],
        })
    }
}
