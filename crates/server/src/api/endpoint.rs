//! The table of queries: each has a path, a sentence, a schema and a function of the view.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Query, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rhodian_core::engine::State as Core;
use rhodian_core::ids::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::args::{self, Args};
use super::{Door, queries};
use crate::access::{Caller, Level};
use crate::follower::View;
use crate::problem::Problem;

/// What a query is asked with.
#[allow(missing_debug_implementations, reason = "it only borrows")]
pub struct Ask<'a> {
    /// What is committed.
    pub view: &'a View,
    /// The state in it.
    pub state: &'a Core,
    /// Path and query.
    pub args: &'a Args,
    /// Who asks.
    pub caller: &'a Caller,
    /// The venue's name.
    pub venue: &'a str,
}

/// An answer with the moment it is true of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Standing<T> {
    /// The number of the last event it counts.
    pub sequence: u64,
    /// The venue's clock, in milliseconds.
    pub now: Time,
    /// The answer.
    pub data: T,
}

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; nothing where this is the last.
    pub next: Option<u64>,
}

/// A parameter of a path or its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name; in braces in the path where it is one of the path.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether it must be given.
    pub required: bool,
}

/// The parameters of every list.
pub const PAGED: [Param; 2] = [
    Param { name: "after", about: "Begin after this id.", required: false },
    Param { name: "limit", about: "How many items, 1 to 1000; 100 as a rule.", required: false },
];

type Answer = Box<dyn Fn(&Ask<'_>) -> Result<Vec<u8>, Problem> + Send + Sync>;

/// A query at the door.
#[allow(missing_debug_implementations, reason = "it holds functions")]
pub struct Endpoint {
    /// The path, parameters in braces.
    pub path: &'static str,
    /// What it answers, in one sentence.
    pub about: &'static str,
    /// Who may read it.
    pub level: Level,
    /// Its parameters beyond those in the path.
    pub params: Vec<Param>,
    /// The schema of its answer.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Whether it costs the size of the state: few of those run at once.
    pub heavy: bool,
    answer: Answer,
}

/// A query that gives one thing.
pub(crate) fn one<T: Serialize + JsonSchema + 'static>(
    path: &'static str,
    about: &'static str,
    level: Level,
    params: &[Param],
    ask: fn(&Ask<'_>) -> Result<T, Problem>,
) -> Endpoint {
    let answer = move |of: &Ask<'_>| {
        let (sequence, now) = (of.view.sequence, of.state.now());
        let standing = Standing { sequence, now, data: ask(of)? };
        serde_json::to_vec(&standing)
            .map_err(|error| Problem::new("not-stored", format!("not written: {error}")))
    };
    let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<Standing<T>>();
    let params = params.to_vec();
    Endpoint { path, about, level, params, schema, heavy: false, answer: Box::new(answer) }
}

/// A query that gives a list, page by page.
pub(crate) fn list<T: Serialize + JsonSchema + 'static>(
    path: &'static str,
    about: &'static str,
    level: Level,
    params: &[Param],
    ask: fn(&Ask<'_>) -> Result<Page<T>, Problem>,
) -> Endpoint {
    let mut endpoint = one(path, about, level, &PAGED, ask);
    endpoint.params.extend_from_slice(params);
    endpoint
}

impl Endpoint {
    /// The same, where it costs the size of the state.
    #[must_use]
    pub(crate) fn heavy(mut self) -> Self {
        self.heavy = true;
        self
    }

    /// The names in braces of the path.
    pub fn in_path(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// All queries of the engine's state.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    queries::table()
}

/// The items after `after`, at most `limit`, of a list in order of ids.
pub(crate) fn page<T>(
    ask: &Ask<'_>,
    items: impl Iterator<Item = (u64, T)>,
) -> Result<Page<T>, Problem> {
    let after: Option<u64> = ask.args.maybe("after")?;
    let limit = ask.args.limit()?;
    let mut items = items.filter(|(id, _)| after.is_none_or(|after| *id > after));
    let mut page = Page { items: Vec::new(), next: None };
    let mut last = None;
    for (id, item) in items.by_ref().take(limit) {
        page.items.push(item);
        last = Some(id);
    }
    page.next = items.next().and(last);
    Ok(page)
}

/// Reads path and query.
pub(crate) async fn read(request: Request) -> Result<(Option<Caller>, Args, Request), Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = parts.extensions.get::<Caller>().copied();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await;
    let path = path.map_err(|error| Problem::new("parameter-not-read", error.body_text()))?;
    let query = Query::<BTreeMap<String, String>>::from_request_parts(&mut parts, &()).await;
    let Query(mut args) =
        query.map_err(|error| Problem::new("parameter-not-read", error.body_text()))?;
    args.extend(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok((caller, Args(args), Request::from_parts(parts, body)))
}

/// Who calls, or that a key is needed.
pub(crate) fn must_call(caller: Option<Caller>) -> Result<Caller, Problem> {
    let needed = "a key is needed: Authorization: Bearer rhodian_…";
    caller.ok_or_else(|| Problem::new("no-key", needed))
}

/// Answers a query.
pub(crate) async fn answer(
    State(door): State<Arc<Door>>,
    endpoint: Arc<Endpoint>,
    request: Request,
) -> Response {
    let answered = async {
        let (caller, args, _) = read(request).await?;
        let caller = must_call(caller)?;
        caller.may_read(endpoint.level)?;
        let names = endpoint.params.iter().map(|param| param.name).chain(endpoint.in_path());
        args::known(&args, names)?;
        let _pass = endpoint.heavy.then(|| door.pass()).transpose()?;
        let view = door.follower.read();
        let venue = door.venue.as_str();
        let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
        (endpoint.answer)(&ask)
    };
    match answered.await {
        Ok(body) => json(body),
        Err(problem) => problem.into_response(),
    }
}

/// How many headers an answer has in the end: with fewer its map would grow once more.
const HEADERS: usize = 8;

/// A body of JSON.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    json_in(HeaderMap::with_capacity(HEADERS), body)
}

/// A body of JSON, its headers in the map that the call's came in: the server hands that on from
/// call to call of a connection, and none of them makes one.
pub(crate) fn json_in(mut headers: HeaderMap, body: impl Into<Body>) -> Response {
    headers.clear();
    headers.insert(header::CONTENT_TYPE, const { HeaderValue::from_static("application/json") });
    headers.insert(header::CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
    let mut response = Response::new(body.into());
    *response.headers_mut() = headers;
    response
}
