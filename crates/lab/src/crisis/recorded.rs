//! A recorded crisis: prices from a file go through a book that is drawn, and what happens is told
//! tick by tick.
//!
//! **When it is false**: who was there is not in a file of prices, so the book is drawn anew for
//! each seed, by the model of drawn crises; the order of a candle's high and low is a rule
//! ([`crate::path::replay::ExtremeOrder`]); and recorded prices have in them what was liquidated
//! then, while nothing that this book sells moves them. A path that is made of a record instead of
//! it ([`crate::path::resample`]) has what is false of that, too.

use rhodian_core::ids::Time;
use rhodian_core::units::Price;

use super::model::CrisisModel;
use super::venue::{Progress, Venue, Watcher};
use super::{Crisis, Stopped};
use crate::path::candles::Candles;
use crate::path::replay::Replay;
use crate::seed::Seed;
use crate::world::{Replayed, Schedules, Twins, World};

/// A moment of a crisis, when its tick is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Time,
    /// The mark of each market.
    pub marks: Vec<Price>,
    /// What all accounts that are above nothing hold together, in atoms.
    pub equity: u128,
    /// How many accounts were liquidated in part so far.
    pub liquidated: usize,
    /// How many failed so far.
    pub failed: usize,
    /// The gross value that was closed of them so far, in atoms.
    pub closed: u128,
    /// What losses lacked so far beyond own means, those that are settled, in atoms.
    pub deficit: u128,
    /// What open books lack at the marks.
    pub open: u128,
}

/// A recorded crisis, played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// What it came to.
    pub crisis: Crisis,
    /// The markets, by the file's volume.
    pub markets: Vec<String>,
    /// What all accounts held at the start, in atoms.
    pub equity: u128,
    /// Its moments; none where only the end was asked for.
    pub moments: Vec<Moment>,
}

/// Keeps every moment.
#[derive(Default)]
struct Moments(Vec<Moment>);

impl Watcher for Moments {
    fn ended(&mut self, now: &Venue, at: Time, progress: Progress) {
        let (failed, deficit) = now.failed();
        self.0.push(Moment {
            at,
            marks: now.marks(),
            equity: now.held(),
            liquidated: progress.liquidated,
            failed,
            closed: progress.closed,
            deficit,
            open: now.open_losses().map(|loss| now.hole(loss)).sum(),
        });
    }
}

/// The book and the prices: as many accounts as the model has, in as many markets of the file, the
/// ones with the most volume.
fn world(
    model: &CrisisModel,
    candles: &Candles,
    replay: &Replay,
    seed: Seed,
) -> Result<World, Stopped> {
    let series = replay.series(candles).map_err(Stopped::Model)?;
    let symbols = series.iter().take(model.markets as usize).map(|of| of.symbol.clone());
    let world = Replayed {
        name: String::new(),
        replay: Replay { symbols: symbols.collect(), ..replay.clone() },
        twins: Twins { count: 0, ..Twins::default() },
        schedules: Schedules::ByDepth,
        options: None,
        population: model.population(),
    };
    world.draw(candles, seed).map_err(Stopped::Model)
}

/// Plays `candles` through a book that is drawn from `seed`; with every moment where `told`. What
/// the model says of drawn crises is not read.
///
/// # Errors
///
/// A parameter out of its range, candles that the replay refuses, what the engine refuses.
pub fn play(
    model: &CrisisModel,
    candles: &Candles,
    replay: &Replay,
    seed: Seed,
    told: bool,
) -> Result<Story, Stopped> {
    model.check().map_err(Stopped::Model)?;
    let world = world(model, candles, replay, seed)?;
    let venue = Venue::of(&world, model).map_err(Stopped::Engine)?;
    let mut moments = Moments::default();
    let after =
        if told { venue.play(&world.path, &mut moments) } else { venue.play(&world.path, &mut ()) };
    Ok(Story {
        crisis: after.map_err(Stopped::Engine)?.crisis,
        markets: world.markets.into_iter().map(|market| market.name).collect(),
        equity: venue.equity,
        moments: moments.0,
    })
}

#[cfg(test)]
mod tests {
    use super::play;
    use crate::crisis::model::CrisisModel;
    use crate::path::candles::Candles;
    use crate::path::replay::{GapRule, Replay};
    use crate::seed::Seed;

    /// Two markets that halve within eight candles; the second is silent for one of them.
    fn candles() -> Candles {
        let mut text = "symbol,open_time_ms,open,high,low,close\n".to_owned();
        for (symbol, start) in [("AAA", 60_000.0), ("BBB", 3_000.0)] {
            for place in 0..8u32 {
                let open = start * (1.0 - 0.06 * f64::from(place));
                let close = start * (1.0 - 0.06 * f64::from(place + 1));
                if symbol == "BBB" && place == 3 {
                    continue;
                }
                text += &format!(
                    "{symbol},{},{open:.2},{open:.2},{close:.2},{close:.2}\n",
                    1_700_000_000_000 + 60_000 * u64::from(place)
                );
            }
        }
        Candles::parse(&text).unwrap()
    }

    #[test]
    fn a_record_is_told_tick_by_tick_and_comes_to_the_same() {
        let model = CrisisModel { accounts: 60, markets: 2, ..CrisisModel::default() };
        let gaps = GapRule { hold: 2, may_end: false };
        let replay = Replay { gaps, ..Replay::default() };
        let of = |seed: u64, told| play(&model, &candles(), &replay, Seed(seed), told).unwrap();
        let told = of(1, true);
        assert_eq!(told.crisis, of(1, false).crisis);
        assert_ne!(told.crisis, of(2, false).crisis, "another book");
        assert_eq!((told.moments.len(), told.markets.len()), (32, 2));
        let last = told.moments.last().unwrap();
        assert_eq!(last.deficit, told.crisis.deficit);
        assert_eq!(last.failed, told.crisis.failed as usize);
        assert_eq!(last.closed, told.crisis.closed);
        assert!(told.crisis.failed > 0 && last.open == 0, "{:?}", told.crisis);
        let falls = |of: fn(&super::Moment) -> u128| {
            told.moments.windows(2).any(|pair| of(&pair[1]) < of(&pair[0]))
        };
        assert!(!falls(|of| of.deficit) && !falls(|of| of.closed), "what was is");
        // A market that said nothing stands where it stood.
        assert!(told.moments.iter().all(|of| of.marks.len() == 2));
        let missing = play(&model, &candles(), &Replay::default(), Seed(1), false).unwrap_err();
        assert!(missing.to_string().contains("BBB"), "{missing}");
    }
}
