//! What no sequence of reports, times or questions can do to the value.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rhodian_core::engine::State;
use rhodian_core::ids::Time;
use rhodian_core::oracle::{Answer, Kind, Params, Quality, Value};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, START, feed};

/// How long a source may say the same before it is stuck.
const STUCK_AFTER: u64 = 40_000;

/// One thing that happens: so long after the last, a source says so much.
type Said = (u64, u32, u64);

fn said() -> impl Strategy<Value = Vec<Said>> {
    let wait = prop_oneof![Just(0u64), 1..50u64, 50..3_000u64, 20_000..60_000u64];
    let units = prop_oneof![90u64..110, 9_000..11_000u64, Just(1), Just(1_000_000)];
    prop::collection::vec((wait, prop::sample::select(vec![ALICE, BOB, CAROL]), units), 1..60)
}

/// A value and the step of time in which it was seen.
type Seen = (u64, u64);

/// Values that stay close, but for what one source may say.
fn near() -> impl Strategy<Value = Vec<Said>> {
    let lie = |(wait, source, units): Said, odd: u8| match (source, odd) {
        (ALICE, 0) => (wait, source, 1),
        (ALICE, 1) => (wait, source, 10u64.pow(15)),
        _ => (wait, source, 9_000 + units % 2_000),
    };
    let said = said().prop_flat_map(|said| {
        let odds = prop::collection::vec(0u8..4, said.len());
        (Just(said), odds)
    });
    said.prop_map(move |(said, odds)| said.into_iter().zip(odds).map(|(s, o)| lie(s, o)).collect())
}

fn bench(cap: u64) -> Bench {
    let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.params = Params { step_cap: cap, stuck_after: Some(STUCK_AFTER), ..spec.params };
    let mut bench = Bench::new(spec);
    bench.world.checked = false;
    bench
}

fn answer(bench: &Bench, now: u64) -> Answer {
    bench.world.engine.state().oracle.answer(FEED, Time(now)).unwrap()
}

/// The value and the stable value, in units.
fn both(answer: &Answer) -> Option<(u64, u64)> {
    Some((answer.value?.units(), answer.stable?.units()))
}

/// How far a value moves in so many steps at most: `cap` millionths of where it stood in each, and
/// it never stood above 11,000. One unit more, because values are floored.
const fn allowed(cap: u64, steps: u64) -> u64 {
    11_000 * cap * steps / 1_000_000 + 1
}

/// The moments to look at from `at` until `until`: the last of each step of time, and those around
/// the end of each report's age and of its standing still, where a target may come or go.
fn moments(reports: &[u64], at: u64, until: u64) -> BTreeSet<u64> {
    let ages = [Params::of(Kind::Price).max_age, STUCK_AFTER];
    let ends = reports.iter().flat_map(|said| ages.map(|age| said + age));
    let around = ends.flat_map(|end| [end - 1, end, end + 1]);
    let steps = (at.next_multiple_of(1_000)..=until).step_by(1_000);
    let last = steps.filter(|end| *end > at).map(|end| end - 1);
    last.chain(around.filter(|moment| (at..until).contains(moment))).collect()
}

/// Follows what is said and looks at every moment that could tell: the value is where the cap
/// allows it to be.
fn follow(said: &[Said], cap: u64) -> Result<(), TestCaseError> {
    let mut bench = bench(cap);
    let mut at = 0u64;
    let mut reports = Vec::new();
    // The last step of time that had a target, with the last value it had one at, and the one
    // before: steps without a target are kept, and within a step the bound is from where it began.
    let (mut last, mut latest): (Option<Seen>, Option<Seen>) = (None, None);
    let mut look = |bench: &Bench, moment: u64| {
        let (answer, step) = (answer(bench, moment), moment / 1_000);
        let Some((value, _)) = both(&answer) else { return Ok(()) };
        if latest.is_some_and(|(_, seen)| seen < step) {
            last = latest;
        }
        if let Some((before, since)) = last {
            let steps = step - since;
            let most = allowed(cap, steps);
            prop_assert!(before.abs_diff(value) <= most, "{before} to {value} at {moment}");
        }
        if latest.is_none() || answer.target.is_some() {
            latest = Some((value, step));
        }
        Ok(())
    };
    for (wait, source, units) in said {
        for moment in moments(&reports, at, at + wait) {
            look(&bench, START + moment)?;
        }
        at += wait;
        bench.at(at).says(*source, *units);
        reports.push(at);
        look(&bench, START + at)?;
    }
    Ok(())
}

/// Found by chance: Bob's and Alice's words make a target that ends within a step of time. Who
/// looks only at the end of the step sees the walk of one step too many.
#[test]
fn a_target_that_ends_within_a_step_moves_no_faster() {
    let said = [
        (54_381, CAROL, 9_001),
        (276, BOB, 9_001),
        (29_701, ALICE, 9_788),
        (1_409, ALICE, 1),
        (39, CAROL, 9_000),
        (0, ALICE, 1),
        (1_700, BOB, 9_103),
        (0, BOB, 9_000),
        (0, ALICE, 1),
        (29, BOB, 9_000),
        (0, CAROL, 9_001),
        (0, CAROL, 9_105),
        (0, BOB, 9_000),
        (2_606, ALICE, 1),
        (43_872, CAROL, 9_133),
    ];
    follow(&said, 1_000).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever is said, and whenever one looks: the value is where the cap allows it to be.
    #[test]
    fn nothing_moves_the_value_faster_than_its_cap(
        said in near(),
        cap in prop::sample::select(vec![1_000u64, 10_000]),
    ) {
        follow(&said, cap)?;
    }

    /// Asking changes nothing, ticks change nothing, and an answer about a later moment is the
    /// one given then.
    #[test]
    fn an_answer_is_a_function_of_state_and_moment(
        said in said(),
        ticks in prop::collection::vec(1u64..30_000, 0..8),
    ) {
        let (mut plain, mut ticked) = (bench(10_000), bench(10_000));
        let mut at = 0;
        for (wait, source, units) in said {
            let foreseen = answer(&plain, START + at + wait);
            for tick in ticks.iter().filter(|tick| **tick < wait) {
                ticked.at((at + tick).max(ticked.now().0 - START));
            }
            at += wait;
            plain.at(at);
            ticked.at(at);
            prop_assert_eq!(&foreseen, &answer(&plain, START + at));
            plain.says(source, units);
            ticked.says(source, units);
            let digest = |bench: &Bench| bench.world.engine.state().digest();
            prop_assert_eq!(digest(&plain), digest(&ticked));
        }
    }

    /// The value never leaves the range of what counted reports said, nor does the stable value.
    #[test]
    fn a_value_lies_between_what_was_said(said in said()) {
        let mut bench = bench(10_000);
        let (low, high) = said.iter().fold((u64::MAX, 0), |(low, high), (_, _, units)| {
            (low.min(*units), high.max(*units))
        });
        let mut at = 0;
        for (wait, source, units) in said {
            at += wait;
            bench.at(at).says(source, units);
            let answer = bench.answer();
            for value in [answer.value, answer.stable, answer.target].into_iter().flatten() {
                prop_assert!((low..=high).contains(&value.units()), "{value} in {low}..={high}");
            }
            prop_assert_eq!(answer.value.is_none(), answer.quality == Quality::None);
            let worst = answer.reasons.iter().map(|why| why.allows()).max();
            prop_assert_eq!(answer.quality, worst.unwrap_or(Quality::Settlement));
        }
    }

    /// A minority, whatever it says, keeps the value within what the majority says.
    #[test]
    fn a_minority_moves_nothing(lies in prop::collection::vec(1u64..10u64.pow(15), 1..40)) {
        let mut bench = bench(10_000);
        bench.at(0).all_say(10_000);
        for (step, lie) in (1..).zip(lies) {
            bench.at(step * 500).says(BOB, 10_000 + step % 3).says(ALICE, lie);
            bench.says(CAROL, 10_001);
            prop_assert!((10_000..=10_002).contains(&bench.units()), "{lie} moved it");
        }
    }
}

/// With the watch and without, checked by the laws, and read back from its canonical bytes: one
/// digest, one answer.
#[test]
fn the_digest_is_the_same_with_the_watch_and_without() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(900).says(ALICE, 9_000).says(BOB, 9_050);
    bench.at(40_000).says(CAROL, 9_020).at(700_000);
    let state = bench.world.engine.state();
    let bytes = borsh::to_vec(state).unwrap();
    let read: State = borsh::from_slice(&bytes).unwrap();
    assert_eq!(read.digest(), state.digest());
    assert_eq!(read.oracle.answer(FEED, bench.now()), Some(bench.answer()));
}

/// Prices of few units move, too: the walk is kept in millionths of a unit.
#[test]
fn a_price_of_one_unit_can_move() {
    let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.params.stuck_after = None;
    let mut bench = Bench::new(spec);
    bench.at(0).all_say(1);
    let mut moved = None;
    for second in 1..=300 {
        bench.at(second * 1_000).all_say(2);
        if bench.units() == 2 {
            moved = moved.or(Some(second));
        }
    }
    // 1.01 to the 70th is the first above 2.
    assert_eq!(moved, Some(70));
}

/// Reports within one step of time: their number and order do not buy another step.
#[test]
fn many_reports_in_one_step_move_it_once() {
    let mut bench = bench(10_000);
    bench.at(0).all_say(10_000).at(1_000);
    for millis in 0..999 {
        bench.at(1_000 + millis).says([ALICE, BOB, CAROL][millis as usize % 3], 10_400);
    }
    assert_eq!(bench.units(), 10_100);
    bench.at(2_000);
    assert_eq!(bench.units(), 10_200);
    bench.at(5_000);
    assert_eq!(bench.answer().value, bench.answer().target);
}

/// When reports expire one by one without others coming, the value walks as it would have been
/// seen to, and stands when too few are left.
#[test]
fn expiries_are_walked_through() {
    let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.params.outlier = 900_000;
    let mut bench = Bench::new(spec);
    bench.at(0).all_say(10_000);
    // Alice goes up at 10 s, the others stand; hers is the last to expire.
    bench.at(1_000).says(BOB, 10_000).at(10_000).says(ALICE, 11_000);
    let seen = |bench: &Bench, millis: u64| {
        let answer = answer(bench, START + millis);
        (answer.value.map_or(0, Value::units), answer.target.map(Value::units))
    };
    assert_eq!(seen(&bench, 30_000), (10_000, Some(10_000)));
    // Carol's report expires: the median of Alice and Bob is 10,500, a cap of 100 a second.
    assert_eq!(seen(&bench, 30_001), (10_100, Some(10_500)));
    assert_eq!(seen(&bench, 30_999), (10_100, Some(10_500)));
    // Bob's expires after one more second: from there on it stands.
    assert_eq!(seen(&bench, 31_000), (10_200, Some(10_500)));
    assert_eq!(seen(&bench, 31_001), (10_200, None));
    assert_eq!(seen(&bench, 90_000), (10_200, None));
    bench.at(90_000).says(BOB, 10_200).says(CAROL, 10_200);
    assert_eq!((bench.units(), bench.quality()), (10_200, Quality::Settlement));
}
