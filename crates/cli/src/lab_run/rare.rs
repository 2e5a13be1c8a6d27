//! Figures of crises that were drawn near a rare event.

use rhodian_lab::crisis::Stopped;
use rhodian_lab::experiment::Estimate;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::experiment::rare::{Proposal, Rare};
use rhodian_lab::experiment::sobol::REPLICATES;

use super::answer::{Answer, Figure, Passed, Refused, Unit, field};
use super::crises::notes;
use super::pictures::{self, usd};
use super::work::Work;
use crate::experiment_file::model::{Moves, Points, Question};

/// How many sizes of a fund the picture asks about.
const POINTS: u32 = 24;

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Result<Answer, Stopped> {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    let Question::Rare { world, moves, points: by, .. } = &work.of.question else {
        return Ok(answer);
    };
    let (fund, by) = (world.fund.unwrap_or(0), *by);
    let runs: Vec<(f64, u128)> = rows.iter().map(|row| (field(row, 3), field(row, 4))).collect();
    let of = |sum: u128| {
        let runs: Vec<(f64, bool)> =
            runs.iter().map(|(weight, lacks)| (*weight, *lacks > sum)).collect();
        match by {
            Points::Random => Rare::of(&runs),
            Points::Sobol => Rare::of_points(&runs),
        }
    };
    let found = of(fund);
    let (what, size) = ("a crisis takes more than the fund", Unit::Dollars.shown(usd(fund)));
    match found.backed() {
        Ok(()) => {
            let estimate = Estimate { value: found.probability, between: found.between };
            let names = ("fund-passed", what);
            answer.figures.push(Figure::of("", names, Unit::Part, estimate));
            let names = ("runs-saved", "crises by the law itself, for one of these");
            answer.figures.push(Figure::plain("", names, Unit::Whole, found.gain));
            let [low, high] = found.between.map(|part| Unit::Part.shown(part));
            answer.lead = format!(
                "{} of crises take more than a fund of {size} USD ({low} to {high}).",
                Unit::Part.shown(found.probability),
            );
        }
        Err(why) => {
            answer.lead =
                format!("How often a crisis takes more than {size} USD cannot be backed.");
            let (of, figure) = (String::new(), "fund-passed".to_owned());
            answer.refused.push(Refused { of, figure, why: format!("{what}: {why}") });
        }
    }
    let weights = Estimate { value: found.weights, between: found.weights_between };
    let names = ("weights-mean", "weights, mean: one but for chance");
    answer.figures.push(Figure::of("", names, Unit::Count, weights));
    let hits = found.hits as f64;
    let names = ("hits", "crises that met it");
    answer.figures.push(Figure::plain("", names, Unit::Whole, hits));
    let names = ("hits-effective", "what they are worth, of equal weight");
    answer.figures.push(Figure::plain("", names, Unit::Whole, found.effective));
    let proposal = work.proposal()?;
    for mode in &proposal.modes {
        let shock = proposal.law.shock(*mode);
        let way = if shock.shift < 0.0 { "fall" } else { "rise" };
        let names = (format!("mode-{way}"), format!("mode: a {way}, prices move by"));
        let names = (names.0.as_str(), names.1.as_str());
        answer.figures.push(Figure::plain("", names, Unit::Move, shock.factor() - 1.0));
    }
    assumed(*moves, by, proposal, &mut answer);
    let points = tail(&runs, fund, &of);
    if points.len() > 1 {
        answer.pictures.push(("tail.svg", pictures::tail(&points, fund)));
    }
    let point = |(fund, passed, between)| Passed { of: String::new(), fund, passed, between };
    answer.curve = points.into_iter().map(point).collect();
    Ok(answer)
}

/// What the law of the factor assumes, and how it was drawn.
fn assumed(moves: Option<Moves>, by: Points, proposal: &Proposal, answer: &mut Answer) {
    if let Some(moves) = moves {
        answer.notes.push(format!(
            "The log return of all markets is normal with a deviation of {} %, and {} % of it \
             come at once: real tails are heavier.",
            f64::from(moves.deviation) / 1e4,
            f64::from(moves.gap) / 1e4
        ));
    }
    if by == Points::Sobol {
        answer.notes.push(format!(
            "Factors are Sobol's points in {REPLICATES} scramblings; intervals are of their \
             means, by Student's law."
        ));
    }
    if proposal.modes.is_empty() {
        answer.notes.push("No mode was found: every crisis is drawn by the law itself.".to_owned());
    }
}

/// The chance for other sizes, as far as they are backed.
pub(super) fn tail(
    runs: &[(f64, u128)],
    fund: u128,
    of: &dyn Fn(u128) -> Rare,
) -> Vec<(f64, f64, [f64; 2])> {
    let largest = runs.iter().map(|(_, lacks)| *lacks).max().unwrap_or(0);
    let scale = Scale::logarithmic((usd(fund) / 3.0).max(1.0), usd(largest).max(2.0));
    let point = |sum: f64| {
        let found = of(format!("{:.0}", sum * 1e6).parse().ok()?);
        found.backed().ok()?;
        Some((sum, found.probability, found.between))
    };
    scale.along(POINTS).into_iter().filter_map(point).collect()
}
