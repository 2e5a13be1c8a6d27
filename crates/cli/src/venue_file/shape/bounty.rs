//! What a venue file says of watching.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};

/// What a domain pays to those who watch.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DomainBounty")]
pub struct BountyShape {
    /// The layer that pays, and gets the bonds of those who were wrong: a pot of the house, of any
    /// domain of the file.
    pub pot: At<String>,
    /// The part of the deficit, or of what was wrongly claimed: "10 %".
    pub part: At<PercentText>,
    /// The most that is paid within a window.
    pub most: At<AmountText>,
    /// The window; "30 d" where nothing is said.
    pub window: Option<At<DurationText>>,
    /// The most that one bounty takes of what the pot holds; "10 %" where nothing is said.
    pub pot_part: Option<At<PercentText>>,
    /// What who gives notice or challenges puts down.
    pub bond: At<AmountText>,
    /// How long a notice waits for a report, and a bounty for its pot; "14 d" where nothing is said.
    pub wait: Option<At<DurationText>>,
}
