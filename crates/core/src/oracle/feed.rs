//! A feed: what it is about, who reports, and what it remembers.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::delay::Delays;
use super::window::History;
use super::{Params, Value, Walk};
use crate::ids::{DomainId, Name, SourceId, Time};

/// The most sources of a feed: an answer looks at each.
pub const MAX_SOURCES: usize = 32;

/// The most declared errors of a feed: each report is held against them.
pub const MAX_ERRORS: usize = 256;

/// What a feed says.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleKind"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Kind {
    /// A price, in ticks. Never zero.
    Price = 1,
    /// Depth: the lots that stand within a band of the price. May be zero.
    Depth = 2,
    /// Volatility a year, in millionths. Never zero.
    Volatility = 3,
}

/// A source and its say.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceWeight {
    /// Who.
    pub source: SourceId,
    /// How much its report weighs in the median, above zero.
    pub weight: u32,
}

/// What a feed is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FeedSpec {
    /// Its name.
    pub name: Name,
    /// What it says.
    pub kind: Kind,
    /// The domains that cannot go on without it, in id order. A feed that is only compared with
    /// has none.
    pub domains: Vec<DomainId>,
    /// Who reports, in order of their ids.
    pub sources: Vec<SourceWeight>,
    /// How many must count for the value to move.
    pub min_sources: u32,
    /// How reports are read.
    pub params: Params,
}

/// A source's last report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Who reported.
    pub source: SourceId,
    /// The source's number of it.
    pub number: u64,
    /// The value.
    pub value: Value,
    /// How sure: give or take this.
    pub confidence: Value,
    /// Of when it is.
    pub time: Time,
    /// Since when the source says this value.
    pub since: Time,
}

/// A value of settlement quality.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Good {
    /// The value.
    pub value: Value,
    /// When a report last confirmed it.
    pub at: Time,
}

/// A span of time whose values were declared wrong.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceError {
    /// The first wrong moment.
    pub from: Time,
    /// The last wrong moment.
    pub to: Time,
    /// The hash of what shows it.
    pub evidence: [u8; 32],
}

impl PriceError {
    /// Whether `time` is wrong by it.
    #[must_use]
    pub fn covers(&self, time: Time) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

/// A feed with what it remembers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Feed {
    /// What it is.
    pub spec: FeedSpec,
    /// When it was opened.
    pub opened: Time,
    /// The last report of each source that ever reported, in order of sources.
    pub(super) reports: Vec<Report>,
    /// Where the value stood at the last report; nothing before the first target.
    pub(super) walk: Option<Walk>,
    pub(super) last_good: Option<Good>,
    /// When a report last led to settlement quality, right or wrong; the opening, before.
    pub(super) confirmed: Time,
    pub(super) delays: Delays,
    pub(super) history: History,
    /// What was declared wrong, in order of declaration.
    pub(super) errors: Vec<PriceError>,
}

impl Feed {
    pub(super) fn open(spec: FeedSpec, now: Time) -> Self {
        Self {
            spec,
            opened: now,
            reports: Vec::new(),
            walk: None,
            last_good: None,
            confirmed: now,
            delays: Delays::default(),
            history: History::default(),
            errors: Vec::new(),
        }
    }

    /// The last report of `source`.
    #[must_use]
    pub fn report(&self, source: SourceId) -> Option<&Report> {
        let at = self.reports.binary_search_by_key(&source, |report| report.source).ok()?;
        self.reports.get(at)
    }

    /// The last reports with `report` in the place of its source's.
    pub(super) fn with(&self, report: Report) -> Vec<Report> {
        let mut reports = self.reports.clone();
        match reports.binary_search_by_key(&report.source, |report| report.source) {
            Ok(at) => reports[at] = report,
            Err(at) => reports.insert(at, report),
        }
        reports
    }

    /// The last reports, in order of sources; those of former sources too.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// The declared error that covers `time`.
    pub(super) fn error_at(&self, time: Time) -> Option<&PriceError> {
        self.errors.iter().find(|error| error.covers(time))
    }

    /// When a report last led to settlement quality; the opening, before.
    #[must_use]
    pub const fn confirmed(&self) -> Time {
        self.confirmed
    }

    /// Where the value stood at the last report.
    #[must_use]
    pub const fn walk(&self) -> Option<Walk> {
        self.walk
    }
}

/// Since when a source says what `report` says, where `last` was its report before.
pub(super) fn since(last: &Report, report: &Report) -> Time {
    if last.value == report.value { last.since } else { report.time }
}
