//! Why a command about incentives is refused.

use core::fmt;

use serde::Serialize;

use super::{Subject, WHOLE};
use crate::bounds::MAX_PENDING;
use crate::ids::{DomainId, LayerId, MarketId, Time};
use crate::liquidation::envelope::Breach;
use crate::pools::YEAR;
use crate::units::{Amount, text};

/// What can never be right about terms of pay or a table of fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IncentiveFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// The target is no stakes.
    NoTarget,
    /// The load is above its bound.
    Load { load: u32, max: u32 },
    /// A period or the time ahead is nothing or too long.
    Times { period: u64, ahead: u64 },
    /// The factor of the operator's first loss is above its bound.
    Factor { max: u32 },
    /// The parts are not the whole, or no fund has one.
    Parts { parts: u64, funds: u64 },
    /// A layer stands in the table twice.
    Twice { layer: LayerId },
    /// A premium is charged too often, or not often enough.
    Period { period: u64, min: u64, max: u64 },
    /// What a charge takes of a lot at most is nothing, or above its bound.
    Most { most: u32, max: u32 },
    /// One admitted step of price and funding, with a charge and the penalty, can cost a leg of
    /// `size` atoms more than it holds at maintenance; `size` is the smallest such.
    Envelope {
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        size: u128,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        loss: u128,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        requirement: u128,
    },
    /// What a charge takes at most of a lot that is worth `value` now is less than an atom.
    Nothing {
        most: u32,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        value: u128,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTarget => f.write_str("the target is no stakes, allowed: 1 atom and more"),
            Self::Load { load, max } => {
                write!(f, "the load is {load}, allowed: 0 to {max} millionths")
            }
            Self::Times { period, ahead } => write!(
                f,
                "fees are divided every {period} milliseconds for {ahead} ahead, allowed: 1 to \
                 {MAX_PENDING}, and 1 to {YEAR}"
            ),
            Self::Factor { max } => {
                write!(f, "the factor of the first loss is above {max} millionths")
            }
            Self::Parts { parts, funds } => write!(
                f,
                "parts sum to {parts}, those of funds to {funds}, allowed: {WHOLE} millionths, and \
                 at least one for a fund"
            ),
            Self::Twice { layer } => write!(f, "layer {layer} stands in the table twice"),
            Self::Period { period, min, max } => write!(
                f,
                "the premium is charged every {period} milliseconds, allowed: {min} to {max}"
            ),
            Self::Most { most, max } => write!(
                f,
                "a charge takes {most} millionths of a lot at most, allowed: 1 to {max}, at most a \
                 tenth and the lowest maintenance rate"
            ),
            Self::Nothing { most, value } => write!(
                f,
                "{most} millionths of a lot of {value} atoms are below one, allowed: 1 and more"
            ),
            Self::Envelope { size, loss, requirement } => write!(
                f,
                "with the premium, {}",
                Breach { size: *size, loss: *loss, requirement: *requirement }
            ),
        }
    }
}

/// Why, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "IncentiveRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// There is no such layer.
    UnknownLayer { layer: LayerId },
    /// There is no such market.
    UnknownMarket { market: MarketId },
    /// A figure, or the shares of a domain's markets, are above their bound.
    FigureAboveBound {
        subject: Subject,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        value: u128,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        max: u128,
    },
    /// It was measured before the last one, or is to be.
    FigureNotNew { subject: Subject, at: Time, last: Time, now: Time },
    /// It serves no more, or for longer than a year after it was measured.
    FigureServes { subject: Subject, at: Time, until: Time, now: Time },
    /// The layer takes no stakes.
    NotStaked { layer: LayerId },
    /// It can never be right.
    Flaw { flaw: Flaw },
    /// The layer is of another kind, source or asset than its place in the table is for.
    WrongPlace { layer: LayerId },
    /// The domain's waterfalls do not name the layer.
    NotBehind { layer: LayerId, domain: DomainId },
    /// The layer stands behind no domain of its asset.
    BehindNone { layer: LayerId },
    /// The pay of the layer has no terms.
    PayUnset { layer: LayerId },
    /// The layer is still paid: what is in the pot is for its stakers.
    PayRuns { layer: LayerId },
    /// A domain's table fills the pot of pay.
    PayFilled { layer: LayerId, domain: DomainId },
    /// The figure it needs was never measured, or serves no more.
    FigureOld { subject: Subject },
    /// No table says that the layer is the house's, or a domain stands on it whose does not.
    NotTheHouses { layer: LayerId },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// The pot of pay would pass its bound.
    PotAboveBound { layer: LayerId },
    /// A loss that may draw on the layer is known.
    LossKnown { layer: LayerId },
    /// A domain that the layer stands behind owes what no step absorbed.
    DomainOwes { domain: DomainId, owed: Amount },
    /// More than the layer holds above what it must.
    AboveSurplus { layer: LayerId, asked: Amount, room: Amount },
    /// The market has its last price.
    MarketSettled { market: MarketId },
    /// It is not due.
    NotDue,
}

impl From<Flaw> for Rejection {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw { flaw }
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::UnknownMarket { .. } => "unknown-market",
            Self::FigureAboveBound { .. } => "figure-above-bound",
            Self::FigureNotNew { .. } => "figure-not-new",
            Self::FigureServes { .. } => "figure-serves",
            Self::NotStaked { .. } => "layer-not-staked",
            Self::Flaw { .. } => "incentive-flaw",
            Self::WrongPlace { .. } => "wrong-place",
            Self::NotBehind { .. } => "layer-not-behind",
            Self::BehindNone { .. } => "layer-behind-none",
            Self::PayUnset { .. } => "pay-unset",
            Self::PayRuns { .. } => "pay-runs",
            Self::PayFilled { .. } => "pay-filled",
            Self::FigureOld { .. } => "figure-old",
            Self::NotTheHouses { .. } => "not-the-houses",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::PotAboveBound { .. } => "pot-above-bound",
            Self::LossKnown { .. } => "loss-known",
            Self::DomainOwes { .. } => "domain-owes",
            Self::AboveSurplus { .. } => "above-surplus",
            Self::MarketSettled { .. } => "already-settled",
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::UnknownMarket { market } => write!(f, "there is no market {market}"),
            Self::FigureAboveBound { subject, value, max } => write!(
                f,
                "{subject} is {value}, allowed: 0 to {max}, and that for all markets of a domain \
                 together"
            ),
            Self::FigureNotNew { subject, at, last, now } => write!(
                f,
                "{subject} was measured at {at}: the last was at {last}, and it is {now} now"
            ),
            Self::FigureServes { subject, at, until, now } => write!(
                f,
                "{subject} of {at} serves until {until}, allowed: after {now}, and at most a year"
            ),
            Self::NotStaked { layer } => write!(f, "layer {layer} takes no stakes"),
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::WrongPlace { layer } => write!(
                f,
                "layer {layer} is not what its place is for: a first loss is operator capital, a \
                 fund an insurance fund, a tranche staked, the house's the operator's or the \
                 treasury's; each a pot in the domain's asset"
            ),
            Self::NotBehind { layer, domain } => {
                write!(f, "layer {layer} does not stand behind domain {domain}")
            }
            Self::BehindNone { layer } => {
                write!(f, "layer {layer} is behind no domain of its asset")
            }
            Self::PayUnset { layer } => write!(f, "nobody said how layer {layer} is paid"),
            Self::PayRuns { layer } => write!(f, "layer {layer} is still paid: end that first"),
            Self::PayFilled { layer, domain } => write!(
                f,
                "fees of domain {domain} fill the pot of pay of layer {layer}: change its table \
                 first"
            ),
            Self::FigureOld { subject } => {
                write!(f, "{subject} was never measured, or serves no more")
            }
            Self::NotTheHouses { layer } => write!(
                f,
                "layer {layer} is not the house's to take from by the fee tables of all domains \
                 that stand on it"
            ),
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::PotAboveBound { layer } => {
                write!(f, "the pot of pay of layer {layer} would pass its bound")
            }
            Self::LossKnown { layer } => {
                write!(f, "a loss that may draw on layer {layer} is known: its rules stay")
            }
            Self::DomainOwes { domain, owed } => {
                write!(f, "domain {domain} owes {owed}: that is paid before the house takes any")
            }
            Self::AboveSurplus { layer, asked, room } => {
                write!(f, "{asked} asked of layer {layer}, {room} is above what it must hold")
            }
            Self::MarketSettled { market } => {
                write!(f, "market {market} has its last price: no premium is charged any more")
            }
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
