//! Why a command about clearing funds is refused.

use alloc::boxed::Box;
use core::fmt;

use serde::Serialize;

use super::Flaw;
use crate::ids::{AccountId, ClearingId, DomainId, LayerId, LossId, MarketId};
use crate::units::Amount;
use crate::{account, loss};

/// Why, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ClearingRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain has a clearing fund, a pool, or an open episode.
    DomainInUse { domain: DomainId },
    /// The fund can never be right.
    Flaw { flaw: Flaw },
    /// The layer of contributions is no default fund that the domain's waterfall for defaults
    /// draws on.
    NotADefaultFund { layer: LayerId },
    /// Others are staked in the layer, or another domain draws on it.
    LayerInUse { layer: LayerId },
    /// The layer of assessments does not call by contributions, or is another fund's, or the
    /// domain's waterfall for defaults does not draw on it.
    NotAnAssessment { layer: LayerId },
    /// A scenario moves a market that the domain has not.
    UnknownMarket { market: MarketId },
    /// There is no such fund.
    UnknownFund { fund: ClearingId },
    /// There is no such member.
    UnknownMember { account: AccountId },
    /// The member is in default.
    MemberFailed { account: AccountId },
    /// The member gave notice.
    NoticeGiven { account: AccountId },
    /// The account's owner is a member: he answers for himself.
    OwnerIsMember { account: AccountId },
    /// The account, or another of its owner, is a client of a member.
    AlreadyClient { account: AccountId },
    /// The account did not accept the terms of the fund's domain.
    TermsNotAccepted { account: AccountId, domain: DomainId },
    /// There is no room for another.
    TooMany { what: &'static str },
    /// A loss of the domain is open: contributions stay as they are.
    EpisodeOpen { domain: DomainId },
    /// The account is no member's client.
    UnknownClient { account: AccountId },
    /// A loss of the client is open: who answered for it then pays.
    LossOpen { account: AccountId, loss: LossId },
    /// The client holds legs: somebody must answer for them.
    HoldsLegs { account: AccountId },
    /// The member answers for the client already.
    SameMember { account: AccountId, member: AccountId },
    /// The loss has no book with legs, is of another domain, or deleveraging has begun.
    NoBook { loss: LossId },
    /// The book of the loss was put up before.
    AuctionTwice { loss: LossId },
    /// Nobody may bid for the book of the loss, or not any more.
    NoAuction { loss: LossId },
    /// More than is paid for taking the book.
    AboveMost { asks: Amount, most: Amount },
    /// The loss of a client that is closed out is not right.
    Loss(Box<loss::Rejection>),
    /// The accounts' numbers or owners do not allow it.
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
            Self::Flaw { .. } => "flaw",
            Self::NotADefaultFund { .. } => "not-a-default-fund",
            Self::LayerInUse { .. } => "layer-in-use",
            Self::NotAnAssessment { .. } => "not-an-assessment",
            Self::UnknownMarket { .. } => "unknown-market",
            Self::UnknownFund { .. } => "unknown-fund",
            Self::UnknownMember { .. } => "unknown-member",
            Self::MemberFailed { .. } => "member-failed",
            Self::NoticeGiven { .. } => "notice-given",
            Self::OwnerIsMember { .. } => "owner-is-member",
            Self::AlreadyClient { .. } => "already-client",
            Self::TermsNotAccepted { .. } => "terms-not-accepted",
            Self::TooMany { .. } => "too-many",
            Self::EpisodeOpen { .. } => "episode-open",
            Self::UnknownClient { .. } => "unknown-client",
            Self::LossOpen { .. } => "loss-open",
            Self::HoldsLegs { .. } => "holds-legs",
            Self::SameMember { .. } => "same-member",
            Self::NoBook { .. } => "no-book",
            Self::AuctionTwice { .. } => "auction-twice",
            Self::NoAuction { .. } => "no-auction",
            Self::AboveMost { .. } => "above-most",
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
            Self::DomainInUse { domain } => {
                write!(f, "domain {domain} has a clearing fund, a pool or an open episode")
            }
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::NotADefaultFund { layer } => write!(
                f,
                "layer {layer} is no default fund that the waterfall of the fund's domain for \
                 defaults draws on"
            ),
            Self::LayerInUse { layer } => {
                write!(f, "others are staked in layer {layer}, or another domain draws on it")
            }
            Self::NotAnAssessment { layer } => write!(
                f,
                "layer {layer} does not call by contributions, is another fund's, or the waterfall \
                 of the fund's domain for defaults does not draw on it"
            ),
            Self::UnknownMarket { market } => {
                write!(f, "a scenario moves market {market}, which the domain has not")
            }
            Self::UnknownFund { fund } => write!(f, "there is no clearing fund {fund}"),
            Self::TermsNotAccepted { account, domain } => {
                write!(f, "account {account} did not accept the terms of domain {domain}")
            }
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::EpisodeOpen { domain } => write!(
                f,
                "a loss of domain {domain} is open: contributions stay as they are until it is \
                 settled"
            ),
            Self::Loss(rejection) => fmt::Display::fmt(rejection, f),
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
            _ => self.of_members(f),
        }
    }
}

impl Rejection {
    /// What concerns members and their clients.
    fn of_members(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMember { account } => {
                write!(f, "account {account} is no member's that contributes")
            }
            Self::MemberFailed { account } => write!(f, "member {account} is in default"),
            Self::NoticeGiven { account } => write!(f, "member {account} gave notice"),
            Self::OwnerIsMember { account } => {
                write!(f, "the owner of account {account} is a member and answers for himself")
            }
            Self::AlreadyClient { account } => {
                write!(f, "the owner of account {account} has an account that a member answers for")
            }
            Self::UnknownClient { account } => write!(f, "account {account} is no client"),
            Self::LossOpen { account, loss } => {
                write!(f, "loss {loss} of account {account} is open: its member answers for it")
            }
            Self::HoldsLegs { account } => {
                write!(f, "account {account} holds legs: port it, or let it reduce first")
            }
            Self::SameMember { account, member } => {
                write!(f, "member {member} answers for account {account} already")
            }
            Self::NoBook { loss } => write!(
                f,
                "the book of loss {loss} holds no legs of the fund's domain, or is deleveraged"
            ),
            Self::AuctionTwice { loss } => {
                write!(f, "the book of loss {loss} was put up for auction before")
            }
            Self::NoAuction { loss } => {
                write!(f, "nobody may bid for the book of loss {loss}, or not any more")
            }
            Self::AboveMost { asks, most } => {
                write!(f, "{asks} asked for taking the book, the most is {most}")
            }
            _ => f.write_str(self.code()),
        }
    }
}
