//! The shapes of vaults: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};

/// A vault: accounts put the settled asset in and hold shares, the vault trades with it by fills of
/// its account, which has its name. Its holders bear losses of its domain where the waterfall has
/// layers of the kinds "provider-profit" and "provider-principal" without claims.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Vault")]
pub struct VaultShape {
    /// Its name, its account's and its owner's, 1 to 64 bytes.
    pub name: At<String>,
    /// The domain it trades in; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The fund that gets its fee, and what nobody has a share of: a layer with a pot.
    pub fund: At<String>,
    /// Up to which value somebody may enter.
    pub max: Option<At<AmountText>>,
    /// The least that is put in at once, and the least part of an exit; 1,000 atoms.
    pub min_entry: Option<At<AmountText>>,
    /// How long who asks to leave waits; "1 d".
    pub cooldown: Option<At<DurationText>>,
    /// The house's part of what a holder gained above his own high-water mark, at first his entry;
    /// "0 %".
    pub fee: Option<At<PercentText>>,
    /// How often the fee is taken of holders who stay, "1 h" to "365 d"; only where they leave when
    /// left out.
    pub fee_period: Option<At<DurationText>>,
}
