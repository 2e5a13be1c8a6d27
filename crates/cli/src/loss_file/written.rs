//! The values of a loss file as they are written: with their places, and texts that are not yet
//! read, so that a float or a bare number is refused in words of its own.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::model::Place;
use super::words::{CLASSES, KINDS, rule_names};

/// A value with its place.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        let place = Place { span: spanned.span() };
        Ok(Self { value: spanned.into_inner(), place })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What stands where a text is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A text.
    Text(String),
    /// A float.
    Float,
    /// A whole number without quotes.
    Integer(i64),
    /// Something else, by name.
    Other(&'static str),
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Text(text.to_owned()))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
        Ok(Written::Float)
    }
    fn visit_i64<E>(self, number: i64) -> Result<Written, E> {
        Ok(Written::Integer(number))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Written, E> {
        Ok(Written::Other("a boolean"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(Written::Other("a list"))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        Ok(Written::Other("a table or a date"))
    }
}

/// Texts with a meaning, each with the schema an editor checks it by.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $schema:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub Written);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(WrittenVisitor).map(Self)
            }
        }

        impl AsRef<Written> for $name {
            fn as_ref(&self) -> &Written {
                &self.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

texts! {
    /// An amount in units of the asset.
    AmountText: json_schema!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$" });
    /// A decimal number.
    DecimalText: json_schema!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" });
    /// A length of time.
    DurationText: json_schema!({ "type": "string", "pattern": "^[0-9]+ ?(ms|s|min|h|d)$" });
    /// A part in percent.
    PercentText: json_schema!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,4})? ?%$" });
    /// A part of the weight.
    PartText: json_schema!({
        "type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,4})? ?% of weight$"
    });
    /// The kind of a layer.
    KindText: json_schema!({ "type": "string", "enum": KINDS.map(|(_, name)| name) });
    /// A rule.
    RuleText: json_schema!({ "type": "string", "enum": rule_names() });
    /// The class of a cause.
    ClassText: json_schema!({ "type": "string", "enum": CLASSES.map(|(_, name)| name) });
    /// When shares are taken.
    SettleText: json_schema!({ "type": "string", "enum": ["at-once", "on-touch"] });
    /// What happens to digits beyond the asset's decimals.
    ExcessText: json_schema!({ "type": "string", "enum": ["refuse", "half-even"] });
    /// What an experiment asks.
    ExperimentText: json_schema!({ "type": "string", "enum": crate::experiment_file::KINDS });
    /// What is to be least.
    LeastText: json_schema!({
        "type": "string", "enum": crate::experiment_file::optimise::LEAST.map(|(_, name)| name)
    });
    /// What a steward looks at.
    SignalText: json_schema!({
        "type": "string", "enum": crate::experiment_file::tune::SIGNALS.map(|(_, name)| name)
    });
    /// In which order extremes of a candle are visited.
    OrderText: json_schema!({
        "type": "string", "enum": crate::experiment_file::ORDERS.map(|(_, name)| name)
    });
    /// What points crises are drawn by.
    PointsText: json_schema!({
        "type": "string", "enum": crate::experiment_file::POINTS.map(|(_, name)| name)
    });
    /// How a record becomes another.
    ResampleText: json_schema!({
        "type": "string", "enum": crate::experiment_file::RESAMPLES.map(|(_, name)| name)
    });
    /// A parameter of an experiment's world.
    ParameterText: json_schema!({
        "type": "string", "enum": crate::experiment_file::PARAMETERS.map(|(_, name)| name)
    });
    /// A value of such a parameter.
    ValueText: json_schema!({ "type": ["string", "integer"] });
    /// A hash.
    HashText: json_schema!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" });
}
