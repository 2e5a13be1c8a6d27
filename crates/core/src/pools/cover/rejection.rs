//! Why a command about cover pools is refused.

use alloc::boxed::Box;
use core::fmt;

use serde::Serialize;

use super::Flaw;
use crate::domain::{CauseClass, ExitQueue};
use crate::ids::{
    AccountId, CoverId, CoverPoolId, DomainId, FeedId, LayerId, LossId, RiskId, Time,
};
use crate::units::{Amount, Price};
use crate::{account, loss};

/// Why, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain has markets, another pool, or an open episode.
    DomainInUse { domain: DomainId },
    /// There is no such pool.
    UnknownPool { pool: CoverPoolId },
    /// There is no such risk.
    UnknownRisk { risk: RiskId },
    /// The domain has no waterfall for the class of the risk.
    NoWaterfall { domain: DomainId, class: CauseClass },
    /// The pool or the risk can never be right.
    Flaw { flaw: Flaw },
    /// What premia leave is to go to what is no pot of the house in the pool's asset, or to one
    /// that no waterfall of the domain draws on.
    NotAFund { layer: LayerId },
    /// Premia are to go to a layer that is not staked, or stands not behind the pool; or a layer
    /// that does would not pay for the risk.
    NotBehind { layer: LayerId },
    /// No waterfall of the domain draws on stakes.
    NobodyBehind { domain: DomainId },
    /// There is no such feed of prices.
    NoFeed { feed: FeedId },
    /// The trigger's window is not one that its feed keeps.
    Window { window: u64, cell: u64, most: u64 },
    /// Pool, class, trigger and retention of a risk stay as they are: covers were bought on them.
    Stays { risk: RiskId },
    /// There is no room for another.
    TooMany { what: &'static str },
    /// The account did not accept the terms of the pool's domain.
    TermsNotAccepted { account: AccountId, domain: DomainId },
    /// Less than the least cover.
    BelowLeastCover { amount: Amount, least: Amount },
    /// The cover would run too short or too long.
    Period { period: u64, shortest: u64, longest: u64 },
    /// The pool's domain owes an uncovered debt: until it is paid it covers nothing more.
    DomainOwes { owed: Amount },
    /// A loss is open that what stands behind the pool pays for first, of its domain or another.
    EpisodeOpen { domain: DomainId },
    /// An incident of the risk is on its way.
    IncidentOpen { risk: RiskId, loss: LossId },
    /// The price of the risk is below its trigger: who buys sees it happen.
    PriceLow { feed: FeedId, price: Price, below: Price },
    /// Too much of what stands behind the pool is on its way out.
    ExitQueueAboveLimit { queue: ExitQueue },
    /// More than what stands behind the pool covers.
    AboveCapacity { asked: Amount, room: Amount },
    /// More than the pool covers of one risk.
    AboveConcentration { asked: Amount, room: Amount },
    /// It costs more than the buyer would pay.
    PremiumAboveMost { premium: Amount, max: Amount },
    /// What is reported lies ahead.
    NotHappened { happened: Time, now: Time },
    /// The event was reported already, with another time.
    OtherTime { loss: LossId, happened: Time, known: Time },
    /// The same cover twice.
    CoverTwice { cover: CoverId },
    /// There is no such cover of the risk.
    UnknownCover { cover: CoverId, risk: RiskId },
    /// The amount is zero.
    ZeroAmount,
    /// The cover did not run then, or it is too late to claim.
    NotCovered { cover: CoverId, happened: Time, from: Time, until: Time },
    /// The cover is claimed for the event already: it pays once for it.
    EventClaimed { cover: CoverId, loss: LossId },
    /// Nothing is due: all was claimed before, or nobody was covered.
    NothingDue,
    /// The loss is no incident of a cover pool.
    UnknownIncident { loss: LossId },
    /// Nobody votes on the incident, or not any more.
    NoVote { loss: LossId },
    /// The account's owner claims for the incident himself.
    OwnClaim { account: AccountId, loss: LossId },
    /// The account is not staked behind the pool.
    NotStaked { account: AccountId },
    /// The risk has no trigger.
    NoTrigger { risk: RiskId },
    /// The oracle does not know the price over the whole window to settlement quality, or, where
    /// cover is to be bought, not now.
    NoMean { feed: FeedId },
    /// The price was not low enough.
    NotBelow { feed: FeedId, mean: Price, below: Price },
    /// The report of the loss is not right.
    Loss(Box<loss::Rejection>),
    /// The accounts' balances, numbers or owners do not allow it.
    Account(account::Rejection),
    /// It is not due.
    NotDue,
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
}

impl From<loss::Rejection> for Rejection {
    fn from(rejection: loss::Rejection) -> Self {
        Self::Loss(Box::new(rejection))
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::DomainInUse { .. } => "domain-in-use",
            Self::UnknownPool { .. } => "unknown-pool",
            Self::UnknownRisk { .. } => "unknown-risk",
            Self::NoWaterfall { .. } => "no-waterfall",
            Self::Flaw { .. } => "flaw",
            Self::NotAFund { .. } => "not-a-fund",
            Self::NotBehind { .. } => "layer-not-behind",
            Self::NobodyBehind { .. } => "nobody-behind",
            Self::NoFeed { .. } => "no-feed",
            Self::Window { .. } => "window",
            Self::Stays { .. } => "stays",
            Self::TooMany { .. } => "too-many",
            Self::TermsNotAccepted { .. } => "terms-not-accepted",
            Self::BelowLeastCover { .. } => "below-least-cover",
            Self::Period { .. } => "period",
            Self::DomainOwes { .. } => "domain-owes",
            Self::EpisodeOpen { .. } => "episode-open",
            Self::IncidentOpen { .. } => "incident-open",
            Self::PriceLow { .. } => "price-low",
            Self::ExitQueueAboveLimit { .. } => "exit-queue-above-limit",
            Self::AboveCapacity { .. } => "above-capacity",
            Self::AboveConcentration { .. } => "above-concentration",
            Self::PremiumAboveMost { .. } => "premium-above-most",
            Self::NotHappened { .. } => "not-happened",
            Self::OtherTime { .. } => "other-time",
            Self::CoverTwice { .. } => "cover-twice",
            Self::UnknownCover { .. } => "unknown-cover",
            Self::ZeroAmount => "zero-amount",
            Self::NotCovered { .. } => "not-covered",
            Self::EventClaimed { .. } => "event-claimed",
            Self::NothingDue => "nothing-due",
            Self::UnknownIncident { .. } => "unknown-incident",
            Self::NoVote { .. } => "no-vote",
            Self::OwnClaim { .. } => "own-claim",
            Self::NotStaked { .. } => "not-staked",
            Self::NoTrigger { .. } => "no-trigger",
            Self::NoMean { .. } => "no-mean",
            Self::NotBelow { .. } => "not-below",
            Self::Loss(rejection) => rejection.code(),
            Self::Account(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::DomainInUse { domain } => write!(
                f,
                "domain {domain} has markets, another pool or an open episode: open a domain for \
                 the pool alone"
            ),
            Self::UnknownPool { pool } => write!(f, "there is no cover pool {pool}"),
            Self::UnknownRisk { risk } => write!(f, "there is no risk {risk}"),
            Self::NoWaterfall { domain, class } => {
                write!(f, "domain {domain} has no waterfall for {class:?}: set one first")
            }
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::NotAFund { layer } => write!(
                f,
                "layer {layer} is no pot of the house in the pool's asset that a waterfall of its \
                 domain draws on"
            ),
            Self::NotBehind { layer } => write!(
                f,
                "layer {layer} is not staked, or no waterfall of the pool's domain draws on it, or \
                 not the one of the risk's class"
            ),
            Self::NobodyBehind { domain } => {
                write!(f, "no waterfall of domain {domain} draws on stakes")
            }
            Self::NoFeed { feed } => write!(f, "there is no feed {feed} of prices"),
            Self::Window { window, cell, most } => write!(
                f,
                "a window of {window} milliseconds, allowed: whole cells of {cell} milliseconds, \
                 up to {most}"
            ),
            Self::Stays { risk } => {
                write!(f, "pool, class, trigger and retention of risk {risk} stay: add another")
            }
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            _ => self.of_cover(f),
        }
    }
}

impl Rejection {
    /// What concerns covers that are bought.
    fn of_cover(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TermsNotAccepted { account, domain } => {
                write!(f, "account {account} did not accept the terms of domain {domain}")
            }
            Self::BelowLeastCover { amount, least } => {
                write!(f, "a cover of {amount}, allowed: {least} and more")
            }
            Self::Period { period, shortest, longest } => write!(
                f,
                "a period of {period} milliseconds, allowed: above {shortest}, which a cover waits \
                 for, up to {longest}"
            ),
            Self::DomainOwes { owed } => {
                write!(f, "the pool's domain owes {owed}: it covers again when that is paid")
            }
            Self::EpisodeOpen { domain } => {
                write!(f, "a loss of domain {domain} is open: it pays for that first")
            }
            Self::IncidentOpen { risk, loss } => {
                write!(f, "an incident of risk {risk} is on its way: loss {loss}")
            }
            Self::PriceLow { price, below, .. } => {
                write!(
                    f,
                    "the price is {price}, the trigger is below {below}: wait until it is back"
                )
            }
            Self::ExitQueueAboveLimit { queue } => write!(f, "{queue}"),
            Self::AboveCapacity { asked, room } => {
                write!(f, "a cover of {asked}, what stands behind the pool covers {room} more")
            }
            Self::AboveConcentration { asked, room } => {
                write!(f, "a cover of {asked}, the pool covers {room} more of the risk")
            }
            Self::PremiumAboveMost { premium, max } => {
                write!(f, "the cover costs {premium}, the most is {max}")
            }
            _ => self.of_incident(f),
        }
    }

    /// What concerns incidents.
    fn of_incident(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHappened { happened, now } => {
                write!(f, "it happened at {happened}, and it is {now}")
            }
            Self::OtherTime { loss, happened, known } => write!(
                f,
                "the same event was reported as loss {loss}, at {known}, and not at {happened}"
            ),
            Self::CoverTwice { cover } => write!(f, "cover {cover} stands there twice"),
            Self::UnknownCover { cover, risk } => {
                write!(f, "there is no cover {cover} of risk {risk}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::NotCovered { cover, happened, from, until } => write!(
                f,
                "cover {cover} runs from {from} to {until}: what happened at {happened} is not \
                 covered, or too late to claim"
            ),
            Self::EventClaimed { cover, loss } => {
                write!(f, "cover {cover} is claimed for the same event already, as loss {loss}")
            }
            Self::NothingDue => {
                f.write_str("nothing is due: all was claimed before, or nobody is covered")
            }
            Self::UnknownIncident { loss } => {
                write!(f, "loss {loss} is no incident of a cover pool")
            }
            Self::NoVote { loss } => write!(f, "nobody votes on loss {loss}, or not any more"),
            Self::OwnClaim { account, loss } => {
                write!(f, "the owner of account {account} claims for loss {loss} himself")
            }
            Self::NotStaked { account } => {
                write!(f, "account {account} has no stake behind the pool")
            }
            Self::NoTrigger { risk } => write!(f, "risk {risk} has no trigger: report the loss"),
            Self::NoMean { feed } => write!(
                f,
                "feed {feed} does not say the price to settlement quality over the whole window of \
                 the trigger and now"
            ),
            Self::NotBelow { mean, below, .. } => {
                write!(f, "the price was {mean} in the mean, the trigger is below {below}")
            }
            Self::Loss(rejection) => fmt::Display::fmt(rejection, f),
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
            _ => f.write_str(self.code()),
        }
    }
}
