//! What an event does to the area's state. It cannot fail: `decide` made every check.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::claims::{bear, bear_at, bear_at_step, bear_members, debt_moves, repaid, wait_for};
use super::{
    Draw, Episode, Event, LayerSet, LiableSet, Loss, Losses, Member, Origin, OwnMeans, RemainderTo,
    ReportedClaim, SetOff, Stage, Wave,
};
use crate::collateral;
use crate::domain::CauseClass;
use crate::ids::{AccountId, DomainId, LayerId, LiableSetId, LossId, Name, Time};
use crate::recovery::{Bearer, Claim, ClaimPool};
use crate::units::Amount;

impl Losses {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        self.watched(event, now);
        match event {
            Event::BasisReported { layer, number, claims } => {
                self.last_report.insert(*layer, *number);
                let basis = self.reported.entry(*layer).or_default();
                basis.extend(claims.iter().map(|claim| (claim.account, *claim)));
            }
            Event::LossReported(_) | Event::DefaultFound { .. } => self.found(event, now),
            Event::EpisodeOpened { domain, rules, .. } => self.episodes.push(Episode {
                domain: *domain,
                opened: now,
                closed: false,
                rules: rules.clone(),
                losses: Vec::new(),
                sets: Vec::new(),
                failed: BTreeSet::new(),
                used: BTreeMap::new(),
                deficits: Amount::ZERO,
            }),
            Event::LiableSetFixed { set, episode, until, layers } => {
                self.episodes[episode.index()].sets.push(*set);
                let layers = layers.iter().map(|(layer, claims)| (*layer, layer_set(claims)));
                let (episode, until) = (*episode, *until);
                let layers = layers.collect();
                self.sets.push(LiableSet { episode, fixed: now, until, layers });
            }
            Event::RanksSettled { domain, .. } => {
                self.ranked.insert(*domain);
                self.staged(event, now);
            }
            Event::RemainderMoved { other, amount, to, .. } => {
                self.late_means(*other, *amount, *to);
            }
            Event::ClaimCeded { .. }
            | Event::MeansCeded { .. }
            | Event::CededMoved { .. }
            | Event::CededPaid { .. }
            | Event::CededReturned { .. }
            | Event::OwnMeansTaken { from: OwnMeans::Ceded, .. } => self.ceded(event),
            Event::RemainderReturned { loss, charged, .. } => {
                for of in charged.iter().chain([loss]) {
                    self.losses[of.index()].taken = Amount::ZERO;
                }
            }
            Event::EpisodeClosed { episode } => self.episodes[episode.index()].closed = true,
            Event::TouchesDone { set, layer } => {
                self.on_touch.remove(&(*set, *layer));
            }
            Event::CallsMade { loss, layer, set, calls } => {
                let of = self.members(*set, *layer);
                for (member, called) in of.members.iter_mut().zip(calls) {
                    member.called = member.called.checked_add(*called).unwrap_or(Amount::MAX);
                }
                if let Some(draw) = open_draw(&mut self.losses[loss.index()], *layer) {
                    draw.called.clone_from(calls);
                }
            }
            Event::PoolRepaid { loss, pool, amount, rows, .. } => {
                repaid(&mut self.losses[loss.index()], *pool, *amount, rows);
            }
            Event::LossDivided { .. } | Event::SharesTaken { .. } | Event::ShareTouched { .. } => {
                self.divided(event);
            }
            _ => self.staged(event, now),
        }
    }

    /// Own means that come when the loss is measured already, or settled.
    pub(super) fn late_means(&mut self, loss: LossId, amount: Amount, to: RemainderTo) {
        let loss = &mut self.losses[loss.index()];
        remainder_moved(loss, amount, to);
        let recognised = loss.stage == Stage::Absorbing && to == RemainderTo::Suspense;
        if let Some(episode) = loss.episode.filter(|_| recognised) {
            let sum = &mut self.episodes[episode.index()].deficits;
            *sum = sum.less_or_zero(amount);
        }
    }

    /// What collateral brings before its loss is measured is the first of the owner's means.
    pub(crate) fn evolve_collateral(&mut self, event: &collateral::Event) {
        let collateral::Event::Sold { loss, number, proceeds, aside, .. } = *event else { return };
        let found = &mut self.losses[loss.index()];
        found.last_recovery = number;
        if !aside {
            found.margin = found.margin.checked_add(proceeds).unwrap_or(Amount::MAX);
        }
    }

    fn found(&mut self, event: &Event, now: Time) {
        let id = LossId::at(self.losses.len()).unwrap_or_default();
        let loss = match event {
            Event::LossReported(of) => Loss {
                class: of.class,
                origin: Origin::Reported { by: of.by, evidence: of.evidence },
                failed: of.failed,
                taken_over: true,
                close_out: of.amount,
                margin: of.margin,
                stage: match of.challenge {
                    Some(until) => Stage::Challengeable { until },
                    None => Stage::Reported,
                },
                ..unmeasured(of.domain, of.number, &of.cause, &of.set_off, now)
            },
            Event::DefaultFound { domain, number, cause, account, set_off, .. } => {
                Loss { failed: Some(*account), ..unmeasured(*domain, *number, cause, set_off, now) }
            }
            _ => return,
        };
        self.numbers.insert((loss.domain, loss.number), id);
        self.evidence.insert(&loss, id);
        if let Origin::Reported { evidence, .. } = loss.origin {
            self.bounties.of_report((loss.domain, evidence), id, loss.number);
        }
        self.losses.push(loss);
    }

    /// Events of one loss on its way through the stages.
    fn staged(&mut self, event: &Event, now: Time) {
        let Some(id) = event.loss() else { return };
        let loss = &mut self.losses[id.index()];
        match event {
            Event::LossApproved { until, .. } => {
                loss.stage = Stage::Challengeable { until: *until };
            }
            Event::LossDismissed { .. } | Event::LossExpired { .. } => {
                loss.stage = Stage::Dismissed;
            }
            Event::LossDetected { episode, set, owner, .. } => {
                loss.stage = Stage::Detected;
                loss.detected = now;
                loss.episode = Some(*episode);
                loss.set = Some(*set);
                let episode = &mut self.episodes[episode.index()];
                episode.losses.push(id);
                episode.failed.extend(*owner);
            }
            Event::TakenOver { margin, value, .. } => {
                loss.taken_over = true;
                (loss.margin, loss.taken) = (*margin, *value);
            }
            Event::LossMeasured { close_out, .. } => {
                loss.close_out = *close_out;
                loss.margin = Amount::ZERO;
            }
            Event::OwnMeansClosed { own_means, deficit, .. } => {
                loss.own_means = *own_means;
                loss.deficit = *deficit;
                loss.stage = Stage::Measured;
            }
            Event::MarginTaken { amount, .. } => loss.margin = *amount,
            Event::DeficitRecognised { deficit, .. } => {
                loss.stage = Stage::Absorbing;
                if let Some(episode) = loss.episode {
                    let sum = &mut self.episodes[episode.index()].deficits;
                    *sum = sum.checked_add(*deficit).unwrap_or(Amount::MAX);
                }
            }
            Event::ResultNetted { domain, amount, .. } => {
                // What enters the waterfall is what is left: tranches attach to that.
                if let Some(episode) = loss.episode {
                    let sum = &mut self.episodes[episode.index()].deficits;
                    *sum = sum.less_or_zero(*amount);
                }
                loss.netted = loss.netted.checked_add(*amount).unwrap_or(Amount::MAX);
                bear_at_step(loss, 0, Bearer::Results(*domain), *amount);
            }
            Event::ResultToClaims { domain, amount, .. } => {
                bear_at_step(loss, 0, Bearer::Results(*domain), *amount);
            }
            // Nobody is forgiven: what the fund paid for others is now owed to it.
            Event::IncomeToClaims { layer, amount, .. } => {
                bear_at_step(loss, 0, Bearer::Layer(*layer), *amount);
            }
            Event::StepReached { step, .. } => loss.step = *step,
            Event::DrawPlanned { step, layer, planned, deadline, .. } => loss.draws.push(Draw {
                step: *step,
                layer: *layer,
                planned: *planned,
                received: Amount::ZERO,
                called: Vec::new(),
                deadline: *deadline,
                closed: false,
            }),
            _ => self.ended(event, id, now),
        }
    }

    /// Events of the end of a loss, and of what comes after it.
    fn ended(&mut self, event: &Event, id: LossId, now: Time) {
        let loss = &mut self.losses[id.index()];
        match event {
            Event::UncoveredBooked { domain, amount, .. } => {
                loss.uncovered = *amount;
                let step = loss.step + 1;
                let bearer = Bearer::Uncovered(*domain);
                let (borne, repaid) = (*amount, Amount::ZERO);
                loss.pools.push(ClaimPool { step, bearer, borne, repaid });
            }
            Event::LossSettled { .. } => {
                loss.stage = Stage::Settled;
                loss.settled = Some(now);
            }
            Event::RecoveryReceived { number, .. } => loss.last_recovery = *number,
            Event::DebtPaid { layer, domain, amount, .. } => {
                debt_moves(loss, *domain, *amount, Bearer::Layer(*layer));
            }
            Event::RanksSettled { domain, amount, rows, .. } => {
                let borne = |row: &(AccountId, Amount)| {
                    let (account, borne) = *row;
                    Claim { account, borne, repaid: Amount::ZERO }
                };
                let rows = rows.iter().map(borne).collect();
                debt_moves(loss, *domain, *amount, Bearer::Ranked { rows });
            }
            _ => self.drawn(event, id),
        }
    }

    /// Events of one draw.
    fn drawn(&mut self, event: &Event, id: LossId) {
        match event {
            Event::PotDrawn { layer, amount, stakes, .. } => {
                self.receive(id, *layer, *amount);
                let loss = &mut self.losses[id.index()];
                if stakes.is_empty() {
                    bear(loss, *layer, Bearer::Layer(*layer), *amount);
                }
                bear_members(loss, *layer, stakes.iter().map(|(id, borne, _)| (*id, *borne)));
            }
            Event::DrawPaid { layer, account, number, amount, .. } => {
                self.receive(id, *layer, *amount);
                let loss = &mut self.losses[id.index()];
                match account {
                    Some(account) => {
                        bear_members(loss, *layer, [(*account, *amount)].into_iter());
                        self.called_paid(id, *layer, *account, *amount);
                    }
                    None => {
                        loss.last_payment = *number;
                        bear(loss, *layer, Bearer::Outside(*layer), *amount);
                    }
                }
            }
            Event::ProceedsPaid { layer, amount, to, .. } => {
                self.receive(id, *layer, *amount);
                super::claims::bear_proceeds(&mut self.losses[id.index()], *layer, *to, *amount);
            }
            Event::DrawClosed { layer, .. } => self.closed(id, *layer),
            _ => {}
        }
    }

    fn called_paid(&mut self, loss: LossId, layer: LayerId, account: AccountId, amount: Amount) {
        let Some(set) = self.losses[loss.index()].set else { return };
        let of = self.members(set, layer);
        let Some(place) = of.place(account) else { return };
        let member = &mut of.members[place];
        member.called = member.called.less_or_zero(amount);
        member.paid = member.paid.checked_add(amount).unwrap_or(Amount::MAX);
        self.spent_elsewhere(set, layer, [(account, amount)].into_iter());
        let draw = open_draw(&mut self.losses[loss.index()], layer);
        if let Some(called) = draw.and_then(|draw| draw.called.get_mut(place)) {
            *called = called.less_or_zero(amount);
        }
    }

    /// A draw has answered: what its members did not pay they are called for no longer.
    fn closed(&mut self, id: LossId, layer: LayerId) {
        let loss = &mut self.losses[id.index()];
        let Some(draw) = open_draw(loss, layer) else { return };
        draw.closed = true;
        let unpaid = core::mem::take(&mut draw.called);
        let Some(set) = loss.set else { return };
        if let Some(of) = self.sets[set.index()].layers.get_mut(&layer) {
            for (member, unpaid) in of.members.iter_mut().zip(unpaid) {
                member.called = member.called.less_or_zero(unpaid);
            }
        }
    }

    /// Events of one division.
    fn divided(&mut self, event: &Event) {
        match event {
            Event::LossDivided {
                loss, layer, set, amount, cumulative, levels, on_touch, ..
            } => {
                self.receive(*loss, *layer, *amount);
                let level = levels.first().copied().flatten();
                let of = self.members(*set, *layer);
                of.waves.push(Wave { loss: *loss, cumulative: *cumulative, level });
                if *on_touch {
                    of.untouched = u32::try_from(of.members.len()).unwrap_or(u32::MAX);
                    self.on_touch.insert((*set, *layer));
                    let members = &self.sets[set.index()].layers[layer].members;
                    wait_for(&mut self.losses[loss.index()], *layer, members);
                }
            }
            Event::SharesTaken { loss, layer, set, first, shares, .. } => {
                let paid = shares.iter().map(|(_, share)| *share);
                pay(self.members(*set, *layer), *first, paid);
                bear_members(&mut self.losses[loss.index()], *layer, shares.iter().copied());
                self.spent_elsewhere(*set, *layer, shares.iter().copied());
            }
            Event::ShareTouched { loss, layer, set, place, wave, account, amount, .. } => {
                let share = [(*account, *amount)].into_iter();
                bear_at(&mut self.losses[loss.index()], *layer, *place, *amount);
                self.spent_elsewhere(*set, *layer, share);
                let of = self.members(*set, *layer);
                pay(of, *place, [*amount].into_iter());
                let waves = u32::try_from(of.waves.len()).unwrap_or(u32::MAX);
                if let Some(member) = usize::try_from(*place).ok().map(|p| &mut of.members[p]) {
                    member.waves = *wave;
                }
                if *wave == waves {
                    of.untouched -= 1;
                }
            }
            _ => {}
        }
    }

    /// A cap used under one set of an episode is spent under its other sets.
    fn spent_elsewhere(
        &mut self,
        set: LiableSetId,
        layer: LayerId,
        shares: impl Iterator<Item = (AccountId, Amount)> + Clone,
    ) {
        let episode = self.sets[set.index()].episode;
        let others = self.episodes[episode.index()].sets.clone();
        for other in others.into_iter().filter(|other| *other != set) {
            let Some(of) = self.sets[other.index()].layers.get_mut(&layer) else { continue };
            for (account, share) in shares.clone() {
                if let Some(place) = of.place(account) {
                    let member = &mut of.members[place];
                    member.cap = member.cap.less_or_zero(share).max(member.paid);
                }
            }
        }
    }

    /// A division counted on no more of an account than it held: that is its cap from now on, and
    /// money that comes later does not raise it. `held` says what an account holds after the event.
    pub(crate) fn shrink_caps(&mut self, event: &Event, held: &dyn Fn(AccountId) -> Amount) {
        let (set, layer, first, count) = match event {
            Event::SharesTaken { set, layer, first, shares, .. } => {
                (*set, *layer, *first, shares.len())
            }
            Event::ShareTouched { set, layer, place, .. } => (*set, *layer, *place, 1),
            _ => return,
        };
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        for member in self.members(set, layer).members.iter_mut().skip(first).take(count) {
            let most = member.paid.checked_add(held(member.account));
            member.cap = member.cap.min(most.unwrap_or(Amount::MAX));
        }
    }

    /// The caps of all members of a layer shrink to what they paid and what is held of each now.
    pub(crate) fn shrink_all(
        &mut self,
        set: LiableSetId,
        layer: LayerId,
        held: &dyn Fn(AccountId) -> Amount,
    ) {
        for member in &mut self.members(set, layer).members {
            let most = member.paid.checked_add(held(member.account));
            member.cap = member.cap.min(most.unwrap_or(Amount::MAX));
        }
    }

    fn members(&mut self, set: LiableSetId, layer: LayerId) -> &mut LayerSet {
        self.sets[set.index()].layers.entry(layer).or_default()
    }

    /// A draw on `layer` brought `amount` into suspense.
    fn receive(&mut self, id: LossId, layer: LayerId, amount: Amount) {
        let loss = &mut self.losses[id.index()];
        if let Some(draw) = open_draw(loss, layer) {
            draw.received = draw.received.checked_add(amount).unwrap_or(Amount::MAX);
        }
        if let Some(episode) = loss.episode {
            let used = self.episodes[episode.index()].used.entry(layer).or_default();
            *used = used.checked_add(amount).unwrap_or(Amount::MAX);
        }
    }
}

fn open_draw(loss: &mut Loss, layer: LayerId) -> Option<&mut Draw> {
    loss.draws.iter_mut().find(|draw| draw.layer == layer && !draw.closed)
}

/// What was left of the account's margin elsewhere is margin of a book that is open, and own means
/// of a loss that is being absorbed.
fn remainder_moved(loss: &mut Loss, amount: Amount, to: RemainderTo) {
    let add = |sum: Amount| sum.checked_add(amount).unwrap_or(Amount::MAX);
    match to {
        RemainderTo::Book => loss.margin = add(loss.margin),
        RemainderTo::Suspense => {
            loss.own_means = add(loss.own_means);
            loss.deficit = loss.deficit.less_or_zero(amount);
        }
        RemainderTo::Claims => {}
    }
}

/// A loss known to the ledger, before anything else of it is known.
fn unmeasured(domain: DomainId, number: u64, cause: &Name, set_off: &[SetOff], now: Time) -> Loss {
    Loss {
        domain,
        number,
        class: CauseClass::Default,
        cause: cause.clone(),
        origin: Origin::Derived,
        failed: None,
        stage: Stage::Challengeable { until: now },
        episode: None,
        set: None,
        detected: now,
        taken_over: false,
        close_out: Amount::ZERO,
        margin: Amount::ZERO,
        taken: Amount::ZERO,
        set_off: set_off.to_vec(),
        own_means: Amount::ZERO,
        deficit: Amount::ZERO,
        netted: Amount::ZERO,
        step: 0,
        draws: Vec::new(),
        uncovered: Amount::ZERO,
        settled: None,
        pools: Vec::new(),
        last_recovery: 0,
        last_payment: 0,
    }
}

fn layer_set(claims: &[ReportedClaim]) -> LayerSet {
    let members = claims.iter().map(|claim| Member {
        account: claim.account,
        weight: claim.weight,
        cap: claim.cap,
        score: claim.score,
        risk: claim.risk,
        class: claim.class,
        paid: Amount::ZERO,
        called: Amount::ZERO,
        waves: 0,
    });
    LayerSet { members: members.collect(), waves: Vec::new(), untouched: 0 }
}

/// Adds what members paid, from the place of the first.
fn pay(of: &mut LayerSet, first: u32, shares: impl Iterator<Item = Amount>) {
    let Some(members) = usize::try_from(first).ok().and_then(|at| of.members.get_mut(at..)) else {
        return;
    };
    for (member, share) in members.iter_mut().zip(shares) {
        member.paid = member.paid.checked_add(share).unwrap_or(Amount::MAX);
    }
}
