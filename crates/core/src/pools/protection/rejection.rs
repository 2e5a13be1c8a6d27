//! Why a command of protections is refused.

use core::fmt;

use serde::Serialize;

use super::Flaw;
use crate::account;
use crate::ids::{AccountId, DomainId, FeedId, LayerId, ProtectedId, ProtectionId};
use crate::oracle::Unfit;
use crate::units::Amount;

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ProtectionRejection")
)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The protection can never be right.
    Flaw { flaw: Flaw },
    /// The fund is no pot of the house in the domain's asset.
    NotAFund { layer: LayerId },
    /// There is no such feed of prices.
    NoFeed { feed: FeedId },
    /// There is no such protection.
    UnknownProtection { protection: ProtectionId },
    /// There is no such position.
    UnknownPosition { position: ProtectedId },
    /// The table is full.
    TooMany { what: &'static str },
    /// The position ended before.
    Ended { position: ProtectedId, paid: Amount },
    /// The account did not accept the terms of the protection's domain.
    TermsNotAccepted { account: AccountId, domain: DomainId },
    /// Less than the least deposit.
    BelowLeast { deposit: Amount, least: Amount },
    /// The price is not good enough.
    Unfit { unfit: Unfit },
    /// A loss is known that the fund pays first, or a debt.
    FundHeld { layer: LayerId, domain: DomainId },
    /// More than the fund may owe.
    AboveFund { asked: Amount, room: Amount },
    /// The fund has no room for the premium.
    FundFull { layer: LayerId },
    /// The account's balance, number or owner does not allow it.
    Account(account::Rejection),
    /// It is not due.
    NotDue,
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::Flaw { .. } => "flaw",
            Self::NotAFund { .. } => "not-a-fund",
            Self::NoFeed { .. } => "no-feed",
            Self::UnknownProtection { .. } => "unknown-protection",
            Self::UnknownPosition { .. } => "unknown-position",
            Self::TooMany { .. } => "too-many",
            Self::Ended { .. } => "ended",
            Self::TermsNotAccepted { .. } => "terms-not-accepted",
            Self::BelowLeast { .. } => "below-least",
            Self::Unfit { .. } => "price-unfit",
            Self::FundHeld { .. } => "fund-held",
            Self::AboveFund { .. } => "above-fund",
            Self::FundFull { .. } => "fund-full",
            Self::Account(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::NotAFund { layer } => {
                write!(f, "layer {layer} is no pot of the house in the domain's asset")
            }
            Self::NoFeed { feed } => write!(f, "there is no feed {feed} of prices"),
            Self::UnknownProtection { protection } => {
                write!(f, "there is no protection {protection}")
            }
            Self::UnknownPosition { position } => {
                write!(f, "there is no protected position {position}")
            }
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::Ended { position, paid } => {
                write!(f, "protected position {position} ended before, and {paid} was paid")
            }
            Self::TermsNotAccepted { account, domain } => {
                write!(f, "account {account} did not accept the terms of domain {domain}")
            }
            Self::BelowLeast { deposit, least } => {
                write!(f, "{deposit} put in, the least is {least}")
            }
            Self::Unfit { unfit } => unfit.fmt(f),
            Self::FundHeld { layer, domain } => write!(
                f,
                "layer {layer} stands behind domain {domain}, of which a loss or a debt is open: \
                 it pays for that first"
            ),
            Self::AboveFund { asked, room } => {
                write!(f, "a cap of {asked}, what the fund may owe leaves room for {room}")
            }
            Self::FundFull { layer } => write!(f, "layer {layer} has no room for the premium"),
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
