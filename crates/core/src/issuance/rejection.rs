//! Why a command about issuances is refused.

use core::fmt;

use serde::Serialize;

use super::Flaw;
use crate::account;
use crate::ids::{AssetId, DomainId, IssuanceId, LayerId, LossId, Time};
use crate::units::Amount;

/// Why, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "IssuanceRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// It can never be right.
    Flaw { flaw: Flaw },
    /// There is no such layer.
    UnknownLayer { layer: LayerId },
    /// There is no such asset.
    UnknownAsset { asset: AssetId },
    /// The layer is not of kind issuance.
    NotAnIssuance { layer: LayerId },
    /// The token is what a domain settles in, is collateral, or is the layer's own asset.
    NotAToken { asset: AssetId },
    /// The layer or the token is another issuance's.
    InUse { issuance: IssuanceId },
    /// The layer is no pot without stakes, or not of the asset that tokens are sold for.
    NotAFund { layer: LayerId },
    /// A waterfall draws on the tokens before the fund that buys them back.
    FundNotBefore { layer: LayerId, domain: DomainId },
    /// There is no such issuance.
    UnknownIssuance { issuance: IssuanceId },
    /// There is no room for another.
    TooMany { what: &'static str },
    /// A loss that may draw on the layer is known: its rules stay.
    LossKnown { layer: LayerId },
    /// The count is of a time to come, or before the last one.
    CountNotNew { at: Time, last: Time, now: Time },
    /// Fewer tokens than are held here.
    BelowHeld { amount: Amount, held: Amount },
    /// No auction of the issuance is open for the loss.
    NoAuction { issuance: IssuanceId, loss: LossId },
    /// Nothing is bought back now.
    NoBuyback { issuance: IssuanceId },
    /// No lots are asked for.
    ZeroLots,
    /// A lot costs more than the account would pay.
    PriceAbove { asset: AssetId, price: Amount, most: Amount },
    /// The rest of the hole buys less than an atom of the token at this price.
    BelowAtom { asset: AssetId, left: Amount, price: Amount },
    /// What is in or was issued of the token would pass its bound.
    TotalAboveBound { asset: AssetId },
    /// The account was the obstacle.
    Account(account::Rejection),
    /// It is not due.
    NotDue,
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
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
            Self::Flaw { .. } => "issuance-flaw",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::NotAnIssuance { .. } => "not-an-issuance",
            Self::NotAToken { .. } => "not-a-token",
            Self::InUse { .. } => "issuance-in-use",
            Self::NotAFund { .. } => "not-a-fund",
            Self::FundNotBefore { .. } => "fund-not-before",
            Self::UnknownIssuance { .. } => "unknown-issuance",
            Self::TooMany { .. } => "too-many",
            Self::LossKnown { .. } => "loss-known",
            Self::CountNotNew { .. } => "count-not-new",
            Self::BelowHeld { .. } => "count-below-held",
            Self::NoAuction { .. } => "no-auction",
            Self::NoBuyback { .. } => "no-buyback",
            Self::ZeroLots => "zero-lots",
            Self::PriceAbove { .. } => "price-above-most",
            Self::BelowAtom { .. } => "below-atom",
            Self::TotalAboveBound { .. } => "total-above-bound",
            Self::Account(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::NotAnIssuance { layer } => write!(f, "layer {layer} is not of kind issuance"),
            Self::NotAToken { asset } => write!(
                f,
                "asset {asset} is what a domain settles in, or collateral: nobody may make more \
                 of it"
            ),
            Self::InUse { issuance } => {
                write!(f, "issuance {issuance} sells for the layer, or sells the token, already")
            }
            Self::NotAFund { layer } => {
                write!(f, "layer {layer} is no pot without stakes in the asset tokens are sold for")
            }
            Self::FundNotBefore { layer, domain } => write!(
                f,
                "a waterfall of domain {domain} draws on the tokens, and not on layer {layer} in a \
                 step before: nothing is issued while the fund could pay"
            ),
            Self::UnknownIssuance { issuance } => write!(f, "there is no issuance {issuance}"),
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::LossKnown { layer } => {
                write!(f, "a loss that may draw on layer {layer} is known: its rules stay")
            }
            Self::CountNotNew { at, last, now } => {
                write!(f, "the count is of {at}: the last was of {last}, and it is {now} now")
            }
            Self::BelowHeld { amount, held } => {
                write!(f, "{amount} tokens outstanding, {held} are held here")
            }
            Self::NoAuction { issuance, loss } => {
                write!(f, "issuance {issuance} sells nothing for loss {loss} now")
            }
            Self::NoBuyback { issuance } => {
                write!(f, "issuance {issuance} buys nothing back now")
            }
            Self::ZeroLots => f.write_str("no lots are asked for"),
            Self::PriceAbove { price, most, .. } => {
                write!(f, "a lot costs {price} now, at most {most} is given")
            }
            Self::BelowAtom { left, price, .. } => write!(
                f,
                "{left} is left of the hole, less than an atom of the token at {price} a lot"
            ),
            Self::TotalAboveBound { asset } => {
                write!(f, "what is held or was issued of asset {asset} would pass its bound")
            }
            Self::Account(rejection) => fmt::Display::fmt(rejection, f),
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
