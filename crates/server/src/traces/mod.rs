//! Traces: of some calls, how long each stage took, told to a collector in the protocol of
//! OpenTelemetry (OTLP over HTTP, as JSON).
//!
//! A span says what was called, by its route, and when each stage was passed; it names no account,
//! no amount and no key. A collector that is slow or gone costs spans, and no call waits for it.

pub mod call;
pub mod exporter;
pub mod otlp;
pub mod parent;
pub mod settings;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::mpsc::{Sender, channel};

pub use call::{Call, Stage, Stages};
pub use exporter::Exporter;
pub use settings::Settings;

use crate::outgoing::Post;
use crate::tls;
use call::Told;
use parent::Parent;

/// The most calls that wait to be told; what comes beside them is dropped and counted.
pub const MOST: usize = 4_096;

/// What became of spans.
#[derive(Debug, Default)]
pub struct Counts {
    told: AtomicU64,
    dropped: AtomicU64,
}

/// Which calls are traced, and the way their spans go.
#[derive(Debug)]
pub struct Traces {
    one_in: u64,
    seen: AtomicU64,
    counts: Arc<Counts>,
    to: Sender<Told>,
}

/// What traces calls, and what tells them to the collector of `settings`.
///
/// # Errors
///
/// A file of the settings cannot be read.
pub fn open(settings: &Settings) -> Result<(Traces, Exporter), String> {
    let target = settings.target()?;
    let tls = if target.secure { Some(tls::client(settings.authority.as_deref())?) } else { None };
    let authorization = settings.authorization_file.as_deref().map(secret).transpose()?;
    let post = Post::new(target, tls, Duration::from_millis(settings.timeout));
    let (to, calls) = channel(MOST);
    let counts = Arc::new(Counts::default());
    let traces =
        Traces { one_in: settings.one_in, seen: AtomicU64::new(0), counts: counts.clone(), to };
    Ok((traces, Exporter::new(post, authorization, calls, counts)))
}

/// The one line of a file that holds a secret.
fn secret(path: &Path) -> Result<String, String> {
    let named = |what: &str| format!("authorization-file: {} {what}", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| named(&format!("cannot be read: {error}")))?;
    let line = text.trim();
    let visible = !line.is_empty() && line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if visible { Ok(line.to_owned()) } else { Err(named("holds no line of visible ASCII")) }
}

impl Traces {
    /// The call that began, if it is traced: where its caller traces, as he says; of the others
    /// one in so many.
    #[must_use]
    pub fn watch(&self, began: call::Began, headers: &HeaderMap) -> Option<Call> {
        let parent = Parent::of(headers);
        let traced = match &parent {
            Some(parent) => parent.traced,
            None => self.seen.fetch_add(1, Relaxed).is_multiple_of(self.one_in),
        };
        if !traced {
            return None;
        }
        let call = Call::new(began, parent);
        // Without randomness there is no id.
        self.counts.dropped.fetch_add(u64::from(call.is_none()), Relaxed);
        call
    }

    /// The call ended.
    pub fn tell(&self, told: Told) {
        if self.to.try_send(told).is_err() {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    /// What became of them, as Prometheus reads it.
    pub fn measured(&self, out: &mut String) {
        for (name, help, count) in [
            ("told", "Calls whose spans the collector took.", &self.counts.told),
            ("dropped", "Traced calls whose spans were lost.", &self.counts.dropped),
        ] {
            let name = format!("rhodian_traces_{name}_total");
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
            let _ = writeln!(out, "{name} {}", count.load(Relaxed));
        }
    }
}
