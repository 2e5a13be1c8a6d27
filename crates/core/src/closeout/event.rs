//! What close-out does by itself, and what then happened.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AssetId, DomainId, LossId, MarketId, Time};
use crate::ledger::{Holder, Transfer};
use crate::market::Party;
use crate::units::{Amount, Fraction, Price, Quantity, SignedAmount};

/// An internal command of close-out.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// The close-out of a loss got too dear or took too long.
    BeginDeleveraging { loss: LossId } = 1,
    /// What a book holds in one market goes to the other side.
    Deleverage { loss: LossId, market: MarketId } = 2,
}

/// Why a close-out left the market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
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
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// What is left of a book goes to auto-deleveraging, to the end.
    DeleveragingBegun { loss: LossId, why: Why } = 1,
    /// A book's lots in one market went to parties on the other side, at the mark.
    Deleveraged {
        loss: LossId,
        market: MarketId,
        domain: DomainId,
        asset: AssetId,
        price: Price,
        /// What a lot was worth: price x unit - F, in atoms.
        lot_value: i64,
        /// The leverage that accounts were drained to.
        level: Option<Fraction>,
        /// Whether that leverage lies on the other side.
        turned: bool,
        /// Who took how many lots: above zero, bought from the book.
        taken: Vec<(Party, Quantity)>,
    } = 2,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let Self::Deleveraged { loss, asset, lot_value, taken, .. } = self else { return };
        for (party, lots) in taken {
            let cost = i128::from(lots.lots()) * i128::from(*lot_value);
            let (party, book) = (party.holder(), Holder::Book(*loss));
            let (from, to) = if cost < 0 { (book, party) } else { (party, book) };
            let amount = Amount::new(cost.unsigned_abs()).unwrap_or(Amount::MAX);
            if !amount.is_zero() {
                visit(Transfer { asset: *asset, from, to, amount });
            }
        }
    }
}

/// Why a duty is refused: never, while `duty` names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
pub enum Rejection {
    /// It is not due.
    NotDue,
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDue => "not-due",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDue => f.write_str("this is not due"),
        }
    }
}
