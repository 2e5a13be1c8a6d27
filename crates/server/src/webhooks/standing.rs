//! How a webhook stands: for metrics, health and the administrator.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

/// How a webhook stands. Its sender writes, everyone reads.
#[derive(Debug, Default)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Where it is sent, without the query.
    pub url: String,
    /// The kinds of events it tells.
    pub events: BTreeSet<String>,
    reached: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    in_a_row: AtomicU64,
    why: Mutex<Option<String>>,
}

/// A webhook as the administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookView {
    /// Its name.
    pub name: String,
    /// Where it is sent, without the query.
    pub url: String,
    /// The kinds of events it tells.
    pub events: BTreeSet<String>,
    /// The number of the last event it is done with: delivered, or not of its kinds.
    pub sequence: u64,
    /// How many events it is behind the last one.
    pub lag: u64,
    /// Events delivered since the start.
    pub delivered: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
    /// Attempts that failed since the last delivery.
    pub failing: u64,
    /// Why the last one did, while the next is to come.
    pub why: Option<String>,
}

impl Standing {
    /// A webhook that is done with all events up to `reached`.
    #[must_use]
    pub fn new(name: String, url: String, events: BTreeSet<String>, reached: u64) -> Self {
        Self { name, url, events, reached: AtomicU64::new(reached), ..Self::default() }
    }

    /// Everything up to `sequence` is done.
    pub(super) fn reached(&self, sequence: u64) {
        self.reached.store(sequence, Relaxed);
    }

    /// An event was delivered.
    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
        if self.in_a_row.swap(0, Relaxed) > 0 {
            tracing::info!(webhook = self.name, "the webhook is delivered again");
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// An attempt failed; how many have in a row.
    pub(super) fn failed(&self, why: String) -> u64 {
        self.failed.fetch_add(1, Relaxed);
        let in_a_row = self.in_a_row.fetch_add(1, Relaxed) + 1;
        if in_a_row == 1 {
            tracing::warn!(webhook = self.name, why, "the webhook is not delivered");
        }
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        in_a_row
    }

    /// Whether the last attempt failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.in_a_row.load(Relaxed) > 0
    }

    /// How it stands while the last event is `sequence`.
    #[must_use]
    pub fn view(&self, sequence: u64) -> WebhookView {
        let reached = self.reached.load(Relaxed);
        WebhookView {
            name: self.name.clone(),
            url: self.url.clone(),
            events: self.events.clone(),
            sequence: reached,
            lag: sequence.saturating_sub(reached),
            delivered: self.delivered.load(Relaxed),
            failed: self.failed.load(Relaxed),
            failing: self.in_a_row.load(Relaxed),
            why: self.why.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// The metrics of all webhooks, as Prometheus reads them.
pub fn measured(out: &mut String, all: &[std::sync::Arc<Standing>], sequence: u64) {
    let views: Vec<WebhookView> = all.iter().map(|one| one.view(sequence)).collect();
    let mut figure = |name: &str, kind: &str, help: &str, of: fn(&WebhookView) -> u64| {
        let name = format!("rhodian_webhook_{name}");
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for view in &views {
            let _ = writeln!(out, "{name}{{webhook=\"{}\"}} {}", view.name, of(view));
        }
    };
    figure("delivered_total", "counter", "Events delivered.", |one| one.delivered);
    figure("failed_total", "counter", "Attempts to deliver that failed.", |one| one.failed);
    figure("failing", "gauge", "Attempts that failed since the last delivery.", |one| one.failing);
    figure("lag", "gauge", "How many events it is behind the last one.", |one| one.lag);
}
