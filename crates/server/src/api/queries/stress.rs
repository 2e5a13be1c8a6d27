//! What a move of prices would do: to one account, and to everyone.

use rhodian_core::ids::{DomainId, MarketId};
use rhodian_core::liquidation::price::LastPrice;
use rhodian_core::margin::{Shock, Stressed, Table, stress};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::Plan;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Param, one};
use super::super::views::Digits;
use super::accounts::own_account;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    let about = "By how much every price moves, in millionths: -200000 is a fifth down.";
    let moved = Param { name: "move", about, required: true };
    vec![
        one(
            "/v1/stress",
            "What one move of all prices would cost in each domain, and what its waterfall would \
             pay of it today.",
            Level::Everyone,
            &[moved],
            stressed,
        )
        .heavy(),
        one(
            "/v1/accounts/{account}/what-if",
            "What an account would lose at the worst move of the grid, and how far it is from \
             zero.",
            Level::Public,
            &[],
            what_if,
        ),
    ]
}

/// What a move would do in one domain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StressedView {
    /// The domain.
    pub(crate) domain: DomainId,
    /// How many accounts would stand below zero.
    pub(crate) failing: u32,
    /// What they would lack, in atoms.
    pub(crate) hole: Amount,
    /// What the waterfall for defaults would pay of it today.
    pub(crate) plan: Option<Plan>,
}

/// What a move would do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StressView {
    /// By how much every price moves, in millionths.
    pub(crate) moved: i32,
    /// By domain.
    pub(crate) domains: Vec<StressedView>,
    /// Accounts whose options cannot be valued now: they are in no sum.
    pub(crate) unknown: u32,
}

fn stressed(ask: &Ask<'_>) -> Result<StressView, Problem> {
    let moved: i32 = ask.args.must("move")?;
    if moved <= -1_000_000 || moved > 10_000_000 {
        let detail = format!("move is {moved}, allowed: -999999 to 10000000");
        return Err(Problem::new("parameter-not-read", detail));
    }
    Ok(stress_of(ask, moved))
}

/// What a move of all prices by `moved` millionths would do. The cost is a pass over all accounts.
pub(crate) fn stress_of(ask: &Ask<'_>, moved: i32) -> StressView {
    let found = stress(ask.state, &Shock { others: moved, ..Shock::default() });
    let view = |of: Stressed| {
        let Stressed { domain, failing, hole, plan } = of;
        StressedView { domain, failing, hole, plan }
    };
    let domains = found.domains.into_iter().map(view).collect();
    StressView { moved, domains, unknown: found.unknown }
}

/// The worst move of a table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct WorstView {
    /// The underlying, moved alone; nothing where all are moved alike.
    market: Option<MarketId>,
    /// The move, in millionths of the price.
    moved: i32,
    /// What is gained, or lost below zero, in atoms.
    profit: Digits,
}

/// What an account would gain or lose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct WhatIfView {
    /// The worst move of each underlying alone.
    alone: Vec<WorstView>,
    /// The worst move of all of them alike.
    together: Option<WorstView>,
    /// The underlyings whose options cannot be valued now.
    unknown: Vec<MarketId>,
    /// By how much each price must move against it until nothing is left, in millionths.
    each_against: Option<Digits>,
    /// By how much all prices must move together until nothing is left, in millionths.
    all_together: Option<Digits>,
    /// Of an only leg: the last price, in ticks, at which it is maintained; `always` or `never`.
    liquidation_price: Option<String>,
    /// Of an only leg: the last price, in ticks, at which it is not below zero.
    bankruptcy_price: Option<String>,
}

fn worst(market: Option<MarketId>, table: &Table) -> Option<WorstView> {
    let cell = table.cells.get(table.worst)?;
    Some(WorstView { market, moved: cell.spot, profit: cell.profit.to_string() })
}

fn what_if(ask: &Ask<'_>) -> Result<WhatIfView, Problem> {
    let account = own_account(ask)?;
    let found = ask.state.what_if(account);
    let distance = ask.state.distance_to_zero(account);
    let prices = ask.state.last_prices(account);
    let shown = |price: LastPrice| match price {
        LastPrice::Always => "always".to_owned(),
        LastPrice::Never => "never".to_owned(),
        LastPrice::At(ticks) => ticks.to_string(),
    };
    let digits = |of: Option<u128>| of.map(|millionths| millionths.to_string());
    Ok(WhatIfView {
        alone: found.tables.iter().filter_map(|(id, table)| worst(Some(*id), table)).collect(),
        together: found.together.as_ref().and_then(|table| worst(None, table)),
        unknown: found.unknown,
        each_against: distance.and_then(|of| digits(of.each_against)),
        all_together: distance.and_then(|of| digits(of.together)),
        liquidation_price: prices.map(|of| shown(of.liquidation)),
        bankruptcy_price: prices.map(|of| shown(of.bankruptcy)),
    })
}
