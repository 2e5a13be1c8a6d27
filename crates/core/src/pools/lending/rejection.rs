//! Why a command about lending pools is refused.

use core::fmt;

use serde::Serialize;

use super::Flaw;
use crate::account;
use crate::domain::ExitQueue;
use crate::ids::{AccountId, AssetId, DomainId, LayerId, PoolId};
use crate::incentive::FirstLossGap;
use crate::oracle::Unfit;
use crate::units::Amount;

/// Why, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LendingRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain bears the losses of a pool already.
    DomainTaken { domain: DomainId, pool: PoolId },
    /// The domain has markets, or an episode of it is open.
    DomainInUse { domain: DomainId },
    /// The domain has no waterfall for defaults.
    NoWaterfall { domain: DomainId },
    /// No step of the domain's waterfall for defaults takes what is lent.
    NoSupplyLayer { domain: DomainId },
    /// What may be pledged is not accepted as collateral for what is lent.
    NotAccepted { asset: AssetId },
    /// A liquidation at the threshold could make the debt it should prevent: what counts to keep
    /// the loan and the bonus on it are more than the collateral may be sold for.
    Envelope { asset: AssetId, threshold: u32, most: u32 },
    /// The fees are to go to what is no pot of the house in the pool's asset, or to one that the
    /// waterfall for defaults does not draw on.
    NotAFund { layer: LayerId },
    /// The pool can never be right.
    Flaw { flaw: Flaw },
    /// There is no room for another.
    TooMany { what: &'static str },
    /// There is no such pool.
    UnknownPool { pool: PoolId },
    /// The account did not accept the terms of the pool's domain.
    TermsNotAccepted { account: AccountId, domain: DomainId },
    /// The amount is zero.
    ZeroAmount,
    /// The pool's domain owes an uncovered debt: until it is paid nobody lends into the hole.
    DomainOwes { owed: Amount },
    /// Less than a share is worth.
    BelowAShare { amount: Amount },
    /// More than the pool may take in.
    SupplyAboveMost { asked: Amount, room: Amount },
    /// Too much of what stands behind the pool is on its way out.
    ExitQueueAboveLimit { queue: ExitQueue },
    /// The operator's first loss in the domain is short: no new loan.
    FirstLossShort { gap: FirstLossGap },
    /// More than the pool may lend.
    DebtAboveMost { asked: Amount, room: Amount },
    /// More than the lender may take out: the rest is held for losses.
    AboveFree { asked: Amount, supply: Amount, lien: Amount },
    /// More than the pool has in cash that is not spoken for.
    NotLiquid { asked: Amount, cash: Amount },
    /// The pool takes no such collateral.
    NotPledgeable { asset: AssetId },
    /// More than is pledged.
    AbovePledged { asked: Amount, pledged: Amount },
    /// The collateral counts for less than the debt would be.
    AboveBorrowable { debt: Amount, counted: Amount },
    /// What would be owed is less than the least debt.
    BelowLeastDebt { debt: Amount, least: Amount },
    /// He owes less.
    AboveDebt { asked: Amount, debt: Amount },
    /// The borrower is above his threshold.
    Healthy { debt: Amount, counted: Amount },
    /// What the collateral would fetch does not cover the debt: the pool takes it over.
    Failing { debt: Amount, cover: Amount },
    /// What would be left of the collateral would not cover what would be left of the debt.
    LeavesFailing { debt: Amount, cover: Amount },
    /// The borrower's owner liquidates himself.
    OwnLoan { account: AccountId },
    /// The collateral has no price.
    NoMark { asset: AssetId },
    /// The collateral's feed does not serve to liquidate.
    Unfit { asset: AssetId, unfit: Unfit },
    /// A liquidation may go up to the target only.
    AboveTarget { asked: Amount, most: Amount },
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
            Self::NoWaterfall { .. } => "no-waterfall",
            Self::NoSupplyLayer { .. } => "no-supply-layer",
            Self::NotAccepted { .. } => "not-accepted",
            Self::Envelope { .. } => "envelope",
            Self::NotAFund { .. } => "not-a-fund",
            Self::Flaw { .. } => "flaw",
            Self::TooMany { .. } => "too-many",
            Self::UnknownPool { .. } => "unknown-pool",
            Self::TermsNotAccepted { .. } => "terms-not-accepted",
            Self::ZeroAmount => "zero-amount",
            Self::DomainOwes { .. } => "domain-owes",
            Self::BelowAShare { .. } => "below-a-share",
            Self::SupplyAboveMost { .. } => "supply-above-most",
            Self::ExitQueueAboveLimit { .. } => "exit-queue-above-limit",
            Self::FirstLossShort { .. } => "first-loss-short",
            Self::DebtAboveMost { .. } => "debt-above-most",
            Self::AboveFree { .. } => "above-free",
            Self::NotLiquid { .. } => "not-liquid",
            Self::NotPledgeable { .. } => "not-pledgeable",
            Self::AbovePledged { .. } => "above-pledged",
            Self::AboveBorrowable { .. } => "above-borrowable",
            Self::BelowLeastDebt { .. } => "below-least-debt",
            Self::AboveDebt { .. } => "above-debt",
            Self::Healthy { .. } => "healthy",
            Self::Failing { .. } => "failing",
            Self::LeavesFailing { .. } => "leaves-failing",
            Self::OwnLoan { .. } => "own-loan",
            Self::NoMark { .. } => "no-mark",
            Self::Unfit { .. } => "price-unfit",
            Self::AboveTarget { .. } => "above-target",
            Self::Account(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::DomainTaken { domain, pool } => {
                write!(f, "domain {domain} bears the losses of pool {pool}: open one of its own")
            }
            Self::DomainInUse { domain } => write!(
                f,
                "domain {domain} has markets or an open episode: open a domain for the pool alone"
            ),
            Self::NoWaterfall { domain } => {
                write!(f, "domain {domain} has no waterfall for defaults: set one first")
            }
            Self::NoSupplyLayer { domain } => write!(
                f,
                "no step of domain {domain}'s waterfall for defaults takes supply: add a layer of \
                 the kind lender-supply with the basis supply"
            ),
            Self::NotAccepted { asset } => {
                write!(f, "asset {asset} is no collateral for what is lent: accept it first")
            }
            Self::Envelope { asset, threshold, most } => write!(
                f,
                "asset {asset} keeps a loan at {threshold} millionths of its value, allowed: up to \
                 {most}, what its sale discount and the bonus leave"
            ),
            Self::NotAFund { layer } => {
                write!(
                    f,
                    "layer {layer} is no pot of the house in the pool's asset that the waterfall \
                     for defaults draws on"
                )
            }
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::UnknownPool { pool } => write!(f, "there is no pool {pool}"),
            Self::TermsNotAccepted { account, domain } => {
                write!(f, "account {account} did not accept the terms of domain {domain}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::BelowAShare { amount } => {
                write!(f, "{amount} supplied, less than a share is worth")
            }
            Self::DomainOwes { owed } => {
                write!(f, "the pool's domain owes {owed}: it takes supply when that is paid")
            }
            Self::SupplyAboveMost { asked, room } => {
                write!(f, "{asked} supplied, the pool takes {room} more")
            }
            Self::DebtAboveMost { asked, room } => {
                write!(f, "{asked} borrowed, the pool lends {room} more")
            }
            Self::AboveFree { asked, supply, lien } => {
                write!(f, "{asked} asked of a supply of {supply}, {lien} of it held for losses")
            }
            Self::ExitQueueAboveLimit { queue } => write!(f, "{queue}"),
            Self::FirstLossShort { gap } => write!(f, "{gap}"),
            Self::NotLiquid { asked, cash } => {
                write!(
                    f,
                    "{asked} asked, the pool has {cash} that is neither lent nor still to come"
                )
            }
            Self::NotPledgeable { asset } => write!(f, "the pool takes no asset {asset}"),
            _ => self.of_loan(f),
        }
    }
}

impl Rejection {
    /// What concerns loans and what is pledged for them.
    fn of_loan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AbovePledged { asked, pledged } => {
                write!(f, "{asked} asked, {pledged} is pledged")
            }
            Self::AboveBorrowable { debt, counted } => {
                write!(f, "a debt of {debt}, the collateral counts for {counted}")
            }
            Self::BelowLeastDebt { debt, least } => {
                write!(f, "a debt of {debt} would be left, allowed: none, or {least} and more")
            }
            Self::AboveDebt { asked, debt } => write!(f, "{asked} repaid of a debt of {debt}"),
            Self::Healthy { debt, counted } => {
                write!(f, "a debt of {debt}, the collateral counts for {counted}: nothing to do")
            }
            Self::Failing { debt, cover } => write!(
                f,
                "a debt of {debt}, the collateral covers {cover}: the pool takes the loan over"
            ),
            Self::LeavesFailing { debt, cover } => write!(
                f,
                "a debt of {debt} would be left, and collateral that covers {cover}: take another"
            ),
            Self::OwnLoan { account } => {
                write!(f, "account {account} is of the borrower's owner")
            }
            Self::NoMark { asset } => write!(f, "asset {asset} has no price"),
            Self::Unfit { asset, unfit } => write!(f, "asset {asset}: {unfit}"),
            Self::AboveTarget { asked, most } => {
                write!(f, "{asked} repaid, a liquidation goes up to {most} now")
            }
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
            _ => f.write_str(self.code()),
        }
    }
}
