//! The ways in which sources fail, by name, and the traps that others fell into.

use rhodian_core::ids::{FeedId, Time};
use rhodian_core::oracle::{Kind, Purpose, Quality, Reference, Unfit, Value};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, START, feed};

use Quality::{Indicative, Liquidation, Mark, Settlement};

#[test]
fn stale_sources_stop_counting_one_by_one() {
    let mut bench = Bench::price();
    bench.at(0).says(ALICE, 10_000).at(10_000).says(BOB, 10_010).at(20_000).says(CAROL, 10_020);
    bench.check("all three", Some(10_010), Settlement, &[]);
    // Thirty seconds is the most a report may be old.
    bench.at(30_000).check("at the limit", Some(10_010), Settlement, &[]);
    bench.at(30_001);
    let alice = "source 1 is 30001 ms old, at most 30000";
    bench.check("alice is stale", Some(10_015), Settlement, &[alice]);
    bench.at(40_001);
    let stale =
        ["source 1 is 40001 ms old, at most 30000", "source 2 is 30001 ms old, at most 30000"];
    let few = "1 sources count, 2 are needed";
    bench.check("carol alone", Some(10_015), Indicative, &[stale[0], stale[1], few]);
    assert_eq!(bench.serves(), "", "one source alone decides nothing");
}

#[test]
fn a_stuck_source_stops_counting_although_it_reports() {
    let mut bench = Bench::price();
    for minute in 0..=11 {
        for second in [0, 20, 40] {
            let now = minute * 60_000 + second * 1_000;
            let moving = 10_000 + minute;
            bench.at(now).says(ALICE, 10_000).says(BOB, moving).says(CAROL, moving);
        }
    }
    // The value that Alice repeats is within every bound; only standing still gives her away.
    let stuck = format!("source 1 has said the same since {START}");
    bench.check("stuck", Some(10_011), Settlement, &[&stuck]);
    bench.says(ALICE, 10_011);
    bench.check("she moves again", Some(10_011), Settlement, &[]);
}

#[test]
fn a_pegged_asset_may_stand_still() {
    let mut spec = feed("USDC", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.params.stuck_after = None;
    let mut bench = Bench::new(spec);
    for step in 0..=60 {
        bench.at(step * 20_000).all_say(10_000);
    }
    bench.check("twenty minutes at the peg", Some(10_000), Settlement, &[]);
}

#[test]
fn a_spike_of_one_tick_in_one_source_changes_nothing() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(1_000).says(BOB, 1);
    let outlier = "source 2 says 1, far from the median 10000";
    bench.check("the spike", Some(10_000), Settlement, &[outlier]);
    bench.at(2_000).says(BOB, 10_001);
    bench.check("after it", Some(10_000), Settlement, &[]);
}

/// Even when every source spikes at once, the value moves one step, and nothing is liquidated at
/// it while the gap is that wide.
#[test]
fn a_spike_of_one_tick_in_all_sources_moves_one_step() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(1_000).all_say(5_000);
    bench.check("the spike", Some(9_900), Mark, &["5000 is a jump from 9900"]);
    assert_eq!(bench.serves(), "m");
    bench.at(1_999).all_say(10_000);
    bench.check("after it", Some(10_000), Settlement, &[]);
}

#[test]
fn a_slow_drift_of_one_source_is_left_out_where_it_passes_the_bound() {
    let mut bench = Bench::price();
    let mut named = None;
    for step in 0..100 {
        // One tick in a thousand every ten seconds, upwards, while the others stand at 10,000.
        let others = 10_000 + step % 2;
        bench.at(step * 10_000).says(ALICE, 10_000 + 10 * step);
        bench.says(BOB, others).says(CAROL, others);
        let answer = bench.answer();
        assert!((10_000..=10_001).contains(&bench.units()), "the drift moved it: {answer:?}");
        if answer.reasons.iter().any(|why| why.to_string().contains("source 1 says")) {
            named = named.or(Some(step));
        } else if step > 30 && named.is_none() {
            assert_eq!(answer.quality, Mark, "beyond the spread, not yet an outlier");
        }
    }
    assert_eq!(named, Some(51), "5 % is passed after fifty-one steps");
    assert_eq!(bench.quality(), Settlement, "two agree, the third is left out");
}

/// A drift of all sources together cannot be told from a market. What it buys is bounded: the
/// stable value follows by 0.03 % a second and stays near the mean of a day ago.
#[test]
fn a_slow_drift_of_all_sources_buys_little_initial_margin() {
    let mut bench = Bench::price();
    bench.world.checked = false;
    bench.at(0).all_say(10_000);
    for step in 1..=600u64 {
        bench.at(step * 1_000).all_say(10_000 + 20 * step);
        let answer = bench.answer();
        let stable = answer.stable.unwrap().units();
        assert!(stable <= 10_000 + 4 * step, "0.03 % of less than 12,500 a second: {answer:?}");
        assert_eq!(answer.low(), answer.stable, "what is held counts at the lower of the two");
        assert_eq!(answer.high(), answer.value, "what is owed at the higher");
    }
    let pumped = bench.answer();
    assert_eq!(pumped.value.map(Value::units), Some(22_000));
    assert_eq!(pumped.stable.map(Value::units), Some(11_971), "10,000 times 1.0003 to the 600th");
    for step in 601..=3_000u64 {
        bench.at(step * 1_000).all_say(22_000 + step % 2);
    }
    assert_eq!(bench.answer().stable.map(Value::units), Some(12_500), "a quarter, however long");
}

#[test]
fn a_single_source_moves_nothing_alone() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(40_000);
    for step in 0..600 {
        bench.at(40_000 + step * 1_000).says(ALICE, 5_000 - step);
    }
    assert_eq!(bench.units(), 10_000, "the value stands while too few count");
    assert_eq!(bench.serves(), "");
    // Its say is one of three when the others are back.
    bench.says(BOB, 9_990).says(CAROL, 9_990);
    let outlier = "source 1 says 4401, far from the median 9990";
    bench.check("they are back", Some(9_990), Settlement, &[outlier]);
}

/// A feed of one source may mark, and where the venue says so do more; by itself it decides
/// nothing. Nor does a source that outweighs all others.
#[test]
fn a_single_source_decides_nothing_by_default() {
    let mut bench = Bench::new(feed("LONGTAIL", Kind::Price, &[ALICE]));
    bench.at(0).says(ALICE, 700);
    bench.check("alone", Some(700), Mark, &["source 1 alone outweighs the others"]);
    assert_eq!(bench.serves(), "m");

    let mut spec = feed("LONGTAIL", Kind::Price, &[ALICE]);
    spec.params.needs.liquidate = Mark;
    let mut bench = Bench::new(spec);
    bench.at(0).says(ALICE, 700);
    assert_eq!(bench.serves(), "ml", "the venue said so for this feed");

    let mut spec = feed("HEAVY", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.sources[0].weight = 3;
    let mut bench = Bench::new(spec);
    bench.at(0).all_say(700);
    bench.check("heavy", Some(700), Mark, &["source 1 alone outweighs the others"]);
}

#[test]
fn a_venue_that_parts_from_the_index_settles_nothing() {
    let mut bench = Bench::new(feed("INDEX", Kind::Price, &[ALICE, BOB, CAROL]));
    let mut mark = feed("MARK", Kind::Price, &[ALICE, BOB, CAROL]);
    mark.params.reference = Some(Reference { feed: FEED, bound: 20_000 });
    bench.open(mark);
    let mark = FeedId(1);
    bench.at(0).all_say(10_000);
    let all_mark = |bench: &mut Bench, units| {
        for source in [ALICE, BOB, CAROL] {
            bench.says_of(mark, source, units, bench.now()).unwrap();
        }
        let answer = bench.answer_of(mark);
        let why: Vec<String> = answer.reasons.iter().map(ToString::to_string).collect();
        (answer.quality, why.join("; "))
    };
    assert_eq!(all_mark(&mut bench, 10_200), (Settlement, String::new()), "2 % is allowed");
    let apart = "the target is 10201, that of feed 0 is 10000".to_owned();
    assert_eq!(all_mark(&mut bench, 10_201), (Mark, apart));
    bench.at(30_001);
    let gone = "feed 0 has no target to compare with".to_owned();
    assert_eq!(all_mark(&mut bench, 10_201), (Liquidation, gone), "nothing to compare with");
}

#[test]
fn nothing_and_less_than_nothing_are_no_prices() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000);
    let refused = bench.says_of(FEED, ALICE, 0, bench.now()).unwrap_err();
    assert_eq!(refused.code(), "zero-value");
    assert_eq!(refused.to_string(), "a Price of zero, allowed: 1 to 10^15");
    bench.check("unchanged", Some(10_000), Settlement, &[]);
    // Below zero there is no value to report: the door does not read one.
    for text in ["\"-5\"", "-5", "\"1000000000000001\"", "\"007\"", "\"1.5\"", "5"] {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text} was read");
    }
    assert_eq!(serde_json::from_str::<Value>("\"5\"").unwrap(), crate::bench::value(5));

    // No depth is a fact, and known.
    let mut depth = Bench::new(feed("DEPTH", Kind::Depth, &[ALICE, BOB, CAROL]));
    depth.at(0).all_say(0);
    depth.check("no depth", Some(0), Settlement, &[]);
    let oracle = &depth.world.engine.state().oracle;
    let lots = oracle.depth_for(FEED, Purpose::Open, depth.now()).unwrap();
    assert!(lots.is_flat());
    depth.at(1_000).all_say(500);
    depth.check("depth from none", Some(500), Settlement, &[]);
}

#[test]
fn an_outage_stops_everything_and_ends_without_a_gap() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(100_000);
    assert_eq!((bench.quality(), bench.units()), (Indicative, 10_000), "it can still be shown");
    assert_eq!(bench.serves(), "");
    // The first source back finds nobody to agree with.
    bench.says(ALICE, 8_000);
    assert_eq!((bench.quality(), bench.units()), (Indicative, 10_000));
    // With the second there is a price again; the steps of the outage were not used up.
    bench.says(BOB, 8_000);
    let silent = "source 3 is 100000 ms old, at most 30000";
    bench.check("back", Some(8_000), Settlement, &[silent]);
}

#[test]
fn wide_confidence_and_wide_spread_are_told_apart() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(1_000).says(BOB, 10_150).says(CAROL, 10_310);
    let apart = "the sources lie from 10000 to 10310";
    let step = "the value walks from 10100 to 10150";
    bench.check("spread", Some(10_100), Mark, &[apart, step]);
    bench.says(CAROL, 10_300);
    bench.check("at the bound", Some(10_100), Liquidation, &[step]);
    let unsure = rhodian_core::oracle::Command::Report {
        feed: FEED,
        source: rhodian_core::ids::SourceId(CAROL),
        number: 1_000,
        value: crate::bench::value(10_000),
        confidence: crate::bench::value(201),
        time: bench.now(),
    };
    bench.report(CAROL, unsure).unwrap();
    assert_eq!(bench.why()[0], "source 3 says 10000 give or take 201");
}

/// T13: users were liquidated on a single wrong print. Here one print neither moves the price nor
/// reaches the quality that liquidations need, whichever source it comes from and whatever the
/// others do.
#[test]
fn t13_a_single_wrong_print_liquidates_nobody() {
    for wrong in [1, 3_000, 9_000, 11_000, 40_000, 10u64.pow(15)] {
        for (case, sources) in [("three", 3), ("two", 2), ("one", 1)] {
            let ids = &[ALICE, BOB, CAROL][..sources];
            let mut bench = Bench::new(feed("BTC", Kind::Price, ids));
            bench.at(0);
            ids.iter().for_each(|id| {
                bench.says(*id, 10_000);
            });
            bench.at(1_000).says(ALICE, wrong);
            match bench.get(Purpose::Liquidate) {
                Ok(price) => assert_eq!(price, 10_000, "{case} sources, {wrong} printed"),
                Err(unfit) => assert_eq!(unfit.code(), "quality", "{case} sources, {wrong}"),
            }
            assert_eq!(bench.get(Purpose::Liquidate).is_ok(), sources == 3, "{case} {wrong}");
            assert!(bench.get(Purpose::Settle).is_ok_and(|price| price == 10_000) || sources < 3);
        }
    }
}

/// T28: an unknown price credited margin. Here it is an error, for every purpose, never a zero.
#[test]
fn t28_an_unknown_price_credits_nothing() {
    let mut bench = Bench::price();
    bench.check(
        "before any report",
        None,
        Quality::None,
        &[
            "source 1 has not reported",
            "source 2 has not reported",
            "source 3 has not reported",
            "0 sources count, 2 are needed",
            "there never was a value",
        ],
    );
    let answer = bench.answer();
    assert_eq!((answer.value, answer.low(), answer.high()), (None, None, None));
    assert_eq!(bench.serves(), "");
    bench.at(0).says(ALICE, 5);
    assert_eq!((bench.answer().value, bench.serves()), (None, String::new()), "one is too few");
    let oracle = &bench.world.engine.state().oracle;
    let (now, unknown) = (bench.now(), FeedId(9));
    assert_eq!(oracle.answer(unknown, now), None);
    let none = oracle.for_action(unknown, Purpose::Mark, now);
    assert_eq!(none, Err(Unfit::UnknownFeed { feed: unknown }));
    let wrong = oracle.depth_for(FEED, Purpose::Open, now);
    assert_eq!(wrong, Err(Unfit::WrongKind { feed: FEED, kind: Kind::Price }));
    assert_eq!(oracle.last_good(FEED), None);
    assert_eq!(oracle.was_wrong(FEED, Time(0)), None);
}
