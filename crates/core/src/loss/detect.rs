//! From a report or a failing account to a detected loss: number, second approver, challenge;
//! then the episode and the liable set.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::event::as_claims;
use super::failure::{self, Failure};
use super::touch::touch_owner;
use super::{
    Episode, Event, FrozenRules, Loss, LossReport, Losses, Origin, Rejection, ReportedLoss, SetOff,
    Stage, liable, set_off,
};
use crate::account;
use crate::allocation::Rule;
use crate::bounds::{MAX_RISK, MAX_TOTAL};
use crate::collateral;
use crate::control::Parameter;
use crate::domain::{Basis, CauseClass};
use crate::engine::{Envelope, Events, State};
use crate::ids::{
    AccountId, AssetId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name, Time,
};
use crate::units::Amount;

impl FrozenRules {
    /// The rules in force now: what an episode that opens now freezes.
    pub(crate) fn now(state: &State, domain: DomainId) -> Self {
        let waterfalls = state.domains.domain(domain).map(|found| found.waterfalls.clone());
        let waterfalls = waterfalls.unwrap_or_default();
        // Supply moves freely from account to account: who lends is asked at each detection.
        let window = match state.domains.draws_on(&waterfalls, Basis::Supply) {
            true => 0,
            false => state.control.millis(domain, Parameter::LiableWindow),
        };
        let length = state.control.millis(domain, Parameter::EpisodeLength);
        Self { waterfalls, length, window }
    }
}

impl Losses {
    /// The episode of `domain` that a loss of `class` and `size` joins now: open, younger than
    /// its length, with a waterfall for the class, and room for the size in its sum.
    pub(crate) fn joinable(
        state: &State,
        domain: DomainId,
        class: CauseClass,
        size: Amount,
    ) -> Option<(EpisodeId, &Episode)> {
        let open = state.open_episodes().filter(|(_, episode)| episode.domain == domain);
        let young = open.filter(|(_, found)| state.now() < found.opened.after(found.rules.length));
        let mut answers =
            young.filter(|(_, episode)| episode.rules.waterfalls.contains_key(&class));
        answers.find(|(_, found)| state.losses.sum_of(found).checked_add(size).is_ok())
    }

    /// The close-out losses of an episode, together.
    fn sum_of(&self, episode: &Episode) -> Amount {
        let losses = episode.losses.iter().filter_map(|id| self.loss(*id));
        Amount::sum(losses.map(|loss| loss.close_out))
    }
}

pub(super) fn report_basis(
    state: &State,
    layer: LayerId,
    number: u64,
    claims: &[super::ReportedClaim],
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    let rule = found.spec.source.members().ok_or(Rejection::NoBasis { layer })?.rule;
    let last = state.losses.last_report.get(&layer).copied().unwrap_or(0);
    if number <= last {
        return Err(Rejection::NumberNotNew { number, last });
    }
    let mut seen: Vec<AccountId> = claims.iter().map(|claim| claim.account).collect();
    seen.sort_unstable();
    if let Some(pair) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Rejection::AccountTwice { account: pair[0] });
    }
    for claim in claims {
        let account = claim.account;
        if state.accounts.account(account).is_none() {
            return Err(account::Rejection::UnknownAccount { account }.into());
        }
        if claim.risk > MAX_RISK {
            let risk = claim.risk;
            return Err(Rejection::RiskAboveBound { account, risk, max: MAX_RISK });
        }
    }
    if rule == Rule::RiskWeighted && !effective_weights_fit(state, layer, claims) {
        return Err(Rejection::EffectiveWeights { layer });
    }
    events.push(Event::BasisReported { layer, number, claims: claims.to_vec() });
    Ok(())
}

/// Whether weight x risk, in millionths, summed over the basis as it would stand, is at most
/// 10^38: then no division by the rule can be refused.
fn effective_weights_fit(state: &State, layer: LayerId, claims: &[super::ReportedClaim]) -> bool {
    let mut basis = state.losses.reported.get(&layer).cloned().unwrap_or_default();
    basis.extend(claims.iter().map(|claim| (claim.account, *claim)));
    let effective = basis.values().map(|c| c.weight.atoms().checked_mul(u128::from(c.risk)));
    let sum = effective.reduce(|sum, next| sum?.checked_add(next?)).flatten();
    basis.is_empty() || sum.is_some_and(|sum| sum <= MAX_TOTAL)
}

pub(super) fn report_loss(
    state: &State,
    envelope: &Envelope,
    report: &LossReport,
    events: &mut Events,
) -> Result<(), Rejection> {
    let LossReport { domain, number, class, cause, evidence, amount, failed, margin, set_off } =
        report;
    new_number(state, *domain, *number, *class)?;
    if state.is_for_a_vote(*domain, *class) {
        return Err(Rejection::ForAVote { domain: *domain, class: *class });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    standing_failed(state, *domain, *failed, set_off)?;
    let asset = asset_of(state, *domain)?;
    let held = failed.map_or(Amount::ZERO, |id| state.means(id, asset));
    let most = held.min(*amount);
    if *margin > most {
        return Err(Rejection::MarginAboveHeld { margin: *margin, held: most });
    }
    let loss =
        LossId::at(state.losses.losses.len()).ok_or(Rejection::TooMany { what: "losses" })?;
    // A default is the venue's own finding; what nobody else can see needs a second approver.
    let challenge = (*class == CauseClass::Default).then_some(envelope.at);
    events.push(Event::LossReported(Box::new(ReportedLoss {
        loss,
        domain: *domain,
        number: *number,
        class: *class,
        cause: cause.clone(),
        evidence: *evidence,
        by: envelope.actor,
        amount: *amount,
        failed: *failed,
        margin: *margin,
        set_off: set_off::counted(state, *domain, *failed, set_off.clone()),
        challenge,
    })));
    Ok(())
}

pub(super) fn new_number(
    state: &State,
    domain: DomainId,
    number: u64,
    class: CauseClass,
) -> Result<(), Rejection> {
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if number >= DERIVED_NUMBERS {
        return Err(Rejection::NumberReserved { number, below: DERIVED_NUMBERS });
    }
    if let Some(loss) = state.losses.numbered(domain, number) {
        return Err(Rejection::LossAlreadyReported { number, loss });
    }
    if !found.waterfalls.contains_key(&class) {
        return Err(Rejection::NoWaterfall { domain, class });
    }
    Ok(())
}

pub(super) fn asset_of(state: &State, domain: DomainId) -> Result<AssetId, Rejection> {
    state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })
}

/// The failed account exists and has no open loss; the set-offs are its owner's other accounts.
pub(super) fn standing_failed(
    state: &State,
    domain: DomainId,
    failed: Option<AccountId>,
    set_off: &[SetOff],
) -> Result<(), Rejection> {
    let Some(failed) = failed else {
        return match set_off.first() {
            Some(off) => Err(Rejection::SetOffNotOwners { account: off.account }),
            None => Ok(()),
        };
    };
    let account = state
        .accounts
        .account(failed)
        .ok_or(account::Rejection::UnknownAccount { account: failed })?;
    let standing = state.open_losses().find(|id| {
        let loss = &state.losses.losses[id.index()];
        loss.failed == Some(failed) && loss.domain == domain
    });
    if let Some(loss) = standing {
        return Err(Rejection::AlreadyFailed { account: failed, loss });
    }
    for (place, off) in set_off.iter().enumerate() {
        let other = state.accounts.account(off.account);
        if off.account == failed || other.is_none_or(|other| other.owner != account.owner) {
            return Err(Rejection::SetOffNotOwners { account: off.account });
        }
        if set_off[..place].iter().any(|before| before.account == off.account) {
            return Err(Rejection::AccountTwice { account: off.account });
        }
    }
    Ok(())
}

pub(super) fn approve(
    state: &State,
    envelope: &Envelope,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    if found.stage != Stage::Reported {
        return Err(Rejection::Stage { loss, needs: "waiting for a second approver" });
    }
    if state.is_voted_on(loss) {
        return Err(Rejection::VotedOn { loss });
    }
    if matches!(found.origin, Origin::Reported { by, .. } if by == envelope.actor) {
        return Err(Rejection::SameApprover { loss });
    }
    let time = state.control.millis(found.domain, Parameter::ChallengeTime);
    let until = envelope.at.after(time);
    events.push(Event::LossApproved { loss, by: envelope.actor, until });
    Ok(())
}

pub(super) fn dismiss(
    state: &State,
    envelope: &Envelope,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    match found.stage {
        Stage::Reported => {}
        Stage::Challengeable { until } if envelope.at < until => {}
        Stage::Challengeable { until } => return Err(Rejection::ChallengeOver { loss, until }),
        _ => return Err(Rejection::Stage { loss, needs: "open to challenge" }),
    }
    events.push(Event::LossDismissed { loss, by: envelope.actor });
    Ok(())
}

/// When a report that waits for a second approver is no loss any more: nothing for one that does
/// not wait, nor for one by which the insured claim. Their covers may have lapsed by then, and
/// silence is not to take a claim that came in time.
pub(super) fn expires(state: &State, loss: LossId) -> Option<Time> {
    let found = state.losses.loss(loss).filter(|found| found.stage == Stage::Reported)?;
    let time = state.control.millis(found.domain, Parameter::ApprovalTime);
    // A report is detected later: until then its time is the report's.
    state.covers.incident(loss).is_none().then(|| found.detected.after(time))
}

pub(super) fn expire(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let until = expires(state, loss).filter(|until| *until <= state.now());
    until.ok_or(Rejection::NotDue)?;
    events.push(Event::LossExpired { loss });
    Ok(())
}

pub(super) fn declare_default(
    state: &State,
    domain: DomainId,
    number: u64,
    account: AccountId,
    found: (&Name, &[SetOff]),
    events: &mut Events,
) -> Result<(), Rejection> {
    new_number(state, domain, number, CauseClass::Default)?;
    failure::fails(state, (domain, number), account, found, events)
}

/// The first account below zero that no open loss explains, and the domain its loss begins in.
pub(super) fn negative(state: &State) -> Option<(AccountId, DomainId)> {
    state.negative_accounts().find_map(|account| {
        let mut assets = state.negative_assets(account);
        assets.find_map(|asset| Some((account, negative_in(state, account, asset)?)))
    })
}

/// The domain in which `account`, below zero in `asset`, is found, if it is to be.
fn negative_in(state: &State, account: AccountId, asset: AssetId) -> Option<DomainId> {
    if state.is_failing(account, asset) {
        return None;
    }
    let domain = state.domains_of_failure(account, asset).first().copied()?;
    let answered = state.domains.domain(domain)?.waterfalls.contains_key(&CauseClass::Default);
    // At a price that is not good enough nobody fails in what he trades in.
    let trades = state.markets.position(account).asset == Some(asset);
    let fit = || !trades || state.may_liquidate(account);
    (answered && fit()).then_some(domain)
}

/// Numbers of losses that the engine itself finds begin here; a venue's are refused from here on.
const DERIVED_NUMBERS: u64 = 1 << 63;

/// Whether the engine gave a loss its number.
pub(crate) const fn is_derived(number: u64) -> bool {
    number >= DERIVED_NUMBERS
}

pub(super) fn detect_negative(
    state: &State,
    account: AccountId,
    domain: DomainId,
    events: &mut Events,
) -> Result<(), Rejection> {
    if negative(state) != Some((account, domain)) {
        return Err(Rejection::NotDue);
    }
    let asset = asset_of(state, domain)?;
    let of_collateral = collateral::cause(state, account, asset);
    let cause = of_collateral.or_else(|| Name::new("balance below zero"));
    let cause = cause.ok_or(Rejection::NotDue)?;
    let failure = Failure { account, cause };
    let number = derived_number(state, 0);
    let set_off = set_off::gains_of_owner(state, domain, account);
    failure.push(state, 0, domain, number, set_off, events)?;
    failure.push_others(state, domain, state.fails_in(account, asset, false), events)
}

/// The id of the loss that is reported or found next.
pub(crate) fn next(state: &State) -> Option<LossId> {
    LossId::at(state.losses.losses.len())
}

/// A pool found that `account` failed in it, in `domain`: the loss is the next one. `own` is what
/// of the account itself is held for it.
pub(crate) fn found(
    state: &State,
    domain: DomainId,
    account: AccountId,
    cause: Name,
    own: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let mut set_off = set_off::gains_of_owner(state, domain, account);
    if !own.is_zero() {
        set_off.push(SetOff { account, up_to: own });
    }
    let set_off = set_off::largest(set_off);
    let number = derived_number(state, 0);
    Failure { account, cause }.push(state, 0, domain, number, set_off, events)
}

/// The number of the loss that is found `place` after the last.
pub(super) fn derived_number(state: &State, place: usize) -> u64 {
    let count = u64::try_from(state.losses.losses.len() + place).unwrap_or(u64::MAX >> 1);
    DERIVED_NUMBERS | count
}

/// What a loss that is to be detected lacks as far as is known: a reported one its amount, a found
/// one what its account or its book is below zero.
fn known_lack(state: &State, loss: LossId, found: &Loss) -> Amount {
    let failed = found.failed.filter(|_| found.origin == Origin::Derived);
    let (Some(account), Some(asset)) = (failed, state.domains.asset_of(found.domain)) else {
        return found.close_out;
    };
    let equity = match found.taken_over {
        true => state.book_equity(loss, asset),
        false => state.equity(account, asset),
    };
    Amount::new(equity.min(0).unsigned_abs()).unwrap_or(Amount::MAX)
}

/// The set of `episode` whose window is open.
fn open_set(state: &State, episode: &Episode) -> Option<LiableSetId> {
    let last = episode.sets.last().copied();
    last.filter(|id| state.losses.set(*id).is_some_and(|set| state.now() <= set.until))
}

/// Whether the detection of `loss`, now, fixes a liable set.
pub(super) fn fixes_a_set(state: &State, loss: LossId) -> bool {
    let found = state.losses.loss(loss);
    let joined = found.and_then(|found| {
        Losses::joinable(state, found.domain, found.class, known_lack(state, loss, found))
    });
    joined.and_then(|(_, episode)| open_set(state, episode)).is_none()
}

/// Detection: opens or joins the domain's episode and, where no set's window is open, fixes the
/// liable set.
pub(super) fn detect(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    if !matches!(found.stage, Stage::Challengeable { until } if until <= state.now()) {
        return Err(Rejection::NotDue);
    }
    let domain = found.domain;
    let joined = Losses::joinable(state, domain, found.class, known_lack(state, loss, found));
    let episode = match joined {
        Some((id, _)) => id,
        None => {
            let id = EpisodeId::at(state.losses.episodes.len())
                .ok_or(Rejection::TooMany { what: "episodes" })?;
            let rules = FrozenRules::now(state, domain);
            events.push(Event::EpisodeOpened { episode: id, domain, rules });
            id
        }
    };
    // Who lost a loan may have much left: he is liable for others as before. An account that is to
    // be taken over is below zero, and its owner is not.
    let failed = found.failed.filter(|_| found.origin != Origin::Derived || !found.taken_over);
    let owner = failed.and_then(|id| state.accounts.account(id)).map(|a| a.owner);
    let earlier = joined.map(|(_, episode)| episode);
    let set = match earlier.and_then(|episode| open_set(state, episode)) {
        Some(id) => id,
        None => fix_set(state, domain, episode, earlier, owner, events)?,
    };
    if let Some(owner) = owner {
        // What his accounts owe of earlier divisions they pay before he is liable no longer.
        touch_owner(state, owner, events);
    }
    // What stakes that may come to be taken as own means earned until now is their owner's: of who
    // failed, however it was found, and of who cleared for him.
    let guarantor = state.guarantor(loss).map(|(_, member)| member);
    for account in found.failed.into_iter().chain(guarantor) {
        if let Some(of) = state.accounts.account(account) {
            state.earn_premia_of(of.owner, events);
            state.book_pay_of(of.owner, events);
        }
    }
    events.push(Event::LossDetected { loss, episode, set, owner });
    state.owe_claimants(loss, events);
    Ok(())
}

fn fix_set(
    state: &State,
    domain: DomainId,
    episode: EpisodeId,
    earlier: Option<&Episode>,
    owner: Option<crate::ids::OwnerId>,
    events: &mut Events,
) -> Result<LiableSetId, Rejection> {
    let id = LiableSetId::at(state.losses.sets.len())
        .ok_or(Rejection::TooMany { what: "liable sets" })?;
    let rules = match earlier {
        Some(episode) => episode.rules.clone(),
        None => FrozenRules::now(state, domain),
    };
    let layers = state.domains.layers_of(&rules.waterfalls);
    let fixed = liable::fix(state, domain, &layers, earlier, owner);
    let until = state.now().after(rules.window);
    let layers = fixed.iter().map(|(layer, set)| (*layer, as_claims(set))).collect();
    events.push(Event::LiableSetFixed { set: id, episode, until, layers });
    Ok(id)
}
