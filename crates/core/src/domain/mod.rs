//! Loss domains: who shares losses with whom, in which asset, and by which waterfall for which
//! class of causes. Assets, layers and the stakes in them live here too.

mod command;
mod decide;
mod exits;
mod layer;
mod rejection;
mod rewards;
mod stakes;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use command::{Command, Duty, Event};
pub(crate) use decide::{decide, room_in_pot};
pub use exits::{ExitQueue, Exits};
pub(crate) use exits::{decide_duty, duty, is_at_rest, knows_no_loss};
pub use layer::{Attachment, Basis, Caps, Kind, Layer, LayerSpec, MemberRule, PeriodCap, Source};
pub use rejection::Rejection;
pub use rewards::{RewardFrom, RewardIndex, Rewards};
pub(crate) use rewards::{of_pay, of_premium};
pub(crate) use stakes::Stakes;

use crate::ids::{AccountId, AssetId, DomainId, LayerId, Name, WaterfallId};
use crate::units::Amount;
use crate::waterfall::Step;

/// Why a loss arose: each class has its own waterfall.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum CauseClass {
    /// A participant cannot pay what he owes.
    Default = 1,
    /// A price was wrong.
    PriceError = 2,
    /// Assets were stolen, exploited or lost in operation.
    Custody = 3,
}

impl CauseClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Default, Self::PriceError, Self::Custody];
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asset {
    /// Its name.
    pub name: Name,
    /// Decimals at the doors: one unit is 10^decimals atoms. Core never uses it.
    pub decimals: u8,
}

/// A set of markets or pools that share losses.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Domain {
    /// Its name.
    pub name: Name,
    /// The asset its losses are measured in.
    pub asset: AssetId,
    /// The version of its terms that a participant accepts.
    pub terms: u32,
    /// The waterfall in force for each class of causes, for episodes that open from now on.
    pub waterfalls: BTreeMap<CauseClass, WaterfallId>,
    /// By account: the version of the terms it accepted, zero for none.
    #[serde(skip)]
    pub accepted: Vec<u32>,
}

/// One version of a waterfall. Never changed: a new one takes its place for later episodes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waterfall {
    /// The domain.
    pub domain: DomainId,
    /// The causes it answers.
    pub class: CauseClass,
    /// The steps, in paying order.
    pub steps: Vec<Step>,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Domains {
    pub(crate) assets: Vec<Asset>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) waterfalls: Vec<Waterfall>,
    /// What each account staked in, or contributed to, a layer.
    pub(crate) stakes: Stakes,
    /// What of them is on its way out, by layer; a layer of which nothing is has no entry.
    pub(crate) exits: BTreeMap<LayerId, Exits>,
    /// What stakers earn, by layer; one that never gave them anything has no entry.
    pub(crate) rewards: BTreeMap<LayerId, Rewards>,
}

impl Domains {
    /// The asset `id`.
    #[must_use]
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets.get(id.index())
    }

    /// The domain `id`.
    #[must_use]
    pub fn domain(&self, id: DomainId) -> Option<&Domain> {
        self.domains.get(id.index())
    }

    /// Every domain, in id order.
    pub fn domains(&self) -> impl Iterator<Item = (DomainId, &Domain)> {
        self.domains.iter().enumerate().filter_map(|(i, d)| Some((DomainId::at(i)?, d)))
    }

    /// The layer `id`.
    #[must_use]
    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.get(id.index())
    }

    /// Every layer, in id order.
    pub fn layers(&self) -> impl Iterator<Item = (LayerId, &Layer)> {
        self.layers.iter().enumerate().filter_map(|(i, l)| Some((LayerId::at(i)?, l)))
    }

    /// The asset that the losses of a domain are measured in.
    pub(crate) fn asset_of(&self, domain: DomainId) -> Option<AssetId> {
        self.domain(domain).map(|found| found.asset)
    }

    /// The asset that a layer pays in.
    pub(crate) fn asset_of_layer(&self, layer: LayerId) -> Option<AssetId> {
        self.layer(layer).map(|found| found.spec.asset)
    }

    /// The waterfall version `id`.
    #[must_use]
    pub fn waterfall(&self, id: WaterfallId) -> Option<&Waterfall> {
        self.waterfalls.get(id.index())
    }

    /// The stakes in `layer`, in account order.
    pub fn stakes(&self, layer: LayerId) -> impl Iterator<Item = (AccountId, Amount)> + '_ {
        self.stakes.of(layer)
    }

    /// The stake of `account` in `layer`.
    #[must_use]
    pub fn stake(&self, layer: LayerId, account: AccountId) -> Amount {
        self.stakes.get(layer, account)
    }

    /// Whether `account` accepted the terms now in force in `domain`.
    #[must_use]
    pub fn accepted(&self, domain: DomainId, account: AccountId) -> bool {
        self.domain(domain).is_some_and(|d| d.accepted.get(account.index()) == Some(&d.terms))
    }

    /// Whether a layer of `waterfalls` divides by `basis`.
    pub(crate) fn draws_on(
        &self,
        waterfalls: &BTreeMap<CauseClass, WaterfallId>,
        basis: Basis,
    ) -> bool {
        let rule = |layer: &LayerId| self.layer(*layer).and_then(|of| of.spec.source.members());
        self.layers_of(waterfalls).iter().filter_map(rule).any(|rule| rule.basis == basis)
    }

    /// Whether `waterfalls` name `layer`.
    pub(crate) fn names(
        &self,
        waterfalls: &BTreeMap<CauseClass, WaterfallId>,
        layer: LayerId,
    ) -> bool {
        waterfalls.values().any(|id| self.names_in(*id, layer))
    }

    /// The domains whose waterfalls in force name `layer`, in id order.
    pub(crate) fn behind(&self, layer: LayerId) -> impl Iterator<Item = (DomainId, &Domain)> {
        self.domains().filter(move |(_, domain)| self.names(&domain.waterfalls, layer))
    }

    /// Whether a version of a waterfall names `layer`.
    pub(crate) fn names_in(&self, waterfall: WaterfallId, layer: LayerId) -> bool {
        let found = self.waterfall(waterfall).into_iter();
        let mut sides = found.flat_map(|of| &of.steps).flat_map(|step| &step.layers);
        sides.any(|side| side.layer == layer)
    }

    /// The layers that `waterfalls` name, each once, in id order.
    #[must_use]
    pub fn layers_of(&self, waterfalls: &BTreeMap<CauseClass, WaterfallId>) -> Vec<LayerId> {
        let mut layers: Vec<LayerId> = waterfalls
            .values()
            .filter_map(|id| self.waterfall(*id))
            .flat_map(|waterfall| waterfall.steps.iter())
            .flat_map(|step| step.layers.iter().map(|side| side.layer))
            .collect();
        layers.sort_unstable();
        layers.dedup();
        layers
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::AssetAdded { name, decimals, .. } => {
                self.assets.push(Asset { name: name.clone(), decimals: *decimals });
            }
            Event::DomainOpened { name, asset, .. } => self.domains.push(Domain {
                name: name.clone(),
                asset: *asset,
                terms: 1,
                waterfalls: BTreeMap::new(),
                accepted: Vec::new(),
            }),
            Event::LayerAdded { spec, .. } => {
                self.layers.push(Layer { spec: (**spec).clone(), last_number: 0 });
            }
            Event::WaterfallSet { domain, class, waterfall, steps } => {
                self.waterfalls.push(Waterfall {
                    domain: *domain,
                    class: *class,
                    steps: steps.clone(),
                });
                self.domains[domain.index()].waterfalls.insert(*class, *waterfall);
            }
            Event::TermsAccepted { domain, account, terms } => {
                let accepted = &mut self.domains[domain.index()].accepted;
                if accepted.len() <= account.index() {
                    accepted.resize(account.index() + 1, 0);
                }
                accepted[account.index()] = *terms;
            }
            Event::LayerPaid { layer, number, .. } => {
                self.layers[layer.index()].last_number = *number;
            }
            Event::Staked { layer, account, stake, .. }
            | Event::Unstaked { layer, account, stake, .. } => {
                self.set_stake(*layer, *account, *stake);
            }
            Event::ExitAsked { layer, account, until, amount, .. } => {
                self.exit_asked((*layer, *account), *until, *amount);
            }
            Event::ExitPaid { layer, account, until, stake, .. } => {
                self.exit_ended(*layer, *account, *until);
                self.set_stake(*layer, *account, *stake);
            }
            Event::Rewarded { layer, number, index, .. } => {
                self.layers[layer.index()].last_number = *number;
                self.rewarded(*layer, *index);
            }
            Event::RewardTaken { layer, account, amount, .. } => {
                self.reward_taken(*layer, *account, *amount);
            }
        }
    }

    pub(crate) fn set_stake(&mut self, layer: LayerId, account: AccountId, stake: Amount) {
        self.note_earned(layer, account);
        self.stakes.set(layer, account, stake);
    }
}
