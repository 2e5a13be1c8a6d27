//! How far prices move over a night, and how nights are drawn: `[book]`.

use schemars::JsonSchema;

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

/// The question of the kind book.
pub(super) fn book(
    words: &Words<'_>,
    shape: &FileShape,
    world: World,
) -> Result<Question, Diagnostic> {
    funded(words, shape, &world, 0)?;
    for (key, at) in CRISIS.into_iter().chain(MODELS) {
        let stands = shape.world.as_ref().and_then(|world| at(&world.value).as_ref());
        let Some(stands) = stands else { continue };
        let message = format!("{key} is of a crisis that is traded in, and a night has none");
        let help = "drop it; kind = \"monte-carlo\" plays crises.";
        let allowed = "accounts, markets, correlation, leverage, selection, hazard, fund";
        return Err(words.refuse("world-no-crisis", message, help, &stands.place, allowed));
    }
    let shape = shape.book.as_ref().map(|at| &at.value);
    let deviation = shape.and_then(|shape| shape.deviation.as_ref());
    let deviation = deviation.map_or(Ok(50_000), |at| percent(words, at, "deviation", (1, 50)))?;
    let defensive = shape.and_then(|shape| shape.defensive.as_ref());
    let defensive =
        defensive.map_or(Ok(100_000), |at| percent(words, at, "defensive", (1, 100)))?;
    Ok(Question::Book { world, deviation, defensive })
}
