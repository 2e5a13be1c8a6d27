//! Whether a fund that gets an income is emptied, some time or within years, and how large it must
//! be not to be.

use rhodian_lab::experiment::Estimate;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::ruin::{Curve, LEAST_EFFECTIVE, Losses, Ruin, Within, within};
use rhodian_lab::seed::Seed;
use rhodian_report::money;
use rhodian_report::svg::{self, Chart, Plot};

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
/// Chances below are what rounding of floats leaves.
const SMALLEST: f64 = 1e-12;
/// How many points a curve has.
const POINTS: usize = 60;

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
    let worth = Losses::of(losses.clone()).effective();
    if worth < LEAST_EFFECTIVE {
        answer.lead =
            "A few crises make most of what large ones take: ruin cannot be backed.".into();
        let why = format!(
            "the chances of ruin: crises are worth {worth:.0} equal ones, and intervals hold from \
             {LEAST_EFFECTIVE:.0} on; more crises would tell"
        );
        refuse("ruined", why, &mut answer);
        return answer;
    }
    let found = Ruin::of(&losses, &terms, Seed(u64::from(work.of.seed)));
    let curve = found.curve(fund, target);
    let told = Told { of, fund, found: &found, curve: &curve, taken };
    let ever = told.ever(&mut answer);
    let within = told.within(&mut answer);
    let size = told.size(target, &mut answer);
    answer.lead = told.lead([ever, size], &within, target);
    answer.pictures.push(("ruin.svg", told.picture(target, size)));
    answer
}

struct Told<'a> {
    of: &'a Of,
    /// What it begins with, in dollars.
    fund: f64,
    found: &'a Ruin,
    curve: &'a Curve,
    /// What crises take a year.
    taken: Estimate,
}

impl Told<'_> {
    fn ever(&self, answer: &mut Answer) -> Option<Estimate> {
        let names = ("ruined", "the fund is emptied some time");
        let found = self.curve.ever(self.fund);
        if let Some(found) = found.filter(|of| of.between[1] <= APART * of.between[0]) {
            answer.figures.push(Figure::of("", names, Unit::Part, found));
            return Some(found);
        }
        let shown = |part| Unit::Part.shown(part);
        let why = match found {
            None => "it holds more than is reckoned, fifty times the largest crisis".to_owned(),
            Some(of) if of.between[1] < SMALLEST => {
                format!("its chance is below {SMALLEST:.0e}, where rounding hides it")
            }
            Some(of) => {
                let [low, high] = of.between;
                format!(
                    "these crises leave it between {} and {}; more would tell",
                    shown(low),
                    shown(high)
                )
            }
        };
        refuse(names.0, format!("{}: {why}", names.1), answer);
        None
    }

    /// The part of histories, where enough do; else what the chance is below.
    fn within(&self, answer: &mut Answer) -> Result<Estimate, f64> {
        let words = format!("within {}", years(self.of.years));
        let Within { part: mut found, hits } = self.found.within(&[self.fund])[0];
        // Histories that are drawn may have less luck than all time has.
        if let Some(ever) = self.curve.ever(self.fund) {
            found.value = found.value.min(ever.value);
            found.between = found.between.map(|end| end.min(ever.between[1]).max(SMALLEST));
        }
        if hits >= LEAST_HITS {
            answer.figures.push(Figure::of("", ("ruined-within", &words), Unit::Part, found));
            return Ok(found);
        }
        let why = format!(
            "{words}: {hits} of {} histories do, {LEAST_HITS} back a figure; the chance is below \
             {}, 95 times of 100",
            money::count(within::COUNT),
            Unit::Part.shown(found.between[1])
        );
        refuse("ruined-within", why, answer);
        Err(found.between[1])
    }

    fn size(&self, target: f64, answer: &mut Answer) -> Option<Estimate> {
        let words = format!("a fund that is with {}", Unit::Part.shown(target));
        if let Some(size) = self.curve.size(target) {
            answer.figures.push(Figure::of("", ("size", &words), Unit::Dollars, size));
            return Some(size);
        }
        let why = if self.found.suffices() {
            "it is more than is reckoned, fifty times the largest crisis"
        } else {
            "it is not excluded that crises take more than the income, and then no fund is large \
             enough"
        };
        refuse("size", format!("{words}: {why}"), answer);
        None
    }

    fn lead(
        &self,
        [ever, size]: [Option<Estimate>; 2],
        within: &Result<Estimate, f64>,
        target: f64,
    ) -> String {
        let (dollars, part) = (|value| Unit::Dollars.shown(value), |value| Unit::Part.shown(value));
        let (income, fund) = (dollars(usd(self.of.income)), dollars(self.fund));
        let taken = dollars(self.taken.value);
        let years = years(self.of.years);
        let soon = match within {
            Ok(of) => format!("within {years} with {}", part(of.value)),
            Err(most) => format!("within {years} with less than {}", part(*most)),
        };
        if ever.is_some_and(|of| of.between[0] >= 1.0) {
            return format!(
                "Crises take {taken} USD a year and the fund gets {income}: every fund is emptied \
                 some time, one of {fund} USD {soon}."
            );
        }
        let hardly = self.curve.ever(self.fund).is_some_and(|of| of.between[1] < SMALLEST);
        let some_time = match ever {
            Some(of) => format!("with a chance of {}", part(of.value)),
            None if hardly => format!("with a chance below {SMALLEST:.0e}"),
            None => "with a chance that these crises do not back".to_owned(),
        };
        let enough = match size {
            Some(of) => format!("One of {} USD is with {}.", dollars(of.value), part(target)),
            None if self.found.suffices() => "How large one must be cannot be said.".to_owned(),
            None => "Whether the income is enough for any fund cannot be said.".to_owned(),
        };
        format!(
            "A fund of {fund} USD that gets {income} a year, of which crises take {taken}, is \
             emptied some time {some_time}, {soon}. {enough}"
        )
    }

    /// The chance against what the fund begins with, some time and within years.
    fn picture(&self, target: f64, size: Option<Estimate>) -> Chart {
        let reckoned = self.curve.cell * self.curve.cells() as f64;
        let wanted = self.fund.max(size.map_or(0.0, |of| of.value)) * 1.25;
        let most = wanted.min(reckoned).max(self.curve.cell);
        let across = Scale::linear(0.0, most);
        let lowest = target / 3.0;
        let up = Scale::logarithmic(lowest, 1.0);
        let funds: Vec<f64> = (0..=POINTS).map(|at| most * at as f64 / POINTS as f64).collect();
        let curve = |name: String, all: Vec<(f64, Estimate)>| {
            // What lies below the picture is not drawn along its edge.
            let seen: Vec<_> = all.into_iter().filter(|(_, of)| of.value >= lowest).collect();
            let band = seen.iter().map(|(fund, of)| {
                let [low, high] = of.between.map(|end| up.place(end.max(lowest)));
                (across.place(*fund), low, high)
            });
            svg::Curve {
                bands: vec![band.collect()],
                points: seen
                    .iter()
                    .map(|(fund, of)| (across.place(*fund), up.place(of.value)))
                    .collect(),
                name,
                dots: false,
            }
        };
        let ever = funds.iter().filter_map(|fund| Some((*fund, self.curve.ever(*fund)?)));
        let within = self.found.within(&funds).into_iter().map(|of| of.part);
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
                curve("some time".to_owned(), ever.collect()),
                curve(
                    format!("within {}", years(self.of.years)),
                    funds.iter().copied().zip(within).collect(),
                ),
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
