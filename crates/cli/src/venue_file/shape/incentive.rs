//! The shapes of risk figures, pay and tables of fees: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, DecimalText, DurationText, PercentText};

/// What was measured outside at the beginning: of a layer or of a domain what is expected to be
/// lost in a year, of a market its marginal share in the expected shortfall of its domain.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskFigure")]
pub struct FigureShape {
    /// The layer, with `part`.
    pub layer: Option<At<String>>,
    /// The domain, with `amount`.
    pub domain: Option<At<String>>,
    /// The market, with `part`.
    pub market: Option<At<String>>,
    /// How much of what the layer holds: "4 %"; or the share of the market.
    pub part: Option<At<PercentText>>,
    /// How much in a year.
    pub amount: Option<At<AmountText>>,
    /// Who measured it.
    pub source: At<String>,
    /// How long it serves; a year of 365 days where nothing is said, and at most.
    pub serves: Option<At<DurationText>>,
}

/// How the stakers of a layer are paid by time.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pay")]
pub struct PayShape {
    /// The layer.
    pub layer: At<String>,
    /// The stakes at which most is paid.
    pub target: At<AmountText>,
    /// What is paid in a year at the target; nothing but the premium where nothing is said.
    pub most: Option<At<AmountText>>,
    /// What the pay is above the expected loss at least: "50 %" of it; nothing where nothing is
    /// said.
    pub load: Option<At<PercentText>>,
    /// What is in the pot at the beginning, from outside.
    pub pot: Option<At<AmountText>>,
}

/// What those who hold lots of a market pay for the losses that are expected of it.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Premium")]
pub struct PremiumShape {
    /// The market; a figure says its marginal share, another what its domain is expected to lose.
    pub market: At<String>,
    /// How often it is charged: "8 h" where nothing is said; a minute to a day.
    pub period: Option<At<DurationText>>,
    /// What it is above the expected loss: "25 %" of it; nothing where nothing is said.
    pub load: Option<At<PercentText>>,
    /// What one charge takes of what a lot is worth at most: "0.1 %"; at most a tenth.
    pub most: At<PercentText>,
}

/// Where the fees of a domain go, once a period.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FeeTable")]
pub struct FeesShape {
    /// The domain; left out where there is one.
    pub domain: Option<At<String>>,
    /// How often: "1 d" where nothing is said.
    pub period: Option<At<DurationText>>,
    /// For how long ahead the pots of pay are filled: "30 d" where nothing is said.
    pub ahead: Option<At<DurationText>>,
    /// The operator's first loss.
    pub first_loss: Option<At<FirstLossShape>>,
    /// The funds.
    pub fund: Vec<At<FundFeesShape>>,
    /// The staked layers whose pots of pay are filled.
    #[serde(default)]
    pub tranche: Vec<At<PartShape>>,
    /// What the house gets; nothing where nothing is said.
    pub house: Option<At<PartShape>>,
}

/// What the operator's own money must be.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FirstLoss")]
pub struct FirstLossShape {
    /// The layer: operator capital.
    pub layer: At<String>,
    /// How many times the domain's expected loss of a year: "1.5"; at most 100.
    pub factor: At<DecimalText>,
    /// What it holds at least whatever is expected; nothing where nothing is said.
    pub floor: Option<At<AmountText>>,
    /// Whether no new risk is taken while it holds less; not where nothing is said.
    #[serde(default)]
    pub gates: bool,
}

/// A fund of a table of fees.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FundFees")]
pub struct FundFeesShape {
    /// The layer: an insurance fund.
    pub layer: At<String>,
    /// What it is to hold.
    pub target: At<AmountText>,
    /// Its part of what is left when all is full: "50 %".
    pub part: At<PercentText>,
}

/// A layer with a part of what is left when all is full.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PartOfFees")]
pub struct PartShape {
    /// The layer.
    pub layer: At<String>,
    /// Its part of what is left when all is full: "25 %".
    pub part: At<PercentText>,
}
