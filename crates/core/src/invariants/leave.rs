//! The part of INV-10 that is about leaving: who has free equity and asks gets it, in every
//! status but `Halted`, and a halt ends in bounded time.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::{Broken, LIVE};
use crate::account;
use crate::control::{self, Parameter, Status};
use crate::engine::{Action, Actor, Envelope, Event, Events, Role, State, decide};
use crate::ids::{AccountId, AssetId, DomainId, OwnerId, Time};
use crate::loss;

/// The most accounts that are asked for their free equity in one check.
const ASKED: usize = 64;

fn broken(detail: String) -> Result<(), Broken> {
    Err(Broken { law: LIVE, detail })
}

/// The full form, where nothing is due: every halt has an end ahead, no further than the longest
/// there may be; while the venue is not halted, each owner is given all that is free of each of
/// his accounts and stands in the vault. Of many accounts, some are asked, others at other times.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    let domains = state.domains.domains().map(|(id, _)| Some(id));
    let scopes = domains.chain([None]);
    for of in scopes.filter(|of| state.control.own_status(*of) == Status::Halted) {
        let until = state.control.halted_until(of);
        if until.is_none_or(|until| until <= state.now() || until > furthest(state.now())) {
            return broken(format!("the halt of {of:?} lasts until {until:?}"));
        }
    }
    if state.control.venue_status() == Status::Halted {
        return Ok(());
    }
    let accounts = state.accounts.accounts().count();
    let step = accounts.div_ceil(ASKED).max(1);
    let first = usize::try_from(state.now().0).unwrap_or(0) % step;
    // What is free in a vault's account is its holders', who leave by shares.
    let of_vault = |id| state.vaults.of_account(id).is_some();
    let asked = state.accounts.accounts().skip(first).step_by(step);
    for (id, account) in asked.filter(|(id, _)| !of_vault(*id)) {
        // An account whose numbers are used up has no command left.
        let Some(number) = account.last_number.checked_add(1) else { continue };
        for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
            asks(state, (id, account.owner), number, asset)?;
        }
    }
    Ok(())
}

fn furthest(now: Time) -> Time {
    now.after(u64::try_from(Parameter::HaltLength.declared().max).unwrap_or(u64::MAX))
}

fn asks(
    state: &State,
    (account, owner): (AccountId, OwnerId),
    number: u64,
    asset: AssetId,
) -> Result<(), Broken> {
    let amount = state.free(account, asset).min(state.vault_of(asset));
    if amount.is_zero() {
        return Ok(());
    }
    let action = Action::Account(account::Command::Withdraw { account, number, asset, amount });
    let actor = Actor { role: Role::Owner, id: owner.0 };
    match decide(state, &Envelope { at: state.now(), actor, action }, &mut Events::new()) {
        Ok(()) => Ok(()),
        Err(rejection) => broken(format!("account {account} asks for {amount}: {rejection}")),
    }
}

/// The running form: no halt without an end, none longer than there may be, and the clock does
/// not move on from one that should have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Halts {
    now: Time,
    /// The halts that stand, and their ends where they were said.
    standing: BTreeMap<Option<DomainId>, Option<Time>>,
}

impl Halts {
    pub(super) fn after(&mut self, event: &Event) -> Result<(), Broken> {
        match *event {
            Event::Control(control::Event::StatusSet {
                domain, status: Status::Halted, ..
            }) => {
                self.standing.entry(domain).or_insert(None);
            }
            Event::Control(
                control::Event::StatusSet { domain, .. } | control::Event::HaltEnded { domain },
            ) => {
                self.standing.remove(&domain);
            }
            Event::Control(control::Event::HaltBegun { domain, until }) => {
                if until > furthest(self.now) {
                    return broken(format!("at {} a halt begins until {until}", self.now));
                }
                self.standing.insert(domain, Some(until));
            }
            Event::Loss(loss::Event::SettlementEntered { domain, .. }) => {
                self.standing.remove(&Some(domain));
            }
            Event::TimePassed { at } => {
                let over = |until: &Option<Time>| until.is_none_or(|until| until <= self.now);
                if let Some((of, until)) = self.standing.iter().find(|(_, until)| over(until)) {
                    let detail = format!("the halt of {of:?} until {until:?} stands at {at}");
                    return broken(detail);
                }
                self.now = at;
            }
            _ => {}
        }
        Ok(())
    }
}
