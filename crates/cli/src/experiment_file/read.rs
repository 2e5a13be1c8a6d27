//! From a text to an experiment: its shape, then its kind, then its worlds.

use std::path::Path;

use rhodian_lab::experiment::sobol::REPLICATES;

use super::book::book;
use super::contagion::contagion;
use super::cover::cover;
use super::model::{Experiment, Layer, Moves, Points, Question, Side, World};
use super::optimise::optimise;
use super::parameter::{self, DOLLARS, PARAMETERS, Parameter, percent, written};
use super::recorded::replay;
use super::ruin::ruin;
use super::shape::{
    FileShape, StressLayerShape, StressShape, SweepShape, TranchesShape, WorldShape,
};
use super::tune::tune;
use super::unread;
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::shape;
use crate::loss_file::shape::At;
use crate::loss_file::toml_text::TomlText;
use crate::loss_file::words::Words;
use crate::terminal::visible;

/// What may be asked, by the word of the key `kind`.
pub const KINDS: [&str; 16] = [
    "monte-carlo",
    "sweep",
    "ab",
    "rare",
    "reverse-stress",
    "tail",
    "tranches",
    "replay",
    "mechanisms",
    "map",
    "book",
    "contagion",
    "optimise",
    "tune",
    "ruin",
    "cover-n",
];
/// What points crises are drawn by, by the word of the key `points`.
pub const POINTS: [(Points, &str); 2] = [(Points::Random, "random"), (Points::Sobol, "sobol")];
/// Means of fewer have no interval.
const LEAST: u32 = 30;
const MOST: u32 = 10_000_000;
/// A sweep has so many values at most, a map on each side.
const MOST_VALUES: usize = 20;

/// The part of a move that comes at once, where nothing is said, in millionths.
const GAP: u32 = 500_000;

/// Reads an experiment file, or standard input where the path is `-`.
pub fn read(path: &Path) -> Result<Experiment, Diagnostic> {
    from_text(&TomlText::read(path)?)
}

/// Reads an experiment file from its text.
pub fn from_text(text: &TomlText) -> Result<Experiment, Diagnostic> {
    let shape: FileShape = shape(text, "experiment")?;
    let words = Words { text, format: DOLLARS };
    let kinds: Vec<(&str, &'static str)> = KINDS.iter().map(|kind| (*kind, *kind)).collect();
    let kind = words.one_of(&shape.kind, "kind", &kinds)?;
    only_its_own(&words, &shape, kind)?;
    let seed = shape.seed.as_ref().map_or(Ok(1), |at| words.whole(at, "seed", (0, u32::MAX)))?;
    let default = match kind {
        "rare" | "tail" | "tranches" | "ruin" => 1_000,
        "reverse-stress" | "replay" => LEAST,
        "mechanisms" => 200,
        "contagion" => 4_000,
        "book" => 20_000,
        _ => 400,
    };
    let crises = shape.crises.as_ref();
    // Nothing is drawn there, which is what has to be said of them.
    let crises = crises.filter(|_| kind != "cover-n");
    let crises = crises.map_or(Ok(default), |at| words.whole(at, "crises", (LEAST, MOST)))?;
    let base = match &shape.world {
        Some(at) => world(&words, at, World::default())?,
        None => World::default(),
    };
    let place = &shape.kind.place;
    let question = match kind {
        "sweep" => sweep(&words, needed(&words, shape.sweep.as_ref(), "sweep", place)?, base)?,
        "ab" => ab(&words, &shape, base)?,
        "rare" => rare(&words, &shape, base)?,
        "reverse-stress" => {
            stress(&words, needed(&words, shape.stress.as_ref(), "stress", place)?, base)?
        }
        "tail" => tail(&words, &shape, base)?,
        "tranches" => {
            tranches(&words, needed(&words, shape.tranches.as_ref(), "tranches", place)?, base)?
        }
        "replay" => {
            let at = needed(&words, shape.replay.as_ref(), "replay", place)?;
            replay(&words, &shape, at, base)?
        }
        "mechanisms" => mechanisms(&words, &shape, base)?,
        "book" => book(&words, &shape, base)?,
        "contagion" => {
            let at = needed(&words, shape.contagion.as_ref(), "contagion", place)?;
            contagion(&words, &shape, at)?
        }
        "cover-n" => cover(&words, &shape, needed(&words, shape.cover.as_ref(), "cover", place)?)?,
        "optimise" => {
            let at = needed(&words, shape.optimise.as_ref(), "optimise", place)?;
            optimise(&words, &shape, at, (base, crises))?
        }
        "tune" => {
            let at = needed(&words, shape.tune.as_ref(), "tune", place)?;
            tune(&words, &shape, at, (base, crises))?
        }
        "ruin" => {
            let at = needed(&words, shape.ruin.as_ref(), "ruin", place)?;
            ruin(&words, &shape, at, base)?
        }
        "map" => map(&words, needed(&words, shape.map.as_ref(), "map", place)?, base)?,
        _ => Question::MonteCarlo { world: base },
    };
    unread::check(&words, &shape, question.worlds())?;
    let title = shape.title.map_or_else(
        || format!("An experiment of the kind {kind}"),
        |at| visible(&at.value).into_owned(),
    );
    let mut crises = usize::try_from(crises).unwrap_or(usize::MAX);
    if let Question::Cover { of } = &question {
        crises = of.stresses.len();
    }
    if matches!(question, Question::Rare { points: Points::Sobol, .. }) {
        match &shape.crises {
            None => crises = NET,
            Some(at) => whole_nets(&words, crises, &at.place)?,
        }
    }
    Ok(Experiment { title, seed, crises, question })
}

/// How many crises are played by points where nothing is said.
const NET: usize = 64 * REPLICATES;

/// Refuses numbers of crises that are no whole nets: what is left of one is not even.
fn whole_nets(words: &Words<'_>, crises: usize, place: &Place) -> Result<(), Diagnostic> {
    if crises.is_multiple_of(REPLICATES) && (crises / REPLICATES).is_power_of_two() {
        return Ok(());
    }
    let message = format!("{crises} crises are no {REPLICATES} whole nets of points");
    let help = "points fill evenly by powers of two; or write points = \"random\".";
    let allowed = "16 times a power of two: 256, 512, 1024, 2048";
    Err(words.refuse("crises-no-nets", message, help, place, allowed))
}

/// Refuses the table of another kind: it would be read by nobody.
fn only_its_own(words: &Words<'_>, shape: &FileShape, kind: &str) -> Result<(), Diagnostic> {
    let place = |at: Option<&Place>| at.cloned();
    let tables = [
        ("sweep", "sweep", place(shape.sweep.as_ref().map(|at| &at.place))),
        ("a", "ab", place(shape.a.as_ref().map(|at| &at.place))),
        ("b", "ab", place(shape.b.as_ref().map(|at| &at.place))),
        ("rare", "rare", place(shape.rare.as_ref().map(|at| &at.place))),
        ("stress", "reverse-stress", place(shape.stress.as_ref().map(|at| &at.place))),
        ("tail", "tail", place(shape.tail.as_ref().map(|at| &at.place))),
        ("tranches", "tranches", place(shape.tranches.as_ref().map(|at| &at.place))),
        ("replay", "replay", place(shape.replay.as_ref().map(|at| &at.place))),
        ("mechanisms", "mechanisms", place(shape.mechanisms.as_ref().map(|at| &at.place))),
        ("book", "book", place(shape.book.as_ref().map(|at| &at.place))),
        ("contagion", "contagion", place(shape.contagion.as_ref().map(|at| &at.place))),
        ("cover", "cover-n", place(shape.cover.as_ref().map(|at| &at.place))),
        ("optimise", "optimise", place(shape.optimise.as_ref().map(|at| &at.place))),
        ("tune", "tune", place(shape.tune.as_ref().map(|at| &at.place))),
        ("ruin", "ruin", place(shape.ruin.as_ref().map(|at| &at.place))),
        ("map", "map", place(shape.map.as_ref().map(|at| &at.place))),
    ];
    for (table, of, place) in tables {
        let Some(place) = place.filter(|_| of != kind) else { continue };
        let message = format!("[{table}] is of the kind {of}, and this is {kind}");
        let help = format!("drop it, or write kind = \"{of}\".");
        let allowed = format!("the keys of {kind}");
        return Err(words.refuse("experiment-other-table", message, help, &place, allowed));
    }
    Ok(())
}

fn needed<'a, T>(
    words: &Words<'_>,
    table: Option<&'a At<T>>,
    name: &str,
    kind: &Place,
) -> Result<&'a At<T>, Diagnostic> {
    table.ok_or_else(|| {
        let message = format!("the table [{name}] is missing, which this kind needs");
        let help = "`rhodian init experiment` prints one of each kind.";
        words.refuse("experiment-no-table", message, help, kind, format!("a table [{name}]"))
    })
}

/// Refuses a world without a fund of so many atoms at least, where one is asked about.
pub(super) fn funded(
    words: &Words<'_>,
    file: &FileShape,
    world: &World,
    least: u128,
) -> Result<(), Diagnostic> {
    if world.fund.is_some_and(|fund| fund >= least) {
        return Ok(());
    }
    let message = "there is no fund, or one of nothing, and this kind asks about one";
    let help = "write fund = \"1000000\" into [world].";
    let written = file.world.as_ref().and_then(|at| at.value.fund.as_ref()).map(|at| &at.place);
    let table = || file.world.as_ref().map_or(&file.kind.place, |at| &at.place);
    let place = written.unwrap_or_else(table);
    Err(words.refuse("experiment-no-fund", message, help, place, "a fund"))
}

fn world(words: &Words<'_>, at: &At<WorldShape>, base: World) -> Result<World, Diagnostic> {
    let (mut world, shape) = (base, &at.value);
    let keys = [
        (Parameter::Accounts, &shape.accounts),
        (Parameter::Markets, &shape.markets),
        (Parameter::Fall, &shape.fall),
        (Parameter::Beyond, &shape.beyond),
        (Parameter::Cost, &shape.cost),
        (Parameter::Maintenance, &shape.maintenance),
        (Parameter::Close, &shape.close),
        (Parameter::Correlation, &shape.correlation),
        (Parameter::Leverage, &shape.leverage),
        (Parameter::Fund, &shape.fund),
        (Parameter::Depth, &shape.depth),
        (Parameter::Impact, &shape.impact),
        (Parameter::Recovery, &shape.recovery),
        (Parameter::Thinning, &shape.thinning),
        (Parameter::Refill, &shape.refill),
        (Parameter::Stops, &shape.stops),
        (Parameter::Gamma, &shape.gamma),
        (Parameter::Process, &shape.process),
        (Parameter::Withdrawals, &shape.withdrawals),
        (Parameter::Aversion, &shape.aversion),
        (Parameter::Selection, &shape.selection),
        (Parameter::Hazard, &shape.hazard),
        (Parameter::Oracle, &shape.oracle),
        (Parameter::OracleError, &shape.oracle_error),
        (Parameter::OracleSide, &shape.oracle_side),
        (Parameter::OracleSteps, &shape.oracle_steps),
    ];
    for (parameter, at) in keys {
        if let Some(at) = at {
            parameter.set(words, at, &mut world)?;
        }
    }
    Ok(world)
}

/// A parameter with the worlds of its values.
fn values(
    words: &Words<'_>,
    shape: &SweepShape,
    base: World,
) -> Result<(Parameter, Vec<Side>), Diagnostic> {
    let parameter = words.one_of(&shape.parameter, "parameter", &PARAMETERS)?;
    let count = shape.values.value.len();
    if !(2..=MOST_VALUES).contains(&count) {
        let message = format!("values has {count} entries");
        let help = "one value has nothing to be compared with.";
        let allowed = format!("2 to {MOST_VALUES} values");
        return Err(words.refuse("values-count", message, help, &shape.values.place, allowed));
    }
    let mut sides: Vec<Side> = Vec::with_capacity(count);
    for at in &shape.values.value {
        let mut world = base;
        parameter.set(words, at, &mut world)?;
        if sides.iter().any(|side| side.world == world) {
            let message = "a value stands twice";
            let help = "give every value once.";
            return Err(words.refuse("values-twice", message, help, &at.place, "another value"));
        }
        sides.push(Side { name: written(at), world });
    }
    Ok((parameter, sides))
}

fn sweep(words: &Words<'_>, at: &At<SweepShape>, base: World) -> Result<Question, Diagnostic> {
    let (parameter, sides) = values(words, &at.value, base)?;
    Ok(Question::Sweep { parameter: parameter.key(), sides })
}

fn ab(words: &Words<'_>, shape: &FileShape, base: World) -> Result<Question, Diagnostic> {
    let side = |name: &str, at: Option<&At<WorldShape>>| {
        let world = at.map_or(Ok(base), |at| world(words, at, base))?;
        Ok(Side { name: name.to_owned(), world })
    };
    let sides = vec![side("a", shape.a.as_ref())?, side("b", shape.b.as_ref())?];
    if sides[0].world == sides[1].world {
        let message = "a and b are the same world";
        let help = "write what differs into [b].";
        let place = &shape.kind.place;
        return Err(words.refuse("experiment-no-change", message, help, place, "two worlds"));
    }
    Ok(Question::Ab { sides })
}

fn rare(words: &Words<'_>, shape: &FileShape, world: World) -> Result<Question, Diagnostic> {
    funded(words, shape, &world, 0)?;
    let shape = shape.rare.as_ref().map(|at| &at.value);
    let deviation = shape.and_then(|shape| shape.deviation.as_ref());
    let deviation = deviation.map(|at| percent(words, at, "deviation", (1, 50))).transpose()?;
    let gap_at = shape.and_then(|shape| shape.gap.as_ref());
    let gap = gap_at.map_or(Ok(GAP), |at| percent(words, at, "gap", (0, 100)))?;
    if let Some(at) = gap_at.filter(|_| deviation.is_none()) {
        let message = "gap is of moves by a deviation, and there is none";
        let help = "write deviation = \"5 %\" beside it, or drop it.";
        let allowed = "gap beside deviation";
        return Err(words.refuse("experiment-no-deviation", message, help, &at.place, allowed));
    }
    let moves = deviation.map(|deviation| Moves { deviation, gap });
    let defensive = shape.and_then(|shape| shape.defensive.as_ref());
    let defensive = defensive.map_or(Ok(100_000), |at| percent(words, at, "defensive", (1, 99)))?;
    let points = shape.and_then(|shape| shape.points.as_ref());
    let points = points.map_or(Ok(Points::Random), |at| words.one_of(at, "points", &POINTS))?;
    Ok(Question::Rare { world, moves, defensive, points })
}

fn stress(words: &Words<'_>, at: &At<StressShape>, world: World) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    let deviation = shape.deviation.as_ref();
    let deviation = deviation.map_or(Ok(50_000), |at| percent(words, at, "deviation", (1, 50)))?;
    let gap = shape.gap.as_ref();
    let gap = gap.map_or(Ok(GAP), |at| percent(words, at, "gap", (0, 100)))?;
    let layers = layers(words, &shape.layer)?;
    Ok(Question::ReverseStress { world, deviation, gap, layers })
}

/// Layers in paying order.
pub(super) fn layers(
    words: &Words<'_>,
    list: &At<Vec<At<StressLayerShape>>>,
) -> Result<Vec<Layer>, Diagnostic> {
    if !(1..=MOST_VALUES).contains(&list.value.len()) {
        let message = format!("there are {} layers", list.value.len());
        let help = "add one with name and size.";
        let allowed = format!("1 to {MOST_VALUES} layers");
        return Err(words.refuse("layer-none", message, help, &list.place, allowed));
    }
    let mut layers: Vec<Layer> = Vec::new();
    for at in &list.value {
        let name = words.name(&at.value.name, "name")?.as_str().to_owned();
        if layers.iter().any(|layer| layer.name == name) {
            let message = format!("layer \"{name}\" stands twice");
            let help = "give every layer of the file a name of its own.";
            let place = &at.value.name.place;
            return Err(words.refuse("layer-twice", message, help, place, "a new name"));
        }
        let size = words.amount(&at.value.size, "size", 1)?.atoms();
        layers.push(Layer { name, size });
    }
    Ok(layers)
}

/// The same beside the world's fund, which is a layer of its own.
pub(super) fn layers_beside(
    words: &Words<'_>,
    list: &At<Vec<At<StressLayerShape>>>,
    world: &World,
) -> Result<Vec<Layer>, Diagnostic> {
    let layers = layers(words, list)?;
    let twice = layers.iter().zip(&list.value).find(|(layer, _)| layer.name == "fund");
    if let (Some(_), Some((_, at))) = (world.fund, twice) {
        let message = "the world has a fund, and a layer is named \"fund\"";
        let help = "give the layer another name, or drop the world's fund.";
        let place = &at.value.name.place;
        return Err(words.refuse("layer-twice", message, help, place, "a new name"));
    }
    Ok(layers)
}

fn tail(words: &Words<'_>, shape: &FileShape, world: World) -> Result<Question, Diagnostic> {
    let shape = shape.tail.as_ref().map(|at| &at.value);
    let target = shape.and_then(|shape| shape.target.as_ref());
    let above = shape.and_then(|shape| shape.above.as_ref());
    let above = above.map_or(Ok(100_000), |at| percent(words, at, "above", (1, 50)))?;
    let target = target.map_or(Ok(100), |at| parameter::target(words, at, 20))?;
    Ok(Question::Tail { world, target, above })
}

fn tranches(
    words: &Words<'_>,
    at: &At<TranchesShape>,
    world: World,
) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    let whole = |at: Option<&At<i64>>, key, default, most| {
        at.map_or(Ok(default), |at| words.whole(at, key, (1, most)))
    };
    let a_year = whole(shape.a_year.as_ref(), "a_year", 1, 1_000)?;
    let shortfall = whole(shape.shortfall.as_ref(), "shortfall", 2, 10_000)?;
    let capital = shape.capital.as_ref();
    let capital = capital.map_or(Ok(100_000), |at| percent(words, at, "capital", (1, 100)))?;
    let layers = layers_beside(words, &shape.layer, &world)?;
    Ok(Question::Tranches { world, layers, a_year, capital, shortfall })
}

fn mechanisms(words: &Words<'_>, shape: &FileShape, world: World) -> Result<Question, Diagnostic> {
    let leave = shape.mechanisms.as_ref().and_then(|at| at.value.leave.as_ref());
    let leave = leave.map_or(Ok(500_000), |at| percent(words, at, "leave", (0, 99)))?;
    Ok(Question::Mechanisms { world, leave })
}

fn map(
    words: &Words<'_>,
    at: &At<super::shape::MapShape>,
    base: World,
) -> Result<Question, Diagnostic> {
    let (across, columns) = values(words, &at.value.across.value, base)?;
    let mut sides = Vec::new();
    let (down, rows) = values(words, &at.value.down.value, base)?;
    if across == down {
        let message = format!("{} stands on both sides", down.key());
        let help = "choose two parameters.";
        let place = &at.value.down.value.parameter.place;
        return Err(words.refuse("map-one-parameter", message, help, place, "another parameter"));
    }
    for row in &rows {
        // A row's value on top of each column's.
        let (_, cells) = values(words, &at.value.across.value, row.world)?;
        for cell in cells {
            sides.push(Side { name: format!("{} / {}", cell.name, row.name), ..cell });
        }
    }
    let names = |sides: &[Side]| sides.iter().map(|side| side.name.clone()).collect();
    Ok(Question::Map {
        across: (across.key(), names(&columns)),
        down: (down.key(), names(&rows)),
        sides,
    })
}
