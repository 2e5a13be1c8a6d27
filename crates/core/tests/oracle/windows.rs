//! Means over a window, for expiries, against a sum millisecond by millisecond.

use proptest::prelude::*;
use rhodian_core::engine::Action;
use rhodian_core::ids::Time;
use rhodian_core::oracle::{Average, Command, Kind, NoAverage, Params};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, START, feed, value};

const MINUTE: u64 = 60_000;
/// The first whole minute of the tests.
const FIRST: u64 = START.next_multiple_of(MINUTE);

fn mean(bench: &Bench, from: u64, to: u64) -> Result<Average, NoAverage> {
    let oracle = &bench.world.engine.state().oracle;
    oracle.window_average_floor(FEED, (Time(from), Time(to)), bench.now())
}

fn code(bench: &Bench, from: u64, to: u64) -> &'static str {
    match mean(bench, from, to) {
        Ok(_) => "a mean",
        Err(none) => {
            assert!(!none.to_string().is_empty());
            none.code()
        }
    }
}

#[test]
fn a_window_is_the_mean_over_time() {
    let mut bench = Bench::price();
    bench.at(FIRST - START).all_say(10_000);
    bench.at(FIRST - START + 20_000).all_say(10_000);
    bench.at(FIRST - START + 40_000).all_say(10_050);
    bench.at(FIRST - START + MINUTE).all_say(10_000);
    // 40 s at 10,000 and 20 s at 10,050: 10,016 and two thirds.
    let whole = Average { value: value(10_016), covered: MINUTE, length: MINUTE };
    assert_eq!(mean(&bench, FIRST, FIRST + MINUTE), Ok(whole));
}

#[test]
fn what_is_not_covered_is_left_out_and_said() {
    let mut bench = Bench::price();
    bench.at(FIRST - START).all_say(10_000);
    bench.at(FIRST - START + 50_000).all_say(10_100);
    bench.at(FIRST - START + 2 * MINUTE);
    // 10,000 counts for the 30 s that a report may be old; 10,100 from 50 s to 80 s. Between the
    // first and the third report of one moment nothing changes.
    let part = Average { value: value(10_050), covered: 60_000, length: 2 * MINUTE };
    assert_eq!(mean(&bench, FIRST, FIRST + 2 * MINUTE), Ok(part));
    let first = Average { value: value(10_025), covered: 40_000, length: MINUTE };
    assert_eq!(mean(&bench, FIRST, FIRST + MINUTE), Ok(first));
}

#[test]
fn values_without_settlement_quality_do_not_count() {
    let mut bench = Bench::price();
    bench.at(FIRST - START).all_say(10_000);
    // A jump to 5,000 for ten seconds, while the value walks; then back.
    bench.at(FIRST - START + 10_000).all_say(5_000);
    bench.at(FIRST - START + 20_000).all_say(10_000);
    bench.at(FIRST - START + 40_000).all_say(10_000);
    bench.at(FIRST - START + MINUTE);
    let mean = mean(&bench, FIRST, FIRST + MINUTE).unwrap();
    assert_eq!(mean.value, value(10_000));
    assert!((28_000..=50_000).contains(&mean.covered), "{mean:?}");
}

#[test]
fn windows_that_have_no_mean() {
    let mut bench = Bench::price();
    let first = FIRST - START;
    for step in 0..=30 {
        bench.at(first + step * 20_000).all_say(10_000);
    }
    let (from, to) = (FIRST, FIRST + MINUTE);
    assert_eq!(code(&bench, from, to), "a mean");
    assert_eq!(code(&bench, to, from), "window-empty");
    assert_eq!(code(&bench, from, from), "window-empty");
    assert_eq!(code(&bench, from + 1, to), "window-off-cells");
    assert_eq!(code(&bench, from, to + 30_000), "window-off-cells");
    assert_eq!(code(&bench, from, from + 11 * MINUTE), "window-not-over");
    assert_eq!(code(&bench, from - 121 * MINUTE, from + MINUTE), "window-forgotten");
    assert_eq!(code(&bench, from - 5 * MINUTE, from), "window-uncovered");
    let evidence = [2; 32];
    let (wrong_from, wrong_to) = (Time(from + 3 * MINUTE), Time(from + 4 * MINUTE));
    let declare =
        Command::DeclarePriceError { feed: FEED, from: wrong_from, to: wrong_to, evidence };
    bench.world.must(Action::Oracle(declare));
    assert_eq!(code(&bench, from, to), "a mean");
    assert_eq!(code(&bench, from, from + 3 * MINUTE), "a mean");
    assert_eq!(code(&bench, from, from + 4 * MINUTE), "window-declared-wrong");
    assert_eq!(code(&bench, from + 4 * MINUTE, from + 5 * MINUTE), "window-declared-wrong");
    assert_eq!(code(&bench, from + 5 * MINUTE, from + 6 * MINUTE), "a mean");
}

#[test]
fn the_ring_forgets_what_it_has_no_room_for() {
    let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.params.window_cells = 3;
    spec.params.stuck_after = None;
    let mut bench = Bench::new(spec);
    for step in 0..=12 {
        bench.at(FIRST - START + step * 20_000).all_say(10_000);
    }
    // Four minutes have passed; the last three are kept.
    assert_eq!(code(&bench, FIRST, FIRST + MINUTE), "window-forgotten");
    assert_eq!(code(&bench, FIRST + MINUTE, FIRST + 4 * MINUTE), "a mean");
    assert_eq!(code(&bench, FIRST, FIRST + 4 * MINUTE), "window-forgotten");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Any reports, any cells: the same as adding up every millisecond.
    #[test]
    fn the_mean_is_the_sum_of_all_milliseconds(
        steps in prop::collection::vec((1u64..4_000, 990u64..1_010), 1..40),
        cell in prop::sample::select(vec![1_000u64, 1_500, 7_000]),
    ) {
        let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
        let params = Params::of(Kind::Price);
        spec.params = Params { window_cell: cell, max_age: 2_500, step_cap: 1_000_000, ..params };
        let mut bench = Bench::new(spec);
        bench.world.checked = false;
        // What stood when: start, end, value; each counts for 2.5 s at most.
        let mut stood: Vec<(u64, u64, u64)> = Vec::new();
        let mut at = 0;
        for (wait, units) in steps {
            at += wait;
            if let Some(last) = stood.last_mut() {
                last.1 = last.1.min(START + at);
            }
            bench.at(at).all_say(units);
            stood.push((START + at, START + at + 2_500, units));
        }
        bench.at(at + 5_000);
        let (first, last) = (START / cell, (START + at + 5_000) / cell);
        for from in first..last {
            for to in from + 1..=(from + 4).min(last) {
                let (from, to) = (from * cell, to * cell);
                let (mut sum, mut covered) = (0u64, 0u64);
                for millis in from..to {
                    let holds = |stood: &&(u64, u64, u64)| (stood.0..stood.1).contains(&millis);
                    if let Some((_, _, units)) = stood.iter().find(holds) {
                        (sum, covered) = (sum + units, covered + 1);
                    }
                }
                let expected = sum.checked_div(covered);
                let found = mean(&bench, from, to).ok();
                prop_assert_eq!(found.map(|mean| mean.value.units()), expected);
                prop_assert_eq!(found.map_or(0, |mean| mean.covered), covered);
            }
        }
    }
}
