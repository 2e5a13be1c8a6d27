//! A call that is traced: its ids, and when it passed each stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::parent::Parent;

/// When a call began: by a clock that is never set, and by the wall.
#[derive(Clone, Copy, Debug)]
pub struct Began {
    steady: Instant,
    wall: SystemTime,
}

impl Began {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Nanoseconds since then.
    fn passed(&self) -> u64 {
        u64::try_from(self.steady.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The moment in nanoseconds since 1970.
    fn nanos(&self) -> u64 {
        let since = self.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What a command passes on its way, each the end of a span with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was read and checked, and is offered to the engine's queue.
    Read,
    /// The engine took it from the queue.
    Queue,
    /// The engine decided it.
    Decide,
    /// What it did is durable, and applied for readers.
    Commit,
}

/// Every stage, in order, with the name of its span.
pub const STAGES: [(Stage, &str); 4] = [
    (Stage::Read, "read"),
    (Stage::Queue, "queue"),
    (Stage::Decide, "decide"),
    (Stage::Commit, "commit"),
];

/// When a command passed each stage. Each is written once, by the thread that it leaves.
#[derive(Debug)]
pub struct Stages {
    began: Began,
    /// Nanoseconds since it began; zero where it did not come so far.
    passed: [AtomicU64; STAGES.len()],
}

impl Stages {
    /// It passes `stage` now.
    pub fn pass(&self, stage: Stage) {
        self.passed[stage as usize].store(self.began.passed().max(1), Relaxed);
    }

    /// When it passed `stage`, in nanoseconds since it began.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Option<u64> {
        Some(self.passed[stage as usize].load(Relaxed)).filter(|nanos| *nanos > 0)
    }
}

/// A call that is traced.
#[derive(Clone, Debug)]
pub struct Call {
    /// The trace that it is in.
    pub trace: [u8; 16],
    /// Its own span; those of its stages are the numbers after.
    pub span: u64,
    /// The caller's span.
    pub parent: Option<[u8; 8]>,
    /// When a command passed each stage.
    pub stages: Arc<Stages>,
}

impl Call {
    /// A call with ids of its own; nothing where there is no randomness.
    #[must_use]
    pub fn new(began: Began, parent: Option<Parent>) -> Option<Self> {
        let mut random = [0; 24];
        getrandom::fill(&mut random).ok()?;
        let (trace, span) = random.split_first_chunk::<16>()?;
        let span = u64::from_be_bytes(span.try_into().ok()?);
        Some(Self {
            trace: parent.map_or(*trace, |parent| parent.trace),
            // Above zero, which is no id, with room for the stages.
            span: span.clamp(1, u64::MAX - STAGES.len() as u64),
            parent: parent.map(|parent| parent.span),
            stages: Arc::new(Stages { began, passed: Default::default() }),
        })
    }

    /// What is told of it, now that it was answered.
    #[must_use]
    pub fn told(self, method: String, route: Option<String>, status: u16, code: String) -> Told {
        let began = self.stages.began.nanos();
        Told { took: self.stages.began.passed(), began, call: self, method, route, status, code }
    }
}

/// A call that was answered.
#[derive(Clone, Debug)]
pub struct Told {
    /// The call.
    pub call: Call,
    /// When it began, in nanoseconds since 1970.
    pub began: u64,
    /// How long it took, in nanoseconds.
    pub took: u64,
    /// The method.
    pub method: String,
    /// The route it matched: never the path, which names accounts.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The code of a refusal; empty where there is none.
    pub code: String,
}
