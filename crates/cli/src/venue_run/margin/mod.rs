//! One account's margin at the end of a run: what it holds, what its legs are worth and require,
//! what of it is free and why; what it would gain or lose if prices moved, what it could lose to
//! others, and where it stands when others are deleveraged. All numbers are the engine's, of the
//! state that the events made.

mod ahead;
mod picture;
mod table;

use std::fs;
use std::path::Path;

pub use ahead::{Ahead, Greeks, LayerRisk, Place, Scenario};
pub use picture::{picture, signed_plain};
pub use table::{csv, ndjson};

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, MarketId, Name};
use rhodian_core::ledger::Holder;
use rhodian_core::liquidation::price::LastPrice;
use rhodian_core::margin::scenario::Requirement;
use rhodian_core::margin::{Level, tiered};
use rhodian_core::market::{Leg, Market};
use rhodian_core::oracle::Purpose;
use rhodian_core::units::Price;
use rhodian_report::money::{Money, percent_of_millionths};
use serde::{Deserialize, Serialize, Serializer};

use crate::diagnostic::Diagnostic;
use crate::loss_file::near::nearest;
use crate::run::replay::Replay;
use crate::terminal::fit;
use crate::venue_file::numbers::{Grid, read_step, written_price};

/// Atoms as a string of digits.
fn text<S: Serializer, T: std::fmt::Display>(atoms: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(atoms)
}

/// The same, or null.
fn maybe<S: Serializer>(atoms: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
    match atoms {
        Some(atoms) => text(atoms, serializer),
        None => serializer.serialize_none(),
    }
}

/// One account's margin. Amounts are in atoms; prices and sizes are decimals of their market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Margin {
    /// The account.
    pub account: String,
    /// Its owner.
    pub owner: String,
    /// `cross` or `isolated`.
    pub kind: String,
    /// When, in milliseconds after the beginning.
    pub at: u64,
    /// The asset.
    pub asset: String,
    /// Its decimals.
    pub decimals: u32,
    /// Its ledger balance: what it was paid less what it paid, legs included at what they cost.
    #[serde(serialize_with = "text")]
    pub balance: i128,
    /// Its legs, by market.
    pub legs: Vec<LegMargin>,
    /// Balance, value of the legs, and what collateral counts for to keep them.
    #[serde(serialize_with = "text")]
    pub equity: i128,
    /// What of equity is collateral in other assets.
    #[serde(serialize_with = "text")]
    pub collateral: u128,
    /// What it holds in other assets.
    pub holdings: Vec<Holding>,
    /// What it lost beyond its cash, covered by collateral only.
    #[serde(serialize_with = "text")]
    pub loan: u128,
    /// What it must hold to open.
    #[serde(serialize_with = "text")]
    pub initial: u128,
    /// What it must hold to keep its legs.
    #[serde(serialize_with = "text")]
    pub maintenance: u128,
    /// What it is held for.
    #[serde(serialize_with = "text")]
    pub lien: u128,
    /// Equity less lien, less maintenance.
    #[serde(serialize_with = "text")]
    pub above_maintenance: i128,
    /// Positive unrealised profit: not free.
    #[serde(serialize_with = "text")]
    pub unrealised: u128,
    /// Profit realised since the reference checkpoint: not yet matured, not free.
    #[serde(serialize_with = "text")]
    pub unmatured: u128,
    /// What it may take out.
    #[serde(serialize_with = "text")]
    pub free: u128,
    /// What portfolios with options are charged beside the worst move of their grid.
    pub charges: Vec<Charges>,
    /// Whether it is being liquidated.
    pub in_liquidation: bool,
    /// What is asked before anything happens.
    #[serde(flatten)]
    pub ahead: Ahead,
}

/// What a portfolio with options is charged beside the worst move of its grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charges {
    /// The market its options are written on.
    pub underlying: String,
    /// The loss at the worst move.
    #[serde(serialize_with = "text")]
    pub grid_loss: u128,
    /// What short options need at least, in place of a smaller loss of the grid.
    #[serde(serialize_with = "text")]
    pub short_minimum: u128,
    /// For hedges between dates: `basis_charge`.
    #[serde(serialize_with = "text")]
    pub basis: u128,
    /// For size, to open and not to keep: `concentration_charge`.
    #[serde(serialize_with = "text")]
    pub concentration: u128,
}

/// What an account holds in another asset than the one it trades in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// The asset.
    pub asset: String,
    /// How much, in its own units.
    pub amount: String,
    /// Its mark, in the settled asset for one unit; nothing before the first.
    pub mark: Option<String>,
    /// Whether it is accepted as collateral.
    pub accepted: bool,
}

/// A leg with what it is worth and requires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LegMargin {
    /// The market.
    pub market: String,
    /// `long` or `short`.
    pub side: &'static str,
    /// Its size.
    pub size: String,
    /// The mark.
    pub mark: String,
    /// What was paid for it on average, funding included, cut to the market's decimals; nothing
    /// where that is no price.
    pub entry: Option<String>,
    /// Its value at the mark, without side and funding.
    #[serde(serialize_with = "text")]
    pub value: u128,
    /// Unrealised profit, funding included; below zero a loss.
    #[serde(serialize_with = "text")]
    pub profit: i128,
    /// What it requires to open; nothing where options make it part of a portfolio, whose
    /// requirement comes from its scenario table.
    #[serde(serialize_with = "maybe")]
    pub initial: Option<u128>,
    /// What it requires to be kept; as above.
    #[serde(serialize_with = "maybe")]
    pub maintenance: Option<u128>,
    /// The last price at which maintenance is held, where it is the account's only leg.
    pub liquidation_price: Option<String>,
    /// The last price at which equity is not below zero, where it is the account's only leg.
    pub bankruptcy_price: Option<String>,
    /// Of an option: the volatility it is valued at, a year; nothing where none serves, and its
    /// whole value is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volatility: Option<String>,
}

/// What of a run's summary the events do not say: how prices and sizes are written.
#[derive(Debug, Deserialize)]
struct Said {
    run: Option<SaidRun>,
}

#[derive(Debug, Deserialize)]
struct SaidRun {
    markets: Vec<SaidMarket>,
    #[serde(default)]
    collaterals: Vec<SaidCollateral>,
}

#[derive(Debug, Deserialize)]
struct SaidCollateral {
    asset: String,
    tick: String,
}

#[derive(Debug, Deserialize)]
struct SaidMarket {
    tick: String,
    lot: String,
}

impl Margin {
    /// The margin of an account of the run in `folder`.
    ///
    /// Refused: a folder that `run` did not write or that was changed; an account that is not in
    /// it, with the nearest one.
    pub fn read(folder: &Path, account: &str) -> Result<Self, Diagnostic> {
        let replay = Replay::read(folder)?;
        let (grids, collaterals) = grids(folder, replay.decimals)?;
        let state = &replay.state;
        let found = Name::new(account).and_then(|name| state.account_named(&name));
        let id = found.ok_or_else(|| unknown(state, account))?;
        Ok(of(&replay, id, &grids, &collaterals))
    }
}

fn grids(folder: &Path, decimals: u32) -> Result<(Vec<Grid>, Vec<SaidCollateral>), Diagnostic> {
    let path = folder.join("summary.json");
    let name = path.display().to_string();
    let refuse = |message: String| {
        let help = "give a folder that `rhodian run --out` wrote.";
        Diagnostic::bad_input("summary-not-of-a-run", message, help).at(name.clone())
    };
    let text = fs::read(&path).map_err(|e| Diagnostic::input_output("read", &name, &e))?;
    let said: Said = serde_json::from_slice(&text)
        .map_err(|error| refuse(format!("no summary of a run: {error}")))?;
    let run = said.run.ok_or_else(|| refuse("the summary is of no run".to_owned()))?;
    let decimals = u8::try_from(decimals).unwrap_or(u8::MAX);
    let grid = |market: &SaidMarket| {
        let (tick, lot) = (read_step(&market.tick).ok()?, read_step(&market.lot).ok()?);
        Grid::new(tick, lot, decimals)
    };
    let grids: Option<Vec<Grid>> = run.markets.iter().map(grid).collect();
    let grids = grids.ok_or_else(|| refuse("a market's tick or lot cannot be right".to_owned()))?;
    Ok((grids, run.collaterals))
}

fn unknown(state: &State, account: &str) -> Diagnostic {
    let names = state.accounts.accounts().map(|(_, found)| found.name.as_str());
    let help = match nearest(account, names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "accounts.csv in the folder lists every account.".to_owned(),
    };
    let message = format!("there is no account \"{}\" in the run", fit(account, 48));
    Diagnostic::bad_input("unknown-account", message, help).at("--account")
}

fn of(replay: &Replay, id: AccountId, grids: &[Grid], collaterals: &[SaidCollateral]) -> Margin {
    let state = &replay.state;
    let asset = AssetId(0);
    let account = state.accounts.account(id);
    let owner = account.and_then(|found| state.accounts.owner(found.owner));
    let free = state.withdrawable(id, asset);
    let maintenance = state.requirement(id, Level::Maintenance);
    let equity = state.equity(id, asset);
    let collateral = equity - state.settled_equity(id, asset);
    let held = equity - free.lien.cast_signed();
    let legs = &state.markets.position(id).legs;
    Margin {
        account: account.map_or_else(String::new, |found| found.name.as_str().to_owned()),
        owner: owner.map_or_else(String::new, |owner| owner.as_str().to_owned()),
        kind: account.map_or_else(String::new, |found| crate::run::summary::kebab(&found.kind)),
        at: state.now().0,
        asset: replay.asset.clone(),
        decimals: replay.decimals,
        balance: state.ledger.balance(asset, Holder::Account(id)).atoms(),
        legs: legs.iter().filter_map(|leg| leg_margin(state, id, leg, grids)).collect(),
        equity,
        collateral: collateral.unsigned_abs(),
        holdings: holdings(replay, id, collaterals),
        loan: state.loan(id, asset),
        initial: free.initial,
        maintenance,
        lien: free.lien,
        above_maintenance: held - maintenance.cast_signed(),
        unrealised: free.unrealised,
        unmatured: free.unmatured,
        free: state.free(id, asset).atoms(),
        charges: charges(state, id),
        in_liquidation: state.closeouts.liquidation(id).is_some(),
        ahead: Ahead::of(state, id, equity, grids),
    }
}

/// What its portfolios with options are charged.
fn charges(state: &State, id: AccountId) -> Vec<Charges> {
    let of = |(market, table): (MarketId, Requirement)| Charges {
        underlying: state
            .markets
            .market(market)
            .map_or_else(String::new, |found| found.spec.name.as_str().to_owned()),
        grid_loss: table.grid_loss,
        short_minimum: table.short_minimum,
        basis: table.basis,
        concentration: table.concentration,
    };
    state.scenario_tables(id).into_iter().map(of).collect()
}

/// What the account holds in other assets.
fn holdings(replay: &Replay, id: AccountId, said: &[SaidCollateral]) -> Vec<Holding> {
    let state = &replay.state;
    let others = (1..).map_while(|place| {
        let asset = AssetId(place);
        Some((asset, state.domains.asset(asset)?))
    });
    let one = |(asset, of): (AssetId, &rhodian_core::domain::Asset)| {
        let held = state.ledger.held(asset, Holder::Account(id));
        let name = of.name.as_str();
        let found = state.collaterals.collateral(AssetId(0), asset);
        let scale = said.iter().find(|said| said.asset == name);
        let scale = scale.and_then(|said| read_step(&said.tick).ok());
        let mark = found.and_then(|found| found.mark).zip(scale);
        (!held.is_zero()).then(|| Holding {
            asset: name.to_owned(),
            amount: Money::new(u32::from(of.decimals)).plain(held.atoms()),
            mark: mark.map(|(mark, tick)| written_price(mark, tick)),
            accepted: found.is_some(),
        })
    };
    others.filter_map(one).collect()
}

fn leg_margin(state: &State, id: AccountId, leg: &Leg, grids: &[Grid]) -> Option<LegMargin> {
    let market = state.markets.market(leg.market)?;
    let grid = grids.get(leg.market.index())?;
    let value = state.markets.gross(leg);
    let last = state.last_prices(id);
    let alone = !state.in_portfolio(id, leg.market);
    let written = |last: LastPrice| match last {
        LastPrice::At(ticks) => Price::new(ticks).ok().map(|price| grid.price_text(price)),
        LastPrice::Always | LastPrice::Never => None,
    };
    Some(LegMargin {
        market: market.spec.name.as_str().to_owned(),
        side: if leg.lots.lots() < 0 { "short" } else { "long" },
        size: grid.size_text(leg.lots.size()),
        mark: market.mark.map_or_else(String::new, |mark| grid.price_text(mark)),
        entry: entry(leg, market, grid),
        value,
        profit: state.markets.leg_value(leg) - leg.entry,
        initial: alone.then(|| tiered(&market.spec.tiers, value, Level::Initial)),
        maintenance: alone.then(|| tiered(&market.spec.tiers, value, Level::Maintenance)),
        liquidation_price: last.and_then(|last| written(last.liquidation)),
        bankruptcy_price: last.and_then(|last| written(last.bankruptcy)),
        volatility: volatility(state, leg.market),
    })
}

/// The volatility that an option is valued at.
fn volatility(state: &State, market: MarketId) -> Option<String> {
    let millionths = state.volatility(market, Purpose::Mark)?.ok()?;
    Some(percent_of_millionths(i64::try_from(millionths).ok()?).replace('+', ""))
}

/// What was paid for a lot on average, as a price.
fn entry(leg: &Leg, market: &Market, grid: &Grid) -> Option<String> {
    let lot = (leg.entry / i128::from(leg.lots.lots())) + i128::from(market.funding);
    let ticks = u64::try_from(lot / i128::from(market.spec.unit)).ok()?;
    Price::new(ticks).ok().map(|price| grid.price_text(price))
}
