//! The shapes of protections: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};

/// Protection against impermanent loss: a fund pays providers of liquidity to a pool outside what
/// their positions lost against holding, measured by the prices of a feed.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Protection")]
pub struct ProtectionShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The domain whose terms providers accept; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The fund that gets the premia and pays: a layer with a pot.
    pub fund: At<String>,
    /// The feed of the price of one side of the pool in the other, which is the domain's asset.
    pub feed: At<String>,
    /// What the fund pays for a position at most, of what was put in; "25 %".
    pub cap: Option<At<PercentText>>,
    /// The premium, of the cap; "4 %".
    pub fee: Option<At<PercentText>>,
    /// How much all caps may be of what the fund holds when a position begins; "100 %".
    pub leverage: Option<At<PercentText>>,
    /// The least that is put in; 1,000 atoms.
    pub least: Option<At<AmountText>>,
    /// Before so long nothing is paid; "1 d".
    pub cliff: Option<At<DurationText>>,
    /// After so long all is paid; "30 d".
    pub vesting: Option<At<DurationText>>,
    /// When a position ends that was not closed before; "90 d".
    pub term: Option<At<DurationText>>,
}
