//! Whether a fund for the largest members is enough: its size in the worst stress, how likely it is
//! passed, and the fund of a chance.

use std::fmt::Write as _;

use rhodian_lab::cover::{FEW, Law, Losses};
use rhodian_lab::experiment::plot::Scale;
use rhodian_report::html::PageTable;
use rhodian_report::svg::{Chart, Curve, Plot};

use super::answer::{Answer, Figure, Unit};
use super::pictures::{axis, percent_mark, short, usd};
use super::work::Work;
use crate::experiment_file::cover::{Cover, Stress};
use crate::experiment_file::model::{Question, part};

/// How many points a curve has at most.
const POINTS: usize = 400;
/// A curve ends at so small a part of the lesser of the asked chance and that of the fund.
const ENDS: f64 = 0.1;

/// The names of a row's fields: the sums of the largest losses from one on, in atoms.
pub fn header(of: &Cover) -> String {
    let mut header = "run,stress,members,sum".to_owned();
    for count in 1..=of.largest {
        let _ = write!(header, ",largest_{count}");
    }
    header + ",passed,lacking"
}

/// The row of a stress: what its losses come to, and how likely they pass the fund for the largest.
pub fn row(of: &Cover, run: usize) -> String {
    let stress = &of.stresses[run];
    let losses = Losses::of(&stress.losses);
    let members = stress.losses.iter().filter(|loss| **loss > 0).count();
    let mut row = format!("{run},{run},{members},{}", losses.largest(members));
    for count in 1..=of.largest {
        let _ = write!(row, ",{}", losses.largest(count as usize));
    }
    let (passed, lacking) = law(of, &losses).beyond(fund(of, of.largest));
    row + &format!(",{passed:?},{lacking:?}")
}

fn law(of: &Cover, losses: &Losses) -> Law {
    losses.law(part(of.fails), part(of.correlation))
}

/// What the so many largest lose in the stress in which they lose most.
fn fund(of: &Cover, count: u32) -> u128 {
    let largest = |stress: &Stress| Losses::of(&stress.losses).largest(count as usize);
    of.stresses.iter().map(largest).max().unwrap_or(0)
}

/// What a fund of a size comes to.
struct Told<'a> {
    /// The stress in which it is likeliest passed.
    stress: &'a Stress,
    passed: f64,
    /// In atoms, mean of all times.
    lacking: f64,
}

impl Told<'_> {
    /// What it lacks when it is passed, mean, in dollars.
    fn lacking_then(&self) -> f64 {
        if self.passed > 0.0 { self.lacking / self.passed / 1e6 } else { 0.0 }
    }
}

/// The answer: rows are not needed for it.
pub fn answer(work: &Work<'_>) -> Answer {
    let mut answer = Answer::default();
    let Question::Cover { of } = &work.of.question else { return answer };
    let laws: Vec<(Losses, Law)> = of
        .stresses
        .iter()
        .map(|stress| Losses::of(&stress.losses))
        .map(|losses| (losses.clone(), law(of, &losses)))
        .collect();
    let worst = |fund: u128| {
        let told = of.stresses.iter().zip(&laws).map(|(stress, (_, law))| {
            let (passed, lacking) = law.beyond(fund);
            Told { stress, passed, lacking }
        });
        // Of equals the first.
        told.reduce(|best, next| if next.passed > best.passed { next } else { best })
    };
    let covers = (1..=of.largest).map(|count| (format!("cover-{count}"), fund(of, count)));
    // Rounded up it may pass what all lose together.
    let sized = |(losses, law): &(Losses, Law)| {
        law.size(part(of.target)).min(losses.largest(of.members.len()))
    };
    let size = laws.iter().map(sized).max().unwrap_or(0);
    let mut rows = Vec::new();
    for (name, fund) in covers.chain([("target".to_owned(), size)]) {
        let Some(told) = worst(fund) else { continue };
        let mut row = vec![name.clone()];
        for (names, unit, value) in [
            (("fund", "the fund, USD"), Unit::Dollars, usd(fund)),
            (("passed", "it is passed"), Unit::Part, told.passed),
            (("lacking", "and lacks then, mean, USD"), Unit::Dollars, told.lacking_then()),
        ] {
            answer.figures.push(Figure::plain(&name, names, unit, value));
            row.push(unit.shown(value));
        }
        row.push(told.stress.name.clone());
        rows.push(row);
    }
    let columns = ["fund", "USD", "it is passed", "and lacks then, mean", "in the stress"];
    let funds = PageTable {
        caption: format!(
            "Funds for the largest losses, and for a chance of {} (target)",
            Unit::Part.shown(part(of.target))
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    let asked = fund(of, of.largest);
    if let Some(told) = worst(asked) {
        answer.lead = lead(of, asked, size, &told) + &rounded(&laws);
    }
    answer.tables = vec![funds, table(of, &laws)];
    answer.pictures.push(("cover.svg", picture(of, &laws, size)));
    answer.notes = notes(of);
    answer
}

fn lead(of: &Cover, fund: u128, size: u128, told: &Told<'_>) -> String {
    let dollars = |atoms: u128| Unit::Dollars.shown(usd(atoms));
    let largest = |count: u32| match count {
        1 => "the largest loss".to_owned(),
        count => format!("the {count} largest losses"),
    };
    let stress = |of: &Stress| format!("\"{}\"", of.name);
    let target = Unit::Part.shown(part(of.target));
    let enough = if size > fund {
        let reached =
            (of.largest..=of.members.len() as u32).find(|count| self::fund(of, *count) >= size);
        let of_how_many =
            reached.map_or_else(String::new, |count| format!(", which {} reach", largest(count)));
        format!("A chance of {target} takes {} USD{of_how_many}.", dollars(size))
    } else {
        format!("That is within {target}, for which {} USD are enough.", dollars(size))
    };
    format!(
        "A fund of {} USD covers {}. It is passed in {} with a chance of {}, where each member fails \
         with {}{}. {enough}",
        dollars(fund),
        largest(of.largest),
        stress(told.stress),
        Unit::Part.shown(told.passed),
        Unit::Part.shown(part(of.fails)),
        beside(of)
    )
}

/// How members fail, after the chance.
fn beside(of: &Cover) -> String {
    match of.correlation {
        0 => " on his own".to_owned(),
        correlation => format!(", by a correlation of {}", Unit::Part.shown(part(correlation))),
    }
}

/// Every stress in a row.
fn table(of: &Cover, laws: &[(Losses, Law)]) -> PageTable {
    let asked = fund(of, of.largest);
    let row = |(stress, (losses, law)): (&Stress, &(Losses, Law))| {
        let (passed, lacking) = law.beyond(asked);
        let told = Told { stress, passed, lacking };
        let mut row = vec![stress.name.clone()];
        let sums = (1..=of.largest).map(|count| losses.largest(count as usize));
        let all = std::iter::once(losses.largest(stress.losses.len()));
        row.extend(sums.chain(all).map(|atoms| Unit::Dollars.shown(usd(atoms))));
        row.extend([Unit::Part.shown(passed), Unit::Dollars.shown(told.lacking_then())]);
        row
    };
    let mut columns = vec!["stress".to_owned()];
    columns.extend((1..=of.largest).map(|count| match count {
        1 => "the largest".to_owned(),
        count => format!("the {count} largest"),
    }));
    columns.extend(["all", "the fund is passed", "and lacks then, mean"].map(str::to_owned));
    PageTable {
        caption: "Losses beyond margins, in USD, stress by stress".to_owned(),
        columns,
        rows: of.stresses.iter().zip(laws).map(row).collect(),
    }
}

/// The chance that funds are passed, each in the stress in which it is likeliest.
fn picture(of: &Cover, laws: &[(Losses, Law)], size: u128) -> Chart {
    let sums = of.stresses.iter().map(|stress| stress.losses.iter().sum::<u128>());
    let most = sums.max().unwrap_or(0);
    let at = |point: usize| most * point as u128 / POINTS as u128;
    let passed = |fund: u128| laws.iter().map(|(_, law)| law.beyond(fund).0).fold(0.0, f64::max);
    let asked = passed(fund(of, of.largest)).min(part(of.target));
    let lowest = (ENDS * asked).max(1e-12);
    let up = Scale::logarithmic(lowest, 1.0);
    let points: Vec<(u128, f64)> = (0..=POINTS)
        .map(|point| (at(point), passed(at(point))))
        .take_while(|(_, chance)| *chance >= lowest)
        .collect();
    let end = points.last().map_or(most, |(fund, _)| *fund).max(size).max(fund(of, of.largest));
    let across = Scale::linear(0.0, usd(end).max(1.0));
    let line = |name: String, fund: u128| (across.place(usd(fund)), name);
    // Names of more would stand one on the other.
    let mut lines: Vec<(u32, String)> = (1..=of.largest)
        .map(|count| match count {
            1 => line("cover-1".to_owned(), fund(of, count)),
            count if count == of.largest => line(format!("cover-{count}"), fund(of, count)),
            count => line(String::new(), fund(of, count)),
        })
        .collect();
    lines.push(line(percent_mark(part(of.target)), size));
    let place = |(fund, chance): &(u128, f64)| (across.place(usd(*fund)), up.place(*chance));
    Chart::Plot(Plot {
        title: "How likely a fund is passed".to_owned(),
        about: format!(
            "By its size, in the stress in which that is likeliest, where each member fails with {}{}; \
             the chance on a logarithmic axis.",
            Unit::Part.shown(part(of.fails)),
            beside(of)
        ),
        across: axis("fund, USD", &across, &short),
        up: axis("chance", &up, &percent_mark),
        curves: vec![Curve {
            name: String::new(),
            points: points.iter().map(place).collect(),
            bands: Vec::new(),
            dots: false,
        }],
        lines,
    })
}

fn notes(of: &Cover) -> Vec<String> {
    vec![
        "A stress happens, and losses are those that were given: how likely it is to happen is not in \
         any chance here, and what lies beyond the worst of them neither."
            .to_owned(),
        match of.correlation {
            0 => "Members fail each on his own: real ones fail together, which correlation = \"20 %\" asks."
                .to_owned(),
            _ => "What members' failures have in common is one normal factor: beyond that each fails \
                  on his own."
                .to_owned(),
        },
        "A member is as likely to fail in the stress that makes his loss large as in any other.".to_owned(),
        "No chance is drawn: each is the sum over all ways to fail.".to_owned(),
    ]
}

/// What is rounded, in a sentence; nothing where nothing is.
fn rounded(laws: &[(Losses, Law)]) -> String {
    let units = laws.iter().filter(|(losses, _)| !losses.exact).map(|(losses, _)| losses.unit);
    units.max().map_or_else(String::new, |unit| {
        format!(
            " In chances, and in the fund for one, losses behind the {FEW} largest are rounded up by less \
             than {} USD each.",
            Unit::Dollars.shown(usd(unit))
        )
    })
}
