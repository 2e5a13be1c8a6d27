//! A folder that `--out` wrote: its files as they stand, and against each other.

use std::path::Path;

use rhodian_core::engine::State;
use rhodian_core::invariants;
use rhodian_core::units::Amount;
use rhodian_report::money::Money;
use rhodian_report::{Asset, Report, Summary};
use serde_json::Value;

use super::run_folder::RunFolder;
use super::shares::{self, Shares};
use super::{Found, What, read_summary, summary_facts, summary_fault};
use crate::amount_text::AmountFormat;
use crate::diagnostic::Diagnostic;
use crate::run::events::hash_of;
use crate::run::replay::{Replayed, replayed_with};
use crate::run::rows;
use crate::run::settlement;
use crate::run::summary::{hexadecimal, losses};
use crate::run::trail::{ASSET, Trail};
use crate::source::Source;
use crate::terminal::visible;

/// What to do about files that disagree.
pub(super) const ANEW: &str = "one of the files was changed: write the folder again.";

/// Looks at a folder that `share`, `allocate` or `run` wrote.
pub fn check(folder: &Path) -> Result<Found, Diagnostic> {
    let source = file_of(folder, "summary.json")?;
    let (value, allocation) = read_summary(&source)?;
    let shares = file_of(folder, "shares.csv")?;
    let mut facts = summary_facts(&value, allocation);
    if allocation {
        of_allocation(&value, shares, &mut facts)?;
    } else {
        of_share(folder, &source, &value, shares, &mut facts)?;
    }
    let name = visible(&folder.display().to_string()).into_owned();
    Ok(Found { what: What::Folder, name, facts, remarks: Vec::new() })
}

/// A file of the folder, which must be there.
pub(super) fn file_of(folder: &Path, file: &str) -> Result<Source, Diagnostic> {
    let path = folder.join(file);
    if path.is_file() {
        return Source::read(&path);
    }
    let name = folder.display().to_string();
    let message = format!("the folder has no {file}");
    Err(Diagnostic::bad_input("folder-incomplete", message, ANEW).at(visible(&name)))
}

/// The shares of `allocate` sum to what its summary says was allocated.
fn of_allocation(
    value: &Value,
    shares: Source,
    facts: &mut Vec<(&'static str, String)>,
) -> Result<(), Diagnostic> {
    let name = shares.name.clone();
    let (found, sum) = shares::allocation(shares)?;
    let allocated = value["allocated"].as_str().unwrap_or_default();
    let atoms: Option<u128> = allocated.replace('.', "").parse().ok();
    if atoms != Some(sum) {
        let message = format!("the shares do not sum to the allocated {}", visible(allocated));
        let help = "one of the files was changed: run `rhodian allocate --out` again.";
        return Err(Diagnostic::bad_input("shares-sum", message, help).at(name));
    }
    facts.extend(found.facts);
    Ok(())
}

fn of_share(
    folder: &Path,
    source: &Source,
    value: &Value,
    shares: Source,
    facts: &mut Vec<(&'static str, String)>,
) -> Result<(), Diagnostic> {
    let shares = shares::read(shares)?;
    against_summary(&shares, value)?;
    let events_path = folder.join("events.ndjson");
    if !events_path.is_file() {
        return file_of(folder, "events.ndjson").map(drop);
    }
    let mut ran = RunFolder::of(value);
    let Replayed { state, trail, events } =
        replayed_with(folder, &mut |event, state| ran.follow(event, state))?;
    laws_hold(&state, &events_path)?;
    if value["events"].as_u64() != Some(events) {
        let said = &value["events"];
        let message = format!("there are {events} events, the summary says {said}");
        let at = events_path.display().to_string();
        return Err(Diagnostic::bad_input("events-count", message, ANEW).at(visible(&at)));
    }
    if Some(hexadecimal(&state.digest()).as_str()) != value["digest"].as_str() {
        let message = "the events make another state than the summary says".to_owned();
        return Err(summary_fault(source, "/digest", "folder-changed", message, ANEW));
    }
    if Some(hash_of(&events_path)?.as_str()) != value["events_hash"].as_str() {
        let message = "events.ndjson is not the file that the summary has the hash of".to_owned();
        return Err(summary_fault(source, "/events_hash", "folder-changed", message, ANEW));
    }
    let report = rebuilt(value, &state, &trail, events)?;
    shares::compare(&shares, &cells(&report))?;
    let mut said = value.clone();
    if let Value::Object(members) = &mut said {
        // What a run says beside the shares is held against its own files, below.
        members.remove("run");
        members.remove("events_hash");
    }
    if let Some((at, why)) = difference(&rebuilt_json(&report), &said, "") {
        let message = format!("{at} {why}, not what the events made");
        return Err(summary_fault(source, &at, "summary-not-from-events", message, ANEW));
    }
    if value.get("run").is_some() {
        ran.check(folder, source, &report, (state, trail))?;
    }
    facts.push(("shares", format!("{}", shares.rows)));
    facts.push(("events", format!("{events}")));
    Ok(())
}

/// Every law holds of the state that the events made.
pub fn laws_hold(state: &State, path: &Path) -> Result<(), Diagnostic> {
    invariants::check(state).map_err(|broken| {
        let help = "no run makes such events: the file was changed.";
        let at = path.display().to_string();
        Diagnostic::bad_input("law-broken", visible(&broken.to_string()), help).at(visible(&at))
    })
}

/// The shares of each layer are its draw, in decimals of the asset, for losses and layers that the
/// summary knows; only called members may have paid less than their exact share.
fn against_summary(shares: &Shares, value: &Value) -> Result<(), Diagnostic> {
    let decimals = value["asset"]["decimals"].as_u64().and_then(|d| u8::try_from(d).ok());
    let format = shares.format.unwrap_or(AmountFormat::ATOMS);
    let source = &shares.table.source;
    if shares.format.is_some() && decimals != Some(format.decimals) {
        let said = &value["asset"]["decimals"];
        let message = format!("amounts have {} decimals, the asset has {said}", format.decimals);
        let at = source.place(shares.table.all_rows().start);
        return Err(Diagnostic::bad_input("shares-decimals", message, ANEW).at(at));
    }
    let none = Vec::new();
    let losses = value["losses"].as_array().unwrap_or(&none);
    let layer_of = |(loss, step, layer): &shares::Draw| {
        let loss = losses.iter().find(|found| found["id"] == loss.as_str())?;
        let layers = loss["layers"].as_array()?;
        layers.iter().find(|found| found["name"] == layer.as_str() && found["step"] == *step)
    };
    let mut draws: Vec<_> = shares.draws.iter().collect();
    draws.sort_by_key(|(_, (_, at))| *at);
    for (draw, (sum, at)) in draws {
        let (loss, step, layer) = draw;
        let (loss, layer_name) = (visible(loss), visible(layer));
        let refuse = |message: String| {
            Diagnostic::bad_input("shares-not-the-draw", message, ANEW).at(source.place(*at))
        };
        let Some(layer) = layer_of(draw) else {
            return Err(refuse(format!(
                "the summary has no loss {loss} with {layer_name} at step {step}"
            )));
        };
        let received: Option<u128> = layer["received"].as_str().and_then(|t| t.parse().ok());
        if received != Some(*sum) {
            let written = |atoms| format.write_grouped(Amount::new(atoms).unwrap_or(Amount::MAX));
            return Err(refuse(format!(
                "the shares of {layer_name} for {loss} sum to {}, its draw is {}",
                written(*sum),
                received.map_or_else(String::new, written)
            )));
        }
    }
    let called = |draw| layer_of(draw).is_some_and(|layer| layer["kind"] == "assessment");
    match shares.unpaid.iter().find(|(draw, _)| !called(draw)) {
        None => Ok(()),
        Some((_, span)) => {
            let message = "share is below its exact share";
            let allowed = "exact_num / exact_den less one atom for each loss, or more";
            Err(Diagnostic::bad_input("shares-not-exact-share", message, ANEW)
                .at(source.place(span.start))
                .marking(source.excerpt(span.clone(), allowed)))
        }
    }
}

/// The report that the events make, with what only the loss file said taken from the summary.
fn rebuilt(value: &Value, state: &State, trail: &Trail, events: u64) -> Result<Report, Diagnostic> {
    let texts = |list: &Value| -> Vec<String> {
        let items = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        items.map(str::to_owned).collect()
    };
    let ids: Vec<String> = value["losses"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|loss| loss["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    let asset = state.domains.asset(ASSET);
    let asset = Asset {
        name: asset.map_or_else(String::new, |asset| asset.name.as_str().to_owned()),
        decimals: asset.map_or(0, |asset| u32::from(asset.decimals)),
    };
    let found = losses(state, trail, &ids, Money::new(asset.decimals));
    let title = value["title"].as_str().unwrap_or_default().to_owned();
    let mut summary = Summary::new(title, asset, found);
    summary.settlement = settlement::summary(state, trail);
    summary.warnings = texts(&value["warnings"]);
    summary.laws = texts(&value["laws"]);
    summary.digest = hexadecimal(&state.digest());
    summary.events = events;
    let rows = rows::rows(state, trail, &ids)
        .map_err(|error| Diagnostic::bad_input("shares-refused", error.to_string(), ANEW))?;
    Ok(Report::new(summary, rows))
}

fn rebuilt_json(report: &Report) -> Value {
    // A summary is plain data with text keys, so it always has a JSON form.
    serde_json::to_value(&report.summary).unwrap_or_default()
}

/// The cells of `shares.csv` as the report has them.
fn cells(report: &Report) -> Vec<Vec<String>> {
    let money = Money::new(report.summary.asset.decimals);
    let plain = |amount: Amount| money.plain(amount.atoms());
    let row = |row: &rhodian_report::ShareRow| {
        vec![
            row.loss_id.to_string(),
            row.episode.to_string(),
            row.step.to_string(),
            row.layer.to_string(),
            row.account.clone(),
            row.rule.to_string(),
            plain(row.weight),
            plain(row.cap),
            plain(row.share),
            row.exact_num.clone(),
            row.exact_den.clone(),
            row.class.map_or_else(String::new, |class| class.to_string()),
        ]
    };
    report.shares.iter().map(row).collect()
}

/// Where two values first differ, as a path, and what stands there.
pub(super) fn difference(made: &Value, found: &Value, path: &str) -> Option<(String, String)> {
    match (made, found) {
        (Value::Object(made), Value::Object(found)) => {
            let missing = |key: &String| found.get(key).unwrap_or(&Value::Null).clone();
            let differs = |(key, value): (&String, &Value)| {
                difference(value, &missing(key), &format!("{path}/{key}"))
            };
            let more = || {
                let key = found.keys().find(|key| !made.contains_key(*key))?;
                Some((format!("{path}/{key}"), "is there".to_owned()))
            };
            made.iter().find_map(differs).or_else(more)
        }
        (Value::Array(made), Value::Array(found)) if made.len() == found.len() => {
            let mut pairs = made.iter().zip(found).enumerate();
            pairs.find_map(|(place, (a, b))| difference(a, b, &format!("{path}/{place}")))
        }
        (made, found) if made == found => None,
        (Value::Array(_), Value::Array(found)) => {
            Some((path.to_owned(), format!("has {} parts", found.len())))
        }
        (_, found) => Some((path.to_owned(), format!("is {}", visible(&found.to_string())))),
    }
}
