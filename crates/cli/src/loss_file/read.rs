//! From a text to a loss file: its shape, then its words, then its names, then its waterfall.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Source};
use rhodian_core::units::Amount;
use serde::de::DeserializeOwned;

use super::layers::{self, Setting};
use super::model::{
    AccountAmount, Asset, Income, Layer, Loss, LossFile, Place, Recovery, Step, Term,
};
use super::near::nearest;
use super::settlement;
use super::shape::{AssetShape, At, FileShape, LossShape, TermsShape};
use super::toml_text::TomlText;
use super::waterfall;
use super::words::{CLASSES, Words, written_duration};
use crate::amount_text::{AmountFormat, ExcessDigits, MAX_DECIMALS};
use crate::diagnostic::Diagnostic;
use crate::terminal::{fit, visible};

/// Reads a loss file with everything it names, or standard input where the path is `-`.
pub fn read(path: &Path) -> Result<LossFile, Diagnostic> {
    from_text(TomlText::read(path)?)
}

/// Reads a loss file from its text.
pub fn from_text(text: TomlText) -> Result<LossFile, Diagnostic> {
    let shape: FileShape = shape(&text, "loss")?;
    let asset = asset(&text, &shape.asset.value)?;
    let words = Words { text: &text, format: asset.format() };
    let mut remarks = Vec::new();
    let (losses, numbers) = losses(&words, &shape, &mut remarks)?;
    let steps = layers::read(&words, &shape.step, &Setting::Losses(&numbers))?;
    let recoveries = recoveries(&words, &shape, &losses, &numbers)?;
    let incomes = incomes(&words, &shape, &steps)?;
    let terms = shape.terms.as_ref().map_or(Ok(Vec::new()), |at| terms(&words, &at.value))?;
    let threshold = shape.terms.as_ref().is_some_and(|at| at.value.uncovered_threshold.is_some());
    let settlement = shape.settlement.as_ref();
    let settlement = settlement.map(|at| settlement::read(&words, at, threshold)).transpose()?;
    let title = shape.title.map(|at| visible(&at.value).into_owned());
    let mut file = LossFile {
        text,
        title,
        asset,
        losses,
        steps,
        recoveries,
        incomes,
        settlement,
        terms,
        remarks,
    };
    let odd = waterfall::check(&file)?;
    file.remarks.extend(nobody_kept(&file));
    file.remarks.extend(odd);
    Ok(file)
}

/// Layers whose claims are all dropped by `keep`, as remarks: often a filter gone wrong.
fn nobody_kept(file: &LossFile) -> Vec<String> {
    let dropped = file.layers().filter_map(|layer| {
        let claims = layer.claims.as_ref()?;
        (claims.rows > 0 && claims.kept.is_empty()).then(|| {
            format!("layer \"{}\": keep drops every row, {} in all", layer.name, claims.rows)
        })
    });
    dropped.collect()
}

/// The shape of a text. `schema` is the name of its JSON Schema, for help.
pub(crate) fn shape<T: DeserializeOwned>(text: &TomlText, schema: &str) -> Result<T, Diagnostic> {
    let document = toml::Deserializer::parse(text.text()).map_err(|error| syntax(text, &error))?;
    T::deserialize(document).map_err(|error| misshapen(text, &error, schema))
}

fn place_of(error: &toml::de::Error) -> Place {
    Place { span: error.span().unwrap_or(0..0) }
}

/// A text that is no TOML.
fn syntax(text: &TomlText, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().lines().next().unwrap_or("this is no TOML");
    let (message, allowed) = message.split_once(", expected ").unwrap_or((message, "TOML"));
    let message = format!("not TOML: {}", visible(message));
    let help = "texts stand in quotes, tables begin with [name], lists of tables with [[name]].";
    let told = Diagnostic::bad_input("toml-syntax", message, help);
    text.mark(told, &place_of(error), allowed.to_owned())
}

/// TOML of another shape: unknown, missing or doubled keys, values of another type.
fn misshapen(text: &TomlText, error: &toml::de::Error, schema: &str) -> Diagnostic {
    let (message, place) = (error.message(), place_of(error));
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let first = quoted.first().copied().unwrap_or_default();
    let refuse = |code: &'static str, message: String, help: String, allowed: String| {
        text.mark(Diagnostic::bad_input(code, message, help), &place, allowed)
    };
    if message.starts_with("unknown field") {
        let known = quoted.get(1..).unwrap_or_default();
        let help = match nearest(first, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("drop it, or see `rhodian schema {schema}` for all keys."),
        };
        let message = format!("there is no key {} here", fit(first, 48));
        return refuse("toml-unknown-key", message, help, known.join(", "));
    }
    if message.starts_with("missing field") {
        let help = match first {
            "loss" => "add [[loss]] with id, cause and amount.".to_owned(),
            "step" => "add [[step]] with layer and kind.".to_owned(),
            "asset" => "add asset = { name = \"USD\", decimals = 2 }.".to_owned(),
            key => format!("add {key} = ... here."),
        };
        let message = format!("the key {first} is missing");
        return refuse("toml-missing-key", message, help, format!("a table with {first}"));
    }
    let (found, allowed) = message.split_once(", expected ").unwrap_or((message, "another type"));
    let found = found.strip_prefix("invalid type: ").unwrap_or(found);
    let allowed = if allowed == "i64" { "a whole number" } else { allowed };
    let message = format!("{} does not belong here", visible(found));
    let help = format!("see `rhodian schema {schema}` for what every key holds.");
    refuse("toml-wrong-type", message, help, allowed.to_owned())
}

pub(crate) fn asset(text: &TomlText, asset: &AssetShape) -> Result<Asset, Diagnostic> {
    let format = AmountFormat { decimals: 0, excess: ExcessDigits::Refuse };
    let words = Words { text, format };
    let decimals = words.whole(&asset.decimals, "decimals", (0, u32::from(MAX_DECIMALS)))?;
    let decimals = u8::try_from(decimals).unwrap_or(MAX_DECIMALS);
    Ok(Asset { name: words.name(&asset.name, "name")?, decimals })
}

/// Losses, and their numbers by id.
type Numbered = (Vec<Loss>, BTreeMap<String, u64>);

fn losses(
    words: &Words<'_>,
    shape: &FileShape,
    remarks: &mut Vec<String>,
) -> Result<Numbered, Diagnostic> {
    if shape.loss.value.is_empty() {
        let help = "add [[loss]] with id, cause and amount.";
        let place = &shape.loss.place;
        return Err(words.refuse("loss-none", "there is no loss", help, place, "a loss"));
    }
    let mut losses: Vec<Loss> = Vec::with_capacity(shape.loss.value.len());
    let mut numbers = BTreeMap::new();
    let mut firsts: Vec<usize> = Vec::new();
    let mut repeats: BTreeMap<u64, usize> = BTreeMap::new();
    for at in &shape.loss.value {
        let earlier = losses.last().map_or(0, |loss| loss.at);
        let mut loss = loss(words, at, earlier)?;
        let next = u64::try_from(firsts.len() + 1).unwrap_or(u64::MAX);
        loss.number = *numbers.entry(loss.id.clone()).or_insert(next);
        if loss.number == next {
            firsts.push(losses.len());
        } else {
            let first = firsts.get(usize::try_from(loss.number - 1).unwrap_or(usize::MAX));
            let first = first.and_then(|index| losses.get(*index));
            same_report(words, &loss, first)?;
            *repeats.entry(loss.number).or_insert(1) += 1;
        }
        losses.push(loss);
    }
    for (number, times) in repeats {
        if let Some(loss) = losses.iter().find(|loss| loss.number == number) {
            remarks.push(format!("loss \"{}\" is listed {times} times: recognised once", loss.id));
        }
    }
    Ok((losses, numbers))
}

/// Refuses a repeated report that says something else than the first one.
fn same_report(words: &Words<'_>, loss: &Loss, first: Option<&Loss>) -> Result<(), Diagnostic> {
    let accounts = |loss: &Loss| -> Vec<(String, Amount)> {
        loss.set_off.iter().map(|off| (off.account.clone(), off.amount)).collect()
    };
    let Some(first) = first else { return Ok(()) };
    let same = (loss.class, &loss.cause, loss.amount, &loss.failed, loss.margin, loss.evidence)
        == (first.class, &first.cause, first.amount, &first.failed, first.margin, first.evidence)
        && accounts(loss) == accounts(first);
    if same {
        return Ok(());
    }
    let line = words.text.line(first.place.span.start);
    let message = format!("loss \"{}\" is listed twice and differs", loss.id);
    let help = "a loss is recognised once: give another loss an id of its own.";
    let allowed = format!("the same as on line {line}");
    Err(words.refuse("loss-id-conflict", message, help, &loss.place, allowed))
}

fn loss(words: &Words<'_>, at: &At<LossShape>, earlier: u64) -> Result<Loss, Diagnostic> {
    let shape = &at.value;
    let id = words.name(&shape.id, "id")?.as_str().to_owned();
    let class = shape.class.as_ref().map(|at| words.one_of(at, "class", &CLASSES)).transpose()?;
    let amount = words.amount(&shape.amount, "amount", 1)?;
    let failed = shape.failed.as_ref().map(|at| words.name(at, "failed")).transpose()?;
    let margin = shape.margin.as_ref().map(|at| words.amount(at, "margin", 0)).transpose()?;
    let when = shape.at.as_ref().map(|at| words.duration(at, "at", (0, layers::MAX_SPAN)));
    let when = when.transpose()?.unwrap_or(earlier);
    if when < earlier {
        let place = shape.at.as_ref().map_or(&at.place, |at| &at.place);
        let help = "list losses in the order of their reports.";
        let message = "at is before the loss listed above it";
        let allowed = format!("{} or later", written_duration(earlier));
        return Err(words.refuse("at-before", message, help, place, allowed));
    }
    let margin = margin.unwrap_or(Amount::ZERO);
    if let Some(at) = shape.margin.as_ref().filter(|_| margin > amount) {
        let message = "margin is above the loss";
        let help = "margin that is left after the loss is no part of it.";
        let allowed = format!("0 to {}", words.format.write_grouped(amount));
        return Err(words.refuse("margin-above-loss", message, help, &at.place, allowed));
    }
    let needs_failed = shape.margin.as_ref().filter(|_| !margin.is_zero()).map(|at| &at.place);
    let needs_failed = needs_failed.or_else(|| shape.set_off.first().map(|at| &at.place));
    if let (None, Some(place)) = (&failed, needs_failed) {
        let message = "own means are given, but no account that failed";
        let help = "add failed = \"...\" with the account.";
        return Err(words.refuse("loss-no-failed", message, help, place, "with failed"));
    }
    Ok(Loss {
        id,
        number: 0,
        class: class.unwrap_or(CauseClass::Default),
        cause: words.name(&shape.cause, "cause")?,
        evidence: shape.evidence.as_ref().map(|at| words.hash(at)).transpose()?,
        amount,
        margin,
        set_off: set_off(words, shape, failed.as_ref().map(|name| name.as_str()))?,
        failed: failed.map(|name| name.as_str().to_owned()),
        at: when,
        place: at.place.clone(),
    })
}

fn set_off(
    words: &Words<'_>,
    shape: &LossShape,
    failed: Option<&str>,
) -> Result<Vec<AccountAmount>, Diagnostic> {
    let mut seen: BTreeSet<String> = failed.iter().map(|name| (*name).to_owned()).collect();
    let mut found = Vec::with_capacity(shape.set_off.len());
    for at in &shape.set_off {
        let account = words.name(&at.value.account, "account")?.as_str().to_owned();
        let amount = words.amount(&at.value.up_to, "up_to", 1)?;
        if !seen.insert(account.clone()) {
            let message = format!("account \"{account}\" stands twice in the loss");
            let help = "the failed account's own money is its margin; list others once.";
            let place = &at.value.account.place;
            let allowed = "another account of the failed owner";
            return Err(words.refuse("account-twice", message, help, place, allowed));
        }
        found.push(AccountAmount { account, amount, place: at.place.clone() });
    }
    Ok(found)
}

/// The number of the loss of an id.
pub(super) fn loss_number(
    words: &Words<'_>,
    at: &At<String>,
    numbers: &BTreeMap<String, u64>,
) -> Result<u64, Diagnostic> {
    numbers.get(&at.value).copied().ok_or_else(|| {
        let known: Vec<&str> = numbers.keys().map(String::as_str).collect();
        unknown(words, at, "loss", &known)
    })
}

pub(crate) fn unknown(
    words: &Words<'_>,
    at: &At<String>,
    what: &str,
    known: &[&str],
) -> Diagnostic {
    let help = match nearest(&at.value, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("name a {what} of this file."),
    };
    let message = format!("there is no {what} \"{}\"", fit(&at.value, 48));
    let allowed = known[..known.len().min(8)].join(", ");
    words.refuse(format!("unknown-{what}"), message, help, &at.place, allowed)
}

/// Recoveries; those of one loss are together at most what was lost.
fn recoveries(
    words: &Words<'_>,
    shape: &FileShape,
    losses: &[Loss],
    numbers: &BTreeMap<String, u64>,
) -> Result<Vec<Recovery>, Diagnostic> {
    let mut open: BTreeMap<u64, Amount> =
        losses.iter().map(|loss| (loss.number, loss.amount)).collect();
    let read = |at: &At<super::shape::RecoveryShape>| {
        let loss = loss_number(words, &at.value.loss, numbers)?;
        let amount = words.amount(&at.value.amount, "amount", 1)?;
        let left = open.entry(loss).or_insert(Amount::ZERO);
        let Ok(after) = left.checked_sub(amount) else {
            let written = |amount| words.format.write_grouped(amount);
            let (back, left) = (written(amount), written(*left));
            let message = format!("{back} came back, {left} is still open");
            let help = "a recovery is what came back of the loss; a surplus is no part of it.";
            let place = &at.value.amount.place;
            let allowed = format!("at most {left}");
            return Err(words.refuse("recovery-above-claims", message, help, place, allowed));
        };
        *left = after;
        Ok(Recovery { loss, amount, place: at.place.clone() })
    };
    shape.recovery.iter().map(read).collect()
}

fn incomes(
    words: &Words<'_>,
    shape: &FileShape,
    steps: &[Step],
) -> Result<Vec<Income>, Diagnostic> {
    let layers: Vec<&Layer> = steps.iter().flat_map(|step| &step.layers).collect();
    let read = |at: &At<super::shape::IncomeShape>| {
        let named = &at.value.layer;
        let Some(layer) = layers.iter().position(|layer| layer.name.as_str() == named.value) else {
            let known: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
            return Err(unknown(words, named, "layer", &known));
        };
        if layers[layer].source != Source::Pot {
            let message = format!("layer \"{}\" has no pot", layers[layer].name);
            let help = "income goes to a fund: name a layer with capacity or stakes.";
            let allowed = "a layer with a pot";
            let place = &named.place;
            return Err(words.refuse("income-no-pot", message, help, place, allowed));
        }
        let amount = words.amount(&at.value.amount, "amount", 1)?;
        Ok(Income { layer, amount, place: at.place.clone() })
    };
    shape.income.iter().map(read).collect()
}

fn terms(words: &Words<'_>, shape: &TermsShape) -> Result<Vec<Term>, Diagnostic> {
    let mut found = Vec::new();
    let lengths = [
        (Parameter::EpisodeLength, "episode_length", &shape.episode_length),
        (Parameter::LiableWindow, "liable_window", &shape.liable_window),
        (Parameter::ChallengeTime, "challenge_time", &shape.challenge_time),
    ];
    for (parameter, key, at) in lengths {
        let Some(at) = at else { continue };
        let declared = parameter.declared();
        let bound = |bound: u128| u64::try_from(bound).unwrap_or(u64::MAX);
        let bounds = (bound(declared.min), bound(declared.max));
        let value = u128::from(words.duration(at, key, bounds)?);
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    if let Some(at) = &shape.uncovered_threshold {
        let value = words.amount(at, "uncovered_threshold", 0)?.atoms();
        let parameter = Parameter::UncoveredThreshold;
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    if let Some(at) = &shape.income_to_claims {
        let value = u128::from(words.percent(at, "income_to_claims", "", 1_000_000)?);
        found.push(Term { parameter: Parameter::IncomeToClaims, value, place: at.place.clone() });
    }
    Ok(found)
}
