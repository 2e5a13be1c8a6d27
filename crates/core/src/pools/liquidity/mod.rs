//! Liquidity pools: vaults. Many put money together; the vault trades with it, and takes the other
//! side of whoever trades with it, by fills that the venue reports as any others. Its account is an
//! account: margin, liquidation, deleveraging and default are what they are for everybody.
//!
//! What a holder has is shares. A vault is worth two figures: by the book, its equity at the mark;
//! and what it would fetch, less what closing its legs may cost under stress and what is held of
//! its account for losses. Who enters pays the higher, who leaves gets the lower, and what rounding
//! leaves is theirs who stay. Nobody else can put money into its account or take it out.
//!
//! Holders may be liable for losses of the vault's domain: each by his profit first, what his
//! shares would fetch above his own entry cost, then by what is left of his shares. Who pays gives
//! shares for it, so that the others have what they had. Nobody enters or leaves while a loss is
//! known. A vault that fails is taken over as everybody is: its shares are worth nothing then, or
//! what comes back of its margin, and whoever enters later begins a new epoch.

mod command;
mod decide;
mod evolve;
mod exits;
mod fees;
mod rejection;
mod spec;
mod value;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

pub use super::{Shares, Side};
pub use command::{Command, Duty, Event};
pub(crate) use decide::decide;
pub(crate) use exits::{decide_duty, duty};
pub use fees::HolderFee;
pub(crate) use fees::sum as fee_sum;
pub use rejection::Rejection;
pub use spec::{
    Flaw, MAX_COOLDOWN, MAX_FEE_PERIOD, MAX_VAULT, MIN_ENTRY, MIN_FEE_PERIOD, VaultSpec,
};
pub(crate) use value::given;
pub use value::{Leaves, Worth};

use crate::ids::{AccountId, DomainId, Time, VaultId};
use crate::units::Amount;

/// What an account has of a vault.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Holding {
    /// Its shares.
    pub shares: Shares,
    /// Its entry cost: what it paid for them. Who leaves takes his part of it along; who pays for a
    /// loss does not, so that what he lost is not a profit when it is earned back.
    pub cost: Amount,
    /// What it asked to leave with, if it did.
    pub exit: Option<Exit>,
    /// Its high-water mark: what its shares must be worth before a fee is taken. At first its entry
    /// cost; it rises by what a fee was taken of, less the fee. Who pays for a loss keeps it.
    pub high_water: Amount,
}

/// An exit on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exit {
    /// How many shares, above zero.
    pub shares: Shares,
    /// The end of its cooldown.
    pub until: Time,
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vault {
    /// As it was opened.
    pub spec: VaultSpec,
    /// Its account, of an owner of its own.
    pub account: AccountId,
    /// How often it began anew: with shares that were worth nothing, or that nobody had.
    pub epoch: u32,
    /// All shares.
    pub shares: Shares,
    /// All entry costs: what those who hold shares paid for them.
    pub cost: Amount,
    pub(crate) holders: BTreeMap<AccountId, Holding>,
    /// The exits in the order in which they are paid.
    pub(crate) queue: BTreeSet<(Time, AccountId)>,
    /// From when on fees are taken next of those who stay, where they are.
    pub(crate) next_fees: Time,
}

impl Vault {
    /// Every account that holds shares, in id order.
    pub fn holders(&self) -> impl Iterator<Item = (AccountId, &Holding)> {
        self.holders.iter().map(|(account, holding)| (*account, holding))
    }

    /// What `account` holds; nothing where it holds no shares.
    #[must_use]
    pub fn holding(&self, account: AccountId) -> Holding {
        self.holders.get(&account).copied().unwrap_or_default()
    }

    /// From when on fees are taken next of those who stay; nothing where only who leaves pays.
    #[must_use]
    pub fn next_fees(&self) -> Option<Time> {
        (self.spec.fee_period > 0).then_some(self.next_fees)
    }

    /// The exits, in the order in which they are paid.
    pub fn exits(&self) -> impl Iterator<Item = (AccountId, Exit)> + '_ {
        let of = |(_, account): &(Time, AccountId)| Some((*account, self.holding(*account).exit?));
        self.queue.iter().filter_map(of)
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vaults {
    pub(crate) vaults: Vec<Vault>,
    /// By its account.
    pub(crate) of_account: BTreeMap<AccountId, VaultId>,
}

impl Vaults {
    /// The vault `id`.
    #[must_use]
    pub fn vault(&self, id: VaultId) -> Option<&Vault> {
        self.vaults.get(id.index())
    }

    /// Every vault, in id order.
    pub fn vaults(&self) -> impl Iterator<Item = (VaultId, &Vault)> {
        let vaults = self.vaults.iter().enumerate();
        vaults.filter_map(|(place, vault)| Some((VaultId::at(place)?, vault)))
    }

    /// The vault whose holders may bear losses of `domain`: a domain has one at most.
    #[must_use]
    pub fn in_domain(&self, domain: DomainId) -> Option<(VaultId, &Vault)> {
        self.vaults().find(|(_, vault)| vault.spec.domain == domain)
    }

    /// The vault whose account it is.
    #[must_use]
    pub fn of_account(&self, account: AccountId) -> Option<VaultId> {
        self.of_account.get(&account).copied()
    }

    /// Whether some of `accounts` are of vaults.
    pub(crate) fn has_one_of(&self, accounts: &[AccountId]) -> bool {
        let known = !self.of_account.is_empty();
        known && accounts.iter().any(|account| self.of_account.contains_key(account))
    }
}
