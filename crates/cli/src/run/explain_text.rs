//! An explanation in sentences and numbers that add up.

use std::fmt::Write as _;

use rhodian_core::units::{Amount, Fraction};
use rhodian_report::money::{Money, percent};
use rhodian_report::safe::{columns, left, printable, right};

use super::covers::CoverRow;
use super::explain::{Explanation, LayerShare, LossShare};
use super::notes::accounts;
use super::stakes::StakeRow;

/// The digits of an exact share that are written beyond the asset's own.
const MORE_DIGITS: u32 = 6;

/// The explanation for the eye.
#[must_use]
pub fn text(explanation: &Explanation) -> String {
    let money = Money::new(explanation.decimals);
    let asset = printable(&explanation.asset);
    let mut out = String::new();
    let mut say = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    if let Some(why) = &explanation.not_liable {
        say(printable(why));
    }
    for paid in &explanation.own_means {
        let (amount, loss) = (money.full(paid.amount.atoms()), printable(&paid.loss));
        say(format!("{loss}: {amount} {asset} of it was taken as own means of the failed party."));
    }
    for taken in &explanation.by_rank {
        let (amount, loss) = (money.full(taken.amount.atoms()), printable(&taken.loss));
        let repaid = money.full(taken.repaid.atoms());
        say(format!(
            "{loss}: {amount} {asset} of what stayed uncovered was taken from its claims by rank, \
             in settlement; {repaid} came back."
        ));
    }
    if !explanation.layers.is_empty() {
        say(format!(
            "{} bears {} {asset}: paid {}, repaid {}.",
            printable(&explanation.account),
            money.full(explanation.net.atoms()),
            money.full(explanation.paid.atoms()),
            money.full(explanation.repaid.atoms()),
        ));
    }
    let several = explanation.layers.iter().any(|layer| layer.episode != 1);
    for layer in &explanation.layers {
        say(String::new());
        layer_text(layer, several, money, &mut say);
    }
    if !explanation.stakes.is_empty() {
        say(String::new());
    }
    for stake in &explanation.stakes {
        stake_text(stake, money, &mut say);
    }
    if !explanation.covers.is_empty() {
        say(String::new());
    }
    for cover in &explanation.covers {
        cover_text(cover, money, &mut say);
    }
    out
}

/// What a cover cost and what was paid for it.
fn cover_text(of: &CoverRow, money: Money, say: &mut dyn FnMut(String)) {
    let full = |amount: Amount| money.full(amount.atoms());
    let mut line = format!(
        "Covered against {}: up to {}, for a premium of {}",
        printable(&of.risk),
        full(of.amount),
        full(of.premium)
    );
    if of.lost.is_zero() {
        line.push_str(". Nothing was claimed of it");
    } else {
        let _ = write!(
            line,
            ". {} lost, {} of it due, {} paid",
            full(of.lost),
            full(of.due),
            full(of.paid)
        );
    }
    say(line + ".");
}

/// How a stake stands, in two sums: what was put in, and what it earned.
fn stake_text(of: &StakeRow, money: Money, say: &mut dyn FnMut(String)) {
    let full = |amount: Amount| money.full(amount.atoms());
    let mut line = format!(
        "Staked in {}: {} put in - {} drawn by losses - {} came back = {} staked now",
        printable(&of.layer),
        full(of.put_in),
        full(of.drawn),
        full(of.came_back),
        full(of.staked),
    );
    if !of.leaving.is_zero() {
        let _ = write!(line, ", {} of it asked for and drawn on until it leaves", full(of.leaving));
    }
    say(line + ".");
    if !(of.rewards_taken.is_zero() && of.earned.is_zero()) {
        say(format!(
            "  It earned rewards: {} taken, {} not taken yet.",
            full(of.rewards_taken),
            full(of.earned)
        ));
    }
}

fn layer_text(layer: &LayerShare, several: bool, money: Money, say: &mut dyn FnMut(String)) {
    let full = |amount: Amount| money.full(amount.atoms());
    let episode = if several { format!(", episode {}", layer.episode) } else { String::new() };
    say(format!(
        "{}: step {}{episode}, {}, {} over {}",
        printable(&layer.layer),
        layer.step,
        layer.kind,
        layer.rule,
        accounts(layer.members),
    ));
    let risk = layer.risk.map_or_else(String::new, |risk| {
        format!(", its risk factor {}", Money::new(6).plain(u128::from(risk)))
    });
    say(format!(
        "  Its weight is its {}, {}; its cap for the episode is {}{risk}.",
        layer.weight_is,
        full(layer.weight),
        full(layer.cap),
    ));
    for loss in &layer.losses {
        loss_text(layer, loss, money, say);
    }
    let paid: Vec<String> = layer.losses.iter().map(|loss| full(loss.share)).collect();
    if paid.len() > 1 {
        say(format!(
            "  Paid for the {} losses: {} = {}.",
            paid.len(),
            paid.join(" + "),
            full(layer.paid)
        ));
    }
    say(format!(
        "  Paid {} - repaid {} = {} net.",
        full(layer.paid),
        full(layer.repaid),
        full(layer.net)
    ));
    say("  Under each rule, over the same claims and the same total:".to_owned());
    let shares: Vec<String> =
        layer.rules.iter().map(|under| under.share.map_or_else(|| "-".to_owned(), full)).collect();
    let name = layer.rules.iter().map(|under| columns(under.rule)).max().unwrap_or(0);
    let amount = shares.iter().map(|share| columns(share)).max().unwrap_or(0);
    for (under, share) in layer.rules.iter().zip(&shares) {
        let this = if under.rule == layer.rule { "this rule" } else { "" };
        let parts = [this, under.remark.as_str()];
        let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let line = format!(
            "    {}  {}  {}",
            left(under.rule, name),
            right(share, amount),
            words.join(", ")
        );
        say(line.trim_end().to_owned());
    }
}

fn loss_text(layer: &LayerShare, loss: &LossShare, money: Money, say: &mut dyn FnMut(String)) {
    let full = |amount: Amount| money.full(amount.atoms());
    let mut line = format!("  {}: {} lost", printable(&loss.loss), full(loss.amount));
    if !loss.own_means.is_zero() {
        let _ = write!(line, " - {} own means", full(loss.own_means));
    }
    if !loss.netted.is_zero() {
        let _ = write!(line, " - {} by other books", full(loss.netted));
    }
    if !loss.earlier_steps.is_zero() {
        let _ = write!(line, " - {} by earlier steps", full(loss.earlier_steps));
    }
    let paid = [loss.own_means, loss.netted, loss.earlier_steps];
    let left = paid.into_iter().fold(loss.amount, Amount::less_or_zero);
    let _ = write!(
        line,
        " = {} left; {} asked of {}",
        full(left),
        full(loss.reached),
        printable(&layer.layer),
    );
    if loss.cumulative != loss.reached {
        let _ = write!(line, ", {} in the episode so far", full(loss.cumulative));
    }
    say(line + ".");
    if let Some(class) = loss.class {
        let lower = loss.lower_classes.unwrap_or(Amount::ZERO);
        say(format!(
            "    It is in class {class}: a class pays when all lower ones have paid in full. They \
             paid {} of it: {} is left to class {class} and those above.",
            full(lower),
            full(loss.reached.less_or_zero(lower)),
        ));
    }
    say(format!("    {}", exact_sentence(layer, loss, money)));
    say(format!("    {}", paid_sentence(loss, money)));
    if !loss.repaid.is_zero() {
        say(format!("    Recoveries have repaid {} of it.", full(loss.repaid)));
    }
}

/// How the exact share comes about.
fn exact_sentence(layer: &LayerShare, loss: &LossShare, money: Money) -> String {
    let exact = decimal(loss.exact_whole.atoms(), loss.exact_fraction, money);
    let (num, den) = &loss.exact;
    let atoms = if den == "1" { String::new() } else { format!(" ({num}/{den} atoms)") };
    let at_cap = loss.exact_fraction.num == 0 && loss.exact_whole == loss.cap_then;
    let cap = money.full(loss.cap_then.atoms());
    if at_cap && loss.level.is_some() {
        return format!("Its exact share is its cap, {cap}: the level would ask for more.");
    }
    if at_cap {
        return format!("Its exact share is its cap, {cap}.");
    }
    match loss.level {
        Some(level) if layer.rule == "proportional" => format!(
            "The level is {}/{}, {} of each {}: its exact share is {exact}{atoms}, below its cap.",
            level.num,
            level.den,
            percent(level.num, level.den),
            layer.weight_is,
        ),
        Some(level) => {
            format!("The level is {}/{}: its exact share is {exact}{atoms}.", level.num, level.den)
        }
        None => format!("Its exact share is {exact}{atoms}."),
    }
}

/// What it paid, against what it owed.
fn paid_sentence(loss: &LossShare, money: Money) -> String {
    let full = |amount: Amount| money.full(amount.atoms());
    let total = loss.before.checked_add(loss.share).unwrap_or(Amount::MAX);
    let start = if loss.before.is_zero() {
        format!("It paid {}", full(loss.share))
    } else {
        format!(
            "It had paid {} and paid {}, together {}",
            full(loss.before),
            full(loss.share),
            full(total)
        )
    };
    let rounding = match (total.cmp(&loss.exact_whole), loss.exact_fraction.num) {
        (std::cmp::Ordering::Equal, 0) => "exactly its share",
        (std::cmp::Ordering::Equal, _) => {
            "its share rounded down: the atoms left over went to larger fractions of an atom, or to \
             equal ones earlier in the order of ids"
        }
        (std::cmp::Ordering::Greater, _) => {
            "its share rounded up: its fraction of an atom was among the largest"
        }
        (std::cmp::Ordering::Less, _) if loss.called => "less than it was called for",
        (std::cmp::Ordering::Less, _) => {
            "its share less one atom, which the rounding of earlier losses had taken from others"
        }
    };
    format!("{start}: {rounding}.")
}

/// A whole number of atoms and a fraction of one as a decimal number, cut after some digits.
fn decimal(whole: u128, fraction: Fraction, money: Money) -> String {
    let mut text = money.full(whole);
    if fraction.num == 0 {
        return text;
    }
    if !text.contains('.') {
        text.push('.');
    }
    let (mut num, mut den) = (fraction.num, fraction.den);
    while den > u128::MAX / 10 {
        (num, den) = (num / 2, den / 2);
    }
    for _ in 0..MORE_DIGITS {
        let digit = num * 10 / den;
        let _ = write!(text, "{digit}");
        num = num * 10 % den;
    }
    if num > 0 {
        text.push_str("...");
    }
    text
}
