//! What an account would gain or lose if prices and volatility moved, whatever it holds: a table
//! over the grid of scenario margin for each underlying, and for all of them together. A pure
//! read: what options require comes from the same tables, what linear legs require from tiers.

use alloc::vec::Vec;

use super::portfolio::{linear_table, scenarios, together, underlying};
use super::scenario::{Acceleration, Cell, Requirement, Sensitivities};
use crate::engine::State;
use crate::ids::{AccountId, AssetId, MarketId};
use crate::ledger::Holder;
use crate::liquidation::price::{Distance, IsolatedLeg, LastPrice, distance_to_zero};
use crate::market::Leg;

/// Profit and loss at every move of the grid, and the sensitivities before any move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Every move, volatility by volatility, spots in the grid's order.
    pub cells: Vec<Cell>,
    /// The place of the worst move among the cells: the first of the lowest profit.
    pub worst: usize,
    /// The sensitivities, in atoms.
    pub greeks: Sensitivities,
    /// The loss at the worst move against delta alone.
    pub acceleration: Acceleration,
}

/// What an account would gain or lose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf {
    /// By underlying, each moved alone.
    pub tables: Vec<(MarketId, Table)>,
    /// All of them moved alike; nothing where the account holds nothing that can be valued.
    pub together: Option<Table>,
    /// The underlyings whose options cannot be valued now: their whole value is required.
    pub unknown: Vec<MarketId>,
}

/// The last prices of the only leg of an account, if it is a linear one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastPrices {
    /// At which it is maintained.
    pub liquidation: LastPrice,
    /// At which its equity, less its lien, is not below zero.
    pub bankruptcy: LastPrice,
}

impl From<Requirement> for Table {
    fn from(of: Requirement) -> Self {
        let Requirement { cells, worst, greeks, acceleration, .. } = of;
        Self { cells, worst, greeks, acceleration }
    }
}

impl Table {
    /// The sum of tables of one grid; nothing of none.
    fn sum<'a>(tables: impl Iterator<Item = &'a Self>) -> Option<Self> {
        tables.fold(None, |sum: Option<Self>, table| {
            let Some(mut sum) = sum else { return Some(table.clone()) };
            for (cell, more) in sum.cells.iter_mut().zip(&table.cells) {
                cell.profit += more.profit;
            }
            let (greeks, more) = (&mut sum.greeks, &table.greeks);
            greeks.delta += more.delta;
            greeks.gamma += more.gamma;
            greeks.vega += more.vega;
            greeks.vanna += more.vanna;
            greeks.theta += more.theta;
            let worst = sum.cells.iter().enumerate().min_by_key(|(_, cell)| cell.profit)?;
            let (place, cell) = (worst.0, *worst.1);
            sum.worst = place;
            sum.acceleration = Acceleration::at(&cell, &sum.greeks)?;
            Some(sum)
        })
    }
}

/// What `account` would gain or lose.
pub(crate) fn what_if(state: &State, account: AccountId) -> WhatIf {
    let legs = &state.markets.position(account).legs;
    let mut found = WhatIf::default();
    for group in together(state, legs.iter().copied()) {
        let table = match group.linear.as_slice() {
            [leg] if group.options.is_empty() => linear_table(state, leg),
            _ => scenarios(state, &group),
        };
        match table {
            Some(table) => found.tables.push((group.of, table.into())),
            None => found.unknown.push(group.of),
        }
    }
    found.together = Table::sum(found.tables.iter().map(|(_, table)| table));
    found
}

/// How far a portfolio of linear legs is from zero equity, its lien counted as gone; nothing for
/// one that holds options, whose value does not move with the price alone, or holds nothing.
pub(crate) fn distance(state: &State, account: AccountId) -> Option<Distance> {
    let position = state.markets.position(account);
    let asset = position.asset.filter(|_| !position.legs.is_empty())?;
    if position.legs.iter().any(|leg| underlying(state, leg).is_some()) {
        return None;
    }
    let side =
        |leg: &Leg| state.markets.gross(leg).cast_signed() * i128::from(leg.lots.lots().signum());
    let values: Vec<i128> = position.legs.iter().map(side).collect();
    Some(distance_to_zero(kept_equity(state, account, asset), &values))
}

/// Equity less the lien.
fn kept_equity(state: &State, account: AccountId, asset: AssetId) -> i128 {
    state.equity(account, asset) - state.loss_lien(account, asset).atoms().cast_signed()
}

/// The last prices of the only leg of `account`; nothing where it holds several, or an option. Its
/// collateral counts as it does now, and its lien is gone.
pub(crate) fn last_prices(state: &State, account: AccountId) -> Option<LastPrices> {
    let position = state.markets.position(account);
    let ([leg], Some(asset)) = (position.legs.as_slice(), position.asset) else { return None };
    if underlying(state, leg).is_some() {
        return None;
    }
    let market = state.markets.market(leg.market)?;
    let balance = state.ledger.balance(asset, Holder::Account(account)).atoms();
    let beside = kept_equity(state, account, asset) - state.settled_equity(account, asset);
    let tiers = market.spec.maintenance()?;
    let alone = IsolatedLeg {
        cash: balance + beside,
        lots: leg.lots.lots(),
        tick_lot: market.spec.unit,
        funding: market.funding,
        tiers: &tiers,
    };
    let highest = market.spec.max_price.ticks();
    let liquidation = alone.liquidation_price(highest);
    Some(LastPrices { liquidation, bankruptcy: alone.bankruptcy_price(highest) })
}
