//! The answer of an optimisation.

use rhodian_lab::experiment::Estimate;
use rhodian_lab::experiment::plot::Scale;
use rhodian_report::html::PageTable;
use rhodian_report::money;
use rhodian_report::svg::{Chart, Curve, Plot};

use super::answer::{Answer, Figure, Refused, Unit};
use super::crises::notes;
use super::optimise::{Candidate, LEAST_HITS, Planned, best, candidates};
use super::pictures::{self, axis, short};
use crate::experiment_file::model;
use crate::experiment_file::optimise::{Least, Optimise};

/// What is to be least, in words, and its unit.
const fn words(of: Least) -> (&'static str, &'static str, Unit) {
    match of {
        Least::Fund => ("fund", "a fund that so few pass", Unit::Dollars),
        Least::Deficit => ("deficit-mean", "losses lack, mean", Unit::Dollars),
        Least::Closed => ("closed-mean", "closed of accounts, mean", Unit::Dollars),
        Least::Liquidated => ("liquidated-mean", "accounts liquidated, mean", Unit::Count),
        Least::Cost => ("cost", "it costs a year", Unit::Dollars),
    }
}

/// The answer of the rows of all that was planned.
pub fn answer(of: &Optimise, planned: &Planned, rows: &[String], crises: usize) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    answer.notes.extend(assumed(of));
    let mut all = candidates(of, planned, rows, crises);
    let fresh = if all.len() > planned.tried.len() { all.pop() } else { None };
    let least = best(&all);
    tell(of, &all, least, &mut answer);
    answer.tables.push(table(of, &all, least));
    answer.lead = lead(of, &all, least);
    if let (Some(least), Some(fresh)) = (least, fresh) {
        again(of, &all[least], &fresh, &mut answer);
    }
    if let [over] = of.over.as_slice() {
        answer.pictures.push(("optimise.svg", along(of, over.parameter, planned, &all)));
    }
    answer.pictures.extend(frontier(of, &all));
    answer
}

/// Every candidate's figures.
fn tell(of: &Optimise, all: &[Candidate], least: Option<usize>, answer: &mut Answer) {
    let (figure, what, unit) = words(of.least);
    for (place, one) in all.iter().enumerate() {
        let name = one.name.as_str();
        match &one.figure {
            Ok(found) => answer.figures.push(Figure::of(name, (figure, what), unit, *found)),
            Err(why) => answer.refused.push(Refused {
                of: name.to_owned(),
                figure: figure.to_owned(),
                why: format!("{what}: {why}"),
            }),
        }
        let others = [
            (("deficit-mean", "losses lack, mean"), Unit::Dollars, one.deficit()),
            (("closed-mean", "closed of accounts, mean"), Unit::Dollars, one.closed()),
            (("liquidated-mean", "accounts liquidated, mean"), Unit::Count, one.liquidated()),
        ];
        for (names, unit, found) in others {
            if let Some(found) = found.ok().filter(|_| names.0 != figure) {
                answer.figures.push(Figure::of(name, names, unit, found));
            }
        }
        if let Some(size) = one.size.filter(|_| of.least != Least::Fund) {
            let asked = Estimate { value: one.fund, ..size };
            let names = ("fund", "a fund that so few pass");
            answer.figures.push(Figure::of(name, names, Unit::Dollars, asked));
        }
        let more = least.filter(|least| *least != place);
        let more = more.and_then(|least| one.more_than(&all[least], of));
        if let Some(more) = more.filter(|_| of.least != Least::Fund) {
            let names = ("more-than-least", "more than the least, over the same crises");
            answer.figures.push(Figure::of(name, names, unit, more));
        }
    }
}

/// Every candidate in a row, in the order of their values as they were tried.
fn table(of: &Optimise, all: &[Candidate], least: Option<usize>) -> PageTable {
    let (_, what, unit) = words(of.least);
    let mean = |of: Result<Estimate, usize>, unit: Unit| {
        of.map_or_else(|_| "not said".to_owned(), |of| unit.shown(of.value))
    };
    let row = |(place, one): (usize, &Candidate)| {
        let value = one.least.map_or_else(|| "not said".to_owned(), |of| unit.shown(of));
        let between = match &one.figure {
            Err(_) => "not said".to_owned(),
            Ok(found) => {
                let [low, high] = found.between.map(|of| unit.shown(of));
                format!("{low} to {high}")
            }
        };
        let verdict = match (&one.outside, least) {
            (Some(why), _) => format!("out: {why}"),
            (None, Some(least)) if least == place => "least".to_owned(),
            (None, Some(least)) => {
                let told = one.is_told_from(&all[least], of, all.len() - 1);
                (if told { "more" } else { "not told from it" }).to_owned()
            }
            (None, None) => String::new(),
        };
        let mut row = vec![one.name.clone(), value, between];
        if of.least != Least::Fund {
            row.push(Unit::Dollars.shown(one.fund));
        }
        row.extend([
            mean(one.closed(), Unit::Dollars),
            mean(one.liquidated(), Unit::Count),
            verdict,
        ]);
        row
    };
    let names: Vec<&str> = of.over.iter().map(|of| of.parameter).collect();
    let mut columns = vec![names.join(" / "), what.to_owned(), "95 times of 100".to_owned()];
    if of.least != Least::Fund {
        columns.push("fund, USD".to_owned());
    }
    columns.extend(["closed, USD", "liquidated", "verdict"].map(str::to_owned));
    PageTable {
        caption: "Every candidate, over the same crises".to_owned(),
        columns,
        rows: all.iter().enumerate().map(row).collect(),
    }
}

fn lead(of: &Optimise, all: &[Candidate], least: Option<usize>) -> String {
    let (_, what, unit) = words(of.least);
    let over: Vec<&str> = of.over.iter().map(|of| of.parameter).collect();
    let over = over.join(" / ");
    let Some(least) = least else {
        return format!(
            "Of {} values of {over} none is within all bounds and backed by these crises.",
            money::count(all.len())
        );
    };
    let best = &all[least];
    let value = best.least.map_or_else(String::new, |of| unit.shown(of));
    let others = all.iter().filter(|one| one.outside.is_none() && !std::ptr::eq(*one, best));
    let near: Vec<&str> = others
        .filter(|one| !one.is_told_from(best, of, all.len() - 1))
        .map(|one| one.name.as_str())
        .collect();
    let told = if near.is_empty() {
        "These crises tell it from every other within bounds.".to_owned()
    } else {
        format!("These crises do not tell it from {}.", near.join(", "))
    };
    let out = match all.iter().filter(|one| one.outside.is_some()).count() {
        0 => String::new(),
        out => format!(" {} of {} are out of bounds.", money::count(out), money::count(all.len())),
    };
    format!("Least at {over} {}: {what} {value}. {told}{out}", best.name)
}

/// The least over crises that had no part in choosing it.
fn again(of: &Optimise, least: &Candidate, fresh: &Candidate, answer: &mut Answer) {
    let name = format!("{}, other crises", least.name);
    let (figure, what, unit) = words(of.least);
    let mut rows = Vec::new();
    let mut add = |names: (&str, &str), unit: Unit, found: Estimate, answer: &mut Answer| {
        let found = Figure::of(&name, names, unit, found);
        let [value, between] = found.shown();
        rows.push(vec![names.1.to_owned(), value, between]);
        answer.figures.push(found);
    };
    match &fresh.figure {
        Ok(found) => add((figure, what), unit, *found, answer),
        Err(why) => answer.refused.push(Refused {
            of: name.clone(),
            figure: figure.to_owned(),
            why: format!("{what}: {why}"),
        }),
    }
    let plain = fresh.least.filter(|_| fresh.figure.is_err());
    // The fund that was chosen, and not the one that these crises would choose.
    let (hits, passed) = fresh.passes(least.fund);
    let names = ("fund-passed", "pass the fund that was chosen");
    if hits >= LEAST_HITS {
        add(names, Unit::Part, passed, answer);
    } else {
        let most = Unit::Part.shown(passed.between[1]);
        let why = format!(
            "{}: {hits} of {} crises did, {LEAST_HITS} back a figure; the chance is below {most}, \
             95 times of 100",
            names.1,
            money::count(fresh.count())
        );
        answer.refused.push(Refused { of: name.clone(), figure: names.0.to_owned(), why });
    }
    if let Ok(closed) = fresh.closed() {
        add(("closed-mean", "closed of accounts, mean"), Unit::Dollars, closed, answer);
    }
    answer.lead += &holds(of, passed);
    if let Some(why) = &fresh.outside {
        answer.lead += &format!(" Over other crises it is not surely within bounds: {why}.");
    }
    answer.tables.push(PageTable {
        caption: format!("{} over other crises, which did not choose it", least.name),
        columns: ["", "value", "95 times of 100"].map(str::to_owned).to_vec(),
        rows: plain.map(|of| row_without(what, unit.shown(of))).into_iter().chain(rows).collect(),
    });
}

/// What other crises say of the fund that was chosen; of one that is given its bound says the rest.
fn holds(of: &Optimise, passed: Estimate) -> String {
    let (target, [low, high]) = (model::part(of.passed), passed.between);
    if low > target {
        let part = Unit::Part.shown(passed.value);
        format!(" Over other crises {part} pass its fund: more than may.")
    } else if high > target && !of.gives_fund() {
        let high = Unit::Part.shown(high);
        format!(" Over other crises its fund is not surely held: up to {high} pass it.")
    } else {
        String::new()
    }
}

fn row_without(what: &str, value: String) -> Vec<String> {
    vec![what.to_owned(), value, "not said".to_owned()]
}

/// What is to be least by the values of one parameter.
fn along(of: &Optimise, parameter: &str, planned: &Planned, all: &[Candidate]) -> Chart {
    let (_, what, _) = words(of.least);
    let mut order: Vec<(&Vec<u32>, &Candidate)> = planned.tried.iter().zip(all).collect();
    order.sort_by_key(|(values, _)| *values);
    let rows: Vec<(&str, f64, [f64; 2])> = order
        .into_iter()
        .filter_map(|(_, one)| {
            let found = one.figure.as_ref().ok()?;
            Some((one.name.as_str(), found.value, found.between))
        })
        .collect();
    let about = format!(
        "{what} by {parameter}, over the same crises; what has no interval stands in the table."
    );
    let counted = |of: f64| format!("{of:.0}");
    let (unit, label): (_, &dyn Fn(f64) -> String) = match of.least {
        Least::Liquidated => ("accounts", &counted),
        _ => ("USD", &short),
    };
    pictures::named(("What is least", &about), parameter, &rows, (unit, label))
}

/// What is closed, and a fund or what lacks.
type Points = Vec<(f64, f64)>;

/// What each candidate's fund is against what it closes, or what losses lack where funds are given:
/// those within bounds that no other beats in both are joined.
fn frontier(of: &Optimise, all: &[Candidate]) -> Option<(&'static str, Chart)> {
    let point = |one: &Candidate| {
        let (lacks, closed) = one.means();
        (closed, if of.gives_fund() { lacks } else { one.fund })
    };
    let points = |within: bool| {
        let of = all.iter().filter(|one| one.outside.is_none() == within);
        let mut points: Points = of.map(point).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        points.dedup();
        points
    };
    let (within, out) = (points(true), points(false));
    let everything = || within.iter().chain(&out);
    if everything().count() < 2 {
        return None;
    }
    let beaten = |of: &(f64, f64)| {
        within.iter().any(|p| p.0 <= of.0 && p.1 <= of.1 && (p.0 < of.0 || p.1 < of.1))
    };
    let (others, best): (Points, Points) = within.iter().copied().partition(beaten);
    let closed = || everything().map(|of| of.0);
    let (low, high) = (closed().fold(f64::INFINITY, f64::min), closed().fold(0.0, f64::max));
    let most = everything().map(|of| of.1).fold(0.0, f64::max);
    let (across, scale) = (Scale::linear(low, high), Scale::linear(0.0, most));
    let place = |of: &(f64, f64)| (across.place(of.0), scale.place(of.1));
    let curves = [
        ("no other within bounds has less of both", best, false),
        ("another has less of both", others, true),
        ("out of bounds", out, true),
    ];
    let curve = |(name, points, dots): (&str, Points, bool)| {
        let points: Vec<(u32, u32)> = points.iter().map(place).collect();
        (!points.is_empty()).then(|| Curve {
            name: name.to_owned(),
            points,
            dots,
            bands: Vec::new(),
        })
    };
    let (title, what) = match of.gives_fund() {
        true => ("Less that lacks, or less that is closed", "losses lack, USD"),
        false => ("A smaller fund, or less that is closed", "fund, USD"),
    };
    let chart = Chart::Plot(Plot {
        title: title.to_owned(),
        about: format!(
            "Every candidate by what is closed of accounts on average, and upwards by {what}. \
             Points are estimates; their intervals stand in the table."
        ),
        across: axis("closed of accounts, USD", &across, &short),
        up: axis(what, &scale, &short),
        curves: curves.into_iter().filter_map(curve).collect(),
        lines: Vec::new(),
    });
    Some(("frontier.svg", chart))
}

/// What it assumes beside what crises do.
fn assumed(of: &Optimise) -> Vec<String> {
    let mut notes = vec![
        "Every candidate meets the same crises; the least of many is told too low by them, which \
         is why it meets others once more."
            .to_owned(),
        "Bounds are held by the upper ends of intervals, each by itself; of what too few crises \
         have for an interval, by as many as may have any, each as much as the most of them. \
         Candidates are ranked by plain means, whether they have an interval or none."
            .to_owned(),
        "More and not told are said at a level for all candidates at once: the least of them in \
         truth is among those that are not told, 95 times of 100."
            .to_owned(),
        "A grid, halved around the least: a least behind a hill between two of its points is not \
         seen."
            .to_owned(),
        "Accounts hold what they hold at any margin and leverage that is tried but for the key \
         leverage: nobody trades less because it costs more."
            .to_owned(),
    ];
    if !of.gives_fund() {
        notes.push(format!(
            "A candidate's fund is the upper end of the size that {} of crises pass.",
            Unit::Part.shown(model::part(of.passed))
        ));
    }
    if of.least == Least::Cost {
        notes.push(format!(
            "A year costs {} of the fund, and for each of {} crises {} for a dollar that it lacks \
             and {} of what is closed.",
            Unit::Part.shown(model::part(of.capital)),
            of.a_year,
            of.shortfall,
            Unit::Part.shown(model::part(of.closing))
        ));
    } else if of.least == Least::Fund {
        notes.push(
            "Two funds are told apart where their intervals do not meet, which is careful: they \
             are of the same crises."
                .to_owned(),
        );
    }
    notes
}
