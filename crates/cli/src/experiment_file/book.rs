//! How far prices move over a night, and how nights are drawn: `[book]`.

use schemars::JsonSchema;

use super::given::Given;
use super::model::{Question, World};
use super::parameter::percent;
use super::read::funded;
use super::shape::{FileShape, WorldShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{At, PercentText, ValueText};
use crate::loss_file::words::Words;

/// How far prices move over a night, and how nights are drawn.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Book")]
pub struct BookShape {
    /// A folder that `rhodian run --out` wrote, whose book is asked about; a drawn one where nothing
    /// is said. Beside the experiment file.
    pub run: Option<At<String>>,
    /// The deviation of the log return of each market; "5 %" where nothing is said.
    pub deviation: Option<At<PercentText>>,
    /// The part of nights that is drawn by the law itself, and not near those that break the fund;
    /// "10 %" where nothing is said, "100 %" for all.
    pub defensive: Option<At<PercentText>>,
}

/// A key of a world with where it stands.
type Key = (&'static str, fn(&WorldShape) -> &Option<At<ValueText>>);

/// Keys of a crisis: a night that nobody trades in has none of it. Models are told apart.
const CRISIS: [Key; 5] = [
    ("fall", |of| &of.fall),
    ("beyond", |of| &of.beyond),
    ("cost", |of| &of.cost),
    ("maintenance", |of| &of.maintenance),
    ("close", |of| &of.close),
];

/// Keys of models: what is sold, closed and told while prices move. Who is there is read.
const MODELS: [Key; 8] = [
    ("depth", |of| &of.depth),
    ("impact", |of| &of.impact),
    ("stops", |of| &of.stops),
    ("gamma", |of| &of.gamma),
    ("process", |of| &of.process),
    ("withdrawals", |of| &of.withdrawals),
    ("aversion", |of| &of.aversion),
    ("oracle", |of| &of.oracle),
];

/// Keys of a drawn book: one that is given has none of it.
const DRAWN: [Key; 5] = [
    ("accounts", |of| &of.accounts),
    ("markets", |of| &of.markets),
    ("leverage", |of| &of.leverage),
    ("selection", |of| &of.selection),
    ("hazard", |of| &of.hazard),
];

/// The question of the kind book.
pub(super) fn book(
    words: &Words<'_>,
    shape: &FileShape,
    world: World,
) -> Result<Question, Diagnostic> {
    funded(words, shape, &world, 0)?;
    let stands = |(key, at): Key| {
        let world = shape.world.as_ref()?;
        at(&world.value).as_ref().map(|stands| (key, &stands.place))
    };
    if let Some((key, place)) = CRISIS.into_iter().chain(MODELS).find_map(stands) {
        let message = format!("{key} is of a crisis that is traded in, and a night has none");
        let help = "drop it; kind = \"monte-carlo\" plays crises.";
        let allowed = "accounts, markets, correlation, leverage, selection, hazard, fund";
        return Err(words.refuse("world-no-crisis", message, help, place, allowed));
    }
    let run = shape.book.as_ref().and_then(|at| at.value.run.as_ref());
    if let Some((key, place)) = DRAWN.into_iter().find_map(stands).filter(|_| run.is_some()) {
        let message = format!("{key} is of a book that is drawn, and this one is given");
        let help = "drop it, or drop run.";
        let allowed = "correlation, fund";
        return Err(words.refuse("book-given", message, help, place, allowed));
    }
    let given = run.map(|at| Given::read(words, at)).transpose()?;
    let shape = shape.book.as_ref().map(|at| &at.value);
    let deviation = shape.and_then(|shape| shape.deviation.as_ref());
    let deviation = deviation.map_or(Ok(50_000), |at| percent(words, at, "deviation", (1, 50)))?;
    let defensive = shape.and_then(|shape| shape.defensive.as_ref());
    let defensive =
        defensive.map_or(Ok(100_000), |at| percent(words, at, "defensive", (1, 100)))?;
    Ok(Question::Book { world, deviation, defensive, given })
}
