//! The waterfall as data: steps in paying order, each with one layer or several side by side.
//! Here is what can never be right about one, and what is merely odd; `plan` says what it would
//! pay.

mod layer_risk;
mod plan;

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use layer_risk::{LayerRisk, Liability, layer_risks};
pub(crate) use plan::{Against, capacity, round};
pub use plan::{Capacity, Plan, PlannedDraw, Round, plan};

use crate::domain::{Basis, CauseClass, Domains, Kind, Layer};
use crate::ids::{AssetId, LayerId};
use crate::units::Amount;

/// The most steps of a waterfall, and the most layers of a step.
pub const MAX_STEPS: usize = 64;

/// One position in the order of a waterfall.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The layers that share this position.
    pub layers: Vec<Side>,
}

/// One layer of a step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    /// The layer.
    pub layer: LayerId,
    /// Its part of the step's draw, against the other layers': above zero. A layer that cannot
    /// pay its part leaves it to the others.
    pub weight: u32,
}

/// What can never be right about a waterfall. Steps count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WaterfallFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are where and what")]
pub enum Flaw {
    /// No step at all.
    NoSteps,
    /// More steps, or more layers in one step, than a waterfall has.
    TooMany { max: usize },
    /// A step without layers.
    EmptyStep { step: usize },
    /// A layer that does not exist.
    UnknownLayer { step: usize, layer: LayerId },
    /// A layer with no part of its step's draw.
    ZeroWeight { step: usize, layer: LayerId },
    /// A layer twice.
    LayerTwice { step: usize, layer: LayerId },
    /// A second layer that takes supply: both would count the same money.
    SupplyTwice { step: usize, layer: LayerId },
    /// A second layer that holders of a vault pay alike: both would count the same shares.
    SharesTwice { step: usize, layer: LayerId },
    /// Holders' principal without their profit in the step right before it.
    NoProfitBefore { step: usize, layer: LayerId },
    /// A second layer that takes session gains, here or in the domain's waterfall for another
    /// class: both would take the same gain.
    GainsTwice { step: usize, layer: LayerId, other: LayerId },
    /// Session gains beside or behind the profit of a vault's holders, here or in the domain's
    /// waterfall for another class: the same gain would pay twice.
    GainsBehindProfit { step: usize, layer: LayerId, other: LayerId },
    /// A layer in another asset whose proceeds would not pass through suspense.
    OtherAsset { step: usize, layer: LayerId },
    /// A layer behind one that takes everything participants have.
    NeverReached { step: usize, layer: LayerId, behind: LayerId },
    /// Providers' principal before their profit.
    PrincipalBeforeProfit { step: usize, layer: LayerId },
    /// A custody or operational loss whose first step is not the operator's own money alone.
    CustodyNotOwnMoney { layer: LayerId },
}

impl Flaw {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSteps => "waterfall-no-steps",
            Self::TooMany { .. } => "waterfall-too-many",
            Self::EmptyStep { .. } => "step-empty",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::ZeroWeight { .. } => "step-zero-weight",
            Self::LayerTwice { .. } => "layer-twice",
            Self::SupplyTwice { .. } => "supply-twice",
            Self::SharesTwice { .. } => "shares-twice",
            Self::NoProfitBefore { .. } => "no-profit-before",
            Self::GainsTwice { .. } => "gains-twice",
            Self::GainsBehindProfit { .. } => "gains-behind-profit",
            Self::OtherAsset { .. } => "layer-other-asset",
            Self::NeverReached { .. } => "layer-never-reached",
            Self::PrincipalBeforeProfit { .. } => "principal-before-profit",
            Self::CustodyNotOwnMoney { .. } => "custody-not-own-money",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSteps => f.write_str("a waterfall has at least one step"),
            Self::TooMany { max } => {
                write!(f, "a waterfall has at most {max} steps, and a step as many layers")
            }
            Self::EmptyStep { step } => write!(f, "step {step} has no layer"),
            Self::UnknownLayer { step, layer } => {
                write!(f, "step {step} names layer {layer}, which does not exist")
            }
            Self::ZeroWeight { step, layer } => {
                write!(f, "layer {layer} in step {step} has weight zero: it can never pay")
            }
            Self::LayerTwice { step, layer } => {
                write!(f, "layer {layer} in step {step} stands in the waterfall already")
            }
            Self::SupplyTwice { step, layer } => {
                write!(f, "layer {layer} in step {step} takes supply, as one before it does")
            }
            Self::SharesTwice { step, layer } => {
                write!(f, "layer {layer} in step {step} is paid by shares, as one before it is")
            }
            Self::NoProfitBefore { step, layer } => write!(
                f,
                "layer {layer} in step {step} takes the principal of a vault's holders: the step \
                 right before it must take their profit"
            ),
            Self::GainsTwice { step, layer, other } => write!(
                f,
                "layer {layer} in step {step} takes session gains, as layer {other} of the domain \
                 does: both would take the same gain; name the same layer"
            ),
            Self::GainsBehindProfit { step, layer, other } => write!(
                f,
                "step {step}: layer {layer} takes session gains, and layer {other} the profit of a \
                 vault's holders: the same gain would pay twice; take session gains in an earlier \
                 step of every waterfall that takes profit"
            ),
            Self::OtherAsset { step, layer } => write!(
                f,
                "layer {layer} in step {step} pays in another asset: only proceeds of a sale count"
            ),
            Self::NeverReached { step, layer, behind } => write!(
                f,
                "layer {layer} in step {step} can never pay: layer {behind} before it has no cap \
                 and takes all that participants have"
            ),
            Self::PrincipalBeforeProfit { step, layer } => {
                write!(f, "step {step} takes principal (layer {layer}) before providers' profit")
            }
            Self::CustodyNotOwnMoney { layer } => write!(
                f,
                "a custody loss begins with the operator's own money, not with layer {layer}"
            ),
        }
    }
}

/// What is odd about a waterfall and may still be meant. Steps count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "warning", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are where and what")]
pub enum Warning {
    /// Participants pay before the house does.
    MembersBeforeHouse { step: usize, layer: LayerId, house: LayerId },
    /// A cap that cannot bind today: the pot holds less.
    CapAboveCapacity { step: usize, layer: LayerId, cap: Amount, capacity: Amount },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MembersBeforeHouse { step, layer, house } => {
                write!(f, "step {step}: layer {layer} pays before the house's layer {house}")
            }
            Self::CapAboveCapacity { step, layer, cap, capacity } => write!(
                f,
                "step {step}: layer {layer} may pay {cap} but holds {capacity}: the cap cannot bind"
            ),
        }
    }
}

/// The first thing that can never be right about `steps`, if any. `beside` are the layers of the
/// domain's waterfalls in force for its other classes.
pub(crate) fn flaw(
    domains: &Domains,
    asset: AssetId,
    class: CauseClass,
    steps: &[Step],
    beside: &[LayerId],
) -> Option<Flaw> {
    if steps.is_empty() {
        return Some(Flaw::NoSteps);
    }
    if steps.len() > MAX_STEPS || steps.iter().any(|step| step.layers.len() > MAX_STEPS) {
        return Some(Flaw::TooMany { max: MAX_STEPS });
    }
    let mut seen: Vec<(LayerId, &Layer)> = Vec::new();
    for (number, step) in (1..).zip(steps) {
        if step.layers.is_empty() {
            return Some(Flaw::EmptyStep { step: number });
        }
        let before = seen.len();
        for side in &step.layers {
            let layer = side.layer;
            let Some(found) = domains.layer(layer) else {
                return Some(Flaw::UnknownLayer { step: number, layer });
            };
            if side.weight == 0 {
                return Some(Flaw::ZeroWeight { step: number, layer });
            }
            if seen.iter().any(|(id, _)| *id == layer) {
                return Some(Flaw::LayerTwice { step: number, layer });
            }
            let here = || seen.iter().map(|(id, _)| *id);
            if also_takes(domains, Basis::Supply, layer, here()).is_some() {
                return Some(Flaw::SupplyTwice { step: number, layer });
            }
            let by_shares = [Basis::HolderProfit, Basis::PoolShares];
            if by_shares.iter().any(|of| also_takes(domains, *of, layer, here()).is_some()) {
                return Some(Flaw::SharesTwice { step: number, layer });
            }
            let profit_before = || {
                let mut last = number.checked_sub(2).into_iter().flat_map(|at| &steps[at].layers);
                last.any(|side| basis_of(domains, side.layer) == Some(Basis::HolderProfit))
            };
            if basis_of(domains, layer) == Some(Basis::PoolShares) && !profit_before() {
                return Some(Flaw::NoProfitBefore { step: number, layer });
            }
            if let Some(flaw) = gain_twice(domains, (number, layer), &seen, before, beside) {
                return Some(flaw);
            }
            if found.spec.asset != asset {
                return Some(Flaw::OtherAsset { step: number, layer });
            }
            if let Some(flaw) = misplaced(&seen, before, number, layer, found) {
                return Some(flaw);
            }
            seen.push((layer, found));
        }
    }
    let own = |layer: &Layer| matches!(layer.spec.kind, Kind::OperatorCapital | Kind::Treasury);
    let first = seen.iter().take(steps[0].layers.len()).find(|(_, layer)| !own(layer));
    let (layer, _) = first.filter(|_| class == CauseClass::Custody)?;
    Some(Flaw::CustodyNotOwnMoney { layer: *layer })
}

/// By what basis a layer divides, where it does.
fn basis_of(domains: &Domains, layer: LayerId) -> Option<Basis> {
    domains.layer(layer)?.spec.source.members().map(|rule| rule.basis)
}

/// Another of `layers` that takes by `basis`, where `layer` does: both would take the same money.
fn also_takes(
    domains: &Domains,
    basis: Basis,
    layer: LayerId,
    mut layers: impl Iterator<Item = LayerId>,
) -> Option<LayerId> {
    let takes = |id: LayerId| basis_of(domains, id) == Some(basis);
    layers.find(|other| *other != layer && takes(layer) && takes(*other))
}

/// Whether `layer` would take a gain that another takes too, `beside` in the domain's other
/// classes.
/// What a vault gained is its holders' profit and a gain of its session. Taken as a gain first it
/// is no profit any more; taken as profit first it would still be a gain.
fn gain_twice(
    domains: &Domains,
    (step, layer): (usize, LayerId),
    seen: &[(LayerId, &Layer)],
    before: usize,
    beside: &[LayerId],
) -> Option<Flaw> {
    let ids = |of: &[(LayerId, &Layer)]| of.iter().map(|(id, _)| *id).collect::<Vec<LayerId>>();
    let first =
        |of: &[LayerId], basis| of.iter().copied().find(|id| basis_of(domains, *id) == Some(basis));
    let (gains, profit) = (Basis::SessionGains, Basis::HolderProfit);
    let basis = basis_of(domains, layer)?;
    if basis == gains {
        let everywhere = ids(seen).into_iter().chain(beside.iter().copied());
        if let Some(other) = also_takes(domains, gains, layer, everywhere) {
            return Some(Flaw::GainsTwice { step, layer, other });
        }
        // Where the other classes take gains too they take them before profit.
        let elsewhere = || first(beside, profit).filter(|_| first(beside, gains).is_none());
        let other = first(&ids(seen), profit).or_else(elsewhere)?;
        return Some(Flaw::GainsBehindProfit { step, layer, other });
    }
    if basis == profit {
        let elsewhere =
            || first(beside, gains).filter(|_| first(&ids(&seen[..before]), gains).is_none());
        let other = first(&ids(&seen[before..]), gains).or_else(elsewhere)?;
        return Some(Flaw::GainsBehindProfit { step, layer: other, other: layer });
    }
    None
}

/// The first `before` of `seen` stand in earlier steps, the rest in the same one.
fn misplaced(
    seen: &[(LayerId, &Layer)],
    before: usize,
    step: usize,
    layer: LayerId,
    found: &Layer,
) -> Option<Flaw> {
    let kind = found.spec.kind;
    let of = |kind: Kind| seen.iter().position(|other| other.1.spec.kind == kind);
    if kind == Kind::ProviderProfit
        && let Some(principal) = of(Kind::ProviderPrincipal)
    {
        return Some(Flaw::PrincipalBeforeProfit { step, layer: seen[principal].0 });
    }
    // Side by side, principal would be taken while profit remains.
    if kind == Kind::ProviderPrincipal && of(Kind::ProviderProfit).is_some_and(|at| at >= before) {
        return Some(Flaw::PrincipalBeforeProfit { step, layer });
    }
    if found.spec.source.members().is_some() {
        let all = seen[..before].iter().find(|(_, other)| takes_everything(other))?;
        return Some(Flaw::NeverReached { step, layer, behind: all.0 });
    }
    None
}

/// Deposits without any cap are all that participants have: nothing of theirs is left behind.
fn takes_everything(layer: &Layer) -> bool {
    let spec = &layer.spec;
    let caps = &spec.caps;
    let capped = caps.per_event.is_some()
        || caps.per_episode.is_some()
        || caps.per_period.is_some()
        || spec.attachment.is_some()
        || spec.source.members().is_some_and(|members| members.cap_of_weight.is_some());
    spec.kind == Kind::Deposits && !capped
}

/// What is odd about `steps`. `holds` says what a pot holds today.
#[must_use]
pub fn warnings(
    domains: &Domains,
    steps: &[Step],
    holds: &dyn Fn(LayerId) -> Option<Amount>,
) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut members: Option<(usize, LayerId)> = None;
    for (step, position) in (1..).zip(steps) {
        for side in &position.layers {
            let Some(layer) = domains.layer(side.layer) else { continue };
            let spec = &layer.spec;
            if let (true, Some((step, first))) = (spec.kind.is_house(), members) {
                let house = side.layer;
                found.push(Warning::MembersBeforeHouse { step, layer: first, house });
            }
            let caps = [spec.caps.per_event, spec.caps.per_episode];
            let cap = caps.into_iter().flatten().min();
            if let (Some(cap), Some(capacity)) = (cap, holds(side.layer))
                && cap > capacity
            {
                let layer = side.layer;
                found.push(Warning::CapAboveCapacity { step, layer, cap, capacity });
            }
        }
        let first = position.layers.iter().find(|side| {
            domains.layer(side.layer).is_some_and(|layer| !layer.spec.kind.is_house())
        });
        if let (None, Some(side)) = (members, first) {
            members = Some((step, side.layer));
        }
    }
    found
}
