//! What a fund gets and for how long it is looked ahead: `[ruin]`.

use rhodian_lab::ruin::Terms;
use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Question, World};
use super::parameter::target;
use super::read::funded;
use super::shape::FileShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{AmountText, At, PercentText};
use crate::loss_file::words::Words;

/// So many crises in one history at most.
const MOST: u32 = 500;

/// What a fund gets, and for how long it is looked ahead.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ruin")]
pub struct RuinShape {
    /// What the fund gets a year, in dollars.
    pub income: At<AmountText>,
    /// How many crises come in a year on average; 1 where nothing is said.
    pub a_year: Option<At<i64>>,
    /// How many years it is looked ahead; 10 where nothing is said.
    pub years: Option<At<i64>>,
    /// The chance of being emptied some time that a fund is sized for; "1 %" where nothing is said.
    pub target: Option<At<PercentText>>,
}

/// What is asked about a fund that gets an income.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ruin {
    /// The world, with the fund that it begins with.
    pub world: World,
    /// What it gets a year, in atoms.
    pub income: u128,
    /// How many crises come in a year on average.
    pub a_year: u32,
    /// How many years it is looked ahead.
    pub years: u32,
    /// The chance that a fund is sized for, in millionths.
    pub target: u32,
}

impl Ruin {
    /// What the fund lives on, in dollars.
    pub fn terms(&self) -> Terms {
        let (a_year, years) = (f64::from(self.a_year), f64::from(self.years));
        Terms { a_year, income: self.income as f64 / 1e6, years }
    }
}

/// The question of the kind ruin.
pub(super) fn ruin(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<RuinShape>,
    world: World,
) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    funded(words, file, &world, 1)?;
    let whole = |at: Option<&At<i64>>, key, default, most| {
        at.map_or(Ok(default), |at| words.whole(at, key, (1, most)))
    };
    let income = words.amount(&shape.income, "income", 1)?.atoms();
    let a_year = whole(shape.a_year.as_ref(), "a_year", 1, 100)?;
    let years = whole(shape.years.as_ref(), "years", 10, 100)?;
    if a_year * years > MOST {
        let message = format!("{years} years of {a_year} crises are {} crises", a_year * years);
        let help = "look less far ahead: what lies beyond is in the chance for all time.";
        let place =
            shape.years.as_ref().or(shape.a_year.as_ref()).map_or(&at.place, |at| &at.place);
        let allowed = format!("{MOST} crises: {} years", MOST / a_year);
        return Err(words.refuse("ruin-many-crises", message, help, place, allowed));
    }
    let target = shape.target.as_ref().map_or(Ok(10_000), |at| target(words, at, 50))?;
    Ok(Question::Ruin { of: Ruin { world, income, a_year, years, target } })
}
