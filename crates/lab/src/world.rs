//! A world: markets, everyone in them, and what prices do.

use rhodian_core::ids::Time;
use rhodian_core::market::Instrument;
use rhodian_core::units::Price;

use crate::decimal::Decimal;
use crate::error::{LabError, require};
use crate::market::{MarginSchedule, Market};
use crate::options::OptionsModel;
use crate::path::Path;
use crate::path::basis::Basis;
use crate::path::candles::Candles;
use crate::path::replay::Replay;
use crate::path::simulate::JumpDiffusion;
use crate::path::volatility::VolatilityQuote;
use crate::population::model::PopulationModel;
use crate::population::{self, Population};
use crate::seed::{Seed, Stream};
use crate::valuation::Valuation;

/// What a driver turns into commands: list the markets; for each round of the population set its
/// marks, open and fund its accounts and report its fills; then publish the path, tick by tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The name, for reports.
    pub name: String,
    /// What it was drawn from.
    pub seed: Seed,
    /// The markets: perpetuals by popularity, then twins, then options.
    pub markets: Vec<Market>,
    /// Everyone.
    pub population: Population,
    /// What prices do. The first tick quotes every market but options at its start.
    pub path: Path,
    /// What the volatilities of the bases of options do, in time order. The first of each also
    /// holds in the rounds before the path.
    pub volatility: Vec<VolatilityQuote>,
}

/// Which margin schedule each market has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedules {
    /// The benchmarks' schedule for every market.
    #[default]
    Book,
    /// The deep one for the first two markets, the thin one for the rest.
    ByDepth,
}

impl Schedules {
    fn at(self, rank: usize) -> MarginSchedule {
        match self {
            Self::Book => MarginSchedule::book(),
            Self::ByDepth if rank < 2 => MarginSchedule::deep(),
            Self::ByDepth => MarginSchedule::thin(),
        }
    }
}

/// Dated futures beside the most popular perpetuals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Twins {
    /// How many perpetuals, from the first on, have a twin.
    pub count: u32,
    /// How a twin's price differs.
    pub basis: Basis,
}

/// A twin expires this long after the path's end: nothing settles on the way.
const EXPIRY_AFTER_MS: u64 = 30 * 86_400_000;

/// A world whose prices are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// How many perpetuals, 1 to 1,000.
    pub perpetuals: u32,
    /// Their twins.
    pub twins: Twins,
    /// Their margin.
    pub schedules: Schedules,
    /// Options, where there are any.
    pub options: Option<OptionsModel>,
    /// What prices do.
    pub prices: JumpDiffusion,
    /// Who is there.
    pub population: PopulationModel,
}

/// A world whose prices were recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The name, for reports.
    pub name: String,
    /// How the candles are walked through.
    pub replay: Replay,
    /// Twins beside the first symbols.
    pub twins: Twins,
    /// The margin of each market.
    pub schedules: Schedules,
    /// Options, where there are any.
    pub options: Option<OptionsModel>,
    /// Who is there.
    pub population: PopulationModel,
}

impl Simulated {
    /// The book of the project's benchmarks: 50 markets, the last two twins of the first two, and
    /// a crash of a fifth in 200 s between two half hours.
    #[must_use]
    pub fn book(accounts: u32) -> Self {
        Self {
            perpetuals: 48,
            twins: Twins { count: 2, basis: Basis::default() },
            schedules: Schedules::Book,
            options: None,
            prices: JumpDiffusion::crash(0.2),
            population: PopulationModel::of(accounts),
        }
    }

    /// Draws the world.
    ///
    /// ```
    /// use rhodian_lab::{seed::Seed, world::Simulated};
    /// let world = Simulated::book(1_000).draw(Seed(1)).unwrap();
    /// assert_eq!((world.markets.len(), world.population.accounts.len()), (50, 1_000));
    /// assert!(Simulated::book(5).draw(Seed(1)).is_err(), "fewer than its makers");
    /// ```
    pub fn draw(&self, seed: Seed) -> Result<World, LabError> {
        require((1..=1_000).contains(&self.perpetuals), "perpetuals", "1 to 1,000")?;
        let mut stream = seed.stream("listing");
        let list = |rank: u32| drawn_market(rank, self.schedules, &mut stream);
        let markets = (0..self.perpetuals).map(list).collect::<Result<Vec<_>, _>>()?;
        let starts: Vec<Price> = markets.iter().map(|market| market.start).collect();
        let past = self.population.past;
        // An hour after the origin at least, so that a driver can set up before the first round.
        let ago = u64::from(past.rounds).checked_mul(past.apart_ms);
        let from = Time(ago.and_then(|ago| ago.checked_add(3_600_000)).unwrap_or(u64::MAX / 2));
        let path = self.prices.draw(from, &starts, seed)?;
        let name = format!("book of {}", self.population.accounts);
        let parts = Parts { markets, path, twins: &self.twins, options: self.options.as_ref() };
        World::assemble(name, seed, parts, &self.population)
    }
}

impl Replayed {
    /// The world of a crash file: all its symbols by volume, twins of the first two, margin by
    /// depth.
    #[must_use]
    pub fn crash(name: &str, accounts: u32) -> Self {
        Self {
            name: name.into(),
            replay: Replay::default(),
            twins: Twins { count: 2, basis: Basis::default() },
            schedules: Schedules::ByDepth,
            options: None,
            population: PopulationModel::of(accounts),
        }
    }

    /// Draws the world on these candles.
    ///
    /// Refused: what [`Replay::walk`] and the population refuse.
    pub fn draw(&self, candles: &Candles, seed: Seed) -> Result<World, LabError> {
        let series = self.replay.series(candles)?;
        let ticks: Vec<Decimal> = series.iter().map(|series| series.tick).collect();
        let path = self.replay.walk(candles, &ticks, seed)?;
        let list = |(rank, series): (usize, &&crate::path::candles::Series)| {
            // A series that passed the rule for gaps has its first candle.
            let open = series.candles[0].map(|candle| candle.open).unwrap_or_default();
            Market::list(&series.symbol, open, series.tick, self.schedules.at(rank))
        };
        let markets = series.iter().enumerate().map(list).collect::<Result<Vec<_>, _>>()?;
        let name = self.name.clone();
        let parts = Parts { markets, path, twins: &self.twins, options: self.options.as_ref() };
        World::assemble(name, seed, parts, &self.population)
    }
}

/// A perpetual at a random price: 10^5 to 10^6 ticks, a tick of 10^-7 to 1.
fn drawn_market(rank: u32, schedules: Schedules, stream: &mut Stream) -> Result<Market, LabError> {
    let ticks = libm::round(libm::pow(10.0, 5.0 + stream.unit())) as u64;
    let exponent = stream.below(8) as i32 - 7;
    let tick = Decimal::power_of_ten(exponent).unwrap_or_default();
    let price = Decimal::of_units(ticks * tick.units());
    let name = format!("M{:02}", rank + 1);
    Market::list(&name, price, tick, schedules.at(rank as usize))
}

/// What a world is assembled from.
struct Parts<'a> {
    markets: Vec<Market>,
    path: Path,
    twins: &'a Twins,
    options: Option<&'a OptionsModel>,
}

impl World {
    /// Adds the twins, the options, and the population at the path's first marks.
    fn assemble(
        name: String,
        seed: Seed,
        parts: Parts<'_>,
        population: &PopulationModel,
    ) -> Result<Self, LabError> {
        let Parts { mut markets, path, twins, options } = parts;
        let perpetuals = markets.len() as u32;
        require(twins.count <= perpetuals, "twins", "no more than perpetuals")?;
        let pairs: Vec<(u32, u32)> =
            (0..twins.count).map(|base| (base, perpetuals + base)).collect();
        let path = twins.basis.beside(&path, &pairs, seed)?;
        let end = path.ticks().last().map_or(Time(0), |tick| tick.at);
        for (base, _) in pairs {
            let of = &markets[base as usize];
            let instrument =
                Instrument::Future { expiry: end.after(EXPIRY_AFTER_MS), underlying: None };
            let (name, base) = (format!("{}-DATED", of.name), Some(base));
            markets.push(Market { name, instrument, base, ..of.clone() });
        }
        let first = path.tick(0).filter(|tick| tick.quotes.len() == markets.len());
        let first =
            first.ok_or(LabError::Path { at: end, reason: "it has no first mark of all" })?;
        for (market, quote) in markets.iter_mut().zip(first.quotes) {
            market.start = quote.price;
        }
        let (mut volatility, mut starts) = (Vec::new(), Vec::new());
        if let Some(model) = options {
            markets.extend(model.list(&markets, first.at)?);
            for base in 0..model.bases {
                volatility.extend(model.volatility.along(&path, base, seed)?);
            }
            volatility.sort_by_key(|quote| (quote.at, quote.market));
            let start = libm::round(model.volatility.start * 1e6) / 1e6;
            starts = vec![start; model.bases as usize];
        }
        let marks = markets.iter().map(|market| market.start).collect();
        let start = Valuation::new(&markets, marks, starts, first.at);
        for (market, mark) in markets.iter_mut().zip(start.marks()) {
            market.start = *mark;
        }
        let population = population::build(population, &markets, &start, seed)?;
        Ok(Self { name, seed, markets, population, path, volatility })
    }

    /// What every market is worth at the path's start.
    #[must_use]
    pub fn start(&self) -> Valuation {
        self.valuations()
            .next()
            .unwrap_or_else(|| Valuation::new(&self.markets, Vec::new(), Vec::new(), Time(0)))
    }

    /// What every market is worth at each tick of the path: a market without a quote keeps its
    /// last one.
    pub fn valuations(&self) -> impl Iterator<Item = Valuation> {
        let mut marks = vec![Price::ZERO; self.markets.len()];
        let mut volatilities = vec![0.0; self.markets.len()];
        let mut feed = self.volatility.iter().peekable();
        self.path.ticks().map(move |tick| {
            for quote in tick.quotes {
                marks[quote.market as usize] = quote.price;
            }
            while let Some(quote) = feed.next_if(|quote| quote.at <= tick.at) {
                volatilities[quote.market as usize] = f64::from(quote.millionths) / 1e6;
            }
            Valuation::new(&self.markets, marks.clone(), volatilities.clone(), tick.at)
        })
    }

    /// A hash over every value of the world. Equal digests are equal worlds.
    #[must_use]
    pub fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_derive_key("rhodian-lab 2026 world");
        crate::digest::world(self, &mut hasher);
        hasher.finalize()
    }
}
