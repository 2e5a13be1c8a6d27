//! Whether a JSON value has the shape a JSON Schema says: the part of JSON Schema that Rhodian's
//! own schemas use, and an error for any other.

use regex_lite::Regex;
use serde_json::Value;

/// The first thing about `value` that `schema` does not allow, with its place as a path.
///
/// ```
/// use rhodian_cli::json_shape::mismatch;
/// use serde_json::json;
/// let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } },
///                      "required": ["a"], "additionalProperties": false });
/// assert_eq!(mismatch(&schema, &json!({ "a": "x" })), None);
/// assert_eq!(mismatch(&schema, &json!({ "a": 1 })).unwrap(), "/a is a number, not a string");
/// assert_eq!(mismatch(&schema, &json!({})).unwrap(), "/ has no a");
/// ```
#[must_use]
pub fn mismatch(schema: &Value, value: &Value) -> Option<String> {
    Shape { root: schema }.mismatch(schema, value, "").err()
}

/// Keywords that say nothing about a value.
const NOTES: [&str; 8] =
    ["$schema", "$id", "$defs", "title", "description", "default", "examples", "format"];

struct Shape<'a> {
    root: &'a Value,
}

impl Shape<'_> {
    fn mismatch(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let Value::Object(keywords) = schema else {
            return if schema == &Value::Bool(true) {
                Ok(())
            } else {
                Err(format!("{} is not allowed", shown(path)))
            };
        };
        for (keyword, rule) in keywords {
            self.keyword(keyword, rule, schema, value, path)?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        keyword: &str,
        rule: &Value,
        schema: &Value,
        value: &Value,
        path: &str,
    ) -> Result<(), String> {
        let at = || shown(path);
        match keyword {
            "$ref" => {
                let pointer = rule.as_str().unwrap_or_default().trim_start_matches('#');
                let target = self.root.pointer(pointer);
                let target = target.ok_or_else(|| format!("the schema has no {pointer}"))?;
                self.mismatch(target, value, path)
            }
            "type" => has_type(rule, value).map_err(|why| format!("{} {why}", at())),
            "const" if rule != value => Err(format!("{} is {value}, not {rule}", at())),
            "enum" if !rule.as_array().is_some_and(|list| list.contains(value)) => {
                Err(format!("{} is {value}, not one of {rule}", at()))
            }
            "pattern" => {
                let pattern = rule.as_str().unwrap_or_default();
                let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
                match value.as_str() {
                    Some(text) if !regex.is_match(text) => {
                        Err(format!("{} is {value}, which is not like {pattern}", at()))
                    }
                    _ => Ok(()),
                }
            }
            "minimum" | "maximum" => bounded(keyword, rule, value)
                .map_err(|why| format!("{} is {value}, {why} {rule}", at())),
            "required" => required(rule, value).map_err(|key| format!("{} has no {key}", at())),
            "properties" => self.properties(rule, value, path),
            "additionalProperties" => self.additional(rule, schema, value, path),
            "items" => {
                value.as_array().into_iter().flatten().enumerate().try_for_each(|(index, item)| {
                    self.mismatch(rule, item, &format!("{path}/{index}"))
                })
            }
            "anyOf" | "oneOf" => self.any(rule, value, path),
            "const" | "enum" => Ok(()),
            note if NOTES.contains(&note) => Ok(()),
            other => Err(format!("the schema says {other}, which is not known here")),
        }
    }

    fn properties(&self, rules: &Value, value: &Value, path: &str) -> Result<(), String> {
        for (key, rule) in rules.as_object().into_iter().flatten() {
            if let Some(found) = value.get(key) {
                self.mismatch(rule, found, &format!("{path}/{key}"))?;
            }
        }
        Ok(())
    }

    fn additional(
        &self,
        rule: &Value,
        schema: &Value,
        value: &Value,
        path: &str,
    ) -> Result<(), String> {
        for (key, found) in value.as_object().into_iter().flatten() {
            if schema["properties"].get(key).is_none() {
                self.mismatch(rule, found, &format!("{path}/{key}"))?;
            }
        }
        Ok(())
    }

    fn any(&self, rules: &Value, value: &Value, path: &str) -> Result<(), String> {
        let mut first = None;
        for rule in rules.as_array().into_iter().flatten() {
            match self.mismatch(rule, value, path) {
                Ok(()) => return Ok(()),
                Err(why) => first = first.or(Some(why)),
            }
        }
        Err(first.unwrap_or_else(|| format!("{} is not allowed", shown(path))))
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

fn required(keys: &Value, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    let keys = keys.as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = keys.into_iter().find(|key| !object.contains_key(*key));
    missing.map_or(Ok(()), |key| Err(key.to_owned()))
}

fn bounded(keyword: &str, bound: &Value, value: &Value) -> Result<(), &'static str> {
    let (Some(number), Some(bound)) = (value.as_i64(), bound.as_i64()) else { return Ok(()) };
    match keyword {
        "minimum" if number < bound => Err("below"),
        "maximum" if number > bound => Err("above"),
        _ => Ok(()),
    }
}

/// What a value is, in words.
const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_type(types: &Value, value: &Value) -> Result<(), String> {
    let is = |name: &str| match name {
        "integer" => value.is_i64() || value.is_u64(),
        name => name == type_of(value),
    };
    let names: Vec<&str> = match types {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if names.iter().any(|name| is(name)) {
        return Ok(());
    }
    let article = |name: &str| match name {
        "null" => "null".to_owned(),
        "array" | "object" | "integer" => format!("an {name}"),
        name => format!("a {name}"),
    };
    let wanted: Vec<String> = names.iter().map(|name| article(name)).collect();
    Err(format!("is {}, not {}", article(type_of(value)), wanted.join(" or ")))
}
