//! Owners and accounts: deposits, withdrawals and transfers, liens respected.

mod command;
mod decide;

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use command::{Command, Event, Rejection};
pub(crate) use decide::{decide, free_above, numbered, open_both, owned_by, room_above};

use crate::domain;
use crate::ids::{AccountId, DomainId, Name, OwnerId};

/// Cross accounts share an owner's margin; isolated ones stand alone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum AccountKind {
    /// Shares margin over its legs.
    Cross = 1,
    /// Holds one leg's margin.
    Isolated = 2,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// The external id.
    pub name: Name,
    /// Whose it is.
    pub owner: OwnerId,
    /// Cross or isolated.
    pub kind: AccountKind,
    /// The number of the last command that moved its money: numbers only rise.
    pub last_number: u64,
    /// The domain in which it last lost a settled result.
    pub last_domain: Option<DomainId>,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Accounts {
    pub(crate) owners: Vec<Name>,
    pub(crate) accounts: Vec<Account>,
    /// By domain: the number of the last result settled between accounts.
    pub(crate) last_result: Vec<u64>,
}

impl Accounts {
    /// The account `id`.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id.index())
    }

    /// The owner's external id.
    #[must_use]
    pub fn owner(&self, id: OwnerId) -> Option<&Name> {
        self.owners.get(id.index())
    }

    /// Every account, in id order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().enumerate().filter_map(|(i, a)| Some((AccountId::at(i)?, a)))
    }

    /// Stakes are commands of an account: they take its numbers.
    pub(crate) fn evolve_domain(&mut self, event: &domain::Event) {
        match *event {
            domain::Event::Staked { account, number, .. }
            | domain::Event::Unstaked { account, number, .. }
            | domain::Event::ExitAsked { account, number, .. }
            | domain::Event::RewardTaken { account, number, .. } => self.number(account, number),
            _ => {}
        }
    }

    pub(crate) fn number(&mut self, account: AccountId, number: u64) {
        self.accounts[account.index()].last_number = number;
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::OwnerOpened { name, .. } => self.owners.push(name.clone()),
            Event::AccountOpened { name, owner, kind, .. } => self.accounts.push(Account {
                name: name.clone(),
                owner: *owner,
                kind: *kind,
                last_number: 0,
                last_domain: None,
            }),
            Event::Deposited { account, number, .. }
            | Event::Withdrawn { account, number, .. }
            | Event::Transferred { from: account, number, .. } => {
                self.number(*account, *number);
            }
            Event::ResultSettled { domain, number, loser, .. } => {
                self.accounts[loser.index()].last_domain = Some(*domain);
                if self.last_result.len() <= domain.index() {
                    self.last_result.resize(domain.index() + 1, 0);
                }
                self.last_result[domain.index()] = *number;
            }
        }
    }
}
