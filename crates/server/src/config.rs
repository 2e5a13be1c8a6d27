//! What a venue says about its service: a TOML file, every line of which has a default.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rhodian_journal::{CACHE, MAX_BATCH};
use serde::Deserialize;

use crate::rate::Limit;
use crate::tls::Tls;
use crate::traces;
use crate::webhooks::{Settings, settings};

/// The bytes of commands after which a group takes no more. What they come to in the journal is a
/// multiple of it, and must fit into a batch: a batch that is too long would end the service.
pub const GROUP_BYTES: usize = MAX_BATCH / 32;
/// The most that `body-limit` may be: one more body that joins a group leaves most of that room.
const MOST_BODY: usize = GROUP_BYTES / 4;

/// The configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The folder of the journal and the keys.
    pub data: PathBuf,
    /// Where the door listens.
    pub listen: SocketAddr,
    /// The venue's name: on its pages, and in what a source signs, so that a report for one venue
    /// is none for another. A folder keeps the name of its first start.
    pub venue: Option<String>,
    /// Whether this start gives a new administrator's key: where the last one is lost. Said on the
    /// command line only, or every start would give one.
    #[serde(skip)]
    pub new_administrator: bool,
    /// Whether everyone who reaches the door may read everything. Off: reading needs a key. For a
    /// demonstration, on a machine of one's own.
    pub open: bool,
    /// Whether receipts are made: everything that is committed then passes the prover, at a start
    /// from the first batch on.
    pub receipts: bool,
    /// Whether all accounts are committed at checkpoints, too, for standings: a log of commitments
    /// that was begun with it or without stays so.
    pub checkpoints: bool,
    /// The most commands that wait; one more is answered 503.
    pub queue: usize,
    /// The most bytes of commands that wait or are being written; one more is answered 503.
    pub queue_bytes: usize,
    /// The most commands of one group that becomes durable together.
    pub group: usize,
    /// The most bytes of the journal's file that are kept in memory: they fill as it grows.
    pub journal_cache: usize,
    /// How often the clock moves when nothing else happens, in milliseconds; zero: never.
    pub tick: u64,
    /// After how many events a snapshot is put down.
    pub snapshot_every: u64,
    /// The furthest the machine's clock may jump ahead while the service runs, in milliseconds: a
    /// longer jump ends it, and the venue's time stays.
    pub clock_jump: u64,
    /// The largest body of a call, in bytes.
    pub body_limit: usize,
    /// Calls a second of one key.
    pub calls_per_second: u32,
    /// Calls at once of one key.
    pub calls_at_once: u32,
    /// The most streams at once.
    pub streams: usize,
    /// How long a stop waits for calls under way and for whoever is told of them, in milliseconds.
    pub stop_within: u64,
    /// The certificate that the door shows; without one it speaks plain HTTP.
    pub tls: Option<Tls>,
    /// Who elsewhere is told of events.
    pub webhook: Vec<Settings>,
    /// The collector that is told how long calls took; nobody where none is named.
    pub traces: Option<traces::Settings>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("rhodian-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8420)),
            venue: None,
            new_administrator: false,
            open: false,
            receipts: true,
            checkpoints: true,
            queue: 65_536,
            queue_bytes: 256 << 20,
            group: 1_024,
            journal_cache: CACHE,
            tick: 1_000,
            snapshot_every: 1_000_000,
            clock_jump: 3_600_000,
            body_limit: 1 << 20,
            calls_per_second: 20_000,
            calls_at_once: 40_000,
            streams: 256,
            stop_within: 5_000,
            tls: None,
            webhook: Vec::new(),
            traces: None,
        }
    }
}

impl Config {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            format!("line {line}: {}", error.message())
        })?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be right.
    pub fn check(&self) -> Result<(), String> {
        let bounds: [(&str, u64, u64, u64); 9] = [
            ("queue", self.queue as u64, 1, 10_000_000),
            ("queue-bytes", self.queue_bytes as u64, self.body_limit as u64, 1 << 40),
            ("group", self.group as u64, 1, 100_000),
            ("journal-cache", self.journal_cache as u64, 1 << 20, 1 << 40),
            ("snapshot-every", self.snapshot_every, 1, u64::MAX),
            ("clock-jump", self.clock_jump, 1_000, u64::MAX),
            ("body-limit", self.body_limit as u64, 1_024, MOST_BODY as u64),
            ("calls-per-second", self.calls_per_second.into(), 1, 10_000_000),
            ("calls-at-once", self.calls_at_once.into(), 1, 10_000_000),
        ];
        for (name, value, min, max) in bounds {
            if value < min || value > max {
                return Err(format!("{name} is {value}, allowed: {min} to {max}"));
            }
        }
        if self.open && !self.listen.ip().is_loopback() {
            return Err("open = true lets everyone read everything: only on a loopback address, \
                        as 127.0.0.1"
                .to_owned());
        }
        if self.venue.as_ref().is_some_and(|name| name.is_empty() || name.len() > 64) {
            return Err("venue is a name of 1 to 64 bytes".to_owned());
        }
        self.traces.as_ref().map_or(Ok(()), traces::Settings::check)?;
        settings::check(&self.webhook)
    }

    /// The rate of one key.
    #[must_use]
    pub const fn limit(&self) -> Limit {
        Limit { per_second: self.calls_per_second, burst: self.calls_at_once }
    }

    /// How often the clock moves when nothing else happens.
    #[must_use]
    pub const fn tick(&self) -> Duration {
        Duration::from_millis(self.tick)
    }
}

/// The line in which a byte of `text` stands, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_only_what_it_changes() {
        let read = Config::read("listen = \"0.0.0.0:9000\"\ncalls-at-once = 5").unwrap();
        assert_eq!((read.listen.port(), read.calls_at_once), (9_000, 5));
        assert_eq!(read.queue, Config::default().queue);
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for (text, word) in [
            ("queue = 0", "queue"),
            ("qeue = 5", "unknown field"),
            ("open = true\nlisten = \"0.0.0.0:1\"", "loopback"),
            ("venue = \"\"", "venue"),
            ("body-limit = 5", "body-limit"),
            ("body-limit = 16777217", "allowed: 1024 to 16777216"),
            ("clock-jump = 0", "clock-jump"),
            ("journal-cache = 5", "journal-cache is 5, allowed: 1048576"),
            ("[tls]\ncertificate = \"c.pem\"", "line 1: missing field `key`"),
            ("tick = 1\n\nqeue = 1", "line 3: unknown field `qeue`"),
            ("queue-bytes = 2000", "queue-bytes is 2000, allowed: 1048576"),
        ] {
            let error = Config::read(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
