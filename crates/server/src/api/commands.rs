//! Commands: read, handed to the engine's thread, answered when they are durable.

use std::sync::mpsc::TrySendError;
use std::sync::{Arc, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use rhodian_core::engine::Action;
use rhodian_journal::{Key, input};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::gate::SourceKey;
use super::{Door, endpoint};
use crate::access::{Caller, Role};
use crate::answer::{self, Answer};
use crate::engine_thread::Request as Command;
use crate::problem::Problem;
use crate::signature;
use crate::traces::{Stage, Stages};

/// The header of the idempotency key.
pub const KEY: &str = "idempotency-key";
/// The header of the number of a command's last event.
const SEQUENCE: HeaderName = HeaderName::from_static("rhodian-sequence");
/// The most characters of one: the key's id stands before it in the journal.
const MOST_KEY: usize = 100;

/// The fields of a command's body: what core's own reading would pass over is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    #[serde(rename = "area")]
    _area: IgnoredAny,
    #[serde(default, rename = "command")]
    _command: IgnoredAny,
}

/// `POST /v1/commands`. The call is taken apart before it is waited for: of thousands that wait,
/// each holds no more than it needs.
pub fn command(
    State(door): State<Arc<Door>>,
    request: Request,
) -> impl Future<Output = Response> + Send {
    let (Parts { headers, extensions, .. }, body) = request.into_parts();
    async move {
        let answered = run(&door, headers, extensions, body).await;
        answered.unwrap_or_else(IntoResponse::into_response)
    }
}

async fn run(
    door: &Door,
    headers: HeaderMap,
    mut extensions: Extensions,
    body: Body,
) -> Result<Response, Problem> {
    let caller = endpoint::must_call(extensions.remove())?;
    let limit = door.config.body_limit;
    let body = to_bytes(body, limit).await.map_err(|_| {
        Problem::new("body-too-large", format!("a body has at most {limit} bytes, and ends"))
    })?;
    // What the call held beside its headers is gone before it waits.
    let answer = ask(door, &caller, &headers, extensions, &{ body })?;
    // A sender that is dropped without an answer died before the answer was durable.
    let answer = match answer.await.unwrap_or(Answer::Unknown) {
        Answer::Kept(key) => kept(door, key).await?,
        answer => answer,
    };
    door.metrics.answered(matches!(answer, Answer::Accepted(_)));
    shown(answer, headers)
}

/// Reads a command and hands it over; its answer comes where this says.
fn ask(
    door: &Door,
    caller: &Caller,
    headers: &HeaderMap,
    mut extensions: Extensions,
    body: &[u8],
) -> Result<oneshot::Receiver<Answer>, Problem> {
    if caller.role == Role::Source {
        let key = extensions.remove::<SourceKey>().map(|key| key.0).unwrap_or_default();
        let signed = headers.get(signature::HEADER).and_then(|value| value.to_str().ok());
        signature::check(&key, &door.venue, body, signed)?;
    }
    let _: Shape = serde_json::from_slice(body)
        .map_err(|error| Problem::new("body-not-read", format!("no command: {error}")))?;
    let action: Action = serde_json::from_slice(body)
        .map_err(|error| Problem::new("body-not-read", format!("no command: {error}")))?;
    let actor = caller.actor(&action)?;
    let key = retry_key(caller, headers)?;
    let room = room(door, body.len())?;
    let (reply, answer) = oneshot::channel();
    let input = input(&actor, &action);
    let stages = extensions.remove::<Arc<Stages>>();
    if let Some(stages) = &stages {
        stages.pass(Stage::Read);
    }
    send(door, Command { actor, action, key, input, room, reply, stages })?;
    Ok(answer)
}

/// The answer to a retry: a batch is read and decoded for it, away from the threads that others
/// wait for.
async fn kept(door: &Door, key: Key) -> Result<Answer, Problem> {
    let reader = door.reader.clone();
    let read = tokio::task::spawn_blocking(move || answer::kept(&reader, &key)).await;
    let read = read.map_err(|error| Problem::new("not-stored", error.to_string()))?;
    read.map_err(|error| {
        Problem::new("not-stored", format!("the journal could not be read: {error}"))
    })
}

fn shown(answer: Answer, headers: HeaderMap) -> Result<Response, Problem> {
    match answer {
        Answer::Accepted(done) => {
            let accepted = done.accepted();
            let body = serde_json::to_vec(&accepted).unwrap_or_default();
            let mut response = endpoint::json_in(headers, body);
            response.headers_mut().insert(SEQUENCE, HeaderValue::from(accepted.last));
            Ok(response)
        }
        Answer::Rejected { code, problem } => Err(Problem::rejected(&code, &problem)),
        Answer::KeyReused => {
            let detail = "the idempotency key was used for another command: a retry repeats it";
            Err(Problem::new("key-reused", detail))
        }
        Answer::Stopping => Err(stopping()),
        // A retry was read before it came here.
        Answer::Unknown | Answer::Kept(_) => {
            let detail = "whether it was done is not known here: ask again with the same key";
            Err(Problem::new("outcome-unknown", detail).after(5))
        }
    }
}

/// The idempotency key, apart for every key of the door.
fn retry_key(caller: &Caller, headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let mut all = headers.get_all(KEY).iter();
    let Some(shown) = all.next() else { return Ok(None) };
    let detail = format!("an idempotency key has 1 to {MOST_KEY} visible ASCII characters");
    let wrong = || Problem::new("key-not-read", detail.clone());
    if all.next().is_some() {
        return Err(Problem::new("key-not-read", "a call has one idempotency key"));
    }
    let text = shown.to_str().ok().filter(|text| !text.is_empty() && text.len() <= MOST_KEY);
    let text = text.ok_or_else(wrong)?;
    let whose = caller.key.unwrap_or_default();
    Key::new(&format!("{whose}:{text}")).map(Some).ok_or_else(wrong)
}

fn stopping() -> Problem {
    Problem::new("stopping", "the service stops: nothing was taken").after(5)
}

fn busy(door: &Door) -> Problem {
    door.metrics.was_busy();
    Problem::new("busy", "too many commands wait: nothing was taken").after(1)
}

/// Room for a command of `bytes`: it goes with the command, not with the caller, who may leave.
fn room(door: &Door, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    Arc::clone(&door.room).try_acquire_many_owned(bytes).map_err(|_| busy(door))
}

/// Hands a command to the engine's thread, if there is room.
fn send(door: &Door, command: Command) -> Result<(), Problem> {
    let sender = door.requests.read().unwrap_or_else(PoisonError::into_inner);
    let sender = sender.as_ref().filter(|_| door.is_ready()).ok_or_else(stopping)?;
    sender.try_send(command).map_err(|error| match error {
        TrySendError::Full(_) => busy(door),
        TrySendError::Disconnected(_) => stopping(),
    })
}
