//! The word for what an event asks, with the schema an editor checks it by.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer};

use super::asked::Do;
use crate::loss_file::shape::{AmountText, Written};

/// What an event asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoText(pub Written);

impl<'de> Deserialize<'de> for DoText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AmountText::deserialize(deserializer).map(|text| Self(text.0))
    }
}

impl AsRef<Written> for DoText {
    fn as_ref(&self) -> &Written {
        &self.0
    }
}

impl JsonSchema for DoText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "DoText".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Do::ALL.map(|(_, name)| name).as_slice() })
    }
}
