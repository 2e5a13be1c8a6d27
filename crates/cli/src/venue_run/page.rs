//! The figures of a run as its page draws them.

use std::collections::BTreeMap;

use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::invariants::LAWS;
use rhodian_core::units::Price;
use rhodian_report::money::Money;
use rhodian_report::run::{
    AccountRow, CloseOutRow, FeedRow, MapRow, OptionsRow, Path, Refusals, RunFigures, SourceRow,
    StakeRow,
};

use super::covers;
use super::driver::Run;
use super::options_figures::OptionsAt;
use super::summary::{Standing, most_touched};
use crate::run::driver::account_name;
use crate::venue_file::VenueFile;
use crate::venue_file::model::Feed;

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
        liquidated: liquidated(file, run),
        close_outs: close_outs(file, run),
        options: options(run),
        feeds: feeds(file, run),
        accounts: accounts(standings),
        stakes: stakes(run),
        covers: covers::for_page(run, MOST_ACCOUNTS),
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
    let moments = run.figures.takeovers.iter().map(|of| (of.at, of.market, of.value));
    rows_of(file, run, &moments.collect::<Vec<_>>())
}

fn liquidated(file: &VenueFile, run: &Run) -> Vec<MapRow> {
    rows_of(file, run, &run.figures.liquidated)
}

/// Values by market and time, the markets with most of it first.
fn rows_of(file: &VenueFile, run: &Run, moments: &[(u64, MarketId, u128)]) -> Vec<MapRow> {
    let mut rows: BTreeMap<MarketId, MapRow> = BTreeMap::new();
    for (at, market, value) in moments {
        let row = rows.entry(*market).or_insert_with(|| MapRow {
            market: file.markets[market.index()].name.as_str().to_owned(),
            cells: no_cells(),
            legs: 0,
        });
        row.cells[cell(run, *at)] += value;
        row.legs += 1;
    }
    let mut rows: Vec<MapRow> = rows.into_values().collect();
    // Stable: markets of one sum stay in the order of the file.
    rows.sort_by_key(|row| std::cmp::Reverse(row.cells.iter().sum::<u128>()));
    rows.truncate(MOST_ROWS);
    rows
}

/// The parts of the run's time, and the one of a moment.
fn no_cells() -> Vec<u128> {
    vec![0; usize::try_from(CELLS).unwrap_or(1)]
}

fn cell(run: &Run, at: u64) -> usize {
    let cell = at.saturating_mul(CELLS) / run.figures.end.max(1);
    usize::try_from(cell.min(CELLS - 1)).unwrap_or(0)
}

/// The holders of options whose worst move would have cost most.
fn options(run: &Run) -> Vec<OptionsRow> {
    let state = &run.state;
    let mut found: Vec<_> = run.figures.options.iter().collect();
    found.sort_by(|a, b| b.1.acceleration.loss.cmp(&a.1.acceleration.loss).then(a.0.cmp(b.0)));
    let one = |((account, market), of): &(&(AccountId, MarketId), &OptionsAt)| OptionsRow {
        account: account_name(state, *account).to_owned(),
        underlying: state
            .markets
            .market(*market)
            .map_or_else(String::new, |found| found.spec.name.as_str().to_owned()),
        at: of.at,
        equity: of.equity,
        delta: of.greeks.delta,
        gamma: of.greeks.gamma,
        vega: of.greeks.vega,
        vanna: of.greeks.vanna,
        theta: of.greeks.theta,
        loss: of.acceleration.loss,
        delta_loss: of.acceleration.delta_loss,
        times: of.acceleration.millionths(),
    };
    found.iter().take(MOST_ACCOUNTS).map(one).collect()
}

fn feeds(file: &VenueFile, run: &Run) -> Vec<FeedRow> {
    let one = |(place, feed): (usize, &Feed)| {
        let of = run.figures.feeds.of.get(&place)?;
        let source = |(at, known): (usize, &rhodian_core::oracle::SourceWeight)| {
            let name = file.sources.get(known.source.index());
            let mut cells = no_cells();
            for moment in &of.moments {
                if moment.left_out.get(at).is_some_and(Option::is_some) {
                    cells[cell(run, moment.at)] += 1;
                }
            }
            let left = of.left_out.iter().filter(|((place, _), _)| *place == at);
            SourceRow {
                source: name.map_or_else(String::new, |name| name.as_str().to_owned()),
                cells,
                left_out: left.map(|((_, why), times)| ((*why).to_owned(), *times)).collect(),
            }
        };
        let kind = crate::run::summary::kebab(&feed.spec.kind);
        let withheld = run.figures.feeds.withheld.get(&feed.of).filter(|_| feed.marks());
        Some(FeedRow {
            feed: feed.spec.name.as_str().to_owned(),
            about: format!("The {kind} of {}", file.about(feed.of).1),
            reports: of.reports,
            qualities: of.qualities.iter().map(|(of, times)| ((*of).to_owned(), *times)).collect(),
            withheld: withheld.copied().unwrap_or(0),
            sources: feed.spec.sources.iter().enumerate().map(source).collect(),
        })
    };
    file.feeds.iter().enumerate().filter_map(one).collect()
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

/// The stakes, the largest first, and how many there are.
fn stakes(run: &Run) -> (Vec<StakeRow>, usize) {
    let mut rows = run.trail.stakes.rows(&run.state);
    let all = rows.len();
    rows.sort_by_key(|of| std::cmp::Reverse(of.put_in));
    rows.truncate(MOST_ACCOUNTS);
    let one = |of: crate::run::stakes::StakeRow| StakeRow {
        account: account_name(&run.state, of.account).to_owned(),
        layer: of.layer,
        put_in: of.put_in.atoms(),
        drawn: of.drawn.atoms(),
        staked: of.staked.atoms(),
        leaving: of.leaving.atoms(),
        rewards_taken: of.rewards_taken.atoms(),
        earned: of.earned.atoms(),
    };
    (rows.into_iter().map(one).collect(), all)
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
