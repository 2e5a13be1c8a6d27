//! What may be asked of vaults, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{HolderFee, Shares, VaultSpec, fee_sum};
use crate::ids::{AccountId, AssetId, LayerId, LossId, Time, VaultId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LiquidityCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a vault, with an owner and an account of its name.
    Open {
        /// What it is.
        spec: Box<VaultSpec>,
    } = 1,
    /// An account puts money in, and gets shares for it.
    Enter {
        /// The vault.
        vault: VaultId,
        /// The account, which accepted the terms of the vault's domain.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much, of what is free in it.
        amount: Amount,
    } = 2,
    /// A holder asks to leave with shares: he is paid when the cooldown is over. Whoever asks
    /// leaves; who asks for more waits for all of it anew.
    Leave {
        /// The vault.
        vault: VaultId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// With how many shares, above zero; nothing for all that stay.
        shares: Option<Shares>,
    } = 3,
}

impl Command {
    /// The vault it is about; nothing where it is to be opened.
    #[must_use]
    pub const fn vault(&self) -> Option<VaultId> {
        match self {
            Self::Open { .. } => None,
            Self::Enter { vault, .. } | Self::Leave { vault, .. } => Some(*vault),
        }
    }
}

/// An internal command of vaults.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LiquidityDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// The cooldown of an exit is over, and there is money for it.
    PayExit { vault: VaultId, account: AccountId } = 1,
    /// A period is over: the fee of those who stay is taken, or put off.
    TakeFees { vault: VaultId } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LiquidityEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A vault was opened; its owner and its account were opened right before.
    Opened { vault: VaultId, account: AccountId, spec: Box<VaultSpec> } = 1,
    /// A vault begins anew: its shares were worth nothing, or nobody had any. What is left in its
    /// account then is the fund's.
    Restarted {
        vault: VaultId,
        epoch: u32,
        account: AccountId,
        asset: AssetId,
        fund: LayerId,
        amount: Amount,
    } = 2,
    /// An account entered: money went to the vault's account, `into`.
    Entered {
        vault: VaultId,
        into: AccountId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
    } = 3,
    /// A holder asked to leave with `shares` in all, and will not be paid before then.
    LeaveAsked { vault: VaultId, account: AccountId, number: u64, shares: Shares, until: Time } = 4,
    /// A holder left with shares, or with a part of what he asked for: `amount` left the vault's
    /// account, `from`; of it `fee` is the fund's and the rest his. `cost` is the entry cost that
    /// went with the shares, `high_water` the part of the high-water mark.
    Left {
        vault: VaultId,
        from: AccountId,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
        cost: Amount,
        fund: LayerId,
        fee: Amount,
        high_water: Amount,
    } = 5,
    /// Shares were turned into money in their holders' accounts, which pays their part of a loss in
    /// the next event: account, atoms, shares.
    ValueTaken {
        vault: VaultId,
        loss: LossId,
        from: AccountId,
        asset: AssetId,
        rows: Vec<(AccountId, Amount, Shares)>,
    } = 6,
    /// The fee of those who stay went from the vault's account, `from`, to the fund, for shares:
    /// nobody pays who gained nothing above his high-water mark. It is taken again from `next` on.
    FeesTaken {
        vault: VaultId,
        from: AccountId,
        asset: AssetId,
        fund: LayerId,
        next: Time,
        rows: Vec<HolderFee>,
    } = 7,
    /// The fee of those who stay, `amount` in all, waits until `next`: the vault's margin, or the
    /// fund, leaves room for less.
    FeesPutOff {
        vault: VaultId,
        from: AccountId,
        asset: AssetId,
        amount: Amount,
        room: Amount,
        next: Time,
    } = 8,
}

impl Event {
    /// The vault.
    #[must_use]
    pub const fn vault(&self) -> VaultId {
        match self {
            Self::Opened { vault, .. }
            | Self::Restarted { vault, .. }
            | Self::Entered { vault, .. }
            | Self::LeaveAsked { vault, .. }
            | Self::Left { vault, .. }
            | Self::ValueTaken { vault, .. }
            | Self::FeesTaken { vault, .. }
            | Self::FeesPutOff { vault, .. } => *vault,
        }
    }

    /// The loss it is about, if it is about one.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::ValueTaken { loss, .. } => Some(*loss),
            _ => None,
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Entered { account, number, .. } | Self::LeaveAsked { account, number, .. } => {
                Some((*account, *number))
            }
            _ => None,
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let mut pay = |asset: AssetId, from: Holder, to: Holder, amount: Amount| {
            if !amount.is_zero() {
                visit(Transfer { asset, from, to, amount });
            }
        };
        match *self {
            Self::Opened { .. } | Self::LeaveAsked { .. } | Self::FeesPutOff { .. } => {}
            Self::Restarted { account, asset, fund, amount, .. } => {
                pay(asset, Holder::Account(account), Holder::Layer(fund), amount);
            }
            Self::Entered { into, account, asset, amount, .. } => {
                pay(asset, Holder::Account(account), Holder::Account(into), amount);
            }
            Self::Left { from, account, asset, amount, fund, fee, .. } => {
                let his = amount.less_or_zero(fee);
                pay(asset, Holder::Account(from), Holder::Account(account), his);
                pay(asset, Holder::Account(from), Holder::Layer(fund), fee);
            }
            Self::ValueTaken { from, asset, ref rows, .. } => {
                for (account, amount, _) in rows {
                    pay(asset, Holder::Account(from), Holder::Account(*account), *amount);
                }
            }
            Self::FeesTaken { from, asset, fund, ref rows, .. } => {
                pay(asset, Holder::Account(from), Holder::Layer(fund), fee_sum(rows));
            }
        }
    }
}
