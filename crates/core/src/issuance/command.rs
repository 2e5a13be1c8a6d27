//! What may be asked of issuances, and what then happens.

use alloc::boxed::Box;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Depletion, IssuanceSpec, Outstanding};
use crate::ids::{AccountId, AssetId, IssuanceId, LayerId, LossId, Time};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IssuanceCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Say how a layer's draws are sold for new tokens. A later one of the same layer and token
    /// stands for the earlier.
    Specify {
        /// What it is.
        spec: Box<IssuanceSpec>,
    } = 1,
    /// Say how many tokens there are.
    Count {
        /// The issuance.
        issuance: IssuanceId,
        /// How many there are, who says so, as of when.
        outstanding: Outstanding,
    } = 2,
    /// Limit how far a pot may be drawn on, as a part of what it held.
    Limit {
        /// The pot.
        layer: LayerId,
        /// The limit; nothing for none.
        depletion: Option<Depletion>,
    } = 3,
    /// An account takes new tokens at the price that stands now.
    Take {
        /// The issuance.
        issuance: IssuanceId,
        /// The loss whose hole they are sold into.
        loss: LossId,
        /// The account, which pays what is free of its cash.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How many lots, at most.
        lots: Amount,
        /// The most it pays for a lot.
        most: Amount,
    } = 4,
    /// An account gives tokens for money of a fund's surplus, at the price that stands now.
    SellBack {
        /// The issuance.
        issuance: IssuanceId,
        /// The account.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// How many lots of money, at most.
        lots: Amount,
        /// The most tokens it gives for a lot.
        most: Amount,
    } = 5,
}

impl Command {
    /// The issuance it is about, if there is one.
    #[must_use]
    pub const fn issuance(&self) -> Option<IssuanceId> {
        match self {
            Self::Specify { .. } | Self::Limit { .. } => None,
            Self::Count { issuance, .. }
            | Self::Take { issuance, .. }
            | Self::SellBack { issuance, .. } => Some(*issuance),
        }
    }
}

/// An internal command of issuances.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IssuanceDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A draw is planned: its auction opens.
    Open { issuance: IssuanceId, loss: LossId } = 1,
    /// The least price has stood its time: the auction begins anew.
    Restart { issuance: IssuanceId, loss: LossId } = 2,
    /// A fund holds a lot above its target, at rest: it buys tokens back.
    OpenBuyback { issuance: IssuanceId } = 3,
    /// The least price has stood its time: buying back begins anew.
    RestartBuyback { issuance: IssuanceId } = 4,
    /// Nothing is left above the target, or a loss is known.
    CloseBuyback { issuance: IssuanceId } = 5,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IssuanceEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// How a layer's draws are sold was said.
    Specified { issuance: IssuanceId, spec: Box<IssuanceSpec> } = 1,
    /// How many tokens there are was said.
    Counted { issuance: IssuanceId, outstanding: Outstanding } = 2,
    /// How far a pot may be drawn on was said.
    Limited { layer: LayerId, depletion: Option<Depletion> } = 3,
    /// New tokens are for sale until then: for a hole of `wanted`, at most `tokens` of them.
    Opened {
        issuance: IssuanceId,
        loss: LossId,
        asset: AssetId,
        wanted: Amount,
        token: AssetId,
        tokens: Amount,
        /// What a lot costs first.
        price: Amount,
        until: Time,
    } = 4,
    /// The price stands at its first again, for the `round`th time.
    Restarted { issuance: IssuanceId, loss: LossId, round: u32 } = 5,
    /// Tokens were issued to an account for what it paid into the hole.
    Sold {
        issuance: IssuanceId,
        loss: LossId,
        account: AccountId,
        number: u64,
        token: AssetId,
        tokens: Amount,
        /// What a lot cost.
        price: Amount,
        /// What it paid: the event of the loss before this one moves it.
        asset: AssetId,
        paid: Amount,
    } = 6,
    /// A fund buys tokens back.
    BuybackOpened { issuance: IssuanceId } = 7,
    /// What a lot of money costs stands at its first again.
    BuybackRestarted { issuance: IssuanceId } = 8,
    /// A fund buys no more.
    BuybackClosed { issuance: IssuanceId } = 9,
    /// A fund bought tokens of an account, and they were burned.
    BoughtBack {
        issuance: IssuanceId,
        account: AccountId,
        number: u64,
        fund: LayerId,
        asset: AssetId,
        paid: Amount,
        token: AssetId,
        tokens: Amount,
        /// What a lot of money cost.
        price: Amount,
    } = 10,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        match *self {
            Self::Sold { account, token, tokens, .. } => {
                let (from, to) = (Holder::Issued, Holder::Account(account));
                visit(Transfer { asset: token, from, to, amount: tokens });
            }
            Self::BoughtBack { account, fund, asset, paid, token, tokens, .. } => {
                let account = Holder::Account(account);
                let burned =
                    Transfer { asset: token, from: account, to: Holder::Issued, amount: tokens };
                visit(burned);
                visit(Transfer { asset, from: Holder::Layer(fund), to: account, amount: paid });
            }
            Self::Specified { .. }
            | Self::Counted { .. }
            | Self::Limited { .. }
            | Self::Opened { .. }
            | Self::Restarted { .. }
            | Self::BuybackOpened { .. }
            | Self::BuybackRestarted { .. }
            | Self::BuybackClosed { .. } => {}
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Sold { account, number, .. } | Self::BoughtBack { account, number, .. } => {
                Some((*account, *number))
            }
            _ => None,
        }
    }

    /// The loss it is about, if it is about one.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::Opened { loss, .. } | Self::Restarted { loss, .. } | Self::Sold { loss, .. } => {
                Some(*loss)
            }
            _ => None,
        }
    }
}
