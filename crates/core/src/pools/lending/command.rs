//! What may be asked of lending pools, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{PoolSpec, Shares};
use crate::ids::{AccountId, AssetId, LayerId, LossId, PoolId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LendingCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a pool.
    Open {
        /// What it is.
        spec: Box<PoolSpec>,
    } = 1,
    /// An account lends to a pool.
    Supply {
        /// The pool.
        pool: PoolId,
        /// The account, which accepted the terms of the pool's domain.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much, above zero, of what is free in it.
        amount: Amount,
    } = 2,
    /// A lender takes out what is not held for a loss and not lent.
    Redeem {
        /// The pool.
        pool: PoolId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much; nothing for all that can be had now.
        amount: Option<Amount>,
    } = 3,
    /// An account pledges collateral.
    Pledge {
        /// The pool.
        pool: PoolId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The collateral.
        asset: AssetId,
        /// How much, above zero, of what is free in it.
        amount: Amount,
    } = 4,
    /// A borrower takes back collateral that his debt does not need.
    Release {
        /// The pool.
        pool: PoolId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The collateral.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 5,
    /// An account borrows.
    Borrow {
        /// The pool.
        pool: PoolId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 6,
    /// A borrower repays.
    Repay {
        /// The pool.
        pool: PoolId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much; nothing for all that he owes.
        amount: Option<Amount>,
    } = 7,
    /// Somebody repays for a borrower below his threshold, and gets collateral for it.
    Liquidate {
        /// The pool.
        pool: PoolId,
        /// Whose debt it is.
        borrower: AccountId,
        /// Who repays.
        liquidator: AccountId,
        /// The liquidator's next number.
        number: u64,
        /// The collateral he wants.
        asset: AssetId,
        /// How much he repays, above zero.
        amount: Amount,
    } = 8,
}

impl Command {
    /// The pool it is about; nothing where it is to be opened.
    #[must_use]
    pub const fn pool(&self) -> Option<PoolId> {
        match self {
            Self::Open { .. } => None,
            Self::Supply { pool, .. }
            | Self::Redeem { pool, .. }
            | Self::Pledge { pool, .. }
            | Self::Release { pool, .. }
            | Self::Borrow { pool, .. }
            | Self::Repay { pool, .. }
            | Self::Liquidate { pool, .. } => Some(*pool),
        }
    }
}

/// An internal command of lending pools.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LendingDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// Interest is due for an hour or more.
    Accrue { pool: PoolId } = 1,
    /// A borrower's collateral covers his debt no more.
    Fail { pool: PoolId, account: AccountId } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LendingEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A pool was opened.
    Opened { pool: PoolId, spec: Box<PoolSpec> } = 1,
    /// Interest was accrued: all debts and claims rose, no balance did.
    Accrued { pool: PoolId, interest: Amount, fee: Amount, rest: u64 } = 2,
    /// An account lent.
    Supplied {
        pool: PoolId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
    } = 3,
    /// A lender took out.
    Redeemed {
        pool: PoolId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
    } = 4,
    /// An account pledged collateral.
    Pledged { pool: PoolId, account: AccountId, number: u64, asset: AssetId, amount: Amount } = 5,
    /// A borrower took collateral back.
    Released { pool: PoolId, account: AccountId, number: u64, asset: AssetId, amount: Amount } = 6,
    /// An account borrowed.
    Borrowed {
        pool: PoolId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
    } = 7,
    /// A borrower repaid; of it `fee` reached the fund.
    Repaid {
        pool: PoolId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
        fund: LayerId,
        fee: Amount,
    } = 8,
    /// A liquidator repaid for a borrower, and got collateral for it.
    Liquidated {
        pool: PoolId,
        borrower: AccountId,
        liquidator: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        shares: Shares,
        collateral: AssetId,
        seized: Amount,
        fund: LayerId,
        fee: Amount,
    } = 9,
    /// A borrower failed: the book of a loss owes the pool what he owed, and gets what he pledged,
    /// through his account. The house gives its part of the fees that are due up to the lenders.
    Failed {
        pool: PoolId,
        loss: LossId,
        account: AccountId,
        asset: AssetId,
        debt: Amount,
        shares: Shares,
        pledged: Vec<(AssetId, Amount)>,
        waived: Amount,
    } = 10,
    /// Lenders' supply was turned into money in their accounts, which pays their part of a loss in
    /// the next event: account, atoms, shares.
    SupplyTaken {
        pool: PoolId,
        loss: LossId,
        asset: AssetId,
        rows: Vec<(AccountId, Amount, Shares)>,
    } = 11,
}

impl Event {
    /// The pool.
    #[must_use]
    pub const fn pool(&self) -> PoolId {
        match self {
            Self::Opened { pool, .. }
            | Self::Accrued { pool, .. }
            | Self::Supplied { pool, .. }
            | Self::Redeemed { pool, .. }
            | Self::Pledged { pool, .. }
            | Self::Released { pool, .. }
            | Self::Borrowed { pool, .. }
            | Self::Repaid { pool, .. }
            | Self::Liquidated { pool, .. }
            | Self::Failed { pool, .. }
            | Self::SupplyTaken { pool, .. } => *pool,
        }
    }

    /// The loss it is about, if it is about one.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::Failed { loss, .. } | Self::SupplyTaken { loss, .. } => Some(*loss),
            _ => None,
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Supplied { account, number, .. }
            | Self::Redeemed { account, number, .. }
            | Self::Pledged { account, number, .. }
            | Self::Released { account, number, .. }
            | Self::Borrowed { account, number, .. }
            | Self::Repaid { account, number, .. }
            | Self::Liquidated { liquidator: account, number, .. } => Some((*account, *number)),
            Self::Opened { .. }
            | Self::Accrued { .. }
            | Self::Failed { .. }
            | Self::SupplyTaken { .. } => None,
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let mut pay = |asset: AssetId, from: Holder, to: Holder, amount: Amount| {
            if !amount.is_zero() {
                visit(Transfer { asset, from, to, amount });
            }
        };
        let held = |account: &AccountId| Holder::Account(*account);
        match self {
            Self::Opened { .. } | Self::Accrued { .. } => {}
            Self::Supplied { pool, account, asset, amount, .. }
            | Self::Pledged { pool, account, asset, amount, .. } => {
                pay(*asset, held(account), Holder::Pool(*pool), *amount);
            }
            Self::Redeemed { pool, account, asset, amount, .. }
            | Self::Released { pool, account, asset, amount, .. }
            | Self::Borrowed { pool, account, asset, amount, .. } => {
                pay(*asset, Holder::Pool(*pool), held(account), *amount);
            }
            Self::Repaid { pool, account, asset, amount, fund, fee, .. } => {
                pay(*asset, held(account), Holder::Pool(*pool), *amount);
                pay(*asset, Holder::Pool(*pool), Holder::Layer(*fund), *fee);
            }
            Self::Liquidated {
                pool,
                liquidator,
                asset,
                amount,
                collateral,
                seized,
                fund,
                fee,
                ..
            } => {
                pay(*asset, held(liquidator), Holder::Pool(*pool), *amount);
                pay(*asset, Holder::Pool(*pool), Holder::Layer(*fund), *fee);
                pay(*collateral, Holder::Pool(*pool), held(liquidator), *seized);
            }
            Self::Failed { pool, loss, account, asset, debt, pledged, .. } => {
                pay(*asset, Holder::Book(*loss), Holder::Pool(*pool), *debt);
                for (asset, amount) in pledged {
                    pay(*asset, Holder::Pool(*pool), held(account), *amount);
                }
            }
            Self::SupplyTaken { pool, asset, rows, .. } => {
                for (account, amount, _) in rows {
                    pay(*asset, Holder::Pool(*pool), held(account), *amount);
                }
            }
        }
    }
}
