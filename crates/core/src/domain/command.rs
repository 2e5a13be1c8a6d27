//! What may be asked of domains and layers, and what then happens.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{CauseClass, LayerSpec, MemberRule};
use crate::account;
use crate::allocation::Rule;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Name, WaterfallId};
use crate::ledger::{Holder, Transfer};
use crate::loss::can_be_on_touch;
use crate::units::Amount;
use crate::waterfall::{Flaw, Step, flaw};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Add an asset.
    AddAsset {
        /// Its name.
        name: Name,
        /// Decimals at the doors, at most 30.
        decimals: u8,
    } = 1,
    /// Open a loss domain.
    OpenDomain {
        /// Its name.
        name: Name,
        /// The asset its losses are measured in.
        asset: AssetId,
    } = 2,
    /// Add a layer.
    AddLayer {
        /// The layer.
        spec: LayerSpec,
    } = 3,
    /// Put a waterfall in force for episodes that open from now on.
    SetWaterfall {
        /// The domain.
        domain: DomainId,
        /// The causes it answers.
        class: CauseClass,
        /// The steps, in paying order.
        steps: Vec<Step>,
    } = 4,
    /// An account accepts the terms now in force.
    AcceptTerms {
        /// The domain.
        domain: DomainId,
        /// The account.
        account: AccountId,
    } = 5,
    /// The operator pays into a pot.
    PayIntoLayer {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// How much, above zero.
        amount: Amount,
    } = 6,
    /// An account stakes in a tranche, or contributes to a default fund.
    Stake {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// How much more, above zero.
        amount: Amount,
    } = 7,
    /// An account takes stake out; not while an episode is open that may draw on it.
    Unstake {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// How much less, above zero.
        amount: Amount,
    } = 8,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// An asset was added.
    AssetAdded { asset: AssetId, name: Name, decimals: u8 } = 1,
    /// A domain was opened.
    DomainOpened { domain: DomainId, name: Name, asset: AssetId } = 2,
    /// A layer was added.
    LayerAdded { layer: LayerId, spec: LayerSpec } = 3,
    /// A waterfall came into force.
    WaterfallSet { domain: DomainId, class: CauseClass, waterfall: WaterfallId, steps: Vec<Step> } =
        4,
    /// An account accepted a version of the terms.
    TermsAccepted { domain: DomainId, account: AccountId, terms: u32 } = 5,
    /// A pot was paid into.
    LayerPaid { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 6,
    /// Stake came in; `stake` is the account's stake after it.
    Staked { layer: LayerId, account: AccountId, asset: AssetId, amount: Amount, stake: Amount } =
        7,
    /// Stake went out; `stake` is the account's stake after it.
    Unstaked { layer: LayerId, account: AccountId, asset: AssetId, amount: Amount, stake: Amount } =
        8,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let (asset, from, to, amount) = match *self {
            Self::LayerPaid { layer, asset, amount, .. } => {
                (asset, Holder::World, Holder::Layer(layer), amount)
            }
            Self::Staked { layer, account, asset, amount, .. } => {
                (asset, Holder::Account(account), Holder::Layer(layer), amount)
            }
            Self::Unstaked { layer, account, asset, amount, .. } => {
                (asset, Holder::Layer(layer), Holder::Account(account), amount)
            }
            Self::AssetAdded { .. }
            | Self::DomainOpened { .. }
            | Self::LayerAdded { .. }
            | Self::WaterfallSet { .. }
            | Self::TermsAccepted { .. } => return,
        };
        visit(Transfer { asset, from, to, amount });
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// The table of ids is full.
    TooMany { what: &'static str },
    /// The asset is not known.
    UnknownAsset { asset: AssetId },
    /// The domain is not known.
    UnknownDomain { domain: DomainId },
    /// The layer is not known.
    UnknownLayer { layer: LayerId },
    /// More decimals than a door can show.
    Decimals { found: u8, max: u8 },
    /// The kind cannot take its money from that source.
    KindSource { kind: super::Kind },
    /// A cap of zero: the layer could never pay.
    ZeroCap { layer: Name },
    /// The attachment is empty: the layer could never pay.
    EmptyAttachment { attach: Amount, detach: Amount },
    /// A deadline of zero, or money from outside without a cap.
    Unbounded { layer: Name },
    /// The rule is for comparison: it divides only a few claims exactly.
    ComparisonRule { layer: Name },
    /// Shares on touch need a rule whose level by weight tells each alone, and members' accounts.
    OnTouch { layer: Name },
    /// The waterfall can never be right.
    Waterfall { flaw: Flaw },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// The layer has no pot, or participants' stakes are its only way in.
    NotPaidInto { layer: LayerId },
    /// The layer takes no stakes.
    NotStaked { layer: LayerId },
    /// An episode is open that may draw on the layer.
    EpisodeOpen { layer: LayerId },
    /// More than the account staked.
    AboveStake { asked: Amount, stake: Amount },
    /// The pot would pass 10^30.
    PotAboveBound { layer: LayerId },
    /// An account was the obstacle.
    Account(account::Rejection),
}

impl From<account::Rejection> for Rejection {
    fn from(rejection: account::Rejection) -> Self {
        Self::Account(rejection)
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "too-many",
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::Decimals { .. } => "decimals-above-bound",
            Self::KindSource { .. } => "kind-source",
            Self::ZeroCap { .. } => "zero-cap",
            Self::EmptyAttachment { .. } => "empty-attachment",
            Self::Unbounded { .. } => "layer-unbounded",
            Self::ComparisonRule { .. } => "comparison-rule",
            Self::OnTouch { .. } => "on-touch-rule",
            Self::Waterfall { flaw } => flaw.code(),
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::NotPaidInto { .. } => "layer-not-paid-into",
            Self::NotStaked { .. } => "layer-not-staked",
            Self::EpisodeOpen { .. } => "episode-open",
            Self::AboveStake { .. } => "above-stake",
            Self::PotAboveBound { .. } => "pot-above-bound",
            Self::Account(rejection) => rejection.code(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { what } => write!(f, "there are too many {what}"),
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::UnknownLayer { layer } => write!(f, "there is no layer {layer}"),
            Self::Decimals { found, max } => write!(f, "{found} decimals, allowed: 0 to {max}"),
            Self::KindSource { kind } => {
                write!(f, "a layer of kind {kind:?} cannot take its money from that source")
            }
            Self::ZeroCap { layer } => write!(f, "layer {layer} has a cap of zero: never pays"),
            Self::EmptyAttachment { attach, detach } => {
                write!(f, "attaches at {attach} and detaches at {detach}: nothing between")
            }
            Self::Unbounded { layer } => {
                write!(
                    f,
                    "layer {layer}: what is paid later needs a deadline, money from outside a cap \
                     per event, and a deadline or period is 1 to {MAX_PENDING} milliseconds"
                )
            }
            Self::ComparisonRule { layer } => {
                write!(f, "layer {layer}: its rule is for comparison, it divides only few claims")
            }
            Self::OnTouch { layer } => write!(
                f,
                "layer {layer}: only proportional shares of accounts, without classes, can be \
                 taken on touch"
            ),
            Self::Waterfall { flaw } => flaw.fmt(f),
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::NotPaidInto { layer } => write!(f, "layer {layer} is not paid into"),
            Self::NotStaked { layer } => write!(f, "layer {layer} takes no stakes"),
            Self::EpisodeOpen { layer } => {
                write!(f, "an episode is open that may draw on layer {layer}")
            }
            Self::AboveStake { asked, stake } => write!(f, "{asked} asked, {stake} is staked"),
            Self::PotAboveBound { layer } => {
                write!(f, "the pot of layer {layer} would pass 10^30 atoms")
            }
            Self::Account(rejection) => rejection.fmt(f),
        }
    }
}

/// The longest deadline of a pending draw, and the longest span of a cap: 30 days.
const MAX_PENDING: u64 = 30 * 24 * 3_600_000;

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
        Command::Stake { layer, account, amount } => {
            account::owned_by(state, envelope.actor, *account)?;
            stake(state, *layer, *account, *amount, events)
        }
        Command::Unstake { layer, account, amount } => {
            account::owned_by(state, envelope.actor, *account)?;
            unstake(state, *layer, *account, *amount, events)
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
        let super::Attachment { attach, detach } = attachment;
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
    events.push(Event::LayerAdded { layer, spec: spec.clone() });
    Ok(())
}

/// The rule divides any number of claims, and tells each share alone where it must.
fn member_rule(spec: &LayerSpec, members: &MemberRule) -> Result<(), Rejection> {
    if matches!(members.rule, Rule::RandomArrival | Rule::MinimalOverlap) {
        return Err(Rejection::ComparisonRule { layer: spec.name.clone() });
    }
    let alone = can_be_on_touch(members) && matches!(spec.source, super::Source::Members(_));
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
    if let Some(flaw) = flaw(&state.domains, found.asset, class, steps) {
        return Err(Rejection::Waterfall { flaw });
    }
    let waterfall =
        WaterfallId::at(state.domains.waterfalls.len()).ok_or(too_many("waterfalls"))?;
    events.push(Event::WaterfallSet { domain, class, waterfall, steps: steps.to_vec() });
    Ok(())
}

fn pay_into(
    state: &State,
    layer: LayerId,
    number: u64,
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if found.spec.source != super::Source::Pot || found.spec.kind.is_staked() {
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
    account: AccountId,
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (asset, staked) = staked(state, layer, account, amount)?;
    account::free_above(state, account, asset, amount)?;
    room_in_pot(state, layer, asset, amount)?;
    let stake = staked.checked_add(amount).map_err(|_| Rejection::PotAboveBound { layer })?;
    state.touch(account, events);
    events.push(Event::Staked { layer, account, asset, amount, stake });
    Ok(())
}

fn unstake(
    state: &State,
    layer: LayerId,
    account: AccountId,
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (asset, staked) = staked(state, layer, account, amount)?;
    let stake = staked
        .checked_sub(amount)
        .map_err(|_| Rejection::AboveStake { asked: amount, stake: staked })?;
    account::room_above(state, account, asset, amount)?;
    state.touch(account, events);
    events.push(Event::Unstaked { layer, account, asset, amount, stake });
    Ok(())
}

/// The asset of a staked layer and what `account` has in it; refused while an episode may draw
/// on the layer, so that who stood at a detection stays and who comes later is not drawn on.
fn staked(
    state: &State,
    layer: LayerId,
    account: AccountId,
    amount: Amount,
) -> Result<(AssetId, Amount), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !found.spec.kind.is_staked() {
        return Err(Rejection::NotStaked { layer });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    if state.losses.may_draw_on(&state.domains, layer) {
        return Err(Rejection::EpisodeOpen { layer });
    }
    let stake = state.domains.stakes.get(&(layer, account)).copied();
    Ok((found.spec.asset, stake.unwrap_or(Amount::ZERO)))
}
