//! From a model to a population: the past of the marks, then round by round accounts, makers,
//! deposits and fills.

use rhodian_core::bounds::MAX_TICKS;
use rhodian_core::ids::Time;
use rhodian_core::units::{Amount, Price};

use super::draw::{Draft, Drawer};
use super::model::{Listed, Past, PopulationModel};
use super::{Account, Leg, Population, Round, fills, fund};
use crate::error::{LabError, require};
use crate::market::Market;
use crate::path::whole_ticks;
use crate::seed::{Seed, Stream};
use crate::valuation::Valuation;

/// Draws a population for these markets, valued at `start`. Its rounds lie before.
///
/// Refused: a model out of range, fewer accounts than its makers need, a past that begins before
/// time zero, and values beyond the engine's bounds.
pub fn build(
    model: &PopulationModel,
    markets: &[Market],
    start: &Valuation,
    seed: Seed,
) -> Result<Population, LabError> {
    let twins: Vec<(u32, u32)> =
        (0..).zip(markets).filter_map(|(place, market)| Some((market.base?, place))).collect();
    let options = markets.iter().filter(|market| market.underlying().is_some()).count() as u32;
    let linear = markets.len() as u32 - options;
    let (first, rest) = markets.split_at(linear as usize);
    let ordered = first.iter().all(|market| market.underlying().is_none());
    require(ordered && rest.len() == options as usize, "markets", "options after all others")?;
    model.check(Listed { linear, twins: twins.len() as u32, options })?;
    require(start.marks().len() == markets.len(), "marks at the start", "one of each market")?;
    let ago = u64::from(model.past.rounds).checked_mul(model.past.apart_ms);
    let first = ago.and_then(|ago| start.at().0.checked_sub(ago));
    let first = first.ok_or(LabError::Model {
        parameter: "start of the path",
        allowed: "late enough for the rounds of the past".into(),
    })?;
    let history = History::draw(&model.past, markets, start, Time(first), seed);
    let mut drawer = Drawer::new(model, markets, start, &history.fell, &twins, seed);
    let mut streams = Streams { makers: seed.stream("makers"), fills: seed.stream("fills") };
    let mut population = Population::default();
    for round in 0..model.past.rounds {
        add_round(&mut population, &mut drawer, &history, round, &mut streams)?;
    }
    population.owners = drawer.owners();
    Ok(population)
}

struct Streams {
    makers: Stream,
    fills: Stream,
}

/// The accounts, makers, deposits and fills of one round.
fn add_round(
    population: &mut Population,
    drawer: &mut Drawer<'_>,
    history: &History,
    round: u32,
    streams: &mut Streams,
) -> Result<(), LabError> {
    let (model, markets) = (drawer.model, drawer.markets);
    let rounds = model.past.rounds;
    let first = population.accounts.len() as u32;
    // Rounds differ by at most one account.
    let end = (u64::from(model.accounts) * u64::from(round + 1) / u64::from(rounds)) as u32;
    let makers = model.makers_per_round(markets.len() as u32);
    // Those near maintenance all stand in the last round.
    let near = if round + 1 == rounds { model.near_in_last_round() } else { 0 };
    let valuations: Vec<&Valuation> = history.from(round as usize);
    let mut net = vec![0i128; markets.len()];
    let mut legs = Vec::new();
    for _ in first..end - makers {
        legs.clear();
        let draft = drawer.account(near, &mut legs)?;
        for leg in &legs {
            net[leg.market as usize] += i128::from(leg.lots.lots());
        }
        add_account(population, &draft, &legs, markets, &valuations, round)?;
    }
    let held = fills::makers_legs(&net, makers, model.legs.most, &mut streams.makers)?;
    for legs in held {
        let draft = drawer.maker();
        add_account(population, &draft, &legs, markets, &valuations, round)?;
    }
    let (begin, accounts) = (population.fills.len(), first..end);
    let Population { accounts: all, legs, fills: done, .. } = population;
    let marks = valuations[0].marks().to_vec();
    fills::matched(accounts.clone(), all, legs, &marks, &mut streams.fills, done)?;
    let filled = begin..population.fills.len();
    let at = valuations[0].at();
    population.rounds.push(Round { at, marks, accounts, fills: filled });
    Ok(())
}

fn add_account(
    population: &mut Population,
    draft: &Draft,
    legs: &[Leg],
    markets: &[Market],
    valuations: &[&Valuation],
    round: u32,
) -> Result<(), LabError> {
    let deposit: Amount = fund::deposit(draft, legs, markets, valuations)?;
    population.legs.extend_from_slice(legs);
    population.accounts.push(Account {
        owner: draft.owner,
        kind: draft.kind,
        cohort: draft.cohort,
        round,
        deposit,
        legs_end: population.legs.len(),
    });
    Ok(())
}

/// What everything was worth in the rounds, and is at the start after them.
struct History {
    /// The rounds, then the start.
    valuations: Vec<Valuation>,
    fell: Vec<bool>,
}

impl History {
    /// The last round's mark lies one adverse move from the start: further than the gap between
    /// initial and maintenance margin. With V the value at the start, m the move, g the widest gap
    /// of rates and i the highest initial rate, opening needs at most maintenance + (g + i m) V
    /// and the loss gives m V, so m >= g / (1 - i) lets an account at maintenance have opened. A
    /// further 1 to 3 % leaves room.
    fn draw(past: &Past, markets: &[Market], start: &Valuation, first: Time, seed: Seed) -> Self {
        let mut stream = seed.stream("past");
        let mut fell: Vec<bool> = Vec::with_capacity(markets.len());
        let mut factors: Vec<Vec<f64>> = Vec::with_capacity(markets.len());
        for market in markets {
            // A twin moved as its base did: they are hedges of each other. An option is priced
            // on its base, below.
            if let Some(base) = market.base.or(market.underlying()) {
                fell.push(fell[base as usize]);
                factors.push(factors[base as usize].clone());
                continue;
            }
            let down = stream.chance(past.falling);
            let move_ = adverse_move(market) + 0.01 + 0.02 * stream.unit();
            let mut factor = if down { 1.0 + move_ } else { 1.0 - move_ };
            let mut backwards = vec![factor];
            for _ in 1..past.rounds {
                let step = (past.walk * stream.normal()).clamp(-0.7, 0.7);
                factor *= libm::exp(step);
                backwards.push(factor);
            }
            fell.push(down);
            factors.push(backwards);
        }
        let round = |number: u32| {
            let back = (past.rounds - 1 - number) as usize;
            let mark = |(start, factors): (&Price, &Vec<f64>)| {
                // A start is at most 10^15 ticks, below 2^53.
                whole_ticks((start.ticks() as f64 * factors[back]).min(MAX_TICKS as f64))
            };
            let marks = start.marks().iter().zip(&factors).map(mark).collect();
            let at = first.after(u64::from(number) * past.apart_ms);
            Valuation::new(markets, marks, start.volatilities().to_vec(), at)
        };
        let valuations = (0..past.rounds).map(round).chain([start.clone()]).collect();
        Self { valuations, fell }
    }

    /// The valuations of a round, of every later one, and of the start.
    fn from(&self, round: usize) -> Vec<&Valuation> {
        self.valuations[round..].iter().collect()
    }
}

/// The least adverse move after which an account at maintenance may have opened.
fn adverse_move(market: &Market) -> f64 {
    let highest = market.schedule.tiers().last().map_or(0, |tier| tier.initial);
    let (gap, highest) = (f64::from(market.schedule.widest_gap()), f64::from(highest));
    // Rates of 100 % would need an endless move: at most nine tenths.
    (gap / (1e6 - highest).max(1.0)).min(0.9)
}
