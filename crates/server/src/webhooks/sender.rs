//! What delivers one webhook: event after event, each until the receiver took it. It holds no
//! queue: only the number of the last event that is done, and reads on from there.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::{Either, select};
use rhodian_journal::Reader;
use tokio::sync::watch;
use tokio::task::{block_in_place, yield_now};
use tokio::time::sleep;

use super::choice;
use super::cursor::Cursor;
use super::secret::Secret;
use super::standing::Standing;
use crate::clock::wall;
use crate::follower::{Follower, Told};
use crate::outgoing::{Message, Post};
use crate::recent;

/// How many events are read at once.
const CHUNK: usize = 512;
/// How long a sender that is up to date waits before it looks whether its cursor is kept.
const IDLE: Duration = Duration::from_secs(1);

/// What delivers one webhook.
#[derive(Debug)]
pub struct Sender {
    pub(super) standing: Arc<Standing>,
    pub(super) secret: Secret,
    pub(super) post: Post,
    pub(super) cursor: Cursor,
    /// The wait after a first failure, and the longest.
    pub(super) waits: (Duration, Duration),
}

/// What came of a pass over the next events.
enum Pass {
    /// There may be more.
    More,
    /// Nothing is left to tell.
    Done,
    /// An attempt failed, or the journal could not be read.
    Failed(String),
}

impl Sender {
    /// Delivers until the service stops.
    pub async fn run(
        mut self,
        follower: Arc<Follower>,
        reader: Reader,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut moves = follower.moves();
        loop {
            moves.borrow_and_update();
            // An attempt that a stop cuts off is made again after the next start.
            let Some(pass) = unless(&mut stopping, self.pass(&follower, &reader)).await else {
                break;
            };
            if self.cursor.is_due() {
                self.keep();
            }
            let wait = match pass {
                Pass::More => {
                    // What is not of its kinds is passed quickly: others get their turn.
                    yield_now().await;
                    continue;
                }
                Pass::Done => {
                    let moved = tokio::time::timeout(IDLE, moves.changed());
                    unless(&mut stopping, moved).await.map(|_| ())
                }
                Pass::Failed(why) => {
                    let failures = self.standing.failed(why);
                    unless(&mut stopping, sleep(wait_after(failures, self.waits))).await
                }
            };
            if wait.is_none() {
                break;
            }
        }
        self.keep();
    }

    /// Keeps the cursor. Where that fails the last deliveries may come again, no more.
    fn keep(&mut self) {
        if let Err(error) = block_in_place(|| self.cursor.keep()) {
            let name = self.standing.name.as_str();
            tracing::error!(webhook = name, %error, "the webhook's cursor was not kept");
        }
    }

    async fn pass(&mut self, follower: &Follower, reader: &Reader) -> Pass {
        let events = match recent::after(follower, reader, self.cursor.at(), CHUNK).await {
            Ok(events) => events,
            Err(why) => return Pass::Failed(why),
        };
        if events.is_empty() {
            return Pass::Done;
        }
        for told in events {
            if let Err(why) = self.tell(&told).await {
                return Pass::Failed(why);
            }
            let sequence = told.event.sequence;
            self.cursor.advance(sequence);
            self.standing.reached(sequence);
            if self.cursor.is_due() {
                self.keep();
            }
        }
        Pass::More
    }

    /// Tells one event, if it is of a chosen kind.
    async fn tell(&mut self, told: &Told) -> Result<(), String> {
        let json = told.json();
        let kind = choice::kind_of(json).unwrap_or_default();
        if !self.standing.events.contains(&kind) {
            return Ok(());
        }
        let (at, sequence) = (told.event.at.0, told.event.sequence);
        let body = format!("{{\"type\":\"{kind}\",\"timestamp\":{at},\"data\":{json}}}");
        let id = format!("{}-{sequence}", self.standing.name);
        let seconds = wall().0 / 1_000;
        let signature = self.secret.sign(&id, seconds, body.as_bytes());
        // The id is the same at every attempt, the signature over all three.
        let headers = vec![
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        let message = Message { headers, body: Bytes::from(body) };
        self.post.send(message).await?;
        self.standing.delivered();
        Ok(())
    }
}

/// What `work` gives, or nothing once the service stops.
async fn unless<T>(
    stopping: &mut watch::Receiver<bool>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let stopped = pin!(stopping.wait_for(|stop| *stop));
    match select(stopped, pin!(work)).await {
        Either::Left(_) => None,
        Either::Right((done, _)) => Some(done),
    }
}

/// How long to wait after so many failures in a row: twice as long each time up to the longest, of
/// it a random part between half and all, so that receivers are not called by all at once.
fn wait_after(failures: u64, (first, longest): (Duration, Duration)) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(30);
    let whole = first.saturating_mul(1 << doublings).min(longest);
    let mut random = [0; 2];
    // Without randomness all of it is waited.
    let part = getrandom::fill(&mut random).map_or(u16::MAX, |()| u16::from_le_bytes(random));
    whole / 2 + whole.mul_f64(f64::from(part) / f64::from(u16::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_vary() {
        let waits = (Duration::from_secs(1), Duration::from_secs(300));
        for (failures, whole) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (u64::MAX, 300)] {
            let whole = Duration::from_secs(whole);
            let drawn: Vec<Duration> = (0..50).map(|_| wait_after(failures, waits)).collect();
            assert!(drawn.iter().all(|one| (whole / 2..=whole).contains(one)), "{drawn:?}");
            assert!(drawn.iter().any(|one| *one != drawn[0]), "{failures}: no jitter");
        }
    }
}
