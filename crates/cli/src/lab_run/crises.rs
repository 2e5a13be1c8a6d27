//! Figures of crises that were drawn by their law: of one world, of several, or of a map of them.

use rhodian_lab::crisis::fund;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::experiment::{Estimate, part};
use rhodian_lab::mean::mean;
use rhodian_report::money;

use super::answer::{Answer, Figure, Passed, Refused, Unit, field};
use super::pictures::{self, usd};
use super::several::{Several, mapped, sweep};
use super::work::Work;
use crate::experiment_file::model::{Question, Side, World};
use crate::experiment_file::models::Models;

/// How rare the sizes are that one world is asked for.
const ONE_IN: [u32; 5] = [2, 10, 100, 1_000, 10_000];
/// And those of one of several.
pub(super) const ONE_IN_OF_MANY: [u32; 2] = [10, 100];
/// A part that fewer met is not given: its interval would be nearly as wide as from nothing.
const LEAST_HITS: usize = 5;
/// How many sizes of a fund the curve has.
const SIZES: u32 = 16;
/// A mean of fewer that are not zero is too far from normal.
const LEAST_FOR_MEAN: usize = 30;

/// A crisis of a row.
pub(super) struct Played {
    fall: f64,
    pub(super) deficit: u128,
    failed: f64,
    liquidated: f64,
    closed: f64,
    pushed: f64,
    sold_part: f64,
    withdrawn: f64,
    capped: f64,
}

impl Played {
    fn of(row: &str) -> Self {
        Self {
            fall: field::<f64>(row, 3) / 1e6,
            deficit: field(row, 4),
            failed: field(row, 5),
            liquidated: field(row, 6),
            closed: field::<f64>(row, 7) / 1e6,
            // Of worlds with models; else nothing is there.
            pushed: field::<f64>(row, 8) / 1e6,
            sold_part: field::<f64>(row, 9) / 1e6,
            withdrawn: field::<f64>(row, 10) / 1e6,
            capped: field::<f64>(row, 11) / 1e6,
        }
    }
}

/// The mean where so many are not nothing that it has an interval; else how many they are.
pub(super) fn estimate(all: impl Iterator<Item = f64> + Clone) -> Result<Estimate, usize> {
    let count = all.clone().filter(|one| *one != 0.0).count();
    if count < LEAST_FOR_MEAN {
        return Err(count);
    }
    let (value, between) = mean(all);
    Ok(Estimate { value, between })
}

/// A mean in dollars or a number of things, or why it is not given: `what` is what is not nothing.
pub(super) fn add_mean(
    (of, what): (&str, &str),
    (figure, words): (&str, &str),
    unit: Unit,
    found: Result<Estimate, usize>,
    answer: &mut Answer,
) {
    match found {
        Ok(estimate) => {
            answer.figures.push(Figure::of(of, (figure, words), unit, estimate));
        }
        Err(count) => {
            let count = money::count(count);
            let why = format!(
                "{words}: {count} {what}, and a mean of fewer than {LEAST_FOR_MEAN} that are not \
                 nothing has no interval"
            );
            let (of, figure) = (of.to_owned(), figure.to_owned());
            answer.refused.push(Refused { of, figure, why });
        }
    }
}

/// A mean in a sentence.
pub(super) fn shown(mean: Result<Estimate, usize>) -> String {
    mean.map_or_else(
        |_| "too little for a mean".to_owned(),
        |of| format!("{} USD", Unit::Dollars.shown(of.value)),
    )
}

/// The crises of one world.
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    pub(super) world: &'a World,
    pub(super) crises: Vec<Played>,
}

impl<'a> Asked<'a> {
    fn of(work: &Work<'_>, rows: &[String], name: &'a str, world: &'a World) -> Self {
        let crises = work.of.crises;
        let first = work.place(world) * crises;
        let crises = rows[first..first + crises].iter().map(|row| Played::of(row)).collect();
        Self { name, world, crises }
    }

    pub(super) fn deficits(&self) -> Vec<u128> {
        self.crises.iter().map(|of| of.deficit).collect()
    }

    pub(super) fn mean(&self) -> Result<Estimate, usize> {
        estimate(self.crises.iter().map(|of| usd(of.deficit)))
    }

    /// What each crisis takes beyond the fund.
    pub(super) fn beyond(&self) -> impl Iterator<Item = f64> + Clone {
        let fund = self.world.fund.unwrap_or(0);
        self.crises.iter().map(move |of| usd(of.deficit.saturating_sub(fund)))
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

    pub(super) fn tell(&self, sizes: &[u32], answer: &mut Answer) {
        let of = self.name;
        answer.curve.extend(self.curve());
        let means = "crises take anything";
        let names = ("deficit-mean", "losses lack, mean");
        add_mean((of, means), names, Unit::Dollars, self.mean(), answer);
        for one_in in sizes {
            let figure = format!("deficit-one-in-{one_in}");
            let count = usize::try_from(*one_in).unwrap_or(usize::MAX);
            let words = format!("one crisis in {} takes more than", money::count(count));
            if let Some(size) = self.size(*one_in) {
                let names = (figure.as_str(), words.as_str());
                answer.figures.push(Figure::of(of, names, Unit::Dollars, size));
                continue;
            }
            let needed = money::count(fund::least_crises(1.0 / f64::from(*one_in)));
            let have = money::count(self.crises.len());
            let why = format!("{words}: {have} crises do not back it, {needed} would");
            answer.refused.push(Refused { of: of.to_owned(), figure, why });
            break;
        }
        let names = ("failed-mean", "accounts that fail, mean");
        let failed = estimate(self.crises.iter().map(|of| of.failed));
        add_mean((of, "crises let any fail"), names, Unit::Count, failed, answer);
        let names = ("liquidated-mean", "accounts liquidated, mean");
        let liquidated = estimate(self.crises.iter().map(|of| of.liquidated));
        add_mean((of, "crises liquidate any"), names, Unit::Count, liquidated, answer);
        let names = ("closed-mean", "closed of them, mean");
        let closed = estimate(self.crises.iter().map(|of| of.closed));
        add_mean((of, "crises close anything"), names, Unit::Dollars, closed, answer);
        if self.world.models.depth.is_some() {
            let names = ("pushed-mean", "prices are pushed by what is sold, mean");
            let pushed = estimate(self.crises.iter().map(|of| of.pushed));
            add_mean((of, "crises move prices"), names, Unit::Move, pushed, answer);
            let names = ("sold-part-mean", "of the fall, comes of what is sold, mean");
            let sold_part = estimate(self.crises.iter().map(|of| of.sold_part));
            add_mean((of, "crises do"), names, Unit::Part, sold_part, answer);
        }
        if self.crises.iter().any(|of| of.capped > 0.0) {
            let names = ("capped-mean", "above twice the mark, paid by nobody, mean");
            let capped = estimate(self.crises.iter().map(|of| of.capped));
            add_mean((of, "crises have any"), names, Unit::Dollars, capped, answer);
        }
        if self.world.models.withdrawals > 0 {
            let names = ("withdrawn-mean", "taken out after a loss, mean");
            let withdrawn = estimate(self.crises.iter().map(|of| of.withdrawn));
            add_mean((of, "crises see any leave"), names, Unit::Dollars, withdrawn, answer);
        }
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
            let names = ("beyond-fund-mean", "beyond the fund, mean");
            let beyond = estimate(self.beyond());
            add_mean((of, "crises pass it"), names, Unit::Dollars, beyond, answer);
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
            sweep(&Several::of(sides_of(work, rows, sides)), parameter, &mut answer);
        }
        Question::Ab { sides } => {
            let several = Several::of(sides_of(work, rows, sides));
            several.tell(&mut answer);
            answer.lead = several.ab_lead();
        }
        Question::Map { across, down, sides } => {
            mapped(&Several::of(sides_of(work, rows, sides)), across, down, &mut answer);
        }
        Question::MonteCarlo { world } => one(&Asked::of(work, rows, "", world), &mut answer),
        Question::Rare { .. }
        | Question::ReverseStress { .. }
        | Question::Tail { .. }
        | Question::Replay { .. }
        | Question::Tranches { .. }
        | Question::Ruin { .. }
        | Question::Book { .. }
        | Question::Tune { .. }
        | Question::Contagion { .. }
        | Question::Cover { .. }
        | Question::Optimise { .. }
        | Question::Mechanisms { .. } => {}
    }
    answer
}

fn sides_of<'a>(work: &Work<'_>, rows: &[String], sides: &'a [Side]) -> Vec<Asked<'a>> {
    sides.iter().map(|side| Asked::of(work, rows, &side.name, &side.world)).collect()
}

/// What is not so where a book has a depth, and where people leave.
const SAME_COST: &str = "Closing costs the same part of the price however much is closed, and \
                         prices do not react to what is sold: real crises are worse.";
const NOBODY: &str = "Nobody deposits, withdraws or trades while a crisis lasts.";

/// Tells what the models of worlds assume, and no longer what none of these worlds does.
pub fn assume(work: &Work<'_>, answer: &mut Answer) {
    let worlds = || work.of.question.worlds().map(|world| &world.models);
    if worlds().next().is_none() {
        return;
    }
    let (deep, leaving) = (|of: &Models| of.depth.is_some(), |of: &Models| of.withdrawals > 0);
    answer.notes.retain(|note| {
        !(note == SAME_COST && worlds().all(deep) || note == NOBODY && worlds().all(leaving))
    });
    for note in worlds().flat_map(Models::notes) {
        if !answer.notes.contains(&note) {
            answer.notes.push(note);
        }
    }
}

/// What crises of the lab assume.
pub fn notes() -> Vec<String> {
    [WORLD, SAME_COST, NOBODY, FULL, BOOK].map(str::to_owned).to_vec()
}

const WORLD: &str =
    "The world is drawn: who is there, with what leverage, is an assumption and no venue's book.";

/// Where a fund is carried from one crisis to the next this is false.
pub const FULL: &str = "What losses lack is counted beyond own means; a fund is counted against it \
                        crisis by crisis, full each time.";

const BOOK: &str = "The interval is for this one drawn book; another seed draws another.";

/// One world.
fn one(of: &Asked<'_>, answer: &mut Answer) {
    of.tell(&ONE_IN, answer);
    let mean = of.mean().ok().map(|of| Unit::Dollars.shown(of.value));
    answer.lead = match (of.world.fund, of.world.fund.map(|fund| of.passed(fund))) {
        (Some(fund), Some((passed, hits))) if hits >= LEAST_HITS => {
            let often = format!(
                "{} of crises take more than a fund of {} USD",
                Unit::Part.shown(passed.value),
                Unit::Dollars.shown(usd(fund))
            );
            match &mean {
                Some(mean) => format!("{often}; on average a crisis takes {mean} USD."),
                None => format!("{often}; too few take anything for a mean."),
            }
        }
        _ => match &mean {
            Some(mean) => {
                format!("On average a crisis takes {mean} USD beyond the means of who failed.")
            }
            None => {
                let count = of.crises.iter().filter(|of| of.deficit > 0).count();
                let (count, all) = (money::count(count), money::count(of.crises.len()));
                format!("{count} of {all} crises take anything: too few for a mean.")
            }
        },
    };
    if let Some(mean) = mean {
        answer.facts = vec![("A crisis takes, USD, mean".to_owned(), mean)];
    }
    if let Some(size) = of.size(100) {
        let size = Unit::Dollars.shown(size.value);
        answer.facts.push(("One in 100 takes more than, USD".to_owned(), size));
    }
    let named = [("", of.deficits())];
    answer.pictures.push(("survival.svg", pictures::survival(&named, of.world.fund)));
    let crises: Vec<(f64, u128)> = of.crises.iter().map(|of| (of.fall, of.deficit)).collect();
    answer.pictures.push(("fan.svg", pictures::by_fall(&crises)));
}
