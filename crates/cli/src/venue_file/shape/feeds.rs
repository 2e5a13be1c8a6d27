//! The shapes of feeds, collateral and steps: see the module above.

use schemars::JsonSchema;

use crate::loss_file::shape::{AmountText, AssetShape, At, DecimalText, DurationText, PercentText};

/// A feed: what several sources say about one market, or of the price of a collateral. Their reports
/// are events; after those of a moment the market or the collateral is marked at the value, if
/// that is good enough: to mark a market, to liquidate at for a collateral.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Feed")]
pub struct FeedShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// "price" (where nothing is said), "depth" (the size that stands near the price) or
    /// "volatility" (a year, in percent).
    pub kind: Option<At<String>>,
    /// The market it speaks of: its ticks and lots are those of values, and it is attached to it.
    /// Volatility is attached to an underlying, for all options on it, or to one option. A feed
    /// speaks of a market or of a collateral.
    pub market: Option<At<String>>,
    /// The collateral whose price it says, in its ticks; it is attached to it.
    pub collateral: Option<At<String>>,
    /// False for a feed that others are only compared with, or that options name.
    pub attach: Option<At<bool>>,
    /// Who reports, in order.
    pub source: At<Vec<At<SourceShape>>>,
    /// How many sources must count for the value to move; more than half where nothing is said.
    pub min_sources: Option<At<i64>>,
    /// The domains that cannot go on without it; that of the market where nothing is said, for a
    /// price that is attached to one; none for that of a collateral.
    pub domains: Option<At<Vec<At<String>>>>,
    /// How old a report may be and count; "30 s".
    pub max_age: Option<At<DurationText>>,
    /// How long a source may say the same and count; "10 min" for prices, without end for others.
    /// "never" for no end.
    pub stuck_after: Option<At<DurationText>>,
    /// How far from the median a report may be and count; "5 %", depth "90 %", volatility "25 %".
    pub outlier: Option<At<PercentText>>,
    /// How wide a report's own confidence may be and count; "2 %", depth "100 %", volatility
    /// "25 %".
    pub max_confidence: Option<At<PercentText>>,
    /// How far apart the reports that count may lie; "3 %", depth "200 %", volatility "25 %".
    pub max_spread: Option<At<PercentText>>,
    /// The length of one step of time; "1 s".
    pub step: Option<At<DurationText>>,
    /// How far the value moves in one step at most; "1 %", depth without end.
    pub step_cap: Option<At<PercentText>>,
    /// How far value and target may be apart before even liquidations wait; "5 %", depth without
    /// end, volatility "25 %".
    pub jump: Option<At<PercentText>>,
    /// How far the stable value moves in one step at most; "0.03 %", depth "1 %".
    pub stable_cap: Option<At<PercentText>>,
    /// How far the stable value may be from the mean of a day ago; "25 %", depth without end,
    /// volatility "100 %".
    pub stable_band: Option<At<PercentText>>,
    /// The length of one cell of its history: an expiry settles over whole cells; "1 min".
    pub window_cell: Option<At<DurationText>>,
    /// How many cells its history keeps; 120.
    pub window_cells: Option<At<i64>>,
    /// Another feed of the same kind, listed before it, that must not be far away.
    pub reference: Option<At<ReferenceShape>>,
    /// The quality each purpose needs.
    pub needs: Option<At<NeedsShape>>,
}

/// A source and its say.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Source")]
pub struct SourceShape {
    /// Its name, 1 to 64 bytes; the same name in another feed is the same source.
    pub name: At<String>,
    /// How much its report weighs in the median; 1 where nothing is said.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: Option<At<i64>>,
}

/// Another feed to compare with.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reference")]
pub struct ReferenceShape {
    /// The other feed.
    pub feed: At<String>,
    /// How far the targets of both may be apart.
    pub bound: At<PercentText>,
}

/// The quality each purpose needs: "settlement", "liquidation" or "mark".
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Needs")]
pub struct NeedsShape {
    /// To mark a position; "mark".
    pub mark: Option<At<String>>,
    /// To liquidate; "liquidation".
    pub liquidate: Option<At<String>>,
    /// To let money out; "settlement".
    pub withdraw: Option<At<String>>,
    /// To let risk grow; "settlement".
    pub open: Option<At<String>>,
    /// To settle, expire or deleverage; "settlement".
    pub settle: Option<At<String>>,
}

/// Another asset that counts as collateral.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Collateral")]
pub struct CollateralShape {
    /// The asset.
    pub asset: At<AssetShape>,
    /// The smallest step of its price, which is in the settled asset for one unit: "0.0001".
    pub tick: At<DecimalText>,
    /// Its first mark; before one it counts for nothing.
    pub mark: Option<At<DecimalText>>,
    /// What counts of the part of a holding's value above a threshold, by rising threshold.
    pub weights: At<Vec<At<WeightShape>>>,
    /// The most that counts of it for one account, in the settled asset; no limit.
    pub max_counted: Option<At<AmountText>>,
    /// The most of it that deposits may bring, in its own units; no limit.
    pub max_held: Option<At<AmountText>>,
    /// A market whose long legs lose when it does.
    pub wrong_way: Option<At<WrongWayShape>>,
    /// Whether its worth hangs on the venue itself: half of it or more must be discounted.
    pub own_token: Option<At<bool>>,
    /// The price it is meant to hold.
    pub peg: Option<At<DecimalText>>,
    /// How far below the mark what was taken of a failed account may be sold; "10 %".
    pub sale_discount: Option<At<PercentText>>,
}

/// What counts above a value.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Weight")]
pub struct WeightShape {
    /// The value from which these weights hold, in the settled asset; "0" in the first.
    pub above: At<AmountText>,
    /// What counts of the value above it to open.
    pub initial: At<PercentText>,
    /// What counts of it to keep; below "100 %".
    pub maintenance: At<PercentText>,
}

/// A market whose long legs lose when the collateral does.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WrongWay")]
pub struct WrongWayShape {
    /// The market.
    pub market: At<String>,
    /// How much less the part of the holding up to the value of those legs counts.
    pub discount: At<PercentText>,
}

/// An amount of an asset.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AssetAmount")]
pub struct AssetAmountShape {
    /// The asset: a collateral.
    pub asset: At<String>,
    /// How much, in its own units.
    pub amount: At<AmountText>,
}

/// The largest steps a market admits. Listing it then proves that one step with funding and penalty
/// cannot cost a leg more than it holds at maintenance, at any size.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Steps")]
pub struct StepsShape {
    /// How far one mark may lie from the last one.
    pub price: At<PercentText>,
    /// How much one funding may charge of a lot's value; "0 %" where nothing is said.
    pub funding: Option<At<PercentText>>,
    /// The highest penalty of a liquidation; that of `[liquidation]` where nothing is said.
    pub penalty: Option<At<PercentText>>,
}
