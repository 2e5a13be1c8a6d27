//! How good an answer is, and why it is no better.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::Value;
use crate::ids::{FeedId, MarketId, SourceId, Time};
use crate::units::Price;

/// The ladder of quality, best first. Each includes what comes after it.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Quality {
    /// Money may change hands for good at it.
    Settlement = 0,
    /// It is right or on its way there: good enough to reduce risk.
    Liquidation = 1,
    /// Good enough to value a position.
    Mark = 2,
    /// Good enough to be shown.
    Indicative = 3,
    /// There is no value. It is never zero.
    None = 4,
}

impl Quality {
    /// Whether it is at least as good as `needed`.
    #[must_use]
    pub fn meets(self, needed: Self) -> bool {
        self <= needed
    }
}

/// What a value is wanted for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Purpose {
    /// To mark a position.
    Mark = 1,
    /// To liquidate.
    Liquidate = 2,
    /// To let money out.
    Withdraw = 3,
    /// To let risk grow.
    Open = 4,
    /// To settle, expire, or deleverage.
    Settle = 5,
}

/// Why a source does not count, or why an answer is no better.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleWhy"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the reason")]
#[repr(u8)]
pub enum Why {
    /// The source has not reported yet.
    Silent { source: SourceId } = 1,
    /// The source's last report is too old.
    Stale { source: SourceId, age: u64, max: u64 } = 2,
    /// The source has said the same for too long.
    Stuck { source: SourceId, since: Time } = 3,
    /// The source's own confidence is too wide.
    LowConfidence { source: SourceId, value: Value, confidence: Value } = 4,
    /// The source reported of a time whose prices were declared wrong.
    DeclaredWrong { source: SourceId, time: Time } = 5,
    /// The source is too far from the median.
    Outlier { source: SourceId, value: Value, median: Value } = 6,
    /// Too few sources count.
    TooFewSources { counted: u32, needed: u32 } = 7,
    /// One source alone outweighs the others that count.
    SingleSource { source: SourceId } = 8,
    /// The sources that count lie too far apart.
    Divergent { low: Value, high: Value } = 9,
    /// The target is too far from that of the reference feed.
    DivergentFrom { feed: FeedId, own: Value, other: Value } = 10,
    /// The reference feed has no target now.
    NoReference { feed: FeedId } = 11,
    /// The effective value is still on its way to the target.
    StepLimited { effective: Value, target: Value } = 12,
    /// The target is so far from the effective value that it may be an error.
    Jump { effective: Value, target: Value } = 13,
    /// There never was a value.
    NoValue = 14,
    /// Options on a market leave a sure profit where the value is one of their volatilities: it
    /// counts for the options at the place that is named, and for no others.
    Arbitrage { underlying: MarketId, profit: SureProfit } = 15,
}

/// Which options leave a sure profit to whoever buys some and sells the others at what their
/// volatilities make them worth; strikes in ticks of the underlying.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(tag = "between", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields say where")]
#[repr(u8)]
pub enum SureProfit {
    /// Options of one strike and expiry have volatilities of their own that make call and put
    /// worth different forwards.
    Parity { expiry: Time, strike: Price } = 1,
    /// The call at the higher strike costs more than that at the lower one.
    Calls { expiry: Time, low: Price, high: Price } = 2,
    /// The put at the higher strike costs less than that at the lower one.
    Puts { expiry: Time, low: Price, high: Price } = 3,
    /// The option in the middle costs more than the mix of both sides that has its strike; `low`
    /// is zero where the forward itself is the lower side.
    Butterfly { expiry: Time, low: Price, middle: Price, high: Price } = 4,
    /// Total variance is lower at the later expiry.
    Calendar { earlier: Time, later: Time, strike: Price } = 5,
}

impl SureProfit {
    /// In words, with strikes and expiries as the caller writes them.
    #[must_use]
    pub fn told(
        &self,
        strike: &dyn Fn(Price) -> String,
        expiry: &dyn Fn(Time) -> String,
    ) -> String {
        match *self {
            Self::Parity { expiry: at, strike: of } => format!(
                "call and put at {} of {} are worth different forwards",
                strike(of),
                expiry(at)
            ),
            Self::Calls { expiry: at, low, high } => format!(
                "the call at {} of {} costs more than that at {}",
                strike(high),
                expiry(at),
                strike(low)
            ),
            Self::Puts { expiry: at, low, high } => format!(
                "the put at {} of {} costs less than that at {}",
                strike(high),
                expiry(at),
                strike(low)
            ),
            Self::Butterfly { expiry: at, low, middle, high } => format!(
                "the option at {} of {} costs more than a mix of those at {} and {}",
                strike(middle),
                expiry(at),
                strike(low),
                strike(high)
            ),
            Self::Calendar { earlier, later, strike: of } => format!(
                "total variance at {} falls from {} to {}",
                strike(of),
                expiry(earlier),
                expiry(later)
            ),
        }
    }
}

impl fmt::Display for SureProfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strike = |strike: Price| format!("strike {strike}");
        f.write_str(&self.told(&strike, &|expiry| format!("expiry {expiry}")))
    }
}

impl Why {
    /// The best quality an answer can have with this reason. A source that does not count lowers
    /// nothing by itself: else anyone with one key could stop a venue.
    #[must_use]
    pub const fn allows(&self) -> Quality {
        match self {
            Self::Silent { .. }
            | Self::Stale { .. }
            | Self::Stuck { .. }
            | Self::LowConfidence { .. }
            | Self::DeclaredWrong { .. }
            | Self::Outlier { .. } => Quality::Settlement,
            Self::StepLimited { .. } | Self::NoReference { .. } => Quality::Liquidation,
            Self::SingleSource { .. }
            | Self::Divergent { .. }
            | Self::DivergentFrom { .. }
            | Self::Arbitrage { .. }
            | Self::Jump { .. } => Quality::Mark,
            Self::TooFewSources { .. } => Quality::Indicative,
            Self::NoValue => Quality::None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent { source } => write!(f, "source {source} has not reported"),
            Self::Stale { source, age, max } => {
                write!(f, "source {source} is {age} ms old, at most {max}")
            }
            Self::Stuck { source, since } => {
                write!(f, "source {source} has said the same since {since}")
            }
            Self::LowConfidence { source, value, confidence } => {
                write!(f, "source {source} says {value} give or take {confidence}")
            }
            Self::DeclaredWrong { source, time } => {
                write!(f, "source {source} is of {time}, which was declared wrong")
            }
            Self::Outlier { source, value, median } => {
                write!(f, "source {source} says {value}, far from the median {median}")
            }
            Self::TooFewSources { counted, needed } => {
                write!(f, "{counted} sources count, {needed} are needed")
            }
            Self::SingleSource { source } => {
                write!(f, "source {source} alone outweighs the others")
            }
            Self::Divergent { low, high } => write!(f, "the sources lie from {low} to {high}"),
            Self::DivergentFrom { feed, own, other } => {
                write!(f, "the target is {own}, that of feed {feed} is {other}")
            }
            Self::NoReference { feed } => write!(f, "feed {feed} has no target to compare with"),
            Self::StepLimited { effective, target } => {
                write!(f, "the value walks from {effective} to {target}")
            }
            Self::Jump { effective, target } => {
                write!(f, "{target} is a jump from {effective}")
            }
            Self::NoValue => f.write_str("there never was a value"),
            Self::Arbitrage { underlying, profit } => {
                write!(f, "options on market {underlying} leave a sure profit: {profit}")
            }
        }
    }
}

/// What a feed says at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The effective value: what everything is done at. Nothing where there never was one.
    pub value: Option<Value>,
    /// The slow value beside it.
    pub stable: Option<Value>,
    /// The weighted median of the sources that count, towards which the value moves. Nothing
    /// where too few count.
    pub target: Option<Value>,
    /// Half of the weight says that the target is within this.
    pub confidence: Option<Value>,
    /// How good the value is.
    pub quality: Quality,
    /// Why it is no better, and which sources do not count.
    pub reasons: Vec<Why>,
}

impl Answer {
    /// The lower of the value and the stable value: for what someone holds.
    #[must_use]
    pub fn low(&self) -> Option<Value> {
        Some(self.value?.min(self.stable?))
    }

    /// The higher of the value and the stable value: for what someone owes.
    #[must_use]
    pub fn high(&self) -> Option<Value> {
        Some(self.value?.max(self.stable?))
    }
}

/// A feed's answer does not serve a purpose. It is an error and never a zero: what cannot be
/// valued credits nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Unfit {
    /// There is no such feed.
    UnknownFeed { feed: FeedId },
    /// The feed is of another kind.
    WrongKind { feed: FeedId, kind: super::Kind },
    /// Its quality is too low.
    Quality { feed: FeedId, purpose: Purpose, needed: Quality, found: Quality, reasons: Vec<Why> },
}

impl Unfit {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownFeed { .. } => "unknown-feed",
            Self::WrongKind { .. } => "wrong-kind",
            Self::Quality { .. } => "quality",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFeed { feed } => write!(f, "there is no feed {feed}"),
            Self::WrongKind { feed, kind } => write!(f, "feed {feed} is of kind {kind:?}"),
            Self::Quality { feed, purpose, needed, found, reasons } => {
                write!(f, "feed {feed} is of {found:?} quality, {purpose:?} needs {needed:?}")?;
                for (at, why) in reasons.iter().enumerate() {
                    write!(f, "{}{why}", if at == 0 { ": " } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}
