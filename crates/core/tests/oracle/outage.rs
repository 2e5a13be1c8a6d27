//! When prices do not come back: the domain goes down the ladder, and only people move it up.

use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::engine::{Action, Actor, Event, Record, Role};
use rhodian_core::ids::Time;
use rhodian_core::oracle::{self, Good, Kind, Purpose, Quality};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, START, feed, value};
use crate::world::{DOMAIN, name};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn status(bench: &Bench) -> Status {
    bench.world.engine.state().control.domain_status(DOMAIN)
}

fn set_status(bench: &mut Bench, status: Status) {
    let (domain, cause) = (Some(DOMAIN), name("people looked"));
    bench.world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
}

/// The steps down the ladder in `records`: from, to, since, last good value.
fn steps(records: &[Record]) -> Vec<(Status, Status, u64, Option<u64>)> {
    let events = records.iter().flat_map(|record| &record.events);
    let down = events.filter_map(|event| match event {
        Event::Oracle(oracle::Event::DomainTightened { from, to, since, last_good, .. }) => {
            Some((*from, *to, since.0 - START, last_good.map(oracle::Value::units)))
        }
        _ => None,
    });
    down.collect()
}

#[test]
fn ten_minutes_without_settlement_quality_are_reduce_only_a_day_settles() {
    let mut bench = Bench::price();
    bench.at(5_000).all_say(10_000);
    bench.at(5_000 + 10 * MINUTE - 1);
    assert_eq!((status(&bench), bench.quality()), (Status::Open, Quality::Indicative));
    bench.at(5_000 + 10 * MINUTE);
    assert_eq!(status(&bench), Status::ReduceOnly);
    bench.at(5_000 + 24 * HOUR - 1);
    assert_eq!(status(&bench), Status::ReduceOnly);
    bench.at(5_000 + 24 * HOUR);
    assert_eq!(status(&bench), Status::Settling);
    let down = [
        (Status::Open, Status::ReduceOnly, 5_000, Some(10_000)),
        (Status::ReduceOnly, Status::Settling, 5_000, Some(10_000)),
    ];
    assert_eq!(steps(&bench.world.records), down);
    let good = Good { value: value(10_000), at: Time(START + 5_000) };
    assert_eq!(bench.world.engine.state().oracle.last_good(FEED), Some(good));
}

/// Prices that are there but not good enough are an outage, too.
#[test]
fn a_value_that_is_not_good_enough_is_as_good_as_none() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000);
    for step in 1..=60 {
        bench.at(step * 10_000).says(BOB, 10_360 + step).says(ALICE, 10_000 + step);
        assert_eq!(bench.quality(), Quality::Mark, "{:?}", bench.why());
        let expected = if step < 60 { Status::Open } else { Status::ReduceOnly };
        assert_eq!(status(&bench), expected, "after {step} steps");
    }
}

#[test]
fn prices_that_come_back_do_not_move_the_domain_up() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(10 * MINUTE).all_say(10_000);
    assert_eq!((status(&bench), bench.serves().as_str()), (Status::ReduceOnly, "mlwos"));
    set_status(&mut bench, Status::Open);
    assert_eq!(status(&bench), Status::Open, "the venue may, once prices are good");

    // Opened while prices are still missing, it goes down again at once.
    bench.at(20 * MINUTE);
    assert_eq!(status(&bench), Status::ReduceOnly);
    let before = bench.world.records.len();
    set_status(&mut bench, Status::Open);
    assert_eq!(status(&bench), Status::ReduceOnly);
    let again = (Status::Open, Status::ReduceOnly, 10 * MINUTE, Some(10_000));
    assert_eq!(steps(&bench.world.records[before..]), [again]);
}

#[test]
fn a_domain_that_is_further_down_stays_there() {
    for (set, expected) in [
        (Status::WithdrawOnly, [Status::WithdrawOnly, Status::Settling]),
        (Status::Settling, [Status::Settling, Status::Settling]),
    ] {
        let mut bench = Bench::price();
        bench.at(0).all_say(10_000);
        set_status(&mut bench, set);
        bench.at(10 * MINUTE);
        assert_eq!(status(&bench), expected[0], "{set:?}");
        bench.at(24 * HOUR);
        assert_eq!(status(&bench), expected[1], "{set:?}");
    }
}

/// Without a value that was ever good there is nothing to settle at.
#[test]
fn a_domain_without_a_good_value_does_not_settle() {
    let mut bench = Bench::price();
    bench.at(48 * HOUR);
    assert_eq!(status(&bench), Status::ReduceOnly);
    assert_eq!(steps(&bench.world.records), [(Status::Open, Status::ReduceOnly, 0, None)]);
}

#[test]
fn a_feed_that_guards_no_domain_moves_none() {
    let mut spec = feed("INDEX", Kind::Price, &[ALICE, BOB, CAROL]);
    spec.domains = vec![];
    let mut bench = Bench::new(spec);
    bench.at(0).all_say(10_000).at(48 * HOUR);
    assert_eq!(status(&bench), Status::Open);
}

#[test]
fn both_times_are_parameters_of_the_domain() {
    let mut bench = Bench::price();
    bench.world.set(Parameter::ReduceOnlyAfter, 2 * u128::from(MINUTE));
    bench.world.set(Parameter::SettleAfter, 3 * u128::from(MINUTE));
    bench.at(0).all_say(10_000).at(2 * MINUTE);
    assert_eq!(status(&bench), Status::ReduceOnly);
    bench.at(3 * MINUTE);
    assert_eq!(status(&bench), Status::Settling);
}

#[test]
fn a_duty_that_is_not_due_is_refused() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000);
    let duty = || Action::OracleDuty(oracle::Duty::Tighten { feed: FEED, domain: DOMAIN });
    let refused = bench.world.give(Actor::ENGINE, duty()).unwrap_err();
    assert_eq!(refused.code(), "not-due");
    let refused = bench.world.give(Actor::VENUE, duty()).unwrap_err();
    assert_eq!(refused.code(), "not-for-actor", "duties are the engine's");
}

/// A price found wrong later: the span is on record, what stood in it counts no more, and nothing
/// of the past changes.
#[test]
fn a_declared_error_is_remembered_and_what_it_covers_counts_no_more() {
    let mut bench = Bench::price();
    bench.at(60_000).all_say(10_000).at(120_000).all_say(6_000);
    for second in 121..=180 {
        bench.at(second * 1_000).all_say(6_000);
    }
    assert_eq!((bench.units(), bench.quality()), (6_000, Quality::Settlement));
    bench.at(190_000);
    let declare = oracle::Command::DeclarePriceError {
        feed: FEED,
        from: Time(START + 120_000),
        to: Time(START + 185_000),
        evidence: [7; 32],
    };
    let digest = |bench: &Bench| bench.world.engine.state().ledger.clone();
    let before = digest(&bench);
    bench.world.must(Action::Oracle(declare.clone()));
    assert_eq!(digest(&bench), before, "it moves no money");
    let wrong = |bench: &Bench, millis: u64| {
        let oracle = &bench.world.engine.state().oracle;
        oracle.was_wrong(FEED, Time(START + millis)).map(|error| error.evidence)
    };
    for (millis, expected) in [(119_999, false), (120_000, true), (185_000, true), (185_001, false)]
    {
        assert_eq!(wrong(&bench, millis), expected.then_some([7; 32]), "{millis}");
    }
    let answer = bench.answer();
    assert_eq!((answer.value, answer.quality), (None, Quality::None), "{answer:?}");
    let first = format!("source 1 is of {}, which was declared wrong", START + 180_000);
    assert_eq!(bench.why()[0], first);
    assert_eq!(bench.world.engine.state().oracle.last_good(FEED), None);
    assert!(bench.get(Purpose::Mark).is_err());
    let again = bench.world.give(Actor::VENUE, Action::Oracle(declare)).unwrap_err();
    assert_eq!(again.code(), "already-declared");
    // The next agreement is where the value begins anew: it need not walk from what was wrong.
    bench.all_say(10_020);
    bench.check("anew", Some(10_020), Quality::Settlement, &[]);
    assert_eq!(status(&bench), Status::Open);
}

/// An error that is over does not touch what stands now.
#[test]
fn a_declared_error_of_the_past_leaves_the_present() {
    let mut bench = Bench::price();
    bench.at(0).all_say(10_000).at(60_000).all_say(10_010);
    let (from, to) = (Time(START), Time(START + 30_000));
    let evidence = [1; 32];
    let declare = oracle::Command::DeclarePriceError { feed: FEED, from, to, evidence };
    let guardian = Actor { role: Role::Guardian, id: 0 };
    let refused = bench.world.give(guardian, Action::Oracle(declare.clone())).unwrap_err();
    assert_eq!(refused.code(), "not-for-actor");
    bench.world.must(Action::Oracle(declare));
    bench.check("now", Some(10_010), Quality::Settlement, &[]);
    let good = bench.world.engine.state().oracle.last_good(FEED).unwrap();
    assert_eq!(good.value, value(10_010));
}
