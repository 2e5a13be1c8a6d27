//! What tells spans to the collector: many at once, each try again a little later, and after the
//! last one they are dropped and counted.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::call::Told;
use super::{Counts, otlp};
use crate::outgoing::{Message, Post};

/// The most calls that are told at once.
const CHUNK: usize = 512;
/// How long calls gather before they are told.
const GATHER: Duration = Duration::from_secs(1);
/// How long is waited before each further try.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// What tells spans to the collector.
#[derive(Debug)]
pub struct Exporter {
    post: Post,
    authorization: Option<String>,
    calls: Receiver<Told>,
    counts: Arc<Counts>,
    failing: bool,
}

impl Exporter {
    pub(super) const fn new(
        post: Post,
        authorization: Option<String>,
        calls: Receiver<Told>,
        counts: Arc<Counts>,
    ) -> Self {
        Self { post, authorization, calls, counts, failing: false }
    }

    /// Tells of `venue` until `stopping` says that no call is under way any more, and then what is
    /// left, once.
    pub async fn run(mut self, venue: String, mut stopping: watch::Receiver<bool>) {
        loop {
            let mut chunk = Vec::new();
            let stopped = {
                let stopped = pin!(stopping.wait_for(|stop| *stop));
                let gathered = pin!(gather(&mut self.calls, &mut chunk));
                matches!(select(stopped, gathered).await, Either::Left(_))
            };
            if stopped {
                self.calls.close();
                while self.calls.recv_many(&mut chunk, CHUNK).await > 0 {}
                for part in chunk.chunks(CHUNK) {
                    let sent = self.send(&venue, part).await;
                    self.note(part.len(), sent);
                }
                return;
            }
            self.tell(&venue, &chunk, &mut stopping).await;
        }
    }

    /// Tells a chunk, again after each failure while there is a wait left and no stop.
    async fn tell(&mut self, venue: &str, chunk: &[Told], stopping: &mut watch::Receiver<bool>) {
        let mut sent = self.send(venue, chunk).await;
        for wait in AGAIN {
            if sent.is_ok() {
                break;
            }
            let stopped = pin!(stopping.wait_for(|stop| *stop));
            if let Either::Left(_) = select(stopped, pin!(sleep(wait))).await {
                break;
            }
            sent = self.send(venue, chunk).await;
        }
        self.note(chunk.len(), sent);
    }

    async fn send(&mut self, venue: &str, chunk: &[Told]) -> Result<(), String> {
        let body = Bytes::from(otlp::body(venue, chunk).to_string());
        let headers = self.authorization.iter().map(|text| ("authorization", text.clone()));
        self.post.send(Message { headers: headers.collect(), body }).await
    }

    /// Counts what became of `calls`; the log has each change, not each failure.
    fn note(&mut self, calls: usize, sent: Result<(), String>) {
        let failed = sent.is_err();
        let count = if failed { &self.counts.dropped } else { &self.counts.told };
        count.fetch_add(calls as u64, Relaxed);
        match sent {
            Err(why) if !self.failing => tracing::warn!(why, "traces are not taken: they are lost"),
            Ok(()) if self.failing => tracing::info!("traces are taken again"),
            _ => {}
        }
        self.failing = failed;
    }
}

/// Waits for a call, then takes what comes within a while, up to a chunk.
async fn gather(calls: &mut Receiver<Told>, chunk: &mut Vec<Told>) {
    calls.recv_many(chunk, CHUNK).await;
    // Whoever sends them is gone: only the stop is left to wait for.
    if chunk.is_empty() {
        std::future::pending::<()>().await;
    }
    let more = async {
        while chunk.len() < CHUNK && calls.recv_many(chunk, CHUNK - chunk.len()).await > 0 {}
    };
    let _ = timeout(GATHER, more).await;
}
