//! Risk figures: what is expected to be lost, and which market brings how much of it. Core does
//! not measure them; whoever does states his name, when he measured, and until when it serves.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{DomainId, LayerId, MarketId, Name, Time};
use crate::units::Amount;

/// The most that a domain may be expected to lose in a year: 10^28 atoms, so that a hundred times
/// as much is an amount.
pub const MAX_EXPECTED: u128 = 10u128.pow(28);

/// What a risk figure is about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "FigureSubject"))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Subject {
    /// What a layer is expected to lose.
    Layer(LayerId) = 1,
    /// What a domain is expected to lose.
    Domain(DomainId) = 2,
    /// What a market brings of it.
    Market(MarketId) = 3,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(layer) => write!(f, "the expected loss of layer {layer}"),
            Self::Domain(domain) => write!(f, "the expected loss of domain {domain}"),
            Self::Market(market) => write!(f, "the marginal share of market {market}"),
        }
    }
}

/// A risk figure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RiskFigure"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Figure {
    /// What a layer is expected to lose in a year.
    LayerLoss {
        /// The layer.
        layer: LayerId,
        /// In millionths of what it holds, at most all of it.
        rate: u32,
    } = 1,
    /// What the deficits of a domain are expected to be in a year.
    DomainLoss {
        /// The domain.
        domain: DomainId,
        /// In atoms of its asset, at most 10^28.
        amount: Amount,
    } = 2,
    /// A market's marginal share in the expected shortfall of its domain.
    MarketShare {
        /// The market.
        market: MarketId,
        /// In millionths; those of a domain's markets are at most the whole.
        share: u32,
    } = 3,
}

impl Figure {
    /// What it is about.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        match *self {
            Self::LayerLoss { layer, .. } => Subject::Layer(layer),
            Self::DomainLoss { domain, .. } => Subject::Domain(domain),
            Self::MarketShare { market, .. } => Subject::Market(market),
        }
    }
}

/// A risk figure, with who measured it and for how long it serves.
///
/// After that time it still counts where it protects those who bear losses: as what their pay is
/// not below, as what the operator must hold, and as what holders are charged. It serves nobody
/// else: the house gets no fees by it and takes nothing out.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MeasuredFigure"))]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The figure.
    pub figure: Figure,
    /// Who measured it.
    pub source: Name,
    /// When.
    pub at: Time,
    /// Before when it serves: at most a year later.
    pub until: Time,
}
