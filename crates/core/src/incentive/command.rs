//! What may be asked of incentives, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{FeeRow, FeeTable, Measured, PayTerms, PremiumRow, PremiumTerms, Shut};
use crate::ids::{AssetId, DomainId, LayerId, MarketId, Time};
use crate::ledger::{Holder, Transfer};
use crate::units::{Amount, text};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IncentiveCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Say a risk figure as it was measured outside. It stands for the last of its subject.
    Measure {
        /// What was measured, by whom, when, until when it serves.
        measured: Measured,
    } = 1,
    /// Say how the stakers of a layer are paid from now on.
    SetPay {
        /// The layer, which takes stakes.
        layer: LayerId,
        /// How; nothing for no more.
        pay: Option<PayTerms>,
    } = 2,
    /// Put money from outside into the pot that the stakers of a layer are paid out of.
    FundPay {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 3,
    /// Say where the fees of a domain go from now on.
    SetFees {
        /// The domain.
        domain: DomainId,
        /// Where; nothing for what the venue says each time.
        table: Option<Box<FeeTable>>,
    } = 4,
    /// The house takes money of its own out of a layer, above what that must hold.
    TakeOut {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 5,
    /// Say how those who hold lots of a market pay for the losses that are expected of it.
    SetPremium {
        /// The market.
        market: MarketId,
        /// How; nothing for no more.
        terms: Option<PremiumTerms>,
    } = 6,
    /// What is left in the pot of pay of a layer that is paid no more goes to the fees of a domain.
    ReturnPay {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
    } = 7,
}

/// An internal command of incentives.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IncentiveDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Duty {
    /// A period is over: the fees that were booked in it are divided.
    DivideFees {
        /// The domain.
        domain: DomainId,
    } = 1,
    /// A period is over: what of the premium of a market was counted is charged.
    ChargePremium {
        /// The market.
        market: MarketId,
    } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IncentiveEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A risk figure was measured.
    Measured { measured: Measured } = 1,
    /// How the stakers of a layer are paid was said.
    PaySet { layer: LayerId, pay: Option<PayTerms> } = 2,
    /// Money came into a pot of pay.
    PayFunded { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 3,
    /// What stakers of a layer earned since then was booked: the reward after this moves it.
    Accrued {
        layer: LayerId,
        since: Time,
        /// What a year paid, in atoms.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        per_year: u128,
        amount: Amount,
        /// What of an atom is earned beyond, in parts of a year's milliseconds.
        rest: u64,
    } = 4,
    /// Where the fees of a domain go was said.
    FeesSet { domain: DomainId, table: Option<Box<FeeTable>> } = 5,
    /// The fees of a domain were divided.
    FeesDivided {
        domain: DomainId,
        asset: AssetId,
        /// What was booked.
        booked: Amount,
        /// What each got.
        rows: Vec<FeeRow>,
        /// Why the house got nothing.
        shut: Option<Shut>,
    } = 6,
    /// The house took money of its own out of a layer.
    TakenOut { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 7,
    /// How the premium of a market is charged was said.
    PremiumSet { market: MarketId, terms: Option<PremiumTerms> } = 8,
    /// What the premium of a market came to since then was counted; no balance moved.
    PremiumCounted {
        market: MarketId,
        since: Time,
        /// What a year is, in atoms.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        per_year: u128,
        /// In atoms.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        amount: u128,
        /// What of an atom is counted beyond, in parts of a year's milliseconds.
        rest: u64,
    } = 9,
    /// The premium of a market is charged: the payments after this move it.
    PremiumCharged {
        market: MarketId,
        /// The lots that accounts hold, both sides.
        lots: u64,
        /// What each pays, in atoms.
        per_lot: u64,
        /// What was due, in atoms.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        due: u128,
        charged: Amount,
        /// What of it falls on nobody, in atoms: above the cap, or of who does not have it.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        forgone: u128,
        /// What rounding down left, in atoms: due with the next charge.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        left: u128,
    } = 10,
    /// Who holds lots paid his part of a premium to the fees of the domain.
    PremiumPaid { market: MarketId, domain: DomainId, asset: AssetId, rows: Vec<PremiumRow> } = 11,
    /// What was left of pay that ended went to the fees of the first domain that the layer stands
    /// behind.
    PayReturned { layer: LayerId, number: u64, domain: DomainId, asset: AssetId, amount: Amount } =
        12,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        match *self {
            Self::PayFunded { layer, asset, amount, .. } => {
                visit(Transfer { asset, from: Holder::World, to: Holder::Pay(layer), amount });
            }
            Self::TakenOut { layer, asset, amount, .. } => {
                visit(Transfer { asset, from: Holder::Layer(layer), to: Holder::World, amount });
            }
            Self::PayReturned { layer, domain, asset, amount, .. } => {
                let (from, to) = (Holder::Pay(layer), Holder::Fees(domain));
                visit(Transfer { asset, from, to, amount });
            }
            Self::FeesDivided { domain, asset, ref rows, .. } => {
                for row in rows {
                    let (from, to) = (Holder::Fees(domain), row.to.holder());
                    visit(Transfer { asset, from, to, amount: row.amount });
                }
            }
            Self::PremiumPaid { domain, asset, ref rows, .. } => {
                for row in rows {
                    let (from, to) = (Holder::Account(row.account), Holder::Fees(domain));
                    visit(Transfer { asset, from, to, amount: row.amount });
                }
            }
            Self::Measured { .. }
            | Self::PaySet { .. }
            | Self::Accrued { .. }
            | Self::FeesSet { .. }
            | Self::PremiumSet { .. }
            | Self::PremiumCounted { .. }
            | Self::PremiumCharged { .. } => {}
        }
    }

    /// The layer whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(LayerId, u64)> {
        match self {
            Self::PayFunded { layer, number, .. }
            | Self::TakenOut { layer, number, .. }
            | Self::PayReturned { layer, number, .. } => Some((*layer, *number)),
            _ => None,
        }
    }
}
