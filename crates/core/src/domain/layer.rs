//! Layers: the absorbers of a waterfall, as data.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::allocation::Rule;
use crate::ids::{AssetId, Name};
use crate::units::Amount;

/// What a layer is. The kind says whose money it is, and so where it may stand.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainKind"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Kind {
    /// Fees and penalties set aside, of one market or shared.
    InsuranceFund = 1,
    /// The operator's own money, junior or alongside.
    OperatorCapital = 2,
    /// Staked backstop capital.
    Tranche = 3,
    /// What clearing members contributed beforehand.
    DefaultFund = 4,
    /// What clearing members are called for afterwards.
    Assessment = 5,
    /// The protocol's treasury.
    Treasury = 6,
    /// New tokens sold by debt auction.
    Issuance = 7,
    /// Session gains of those who won.
    GainsHaircut = 8,
    /// Liquidity providers' profit.
    ProviderProfit = 9,
    /// Liquidity providers' principal.
    ProviderPrincipal = 10,
    /// Lenders' supply.
    LenderSupply = 11,
    /// Deposits of a domain that accepted it.
    Deposits = 12,
}

impl Kind {
    /// Whether the money is the operator's, the protocol's or its funds': the house.
    #[must_use]
    pub const fn is_house(self) -> bool {
        matches!(self, Self::InsuranceFund | Self::OperatorCapital | Self::Treasury)
    }

    /// Whether participants hold stakes in its pot, and bear its draws by them.
    #[must_use]
    pub const fn is_staked(self) -> bool {
        matches!(self, Self::Tranche | Self::DefaultFund)
    }

    /// Whether `source` can be where this kind's money comes from.
    #[must_use]
    pub const fn admits(self, source: &Source) -> bool {
        match self {
            Self::InsuranceFund | Self::OperatorCapital | Self::Tranche | Self::DefaultFund => {
                matches!(source, Source::Pot)
            }
            Self::Treasury => matches!(source, Source::Pot | Source::Proceeds { .. }),
            Self::Issuance => matches!(source, Source::Proceeds { .. }),
            Self::Assessment => matches!(source, Source::Call { .. }),
            Self::GainsHaircut
            | Self::ProviderProfit
            | Self::ProviderPrincipal
            | Self::LenderSupply
            | Self::Deposits => matches!(source, Source::Members(_)),
        }
    }
}

/// Where the weights and caps of a members' layer come from.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Basis {
    /// Reported from outside.
    #[default]
    Reported = 1,
    /// Session gains in the domain's markets, netted by owner: each cap is what the owner's equity
    /// stands above his protected principal, if that is less.
    SessionGains = 2,
    /// The supply of the domain's lending pool: weight and cap are what each lender may claim, and
    /// he pays from it.
    Supply = 3,
    /// What each holder of the domain's vault would get above his own entry cost: weight and cap,
    /// and he pays by shares.
    HolderProfit = 4,
    /// The shares of the domain's vault: the weight is what each holder's would fetch, the cap what
    /// of it is not profit, and he pays by shares.
    PoolShares = 6,
    /// What the members of the domain's clearing fund are to contribute: each cap is what the
    /// fund's terms leave him, and he is called.
    Contribution = 5,
}

impl Basis {
    /// Whether members pay from what they have in a pool, and not from their accounts.
    #[must_use]
    pub const fn is_of_pool(self) -> bool {
        matches!(self, Self::Supply | Self::HolderProfit | Self::PoolShares)
    }

    /// The kind of layer that alone may divide by it, where there is one.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Supply => Some(Kind::LenderSupply),
            Self::HolderProfit => Some(Kind::ProviderProfit),
            Self::PoolShares => Some(Kind::ProviderPrincipal),
            Self::Reported | Self::SessionGains | Self::Contribution => None,
        }
    }
}

/// How a layer's draw is divided over its members.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRule {
    /// The rule.
    pub rule: Rule,
    /// Whether the members' priority classes are read; without it all are one class.
    pub classes: bool,
    /// A member's cap per episode as a part of his weight, in millionths, rounded down (for the
    /// member). The reported cap binds as well. Nothing: only the reported cap.
    pub cap_of_weight: Option<u32>,
    /// Whether shares are taken when an account is next touched, not at once.
    pub on_touch: bool,
    /// Where weights and caps come from.
    pub basis: Basis,
}

impl MemberRule {
    /// Whether shares can be taken on touch: a level by weight tells each alone.
    #[must_use]
    pub const fn can_be_on_touch(&self) -> bool {
        matches!(self.rule, Rule::Proportional) && !self.classes
    }
}

/// Where a layer's money comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Source {
    /// A pot on the ledger, paid in beforehand.
    Pot = 1,
    /// The accounts of its members, by their frozen weights and caps.
    Members(MemberRule) = 2,
    /// Calls on its members, who pay until a deadline.
    Call {
        /// How the call is divided.
        members: MemberRule,
        /// Milliseconds from the call to its deadline.
        deadline: u64,
    } = 3,
    /// Money from outside (an auction, a sale of another asset), until a deadline.
    Proceeds {
        /// Milliseconds from the call to its deadline.
        deadline: u64,
    } = 4,
}

impl Source {
    /// The rule over members, where there are any.
    #[must_use]
    pub const fn members(&self) -> Option<&MemberRule> {
        match self {
            Self::Members(rule) | Self::Call { members: rule, .. } => Some(rule),
            Self::Pot | Self::Proceeds { .. } => None,
        }
    }

    /// Milliseconds a draw stays pending, where it is not paid at once.
    #[must_use]
    pub const fn deadline(&self) -> Option<u64> {
        match self {
            Self::Call { deadline, .. } | Self::Proceeds { deadline } => Some(*deadline),
            Self::Pot | Self::Members(_) => None,
        }
    }
}

/// A cap over any span of a length.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeriodCap {
    /// The most within any such span.
    pub amount: Amount,
    /// The span, in milliseconds.
    pub millis: u64,
}

/// The most a layer pays.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Caps {
    /// For one loss.
    pub per_event: Option<Amount>,
    /// For one episode.
    pub per_episode: Option<Amount>,
    /// Within any span of a length, over episodes.
    pub per_period: Option<PeriodCap>,
}

/// The part of an episode's cumulative deficit that a layer bears: from `attach` to `detach`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attachment {
    /// Where it begins to pay.
    pub attach: Amount,
    /// Where it stops.
    pub detach: Amount,
}

/// A layer as it is added.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LayerSpec {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// The asset it pays in.
    pub asset: AssetId,
    /// Where its money comes from.
    pub source: Source,
    /// The most it pays.
    pub caps: Caps,
    /// The part of the loss it bears, where that is limited.
    pub attachment: Option<Attachment>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Layer {
    /// As it was added; never changed.
    pub spec: LayerSpec,
    /// The number of the last payment into it.
    pub last_number: u64,
}
