//! What only the folder of a run has: `accounts.csv`, `losses.csv`, `stakes.csv`, `covers.csv`, `vaults.csv`,
//! `commands.ndjson`, and the figures under `run` in the summary. All of it is made again from the events and the commands,
//! and held against what stands there; nothing of it is taken on trust but how prices are written.

use std::collections::BTreeMap;
use std::path::Path;

use rhodian_core::engine::{Event, State};
use rhodian_core::ids::AssetId;
use rhodian_report::Report;
use serde_json::{Value, json};

use super::folder::{ANEW, difference, file_of};
use super::summary_fault;
use crate::diagnostic::Diagnostic;
use crate::run::trail::Trail;
use crate::source::Source;
use crate::terminal::visible;
use crate::venue_file::numbers::{Grid, read_step};
use crate::venue_run::covers::covers_csv;
use crate::venue_run::figures::Figures;
use crate::venue_run::holdings::vaults_csv;
use crate::venue_run::names::Names;
use crate::venue_run::stakes::stakes_csv;
use crate::venue_run::summary::{accounts_csv, close_outs, kinds, losses_csv, market, standings};
use crate::venue_run::{Run, feed_figures};

/// A feed with its id.
type Listed<'a> = (rhodian_core::ids::FeedId, &'a rhodian_core::oracle::Feed);

/// A run being made again from its events.
#[derive(Debug, Default)]
pub struct RunFolder {
    said: Value,
    figures: Figures,
    names: Names,
}

/// The commands of a run, counted.
#[derive(Default)]
struct Commands {
    all: u64,
    events: u64,
    refused: BTreeMap<String, u64>,
    /// By market: how often its mark stayed, because its feed's value was not good enough.
    withheld: BTreeMap<u64, u64>,
    /// The same by collateral.
    withheld_of_collateral: BTreeMap<u64, u64>,
}

impl RunFolder {
    /// Of a summary, before any event.
    #[must_use]
    pub fn of(summary: &Value) -> Self {
        let said = summary["run"].clone();
        let count = |key: &str| said[key].as_array().map_or(0, Vec::len);
        let figures = Figures::of_sizes(count("markets"), count("collaterals"));
        let mut names = Names::default();
        let ids = summary["losses"].as_array().into_iter().flatten();
        names.loss_names =
            ids.map(|loss| loss["id"].as_str().unwrap_or_default().to_owned()).collect();
        Self { said, figures, names }
    }

    /// Takes the next event.
    pub fn follow(&mut self, event: &Event, state: &State) {
        if self.said.is_object() {
            self.figures.follow(event, state);
            self.names.follow_accounts(event);
        }
    }

    /// Holds the files of the folder against what the events made.
    pub fn check(
        mut self,
        folder: &Path,
        source: &Source,
        report: &Report,
        (state, trail): (State, Trail),
    ) -> Result<(), Diagnostic> {
        self.figures.finish(&state, &self.names);
        let (figures, names) = (self.figures, self.names);
        let run = Run { state, trail, names, figures, log: None, commands: None };
        let standings = standings(report, &run);
        table(folder, "accounts.csv", &accounts_csv(report, &run, &standings))?;
        table(folder, "losses.csv", &losses_csv(report, &run))?;
        table(folder, "stakes.csv", &stakes_csv(report, &run))?;
        table(folder, "covers.csv", &covers_csv(report, &run))?;
        table(folder, "vaults.csv", &vaults_csv(report, &run))?;
        let commands = commands(folder)?;
        let grids = grids(&self.said, &run.state);
        let fault = |at: &str, why: String| {
            let (at, message) = (format!("/run{at}"), format!("/run{at} {why}"));
            summary_fault(source, &at, "summary-not-from-events", message, ANEW)
        };
        let grids = grids.ok_or_else(|| {
            fault("/markets", "has a tick or lot that is not the market's".to_owned())
        })?;
        if commands.events > run.figures.events {
            let why = format!("made {} events, there are fewer", commands.events);
            return Err(changed(folder, "commands.ndjson", format!("its commands {why}")));
        }
        let made = made(&self.said, &run, &grids, &commands);
        for (key, value) in made {
            if let Some((at, why)) = difference(&value, &self.said[key], &format!("/{key}")) {
                let what = if key == "commands" || key == "refusals" {
                    "not what the commands were"
                } else {
                    "not what the events made"
                };
                return Err(fault(&at, format!("{why}, {what}")));
            }
        }
        Ok(())
    }
}

fn changed(folder: &Path, file: &str, message: String) -> Diagnostic {
    let at = folder.join(file).display().to_string();
    Diagnostic::bad_input("folder-changed", message, ANEW).at(visible(&at))
}

/// A table is what the events make, line by line.
fn table(folder: &Path, file: &str, made: &str) -> Result<(), Diagnostic> {
    let source = file_of(folder, file)?;
    let found = String::from_utf8_lossy(source.text()).into_owned();
    if found == made {
        return Ok(());
    }
    let mut lines = made.lines().zip(found.lines()).enumerate();
    let line = lines.find(|(_, (made, found))| made != found).map(|(at, _)| at);
    let line = line.unwrap_or_else(|| made.lines().count().min(found.lines().count())) + 1;
    let at = format!("{}:{line}", visible(&folder.join(file).display().to_string()));
    let message = format!("{file} is not what the events made");
    Err(Diagnostic::bad_input("table-not-from-events", message, ANEW).at(at))
}

/// Counts the commands.
fn commands(folder: &Path) -> Result<Commands, Diagnostic> {
    let file = "commands.ndjson";
    let source = file_of(folder, file)?;
    let mut found = Commands::default();
    for (number, line) in (1..).zip(source.text().split(|byte| *byte == b'\n')) {
        if line.is_empty() {
            continue;
        }
        let value: Value = serde_json::from_slice(line).map_err(|error| {
            let at = format!("{}:{number}", visible(&folder.join(file).display().to_string()));
            let message = format!("no command: {}", visible(&error.to_string()));
            Diagnostic::bad_input("commands-not-a-command", message, ANEW).at(at)
        })?;
        found.all += 1;
        found.events = found.events.saturating_add(value["events"].as_u64().unwrap_or(0));
        let Some(code) = value["rejected"]["code"].as_str() else { continue };
        let asked = &value["action"]["command"];
        let of_market = asked["markets"][0].as_u64().filter(|_| asked["do"] == "mark-from-feeds");
        let of_asset = asked["asset"].as_u64().filter(|_| asked["do"] == "mark-from-feed");
        if let Some(market) = of_market {
            *found.withheld.entry(market).or_default() += 1;
        } else if let Some(asset) = of_asset {
            *found.withheld_of_collateral.entry(asset).or_default() += 1;
        } else {
            *found.refused.entry(code.to_owned()).or_default() += 1;
        }
    }
    Ok(found)
}

/// How prices and sizes of each market are written, where that can be.
fn grids(said: &Value, state: &State) -> Option<Vec<Grid>> {
    let decimals = state.domains.asset(AssetId(0))?.decimals;
    let markets = said["markets"].as_array()?;
    if markets.len() != state.markets.markets().count() {
        return None;
    }
    let one = |(said, (_, market)): (&Value, (_, &rhodian_core::market::Market))| {
        let step = |key: &str| read_step(said[key].as_str()?).ok();
        let grid = Grid::new(step("tick")?, step("lot")?, decimals)?;
        let named = said["market"].as_str() == Some(market.spec.name.as_str());
        (grid.unit == market.spec.unit && named).then_some(grid)
    };
    markets.iter().zip(state.markets.markets()).map(one).collect()
}

/// The figures that the events and commands make. How often the laws were checked from the raw
/// state is the run's own word, and so are the codes that its file expected.
fn made(
    said: &Value,
    run: &Run,
    grids: &[Grid],
    commands: &Commands,
) -> Vec<(&'static str, Value)> {
    let figures = &run.figures;
    let named = run.state.markets.markets().zip(grids);
    let named = named.map(|((_, of), grid)| (of.spec.name.as_str().to_owned(), *grid));
    let named: Vec<(String, Grid)> = named.collect();
    let markets = named.iter().zip(&figures.marks);
    let markets = markets.map(|((name, grid), marks)| market(name, *grid, marks));
    let refusals: BTreeMap<&str, Value> = commands
        .refused
        .iter()
        .map(|(code, times)| {
            let expected = said["refusals"][code]["expected"].as_u64().unwrap_or(0);
            let others = times.saturating_sub(expected);
            (code.as_str(), json!({ "expected": expected.min(*times), "others": others }))
        })
        .collect();
    let mut made = vec![
        ("end", json!(figures.end)),
        ("commands", json!(commands.all)),
        ("counts", json!(figures.counts)),
        ("refusals", json!(refusals)),
        ("markets", Value::Array(markets.collect())),
        ("close_outs", Value::Array(close_outs(&named, run))),
        ("layer_kinds", json!(kinds(run))),
    ];
    if said.get("collaterals").is_some() {
        made.push(("collaterals", collaterals(said, run)));
    }
    if said.get("feeds").is_some() {
        made.push(("feeds", feeds(said, run, commands)));
    }
    let checked = said["laws_checked"]["from_raw_state"].clone();
    let laws = json!({ "after_each_event": figures.events, "from_raw_state": checked });
    made.push(("laws_checked", laws));
    made
}

/// The collaterals; how their prices are written is the summary's word.
fn collaterals(said: &Value, run: &Run) -> Value {
    let list = said["collaterals"].as_array().into_iter().flatten();
    let list = list.zip(&run.figures.collateral_marks).zip(1..);
    list.map(|((said, marks), place)| {
        let asset = run.state.domains.asset(AssetId(place));
        let (name, decimals) = asset.map_or(("", 0), |asset| (asset.name.as_str(), asset.decimals));
        let tick = said["tick"].as_str().and_then(|tick| read_step(tick).ok());
        feed_figures::collateral(name, decimals, tick.unwrap_or(0), marks)
    })
    .collect()
}

/// The feeds; the names of their sources, and the market of one that marks none, are the summary's
/// word.
fn feeds(said: &Value, run: &Run, commands: &Commands) -> Value {
    let list = said["feeds"].as_array().into_iter().flatten();
    let one = |((place, (id, found)), said): ((usize, Listed<'_>), &Value)| {
        let mut markets = run.state.markets.markets();
        let marked = markets.find(|(_, market)| market.feeds.price == Some(id));
        let withheld = marked.and_then(|(id, _)| commands.withheld.get(&u64::from(id.0)));
        let mut collaterals = run.state.collaterals.collaterals(AssetId(0));
        let of_asset = collaterals.find(|(_, of)| of.feed == Some(id)).map(|(asset, _)| asset);
        let by_asset = |id: AssetId| commands.withheld_of_collateral.get(&u64::from(id.0));
        let withheld = withheld.or_else(|| of_asset.and_then(by_asset));
        let about = match (marked, of_asset) {
            (Some((_, market)), _) => ("market", market.spec.name.as_str()),
            (None, Some(asset)) => {
                let asset = run.state.domains.asset(asset);
                ("collateral", asset.map_or("", |of| of.name.as_str()))
            }
            (None, None) if said.get("collateral").is_some() => {
                ("collateral", said["collateral"].as_str().unwrap_or_default())
            }
            (None, None) => ("market", said["market"].as_str().unwrap_or_default()),
        };
        let sources = said["sources"].as_array().into_iter().flatten();
        let sources = sources.map(|said| said["source"].as_str().unwrap_or_default());
        let sources: Vec<&str> = sources.collect();
        let said = (sources.as_slice(), withheld.copied().unwrap_or(0));
        feed_figures::feed(run.figures.feeds.of.get(&place), &found.spec, about, said)
    };
    run.state.oracle.feeds().enumerate().zip(list).map(one).collect()
}
