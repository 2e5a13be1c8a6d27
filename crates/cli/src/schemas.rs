//! JSON Schemas of what Rhodian reads and writes. The loss file's follows from the types it is
//! read with; those of results are kept by hand, and tests hold them against real results.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::experiment_file;
use crate::loss_file::shape::FileShape;
use crate::venue_file;

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaName {
    /// The loss file that share reads.
    Loss,
    /// The venue file that run reads; each key of an event is a column of a file of events.
    Venue,
    /// The experiment file that lab run reads.
    Experiment,
    /// The summary.json of share and run.
    Summary,
    /// A row of the shares.csv of share, by the names of its columns.
    Shares,
    /// A line of the events.ndjson of share.
    Events,
    /// The JSON of allocate: its summary.json, and with shares its --format json.
    Allocation,
}

impl SchemaName {
    /// Every name.
    pub const ALL: [Self; 7] = [
        Self::Loss,
        Self::Venue,
        Self::Experiment,
        Self::Summary,
        Self::Shares,
        Self::Events,
        Self::Allocation,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Venue => "venue",
            Self::Experiment => "experiment",
            Self::Summary => "summary",
            Self::Shares => "shares",
            Self::Events => "events",
            Self::Allocation => "allocation",
        }
    }
}

/// A schema of draft 2020-12.
#[must_use]
pub fn schema(name: SchemaName) -> Value {
    let kept = match name {
        SchemaName::Loss => return of::<FileShape>(),
        SchemaName::Venue => return of::<venue_file::shape::FileShape>(),
        SchemaName::Experiment => return of::<experiment_file::shape::FileShape>(),
        SchemaName::Summary => include_str!("../schemas/summary.json"),
        SchemaName::Shares => include_str!("../schemas/shares.json"),
        SchemaName::Events => include_str!("../schemas/events.json"),
        SchemaName::Allocation => include_str!("../schemas/allocation.json"),
    };
    // A test reads every one of them.
    serde_json::from_str(kept).unwrap_or(Value::Null)
}

fn of<T: schemars::JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

/// Takes null out of a schema: in TOML what is not given is left out.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(keywords) => {
            for keyword in ["anyOf", "enum"] {
                if let Some(Value::Array(items)) = keywords.get_mut(keyword) {
                    items.retain(|item| *item != Value::Null && item["type"] != "null");
                }
            }
            if let Some(Value::Array(types)) = keywords.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    keywords.insert("type".to_owned(), only);
                }
            }
            if keywords.get("default") == Some(&Value::Null) {
                keywords.remove("default");
            }
            keywords.values_mut().for_each(without_null);
        }
        _ => {}
    }
}
