//! What may be asked of domains and layers, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{CauseClass, LayerSpec, RewardFrom, RewardIndex};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Name, Time, WaterfallId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;
use crate::waterfall::Step;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainCommand"))]
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
        spec: Box<LayerSpec>,
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
        /// The account's next number.
        number: u64,
        /// How much more, above zero.
        amount: Amount,
    } = 7,
    /// An account asks for stake. Where the layer has a cooldown the stake stays, is drawn on like
    /// any other, and leaves by itself when the cooldown is over and no known loss may draw on the
    /// layer; such a request stands. Without a cooldown it leaves at once, or is refused while a
    /// known loss may draw on the layer.
    Unstake {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How much less, above zero.
        amount: Amount,
    } = 8,
    /// The venue gives a reward to those who are staked in a layer, in proportion to their stakes.
    Reward {
        /// The layer.
        layer: LayerId,
        /// The layer's next number.
        number: u64,
        /// Where it comes from.
        from: RewardFrom,
        /// How much, above zero; nothing for all fees that were booked.
        amount: Option<Amount>,
    } = 9,
    /// An account takes all that it earned in a layer.
    TakeReward {
        /// The layer.
        layer: LayerId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
    } = 10,
}

/// An internal command: what `duty` names and the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Duty {
    /// A cooldown is over: the stake that was asked for goes to its account.
    PayExit {
        /// The layer.
        layer: LayerId,
        /// When the cooldown ended.
        until: Time,
        /// The account.
        account: AccountId,
    } = 1,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainEvent"))]
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
    LayerAdded { layer: LayerId, spec: Box<LayerSpec> } = 3,
    /// A waterfall came into force.
    WaterfallSet { domain: DomainId, class: CauseClass, waterfall: WaterfallId, steps: Vec<Step> } =
        4,
    /// An account accepted a version of the terms.
    TermsAccepted { domain: DomainId, account: AccountId, terms: u32 } = 5,
    /// A pot was paid into.
    LayerPaid { layer: LayerId, number: u64, asset: AssetId, amount: Amount } = 6,
    /// Stake came in; `stake` is the account's stake after it.
    Staked {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 7,
    /// Stake went out; `stake` is the account's stake after it.
    Unstaked {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 8,
    /// Stake was asked for; it stays, and is drawn on, until then at least.
    ExitAsked { layer: LayerId, account: AccountId, number: u64, amount: Amount, until: Time } = 9,
    /// An exit is over: as much of it went out as the account had room for; `stake` is the
    /// account's stake after it.
    ExitPaid {
        layer: LayerId,
        account: AccountId,
        until: Time,
        asset: AssetId,
        amount: Amount,
        stake: Amount,
    } = 10,
    /// Those who are staked earned; `index` is what an atom of stake has earned since the layer
    /// began.
    Rewarded {
        layer: LayerId,
        number: u64,
        from: RewardFrom,
        asset: AssetId,
        amount: Amount,
        index: RewardIndex,
    } = 11,
    /// An account took what it earned.
    RewardTaken {
        layer: LayerId,
        account: AccountId,
        number: u64,
        asset: AssetId,
        /// In whole atoms.
        amount: Amount,
    } = 12,
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
            Self::Unstaked { layer, account, asset, amount, .. }
            | Self::ExitPaid { layer, account, asset, amount, .. } => {
                (asset, Holder::Layer(layer), Holder::Account(account), amount)
            }
            Self::Rewarded { layer, from, asset, amount, .. } => {
                let from = match from {
                    RewardFrom::Outside => Holder::World,
                    RewardFrom::Fees(domain) | RewardFrom::Premia(domain) => Holder::Fees(domain),
                    RewardFrom::Pay => Holder::Pay(layer),
                };
                (asset, from, Holder::Rewards(layer), amount)
            }
            Self::RewardTaken { layer, account, asset, amount, .. } => {
                (asset, Holder::Rewards(layer), Holder::Account(account), amount)
            }
            Self::AssetAdded { .. }
            | Self::DomainOpened { .. }
            | Self::LayerAdded { .. }
            | Self::WaterfallSet { .. }
            | Self::TermsAccepted { .. }
            | Self::ExitAsked { .. } => return,
        };
        visit(Transfer { asset, from, to, amount });
    }
}
