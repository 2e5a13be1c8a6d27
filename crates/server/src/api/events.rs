//! What happened: page by page, or as a stream of server-sent events that resumes where it broke.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use rhodian_core::engine::Event;
use rhodian_core::ids::{LossId, Time};
use rhodian_core::loss;
use rhodian_core::pools::cover;
use rhodian_core::units::Amount;
use rhodian_journal::{History, Reader};
use tokio::sync::watch;

use super::Door;
use super::args::{self, Args};
use super::endpoint::{self, Page};
use crate::access::{Caller, Level};
use crate::answer::{Numbered, numbered};
use crate::follower::Told;
use crate::metrics::Metrics;
use crate::notable::Notable;
use crate::problem::Problem;
use crate::rate::Slot;
use crate::recent;

/// How many events a stream takes at once.
const CHUNK: usize = 512;
/// Every so often a stream shows that it lives.
const ALIVE: std::time::Duration = std::time::Duration::from_secs(15);

fn not_read(error: &rhodian_journal::Error) -> Problem {
    Problem::new("not-stored", format!("the journal could not be read: {error}"))
}

/// The events after `sequence`, from memory or from the journal.
async fn after(door: &Door, sequence: u64, limit: usize) -> Result<Vec<Arc<Told>>, Problem> {
    let found = recent::after(&door.follower, &door.reader, sequence, limit).await;
    found.map_err(|error| Problem::new("not-stored", error))
}

/// `GET /v1/events`: a page, or the stream where the caller accepts one.
pub async fn events(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, request) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        caller.may_read(Level::Everyone)?;
        args::known(&args, ["after", "limit"].into_iter())?;
        let streams = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        if streams.is_some_and(|kinds| kinds.contains("text/event-stream")) {
            let from = begin(&args, request.headers(), || door.follower.read().sequence)?;
            return stream_of(&door, caller, from, |told| {
                let (sequence, json) = (told.event.sequence, told.json());
                Some(format!("id: {sequence}\nevent: event\ndata: {json}\n\n"))
            });
        }
        let (sequence, limit) = (args.maybe("after")?.unwrap_or(0), args.limit()?);
        let items = after(&door, sequence, limit).await?;
        let next = (items.len() == limit).then(|| items.last().map(|told| told.event.sequence));
        let items: Vec<&Numbered> = items.iter().map(|told| &told.event).collect();
        let page = Page { items, next: next.flatten() };
        Ok::<_, Problem>(endpoint::json(serde_json::to_vec(&page).unwrap_or_default()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// `GET /v1/pulse`: only the numbers of events as they come, for pages that then ask anew. It tells
/// nothing of anyone.
pub async fn pulse(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, request) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        caller.may_read(Level::Public)?;
        args::known(&args, ["after"].into_iter())?;
        let from = begin(&args, request.headers(), || door.follower.read().sequence)?;
        stream_of(&door, caller, from, |told| {
            let sequence = told.event.sequence;
            Some(format!("id: {sequence}\nevent: pulse\ndata: {sequence}\n\n"))
        })
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// `GET /v1/losses/{loss}/events`: what happened of one loss, from the journal.
pub async fn of_loss(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        endpoint::must_call(caller)?.may_read(Level::Everyone)?;
        args::known(&args, ["loss", "limit"].into_iter())?;
        let loss = LossId(args.must("loss")?);
        let limit = args.limit()?;
        let events = story(&door, loss, limit).await?;
        let page = Page { items: events, next: None };
        Ok::<_, Problem>(endpoint::json(serde_json::to_vec(&page).unwrap_or_default()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// The events of `loss`, from its detection until all of it is settled or `limit` are found; of an
/// incident of a cover pool, from when it happened until all claims are paid.
pub(crate) async fn story(
    door: &Arc<Door>,
    loss: LossId,
    limit: usize,
) -> Result<Vec<Numbered>, Problem> {
    let (since, due, notable) = {
        let view = door.follower.read();
        let found = view.state.losses.loss(loss).ok_or_else(|| Problem::not_found("loss", loss))?;
        let incident = view.state.covers.incident(loss).map(|(_, incident)| incident);
        let since = incident.map_or(found.detected, |of| of.happened.min(found.detected));
        (since, incident.map(|of| of.due), view.notable.clone())
    };
    let (turn, reader) = (door.turn().await?, door.reader.clone());
    // It is held until the journal was read, even if the caller leaves.
    let reading = move || {
        let _turn = turn;
        of_journal(&reader, &notable, (loss, since, due), limit)
    };
    let read = tokio::task::spawn_blocking(reading);
    let read = read.await.map_err(|error| Problem::new("not-stored", error.to_string()))?;
    read.map_err(|error| not_read(&error))
}

fn of_journal(
    reader: &Reader,
    notable: &Notable,
    (loss, since, mut due): (LossId, Time, Option<Amount>),
    limit: usize,
) -> Result<Vec<Numbered>, rhodian_journal::Error> {
    // The clock of batches never goes back: the first of the time is found by halving.
    let (mut low, mut high) = (1, reader.head()?.batches + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let before = reader.batch(middle)?.is_some_and(|batch| batch.at < since);
        (low, high) = if before { (middle + 1, high) } else { (low, middle) };
    }
    let mut found = Vec::new();
    for number in notable.from(low) {
        let Some(batch) = reader.batch(number)? else { break };
        let mut first = batch.first;
        for entry in &batch.entries {
            for event in numbered(entry, first) {
                first = event.sequence + 1;
                if !event.event.is_about(loss) {
                    continue;
                }
                let over = is_over(&event.event, &mut due);
                found.push(event);
                if over || found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

/// Whether nothing comes of a loss after `event`; `due` is what of claims is not paid before it.
fn is_over(event: &Event, due: &mut Option<Amount>) -> bool {
    match (event, due) {
        (Event::Loss(loss::Event::LossSettled { .. }), None) => true,
        (Event::Cover(cover::Event::Paid { rows, .. }), Some(due)) => {
            *due = rows.iter().fold(*due, |due, (.., amount)| due.less_or_zero(*amount));
            due.is_zero()
        }
        _ => false,
    }
}

/// After which event a stream begins: the header of a browser that comes back, the query, or now.
fn begin(args: &Args, headers: &HeaderMap, now: impl Fn() -> u64) -> Result<u64, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    match last {
        Some(text) => text.trim().parse().map_err(|_| {
            Problem::new("parameter-not-read", "Last-Event-ID is the number of an event")
        }),
        None => Ok(args.maybe("after")?.unwrap_or_else(now)),
    }
}

/// A stream that is counted while it is open.
struct Open(Arc<Metrics>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.stream_ends();
    }
}

struct Following {
    door: Arc<Door>,
    sequence: u64,
    moves: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    waiting: VecDeque<Bytes>,
    tell: fn(&Told) -> Option<String>,
    caller: Caller,
    _open: Open,
    _slot: Slot,
}

fn stream_of(
    door: &Arc<Door>,
    caller: Caller,
    sequence: u64,
    tell: fn(&Told) -> Option<String>,
) -> Result<Response, Problem> {
    let slot = door.slots.take(caller.key).ok_or_else(|| {
        Problem::new("too-many-requests", "this key has as many streams open as it may").after(5)
    })?;
    if !door.metrics.stream_begins(door.config.streams) {
        return Err(Problem::new("busy", "too many streams are open").after(5));
    }
    let following = Following {
        door: Arc::clone(door),
        sequence,
        moves: door.follower.moves(),
        stopping: door.stopping.clone(),
        waiting: VecDeque::from([Bytes::from_static(b"retry: 1000\n\n")]),
        tell,
        caller,
        _slot: slot,
        _open: Open(Arc::clone(&door.metrics)),
    };
    let mut response = Response::new(Body::from_stream(following.stream()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl Following {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut following| async move {
            loop {
                // A stream lives no longer than the key that opened it.
                if !following.door.keys.stands(&following.caller) {
                    return None;
                }
                if let Some(bytes) = following.waiting.pop_front() {
                    return Some((Ok(bytes), following));
                }
                following.more().await?;
            }
        })
    }

    /// Waits for events after the last one told; nothing when the service stops.
    async fn more(&mut self) -> Option<()> {
        if *self.stopping.borrow() {
            return None;
        }
        self.moves.borrow_and_update();
        // The journal that cannot be read is said elsewhere; the stream ends, and may resume.
        let found = after(&self.door, self.sequence, CHUNK).await.ok()?;
        if let Some(last) = found.last() {
            self.sequence = last.event.sequence;
            let told: String = found.iter().filter_map(|told| (self.tell)(told)).collect();
            self.waiting.push_back(Bytes::from(told));
            return Some(());
        }
        let (moves, stopping) = (&mut self.moves, &mut self.stopping);
        let moved = std::pin::pin!(moves.changed());
        let stopped = std::pin::pin!(stopping.changed());
        let either = futures_util::future::select(moved, stopped);
        if tokio::time::timeout(ALIVE, either).await.is_err() {
            self.waiting.push_back(Bytes::from_static(b": alive\n\n"));
        }
        Some(())
    }
}
