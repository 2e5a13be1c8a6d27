//! An account that failed, and the losses that it is found with: one in each domain.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::detect::{asset_of, derived_number, standing_failed};
use super::{Event, Rejection, SetOff, set_off};
use crate::engine::{Events, State};
use crate::ids::{AccountId, DomainId, LossId, Name};

/// An account that failed: one loss in each domain that its legs and losses are of.
pub(super) struct Failure {
    pub(super) account: AccountId,
    pub(super) cause: Name,
}

impl Failure {
    /// Its loss in `domain`, the one `place` after the last.
    pub(super) fn push(
        &self,
        state: &State,
        place: usize,
        domain: DomainId,
        number: u64,
        set_off: Vec<SetOff>,
        events: &mut Events,
    ) -> Result<(), Rejection> {
        let loss = LossId::at(state.losses.losses.len() + place)
            .ok_or(Rejection::TooMany { what: "losses" })?;
        let (account, cause) = (self.account, self.cause.clone());
        let set_off = set_off::counted(state, domain, Some(account), set_off);
        events.push(Event::DefaultFound { loss, domain, number, cause, account, set_off });
        Ok(())
    }

    /// Its losses in `domains` other than `domain`, which is the first.
    pub(super) fn push_others(
        &self,
        state: &State,
        domain: DomainId,
        domains: BTreeSet<DomainId>,
        events: &mut Events,
    ) -> Result<(), Rejection> {
        let others = domains.into_iter().filter(|other| *other != domain);
        for (place, other) in (1..).zip(others) {
            let number = derived_number(state, place);
            let set_off = set_off::gains_of_owner(state, other, self.account);
            self.push(state, place, other, number, set_off, events)?;
        }
        Ok(())
    }
}

/// An account that failed in nothing is closed out, in `domain` and wherever it holds legs: what is
/// left is its owner's, and what lacks is a loss as any other.
pub(crate) fn close_out(
    state: &State,
    domain: DomainId,
    account: AccountId,
    cause: &Name,
    events: &mut Events,
) -> Result<(), Rejection> {
    fails(state, (domain, derived_number(state, 0)), account, (cause, &[]), events)
}

pub(super) fn fails(
    state: &State,
    (domain, number): (DomainId, u64),
    account: AccountId,
    (cause, set_off): (&Name, &[SetOff]),
    events: &mut Events,
) -> Result<(), Rejection> {
    standing_failed(state, domain, Some(account), set_off)?;
    let mut set_off = set_off.to_vec();
    set_off.extend(set_off::gains_of_owner(state, domain, account));
    let failure = Failure { account, cause: cause.clone() };
    failure.push(state, 0, domain, number, set_off::largest(set_off), events)?;
    let domains = state.fails_in(account, asset_of(state, domain)?, true);
    failure.push_others(state, domain, domains, events)
}
