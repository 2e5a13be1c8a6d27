//! What is to be least, over what, and within what: `[optimise]`.

use rhodian_lab::crisis::fund::least_crises;
use rhodian_lab::experiment::search::Range;
use rhodian_report::money;
use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Question, World, part};
use super::parameter::{ATOMS, PARAMETERS, Parameter, percent};
use super::shape::FileShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{AmountText, At, LeastText, ParameterText, PercentText, ValueText};
use crate::loss_file::words::Words;

/// What can be least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Least {
    /// The fund that as many crises pass as may.
    Fund,
    /// What losses lack, on average.
    Deficit,
    /// What is closed of accounts, on average.
    Closed,
    /// How many accounts are liquidated, on average.
    Liquidated,
    /// What it all costs a year.
    Cost,
}

/// Each by its word.
pub const LEAST: [(Least, &str); 5] = [
    (Least::Fund, "fund"),
    (Least::Deficit, "deficit"),
    (Least::Closed, "closed"),
    (Least::Liquidated, "liquidated"),
    (Least::Cost, "cost"),
];

/// What is to be least, over what, and within what.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Optimise")]
pub struct OptimiseShape {
    /// What is to be least.
    pub least: At<LeastText>,
    /// The part of crises that may pass the fund at most; "1 %" where nothing is said.
    pub passed: Option<At<PercentText>>,
    /// What losses may lack at most, on average, in dollars.
    pub deficit_most: Option<At<AmountText>>,
    /// What may be closed of accounts at most, on average, in dollars.
    pub closed_most: Option<At<AmountText>>,
    /// How many accounts may be liquidated at most, on average.
    pub liquidated_most: Option<At<i64>>,
    /// Of the cost: what a fund costs a year, of its size; "10 %" where nothing is said.
    pub capital: Option<At<PercentText>>,
    /// Of the cost: how many crises there are in a year; 1 where nothing is said.
    pub a_year: Option<At<i64>>,
    /// Of the cost: what a dollar that the fund lacks costs, in dollars; 2 where nothing is said.
    pub shortfall: Option<At<i64>>,
    /// Of the cost: what is charged for what is closed, of its value; "1 %" where nothing is said.
    pub closing: Option<At<PercentText>>,
    /// How often the grid is drawn anew at half its distances around the least; 2 where nothing is
    /// said.
    pub halvings: Option<At<i64>>,
    /// One parameter or two, with their bounds.
    pub over: At<Vec<At<OverShape>>>,
}

/// A parameter with its bounds.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OptimiseOver")]
pub struct OverShape {
    /// A key of the world, but for accounts and markets.
    pub parameter: At<ParameterText>,
    /// Its least value.
    pub from: At<ValueText>,
    /// Its largest.
    pub to: At<ValueText>,
    /// So many values the first grid has; 5 where nothing is said, or as many as there are.
    pub steps: Option<At<i64>>,
}

/// What is to be least, over what, and within what. Parts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Optimise {
    /// Where parameters that are not changed stand.
    pub world: World,
    /// What is to be least.
    pub least: Least,
    /// The part of crises that may pass the fund.
    pub passed: u32,
    /// The most that losses may lack on average, in atoms.
    pub deficit_most: Option<u128>,
    /// The most that may be closed on average, in atoms.
    pub closed_most: Option<u128>,
    /// The most accounts that may be liquidated on average.
    pub liquidated_most: Option<u32>,
    /// What a fund costs a year, of its size.
    pub capital: u32,
    /// How many crises there are in a year.
    pub a_year: u32,
    /// What a dollar that a fund lacks costs, in dollars.
    pub shortfall: u32,
    /// What is charged for what is closed, of its value.
    pub closing: u32,
    /// How often the grid is halved.
    pub halvings: u32,
    /// Over what.
    pub over: Vec<Over>,
}

/// A parameter with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Over {
    /// Its key.
    pub parameter: &'static str,
    /// Its least value.
    pub from: u32,
    /// Its largest.
    pub to: u32,
    /// So many values the first grid has.
    pub steps: u32,
}

impl Optimise {
    /// Whether its funds are given, and do not follow from crises.
    pub fn gives_fund(&self) -> bool {
        self.world.fund.is_some() || self.over.iter().any(|of| of.of() == Parameter::Fund)
    }
}

impl Over {
    /// The parameter.
    pub fn of(&self) -> Parameter {
        let found = PARAMETERS.iter().find(|(_, key)| *key == self.parameter);
        found.map_or(Parameter::Maintenance, |(of, _)| *of)
    }

    /// Where it is looked for: parts in tenths of a per cent, a fund in whole dollars.
    pub fn range(&self) -> Range {
        let unit = match self.of() {
            Parameter::Close | Parameter::Fund => 1,
            _ => 1_000,
        };
        Range { from: self.from, to: self.to, steps: self.steps, unit }
    }

    /// A value as a file writes it.
    pub fn shown(&self, value: u32) -> String {
        match self.of() {
            Parameter::Close => return value.to_string(),
            Parameter::Fund => return money::count(usize::try_from(value).unwrap_or(usize::MAX)),
            _ => {}
        }
        let text = format!("{:.4}", f64::from(value) / 1e4);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// What an optimisation asks of so many crises.
pub(super) fn optimise(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<OptimiseShape>,
    (world, crises): (World, u32),
) -> Result<Question, Diagnostic> {
    let shape = &at.value;
    let least = words.one_of(&shape.least, "least", &LEAST)?;
    let over = over(words, &shape.over, world)?;
    let given = world.fund.is_some() || over.iter().any(|of| of.of() == Parameter::Fund);
    let refuse = |code: &str, message: &str, help: &str, allowed: &str| {
        Err(words.refuse(code, message, help, &shape.least.place, allowed))
    };
    if least == Least::Fund && given {
        let message = "the fund is to be least, and one is given";
        let help = "drop it from [world] and over, or ask for the least of something else.";
        let allowed = "deficit, closed, liquidated, cost";
        return refuse("optimise-given-fund", message, help, allowed);
    }
    if least == Least::Cost && !given {
        let message = "a year's cost is that of a fund, and there is none";
        let help = "write fund into [world], or look for it in [[optimise.over]].";
        return refuse("optimise-no-fund", message, help, "a fund");
    }
    let part_of = |at: Option<&At<PercentText>>, key, default, bounds| {
        at.map_or(Ok(default), |at| percent(words, at, key, bounds))
    };
    let whole = |at: Option<&At<i64>>, key, default, bounds| {
        at.map_or(Ok(default), |at| words.whole(at, key, bounds))
    };
    let amount = |at: Option<&At<AmountText>>, key| {
        let atoms = at.map(|at| words.amount(at, key, 1)).transpose()?;
        Ok::<_, Diagnostic>(atoms.map(|amount| amount.atoms()))
    };
    let passed = part_of(shape.passed.as_ref(), "passed", 10_000, (0, 50))?;
    enough(words, file, shape, (passed, crises))?;
    let most = shape.liquidated_most.as_ref();
    let most = most.map(|at| words.whole(at, "liquidated_most", (1, 100_000))).transpose()?;
    let of = Optimise {
        world,
        least,
        passed,
        deficit_most: amount(shape.deficit_most.as_ref(), "deficit_most")?,
        closed_most: amount(shape.closed_most.as_ref(), "closed_most")?,
        liquidated_most: most,
        capital: part_of(shape.capital.as_ref(), "capital", 100_000, (0, 100))?,
        a_year: whole(shape.a_year.as_ref(), "a_year", 1, (1, 1_000))?,
        shortfall: whole(shape.shortfall.as_ref(), "shortfall", 2, (1, 10_000))?,
        closing: part_of(shape.closing.as_ref(), "closing", 10_000, (0, 100))?,
        halvings: whole(shape.halvings.as_ref(), "halvings", 2, (0, 8))?,
        over,
    };
    Ok(Question::Optimise { of })
}

/// Refuses a part that so few crises do not back.
fn enough(
    words: &Words<'_>,
    file: &FileShape,
    shape: &OptimiseShape,
    (passed, crises): (u32, u32),
) -> Result<(), Diagnostic> {
    let place = shape.passed.as_ref().map_or(&shape.least.place, |at| &at.place);
    if passed == 0 {
        let (message, help) = ("passed is zero", "no fund is passed by none.");
        return Err(words.refuse("passed-zero", message, help, place, "\"0.0001 %\" to \"50 %\""));
    }
    let needed = least_crises(part(passed));
    if usize::try_from(crises).is_ok_and(|crises| crises >= needed) {
        return Ok(());
    }
    let message = format!("{crises} crises do not back that so few pass the fund");
    let help = "play more crises, or let more pass it.";
    let place = file.crises.as_ref().map_or(place, |at| &at.place);
    let allowed = format!("crises = {needed} or more");
    Err(words.refuse("optimise-few-crises", message, help, place, allowed))
}

fn over(
    words: &Words<'_>,
    list: &At<Vec<At<OverShape>>>,
    base: World,
) -> Result<Vec<Over>, Diagnostic> {
    if !(1..=2).contains(&list.value.len()) {
        let message = format!("over has {} entries", list.value.len());
        let help = "name one parameter, or two.";
        return Err(words.refuse("over-count", message, help, &list.place, "1 to 2 parameters"));
    }
    let mut all: Vec<Over> = Vec::new();
    for at in &list.value {
        let shape = &at.value;
        let parameter = words.one_of(&shape.parameter, "parameter", &PARAMETERS)?;
        let refuse = |code: &str, message: String, help: &str, allowed: &str| {
            Err(words.refuse(code, message, help, &shape.parameter.place, allowed))
        };
        let key = parameter.key();
        if !parameter.is_choice() {
            let message = format!("{key} is not looked for");
            let help = "another number of accounts or markets is another book, and what models assume is \
                        no choice.";
            let allowed = "fall, beyond, cost, maintenance, close, correlation, leverage, fund";
            return refuse("over-parameter", message, help, allowed);
        }
        if all.iter().any(|of| of.parameter == key) {
            let message = format!("{key} stands twice");
            return refuse("over-twice", message, "choose two parameters.", "another parameter");
        }
        let value = |at: &At<ValueText>| {
            let mut world = base;
            parameter.set(words, at, &mut world)?;
            let value = parameter.value(&world);
            let whole =
                parameter != Parameter::Fund || world.fund.is_some_and(|of| of % ATOMS == 0);
            value.filter(|_| whole).ok_or_else(|| {
                let message = "a fund is looked for in whole dollars";
                let help = "write whole dollars below 2^32.";
                words.refuse("over-fund", message, help, &at.place, "0 to 4294967295")
            })
        };
        let (from, to) = (value(&shape.from)?, value(&shape.to)?);
        if from >= to {
            let message = format!("{key} ends where it begins, or before");
            let help = "give the smaller value to from.";
            let place = &shape.to.place;
            return Err(words.refuse("over-empty", message, help, place, "more than from"));
        }
        all.push(stepped(words, shape, Over { parameter: key, from, to, steps: 5 })?);
    }
    Ok(all)
}

/// With so many steps as stand in the file; where none do, with as many as there are, five at most.
fn stepped(words: &Words<'_>, shape: &OverShape, over: Over) -> Result<Over, Diagnostic> {
    let Some(at) = &shape.steps else {
        return Ok(Over { steps: over.range().most_steps(), ..over });
    };
    let over = Over { steps: words.whole(at, "steps", (2, 20))?, ..over };
    let most = over.range().most_steps();
    if most < over.steps {
        let message =
            format!("{} has no {} values from there to there", over.parameter, over.steps);
        let help = "ask for fewer steps, or a wider range.";
        let allowed = format!("2 to {most}");
        return Err(words.refuse("over-narrow", message, help, &at.place, allowed));
    }
    Ok(over)
}
