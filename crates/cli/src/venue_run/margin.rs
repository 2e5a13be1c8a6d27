//! One account's margin at the end of a run: what it holds, what its legs are worth and require,
//! what of it is free and why. All numbers are the engine's, of the state that the events made.

use std::fs;
use std::path::Path;

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, Name};
use rhodian_core::ledger::Holder;
use rhodian_core::liquidation::price::{IsolatedLeg, LastPrice};
use rhodian_core::liquidation::tiers::{Tier, Tiers};
use rhodian_core::margin::{Level, tiered};
use rhodian_core::market::{Leg, Market};
use rhodian_core::units::Price;
use rhodian_report::money::Money;
use rhodian_report::run::clock;
use rhodian_report::safe::{columns, left, printable, right};
use serde::{Deserialize, Serialize, Serializer};

use crate::diagnostic::Diagnostic;
use crate::loss_file::near::nearest;
use crate::run::replay::Replay;
use crate::terminal::fit;
use crate::venue_file::numbers::{Grid, read_step};

/// Atoms as a string of digits.
fn text<S: Serializer, T: std::fmt::Display>(atoms: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(atoms)
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
    /// Balance and value of the legs.
    #[serde(serialize_with = "text")]
    pub equity: i128,
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
    /// Whether it is being liquidated.
    pub in_liquidation: bool,
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
    /// What it requires to open.
    #[serde(serialize_with = "text")]
    pub initial: u128,
    /// What it requires to be kept.
    #[serde(serialize_with = "text")]
    pub maintenance: u128,
    /// The last price at which maintenance is held, where it is the account's only leg.
    pub liquidation_price: Option<String>,
    /// The last price at which equity is not below zero, where it is the account's only leg.
    pub bankruptcy_price: Option<String>,
}

/// What of a run's summary the events do not say: how prices and sizes are written.
#[derive(Debug, Deserialize)]
struct Said {
    run: Option<SaidRun>,
}

#[derive(Debug, Deserialize)]
struct SaidRun {
    markets: Vec<SaidMarket>,
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
        let grids = grids(folder, replay.decimals)?;
        let state = &replay.state;
        let found = Name::new(account).and_then(|name| state.account_named(&name));
        let id = found.ok_or_else(|| unknown(state, account))?;
        Ok(of(&replay, id, &grids))
    }
}

fn grids(folder: &Path, decimals: u32) -> Result<Vec<Grid>, Diagnostic> {
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
    grids.ok_or_else(|| refuse("a market's tick or lot cannot be right".to_owned()))
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

fn of(replay: &Replay, id: AccountId, grids: &[Grid]) -> Margin {
    let state = &replay.state;
    let asset = AssetId(0);
    let account = state.accounts.account(id);
    let owner = account.and_then(|found| state.accounts.owner(found.owner));
    let free = state.withdrawable(id, asset);
    let maintenance = state.requirement(id, Level::Maintenance);
    let held = free.equity - free.lien.cast_signed();
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
        equity: free.equity,
        initial: free.initial,
        maintenance,
        lien: free.lien,
        above_maintenance: held - maintenance.cast_signed(),
        unrealised: free.unrealised,
        unmatured: free.unmatured,
        free: state.free(id, asset).atoms(),
        in_liquidation: state.closeouts.liquidation(id).is_some(),
    }
}

fn leg_margin(state: &State, id: AccountId, leg: &Leg, grids: &[Grid]) -> Option<LegMargin> {
    let market = state.markets.market(leg.market)?;
    let grid = grids.get(leg.market.index())?;
    let value = state.markets.gross(leg);
    let alone = state.markets.position(id).legs.len() == 1;
    let (liquidation, bankruptcy) =
        if alone { last_prices(state, id, leg, market, grid) } else { (None, None) };
    Some(LegMargin {
        market: market.spec.name.as_str().to_owned(),
        side: if leg.lots.lots() < 0 { "short" } else { "long" },
        size: grid.size_text(leg.lots.size()),
        mark: market.mark.map_or_else(String::new, |mark| grid.price_text(mark)),
        entry: entry(leg, market, grid),
        value,
        profit: state.markets.leg_value(leg) - leg.entry,
        initial: tiered(&market.spec.tiers, value, Level::Initial),
        maintenance: tiered(&market.spec.tiers, value, Level::Maintenance),
        liquidation_price: liquidation,
        bankruptcy_price: bankruptcy,
    })
}

/// What was paid for a lot on average, as a price.
fn entry(leg: &Leg, market: &Market, grid: &Grid) -> Option<String> {
    let lot = (leg.entry / i128::from(leg.lots.lots())) + i128::from(market.funding);
    let ticks = u64::try_from(lot / i128::from(market.spec.unit)).ok()?;
    Price::new(ticks).ok().map(|price| grid.price_text(price))
}

/// Liquidation and bankruptcy price of an only leg, the lien counted as gone.
fn last_prices(
    state: &State,
    id: AccountId,
    leg: &Leg,
    market: &Market,
    grid: &Grid,
) -> (Option<String>, Option<String>) {
    let rows = market.spec.tiers.iter();
    let rows: Vec<Tier> =
        rows.map(|tier| Tier { from: tier.above.atoms(), rate: tier.maintenance }).collect();
    let Ok(tiers) = Tiers::new(&rows) else { return (None, None) };
    let asset = AssetId(0);
    let balance = state.ledger.balance(asset, Holder::Account(id)).atoms();
    let alone = IsolatedLeg {
        cash: balance - state.lien(id, asset).atoms().cast_signed(),
        lots: leg.lots.lots(),
        tick_lot: market.spec.unit,
        funding: market.funding,
        tiers: &tiers,
    };
    let highest = market.spec.max_price.ticks();
    let written = |last: LastPrice| match last {
        LastPrice::At(ticks) => Price::new(ticks).ok().map(|price| grid.price_text(price)),
        LastPrice::Always | LastPrice::Never => None,
    };
    (written(alone.liquidation_price(highest)), written(alone.bankruptcy_price(highest)))
}

/// Signed atoms with separators.
fn signed(money: Money, atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", money.full(atoms.unsigned_abs()))
}

/// The margin for the eye.
#[must_use]
pub fn picture(margin: &Margin) -> String {
    let money = Money::new(margin.decimals);
    let (asset, account) = (printable(&margin.asset), printable(&margin.account));
    let mut out = format!(
        "{account} at {}   {}, owner {}   equity {} {asset}\n",
        clock(margin.at),
        margin.kind,
        printable(&margin.owner),
        signed(money, margin.equity),
    );
    if margin.in_liquidation {
        out.push_str("It is being liquidated.\n");
    }
    out.push('\n');
    if margin.legs.is_empty() {
        out.push_str("It holds no legs.\n\n");
    } else {
        out.push_str(&legs(margin, money));
        out.push('\n');
    }
    let rows = [
        ("balance", signed(money, margin.balance), "what is left of what was paid in and traded"),
        ("equity", signed(money, margin.equity), "balance and the value of the legs at the marks"),
        ("lien", money.full(margin.lien), "held for its share of open losses"),
        ("maintenance", money.full(margin.maintenance), "to keep the legs"),
        ("above it", signed(money, margin.above_maintenance), "equity less lien, less maintenance"),
        ("initial", money.full(margin.initial), "to open the legs"),
        ("unrealised", money.full(margin.unrealised), "profit of open legs: not free"),
        ("unmatured", money.full(margin.unmatured), "profit of the session: not free yet"),
        (
            "free",
            money.full(margin.free),
            "equity less initial, unrealised, unmatured and lien, at least zero",
        ),
    ];
    let name = rows.iter().map(|row| columns(row.0)).max().unwrap_or(0);
    let figure = rows.iter().map(|row| columns(&row.1)).max().unwrap_or(0);
    for (what, amount, why) in &rows {
        out.push_str(&format!("{}  {}  {why}\n", left(what, name), right(amount, figure)));
    }
    out
}

fn legs(margin: &Margin, money: Money) -> String {
    let head = ["leg", "size", "mark", "entry", "value", "profit", "maintenance", "initial"];
    let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    for leg in &margin.legs {
        let amount = |atoms| money.full(atoms);
        rows.push(vec![
            format!("{} {}", leg.side, printable(&leg.market)),
            leg.size.clone(),
            leg.mark.clone(),
            leg.entry.clone().unwrap_or_default(),
            amount(leg.value),
            signed(money, leg.profit),
            amount(leg.maintenance),
            amount(leg.initial),
        ]);
    }
    let widths: Vec<usize> = (0..head.len())
        .map(|at| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(
            |(at, (cell, width))| {
                if at == 0 { left(cell, *width) } else { right(cell, *width) }
            },
        );
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    if let [leg] = margin.legs.as_slice() {
        let price = |price: &Option<String>, what: &str| match price {
            Some(price) => format!("{what} at {price}"),
            None => format!("no price brings {what}"),
        };
        let liquidation = price(&leg.liquidation_price, "liquidation beyond maintenance");
        let bankruptcy = price(&leg.bankruptcy_price, "bankruptcy");
        out.push_str(&format!("The last prices before it: {liquidation}, {bankruptcy}.\n"));
    }
    out
}
