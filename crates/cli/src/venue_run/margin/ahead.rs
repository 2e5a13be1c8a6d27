//! What an account may ask before anything happens: profit and loss at every move of prices and
//! volatility, how far it is from nothing, what it could lose to others layer by layer, and its
//! place when others are deleveraged. The engine answers; here its answers get names.

use rhodian_core::closeout::{self, DeleveragingOrder};
use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, MarketId};
use rhodian_core::margin::Table;
use rhodian_core::margin::scenario::VolMove;
use rhodian_core::waterfall::{LayerRisk as Found, Liability, layer_risks};
use serde::Serialize;

use super::text;
use crate::run::summary::kebab;
use crate::venue_file::model::ORDERS;
use crate::venue_file::numbers::Grid;

/// What is asked before anything happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// By underlying, each moved alone; then all moved alike, where there are several.
    pub scenarios: Vec<Scenario>,
    /// Underlyings whose options cannot be valued now: their whole value is required.
    pub unknown: Vec<String>,
    /// The part by which every price must move against the account until its equity, less its
    /// lien, is zero, in millionths; nothing where it holds options, or no move gets there.
    pub zero_if_each_against: Option<u128>,
    /// The same if all prices move alike.
    pub zero_if_together: Option<u128>,
    /// Which way they would move then: `up` or `down`.
    pub zero_way: Option<&'static str>,
    /// The most it could still lose to the losses of others, layer by layer.
    pub could_lose: Vec<LayerRisk>,
    /// What could be taken beyond every layer if a domain whose terms it accepted is settled by
    /// rank: all it can pay.
    #[serde(serialize_with = "text")]
    pub in_settlement: u128,
    /// Where it stands when the other side of its legs is deleveraged.
    pub deleveraging: Vec<Place>,
}

/// Profit and loss at every move of the grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// The market that moves; nothing where all move alike.
    pub underlying: Option<String>,
    /// Every move.
    pub cells: Vec<Cell>,
    /// The place of the worst of them.
    pub worst: usize,
    /// The sensitivities before any move.
    pub greeks: Greeks,
    /// The loss at the worst move.
    #[serde(serialize_with = "text")]
    pub loss: u128,
    /// What delta alone foretells there; below zero a profit.
    #[serde(serialize_with = "text")]
    pub delta_loss: i128,
    /// The loss over what delta alone foretells, in millionths, rounded up; nothing where delta
    /// foretells no loss.
    pub acceleration: Option<u128>,
    /// Whether it loses more than delta alone says.
    pub accelerates: bool,
}

/// One move and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The move of the price, in millionths of it.
    pub spot: i32,
    /// `down`, `same` or `up`: how volatility moves.
    pub volatility: &'static str,
    /// Profit, or loss below zero.
    #[serde(serialize_with = "text")]
    pub profit: i128,
    /// The account's equity after it.
    #[serde(serialize_with = "text")]
    pub equity: i128,
}

/// Sensitivities in atoms: for the price moved by all of itself, volatility by one, a year passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Greeks {
    /// Change of value with the price.
    #[serde(serialize_with = "text")]
    pub delta: i128,
    /// Change of delta with the price.
    #[serde(serialize_with = "text")]
    pub gamma: i128,
    /// Change of value with volatility.
    #[serde(serialize_with = "text")]
    pub vega: i128,
    /// Change of delta with volatility.
    #[serde(serialize_with = "text")]
    pub vanna: i128,
    /// Change of value with time.
    #[serde(serialize_with = "text")]
    pub theta: i128,
}

/// What could be lost in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerRisk {
    /// The domain.
    pub domain: String,
    /// The classes of causes whose waterfalls name the layer.
    pub classes: Vec<String>,
    /// Its step.
    pub step: u16,
    /// The layer.
    pub layer: String,
    /// What it is.
    pub kind: String,
    /// By what it is liable: `share`, `call` or `stake`.
    pub by: &'static str,
    /// The most it could still lose in it.
    #[serde(serialize_with = "text")]
    pub most: u128,
    /// What it paid in open episodes.
    #[serde(serialize_with = "text")]
    pub paid: u128,
    /// Whether a liable set that names it stands already.
    pub fixed: bool,
}

/// Where it stands when the other side of one leg is deleveraged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The market.
    pub market: String,
    /// The order of its domain.
    pub order: &'static str,
    /// Five where it is next, one in the last fifth; nothing where the order has no places.
    pub lights: Option<u8>,
    /// The accounts that give something before it.
    pub ahead: Option<usize>,
    /// The size that is taken before it gives its first.
    pub before: Option<String>,
    /// The size that can be taken in all.
    pub in_all: Option<String>,
}

impl Ahead {
    /// Asks the engine.
    pub(super) fn of(state: &State, id: AccountId, equity: i128, grids: &[Grid]) -> Self {
        let found = state.what_if(id);
        let several = found.tables.len() > 1;
        let each = found.tables.iter().map(|(market, table)| (Some(*market), table));
        let together = found.together.iter().filter(|_| several).map(|table| (None, table));
        let scenario = |(market, table): (Option<MarketId>, &Table)| {
            Scenario::of(market.map(|market| market_name(state, market)), table, equity)
        };
        let distance = state.distance_to_zero(id);
        let legs = &state.markets.position(id).legs;
        Self {
            scenarios: each.chain(together).map(scenario).collect(),
            unknown: found.unknown.iter().map(|market| market_name(state, *market)).collect(),
            zero_if_each_against: distance.and_then(|of| of.each_against),
            zero_if_together: distance.and_then(|of| of.together),
            zero_way: distance.map(|of| if of.up { "up" } else { "down" }),
            could_lose: layer_risks(state, id).iter().map(|of| layer_risk(state, of)).collect(),
            in_settlement: state.means(id, AssetId(0)).atoms(),
            deleveraging: legs
                .iter()
                .filter_map(|leg| {
                    Some(place(state, id, leg.market, grids.get(leg.market.index())?))
                })
                .collect(),
        }
    }
}

impl Scenario {
    fn of(underlying: Option<String>, table: &Table, equity: i128) -> Self {
        let cell = |of: &rhodian_core::margin::scenario::Cell| Cell {
            spot: of.spot,
            volatility: match of.vol {
                VolMove::Down => "down",
                VolMove::None => "same",
                VolMove::Up => "up",
            },
            profit: of.profit,
            equity: equity + of.profit,
        };
        let of = &table.greeks;
        Self {
            underlying,
            cells: table.cells.iter().map(cell).collect(),
            worst: table.worst,
            greeks: Greeks {
                delta: of.delta,
                gamma: of.gamma,
                vega: of.vega,
                vanna: of.vanna,
                theta: of.theta,
            },
            loss: table.acceleration.loss,
            delta_loss: table.acceleration.delta_loss,
            acceleration: table.acceleration.millionths(),
            accelerates: table.acceleration.is_faster(),
        }
    }
}

fn market_name(state: &State, market: MarketId) -> String {
    let found = state.markets.market(market);
    found.map_or_else(String::new, |found| found.spec.name.as_str().to_owned())
}

fn layer_risk(state: &State, of: &Found) -> LayerRisk {
    let domain = state.domains.domain(of.domain);
    let layer = state.domains.layer(of.layer).map(|found| &found.spec);
    LayerRisk {
        domain: domain.map_or_else(String::new, |found| found.name.as_str().to_owned()),
        classes: of.classes.iter().map(kebab).collect(),
        step: of.step,
        layer: layer.map_or_else(String::new, |spec| spec.name.as_str().to_owned()),
        kind: layer.map_or_else(String::new, |spec| kebab(&spec.kind)),
        by: match of.by {
            Liability::Share => "share",
            Liability::Call => "call",
            Liability::Stake => "stake",
        },
        most: of.most.atoms(),
        paid: of.paid.atoms(),
        fixed: of.fixed,
    }
}

fn place(state: &State, id: AccountId, market: MarketId, grid: &Grid) -> Place {
    let domain = state.markets.market(market).map(|found| found.spec.domain);
    let order = domain.map(|domain| DeleveragingOrder::of(state, domain)).unwrap_or_default();
    let found = closeout::place(state, id, market);
    let size = |lots: u128| grid.size_text(u64::try_from(lots).unwrap_or(u64::MAX));
    Place {
        market: market_name(state, market),
        order: ORDERS.iter().find(|(known, _)| *known == order).map_or("", |(_, name)| name),
        lights: found.map(|place| place.lights()),
        ahead: found.map(|place| place.ahead),
        before: found.map(|place| size(place.lots_before)),
        in_all: found.map(|place| size(place.lots_in_all)),
    }
}
