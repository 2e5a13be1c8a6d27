//! The sure profits of random surfaces, found a second time: in floating point, from what one would
//! buy and sell, over the whole surface at once, with nothing of the engine's pricer and without
//! its way of looking at one place and its neighbours. Call and put of a strike may have one
//! volatility or two, some feeds do not serve, and some strikes have no price.
//!
//! What an option is worth is Black's formula at its volatility with the mark as the forward; the
//! profit is per option, and one of a tick or less is none:
//!
//! ```text
//! parity     the dearest call of a strike less the cheapest
//! calls      a call less the one at the next lower strike;  puts  the other way round
//! butterfly  a call less the mix of its neighbours, the forward being the call at zero
//! calendar   a call at an earlier expiry less the one of its strike at a later
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::world::World;
use crate::world::feeds::{say_all, say_of};
use crate::world::surface::{DAY, attach_volatility, list_option, open_volatility};
use rhodian_core::ids::FeedId;
use rhodian_core::market::Right;
use rhodian_core::oracle::{Quality, SureProfit, Why};
use rhodian_core::units::Price;

const SURFACES: u64 = 400;
const DAYS: [u64; 4] = [2, 30, 60, 365];
/// In thousands of ticks; the pricer has no price for the last one.
const STRIKES: [u64; 9] = [60, 80, 90, 95, 100, 105, 110, 140, 9_000];
/// How near to a tick a profit may be for either answer to be right, in ticks.
const NEAR: f64 = 0.001;

/// A sequence that depends on nothing but its seed.
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        low + (self.0 >> 33) % (high - low + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.between(0, 99) < percent
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

/// A call of so much total variance, in ticks.
fn call(forward: f64, strike: f64, variance: f64) -> f64 {
    let stdev = variance.sqrt();
    let d1 = (forward / strike).ln() / stdev + stdev / 2.0;
    forward * normal(d1) - strike * normal(d1 - stdev)
}

/// What stands at a strike: its feeds in the order of their options, with their volatilities.
type At = Vec<(FeedId, f64)>;

/// By days, by strike in thousands.
type Surface = BTreeMap<u64, BTreeMap<u64, At>>;

/// A profit, whose feeds it lowers, and how much more than a tick it is, as a part of what is near.
struct Found {
    profit: SureProfit,
    feeds: BTreeSet<FeedId>,
    beyond: f64,
}

struct Model<'a> {
    forward: f64,
    now: u64,
    surface: &'a Surface,
    found: Vec<Found>,
}

fn price(thousands: u64) -> Price {
    Price::new(thousands * 1_000).unwrap()
}

impl Model<'_> {
    fn expiry(days: u64) -> rhodian_core::ids::Time {
        rhodian_core::ids::Time(1_000 + days * DAY)
    }

    fn years(&self, days: u64) -> f64 {
        (1_000 + days * DAY - self.now) as f64 / (365.0 * DAY as f64)
    }

    fn variance(&self, days: u64, at: &At) -> f64 {
        at[0].1 * at[0].1 * self.years(days)
    }

    fn add(&mut self, profit: SureProfit, legs: &[&At], worth: f64, near: f64) {
        let feeds = legs.iter().flat_map(|at| at.iter().map(|(feed, _)| *feed)).collect();
        self.found.push(Found { profit, feeds, beyond: (worth - 1.0) / near });
    }

    fn along(&mut self, days: u64) {
        let (expiry, forward) = (Self::expiry(days), self.forward);
        let surface = self.surface;
        let smile: Vec<(u64, &At)> = surface[&days].iter().map(|(k, at)| (*k, at)).collect();
        let worth =
            |(strike, at): (u64, &At)| call(forward, strike as f64 * 1e3, self.variance(days, at));
        let calls: Vec<f64> = smile.iter().map(|of| worth(*of)).collect();
        let none = At::new();
        for (i, (strike, at)) in smile.iter().copied().enumerate() {
            let all = at
                .iter()
                .map(|(_, v)| call(forward, strike as f64 * 1e3, v * v * self.years(days)));
            let (low, high) = all.fold((f64::MAX, 0.0f64), |(l, h), c| (l.min(c), h.max(c)));
            let parity = SureProfit::Parity { expiry, strike: price(strike) };
            self.add(parity, &[at], high - low, NEAR);
            if i > 0 {
                let (below, of_below) = smile[i - 1];
                let (low, high) = (price(below), price(strike));
                let rise = calls[i] - calls[i - 1];
                self.add(SureProfit::Calls { expiry, low, high }, &[of_below, at], rise, NEAR);
                let fall = -rise - (strike - below) as f64 * 1e3;
                self.add(SureProfit::Puts { expiry, low, high }, &[of_below, at], fall, NEAR);
            }
            if i + 1 < smile.len() {
                let (below, of_below, lower) = match i {
                    0 => (0, &none, forward),
                    _ => (smile[i - 1].0, smile[i - 1].1, calls[i - 1]),
                };
                let (above, of_above) = smile[i + 1];
                let (left, right) = ((strike - below) as f64, (above - strike) as f64);
                let mix = (right * lower + left * calls[i + 1]) / (left + right);
                let profit = SureProfit::Butterfly {
                    expiry,
                    low: price(below),
                    middle: price(strike),
                    high: price(above),
                };
                self.add(profit, &[of_below, at, of_above], calls[i] - mix, NEAR);
            }
        }
    }

    fn between(&mut self, early: u64, late: u64) {
        let (near, far) = (self.surface[&early].clone(), self.surface[&late].clone());
        for (strike, from) in &near {
            let Some(to) = far.get(strike) else { continue };
            let (first, second) = (self.variance(early, from), self.variance(late, to));
            let worth = |variance| call(self.forward, *strike as f64 * 1e3, variance);
            let fall = worth(first) - worth(second);
            let (earlier, later) = (Self::expiry(early), Self::expiry(late));
            let profit = SureProfit::Calendar { earlier, later, strike: price(*strike) };
            self.add(profit, &[from, to], fall, NEAR);
        }
    }
}

/// A random surface in the engine and in the model.
fn open(dice: &mut Dice) -> (World, Surface, BTreeSet<FeedId>) {
    let mut world = World::venue(0, 100_000);
    world.checked = false;
    let (mut surface, mut silent) = (Surface::new(), BTreeSet::new());
    let level = dice.between(30, 120);
    // What is far from the others' is an error; most surfaces have one or two.
    let wild = dice.between(0, 6);
    // In one of three each expiry has a level of its own, and total variance may fall.
    let apart = dice.chance(33);
    for days in DAYS {
        let level = if apart { dice.between(20, 110) } else { level };
        for strike in STRIKES {
            if dice.chance(40) {
                continue;
            }
            let mut feed = None;
            for (right, text) in [(Right::Call, "C"), (Right::Put, "P")] {
                if dice.chance(30) {
                    continue;
                }
                let text = format!("{text}{strike}-{days}");
                list_option(&mut world, (&text, right, strike, days, 0));
                if feed.is_none() || dice.chance(20) {
                    let opened = open_volatility(&mut world, &text);
                    feed = Some(opened);
                    let smile = (strike.min(140).abs_diff(100)).pow(2) / 200;
                    let noise = if dice.chance(wild * 3) { 40_000 } else { 100 };
                    let percent = level + smile;
                    let millionths = percent * 10_000 + dice.between(0, 5 * noise);
                    if dice.chance(6) {
                        say_of(&mut world, opened, 0, millionths).unwrap();
                        silent.insert(opened);
                    } else {
                        say_all(&mut world, opened, millionths);
                        if strike < 9_000 {
                            let at = surface.entry(days).or_default().entry(strike).or_default();
                            at.push((opened, millionths as f64 / 1e6));
                        }
                    }
                }
                attach_volatility(&mut world, &text, feed.unwrap());
            }
        }
    }
    (world, surface, silent)
}

/// What of the kinds of profit was met, and how many options were lowered and not.
#[derive(Debug, Default)]
struct Met {
    kinds: BTreeMap<&'static str, u32>,
    whole: u32,
    lowered: u32,
    unsure: u32,
}

const fn kind(profit: &SureProfit) -> &'static str {
    match profit {
        SureProfit::Parity { .. } => "parity",
        SureProfit::Calls { .. } => "calls",
        SureProfit::Puts { .. } => "puts",
        SureProfit::Butterfly { .. } => "butterfly",
        SureProfit::Calendar { .. } => "calendar",
    }
}

fn compare(world: &World, surface: &Surface, spot: u64, met: &mut Met) {
    let now = world.engine.state().now().0;
    let mut model = Model { forward: spot as f64, now, surface, found: Vec::new() };
    let days: Vec<u64> = surface.keys().copied().collect();
    for (place, late) in days.iter().enumerate() {
        model.along(*late);
        days[..place].iter().for_each(|early| model.between(*early, *late));
    }
    let feeds = surface.values().flat_map(BTreeMap::values).flatten().map(|(feed, _)| *feed);
    for feed in feeds {
        let answer = world.engine.state().feed_answer(feed).unwrap();
        let said = answer.reasons.iter().filter_map(|why| match why {
            Why::Arbitrage { profit, .. } => Some(*profit),
            _ => None,
        });
        let said: Vec<SureProfit> = said.collect();
        let his = || model.found.iter().filter(|of| of.feeds.contains(&feed));
        for of in his() {
            let there = said.contains(&of.profit);
            assert!(there || of.beyond < 1.0, "{feed}: {:?} by {}", of.profit, of.beyond);
            assert!(!there || of.beyond > -1.0, "{feed}: {:?} by {}", of.profit, of.beyond);
            met.unsure += u32::from(of.beyond.abs() < 1.0);
        }
        for profit in &said {
            assert!(his().any(|of| of.profit == *profit), "{feed}: {profit:?} has another's legs");
            *met.kinds.entry(kind(profit)).or_default() += 1;
        }
        let quality = if said.is_empty() { Quality::Settlement } else { Quality::Mark };
        assert_eq!(answer.quality, quality);
        met.whole += u32::from(said.is_empty());
        met.lowered += u32::from(!said.is_empty());
    }
}

#[test]
fn the_engine_finds_the_profits_that_one_could_trade() {
    let mut met = Met::default();
    for seed in 0..SURFACES {
        let mut dice = Dice(seed);
        let (mut world, surface, silent) = open(&mut dice);
        compare(&world, &surface, 100_000, &mut met);
        // The price elsewhere, and a day later.
        let spot = dice.between(70, 130) * 1_000;
        world.mark("BTC", spot);
        world.tick(dice.between(0, DAY - 1));
        compare(&world, &surface, spot, &mut met);
        for feed in silent {
            let quality = world.engine.state().feed_answer(feed).unwrap().quality;
            assert_eq!(quality, Quality::None, "what says nothing is no part of it");
        }
    }
    println!("{met:#?}");
    assert!(met.kinds.len() == 5 && met.kinds.values().all(|times| *times > 50), "{met:?}");
    assert!(met.whole > 1_000 && met.lowered > 1_000, "{met:?}");
    assert!(met.unsure * 50 < met.lowered, "few are near a tick: {met:?}");
}
