//! Figures of those who owe each other: who falls, by himself or by others, what that leaves
//! unpaid, and whom each takes down who fails alone.

use std::fmt::Write as _;

use rhodian_lab::crisis::model::Severity;
use rhodian_lab::error::LabError;
use rhodian_lab::experiment::{Estimate, part};
use rhodian_lab::network::alone::Alone;
use rhodian_lab::network::clearing::Cleared;
use rhodian_lab::network::shock::{Exposure, ShockModel};
use rhodian_lab::network::{Institution, Network, Recovered};
use rhodian_lab::seed::Seed;
use rhodian_report::html::PageTable;
use rhodian_report::money;
use rhodian_report::svg::Chart;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::{add_mean, estimate};
use super::pictures;
use super::work::Work;
use crate::experiment_file::contagion::{AS_IT_STANDS, Contagion, Scenario};
use crate::experiment_file::model::{self, Question};
use rhodian_lab::crisis::Stopped;

/// A part that fewer met is not given.
const LEAST_HITS: usize = 5;
/// The fields of a row before those of institutions.
const BEFORE: [&str; 11] = [
    "run",
    "crisis",
    "fall",
    "first",
    "failed",
    "unpaid_first",
    "unpaid",
    "outside_first",
    "outside",
    "destroyed",
    "error",
];
/// The state of an institution that stands, that would fail if all others paid, that would not.
const STATES: [&str; 3] = ["0", "1", "2"];

/// The names of a row's fields: the states of institutions in the order of the file.
pub fn header(of: &Contagion) -> String {
    let mut header = BEFORE.join(",");
    for number in 1..=of.institutions.len() {
        let _ = write!(header, ",state_{number}");
    }
    header
}

fn network(of: &Contagion) -> Result<Network, LabError> {
    let all = of.institutions.iter();
    let all: Vec<Institution> =
        all.map(|of| Institution { assets: of.assets, debts: of.debts }).collect();
    let (assets, claims) = (model::part(of.assets_recovered), model::part(of.claims_recovered));
    Network::new(&all, &of.owed, Recovered { assets, claims })
}

/// An amount that cannot be below zero, without what rounding left there.
fn dust_less(amount: f64) -> f64 {
    amount.max(0.0) + 0.0
}

/// What the outside lacks if everybody else pays in full.
fn outside_first(of: &Contagion, network: &Network, cleared: &Cleared) -> f64 {
    let each = of.institutions.iter().zip(network.totals()).zip(&cleared.unpaid_first);
    each.map(
        |((of, total), unpaid)| if *total > 0.0 { unpaid * of.debts as f64 / total } else { 0.0 },
    )
    .sum()
}

/// The row of a crisis.
pub fn row(of: &Contagion, run: usize, seed: Seed) -> Result<String, LabError> {
    let severity = Severity { least: model::part(of.fall), beyond: model::part(of.beyond) };
    let exposures = of
        .institutions
        .iter()
        .map(|of| Exposure { common: model::part(of.exposure), own: model::part(of.own) });
    let shocks = ShockModel { severity, exposures: exposures.collect() };
    // At most ten million crises.
    let (fall, times) = shocks.draw(seed, u64::try_from(run).unwrap_or(u64::MAX));
    let network = network(of)?;
    let assets: Vec<f64> =
        network.assets().iter().zip(times).map(|(assets, times)| assets * times).collect();
    let cleared = network.clear(&assets)?;
    let sum = |of: &[f64]| of.iter().sum::<f64>();
    let mut row = format!(
        "{run},{run},{:.0},{},{},{:.0},{:.0},{:.0},{:.0},{:.0},{:?}",
        fall * 1e6,
        cleared.count_first(),
        cleared.count(),
        dust_less(sum(&cleared.unpaid_first)),
        dust_less(sum(&cleared.unpaid)),
        dust_less(outside_first(of, &network, &cleared)),
        dust_less(sum(&cleared.outside)),
        dust_less(cleared.destroyed),
        cleared.error,
    );
    for (first, failed) in cleared.first.iter().zip(&cleared.failed) {
        let state = if *first { STATES[1] } else { STATES[2 * usize::from(*failed)] };
        let _ = write!(row, ",{state}");
    }
    Ok(row)
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Result<Answer, Stopped> {
    let mut answer = Answer::default();
    let Question::Contagion { of } = &work.of.question else { return Ok(answer) };
    let network = network(of).map_err(Stopped::Model)?;
    let names: Vec<&str> = of.institutions.iter().map(|of| of.name.as_str()).collect();
    crises(rows, &mut answer);
    let falls: Vec<[Result<Estimate, Refused>; 3]> =
        (0..names.len()).map(|place| each(names[place], place, rows)).collect();
    let alone: Result<Vec<Alone>, LabError> =
        (0..names.len()).map(|place| network.alone(place)).collect();
    let alone = alone.map_err(Stopped::Model)?;
    answer.tables = vec![
        mean_table(&answer),
        falls_table(&names, &falls),
        alone_table(&names, &alone, &mut answer),
    ];
    for (name, falls) in names.iter().zip(&falls) {
        for (names, found) in FALLS.iter().zip(falls) {
            match found {
                Ok(found) => answer.figures.push(Figure::of(name, *names, Unit::Part, *found)),
                Err(refused) => answer.refused.push(refused.clone()),
            }
        }
    }
    let given = given(of, &network, &mut answer).map_err(Stopped::Model)?;
    answer.tables.extend(given);
    let error = rows.iter().map(|row| field::<f64>(row, 10)).fold(0.0, f64::max);
    let words = ("error", "payments miss their equations by, at most");
    answer.figures.push(Figure::plain("", words, Unit::Part, error));
    answer.lead = lead(rows, &names, &alone);
    answer.pictures.extend(falls_picture(&names, &falls));
    answer.pictures.push(("contagion.svg", matrix(&names, &alone)));
    answer.notes = notes(of, error);
    Ok(answer)
}

/// How often a number of runs did something, where enough did.
fn often(
    (of, figure, words): (&str, &str, &str),
    hits: usize,
    runs: usize,
) -> Result<Estimate, Refused> {
    let found = part(hits, runs);
    if hits >= LEAST_HITS {
        return Ok(found);
    }
    let why = format!(
        "{words}: {hits} of {} crises did, {LEAST_HITS} back a figure; the chance is below {}, 95 \
         times of 100",
        money::count(runs),
        Unit::Part.shown(found.between[1])
    );
    Err(Refused { of: of.to_owned(), figure: figure.to_owned(), why })
}

/// What crises do to all of them.
fn crises(rows: &[String], answer: &mut Answer) {
    let (first, failed) =
        (|row: &String| field::<f64>(row, 3), |row: &String| field::<f64>(row, 4));
    for (figure, words, hits) in [
        ("any-falls", "crises let any fall", rows.iter().filter(|row| failed(row) > 0.0).count()),
        (
            "any-falls-by-others",
            "crises let any fall by others",
            rows.iter().filter(|row| failed(row) > first(row)).count(),
        ),
    ] {
        match often(("", figure, words), hits, rows.len()) {
            Ok(found) => {
                answer.figures.push(Figure::of("", (figure, words), Unit::Part, found));
            }
            Err(refused) => answer.refused.push(refused),
        }
    }
    let mut add = |figure, words, unit, of: &dyn Fn(&String) -> f64| {
        let found = estimate(rows.iter().map(of).collect::<Vec<_>>().into_iter());
        add_mean(("", "crises have any"), (figure, words), unit, found, answer);
    };
    let usd = |row: &String, place: usize| field::<f64>(row, place) / 1e6;
    add("falls-mean", "fall, mean", Unit::Count, &failed);
    let by_others = |row: &String| failed(row) - first(row);
    add("falls-by-others-mean", "fall by others, mean", Unit::Count, &by_others);
    add("unpaid-first-mean", "unpaid if all others paid, mean", Unit::Dollars, &|of| usd(of, 5));
    add("unpaid-mean", "unpaid, mean", Unit::Dollars, &|of| usd(of, 6));
    let more = |row: &String| usd(row, 6) - usd(row, 5);
    add("unpaid-by-contagion-mean", "of it by contagion, mean", Unit::Dollars, &more);
    add("outside-mean", "unpaid to the outside, mean", Unit::Dollars, &|of| usd(of, 8));
    let more = |row: &String| usd(row, 8) - usd(row, 7);
    add("outside-by-contagion-mean", "of it by contagion, mean", Unit::Dollars, &more);
    add("destroyed-mean", "destroyed by failing, mean", Unit::Dollars, &|of| usd(of, 9));
}

/// The figures of an institution.
const FALLS: [(&str, &str); 3] =
    [("falls", "it falls"), ("falls-first", "by itself"), ("falls-by-others", "by others")];

fn each(name: &str, place: usize, rows: &[String]) -> [Result<Estimate, Refused>; 3] {
    let state = |row: &String| field::<usize>(row, BEFORE.len() + place);
    let count = |of: usize| rows.iter().filter(|row| state(row) == of).count();
    let (first, others) = (count(1), count(2));
    let counts = [first + others, first, others];
    [0, 1, 2].map(|at| often((name, FALLS[at].0, FALLS[at].1), counts[at], rows.len()))
}

/// The figures of all of them.
fn mean_table(answer: &Answer) -> PageTable {
    let row = |of: &Figure| {
        let [value, between] = of.shown();
        vec![of.words.clone(), value, between]
    };
    PageTable {
        caption: "What crises do".to_owned(),
        columns: ["", "value", "95 times of 100"].map(str::to_owned).to_vec(),
        rows: answer.figures.iter().map(row).collect(),
    }
}

fn falls_table(names: &[&str], falls: &[[Result<Estimate, Refused>; 3]]) -> PageTable {
    let shown = |of: &Result<Estimate, Refused>| {
        of.as_ref().map_or_else(|_| "not said".to_owned(), |of| Unit::Part.shown(of.value))
    };
    let between = |of: &Result<Estimate, Refused>| match of {
        Ok(of) => {
            let [low, high] = of.between.map(|of| Unit::Part.shown(of));
            format!("{low} to {high}")
        }
        Err(_) => String::new(),
    };
    let row = |(name, [all, first, others]): (&&str, &[Result<Estimate, Refused>; 3])| {
        vec![(*name).to_owned(), shown(all), between(all), shown(first), shown(others)]
    };
    let columns = ["institution", "falls", "95 times of 100", "by itself", "by others"];
    PageTable {
        caption: "Who falls, in how many crises".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: names.iter().zip(falls).map(row).collect(),
    }
}

/// Whom each takes down.
fn taken<'a>(names: &[&'a str], alone: &Alone) -> Vec<&'a str> {
    names.iter().zip(&alone.falls).filter(|(_, falls)| **falls).map(|(name, _)| *name).collect()
}

fn alone_table(names: &[&str], alone: &[Alone], answer: &mut Answer) -> PageTable {
    let mut rows = Vec::new();
    for (name, of) in names.iter().zip(alone) {
        let (falls, taken) = (of.falls.iter().filter(|falls| **falls).count(), taken(names, of));
        let names = ("alone-takes-down", "alone, it takes down");
        answer.figures.push(Figure::plain(name, names, Unit::Whole, falls as f64));
        let names = ("alone-others-lose", "alone, others lose");
        answer.figures.push(Figure::plain(name, names, Unit::Dollars, of.lost / 1e6));
        let who = if taken.is_empty() { "nobody".to_owned() } else { taken.join(", ") };
        let lost = Unit::Dollars.shown(of.lost / 1e6);
        rows.push(vec![(*name).to_owned(), money::count(falls), lost, who]);
    }
    let columns = ["all is gone of", "takes down", "others lose, USD", "who"];
    PageTable {
        caption: "Each failing alone, with nothing left outside".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }
}

/// What shocks that are given do; as it stands where somebody fails without any.
fn given(
    of: &Contagion,
    network: &Network,
    answer: &mut Answer,
) -> Result<Option<PageTable>, LabError> {
    let mut rows = Vec::new();
    let still = Scenario { name: AS_IT_STANDS.to_owned(), losses: Vec::new() };
    for scenario in [still].iter().chain(&of.scenarios) {
        let mut assets = network.assets().to_vec();
        for (place, loss) in &scenario.losses {
            assets[*place] *= 1.0 - model::part(*loss);
        }
        let cleared = network.clear(&assets)?;
        let stands = scenario.losses.is_empty();
        if stands && cleared.count() == 0 {
            continue;
        }
        let name = scenario.name.as_str();
        let (failed, first) = (cleared.count(), cleared.count_first());
        let unpaid: f64 = cleared.unpaid.iter().sum::<f64>() / 1e6;
        let destroyed = cleared.destroyed / 1e6;
        for (names, unit, value) in [
            (("falls", "fall"), Unit::Whole, failed as f64),
            (("falls-by-others", "fall by others"), Unit::Whole, (failed - first) as f64),
            (("unpaid", "unpaid"), Unit::Dollars, unpaid),
            (("destroyed", "destroyed by failing"), Unit::Dollars, destroyed),
        ] {
            answer.figures.push(Figure::plain(name, names, unit, value));
        }
        let who = of.institutions.iter().zip(&cleared.failed).filter(|(_, failed)| **failed);
        let who: Vec<&str> = who.map(|(of, _)| of.name.as_str()).collect();
        let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
        let (unpaid, destroyed) = (Unit::Dollars.shown(unpaid), Unit::Dollars.shown(destroyed));
        let counts = [money::count(failed), money::count(failed - first)];
        let [failed, others] = counts;
        rows.push(vec![name.to_owned(), failed, others, unpaid, destroyed, who]);
    }
    let columns = ["scenario", "fall", "by others", "unpaid, USD", "destroyed, USD", "who"];
    Ok((!rows.is_empty()).then(|| PageTable {
        caption: "Shocks that are given".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }))
}

fn lead(rows: &[String], names: &[&str], alone: &[Alone]) -> String {
    let failed = rows.iter().filter(|row| field::<u32>(row, 4) > 0).count();
    let others = rows.iter().filter(|row| field::<u32>(row, 4) > field(row, 3)).count();
    let shown = |hits| match often(("", "", ""), hits, rows.len()) {
        Ok(found) => format!("{} of crises", Unit::Part.shown(found.value)),
        Err(_) => format!("fewer than {LEAST_HITS} crises"),
    };
    let crises = format!(
        "Somebody falls in {}, and by others, who would stand if they paid, in {}.",
        shown(failed),
        shown(others)
    );
    let most = names.iter().zip(alone).max_by(|a, b| a.1.lost.total_cmp(&b.1.lost));
    let Some((name, of)) = most.filter(|(_, of)| of.lost > 0.0) else {
        return format!("{crises} Whoever fails alone costs no other anything.");
    };
    let taken = taken(names, of);
    let who = if taken.is_empty() { "nobody".to_owned() } else { taken.join(", ") };
    format!(
        "{crises} Of those that fail alone {name} costs the others most, {} USD, and takes down \
         {who}.",
        Unit::Dollars.shown(of.lost / 1e6)
    )
}

/// How often each falls.
fn falls_picture(
    names: &[&str],
    falls: &[[Result<Estimate, Refused>; 3]],
) -> Option<(&'static str, Chart)> {
    let each = names.iter().zip(falls);
    let rows: Vec<(&str, f64, [f64; 2])> = each
        .filter_map(|(name, falls)| {
            let found = falls[0].as_ref().ok()?;
            Some((*name, found.value, found.between))
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let words = ("Who falls", "The part of crises in which each falls, by itself or by others.");
    let chart = pictures::apart(words, "institution", &rows, ("crises", &pictures::percent_mark));
    Some(("falls.svg", chart))
}

/// What each does to each when it fails alone.
fn matrix(names: &[&str], alone: &[Alone]) -> Chart {
    let cell = |of: &Alone, row: usize, column: usize| {
        if row == column {
            (0.0, "-".to_owned())
        } else if of.falls[column] {
            (1.0, "falls".to_owned())
        } else {
            (of.hit[column], format!("{:.0} %", 100.0 * of.hit[column]))
        }
    };
    let row = |(row, of): (usize, &Alone)| {
        (0..names.len()).map(|column| cell(of, row, column)).collect::<Vec<_>>()
    };
    let cells: Vec<Vec<(f64, String)>> = alone.iter().enumerate().map(row).collect();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let title = "What each loses of what is left to its owners when another fails alone";
    pictures::map(title, ("loses", &names), ("fails alone", &names), &cells)
}

/// What it assumes.
fn notes(of: &Contagion, error: f64) -> Vec<String> {
    let [assets, claims] =
        [of.assets_recovered, of.claims_recovered].map(|of| Unit::Part.shown(model::part(of)));
    let mut notes: Vec<String> = [
        "Everything is due at once, in one asset, and ranks alike; who falls pays all alike of \
         what is left.",
        "Nobody runs before he is told, nobody sells into what others hold, nobody is rescued: \
         real contagion has these, too.",
        "Of the payments that add up the greatest are taken: nobody falls who need not.",
        "By itself falls who would fall if all others paid in full; by others, who would not.",
        "A crisis is one fall of all markets, by the law of the experiment's fall and beyond, and \
         a fate of each institution's own; exploits take all at once and are told as scenarios.",
        "What stays unpaid between institutions is counted at each of them; what stays unpaid to \
         the outside is counted once.",
    ]
    .map(str::to_owned)
    .to_vec();
    notes.push(format!(
        "Where one fails, {assets} of its outside assets and {claims} of what others pay it are \
         left for creditors."
    ));
    notes.push(format!(
        "Payments are floats and miss their equations by at most {error:.1e} of the largest total; \
         who lacks less than 1e-9 of what it owes does not fall."
    ));
    notes
}
