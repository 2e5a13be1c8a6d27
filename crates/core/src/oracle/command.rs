//! What may be asked of the oracle, what then happens, and why it may be refused.

use alloc::boxed::Box;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{FeedSpec, Kind, PriceError, Purpose, Quality, Value, Walk};
use crate::control::Status;
use crate::ids::{DomainId, FeedId, Name, SourceId, Time};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a feed.
    OpenFeed {
        /// What it is.
        spec: Box<FeedSpec>,
    } = 1,
    /// Change a feed: everything but its kind.
    SetFeed {
        /// The feed.
        feed: FeedId,
        /// What it is from now on.
        spec: Box<FeedSpec>,
    } = 2,
    /// A source says a value. Only the source may: a venue that has a price of its own is a
    /// source of its own.
    Report {
        /// The feed.
        feed: FeedId,
        /// Who says it: the actor.
        source: SourceId,
        /// The source's next number on this feed: higher than any before.
        number: u64,
        /// The value, in the unit of the feed's kind.
        value: Value,
        /// How sure: give or take this, in the same unit.
        confidence: Value,
        /// Of when it is: not ahead of the clock, not before the source's last.
        time: Time,
    } = 3,
    /// Values of a feed were wrong for a time. It moves no money: what it cost is reported as a
    /// loss of the cause class of price errors.
    DeclarePriceError {
        /// The feed.
        feed: FeedId,
        /// The first wrong moment.
        from: Time,
        /// The last wrong moment, not ahead of the clock.
        to: Time,
        /// The hash of what shows it.
        evidence: [u8; 32],
    } = 4,
}

/// An internal command: what `duty` names and the engine runs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A domain has been without settlement quality for too long.
    Tighten { feed: FeedId, domain: DomainId } = 1,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// A feed was opened.
    FeedOpened { feed: FeedId, spec: Box<FeedSpec> } = 1,
    /// A feed was changed.
    FeedSet { feed: FeedId, spec: Box<FeedSpec> } = 2,
    /// A source said a value.
    Reported {
        feed: FeedId,
        source: SourceId,
        number: u64,
        value: Value,
        confidence: Value,
        time: Time,
    } = 3,
    /// Where the feed stands after a report.
    Moved { feed: FeedId, walk: Box<Walk> } = 4,
    /// Values were declared wrong.
    PriceErrorDeclared { feed: FeedId, error: PriceError } = 5,
    /// A domain went down the status ladder because a feed had no settlement quality since; where
    /// it is to settle, `last_good` is the value it had last.
    DomainTightened {
        domain: DomainId,
        feed: FeedId,
        from: Status,
        to: Status,
        since: Time,
        last_good: Option<Value>,
    } = 6,
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such feed.
    UnknownFeed { feed: FeedId },
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The table is full.
    TooMany { what: &'static str, max: u32 },
    /// The name is another feed's.
    NameInUse { name: Name },
    /// A feed keeps its kind.
    KindFixed { kind: Kind },
    /// Domains or sources are not in order of their ids, each once.
    Unordered { what: &'static str },
    /// A source without a say.
    ZeroWeight { source: SourceId },
    /// More sources are needed than there are, or none.
    MinSources { min_sources: u32, sources: u32 },
    /// A parameter is outside its bounds.
    ParameterOutOfBounds { name: &'static str, value: u64, min: u64, max: u64 },
    /// The reference is the feed itself, not known, or of another kind.
    BadReference { feed: FeedId },
    /// A quality too low for the purpose: below marking nothing is decided.
    NeedTooLow { purpose: Purpose, needed: Quality },
    /// The source does not report on the feed.
    UnknownSource { feed: FeedId, source: SourceId },
    /// Someone else than the source reports.
    NotSource { source: SourceId, actor: u32 },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// A price or a volatility of nothing.
    ZeroValue { kind: Kind },
    /// The time has not come.
    TimeAhead { time: Time, now: Time },
    /// The source reported of a later time before.
    TimeBack { time: Time, last: Time },
    /// The span ends before it begins.
    EmptySpan { from: Time, to: Time },
    /// The span was declared wrong by the same evidence before.
    AlreadyDeclared { from: Time, to: Time },
    /// The duty is not due.
    NotDue,
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownFeed { .. } => "unknown-feed",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::TooMany { .. } => "too-many",
            Self::NameInUse { .. } => "name-in-use",
            Self::KindFixed { .. } => "kind-fixed",
            Self::Unordered { .. } => "unordered",
            Self::ZeroWeight { .. } => "zero-weight",
            Self::MinSources { .. } => "min-sources",
            Self::ParameterOutOfBounds { .. } => "parameter-out-of-bounds",
            Self::BadReference { .. } => "bad-reference",
            Self::NeedTooLow { .. } => "need-too-low",
            Self::UnknownSource { .. } => "unknown-source",
            Self::NotSource { .. } => "not-source",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroValue { .. } => "zero-value",
            Self::TimeAhead { .. } => "time-ahead",
            Self::TimeBack { .. } => "time-back",
            Self::EmptySpan { .. } => "empty-span",
            Self::AlreadyDeclared { .. } => "already-declared",
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFeed { feed } => write!(f, "there is no feed {feed}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::TooMany { what, max } => write!(f, "at most {max} {what} are allowed"),
            Self::NameInUse { name } => write!(f, "the name {name} is in use"),
            Self::KindFixed { kind } => write!(f, "the feed is of kind {kind:?} and stays so"),
            Self::Unordered { what } => {
                write!(f, "{what} stand in order of their ids, each once")
            }
            Self::ZeroWeight { source } => write!(f, "source {source} has a weight of zero"),
            Self::MinSources { min_sources, sources } => {
                write!(f, "{min_sources} sources are needed, allowed: 1 to {sources}")
            }
            Self::ParameterOutOfBounds { name, value, min, max } => {
                write!(f, "{name} is {value}, allowed: {min} to {max}")
            }
            Self::BadReference { feed } => {
                write!(f, "feed {feed} is no other feed of the same kind")
            }
            Self::NeedTooLow { purpose, needed } => {
                write!(f, "{purpose:?} at {needed:?} quality is too low, allowed: Mark or better")
            }
            Self::UnknownSource { feed, source } => {
                write!(f, "source {source} does not report on feed {feed}")
            }
            Self::NotSource { source, actor } => {
                write!(f, "source {source} speaks for itself, actor {actor} may not")
            }
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroValue { kind } => write!(f, "a {kind:?} of zero, allowed: 1 to 10^15"),
            Self::TimeAhead { time, now } => write!(f, "time {time} is ahead of {now}"),
            Self::TimeBack { time, last } => {
                write!(f, "time {time} is before that of the source's last report, {last}")
            }
            Self::EmptySpan { from, to } => write!(f, "a span from {from} to {to} is empty"),
            Self::AlreadyDeclared { from, to } => {
                write!(f, "{from} to {to} was declared wrong by the same evidence")
            }
            Self::NotDue => f.write_str("the duty is not due"),
        }
    }
}
