//! Those who owe each other, as an experiment file says it: `[contagion]`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::listed::{counted, new_name};
use super::model::{Question, World};
use super::parameter::percent;
use super::shape::FileShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::near::nearest;
use crate::loss_file::shape::{AmountText, At, PercentText};
use crate::loss_file::words::Words;
use crate::terminal::fit;

/// So many institutions can be read in one picture.
const MOST_INSTITUTIONS: usize = 20;
const MOST_SCENARIOS: usize = 20;

/// Institutions that owe each other.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Contagion")]
pub struct ContagionShape {
    /// How far markets fall at least; "16 %" where nothing is said.
    pub fall: Option<At<PercentText>>,
    /// The mean of what they fall beyond that; "16 %" where nothing is said.
    pub beyond: Option<At<PercentText>>,
    /// What is left for creditors of the outside assets of who fails; "100 %" where nothing is
    /// said.
    pub assets_recovered: Option<At<PercentText>>,
    /// What is left for creditors of what others pay to who fails; "100 %" where nothing is said.
    pub claims_recovered: Option<At<PercentText>>,
    /// Who is there, two at least.
    pub institution: At<Vec<At<InstitutionShape>>>,
    /// Who owes whom, one at least.
    pub owes: At<Vec<At<OwesShape>>>,
    /// Shocks that are given, beside those that are drawn.
    pub scenario: Option<At<Vec<At<ScenarioShape>>>>,
}

/// A venue, a pool, a fund.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContagionInstitution")]
pub struct InstitutionShape {
    /// Its name.
    pub name: At<String>,
    /// What it has outside of these institutions, in dollars.
    pub assets: At<AmountText>,
    /// What it owes outside of them, in dollars; nothing where nothing is said.
    pub debts: Option<At<AmountText>>,
    /// How far its assets follow markets; "100 %" where nothing is said, "0 %" for cash.
    pub exposure: Option<At<PercentText>>,
    /// The deviation of its assets' own log return; "0 %" where nothing is said.
    pub own: Option<At<PercentText>>,
}

/// What one owes another.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContagionOwes")]
pub struct OwesShape {
    /// Who owes.
    pub from: At<String>,
    /// To whom.
    pub to: At<String>,
    /// How much, in dollars.
    pub amount: At<AmountText>,
}

/// A shock that is given.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContagionScenario")]
pub struct ScenarioShape {
    /// Its name.
    pub name: At<String>,
    /// Who loses what.
    pub shock: At<Vec<At<ShockShape>>>,
}

/// What one loses.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContagionShock")]
pub struct ShockShape {
    /// Who.
    pub institution: At<String>,
    /// Of its outside assets.
    pub loses: At<PercentText>,
}

/// Institutions, what they owe each other and what they meet. Parts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contagion {
    /// How far markets fall at least.
    pub fall: u32,
    /// The mean of what they fall beyond that.
    pub beyond: u32,
    /// What is left of the outside assets of who fails.
    pub assets_recovered: u32,
    /// What is left of what others pay to who fails.
    pub claims_recovered: u32,
    /// Who is there.
    pub institutions: Vec<Member>,
    /// Who owes whom, by place, and how many atoms.
    pub owed: Vec<(usize, usize, u128)>,
    /// Shocks that are given.
    pub scenarios: Vec<Scenario>,
}

/// An institution. Amounts are atoms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it has outside.
    pub assets: u128,
    /// What it owes outside.
    pub debts: u128,
    /// How far its assets follow markets.
    pub exposure: u32,
    /// The deviation of their own log return.
    pub own: u32,
}

/// A shock that is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Who, by place, loses what part of its outside assets.
    pub losses: Vec<(usize, u32)>,
}

/// What a contagion asks.
pub(super) fn contagion(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<ContagionShape>,
) -> Result<Question, Diagnostic> {
    if let Some(world) = &file.world {
        let message = "[world] is of one venue and its accounts, and this is of institutions";
        let help = "drop it: [contagion] has fall and beyond of its own.";
        let allowed = "the keys of contagion";
        return Err(words.refuse("contagion-world", message, help, &world.place, allowed));
    }
    let shape = &at.value;
    let part = |at: Option<&At<PercentText>>, key, default, bounds| {
        at.map_or(Ok(default), |at| percent(words, at, key, bounds))
    };
    let default = World::default();
    let (fall, beyond) = (shape.fall.as_ref(), shape.beyond.as_ref());
    let institutions = members(words, &shape.institution)?;
    let recovered = |at, key| part(at, key, 1_000_000, (0, 100));
    let of = Contagion {
        fall: part(fall, "fall", default.fall, (0, 90))?,
        beyond: part(beyond, "beyond", default.beyond, (0, 50))?,
        assets_recovered: recovered(shape.assets_recovered.as_ref(), "assets_recovered")?,
        claims_recovered: recovered(shape.claims_recovered.as_ref(), "claims_recovered")?,
        owed: owed(words, &shape.owes, &institutions)?,
        scenarios: match &shape.scenario {
            None => Vec::new(),
            Some(at) => scenarios(words, at, &institutions)?,
        },
        institutions,
    };
    Ok(Question::Contagion { of })
}

/// The name under which figures without any shock stand.
pub const AS_IT_STANDS: &str = "as it stands";

/// A name that none before it has, nor the figures of what is given none.
fn other_name(
    words: &Words<'_>,
    at: &At<String>,
    what: &str,
    taken: &mut BTreeSet<String>,
) -> Result<String, Diagnostic> {
    let name = new_name(words, at, what, taken)?;
    if name != AS_IT_STANDS {
        return Ok(name);
    }
    let message = format!("{what} \"{name}\" has the name of what no shock does");
    let help = "figures stand under their names.";
    Err(words.refuse(format!("{what}-stands"), message, help, &at.place, "a new name"))
}

fn members(
    words: &Words<'_>,
    list: &At<Vec<At<InstitutionShape>>>,
) -> Result<Vec<Member>, Diagnostic> {
    counted(words, list, "institution", (2, MOST_INSTITUTIONS))?;
    let (mut members, mut taken) = (Vec::new(), BTreeSet::new());
    for at in &list.value {
        let shape = &at.value;
        let part = |at: Option<&At<PercentText>>, key, default, most| {
            at.map_or(Ok(default), |at| percent(words, at, key, (0, most)))
        };
        let debts = shape.debts.as_ref();
        members.push(Member {
            name: other_name(words, &shape.name, "institution", &mut taken)?,
            assets: words.amount(&shape.assets, "assets", 0)?.atoms(),
            debts: debts.map_or(Ok(0), |at| Ok(words.amount(at, "debts", 0)?.atoms()))?,
            exposure: part(shape.exposure.as_ref(), "exposure", 1_000_000, 300)?,
            own: part(shape.own.as_ref(), "own", 0, 100)?,
        });
    }
    Ok(members)
}

/// The place of an institution.
fn place(words: &Words<'_>, at: &At<String>, all: &[Member]) -> Result<usize, Diagnostic> {
    if let Some(place) = all.iter().position(|of| of.name == at.value) {
        return Ok(place);
    }
    let known = || all.iter().map(|of| of.name.as_str());
    let help = match nearest(&at.value, known()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "name it as its [[contagion.institution]] does.".to_owned(),
    };
    let message = format!("there is no institution \"{}\"", fit(&at.value, 48));
    let allowed = known().collect::<Vec<_>>().join(", ");
    Err(words.refuse("unknown-institution", message, help, &at.place, allowed))
}

fn owed(
    words: &Words<'_>,
    list: &At<Vec<At<OwesShape>>>,
    all: &[Member],
) -> Result<Vec<(usize, usize, u128)>, Diagnostic> {
    counted(words, list, "owes", (1, MOST_INSTITUTIONS * (MOST_INSTITUTIONS - 1)))?;
    let mut owed: Vec<(usize, usize, u128)> = Vec::new();
    for at in &list.value {
        let (from, to) = (place(words, &at.value.from, all)?, place(words, &at.value.to, all)?);
        let refuse = |code: &str, message: String, help: &str| {
            let place = &at.value.to.place;
            Err(words.refuse(code, message, help, place, "another institution"))
        };
        if from == to {
            let message = format!("\"{}\" owes itself", at.value.to.value);
            return refuse("owes-itself", message, "name two institutions.");
        }
        if owed.iter().any(|of| (of.0, of.1) == (from, to)) {
            let (from, to) = (&at.value.from.value, &at.value.to.value);
            let message = format!("what \"{from}\" owes \"{to}\" stands twice");
            return refuse("owes-twice", message, "write their sum once.");
        }
        owed.push((from, to, words.amount(&at.value.amount, "amount", 1)?.atoms()));
    }
    Ok(owed)
}

fn scenarios(
    words: &Words<'_>,
    list: &At<Vec<At<ScenarioShape>>>,
    all: &[Member],
) -> Result<Vec<Scenario>, Diagnostic> {
    counted(words, list, "scenario", (1, MOST_SCENARIOS))?;
    let (mut scenarios, mut taken) = (Vec::new(), BTreeSet::new());
    for at in &list.value {
        let name = other_name(words, &at.value.name, "scenario", &mut taken)?;
        if all.iter().any(|of| of.name == name) {
            let message = format!("scenario \"{name}\" has the name of an institution");
            let help = "figures of both would stand under one name.";
            let place = &at.value.name.place;
            return Err(words.refuse("scenario-institution", message, help, place, "a new name"));
        }
        counted(words, &at.value.shock, "shock", (1, MOST_INSTITUTIONS))?;
        let mut losses: Vec<(usize, u32)> = Vec::new();
        for at in &at.value.shock.value {
            let shape = &at.value;
            let of = place(words, &shape.institution, all)?;
            if losses.iter().any(|(known, _)| *known == of) {
                let message = format!("what \"{}\" loses stands twice", shape.institution.value);
                let help = "write it once in a scenario.";
                let (at, allowed) = (&shape.institution.place, "another institution");
                return Err(words.refuse("shock-twice", message, help, at, allowed));
            }
            losses.push((of, percent(words, &shape.loses, "loses", (0, 100))?));
        }
        scenarios.push(Scenario { name, losses });
    }
    Ok(scenarios)
}
