//! Every check of the area's commands. Nothing changes here.

use super::{
    Attachment, Basis, CauseClass, Command, Event, LayerSpec, MemberRule, Rejection, Source,
};
use super::{exits, rewards};
use crate::account;
use crate::allocation::Rule;
use crate::bounds::MAX_PENDING;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, WaterfallId};
use crate::ledger::Holder;
use crate::loss::Losses;
use crate::units::Amount;
use crate::waterfall::{Step, flaw};
use alloc::boxed::Box;

/// The most decimals of an asset: with 30, one unit is the largest amount.
const MAX_DECIMALS: u8 = 30;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::AddAsset { name, decimals } => {
            if *decimals > MAX_DECIMALS {
                return Err(Rejection::Decimals { found: *decimals, max: MAX_DECIMALS });
            }
            let asset = AssetId::at(state.domains.assets.len()).ok_or(too_many("assets"))?;
            events.push(Event::AssetAdded { asset, name: name.clone(), decimals: *decimals });
            Ok(())
        }
        Command::OpenDomain { name, asset } => {
            if state.domains.asset(*asset).is_none() {
                return Err(Rejection::UnknownAsset { asset: *asset });
            }
            if state.issuances.of_token(*asset).is_some() {
                return Err(Rejection::AssetIssued { asset: *asset });
            }
            let domain = DomainId::at(state.domains.domains.len()).ok_or(too_many("domains"))?;
            events.push(Event::DomainOpened { domain, name: name.clone(), asset: *asset });
            Ok(())
        }
        Command::AddLayer { spec } => add_layer(state, spec, events),
        Command::SetWaterfall { domain, class, steps } => {
            set_waterfall(state, *domain, *class, steps, events)
        }
        Command::AcceptTerms { domain, account } => {
            account::owned_by(state, envelope.actor, *account)?;
            let found = state
                .domains
                .domain(*domain)
                .ok_or(Rejection::UnknownDomain { domain: *domain })?;
            let terms = found.terms;
            events.push(Event::TermsAccepted { domain: *domain, account: *account, terms });
            Ok(())
        }
        Command::PayIntoLayer { layer, number, amount } => {
            pay_into(state, *layer, *number, *amount, events)
        }
        Command::Stake { layer, account, number, amount } => {
            account::owned_by(state, envelope.actor, *account)?;
            account::numbered(state, *account, *number)?;
            stake(state, *layer, (*account, *number), *amount, events)
        }
        Command::Unstake { layer, account, number, amount } => {
            account::owned_by(state, envelope.actor, *account)?;
            account::numbered(state, *account, *number)?;
            let asset = staked(state, *layer, *amount)?;
            exits::ask(state, (*layer, asset), (*account, *number), *amount, events)
        }
        Command::Reward { layer, number, from, amount } => {
            rewards::give(state, (*layer, *number), *from, *amount, events)
        }
        Command::TakeReward { layer, account, number } => {
            account::owned_by(state, envelope.actor, *account)?;
            account::numbered(state, *account, *number)?;
            rewards::take(state, *layer, (*account, *number), events)
        }
    }
}

const fn too_many(what: &'static str) -> Rejection {
    Rejection::TooMany { what }
}

fn add_layer(state: &State, spec: &LayerSpec, events: &mut Events) -> Result<(), Rejection> {
    if state.domains.asset(spec.asset).is_none() {
        return Err(Rejection::UnknownAsset { asset: spec.asset });
    }
    if !spec.kind.admits(&spec.source) {
        return Err(Rejection::KindSource { kind: spec.kind });
    }
    let caps = &spec.caps;
    let period = caps.per_period.map(|cap| cap.amount);
    let zero = |cap: Option<Amount>| cap.is_some_and(Amount::is_zero);
    // Over a span of no time a cap never binds: as little a cap as one of zero.
    let no_span = caps.per_period.is_some_and(|cap| cap.millis == 0);
    let of_weight = spec.source.members().and_then(|members| members.cap_of_weight);
    if zero(caps.per_event)
        || zero(caps.per_episode)
        || zero(period)
        || no_span
        || of_weight == Some(0)
    {
        return Err(Rejection::ZeroCap { layer: spec.name.clone() });
    }
    if let Some(attachment) = spec.attachment
        && attachment.attach >= attachment.detach
    {
        let Attachment { attach, detach } = attachment;
        return Err(Rejection::EmptyAttachment { attach, detach });
    }
    let endless = |millis: u64| millis == 0 || millis > MAX_PENDING;
    if caps.per_period.is_some_and(|cap| endless(cap.millis)) {
        return Err(Rejection::Unbounded { layer: spec.name.clone() });
    }
    if let Some(deadline) = spec.source.deadline()
        && (endless(deadline) || (spec.source.members().is_none() && caps.per_event.is_none()))
    {
        return Err(Rejection::Unbounded { layer: spec.name.clone() });
    }
    if let Some(members) = spec.source.members() {
        member_rule(spec, members)?;
    }
    let layer = LayerId::at(state.domains.layers.len()).ok_or(too_many("layers"))?;
    events.push(Event::LayerAdded { layer, spec: Box::new(spec.clone()) });
    Ok(())
}

/// The rule divides any number of claims, and tells each share alone where it must.
fn member_rule(spec: &LayerSpec, members: &MemberRule) -> Result<(), Rejection> {
    if matches!(members.rule, Rule::RandomArrival | Rule::MinimalOverlap) {
        return Err(Rejection::ComparisonRule { layer: spec.name.clone() });
    }
    if let Some(kind) = members.basis.kind() {
        let takes = matches!(spec.source, Source::Members(_)) && !members.on_touch;
        let layer = || spec.name.clone();
        match members.basis {
            _ if takes && spec.kind == kind => {}
            Basis::Supply => return Err(Rejection::SupplyBasis { layer: layer() }),
            _ => return Err(Rejection::SharesBasis { layer: layer(), kind }),
        }
    }
    if members.basis == Basis::Contribution && !matches!(spec.source, Source::Call { .. }) {
        return Err(Rejection::ContributionBasis { layer: spec.name.clone() });
    }
    if members.rule == Rule::RiskWeighted && members.basis != Basis::Reported {
        return Err(Rejection::RiskBasis { layer: spec.name.clone() });
    }
    let alone = members.can_be_on_touch() && matches!(spec.source, Source::Members(_));
    if members.on_touch && !alone {
        return Err(Rejection::OnTouch { layer: spec.name.clone() });
    }
    Ok(())
}

fn set_waterfall(
    state: &State,
    domain: DomainId,
    class: CauseClass,
    steps: &[Step],
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let mut others = found.waterfalls.clone();
    others.remove(&class);
    let beside = state.domains.layers_of(&others);
    if let Some(flaw) = flaw(&state.domains, found.asset, class, steps, &beside) {
        return Err(Rejection::Waterfall { flaw });
    }
    if let Some(layer) = state.leaves_covers(domain, class, steps) {
        return Err(Rejection::CoverStands { layer });
    }
    let foreign = draws_on_others(state, domain, steps);
    if let Some(layer) = foreign.or_else(|| leaves_fund(state, domain, class, steps)) {
        return Err(Rejection::ClearingStands { layer });
    }
    if let Some(layer) = state.issues_before_fund(steps) {
        return Err(Rejection::IssuanceStands { layer });
    }
    let waterfall =
        WaterfallId::at(state.domains.waterfalls.len()).ok_or(too_many("waterfalls"))?;
    events.push(Event::WaterfallSet { domain, class, waterfall, steps: steps.to_vec() });
    Ok(())
}

/// A layer of another domain's clearing fund that `steps` would draw on: its members were sized for
/// what they do there.
fn draws_on_others(state: &State, domain: DomainId, steps: &[Step]) -> Option<LayerId> {
    let layers = steps.iter().flat_map(|step| step.layers.iter().map(|side| side.layer));
    let others = |layer: &LayerId| {
        let fund = state.clearing.of_layer(*layer).or_else(|| state.clearing.assessed_by(*layer));
        fund.is_some_and(|(_, fund)| fund.spec.domain != domain)
    };
    layers.into_iter().find(others)
}

/// A layer of the domain's clearing fund that a waterfall of `steps` would not draw on.
fn leaves_fund(
    state: &State,
    domain: DomainId,
    class: CauseClass,
    steps: &[Step],
) -> Option<LayerId> {
    let (_, fund) = state.clearing.in_domain(domain).filter(|_| class == CauseClass::Default)?;
    let named = |layer: &LayerId| {
        let mut sides = steps.iter().flat_map(|step| &step.layers);
        sides.any(|side| side.layer == *layer)
    };
    let assessment = fund.spec.assessment.map(|of| of.layer);
    [fund.spec.layer].into_iter().chain(assessment).find(|layer| !named(layer))
}

fn pay_into(
    state: &State,
    layer: LayerId,
    number: u64,
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if found.spec.source != Source::Pot || found.spec.kind.is_staked() {
        return Err(Rejection::NotPaidInto { layer });
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    let asset = found.spec.asset;
    room_in_pot(state, layer, asset, amount)?;
    events.push(Event::LayerPaid { layer, number, asset, amount });
    Ok(())
}

pub(crate) fn room_in_pot(
    state: &State,
    layer: LayerId,
    asset: AssetId,
    amount: Amount,
) -> Result<(), Rejection> {
    match state.ledger.held(asset, Holder::Layer(layer)).checked_add(amount) {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::PotAboveBound { layer }),
    }
}

fn stake(
    state: &State,
    layer: LayerId,
    (account, number): (AccountId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = staked(state, layer, amount)?;
    if !state.may_contribute(layer, account) {
        return Err(Rejection::NotMember { layer, account });
    }
    // Who stood at a detection is drawn on; who comes later is not.
    if Losses::may_draw_on(state, layer) {
        return Err(Rejection::EpisodeOpen { layer });
    }
    if state.is_voting(layer) {
        return Err(Rejection::LossKnown { layer });
    }
    account::free_above(state, account, asset, amount)?;
    room_in_pot(state, layer, asset, amount)?;
    let staked = state.domains.stake(layer, account);
    let stake = staked.checked_add(amount).map_err(|_| Rejection::PotAboveBound { layer })?;
    state.touch(account, events);
    state.earn_premia(layer, events);
    state.book_pay(layer, events);
    events.push(Event::Staked { layer, account, number, asset, amount, stake });
    Ok(())
}

/// The asset of a staked layer, for an amount of it.
fn staked(state: &State, layer: LayerId, amount: Amount) -> Result<AssetId, Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !found.spec.kind.is_staked() {
        return Err(Rejection::NotStaked { layer });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    Ok(found.spec.asset)
}
