//! The remark beside a layer in the picture: how hard it bore on each member.

use rhodian_core::allocation::Rule;
use rhodian_core::domain::Kind;
use rhodian_core::engine::State;
use rhodian_core::units::Fraction;
use rhodian_report::money::{Money, count, percent};

use super::rows::{is_listed, rule_of};
use super::trail::{Division, Part, Way};

/// What a member's weight is called in a layer of a kind.
#[must_use]
pub const fn weight_word(kind: Kind) -> &'static str {
    match kind {
        Kind::GainsHaircut => "gain",
        Kind::ProviderProfit => "profit",
        Kind::ProviderPrincipal => "principal",
        Kind::LenderSupply => "supply",
        Kind::Deposits => "deposit",
        Kind::Tranche => "stake",
        Kind::DefaultFund | Kind::Assessment => "contribution",
        Kind::InsuranceFund | Kind::OperatorCapital | Kind::Treasury | Kind::Issuance => "weight",
    }
}

/// `1 account`, `19,230 accounts`.
#[must_use]
pub fn accounts(number: usize) -> String {
    if number == 1 { "1 account".to_owned() } else { format!("{} accounts", count(number)) }
}

/// The remark of a division: `9.52 % of each gain, 3 accounts`.
#[must_use]
pub fn note(state: &State, division: &Division, money: Money) -> String {
    if !is_listed(state, division) {
        return String::new();
    }
    let kind = state.domains.layer(division.layer).map(|layer| layer.spec.kind);
    let word = kind.map_or("weight", weight_word);
    let members = accounts(division.parts.len());
    // A later wave's level is of all losses of the episode up to it, as its exact shares are.
    let waves = division.parts.iter().any(|part| !part.before.is_zero());
    let so_far = if waves { " so far" } else { "" };
    if division.way == Way::Stakes {
        let staked: u128 = division.parts.iter().map(|part| part.weight.atoms()).sum();
        let part = percent(division.cumulative.atoms(), staked);
        return format!("{part} of each {word}{so_far}, {members}");
    }
    let at_cap = at_cap(division);
    let capped = match at_cap {
        0 => String::new(),
        all if all == division.parts.len() => ", all at the cap".to_owned(),
        number => format!(", {} at the cap", count(number)),
    };
    match (rule_of(state, division), level(division)) {
        (Rule::Proportional, Some(level)) => {
            format!("{} of each {word}{so_far}, {members}{capped}", percent(level.num, level.den))
        }
        (Rule::EqualLosses, Some(level)) => {
            format!("{} from each{so_far}, {members}{capped}", money.full(level.num / level.den))
        }
        (Rule::EqualAwards, Some(level)) => {
            format!("each keeps up to {}{so_far}, {members}", money.full(level.num / level.den))
        }
        (Rule::Queue, _) => {
            let pays = |part: &&Part| !part.share.is_zero() || !part.before.is_zero();
            let paying = division.parts.iter().filter(pays).count();
            format!("{members}, {} in full, {} in part", count(at_cap), count(paying - at_cap))
        }
        _ => format!("{members}{capped}"),
    }
}

/// The level of a division without priority classes; calls publish none.
#[must_use]
pub fn level(division: &Division) -> Option<Fraction> {
    match division.levels.as_slice() {
        [only] => *only,
        _ => None,
    }
}

/// The level of `class`: levels stand in the order of the classes.
#[must_use]
pub fn level_of(division: &Division, class: u32) -> Option<Fraction> {
    if division.levels.len() == 1 {
        return level(division);
    }
    let mut classes: Vec<u32> = division.parts.iter().map(|part| part.class).collect();
    classes.sort_unstable();
    classes.dedup();
    let place = classes.binary_search(&class).ok()?;
    division.levels.get(place).copied().flatten()
}

/// How many members have paid, or owe, all that they may.
fn at_cap(division: &Division) -> usize {
    let full = |part: &&Part| {
        let paid = part.before.atoms() + part.share.atoms();
        paid > 0 && paid >= part.cap_then.atoms()
    };
    division.parts.iter().filter(full).count()
}
