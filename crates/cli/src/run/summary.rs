//! The report of a run: what each layer paid for each loss and how it stands, with the rows of
//! every share.

use rhodian_core::domain::Source;
use rhodian_core::engine::State;
use rhodian_core::ids::{LayerId, LossId};
use rhodian_core::invariants::{LAWS, MARKETS, check};
use rhodian_core::loss::{Loss, Stage};
use rhodian_core::recovery::{Bearer, ClaimPool};
use rhodian_core::units::Amount;

use rhodian_report::money::Money;
use rhodian_report::{Asset, LayerDraw, LayerState, LossSummary, Report, Summary};
use serde::Serialize;

use super::driver::Run;
use super::events::EventLog;
use super::notes::note;
use super::rows::rows;
use super::settlement;
use super::trail::{Standing, Trail};
use crate::diagnostic::Diagnostic;
use crate::loss_file::LossFile;

/// The name a value has in JSON: kebab-case.
pub fn kebab(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The report of a run of `file`.
///
/// Refused: what the core refuses of claims that it divided before; none is known.
pub fn report(file: &LossFile, run: &Run) -> Result<Report, Diagnostic> {
    let state = &run.state;
    let ids: Vec<String> = file.distinct_losses().map(|loss| loss.id.clone()).collect();
    let asset = Asset {
        name: file.asset.name.as_str().to_owned(),
        decimals: u32::from(file.asset.decimals),
    };
    let losses = losses(state, &run.trail, &ids, Money::new(asset.decimals));
    let title = file.title.clone().unwrap_or_else(|| default_title(&ids));
    let mut summary = Summary::new(title, asset, losses);
    summary.warnings = file.remarks.iter().chain(&run.remarks).cloned().collect();
    summary.settlement = settlement::summary(state, &run.trail);
    check(state).map_err(|broken| {
        let help = "this is a fault of the program: please report it with the file.";
        Diagnostic::bad_input("law-broken", broken.to_string(), help)
    })?;
    summary.laws =
        LAWS.iter().filter(|law| law.id != MARKETS).map(|law| law.id.to_owned()).collect();
    summary.events = run.events;
    summary.digest = hexadecimal(&state.digest());
    summary.events_hash = run.log.as_ref().map(EventLog::hash).unwrap_or_default();
    let shares = rows(state, &run.trail, &ids).map_err(|error| {
        let help = "this is a fault of the program: please report it with the file.";
        Diagnostic::bad_input("shares-refused", error.to_string(), help)
    })?;
    Ok(Report::new(summary, shares))
}

fn default_title(ids: &[String]) -> String {
    match ids {
        [only] => format!("Who bears {only}?"),
        many => format!("Who bears {} losses?", many.len()),
    }
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every loss, in the order they were reported.
#[must_use]
pub fn losses(state: &State, trail: &Trail, ids: &[String], money: Money) -> Vec<LossSummary> {
    let numbered = state.losses.losses();
    numbered
        .map(|(id, loss)| {
            let layers = trail.standings.get(&id).into_iter().flatten();
            let draws = layers.map(|standing| draw(state, trail, id, loss, standing, money));
            let amount = |found: Option<&u128>| {
                Amount::new(found.copied().unwrap_or(0)).unwrap_or(Amount::MAX)
            };
            let (settled_by_rank, repaid_by_rank) = settlement::of_loss(state, id);
            LossSummary {
                id: ids.get(id.index()).cloned().unwrap_or_default(),
                episode: loss.episode.map_or(0, |episode| u64::from(episode.0) + 1),
                class: kebab(&loss.class),
                cause: cause(loss),
                // What was only said, or was dismissed, was not lost.
                amount: loss.episode.map_or(Amount::ZERO, |_| loss.close_out),
                own_means: loss.own_means,
                deficit: loss.deficit,
                netted: loss.netted,
                layers: draws.collect(),
                uncovered: loss.uncovered,
                recovered: amount(trail.recovered.get(&id)),
                repaid_uncovered: amount(trail.repaid_uncovered.get(&id)),
                repaid_results: amount(trail.repaid_results.get(&id)),
                settled_by_rank,
                repaid_by_rank,
            }
        })
        .collect()
}

/// The cause in words; of what is no loss, or none yet, that it is not.
fn cause(loss: &Loss) -> String {
    let cause = loss.cause.as_str();
    match loss.stage {
        Stage::Dismissed => format!("{cause} (dismissed: no loss)"),
        Stage::Reported => format!("{cause} (reported, not approved)"),
        Stage::Challengeable { .. } => format!("{cause} (approved, open to challenge)"),
        Stage::Detected | Stage::Measured | Stage::Absorbing | Stage::Settled => cause.to_owned(),
    }
}

fn draw(
    state: &State,
    trail: &Trail,
    id: LossId,
    loss: &Loss,
    standing: &Standing,
    money: Money,
) -> LayerDraw {
    let layer = standing.layer;
    let spec = state.domains.layer(layer).map(|found| &found.spec);
    let draws = loss.draws.iter().filter(|draw| draw.layer == layer);
    let planned: u128 = draws.map(|draw| draw.planned.atoms()).sum();
    let received = loss.received_from(layer);
    let division = trail.divisions.iter().find(|d| d.loss == id && d.layer == layer);
    let mut note = division.map_or_else(String::new, |found| note(state, found, money));
    if standing.members == Some(0) {
        "no claimants".clone_into(&mut note);
    }
    let back = state.issuances.of_layer(layer).and_then(|(_, of)| of.spec.buyback);
    let back = back.and_then(|back| state.domains.layer(back.fund));
    if let Some(fund) = back.filter(|_| !received.is_zero()) {
        note = format!("what comes back of it is {}'s", fund.spec.name.as_str());
    }
    LayerDraw {
        step: u32::from(standing.step),
        name: spec.map_or_else(String::new, |spec| spec.name.as_str().to_owned()),
        kind: spec.map_or_else(String::new, |spec| kebab(&spec.kind)),
        planned: Amount::new(planned).unwrap_or(Amount::MAX),
        received,
        state: layer_state(state, loss, standing),
        note,
        repaid: repaid(state, loss, layer),
    }
}

/// How a layer stands: what it had left when the loss was settled, against what it was asked for.
fn layer_state(state: &State, loss: &Loss, standing: &Standing) -> LayerState {
    let layer = standing.layer;
    let draws: Vec<_> = loss.draws.iter().filter(|draw| draw.layer == layer).collect();
    if draws.iter().any(|draw| !draw.closed) {
        return LayerState::Pending;
    }
    if draws.iter().any(|draw| draw.deadline.is_some() && draw.received < draw.planned) {
        return LayerState::ClosedAtDeadline;
    }
    let reached = loss.step >= standing.step;
    let proceeds = state
        .domains
        .layer(layer)
        .is_some_and(|found| matches!(found.spec.source, Source::Proceeds { .. }));
    if !reached || standing.members == Some(0) || (proceeds && draws.is_empty()) {
        return LayerState::Untouched;
    }
    if standing.left == 0 && !proceeds {
        return LayerState::Exhausted;
    }
    // It has more and the loss went on without it: a cap held it back.
    if wanted_more(loss, standing) { LayerState::Capped } else { LayerState::PartlyUsed }
}

/// Whether something of the loss was left when the step of `standing` was done.
fn wanted_more(loss: &Loss, standing: &Standing) -> bool {
    let up_to = loss.draws.iter().filter(|draw| draw.step <= standing.step);
    let absorbed: u128 = up_to.map(|draw| draw.received.atoms()).sum();
    absorbed + loss.netted.atoms() < loss.deficit.atoms()
}

/// What came back for what was paid through `layer`: where tokens were sold, to the fund that buys
/// them back, which bears nothing itself at their step.
fn repaid(state: &State, loss: &Loss, through: LayerId) -> Amount {
    let draws = |step: u16| loss.draws.iter().filter(move |draw| draw.step == step);
    let of = |pool: &&ClaimPool| match &pool.bearer {
        Bearer::Layer(layer) if draws(pool.step).any(|draw| draw.layer == *layer) => {
            *layer == through
        }
        Bearer::Layer(layer) => {
            let sold = draws(pool.step).map(|draw| draw.layer);
            let mut sold = sold.filter(|layer| state.issuances.of_layer(*layer).is_some());
            sold.next_back().unwrap_or(*layer) == through
        }
        Bearer::Members { layer, .. } => *layer == through,
        Bearer::Uncovered(_) | Bearer::Outside(_) | Bearer::Ranked { .. } | Bearer::Results(_) => {
            false
        }
    };
    let pools = loss.pools.iter().filter(of);
    let repaid: u128 = pools.map(|pool| pool.repaid.atoms()).sum();
    Amount::new(repaid).unwrap_or(Amount::MAX)
}
