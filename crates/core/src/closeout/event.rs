//! What happens in close-outs.

use alloc::boxed::Box;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::Routes;
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LossId, MarketId, Time};
use crate::ledger::{Holder, Transfer};
use crate::market::Party;
use crate::units::{Amount, Fraction, Price, Quantity, SignedAmount};

/// Why a close-out left the market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CloseOutWhy"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[repr(u8)]
pub enum Why {
    /// What was lost since takeover and the stressed cost of the rest pass the budget.
    Budget {
        /// Lost since takeover, below zero for a gain.
        lost: SignedAmount,
        /// The stressed cost of closing what is left.
        cost: Amount,
        /// What the close-out may cost.
        budget: Amount,
    } = 1,
    /// Its time is out.
    Deadline {
        /// When it was.
        deadline: Time,
    } = 2,
    /// The domain's funds paid too much of what they held in this episode.
    Drawdown {
        /// What they paid in it.
        paid: Amount,
        /// What they hold.
        held: Amount,
    } = 3,
    /// Nobody took the book in the auction among members: what is left is torn up.
    NoBid = 4,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CloseOutEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// What is left of a book goes to auto-deleveraging, to the end.
    DeleveragingBegun { loss: LossId, why: Why } = 1,
    /// A party's lots in one market went to parties on the other side, at the mark.
    Deleveraged {
        from: Party,
        market: MarketId,
        domain: DomainId,
        asset: AssetId,
        price: Price,
        /// What a lot was worth: price x unit - F, in atoms.
        lot_value: i64,
        /// The gross value that moved.
        value: Amount,
        /// The leverage that accounts were drained to.
        level: Option<Box<Fraction>>,
        /// Whether that leverage lies on the other side.
        turned: bool,
        /// Who took how many lots: above zero, bought from the party.
        taken: Vec<(Party, Quantity)>,
    } = 2,
    /// Routes are in force for accounts that trade in an asset.
    RoutesSet { asset: AssetId, routes: Routes } = 3,
    /// An account fell below maintenance: what of its legs is to be closed, with their sides.
    LiquidationBegun {
        account: AccountId,
        equity: SignedAmount,
        maintenance: Amount,
        plan: Vec<(MarketId, Quantity)>,
    } = 4,
    /// A route's time or budget was out: the next one is tried.
    RouteTaken { account: AccountId, route: u16, equity: SignedAmount } = 5,
    /// An account in liquidation stands at its target, holds nothing, or failed.
    LiquidationEnded { account: AccountId } = 6,
    /// Legs went to an account at the mark, with a bonus out of the seller's equity.
    LegsSold {
        from: Party,
        to: AccountId,
        asset: AssetId,
        /// Market, its domain, lots with the seller's side, what a lot was worth.
        legs: Vec<(MarketId, DomainId, Quantity, i64)>,
        /// The gross value that moved.
        value: Amount,
        bonus: Amount,
        /// What a bidder left of the seller's equity in what he took: it is not for sale again.
        paid: Amount,
        /// Whether a backstop bought, at its quote.
        backstop: bool,
    } = 7,
    /// A penalty was charged: never more than the account had, and the fund got what was charged.
    PenaltyCharged {
        account: AccountId,
        asset: AssetId,
        fund: LayerId,
        asked: Amount,
        charged: Amount,
    } = 8,
    /// What of each leg of an account goes to the other side before another plan is made.
    DeleveragingPlanned { account: AccountId, plan: Vec<(MarketId, Quantity)> } = 9,
}

impl Event {
    /// The loss whose book the event is about, if it is about one.
    pub(crate) fn loss(&self) -> Option<LossId> {
        match self {
            Self::DeleveragingBegun { loss, .. } => Some(*loss),
            Self::Deleveraged { from, .. } | Self::LegsSold { from, .. } => from.loss(),
            _ => None,
        }
    }

    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        match self {
            Self::Deleveraged { from, asset, lot_value, taken, .. } => {
                for (party, lots) in taken {
                    let cost = i128::from(lots.lots()) * i128::from(*lot_value);
                    pay(*asset, party.holder(), from.holder(), cost, visit);
                }
            }
            Self::LegsSold { from, to, asset, legs, bonus, .. } => {
                let (seller, buyer) = (from.holder(), Holder::Account(*to));
                for (_, _, lots, lot_value) in legs {
                    let cost = i128::from(lots.lots()) * i128::from(*lot_value);
                    pay(*asset, buyer, seller, cost, visit);
                }
                pay(*asset, seller, buyer, bonus.atoms().cast_signed(), visit);
            }
            Self::PenaltyCharged { account, asset, fund, charged, .. } => {
                let (from, to) = (Holder::Account(*account), Holder::Layer(*fund));
                pay(*asset, from, to, charged.atoms().cast_signed(), visit);
            }
            _ => {}
        }
    }
}

/// `cost` atoms from one holder to another; below zero, the other way.
fn pay(asset: AssetId, from: Holder, to: Holder, cost: i128, visit: &mut dyn FnMut(Transfer)) {
    let (from, to) = if cost < 0 { (to, from) } else { (from, to) };
    let amount = Amount::new(cost.unsigned_abs()).unwrap_or(Amount::MAX);
    if !amount.is_zero() {
        visit(Transfer { asset, from, to, amount });
    }
}
