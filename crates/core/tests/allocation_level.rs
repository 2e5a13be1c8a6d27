//! The exact share of one claim at the published level is what the whole division says of it.

use proptest::prelude::*;
use rhodian_core::allocation::{Claims, Rule, exact, share_at};
use rhodian_core::units::Amount;

const RULES: [Rule; 4] =
    [Rule::Proportional, Rule::EqualLosses, Rule::EqualAwards, Rule::RiskWeighted];

fn check(rule: Rule, cumulative: u128, rows: &[(u128, u128, u64)]) {
    let amount = |atoms: u128| Amount::new(atoms).unwrap();
    let caps: Vec<Amount> = rows.iter().map(|row| amount(row.0)).collect();
    let weights: Vec<Amount> = rows.iter().map(|row| amount(row.1)).collect();
    let risks: Vec<u64> = rows.iter().map(|row| row.2).collect();
    let claims = Claims { caps: &caps, weights: &weights, risks: &risks, ..Claims::default() };
    let Ok(division) = exact(rule, amount(cumulative), &claims) else { return };
    for (index, cap) in caps.iter().enumerate() {
        let level = division.levels()[0];
        let found = share_at(rule, level, weights[index], *cap, risks[index]);
        let (whole, rest) = found.expect("the rule publishes a level");
        let wanted = division.share(index);
        assert_eq!((whole.atoms(), rest.num, rest.den), wanted, "{rule:?} {cumulative} {rows:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn small(
        rule in prop::sample::select(RULES.to_vec()),
        cumulative in 0u128..120,
        rows in prop::collection::vec((0u128..40, 0u128..20, 0u64..3_000_000), 1..7),
    ) {
        check(rule, cumulative, &rows);
    }

    #[test]
    fn large(
        rule in prop::sample::select(RULES.to_vec()),
        cumulative in 0u128..=10u128.pow(30),
        rows in prop::collection::vec(
            (0u128..=10u128.pow(30), 0u128..=10u128.pow(30), 0u64..10_000_000),
            1..7,
        ),
    ) {
        check(rule, cumulative, &rows);
    }
}

#[test]
fn rules_without_a_level_say_nothing() {
    for rule in [Rule::Talmud, Rule::Queue, Rule::RandomArrival, Rule::MinimalOverlap] {
        let one = Amount::from(1u32);
        assert_eq!(share_at(rule, None, one, one, 1_000_000), None, "{rule:?}");
    }
}
