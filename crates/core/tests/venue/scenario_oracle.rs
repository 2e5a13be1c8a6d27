//! The requirement of portfolios with options, computed a second time: in floating point, straight
//! from the definitions, with nothing of the engine's pricer, grid or charges. Alice holds a random
//! portfolio of a call, a put, their underlying and a future on it; Bob has the other side of the
//! options, Carol of the rest. An option has the volatility that its own feed says, or else that of
//! the underlying.
//!
//! A portfolio is priced again by Black's formula at every move of the grid. With the worst of
//! them:
//!
//! ```text
//! initial     = max(worst loss, 1 % of the forward for each lot sold)
//!             + 2 % of what deltas of one date hedge of those of another
//!             + 10 % of (the sum of the deltas' sizes)^2 / depth, at most that sum
//! maintenance = 80 % of it
//! ```
//!
//! The forward of an option is the spot, whatever futures the account holds; deltas of one date
//! net.

use crate::world::venue::perpetual;
use crate::world::{World, name};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{FeedId, MarketId, SourceId, Time};
use rhodian_core::margin::Level;
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Right};
use rhodian_core::oracle::{self, FeedSpec, Kind, Needs, Params, Quality, SourceWeight, Value};
use rhodian_core::units::Price;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const YEAR: f64 = 365.0 * DAY as f64;
const DATES: [u64; 6] = [9_000, HOUR / 2, 5 * HOUR, 3 * DAY, 30 * DAY, 400 * DAY];

/// Moves of the spot in per cent.
const SPOTS: [f64; 13] =
    [-30.0, -25.0, -20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0];
/// The part by which volatility moves at 30 days; elsewhere it is multiplied by the fourth root of
/// (30 days / time), to all of it at most. The last hour counts as an hour.
const VOL_PART: f64 = 0.4;
const SHORT_MINIMUM: f64 = 0.01;
const BASIS: f64 = 0.02;
const CONCENTRATION: f64 = 0.1;
const MAINTENANCE: f64 = 0.8;

/// The engine rounds against the trader: the worst profit down by an atom, the minimum up by one,
/// each of at most three charges for hedges up by one. Prices in 2^40 units, right to half of one,
/// and a spot that is rounded to a unit, move less than a thousandth of an atom at these sizes.
const ABOVE: f64 = 4.1;
/// Deltas are rounded down by an atom each, which may make a charge for hedges less by 2 % of it.
const BELOW: f64 = 0.1;
/// A charge on size is steeper: it grows by two atoms for one, at most, and there are four deltas.
const BY_SIZE: f64 = 9.0;
/// How far whole millionths of volatility may move a requirement, as a part of it.
const ROUNDED_MOVES: f64 = 1e-5;

const PORTFOLIOS: u64 = 300;

/// A sequence that depends on nothing but its seed.
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        low + (self.0 >> 33) % (high - low + 1)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.between(0, choices.len() as u64 - 1)).unwrap()]
    }

    /// Lots of either side, or none.
    fn lots(&mut self) -> i64 {
        let size = self.of(&[0, 1, 7, 100, 1_000]);
        let lots = i64::try_from(self.between(size / 2, size)).unwrap();
        self.of(&[lots, -lots])
    }
}

/// The distribution of the normal law, by its series around zero.
fn normal(d: f64) -> f64 {
    if d.abs() > 9.0 {
        return if d > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut term, mut sum, mut odd) = (d.abs(), d.abs(), 3.0);
    while term > 1e-18 * sum {
        term *= d * d / odd;
        sum += term;
        odd += 2.0;
    }
    let density = (-d * d / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let above = 0.5 + density * sum;
    if d < 0.0 { 1.0 - above } else { above }
}

/// Price and delta of an option, both in ticks: delta is for one relative move of the forward.
fn black(right: Right, forward: f64, strike: f64, stdev: f64) -> (f64, f64) {
    let (asset, cash) = if stdev == 0.0 {
        let pays = if forward == strike { 0.5 } else { f64::from(u8::from(forward > strike)) };
        (pays, pays)
    } else {
        let d1 = (forward / strike).ln() / stdev + stdev / 2.0;
        (normal(d1), normal(d1 - stdev))
    };
    let call = forward * asset - strike * cash;
    match right {
        Right::Call => (call, forward * asset),
        Right::Put => (call - forward + strike, forward * (asset - 1.0)),
    }
}

/// A volatility after the grid's move, both in millionths; with `whole`, each step of it in whole
/// millionths rounded down, as the engine has them. From 0.01 % to 1000 %.
fn moved(volatility: f64, years: f64, side: f64, whole: bool) -> f64 {
    if side == 0.0 {
        return volatility;
    }
    // A root that comes out at a millionth less its last bit is that millionth.
    let down = |millionths: f64| if whole { (millionths + 1e-7).floor() } else { millionths };
    let days = (years * 365.0).max(1.0 / 24.0);
    let root = down((30.0 / days).powf(0.25) * 1e6) / 1e6;
    let part = down((VOL_PART * root).min(1.0) * 1e6) / 1e6;
    down(volatility * (1.0 + side * part)).clamp(100.0, 10_000_000.0)
}

#[derive(Clone, Copy, Debug)]
struct Contract {
    strike: u64,
    expiry: Time,
    right: Right,
}

/// What the market says. Units are atoms of a lot for a tick.
#[derive(Clone, Copy, Debug)]
struct Market {
    now: Time,
    spot: u64,
    unit: u64,
    /// In millionths, of the call and of the put.
    volatilities: [u64; 2],
    /// A call and a put.
    contracts: [Contract; 2],
    option_unit: u64,
    /// The future's price and date.
    future: (u64, Time),
    /// In lots of the underlying, where a feed says it.
    depth: Option<u64>,
}

/// What an account holds: of the call, the put, the underlying and the future.
#[derive(Clone, Copy, Debug)]
struct Lots {
    options: [i64; 2],
    hedge: i64,
    future: i64,
}

/// Which of the definitions portfolios met: for that they were all met.
#[derive(Debug, Default)]
struct Met {
    /// The worst move, by the move of volatility: down, none, up.
    worst: [u32; 3],
    up: u32,
    down: u32,
    minimum: u32,
    basis: u32,
    size: u32,
    size_capped: u32,
    beside: u32,
    no_time: u32,
    /// The options have volatilities of their own.
    apart: u32,
}

impl Market {
    fn years(&self, at: Time) -> f64 {
        at.0.saturating_sub(self.now.0) as f64 / YEAR
    }

    /// Price and delta of an option of `lots` after moves, in atoms.
    fn option(&self, lots: &Lots, place: usize, spot: f64, (side, whole): (f64, bool)) -> [f64; 2] {
        let Contract { strike, expiry, right } = self.contracts[place];
        let years = self.years(expiry);
        let volatility = moved(self.volatilities[place] as f64, years, side, whole) / 1e6;
        let forward = self.spot as f64 * (1.0 + spot / 100.0);
        let (price, delta) = black(right, forward, strike as f64, volatility * years.sqrt());
        let atoms = lots.options[place] as f64 * self.option_unit as f64;
        [atoms * price, atoms * delta]
    }

    /// The value of the legs that are the same at all volatilities, in atoms: their deltas.
    fn linear(&self, lots: &Lots) -> [f64; 2] {
        let unit = self.unit as f64;
        let hedge = lots.hedge as f64 * self.spot as f64;
        [hedge * unit, lots.future as f64 * self.future.0 as f64 * unit]
    }

    fn profit(&self, lots: &Lots, spot: f64, moves: (f64, bool)) -> f64 {
        let linear: f64 = self.linear(lots).iter().sum::<f64>() * spot / 100.0;
        let option = |place: usize| {
            let before = self.option(lots, place, 0.0, (0.0, true));
            self.option(lots, place, spot, moves)[0] - before[0]
        };
        linear + option(0) + option(1)
    }

    /// The delta of the spot and of each date. What has expired has one date, now.
    fn deltas(&self, lots: &Lots) -> Vec<f64> {
        let [hedge, future] = self.linear(lots);
        let option = |place: usize| {
            let years = self.years(self.contracts[place].expiry);
            (years, self.option(lots, place, 0.0, (0.0, true))[1])
        };
        let dated = [option(0), option(1), (self.years(self.future.1), future)];
        let mut dates: Vec<f64> = dated.iter().map(|(years, _)| *years).collect();
        dates.sort_by(f64::total_cmp);
        dates.dedup();
        let of =
            |date: f64| dated.iter().filter(|(at, _)| *at == date).map(|(_, delta)| delta).sum();
        dates.into_iter().map(of).chain([hedge]).collect()
    }

    /// The charges for hedges across dates and for size.
    fn charges(&self, lots: &Lots, met: &mut Met) -> [f64; 2] {
        let deltas = self.deltas(lots);
        let longs: f64 = deltas.iter().filter(|delta| **delta > 0.0).sum();
        let shorts: f64 = deltas.iter().filter(|delta| **delta < 0.0).sum();
        let basis = BASIS * longs.min(-shorts);
        met.basis += u32::from(basis > 1.0);
        let Some(depth) = self.depth else { return [basis, 0.0] };
        let (gross, depth) = (longs - shorts, depth as f64 * self.spot as f64 * self.unit as f64);
        let size = CONCENTRATION * gross * gross / depth;
        met.size += u32::from(size > 1.0 && size < gross);
        met.size_capped += u32::from(size > gross);
        [basis, size.min(gross)]
    }

    /// Initial and maintenance.
    fn required(&self, lots: &Lots, whole: bool, met: &mut Met) -> [f64; 2] {
        let mut worst = (f64::INFINITY, 0, 0.0);
        for (place, side) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
            for spot in SPOTS {
                let profit = self.profit(lots, spot, (side, whole));
                if profit < worst.0 {
                    worst = (profit, place, spot);
                }
            }
        }
        let loss = (-worst.0).max(0.0);
        let sold = |place: usize| {
            let lots_sold = (-lots.options[place]).max(0) as f64;
            lots_sold * self.spot as f64 * self.option_unit as f64
        };
        let minimum = SHORT_MINIMUM * (sold(0) + sold(1));
        if minimum > loss {
            met.minimum += 1;
        } else {
            met.worst[worst.1] += 1;
            met.up += u32::from(worst.2 > 0.0);
            met.down += u32::from(worst.2 < 0.0);
        }
        let expired = |place: usize| self.years(self.contracts[place].expiry) == 0.0;
        let beside = |place: usize| {
            let same = self.years(self.contracts[place].expiry) == self.years(self.future.1);
            lots.options[place] != 0 && lots.future != 0 && same
        };
        met.no_time += u32::from(expired(0) || expired(1));
        met.beside += u32::from(beside(0) || beside(1));
        met.apart += u32::from(self.volatilities[0] != self.volatilities[1]);
        let [basis, size] = self.charges(lots, met);
        let kept = loss.max(minimum) + basis;
        [kept + size, MAINTENANCE * kept]
    }
}

/// A venue of one underlying with a volatility, a call and a put, and a future.
struct Floor {
    world: World,
    market: Market,
}

impl Floor {
    fn new(dice: &mut Dice) -> Self {
        let mut world = World::new("USD", 2);
        // Many small worlds: the laws are checked elsewhere.
        world.checked = false;
        world.fund("fund", 0, None);
        world.waterfall(&["fund"]);
        let spot = dice.of(&[500, 9_999, 100_000, 600_000]);
        let mut dates = [0; 3].map(|_| Time(world.at.0 + dice.of(&DATES)));
        if dice.between(0, 1) == 0 {
            dates[2] = dates[0];
        }
        let mut contract = |right, expiry| {
            let strike = spot * dice.between(50, 200) / 100;
            Contract { strike, expiry, right }
        };
        let contracts = [contract(Right::Call, dates[0]), contract(Right::Put, dates[1])];
        let market = Market {
            now: world.at,
            spot,
            unit: dice.of(&[1, 1, 7]),
            volatilities: [dice.between(50_000, 2_000_000); 2],
            contracts,
            option_unit: dice.of(&[1, 1, 3]),
            future: (spot * dice.between(95, 110) / 100, dates[2]),
            depth: dice.of(&[None, Some(50), Some(20_000)]),
        };
        let mut floor = Self { world, market };
        // The underlying's feed says one, and where these differ a feed of the put another.
        if dice.between(0, 1) == 0 {
            floor.market.volatilities[1] = dice.between(50_000, 2_000_000);
        }
        floor.open();
        floor
    }

    fn list(&mut self, text: &str, instrument: Instrument, unit: u64, mark: u64) {
        self.world.list(MarketSpec { instrument, unit, ..perpetual(text) });
        self.world.mark(text, mark);
    }

    fn open(&mut self) {
        let of = self.market;
        self.list("BTC", Instrument::Perpetual, of.unit, of.spot);
        let underlying = MarketId(0);
        for (text, Contract { strike, expiry, right }) in
            ["CALL", "PUT"].into_iter().zip(of.contracts)
        {
            let strike = Price::new(strike).unwrap();
            let instrument = Instrument::Option { underlying, strike, expiry, right };
            self.list(text, instrument, of.option_unit, 10);
        }
        let (price, expiry) = of.future;
        let underlying = Some(underlying);
        self.list("FUTURE", Instrument::Future { expiry, underlying }, of.unit, price);
        self.say(0, Kind::Volatility, of.volatilities[0]);
        self.say(1, Kind::Depth, of.depth.unwrap_or(1));
        self.say(2, Kind::Volatility, of.volatilities[1]);
        let depth = of.depth.map(|_| FeedId(1));
        let feeds = Feeds { volatility: Some(FeedId(0)), depth, ..Feeds::default() };
        self.attach("BTC", feeds);
        if of.volatilities[0] != of.volatilities[1] {
            self.attach("PUT", Feeds { volatility: Some(FeedId(2)), ..Feeds::default() });
        }
        for text in ["alice", "bob", "carol"] {
            self.world.account(text, 10u128.pow(18));
        }
    }

    fn attach(&mut self, text: &str, feeds: Feeds) {
        let market = self.world.market_id(text);
        self.world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    }

    /// Opens a feed of one source, which says `value`. It serves every purpose: two volatilities at
    /// random may well leave a sure profit, and are traded all the same.
    fn say(&mut self, feed: u32, kind: Kind, value: u64) {
        let needs = Needs { open: Quality::Mark, ..Needs::SAFE };
        let spec = FeedSpec {
            name: name(&format!("{kind:?} {feed}")),
            kind,
            domains: Vec::new(),
            sources: vec![SourceWeight { source: SourceId(0), weight: 1 }],
            min_sources: 1,
            params: Params { needs, ..Params::of(kind) },
        };
        self.world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
        let report = oracle::Command::Report {
            feed: FeedId(feed),
            source: SourceId(0),
            number: 1,
            value: Value::new(value).unwrap(),
            confidence: Value::new(0).unwrap(),
            time: self.world.at,
        };
        let source = Actor { role: Role::Source, id: 0 };
        self.world.give(source, Action::Oracle(report)).unwrap();
    }

    /// Alice has `lots` in the market, for above zero bought, of `other`.
    fn trade(&mut self, market: &str, other: &str, lots: i64, price: u64) {
        let (buyer, seller) = if lots > 0 { ("alice", other) } else { (other, "alice") };
        if lots != 0 {
            self.world.fill(market, buyer, seller, lots.abs(), price);
        }
    }

    /// Compares what the engine requires of an account that holds `lots`.
    fn check(&self, text: &str, lots: &Lots, apart: &mut Apart) {
        let market = Market { now: self.world.at, ..self.market };
        let expected = market.required(lots, true, &mut apart.met);
        let exact = market.required(lots, false, &mut Met::default());
        let state = self.world.engine.state();
        let account = self.world.id(text);
        for (place, level) in [Level::Initial, Level::Maintenance].into_iter().enumerate() {
            let found = state.requirement(account, level) as f64;
            let over = found - expected[place];
            let size = if market.depth.is_some() { BY_SIZE } else { 0.0 };
            assert!(
                (-BELOW - size..=ABOVE + size).contains(&over),
                "{level:?} of {text}: {found} and not {}: {lots:?} at {market:?}",
                expected[place],
            );
            let from_exact =
                ((found - exact[place]).abs() - ABOVE - size).max(0.0) / found.max(1.0);
            assert!(from_exact <= ROUNDED_MOVES, "{lots:?} at {market:?}");
            apart.above = apart.above.max(over);
            apart.below = apart.below.min(over);
            apart.from_exact = apart.from_exact.max(from_exact);
            apart.largest = apart.largest.max(found);
            apart.checks += 1;
        }
    }
}

/// The worst differences, in atoms.
#[derive(Debug, Default)]
struct Apart {
    above: f64,
    below: f64,
    /// From what no rounding of volatility makes, beyond the atoms, as a part of it.
    from_exact: f64,
    largest: f64,
    checks: u32,
    met: Met,
}

#[test]
fn the_engine_requires_what_the_definitions_say() {
    let mut apart = Apart::default();
    for seed in 0..PORTFOLIOS {
        let mut dice = Dice(seed);
        let mut floor = Floor::new(&mut dice);
        let options = [dice.lots(), dice.lots()];
        // A linear leg alone is margined by tiers, and not by scenario.
        if options == [0, 0] {
            continue;
        }
        let alice = Lots { options, hedge: dice.lots(), future: dice.lots() };
        let bob = Lots { options: options.map(|lots| -lots), hedge: 0, future: 0 };
        floor.trade("CALL", "bob", options[0], 10);
        floor.trade("PUT", "bob", options[1], 10);
        floor.trade("BTC", "carol", alice.hedge, floor.market.spot);
        floor.trade("FUTURE", "carol", alice.future, floor.market.future.0);
        floor.check("alice", &alice, &mut apart);
        floor.check("bob", &bob, &mut apart);
        // Elsewhere, and ten seconds later: the nearest date has passed and nothing is settled.
        floor.market.spot = floor.market.spot * dice.between(60, 140) / 100;
        floor.world.mark("BTC", floor.market.spot);
        floor.world.tick(10_000);
        floor.check("alice", &alice, &mut apart);
        floor.check("bob", &bob, &mut apart);
    }
    println!("{apart:#?}");
    let met = &apart.met;
    let charges = [met.minimum, met.basis, met.size, met.size_capped];
    let others = [met.up, met.down, met.worst[0], met.worst[2], met.no_time, met.beside, met.apart];
    assert!(charges.into_iter().chain(others).all(|times| times > 10), "{met:?}");
}
