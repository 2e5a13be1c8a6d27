//! What is only there for speed: indices that can be rebuilt from the state. Left out of digest
//! and snapshot; with it off, every query scans and gives the same.

use alloc::collections::{BTreeMap, BTreeSet};

use super::Event;
use crate::account;
use crate::ids::{AccountId, LossId, Name, OwnerId};
use crate::loss;

/// The indices.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    on: bool,
    owners: BTreeMap<Name, OwnerId>,
    accounts: BTreeMap<Name, AccountId>,
    negative: BTreeSet<AccountId>,
    /// Who could be below maintenance: all that are, and some that are not.
    below: BTreeSet<AccountId>,
    open_losses: BTreeSet<LossId>,
}

impl Watch {
    pub(super) fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// The account named so, if the watch is on: the outer option says whether it knows.
    pub(super) fn account(&self, name: &Name) -> Option<Option<AccountId>> {
        self.on.then(|| self.accounts.get(name).copied())
    }

    pub(super) fn owner(&self, name: &Name) -> Option<Option<OwnerId>> {
        self.on.then(|| self.owners.get(name).copied())
    }

    pub(super) fn negative(&self) -> Option<&BTreeSet<AccountId>> {
        self.on.then_some(&self.negative)
    }

    pub(super) fn below(&self) -> Option<&BTreeSet<AccountId>> {
        self.on.then_some(&self.below)
    }

    pub(super) fn set_below(&mut self, account: AccountId, below: bool) {
        if below {
            self.below.insert(account);
        } else {
            self.below.remove(&account);
        }
    }

    pub(super) fn open_losses(&self) -> Option<&BTreeSet<LossId>> {
        self.on.then_some(&self.open_losses)
    }

    pub(super) fn set_negative(&mut self, account: AccountId, negative: bool) {
        if negative {
            self.negative.insert(account);
        } else {
            self.negative.remove(&account);
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::Account(account::Event::OwnerOpened { owner, name }) => {
                self.owners.insert(name.clone(), *owner);
            }
            Event::Account(account::Event::AccountOpened { account, name, .. }) => {
                self.accounts.insert(name.clone(), *account);
            }
            Event::Loss(
                loss::Event::LossReported { loss, .. } | loss::Event::DefaultFound { loss, .. },
            ) => {
                self.open_losses.insert(*loss);
            }
            Event::Loss(
                loss::Event::LossSettled { loss } | loss::Event::LossDismissed { loss, .. },
            ) => {
                self.open_losses.remove(loss);
            }
            _ => {}
        }
    }
}
