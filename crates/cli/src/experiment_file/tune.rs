//! Which control law moves the maintenance margin at least cost: `[tune]`.

use rhodian_lab::steward::season::{WEEKS, Weather};
use rhodian_lab::steward::{Law, Levels, Signal};
use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Question, Side, World, part};
use super::parameter::percent;
use super::read::funded;
use super::shape::{FileShape, WorldShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{AmountText, At, PercentText, SignalText};
use crate::loss_file::words::Words;

/// What a steward may look at, by the word of the key `looks_at`.
pub const SIGNALS: [(Signal, &str); 3] = [
    (Signal::Volatility, "volatility"),
    (Signal::Fund, "fund"),
    (Signal::Liquidations, "liquidations"),
];
/// So many gains, bands and levels at most.
const MOST: usize = 10;
/// So many seasons the least is chosen by, and as many say what it comes to: a mean of fewer has no
/// interval.
const SEASONS: u32 = 30;

/// A control law with the gains and bands that are tried, the weather it goes through, and what
/// counts.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tune")]
pub struct TuneShape {
    /// What the law looks at.
    pub looks_at: At<SignalText>,
    /// The least of the maintenance margin, of the schedule's.
    pub from: At<PercentText>,
    /// The most.
    pub to: At<PercentText>,
    /// How many values it may have, evenly spaced; 5 where nothing is said. Each is played.
    pub levels: Option<At<i64>>,
    /// Where it stands in usual times; "100 %" where nothing is said. The nearest level is taken.
    pub base: Option<At<PercentText>>,
    /// What of the signal is passed on, each a candidate: with "100 %" twice the usual wants twice
    /// the base.
    pub gains: At<Vec<At<PercentText>>>,
    /// It stays while what it wants is no further away, of the schedule's margin, each a candidate;
    /// "10 %" where nothing is said.
    pub bands: Option<At<Vec<At<PercentText>>>>,
    /// The most it moves in a week; where nothing is said "20 %", or the distance of two levels if
    /// that is more.
    pub step: Option<At<PercentText>>,
    /// How many weeks it looks back; 4 where nothing is said.
    pub window: Option<At<i64>>,
    /// How many weeks a season has; 52 where nothing is said.
    pub weeks: Option<At<i64>>,
    /// How many crises a year has on average; 4 where nothing is said.
    pub a_year: Option<At<i64>>,
    /// The part of crises that come whatever the weather is; "25 %" where nothing is said.
    pub unforeseen: Option<At<PercentText>>,
    /// In how many weeks half of a storm is over; 8 where nothing is said.
    pub half_life: Option<At<i64>>,
    /// The deviation of the logarithm of volatility; "50 %" where nothing is said.
    pub spread: Option<At<PercentText>>,
    /// The part of the fund that comes in within a year, until it is full; "100 %" where nothing is
    /// said.
    pub refill: Option<At<PercentText>>,
    /// What a dollar of margin costs a year that is tied up; "10 %" where nothing is said.
    pub capital: Option<At<PercentText>>,
    /// What a dollar that the fund lacks costs, in dollars; 2 where nothing is said.
    pub shortfall: Option<At<i64>>,
    /// What is charged for what is closed, of its value; "1 %" where nothing is said.
    pub closing: Option<At<PercentText>>,
    /// What a move of the parameter costs, in dollars; nothing where nothing is said.
    pub moving: Option<At<AmountText>>,
}

/// What is tuned. Parts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tune {
    /// What the law looks at, by its word.
    pub looks_at: &'static str,
    /// The least of the parameter.
    pub from: u32,
    /// The most.
    pub to: u32,
    /// Where it stands in usual times.
    pub base: u32,
    /// The gains that are tried.
    pub gains: Vec<u32>,
    /// The bands that are tried.
    pub bands: Vec<u32>,
    /// The most it moves in a week.
    pub step: u32,
    /// How many weeks it looks back.
    pub window: u32,
    /// How many weeks a season has.
    pub weeks: u32,
    /// How many crises a year has on average.
    pub a_year: u32,
    /// The part of them that come whatever the weather is.
    pub unforeseen: u32,
    /// In how many weeks half of a storm is over.
    pub half_life: u32,
    /// The deviation of the logarithm of volatility.
    pub spread: u32,
    /// The part of the fund that comes in within a year.
    pub refill: u32,
    /// What a dollar of margin costs a year.
    pub capital: u32,
    /// What a dollar that the fund lacks costs, in dollars.
    pub shortfall: u32,
    /// What is charged for what is closed.
    pub closing: u32,
    /// What a move costs, in atoms.
    pub moving: u128,
    /// Each level with its world.
    pub sides: Vec<Side>,
}

impl Tune {
    /// The levels.
    pub fn levels(&self) -> Levels {
        Levels { least: part(self.from), most: part(self.to), count: self.sides.len() }
    }

    /// The law of a gain and a band.
    pub fn law(&self, gain: u32, band: u32) -> Law {
        let signal = SIGNALS.iter().find(|(_, word)| *word == self.looks_at);
        Law {
            signal: signal.map_or(Signal::Volatility, |(signal, _)| *signal),
            gain: part(gain),
            band: part(band),
            step: part(self.step),
            window: usize::try_from(self.window).unwrap_or(WEEKS),
        }
    }

    /// How many crises so many seasons may use: a quarter more than come on average, and one each at
    /// least.
    fn uses(&self, seasons: u32) -> u64 {
        let come = u64::from(self.a_year) * u64::from(self.weeks) * 5;
        (u64::from(seasons) * come).div_ceil(WEEKS as u64 * 4).max(seasons.into())
    }

    /// How many seasons so many crises make.
    pub fn seasons(&self, crises: usize) -> u64 {
        let crises = u32::try_from(crises).unwrap_or(u32::MAX);
        let most = u64::from(crises) * WEEKS as u64 * 4
            / (u64::from(self.a_year) * u64::from(self.weeks) * 5);
        most.min(crises.into())
    }

    /// The weather.
    pub fn weather(&self) -> Weather {
        Weather {
            half_life: f64::from(self.half_life),
            spread: part(self.spread),
            a_year: f64::from(self.a_year),
            unforeseen: part(self.unforeseen),
        }
    }
}

/// The question of the kind tune, of so many crises.
pub(super) fn tune(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<TuneShape>,
    (world, crises): (World, u32),
) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    sound_world(words, file, &world)?;
    let part_of = |at: Option<&At<PercentText>>, key, default, bounds| {
        at.map_or(Ok(default), |at| percent(words, at, key, bounds))
    };
    let whole = |at: Option<&At<i64>>, key, default, bounds| {
        at.map_or(Ok(default), |at| words.whole(at, key, bounds))
    };
    let from = percent(words, &shape.from, "from", (50, 200))?;
    let to = percent(words, &shape.to, "to", (50, 200))?;
    if from >= to {
        let message = "the margin ends where it begins, or before";
        let help = "give the smaller value to from.";
        return Err(words.refuse("tune-empty", message, help, &shape.to.place, "more than from"));
    }
    let count = whole(shape.levels.as_ref(), "levels", 5, (2, 10))?;
    let base = part_of(shape.base.as_ref(), "base", 1_000_000, (50, 200))?;
    if !(from..=to).contains(&base) {
        let message = "in usual times the margin is out of its bounds";
        let help = "write base, or wider bounds.";
        let place = shape.base.as_ref().map_or(&shape.from.place, |at| &at.place);
        return Err(words.refuse("tune-base", message, help, place, "from to to"));
    }
    let moving = shape.moving.as_ref().map(|at| words.amount(at, "moving", 1)).transpose()?;
    let of = Tune {
        looks_at: SIGNALS[0].1,
        from,
        to,
        base,
        gains: several(words, &shape.gains, "gains", (1, 1_000))?,
        bands: match &shape.bands {
            None => vec![100_000],
            Some(at) => several(words, at, "bands", (0, 100))?,
        },
        step: step(words, shape.step.as_ref(), (to - from).div_ceil(count - 1))?,
        window: whole(shape.window.as_ref(), "window", 4, (1, 52))?,
        weeks: whole(shape.weeks.as_ref(), "weeks", 52, (4, 520))?,
        a_year: whole(shape.a_year.as_ref(), "a_year", 4, (1, 26))?,
        unforeseen: part_of(shape.unforeseen.as_ref(), "unforeseen", 250_000, (0, 100))?,
        half_life: whole(shape.half_life.as_ref(), "half_life", 8, (1, 520))?,
        spread: part_of(shape.spread.as_ref(), "spread", 500_000, (0, 100))?,
        refill: part_of(shape.refill.as_ref(), "refill", 1_000_000, (0, 1_000))?,
        capital: part_of(shape.capital.as_ref(), "capital", 100_000, (0, 100))?,
        shortfall: whole(shape.shortfall.as_ref(), "shortfall", 2, (1, 10_000))?,
        closing: part_of(shape.closing.as_ref(), "closing", 10_000, (0, 100))?,
        moving: moving.map_or(0, |amount| amount.atoms()),
        sides: sides(world, (from, to), count),
    };
    let signal = words.one_of(&shape.looks_at, "looks_at", &SIGNALS)?;
    let word = SIGNALS.iter().find(|(of, _)| *of == signal).map_or(SIGNALS[0].1, |(_, word)| word);
    enough(words, file, (&of, crises), &shape.looks_at)?;
    Ok(Question::Tune { of: Tune { looks_at: word, ..of } })
}

/// A fund, and no margin: that is what is moved.
fn sound_world(words: &Words<'_>, file: &FileShape, world: &World) -> Result<(), Diagnostic> {
    funded(words, file, world, 1)?;
    let margin = file.world.as_ref().and_then(|at: &At<WorldShape>| at.value.maintenance.as_ref());
    if let Some(at) = margin {
        let message = "maintenance is what is moved";
        let help = "write base, from and to into [tune].";
        return Err(words.refuse("tune-maintenance", message, help, &at.place, "base of [tune]"));
    }
    Ok(())
}

/// The most it moves in a week: with less than the distance of two levels it would never move.
fn step(words: &Words<'_>, at: Option<&At<PercentText>>, distance: u32) -> Result<u32, Diagnostic> {
    let Some(at) = at else { return Ok(distance.max(200_000)) };
    let step = percent(words, at, "step", (1, 150))?;
    if step >= distance {
        return Ok(step);
    }
    let message = "so small a step leads to no other level: the margin would never move";
    let help = "write a larger one, or more levels.";
    let allowed = format!("\"{}\" or more", in_per_cent(distance));
    Err(words.refuse("tune-step", message, help, &at.place, allowed))
}

/// One to ten parts, each once.
fn several(
    words: &Words<'_>,
    list: &At<Vec<At<PercentText>>>,
    key: &str,
    bounds: (u32, u32),
) -> Result<Vec<u32>, Diagnostic> {
    let all = &list.value;
    if !(1..=MOST).contains(&all.len()) {
        let message = format!("{key} has {} entries", all.len());
        let allowed = format!("1 to {MOST} parts");
        let help = "each is a candidate.";
        return Err(words.refuse(format!("{key}-count"), message, help, &list.place, allowed));
    }
    let mut found = Vec::with_capacity(all.len());
    for at in all {
        let value = percent(words, at, key, bounds)?;
        if found.contains(&value) {
            let message = format!("a value of {key} stands twice");
            let help = "give every value once.";
            let code = format!("{key}-twice");
            return Err(words.refuse(code, message, help, &at.place, "another value"));
        }
        found.push(value);
    }
    Ok(found)
}

/// A part in per cent, as a file writes it: exactly, so that no two have one name.
fn in_per_cent(part: u32) -> String {
    let text = format!("{:.4}", f64::from(part) / 1e4);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The world of each level.
fn sides(world: World, (from, to): (u32, u32), count: u32) -> Vec<Side> {
    let side = |level: u32| {
        // Below 2^32 times ten.
        let exact = u64::from(to - from) * u64::from(level) / u64::from(count - 1);
        let maintenance = from + u32::try_from(exact).unwrap_or(0);
        Side { name: in_per_cent(maintenance), world: World { maintenance, ..world } }
    };
    (0..count).map(side).collect()
}

/// Refuses crises that are too few for the seasons that figures are of.
fn enough(
    words: &Words<'_>,
    file: &FileShape,
    (of, crises): (&Tune, u32),
    at: &At<SignalText>,
) -> Result<(), Diagnostic> {
    let needed = of.uses(2 * SEASONS);
    if u64::from(crises) >= needed {
        return Ok(());
    }
    let message =
        format!("{crises} crises are too few for {} seasons of {} weeks", 2 * SEASONS, of.weeks);
    let help = "play more crises, or ask for shorter seasons or fewer crises a year.";
    let place = file.crises.as_ref().map_or(&at.place, |at| &at.place);
    Err(words.refuse("tune-few-crises", message, help, place, format!("crises = {needed} or more")))
}
