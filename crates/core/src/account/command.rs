//! What may be asked of accounts, what then happens, and why it may be refused.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::AccountKind;
use crate::ids::{AccountId, AssetId, DomainId, Name, OwnerId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AccountCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open an owner.
    OpenOwner {
        /// His external id.
        name: Name,
    } = 1,
    /// Open an account.
    OpenAccount {
        /// Its external id.
        name: Name,
        /// Whose it is.
        owner: OwnerId,
        /// Cross or isolated.
        kind: AccountKind,
    } = 2,
    /// Money comes in.
    Deposit {
        /// To whom.
        account: AccountId,
        /// The account's next number: higher than any before.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 3,
    /// Money leaves; only what is free.
    Withdraw {
        /// From whom.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 4,
    /// Money moves between accounts; only what is free.
    Transfer {
        /// From whom.
        from: AccountId,
        /// To whom.
        to: AccountId,
        /// The payer's next number.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 5,
    /// The venue settles a result between two accounts of a domain; the loser's balance may
    /// fall below zero, and is then detected.
    SettleResult {
        /// The domain it was made in.
        domain: DomainId,
        /// The domain's next number.
        number: u64,
        /// Who lost.
        loser: AccountId,
        /// Who won.
        winner: AccountId,
        /// How much, above zero.
        amount: Amount,
    } = 6,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AccountEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// An owner was opened.
    OwnerOpened { owner: OwnerId, name: Name } = 1,
    /// An account was opened.
    AccountOpened { account: AccountId, name: Name, owner: OwnerId, kind: AccountKind } = 2,
    /// Money came in.
    Deposited { account: AccountId, number: u64, asset: AssetId, amount: Amount } = 3,
    /// Money left.
    Withdrawn { account: AccountId, number: u64, asset: AssetId, amount: Amount } = 4,
    /// Money moved between accounts.
    Transferred { from: AccountId, to: AccountId, number: u64, asset: AssetId, amount: Amount } = 5,
    /// A result was settled between two accounts.
    ResultSettled {
        domain: DomainId,
        asset: AssetId,
        number: u64,
        loser: AccountId,
        winner: AccountId,
        amount: Amount,
    } = 6,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let (asset, from, to, amount) = match *self {
            Self::OwnerOpened { .. } | Self::AccountOpened { .. } => return,
            Self::Deposited { account, asset, amount, .. } => {
                (asset, Holder::World, Holder::Account(account), amount)
            }
            Self::Withdrawn { account, asset, amount, .. } => {
                (asset, Holder::Account(account), Holder::World, amount)
            }
            Self::Transferred { from, to, asset, amount, .. } => {
                (asset, Holder::Account(from), Holder::Account(to), amount)
            }
            Self::ResultSettled { asset, loser, winner, amount, .. } => {
                (asset, Holder::Account(loser), Holder::Account(winner), amount)
            }
        };
        visit(Transfer { asset, from, to, amount });
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AccountRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such owner.
    UnknownOwner { owner: OwnerId },
    /// There is no such account.
    UnknownAccount { account: AccountId },
    /// There is no such asset.
    UnknownAsset { asset: AssetId },
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain has no waterfall for defaults: a hole would stand for ever.
    NoWaterfall { domain: DomainId },
    /// The external id is already in use.
    NameInUse { name: Name },
    /// The table is full.
    TooMany { what: &'static str, max: u32 },
    /// The actor does not own the account.
    NotOwner { account: AccountId, owner: OwnerId },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// Payer and payee are one.
    SameAccount { account: AccountId },
    /// More than is free.
    WithdrawalAboveFree {
        asked: Amount,
        free: Amount,
        /// Equity at the marks.
        held: Amount,
        /// Unrealised and unmatured profit, initial margin, and what stays as collateral.
        withheld: Amount,
        lien: Amount,
    },
    /// The venue holds less of the asset outside than is asked.
    VaultShort { asked: Amount, vault: Amount },
    /// The payee's balance would pass 10^30.
    BalanceAboveBound { account: AccountId },
    /// The asset is collateral, and the venue takes no more of it.
    CollateralAboveCap { asset: AssetId, asked: Amount, room: Amount },
    /// The asset's balances would pass 10^38.
    TotalAboveBound { asset: AssetId },
    /// The account is a vault's, or its owner's.
    OfVault { account: AccountId },
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownOwner { .. } => "unknown-owner",
            Self::UnknownAccount { .. } => "unknown-account",
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::NoWaterfall { .. } => "no-waterfall",
            Self::NameInUse { .. } => "name-in-use",
            Self::TooMany { .. } => "too-many",
            Self::NotOwner { .. } => "not-owner",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::SameAccount { .. } => "same-account",
            Self::WithdrawalAboveFree { .. } => "withdrawal-above-free",
            Self::VaultShort { .. } => "vault-short",
            Self::BalanceAboveBound { .. } => "balance-above-bound",
            Self::CollateralAboveCap { .. } => "collateral-above-cap",
            Self::TotalAboveBound { .. } => "total-above-bound",
            Self::OfVault { .. } => "of-vault",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOwner { owner } => write!(f, "there is no owner {owner}"),
            Self::UnknownAccount { account } => write!(f, "there is no account {account}"),
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::NoWaterfall { domain } => {
                write!(f, "domain {domain} has no waterfall for defaults")
            }
            Self::NameInUse { name } => write!(f, "the name {name} is in use"),
            Self::TooMany { what, max } => write!(f, "there are {max} {what} already, the most"),
            Self::NotOwner { account, owner } => {
                write!(f, "account {account} does not belong to owner {owner}")
            }
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::SameAccount { account } => write!(f, "account {account} is payer and payee"),
            Self::WithdrawalAboveFree { asked, free, held, withheld, lien } => {
                write!(f, "{asked} asked, {free} is free: held {held}")?;
                if !withheld.is_zero() {
                    write!(f, " less {withheld} for margin and profit not yet matured")?;
                }
                write!(f, " less lien {lien}")
            }
            Self::VaultShort { asked, vault } => {
                write!(f, "{asked} asked, the vault holds {vault}")
            }
            Self::BalanceAboveBound { account } => {
                write!(f, "the balance of account {account} would pass 10^30 atoms")
            }
            Self::CollateralAboveCap { asset, asked, room } => {
                write!(f, "{asked} of collateral {asset} deposited, there is room for {room}")
            }
            Self::TotalAboveBound { asset } => {
                write!(f, "the balances of asset {asset} would pass 10^38 atoms")
            }
            Self::OfVault { account } => write!(
                f,
                "account {account} is a vault's: its money comes and goes by shares alone"
            ),
        }
    }
}
