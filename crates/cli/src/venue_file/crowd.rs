//! A crowd instead of markets and accounts written out: a seeded population of the lab on recorded
//! or drawn prices, turned into the markets, accounts, fills and marks of a venue file.

use rhodian_core::ids::Name;
use rhodian_core::market::Instrument as Listed;
use rhodian_core::units::{Amount, Quantity};
use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::simulate::JumpDiffusion;
use rhodian_lab::seed::Seed;
use rhodian_lab::world::{Replayed, Simulated, World};

use super::model::{Account, Depth, Event, Fill, Instrument, Market, Marks, Origin, What};
use super::numbers::Grid;
use super::shape::PopulationShape;
use super::stream;
use crate::diagnostic::Diagnostic;
use crate::experiment_file::recorded::wrong_with;
use crate::loss_file::model::Place;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

/// The decimals of the lab's quote asset.
const DECIMALS: u8 = 6;
/// The lab's decimals have eight places, those of a grid twelve.
const FINER: u128 = 10_000;
/// Who trades with close-out books, and what he holds.
const OUTSIDE: &str = "outside";
const MEANS: u128 = 1_000_000_000_000_000_000;
/// The largest crowd.
const MOST_ACCOUNTS: u32 = 1_000_000;

/// What a crowd adds to a file.
#[derive(Debug, Default)]
pub struct Crowd {
    /// The markets, perpetuals by popularity, then twins.
    pub markets: Vec<Market>,
    /// Everyone.
    pub accounts: Vec<Account>,
    /// The marks of the rounds in which positions are opened, then of the path.
    pub marks: Vec<Marks>,
    /// The fills that open positions.
    pub events: Vec<Event>,
}

/// Reads `[population]`; the crowd lives in so many domains.
pub fn read(
    words: &Words<'_>,
    at: &At<PopulationShape>,
    domains: usize,
) -> Result<Crowd, Diagnostic> {
    let shape = &at.value;
    if words.format.decimals != DECIMALS {
        let message = "a crowd needs an asset of 6 decimals";
        let help = "write asset = { name = \"USD\", decimals = 6 }.";
        let allowed = "an asset of 6 decimals";
        return Err(words.refuse("population-decimals", message, help, &at.place, allowed));
    }
    let accounts = words.whole(&shape.accounts, "accounts", (20, MOST_ACCOUNTS))?;
    let seed = shape.seed.as_ref().map_or(Ok(1), |at| words.whole(at, "seed", (0, u32::MAX)))?;
    let depth = shape.depth.as_ref().map(|at| words.amount(at, "depth", 1)).transpose()?;
    let world = world(words, at, accounts, Seed(u64::from(seed)))?;
    Ok(from(&world, domains, depth, &at.place))
}

fn world(
    words: &Words<'_>,
    at: &At<PopulationShape>,
    accounts: u32,
    seed: Seed,
) -> Result<World, Diagnostic> {
    let shape = &at.value;
    let told = |error: String, place: &Place| {
        let help = "change what is drawn, or the file of candles.";
        let allowed = "a world that can be drawn";
        words.refuse("population-not-drawn", error, help, place, allowed)
    };
    let Some(file) = &shape.candles else {
        let fall = shape.fall.as_ref();
        let fall = fall.map_or(Ok(200_000), |at| words.percent(at, "fall", "", 900_000))?;
        let mut model = Simulated::book(accounts);
        model.perpetuals = 8;
        model.prices = JumpDiffusion::crash(f64::from(fall) / 1e6);
        return model.draw(seed).map_err(|error| told(error.to_string(), &at.place));
    };
    let text = stream::open(words.text, file)?;
    let candles = Candles::parse(text.text())
        .map_err(|error| told(wrong_with(&error, text.is_columnar()), &file.place))?;
    let drawn = Replayed::crash(&file.value, accounts).draw(&candles, seed);
    drawn.map_err(|error| told(error.to_string(), &file.place))
}

/// The world as parts of a file; its first moment is the beginning, an hour before which nothing
/// was.
fn from(world: &World, domains: usize, depth: Option<Amount>, place: &Place) -> Crowd {
    let mut crowd = Crowd::default();
    let last = domains.saturating_sub(1);
    for (index, listed) in world.markets.iter().enumerate() {
        // The most popular ones live in the first domain, the rest in the last.
        let domain = if index < 2 { 0 } else { last };
        crowd.markets.extend(market(listed, domain, depth, place));
    }
    let domains: Vec<usize> = (0..domains).collect();
    let account = |id: String, owner: String, kind, deposit| {
        let (id, owner) = (Name::new(&id)?, Name::new(&owner)?);
        let (accepts, place) = (domains.clone(), place.clone());
        let collateral = Vec::new();
        Some(Account { id, owner, kind, deposit, collateral, accepts, place })
    };
    let everyone = world.population.accounts.iter().enumerate();
    crowd.accounts = everyone
        .filter_map(|(index, of)| {
            account(name(index), format!("owner-{}", of.owner), of.kind, of.deposit)
        })
        .collect();
    if depth.is_some() {
        let means = Amount::new(MEANS).unwrap_or(Amount::MAX);
        let kind = rhodian_core::account::AccountKind::Cross;
        crowd.accounts.extend(account(OUTSIDE.to_owned(), OUTSIDE.to_owned(), kind, means));
    }
    let first = world.population.rounds.first().map_or(0, |round| round.at.0);
    let first = first.min(world.path.tick(0).map_or(first, |tick| tick.at.0));
    rounds(world, first, place, &mut crowd);
    for tick in world.path.ticks() {
        let prices = tick.quotes.iter();
        let prices = prices.map(|q| (usize::try_from(q.market).unwrap_or(0), q.price)).collect();
        crowd.marks.push(Marks { at: tick.at.0 - first, prices });
    }
    crowd
}

fn name(account: usize) -> String {
    format!("a{account:05}")
}

fn rounds(world: &World, first: u64, place: &Place, crowd: &mut Crowd) {
    let population = &world.population;
    for round in &population.rounds {
        let at = round.at.0 - first;
        let prices = round.marks.iter().copied().enumerate().collect();
        crowd.marks.push(Marks { at, prices });
        let fills = population.fills.get(round.fills.clone()).unwrap_or_default();
        crowd.events.extend(fills.iter().map(|fill| {
            let id = |account: u32| name(usize::try_from(account).unwrap_or(usize::MAX));
            let what = What::Fill(Fill {
                market: usize::try_from(fill.market).unwrap_or(usize::MAX),
                buyer: id(fill.buyer),
                seller: id(fill.seller),
                lots: fill.lots,
                price: fill.price,
                fee: Amount::ZERO,
                number: None,
            });
            let origin = Origin { text: 0, place: place.clone() };
            Event { at, what, expect: None, origin }
        }));
    }
}

fn market(
    listed: &rhodian_lab::market::Market,
    domain: usize,
    depth: Option<Amount>,
    place: &Place,
) -> Option<Market> {
    let spec = listed.spec(rhodian_core::ids::DomainId(0), 500_000)?;
    let (tick, lot) = (u128::from(listed.tick.units()), u128::from(listed.lot.units()));
    let grid = Grid::new(tick * FINER, lot * FINER, DECIMALS)?;
    let lot_value = u128::from(listed.start.ticks()) * u128::from(spec.unit);
    let depth = depth.and_then(|value| {
        let lots = i64::try_from(value.atoms() / lot_value.max(1)).ok()?.max(1);
        let lots = Quantity::new(lots).ok()?.lots();
        let (account, discount) = (OUTSIDE.to_owned(), 10_000);
        Some(Depth { account, lots, discount, place: place.clone() })
    });
    Some(Market {
        name: spec.name,
        domain,
        instrument: match spec.instrument {
            Listed::Future { expiry, .. } => {
                Instrument::Future { underlying: None, expiry: expiry.0 }
            }
            _ => Instrument::Perpetual,
        },
        grid,
        mark: None,
        max_price: spec.max_price,
        max_position: spec.max_position,
        max_open: spec.max_open,
        band: spec.band,
        tiers: spec.tiers,
        depth,
        steps: None,
        volatility: None,
        place: place.clone(),
    })
}
