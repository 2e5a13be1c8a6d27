//! Recorded prices of an experiment: a file of candles or a folder of them, read when the
//! experiment is, so that their hashes are part of what it asks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rhodian_lab::error::LabError;
use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::replay::{ExtremeOrder, GapRule, Replay};
use rhodian_lab::path::resample::Resample;
use rhodian_lab::seed::Seed;

use super::model::{Prices, Question, World};
use super::read::layers_beside;
use super::shape::{FileShape, ReplayShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;
use crate::parquet;
use crate::terminal::visible;

/// So many files of a folder at most.
const MOST_FILES: usize = 20;

/// In which order a candle's low and high are visited, by its word.
pub const ORDERS: [(ExtremeOrder, &str); 3] = [
    (ExtremeOrder::Shorter, "shorter"),
    (ExtremeOrder::LowFirst, "low-first"),
    (ExtremeOrder::HighFirst, "high-first"),
];

/// How a record becomes another, by its word. Blocks have the length of another key.
pub const RESAMPLES: [(Resample, &str); 3] = [
    (Resample::Blocks(16), "blocks"),
    (Resample::Filtered, "filtered"),
    (Resample::Garch, "garch"),
];

/// How each run's prices are made of the record.
pub fn resampling(word: &str, block: u32) -> Option<Resample> {
    let (found, _) = RESAMPLES.iter().find(|(_, known)| *known == word)?;
    Some(if matches!(found, Resample::Blocks(_)) { Resample::Blocks(block) } else { *found })
}

/// The word of the key `resample`, and the length of a block.
fn resampled(
    words: &Words<'_>,
    shape: &ReplayShape,
    files: &[Prices],
) -> Result<(&'static str, u32), Diagnostic> {
    let Some(at) = &shape.resample else {
        let Some(at) = &shape.block else { return Ok(("", 16)) };
        let message = "block is of paths that are made in blocks, and there are none";
        let help = "write resample = \"blocks\" beside it, or drop it.";
        let allowed = "block beside resample";
        return Err(words.refuse("replay-no-blocks", message, help, &at.place, allowed));
    };
    let found = words.one_of(at, "resample", &RESAMPLES)?;
    let block = shape.block.as_ref();
    let block = block.map_or(Ok(16), |at| words.whole(at, "block", (1, 10_000)))?;
    let word = RESAMPLES.iter().find(|(known, _)| *known == found).map_or("", |(_, word)| *word);
    for file in files {
        // What cannot be made of a record is told before anything is played.
        let made = resampling(word, block).map(|of| of.draw(&file.candles, Seed(0)));
        if let Some(Err(error)) = made {
            let message = format!("{}: {error}", visible(&file.name));
            let help = "name a file without gaps, of more candles.";
            let allowed = "a record that can be resampled";
            return Err(words.refuse("prices-not-resampled", message, help, &at.place, allowed));
        }
    }
    Ok((word, block))
}

/// What a replay asks.
pub(super) fn replay(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<ReplayShape>,
    world: World,
) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    only_recorded(words, file)?;
    let order = shape.order.as_ref();
    let order = order.map_or(Ok(ExtremeOrder::Shorter), |at| words.one_of(at, "order", &ORDERS))?;
    let gaps = shape.gaps.as_ref().map_or(Ok(0), |at| words.whole(at, "gaps", (0, 1_000)))?;
    let replay = replaying(order, gaps);
    let mut files = Vec::new();
    for path in paths(words, &shape.file)? {
        let prices = read(words, &path, &shape.file)?;
        replay.series(&prices.candles).map_err(|error| {
            let message = format!("{}: {error}", visible(&prices.name));
            let help = "gaps says how many candles in a row may be missing.";
            let place = &shape.file.place;
            words.refuse("prices-not-played", message, help, place, "candles without gaps")
        })?;
        enough_markets(words, file, &world, &prices)?;
        files.push(prices);
    }
    let order = ORDERS.iter().find(|(known, _)| *known == order).map_or("", |(_, word)| word);
    let layers = match &shape.layer {
        None => Vec::new(),
        Some(at) => layers_beside(words, at, &world)?,
    };
    let (resample, block) = resampled(words, shape, &files)?;
    Ok(Question::Replay { world, files, order, gaps, resample, block, layers })
}

/// Refuses more markets than a file has symbols, where they are written: where not, all are played.
fn enough_markets(
    words: &Words<'_>,
    file: &FileShape,
    world: &World,
    of: &Prices,
) -> Result<(), Diagnostic> {
    let written = file.world.as_ref().and_then(|at| at.value.markets.as_ref());
    let (Some(at), count) = (written, of.candles.series.len()) else { return Ok(()) };
    if usize::try_from(world.markets).is_ok_and(|markets| markets <= count) {
        return Ok(());
    }
    let message =
        format!("{} has {count} symbols, and markets is {}", visible(&of.name), world.markets);
    let help = "each market has the prices of a symbol of its own.";
    Err(words.refuse("replay-few-symbols", message, help, &at.place, format!("1 to {count}")))
}

/// How candles are walked through.
pub fn replaying(order: ExtremeOrder, gaps: u32) -> Replay {
    Replay { order, gaps: GapRule { hold: gaps, may_end: true }, ..Replay::default() }
}

/// Refuses what draws crises: prices are given here.
fn only_recorded(words: &Words<'_>, file: &FileShape) -> Result<(), Diagnostic> {
    let Some(world) = &file.world else { return Ok(()) };
    let of = &world.value;
    let drawn = [
        ("fall", &of.fall),
        ("beyond", &of.beyond),
        ("correlation", &of.correlation),
        ("depth", &of.depth),
        ("impact", &of.impact),
        ("recovery", &of.recovery),
        ("thinning", &of.thinning),
        ("refill", &of.refill),
        ("stops", &of.stops),
        ("gamma", &of.gamma),
        ("process", &of.process),
        ("oracle", &of.oracle),
        ("oracle_error", &of.oracle_error),
        ("oracle_side", &of.oracle_side),
        ("oracle_steps", &of.oracle_steps),
    ];
    for (key, at) in drawn {
        if let Some(at) = at {
            let message = format!("{key} is of crises that are drawn, and these prices are given");
            let help = "drop it, or write kind = \"monte-carlo\".";
            let allowed = "accounts, markets, cost, maintenance, close, leverage, fund, \
                           withdrawals, aversion, selection, hazard";
            return Err(words.refuse("replay-drawn-key", message, help, &at.place, allowed));
        }
    }
    Ok(())
}

/// The file, or the files of the folder by their names.
fn paths(words: &Words<'_>, at: &At<String>) -> Result<Vec<PathBuf>, Diagnostic> {
    let path = words.text.folder.join(&at.value);
    if !path.is_dir() {
        return Ok(vec![path]);
    }
    let entries = std::fs::read_dir(&path).map_err(|error| unread(words, &path, at, &error))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unread(words, &path, at, &error))?.path();
        if path.extension().is_some_and(|end| end == "csv" || end == "parquet") {
            found.push(path);
        }
    }
    found.sort();
    one_of_each(words, at, &found)?;
    if (1..=MOST_FILES).contains(&found.len()) {
        return Ok(found);
    }
    let message = format!("the folder has {} files that end in .csv or .parquet", found.len());
    let help = "name a file, or a folder with fewer.";
    let allowed = format!("1 to {MOST_FILES} files of candles");
    Err(words.refuse("prices-count", message, help, &at.place, allowed))
}

/// Refuses `a.csv` beside `a.parquet`: the same record twice would count as two.
fn one_of_each(words: &Words<'_>, at: &At<String>, paths: &[PathBuf]) -> Result<(), Diagnostic> {
    let mut stems = BTreeSet::new();
    let Some(path) = paths.iter().find(|path| !stems.insert(path.file_stem())) else {
        return Ok(());
    };
    let name = path.file_stem().map_or_else(String::new, |of| of.to_string_lossy().into_owned());
    let message = format!("the folder has {} as .csv and as .parquet", visible(&name));
    let help = "a record counts once: take one of the two away, or name the files apart.";
    Err(words.refuse("prices-twice", message, help, &at.place, "files of different names"))
}

fn unread(words: &Words<'_>, path: &Path, at: &At<String>, error: &std::io::Error) -> Diagnostic {
    let cited = words.text.cite(&at.place);
    Diagnostic::input_output("read", &path.display().to_string(), error).at(cited)
}

/// What is wrong with candles; of a Parquet file, which has rows and no lines, by row.
pub fn wrong_with(error: &LabError, columnar: bool) -> String {
    match error {
        LabError::Line { line: 1, reason } if columnar => reason.clone(),
        LabError::Line { line, reason } if columnar => {
            // The header is a line and no row.
            format!("row {}: {reason}", line.saturating_sub(1))
        }
        error => error.to_string(),
    }
}

fn read(words: &Words<'_>, path: &Path, at: &At<String>) -> Result<Prices, Diagnostic> {
    let shown = path.display().to_string();
    let refuse = |code: &str, why: &str, help: &str, place: &Place| {
        let message = format!("{}: {why}", visible(&shown));
        words.refuse(code, message, help, place, "a file of candles, CSV or Parquet")
    };
    let mut bytes = std::fs::read(path).map_err(|error| unread(words, path, at, &error))?;
    let digest = blake3::hash(&bytes).to_string();
    let columnar = parquet::is(&bytes);
    if columnar {
        bytes = parquet::csv(&shown, &bytes)?;
    }
    let help = "columns are symbol, open_time_ms, open, high, low, close.";
    let not_read = |why: String| refuse("prices-not-read", &why, help, &at.place);
    let text = String::from_utf8(bytes).map_err(|_| not_read("it is not UTF-8".to_owned()))?;
    let candles = Candles::parse(&text).map_err(|error| not_read(wrong_with(&error, columnar)))?;
    let name = path.file_stem().map_or_else(String::new, |of| of.to_string_lossy().into_owned());
    Ok(Prices { name: visible(&name).into_owned(), digest, candles })
}
