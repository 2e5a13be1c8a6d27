//! The shapes of cover pools: see the module above.

use schemars::JsonSchema;

use super::pools::RatesShape;
use crate::loss_file::shape::{AmountText, At, ClassText, DecimalText, DurationText, PercentText};

/// A cover pool: accounts buy cover against its risks, and those who are staked in its domain stand
/// behind it. Its losses are its domain's, whose waterfall draws on a staked layer.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cover")]
pub struct CoverShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The domain that bears its losses; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The fund that gets what premia stakers do not: a layer of the domain with a pot.
    pub fund: At<String>,
    /// Which part of the premia goes to those who are staked in which layers; half of them to the
    /// domain's only staked layer where nothing is said.
    pub premia: Option<At<Vec<At<PremiaShape>>>>,
    /// How much may be covered by what is staked; "100 %".
    pub leverage: Option<At<PercentText>>,
    /// The most that may be covered at once.
    pub max_covered: Option<At<AmountText>>,
    /// The least cover that can be bought; 1,000 atoms.
    pub min_cover: Option<At<AmountText>>,
    /// The longest that a cover may run; "365 d".
    pub max_period: Option<At<DurationText>>,
    /// How long after it was bought a cover begins; "1 d".
    pub waiting: Option<At<DurationText>>,
    /// How long after a cover's end what happened before may be reported; "30 d".
    pub claim_time: Option<At<DurationText>>,
    /// The most that one incident pays in all; no limit, which needs a tail index above 1.
    pub incident_cap: Option<At<AmountText>>,
    /// The tail index of the losses that may be claimed: "0.92". At 1 and below they have no finite
    /// mean.
    pub tail_index: At<DecimalText>,
    /// Who estimated it.
    pub source: Option<At<String>>,
    /// How stakers decide on claims; left out, a second approver does.
    pub vote: Option<At<VoteShape>>,
    /// What may be covered: at least one.
    pub risk: At<Vec<At<RiskShape>>>,
}

/// A part of the premia.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Premia")]
pub struct PremiaShape {
    /// The staked layer.
    pub layer: At<String>,
    /// Which part of the premia: "50 %".
    pub part: At<PercentText>,
}

/// A vote of stakers.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Vote")]
pub struct VoteShape {
    /// How long they may vote; "3 d".
    pub length: Option<At<DurationText>>,
    /// Which part of all stakes must have voted; "20 %".
    pub quorum: Option<At<PercentText>>,
}

/// A risk.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Risk")]
pub struct RiskShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The class of what is claimed: whose waterfall pays; "custody".
    pub class: Option<At<ClassText>>,
    /// The price of cover for a year, by how much of what may be covered is.
    pub rates: At<RatesShape>,
    /// What is expected to be lost in a year, of the cover.
    pub expected_loss: At<PercentText>,
    /// What the price must be above that at least, of it; "0 %".
    pub load: Option<At<PercentText>>,
    /// Who estimated it.
    pub source: Option<At<String>>,
    /// The most of what the pool may cover that may be covered of this risk; "100 %".
    pub concentration: Option<At<PercentText>>,
    /// What of each loss the insured bears himself; "0 %".
    pub retention: Option<At<PercentText>>,
    /// How that rises for who was paid before.
    pub experience: Option<At<ExperienceShape>>,
    /// A price that pays without a report when it is low for long.
    pub trigger: Option<At<TriggerShape>>,
}

/// What more of each loss they bear who were paid before.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Experience")]
pub struct ExperienceShape {
    /// By how much the retention rises for each incident that was paid for.
    pub step: At<PercentText>,
    /// The most it rises to.
    pub most: At<PercentText>,
    /// How far back incidents count; "365 d".
    pub window: Option<At<DurationText>>,
}

/// A price that is low for long.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trigger")]
pub struct TriggerShape {
    /// The feed.
    pub feed: At<String>,
    /// Its mean over the window must lie below: a price of what the feed speaks of.
    pub below: At<DecimalText>,
    /// The window, in whole cells of the feed; "10 min".
    pub window: Option<At<DurationText>>,
}

/// What one insured lost.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Lost")]
pub struct LostShape {
    /// The account that bought cover of the risk.
    pub account: At<String>,
    /// What it lost.
    pub amount: At<AmountText>,
}
