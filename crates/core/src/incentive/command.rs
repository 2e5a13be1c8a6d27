//! What may be asked of incentives, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{FeeRow, FeeTable, Measured, PayTerms, Shut};
use crate::ids::{AssetId, DomainId, LayerId, Time};
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
            Self::FeesDivided { domain, asset, ref rows, .. } => {
                for row in rows {
                    let (from, to) = (Holder::Fees(domain), row.to.holder());
                    visit(Transfer { asset, from, to, amount: row.amount });
                }
            }
            Self::Measured { .. }
            | Self::PaySet { .. }
            | Self::Accrued { .. }
            | Self::FeesSet { .. } => {}
        }
    }

    /// The layer whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(LayerId, u64)> {
        match self {
            Self::PayFunded { layer, number, .. } | Self::TakenOut { layer, number, .. } => {
                Some((*layer, *number))
            }
            _ => None,
        }
    }
}
