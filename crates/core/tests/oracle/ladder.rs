//! The ladder of quality, what each purpose needs of it, and changes of a feed.

use rhodian_core::engine::Action;
use rhodian_core::ids::{FeedId, SourceId, Time};
use rhodian_core::oracle::{
    Command, Kind, Needs, Params, Purpose, Quality, SourceWeight, Unfit, Value, Why,
};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, feed, value};

use Quality::{Indicative, Liquidation, Mark, Settlement};

#[test]
fn each_rung_includes_those_below() {
    let ladder = [Settlement, Liquidation, Mark, Indicative, Quality::None];
    for (high, better) in ladder.iter().enumerate() {
        for (low, worse) in ladder.iter().enumerate() {
            assert_eq!(better.meets(*worse), high <= low, "{better:?} for {worse:?}");
        }
    }
}

/// What each reason allows: the whole table, so that a change of it is seen.
#[test]
fn what_each_reason_allows() {
    let (source, feed, at) = (SourceId(1), FeedId(1), Time(0));
    let (low, high) = (value(1), value(2));
    let table = [
        (Settlement, Why::Silent { source }),
        (Settlement, Why::Stale { source, age: 2, max: 1 }),
        (Settlement, Why::Stuck { source, since: at }),
        (Settlement, Why::LowConfidence { source, value: low, confidence: high }),
        (Settlement, Why::DeclaredWrong { source, time: at }),
        (Settlement, Why::Outlier { source, value: low, median: high }),
        (Liquidation, Why::StepLimited { effective: low, target: high }),
        (Liquidation, Why::NoReference { feed }),
        (Mark, Why::SingleSource { source }),
        (Mark, Why::Divergent { low, high }),
        (Mark, Why::DivergentFrom { feed, own: low, other: high }),
        (Mark, Why::Jump { effective: low, target: high }),
        (Indicative, Why::TooFewSources { counted: 1, needed: 2 }),
        (Quality::None, Why::NoValue),
    ];
    for (allowed, why) in table {
        assert_eq!(why.allows(), allowed, "{why:?}");
        assert!(!why.to_string().is_empty());
    }
}

/// From one crash: each purpose stops where the quality no longer serves it, and comes back.
#[test]
fn purposes_stop_and_come_back_with_the_quality() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000);
    assert_eq!((bench.quality(), bench.serves().as_str()), (Settlement, "mlwos"));
    // 3 % in a second: the value walks, liquidations go on, nobody opens or takes money out.
    bench.at(1_000).all_say(9_700);
    assert_eq!((bench.units(), bench.quality()), (9_900, Liquidation));
    assert_eq!(bench.serves(), "ml");
    let unfit = bench.get(Purpose::Open).unwrap_err();
    assert_eq!(
        unfit.to_string(),
        "feed 0 is of Liquidation quality, Open needs Settlement: the value walks from 9900 to 9700"
    );
    assert!(matches!(unfit, Unfit::Quality { needed: Settlement, found: Liquidation, .. }));
    // Time alone takes it there: 1 % of the anchor a second, then the target.
    bench.at(2_000);
    assert_eq!((bench.units(), bench.serves().as_str()), (9_800, "ml"));
    bench.at(3_000);
    assert_eq!((bench.units(), bench.serves().as_str()), (9_700, "mlwos"));
    bench.at(30_500);
    assert_eq!(bench.serves(), "mlwos");
    bench.at(31_001);
    assert_eq!((bench.units(), bench.serves().as_str()), (9_700, ""));
}

#[test]
fn a_feed_says_what_each_purpose_needs() {
    for (needs, served) in [
        (Needs::SAFE, "m"),
        (Needs { liquidate: Mark, ..Needs::SAFE }, "ml"),
        (Needs { mark: Settlement, ..Needs::SAFE }, ""),
        (Needs { mark: Mark, liquidate: Mark, withdraw: Mark, open: Mark, settle: Mark }, "mlwos"),
    ] {
        let mut spec = feed("BTC", Kind::Price, &[ALICE]);
        spec.params.needs = needs;
        let mut bench = Bench::new(spec);
        bench.at(0).says(ALICE, 10_000);
        assert_eq!(bench.serves(), served, "{needs:?}");
    }
}

/// Depth and volatility stand on the same ladder.
#[test]
fn depth_and_volatility_have_the_same_ladder() {
    let mut bench = Bench::new(feed("VOL", Kind::Volatility, &[ALICE, BOB]));
    bench.open(feed("DEPTH", Kind::Depth, &[ALICE, BOB]));
    let depth = FeedId(1);
    bench.at(0).says(ALICE, 600_000).says(BOB, 620_000);
    for (source, lots) in [(ALICE, 4_000), (BOB, 5_000)] {
        bench.says_of(depth, source, lots, bench.now()).unwrap();
    }
    let ask = |bench: &Bench| {
        let oracle = &bench.world.engine.state().oracle;
        let now = bench.now();
        let vol = oracle.volatility_for(FEED, Purpose::Mark, now).map_err(|unfit| unfit.code());
        let lots = oracle.depth_for(depth, Purpose::Open, now).map_err(|unfit| unfit.code());
        (vol, lots.map(|lots| lots.lots()))
    };
    assert_eq!(ask(&bench), (Ok(610_000), Ok(4_500)));
    bench.at(30_001);
    assert_eq!(ask(&bench), (Err("quality"), Err("quality")), "stale depth is no depth");
    // Depth may vanish at once; volatility walks.
    for source in [ALICE, BOB] {
        bench.says(source, 900_000);
        bench.says_of(depth, source, 10, bench.now()).unwrap();
    }
    assert_eq!(ask(&bench).1, Ok(10));
    let oracle = &bench.world.engine.state().oracle;
    let wrong = oracle.for_action(depth, Purpose::Mark, bench.now()).unwrap_err();
    assert_eq!(wrong.to_string(), "feed 1 is of kind Depth");
}

#[test]
fn weights_decide_the_median() {
    for (weights, units, median) in [
        ([1, 1, 1], [100, 101, 102], 101),
        ([1, 1, 2], [100, 101, 103], 102),
        ([2, 1, 1], [100, 101, 102], 100),
        ([3, 2, 4], [102, 100, 101], 101),
        ([1, 2, 3], [100, 101, 102], 101),
    ] {
        let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]);
        for (of, weight) in spec.sources.iter_mut().zip(weights) {
            *of = SourceWeight { weight, ..*of };
        }
        let mut bench = Bench::new(spec);
        bench.at(0);
        for (source, units) in [ALICE, BOB, CAROL].into_iter().zip(units) {
            bench.says(source, units);
        }
        let target = bench.answer().target.map(Value::units);
        assert_eq!(target, Some(median), "{weights:?} say {units:?}");
    }
}

#[test]
fn the_answer_says_how_sure_it_is() {
    let mut bench = Bench::price();
    bench.at(0).says(ALICE, 10_000).says(BOB, 10_004).says(CAROL, 10_100);
    let answer = bench.answer();
    assert_eq!(answer.target.map(Value::units), Some(10_004));
    assert_eq!(answer.confidence.map(Value::units), Some(4), "two of three are within 4");
}

/// A feed may change its sources and its parameters; numbers of former sources stay used.
#[test]
fn a_feed_may_be_changed_while_it_runs() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000);
    let mut spec = feed("BTC", Kind::Price, &[ALICE, BOB]);
    spec.params = Params { step: 60_000, window_cell: 1_000, ..spec.params };
    let set = |bench: &mut Bench, spec| {
        bench.world.must(Action::Oracle(Command::SetFeed { feed: FEED, spec }));
    };
    set(&mut bench, Box::new(spec));
    bench.check("two left", Some(10_000), Settlement, &[]);
    let gone = bench.says_of(FEED, CAROL, 10_000, bench.now()).unwrap_err();
    assert_eq!(gone.code(), "unknown-source");
    // A step is now a minute: one cap for all of it. The next minute begins after 20 seconds.
    for second in 1..30 {
        bench.at(second * 1_000).says(ALICE, 9_800).says(BOB, 9_800);
        assert_eq!(bench.units(), if second < 20 { 9_900 } else { 9_801 }, "{second}");
    }
    set(&mut bench, Box::new(feed("BTC", Kind::Price, &[ALICE, BOB, CAROL])));
    let old = Command::Report {
        feed: FEED,
        source: SourceId(CAROL),
        number: 3,
        value: value(9_800),
        confidence: value(0),
        time: bench.now(),
    };
    let repeated = bench.report(CAROL, old).unwrap_err();
    assert_eq!(repeated.to_string(), "number 3 is not above the last one, 3");
}
