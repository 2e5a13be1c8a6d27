//! Every check of notices and challenges. Nothing changes here.

use super::{Bounties, BountyTerms};
use crate::account;
use crate::domain::Source;
use crate::engine::{Actor, Events, Role, State};
use crate::ids::{AccountId, AssetId, DomainId, LossId, OwnerId};
use crate::loss::evidence::NONE;
use crate::loss::{Event, Loss, Origin, Rejection, Stage};

/// The terms of a domain, or none any more. Notices and challenges that stand keep theirs.
pub(in crate::loss) fn set(
    state: &State,
    domain: DomainId,
    terms: Option<BountyTerms>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if let Some(terms) = terms {
        terms.check().map_err(|flaw| Rejection::BountyFlaw { flaw })?;
        let layer = terms.pot;
        let pot = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
        let of_house = pot.spec.source == Source::Pot && pot.spec.kind.is_house();
        if !of_house || pot.spec.asset != found.asset {
            return Err(Rejection::NotAPot { layer });
        }
    }
    events.push(Event::BountySet { domain, terms });
    Ok(())
}

/// The terms of `domain` and its asset.
fn terms_of(state: &State, domain: DomainId) -> Result<(BountyTerms, AssetId), Rejection> {
    let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let terms = state.losses.bounties.terms(domain).copied();
    Ok((terms.ok_or(Rejection::NoBounty { domain })?, asset))
}

fn owner_of(state: &State, account: AccountId) -> Option<OwnerId> {
    state.accounts.account(account).map(|found| found.owner)
}

/// The account, and that it has the bond.
fn bonded(
    state: &State,
    actor: Actor,
    (account, number): (AccountId, u64),
    terms: &BountyTerms,
    asset: AssetId,
) -> Result<(), Rejection> {
    account::owned_by(state, actor, account)?;
    account::numbered(state, account, number)?;
    Ok(account::free_above(state, account, asset, terms.bond)?)
}

/// An account gives notice of an event that nobody reported yet.
pub(in crate::loss) fn give_notice(
    state: &State,
    actor: Actor,
    domain: DomainId,
    (account, number): (AccountId, u64),
    evidence: [u8; 32],
    events: &mut Events,
) -> Result<(), Rejection> {
    let (terms, asset) = terms_of(state, domain)?;
    if evidence == NONE {
        return Err(Rejection::NoEvidence);
    }
    if let Some(first) = state.losses.bounties.notices.get(&(domain, evidence)) {
        return Err(Rejection::AlreadyNoticed { by: first.account });
    }
    let stands = |loss: &LossId| {
        state.losses.loss(*loss).is_some_and(|found| found.stage != Stage::Dismissed)
    };
    if let Some(loss) = state.losses.on_evidence(domain, evidence).find(stands) {
        return Err(Rejection::EventReported { loss });
    }
    bonded(state, actor, (account, number), &terms, asset)?;
    let until = state.now().after(terms.wait);
    state.touch(account, events);
    let bond = terms.bond;
    events.push(Event::NoticeGiven { domain, evidence, account, number, asset, bond, until });
    Ok(())
}

/// Whether what `found` reports may still be challenged.
fn open_to_challenge(state: &State, loss: LossId, found: &Loss) -> Result<(), Rejection> {
    match found.stage {
        Stage::Reported => Ok(()),
        Stage::Challengeable { until } if state.now() < until => Ok(()),
        Stage::Challengeable { until } => Err(Rejection::ChallengeOver { loss, until }),
        _ => Err(Rejection::Stage { loss, needs: "open to challenge" }),
    }
}

/// An account challenges a report: what it shows stands outside, and whoever decides reads it.
pub(in crate::loss) fn challenge(
    state: &State,
    actor: Actor,
    loss: LossId,
    (account, number): (AccountId, u64),
    evidence: [u8; 32],
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    let domain = found.domain;
    let (terms, asset) = terms_of(state, domain)?;
    open_to_challenge(state, loss, found)?;
    if evidence == NONE {
        return Err(Rejection::NoEvidence);
    }
    if let Some(first) = state.losses.bounties.challenges.get(&loss) {
        return Err(Rejection::AlreadyChallenged { loss, by: first.account });
    }
    bonded(state, actor, (account, number), &terms, asset)?;
    let owner = owner_of(state, account);
    let noticed = Bounties::notice_on(&state.losses, loss);
    let his = noticed.is_some_and(|notice| owner_of(state, notice.account) == owner);
    let reported = match found.origin {
        Origin::Reported { by, .. } => by.role == Role::Owner && owner == Some(OwnerId(by.id)),
        Origin::Derived => false,
    };
    if his || reported {
        return Err(Rejection::OwnReport { account, loss });
    }
    state.touch(account, events);
    let bond = terms.bond;
    events.push(Event::Challenged { loss, domain, account, number, asset, evidence, bond });
    Ok(())
}
