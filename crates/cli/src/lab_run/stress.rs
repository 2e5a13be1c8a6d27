//! Figures of reverse stress: the mildest move of all markets that breaks each layer, over many
//! paths that differ in their noise alone.

use rhodian_lab::crisis::fund;
use rhodian_lab::crisis::model::{Course, Shock};
use rhodian_lab::experiment::Estimate;
use rhodian_report::money;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::notes;
use super::pictures;
use super::work::{STRESS, Work};
use crate::experiment_file::model::{Question, part};

/// What no shock of the search breaks.
const NEVER: u128 = u128::MAX;
/// Falls and rises: the word, the sign of the log return, the field of a row that counts where
/// losses lacked less under a larger shock.
const WAYS: [(&str, f64, usize); 2] = [("fall", -1.0, 2), ("rise", 1.0, 3)];

/// One layer under one way of shocks.
struct Found {
    of: String,
    sign: f64,
    /// The mildest shock of each path, in millionths of a log return.
    shocks: Vec<u128>,
    /// On how many paths a larger shock heals it.
    heals: usize,
}

impl Found {
    /// What a log return in millionths does to prices.
    fn moved(&self, shock: u128) -> f64 {
        Shock { shift: self.sign * shock as f64 / 1e6, course: Course::Gap(0.0) }.factor() - 1.0
    }

    /// The shock that breaks one path in so many; nothing where these paths do not bound it.
    fn one_in(&self, one_in: f64) -> Option<fund::Size> {
        fund::size(&self.shocks, 1.0 - 1.0 / one_in).filter(|size| size.between.1 != NEVER)
    }
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    let Question::ReverseStress { deviation, gap, layers, .. } = &work.of.question else {
        return answer;
    };
    let (deviation, paths) = (part(*deviation), rows.len());
    let mut mildest: Vec<String> = Vec::new();
    let mut curves = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        let mut nearest: Option<(u128, f64)> = None;
        for (way, (word, sign, _)) in WAYS.iter().enumerate() {
            let at = 4 + 2 * (way * layers.len() + number);
            let shock = |row: &String| match row.split(',').nth(at) {
                Some(text) => text.parse().unwrap_or(NEVER),
                None => NEVER,
            };
            let found = Found {
                of: format!("{}, {word}", layer.name),
                sign: *sign,
                shocks: rows.iter().map(shock).collect(),
                heals: rows.iter().filter(|row| field::<u8>(row, at + 1) == 0).count(),
            };
            tell(&found, deviation, &mut answer);
            if let Some(middle) = found.one_in(2.0).map(|of| of.size)
                && nearest.is_none_or(|(size, _)| middle < size)
            {
                nearest = Some((middle, found.moved(middle)));
            }
            let moves = found.shocks.iter().filter(|of| **of != NEVER);
            let moves: Vec<f64> = moves.map(|of| found.moved(*of)).collect();
            if !moves.is_empty() {
                curves.push((found.of.clone(), moves, paths));
            }
        }
        mildest.push(match nearest {
            Some((size, moved)) => format!(
                "{} at {} ({:.1} deviations)",
                layer.name,
                Unit::Move.shown(moved),
                size as f64 / 1e6 / deviation
            ),
            None => format!("{} at none that these paths back", layer.name),
        });
    }
    answer.lead = format!(
        "The mildest move that breaks a layer on half of the paths: {}.",
        mildest.join("; ")
    );
    answer
        .pictures
        .push(("stress.svg", pictures::broken("Which moves break which layer", &curves)));
    notes_of(rows, deviation, part(*gap), &mut answer);
    answer
}

fn tell(found: &Found, deviation: f64, answer: &mut Answer) {
    for (one_in, words) in [(10.0, "one path in ten"), (2.0, "half of the paths")] {
        let figure = format!("breaks-one-in-{one_in}");
        let what = format!("breaks {words} at a move of");
        let Some(of) = found.one_in(one_in) else {
            let why = format!("{what}: too few paths break it within the moves that are tried");
            answer.refused.push(Refused { of: found.of.clone(), figure, why });
            continue;
        };
        let (low, high) = (found.moved(of.between.0), found.moved(of.between.1));
        let between = if low <= high { [low, high] } else { [high, low] };
        let estimate = Estimate { value: found.moved(of.size), between };
        answer.figures.push(Figure::of(&found.of, (&figure, &what), Unit::Move, estimate));
        let deviations = |shock: f64| found.sign * shock / 1e6 / deviation;
        let (low, high) = (deviations(of.between.0 as f64), deviations(of.between.1 as f64));
        let between = if low <= high { [low, high] } else { [high, low] };
        let estimate = Estimate { value: deviations(of.size as f64), between };
        let names = (format!("{figure}-deviations"), "  in deviations");
        let names = (names.0.as_str(), names.1);
        answer.figures.push(Figure::of(&found.of, names, Unit::Deviations, estimate));
    }
    if found.heals > 0 {
        answer.notes.push(format!(
            "{}: on {} paths a larger shock of the grid does not break what a milder one does; the \
             mildest is told.",
            found.of,
            money::count(found.heals)
        ));
    }
}

fn notes_of(rows: &[String], deviation: f64, gap: f64, answer: &mut Answer) {
    for (word, _, place) in WAYS {
        let falls = rows.iter().filter(|row| field::<u32>(row, place) > 0).count();
        if falls > 0 {
            answer.notes.push(format!(
                "On {} of {} paths losses lack less at some larger {word} of the grid: what fails \
                 is not monotone in the shock, so between two points of the grid a milder one may \
                 be missed.",
                money::count(falls),
                money::count(rows.len())
            ));
        }
    }
    let most = |sign: f64| {
        let shock = Shock { shift: sign * STRESS.most, course: Course::Gap(gap) };
        Unit::Move.shown(shock.factor() - 1.0)
    };
    answer.notes.push(format!(
        "A shock moves every market by the same part within two hundred seconds, {:.0} % of the \
         log return in the first five, each market with its noise; a deviation is a log return of \
         {:.2} %. Falls to {} and rises to {} are tried.",
        100.0 * gap,
        100.0 * deviation,
        most(-1.0),
        most(1.0)
    ));
    answer.notes.push(
        "A layer is broken when losses lack more than it and all before it hold: each crisis finds \
         every layer full."
            .to_owned(),
    );
}

#[cfg(test)]
mod tests {
    use super::{Found, NEVER};

    /// The middle of the paths breaks, and yet the bound above it does not.
    #[test]
    fn a_shock_whose_bound_is_none_is_not_told() {
        let found = |broken: usize| {
            let shocks = (0..30).map(|path| if path < broken { 100_000 } else { NEVER }).collect();
            Found { of: String::new(), sign: -1.0, shocks, heals: 0 }.one_in(2.0)
        };
        assert_eq!(found(30).map(|of| of.size), Some(100_000));
        assert_eq!((found(16), found(2)), (None, None));
    }
}
