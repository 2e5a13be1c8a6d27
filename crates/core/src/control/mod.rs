//! Control: the registry of parameters and the ladder of statuses.

mod command;
mod halt;
mod registry;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub(crate) use command::decide;
pub use command::{Command, Event, Rejection};
pub(crate) use halt::{end_halt, halt_over};
pub use registry::{Declared, PARAMETERS, Parameter};

use crate::ids::{DomainId, Time};

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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Nothing of participants moves. It ends by itself: a duty steps back to `WithdrawOnly`.
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
    /// Until when the last halt lasts, or would have lasted, of each domain and of the venue.
    halts: BTreeMap<Option<DomainId>, Time>,
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
        self.own_status(Some(domain)).max(self.venue)
    }

    /// Whether the venue or any domain is in settlement, or closed.
    #[must_use]
    pub(crate) fn is_any_settling(&self) -> bool {
        let settling = |status: &Status| *status >= Status::Settling;
        settling(&self.venue) || self.domains.iter().any(settling)
    }

    /// The status set last, of a domain alone or, for nothing, of the venue.
    #[must_use]
    pub fn own_status(&self, of: Option<DomainId>) -> Status {
        match of {
            Some(domain) => self.domains.get(domain.index()).copied().unwrap_or_default(),
            None => self.venue,
        }
    }

    /// When the last halt of a domain, or of the venue, ends at the latest; nothing before the
    /// first. Whether it still stands is said by the status.
    #[must_use]
    pub fn halted_until(&self, of: Option<DomainId>) -> Option<Time> {
        self.halts.get(&of).copied()
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match *event {
            Event::ParameterSet { domain, parameter, value } => {
                self.values.insert((domain, parameter), value);
            }
            Event::StatusSet { domain, status, .. } => self.set_status(domain, status),
            Event::HaltBegun { domain, until } => {
                self.halts.insert(domain, until);
            }
            Event::HaltEnded { domain } => self.set_status(domain, Status::WithdrawOnly),
        }
    }

    fn set_status(&mut self, of: Option<DomainId>, status: Status) {
        match of {
            Some(domain) => self.set_domain(domain, status),
            None => self.venue = status,
        }
    }

    pub(crate) fn set_domain(&mut self, domain: DomainId, status: Status) {
        if self.domains.len() <= domain.index() {
            self.domains.resize(domain.index() + 1, Status::Open);
        }
        self.domains[domain.index()] = status;
    }
}
