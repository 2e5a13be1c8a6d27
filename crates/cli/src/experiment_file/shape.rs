//! The shape of an experiment file: its tables and keys, as TOML gives them. Every doc line here is
//! a description in the JSON Schema that `rhodian schema experiment` prints, so it is written for
//! whoever writes the file.

use schemars::JsonSchema;

use super::book::BookShape;
use super::contagion::ContagionShape;
use super::cover::CoverShape;
use super::optimise::OptimiseShape;
use super::ruin::RuinShape;
use super::tune::TuneShape;
use crate::loss_file::shape::{
    AmountText, At, ExperimentText, OrderText, ParameterText, PercentText, PointsText,
    ResampleText, ValueText,
};

/// A question to the laboratory. `rhodian lab run` reads it.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExperimentFile")]
pub struct FileShape {
    /// What the experiment is about; the title of the report.
    pub title: Option<At<String>>,
    /// What is asked.
    pub kind: At<ExperimentText>,
    /// From which everything is drawn; 1 where nothing is said.
    pub seed: Option<At<i64>>,
    /// How many crises are played, of each world: 400 where nothing is said, 1,000 for rare and
    /// tail, 30 for reverse-stress, 4,000 for contagion, 20,000 nights for book.
    pub crises: Option<At<i64>>,
    /// The venue, and the crises it meets.
    pub world: Option<At<WorldShape>>,
    /// For the kind sweep: one parameter and its values.
    pub sweep: Option<At<SweepShape>>,
    /// For the kind ab: what the first world has otherwise.
    pub a: Option<At<WorldShape>>,
    /// For the kind ab: what the second has otherwise.
    pub b: Option<At<WorldShape>>,
    /// For the kind rare: how crises are drawn.
    pub rare: Option<At<RareShape>>,
    /// For the kind reverse-stress: the layers, and what a deviation is.
    pub stress: Option<At<StressShape>>,
    /// For the kind tail: what is asked of the law of large crises.
    pub tail: Option<At<TailShape>>,
    /// For the kind tranches: the layers, and what capital costs.
    pub tranches: Option<At<TranchesShape>>,
    /// For the kind ruin: what the fund gets, and for how long it is looked ahead.
    pub ruin: Option<At<RuinShape>>,
    /// For the kind replay: the prices, and the layers.
    pub replay: Option<At<ReplayShape>>,
    /// For the kind mechanisms: what waiting costs.
    pub mechanisms: Option<At<MechanismsShape>>,
    /// For the kind map: two parameters and their values.
    pub map: Option<At<MapShape>>,
    /// For the kind book: how far prices move, and how nights are drawn.
    pub book: Option<At<BookShape>>,
    /// For the kind contagion: who is there, and who owes whom.
    pub contagion: Option<At<ContagionShape>>,
    /// For the kind cover-n: members, and what each would lose beyond its margin.
    pub cover: Option<At<CoverShape>>,
    /// For the kind optimise: what is to be least, over what, and within what.
    pub optimise: Option<At<OptimiseShape>>,
    /// For the kind tune: a control law, the weather it goes through, and what counts.
    pub tune: Option<At<TuneShape>>,
}

/// A venue, and the crises it meets.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "World")]
pub struct WorldShape {
    /// How many accounts; 400 where nothing is said.
    pub accounts: Option<At<ValueText>>,
    /// How many markets; 8 where nothing is said.
    pub markets: Option<At<ValueText>>,
    /// How far markets fall at least; "16 %" where nothing is said.
    pub fall: Option<At<ValueText>>,
    /// The mean of what they fall beyond that; "16 %" where nothing is said.
    pub beyond: Option<At<ValueText>>,
    /// What closing costs against the mark; "1 %" where nothing is said.
    pub cost: Option<At<ValueText>>,
    /// Maintenance margin, of the schedule's; "100 %" where nothing is said.
    pub maintenance: Option<At<ValueText>>,
    /// In how many steps of five seconds the book of a failed account is sold; 1 where nothing is
    /// said.
    pub close: Option<At<ValueText>>,
    /// What any two markets have in common of their noise; "80 %" where nothing is said.
    pub correlation: Option<At<ValueText>>,
    /// Everyone's leverage, of what is drawn; "100 %" where nothing is said.
    pub leverage: Option<At<ValueText>>,
    /// What a fund before everyone else holds, in dollars; none where nothing is said.
    pub fund: Option<At<ValueText>>,
    /// What moves a price by one per cent when it is sold, of each market's open interest, as
    /// "5 %"; nothing that is sold moves prices where nothing is said.
    pub depth: Option<At<ValueText>>,
    /// With a depth: "linear", or "square-root"; "linear" where nothing is said.
    pub impact: Option<At<ValueText>>,
    /// With a depth: the part of what was sold that is made up in each step of five seconds; "0 %"
    /// where nothing is said.
    pub recovery: Option<At<ValueText>>,
    /// With a depth: the part of it that is gone at the worst, half of that after a move of five
    /// per cent; "0 %" where nothing is said.
    pub thinning: Option<At<ValueText>>,
    /// With a depth: in how many steps of five seconds half of a move is forgotten; 12 where
    /// nothing is said.
    pub refill: Option<At<ValueText>>,
    /// With a depth: what stands in stop orders within a fifth of the price, of open interest, on
    /// each side; "0 %" where nothing is said.
    pub stops: Option<At<ValueText>>,
    /// With a depth: what hedgers sell for each per cent that prices fall, of open interest; "0 %"
    /// where nothing is said.
    pub gamma: Option<At<ValueText>>,
    /// How the noise of a crisis is spread: "jumps", "garch" or "regimes"; "jumps" where nothing is
    /// said.
    pub process: Option<At<ValueText>>,
    /// What everyone takes out of his equity once a loss is known, as far as it is free; "0 %"
    /// where nothing is said.
    pub withdrawals: Option<At<ValueText>>,
    /// How much of that whoever has lost takes out; "100 %" where nothing is said.
    pub aversion: Option<At<ValueText>>,
    /// The part of accounts, those of lowest leverage, whose places others have taken; "0 %" where
    /// nothing is said.
    pub selection: Option<At<ValueText>>,
    /// How much higher everyone's leverage is because losses are shared; "0 %" where nothing is
    /// said.
    pub hazard: Option<At<ValueText>>,
    /// How the oracle fails: "stale", "stuck", "spike", "drift" or "divergence"; "sound" where
    /// nothing is said.
    pub oracle: Option<At<ValueText>>,
    /// How far from the price it is, with "spike", "drift" and "divergence"; "10 %" where nothing
    /// is said.
    pub oracle_error: Option<At<ValueText>>,
    /// On which side of the price that is: "below" or "above"; "below" where nothing is said.
    pub oracle_side: Option<At<ValueText>>,
    /// For how many steps of five seconds it fails; 12 where nothing is said.
    pub oracle_steps: Option<At<ValueText>>,
}

/// A parameter and its values.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sweep")]
pub struct SweepShape {
    /// A key of the world.
    pub parameter: At<ParameterText>,
    /// Its values, two at least.
    pub values: At<Vec<At<ValueText>>>,
}

/// How crises are drawn near a rare event.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rare")]
pub struct RareShape {
    /// The deviation of the log return of all markets, which then move up or down by a normal law.
    /// Left out: they fall, by the law of the world.
    pub deviation: Option<At<PercentText>>,
    /// The part of a move that comes at once, in the first five seconds; "50 %" where nothing is
    /// said. With a deviation only.
    pub gap: Option<At<PercentText>>,
    /// The part that is drawn by the law itself; "10 %" where nothing is said.
    pub defensive: Option<At<PercentText>>,
    /// By what points crises are drawn; "random" where nothing is said. With "sobol" crises are 16
    /// times a power of two.
    pub points: Option<At<PointsText>>,
}

/// What is to be broken.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Stress")]
pub struct StressShape {
    /// The deviation of the log return that shocks are told in; "5 %" where nothing is said.
    pub deviation: Option<At<PercentText>>,
    /// The part of a move that comes at once, in the first five seconds; "50 %" where nothing is
    /// said.
    pub gap: Option<At<PercentText>>,
    /// The layers, in paying order.
    pub layer: At<Vec<At<StressLayerShape>>>,
}

/// A layer by its size.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StressLayer")]
pub struct StressLayerShape {
    /// Its name.
    pub name: At<String>,
    /// What it holds, in dollars.
    pub size: At<AmountText>,
}

/// What is asked of the law of large crises.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tail")]
pub struct TailShape {
    /// The part of crises that may take more; "0.01 %" where nothing is said.
    pub target: Option<At<PercentText>>,
    /// The part of crises the law is made of, the largest; "10 %" where nothing is said.
    pub above: Option<At<PercentText>>,
}

/// What layers lose, and what capital costs.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tranches")]
pub struct TranchesShape {
    /// How many crises there are in a year; 1 where nothing is said.
    pub a_year: Option<At<i64>>,
    /// What capital costs a year; "10 %" where nothing is said.
    pub capital: Option<At<PercentText>>,
    /// What a dollar that a fund lacks costs, in dollars; 2 where nothing is said.
    pub shortfall: Option<At<i64>>,
    /// The layers behind the fund, in paying order.
    pub layer: At<Vec<At<StressLayerShape>>>,
}

/// Recorded prices.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Replay")]
pub struct ReplayShape {
    /// A CSV or Parquet file of candles with columns symbol, open_time_ms, open, high, low, close,
    /// and quote_volume where there is one; or a folder of such files. Beside the experiment file.
    pub file: At<String>,
    /// In which order a candle's low and high are visited; "shorter" where nothing is said: the low
    /// first where it closed above its open.
    pub order: Option<At<OrderText>>,
    /// How each run's prices are made of the record; the record itself where nothing is said.
    pub resample: Option<At<ResampleText>>,
    /// With "blocks": how many candles a block has on average; 16 where nothing is said.
    pub block: Option<At<i64>>,
    /// How many candles of a symbol may be missing in a row; 0 where nothing is said.
    pub gaps: Option<At<i64>>,
    /// The layers behind the fund, in paying order.
    pub layer: Option<At<Vec<At<StressLayerShape>>>>,
}

/// What waiting for a measured loss costs.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mechanisms")]
pub struct MechanismsShape {
    /// The part of those who are liable that would leave within an hour; "50 %" where nothing is
    /// said.
    pub leave: Option<At<PercentText>>,
}

/// Two parameters at once.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Map")]
pub struct MapShape {
    /// From left to right.
    pub across: At<SweepShape>,
    /// Downwards.
    pub down: At<SweepShape>,
}
