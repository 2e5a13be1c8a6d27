//! Every refusal of the area, each with its numbers.

use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{DomainId, FeedId, SourceId, Time};
use rhodian_core::oracle::{
    Command, FEED_PARAMETERS, FeedSpec, Kind, Params, Quality, Reference, SourceWeight,
};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, START, feed, value};
use crate::world::name;

fn spec() -> FeedSpec {
    feed("ETH", Kind::Price, &[ALICE, BOB, CAROL])
}

/// The code and the words of the refusal, or "accepted".
fn give(bench: &mut Bench, actor: Actor, command: Command) -> (&'static str, String) {
    match bench.world.give(actor, Action::Oracle(command)) {
        Ok(_) => ("accepted", String::new()),
        Err(rejection) => (rejection.code(), rejection.to_string()),
    }
}

fn check_spec(change: impl FnOnce(&mut FeedSpec), code: &str, words: &str) {
    let mut bench = Bench::price();
    let mut changed = spec();
    change(&mut changed);
    let open = Command::OpenFeed { spec: Box::new(changed.clone()) };
    assert_eq!(give(&mut bench, Actor::VENUE, open), (code, words.to_owned()), "open");
    let mut bench = Bench::price();
    bench.open(spec());
    let set = Command::SetFeed { feed: FeedId(1), spec: Box::new(changed) };
    assert_eq!(give(&mut bench, Actor::VENUE, set), (code, words.to_owned()), "set");
}

#[test]
fn a_feed_that_cannot_be_right_is_refused() {
    let set_sources = |ids: &'static [(u32, u32)]| {
        move |spec: &mut FeedSpec| {
            let of =
                |(id, weight): &(u32, u32)| SourceWeight { source: SourceId(*id), weight: *weight };
            spec.sources = ids.iter().map(of).collect();
        }
    };
    check_spec(|_| (), "accepted", "");
    check_spec(|s| s.domains = vec![DomainId(4)], "unknown-domain", "there is no domain 4");
    check_spec(
        |s| s.domains = vec![DomainId(0), DomainId(0)],
        "unordered",
        "domains stand in order of their ids, each once",
    );
    check_spec(|s| s.name = name("BTC"), "name-in-use", "the name BTC is in use");
    check_spec(
        set_sources(&[(2, 1), (1, 1)]),
        "unordered",
        "sources stand in order of their ids, each once",
    );
    check_spec(
        set_sources(&[(1, 1), (1, 1)]),
        "unordered",
        "sources stand in order of their ids, each once",
    );
    check_spec(set_sources(&[(1, 1), (2, 0)]), "zero-weight", "source 2 has a weight of zero");
    check_spec(|s| s.min_sources = 0, "min-sources", "0 sources are needed, allowed: 1 to 3");
    check_spec(|s| s.min_sources = 4, "min-sources", "4 sources are needed, allowed: 1 to 3");
    check_spec(set_sources(&[]), "min-sources", "2 sources are needed, allowed: 1 to 0");
    check_spec(
        |s| {
            let of = |id| SourceWeight { source: SourceId(id), weight: 1 };
            s.sources = (0..33).map(of).collect();
        },
        "too-many",
        "at most 32 sources are allowed",
    );
    for other in [1, 9] {
        check_spec(
            |s| s.params.reference = Some(Reference { feed: FeedId(other), bound: 1 }),
            "bad-reference",
            &format!("feed {other} is no other feed of the same kind"),
        );
    }
    check_spec(
        |s| s.params.needs.liquidate = Quality::Indicative,
        "need-too-low",
        "Liquidate at Indicative quality is too low, allowed: Mark or better",
    );
    check_spec(
        |s| s.params.needs.settle = Quality::None,
        "need-too-low",
        "Settle at None quality is too low, allowed: Mark or better",
    );
}

#[test]
fn a_reference_is_of_the_same_kind_and_a_feed_keeps_its_kind() {
    let mut bench = Bench::price();
    let mut depth = feed("DEPTH", Kind::Depth, &[ALICE, BOB]);
    depth.params.reference = Some(Reference { feed: FEED, bound: 1 });
    let open = Command::OpenFeed { spec: Box::new(depth) };
    assert_eq!(give(&mut bench, Actor::VENUE, open).0, "bad-reference");
    let set =
        Command::SetFeed { feed: FEED, spec: Box::new(feed("BTC", Kind::Depth, &[ALICE, BOB])) };
    let words = "the feed is of kind Price and stays so".to_owned();
    assert_eq!(give(&mut bench, Actor::VENUE, set), ("kind-fixed", words));
    let set = Command::SetFeed { feed: FeedId(3), spec: Box::new(spec()) };
    let words = "there is no feed 3".to_owned();
    assert_eq!(give(&mut bench, Actor::VENUE, set), ("unknown-feed", words));
}

/// Every declared parameter refuses what is outside its bounds, and takes both ends; every default
/// is inside and has a reason.
#[test]
fn every_parameter_is_bounded() {
    let texts = [
        "max_age",
        "stuck_after",
        "outlier",
        "max_confidence",
        "max_spread",
        "step",
        "step_cap",
        "jump",
        "stable_cap",
        "stable_band",
        "delay_interval",
        "delay_cap",
        "window_cell",
        "window_cells",
    ];
    assert_eq!(texts.len(), FEED_PARAMETERS.len());
    for (text, declared) in texts.iter().zip(FEED_PARAMETERS) {
        assert_eq!(text.replace('_', "-"), declared.name);
        assert!(!declared.reason.is_empty() && !declared.unit.is_empty());
        for default in declared.defaults {
            assert!((declared.min..=declared.max).contains(&default), "{text}");
        }
        let with = |units: u64| {
            let mut json = serde_json::to_value(Params::of(Kind::Price)).unwrap();
            json[*text] = units.into();
            let params: Params = serde_json::from_value(json).unwrap();
            assert_eq!(declared.value(&params), Some(units), "{text}");
            FeedSpec { params, ..spec() }
        };
        for units in [declared.min, declared.max] {
            let open = Command::OpenFeed { spec: Box::new(with(units)) };
            assert_eq!(give(&mut Bench::price(), Actor::VENUE, open).0, "accepted", "{text}");
        }
        for units in [declared.min - 1, declared.max + 1] {
            let open = Command::OpenFeed { spec: Box::new(with(units)) };
            let (min, max) = (declared.min, declared.max);
            let words = format!("{} is {units}, allowed: {min} to {max}", declared.name);
            let given = give(&mut Bench::price(), Actor::VENUE, open);
            assert_eq!(given, ("parameter-out-of-bounds", words));
        }
    }
}

#[test]
fn a_report_that_cannot_be_right_is_refused() {
    let now = START + 5_000;
    let report = |feed: u32, source: u32, number: u64, units: u64, time: u64| Command::Report {
        feed: FeedId(feed),
        source: SourceId(source),
        number,
        value: value(units),
        confidence: value(0),
        time: Time(time),
    };
    let cases = [
        ("unknown-feed", report(2, 1, 9, 100, now), "there is no feed 2".to_owned()),
        ("unknown-source", report(0, 4, 9, 100, now), "source 4 does not report on feed 0".into()),
        ("not-source", report(0, 2, 9, 100, now), {
            "source 2 speaks for itself, actor 1 may not".into()
        }),
        ("number-not-new", report(0, 1, 8, 100, now), {
            "number 8 is not above the last one, 8".into()
        }),
        ("number-not-new", report(0, 1, 7, 0, now), "number 7 is not above the last one, 8".into()),
        ("zero-value", report(0, 1, 9, 0, now), "a Price of zero, allowed: 1 to 10^15".into()),
        ("time-ahead", report(0, 1, 9, 100, now + 1), {
            format!("time {} is ahead of {now}", now + 1)
        }),
        ("time-back", report(0, 1, 9, 100, START + 999), {
            let last = START + 1_000;
            format!("time {} is before that of the source's last report, {last}", START + 999)
        }),
        ("accepted", report(0, 1, 9, 100, START + 1_000), String::new()),
    ];
    for (code, command, words) in cases {
        let mut bench = Bench::price();
        bench.at(1_000);
        bench.report(1, report(0, 1, 8, 100, START + 1_000)).unwrap();
        bench.at(5_000);
        let before = bench.world.engine.state().digest();
        let source = Actor { role: Role::Source, id: 1 };
        assert_eq!(give(&mut bench, source, command), (code, words));
        let same = before == bench.world.engine.state().digest();
        assert_eq!(same, code != "accepted", "{code}: a refusal changes nothing");
    }
}

/// A source speaks for itself and does nothing else; nobody speaks for a source, the venue and
/// governance included.
#[test]
fn who_may_do_what() {
    let mut bench = Bench::price();
    bench.at(0);
    let report = Command::Report {
        feed: FEED,
        source: SourceId(ALICE),
        number: 1,
        value: value(5),
        confidence: value(0),
        time: bench.now(),
    };
    for role in [Role::Venue, Role::Governance, Role::Owner, Role::Guardian, Role::Engine] {
        let actor = Actor { role, id: ALICE };
        assert_eq!(give(&mut bench, actor, report.clone()).0, "not-for-actor", "{role:?}");
    }
    let source = Actor { role: Role::Source, id: ALICE };
    let (from, to, evidence) = (Time(0), Time(1), [0; 32]);
    let others = [
        Command::OpenFeed { spec: Box::new(spec()) },
        Command::SetFeed { feed: FEED, spec: Box::new(spec()) },
        Command::DeclarePriceError { feed: FEED, from, to, evidence },
    ];
    for command in others {
        assert_eq!(give(&mut bench, source, command.clone()).0, "not-for-actor");
        for role in [Role::Venue, Role::Governance] {
            let actor = Actor { role, id: 0 };
            assert_eq!(give(&mut bench.clone(), actor, command.clone()).0, "accepted");
        }
    }
    assert_eq!(bench.world.give(source, Action::Tick).unwrap_err().code(), "not-for-actor");
    assert_eq!(give(&mut bench, source, report).0, "accepted");
}

#[test]
fn an_error_that_cannot_be_declared_is_refused() {
    let declare = |feed: u32, from: u64, to: u64| Command::DeclarePriceError {
        feed: FeedId(feed),
        from: Time(from),
        to: Time(to),
        evidence: [4; 32],
    };
    for (code, command) in [
        ("unknown-feed", declare(1, START, START)),
        ("time-ahead", declare(0, START, START + 1)),
        ("empty-span", declare(0, START, START - 1)),
        ("accepted", declare(0, START, START)),
    ] {
        let mut bench = Bench::price();
        bench.at(0);
        let (found, words) = give(&mut bench, Actor::VENUE, command);
        assert_eq!(found, code, "{words}");
    }
    let mut bench = Bench::price();
    bench.world.checked = false;
    for time in 0..256 {
        assert_eq!(give(&mut bench, Actor::VENUE, declare(0, time, time)).0, "accepted");
    }
    let words = "at most 256 declared errors are allowed".to_owned();
    assert_eq!(give(&mut bench, Actor::VENUE, declare(0, 300, 300)), ("too-many", words));
}
