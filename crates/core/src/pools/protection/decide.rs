//! Every check of the area's commands. Nothing changes here.

use super::{Command, Event, PriceRange, ProtectionSpec, Rejection, Stage};
use crate::account;
use crate::domain::Source;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, ProtectedId, ProtectionId};
use crate::ledger::Holder;
use crate::loss;
use crate::oracle::{Kind, Purpose};
use crate::units::Amount;
use alloc::boxed::Box;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Open { ref spec } => open(state, spec, events),
        Command::Protect { protection, account, number, deposit } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            protect(state, protection, (account, number), deposit, events)
        }
        Command::Close { position } => close(state, position, events),
    }
}

fn open(state: &State, spec: &ProtectionSpec, events: &mut Events) -> Result<(), Rejection> {
    let (domain, layer, feed) = (spec.domain, spec.fund, spec.feed);
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    let fund = state.domains.layer(layer).map(|found| &found.spec);
    let is_fund = fund.is_some_and(|of| {
        of.source == Source::Pot && of.kind.is_house() && of.asset == found.asset
    });
    if !is_fund {
        return Err(Rejection::NotAFund { layer });
    }
    let kind = state.oracle.feed(feed).map(|found| found.spec.kind);
    if kind != Some(Kind::Price) {
        return Err(Rejection::NoFeed { feed });
    }
    let protections = state.protections.protections.len();
    let protection = ProtectionId::at(protections);
    let protection = protection.ok_or(Rejection::TooMany { what: "protections" })?;
    events.push(Event::Opened { protection, spec: Box::new(spec.clone()) });
    Ok(())
}

fn protect(
    state: &State,
    id: ProtectionId,
    (account, number): (AccountId, u64),
    deposit: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.protections.protection(id);
    let found = found.ok_or(Rejection::UnknownProtection { protection: id })?;
    let (spec, domain) = (&found.spec, found.spec.domain);
    let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let position = ProtectedId::at(state.protections.positions.len());
    let position = position.ok_or(Rejection::TooMany { what: "positions" })?;
    if !state.domains.accepted(domain, account) {
        return Err(Rejection::TermsNotAccepted { account, domain });
    }
    if deposit < spec.least {
        return Err(Rejection::BelowLeast { deposit, least: spec.least });
    }
    let (layer, feed) = (spec.fund, spec.feed);
    let entry = PriceRange::of(&state.oracle, feed, Purpose::Open, state.now());
    let entry = entry.map_err(|unfit| Rejection::Unfit { unfit })?;
    if let Some(domain) = state.fund_held_by(layer) {
        return Err(Rejection::FundHeld { layer, domain });
    }
    let cap = spec.cap_floor(deposit);
    let coverage = state.protection_coverage(found);
    if cap > coverage.room {
        return Err(Rejection::AboveFund { asked: cap, room: coverage.room });
    }
    let premium = spec.premium_ceil(cap);
    account::free_above(state, account, asset, premium)?;
    if coverage.held.checked_add(premium).is_err() {
        return Err(Rejection::FundFull { layer });
    }
    state.touch(account, events);
    events.push(Event::Protected {
        protection: id,
        position,
        account,
        number,
        asset,
        deposit,
        cap,
        fund: layer,
        premium,
        entry,
        until: state.now().after(spec.term),
    });
    Ok(())
}

fn close(state: &State, id: ProtectedId, events: &mut Events) -> Result<(), Rejection> {
    let position = state.protections.position(id);
    let position = position.ok_or(Rejection::UnknownPosition { position: id })?;
    if position.stage != Stage::Standing {
        return Err(Rejection::Ended { position: id, paid: position.paid });
    }
    end(state, id, events)
}

/// A position ends, now. What is claimed is paid by a duty, when the fund is free for it.
pub(super) fn end(state: &State, id: ProtectedId, events: &mut Events) -> Result<(), Rejection> {
    let unknown = Rejection::UnknownPosition { position: id };
    let position = state.protections.position(id).ok_or(unknown.clone())?;
    let protection = position.protection;
    let found = state.protections.protection(protection).ok_or(unknown)?;
    let measured = state.protection_measured(found, position);
    let measured = measured.map_err(|unfit| Rejection::Unfit { unfit })?;
    let (account, fund) = (position.account, found.spec.fund);
    events.push(Event::Ended { protection, position: id, account, fund, measured });
    Ok(())
}

/// Pays a claim: what the fund holds for it, and no more.
pub(super) fn pay(state: &State, id: ProtectedId, events: &mut Events) -> Option<()> {
    let position = state.protections.position(id)?;
    let (protection, account) = (position.protection, position.account);
    let found = state.protections.protection(protection)?;
    let (asset, fund) = (state.protection_asset(found), found.spec.fund);
    let claim = position.exit?.claim;
    let amount = claim.min(state.protection_share(found, position));
    let room = state.ledger.held(asset, Holder::Account(account)).checked_add(amount);
    // It waits for room in the account.
    room.ok()?;
    state.touch(account, events);
    events.push(Event::Paid { protection, position: id, account, asset, fund, amount, claim });
    // Who failed is paid what his creditors do not lack.
    loss::cede_means(state, (account, asset), amount, events);
    Some(())
}
