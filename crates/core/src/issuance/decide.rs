//! Every check of the area's commands. Nothing changes here.

use alloc::boxed::Box;

use super::{
    Buyback, Command, Depletion, Event, Issuance, IssuanceSpec, Outstanding, Rejection, buyback,
    sale,
};
use crate::account;
use crate::domain::{self, Kind, Source};
use crate::engine::{Envelope, Events, State};
use crate::ids::{AssetId, DomainId, IssuanceId, LayerId, Time};
use crate::waterfall::Step;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Specify { ref spec } => specify(state, spec, events),
        Command::Count { issuance, ref outstanding } => count(state, issuance, outstanding, events),
        Command::Limit { layer, depletion } => limit(state, layer, depletion, events),
        Command::Take { issuance, loss, account, number, lots, most } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            sale::take(state, (issuance, loss), (account, number), (lots, most), events)
        }
        Command::SellBack { issuance, account, number, lots, most } => {
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            buyback::sell(state, issuance, (account, number), (lots, most), events)
        }
    }
}

pub(super) fn issuance(state: &State, id: IssuanceId) -> Result<&Issuance, Rejection> {
    state.issuances.issuance(id).ok_or(Rejection::UnknownIssuance { issuance: id })
}

fn specify(state: &State, spec: &IssuanceSpec, events: &mut Events) -> Result<(), Rejection> {
    spec.check()?;
    let (layer, token) = (spec.layer, spec.token);
    let of_layer = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if of_layer.spec.kind != Kind::Issuance {
        return Err(Rejection::NotAnIssuance { layer });
    }
    if state.domains.asset(token).is_none() {
        return Err(Rejection::UnknownAsset { asset: token });
    }
    let settles = state.domains.domains().any(|(_, domain)| domain.asset == token);
    if settles || token == of_layer.spec.asset || is_collateral(state, token) {
        return Err(Rejection::NotAToken { asset: token });
    }
    let (known, selling) =
        (state.issuances.of_layer(layer), state.issuances.of_token(token).map(|(id, _)| id));
    let other = known.map(|(id, _)| id).or(selling);
    if let Some(issuance) = other.filter(|_| known.map(|(id, _)| id) != selling) {
        return Err(Rejection::InUse { issuance });
    }
    if let Some(back) = &spec.buyback {
        buys_back(state, layer, of_layer.spec.asset, back)?;
    }
    at_rest(state, layer)?;
    if let Some(back) = &spec.buyback {
        at_rest(state, back.fund)?;
    }
    counted(state, (token, &spec.outstanding), known.map(|(_, of)| &of.spec.outstanding))?;
    let next = IssuanceId::at(state.issuances.issuances.len());
    let id = selling.or(next).ok_or(Rejection::TooMany { what: "issuances" })?;
    events.push(Event::Specified { issuance: id, spec: Box::new(spec.clone()) });
    Ok(())
}

/// Whoever makes more of it would make collateral of nothing.
fn is_collateral(state: &State, token: AssetId) -> bool {
    state.collaterals.accepted.values().any(|of| of.contains_key(&token))
}

fn buys_back(
    state: &State,
    layer: LayerId,
    asset: AssetId,
    back: &Buyback,
) -> Result<(), Rejection> {
    let fund = back.fund;
    let found = state.domains.layer(fund).ok_or(Rejection::UnknownLayer { layer: fund })?;
    let pot = found.spec.source == Source::Pot && !found.spec.kind.is_staked();
    if !pot || found.spec.asset != asset {
        return Err(Rejection::NotAFund { layer: fund });
    }
    for (domain, of) in state.domains.behind(layer) {
        for waterfall in of.waterfalls.values() {
            let steps = state.domains.waterfall(*waterfall).map_or(&[][..], |found| &found.steps);
            if !is_before(steps, fund, layer) {
                return Err(Rejection::FundNotBefore { layer: fund, domain });
            }
        }
    }
    Ok(())
}

/// Whether every one of `steps` that names `layer` has one before it that names `fund`.
fn is_before(steps: &[Step], fund: LayerId, layer: LayerId) -> bool {
    let names = |step: &Step, layer: LayerId| step.layers.iter().any(|side| side.layer == layer);
    match steps.iter().position(|step| names(step, layer)) {
        Some(at) => steps[..at].iter().any(|step| names(step, fund)),
        None => true,
    }
}

impl State {
    /// A layer of tokens that `steps` would draw on without, in a step before, the fund that buys
    /// them back: nothing is issued while the fund could pay.
    pub(crate) fn issues_before_fund(&self, steps: &[Step]) -> Option<LayerId> {
        let before = |of: &&Issuance| {
            let fund = of.spec.buyback.map(|back| back.fund);
            fund.is_none_or(|fund| is_before(steps, fund, of.spec.layer))
        };
        let mut all = self.issuances.issuances.iter();
        all.find(|of| !before(of)).map(|of| of.spec.layer)
    }

    /// The domain whose status counts for a command about an issuance.
    pub(crate) fn domain_of_issuance(&self, command: &Command) -> Option<DomainId> {
        match *command {
            Command::Take { loss, .. } => self.losses.loss(loss).map(|found| found.domain),
            Command::SellBack { issuance, .. } => {
                let back = self.issuances.issuance(issuance)?.spec.buyback?;
                // Of all that the fund and the tokens stand behind, the one that stands worst.
                let layers = [back.fund, self.issuances.issuance(issuance)?.spec.layer];
                let behind = layers.into_iter().flat_map(|layer| self.domains.behind(layer));
                behind.map(|(id, _)| id).max_by_key(|id| self.control.domain_status(*id))
            }
            Command::Specify { .. } | Command::Count { .. } | Command::Limit { .. } => None,
        }
    }
}

/// The rules of a loss that is known stay as they are.
fn at_rest(state: &State, layer: LayerId) -> Result<(), Rejection> {
    domain::knows_no_loss(state, layer).map_err(|_| Rejection::LossKnown { layer })
}

fn count(
    state: &State,
    id: IssuanceId,
    outstanding: &Outstanding,
    events: &mut Events,
) -> Result<(), Rejection> {
    let of = issuance(state, id)?;
    if outstanding.amount.is_zero() {
        return Err(super::Flaw::NothingOutstanding.into());
    }
    at_rest(state, of.spec.layer)?;
    counted(state, (of.spec.token, outstanding), Some(&of.spec.outstanding))?;
    events.push(Event::Counted { issuance: id, outstanding: outstanding.clone() });
    Ok(())
}

/// A count is of now at the latest, of no earlier time than the last, and of no fewer tokens than
/// are held here.
fn counted(
    state: &State,
    (token, of): (AssetId, &Outstanding),
    last: Option<&Outstanding>,
) -> Result<(), Rejection> {
    let (now, last) = (state.now(), last.map_or(Time(0), |last| last.at));
    if of.at > now || of.at < last {
        return Err(Rejection::CountNotNew { at: of.at, last, now });
    }
    let held = state.vault_of(token);
    if of.amount < held {
        return Err(Rejection::BelowHeld { amount: of.amount, held });
    }
    Ok(())
}

fn limit(
    state: &State,
    layer: LayerId,
    depletion: Option<Depletion>,
    events: &mut Events,
) -> Result<(), Rejection> {
    depletion.map_or(Ok(()), |of| of.check())?;
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if found.spec.source != Source::Pot || found.spec.kind.is_staked() {
        return Err(Rejection::NotAFund { layer });
    }
    at_rest(state, layer)?;
    events.push(Event::Limited { layer, depletion });
    Ok(())
}
