//! The shape of a venue file: its tables and keys, as TOML gives them. Every doc line here is a
//! description in the JSON Schema that `rhodian schema venue` prints, so it is written for whoever
//! writes the file. What the texts say is read elsewhere.

mod bounty;
mod clearing;
mod cover;
mod feeds;
mod incentive;
mod issuance;
mod pools;
mod protections;
mod vaults;

use schemars::JsonSchema;

pub use bounty::BountyShape;
pub use clearing::{
    AssessmentShape, ClearingShape, ClientShape, MemberShape, MoveShape, ScenarioShape,
};
pub use cover::{
    CoverShape, ExperienceShape, LostShape, PremiaShape, RiskShape, TriggerShape, VoteShape,
};
pub use feeds::{
    AssetAmountShape, CollateralShape, FeedShape, NeedsShape, ReferenceShape, SourceShape,
    StepsShape, WeightShape, WrongWayShape,
};
pub use incentive::{
    FeesShape, FigureShape, FirstLossShape, FundFeesShape, PartShape, PayShape, PremiumShape,
};
pub use issuance::{BuybackShape, DepletionShape, HolderShape, IssuanceShape};
pub use pools::{PoolShape, RatesShape};
pub use protections::ProtectionShape;
pub use vaults::VaultShape;

use crate::loss_file::shape::{AmountText, AssetShape, At, DecimalText, DurationText, LayerShape};
use crate::loss_file::shape::{ClassText, HashText, PercentText};

/// A venue and what happens on it: markets, domains with their waterfalls, accounts, prices and
/// commands. `rhodian run` reads it.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VenueFile")]
pub struct FileShape {
    /// What the file is about; the title of the report.
    pub title: Option<At<String>>,
    /// The asset that every market is settled in.
    pub asset: At<AssetShape>,
    /// Periods end this often, on the clock: "1 h". Left out: only where an event says so.
    pub period: Option<At<DurationText>>,
    /// Loss domains: who shares losses with whom, and the steps that absorb them.
    pub domain: At<Vec<At<DomainShape>>>,
    /// Markets; a population brings its own.
    #[serde(default)]
    pub market: Vec<At<MarketShape>>,
    /// A seeded crowd with its markets and prices, instead of markets written out.
    pub population: Option<At<PopulationShape>>,
    /// Other assets that count as collateral.
    #[serde(default)]
    pub collateral: Vec<At<CollateralShape>>,
    /// Lending pools.
    #[serde(default)]
    pub pool: Vec<At<PoolShape>>,
    /// Vaults: liquidity pools.
    #[serde(default)]
    pub vault: Vec<At<VaultShape>>,
    /// Cover pools.
    #[serde(default)]
    pub cover: Vec<At<CoverShape>>,
    /// Clearing funds.
    #[serde(default)]
    pub clearing: Vec<At<ClearingShape>>,
    /// Protections against impermanent loss.
    #[serde(default)]
    pub protection: Vec<At<ProtectionShape>>,
    /// New tokens that are sold into a hole.
    #[serde(default)]
    pub issuance: Vec<At<IssuanceShape>>,
    /// How far pots may be drawn on, as parts of what they held.
    #[serde(default)]
    pub depletion: Vec<At<DepletionShape>>,
    /// Risk figures that were measured outside.
    #[serde(default)]
    pub figure: Vec<At<FigureShape>>,
    /// How stakers of layers are paid by time.
    #[serde(default)]
    pub pay: Vec<At<PayShape>>,
    /// Where the fees of domains go.
    #[serde(default)]
    pub fees: Vec<At<FeesShape>>,
    /// What those who hold lots pay for the losses that are expected of their market.
    #[serde(default)]
    pub premium: Vec<At<PremiumShape>>,
    /// What several sources say of prices, depth and volatility.
    #[serde(default)]
    pub feed: Vec<At<FeedShape>>,
    /// How accounts below maintenance margin are liquidated; not at all where nothing is said.
    pub liquidation: Option<At<LiquidationShape>>,
    /// Accounts that are there at the beginning.
    #[serde(default)]
    pub account: Vec<At<AccountShape>>,
    /// A CSV or Parquet file of marks.
    pub prices: Option<At<PricesShape>>,
    /// A file of events, `.ndjson`, `.csv` or `.parquet`: one object or row for each, with the
    /// keys of an event.
    pub events: Option<At<String>>,
    /// Events. Those of one time happen in the order of the file, after the prices of that time.
    #[serde(default)]
    pub event: Vec<At<EventShape>>,
}

/// A seeded crowd: who is there, what they hold, and what prices do to them.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Population")]
pub struct PopulationShape {
    /// How many accounts, at least 20.
    pub accounts: At<i64>,
    /// The seed; 1 where nothing is said. The same seed gives the same crowd everywhere.
    pub seed: Option<At<i64>>,
    /// A CSV or Parquet file of candles whose prices are walked through, with the columns symbol,
    /// open_time_ms, open, high, low, close. Left out: prices are drawn.
    pub candles: Option<At<String>>,
    /// How far drawn prices fall; "20 %" where nothing is said.
    pub fall: Option<At<PercentText>>,
    /// The value of each open book that an outside market takes after each mark, at 1 % off the
    /// mark; no such market where nothing is said.
    pub depth: Option<At<AmountText>>,
}

/// A loss domain.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Domain")]
pub struct DomainShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// The classes of causes its steps answer; defaults alone where nothing is said.
    #[serde(default)]
    pub classes: Vec<At<ClassText>>,
    /// The steps of its waterfall, in paying order.
    pub step: At<Vec<At<LayerShape>>>,
    /// Its parameters; each has a default.
    pub terms: Option<At<TermsShape>>,
    /// What it pays to those who watch; nothing where nothing is said.
    pub bounty: Option<At<BountyShape>>,
}

/// The parameters of a domain.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DomainTerms")]
pub struct TermsShape {
    /// How long an episode takes new losses; "4 h" where nothing is said.
    pub episode_length: Option<At<DurationText>>,
    /// How long one liable set serves; "4 h" where nothing is said, "0 ms" for each loss its own.
    pub liable_window: Option<At<DurationText>>,
    /// The uncovered debt above which the domain enters settlement; never where nothing is said.
    pub uncovered_threshold: Option<At<AmountText>>,
    /// How long an uncovered debt may stand before the domain enters settlement; ten years.
    pub uncovered_deadline: Option<At<DurationText>>,
    /// How long a report of a price error or a theft may be challenged; "24 h".
    pub challenge_time: Option<At<DurationText>>,
    /// How long a report may wait for a second approver before it is no loss; "14 d".
    pub approval_time: Option<At<DurationText>>,
    /// The part of a fund's income, after debts, that repays open claims; "0 %".
    pub income_to_claims: Option<At<PercentText>>,
    /// How old a period boundary must be to be the reference of session gains; "8 h".
    pub reference_age: Option<At<DurationText>>,
    /// What closing a leg may cost under stress, of its value; "3 %".
    pub stress_rate: Option<At<PercentText>>,
    /// What closing out one loss may cost before the rest goes to auto-deleveraging; no limit.
    pub close_out_budget: Option<At<AmountText>>,
    /// How long a close-out book may stay open before the rest goes to auto-deleveraging; "1 h".
    pub close_out_time: Option<At<DurationText>>,
    /// The part of positive unrealised profit that counts for opening; "50 %".
    pub opening_profit: Option<At<PercentText>>,
    /// The part of its funds that an episode may draw before what is left of its books goes to
    /// auto-deleveraging; "100 %", which is never.
    pub fund_drawdown: Option<At<PercentText>>,
    /// How long a halt may last; "24 h".
    pub halt_length: Option<At<DurationText>>,
    /// How long a feed may be without settlement quality before the domain only reduces; "10 min".
    pub reduce_only_after: Option<At<DurationText>>,
    /// How long, before it settles at the last good price; "24 h".
    pub settle_after: Option<At<DurationText>>,
    /// Over which window before its expiry a market with a feed settles at the mean; "30 min".
    pub expiry_window: Option<At<DurationText>>,
    /// How much of what its collateral counts an account may owe beyond its cash and still widen
    /// positions; "50 %".
    pub loan_limit: Option<At<PercentText>>,
    /// How long who asks for his stake waits, and is drawn on; "7 d".
    pub stake_cooldown: Option<At<DurationText>>,
    /// How much of the pots behind the domain may be asked for by stakers before it takes no fill
    /// that widens and no new loan; "50 %".
    pub exit_queue_limit: Option<At<PercentText>>,
    /// What is required of a hedge between two dates, or a date and the spot, beside options;
    /// "2 %".
    pub basis_charge: Option<At<PercentText>>,
    /// What is required beside options of a delta as large as the depth that a feed says; "10 %".
    pub concentration_charge: Option<At<PercentText>>,
    /// In which order auto-deleveraging takes lots: "draining" (where nothing is said),
    /// "queue-by-bankruptcy", "queue-by-entry", "queue-by-profit", "contracts", "profit" or
    /// "random-start".
    pub deleveraging_order: Option<At<String>>,
}

/// How accounts below maintenance margin are liquidated.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Liquidation")]
pub struct LiquidationShape {
    /// The layer that is credited with penalties: one with a pot.
    pub fund: At<String>,
    /// Equity is brought to maintenance and so much of it more; "20 %" where nothing is said.
    pub buffer: Option<At<PercentText>>,
    /// The penalty on what is closed; "1 %" where nothing is said.
    pub penalty: Option<At<PercentText>>,
    /// What closing is reckoned to cost against the mark; "1 %" where nothing is said.
    pub slippage: Option<At<PercentText>>,
    /// What the engine's own routes may close within windows; every limit holds.
    pub limit: Option<Vec<At<LimitShape>>>,
    /// How much of the limits may be used by the distance of a mark from its slow price, nearest
    /// first.
    pub stage: Option<Vec<At<StageShape>>>,
    /// The routes, in order.
    pub route: At<Vec<At<RouteShape>>>,
}

/// A limit of what is closed.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LiquidationLimit")]
pub struct LimitShape {
    /// The most value within the window.
    pub value: At<AmountText>,
    /// The length of the window; "1 h" where nothing is said.
    pub window: Option<At<DurationText>>,
}

/// A stage of the breaker.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LiquidationStage")]
pub struct StageShape {
    /// The distance of the mark from its slow price from which on it holds; "5 %".
    pub beyond: At<PercentText>,
    /// How much of every limit may be used then; "0 %" stops.
    pub allowed: At<PercentText>,
}

/// One route of a liquidation.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Route")]
pub struct RouteShape {
    /// "market" (fills, by events or by a market's depth), "auction" (by events that bid),
    /// "backstop" (an account that buys at a quote) or "deleverage".
    pub route: At<String>,
    /// How long it is tried; "10 min" where nothing is said.
    pub time: Option<At<DurationText>>,
    /// How far equity may fall while it is tried before the next route; no limit.
    pub budget: Option<At<AmountText>>,
    /// The account of a backstop.
    pub account: Option<At<String>>,
    /// A backstop's discount for the smallest size; "1 %" where nothing is said.
    pub base: Option<At<PercentText>>,
    /// Its impact with the square root of size over depth; "0 %" where nothing is said.
    pub impact: Option<At<PercentText>>,
    /// The volatility it reckons with; "0 %" where nothing is said.
    pub volatility: Option<At<PercentText>>,
    /// The lots a day that count as its depth; 1000 where nothing is said.
    pub lots_a_day: Option<At<i64>>,
    /// Its largest discount; "10 %" where nothing is said.
    pub band: Option<At<PercentText>>,
    /// The most value it takes.
    pub most: Option<At<AmountText>>,
    /// What a bidder in an auction pays of equity at the start; "98 %" where nothing is said.
    pub first: Option<At<PercentText>>,
    /// What he pays when the fast phase ends; "80 %" where nothing is said.
    pub knee: Option<At<PercentText>>,
    /// How long the fast phase takes; "15 min" where nothing is said.
    pub fast: Option<At<DurationText>>,
    /// How long the slow phase takes; "1 h" where nothing is said.
    pub slow: Option<At<DurationText>>,
    /// How long until an insolvent auction pays the whole requirement; "1 h".
    pub insolvent: Option<At<DurationText>>,
}

/// A market.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Market")]
pub struct MarketShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// Its domain; left out where the file has one.
    pub domain: Option<At<String>>,
    /// "perpetual" (where nothing is said), "future" or "option".
    pub instrument: Option<At<String>>,
    /// When a future or an option expires, after the beginning: "30 d".
    pub expiry: Option<At<DurationText>>,
    /// The market an option is written on, or whose price a future converges to.
    pub underlying: Option<At<String>>,
    /// An option's strike, in prices of the underlying.
    pub strike: Option<At<DecimalText>>,
    /// "call" or "put".
    pub right: Option<At<String>>,
    /// The feed whose volatility an option is valued at, by name; that of its underlying where
    /// nothing is said. Several options may name one.
    pub volatility: Option<At<String>>,
    /// The smallest step of its price: "0.01".
    pub tick: At<DecimalText>,
    /// The smallest step of a size: "0.001". One tick times one lot is whole atoms.
    pub lot: At<DecimalText>,
    /// The first mark, at the beginning.
    pub mark: Option<At<DecimalText>>,
    /// The largest price it admits; a hundred times the first mark where nothing is said.
    pub max_price: Option<At<DecimalText>>,
    /// The largest size one account may hold, either way.
    pub max_position: At<DecimalText>,
    /// The largest size that may be open, each side.
    pub max_open: At<DecimalText>,
    /// How far a fill may lie from the mark; "10 %" where nothing is said.
    pub band: Option<At<PercentText>>,
    /// Margin rates on the part of a leg's value above a threshold, by rising threshold.
    pub tiers: At<Vec<At<TierShape>>>,
    /// Who trades with close-out books: a market that the scenario assumes.
    pub depth: Option<At<DepthShape>>,
    /// The largest steps it admits; without them it admits gaps.
    pub steps: Option<At<StepsShape>>,
}

/// Margin rates above a value.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tier")]
pub struct TierShape {
    /// The value from which these rates hold; "0" in the first tier.
    pub above: At<AmountText>,
    /// Initial margin of the value above it.
    pub initial: At<PercentText>,
    /// Maintenance margin of the value above it.
    pub maintenance: At<PercentText>,
}

/// An outside market in which close-out books are closed, as the scenario assumes it: after every
/// mark the account trades with each open book.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Depth")]
pub struct DepthShape {
    /// The account that trades with the book.
    pub account: At<String>,
    /// The most it takes of one book after each mark.
    pub size: At<DecimalText>,
    /// How much worse than the mark its price is for the book.
    pub discount: At<PercentText>,
}

/// An account.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Account")]
pub struct AccountShape {
    /// Its id, 1 to 64 bytes.
    pub id: At<String>,
    /// Its owner; the account's id where nothing is said.
    pub owner: Option<At<String>>,
    /// "cross" (where nothing is said) or "isolated".
    pub kind: Option<At<String>>,
    /// What it pays in at the beginning.
    pub deposit: Option<At<AmountText>>,
    /// What it pays in of other assets.
    pub collateral: Option<At<Vec<At<AssetAmountShape>>>>,
    /// The domains whose terms it accepts; all where nothing is said.
    pub accepts: Option<At<Vec<At<String>>>>,
}

/// A CSV or Parquet file of marks: one row for each price. Rows of one time count at once.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Prices")]
pub struct PricesShape {
    /// The file, relative to the folder of the venue file.
    pub file: At<String>,
    /// The column of the time, in whole milliseconds or as "10 min"; "time" where nothing is said.
    pub time: Option<At<String>>,
    /// The column of the market's name; "market" where nothing is said.
    pub market: Option<At<String>>,
    /// The column of the price; "price" where nothing is said.
    pub price: Option<At<String>>,
    /// When the first row counts, after the beginning: times in the file are taken from it. Left
    /// out, they are times after the beginning as they stand.
    pub begin: Option<At<DurationText>>,
    /// Prices between two ticks: "refuse" (where nothing is said) or "nearest".
    pub off_tick: Option<At<String>>,
}

/// One event: a command of the venue or of a participant.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Event")]
pub struct EventShape {
    /// When, after the beginning: "10 min". The time of the event above it where nothing is said.
    pub at: Option<At<DurationText>>,
    /// What is asked.
    #[serde(rename = "do")]
    pub what: Option<At<DoText>>,
    /// The account it is about.
    pub account: Option<At<String>>,
    /// The owner of a new account.
    pub owner: Option<At<String>>,
    /// "cross" or "isolated", of a new account.
    pub kind: Option<At<String>>,
    /// Whose legs a bid is for: an account in auction, or "book/LOSS"; whose loan is liquidated.
    pub from: Option<At<String>>,
    /// Which part of every leg a bid is for: "25 %".
    pub part: Option<At<PercentText>>,
    /// Who receives a transfer; the member who answers for a client from now on.
    pub to: Option<At<String>>,
    /// The market.
    pub market: Option<At<String>>,
    /// A price.
    pub price: Option<At<DecimalText>>,
    /// Who bought: an account, or "book/LOSS" for the close-out book of a loss.
    pub buyer: Option<At<String>>,
    /// Who sold: an account, or "book/LOSS".
    pub seller: Option<At<String>>,
    /// How much was traded: a multiple of the lot.
    pub size: Option<At<DecimalText>>,
    /// What each side pays the venue for a fill.
    pub fee: Option<At<AmountText>>,
    /// How much money; left out, all that can be redeemed or is to be repaid. Of funding, what each long pays each short for a size of one, which may be
    /// below zero.
    pub amount: Option<At<DecimalText>>,
    /// The layer.
    pub layer: Option<At<String>>,
    /// The loss: its id. One that the engine finds is called as the account that failed, the
    /// account's second one "ACCOUNT-2".
    pub loss: Option<At<String>>,
    /// The domain; left out where the file has one.
    pub domain: Option<At<String>>,
    /// The cause in words.
    pub cause: Option<At<String>>,
    /// The class of a reported loss's cause.
    pub class: Option<At<ClassText>>,
    /// The hash of the evidence, which names the event: 64 hexadecimal digits.
    pub evidence: Option<At<HashText>>,
    /// The new status of the domain, or of the venue: open, reduce-only, withdraw-only, halted,
    /// settling, closed.
    pub status: Option<At<String>>,
    /// The number of a fill, or of a source's report: higher than any before. Left out: the next.
    pub number: Option<At<DecimalText>>,
    /// The asset of the amount: a collateral. Left out: the settled one.
    pub asset: Option<At<String>>,
    /// What came in for collateral that was sold, in the settled asset.
    pub proceeds: Option<At<AmountText>>,
    /// The pool; left out where the file has one.
    pub pool: Option<At<String>>,
    /// The vault; left out where the file has one.
    pub vault: Option<At<String>>,
    /// The feed.
    pub feed: Option<At<String>>,
    /// The source that reports.
    pub source: Option<At<String>>,
    /// What it says: a price, a size, or a volatility as "80 %".
    pub value: Option<At<DecimalText>>,
    /// How sure it is: give or take this, in the same unit. Left out: certain.
    pub confidence: Option<At<DecimalText>>,
    /// Of when a report is, or the first wrong moment, after the beginning. Left out: now.
    pub since: Option<At<DurationText>>,
    /// The last wrong moment, after the beginning.
    pub until: Option<At<DurationText>>,
    /// The risk that cover is against; left out where the file has one.
    pub risk: Option<At<String>>,
    /// For how long cover is bought; the time to wait is part of it.
    pub period: Option<At<DurationText>>,
    /// The most that cover may cost; left out: what it costs. Of an auction, the most that is paid
    /// for taking the book, or for a lot.
    pub most: Option<At<AmountText>>,
    /// What each insured lost, instead of `account` and `amount`.
    pub lost: Option<At<Vec<At<LostShape>>>>,
    /// Of a staker on the claims of a loss: "for" or "against".
    pub vote: Option<At<String>>,
    /// The clearing fund; left out where the file has one.
    pub fund: Option<At<String>>,
    /// The protection; left out where the file has one.
    pub protection: Option<At<String>>,
    /// What a member asks for taking a book at the marks.
    pub asks: Option<At<AmountText>>,
    /// How many lots of tokens, or of money for tokens, at most.
    pub lots: Option<At<DecimalText>>,
    /// The code the engine must refuse it with; that it does not is an error.
    pub expect: Option<At<String>>,
}

pub use super::written::DoText;
