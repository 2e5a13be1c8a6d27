//! The least of a figure over a parameter or two: what is tried, what it comes to, whether the
//! least is told apart from the others, and what crises say of it that had no part in choosing it.
//!
//! What is tried next is a function of the rows so far, so runs are the same at any number of
//! threads and go on where they stopped. Every candidate meets the same crises; the least of them
//! is played once more, over as many others.

use rhodian_lab::crisis::{Stage, Stopped, fund};
use rhodian_lab::experiment::search::{Range, around, grid};
use rhodian_lab::experiment::{Estimate, part};
use rhodian_report::money;

use super::answer::{Unit, field};
use super::crises::estimate;
use super::pictures::usd;
use crate::experiment_file::model::{self, World};
use crate::experiment_file::optimise::{Least, Optimise, Over};

/// A part that fewer met is not given.
pub(super) const LEAST_HITS: usize = 5;

/// What is played, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// The values of candidates, in the order of their runs.
    pub tried: Vec<Vec<u32>>,
    /// How often the grid was halved.
    pub halvings: u32,
    /// The candidate that is played once more, over other crises; nothing until it is known.
    pub chosen: Option<usize>,
    /// Whether nothing more is played.
    pub done: bool,
}

impl Planned {
    /// The first grid.
    pub fn of(of: &Optimise) -> Self {
        Self { tried: grid(&ranges(of)), ..Self::default() }
    }

    /// How many worlds are played, one with other crises among them.
    pub fn count(&self) -> usize {
        self.tried.len() + usize::from(self.chosen.is_some())
    }

    /// The world of a place, and whether it meets other crises.
    pub fn world(&self, of: &Optimise, place: usize) -> (World, bool) {
        let fresh = place >= self.tried.len();
        let candidate = if fresh { self.chosen.unwrap_or(0) } else { place };
        (world(of, &self.tried[candidate]), fresh)
    }

    /// Plans what follows from the rows of all that was planned so far; nothing where all is
    /// played.
    pub fn go_on(&mut self, of: &Optimise, rows: &[String], crises: usize) {
        if self.chosen.is_some() {
            self.done = true;
        }
        if self.done {
            return;
        }
        let all = candidates(of, self, rows, crises);
        let Some(best) = best(&all) else {
            self.done = true;
            return;
        };
        while self.halvings < of.halvings {
            self.halvings += 1;
            let new = around(&ranges(of), &self.tried[best], self.halvings, &self.tried);
            if !new.is_empty() {
                self.tried.extend(new);
                return;
            }
        }
        self.chosen = Some(best);
    }
}

fn ranges(of: &Optimise) -> Vec<Range> {
    of.over.iter().map(Over::range).collect()
}

/// The world of a candidate.
pub fn world(of: &Optimise, values: &[u32]) -> World {
    let with = |world, (over, value): (&Over, &u32)| over.of().with(world, *value);
    of.over.iter().zip(values).fold(of.world, with)
}

/// The names of a row's fields.
pub fn header(of: &Optimise) -> String {
    let over: String = of.over.iter().map(|over| format!(",{}", over.parameter)).collect();
    format!("run,candidate{over},crisis,fall,deficit,failed,liquidated,closed")
}

/// The row of a run: values of parameters are millionths, but for the steps of closing.
pub fn row(
    of: &Optimise,
    planned: &Planned,
    (run, crises): (usize, usize),
    stage: &Stage,
) -> Result<String, Stopped> {
    let (place, crisis) = (run / crises, run % crises);
    let (world, fresh) = planned.world(of, place);
    // Other crises are numbered on from the last.
    let crisis = if fresh { crises + crisis } else { crisis };
    let played = stage.play(u64::try_from(crisis).unwrap_or(u64::MAX))?.crisis;
    let value = |over: &Over| format!(",{}", over.of().value(&world).unwrap_or(0));
    let values: String = of.over.iter().map(value).collect();
    Ok(format!(
        "{run},{place}{values},{crisis},{},{},{},{},{}",
        played.fall, played.deficit, played.failed, played.liquidated, played.closed
    ))
}

/// What a candidate came to.
pub(super) struct Candidate {
    /// Its values as a file writes them.
    pub(super) name: String,
    deficits: Vec<u128>,
    closed: Vec<f64>,
    liquidated: Vec<f64>,
    /// Its fund: given, or the upper end of what so few crises pass.
    pub(super) fund: f64,
    /// The same with its interval, where it is not given.
    pub(super) size: Option<Estimate>,
    /// How often the fund is passed.
    pub(super) passed: (usize, Estimate),
    /// What is to be least, by which candidates are ranked; nothing where crises do not back a fund.
    pub(super) least: Option<f64>,
    /// The same with its interval; why it has none.
    pub(super) figure: Result<Estimate, String>,
    /// The first bound that it may not be within.
    pub(super) outside: Option<String>,
}

/// Every candidate of the rows, and last the chosen one over other crises where it was played.
pub(super) fn candidates(
    of: &Optimise,
    planned: &Planned,
    rows: &[String],
    crises: usize,
) -> Vec<Candidate> {
    let of_rows = |(place, rows): (usize, &[String])| {
        let candidate = if place < planned.tried.len() { place } else { planned.chosen? };
        let values = of.over.iter().zip(planned.tried.get(candidate)?);
        let names: Vec<String> = values.map(|(over, value)| over.shown(*value)).collect();
        let fund = world(of, planned.tried.get(candidate)?).fund;
        Some(Candidate::of(of, names.join(" / "), fund, rows))
    };
    rows.chunks(crises.max(1)).enumerate().filter_map(of_rows).collect()
}

impl Candidate {
    fn of(of: &Optimise, name: String, given: Option<u128>, rows: &[String]) -> Self {
        let from = 3 + of.over.len();
        let deficits: Vec<u128> = rows.iter().map(|row| field(row, from + 1)).collect();
        let target = model::part(of.passed);
        let size = match given {
            Some(_) => None,
            None => fund::size(&deficits, target),
        };
        let size = size.map(|size| (size, [usd(size.between.0), usd(size.between.1)]));
        // The upper end: as few crises pass it as may, 97 times of 100 and more.
        let atoms = size.as_ref().map_or(0, |(size, _)| size.between.1);
        let fund = given.unwrap_or(atoms);
        let hits = deficits.iter().filter(|deficit| **deficit > fund).count();
        let mut found = Self {
            name,
            closed: rows.iter().map(|row| field::<f64>(row, from + 4) / 1e6).collect(),
            liquidated: rows.iter().map(|row| field(row, from + 3)).collect(),
            fund: usd(fund),
            size: size.map(|(size, between)| Estimate { value: usd(size.size), between }),
            passed: (hits, part(hits, deficits.len())),
            deficits,
            least: None,
            figure: Err(String::new()),
            outside: None,
        };
        found.figure = found.with_interval(of);
        found.least = match of.least {
            Least::Fund => found.size.map(|_| found.fund),
            _ => Some(plain(&found.each(of))),
        };
        found.outside = found.passes_bound(of);
        found
    }

    /// What is to be least of each crisis, in dollars or accounts: nothing of a fund, which is of
    /// all of them.
    fn each(&self, of: &Optimise) -> Vec<f64> {
        match of.least {
            Least::Fund => Vec::new(),
            Least::Deficit => self.lacked(),
            Least::Closed => self.closed.clone(),
            Least::Liquidated => self.liquidated.clone(),
            Least::Cost => {
                let (a_year, shortfall) = (f64::from(of.a_year), f64::from(of.shortfall));
                let (capital, closing) = (model::part(of.capital), model::part(of.closing));
                let cost = |(deficit, closed): (f64, &f64)| {
                    let lacks = (deficit - self.fund).max(0.0);
                    capital * self.fund + a_year * (shortfall * lacks + closing * closed)
                };
                self.lacked().into_iter().zip(&self.closed).map(cost).collect()
            }
        }
    }

    fn lacked(&self) -> Vec<f64> {
        self.deficits.iter().map(|of| usd(*of)).collect()
    }

    fn with_interval(&self, of: &Optimise) -> Result<Estimate, String> {
        if of.least == Least::Fund {
            // The size that is asked for, not its middle: the bound is what is to be held.
            let size = self.size.as_ref().ok_or("too few crises back it")?;
            return Ok(Estimate { value: self.fund, between: size.between });
        }
        estimate(self.each(of).into_iter())
            .map_err(|count| format!("{} crises have any, too few for bounds", money::count(count)))
    }

    /// How many crises pass a fund, and the part.
    pub(super) fn passes(&self, fund: f64) -> (usize, Estimate) {
        let hits = self.deficits.iter().filter(|of| usd(**of) > fund).count();
        (hits, part(hits, self.deficits.len()))
    }

    /// How many crises it met.
    pub(super) fn count(&self) -> usize {
        self.deficits.len()
    }

    /// The mean closed of accounts.
    pub(super) fn closed(&self) -> Result<Estimate, usize> {
        estimate(self.closed.iter().copied())
    }

    /// The mean of what losses lack.
    pub(super) fn deficit(&self) -> Result<Estimate, usize> {
        estimate(self.lacked().into_iter())
    }

    /// How many are liquidated on average.
    pub(super) fn liquidated(&self) -> Result<Estimate, usize> {
        estimate(self.liquidated.iter().copied())
    }

    /// What losses lack and what is closed, the plain means of both.
    pub(super) fn means(&self) -> (f64, f64) {
        (plain(&self.lacked()), plain(&self.closed))
    }

    /// The first bound whose upper end it passes.
    fn passes_bound(&self, of: &Optimise) -> Option<String> {
        let target = model::part(of.passed);
        if of.gives_fund() && self.passed.1.between[1] > target {
            let high = Unit::Part.shown(self.passed.1.between[1]);
            return Some(format!("up to {high} pass the fund"));
        }
        let closed = (of.closed_most.map(usd), self.closed.clone(), "closed", Unit::Dollars);
        let (most, each) = (of.liquidated_most.map(f64::from), self.liquidated.clone());
        let amounts = [
            (of.deficit_most.map(usd), self.lacked(), "lacking", Unit::Dollars),
            closed,
            (most, each, "liquidated", Unit::Count),
        ];
        amounts.into_iter().find_map(|(most, each, words, unit)| {
            let (most, high) = (most?, upper_end(&each));
            (high > most).then(|| format!("up to {} {words}", unit.shown(high)))
        })
    }

    /// What it has more than `least`, over the same crises; nothing of a fund.
    pub(super) fn more_than(&self, least: &Self, of: &Optimise) -> Option<Estimate> {
        let (now, then) = (least.each(of), self.each(of));
        estimate(now.iter().zip(&then).map(|(now, then)| then - now)).ok()
    }

    /// Whether crises tell that it has more than `least`: by the mean of pairs, or of a fund, where
    /// its interval lies above; at a level for so many `others` at once, so that the least of them
    /// in truth is 95 times of 100 among those that are not told.
    pub(super) fn is_told_from(&self, least: &Self, of: &Optimise, others: usize) -> bool {
        if of.least == Least::Fund {
            let tail = (1.0 - fund::LEVEL) / 2.0 / others.max(1) as f64;
            let target = model::part(of.passed);
            let ends = |of: &Self| fund::size_with(&of.deficits, target, tail).map(|of| of.between);
            return ends(self).zip(ends(least)).is_some_and(|(then, now)| then.0 > now.1);
        }
        self.more_than(least, of).is_some_and(|more| more.is_above_nothing(others))
    }
}

/// The mean, whether it has an interval or none.
fn plain(each: &[f64]) -> f64 {
    each.iter().sum::<f64>() / each.len().max(1) as f64
}

/// The upper end of a mean. Where too few crises have any for the normal law: as many as may have
/// any, each as much as the most of them.
fn upper_end(each: &[f64]) -> f64 {
    estimate(each.iter().copied()).map_or_else(
        |few| part(few, each.len()).between[1] * each.iter().copied().fold(0.0, f64::max),
        |mean| mean.between[1],
    )
}

/// The least of those that are within all bounds; of two alike the first.
pub(super) fn best(all: &[Candidate]) -> Option<usize> {
    let within = all.iter().enumerate().filter(|(_, of)| of.outside.is_none());
    let ranked = within.filter_map(|(at, of)| Some((at, of.least?)));
    ranked.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::super::optimised::answer;
    use super::{Planned, best, candidates};
    use crate::experiment_file::model::World;
    use crate::experiment_file::optimise::{Least, Optimise, Over};

    const MILLION: u128 = 1_000_000;

    fn asked(least: Least) -> Optimise {
        Optimise {
            world: World::default(),
            least,
            passed: 100_000,
            deficit_most: None,
            closed_most: None,
            liquidated_most: None,
            capital: 100_000,
            a_year: 1,
            shortfall: 2,
            closing: 0,
            halvings: 0,
            over: vec![Over { parameter: "close", from: 1, to: 40, steps: 20 }],
        }
    }

    /// Candidates 1, 2, ..., of whom each crisis takes such atoms.
    fn played(candidates: &[Vec<u128>]) -> (Planned, Vec<String>) {
        let tried = (1..).take(candidates.len()).map(|close| vec![close]).collect();
        let row = |atoms: &u128| format!("0,0,0,0,0,{atoms},1,1,{MILLION}");
        let rows = candidates.iter().flatten().map(row).collect();
        (Planned { tried, ..Planned::default() }, rows)
    }

    /// A hundred crises, the first `hits` of which take a hundred dollars.
    fn some(hits: usize) -> Vec<u128> {
        (0..100).map(|crisis| if crisis < hits { 100 * MILLION } else { 0 }).collect()
    }

    #[test]
    fn who_loses_nothing_or_seldom_is_ranked_and_not_told_from_others_too_early() {
        for (case, hits, most, least, words) in [
            ("nothing", [80, 0, 10], None, 1, "Least at close 2: losses lack, mean 0. "),
            ("seldom", [80, 10, 40], None, 1, "Least at close 2: losses lack, mean 10. "),
            ("not told", [20, 0, 10], None, 1, "do not tell it from 1, 3."),
            ("told", [80, 0, 40], None, 1, "tell it from every other within bounds."),
            ("of two alike the first", [80, 0, 0], None, 1, "do not tell it from 3."),
            // Of 10 in 100 at most 17.44 % take a hundred dollars.
            ("within", [80, 10, 80], Some(18), 1, "2 of 3 are out of bounds"),
            ("never is within", [80, 80, 0], Some(1), 2, "2 of 3 are out of bounds"),
        ] {
            let of =
                Optimise { deficit_most: most.map(|of| of * MILLION), ..asked(Least::Deficit) };
            let (planned, rows) = played(&hits.map(some));
            assert_eq!(best(&candidates(&of, &planned, &rows, 100)), Some(least), "{case}");
            let lead = answer(&of, &planned, &rows, 100).lead;
            assert!(lead.contains(words), "{case}: {lead}");
        }
        let of = Optimise { deficit_most: Some(17 * MILLION), ..asked(Least::Deficit) };
        let (planned, rows) = played(&[some(10)]);
        assert_eq!(best(&candidates(&of, &planned, &rows, 100)), None, "17.44 might be");
    }

    /// A fund of 96 dollars is the upper end of 1 to 100 dollars that 10 in 100 pass.
    #[test]
    fn a_fund_that_other_crises_may_pass_too_often_is_not_surely_held() {
        let chosen: Vec<u128> = (1..=100).map(|of| of * MILLION).collect();
        for (hits, words) in [
            (1, None),
            (8, Some("not surely held: up to 15.00 % pass it.")),
            (30, Some("30.00 % pass its fund: more than may.")),
        ] {
            let (mut planned, rows) = played(&[chosen.clone(), some(hits)]);
            planned.tried.truncate(1);
            planned.chosen = Some(0);
            let lead = answer(&asked(Least::Fund), &planned, &rows, 100).lead;
            match words {
                None => assert!(!lead.contains("ver other crises"), "{hits}: {lead}"),
                Some(words) => assert!(lead.contains(words), "{hits}: {lead}"),
            }
        }
    }

    /// Told of two, and not of twenty: a difference of 2.3 deviations, and funds a dollar apart.
    #[test]
    fn what_is_told_of_two_is_not_told_of_twenty() {
        let flat = vec![1_000 * MILLION; 100];
        let near = |crisis: u128| (10_023 + 100 * (2 * (crisis % 2)) - 100) * MILLION / 10;
        let near: Vec<u128> = (0..100).map(near).collect();
        let funds = |from: u128| (from..from + 100).map(|of| of * MILLION).collect::<Vec<_>>();
        for (least, first, second, far) in [
            (Least::Deficit, flat.clone(), near, vec![9_000 * MILLION; 100]),
            (Least::Fund, funds(1), funds(14), funds(500)),
        ] {
            let of = asked(least);
            let lead = |all: &[Vec<u128>]| {
                let (planned, rows) = played(all);
                answer(&of, &planned, &rows, 100).lead
            };
            let two = lead(&[first.clone(), second.clone()]);
            assert!(two.contains("tell it from every other within bounds."), "{two}");
            let mut all = vec![far; 20];
            (all[0], all[1]) = (first, second);
            let twenty = lead(&all);
            assert!(twenty.contains("do not tell it from 2."), "{twenty}");
        }
    }

    /// A year is 1 dollar for a fund of 10, and two for each that it lacks: 20 in 100 crises lack 90.
    #[test]
    fn a_cost_over_other_crises_is_of_the_fund_that_was_chosen() {
        let of = asked(Least::Cost);
        let of = Optimise { world: World { fund: Some(10 * MILLION), ..of.world }, ..of };
        let (mut planned, rows) = played(&[some(0), some(20)]);
        planned.tried.truncate(1);
        planned.chosen = Some(0);
        let all = candidates(&of, &planned, &rows, 100);
        let costs: Vec<Option<f64>> = all.iter().map(|of| of.least).collect();
        assert_eq!(costs, [Some(1.0), Some(37.0)]);
    }
}
