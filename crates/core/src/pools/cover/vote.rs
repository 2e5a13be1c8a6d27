//! Stakers decide whether claims are right: each by what he has staked, in the layers that may be
//! drawn on, when the vote ends. Whoever bears nothing has no say, and nobody votes on his own
//! claim.

use alloc::collections::BTreeSet;

use serde::Serialize;

use super::price::part_ceil;
use super::{Event, Incident, Pool, Rejection};
use crate::account;
use crate::control::Parameter;
use crate::domain::CauseClass;
use crate::engine::{Actor, Envelope, Events, State};
use crate::ids::{AccountId, CoverPoolId, DomainId, LossId, OwnerId};
use crate::loss;
use crate::units::Amount;

/// What stakes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverCount"))]
pub struct Count {
    /// What is staked by those who accept the claims.
    pub accept: Amount,
    /// What is staked by those who do not.
    pub reject: Amount,
    /// What is staked in all.
    pub staked: Amount,
}

impl Count {
    fn of(state: &State, pool: &Pool, incident: &Incident) -> Self {
        let mut count = Self { accept: Amount::ZERO, reject: Amount::ZERO, staked: Amount::ZERO };
        let add = |sum: &mut Amount, more| *sum = sum.checked_add(more).unwrap_or(Amount::MAX);
        let votes = incident.ballot.iter().flat_map(|ballot| &ballot.votes);
        for (account, accept) in votes {
            let side = if *accept { &mut count.accept } else { &mut count.reject };
            add(side, state.staked_in_cover(pool, *account));
        }
        for layer in state.cover_layers(pool) {
            let stakes = state.domains.stakes(layer).map(|(_, stake)| stake);
            add(&mut count.staked, Amount::sum(stakes));
        }
        count
    }

    /// Enough of all voted, and some.
    fn decides(&self, quorum: u32) -> bool {
        let voted = self.accept.checked_add(self.reject).unwrap_or(Amount::MAX);
        !voted.is_zero() && voted >= part_ceil(self.staked, quorum)
    }

    /// More for than against, and enough of all.
    fn accepts(&self, quorum: u32) -> bool {
        self.accept > self.reject && self.decides(quorum)
    }
}

impl State {
    fn staked_in_cover(&self, pool: &Pool, account: AccountId) -> Amount {
        let stakes = self.cover_layers(pool).map(|layer| self.domains.stake(layer, account));
        stakes.fold(Amount::ZERO, |sum, stake| sum.checked_add(stake).unwrap_or(Amount::MAX))
    }

    /// What the vote on an incident of `pool` would come to if it ended now.
    #[must_use]
    pub fn cover_count(&self, pool: &Pool, incident: &Incident) -> Count {
        Count::of(self, pool, incident)
    }

    /// Whether stakers vote on `loss`: then nobody else approves it.
    #[must_use]
    pub fn is_voted_on(&self, loss: LossId) -> bool {
        self.covers.incident(loss).is_some_and(|(_, incident)| incident.ballot.is_some())
    }

    /// Whether `owner` claims to be paid for `loss`, as an insured.
    pub(crate) fn is_insured_for(&self, loss: LossId, owner: OwnerId) -> bool {
        let his = |claim: &super::Claim| {
            let cover = self.covers.cover(claim.cover);
            let account = cover.and_then(|cover| self.accounts.account(cover.account));
            account.is_some_and(|account| account.owner == owner)
        };
        self.covers.incident(loss).is_some_and(|(_, incident)| incident.claims.iter().any(his))
    }

    /// Whether what is lost in `domain` by causes of `class` is for stakers to vote on: a pool that
    /// votes covers a risk of the class. (A failure of an account is nobody's to report there.)
    pub(crate) fn is_for_a_vote(&self, domain: DomainId, class: CauseClass) -> bool {
        let Some((id, pool)) = self.covers.in_domain(domain) else { return false };
        let mut risks = self.covers.risks().filter(|(_, risk)| risk.spec.pool == id);
        let claims = class == CauseClass::Default || risks.any(|(_, of)| of.spec.class == class);
        pool.spec.vote.is_some() && claims
    }

    /// Whether a vote runs on a loss that stakes in `layer` stand behind: who stakes now would only
    /// come to vote.
    pub(crate) fn is_voting(&self, layer: crate::ids::LayerId) -> bool {
        self.covers.pools().any(|(_, pool)| {
            let ballot =
                |loss: &LossId| pool.incidents.get(loss).is_some_and(|of| of.ballot.is_some());
            pool.open.iter().any(ballot) && self.cover_layers(pool).any(|found| found == layer)
        })
    }
}

/// An account votes.
pub(super) fn vote(
    state: &State,
    envelope: &Envelope,
    loss: LossId,
    (account, number): (AccountId, u64),
    accept: bool,
    events: &mut Events,
) -> Result<(), Rejection> {
    account::owned_by(state, envelope.actor, account)?;
    account::numbered(state, account, number)?;
    let of = state.covers.incident(loss).ok_or(Rejection::UnknownIncident { loss })?;
    let (id, incident) = of;
    let pool = state.covers.pool(id).ok_or(Rejection::UnknownIncident { loss })?;
    let runs = incident.ballot.as_ref().is_some_and(|ballot| state.now() < ballot.until);
    if !runs || !pool.open.contains(&loss) {
        return Err(Rejection::NoVote { loss });
    }
    let owner = |id| state.accounts.account(id).map(|found| found.owner);
    let insured = |of: &super::Claim| state.covers.cover(of.cover).map(|cover| cover.account);
    let claimants: BTreeSet<_> = incident.claims.iter().filter_map(insured).map(owner).collect();
    if claimants.contains(&owner(account)) {
        return Err(Rejection::OwnClaim { account, loss });
    }
    if state.staked_in_cover(pool, account).is_zero() {
        return Err(Rejection::NotStaked { account });
    }
    events.push(Event::Voted { pool: id, loss, account, number, accept });
    Ok(())
}

/// The vote is over. Too few votes decide nothing: the report is no loss, and nobody was wrong.
pub(super) fn tally(
    state: &State,
    (id, pool): (CoverPoolId, &Pool),
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let incident = pool.incidents.get(&loss).ok_or(Rejection::NotDue)?;
    let count = Count::of(state, pool, incident);
    let Count { accept, reject, staked } = count;
    let terms = pool.spec.vote;
    let decided = terms.is_some_and(|terms| count.decides(terms.quorum));
    let accepted = terms.is_some_and(|terms| count.accepts(terms.quorum));
    events.push(Event::Tallied { pool: id, loss, accept, reject, staked, accepted });
    let by = Actor::ENGINE;
    if accepted {
        let time = state.control.millis(pool.spec.domain, Parameter::ChallengeTime);
        let until = state.now().after(time);
        events.push(loss::Event::LossApproved { loss, by, until });
    } else if decided {
        events.push(loss::Event::LossDismissed { loss, by });
    } else {
        events.push(loss::Event::LossExpired { loss });
    }
    Ok(())
}
