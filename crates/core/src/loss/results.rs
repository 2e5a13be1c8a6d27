//! What flat books came out above their margin: it nets with what the domain's other books lost,
//! before any layer pays. What comes later repays those who paid, like a recovery; the rest pays
//! the domain's debts and is the fund's. Only losses of books: others begin with other people's
//! money.

use alloc::vec::Vec;

use super::income::{self, Receivers, open_claims, pay_debts_of};
use super::touch::touch_where;
use super::{Duty, Episode, Event, Loss, Origin, Rejection, Stage, detect};
use crate::domain::{CauseClass, Kind, Source};
use crate::engine::{Events, State};
use crate::ids::{AssetId, DomainId, LayerId, LossId};
use crate::ledger::Holder;
use crate::recovery::{Bearer, ClaimPool};
use crate::units::Amount;

/// What the domain's flat books gained and did not pay yet.
pub(crate) fn results_of(state: &State, domain: DomainId) -> Amount {
    let asset = state.domains.asset_of(domain);
    let held = |asset| state.ledger.held(asset, Holder::Results(domain));
    asset.map_or(Amount::ZERO, held)
}

/// What the domain's flat books gained and pays for `found` now, before another draw is planned.
pub(super) fn nets(state: &State, found: &Loss) -> Amount {
    if found.origin != Origin::Derived {
        return Amount::ZERO;
    }
    results_of(state, found.domain).min(found.remaining())
}

/// What is due of an open episode while its domain's books gained anything that nothing nets: its
/// settled losses are repaid in their order, then older debts of the domain.
pub(super) fn to_repay(state: &State, episode: &Episode) -> Option<Duty> {
    if results_of(state, episode.domain).is_zero() {
        return None;
    }
    let debts = state.debts().filter(|(_, found)| found.domain == episode.domain);
    let debts = debts.map(|(loss, _)| loss);
    episode.losses.iter().copied().chain(debts).find_map(|loss| repays(state, loss))
}

/// The repayment of a loss that is due, after the shares that must be taken before it.
fn repays(state: &State, loss: LossId) -> Option<Duty> {
    let pools = claims(state, loss)?;
    if state.losses.waits_for_touch(loss) {
        let (set, layer) = state.losses.first_waiting()?;
        return Some(Duty::TakeWaiting { set, layer });
    }
    // Where a pot or an account has no room the claims wait, and the gain goes on.
    let due = || repay(state, loss, &mut Events::new()).is_ok();
    (!open_claims(&pools).is_zero() && due()).then_some(Duty::RepayFromResults { loss })
}

/// The claims of a settled loss that results may repay: all of one that a book lost in an episode
/// that is open, else only the domain's debt.
fn claims(state: &State, loss: LossId) -> Option<Vec<ClaimPool>> {
    let found = state.losses.loss(loss).filter(|found| found.stage == Stage::Settled)?;
    let episode = found.episode.and_then(|id| state.losses.episode(id))?;
    let all = found.origin == Origin::Derived && !episode.closed;
    let counts = |pool: &ClaimPool| match pool.bearer {
        Bearer::Results(_) => false,
        Bearer::Uncovered(_) => true,
        _ => all,
    };
    let pools = found.pools.iter();
    Some(pools.map(|pool| if counts(pool) { pool.clone() } else { pool.closed() }).collect())
}

pub(super) fn repay(state: &State, loss: LossId, events: &mut Events) -> Result<(), Rejection> {
    let domain = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?.domain;
    let asset = detect::asset_of(state, domain)?;
    let pools = claims(state, loss).ok_or(Rejection::NotDue)?;
    let amount = results_of(state, domain).min(open_claims(&pools));
    if amount.is_zero() || state.losses.waits_for_touch(loss) {
        return Err(Rejection::NotDue);
    }
    touch_where(state, &|_| true, events);
    events.push(Event::ResultToClaims { loss, domain, asset, amount });
    income::repay(state, (loss, asset), &pools, amount, Receivers::Cede, events)
}

/// What is due of results where no episode of their domain is open: they pay its debts, and the
/// rest is income of the first insurance fund that its waterfall for defaults names. Without one,
/// or where the fund has no room, it stays for the domain's next loss.
pub(super) fn idle(state: &State) -> Option<Duty> {
    let closed = |domain: &DomainId| {
        let mut open = state.open_episodes();
        !results_of(state, *domain).is_zero() && !open.any(|(_, of)| of.domain == *domain)
    };
    let mut domains = state.domains.domains().map(|(domain, _)| domain).filter(closed);
    domains.find_map(|domain| {
        let of_domain = |loss: &LossId| state.losses.losses[loss.index()].domain == domain;
        let mut debts = state.debts().map(|(loss, _)| loss).filter(of_domain);
        if let Some(duty) = debts.find_map(|loss| repays(state, loss)) {
            return Some(duty);
        }
        to_fund(state, domain, &mut Events::new()).is_ok().then_some(Duty::ResultsToFund { domain })
    })
}

pub(super) fn to_fund(
    state: &State,
    domain: DomainId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = detect::asset_of(state, domain)?;
    let amount = results_of(state, domain);
    let mut open = state.open_episodes();
    let layer = fund(state, domain, asset).ok_or(Rejection::NotDue)?;
    if amount.is_zero() || open.any(|(_, of)| of.domain == domain) {
        return Err(Rejection::NotDue);
    }
    crate::domain::room_in_pot(state, layer, asset, amount)?;
    events.push(Event::ResultToFund { domain, layer, asset, amount });
    pay_debts_of(state, layer, asset, amount, events);
    Ok(())
}

fn fund(state: &State, domain: DomainId, asset: AssetId) -> Option<LayerId> {
    let waterfall = state.domains.domain(domain)?.waterfalls.get(&CauseClass::Default)?;
    let steps = &state.domains.waterfall(*waterfall)?.steps;
    let mut layers = steps.iter().flat_map(|step| step.layers.iter().map(|side| side.layer));
    layers.find(|layer| {
        state.domains.layer(*layer).is_some_and(|found| {
            let spec = &found.spec;
            let fund = spec.kind == Kind::InsuranceFund && spec.source == Source::Pot;
            fund && spec.asset == asset
        })
    })
}
