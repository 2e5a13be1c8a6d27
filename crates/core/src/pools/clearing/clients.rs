//! Clients: accounts of other owners that a member answers for. What a client holds is his: it
//! stands behind nobody's loss but his own, and a share of gains as everybody's. Where his member
//! is in default he may hedge and reduce, is ported to another, or is closed out for himself.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use super::{Command, Event, Fund, Rejection};
use crate::account;
use crate::engine::{Events, State};
use crate::ids::{AccountId, ClearingId, DomainId, LossId, Name, Time};
use crate::loss;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingClient"))]
pub struct Client {
    /// The account of the member who answers for it.
    pub member: AccountId,
    /// Until when it may be ported; nothing where its member stands.
    pub until: Option<Time>,
}

/// What concerns clients.
pub(super) fn decide(
    state: &State,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Clear { fund, account, member } => {
            let found = super::decide::fund(state, fund)?;
            takes_clients(found, member)?;
            new_client(state, found, account)?;
            events.push(Event::Cleared { fund, account, member });
            Ok(())
        }
        Command::Release { fund, account } => {
            let found = super::decide::fund(state, fund)?;
            client(found, account)?;
            no_loss(state, account)?;
            if state.holds_in(found.spec.domain, account) {
                return Err(Rejection::HoldsLegs { account });
            }
            events.push(Event::Released { fund, account });
            Ok(())
        }
        Command::Port { fund, account, member } => {
            let found = super::decide::fund(state, fund)?;
            let from = client(found, account)?.member;
            takes_clients(found, member)?;
            no_loss(state, account)?;
            if from == member {
                return Err(Rejection::SameMember { account, member });
            }
            events.push(Event::Ported { fund, account, from, member });
            Ok(())
        }
        _ => Err(Rejection::NotDue),
    }
}

fn client(fund: &Fund, account: AccountId) -> Result<&Client, Rejection> {
    fund.clients.get(&account).ok_or(Rejection::UnknownClient { account })
}

/// Who answered for a client when it failed pays for it: while its loss is open nobody else comes.
fn no_loss(state: &State, account: AccountId) -> Result<(), Rejection> {
    match open_loss(state, account) {
        Some(loss) => Err(Rejection::LossOpen { account, loss }),
        None => Ok(()),
    }
}

fn open_loss(state: &State, account: AccountId) -> Option<LossId> {
    let open = |id: &LossId| state.losses.loss(*id).is_some_and(|loss| loss.phase().is_some());
    state.losses_of(account).find(open)
}

/// Who answers for clients is a member that neither failed nor leaves.
fn takes_clients(fund: &Fund, member: AccountId) -> Result<(), Rejection> {
    let found = fund.members.get(&member).ok_or(Rejection::UnknownMember { account: member })?;
    if found.failed.is_some() {
        return Err(Rejection::MemberFailed { account: member });
    }
    if found.notice.is_some() {
        return Err(Rejection::NoticeGiven { account: member });
    }
    Ok(())
}

/// A client is another's account, and nobody's yet: who is a member answers for himself.
fn new_client(state: &State, fund: &Fund, account: AccountId) -> Result<(), Rejection> {
    let found = state.accounts.account(account);
    let found = found.ok_or(account::Rejection::UnknownAccount { account })?;
    if fund.member_of(found.owner).is_some() {
        return Err(Rejection::OwnerIsMember { account });
    }
    if fund.clients.contains_key(&account) {
        return Err(Rejection::AlreadyClient { account });
    }
    let domain = fund.spec.domain;
    if !state.domains.accepted(domain, account) {
        return Err(Rejection::TermsNotAccepted { account, domain });
    }
    Ok(())
}

/// The first client whose time to be ported is over, and who can be closed out at the marks.
pub(super) fn due(state: &State, fund: &Fund) -> Option<AccountId> {
    if !fund.members.values().any(|member| member.failed.is_some()) {
        return None;
    }
    let over = |client: &Client| client.until.is_some_and(|until| until <= state.now());
    let mut over = fund.clients.iter().filter(|(_, client)| over(client));
    // Whose own loss is open is closed out by it.
    let can = |account: AccountId| {
        let holds = state.holds_in(fund.spec.domain, account);
        open_loss(state, account).is_none() && (!holds || state.may_liquidate(account))
    };
    over.find(|(account, _)| can(**account)).map(|(account, _)| *account)
}

/// Closes a client out: a loss of its own, whose book is brought to nothing as any other.
pub(super) fn close_out(
    state: &State,
    (id, fund): (ClearingId, &Fund),
    account: AccountId,
    events: &mut Events,
) -> Result<(), Rejection> {
    if !state.holds_in(fund.spec.domain, account) {
        events.push(Event::Released { fund: id, account });
        return Ok(());
    }
    let cause = Name::new("clearing member in default").ok_or(Rejection::NotDue)?;
    events.push(Event::ClosedOut { fund: id, account });
    loss::close_out(state, fund.spec.domain, account, &cause, events)?;
    Ok(())
}

impl State {
    /// Whether a share of a loss of `domain` may be asked of `account` as of what it deposited: a
    /// client's collateral stands behind nobody else's loss.
    pub(crate) fn is_segregated(&self, domain: DomainId, account: AccountId) -> bool {
        let fund = self.clearing.in_domain(domain);
        fund.is_some_and(|(_, fund)| fund.clients.contains_key(&account))
    }
}
