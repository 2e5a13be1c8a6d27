//! Members, and what each would lose beyond his margin in each stress: `[cover]`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::listed::{counted, new_name};
use super::model::Question;
use super::parameter::{percent, target};
use super::shape::FileShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{AmountText, At, PercentText};
use crate::loss_file::words::Words;

const MOST_MEMBERS: usize = 200;
const MOST_STRESSES: usize = 20;
const MOST_LARGEST: u32 = 10;

/// Members of a clearing fund, and how they fail.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cover")]
pub struct CoverShape {
    /// How many of the largest losses the fund is to cover; 2 where nothing is said.
    pub largest: Option<At<i64>>,
    /// The chance that a member fails; "2 %" where nothing is said.
    pub fails: Option<At<PercentText>>,
    /// The correlation of what makes members fail; "0 %" where nothing is said: each on his own.
    pub correlation: Option<At<PercentText>>,
    /// The chance that a fund is sized for; "0.1 %" where nothing is said.
    pub target: Option<At<PercentText>>,
    /// The names of the stresses.
    pub stresses: At<Vec<At<String>>>,
    /// The members, two at least.
    pub member: At<Vec<At<MemberShape>>>,
}

/// A member of a clearing fund.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CoverMember")]
pub struct MemberShape {
    /// Its name.
    pub name: At<String>,
    /// What it would lose beyond its margin in each stress, in their order, in dollars.
    pub losses: At<Vec<At<AmountText>>>,
}

/// Members, their losses and how they fail. Parts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// How many of the largest losses the fund is to cover.
    pub largest: u32,
    /// The chance that a member fails.
    pub fails: u32,
    /// The correlation of what makes members fail.
    pub correlation: u32,
    /// The chance that a fund is sized for.
    pub target: u32,
    /// The stresses.
    pub stresses: Vec<Stress>,
    /// The names of the members.
    pub members: Vec<String>,
}

/// What members would lose in one stress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stress {
    /// Its name.
    pub name: String,
    /// The loss of each member beyond its margin, in atoms.
    pub losses: Vec<u128>,
}

/// The question of the kind cover-n.
pub(super) fn cover(
    words: &Words<'_>,
    file: &FileShape,
    at: &At<CoverShape>,
) -> Result<Question, Diagnostic> {
    nothing_drawn(words, file)?;
    let shape = &at.value;
    let part = |at: Option<&At<PercentText>>, key, default, bounds| {
        at.map_or(Ok(default), |at| percent(words, at, key, bounds))
    };
    let mut taken = BTreeSet::new();
    counted(words, &shape.stresses, "stresses", (1, MOST_STRESSES))?;
    let mut stresses = Vec::new();
    for at in &shape.stresses.value {
        let name = new_name(words, at, "stress", &mut taken)?;
        stresses.push(Stress { name, losses: Vec::new() });
    }
    taken.clear();
    counted(words, &shape.member, "member", (2, MOST_MEMBERS))?;
    let mut members = Vec::new();
    for at in &shape.member.value {
        members.push(new_name(words, &at.value.name, "member", &mut taken)?);
        losses(words, &at.value.losses, &mut stresses)?;
    }
    let most = MOST_LARGEST.min(u32::try_from(members.len()).unwrap_or(MOST_LARGEST));
    let largest = shape.largest.as_ref();
    let largest = largest.map_or(Ok(2), |at| words.whole(at, "largest", (1, most)))?;
    if stresses.iter().all(|stress| stress.losses.iter().all(|loss| *loss == 0)) {
        let message = "nobody loses anything beyond his margin";
        let help = "give the stresses in which somebody does.";
        let place = &shape.member.place;
        return Err(words.refuse("losses-nothing", message, help, place, "a loss above zero"));
    }
    let of = Cover {
        largest,
        fails: part(shape.fails.as_ref(), "fails", 20_000, (0, 50))?,
        correlation: part(shape.correlation.as_ref(), "correlation", 0, (0, 90))?,
        target: shape.target.as_ref().map_or(Ok(1_000), |at| target(words, at, 50))?,
        stresses,
        members,
    };
    Ok(Question::Cover { of })
}

/// Takes in what a member would lose in each stress.
fn losses(
    words: &Words<'_>,
    list: &At<Vec<At<AmountText>>>,
    stresses: &mut [Stress],
) -> Result<(), Diagnostic> {
    let (found, needed) = (list.value.len(), stresses.len());
    if found != needed {
        let message = format!("losses has {found} entries, and there are {needed} stresses");
        let help = "give one for each, in their order; \"0\" where margin suffices.";
        let allowed = format!("{needed} amounts");
        return Err(words.refuse("losses-count", message, help, &list.place, allowed));
    }
    for (stress, at) in stresses.iter_mut().zip(&list.value) {
        stress.losses.push(words.amount(at, "losses", 0)?.atoms());
    }
    Ok(())
}

/// Refuses what draws crises: losses are given here.
fn nothing_drawn(words: &Words<'_>, file: &FileShape) -> Result<(), Diagnostic> {
    let refuse = |what: &str, place| {
        let message = format!("{what} is of crises that are drawn, and these losses are given");
        let help = "drop it: the chances of given losses are exact.";
        Err(words.refuse("cover-not-drawn", message, help, place, "the keys of cover-n"))
    };
    match (&file.world, &file.crises) {
        (Some(at), _) => refuse("[world]", &at.place),
        (_, Some(at)) => refuse("crises", &at.place),
        _ => Ok(()),
    }
}
