//! A derivatives venue: markets, prices, fills, routes, close-outs.

#[path = "../rejections/codes.rs"]
mod codes;
#[path = "../world/mod.rs"]
mod world;

mod bursts;
mod domains;
mod exploit;
mod feeds;
mod fills;
mod gains;
mod hedges;
mod last_price;
mod options;
mod portfolios;
mod price_error;
mod prices;
mod reads;
mod rejections;
mod route_limits;
mod routes;
mod scenario_margin;
mod scenario_oracle;
mod storm;
mod surface;
mod surface_oracle;
mod traps;
mod traps_late;
