//! The figures of a run as its page draws them.

use std::collections::BTreeMap;

use rhodian_core::ids::MarketId;
use rhodian_core::invariants::LAWS;
use rhodian_core::units::Price;
use rhodian_report::money::Money;
use rhodian_report::run::{AccountRow, CloseOutRow, MapRow, Path, Refusals, RunFigures};

use super::driver::Run;
use super::summary::{Standing, most_touched};
use crate::venue_file::VenueFile;

/// The markets whose price is drawn, and the rows of the map.
const MOST_MARKETS: usize = 6;
const MOST_ROWS: usize = 14;
/// The accounts whose equity is drawn, and those that are listed.
const MOST_EQUITIES: usize = 6;
const MOST_ACCOUNTS: usize = 20;
/// The parts of the run's time in the map.
const CELLS: u64 = 48;
/// The points of a path that are drawn.
const MOST_POINTS: usize = 240;

/// What the page of `run` draws.
#[must_use]
pub fn figures(file: &VenueFile, run: &Run, standings: &[Standing]) -> RunFigures {
    let figures = &run.figures;
    let refusals = figures.refusals.iter().map(|(code, (expected, others))| Refusals {
        code: (*code).to_owned(),
        expected: *expected,
        others: *others,
    });
    RunFigures {
        end: figures.end,
        failures: figures.times.values().map(|(at, _)| *at).collect(),
        prices: prices(file, run),
        equities: equities(file, run, standings),
        map: map(file, run),
        close_outs: close_outs(file, run),
        accounts: accounts(standings),
        counts: figures.counts.iter().map(|(what, times)| ((*what).to_owned(), *times)).collect(),
        refusals: refusals.collect(),
        laws: (LAWS.len(), figures.events, figures.full_checks),
    }
}

/// The value taken over in each market, the largest first.
fn by_takeover(run: &Run) -> Vec<(MarketId, u128)> {
    let mut sums: BTreeMap<MarketId, u128> = BTreeMap::new();
    for takeover in &run.figures.takeovers {
        *sums.entry(takeover.market).or_default() += takeover.value;
    }
    let mut sums: Vec<(MarketId, u128)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}

/// The prices of the markets with most takeovers, then the first ones.
fn prices(file: &VenueFile, run: &Run) -> Vec<Path> {
    let mut shown: Vec<usize> = by_takeover(run).iter().map(|(id, _)| id.index()).collect();
    for index in 0..file.markets.len() {
        if !shown.contains(&index) {
            shown.push(index);
        }
    }
    let path = |index: usize| {
        let marks = run.figures.marks.get(index)?;
        let grid = file.markets.get(index)?.grid;
        let text =
            |ticks: u64| Price::new(ticks).map_or_else(|_| String::new(), |p| grid.price_text(p));
        let points: Vec<(u64, i128)> =
            marks.iter().map(|(at, ticks)| (*at, i128::from(*ticks))).collect();
        let ticks = || marks.iter().map(|(_, ticks)| *ticks);
        Some(Path {
            name: file.markets[index].name.as_str().to_owned(),
            points: thinned(points),
            high: text(ticks().max()?),
            low: text(ticks().min()?),
            last: text(ticks().next_back()?),
        })
    };
    shown.into_iter().take(MOST_MARKETS).filter_map(path).collect()
}

/// The equities of the accounts touched most.
fn equities(file: &VenueFile, run: &Run, standings: &[Standing]) -> Vec<Path> {
    let money = Money::new(u32::from(file.asset.decimals));
    let text = |atoms: i128| {
        let sign = if atoms < 0 { "-" } else { "" };
        format!("{sign}{}", money.short(atoms.unsigned_abs()))
    };
    let path = |of: &Standing| {
        let values = run.figures.samples.iter();
        let points: Vec<(u64, i128)> = values
            .filter_map(|(at, equities)| Some((*at, *equities.get(of.id.index())?)))
            .collect();
        let atoms = || points.iter().map(|(_, atoms)| *atoms);
        Some(Path {
            name: of.name.clone(),
            high: text(atoms().max()?),
            low: text(atoms().min()?),
            last: text(of.equity),
            points: thinned(points),
        })
    };
    // One whose equity never moved has no path to show.
    let moves = |path: &Path| path.points.iter().any(|point| point.1 != path.points[0].1);
    let touched = most_touched(standings, MOST_ACCOUNTS).into_iter().filter_map(path);
    touched.filter(moves).take(MOST_EQUITIES).collect()
}

/// Evenly thinned to what can be seen, the lowest and the highest value and the ends kept.
fn thinned(points: Vec<(u64, i128)>) -> Vec<(u64, i128)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let stride = points.len().div_ceil(MOST_POINTS);
    let chunk = |chunk: &[(u64, i128)]| {
        let low = chunk.iter().min_by_key(|point| point.1).copied();
        let high = chunk.iter().max_by_key(|point| point.1).copied();
        let mut kept: Vec<(u64, i128)> = low.into_iter().chain(high).collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    };
    let mut kept: Vec<(u64, i128)> = points.chunks(stride * 2).flat_map(chunk).collect();
    kept.extend(points.last());
    kept.dedup();
    kept
}

fn map(file: &VenueFile, run: &Run) -> Vec<MapRow> {
    let end = run.figures.end.max(1);
    let rows = by_takeover(run).into_iter().take(MOST_ROWS).map(|(market, _)| {
        let mut row = MapRow {
            market: file.markets[market.index()].name.as_str().to_owned(),
            cells: vec![0; usize::try_from(CELLS).unwrap_or(1)],
            legs: 0,
        };
        for takeover in run.figures.takeovers.iter().filter(|of| of.market == market) {
            let cell = takeover.at.saturating_mul(CELLS) / end;
            let cell = usize::try_from(cell.min(CELLS - 1)).unwrap_or(0);
            row.cells[cell] += takeover.value;
            row.legs += 1;
        }
        row
    });
    rows.collect()
}

fn close_outs(file: &VenueFile, run: &Run) -> Vec<CloseOutRow> {
    let one = |((loss, market), of): (
        &(rhodian_core::ids::LossId, MarketId),
        &super::figures::CloseOut,
    )| {
        let grid = file.markets[market.index()].grid;
        let size = |lots: u64| (lots, grid.size_text(lots));
        CloseOutRow {
            loss: run.names.loss_name(*loss).to_owned(),
            market: file.markets[market.index()].name.as_str().to_owned(),
            taken: size(of.taken),
            filled: size(of.filled),
            sold: size(of.sold),
            need: size(of.need),
            assigned: size(of.assigned),
            parties: of.parties,
        }
    };
    run.figures.close_outs.iter().map(one).collect()
}

fn accounts(standings: &[Standing]) -> Vec<AccountRow> {
    let one = |of: &Standing| AccountRow {
        account: of.name.clone(),
        note: match of.figures.failed {
            Some(_) => "failed".to_owned(),
            None if of.owner != of.name => format!("of {}", of.owner),
            None => String::new(),
        },
        deposited: of.figures.deposited,
        equity: of.equity,
        paid: of.paid + of.own_means,
        repaid: of.repaid,
        deleveraged: of.figures.deleveraged,
        left: of.deficit,
    };
    most_touched(standings, MOST_ACCOUNTS).into_iter().map(one).collect()
}
