//! Every check of the area's commands. Nothing changes here.

use super::{Command, Event, Fund, FundSpec, MAX_MEMBERS, Member, Rejection, auction, clients};
use crate::account;
use crate::domain::{Basis, CauseClass, Kind, Source};
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, ClearingId, LayerId};
use alloc::boxed::Box;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Open { ref spec } => open(state, spec, events),
        Command::Join { fund, account, number } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            join(state, fund, (account, number), events)
        }
        Command::Leave { fund, account, number } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            let found = self::fund(state, fund)?;
            if standing(found, account)?.notice.is_some() {
                return Err(Rejection::NoticeGiven { account });
            }
            let until = state.now().after(found.spec.notice);
            events.push(Event::NoticeGiven { fund, account, number, until });
            Ok(())
        }
        Command::Size { fund } => {
            let domain = self::fund(state, fund)?.spec.domain;
            if state.has_open_episode(domain) {
                return Err(Rejection::EpisodeOpen { domain });
            }
            sized(state, fund, events)
        }
        Command::Clear { .. } | Command::Release { .. } | Command::Port { .. } => {
            clients::decide(state, command, events)
        }
        Command::Auction { fund, loss, most } => auction::open(state, fund, loss, most, events),
        Command::Bid { fund, loss, account, number, asks } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            auction::bid(state, (fund, loss), (account, number), asks, events)
        }
    }
}

pub(super) fn fund(state: &State, fund: ClearingId) -> Result<&Fund, Rejection> {
    state.clearing.fund(fund).ok_or(Rejection::UnknownFund { fund })
}

fn asset_of(state: &State, fund: &Fund) -> Result<AssetId, Rejection> {
    let domain = fund.spec.domain;
    state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })
}

/// The member whose account it is, not in default.
pub(super) fn standing(fund: &Fund, account: AccountId) -> Result<&Member, Rejection> {
    let found = fund.members.get(&account).ok_or(Rejection::UnknownMember { account })?;
    if found.failed.is_some() {
        return Err(Rejection::MemberFailed { account });
    }
    Ok(found)
}

fn open(state: &State, spec: &FundSpec, events: &mut Events) -> Result<(), Rejection> {
    let domain = spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let funded = state.clearing.in_domain(domain).is_some();
    if funded || state.has_pool(domain) || state.has_open_episode(domain) {
        return Err(Rejection::DomainInUse { domain });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    let waterfall = found.waterfalls.get(&CauseClass::Default);
    let named = |layer| waterfall.is_some_and(|id| state.domains.names_in(*id, layer));
    let of = |layer| state.domains.layer(layer).map(|found| &found.spec);
    let layer = spec.layer;
    let is_fund = of(layer).is_some_and(|of| of.kind == Kind::DefaultFund);
    if !is_fund || !named(layer) {
        return Err(Rejection::NotADefaultFund { layer });
    }
    let elsewhere = state.domains.behind(layer).any(|(other, _)| other != domain);
    if elsewhere || state.domains.stakes(layer).next().is_some() {
        return Err(Rejection::LayerInUse { layer });
    }
    if let Some(assessment) = spec.assessment {
        let layer = assessment.layer;
        if !assesses(state, layer) || !named(layer) {
            return Err(Rejection::NotAnAssessment { layer });
        }
    }
    let unlisted =
        |market| state.markets.market(market).is_none_or(|listed| listed.spec.domain != domain);
    let mut moved = spec.scenarios.iter().flat_map(|scenario| &scenario.moves);
    if let Some((market, _)) = moved.find(|(market, _)| unlisted(*market)) {
        return Err(Rejection::UnknownMarket { market: *market });
    }
    let fund = ClearingId::at(state.clearing.funds.len());
    let fund = fund.ok_or(Rejection::TooMany { what: "clearing funds" })?;
    events.push(Event::Opened { fund, spec: Box::new(spec.clone()) });
    Ok(())
}

/// Whether `layer` calls members by what they contribute, for no fund yet.
fn assesses(state: &State, layer: LayerId) -> bool {
    let calls = state.domains.layer(layer).is_some_and(|found| {
        let rule = found.spec.source.members();
        matches!(found.spec.source, Source::Call { .. })
            && rule.is_some_and(|rule| rule.basis == Basis::Contribution)
    });
    calls && state.clearing.assessed_by(layer).is_none()
}

fn join(
    state: &State,
    id: ClearingId,
    (account, number): (AccountId, u64),
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = fund(state, id)?;
    let of = state.accounts.account(account);
    let owner = of.ok_or(account::Rejection::UnknownAccount { account })?.owner;
    if found.member_of(owner).is_some() {
        return Err(Rejection::OwnerIsMember { account });
    }
    if state.accounts_of(owner).any(|his| found.clients.contains_key(&his)) {
        return Err(Rejection::AlreadyClient { account });
    }
    let domain = found.spec.domain;
    let asset = asset_of(state, found)?;
    if !state.domains.accepted(domain, account) {
        return Err(Rejection::TermsNotAccepted { account, domain });
    }
    if found.members.len() >= MAX_MEMBERS {
        return Err(Rejection::TooMany { what: "members" });
    }
    let required = found.spec.least_contribution;
    let due = state.now().after(found.spec.deadline);
    events.push(Event::Joined { fund: id, account, number, owner, asset, required, due });
    Ok(())
}

/// The fund as it is sized now.
pub(super) fn sized(state: &State, id: ClearingId, events: &mut Events) -> Result<(), Rejection> {
    let found = fund(state, id)?;
    let sizing = state.fund_sizing(id).ok_or(Rejection::UnknownFund { fund: id })?;
    let due = state.now().after(found.spec.deadline);
    let super::Sizing { uncovered, size, members } = sizing;
    let asset = asset_of(state, found)?;
    events.push(Event::Sized { fund: id, asset, uncovered, size, due, members });
    Ok(())
}
