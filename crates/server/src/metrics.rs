//! What is measured, in the text format of Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rhodian_core::engine::State;
use rhodian_core::ids::LossId;
use rhodian_core::loss;
use rhodian_core::pools::cover;

use crate::follower::View;

/// The upper bounds of the histogram of commits, in microseconds.
const COMMIT_BOUNDS: [u64; 10] =
    [250, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000];

/// The counters of the service.
#[derive(Debug, Default)]
pub struct Metrics {
    commands: AtomicU64,
    batches: AtomicU64,
    commit_micros: AtomicU64,
    commit_within: [AtomicU64; COMMIT_BOUNDS.len()],
    accepted: AtomicU64,
    rejected: AtomicU64,
    busy: AtomicU64,
    calls: AtomicU64,
    refused: AtomicU64,
    streams: AtomicU64,
}

impl Metrics {
    /// A batch of `commands` became durable in `time`.
    pub fn committed(&self, commands: usize, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.commands.fetch_add(commands as u64, Relaxed);
        self.batches.fetch_add(1, Relaxed);
        self.commit_micros.fetch_add(micros, Relaxed);
        for (bound, count) in COMMIT_BOUNDS.iter().zip(&self.commit_within) {
            if micros <= *bound {
                count.fetch_add(1, Relaxed);
            }
        }
    }

    /// A command was answered.
    pub fn answered(&self, accepted: bool) {
        let counter = if accepted { &self.accepted } else { &self.rejected };
        counter.fetch_add(1, Relaxed);
    }

    /// A command found the queue full.
    pub fn was_busy(&self) {
        self.busy.fetch_add(1, Relaxed);
    }

    /// A call was answered, refused or not.
    pub fn called(&self, refused: bool) {
        self.calls.fetch_add(1, Relaxed);
        self.refused.fetch_add(u64::from(refused), Relaxed);
    }

    /// A stream begins, if fewer than `most` are open.
    pub fn stream_begins(&self, most: usize) -> bool {
        let open = self.streams.fetch_add(1, Relaxed);
        if open < most as u64 {
            return true;
        }
        self.stream_ends();
        false
    }

    /// A stream ends.
    pub fn stream_ends(&self) {
        self.streams.fetch_sub(1, Relaxed);
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self, view: &View, ready: bool) -> String {
        let mut out = String::new();
        let get = |counter: &AtomicU64| counter.load(Relaxed);
        let counters = [
            ("commands_total", "Commands that became durable.", get(&self.commands)),
            ("accepted_total", "Commands answered as accepted.", get(&self.accepted)),
            ("rejected_total", "Commands answered as refused by the engine.", get(&self.rejected)),
            ("busy_total", "Commands refused because the queue was full.", get(&self.busy)),
            ("calls_total", "Calls answered.", get(&self.calls)),
            ("calls_refused_total", "Calls refused.", get(&self.refused)),
        ];
        for (name, help, value) in counters {
            one(&mut out, name, "counter", help, value);
        }
        self.commits(&mut out);
        one(&mut out, "streams", "gauge", "Streams that are open.", get(&self.streams));
        one(&mut out, "ready", "gauge", "Whether commands are taken.", u64::from(ready));
        standing(&mut out, view);
        out
    }

    fn commits(&self, out: &mut String) {
        let name = "rhodian_commit_seconds";
        let _ = writeln!(out, "# HELP {name} How long a batch took to become durable.");
        let _ = writeln!(out, "# TYPE {name} histogram");
        for (bound, count) in COMMIT_BOUNDS.iter().zip(&self.commit_within) {
            let count = count.load(Relaxed);
            let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {count}", seconds(*bound));
        }
        let (count, sum) = (self.batches.load(Relaxed), self.commit_micros.load(Relaxed));
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "{name}_sum {}\n{name}_count {count}", seconds(sum));
    }
}

/// Microseconds as seconds, in digits.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: u64) {
    let _ = writeln!(out, "# HELP rhodian_{name} {help}\n# TYPE rhodian_{name} {kind}");
    let _ = writeln!(out, "rhodian_{name} {value}");
}

/// How the venue stands.
fn standing(out: &mut String, view: &View) {
    let state: &State = &view.state;
    let open = state.losses.losses().filter(|(_, loss)| loss.is_open()).count();
    let episodes = state.losses.episodes().filter(|(_, episode)| !episode.closed).count();
    let accounts = state.accounts.accounts().count();
    let cover = &state.covers;
    let standing = |of: &&cover::Cover| of.stage == cover::Stage::Standing;
    let covers = cover.covers().map(|(_, of)| of).filter(standing).count();
    let dismissed = |loss: LossId| {
        state.losses.loss(loss).is_some_and(|found| found.stage == loss::Stage::Dismissed)
    };
    let incidents = cover.pools().flat_map(|(_, pool)| &pool.incidents);
    let unpaid = incidents.filter(|(loss, of)| of.paid() < of.due && !dismissed(**loss)).count();
    let members = state.clearing.funds().flat_map(|(_, fund)| fund.members.values());
    let called = members.filter(|member| member.due.is_some()).count();
    let gauges = [
        ("sequence", "The number of the last event.", view.sequence),
        ("batches", "The number of the last batch.", view.batches),
        ("accounts", "Accounts.", accounts as u64),
        ("losses_open", "Losses that are not settled.", open as u64),
        ("episodes_open", "Episodes that are open.", episodes as u64),
        ("covers_standing", "Covers that stand.", covers as u64),
        (
            "cover_incidents_open",
            "Incidents of cover pools that are neither dismissed nor paid in full.",
            unpaid as u64,
        ),
        (
            "clearing_calls_open",
            "Clearing members that are called and did not contribute yet.",
            called as u64,
        ),
        (
            "liquidations_open",
            "Accounts in liquidation.",
            state.closeouts.liquidations().count() as u64,
        ),
        (
            "venue_status",
            "The venue's status: 0 open to 5 closed.",
            state.control.venue_status() as u64,
        ),
    ];
    for (name, help, value) in gauges {
        one(out, name, "gauge", help, value);
    }
}
