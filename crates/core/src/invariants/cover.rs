//! The law of cover pools, in both forms.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;

use super::{Broken, COVER};
use crate::engine::State;
use crate::ids::{AccountId, CoverId, CoverPoolId, LossId};
use crate::ledger::Holder;
use crate::loss::Stage as LossStage;
use crate::pools::RATE_TIME;
use crate::pools::cover::{Claim, Cover, Event, Incident, Pool, Stage};
use crate::units::Amount;
use crate::wide::U256;

fn broken(pool: CoverPoolId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: COVER, detail: format!("cover pool {pool}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for (id, pool) in state.covers.pools() {
        held(state, id, pool)?;
        sums(state, id, pool)?;
        for (loss, incident) in &pool.incidents {
            claims(state, id, (*loss, incident))?;
        }
        events(state, id, pool)?;
    }
    Ok(())
}

/// The covers of a pool.
fn covers(state: &State, id: CoverPoolId) -> impl Iterator<Item = (CoverId, &Cover)> {
    let of_pool =
        move |cover: &Cover| state.covers.pool_of(cover.risk).is_some_and(|(pool, _)| pool == id);
    state.covers.covers().filter(move |(_, cover)| of_pool(cover))
}

/// What the pool holds is what it has not earned and what it has for claims, to the part.
fn held(state: &State, id: CoverPoolId, pool: &Pool) -> Result<(), Broken> {
    let asset = state.domains.asset_of(pool.spec.domain).unwrap_or_default();
    let held = state.ledger.held(asset, Holder::Cover(id));
    let mut parts = U256 { hi: 0, lo: pool.rest };
    let mut add = |more: U256| parts = parts.checked_add(more).unwrap_or_default();
    let standing = covers(state, id).filter(|(_, cover)| cover.stage == Stage::Standing);
    for (cover, of) in standing {
        let Some(millis) = of.until.0.checked_sub(pool.earned.0) else {
            return broken(id, &format!("it earned beyond the end of cover {cover}"));
        };
        add(U256::product(of.rate, u128::from(millis)));
    }
    for incident in pool.incidents.values().filter(|incident| incident.owed) {
        let open = incident.due.less_or_zero(incident.paid());
        add(U256::product(open.atoms(), u128::from(RATE_TIME)));
    }
    if parts != U256::product(held.atoms(), u128::from(RATE_TIME)) {
        let parts = format!("{held} held, {parts:?} parts not earned or to be paid");
        return broken(id, &parts);
    }
    Ok(())
}

/// What is covered, claimed and earned is what its covers say.
fn sums(state: &State, id: CoverPoolId, pool: &Pool) -> Result<(), Broken> {
    let (mut covered, mut claimed, mut rate) = (0, 0, 0);
    for (cover, of) in covers(state, id) {
        if of.claimed > of.left || of.left > of.amount {
            return broken(id, &format!("cover {cover} is claimed beyond what it covers"));
        }
        let counts = if of.stage == Stage::Lapsed { of.claimed } else { of.left };
        covered += counts.atoms();
        claimed += of.claimed.atoms();
        rate += if of.stage == Stage::Standing { of.rate } else { 0 };
    }
    let of_pool = |(_, risk): &(_, &crate::pools::cover::Risk)| risk.spec.pool == id;
    let risks = state.covers.risks().filter(of_pool);
    let by_risk: u128 = risks.map(|(_, risk)| risk.covered.atoms()).sum();
    let pairs = [
        ("covered", covered, pool.covered.atoms()),
        ("covered by risk", by_risk, pool.covered.atoms()),
        ("claimed", claimed, pool.claimed.atoms()),
        ("earned a year", rate, pool.rate),
    ];
    for (what, sum, stands) in pairs {
        if sum != stands {
            return broken(id, &format!("{what}: {stands}, its covers say {sum}"));
        }
    }
    Ok(())
}

/// Nobody is paid more than he is due, nor before there is money for it.
fn claims(state: &State, id: CoverPoolId, of: (LossId, &Incident)) -> Result<(), Broken> {
    let (loss, incident) = of;
    let due = Amount::sum(incident.claims.iter().map(|claim| claim.due));
    let above = incident.claims.iter().zip(&incident.paid).find(|(claim, paid)| **paid > claim.due);
    if due != incident.due || above.is_some() {
        return broken(id, &format!("loss {loss}: {} due, claims of {due}", incident.due));
    }
    let found = state.losses.loss(loss).filter(|found| found.stage == LossStage::Settled);
    let there = found.map_or(Amount::ZERO, |found| due.less_or_zero(found.debt()));
    if incident.paid() > there {
        return broken(id, &format!("loss {loss}: {} paid of {there}", incident.paid()));
    }
    Ok(())
}

/// An event pays each cover once, and its cap in all, however often it was reported.
fn events(state: &State, id: CoverPoolId, pool: &Pool) -> Result<(), Broken> {
    let stands = |(loss, of): &(&LossId, &Incident)| of.owed || pool.open.contains(*loss);
    let (mut claimed, mut sums) = (BTreeSet::new(), BTreeMap::new());
    let mut count = 0;
    for (loss, incident) in pool.incidents.iter().filter(stands) {
        count += 1;
        if !pool.standing.contains(&(incident.risk, incident.happened, *loss)) {
            return broken(id, &format!("loss {loss} stands, and is not kept as such"));
        }
        let Some(event) = state.losses.event_of(*loss) else { continue };
        let sum: &mut u128 = sums.entry((incident.risk, event)).or_default();
        *sum += incident.due.atoms();
        if pool.spec.incident_cap.is_some_and(|cap| *sum > cap.atoms()) {
            return broken(id, &format!("loss {loss}: its event pays {sum}, above the cap"));
        }
        let due = incident.claims.iter().filter(|claim| !claim.due.is_zero());
        for Claim { cover, .. } in due {
            if !claimed.insert((event, *cover)) {
                return broken(id, &format!("loss {loss}: cover {cover} pays for its event twice"));
            }
        }
    }
    if count == pool.standing.len() {
        return Ok(());
    }
    broken(id, &format!("{count} incidents stand, {} are kept", pool.standing.len()))
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    /// What each pool holds, by its events.
    held: BTreeMap<CoverPoolId, i128>,
    /// Who bought each cover, and what of it was not claimed yet.
    covers: BTreeMap<CoverId, (AccountId, Amount)>,
    /// What each claim of an incident is still to be paid.
    due: BTreeMap<(LossId, CoverId), Amount>,
    /// Which covers came to owe for an event.
    paid_for: BTreeSet<([u8; 32], CoverId)>,
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let signed = |amount: Amount| amount.atoms().cast_signed();
        let Some(id) = event.pool() else { return Ok(()) };
        let held = self.held.entry(id).or_default();
        match event {
            Event::Bought { cover, account, amount, premium, .. } => {
                *held += signed(*premium);
                self.covers.insert(*cover, (*account, *amount));
            }
            Event::Earned { earned, .. } => *held -= signed(*earned),
            Event::Reported { loss, claims, .. } => {
                self.due.extend(claims.iter().map(|claim| ((*loss, claim.cover), claim.due)));
            }
            Event::Owed { loss, amount, .. } => {
                *held += signed(*amount);
                let event = state.losses.event_of(*loss);
                return self.owed(id, (*loss, event), *amount);
            }
            Event::Paid { loss, rows, .. } => {
                *held -= rows.iter().map(|(_, _, amount)| signed(*amount)).sum::<i128>();
                for row in rows {
                    self.paid(id, *loss, *row)?;
                }
            }
            _ => {}
        }
        let (followed, asset) = (self.held[&id], asset_of(state, id));
        let stands = state.ledger.balance(asset, Holder::Cover(id)).atoms();
        if followed == stands {
            return Ok(());
        }
        broken(id, &format!("{stands} held, its events say {followed}"))
    }

    /// What is owed for a cover it covers no more.
    fn owed(
        &mut self,
        id: CoverPoolId,
        (loss, event): (LossId, Option<[u8; 32]>),
        amount: Amount,
    ) -> Result<(), Broken> {
        let mut sum = 0;
        for ((_, cover), due) in self.due.range((loss, CoverId(0))..=(loss, CoverId(u32::MAX))) {
            sum += due.atoms();
            let left = self.covers.get_mut(cover).map(|(_, left)| left);
            let Some(left) = left.filter(|left| **left >= *due) else {
                return broken(id, &format!("cover {cover} pays {due}, more than it covers"));
            };
            *left = left.less_or_zero(*due);
            let again = event.is_some_and(|event| !self.paid_for.insert((event, *cover)));
            if again && !due.is_zero() {
                return broken(id, &format!("cover {cover} owes for one event twice: loss {loss}"));
            }
        }
        if sum == amount.atoms() {
            return Ok(());
        }
        broken(id, &format!("loss {loss}: {amount} owed, {sum} claimed"))
    }

    fn paid(
        &mut self,
        id: CoverPoolId,
        loss: LossId,
        (cover, account, amount): (CoverId, AccountId, Amount),
    ) -> Result<(), Broken> {
        let buyer = self.covers.get(&cover).map(|(buyer, _)| *buyer);
        let due = self.due.get_mut(&(loss, cover)).filter(|due| **due >= amount);
        match due {
            Some(due) if buyer == Some(account) => {
                *due = due.less_or_zero(amount);
                Ok(())
            }
            _ => broken(id, &format!("cover {cover}: {amount} paid that is not due")),
        }
    }
}

fn asset_of(state: &State, id: CoverPoolId) -> crate::ids::AssetId {
    let domain = state.covers.pool(id).map(|pool| pool.spec.domain);
    domain.and_then(|domain| state.domains.asset_of(domain)).unwrap_or_default()
}
