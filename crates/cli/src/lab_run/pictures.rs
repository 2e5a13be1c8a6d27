//! The pictures of experiments: figures placed on axes.

use rhodian_lab::crisis::fund;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::experiment::tail::Tail;
use rhodian_report::money::Money;
use rhodian_report::svg::{Axis, Chart, Curve, FULL, Heat, HeatCell, Plot};

use crate::commands::lab::crises::dollars;

/// A name with what its crises took, in atoms.
pub type Named<'a> = (&'a str, Vec<u128>);

/// The most curves that can be told apart in one picture.
const MOST_CURVES: usize = 4;
/// How many points a curve has.
const POINTS: u32 = 60;
/// The ranks of a fan, from its edges inwards.
const RANKS: [[f64; 2]; 2] = [[0.05, 0.95], [0.25, 0.75]];

/// Atoms as dollars.
pub fn usd(atoms: u128) -> f64 {
    atoms as f64 / 1e6
}

/// Dollars as atoms, rounded.
fn atoms(dollars: f64) -> u128 {
    format!("{:.0}", dollars.max(0.0) * 1e6).parse().unwrap_or(u128::MAX)
}

/// An amount for an axis.
pub(super) fn short(dollars: f64) -> String {
    let short = Money::new(6).short(atoms(dollars));
    short.strip_suffix(".00").map_or_else(|| short.replace(".0 ", " "), str::to_owned)
}

/// Some of many, the first and the last among them.
fn chosen<T>(all: &[T]) -> Vec<&T> {
    let count = all.len().min(MOST_CURVES);
    let at = |number: usize| number * (all.len() - 1) / (count - 1).max(1);
    (0..count).filter_map(|number| all.get(at(number))).collect()
}

/// An axis with the marks of a scale.
pub(super) fn axis(name: &str, scale: &Scale, label: &dyn Fn(f64) -> String) -> Axis {
    let marks = scale.marks().into_iter().map(|mark| (scale.place(mark), label(mark)));
    Axis { name: name.to_owned(), marks: marks.collect() }
}

/// A part in per cent for an axis; where that has more than five decimals, the part itself with its
/// power of ten.
pub(super) fn percent_mark(part: f64) -> String {
    if part > 0.0 && part < 0.99e-7 {
        return format!("{part:.0e}");
    }
    let percent = format!("{:.6}", 100.0 * part);
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// How often a fund of each size is passed, both axes logarithmic.
pub fn survival(sides: &[Named<'_>], fund: Option<u128>) -> Chart {
    let all = || sides.iter().flat_map(|(_, of)| of.iter().copied());
    let largest = usd(all().max().unwrap_or(0)).max(1.0);
    let least = all().filter(|of| *of > 0).min().map_or(1.0, usd);
    let across = Scale::logarithmic(least.max(largest / 1e4), largest);
    let count = sides.iter().map(|(_, of)| of.len()).max().unwrap_or(1).max(1);
    let up = Scale::logarithmic(0.5 / count as f64, 1.0);
    let funds: Vec<u128> = across.along(POINTS).into_iter().map(atoms).collect();
    let picked = chosen(sides);
    let curve = |(name, deficits): &&Named<'_>| {
        let points: Vec<fund::Point> =
            fund::curve(deficits, &funds).into_iter().filter(|point| point.passed > 0.0).collect();
        let at = |point: &fund::Point| across.place(usd(point.fund));
        let band =
            |point: &fund::Point| (at(point), up.place(point.between.0), up.place(point.between.1));
        Curve {
            name: if sides.len() > 1 { (*name).to_owned() } else { String::new() },
            points: points.iter().map(|point| (at(point), up.place(point.passed))).collect(),
            bands: vec![points.iter().map(band).collect()],
            dots: false,
        }
    };
    let lines = fund.map(|fund| (across.place(usd(fund)), format!("fund {}", dollars(fund))));
    Chart::Plot(Plot {
        title: "How often a fund is passed".to_owned(),
        about: "The part of crises that take more than a fund of each size, both axes \
                logarithmic. The band is where the true part lies, 95 times of 100."
            .to_owned(),
        across: axis("fund, USD", &across, &short),
        up: axis("crises", &up, &percent_mark),
        curves: picked.iter().map(curve).collect(),
        lines: lines.into_iter().collect(),
    })
}

/// A value of so many sorted ones, by its rank from 0 to 1.
fn ranked(sorted: &[u128], rank: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = format!("{:.0}", rank * last as f64).parse().unwrap_or(last);
    sorted.get(place).copied().map_or(0.0, usd)
}

/// What crises take against something else: the middle, the half of them and nine in ten.
pub fn fan(across: Axis, groups: &[(u32, Vec<u128>)], about: &str) -> Chart {
    let sorted: Vec<(u32, Vec<u128>)> = groups
        .iter()
        .map(|(at, of)| {
            let mut of = of.clone();
            of.sort_unstable();
            (*at, of)
        })
        .collect();
    // As high as what is drawn: the largest crises are in the picture of how often funds are passed.
    let edges = sorted.iter().map(|(_, of)| ranked(of, RANKS[0][1]));
    let up = Scale::linear(0.0, edges.fold(0.0, f64::max));
    let place = |of: &[u128], rank: f64| up.place(ranked(of, rank));
    let band = |[low, high]: [f64; 2]| {
        sorted.iter().map(|(at, of)| (*at, place(of, low), place(of, high))).collect()
    };
    let curve = Curve {
        name: "the middle; the half of crises around it, and nine in ten".to_owned(),
        points: sorted.iter().map(|(at, of)| (*at, place(of, 0.5))).collect(),
        bands: RANKS.map(band).to_vec(),
        dots: false,
    };
    Chart::Plot(Plot {
        title: "What crises take".to_owned(),
        about: about.to_owned(),
        across,
        up: axis("USD", &up, &short),
        curves: vec![curve],
        lines: Vec::new(),
    })
}

/// Crises in groups by how far markets fell, as many in each.
pub fn by_fall(crises: &[(f64, u128)]) -> Chart {
    let mut sorted = crises.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let groups = (sorted.len() / 20).clamp(1, 10);
    let size = sorted.len().div_ceil(groups).max(1);
    let middle = |of: &[(f64, u128)]| of.get(of.len() / 2).map_or(0.0, |of| of.0);
    let middles: Vec<f64> = sorted.chunks(size).map(middle).collect();
    // From the first point to the last; a single one stands within what was played.
    let [first, last] = match middles.as_slice() {
        [first, .., last] => [*first, *last],
        _ => [sorted.first().map_or(0.0, |of| of.0), sorted.last().map_or(1.0, |of| of.0)],
    };
    let across = Scale::linear(first, last);
    let deficits = |of: &[(f64, u128)]| of.iter().map(|(_, deficit)| *deficit).collect();
    let places = middles.iter().map(|at| across.place(*at));
    let groups: Vec<(u32, Vec<u128>)> = places.zip(sorted.chunks(size).map(deficits)).collect();
    let axis = axis("markets fall by", &across, &|part| format!("{:.0} %", 100.0 * part));
    fan(axis, &groups, "What crises take by how far markets fall, as many crises at each point.")
}

/// The places of so many names along an axis, none at its ends.
pub fn places(names: &[&str]) -> Vec<(u32, String)> {
    let count = u32::try_from(names.len()).unwrap_or(1).max(1);
    let at = |number: u32| (2 * number + 1) * FULL / (2 * count);
    (0..count).map(at).zip(names.iter().map(|name| (*name).to_owned())).collect()
}

/// One figure with its interval against the values of a parameter.
pub fn against(title: &str, parameter: &str, rows: &[(&str, f64, [f64; 2])]) -> Chart {
    named((title, &format!("{title} by {parameter}.")), parameter, rows, ("USD", &short))
}

/// What layers lose a year, of their sizes.
pub fn rates(rows: &[(&str, f64, [f64; 2])]) -> Chart {
    let about = "What each layer loses a year on average, of its size, in paying order.";
    apart(("What each layer loses", about), "layer", rows, ("a year", &percent_mark))
}

/// Figures with their intervals, each at its name: names have no order that a line would follow.
pub(super) fn apart(
    words: (&str, &str),
    across: &str,
    rows: &[(&str, f64, [f64; 2])],
    up: (&str, &dyn Fn(f64) -> String),
) -> Chart {
    let mut chart = named(words, across, rows, up);
    if let Chart::Plot(plot) = &mut chart {
        for curve in &mut plot.curves {
            curve.dots = true;
            let around = |(at, from, to): &(u32, u32, u32)| {
                vec![(at - FULL / 100, *from, *to), (at + FULL / 100, *from, *to)]
            };
            curve.bands = curve.bands.iter().flatten().map(around).collect();
        }
    }
    chart
}

/// Figures with their intervals, each at its value of a parameter, and joined.
pub(super) fn named(
    (title, about): (&str, &str),
    across: &str,
    rows: &[(&str, f64, [f64; 2])],
    (unit, label): (&str, &dyn Fn(f64) -> String),
) -> Chart {
    let largest = rows.iter().map(|(_, _, between)| between[1]).fold(0.0, f64::max);
    let up = Scale::linear(0.0, largest);
    let names: Vec<&str> = rows.iter().map(|(name, ..)| *name).collect();
    let marks = places(&names);
    let each = || marks.iter().map(|(at, _)| *at).zip(rows);
    let curve = Curve {
        name: String::new(),
        points: each().map(|(at, (_, value, _))| (at, up.place(*value))).collect(),
        bands: vec![each().map(|(at, (.., of))| (at, up.place(of[0]), up.place(of[1]))).collect()],
        dots: false,
    };
    Chart::Plot(Plot {
        title: title.to_owned(),
        about: format!("{about} The band is where the true one lies, 95 times of 100."),
        across: Axis { name: across.to_owned(), marks: marks.clone() },
        up: axis(unit, &up, label),
        curves: vec![curve],
        lines: Vec::new(),
    })
}

/// A figure over two parameters: rows of values with what stands in their cells.
pub fn map(
    title: &str,
    across: (&str, &[String]),
    down: (&str, &[String]),
    cells: &[Vec<(f64, String)>],
) -> Chart {
    let largest = cells.iter().flatten().map(|(value, _)| *value).fold(0.0, f64::max);
    let scale = Scale::linear(0.0, largest);
    let cell = |(value, text): &(f64, String)| HeatCell {
        strength: scale.place(*value),
        text: text.clone(),
    };
    Chart::Heat(Heat {
        title: title.to_owned(),
        about: format!("{title} by {} and {}: the darker, the more.", across.0, down.0),
        across: (across.0.to_owned(), across.1.to_vec()),
        down: (down.0.to_owned(), down.1.to_vec()),
        cells: cells.iter().map(|row| row.iter().map(cell).collect()).collect(),
    })
}

/// Rows of figures, each column by its own largest.
pub fn by_column(
    title: &str,
    about: &str,
    across: &[String],
    down: &[String],
    cells: &[Vec<(f64, String)>],
) -> Chart {
    let largest = |place: usize| {
        cells.iter().filter_map(|row| row.get(place)).map(|(of, _)| *of).fold(0.0, f64::max)
    };
    let scales: Vec<Scale> = (0..across.len()).map(|at| Scale::linear(0.0, largest(at))).collect();
    let cell = |((value, text), scale): (&(f64, String), &Scale)| HeatCell {
        strength: scale.place(*value),
        text: text.clone(),
    };
    Chart::Heat(Heat {
        title: title.to_owned(),
        about: about.to_owned(),
        across: (String::new(), across.to_vec()),
        down: ("mechanism".to_owned(), down.to_vec()),
        cells: cells.iter().map(|row| row.iter().zip(&scales).map(cell).collect()).collect(),
    })
}

/// Steps from nothing to all at growing places: the part of paths that are broken by then.
pub fn broken(title: &str, curves: &[(String, Vec<f64>, usize)]) -> Chart {
    let places = || curves.iter().flat_map(|(_, moves, _)| moves.iter().copied());
    let (low, high) =
        places().fold((0.0, 0.0), |(low, high): (f64, f64), of| (low.min(of), high.max(of)));
    let (across, up) = (Scale::linear(low, high), Scale::linear(0.0, 1.0));
    let curve = |(name, moves, paths): &(String, Vec<f64>, usize)| {
        let mut moves = moves.clone();
        moves.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let part = |number: usize| up.place((number + 1) as f64 / (*paths).max(1) as f64);
        let point = |(number, at): (usize, &f64)| (across.place(*at), part(number));
        let points = moves.iter().enumerate().map(point).collect();
        Curve { name: name.clone(), points, bands: Vec::new(), dots: false }
    };
    Chart::Plot(Plot {
        title: title.to_owned(),
        about: "The part of paths on which losses lack more than a layer and all before it hold, \
                by how far every market moves: falls to the left, rises to the right."
            .to_owned(),
        across: axis("prices move by", &across, &|part| format!("{:+.0} %", 100.0 * part)),
        up: axis("paths", &up, &|part| format!("{:.0} %", 100.0 * part)),
        curves: curves.iter().map(curve).collect(),
        lines: Vec::new(),
    })
}

/// What was played and the law of what lies beyond a threshold, both axes logarithmic.
pub fn fitted(deficits: &[u128], tail: &Tail, target: f64) -> Chart {
    let across = Scale::logarithmic((tail.threshold / 4.0).max(1.0), tail.size.between[1] * 1.2);
    let up = Scale::logarithmic(target / 3.0, 1.0);
    let funds: Vec<u128> = across.along(POINTS).into_iter().map(atoms).collect();
    let played: Vec<fund::Point> =
        fund::curve(deficits, &funds).into_iter().filter(|point| point.passed > 0.0).collect();
    let at = |point: &fund::Point| across.place(usd(point.fund));
    let band =
        |point: &fund::Point| (at(point), up.place(point.between.0), up.place(point.between.1));
    let beyond = across.along(POINTS).into_iter().filter(|fund| *fund >= tail.threshold);
    let law = beyond.filter_map(|fund| {
        let part = tail.part * tail.law.part_beyond(fund - tail.threshold);
        // What lies below the picture is not drawn along its edge.
        (part >= target / 3.0).then(|| (across.place(fund), up.place(part)))
    });
    let curves = vec![
        Curve {
            name: "crises that were played".to_owned(),
            points: played.iter().map(|point| (at(point), up.place(point.passed))).collect(),
            bands: vec![played.iter().map(band).collect()],
            dots: false,
        },
        Curve {
            name: "the law of the largest".to_owned(),
            points: law.collect(),
            bands: Vec::new(),
            dots: false,
        },
    ];
    let size = format!("size {}", dollars(atoms(tail.size.value)));
    Chart::Plot(Plot {
        title: "How often a fund is passed".to_owned(),
        about: "The part of crises that take more than a fund of each size, and the law that \
                carries it beyond them, both axes logarithmic. The band is where the true part \
                lies, 95 times of 100."
            .to_owned(),
        across: axis("fund, USD", &across, &short),
        up: axis("crises", &up, &percent_mark),
        curves,
        lines: vec![(across.place(tail.size.value), size)],
    })
}

/// Points of a tail with their intervals, both axes logarithmic: amount, part, between.
pub fn tail(points: &[(f64, f64, [f64; 2])], fund: u128) -> Chart {
    let largest = points.iter().map(|point| point.0).fold(1.0, f64::max);
    let least = points.iter().map(|point| point.0).fold(largest, f64::min);
    let lowest = points.iter().map(|point| point.2[0].max(point.1 / 10.0)).fold(1.0, f64::min);
    let across = Scale::logarithmic(least.max(1.0), largest.max(usd(fund)));
    let up = Scale::logarithmic(lowest, 1.0);
    let at = |point: &(f64, f64, [f64; 2])| across.place(point.0);
    let band =
        |point: &(f64, f64, [f64; 2])| (at(point), up.place(point.2[0]), up.place(point.2[1]));
    let curve = Curve {
        name: String::new(),
        points: points.iter().map(|point| (at(point), up.place(point.1))).collect(),
        bands: vec![points.iter().map(band).collect()],
        dots: false,
    };
    Chart::Plot(Plot {
        title: "How often a fund is passed".to_owned(),
        about:
            "The chance that more than a fund of each size is taken, both axes logarithmic, as far \
                as these runs back it. The band is where the true one lies, 95 times of 100."
                .to_owned(),
        across: axis("fund, USD", &across, &short),
        up: axis("chance", &up, &percent_mark),
        curves: vec![curve],
        lines: vec![(across.place(usd(fund)), format!("fund {}", dollars(fund)))],
    })
}

#[cfg(test)]
mod tests {
    use super::percent_mark;

    #[test]
    fn marks_of_an_axis_are_never_nothing() {
        for (part, text) in [
            (1.0, "100 %"),
            (0.001, "0.1 %"),
            (1e-7, "0.00001 %"),
            (1e-8, "1e-8"),
            (1e-9, "1e-9"),
            (1e-14, "1e-14"),
            (5e-13, "5e-13"),
        ] {
            assert_eq!(percent_mark(part), text);
        }
    }
}
