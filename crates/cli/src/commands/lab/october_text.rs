//! The answer of `rhodian lab october` for the eye.

use std::fmt::Write as _;

use rhodian_lab::october::{POLICIES, Scores};

use super::october::{Answer, cents};

/// A number with commas: 1,234.56.
fn grouped(dollars: f64) -> String {
    let text = cents(dollars);
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}.{rest}")
}

const NAME: usize = 25;
const NUMBER: usize = 15;

/// All of it.
pub(super) fn text(answer: &Answer) -> String {
    let mut out = String::new();
    table(&mut out, answer);
    found(&mut out, answer);
    own(&mut out, answer);
    out
}

fn line(out: &mut String, name: &str, cells: &[String]) {
    let _ = write!(out, "{name:<NAME$}");
    for cell in cells {
        let _ = write!(out, "  {cell:>NUMBER$}");
    }
    out.push('\n');
}

fn table(out: &mut String, answer: &Answer) {
    let needed: f64 = answer.waves.iter().map(|wave| wave.needed).sum();
    let _ = writeln!(
        out,
        "10 October 2025, {} waves of auto-deleveraging, {} USD needed.",
        answer.waves.len(),
        grouped(needed)
    );
    out.push_str("Table 2 of arXiv 2602.15182, from the published waves:\n\n");
    let words = ["tracking", "too much", "too little", "unfairness", "total"];
    line(out, "", &words.map(str::to_owned));
    for (policy, of) in POLICIES.iter().zip(&answer.scores) {
        let Scores { tracking, over, under, fairness, total, .. } = *of;
        let mark = if policy.knows { " *" } else { "" };
        let cells = [tracking, over, under, fairness, total].map(grouped);
        line(out, &format!("{}{mark}", policy.name), &cells);
    }
    out.push_str("* was given what the wave needed, which is known only after it\n");
}

fn found(out: &mut String, answer: &Answer) {
    let [_, integer, vector, _, least] = &answer.scores;
    out.push_str("\nWhat the same file says beside it\n\n");
    let _ = writeln!(
        out,
        "The best two took {} and {} too little, and nothing too much:\n\
         that is no overshoot, it is a hole that stays.\n",
        grouped(integer.under),
        grouped(vector.under)
    );
    let _ = writeln!(
        out,
        "Unfairness is measured against the integer program on both sides, so continuous pro-rata\n\
         pays {} for being fairer. Counted only where a burden is larger, it is {}.\n\
         Against the least burden there is, counted only above it:",
        grouped(least.fairness),
        grouped(least.above_program)
    );
    for (policy, of) in POLICIES.iter().zip(&answer.scores) {
        line(out, &format!("  {}", policy.name), &[grouped(of.above_least)]);
    }
    let counted = &answer.counted;
    let _ = writeln!(
        out,
        "\nA loss of {} stands in {} of {} waves, equal to the last digit.\n\
         The deficits sum to {} with it in each, to {} with it once. The\n\
         paper's bound on regret falls with them from {} to {}:\n\
         what production missed is {:.0} % of the one and {:.0} % of the other.\n",
        grouped(counted.largest.0),
        counted.largest.1,
        answer.waves.len(),
        grouped(counted.deficits),
        grouped(counted.once),
        grouped(counted.bounds.0),
        grouped(counted.bounds.1),
        100.0 * answer.scores[0].total / counted.bounds.0,
        100.0 * answer.scores[0].total / counted.bounds.1,
    );
    let production = &answer.production;
    let _ = writeln!(
        out,
        "Wave {} alone is {:.0} % of what production took too much; in {} waves it took too little.",
        production.worst.0,
        100.0 * production.part,
        production.short
    );
}

fn own(out: &mut String, answer: &Answer) {
    let Some(ours) = &answer.ours else { return };
    let _ = writeln!(
        out,
        "\nMeasured, then divided: the same needs in one episode, over {} accounts that won\n",
        rhodian_report::money::count(ours.winners)
    );
    line(out, "wave", &["needed", "taken", "level, per cent"].map(str::to_owned));
    for wave in &ours.waves {
        let level = format!("{:.4}", 100.0 * wave.level);
        let cells = [grouped(wave.needed), grouped(wave.taken), level];
        line(out, &wave.number.to_string(), &cells);
    }
    let _ = writeln!(
        out,
        "Tracking is at most {:.6} USD a wave, nobody paid more than his part by more than rounding\n\
         ({} USD in excess), and {} pairs are in the wrong order.",
        ours.tracking,
        grouped(ours.excess),
        ours.inversions
    );
}
