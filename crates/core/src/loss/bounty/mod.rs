//! An incentive to watch: an account gives notice of an event before it is reported, or challenges
//! a report, and puts down a bond for it. Who was right is paid a bounty; who was wrong loses his
//! bond.
//!
//! A bounty is a part of what the loss lacked, or of what was wrongly claimed, up to what a domain
//! pays within a window, and up to a part of what its pot holds. It is paid once for an event, and
//! only when the pot is at rest: whatever a loss may still draw on comes first. So it never takes
//! from those who bear the loss, and a pot that the loss emptied pays nothing.
//!
//! The first number counts: who copies a notice that he sees comes second, unless he is the one who
//! numbers. The hash of the evidence tells nobody what happened.

mod decide;
mod duty;
mod terms;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub(super) use decide::{challenge, give_notice, set};
pub(super) use duty::{due, settle_challenge, settle_notice};
pub use terms::{BountyFlaw, BountyTerms};

use super::evidence::NONE;
use super::{Event, Losses, Origin, Stage, is_derived, is_within};
use crate::bounds::MAX_PENDING;
use crate::domain::CauseClass;
use crate::engine::{Actor, Role};
use crate::ids::{AccountId, DomainId, LossId, Time};
use crate::units::Amount;

/// What became of a report.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportOutcome"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Outcome {
    /// Nothing was reported in time.
    Unreported = 1,
    /// It is a loss: it was detected, or settled.
    Right = 2,
    /// It was dismissed by another than who reported it.
    Wrong = 3,
    /// Who reported it dismissed it himself.
    Withdrawn = 4,
    /// Nobody decided on it in time.
    Undecided = 5,
    /// Those who would bear it voted against it.
    Rejected = 6,
}

/// The event that a notice is of: where, and the hash of its evidence.
pub type Noticed = (DomainId, [u8; 32]);

/// A notice that stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BountyNotice"))]
pub struct Notice {
    /// Who gave it.
    pub account: AccountId,
    /// What is left of his bond.
    pub bond: Amount,
    /// Until when it waits for a report.
    pub until: Time,
    /// The terms as it was given.
    pub terms: BountyTerms,
    /// The first loss that was reported of it since.
    pub loss: Option<LossId>,
    /// Whether somebody else than the reporter agreed to that: only then it pays a bounty.
    pub agreed: bool,
}

/// A challenge that stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BountyChallenge"))]
pub struct Challenge {
    /// Who challenges.
    pub account: AccountId,
    /// The hash of what he shows.
    pub evidence: [u8; 32],
    /// His bond.
    pub bond: Amount,
    /// The terms as it was made.
    pub terms: BountyTerms,
}

/// What is kept of bounties.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bounties {
    /// The terms of each domain that pays bounties.
    pub(super) terms: BTreeMap<DomainId, BountyTerms>,
    /// The notices that stand, by their events.
    pub(crate) notices: BTreeMap<Noticed, Notice>,
    /// Until when those wait of which nothing was reported.
    pub(crate) waits: BTreeSet<(Time, Noticed)>,
    /// The notices that losses were reported of.
    pub(crate) reported: BTreeMap<LossId, Noticed>,
    /// The challenges that stand.
    pub(super) challenges: BTreeMap<LossId, Challenge>,
    /// What became of losses that somebody gave notice of or challenged, and since when.
    pub(super) outcomes: BTreeMap<LossId, (Outcome, Time)>,
    /// What each domain paid, and when: as far back as a window may reach.
    pub(super) paid: BTreeMap<DomainId, Vec<(Time, Amount)>>,
}

impl Losses {
    /// What an event does to notices and challenges.
    pub(super) fn watched(&mut self, event: &Event, now: Time) {
        let losses = &self.losses;
        let reporter = |loss: LossId| match losses.get(loss.index())?.origin {
            Origin::Reported { by, .. } => Some(by),
            Origin::Derived => None,
        };
        self.bounties.of_loss(event, now, reporter);
        self.answered_again(event, now);
        self.bounties.evolve(event, now);
    }

    /// A report came to nothing: another that stands of the same event answers its notice, where
    /// that waits again.
    fn answered_again(&mut self, event: &Event, now: Time) {
        let (Event::LossDismissed { loss, .. } | Event::LossExpired { loss }) = *event else {
            return;
        };
        let event = self.loss(loss).map(|found| found.domain).zip(self.event_of(loss));
        let waits = |of: &Noticed| self.bounties.notices.get(of).is_some_and(|n| n.loss.is_none());
        let Some(of) = event.filter(waits) else { return };
        let stands = |other: &LossId| {
            let found = self.loss(*other).filter(|_| *other != loss);
            found.is_some_and(|found| found.stage != Stage::Dismissed && !is_derived(found.number))
        };
        let Some(other) = self.on_evidence(of.0, of.1).find(stands) else { return };
        let Some(found) = self.loss(other) else { return };
        let (number, settled) = (found.number, found.stage == Stage::Settled);
        // A default is nobody's to agree to.
        let agreed = found.stage != Stage::Reported && found.class != CauseClass::Default;
        self.bounties.of_report(of, other, number);
        if let Some(notice) = self.bounties.notices.get_mut(&of) {
            notice.agreed = agreed;
        }
        if settled {
            self.bounties.outcomes.insert(other, (Outcome::Right, now));
        }
    }
}

impl Bounties {
    /// The terms of `domain`, where it pays bounties.
    #[must_use]
    pub fn terms(&self, domain: DomainId) -> Option<&BountyTerms> {
        self.terms.get(&domain)
    }

    /// The notices that stand, in the order of their events.
    pub fn notices(&self) -> impl Iterator<Item = (&Noticed, &Notice)> {
        self.notices.iter()
    }

    /// The challenges that stand, in the order of their losses.
    pub fn challenges(&self) -> impl Iterator<Item = (LossId, &Challenge)> {
        self.challenges.iter().map(|(loss, of)| (*loss, of))
    }

    /// What `domain` paid within `window` milliseconds until `now`.
    #[must_use]
    pub fn paid_within(&self, domain: DomainId, window: u64, now: Time) -> Amount {
        let paid = self.paid.get(&domain).into_iter().flatten();
        let inside = paid.filter(|(at, _)| is_within(*at, now, window));
        Amount::sum(inside.map(|(_, amount)| *amount))
    }

    /// What became of `loss`, while a bond or a bounty waits for it.
    #[must_use]
    pub fn outcome(&self, loss: LossId) -> Option<Outcome> {
        self.outcomes.get(&loss).map(|(outcome, _)| *outcome)
    }

    /// When notices and bounties that wait do so no longer.
    pub fn ends(&self) -> impl Iterator<Item = Time> + '_ {
        let unreported = self.waits.iter().map(|(until, _)| *until);
        let late = self.outcomes.iter().filter_map(|(loss, (_, since))| {
            let challenge = self.challenges.get(loss).map(|of| of.terms);
            let terms = challenge.or_else(|| Some(self.notice_of(*loss)?.1.terms))?;
            Some(since.after(terms.wait))
        });
        unreported.chain(late)
    }

    /// The notice that `loss` was reported of.
    pub(super) fn notice_of(&self, loss: LossId) -> Option<(Noticed, &Notice)> {
        let of = self.reported.get(&loss)?;
        Some((*of, self.notices.get(of)?))
    }

    /// The notice of the event that `loss` of `losses` was reported for, whichever report of it
    /// answers that.
    pub(super) fn notice_on(losses: &Losses, loss: LossId) -> Option<&Notice> {
        let of = (losses.loss(loss)?.domain, losses.event_of(loss)?);
        losses.bounties.notices.get(&of)
    }

    /// A loss was reported: a notice of its event is answered by the first.
    pub(super) fn of_report(&mut self, of: Noticed, loss: LossId, number: u64) {
        if of.1 == NONE || is_derived(number) {
            return;
        }
        if let Some(notice) = self.notices.get_mut(&of).filter(|notice| notice.loss.is_none()) {
            notice.loss = Some(loss);
            self.waits.remove(&(notice.until, of));
            self.reported.insert(loss, of);
        }
    }

    /// What events of losses say of the reports they are about. `reporter` says who reported one.
    fn of_loss(&mut self, event: &Event, now: Time, reporter: impl Fn(LossId) -> Option<Actor>) {
        let (loss, outcome) = match *event {
            Event::LossApproved { loss, .. } => {
                let of = self.reported.get(&loss).copied();
                if let Some(notice) = of.and_then(|of| self.notices.get_mut(&of)) {
                    notice.agreed = true;
                }
                return;
            }
            Event::LossDismissed { loss, by } => {
                let outcome = match by.role {
                    Role::Engine => Outcome::Rejected,
                    _ if reporter(loss) == Some(by) => Outcome::Withdrawn,
                    _ => Outcome::Wrong,
                };
                (loss, outcome)
            }
            Event::LossExpired { loss } => (loss, Outcome::Undecided),
            // A challenge is lost as the loss is detected; a notice is paid for when it is settled.
            Event::LossDetected { loss, .. } if self.challenges.contains_key(&loss) => {
                (loss, Outcome::Right)
            }
            Event::LossSettled { loss } => (loss, Outcome::Right),
            _ => return,
        };
        if matches!(outcome, Outcome::Withdrawn | Outcome::Undecided) {
            self.wait_again(loss, now);
        }
        if self.challenges.contains_key(&loss) || self.reported.contains_key(&loss) {
            self.outcomes.insert(loss, (outcome, now));
        }
    }

    /// A report said nothing of the event: the notice of it waits for the next. Else who reports
    /// could end a notice alone, and let another give it anew.
    fn wait_again(&mut self, loss: LossId, now: Time) {
        let Some(of) = self.reported.remove(&loss) else { return };
        if let Some(notice) = self.notices.get_mut(&of) {
            (notice.loss, notice.agreed) = (None, false);
            notice.until = now.after(notice.terms.wait);
            self.waits.insert((notice.until, of));
        }
    }

    fn evolve(&mut self, event: &Event, now: Time) {
        match *event {
            Event::BountySet { domain, terms } => {
                match terms {
                    Some(terms) => self.terms.insert(domain, terms),
                    None => self.terms.remove(&domain),
                };
            }
            Event::NoticeGiven { domain, evidence, account, bond, until, .. } => {
                let Some(terms) = self.terms.get(&domain).copied() else { return };
                let of = (domain, evidence);
                let (loss, agreed) = (None, false);
                let notice = Notice { account, bond, until, terms, loss, agreed };
                self.notices.insert(of, notice);
                self.waits.insert((until, of));
            }
            Event::Challenged { loss, domain, account, evidence, bond, .. } => {
                let Some(terms) = self.terms.get(&domain).copied() else { return };
                self.challenges.insert(loss, Challenge { account, evidence, bond, terms });
            }
            Event::NoticeSettled { domain, evidence, bounty, .. } => {
                let of = (domain, evidence);
                if let Some(notice) = self.notices.remove(&of) {
                    self.waits.remove(&(notice.until, of));
                    if let Some(loss) = notice.loss {
                        self.reported.remove(&loss);
                        self.done(loss);
                    }
                }
                self.pay(domain, bounty, now);
            }
            Event::ChallengeSettled { loss, domain, bounty, of_bond, .. } => {
                self.challenges.remove(&loss);
                if of_bond {
                    let of = self.reported.get(&loss).copied();
                    if let Some(notice) = of.and_then(|of| self.notices.get_mut(&of)) {
                        notice.bond = notice.bond.less_or_zero(bounty);
                    }
                } else {
                    self.pay(domain, bounty, now);
                }
                self.done(loss);
            }
            _ => {}
        }
    }

    /// Nobody waits for what became of `loss` any more.
    fn done(&mut self, loss: LossId) {
        if !self.challenges.contains_key(&loss) && !self.reported.contains_key(&loss) {
            self.outcomes.remove(&loss);
        }
    }

    /// Keeps what was paid now, and forgets what no window reaches any more.
    fn pay(&mut self, domain: DomainId, amount: Amount, now: Time) {
        if amount.is_zero() {
            return;
        }
        let paid = self.paid.entry(domain).or_default();
        let old = paid.partition_point(|(at, _)| !is_within(*at, now, MAX_PENDING));
        paid.drain(..old);
        match paid.last_mut() {
            Some((at, sum)) if *at == now => *sum = sum.checked_add(amount).unwrap_or(Amount::MAX),
            _ => paid.push((now, amount)),
        }
    }
}
