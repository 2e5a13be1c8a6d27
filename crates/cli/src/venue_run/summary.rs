//! The figures of a run as a report, as JSON, as tables and as text.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, LossId, MarketId};
use rhodian_core::invariants::LAWS;
use rhodian_core::loss::Stage;
use rhodian_core::units::{Amount, Price};
use rhodian_report::money::{Money, count};
use rhodian_report::run::clock;
use rhodian_report::safe::{fitted, printable};
use rhodian_report::{Asset, Report, Summary, csv};
use serde_json::{Value, json};

use super::commands::ASSET;
use super::driver::Run;
use super::feed_figures;
use super::figures::{AccountFigures, CloseOut};
use super::lines::{grid, wrapped};
use super::margin::signed_plain;
use super::{covers, holdings, stakes};
use crate::diagnostic::Diagnostic;
use crate::forms::pretty;
use crate::run::driver::account_name;
use crate::run::events::EventLog;
use crate::run::rows::rows;
use crate::run::settlement;
use crate::run::summary::{hexadecimal, kebab, losses};
use crate::venue_file::VenueFile;
use crate::venue_file::numbers::Grid;

/// The accounts listed on the terminal.
const MOST_ACCOUNTS: usize = 10;

/// The report of a run of `file`.
///
/// Refused: what the core refuses of claims that it divided before; none is known.
pub fn report(file: &VenueFile, run: &Run) -> Result<Report, Diagnostic> {
    let state = &run.state;
    let asset = Asset {
        name: file.asset.name.as_str().to_owned(),
        decimals: u32::from(file.asset.decimals),
    };
    let ids = &run.names.loss_names;
    let found = losses(state, &run.trail, ids, Money::new(asset.decimals));
    let title = file.title.clone().unwrap_or_else(|| "A venue's run".to_owned());
    let mut summary = Summary::new(title, asset, found);
    summary.settlement = settlement::summary(state, &run.trail);
    summary.warnings = file.remarks.clone();
    summary.warnings.extend(run.figures.remarks.iter().cloned());
    let kept = u64::try_from(run.figures.remarks.len()).unwrap_or(u64::MAX);
    if run.figures.all_remarks > kept {
        let more = run.figures.all_remarks - kept;
        summary.warnings.push(format!("{more} more commands were refused: see commands.ndjson"));
    }
    summary.laws = LAWS.iter().map(|law| law.id.to_owned()).collect();
    summary.digest = hexadecimal(&state.digest());
    summary.events_hash = run.log.as_ref().map(EventLog::hash).unwrap_or_default();
    summary.events = run.figures.events;
    let shares = rows(state, &run.trail, ids).map_err(|error| {
        let help = "this is a fault of the program: please report it with the file.";
        Diagnostic::bad_input("shares-refused", error.to_string(), help)
    })?;
    Ok(Report::new(summary, shares))
}

/// The summary with the run's own figures, as JSON over several lines.
#[must_use]
pub fn json(report: &Report, file: &VenueFile, run: &Run) -> Vec<u8> {
    // A summary is plain data with text keys, so it always has a JSON form.
    let mut value = serde_json::to_value(&report.summary).unwrap_or_default();
    if let Value::Object(members) = &mut value {
        members.insert("run".to_owned(), figures(file, run));
    }
    pretty(&value)
}

fn figures(file: &VenueFile, run: &Run) -> Value {
    let run_of = run;
    let figures = &run.figures;
    let refusals: BTreeMap<&str, Value> = figures
        .refusals
        .iter()
        .map(|(code, (expected, others))| {
            (*code, json!({ "expected": expected, "others": others }))
        })
        .collect();
    let named = file.markets.iter().map(|of| (of.name.as_str().to_owned(), of.grid));
    let close_outs = close_outs(&named.collect::<Vec<_>>(), run);
    let markets = file.markets.iter().zip(&figures.marks);
    let markets = markets.map(|(of, marks)| market(of.name.as_str(), of.grid, marks));
    let mut run = json!({
        "end": figures.end,
        "commands": figures.commands,
        "counts": figures.counts,
        "refusals": refusals,
        "markets": markets.collect::<Vec<_>>(),
        "close_outs": close_outs,
        "layer_kinds": kinds(run),
        "laws_checked": {
            "after_each_event": figures.events,
            "from_raw_state": figures.full_checks,
        },
    });
    // Only where the file has them, so that other summaries stay as they are.
    if let Value::Object(members) = &mut run {
        if !file.collaterals.is_empty() {
            members.insert("collaterals".to_owned(), feed_figures::collaterals(file, run_of));
        }
        if !file.feeds.is_empty() {
            members.insert("feeds".to_owned(), feed_figures::feeds(file, run_of));
        }
    }
    run
}

/// A market with what its mark did, by time in ticks.
#[must_use]
pub fn market(name: &str, grid: Grid, marks: &[(u64, u64)]) -> Value {
    let price = |ticks: Option<u64>| {
        let price = ticks.and_then(|ticks| Price::new(ticks).ok());
        price.map(|price| grid.price_text(price))
    };
    let ticks = || marks.iter().map(|(_, ticks)| *ticks);
    json!({
        "market": name,
        "tick": grid.tick_text(),
        "lot": grid.lot_text(),
        "first": price(ticks().next()),
        "lowest": price(ticks().min()),
        "highest": price(ticks().max()),
        "last": price(ticks().next_back()),
    })
}

/// How each book was closed in each market; markets with their names and grids.
#[must_use]
pub fn close_outs(markets: &[(String, Grid)], run: &Run) -> Vec<Value> {
    let one = |((loss, market), of): (&(LossId, MarketId), &CloseOut)| {
        let (name, grid) = markets.get(market.index())?;
        let size = |lots| grid.size_text(lots);
        Some(json!({
            "loss": run.names.loss_name(*loss),
            "market": name,
            "taken_over": size(of.taken),
            "filled": size(of.filled),
            "sold": size(of.sold),
            "need": size(of.need),
            "assigned": size(of.assigned),
            "parties": of.parties,
        }))
    };
    run.figures.close_outs.iter().filter_map(one).collect()
}

/// What each kind of layer paid over all losses, in atoms, and for how many losses.
#[must_use]
pub fn kinds(run: &Run) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, (u128, u64)> = BTreeMap::new();
    for (_, loss) in run.state.losses.losses() {
        for draw in &loss.draws {
            let layer = run.state.domains.layer(draw.layer);
            let Some(layer) = layer.filter(|_| !draw.received.is_zero()) else { continue };
            let sums = found.entry(kebab(&layer.spec.kind)).or_default();
            sums.0 += draw.received.atoms();
            sums.1 += 1;
        }
    }
    let one = |(kind, (paid, draws)): (String, (u128, u64))| {
        (kind, json!({ "paid": paid.to_string(), "draws": draws }))
    };
    found.into_iter().map(one).collect()
}

/// An account as it stands at the end, in atoms.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its dense id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its owner's name.
    pub owner: String,
    /// What it did and what was done to it.
    pub figures: AccountFigures,
    /// What is staked now, and what of it was asked for and has not left.
    pub staked: (u128, u128),
    /// What its stakes earned: what it took, and what it has not taken.
    pub rewards: (u128, u128),
    /// Equity at the marks.
    pub equity: i128,
    /// What it is held for.
    pub lien: u128,
    /// What it may take out.
    pub free: u128,
    /// What it paid in shares.
    pub paid: u128,
    /// What came back of it.
    pub repaid: u128,
    /// What it paid as own means of a failed owner.
    pub own_means: u128,
    /// The deficit it left to others.
    pub deficit: u128,
}

impl Standing {
    /// How much the run touched it: what it left to others, then what it bore, then the rest.
    fn touched(&self) -> (u128, u128, u128) {
        (self.deficit, self.paid + self.own_means, self.figures.deleveraged)
    }
}

/// Every account, in the order of their ids.
#[must_use]
pub fn standings(report: &Report, run: &Run) -> Vec<Standing> {
    let state = &run.state;
    let mut paid: BTreeMap<&str, (u128, u128)> = BTreeMap::new();
    for row in &report.shares {
        let sums = paid.entry(&row.account).or_default();
        sums.0 += row.share.atoms();
        sums.1 += row.repaid.atoms();
    }
    let mut own: BTreeMap<AccountId, u128> = BTreeMap::new();
    for (_, account, amount) in &run.trail.own_means {
        *own.entry(*account).or_default() += amount.atoms();
    }
    let mut deficits: BTreeMap<AccountId, u128> = BTreeMap::new();
    for (_, loss) in state.losses.losses() {
        if let Some(failed) = loss.failed {
            *deficits.entry(failed).or_default() += loss.deficit.atoms();
        }
    }
    let mut stakes: BTreeMap<AccountId, [(u128, u128); 2]> = BTreeMap::new();
    for of in run.trail.stakes.rows(state) {
        let [staked, rewards] = stakes.entry(of.account).or_default();
        staked.0 += of.staked.atoms();
        staked.1 += of.leaving.atoms();
        rewards.0 += of.rewards_taken.atoms();
        rewards.1 += of.earned.atoms();
    }
    let accounts = state.accounts.accounts().map(|(id, account)| {
        let [staked, rewards] = stakes.get(&id).copied().unwrap_or_default();
        let name = account.name.as_str().to_owned();
        let (paid, repaid) = paid.get(name.as_str()).copied().unwrap_or_default();
        let owner = state.accounts.owner(account.owner);
        Standing {
            id,
            owner: owner.map_or_else(String::new, |owner| owner.as_str().to_owned()),
            figures: run.figures.accounts.get(id.index()).copied().unwrap_or_default(),
            staked,
            rewards,
            equity: state.equity(id, ASSET) + state.supplied(id, ASSET).atoms().cast_signed(),
            lien: state.lien(id, ASSET).atoms(),
            free: state.free(id, ASSET).atoms(),
            paid,
            repaid,
            own_means: own.get(&id).copied().unwrap_or(0),
            deficit: deficits.get(&id).copied().unwrap_or(0),
            name,
        }
    });
    accounts.collect()
}

/// The accounts that the run touched most, at most `most`.
#[must_use]
pub fn most_touched(standings: &[Standing], most: usize) -> Vec<&Standing> {
    let mut found: Vec<&Standing> =
        standings.iter().filter(|standing| standing.touched() != (0, 0, 0)).collect();
    found.sort_by(|a, b| b.touched().cmp(&a.touched()).then_with(|| a.id.cmp(&b.id)));
    found.truncate(most);
    found
}

/// `accounts.csv`.
#[must_use]
pub fn accounts_csv(report: &Report, run: &Run, standings: &[Standing]) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let rows: Vec<Vec<String>> = standings
        .iter()
        .map(|of| {
            let failed = of.figures.failed.map(|loss| run.names.loss_name(loss).to_owned());
            vec![
                of.name.clone(),
                of.owner.clone(),
                money.plain(of.figures.deposited),
                money.plain(of.figures.withdrawn),
                money.plain(of.staked.0),
                money.plain(of.staked.1),
                money.plain(of.rewards.0),
                money.plain(of.rewards.1),
                money.plain(of.figures.fees),
                signed_plain(money, of.equity),
                money.plain(of.lien),
                money.plain(of.free),
                money.plain(of.paid),
                money.plain(of.repaid),
                money.plain(of.own_means),
                money.plain(of.figures.deleveraged),
                failed.unwrap_or_default(),
                money.plain(of.deficit),
            ]
        })
        .collect();
    csv::table(
        &[
            "account",
            "owner",
            "deposited",
            "withdrawn",
            "staked",
            "leaving",
            "rewards_taken",
            "rewards_not_taken",
            "fees",
            "equity",
            "lien",
            "free",
            "shares_paid",
            "repaid",
            "own_means",
            "deleveraged_value",
            "failed_in",
            "deficit",
        ],
        &rows,
    )
}

/// `losses.csv`.
#[must_use]
pub fn losses_csv(report: &Report, run: &Run) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let state = &run.state;
    let plain = |amount: Amount| money.plain(amount.atoms());
    let rows: Vec<Vec<String>> = state
        .losses
        .losses()
        .zip(&report.summary.losses)
        .map(|((id, loss), of)| {
            let (detected, settled) = run.figures.times.get(&id).copied().unwrap_or_default();
            let domain = state.domains.domain(loss.domain);
            let recovered = of.recovered;
            vec![
                of.id.clone(),
                domain.map_or_else(String::new, |found| found.name.as_str().to_owned()),
                loss.failed.map_or_else(String::new, |id| account_name(state, id).to_owned()),
                of.class.clone(),
                of.cause.clone(),
                of.episode.to_string(),
                detected.to_string(),
                settled.map_or_else(String::new, |at| at.to_string()),
                stage(loss.stage).to_owned(),
                plain(loss.close_out),
                plain(of.own_means),
                plain(of.deficit),
                plain(of.netted),
                plain(loss.received()),
                plain(of.uncovered),
                plain(recovered),
            ]
        })
        .collect();
    csv::table(
        &[
            "loss_id",
            "domain",
            "failed",
            "class",
            "cause",
            "episode",
            "detected",
            "settled",
            "stage",
            "close_out",
            "own_means",
            "deficit",
            "netted",
            "layers_paid",
            "uncovered",
            "recovered",
        ],
        &rows,
    )
}

/// Where a loss stands, in a word.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Reported => "reported",
        Stage::Challengeable { .. } => "challengeable",
        Stage::Dismissed => "dismissed",
        Stage::Detected => "detected",
        Stage::Measured => "measured",
        Stage::Absorbing => "absorbing",
        Stage::Settled => "settled",
    }
}

/// The table of the accounts most touched, and what was counted.
#[must_use]
pub fn text(report: &Report, run: &Run, standings: &[Standing]) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let most = most_touched(standings, MOST_ACCOUNTS);
    let mut out = String::new();
    if !most.is_empty() {
        let head = ["account", "paid in", "equity now", "shares", "repaid", "deleveraged", "left"];
        let places = money.places([0]);
        let write = |atoms: u128| match atoms {
            0 => "-".to_owned(),
            atoms => money.with_places(atoms, places),
        };
        let body: Vec<Vec<String>> = most
            .iter()
            .map(|of| {
                let sign = if of.equity < 0 { "-" } else { "" };
                let equity = money.with_places(of.equity.unsigned_abs(), places);
                vec![
                    fitted(&printable(&of.name), 20, "…"),
                    write(of.figures.deposited),
                    format!("{sign}{equity}"),
                    write(of.paid + of.own_means),
                    write(of.repaid),
                    write(of.figures.deleveraged),
                    write(of.deficit),
                ]
            })
            .collect();
        let asset = printable(&report.summary.asset.name);
        out.push_str(&format!("Accounts most touched ({asset})\n{}", grid(&head, &body)));
        out.push('\n');
    }
    out.push_str(&stakes::text(report, run));
    out.push_str(&covers::text(report, run));
    out.push_str(&holdings::text(report, run));
    out.push_str(&counted(run));
    out
}

/// What was counted, in a few lines.
fn counted(run: &Run) -> String {
    let figures = &run.figures;
    let number = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX));
    let happened: Vec<String> =
        figures.counts.iter().map(|(what, times)| format!("{what} {}", number(*times))).collect();
    let mut lines = vec![format!("Until {}: {}", clock(figures.end), happened.join(", "))];
    if !figures.refusals.is_empty() {
        let refused = figures
            .refusals
            .iter()
            .map(|(code, (expected, others))| format!("{code} {}", number(expected + others)));
        lines.push(format!("Refused: {}", refused.collect::<Vec<_>>().join(", ")));
    }
    let open = still_open(&run.state);
    if !open.is_empty() {
        let names: Vec<String> =
            open.iter().map(|loss| printable(run.names.loss_name(*loss))).collect();
        lines.push(format!("Not settled: {}", names.join(", ")));
    }
    lines.push(format!(
        "{} laws held after each of {} events, {} times from the raw state",
        LAWS.len(),
        number(figures.events),
        number(figures.full_checks)
    ));
    let mut out = String::new();
    for line in lines {
        for part in wrapped(&line) {
            out.push_str(&part);
            out.push('\n');
        }
    }
    out
}

/// The losses that are not settled.
#[must_use]
pub fn still_open(state: &State) -> Vec<LossId> {
    let open = |stage| !matches!(stage, Stage::Settled | Stage::Dismissed);
    state.losses.losses().filter(|(_, loss)| open(loss.stage)).map(|(id, _)| id).collect()
}
