//! What may be asked of close-outs, from outside and by the engine itself, and why it may be
//! refused.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{RouteFlaw, Routes};
use crate::ids::{AccountId, AssetId, LayerId, LossId, MarketId};
use crate::market::{self, Party};

/// What may be asked from outside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CloseOutCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Put routes in force for accounts that trade in an asset.
    SetRoutes {
        /// The asset.
        asset: AssetId,
        /// The routes.
        routes: Routes,
    } = 1,
    /// A bidder takes a part of an account in auction, or of a close-out book.
    Bid {
        /// Whose legs.
        from: Party,
        /// Who takes them.
        bidder: AccountId,
        /// Which part of every leg, in millionths.
        part: u32,
    } = 2,
}

/// An internal command of close-out.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CloseOutDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// The close-out of a loss got too dear or took too long.
    BeginDeleveraging { loss: LossId } = 1,
    /// What a book holds in one market goes to the other side.
    Deleverage { loss: LossId, market: MarketId } = 2,
    /// An account fell below maintenance.
    BeginLiquidation { account: AccountId } = 3,
    /// An account in liquidation stands at its target, holds nothing, or failed.
    EndLiquidation { account: AccountId } = 4,
    /// A route's time or budget is out.
    NextRoute { account: AccountId } = 5,
    /// A backstop buys of an account.
    SellToBackstop { account: AccountId } = 6,
    /// What an account must give up in one market goes to the other side.
    DeleverageAccount { account: AccountId, market: MarketId } = 7,
    /// A backstop buys of a book.
    SellBookToBackstop { loss: LossId } = 8,
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "CloseOutRejection")
)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such asset.
    UnknownAsset { asset: AssetId },
    /// There is no such account.
    UnknownAccount { account: AccountId },
    /// The actor does not own the account.
    NotOwner { account: AccountId },
    /// The fund is no pot of the asset.
    NoPot { layer: LayerId },
    /// The routes can never be right.
    Flaw { flaw: RouteFlaw },
    /// A market of the asset admits no penalty as high, in millionths.
    PenaltyAboveLimit { market: MarketId, penalty: u32, max: u32 },
    /// Nothing of this party is in auction now.
    NoAuction,
    /// A bidder cannot take his own.
    OwnAuction { account: AccountId },
    /// The part is less than a lot of every leg.
    NothingToTake { part: u32 },
    /// More than may be taken now, in millionths.
    PartAboveMost { part: u32, most: u32 },
    /// The bidder could not hold what he takes.
    Market(market::Rejection),
    /// It is not due.
    NotDue,
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::UnknownAccount { .. } => "unknown-account",
            Self::NotOwner { .. } => "not-owner",
            Self::NoPot { .. } => "no-pot",
            Self::Flaw { .. } => "flaw",
            Self::PenaltyAboveLimit { .. } => "penalty-above-limit",
            Self::NoAuction => "no-auction",
            Self::OwnAuction { .. } => "own-auction",
            Self::NothingToTake { .. } => "nothing-to-take",
            Self::PartAboveMost { .. } => "part-above-most",
            Self::Market(rejection) => rejection.code(),
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::UnknownAccount { account } => write!(f, "there is no account {account}"),
            Self::NotOwner { account } => write!(f, "account {account} is not the actor's"),
            Self::NoPot { layer } => write!(f, "layer {layer} is no pot of the asset"),
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::PenaltyAboveLimit { market, penalty, max } => write!(
                f,
                "a penalty of {penalty} millionths, allowed by market {market}: up to {max}"
            ),
            Self::NoAuction => f.write_str("nothing of this party is in auction now"),
            Self::OwnAuction { account } => write!(f, "account {account} bids for its own legs"),
            Self::NothingToTake { part } => {
                write!(f, "{part} millionths of every leg is less than a lot")
            }
            Self::PartAboveMost { part, most } => {
                write!(f, "{part} millionths asked, at most {most} may be taken now")
            }
            Self::Market(rejection) => rejection.fmt(f),
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
