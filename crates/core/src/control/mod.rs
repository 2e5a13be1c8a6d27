//! Control: the registry of parameters and the ladder of statuses.

mod command;
mod registry;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub(crate) use command::decide;
pub use command::{Command, Event, Rejection};
pub use registry::{Declared, PARAMETERS, Parameter};

use crate::ids::DomainId;

/// The status ladder, of a domain and of the venue. Down is always open; each step is an event.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Status {
    /// Everything is accepted.
    #[default]
    Open = 0,
    /// Nothing that widens risk.
    ReduceOnly = 1,
    /// Money may leave; nothing comes in.
    WithdrawOnly = 2,
    /// Nothing of participants moves.
    Halted = 3,
    /// Claims are settled by rank.
    Settling = 4,
    /// Done.
    Closed = 5,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Control {
    values: BTreeMap<(DomainId, Parameter), u128>,
    venue: Status,
    domains: Vec<Status>,
}

impl Control {
    /// The value of `parameter` in `domain`: the one set, or the default.
    #[must_use]
    pub fn value(&self, domain: DomainId, parameter: Parameter) -> u128 {
        self.values.get(&(domain, parameter)).copied().unwrap_or(parameter.declared().default)
    }

    /// A parameter in milliseconds.
    #[must_use]
    pub fn millis(&self, domain: DomainId, parameter: Parameter) -> u64 {
        u64::try_from(self.value(domain, parameter)).unwrap_or(u64::MAX)
    }

    /// The venue's status.
    #[must_use]
    pub const fn venue_status(&self) -> Status {
        self.venue
    }

    /// The domain's status: its own, or the venue's where that is further down.
    #[must_use]
    pub fn domain_status(&self, domain: DomainId) -> Status {
        let own = self.domains.get(domain.index()).copied().unwrap_or_default();
        own.max(self.venue)
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match *event {
            Event::ParameterSet { domain, parameter, value } => {
                self.values.insert((domain, parameter), value);
            }
            Event::StatusSet { domain: None, status, .. } => self.venue = status,
            Event::StatusSet { domain: Some(domain), status, .. } => {
                self.set_domain(domain, status);
            }
        }
    }

    pub(crate) fn set_domain(&mut self, domain: DomainId, status: Status) {
        if self.domains.len() <= domain.index() {
            self.domains.resize(domain.index() + 1, Status::Open);
        }
        self.domains[domain.index()] = status;
    }
}
