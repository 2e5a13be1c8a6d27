//! The shapes of lending pools: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, At, PercentText};

/// A lending pool: accounts supply the settled asset, others borrow it against collateral. Its
/// losses are its domain's, whose waterfall takes supply by a layer of the kind "lender-supply".
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pool")]
pub struct PoolShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The domain that bears its losses; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The fund that gets fees: a layer of the domain's waterfall with a pot.
    pub fund: At<String>,
    /// What may be pledged, by name: collaterals, whose weights are the loan-to-value ratio
    /// (initial) and the liquidation threshold (maintenance). Left out: all.
    pub collateral: Option<At<Vec<At<String>>>>,
    /// The rate of interest by utilisation; 0 %, 4 % at a kink of 80 %, 60 % where nothing is said.
    pub rates: Option<At<RatesShape>>,
    /// The house's part of the interest; "10 %".
    pub fee: Option<At<PercentText>>,
    /// The most that may be supplied.
    pub max_supply: Option<At<AmountText>>,
    /// The most that may be borrowed.
    pub max_debt: Option<At<AmountText>>,
    /// The least that a borrower owes, unless he owes nothing; 1,000 atoms.
    pub min_debt: Option<At<AmountText>>,
    /// The most a liquidator gets beyond what he repays; "5 %".
    pub bonus: Option<At<PercentText>>,
    /// Up to what health a liquidation may go: "125 %" of the threshold.
    pub target: Option<At<PercentText>>,
}

/// Two lines that meet at the kink.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rates")]
pub struct RatesShape {
    /// The rate of a year where nothing is lent.
    pub at_zero: At<PercentText>,
    /// The utilisation where the second line begins.
    pub kink: At<PercentText>,
    /// The rate of a year there.
    pub at_kink: At<PercentText>,
    /// The rate of a year where all is lent.
    pub at_full: At<PercentText>,
}
