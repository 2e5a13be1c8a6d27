//! The rules by the names people type, and which columns each reads.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use rhodian_core::allocation::Rule;

/// What the level of a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The rule has none.
    None,
    /// Atoms paid for each atom of weight (times risk, where there is one): a plain ratio.
    PerWeight,
    /// Atoms that each loses, up to the cap.
    Lost,
    /// Atoms that each keeps, up to the cap.
    Kept,
}

/// A rule as the doors show it.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// The rule.
    pub rule: Rule,
    /// Its name on the command line and in every output.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whether it reads weights, scores, risks.
    pub reads: (bool, bool, bool),
    /// What its level says.
    pub level: Level,
}

const fn info(rule: Rule, name: &'static str, about: &'static str) -> RuleInfo {
    RuleInfo { rule, name, about, reads: (false, false, false), level: Level::None }
}

/// Every rule, the default of the engine first.
pub const RULES: [RuleInfo; 11] = [
    RuleInfo {
        reads: (true, false, false),
        level: Level::PerWeight,
        ..info(Rule::Proportional, "proportional", "the same part of every weight, up to the cap")
    },
    RuleInfo {
        level: Level::Lost,
        ..info(Rule::EqualLosses, "equal-losses", "everyone loses the same, up to the cap")
    },
    RuleInfo {
        level: Level::Kept,
        ..info(Rule::EqualAwards, "equal-awards", "everyone keeps the same, up to the cap")
    },
    info(Rule::Talmud, "talmud", "equal on half claims: awards below, losses above"),
    RuleInfo {
        reads: (false, true, false),
        ..info(Rule::Queue, "queue", "the highest score pays first, in full")
    },
    RuleInfo {
        reads: (true, false, true),
        level: Level::PerWeight,
        ..info(Rule::RiskWeighted, "risk-weighted", "the same part of every weight x risk")
    },
    info(Rule::RandomArrival, "random-arrival", "the average over all orders, to 64 claims"),
    info(Rule::ReverseTalmud, "reverse-talmud", "equal on half claims: losses below, awards above"),
    info(Rule::Piniles, "piniles", "equal awards on half claims, twice"),
    info(
        Rule::AdjustedProportional,
        "adjusted-proportional",
        "minimal rights first, the rest proportional",
    ),
    info(Rule::MinimalOverlap, "minimal-overlap", "the least overlap of claims, to 64 claims"),
];

/// What is known of a rule.
#[must_use]
pub fn rule_info(rule: Rule) -> &'static RuleInfo {
    // The table holds every rule, which a test checks by name.
    RULES.iter().find(|info| info.rule == rule).unwrap_or(&RULES[0])
}

/// Reads the name of a rule on the command line.
pub fn rule_parser() -> impl TypedValueParser<Value = Rule> {
    let values = RULES.map(|info| PossibleValue::new(info.name).help(info.about));
    PossibleValuesParser::new(values).map(|name| {
        RULES.iter().find(|info| info.name == name).map_or(Rule::Proportional, |info| info.rule)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_core() {
        assert_eq!(RULES.map(|info| info.rule), Rule::ALL);
        for info in &RULES {
            let name = serde_json::to_value(info.rule).unwrap();
            assert_eq!(name, info.name);
            assert_eq!(rule_info(info.rule).name, info.name);
        }
    }
}
