//! The ids of what a venue file names, and the names of what the engine made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, LayerId, LossId, OwnerId};
use rhodian_core::loss::Event as LossEvent;
use rhodian_core::{account, domain};

/// Names and ids, kept from the events.
#[derive(Debug, Default)]
pub struct Names {
    accounts: HashMap<String, AccountId>,
    owners: HashMap<String, OwnerId>,
    layers: HashMap<String, LayerId>,
    losses: BTreeMap<String, LossId>,
    /// The names of the losses, by dense id.
    pub loss_names: Vec<String>,
    /// The name that the next reported loss gets.
    pub reporting: Option<String>,
    /// The names of losses whose reports were refused.
    pub refused: BTreeSet<String>,
}

impl Names {
    /// Takes the next event, for the accounts and owners that it opens.
    pub fn follow_accounts(&mut self, event: &Event) {
        match event {
            Event::Account(account::Event::AccountOpened { account, name, .. }) => {
                self.accounts.insert(name.as_str().to_owned(), *account);
            }
            Event::Account(account::Event::OwnerOpened { owner, name }) => {
                self.owners.insert(name.as_str().to_owned(), *owner);
            }
            _ => {}
        }
    }

    /// Takes the next event.
    pub fn follow(&mut self, event: &Event, state: &State) {
        self.follow_accounts(event);
        match event {
            Event::Domain(domain::Event::LayerAdded { layer, spec }) => {
                self.layers.insert(spec.name.as_str().to_owned(), *layer);
            }
            Event::Loss(LossEvent::DefaultFound { loss, account, .. }) => {
                let failed = state.accounts.account(*account);
                let name = failed.map_or("loss", |found| found.name.as_str()).to_owned();
                self.named(*loss, &name);
            }
            Event::Loss(LossEvent::LossReported(report)) => {
                let unnamed = || format!("loss {}", report.number);
                let name = self.reporting.take().unwrap_or_else(unnamed);
                self.named(report.loss, &name);
            }
            _ => {}
        }
    }

    /// Gives a loss its name: a second one of that name is "NAME-2".
    fn named(&mut self, loss: LossId, name: &str) {
        let mut free = name.to_owned();
        let mut number = 1;
        while self.losses.contains_key(&free) {
            number += 1;
            free = format!("{name}-{number}");
        }
        self.losses.insert(free.clone(), loss);
        if self.loss_names.len() <= loss.index() {
            self.loss_names.resize(loss.index() + 1, String::new());
        }
        self.loss_names[loss.index()] = free;
    }

    /// How many accounts and owners there are: the next dense ids.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.accounts.len(), self.owners.len())
    }

    /// The account of a name.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<AccountId> {
        self.accounts.get(name).copied()
    }

    /// The owner of a name.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<OwnerId> {
        self.owners.get(name).copied()
    }

    /// The layer of a name.
    #[must_use]
    pub fn layer(&self, name: &str) -> Option<LayerId> {
        self.layers.get(name).copied()
    }

    /// The loss of a name.
    #[must_use]
    pub fn loss(&self, name: &str) -> Option<LossId> {
        self.losses.get(name).copied()
    }

    /// The name of a loss.
    #[must_use]
    pub fn loss_name(&self, loss: LossId) -> &str {
        self.loss_names.get(loss.index()).map_or("", String::as_str)
    }

    /// The names of the losses, and of the accounts, for errors.
    #[must_use]
    pub fn known_losses(&self) -> BTreeSet<&str> {
        self.losses.keys().map(String::as_str).collect()
    }

    /// The names of the accounts.
    #[must_use]
    pub fn known_accounts(&self) -> BTreeSet<&str> {
        self.accounts.keys().map(String::as_str).collect()
    }
}
