//! Figures of recorded prices that went through many drawn books: who failed, which layers were
//! used, and the worst of them told moment by moment.

use rhodian_lab::crisis::recorded::{Moment, Story};
use rhodian_lab::crisis::{Stopped, fund};
use rhodian_lab::experiment::{Estimate, part};
use rhodian_report::html::PageTable;
use rhodian_report::money;
use rhodian_report::run::{Path, clock};
use rhodian_report::svg::{Chart, Paths};

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::{add_mean, estimate};
use super::pictures::{self, usd};
use super::tranches::with_fund;
use super::work::Work;
use crate::commands::lab::crises::dollars;
use crate::experiment_file::model::{Layer, Prices, Question};

/// A part that fewer met is not given.
const LEAST_HITS: usize = 5;
/// So many moments of the worst crisis are told at most.
const MOST_MOMENTS: usize = 60;
/// So many markets' prices are drawn.
const MARKETS: usize = 2;

/// A run of a row.
struct Played {
    deficit: u128,
    failed: f64,
    liquidated: f64,
    closed: f64,
    equity: u128,
}

impl Played {
    fn of(row: &str) -> Self {
        Self {
            equity: field(row, 3),
            deficit: field(row, 4),
            failed: field(row, 5),
            liquidated: field(row, 6),
            closed: field::<f64>(row, 7) / 1e6,
        }
    }
}

/// The answer of rows. The worst run is played once more, to be told.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Result<Answer, Stopped> {
    let Question::Replay { files, layers, world, resample, .. } = &work.of.question else {
        return Ok(Answer::default());
    };
    let notes = notes(world.models.withdrawals > 0);
    let mut answer = Answer { notes, ..Answer::default() };
    if !resample.is_empty() {
        answer.notes.push(format!(
            "Each run has a path of its own that is made of the record ({resample}), and not the \
             record: intervals are over books and paths."
        ));
    }
    for file in files {
        let count = file.candles.series.len();
        if world.markets as usize > count {
            answer.notes.push(format!("{} has {count} symbols: all are played.", file.name));
        }
    }
    let layers = with_fund(world.fund, layers);
    let played: Vec<Played> = rows.iter().map(|row| Played::of(row)).collect();
    let groups: Vec<(&Prices, &[Played])> =
        files.iter().zip(played.chunks(work.of.crises.max(1))).collect();
    let mut sentences = Vec::new();
    for (file, runs) in &groups {
        let of = if files.len() > 1 { file.name.as_str() } else { "" };
        tell(of, runs, &layers, &mut answer);
        sentences.push(sentence(file, runs));
    }
    let named: Vec<(&str, Vec<u128>)> = groups
        .iter()
        .map(|(file, runs)| (file.name.as_str(), runs.iter().map(|of| of.deficit).collect()))
        .collect();
    answer.pictures.push(("survival.svg", pictures::survival(&named, world.fund)));
    let worst = (0..played.len()).rev().max_by_key(|run| played[*run].deficit).unwrap_or(0);
    let story = work.story(worst)?;
    let file = files.get(worst / work.of.crises.max(1)).map_or("", |file| file.name.as_str());
    let book = worst % work.of.crises.max(1);
    sentences.push(format!(
        "The worst is {file} with book {book}: losses lack {} USD, and {} accounts fail.",
        dollars(story.crisis.deficit),
        money::count(usize::try_from(story.crisis.failed).unwrap_or(usize::MAX)),
    ));
    answer.lead = sentences.join(" ");
    answer.pictures.push(("worst.svg", drawn(&story, file, book)));
    answer.told.push(autopsy(&story, &layers, file, book));
    Ok(answer)
}

/// What is so of every book, and what only where nobody takes anything out after a loss.
const SAME_COST: &str = "Closing costs the same part of the price however much is closed.";
const SAME_COST_AND_NOBODY: &str = "Closing costs the same part of the price however much is \
                                    closed, and nobody deposits, withdraws or trades meanwhile.";

fn notes(leaving: bool) -> Vec<String> {
    [
        "Prices are those of the file; who was there is not in it: each book is drawn by the model \
         of drawn crises, and intervals are over books, for these prices.",
        "Within a candle, its low and high are visited in an order that is a rule and no record.",
        "Recorded prices have in them what was liquidated then; nothing that these books sell \
         moves them.",
        if leaving { SAME_COST } else { SAME_COST_AND_NOBODY },
        "Layers stand full before each run, and pay in their order.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn sentence(file: &Prices, runs: &[Played]) -> String {
    let failed = runs.iter().map(|of| of.failed).sum::<f64>() / runs.len().max(1) as f64;
    let lacks = passed(runs, 0.5).map_or(0.0, |of| of.value);
    format!(
        "{}: {failed:.1} accounts fail on average, and half of the books lack more than {} USD.",
        file.name,
        Unit::Dollars.shown(lacks)
    )
}

fn tell(of: &str, runs: &[Played], layers: &[Layer], answer: &mut Answer) {
    sizes(of, runs, answer);
    let mut mean = |names, unit, what, figure: &dyn Fn(&Played) -> f64| {
        let values: Vec<f64> = runs.iter().map(figure).collect();
        add((of, what), names, unit, &values, answer);
    };
    let names = ("deficit-mean", "losses lack, mean");
    mean(names, Unit::Dollars, "runs lack anything", &|of| usd(of.deficit));
    let names = ("deficit-part", "of all equity, mean");
    mean(names, Unit::Part, "runs lack anything", &|of| usd(of.deficit) / usd(of.equity.max(1)));
    let names = ("failed-mean", "accounts that fail, mean");
    mean(names, Unit::Count, "runs let any fail", &|of| of.failed);
    let names = ("liquidated-mean", "accounts liquidated, mean");
    mean(names, Unit::Count, "runs liquidate any", &|of| of.liquidated);
    let names = ("closed-mean", "closed of them, mean");
    mean(names, Unit::Dollars, "runs close anything", &|of| of.closed);
    let mut before = 0;
    for layer in layers {
        let paid = |run: &Played| run.deficit.saturating_sub(before).min(layer.size);
        used(of, &layer.name, runs, &paid, answer);
        before += layer.size;
    }
    if !layers.is_empty() {
        used(of, "uncovered", runs, &|run| run.deficit.saturating_sub(before), answer);
    }
}

/// How often a layer pays, and how much.
fn used(
    of: &str,
    layer: &str,
    runs: &[Played],
    paid: &dyn Fn(&Played) -> u128,
    answer: &mut Answer,
) {
    let hits = runs.iter().filter(|run| paid(run) > 0).count();
    let (figure, words) = (format!("{layer}-used"), format!("{layer}: used by, of books"));
    let Estimate { value, between } = part(hits, runs.len());
    if hits < LEAST_HITS {
        let why = format!(
            "{words}: {hits} of {} runs did, {LEAST_HITS} back a figure; the part is below {}, 95 \
             times of 100",
            money::count(runs.len()),
            Unit::Part.shown(between[1])
        );
        answer.refused.push(Refused { of: of.to_owned(), figure, why });
        return;
    }
    let names = (figure.as_str(), words.as_str());
    answer.figures.push(Figure::of(of, names, Unit::Part, Estimate { value, between }));
    let names = (format!("{layer}-paid-mean"), format!("{layer}: pays, mean"));
    let values: Vec<f64> = runs.iter().map(|run| usd(paid(run))).collect();
    add((of, "runs use it"), (&names.0, &names.1), Unit::Dollars, &values, answer);
}

/// A mean of what is not below nothing: where a few books make most of it, an interval by the
/// normal law reaches below nothing, and it is not given.
fn add(of: (&str, &str), names: (&str, &str), unit: Unit, values: &[f64], answer: &mut Answer) {
    let found = estimate(values.iter().copied());
    if found.as_ref().is_ok_and(|of| of.between[0] < 0.0) {
        let why = format!("{}: a few books make most of it, which has no interval", names.1);
        let (of, figure) = (of.0.to_owned(), names.0.to_owned());
        answer.refused.push(Refused { of, figure, why });
        return;
    }
    add_mean(of, names, unit, found, answer);
}

/// What a part of all books lacks more than, where they are enough: of order statistics, which
/// assume nothing of the law behind them.
fn passed(runs: &[Played], part: f64) -> Option<Estimate> {
    let deficits: Vec<u128> = runs.iter().map(|of| of.deficit).collect();
    let size = fund::size(&deficits, part)?;
    Some(Estimate { value: usd(size.size), between: [usd(size.between.0), usd(size.between.1)] })
}

/// The middle book, and the one in ten.
fn sizes(of: &str, runs: &[Played], answer: &mut Answer) {
    for (part, figure, words) in [
        (0.5, "deficit-one-in-2", "losses lack in half of the books more than"),
        (0.1, "deficit-one-in-10", "and in one in ten more than"),
    ] {
        if let Some(found) = passed(runs, part) {
            answer.figures.push(Figure::of(of, (figure, words), Unit::Dollars, found));
            continue;
        }
        let needed = money::count(fund::least_crises(part));
        let why = format!("{words}: {} books do not back it, {needed} would", runs.len());
        answer.refused.push(Refused { of: of.to_owned(), figure: figure.to_owned(), why });
    }
}

/// A price of what it was at the start, in hundredths of a per cent.
fn of_start(story: &Story, moment: &Moment, market: usize) -> i128 {
    let price = |moment: &Moment| moment.marks.get(market).map_or(0, |mark| mark.ticks());
    let first = story.moments.first().map_or(1, price).max(1);
    i128::from(price(moment)) * 10_000 / i128::from(first)
}

fn percent(hundredths: i128) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Milliseconds since the first moment.
fn since(story: &Story, moment: &Moment) -> u64 {
    moment.at.0.saturating_sub(story.moments.first().map_or(0, |first| first.at.0))
}

/// Prices, what all hold, and what lacks, over time.
fn drawn(story: &Story, file: &str, book: usize) -> Chart {
    let panel = |name: String, of: &dyn Fn(&Moment) -> i128, shown: &dyn Fn(i128) -> String| {
        let points: Vec<(u64, i128)> =
            story.moments.iter().map(|moment| (since(story, moment), of(moment))).collect();
        let values = || points.iter().map(|point| point.1);
        Path {
            name,
            high: shown(values().max().unwrap_or(0)),
            low: shown(values().min().unwrap_or(0)),
            last: shown(values().next_back().unwrap_or(0)),
            points,
        }
    };
    let amount = |atoms: i128| dollars(atoms.unsigned_abs());
    let money = |atoms: u128| i128::try_from(atoms).unwrap_or(i128::MAX);
    let mut paths: Vec<Path> = story
        .markets
        .iter()
        .take(MARKETS)
        .enumerate()
        .map(|(market, name)| {
            let of = move |moment: &Moment| of_start(story, moment, market);
            panel(format!("{name}, of its start"), &of, &percent)
        })
        .collect();
    paths.push(panel("Equity of all, USD".to_owned(), &|of| money(of.equity), &amount));
    let lacks = |of: &Moment| money(of.deficit + of.open);
    paths.push(panel("Losses lack, USD".to_owned(), &lacks, &amount));
    let fails = story.moments.windows(2).filter(|pair| pair[1].failed > pair[0].failed);
    Chart::Paths(Paths {
        title: "The worst crisis".to_owned(),
        about: format!(
            "{file} with book {book}: prices of the {} markets with the most volume, what all \
             accounts hold, and what losses lack. Dashed: accounts fail.",
            MARKETS.min(story.markets.len())
        ),
        paths,
        failures: fails.map(|pair| since(story, &pair[1])).collect(),
        end: story.moments.last().map_or(0, |last| since(story, last)),
    })
}

/// The moments at which anything happened, those of one stretch of time as one where they are many.
fn happened(story: &Story) -> Vec<&Moment> {
    let changed = |pair: &&[Moment]| {
        let of =
            |moment: &Moment| (moment.failed, moment.liquidated, moment.closed, moment.deficit);
        of(&pair[0]) != of(&pair[1])
    };
    let found: Vec<&Moment> =
        story.moments.windows(2).filter(changed).map(|pair| &pair[1]).collect();
    if found.len() <= MOST_MOMENTS {
        return found;
    }
    let end = story.moments.last().map_or(1, |last| since(story, last)).max(1);
    let stretch = |moment: &Moment| {
        u128::from(since(story, moment)) * MOST_MOMENTS as u128 / (u128::from(end) + 1)
    };
    // The last of each: figures count from the start.
    let last = found.windows(2).filter(|pair| stretch(pair[0]) != stretch(pair[1]));
    last.map(|pair| pair[0]).chain(found.last().copied()).collect()
}

/// What happened when.
fn autopsy(story: &Story, layers: &[Layer], file: &str, book: usize) -> PageTable {
    let reached = |deficit: u128| {
        let mut sum = 0;
        let found = layers.iter().find(|layer| {
            sum += layer.size;
            deficit <= sum
        });
        match (deficit, found) {
            (0, _) => "none".to_owned(),
            (_, Some(layer)) => layer.name.clone(),
            (_, None) => "uncovered".to_owned(),
        }
    };
    let mut columns = vec!["after".to_owned()];
    columns.extend(story.markets.iter().take(MARKETS).cloned());
    columns.extend(
        ["equity, USD", "liquidated", "failed", "closed, USD", "lack, USD", "layer"]
            .map(str::to_owned),
    );
    let row = |moment: &&Moment| {
        let mut row = vec![clock(since(story, moment))];
        let markets = 0..MARKETS.min(story.markets.len());
        row.extend(markets.map(|market| percent(of_start(story, moment, market))));
        row.extend([
            dollars(moment.equity),
            money::count(moment.liquidated),
            money::count(moment.failed),
            dollars(moment.closed),
            dollars(moment.deficit),
            reached(moment.deficit),
        ]);
        row
    };
    PageTable {
        caption: format!("The worst crisis, moment by moment: {file} with book {book}"),
        columns,
        rows: happened(story).iter().map(row).collect(),
    }
}
