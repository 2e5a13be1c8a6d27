//! Incidents: what is claimed, of whom, and by which evidence. Reports wait for approval or a vote;
//! a price that is low for long needs neither. Both may be challenged.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::price::part_ceil;
use super::{
    Claim, Command, Cover, Event, Experience, Incident, Lost, Pool, Rejection, Risk, Trigger,
};
use crate::account;
use crate::allocation::{self, Claims, Rule};
use crate::control::Parameter;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, CoverId, CoverPoolId, LossId, Name, OwnerId, RiskId, Time};
use crate::loss::{self, NewLoss};
use crate::oracle::{Average, Purpose};
use crate::units::{Amount, Price};

/// The incident of `risk` that is not detected yet, if there is one.
pub(super) fn waiting(pool: &Pool, risk: RiskId) -> Option<LossId> {
    let waits =
        |loss: &&LossId| pool.incidents.get(*loss).is_some_and(|of| of.risk == risk && !of.owed);
    pool.open.iter().find(waits).copied()
}

/// The incidents of `risk` that were reported on `evidence` and not dismissed: they are of one
/// event.
fn of_event<'a>(
    state: &'a State,
    pool: &'a Pool,
    risk: RiskId,
    evidence: [u8; 32],
) -> impl Iterator<Item = (LossId, &'a Incident)> {
    let losses = state.losses.on_evidence(pool.spec.domain, evidence);
    let incidents = losses.filter_map(|loss| Some((loss, pool.incidents.get(&loss)?)));
    incidents.filter(move |(loss, of)| pool.standing.contains(&(risk, of.happened, *loss)))
}

/// How many events of `risk` the covers of each owner were claimed for that count at `happened`:
/// those that were not dismissed, whichever was reported first, and happened within the window
/// before or after, but for the one of `evidence` itself. Else two reports at once would each be
/// the first.
fn before(
    state: &State,
    risk: RiskId,
    happened: Time,
    evidence: [u8; 32],
) -> BTreeMap<OwnerId, u32> {
    let mut times = BTreeMap::new();
    let of = state.covers.risk(risk).zip(state.covers.pool_of(risk));
    let Some((found, (_, pool))) = of else { return times };
    let Some(Experience { window, .. }) = found.spec.experience else { return times };
    // A window is a millisecond at least: what happened a whole window away counts no more.
    let within = window - 1;
    let first = (risk, happened.0.checked_sub(within).map_or(Time(0), Time), LossId(0));
    let last = (risk, happened.after(within), LossId(u32::MAX));
    let mut claimed = BTreeSet::new();
    for (_, _, loss) in pool.standing.range(first..=last) {
        // A report without evidence is of an event of its own.
        let event = state.losses.event_of(*loss).ok_or(*loss);
        let Some(incident) = pool.incidents.get(loss).filter(|_| event != Ok(evidence)) else {
            continue;
        };
        let due = incident.claims.iter().filter(|claim| !claim.due.is_zero());
        let owners = due.filter_map(|claim| owner_of(state, state.covers.cover(claim.cover)?));
        claimed.extend(owners.map(|owner| (owner, event)));
    }
    for (owner, _) in claimed {
        // Events are losses, of which there are fewer than 2^32.
        *times.entry(owner).or_insert(0) += 1;
    }
    times
}

fn owner_of(state: &State, cover: &Cover) -> Option<OwnerId> {
    state.accounts.account(cover.account).map(|account| account.owner)
}

impl State {
    /// What of a loss by `risk` that happens now `owner` would bear himself, in millionths of it.
    #[must_use]
    pub fn cover_retention(&self, risk: RiskId, owner: OwnerId) -> Option<u32> {
        let spec = &self.covers.risk(risk)?.spec;
        let times = before(self, risk, self.now(), [0; 32]);
        Some(spec.retention_after(times.get(&owner).copied().unwrap_or(0)))
    }
}

/// An incident on its way to a report.
struct Found<'a> {
    state: &'a State,
    risk: (RiskId, &'a Risk),
    pool: (CoverPoolId, &'a Pool),
    happened: Time,
    evidence: [u8; 32],
    before: BTreeMap<OwnerId, u32>,
}

impl<'a> Found<'a> {
    fn new(
        state: &'a State,
        id: RiskId,
        happened: Time,
        evidence: [u8; 32],
    ) -> Result<Self, Rejection> {
        let risk = state.covers.risk(id).ok_or(Rejection::UnknownRisk { risk: id })?;
        let pool = state.covers.pool_of(id).ok_or(Rejection::UnknownRisk { risk: id })?;
        let before = before(state, id, happened, evidence);
        Ok(Self { state, risk: (id, risk), pool, happened, evidence, before })
    }

    /// What was reported of the same event before.
    fn known(&self) -> impl Iterator<Item = (LossId, &Incident)> {
        of_event(self.state, self.pool.1, self.risk.0, self.evidence)
    }

    /// An event happened once.
    fn happened_then(&self) -> Result<(), Rejection> {
        let other = self.known().find(|(_, of)| of.happened != self.happened);
        other.map_or(Ok(()), |(loss, of)| {
            let (happened, known) = (self.happened, of.happened);
            Err(Rejection::OtherTime { loss, happened, known })
        })
    }

    /// Each loss against its cover.
    fn claims(&self, losses: &[Lost]) -> Result<Vec<Claim>, Rejection> {
        let mut losses = losses.to_vec();
        losses.sort_unstable_by_key(|lost| lost.cover);
        let twice = losses.windows(2).find(|pair| pair[0].cover == pair[1].cover);
        if let Some(pair) = twice {
            return Err(Rejection::CoverTwice { cover: pair[0].cover });
        }
        losses.into_iter().map(|lost| self.claim(lost)).collect()
    }

    fn claim(&self, lost: Lost) -> Result<Claim, Rejection> {
        let Lost { cover: id, amount } = lost;
        let cover = self.state.covers.cover(id).filter(|cover| cover.risk == self.risk.0);
        let cover = cover.ok_or(Rejection::UnknownCover { cover: id, risk: self.risk.0 })?;
        if amount.is_zero() {
            return Err(Rejection::ZeroAmount);
        }
        if !cover.covers(self.happened) || cover.stage == super::Stage::Lapsed {
            let (from, until) = (cover.from, cover.until);
            let happened = self.happened;
            return Err(Rejection::NotCovered { cover: id, happened, from, until });
        }
        let claims = |of: &Incident| of.claims.iter().any(|c| c.cover == id && !c.due.is_zero());
        if let Some((loss, _)) = self.known().find(|(_, of)| claims(of)) {
            return Err(Rejection::EventClaimed { cover: id, loss });
        }
        Ok(self.due(id, cover, amount))
    }

    fn due(&self, id: CoverId, cover: &Cover, lost: Amount) -> Claim {
        let before = owner_of(self.state, cover).and_then(|owner| self.before.get(&owner));
        let retention = self.risk.1.spec.retention_after(before.copied().unwrap_or(0));
        let borne = part_ceil(lost, retention);
        let due = lost.less_or_zero(borne).min(cover.unclaimed());
        Claim { cover: id, lost, due }
    }

    /// All that is covered was lost. A cover that a trigger claimed pays for no other: a price that
    /// stays low is one incident, and pays its cap once.
    fn all(&self) -> Vec<Claim> {
        let claimed = self.triggered();
        let covers = self.state.covers.covers().filter(|(id, _)| !claimed.contains(id));
        let standing = covers.filter(|(_, cover)| {
            cover.risk == self.risk.0
                && cover.covers(self.happened)
                && cover.stage != super::Stage::Lapsed
        });
        standing.map(|(id, cover)| self.due(id, cover, cover.unclaimed())).collect()
    }

    /// The covers that triggers of the risk claimed.
    fn triggered(&self) -> BTreeSet<CoverId> {
        let incidents = self.pool.1.incidents.iter().filter(|(_, of)| of.owed);
        let of_risk = incidents.filter(|(_, of)| of.risk == self.risk.0);
        let shown = of_risk.filter(|(loss, _)| {
            self.state.losses.loss(**loss).is_some_and(|found| loss::is_derived(found.number))
        });
        shown.flat_map(|(_, of)| of.claims.iter().map(|claim| claim.cover)).collect()
    }

    /// Where an incident is capped, what is due is what the cap leaves, in proportion. An event
    /// that was reported before has what that left of the cap.
    fn capped(&self, mut claims: Vec<Claim>) -> Result<(Vec<Claim>, Amount), Rejection> {
        // Covers sum to at most 10^24.
        let sum = Amount::sum(claims.iter().map(|claim| claim.due));
        let known = Amount::sum(self.known().map(|(_, of)| of.due));
        let cap = self.pool.1.spec.incident_cap.map(|cap| cap.less_or_zero(known));
        let due = cap.map_or(sum, |cap| cap.min(sum));
        if due < sum {
            let dues: Vec<Amount> = claims.iter().map(|claim| claim.due).collect();
            let of = Claims { caps: &dues, weights: &dues, ..Claims::default() };
            let divided = allocation::divide(Rule::Proportional, due, &of);
            let shares = divided.map_err(|_| Rejection::TooMany { what: "claims" })?.shares;
            for (claim, share) in claims.iter_mut().zip(shares) {
                claim.due = share;
            }
        }
        if due.is_zero() {
            return Err(Rejection::NothingDue);
        }
        Ok((claims, due))
    }

    fn push(
        self,
        of: NewLoss,
        (claims, due): (Vec<Claim>, Amount),
        vote: Option<Time>,
        events: &mut Events,
    ) -> Result<(), Rejection> {
        let loss = loss::next(self.state).ok_or(Rejection::TooMany { what: "losses" })?;
        let (pool, _) = self.pool;
        let of = NewLoss { amount: due, ..of };
        loss::reported(self.state, of, events)?;
        let (risk, happened) = (self.risk.0, self.happened);
        events.push(Event::Reported { pool, loss, risk, happened, due, claims, vote });
        Ok(())
    }
}

pub(super) fn report(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Command::Report { risk, number, ref cause, ref evidence, happened, ref losses } = *command
    else {
        return Err(Rejection::NotDue);
    };
    let found = Found::new(state, risk, happened, **evidence)?;
    let now = state.now();
    if happened > now {
        return Err(Rejection::NotHappened { happened, now });
    }
    found.happened_then()?;
    let claims = found.capped(found.claims(losses)?)?;
    let (pool, of) = (found.pool.1, found.risk.1);
    let vote = pool.spec.vote.map(|terms| now.after(terms.length));
    let of = NewLoss {
        domain: pool.spec.domain,
        number: Some(number),
        class: of.spec.class,
        cause: cause.clone(),
        evidence: **evidence,
        by: envelope.actor,
        amount: Amount::ZERO,
        challenge: None,
    };
    found.push(of, claims, vote, events)
}

/// The price of a risk was low for as long as its trigger says: what is covered since before is
/// claimed.
pub(super) fn trigger(
    state: &State,
    envelope: &Envelope,
    risk: RiskId,
    (account, number): (AccountId, u64),
    events: &mut Events,
) -> Result<(), Rejection> {
    let spec = &state.covers.risk(risk).ok_or(Rejection::UnknownRisk { risk })?.spec;
    account::owned_by(state, envelope.actor, account)?;
    account::numbered(state, account, number)?;
    let trigger = spec.trigger.ok_or(Rejection::NoTrigger { risk })?;
    let (from, to, mean) = come_about(state, trigger)?;
    let evidence = evidence(trigger, from, to, mean);
    let found = Found::new(state, risk, from, evidence)?;
    let (pool, domain) = (found.pool, found.pool.1.spec.domain);
    if let Some(loss) = waiting(pool.1, risk) {
        return Err(Rejection::IncidentOpen { risk, loss });
    }
    let claims = found.capped(found.all())?;
    events.push(Event::Triggered { pool: pool.0, risk, account, number, from, to, mean });
    let time = state.control.millis(domain, Parameter::ChallengeTime);
    let of = NewLoss {
        domain,
        number: None,
        class: spec.class,
        cause: Name::new("the price of the risk stood below its trigger")
            .ok_or(Rejection::NotDue)?,
        evidence,
        by: envelope.actor,
        amount: Amount::ZERO,
        challenge: Some(state.now().after(time)),
    };
    found.push(of, claims, None, events)
}

/// The window that ends with the last whole cell, and its mean price, where all of it is known to
/// settlement quality and the mean is below.
fn come_about(state: &State, trigger: Trigger) -> Result<(Time, Time, Price), Rejection> {
    let Trigger { feed, below, window } = trigger;
    let params = &state.oracle.feed(feed).ok_or(Rejection::NoFeed { feed })?.spec.params;
    let now = state.now();
    let to = Time(now.0 - now.0 % params.window_cell);
    let from = to.0.checked_sub(window).map(Time).ok_or(Rejection::NoMean { feed })?;
    let mean = state.oracle.window_average_floor(feed, (from, to), now);
    let Average { value, covered, length } = mean.map_err(|_| Rejection::NoMean { feed })?;
    if covered < length {
        return Err(Rejection::NoMean { feed });
    }
    let mean = value.price();
    if mean >= below {
        return Err(Rejection::NotBelow { feed, mean, below });
    }
    Ok((from, to, mean))
}

/// Whether a cover may be sold: the oracle knows the price now and over the last window, and it is
/// low neither now nor in the mean. Who buys else sees it happen, or sees what nobody says.
pub(super) fn is_sold(state: &State, trigger: Trigger) -> Result<(), Rejection> {
    let Trigger { feed, below, .. } = trigger;
    match come_about(state, trigger) {
        Err(Rejection::NotBelow { .. }) => {}
        Err(unknown) => return Err(unknown),
        Ok((_, _, price)) => return Err(Rejection::PriceLow { feed, price, below }),
    }
    let price = state.oracle.for_action(feed, Purpose::Settle, state.now());
    let price = price.map_err(|_| Rejection::NoMean { feed })?;
    if price < below {
        return Err(Rejection::PriceLow { feed, price, below });
    }
    Ok(())
}

/// The hash of what the oracle said.
fn evidence(trigger: Trigger, from: Time, to: Time, mean: Price) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let numbers = [u64::from(trigger.feed.0), from.0, to.0, mean.ticks()];
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}
