//! Whether a fund that gets an income is emptied, some time or within years, and how large it must
//! be not to be.

use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::experiment::{Estimate, part};
use rhodian_lab::ruin::{Ruin, within};
use rhodian_lab::seed::Seed;
use rhodian_report::money;
use rhodian_report::svg::{Chart, Curve, Plot};

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::{FULL, add_mean, estimate, notes};
use super::pictures::{axis, percent_mark, short, usd};
use super::work::Work;
use crate::experiment_file::model::{self, Question};
use crate::experiment_file::ruin::Ruin as Of;

/// A part that fewer histories met is not given.
const LEAST_HITS: usize = 5;
/// A chance is not given where its interval reaches over so many times its lower end.
const APART: f64 = 10.0;

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    answer.notes.retain(|note| note != FULL);
    let Question::Ruin { of } = &work.of.question else { return answer };
    answer.notes.extend(assumed(of));
    let losses: Vec<f64> = rows.iter().map(|row| usd(field(row, 4))).collect();
    let fund = usd(of.world.fund.unwrap_or(0));
    let (terms, target) = (of.terms(), model::part(of.target));
    let taken = estimate(losses.iter().map(|loss| loss * terms.a_year));
    let names = ("taken", "crises take a year, mean");
    add_mean(("", "crises take anything"), names, Unit::Dollars, taken, &mut answer);
    let Ok(taken) = taken else {
        answer.lead = "Too few crises take anything to tell of ruin.".to_owned();
        return answer;
    };
    let found = Ruin::of(&losses, &terms, fund, target, Seed(u64::from(work.of.seed)));
    let told = Told { of, fund, found: &found, taken };
    let ever = told.ever(&mut answer);
    let within = told.within(&mut answer);
    let size = told.size(target, &mut answer);
    answer.lead = told.lead([ever, within, size], target);
    answer.pictures.push(("ruin.svg", told.picture(target, size)));
    answer
}

struct Told<'a> {
    of: &'a Of,
    /// What it begins with, in dollars.
    fund: f64,
    found: &'a Ruin,
    /// What crises take a year.
    taken: Estimate,
}

impl Told<'_> {
    fn ever(&self, answer: &mut Answer) -> Option<Estimate> {
        let found = self.found.ever[self.found.fund];
        let names = ("ruined", "the fund is emptied some time");
        let [low, high] = found.between;
        if high <= APART * low {
            answer.figures.push(Figure::of("", names, Unit::Part, found));
            return Some(found);
        }
        let shown = |part| Unit::Part.shown(part);
        let why = format!(
            "{}: these crises leave it between {} and {}; more would tell",
            names.1,
            shown(low),
            shown(high)
        );
        refuse(names.0, why, answer);
        None
    }

    fn within(&self, answer: &mut Answer) -> Option<Estimate> {
        let found = self.found.within[self.found.fund];
        let hits = self.found.hits[self.found.fund];
        let words = format!("within {}", years(self.of.years));
        if hits >= LEAST_HITS {
            answer.figures.push(Figure::of("", ("ruined-within", &words), Unit::Part, found));
            return Some(found);
        }
        let why = format!(
            "{words}: {hits} of {} histories do, {LEAST_HITS} back a figure; the chance is below \
             {}, 95 times of 100",
            money::count(within::COUNT),
            Unit::Part.shown(found.between[1].max(part(hits, within::COUNT).between[1]))
        );
        refuse("ruined-within", why, answer);
        None
    }

    fn size(&self, target: f64, answer: &mut Answer) -> Option<Estimate> {
        let words = format!("a fund that is with {}", Unit::Part.shown(target));
        if let Some(size) = self.found.size(target) {
            answer.figures.push(Figure::of("", ("size", &words), Unit::Dollars, size));
            return Some(size);
        }
        let income = usd(self.of.income);
        let why = if income <= self.taken.between[1] {
            format!(
                "{words}: it is not excluded that crises take more than the income, and then no \
                 fund is large enough"
            )
        } else {
            format!("{words}: these crises do not back it; more would, or a larger target")
        };
        refuse("size", why, answer);
        None
    }

    fn lead(&self, [ever, within, size]: [Option<Estimate>; 3], target: f64) -> String {
        let (dollars, part) = (|value| Unit::Dollars.shown(value), |value| Unit::Part.shown(value));
        let (income, fund) = (dollars(usd(self.of.income)), dollars(self.fund));
        let taken = dollars(self.taken.value);
        let years = years(self.of.years);
        let soon = within.map_or_else(
            || format!("within {years} hardly ever"),
            |of| format!("within {years} with {}", part(of.value)),
        );
        if usd(self.of.income) <= self.taken.value {
            return format!(
                "Crises take {taken} USD a year and the fund gets {income}: every fund is emptied \
                 some time, one of {fund} USD {soon}."
            );
        }
        let some_time = ever.map_or_else(
            || "with a chance that these crises do not back".to_owned(),
            |of| format!("with a chance of {}", part(of.value)),
        );
        let enough = size.map_or_else(
            || "How large one must be cannot be said.".to_owned(),
            |of| format!("One of {} USD is with {}.", dollars(of.value), part(target)),
        );
        format!(
            "A fund of {fund} USD that gets {income} a year, of which crises take {taken}, is \
             emptied some time {some_time}, {soon}. {enough}"
        )
    }

    /// The chance against what the fund begins with, some time and within years.
    fn picture(&self, target: f64, size: Option<Estimate>) -> Chart {
        let cells = self.found.ever.len() - 1;
        let across = Scale::linear(0.0, self.found.cell * cells as f64);
        let lowest = target / 3.0;
        let up = Scale::logarithmic(lowest, 1.0);
        let place = |cells: usize| across.place(self.found.cell * cells as f64);
        let curve = |name: String, all: &[Estimate]| {
            // What lies below the picture is not drawn along its edge.
            let seen = || all.iter().enumerate().filter(|(_, of)| of.value >= lowest);
            let band = seen().map(|(at, of)| {
                (place(at), up.place(of.between[0].max(lowest)), up.place(of.between[1]))
            });
            Curve {
                name,
                points: seen().map(|(at, of)| (place(at), up.place(of.value))).collect(),
                bands: vec![band.collect()],
                dots: false,
            }
        };
        let line = |dollars: f64, name: &str| {
            (across.place(dollars), format!("{name} {}", short(dollars)))
        };
        let asked = std::iter::once(line(self.fund, "fund"));
        let enough = size.map(|of| line(of.value, &format!("{}:", percent_mark(target))));
        Chart::Plot(Plot {
            title: "How likely a fund is to be emptied".to_owned(),
            about: format!(
                "By what it begins with, where it gets {} USD a year and crises take {}. The bands \
                 are where the true chance lies, 95 times of 100.",
                Unit::Dollars.shown(usd(self.of.income)),
                Unit::Dollars.shown(self.taken.value)
            ),
            across: axis("fund, USD", &across, &short),
            up: axis("chance", &up, &percent_mark),
            curves: vec![
                curve("some time".to_owned(), &self.found.ever),
                curve(format!("within {}", years(self.of.years)), &self.found.within),
            ],
            lines: asked.chain(enough).collect(),
        })
    }
}

fn refuse(figure: &str, why: String, answer: &mut Answer) {
    answer.refused.push(Refused { of: String::new(), figure: figure.to_owned(), why });
}

fn years(count: u32) -> String {
    if count == 1 { "a year".to_owned() } else { format!("{count} years") }
}

/// What it assumes beside what crises do.
fn assumed(of: &Of) -> Vec<String> {
    vec![
        format!(
            "{} a year on average, whenever they like: no cluster, and none makes the next \
             likelier. Crises drawn again say how sure the chances are.",
            if of.a_year == 1 { "One crisis".to_owned() } else { format!("{} crises", of.a_year) }
        ),
        "The fund gets its income evenly, as long as it takes, also after a bad year; it pays \
         nothing out however full it is, and once emptied it is not looked at any more."
            .to_owned(),
        "A crisis worse than all that were played is in no chance here: kind = \"tail\" asks how \
         bad one may be."
            .to_owned(),
    ]
}
