//! The OpenAPI text, made from the table of queries and the schemas of core's types, and a page
//! that shows it without asking anyone else.

use std::sync::OnceLock;

use maud::{DOCTYPE, html};
use rhodian_core::engine::{Action, Event, Rejection};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::args::MOST;
use super::each_rule::EachRuleView;
use super::endpoint::{Page, Param, Standing, table};
use super::own_events::OwnEvent;
use crate::answer::{Accepted, Numbered};
use crate::audit::Refused;
use crate::keys::{Key, NewKey, Secret};
use crate::problem::{CODES, Problem};
use crate::webhooks::WebhookView;

/// The pages of the book for those who call.
const BOOK: [&str; 6] = [
    "connect-a-matching-engine",
    "operate",
    "webhooks",
    "verify-a-receipt",
    "deleveraged",
    "incident",
];

/// The status of what was asked and is there.
const DONE: &str = "200";

/// A call that is no query of the table.
struct Call {
    path: &'static str,
    method: &'static str,
    about: &'static str,
    params: &'static [Param],
    body: Option<Value>,
    answer: Value,
    kind: &'static str,
    /// The status of an answer that is no refusal.
    done: &'static str,
}

const fn param(name: &'static str, about: &'static str, required: bool) -> Param {
    Param { name, about, required }
}

const PAGED_EVENTS: [Param; 2] = [
    param("after", "Begin after this number.", false),
    param("limit", "How many items, 1 to 1000; 100 as a rule.", false),
];

const DIVISION: [Param; 1] = [param("division", "Which division, from 1; the first.", false)];
const SET: [Param; 1] =
    [param("set", "When this liable set was fixed; at the domain's last checkpoint.", false)];
const FORM: [Param; 1] =
    [param("form", "json, html, or the table payers or timeline as CSV; json.", false)];
const FROM: [Param; 1] = [param("from", "The entries of an earlier head.", false)];

/// The OpenAPI text, as served.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| value().to_string())
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}

/// The OpenAPI document.
#[must_use]
pub fn value() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in table() {
        let answer = (endpoint.schema)(&mut generator).into();
        let call = Call {
            path: endpoint.path,
            method: "get",
            about: endpoint.about,
            params: &[],
            body: None,
            answer,
            kind: "application/json",
            done: DONE,
        };
        let in_query = endpoint.params.iter();
        let in_path = endpoint.in_path();
        let operation = operation(&call, in_query, in_path);
        paths.insert(endpoint.path.to_owned(), json!({ "get": operation }));
    }
    for call in calls(&mut generator) {
        let in_path = call.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'));
        let operation = operation(&call, call.params.iter(), in_path);
        let of_path = paths.entry(call.path).or_insert_with(|| json!({}));
        of_path[call.method] = operation;
    }
    of_commands(&mut paths);
    let problem = schema::<Problem>(&mut generator);
    let rejection = schema::<Rejection>(&mut generator);
    let mut schemas = generator.take_definitions(true);
    for schema in schemas.values_mut() {
        outside_only(schema);
    }
    let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rhodian", "version": env!("CARGO_PKG_VERSION"),
            "description": "Who bears a loss, how much each, by which rule, and how each can \
                            check it. Amounts, prices and lots are strings of digits.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            "responses": { "Problem": {
                "description": "Refused: problem details with a stable code.",
                "content": { "application/problem+json": { "schema": problem } },
            } },
        },
        "security": [{ "key": [] }],
        "x-problem-codes": codes,
        "x-rejection": rejection,
    })
}

/// The headers of a command, and a command to begin with.
fn of_commands(paths: &mut Map<String, Value>) {
    let Some(path) = paths.get_mut("/v1/commands") else { return };
    let header = |name: &str, about: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "required": false, "description": about,
            "schema": schema })
    };
    path["post"]["parameters"] = json!([
        header(
            "Idempotency-Key",
            "1 to 100 visible ASCII characters: a retry with the same gets \
            the first answer."
        ),
        header("Rhodian-Signature", "Of a source: the signature of the body, in hexadecimal."),
    ]);
    let command = json!({ "do": "add-asset", "name": "USD", "decimals": 2 });
    path["post"]["requestBody"]["content"]["application/json"]["example"] =
        json!({ "area": "domain", "command": command });
}

/// The engine's own commands are no commands of a door.
fn outside_only(schema: &mut Value) {
    let is_internal = |one: &Value| {
        let area = &one["properties"]["area"]["const"];
        one["properties"].get("command").is_some() && area.as_str().is_some_and(is_internal_area)
            || area == "tick"
    };
    // By name, since an index would put a null where there is none.
    if let Some(kinds) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        kinds.retain(|one| !is_internal(one));
    }
}

/// Whether an area of commands is the engine's own.
#[must_use]
pub fn is_internal_area(area: &str) -> bool {
    area == "tick" || area == "duty" || area.ends_with("-duty")
}

fn calls(generator: &mut SchemaGenerator) -> Vec<Call> {
    let paged: &[Param] = &PAGED_EVENTS;
    let json = "application/json";
    let text = json!({ "type": "string" });
    let numbered = schema::<Page<Numbered>>(generator);
    let event = schema::<Event>(generator);
    vec![
        Call {
            path: "/v1/commands",
            method: "post",
            about: "Give a command; answered when it is durable. Idempotency-Key makes a retry \
                    safe.",
            params: &[],
            body: Some(schema::<Action>(generator)),
            answer: schema::<Accepted>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/events",
            method: "get",
            about: "What happened, page by page; a stream where text/event-stream is accepted, \
                    which resumes after Last-Event-ID.",
            params: paged,
            body: None,
            answer: json!({ "anyOf": [numbered, event] }),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/pulse",
            method: "get",
            about: "The numbers of events as they come, for pages that then ask anew.",
            params: &paged[..1],
            body: None,
            answer: text.clone(),
            kind: "text/event-stream",
            done: DONE,
        },
        Call {
            path: "/v1/accounts/{account}/events",
            method: "get",
            about: "What happened to an account: its own part of each event. A page without items \
                    may have a next one: a long journal is read in parts.",
            params: paged,
            body: None,
            answer: schema::<Page<OwnEvent>>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/losses/{loss}/events",
            method: "get",
            about: "What happened of one loss, from its detection to its settlement.",
            params: &paged[1..],
            body: None,
            answer: schema::<Page<Numbered>>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            answer: schema::<Standing<Vec<EachRuleView>>>(generator),
            ..plain(
                "/v1/losses/{loss}/rules/{account}",
                "What an account would have paid for a loss under each rule, layer by layer: of \
                 all that its liable set bears, over the same members.",
            )
        },
        Call {
            path: "/v1/losses/{loss}/receipts/{account}",
            method: "get",
            about: "The receipt of an account for a loss, as `rhodian verify receipt` reads it; \
                    Rhodian-Receipts says how many divisions there are.",
            params: &DIVISION,
            body: None,
            answer: json!({ "type": "object" }),
            kind: json,
            done: DONE,
        },
        Call {
            params: &SET,
            ..plain(
                "/v1/domains/{domain}/standing/{account}",
                "That an account was counted with its gain, as `rhodian verify standing` reads it.",
            )
        },
        Call {
            path: "/v1/head",
            method: "get",
            about: "The signed head of the log of commitments, with the proof that it continues \
                    an earlier one.",
            params: &FROM,
            body: None,
            answer: json!({ "type": "object" }),
            kind: json,
            done: DONE,
        },
        plain("/v1/episodes/{episode}/proof", "Everything that was committed in an episode."),
        Call {
            params: &FORM,
            ..plain(
                "/v1/episodes/{episode}/incident",
                "The report of an episode: what happened, who bore it, what may come back.",
            )
        },
        Call {
            kind: "text/plain",
            ..plain("/v1/public-key", "The key that heads are signed with, in hexadecimal.")
        },
        Call {
            path: "/v1/keys",
            method: "get",
            about: "Every key of the door, without its secret.",
            params: &[],
            body: None,
            answer: schema::<Vec<Key>>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/keys",
            method: "post",
            about: "Give a key. Its secret is shown once.",
            params: &[],
            body: Some(schema::<NewKey>(generator)),
            answer: schema::<Secret>(generator),
            kind: json,
            done: "201",
        },
        Call {
            path: "/v1/keys/{key}",
            method: "delete",
            about: "Take a key: it is worth nothing from now on.",
            params: &[],
            body: None,
            answer: schema::<Key>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/audit",
            method: "get",
            about: "The calls that were refused.",
            params: paged,
            body: None,
            answer: schema::<Page<Refused>>(generator),
            kind: json,
            done: DONE,
        },
        Call {
            path: "/v1/webhooks",
            method: "get",
            about: "How the webhooks stand: how far each is, and why it is no further.",
            params: &[],
            body: None,
            answer: schema::<Vec<WebhookView>>(generator),
            kind: json,
            done: DONE,
        },
        plain("/health/live", "Whether the service lives."),
        plain("/health/ready", "Whether commands are taken."),
        Call { kind: "text/plain", ..plain("/metrics", "What is measured, for Prometheus.") },
    ]
}

fn plain(path: &'static str, about: &'static str) -> Call {
    let (params, body, answer) = (&[] as &[Param], None, json!({}));
    let (kind, done) = ("application/json", DONE);
    Call { path, method: "get", about, params, body, answer, kind, done }
}

/// The schema of a parameter: words and amounts are text, all others are numbers.
fn of_parameter(name: &str) -> Value {
    match name {
        "kind" | "name" | "class" | "form" | "amount" | "move" => json!({ "type": "string" }),
        "limit" => json!({ "type": "integer", "minimum": 1, "maximum": MOST }),
        "after" | "set" | "period" => json!({ "type": "integer", "minimum": 0 }),
        _ => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
    }
}

fn operation<'a>(
    call: &Call,
    in_query: impl Iterator<Item = &'a Param>,
    in_path: impl Iterator<Item = &'static str>,
) -> Value {
    let query = in_query.map(|of| {
        json!({
            "name": of.name, "in": "query", "required": of.required,
            "description": of.about, "schema": of_parameter(of.name),
        })
    });
    let path = in_path.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": of_parameter(name) })
    });
    let parameters: Vec<Value> = path.chain(query).collect();
    let mut operation = json!({
        "summary": call.about,
        "parameters": parameters,
        "responses": {
            call.done: {
                "description": "Done.", "content": { call.kind: { "schema": call.answer } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if let Some(body) = &call.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body } } });
    }
    operation
}

/// The page for people.
#[must_use]
pub fn page() -> String {
    let document = value();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Rhodian: the API" }
                link rel="stylesheet" href="/assets/style.css";
            }
            body {
                header {
                    nav aria-label="Pages" {
                        a href="/" { "Rhodian" } " " a href="/openapi.json" { "openapi.json" }
                    }
                }
                main {
                    h1 { "The API" }
                    p {
                        "Amounts, prices and lots are strings of digits. Errors are problem \
                         details with a stable code."
                    }
                    p {
                        "The book that comes with the program says more: "
                        @for name in BOOK { code { "docs/" (name) ".md" } " " }
                    }
                    @for (path, operations) in &paths {
                        @for (method, operation) in operations.as_object().into_iter().flatten() {
                            section {
                                h2 { code { (method.to_uppercase()) " " (path) } }
                                p { (operation["summary"].as_str().unwrap_or_default()) }
                                @for of in operation["parameters"].as_array().into_iter().flatten()
                                {
                                    p {
                                        code { (of["name"].as_str().unwrap_or_default()) } " "
                                        (of["description"].as_str().unwrap_or_default())
                                    }
                                }
                            }
                        }
                    }
                    h1 { "Types" }
                    @for (name, schema) in &schemas {
                        details id=(name) {
                            summary { code { (name) } }
                            pre { (serde_json::to_string_pretty(schema).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
    .into_string()
}
