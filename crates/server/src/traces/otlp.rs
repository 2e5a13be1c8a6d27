//! Spans as OTLP has them in JSON: ids in hexadecimal digits, 64-bit numbers as text.

use serde_json::{Value, json};

use super::call::{STAGES, Told};
use crate::signature::to_hex;

/// The kind of a span that answers a call, and of one within a process.
const SERVER: u8 = 2;
const INTERNAL: u8 = 1;
/// The status of a span whose service failed.
const ERROR: u8 = 2;

/// The body that tells of `calls` of the venue.
#[must_use]
pub fn body(venue: &str, calls: &[Told]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        text("service.name", "rhodian"),
        text("service.version", version),
        text("rhodian.venue", venue),
    ];
    let spans: Vec<Value> = calls.iter().flat_map(spans).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": "rhodian", "version": version }, "spans": spans }],
    }] })
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// The span of a call, and of each stage that it passed.
fn spans(told: &Told) -> Vec<Value> {
    let call = &told.call;
    let whole = (told.began, told.began.saturating_add(told.took));
    let name = told
        .route
        .as_deref()
        .map_or_else(|| told.method.clone(), |route| format!("{} {route}", told.method));
    let mut root = span(told, call.span, &name, SERVER, whole);
    if let Some(parent) = &call.parent {
        root["parentSpanId"] = to_hex(parent).into();
    }
    let status = json!({ "intValue": told.status.to_string() });
    let mut attributes = vec![
        text("http.request.method", &told.method),
        json!({ "key": "http.response.status_code", "value": status }),
    ];
    attributes.extend(told.route.as_deref().map(|route| text("http.route", route)));
    if !told.code.is_empty() {
        attributes.push(text("error.type", &told.code));
    }
    root["attributes"] = attributes.into();
    if told.status >= 500 {
        root["status"] = json!({ "code": ERROR });
    }
    let mut all = vec![root];
    let mut from = told.began;
    for (place, (stage, name)) in STAGES.iter().enumerate() {
        let Some(passed) = call.stages.at(*stage) else { break };
        let until = told.began.saturating_add(passed);
        let id = call.span + 1 + place as u64;
        let mut part = span(told, id, name, INTERNAL, (from, until));
        part["parentSpanId"] = to_hex(&call.span.to_be_bytes()).into();
        all.push(part);
        from = until;
    }
    all
}

fn span(told: &Told, id: u64, name: &str, kind: u8, (from, until): (u64, u64)) -> Value {
    json!({
        "traceId": to_hex(&told.call.trace),
        "spanId": to_hex(&id.to_be_bytes()),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": from.to_string(),
        "endTimeUnixNano": until.to_string(),
    })
}
