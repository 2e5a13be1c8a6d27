//! The shapes of clearing funds: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};

/// A clearing fund: members contribute to a layer of a domain, by what they could lose under stress.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Clearing")]
pub struct ClearingShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The domain; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The layer of the contributions: of kind "default-fund", without stakes of its own.
    pub layer: At<String>,
    /// How many members, those with the largest losses beyond margin, may fail at once; 2.
    pub cover: Option<At<i64>>,
    /// What may happen: at least one.
    pub scenario: At<Vec<At<ScenarioShape>>>,
    /// The least size; one atom where nothing is said.
    pub least: Option<At<AmountText>>,
    /// The least that a member contributes; one atom where nothing is said.
    pub least_contribution: Option<At<AmountText>>,
    /// The time from one sizing to the next; "30 d".
    pub period: Option<At<DurationText>>,
    /// How long a member who is called has to pay; "2 d".
    pub deadline: Option<At<DurationText>>,
    /// How long who gave notice answers for losses that are detected; "30 d".
    pub notice: Option<At<DurationText>>,
    /// How long clients of a member in default may be ported; "2 d".
    pub porting: Option<At<DurationText>>,
    /// How long members may bid for a book; "4 h".
    pub bidding: Option<At<DurationText>>,
    /// What of a contribution pays first where its member did not bid for the book; "0 %".
    pub juniority: Option<At<PercentText>>,
    /// What members may be called for beyond their contributions; left out, nothing.
    pub assessment: Option<At<AssessmentShape>>,
    /// The members at the beginning, with what they contribute.
    #[serde(default)]
    pub member: Vec<At<MemberShape>>,
    /// Clients at the beginning.
    #[serde(default)]
    pub client: Vec<At<ClientShape>>,
}

/// What happens to prices under stress.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub struct ScenarioShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// How prices move: "-30 %" or "30 %"; not at all where nothing is said.
    pub prices: Option<At<PercentText>>,
    /// Markets that move otherwise.
    #[serde(default)]
    pub moves: Vec<At<MoveShape>>,
    /// How volatility moves: "up", "down" or "same" (where nothing is said).
    pub volatility: Option<At<String>>,
}

/// How one market moves.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScenarioMove")]
pub struct MoveShape {
    /// The market.
    pub market: At<String>,
    /// How its price moves: "-30 %".
    pub price: At<PercentText>,
}

/// What members may be called for.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Assessment")]
pub struct AssessmentShape {
    /// The layer that calls them: of kind "assessment", without claims of its own.
    pub layer: At<String>,
    /// The most for one loss, of what a member is to contribute; "100 %".
    pub per_event: Option<At<PercentText>>,
    /// The most within any window; "200 %".
    pub per_window: Option<At<PercentText>>,
    /// The window; "30 d".
    pub window: Option<At<DurationText>>,
}

/// A member at the beginning.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Member")]
pub struct MemberShape {
    /// The account that contributes.
    pub account: At<String>,
    /// What it contributes, paid in for it; left out, nothing yet.
    pub amount: Option<At<AmountText>>,
}

/// A client at the beginning.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Client")]
pub struct ClientShape {
    /// The client's account.
    pub account: At<String>,
    /// The account of the member who answers for it.
    pub member: At<String>,
}
