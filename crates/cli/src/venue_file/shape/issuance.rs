//! The shapes of issuances: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};

/// New tokens that are sold into a hole, for the draws of a layer of kind "issuance".
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Issuance")]
pub struct IssuanceShape {
    /// The name of the token, 1 to 64 bytes: an asset of its own.
    pub token: At<String>,
    /// The decimals of the token; 0 where nothing is said.
    pub decimals: Option<At<i64>>,
    /// The layer whose draws it is sold for: of kind "issuance".
    pub layer: At<String>,
    /// How many tokens are a lot.
    pub lot: At<AmountText>,
    /// What a lot costs first.
    pub start: At<AmountText>,
    /// By how much that goes down at a time.
    pub step: At<AmountText>,
    /// How long each price stands; "10 min".
    pub every: Option<At<DurationText>>,
    /// The least that a lot costs.
    pub floor: At<AmountText>,
    /// How often the auction begins anew; 0 where nothing is said.
    pub restarts: Option<At<i64>>,
    /// What a lot would fetch under stress: what a forecast counts; the floor where nothing is
    /// said.
    pub stressed: Option<At<AmountText>>,
    /// The most that is issued within a window, of the tokens outstanding: "10 %".
    pub dilution: At<PercentText>,
    /// The window; "30 d".
    pub window: Option<At<DurationText>>,
    /// How many tokens are outstanding.
    pub outstanding: At<AmountText>,
    /// Who says so.
    pub source: At<String>,
    /// What buys tokens back, which are burned; left out, nothing.
    pub buyback: Option<At<BuybackShape>>,
    /// Who holds tokens at the beginning.
    #[serde(default)]
    pub holder: Vec<At<HolderShape>>,
}

/// A fund that buys tokens back of what it holds above a target.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Buyback")]
pub struct BuybackShape {
    /// The fund: a layer without stakes, in a step before the tokens.
    pub fund: At<String>,
    /// What stays in it.
    pub target: At<AmountText>,
    /// How much money is a lot.
    pub lot: At<AmountText>,
    /// How many tokens a lot of money costs first.
    pub start: At<AmountText>,
    /// By how many that goes down at a time.
    pub step: At<AmountText>,
    /// How long each price stands; "10 min".
    pub every: Option<At<DurationText>>,
    /// The fewest tokens that a lot of money costs.
    pub floor: At<AmountText>,
}

/// Who holds tokens at the beginning.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenHolder")]
pub struct HolderShape {
    /// The account.
    pub account: At<String>,
    /// How many tokens.
    pub amount: At<AmountText>,
}

/// How far a pot may be drawn on, as a part of what it held.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Depletion")]
pub struct DepletionShape {
    /// The layer: a pot without stakes.
    pub layer: At<String>,
    /// The most within one episode: "25 %".
    pub per_episode: Option<At<PercentText>>,
    /// The most within any period.
    pub per_period: Option<At<PercentText>>,
    /// The period; "30 d".
    pub period: Option<At<DurationText>>,
}
