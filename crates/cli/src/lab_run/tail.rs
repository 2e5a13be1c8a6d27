//! Figures of the law of the largest crises: the size of a fund for one crisis in more than are
//! played.

use rhodian_lab::experiment::tail::Tail;
use rhodian_report::money;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::notes;
use super::pictures::{self, usd};
use super::work::Work;
use crate::experiment_file::model::{Question, part};

/// The parts that thresholds are tried at beside the one that was asked for, in millionths.
const OTHERS: [u32; 4] = [200_000, 150_000, 70_000, 50_000];

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    let Question::Tail { target, above: asked, .. } = &work.of.question else { return answer };
    let target = part(*target);
    let deficits: Vec<u128> = rows.iter().map(|row| field(row, 4)).collect();
    let values: Vec<f64> = deficits.iter().map(|of| usd(*of)).collect();
    let tail = |above: u32| Tail::of(&values, part(above), target);
    let named = |above: u32| format!("above the largest {} %", f64::from(above) / 1e4);
    let mut found: Vec<(u32, Tail)> = Vec::new();
    let mut tried = OTHERS.to_vec();
    if !tried.contains(asked) {
        tried.push(*asked);
    }
    // The lowest threshold first: whoever reads down sees whether the size settles.
    tried.sort_by_key(|above| std::cmp::Reverse(*above));
    for above in tried {
        match tail(above) {
            Ok(tail) => take(&mut found, above, tail, *asked),
            Err(why) => answer.refused.push(Refused {
                of: named(above),
                figure: "size".to_owned(),
                why: format!("what {} of crises pass: {why}", Unit::Part.shown(target)),
            }),
        }
    }
    for (above, tail) in &found {
        tell(&named(*above), tail, &mut answer);
    }
    let asked = found.iter().find(|(at, _)| at == asked).map(|(_, tail)| tail);
    answer.lead = lead(target, asked, &found);
    if let Some(tail) = asked {
        answer.pictures.push(("tail.svg", pictures::fitted(&deficits, tail, target)));
    }
    answer.notes.push(
        "Beyond the largest crisis that was played nothing but the law is known: it holds in a \
         limit, and passes what a venue can lose."
            .to_owned(),
    );
    answer
}

/// Takes a tail in, unless its threshold is there: the asked part stands for others at the same.
fn take(found: &mut Vec<(u32, Tail)>, above: u32, tail: Tail, asked: u32) {
    match found.iter_mut().find(|(_, of)| of.threshold.total_cmp(&tail.threshold).is_eq()) {
        None => found.push((above, tail)),
        Some(same) if above == asked => same.0 = above,
        Some(_) => {}
    }
}

fn tell(of: &str, tail: &Tail, answer: &mut Answer) {
    let mut add = |figure: Figure| answer.figures.push(figure);
    add(Figure::of(of, ("size", "what the target passes"), Unit::Dollars, tail.size));
    let names = ("beyond-mean", "crises that pass it take on average");
    add(Figure::of(of, names, Unit::Dollars, tail.beyond));
    add(Figure::of(of, ("shape", "shape of the law"), Unit::Count, tail.shape));
    let threshold = tail.threshold;
    add(Figure::plain(of, ("threshold", "its threshold"), Unit::Dollars, threshold));
    let excesses = tail.excesses as f64;
    add(Figure::plain(of, ("excesses", "crises above it"), Unit::Whole, excesses));
}

/// The size, and whether thresholds agree on it.
fn lead(target: f64, asked: Option<&Tail>, found: &[(u32, Tail)]) -> String {
    let part = Unit::Part.shown(target);
    let Some(tail) = asked else {
        return format!("What {part} of crises pass cannot be backed.");
    };
    let shown = |value| Unit::Dollars.shown(value);
    let [low, high] = tail.size.between;
    let apart = apart(tail, found);
    let count = money::count(found.len());
    let agree = match (found.len(), apart) {
        (..=1, _) => "no other threshold can be used, so nothing says that it settles".to_owned(),
        (_, 0) => format!("the {count} thresholds that can be used agree"),
        _ => format!("{apart} of {count} thresholds do not agree with it"),
    };
    format!(
        "{part} of crises take more than {} USD ({} to {}); {agree}.",
        shown(tail.size.value),
        shown(low),
        shown(high)
    )
}

/// How many other thresholds do not agree with the asked one: their size lies outside its interval,
/// or its size outside theirs. A wide interval of one alone would hold anything.
fn apart(asked: &Tail, found: &[(u32, Tail)]) -> usize {
    let within = |of: &Tail, size: f64| (of.size.between[0]..=of.size.between[1]).contains(&size);
    let agrees = |of: &Tail| within(of, asked.size.value) && within(asked, of.size.value);
    found.iter().filter(|(_, of)| !agrees(of)).count()
}

#[cfg(test)]
mod tests {
    use rhodian_lab::experiment::Estimate;
    use rhodian_lab::experiment::tail::{Pareto, Tail};

    use super::{lead, take};

    fn tail(value: f64, between: [f64; 2]) -> Tail {
        let size = Estimate { value, between };
        let shape = Estimate { value: 0.0, between: [-0.1, 0.1] };
        let law = Pareto { shape: 0.0, scale: 1.0 };
        Tail { threshold: 1.0, excesses: 50, part: 0.1, law, shape, size, beyond: size }
    }

    #[test]
    fn thresholds_that_are_the_same_count_once() {
        let mut found = Vec::new();
        let one = tail(10.0, [5.0, 20.0]);
        for (above, threshold) in [(20, 1.0), (15, 1.0), (10, 1.0), (7, 2.0), (5, 2.0)] {
            take(&mut found, above, Tail { threshold, ..one }, 10);
        }
        let kept: Vec<u32> = found.iter().map(|(above, _)| *above).collect();
        assert_eq!(kept, [10, 7], "the asked one by its own name");
    }

    #[test]
    fn thresholds_agree_where_each_holds_the_other() {
        let asked = tail(10.0, [5.0, 20.0]);
        for (case, others, words) in [
            ("alone", vec![], "no other threshold can be used"),
            ("both ways", vec![tail(12.0, [9.0, 15.0])], "the 2 thresholds that can be used agree"),
            ("its own interval is narrow", vec![tail(12.0, [11.0, 13.0])], "1 of 2 thresholds do"),
            ("it is wide and far", vec![tail(30.0, [5.0, 90.0])], "1 of 2 thresholds do"),
            ("neither", vec![tail(30.0, [25.0, 90.0])], "1 of 2 thresholds do"),
        ] {
            let mut found = vec![(100_000, asked)];
            found.extend(others.into_iter().map(|of| (50_000, of)));
            let lead = lead(0.001, Some(&asked), &found);
            assert!(lead.contains(words), "{case}: {lead}");
        }
    }
}
