//! What may be asked of collateral, what then happens, and why it may be refused.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{CollateralFlaw, CollateralSpec};
use crate::account;
use crate::ids::{AccountId, AssetId, FeedId, LossId, MarketId};
use crate::ledger::{Holder, Transfer};
use crate::oracle::Unfit;
use crate::units::{Amount, Price};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "CollateralCommand")
)]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Put in force what an asset counts for as collateral. Its mark stays.
    Accept {
        /// What it counts for.
        spec: Box<CollateralSpec>,
    } = 1,
    /// A new price of a collateral; zero where it is dead.
    Mark {
        /// The collateral asset.
        asset: AssetId,
        /// For accounts that trade in this asset.
        settled: AssetId,
        /// In ticks of its scale.
        price: Price,
    } = 2,
    /// What was taken of a failed account was sold, by the venue.
    Sell {
        /// The loss.
        loss: LossId,
        /// The loss's next number: higher than any sale or recovery before.
        number: u64,
        /// The collateral asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
        /// Who bought it; nothing for the outside.
        buyer: Option<AccountId>,
        /// What he paid, in the asset of the loss; no less than the mark less the discount.
        proceeds: Amount,
    } = 3,
    /// From now on a collateral is marked from a feed of prices in its ticks; without one the venue
    /// marks it.
    AttachFeed {
        /// The collateral asset.
        asset: AssetId,
        /// For accounts that trade in this asset.
        settled: AssetId,
        /// The feed.
        feed: Option<FeedId>,
    } = 4,
    /// A new price of a collateral, from its feed.
    MarkFromFeed {
        /// The collateral asset.
        asset: AssetId,
        /// For accounts that trade in this asset.
        settled: AssetId,
    } = 5,
    /// Somebody buys collateral of an account whose loan is past its limit, at the mark less the
    /// sale discount.
    Convert {
        /// Whose collateral.
        account: AccountId,
        /// Who buys it.
        buyer: AccountId,
        /// The buyer's next number.
        number: u64,
        /// The collateral asset.
        asset: AssetId,
        /// How much of it, above zero: no more than brings the loan back to where the account may
        /// widen again.
        amount: Amount,
    } = 6,
}

/// An internal command of collateral.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CollateralDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// What was taken covers nothing any more: it goes back to its owner.
    Return { loss: LossId } = 1,
    /// What was taken found no buyer in the time of a close-out.
    SetAside { loss: LossId } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CollateralEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A collateral was put in force.
    Accepted { spec: Box<CollateralSpec> } = 1,
    /// The price of a collateral moved; no balance did.
    Marked { asset: AssetId, settled: AssetId, price: Price } = 2,
    /// A failed account's collateral moved to the close-out book.
    Taken { loss: LossId, account: AccountId, settled: AssetId, asset: AssetId, amount: Amount } =
        3,
    /// Collateral was sold. Before the loss is measured the proceeds go to the book; after it is
    /// settled they go out, and what covers claims comes back as a recovery of the loss; `over`
    /// is the owner's.
    Sold {
        loss: LossId,
        number: u64,
        settled: AssetId,
        asset: AssetId,
        amount: Amount,
        buyer: Option<AccountId>,
        proceeds: Amount,
        aside: bool,
        over: Option<Box<(AccountId, Amount)>>,
    } = 4,
    /// Collateral went back to its owner as it is.
    Returned { loss: LossId, account: AccountId, asset: AssetId, amount: Amount, aside: bool } = 5,
    /// Collateral without a buyer left the book: it stands aside for a recovery.
    SetAside { loss: LossId, held: Vec<(AssetId, Amount)> } = 6,
    /// From now on the collateral is marked from this feed, or by the venue.
    FeedAttached { asset: AssetId, settled: AssetId, feed: Option<FeedId> } = 7,
    /// Collateral was sold because a loan was past its limit: what the buyer paid lowers the loan.
    Converted {
        account: AccountId,
        buyer: AccountId,
        number: u64,
        settled: AssetId,
        asset: AssetId,
        amount: Amount,
        proceeds: Amount,
    } = 8,
}

impl Event {
    /// The loss for which the collateral was taken, if it was.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::Accepted { .. }
            | Self::Marked { .. }
            | Self::FeedAttached { .. }
            | Self::Converted { .. } => None,
            Self::Taken { loss, .. }
            | Self::Sold { loss, .. }
            | Self::Returned { loss, .. }
            | Self::SetAside { loss, .. } => Some(*loss),
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let holder = |loss, aside| if aside { Holder::Recovery(loss) } else { Holder::Book(loss) };
        match self {
            Self::Accepted { .. } | Self::Marked { .. } | Self::FeedAttached { .. } => {}
            Self::Converted { account, buyer, settled, asset, amount, proceeds, .. } => {
                let (account, buyer) = (Holder::Account(*account), Holder::Account(*buyer));
                visit(Transfer { asset: *asset, from: account, to: buyer, amount: *amount });
                let (asset, amount) = (*settled, *proceeds);
                visit(Transfer { asset, from: buyer, to: account, amount });
            }
            Self::Taken { loss, account, asset, amount, .. } => {
                let (from, to) = (Holder::Account(*account), Holder::Book(*loss));
                visit(Transfer { asset: *asset, from, to, amount: *amount });
            }
            Self::Sold { loss, settled, asset, amount, buyer, proceeds, aside, over, .. } => {
                let buyer = buyer.map_or(Holder::World, Holder::Account);
                let from = holder(*loss, *aside);
                visit(Transfer { asset: *asset, from, to: buyer, amount: *amount });
                // Once the loss is settled, a recovery brings back what covers claims.
                let to = if *aside { Holder::World } else { Holder::Book(*loss) };
                let asset = *settled;
                if buyer != to && !proceeds.is_zero() {
                    visit(Transfer { asset, from: buyer, to, amount: *proceeds });
                }
                if let Some((owner, amount)) = over.as_deref().copied() {
                    visit(Transfer { asset, from: to, to: Holder::Account(owner), amount });
                }
            }
            Self::Returned { loss, account, asset, amount, aside } => {
                let (from, to) = (holder(*loss, *aside), Holder::Account(*account));
                visit(Transfer { asset: *asset, from, to, amount: *amount });
            }
            Self::SetAside { loss, held } => {
                for (asset, amount) in held {
                    let (from, to) = (Holder::Book(*loss), Holder::Recovery(*loss));
                    visit(Transfer { asset: *asset, from, to, amount: *amount });
                }
            }
        }
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "CollateralRejection")
)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such asset.
    UnknownAsset { asset: AssetId },
    /// An asset is not collateral for itself.
    SameAsset { asset: AssetId },
    /// The asset is a token that is issued: more of it is made when its price falls.
    AssetIssued { asset: AssetId },
    /// There is no such market.
    UnknownMarket { market: MarketId },
    /// The wrong-way market is settled in another asset.
    OtherAsset { market: MarketId, asset: AssetId },
    /// The collateral can never be right.
    Flaw { flaw: CollateralFlaw },
    /// The asset was not accepted.
    NotAccepted { asset: AssetId, settled: AssetId },
    /// There is no such feed, or it is not one of prices.
    WrongFeed { asset: AssetId, feed: FeedId },
    /// The collateral is marked from its feed.
    HasFeed { asset: AssetId },
    /// The collateral has no feed.
    NoFeed { asset: AssetId, settled: AssetId },
    /// The feed does not serve.
    Unfit { asset: AssetId, unfit: Unfit },
    /// There is no such loss.
    UnknownLoss { loss: LossId },
    /// The loss is being absorbed: what was taken waits until it is settled.
    BeingAbsorbed { loss: LossId },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// Nothing was sold.
    ZeroAmount,
    /// More than is held for the loss.
    AboveHeld { asked: Amount, held: Amount },
    /// The buyer's owner is he of whom it was taken.
    OwnCollateral { account: AccountId },
    /// Sold for less than the mark less the discount.
    BelowFloor { proceeds: Amount, least: Amount },
    /// The venue holds less of the asset than is sold.
    VaultShort { asked: Amount, vault: Amount },
    /// The asset's balances would pass 10^38.
    TotalAboveBound { asset: AssetId },
    /// The collateral has no price, or is dead.
    NoMark { asset: AssetId },
    /// The account's loan is within its limit.
    WithinLimit { account: AccountId, loan: Amount, max: Amount },
    /// More than brings the loan back within its limit.
    AboveConversion { asked: Amount, most: Amount },
    /// What is sold counts for more than it brings: the account would stand lower.
    CountsForMore { proceeds: Amount, counts: Amount },
    /// Of the buyer's account.
    Account(account::Rejection),
    /// Recovery of the loss is refused.
    NotRecoverable { code: &'static str },
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
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::SameAsset { .. } => "same-asset",
            Self::AssetIssued { .. } => "asset-issued",
            Self::UnknownMarket { .. } => "unknown-market",
            Self::OtherAsset { .. } => "other-asset",
            Self::Flaw { .. } => "flaw",
            Self::NotAccepted { .. } => "not-accepted",
            Self::WrongFeed { .. } => "wrong-feed",
            Self::HasFeed { .. } => "has-feed",
            Self::NoFeed { .. } => "no-feed",
            Self::Unfit { .. } => "price-unfit",
            Self::UnknownLoss { .. } => "unknown-loss",
            Self::BeingAbsorbed { .. } => "being-absorbed",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::AboveHeld { .. } => "above-held",
            Self::OwnCollateral { .. } => "own-collateral",
            Self::BelowFloor { .. } => "below-floor",
            Self::VaultShort { .. } => "vault-short",
            Self::TotalAboveBound { .. } => "total-above-bound",
            Self::NoMark { .. } => "no-mark",
            Self::WithinLimit { .. } => "within-limit",
            Self::AboveConversion { .. } => "above-conversion",
            Self::CountsForMore { .. } => "counts-for-more",
            Self::Account(rejection) => rejection.code(),
            Self::NotRecoverable { .. } => "not-recoverable",
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::SameAsset { asset } => write!(f, "asset {asset} is no collateral for itself"),
            Self::AssetIssued { asset } => {
                write!(f, "asset {asset} is issued to fill holes: it is nobody's collateral")
            }
            Self::UnknownMarket { market } => write!(f, "there is no market {market}"),
            Self::OtherAsset { market, asset } => {
                write!(f, "market {market} is not settled in asset {asset}")
            }
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::NotAccepted { asset, settled } => {
                write!(f, "asset {asset} is no collateral for accounts that trade in {settled}")
            }
            Self::WrongFeed { asset, feed } => {
                write!(f, "feed {feed} is none of prices, and asset {asset} is marked from one")
            }
            Self::HasFeed { asset } => write!(f, "collateral {asset} is marked from its feed"),
            Self::NoFeed { asset, settled } => {
                write!(f, "asset {asset} has no feed for accounts that trade in {settled}")
            }
            Self::Unfit { asset, unfit } => write!(f, "collateral {asset}: {unfit}"),
            Self::UnknownLoss { loss } => write!(f, "there is no loss {loss}"),
            Self::BeingAbsorbed { loss } => {
                write!(f, "loss {loss} is being absorbed: its collateral waits until it is settled")
            }
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::AboveHeld { asked, held } => {
                write!(f, "{asked} sold, {held} is held for the loss")
            }
            Self::OwnCollateral { account } => {
                write!(f, "account {account} buys what was taken of its owner")
            }
            Self::BelowFloor { proceeds, least } => {
                write!(f, "sold for {proceeds}, at least {least} by the mark and the discount")
            }
            Self::VaultShort { asked, vault } => {
                write!(f, "{asked} asked, the vault holds {vault}")
            }
            Self::TotalAboveBound { asset } => {
                write!(f, "the balances of asset {asset} would pass 10^38 atoms")
            }
            Self::NoMark { asset } => write!(f, "asset {asset} has no price"),
            Self::WithinLimit { account, loan, max } => {
                write!(f, "account {account} owes {loan}, its collateral is sold above {max}")
            }
            Self::AboveConversion { asked, most } => {
                write!(f, "{asked} asked, {most} bring the loan back within its limit")
            }
            Self::CountsForMore { proceeds, counts } => {
                write!(f, "sold for {proceeds}, what counts for {counts}")
            }
            Self::Account(rejection) => rejection.fmt(f),
            Self::NotRecoverable { code } => {
                write!(f, "what was recovered cannot be paid out: {code}")
            }
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
