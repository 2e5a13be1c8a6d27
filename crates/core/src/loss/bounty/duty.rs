//! What follows of itself: notices that nobody answered, and what became of the others.

use super::{Bounties, BountyTerms, Challenge, Notice, Noticed, Outcome};
use crate::basis::part_of_weight_floor;
use crate::control::Status;
use crate::domain;
use crate::engine::{Events, Role, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LossId, Time};
use crate::ledger::Holder;
use crate::loss::{Duty, Event, Loss, Origin, Rejection, Stage, ceded, income, is_derived};
use crate::units::Amount;

/// What of a notice's bond who challenges is paid at most, in millionths.
const HALF: u32 = 500_000;

/// The next duty: notices that nobody answered, in the order of time, then decided reports in the
/// order of their losses; a challenge of one before the notice of it.
pub(in crate::loss) fn due(state: &State) -> Option<Duty> {
    let of = &state.losses.bounties;
    // In a halt nothing of participants moves.
    if state.control.venue_status() == Status::Halted {
        return None;
    }
    if let Some((_, (domain, evidence))) = of.waits.first().filter(|(at, _)| *at <= state.now()) {
        return Some(Duty::SettleNotice { domain: *domain, evidence: *evidence });
    }
    of.outcomes.iter().find_map(|(loss, outcome)| of_loss(state, of, *loss, *outcome))
}

fn of_loss(
    state: &State,
    of: &Bounties,
    loss: LossId,
    (outcome, since): (Outcome, Time),
) -> Option<Duty> {
    let noticed = of.notice_of(loss);
    if let Some(challenge) = of.challenges.get(&loss) {
        // A notice's bond pays at once; the pot when it is at rest.
        let waits = outcome == Outcome::Wrong && pot_pays(state, loss);
        let pays = !waits || pays_now(state, &challenge.terms, since);
        return pays.then_some(Duty::SettleChallenge { loss });
    }
    let ((domain, evidence), notice) = noticed?;
    let settled = state.losses.loss(loss).is_some_and(|found| found.stage == Stage::Settled);
    let pays = match outcome {
        Outcome::Right => settled && pays_now(state, &notice.terms, since),
        _ => true,
    };
    pays.then_some(Duty::SettleNotice { domain, evidence })
}

/// Whether the pot pays who showed that `loss` is wrong: only where one key of the venue reported
/// it, so that a second one dismisses it; what an owner could bring about alone pays nothing.
fn pot_pays(state: &State, loss: LossId) -> bool {
    let Some(found) = state.losses.loss(loss) else { return false };
    let by_venue = match found.origin {
        Origin::Reported { by, .. } => matches!(by.role, Role::Venue | Role::Governance),
        Origin::Derived => false,
    };
    // A notice that nothing answers may have been given since: it takes no bounty from another.
    let noticed = Bounties::notice_on(&state.losses, loss).is_some_and(|of| of.loss.is_some());
    by_venue && !is_derived(found.number) && !noticed
}

/// Whether the pot is at rest, or was waited for long enough.
fn pays_now(state: &State, terms: &BountyTerms, since: Time) -> bool {
    domain::is_at_rest(state, terms.pot) || since.after(terms.wait) <= state.now()
}

/// What is paid for `base`: nothing while the pot is not at rest, nor beyond its part of what the
/// pot holds above what it may owe those it protects, rounded down (for the pot).
fn bounty_floor(
    state: &State,
    terms: &BountyTerms,
    (domain, asset): (DomainId, AssetId),
    base: Amount,
) -> Amount {
    if !domain::is_at_rest(state, terms.pot) {
        return Amount::ZERO;
    }
    let held = state.ledger.held(asset, Holder::Layer(terms.pot));
    let held = held.less_or_zero(state.protections.exposed(terms.pot));
    let paid = state.losses.bounties.paid_within(domain, terms.window, state.now());
    let most = terms.most.less_or_zero(paid).min(part_of_weight_floor(held, Some(terms.pot_part)));
    part_of_weight_floor(base, Some(terms.part)).min(most)
}

/// Whether the owner of `account` is who failed with the loss, or claims to be paid by it, or by
/// another that stands of the same event: watching his own loss he has reason enough, and no bounty
/// is to make it dearer to others.
fn is_concerned(state: &State, account: AccountId, loss: LossId, found: &Loss) -> bool {
    let owner = |id| state.accounts.account(id).map(|account| account.owner);
    let concerns = |loss: LossId, found: &Loss| {
        found.failed.is_some_and(|failed| owner(failed) == owner(account))
            || owner(account).is_some_and(|owner| state.is_insured_for(loss, owner))
    };
    let event = state.losses.event_of(loss).into_iter();
    let mut others = event.flat_map(|event| state.losses.on_evidence(found.domain, event));
    concerns(loss, found)
        || others.any(|other| {
            let other = state.losses.loss(other).map(|found| (other, found));
            other.is_some_and(|(id, of)| of.stage != Stage::Dismissed && concerns(id, of))
        })
}

/// What goes where.
struct Paid {
    returned: Amount,
    forfeited: Amount,
    bounty: Amount,
}

impl Paid {
    /// A bond that goes back as far as the account has room, and a bounty as far as it has more.
    fn back(state: &State, (account, asset): (AccountId, AssetId), bond: Amount) -> Self {
        let held = state.ledger.held(asset, Holder::Account(account));
        let returned = bond.min(Amount::MAX.less_or_zero(held));
        Self { returned, forfeited: bond.less_or_zero(returned), bounty: Amount::ZERO }
    }

    fn with(mut self, state: &State, of: (AccountId, AssetId), bounty: Amount) -> Self {
        let held = state.ledger.held(of.1, Holder::Account(of.0));
        let room = Amount::MAX.less_or_zero(held).less_or_zero(self.returned);
        self.bounty = bounty.min(room);
        self
    }

    fn lost(bond: Amount) -> Self {
        Self { returned: Amount::ZERO, forfeited: bond, bounty: Amount::ZERO }
    }

    /// What came to the account is first for those who bear a loss of its owner's; what came to the
    /// pot pays first what nobody paid.
    fn pass_on(
        &self,
        state: &State,
        (account, asset): (AccountId, AssetId),
        pot: LayerId,
        events: &mut Events,
    ) {
        // Both are amounts, and the account has room for both.
        let came = self.returned.checked_add(self.bounty).unwrap_or(Amount::MAX);
        ceded::cede_means(state, (account, asset), came, events);
        income::pay_debts_of(state, pot, asset, self.forfeited, events);
    }
}

/// A notice is settled: nobody answered it, or what it is of is decided.
pub(in crate::loss) fn settle_notice(
    state: &State,
    of: Noticed,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (domain, evidence) = of;
    if due(state) != Some(Duty::SettleNotice { domain, evidence }) {
        return Err(Rejection::NotDue);
    }
    let notice = state.losses.bounties.notices.get(&of).ok_or(Rejection::NotDue)?;
    let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let (account, pot) = (notice.account, notice.terms.pot);
    let outcome = notice.loss.and_then(|loss| state.losses.bounties.outcomes.get(&loss));
    let outcome = outcome.map_or(Outcome::Unreported, |(outcome, _)| *outcome);
    let to = (account, asset);
    let paid = match outcome {
        Outcome::Wrong | Outcome::Rejected => Paid::lost(notice.bond),
        Outcome::Right => {
            let bounty = bounty_of_notice(state, (domain, asset), notice);
            Paid::back(state, to, notice.bond).with(state, to, bounty)
        }
        _ => Paid::back(state, to, notice.bond),
    };
    state.touch(account, events);
    let Paid { returned, forfeited, bounty } = paid;
    events.push(Event::NoticeSettled {
        domain,
        evidence,
        loss: notice.loss,
        account,
        asset,
        pot,
        outcome,
        returned,
        forfeited,
        bounty,
    });
    paid.pass_on(state, to, pot, events);
    Ok(())
}

fn bounty_of_notice(state: &State, of: (DomainId, AssetId), notice: &Notice) -> Amount {
    let found = notice.loss.and_then(|loss| Some((loss, state.losses.loss(loss)?)));
    let Some((loss, found)) = found else { return Amount::ZERO };
    if !notice.agreed || is_concerned(state, notice.account, loss, found) {
        return Amount::ZERO;
    }
    bounty_floor(state, &notice.terms, of, found.deficit)
}

/// What shows that a report is wrong is paid: where somebody gave notice of it half of his bond at
/// most, and nothing else, so that whoever challenges his own notice by another name loses the
/// rest; else of the pot, where a second key of the venue decided. A vote pays nothing of the pot:
/// one key and an account of its own would make bounties with any sum that stakers reject.
fn bounty_of_challenge(
    state: &State,
    of: (DomainId, AssetId),
    (loss, challenge): (LossId, &Challenge),
    (outcome, base): (Outcome, Amount),
) -> Amount {
    if let Some((_, notice)) = state.losses.bounties.notice_of(loss) {
        let most = part_of_weight_floor(notice.bond, Some(HALF));
        return part_of_weight_floor(base, Some(challenge.terms.part)).min(most);
    }
    if outcome != Outcome::Wrong || !pot_pays(state, loss) {
        return Amount::ZERO;
    }
    bounty_floor(state, &challenge.terms, of, base)
}

/// A challenge is settled: what it is of is decided.
pub(in crate::loss) fn settle_challenge(
    state: &State,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    if due(state) != Some(Duty::SettleChallenge { loss }) {
        return Err(Rejection::NotDue);
    }
    let of = &state.losses.bounties;
    let challenge = of.challenges.get(&loss).ok_or(Rejection::NotDue)?;
    let (outcome, _) = *of.outcomes.get(&loss).ok_or(Rejection::NotDue)?;
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    let domain = found.domain;
    let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let (account, pot) = (challenge.account, challenge.terms.pot);
    let to = (account, asset);
    let noticed = of.notice_of(loss);
    let paid = match outcome {
        Outcome::Right => Paid::lost(challenge.bond),
        Outcome::Wrong | Outcome::Rejected if !is_concerned(state, account, loss, found) => {
            let decided = (outcome, found.close_out);
            let bounty = bounty_of_challenge(state, (domain, asset), (loss, challenge), decided);
            Paid::back(state, to, challenge.bond).with(state, to, bounty)
        }
        _ => Paid::back(state, to, challenge.bond),
    };
    state.touch(account, events);
    let Paid { returned, forfeited, bounty } = paid;
    events.push(Event::ChallengeSettled {
        loss,
        domain,
        account,
        asset,
        pot,
        outcome,
        returned,
        forfeited,
        bounty,
        of_bond: noticed.is_some(),
    });
    paid.pass_on(state, to, pot, events);
    Ok(())
}

impl State {
    /// Whether a report was decided that a bond or a bounty waits for: where no duty pays it, it
    /// waits for a pot to be at rest.
    pub(crate) fn bounty_waits(&self) -> bool {
        !self.losses.bounties.outcomes.is_empty()
    }
}
