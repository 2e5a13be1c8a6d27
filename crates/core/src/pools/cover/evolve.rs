//! What events do to cover pools. Nothing here can fail.

use alloc::collections::{BTreeMap, BTreeSet};

use super::{Ballot, Claim, Cover, Covers, Event, Incident, Pool, PoolSpec, Risk, Stage};
use crate::ids::{CoverId, CoverPoolId, LossId, RiskId, Time};
use crate::units::Amount;

impl Covers {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        if !self.knows(event) {
            return;
        }
        match event {
            Event::Opened { spec, .. } => self.pools.push(opened((**spec).clone(), now)),
            Event::RiskAdded { spec, .. } => {
                self.risks.push(Risk { spec: (**spec).clone(), covered: Amount::ZERO });
            }
            Event::RiskSet { risk, spec } => self.risks[risk.index()].spec = (**spec).clone(),
            Event::Bought { pool, .. } => self.bought(*pool, event, now),
            Event::Earned { pool, until, rest, .. } => {
                let pool = &mut self.pools[pool.index()];
                (pool.earned, pool.rest) = (*until, u128::from(*rest));
            }
            Event::Ended { pool, cover, claims } => self.ended(*pool, *cover, *claims),
            Event::Lapsed { pool, cover } => self.lapsed(*pool, *cover),
            Event::Reported { pool, loss, risk, happened, due, claims, vote } => {
                let ballot = vote.map(|until| Ballot { until, votes: BTreeMap::new() });
                let incident = Incident {
                    risk: *risk,
                    happened: *happened,
                    claims: claims.clone(),
                    paid: claims.iter().map(|_| Amount::ZERO).collect(),
                    due: *due,
                    ballot,
                    owed: false,
                };
                self.reported(*pool, *loss, incident);
            }
            Event::Triggered { .. } => {}
            Event::Voted { pool, loss, account, accept, .. } => {
                let incident = self.pools[pool.index()].incidents.get_mut(loss);
                if let Some(ballot) = incident.and_then(|of| of.ballot.as_mut()) {
                    ballot.votes.insert(*account, *accept);
                }
            }
            Event::Tallied { pool, loss, .. } => {
                if let Some(incident) = self.pools[pool.index()].incidents.get_mut(loss) {
                    incident.ballot = None;
                }
            }
            Event::Owed { pool, loss, .. } => self.owed(*pool, *loss),
            Event::Paid { pool, loss, rows, .. } => {
                let pool = &mut self.pools[pool.index()];
                if let Some(incident) = pool.incidents.get_mut(loss) {
                    paid(incident, rows.iter().map(|(cover, _, amount)| (*cover, *amount)));
                    if incident.paid() >= incident.due {
                        pool.open.remove(loss);
                    }
                }
            }
        }
    }

    /// Whether what an event names is there: what `decide` says always is, and an event that was
    /// not decided here changes nothing.
    fn knows(&self, event: &Event) -> bool {
        let cover = |cover: &CoverId| self.cover(*cover).is_some();
        let pool = event.pool().is_none_or(|pool| self.pool(pool).is_some());
        match event {
            Event::Opened { .. } => true,
            Event::RiskSet { risk, .. } | Event::Bought { risk, .. } => {
                pool && self.risk(*risk).is_some()
            }
            Event::Ended { cover: id, .. } | Event::Lapsed { cover: id, .. } => pool && cover(id),
            Event::Reported { claims, .. } => pool && claims.iter().all(|of| cover(&of.cover)),
            _ => pool,
        }
    }

    fn bought(&mut self, id: CoverPoolId, event: &Event, now: Time) {
        let Event::Bought {
            cover, risk, account, amount, premium, rate, slack, from, until, ..
        } = *event
        else {
            return;
        };
        self.covers.push(Cover {
            risk,
            account,
            amount,
            left: amount,
            claimed: Amount::ZERO,
            premium,
            rate,
            from,
            until,
            stage: Stage::Standing,
        });
        let pool = &mut self.pools[id.index()];
        // What was earned before is booked.
        pool.earned = now;
        pool.rate += rate;
        pool.rest += u128::from(slack);
        pool.ends.insert((until, cover));
        self.cover_more(id, risk, amount);
    }

    fn ended(&mut self, id: CoverPoolId, cover: CoverId, claims: Time) {
        let found = &mut self.covers[cover.index()];
        found.stage = Stage::Ended;
        let pool = &mut self.pools[id.index()];
        pool.rate -= found.rate;
        pool.ends.remove(&(found.until, cover));
        pool.ends.insert((claims, cover));
    }

    fn lapsed(&mut self, id: CoverPoolId, cover: CoverId) {
        let found = &mut self.covers[cover.index()];
        found.stage = Stage::Lapsed;
        let pool = &mut self.pools[id.index()];
        let claims = found.until.after(pool.spec.claim_time);
        pool.ends.remove(&(claims, cover));
        let (risk, unclaimed) = (found.risk, found.unclaimed());
        self.cover_less(id, risk, unclaimed);
    }

    fn reported(&mut self, id: CoverPoolId, loss: LossId, incident: Incident) {
        for Claim { cover, due, .. } in &incident.claims {
            let claimed = &mut self.covers[cover.index()].claimed;
            *claimed = plus(*claimed, *due);
        }
        let pool = &mut self.pools[id.index()];
        pool.claimed = plus(pool.claimed, incident.due);
        pool.open.insert(loss);
        pool.standing.insert((incident.risk, incident.happened, loss));
        pool.incidents.insert(loss, incident);
    }

    /// The loss was detected: what is claimed is owed, and not covered any more.
    fn owed(&mut self, id: CoverPoolId, loss: LossId) {
        let Some(claims) = self.unclaimed(id, loss) else { return };
        for Claim { cover, due, .. } in claims {
            let found = &mut self.covers[cover.index()];
            found.left = found.left.less_or_zero(due);
            let risk = found.risk;
            self.cover_less(id, risk, due);
        }
        if let Some(incident) = self.pools[id.index()].incidents.get_mut(&loss) {
            incident.owed = true;
        }
    }

    /// The loss was dismissed: what was claimed can be claimed again, where it is not too late.
    pub(crate) fn loss_dismissed(&mut self, loss: LossId) {
        let Some((id, incident)) = self.incident(loss) else { return };
        let stood = (incident.risk, incident.happened, loss);
        let Some(claims) = self.unclaimed(id, loss) else { return };
        let pool = &mut self.pools[id.index()];
        pool.open.remove(&loss);
        pool.standing.remove(&stood);
        for Claim { cover, due, .. } in claims {
            let found = &self.covers[cover.index()];
            if found.stage == Stage::Lapsed {
                let risk = found.risk;
                self.cover_less(id, risk, due);
            }
        }
    }

    /// What an incident claimed is claimed no longer.
    fn unclaimed(&mut self, id: CoverPoolId, loss: LossId) -> Option<alloc::vec::Vec<Claim>> {
        let pool = &mut self.pools[id.index()];
        let incident = pool.incidents.get(&loss)?;
        pool.claimed = pool.claimed.less_or_zero(incident.due);
        let claims = incident.claims.clone();
        for Claim { cover, due, .. } in &claims {
            let claimed = &mut self.covers[cover.index()].claimed;
            *claimed = claimed.less_or_zero(*due);
        }
        Some(claims)
    }

    fn cover_more(&mut self, pool: CoverPoolId, risk: RiskId, amount: Amount) {
        let sums = [&mut self.pools[pool.index()].covered, &mut self.risks[risk.index()].covered];
        sums.into_iter().for_each(|sum| *sum = plus(*sum, amount));
    }

    fn cover_less(&mut self, pool: CoverPoolId, risk: RiskId, amount: Amount) {
        let sums = [&mut self.pools[pool.index()].covered, &mut self.risks[risk.index()].covered];
        sums.into_iter().for_each(|sum| *sum = sum.less_or_zero(amount));
    }
}

const fn opened(spec: PoolSpec, now: Time) -> Pool {
    Pool {
        spec,
        covered: Amount::ZERO,
        claimed: Amount::ZERO,
        rate: 0,
        rest: 0,
        earned: now,
        incidents: BTreeMap::new(),
        standing: BTreeSet::new(),
        open: BTreeSet::new(),
        ends: BTreeSet::new(),
    }
}

/// Both are in the order of the covers.
fn paid(incident: &mut Incident, rows: impl Iterator<Item = (CoverId, Amount)>) {
    let mut claims = incident.claims.iter().zip(incident.paid.iter_mut());
    for (cover, amount) in rows {
        if let Some((_, sum)) = claims.find(|(claim, _)| claim.cover == cover) {
            *sum = plus(*sum, amount);
        }
    }
}

/// Sums of what is covered stay below the pool's most.
fn plus(sum: Amount, more: Amount) -> Amount {
    sum.checked_add(more).unwrap_or(Amount::MAX)
}
