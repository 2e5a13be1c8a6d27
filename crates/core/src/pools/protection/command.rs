//! What may be asked of protections, and what then happens.

use alloc::boxed::Box;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Measured, PriceRange, ProtectionSpec};
use crate::ids::{AccountId, AssetId, LayerId, ProtectedId, ProtectionId, Time};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What may be asked: all of it is the venue's report, as a fill is. Whoever could say himself what
/// he put into a pool outside would be insured without anything to lose.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ProtectionCommand")
)]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a protection.
    Open {
        /// What it is.
        spec: Box<ProtectionSpec>,
    } = 1,
    /// An account put liquidity into the pool outside, and pays for its protection.
    Protect {
        /// The protection.
        protection: ProtectionId,
        /// The account, which accepted the terms of the protection's domain.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// What was put in, in the settled asset: both sides, each half of it.
        deposit: Amount,
    } = 2,
    /// The liquidity was taken out: what it lost is measured now.
    Close {
        /// The position.
        position: ProtectedId,
    } = 3,
}

/// An internal command of protections.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProtectionDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// The term of a position is over, and there is a price for it.
    End { position: ProtectedId } = 1,
    /// A claim can be paid.
    Pay { position: ProtectedId } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProtectionEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A protection was opened.
    Opened { protection: ProtectionId, spec: Box<ProtectionSpec> } = 1,
    /// A position is protected: the premium went to the fund.
    Protected {
        protection: ProtectionId,
        position: ProtectedId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        deposit: Amount,
        cap: Amount,
        fund: LayerId,
        premium: Amount,
        entry: PriceRange,
        until: Time,
    } = 2,
    /// A position ended, and what it lost was measured.
    Ended {
        protection: ProtectionId,
        position: ProtectedId,
        account: AccountId,
        fund: LayerId,
        measured: Measured,
    } = 3,
    /// A claim was paid: less than it where the fund held less for it. The position is over.
    Paid {
        protection: ProtectionId,
        position: ProtectedId,
        account: AccountId,
        asset: AssetId,
        fund: LayerId,
        amount: Amount,
        claim: Amount,
    } = 4,
}

impl Event {
    /// The protection.
    #[must_use]
    pub const fn protection(&self) -> ProtectionId {
        match self {
            Self::Opened { protection, .. }
            | Self::Protected { protection, .. }
            | Self::Ended { protection, .. }
            | Self::Paid { protection, .. } => *protection,
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Protected { account, number, .. } => Some((*account, *number)),
            _ => None,
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let (asset, from, to, amount) = match *self {
            Self::Opened { .. } | Self::Ended { .. } => return,
            Self::Protected { asset, account, fund, premium, .. } => {
                (asset, Holder::Account(account), Holder::Layer(fund), premium)
            }
            Self::Paid { asset, account, fund, amount, .. } => {
                (asset, Holder::Layer(fund), Holder::Account(account), amount)
            }
        };
        if !amount.is_zero() {
            visit(Transfer { asset, from, to, amount });
        }
    }
}
