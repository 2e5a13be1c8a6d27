//! Why a command of vaults is refused.

use core::fmt;

use serde::Serialize;

use super::{Flaw, Shares};
use crate::account;
use crate::ids::{AccountId, DomainId, LayerId, VaultId};
use crate::units::Amount;

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "LiquidityRejection")
)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain has a vault.
    DomainTaken { domain: DomainId, vault: VaultId },
    /// The domain has a lending or cover pool, or an open episode.
    DomainInUse { domain: DomainId },
    /// The vault can never be right.
    Flaw { flaw: Flaw },
    /// The fund is no pot of the house in the vault's asset.
    NotAFund { layer: LayerId },
    /// The table is full.
    TooMany { what: &'static str },
    /// There is no such vault.
    UnknownVault { vault: VaultId },
    /// The account did not accept the terms of the vault's domain.
    TermsNotAccepted { account: AccountId, domain: DomainId },
    /// Less than the least entry.
    BelowLeast { amount: Amount, least: Amount },
    /// A loss is known that holders may have to bear, or that is the vault's.
    LossKnown { vault: VaultId },
    /// A price of the vault's legs is not good enough for money to go by it.
    PriceUnfit { vault: VaultId },
    /// The vault's account is held for a loss elsewhere.
    Held { lien: Amount },
    /// The vault is worth nothing, and has legs: it cannot begin anew.
    HasLegs { vault: VaultId },
    /// The vault takes no more, or its shares would pass their bound.
    AboveMost { asked: Amount, room: Amount },
    /// A share is worth so much that rounding would take more than an atom.
    BelowAShare { amount: Amount },
    /// The fund has no room for what nobody has a share of.
    FundFull { layer: LayerId },
    /// More shares than stay, or none.
    AboveShares { asked: Shares, stays: Shares },
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

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::DomainTaken { .. } => "domain-taken",
            Self::DomainInUse { .. } => "domain-in-use",
            Self::Flaw { .. } => "flaw",
            Self::NotAFund { .. } => "not-a-fund",
            Self::TooMany { .. } => "too-many",
            Self::UnknownVault { .. } => "unknown-vault",
            Self::TermsNotAccepted { .. } => "terms-not-accepted",
            Self::BelowLeast { .. } => "below-least",
            Self::LossKnown { .. } => "loss-known",
            Self::PriceUnfit { .. } => "price-unfit",
            Self::Held { .. } => "held",
            Self::HasLegs { .. } => "has-legs",
            Self::AboveMost { .. } => "above-most",
            Self::BelowAShare { .. } => "below-a-share",
            Self::FundFull { .. } => "fund-full",
            Self::AboveShares { .. } => "above-shares",
            Self::Account(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::DomainTaken { domain, vault } => {
                write!(f, "domain {domain} has vault {vault}: open a domain for another")
            }
            Self::DomainInUse { domain } => write!(
                f,
                "domain {domain} has a lending or cover pool, or an open episode: a vault needs a \
                 domain to trade in"
            ),
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::NotAFund { layer } => {
                write!(f, "layer {layer} is no pot of the house in the vault's asset")
            }
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::UnknownVault { vault } => write!(f, "there is no vault {vault}"),
            Self::TermsNotAccepted { account, domain } => {
                write!(f, "account {account} did not accept the terms of domain {domain}")
            }
            Self::BelowLeast { amount, least } => {
                write!(f, "{amount} put in, the least is {least}")
            }
            Self::LossKnown { vault } => write!(
                f,
                "a loss is known that holders of vault {vault} may have to bear, or that is the \
                 vault's: it takes money when that is settled"
            ),
            Self::PriceUnfit { vault } => {
                write!(f, "a price of what vault {vault} holds is not good enough to enter by it")
            }
            Self::Held { lien } => {
                write!(f, "{lien} of the vault's account is held for a loss elsewhere")
            }
            Self::HasLegs { vault } => {
                write!(f, "vault {vault} is worth nothing and has legs: close them first")
            }
            Self::AboveMost { asked, room } => {
                write!(f, "{asked} put in, the vault takes {room} more")
            }
            Self::BelowAShare { amount } => {
                write!(f, "{amount} put in: rounding to whole shares would take more than an atom")
            }
            Self::FundFull { layer } => {
                write!(f, "layer {layer} has no room for what nobody has a share of")
            }
            Self::AboveShares { asked, stays } => {
                let (asked, stays) = (asked.count(), stays.count());
                write!(f, "{asked} shares asked, {stays} are there and not asked for")
            }
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
