//! Nights over a standing book: rows, and the figures that are made of them.

use std::sync::{Arc, Mutex, PoisonError};

use rhodian_lab::book::night::Night;
use rhodian_lab::book::standing::{Lacking, Standing};
use rhodian_lab::book::tilt::{Tilted, modes};
use rhodian_lab::book::{Moves, Screen};
use rhodian_lab::crisis::Stopped;
use rhodian_lab::error::LabError;
use rhodian_lab::experiment::rare::{Rare, Unbacked};
use rhodian_lab::experiment::{self, Estimate};
use rhodian_lab::mean::mean;
use rhodian_lab::seed::Seed;
use rhodian_report::html::PageTable;
use rhodian_report::money;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::pictures::{self, usd};
use super::rare::tail;
use super::work::Work;
use crate::experiment_file::given::Given;
use crate::experiment_file::model::{Experiment, Question, World, part};

/// The names of a row's fields: the shared driver in deviations, what a night counts, and what
/// accounts lack, in atoms.
pub const HEADER: &str = "run,shared,weight,deficit";

/// So many nights are reckoned at once: sixteen in a pass, and sorted by their largest move.
const AT_ONCE: usize = 4_096;
/// So many groups are told one by one.
const MOST_GROUPS: usize = 20;
/// A mean of fewer that are not nothing has no interval.
const LEAST: usize = 30;

/// What a night came to: the shared driver, its weight, and what accounts lack.
type Came = (f64, f64, u128);

/// A book and the nights it is put through.
pub struct Nights {
    book: Standing,
    night: Night,
    by: Tilted,
    seed: Seed,
    threads: usize,
    /// The nights that were reckoned last, and the number of the first.
    last: Mutex<Option<(usize, Arc<[Came]>)>>,
}

fn asked(of: &Experiment) -> (World, u32, u32, Option<&Given>) {
    match &of.question {
        Question::Book { world, deviation, defensive, given } => {
            (*world, *deviation, *defensive, given.as_ref())
        }
        _ => (World::default(), 0, 0, None),
    }
}

impl Nights {
    /// Draws the book, and looks for the nights that break its fund.
    pub fn of(of: &Experiment, threads: usize) -> Result<Self, LabError> {
        let (world, deviation, defensive, given) = asked(of);
        let correlation = part(world.correlation);
        let night = Night { deviation: part(deviation), correlation };
        night.check()?;
        let seed = Seed(u64::from(of.seed));
        let book = match given {
            Some(given) => given.standing()?,
            None => Standing::drawn(&world.model(), seed)?.0,
        };
        let all = defensive == 1_000_000;
        let fund = world.fund.unwrap_or(0);
        let modes = if all { Vec::new() } else { modes(&book, &night, fund)? };
        let by = Tilted::of(part(defensive), modes);
        Ok(Self { book, night, by, seed, threads, last: Mutex::default() })
    }

    /// The row of a night.
    pub fn row(&self, run: usize) -> Result<String, LabError> {
        let first = run - run % AT_ONCE;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last.as_ref().filter(|(at, _)| *at == first).map(|(_, came)| Arc::clone(came));
        let came = match kept {
            Some(came) => came,
            // Whoever waits for these nights reckons none meanwhile: they have all threads.
            None => {
                let came: Arc<[Came]> = self.reckon(first)?.into();
                *last = Some((first, Arc::clone(&came)));
                came
            }
        };
        drop(last);
        let (shared, weight, lacked) = came[run - first];
        Ok(format!("{run},{shared:?},{weight:?},{lacked}"))
    }

    fn reckon(&self, first: usize) -> Result<Vec<Came>, LabError> {
        let markets = self.book.marks.len();
        let mut moves = Moves::of(markets);
        let mut counted = Vec::with_capacity(AT_ONCE);
        for number in first..first + AT_ONCE {
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            let of = self.by.draw(&mut self.seed.stream_at("night", number), markets + 1);
            moves.push(&self.night.path(&self.book.marks, &of.drivers))?;
            counted.push((of.drivers.first().copied().unwrap_or(0.0), of.weight));
        }
        let lacked = self.book.book.deficits(&moves, Screen::Near, self.threads)?;
        let came = counted.into_iter().zip(lacked);
        Ok(came.map(|((shared, weight), lacked)| (shared, weight, lacked)).collect())
    }
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Result<Answer, Stopped> {
    let (world, _, _, given) = asked(work.of);
    let mut answer = Answer { notes: notes(given), ..Answer::default() };
    let fund = world.fund.unwrap_or(0);
    let nights: Vec<(f64, u128)> = rows.iter().map(|row| (field(row, 2), field(row, 3))).collect();
    let of = |sum: u128| {
        let hits: Vec<(f64, bool)> =
            nights.iter().map(|(weight, lacks)| (*weight, *lacks > sum)).collect();
        Rare::of(&hits)
    };
    let found = of(fund);
    let of_book = work.nights()?;
    let by_law = of_book.by.modes().is_empty();
    chance(&found, by_law, fund, &mut answer);
    for (names, least) in [
        (("lacked-mean", "what accounts lack in a night, mean"), 0),
        (("beyond-fund-mean", "beyond the fund, mean"), fund),
    ] {
        expected(names, (&nights, &of(least)), least, &mut answer);
    }
    let names = ("hits", "nights that met it");
    answer.figures.push(Figure::plain("", names, Unit::Whole, found.hits as f64));
    if !by_law {
        let names = ("hits-effective", "what they are worth, of equal weight");
        answer.figures.push(Figure::plain("", names, Unit::Whole, found.effective));
        let weights = Estimate { value: found.weights, between: found.weights_between };
        let names = ("weights-mean", "weights, mean: one but for chance");
        answer.figures.push(Figure::of("", names, Unit::Count, weights));
    }
    let equity = usd(of_book.book.equity);
    answer.facts.push(("Equity of all accounts, USD".to_owned(), Unit::Dollars.shown(equity)));
    for (number, mode) in of_book.by.modes().iter().enumerate() {
        breaks(of_book, number + 1, mode, &mut answer);
    }
    if by_law {
        let none = "Every night is drawn by the law itself: near others none was asked for, or none \
                    breaks the fund.";
        answer.notes.push(none.to_owned());
    }
    let points = tail(&nights, fund, &of);
    if points.len() > 1 {
        answer.pictures.push(("tail.svg", pictures::tail(&points, fund)));
    }
    Ok(answer)
}

/// How often the fund is passed, where that can be told: of nights that are all drawn by the law,
/// always, since it is a part of them.
fn chance(found: &Rare, by_law: bool, fund: u128, answer: &mut Answer) {
    let (what, size) = ("a night takes more than the fund", Unit::Dollars.shown(usd(fund)));
    let backed =
        if by_law { Ok(experiment::part(found.hits, found.runs)) } else { weighted(found) };
    match backed {
        Ok(estimate) => {
            answer.figures.push(Figure::of("", ("fund-passed", what), Unit::Part, estimate));
            let [low, high] = estimate.between.map(|part| Unit::Part.shown(part));
            answer.lead = format!(
                "{} of nights take more than a fund of {size} USD ({low} to {high}).",
                Unit::Part.shown(estimate.value)
            );
            if !by_law {
                let names = ("runs-saved", "nights by the law itself, for one of these");
                answer.figures.push(Figure::plain("", names, Unit::Whole, found.gain));
            }
        }
        Err(why) => {
            answer.lead = format!("How often a night takes more than {size} USD cannot be backed.");
            let (of, figure) = (String::new(), "fund-passed".to_owned());
            answer.refused.push(Refused { of, figure, why: format!("{what}: {why}") });
        }
    }
}

fn weighted(found: &Rare) -> Result<Estimate, String> {
    match found.backed() {
        Ok(()) => Ok(Estimate { value: found.probability, between: found.between }),
        Err(Unbacked::Common) => Err("a fifth of nights or more do, which needs no weights: ask \
                                      with defensive = \"100 %\""
            .to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// The mean of what nights take beyond `least`, where those that take more tell enough of it.
fn expected(
    names: (&str, &str),
    (nights, met): (&[(f64, u128)], &Rare),
    least: u128,
    answer: &mut Answer,
) {
    let beyond = |(weight, lacks): &(f64, u128)| weight * usd(lacks.max(&least) - least);
    let why = match met.backed() {
        _ if met.hits < LEAST => Some(format!(
            "{} nights take more, and a mean of fewer than {LEAST} that are not nothing has no \
             interval",
            met.hits
        )),
        Err(why @ (Unbacked::Few { .. } | Unbacked::Weights { .. })) => Some(why.to_string()),
        _ => None,
    };
    if let Some(why) = why {
        let (of, figure) = (String::new(), names.0.to_owned());
        answer.refused.push(Refused { of, figure, why: format!("{}: {why}", names.1) });
        return;
    }
    let (value, [low, high]) = mean(nights.iter().map(beyond));
    let estimate = Estimate { value, between: [low.max(0.0), high] };
    answer.figures.push(Figure::of("", names, Unit::Dollars, estimate));
}

/// What is told of a mildest night that breaks the fund: how far it is, what it does, and to whom.
fn breaks(of: &Nights, number: usize, mode: &[f64], answer: &mut Answer) {
    let path = of.night.path(&of.book.marks, mode);
    let name = format!("a mildest night that breaks it, {number}");
    let mut add = |names: (&str, &str), unit: Unit, value: f64| {
        answer.figures.push(Figure::plain(&name, names, unit, value));
    };
    let distance = mode.iter().map(|one| one * one).sum::<f64>().sqrt();
    add(("mode-distance", "how far away, in deviations"), Unit::Count, distance);
    let moved: Vec<f64> = (path.iter().zip(&of.book.marks))
        .map(|(ticks, mark)| *ticks as f64 / mark.ticks as f64)
        .collect();
    let least = moved.iter().copied().fold(f64::INFINITY, f64::min);
    let most = moved.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    add(("mode-lowest", "the market that moves lowest"), Unit::Move, least);
    add(("mode-highest", "the market that moves highest"), Unit::Move, most);
    let lacking = of.book.lacking(&path);
    let below: usize = lacking.iter().map(|of| of.below).sum();
    add(("mode-below", "accounts below nothing"), Unit::Whole, below as f64);
    answer.told.push(PageTable {
        caption: format!("Who lacks what after {name}"),
        columns: ["who", "accounts", "below nothing", "lack, USD"].map(str::to_owned).to_vec(),
        rows: who(lacking),
    });
}

/// Groups in rows; where there are many, those that lack most.
fn who(mut lacking: Vec<Lacking<'_>>) -> Vec<Vec<String>> {
    if lacking.len() > MOST_GROUPS {
        lacking.retain(|of| of.below > 0);
        // Of two that lack as much, the first.
        lacking.sort_by_key(|of| std::cmp::Reverse(of.lacked));
    }
    let row = |name: &str, accounts: usize, below: usize, lacked: u128| {
        let [accounts, below] = [accounts, below].map(money::count);
        vec![name.to_owned(), accounts, below, Unit::Dollars.shown(usd(lacked))]
    };
    let shown = lacking.len().min(MOST_GROUPS);
    let (told, others) = lacking.split_at(shown);
    let mut rows: Vec<Vec<String>> =
        told.iter().map(|of| row(of.group, of.accounts, of.below, of.lacked)).collect();
    if !others.is_empty() {
        let accounts = others.iter().map(|of| of.accounts).sum();
        let below = others.iter().map(|of| of.below).sum();
        rows.push(row("others", accounts, below, others.iter().map(|of| of.lacked).sum()));
    }
    rows
}

/// What it assumes.
fn notes(given: Option<&Given>) -> Vec<String> {
    let [book, interval] = match given {
        Some(given) => [
            given.told(),
            "The interval is for this book as it stood; it will be another tomorrow.".to_owned(),
        ],
        None => [
            "The world is drawn: who is there, with what leverage, is an assumption and no venue's \
             book."
                .to_owned(),
            "The interval is for this one drawn book; another seed draws another.".to_owned(),
        ],
    };
    let always = [
        "Prices move at once and nobody is closed on the way: it is what a gap takes, and more than \
         a crisis that can be traded in.",
        "Log returns are normal, each market's with the same deviation: real tails are heavier, and \
         correlations rise as prices fall.",
        "Every account's deficit counts in full; own means elsewhere, and what a failed book \
         fetches beyond its mark, do not.",
    ];
    std::iter::once(book).chain(always.map(str::to_owned)).chain([interval]).collect()
}
