//! Figures of the law of the largest crises: the size of a fund for one crisis in more than are
//! played.

use rhodian_lab::experiment::tail::Tail;
use rhodian_lab::seed::Seed;
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
    let Question::Tail { target, above, .. } = &work.of.question else { return answer };
    let target = part(*target);
    let deficits: Vec<u128> = rows.iter().map(|row| field(row, 4)).collect();
    let values: Vec<f64> = deficits.iter().map(|of| usd(*of)).collect();
    let seed = Seed(u64::from(work.of.seed));
    let tail = |above: u32| Tail::of(&values, part(above), target, seed);
    let named = |above: u32| format!("above the largest {} %", f64::from(above) / 1e4);
    let mut found: Vec<(u32, Tail)> = Vec::new();
    let mut tried = OTHERS.to_vec();
    if !tried.contains(above) {
        tried.push(*above);
    }
    // The lowest threshold first: whoever reads down sees whether the size settles.
    tried.sort_by_key(|above| std::cmp::Reverse(*above));
    for above in tried {
        match tail(above) {
            Ok(tail) => found.push((above, tail)),
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
    let asked = found.iter().find(|(at, _)| at == above).map(|(_, tail)| tail);
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

fn tell(of: &str, tail: &Tail, answer: &mut Answer) {
    let mut add = |figure: Figure| answer.figures.push(figure);
    add(Figure::of(of, ("size", "what the target passes"), Unit::Dollars, tail.size));
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
    let apart = |other: &&(u32, Tail)| {
        let [other_low, other_high] = other.1.size.between;
        !(other_low..=other_high).contains(&tail.size.value)
            && !(low..=high).contains(&other.1.size.value)
    };
    let apart = found.iter().filter(apart).count();
    let agree = match apart {
        0 => format!("the {} thresholds that can be used agree", money::count(found.len())),
        _ => format!("{apart} of {} thresholds do not agree with it", money::count(found.len())),
    };
    format!(
        "{part} of crises take more than {} USD ({} to {}); {agree}.",
        shown(tail.size.value),
        shown(low),
        shown(high)
    )
}
