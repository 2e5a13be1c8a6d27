//! Figures of crises that were drawn by their law: of one world, of several, or of a map of them.

use rhodian_lab::crisis::fund;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::experiment::{Estimate, part};
use rhodian_lab::mean::mean;
use rhodian_report::money;
use rhodian_report::svg::Axis;

use super::answer::{Answer, Figure, Passed, Refused, Unit, field};
use super::pictures::{self, usd};
use super::work::Work;
use crate::experiment_file::model::{Question, Side, World};

/// How rare the sizes are that one world is asked for.
const ONE_IN: [u32; 5] = [2, 10, 100, 1_000, 10_000];
/// And those of one of several.
const ONE_IN_OF_MANY: [u32; 2] = [10, 100];
/// A part that fewer met is not given: its interval would be nearly as wide as from nothing.
const LEAST_HITS: usize = 5;
/// How many sizes of a fund the curve has.
const SIZES: u32 = 16;
/// A mean of fewer that are not zero is too far from normal.
const LEAST_FOR_MEAN: usize = 30;

/// A crisis of a row.
struct Played {
    fall: f64,
    deficit: u128,
    failed: f64,
    liquidated: f64,
    closed: f64,
}

impl Played {
    fn of(row: &str) -> Self {
        Self {
            fall: field::<f64>(row, 3) / 1e6,
            deficit: field(row, 4),
            failed: field(row, 5),
            liquidated: field(row, 6),
            closed: field::<f64>(row, 7) / 1e6,
        }
    }
}

fn estimate(all: impl Iterator<Item = f64> + Clone) -> Estimate {
    let (value, between) = mean(all);
    Estimate { value, between }
}

/// The crises of one world.
struct Asked<'a> {
    name: &'a str,
    world: &'a World,
    crises: Vec<Played>,
}

impl<'a> Asked<'a> {
    fn of(work: &Work<'_>, rows: &[String], name: &'a str, world: &'a World) -> Self {
        let crises = work.of.crises;
        let first = work.place(world) * crises;
        let crises = rows[first..first + crises].iter().map(|row| Played::of(row)).collect();
        Self { name, world, crises }
    }

    fn deficits(&self) -> Vec<u128> {
        self.crises.iter().map(|of| of.deficit).collect()
    }

    fn mean(&self) -> Estimate {
        estimate(self.crises.iter().map(|of| usd(of.deficit)))
    }

    /// The size that one crisis in so many passes, where they are enough.
    fn size(&self, one_in: u32) -> Option<Estimate> {
        let size = fund::size(&self.deficits(), 1.0 / f64::from(one_in))?;
        let between = [usd(size.between.0), usd(size.between.1)];
        Some(Estimate { value: usd(size.size), between })
    }

    /// How often the fund is passed.
    fn passed(&self, fund: u128) -> (Estimate, usize) {
        let hits = self.crises.iter().filter(|of| of.deficit > fund).count();
        (part(hits, self.crises.len()), hits)
    }

    fn tell(&self, sizes: &[u32], answer: &mut Answer) {
        let of = self.name;
        answer.curve.extend(self.curve());
        let mut add = |names: (&str, &str), unit: Unit, estimate: Estimate| {
            answer.figures.push(Figure::of(of, names, unit, estimate));
        };
        add(("deficit-mean", "losses lack, mean"), Unit::Dollars, self.mean());
        for one_in in sizes {
            let figure = format!("deficit-one-in-{one_in}");
            let count = usize::try_from(*one_in).unwrap_or(usize::MAX);
            let words = format!("one crisis in {} takes more than", money::count(count));
            if let Some(size) = self.size(*one_in) {
                add((&figure, &words), Unit::Dollars, size);
                continue;
            }
            let needed = money::count(fund::least_crises(1.0 / f64::from(*one_in)));
            let have = money::count(self.crises.len());
            let why = format!("{words}: {have} crises do not back it, {needed} would");
            answer.refused.push(Refused { of: of.to_owned(), figure, why });
            break;
        }
        let mut add = |names: (&str, &str), unit: Unit, estimate: Estimate| {
            answer.figures.push(Figure::of(of, names, unit, estimate));
        };
        let all = || self.crises.iter();
        add(
            ("failed-mean", "accounts that fail, mean"),
            Unit::Count,
            estimate(all().map(|of| of.failed)),
        );
        let liquidated = estimate(all().map(|of| of.liquidated));
        add(("liquidated-mean", "accounts liquidated, mean"), Unit::Count, liquidated);
        let closed = estimate(all().map(|of| of.closed));
        add(("closed-mean", "closed of them, mean"), Unit::Dollars, closed);
        if let Some(fund) = self.world.fund {
            self.tell_fund(fund, answer);
        }
    }

    /// How often funds are passed, of sizes from the least that was taken to the largest, as far as
    /// crises back it.
    fn curve(&self) -> Vec<Passed> {
        let taken = || self.crises.iter().map(|of| usd(of.deficit)).filter(|of| *of > 0.0);
        let largest = taken().fold(0.0, f64::max);
        let least = taken().fold(largest, f64::min).max(largest / 1e4);
        let point = |fund: f64| {
            let hits = self.crises.iter().filter(|of| usd(of.deficit) > fund).count();
            let Estimate { value: passed, between } = part(hits, self.crises.len());
            (hits >= LEAST_HITS).then(|| Passed { of: self.name.to_owned(), fund, passed, between })
        };
        if largest <= 0.0 {
            return Vec::new();
        }
        Scale::logarithmic(least, largest).along(SIZES).into_iter().filter_map(point).collect()
    }

    fn tell_fund(&self, fund: u128, answer: &mut Answer) {
        let of = self.name;
        let words = "a crisis takes more than the fund";
        let (passed, hits) = self.passed(fund);
        if hits >= LEAST_HITS {
            let names = ("fund-passed", words);
            answer.figures.push(Figure::of(of, names, Unit::Part, passed));
            let beyond = self.crises.iter().map(|of| usd(of.deficit.saturating_sub(fund)));
            if hits >= LEAST_FOR_MEAN {
                let names = ("beyond-fund-mean", "beyond the fund, mean");
                answer.figures.push(Figure::of(of, names, Unit::Dollars, estimate(beyond)));
            } else {
                let why = format!(
                    "beyond the fund, mean: {hits} crises pass it, and a mean of fewer than \
                     {LEAST_FOR_MEAN} that are not nothing has no interval"
                );
                let (of, figure) = (of.to_owned(), "beyond-fund-mean".to_owned());
                answer.refused.push(Refused { of, figure, why });
            }
            return;
        }
        let most = Unit::Part.shown(passed.between[1]);
        let why = format!(
            "{words}: {hits} of {} crises did, {LEAST_HITS} back a figure; the chance is below \
             {most}, 95 times of 100. Ask with kind = \"rare\", or for more crises",
            money::count(self.crises.len())
        );
        answer.refused.push(Refused { of: of.to_owned(), figure: "fund-passed".to_owned(), why });
    }
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    match &work.of.question {
        Question::Sweep { parameter, sides } => {
            let asked = sides_of(work, rows, sides);
            several(&asked, &mut answer);
            answer.lead = sweep_lead(parameter, &asked);
            let rows: Vec<(&str, f64, [f64; 2])> = asked
                .iter()
                .map(|of| (of.name, of.mean()))
                .map(|(name, mean)| (name, mean.value, mean.between))
                .collect();
            let chart = pictures::against("What losses lack on average", parameter, &rows);
            answer.pictures.insert(0, ("sweep.svg", chart));
        }
        Question::Ab { sides } => {
            let asked = sides_of(work, rows, sides);
            several(&asked, &mut answer);
            answer.lead = ab_lead(&asked);
        }
        Question::Map { across, down, sides } => {
            let asked = sides_of(work, rows, sides);
            mapped(&asked, across, down, &mut answer);
        }
        Question::MonteCarlo { world } => one(&Asked::of(work, rows, "", world), &mut answer),
        Question::Rare { .. } | Question::ReverseStress { .. } | Question::Tail { .. } => {}
    }
    answer
}

fn sides_of<'a>(work: &Work<'_>, rows: &[String], sides: &'a [Side]) -> Vec<Asked<'a>> {
    sides.iter().map(|side| Asked::of(work, rows, &side.name, &side.world)).collect()
}

/// What crises of the lab assume.
pub fn notes() -> Vec<String> {
    [
        "The world is drawn: who is there, with what leverage, is an assumption and no venue's \
         book.",
        "Closing costs the same part of the price however much is closed, and prices do not react \
         to what is sold: real crises are worse.",
        "Nobody deposits, withdraws or trades while a crisis lasts.",
        "What losses lack is counted beyond own means; a fund is counted against it crisis by \
         crisis, full each time.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// One world.
fn one(of: &Asked<'_>, answer: &mut Answer) {
    of.tell(&ONE_IN, answer);
    let mean = Unit::Dollars.shown(of.mean().value);
    answer.lead = match (of.world.fund, of.world.fund.map(|fund| of.passed(fund))) {
        (Some(fund), Some((passed, hits))) if hits >= LEAST_HITS => format!(
            "{} of crises take more than a fund of {} USD; on average a crisis takes {mean} USD.",
            Unit::Part.shown(passed.value),
            Unit::Dollars.shown(usd(fund))
        ),
        _ => format!("On average a crisis takes {mean} USD beyond the means of who failed."),
    };
    answer.facts = vec![("A crisis takes, USD, mean".to_owned(), mean)];
    if let Some(size) = of.size(100) {
        let size = Unit::Dollars.shown(size.value);
        answer.facts.push(("One in 100 takes more than, USD".to_owned(), size));
    }
    let named = [("", of.deficits())];
    answer.pictures.push(("survival.svg", pictures::survival(&named, of.world.fund)));
    let crises: Vec<(f64, u128)> = of.crises.iter().map(|of| (of.fall, of.deficit)).collect();
    answer.pictures.push(("fan.svg", pictures::by_fall(&crises)));
}

/// Several worlds over the same crises, each against the first.
fn several(asked: &[Asked<'_>], answer: &mut Answer) {
    let Some(first) = asked.first() else { return };
    for of in asked {
        of.tell(&ONE_IN_OF_MANY, answer);
        if std::ptr::eq(of, first) {
            continue;
        }
        let names = ("deficit-more-than-first", "losses lack, more than in the first");
        answer.figures.push(Figure::of(of.name, names, Unit::Dollars, more(first, of)));
    }
    let named: Vec<(&str, Vec<u128>)> = asked.iter().map(|of| (of.name, of.deficits())).collect();
    answer.pictures.push(("survival.svg", pictures::survival(&named, None)));
    let names: Vec<&str> = asked.iter().map(|of| of.name).collect();
    let marks = pictures::places(&names);
    let groups: Vec<(u32, Vec<u128>)> =
        marks.iter().zip(asked).map(|((at, _), of)| (*at, of.deficits())).collect();
    let across = Axis { name: String::new(), marks };
    let about = "What crises take in each world: the same crises in all.";
    answer.pictures.push(("fan.svg", pictures::fan(across, &groups, about)));
}

/// The mean of what `then` takes more than `now`, crisis by crisis.
fn more(now: &Asked<'_>, then: &Asked<'_>) -> Estimate {
    let pairs = now.crises.iter().zip(&then.crises);
    estimate(pairs.map(|(now, then)| usd(then.deficit) - usd(now.deficit)))
}

fn sweep_lead(parameter: &str, asked: &[Asked<'_>]) -> String {
    let shown =
        |of: &Asked<'_>| format!("{} USD at {}", Unit::Dollars.shown(of.mean().value), of.name);
    match asked {
        [first, .., last] => {
            format!("By {parameter}, losses lack {} and {} on average.", shown(first), shown(last))
        }
        _ => String::new(),
    }
}

fn ab_lead(asked: &[Asked<'_>]) -> String {
    let [a, b] = asked else { return String::new() };
    let Estimate { value, between: [low, high] } = more(a, b);
    let shown = |value| Unit::Dollars.shown(value);
    let verdict = if low > 0.0 {
        "b takes more than a"
    } else if high < 0.0 {
        "b takes less than a"
    } else {
        "these crises do not tell b from a"
    };
    format!(
        "Over the same crises {verdict}: losses lack {} USD more on average ({} to {}).",
        shown(value),
        shown(low),
        shown(high)
    )
}

/// A map: the mean of each cell.
fn mapped(
    asked: &[Asked<'_>],
    across: &(&'static str, Vec<String>),
    down: &(&'static str, Vec<String>),
    answer: &mut Answer,
) {
    for of in asked {
        let names = ("deficit-mean", "losses lack, mean");
        answer.figures.push(Figure::of(of.name, names, Unit::Dollars, of.mean()));
    }
    let cell = |of: &Asked<'_>| {
        let value = of.mean().value;
        let text = Unit::Dollars.shown(value);
        (value, text)
    };
    let cells: Vec<Vec<(f64, String)>> =
        asked.chunks(across.1.len().max(1)).map(|row| row.iter().map(cell).collect()).collect();
    let title = "What losses lack on average, USD";
    let chart = pictures::map(title, (across.0, &across.1), (down.0, &down.1), &cells);
    answer.pictures.push(("map.svg", chart));
    let means = || asked.iter().map(|of| (of.mean().value, of.name));
    let least = means().min_by(|a, b| a.0.total_cmp(&b.0));
    let most = means().max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((least, most)) = least.zip(most) {
        answer.lead = format!(
            "Losses lack least at {} ({} USD on average) and most at {} ({} USD).",
            least.1,
            Unit::Dollars.shown(least.0),
            most.1,
            Unit::Dollars.shown(most.0)
        );
    }
}
